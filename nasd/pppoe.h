/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPPoE discovery, the access concentrator's side [RFC 2516, RFC 4638].
 * Stateless until a PADR with a valid cookie; then a link, for which the owner
 * starts a pppd; PADS goes out when the owner confirms that the session socket
 * is bound.
 */
#ifndef NASD_PPPOE_H
#define NASD_PPPOE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/clock.h"
#include "nasd/line_id.h"
#include "nasd/pppoe_delay.h"

struct event_base;
struct timers;
struct pppoe;
struct pppoe_link;
struct pppoe_shared;

#define PPPOE_MAC_LEN	6
#define PPPOE_TAG_MAX	256	/* Host-Uniq, Relay-Session-Id kept: bytes */
#define PPPOE_MRU	1492	/* without RFC 4638 */
#define PPPOE_OVERHEAD	8	/* of a PPP frame's payload in Ethernet's */

/* What all interfaces have in common. Outlives them. NULL: no memory, or no
 * random numbers. */
struct pppoe_shared_params {
	unsigned	 max_starting;	/* on all interfaces */
	unsigned	 padi_rate;	/* the same; 0: no limit */
	struct pppoe_delays delays;
	/* Sessions there are, and may be, of all kinds. */
	unsigned	(*load)(void *arg);
	void		*arg;
	unsigned	 max_sessions;
};
struct pppoe_shared *pppoe_shared_new(struct timers *, const struct clock *,
    const struct pppoe_shared_params *);
void	 pppoe_shared_free(struct pppoe_shared *);
/* 0 or -ENOMEM: then nobody is delayed. */
int	 pppoe_shared_set_params(struct pppoe_shared *,
    const struct pppoe_shared_params *);
/* No new sessions on any of them, from now on; or again. */
void	 pppoe_shared_close(struct pppoe_shared *, bool closed);

struct pppoe_params {
	const char	*ifname;
	const char	*ac_name;
	const char	**services;	/* NULL-terminated; empty: any */
	unsigned	 max_sessions;	/* on this interface */
	unsigned	 max_per_mac;
	unsigned	 max_starting;	/* not yet up, see pppoe_links.h */
	unsigned	 padi_rate;	/* PADI, and PADR, answered a second */
	unsigned	 mac_rate;	/* the same, of one station; 0: any */
	unsigned	 max_payload;	/* of a PPP frame, RFC 4638; less than
					 * PPPOE_MRU + 1: not granted */
	bool		 line_ids;	/* the access node's are believed */
};

/* A session that a peer asks for. */
struct pppoe_wish {
	uint32_t	 link_id;	/* for the plugin's HELLO */
	const char	*ifname;
	uint16_t	 sid;
	uint8_t		 mac[PPPOE_MAC_LEN];
	unsigned	 mru;		/* the greatest that both can have */
	const char	*service;
	struct line_id	 circuit_id, remote_id;
};

struct pppoe_events {
	/* Start a pppd. Return 0, or -errno to have it refused. */
	int	(*wanted)(void *arg, struct pppoe_link *,
	    const struct pppoe_wish *);
	/* PADT from the peer. The owner ends the session and calls
	 * pppoe_link_free when its pppd has gone. */
	void	(*terminated)(void *arg, struct pppoe_link *);
	/* For the timeline, once the link has an owner; key (a literal):
	 * "pads", "padt-received", "padt-sent". */
	void	(*step)(void *arg, struct pppoe_link *, const char *key,
		    const char *detail);
};

/* fd: AF_PACKET, SOCK_RAW, ETH_P_PPP_DISC, bound to the interface; owned from
 * here on. mac: the interface's own. params and events are copied. */
struct pppoe *pppoe_new(struct event_base *, struct timers *,
    const struct clock *, int fd, const uint8_t mac[PPPOE_MAC_LEN],
    struct pppoe_shared *, const struct pppoe_params *,
    const struct pppoe_events *, void *arg);
void	 pppoe_free(struct pppoe *);
/* Other limits and names from now on, of the same interface. 0 or -ENOMEM:
 * then nothing has changed. */
int	 pppoe_set_params(struct pppoe *, const struct pppoe_params *);
/* No new sessions on it, until it has other parameters. */
void	 pppoe_close(struct pppoe *);
/* A frame of the interface's that came by another way. */
void	 pppoe_input(struct pppoe *, const uint8_t *frame, size_t len);
/* Links that there are. */
unsigned pppoe_sessions(const struct pppoe *);

#define PPPOE_SECRET_LEN 32
/* That of cookies, instead of a random one: peers who have one of an earlier
 * nasd's can go on. */
void	 pppoe_set_secret(struct pppoe *,
    const uint8_t secret[PPPOE_SECRET_LEN]);

/* The owner's pointer for a link, NULL until set. */
void	 pppoe_link_set_owner(struct pppoe_link *, void *owner);
void	*pppoe_link_owner(const struct pppoe_link *);
/* The session socket is bound: send PADS (again on a repeated PADR). */
void	 pppoe_link_ready(struct pppoe_link *);
/* The session is up: the machine has done with starting it. */
void	 pppoe_link_settled(struct pppoe_link *);
/* No session: PADS with session id 0 and AC-System-Error; frees the link. */
void	 pppoe_link_refuse(struct pppoe_link *, const char *why);
/* The session has ended and its pppd is gone: PADT unless the peer sent one;
 * the id rests a while before it is used again. Frees the link. */
void	 pppoe_link_free(struct pppoe_link *);
/* A session of an earlier nasd: sid, mac and service of the wish count. NULL:
 * no memory, or the id is taken. */
struct pppoe_link *pppoe_link_restore(struct pppoe *,
    const struct pppoe_wish *);
void	 pppoe_link_mac(const struct pppoe_link *,
    uint8_t mac[PPPOE_MAC_LEN]);
/* When PADI came (for the timeline); MONO_NEVER when not known. */
mono_t	 pppoe_link_padr_at(const struct pppoe_link *);

/* A frame of a session arrived here. If we have no such session the peer gets
 * a PADT, at a bounded rate: it has missed the end of an old one, ours or a
 * former nasd's. */
void	 pppoe_session_seen(struct pppoe *, const uint8_t mac[PPPOE_MAC_LEN],
    uint16_t sid);
/* Not for so long, though: perhaps we do not know all of our sessions yet. */
void	 pppoe_quiet(struct pppoe *, int ms);
json_t	*pppoe_stats(struct pppoe *);

#endif
