/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The foreign agent's part of a registration [RFC 3344 3.7, RFC 3024 4.2, RFC
 * 2794 3, RFC 3543 5]: mobile nodes' requests are judged and passed on to their
 * home agents, the replies to them judged and passed back, and the visitor list
 * follows. No I/O: messages come in decoded from IP and UDP, and go out by the
 * functions that are set.
 */
#ifndef FAD_RELAY_H
#define FAD_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/clock.h"
#include "common/gre_keys.h"
#include "common/log.h"
#include "common/rate_limit.h"
#include "fad/stats.h"
#include "fad/visitor.h"

struct dataplane;
struct fad_config;
struct known;
struct violations;

/* A mobile node's message as it came on a link. */
struct relay_packet {
	struct node	 node;
	uint8_t		 ttl;
	const uint8_t	*data;		/* of UDP */
	size_t		 len;
};

struct relay {
	/* to be set before relay_init */
	const struct fad_config	*conf;
	const struct clock	*clock;
	struct known		*known;
	struct visitors		*visitors;	/* its functions are set by
						 * relay_init */
	struct dataplane	*dp;
	struct violations	*violations;	/* or NULL */
	const struct in_addr	*own;		/* the host's addresses */
	size_t			 n_own;
	/* To a mobile node, at its link-layer address; IP source is what its
	 * request was sent to, or our address on the link. */
	void	(*to_node)(void *arg, const struct node *, struct in_addr dst,
		    const uint8_t *data, size_t len);
	/* From the care-of address. 0 or -errno. */
	int	(*to_home)(void *arg, struct in_addr ha, uint16_t port,
		    const uint8_t *data, size_t len);
	/* May be NULL: whether we are busy has changed. */
	void	(*busy_changed)(void *arg);
	void	*arg;
	/* own */
	bool			 drained;
	bool			 busy;		/* as it was told last */
	struct stats		 stats;
	struct gre_draw		 gre;
	struct log_limit	 log;
	struct rate_sketch	 denied_node, denied_station;
	struct rate_limit	 denied_all;
};

int	 relay_init(struct relay *);	/* 0 or an error of rnd.h */
/* What came on a link from a mobile node. */
void	 relay_from_node(struct relay *, const struct relay_packet *);
/* What came to our UDP socket: from a home agent, if it is of use. */
void	 relay_from_home(struct relay *, struct in_addr src, uint16_t sport,
    const uint8_t *data, size_t len);
/* ICMP says that what we sent there could not be delivered; data is the
 * beginning of what that was. */
void	 relay_unreachable(struct relay *, struct in_addr ha, uint8_t icmp_code,
    const uint8_t *data, size_t len);
/* Is this an address of this host? */
bool	 relay_is_own(const struct relay *, struct in_addr);
/* Takes no new visitors (busy), or does again. */
void	 relay_drain(struct relay *, bool on);
bool	 relay_is_busy(const struct relay *);
/* Ends a visit; the home agent is not told. */
void	 relay_end(struct relay *, struct visitor *, const char *why);
/* Ends all visits. */
void	 relay_shutdown(struct relay *);

#endif
