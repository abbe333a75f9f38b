/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to one port of one server: source ports, or TLS connections, and the
 * 256 identifiers of each [RFC 2865 2.5, RFC 6613 2.6.1]. When all identifiers
 * are taken another one is opened. The client's own; nothing else includes
 * this.
 */
#ifndef RADIUS_CHANNEL_H
#define RADIUS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct clock;
struct event_base;
struct radius_channel;
struct radius_port;
struct ssl_ctx_st;
struct timers;

#define CHANNEL_PORTS	32	/* 8192 requests on their way */

/* user is the one given to channel_take. The last three are of connections.
 * None is called from within a function of the channel. */
struct channel_events {
	/* user NULL: an identifier not in use */
	void	(*input)(void *arg, void *user, const uint8_t *pkt,
		    size_t len);
	/* What it was sent on is gone, and its identifier with it. */
	void	(*lost)(void *arg, void *user);
	/* One can be sent on. */
	void	(*up)(void *arg);
	/* None can be had, why; it goes on trying. */
	void	(*down)(void *arg, const char *why);
};

struct radius_channel *channel_udp(struct event_base *, struct in_addr source,
    struct in_addr server, uint16_t port, const struct channel_events *,
    void *arg);
/* name: what the server's certificate must say, NULL: its address. The context
 * stays the caller's. The first connection is made at once. */
struct radius_channel *channel_tls(struct event_base *, struct timers *,
    const struct clock *, struct in_addr source, struct in_addr server,
    uint16_t port, struct ssl_ctx_st *, const char *name,
    const struct channel_events *, void *arg);
void	 channel_free(struct radius_channel *);

/* An identifier in use. port NULL: none. */
struct radius_id {
	struct radius_port	*port;
	uint8_t			 id;
};

/* Takes an identifier that has been free for as long as possible. 0, or
 * -EAGAIN when all are in use, -ENOTCONN when there is no connection yet (up
 * will tell), or why no socket could be had. */
int	 channel_take(struct radius_channel *, struct radius_id *, void *user);
void	 channel_give(struct radius_id *);
/* 0 or -errno; ICMP errors of earlier packets are not among these. */
int	 channel_send(const struct radius_id *, const void *, size_t len);
unsigned channel_ports(const struct radius_channel *);
size_t	 channel_used(const struct radius_channel *);

#endif
