/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links with mobile nodes on them: packets to relay and advert, theirs
 * back. A packet socket a link, because mobile nodes have addresses to which no
 * route of ours leads, or none, and since the visitor list needs their
 * link-layer addresses.
 */
#ifndef FAD_ACCESS_H
#define FAD_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct access;
struct clock;
struct event_base;
struct fad_config;
struct node;
struct relay;
struct timers;

struct access_counters {
	uint64_t	requests;	/* datagrams to our port */
	uint64_t	solicitations;
	uint64_t	malformed;	/* or with a wrong checksum */
	uint64_t	not_ours;	/* for other addresses */
	uint64_t	adverts;	/* sent, multicast and unicast */
	uint64_t	send_failed;
	uint16_t	sequence;	/* of the next advertisement */
};

/* Opens the sockets; before privileges are dropped. NULL after saying which
 * link is not fit. */
struct access *access_open(const struct fad_config *);
/* Serves until freed. 0 or -errno. */
int	 access_start(struct access *, struct event_base *, struct timers *,
    const struct clock *, struct relay *);
/* As relay's to_node: arg is a struct access. */
void	 access_send(void *arg, const struct node *, struct in_addr dst,
    const uint8_t *data, size_t len);
/* As relay's busy_changed. */
void	 access_changed(void *arg);
/* Says on all links that we are going [RFC 1256 6.2.3]. */
void	 access_farewell(struct access *);
void	 access_count(const struct access *, size_t link,
    struct access_counters *);
void	 access_free(struct access *);

#endif
