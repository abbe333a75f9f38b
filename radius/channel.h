/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to one UDP port of one server: source ports and the 256 identifiers
 * of each [RFC 2865 2.5]. When all identifiers are taken another source port
 * is opened. The client's own; nothing else includes this.
 */
#ifndef RADIUS_CHANNEL_H
#define RADIUS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct event_base;
struct radius_channel;
struct radius_port;

#define CHANNEL_PORTS	32	/* 8192 requests on their way */

/* user is the one given to channel_take, NULL for an identifier not in use. */
typedef void channel_input(void *arg, void *user, const uint8_t *pkt,
    size_t len);

struct radius_channel *channel_new(struct event_base *, struct in_addr source,
    struct in_addr server, uint16_t port, channel_input *, void *arg);
void	 channel_free(struct radius_channel *);

/* One identifier in use. port NULL: none. */
struct radius_id {
	struct radius_port	*port;
	uint8_t			 id;
};

/* Takes an identifier that has been free for as long as possible. 0, or
 * -EAGAIN when all are in use, or why no socket could be had. */
int	 channel_take(struct radius_channel *, struct radius_id *, void *user);
void	 channel_give(struct radius_id *);
/* 0 or -errno; ICMP errors of earlier packets are not among these. */
int	 channel_send(const struct radius_id *, const void *, size_t len);
unsigned channel_ports(const struct radius_channel *);
size_t	 channel_used(const struct radius_channel *);

#endif
