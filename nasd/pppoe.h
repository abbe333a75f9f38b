/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPPoE discovery, the access concentrator's side [RFC 2516]. Stateless until
 * a PADR with a valid cookie; then a link, for which the owner starts a pppd;
 * PADS goes out when the owner confirms that the session socket is bound.
 */
#ifndef NASD_PPPOE_H
#define NASD_PPPOE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/clock.h"

struct event_base;
struct timers;
struct pppoe;
struct pppoe_link;

#define PPPOE_MAC_LEN	6
#define PPPOE_TAG_MAX	256	/* Host-Uniq, Relay-Session-Id kept: bytes */

struct pppoe_params {
	const char	*ifname;
	const char	*ac_name;
	const char	**services;	/* NULL-terminated; empty: any */
	unsigned	 max_sessions;	/* on this interface */
	unsigned	 max_per_mac;
	unsigned	 max_starting;	/* PADRs whose PADS is still due */
	unsigned	 padi_rate;	/* answered a second, all in all */
};

struct pppoe_events {
	/* A peer wants a session: start a pppd on ifname for sid and mac.
	 * link_id names it in the plugin's HELLO. Return 0, or -errno to have
	 * it refused. */
	int	(*wanted)(void *arg, struct pppoe_link *, uint32_t link_id,
	    const char *ifname, uint16_t sid,
	    const uint8_t mac[PPPOE_MAC_LEN], const char *service);
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
    const struct pppoe_params *, const struct pppoe_events *, void *arg);
void	 pppoe_free(struct pppoe *);

/* The owner's pointer for a link, NULL until set. */
void	 pppoe_link_set_owner(struct pppoe_link *, void *owner);
void	*pppoe_link_owner(const struct pppoe_link *);
/* The session socket is bound: send PADS (again on a repeated PADR). */
void	 pppoe_link_ready(struct pppoe_link *);
/* No session: PADS with session id 0 and AC-System-Error; frees the link. */
void	 pppoe_link_refuse(struct pppoe_link *, const char *why);
/* The session has ended and its pppd is gone: PADT unless the peer sent one;
 * the id rests a while before it is used again. Frees the link. */
void	 pppoe_link_free(struct pppoe_link *);
/* When PADI came (for the timeline); MONO_NEVER when not known. */
mono_t	 pppoe_link_padr_at(const struct pppoe_link *);
json_t	*pppoe_stats(const struct pppoe *);

#endif
