/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access node's link, as seen from the packets that are looked at
 * [draft-navali 3.2.2, 5.2.2; PROTOCOLS 11.5]: which of them say that a mobile
 * node is there, whose link-layer address is whose, and what is kept until
 * there is a tunnel. Pure: bytes come in, the clock is injected, nothing is
 * allocated; access_node*.c have the sockets and the session, and node_fsm.c
 * what the link does when a mobile node is there. What a stranger
 * on the link can send is bounded in rate and in what it changes.
 */
#ifndef NASD_NODE_H
#define NASD_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/rate_limit.h"

#define NODE_MAC_LEN	6
#define NODE_KEPT_MAX	8	/* packets [PROTOCOLS 11.5] */
#define NODE_REPORTS_MAX 2	/* of them, of groups: what asks has room */
#define NODE_KEPT_MS	2000
#define NODE_PACKET_MAX	512	/* bytes of a solicitation worth keeping */
#define NODE_RATE	50	/* packets a second that are looked at */
#define NODE_LEARN_RATE	1	/* other addresses of the router a second */

/* X(NAME, text): the text is the key of "show access-nodes". */
#define NODE_COUNTERS(X)						\
	X(SOLICITATION, "solicitations")				\
	X(DATA, "packets_not_bridged")					\
	X(REPORT, "multicast_reports")					\
	X(KEPT, "packets_kept")						\
	X(DELIVERED, "packets_delivered")				\
	X(TOO_LATE, "packets_too_late")					\
	X(RA, "router_advertisements")					\
	X(ROUTER, "router_addresses_learnt")				\
	X(GAVE_WAY, "waiting_gave_way")					\
	X(NEVER_CAME, "imported_never_came")				\
	X(DROP_RATE, "dropped_too_many")				\
	X(DROP_MALFORMED, "dropped_malformed")				\
	X(DROP_HOP_LIMIT, "dropped_hop_limit")				\
	X(DROP_ADDRESS, "dropped_link_layer_address")			\
	X(DROP_OTHER, "dropped_other_node")				\
	X(DROP_RA, "dropped_router_advertisement")			\
	X(DROP_DETACHED, "dropped_while_detached")			\
	X(DROP_FULL, "dropped_nothing_kept")

struct node_context;

enum node_counter {
#define X(name, text) NODE_C_##name,
	NODE_COUNTERS(X)
#undef X
	NODE_C_COUNT
};

struct node {
	const struct clock	*clock;
	bool			 ppp;		/* no link-layer addresses: none
						 * is said or learnt */
	uint8_t			 own[NODE_MAC_LEN];	/* the link's */
	bool			 has_mn;
	uint8_t			 mn[NODE_MAC_LEN];
	bool			 waits;		/* it is not served yet, and
						 * gives way to others
						 * [node_fsm.h: WAITING] */
	uint8_t			 first_router[NODE_MAC_LEN];
	uint8_t			 router[NODE_MAC_LEN];	/* towards the mobile
							 * node */
	bool			 passing;	/* the bridge is there */
	mono_t			 detached;	/* nobody is heard until then */
	struct rate_limit	 rate, learn;
	struct {
		mono_t		at;
		bool		report;		/* whose? nobody is known by
						 * one */
		uint8_t		from[NODE_MAC_LEN];
		uint16_t	len;
		uint8_t		b[NODE_PACKET_MAX];
	}			 kept[NODE_KEPT_MAX];
	unsigned		 n_kept;
	uint64_t		 count[NODE_C_COUNT];
};

void	 node_init(struct node *, const struct clock *);
/* The link is open. router: the address that packets to the mobile node come
 * from, unless the home agent says another one; NULL: own. */
void	 node_set_own(struct node *, const uint8_t own[NODE_MAC_LEN],
    const uint8_t *router);
const char *node_counter_key(enum node_counter);

/* A frame of the link. True: the mobile node is there, and wants the link's
 * tunnel to be. */
bool	 node_from_link(struct node *, const uint8_t *frame, size_t len);
/* A frame with what goes beyond the link, which nobody bridges [D238]. True:
 * the mobile node is there. */
bool	 node_from_data(struct node *, const uint8_t *frame, size_t len);
/* A packet of a PPP link, whose mobile node is there. */
void	 node_from_ppp(struct node *, const uint8_t *packet, size_t len);
/* A packet that came out of the tunnel. True: node->router is another one
 * [draft-navali 5.2.2]. */
bool	 node_from_tunnel(struct node *, const uint8_t *packet, size_t len);
/* Takes the oldest packet that was kept and is not too old; false: there is
 * none. It is good until the next call of any of these. */
bool	 node_take_kept(struct node *, const uint8_t **packet, size_t *len);
/* Copies what node_take_kept would take, and leaves it there; but no reports,
 * which say nothing of the mobile node to the one that it comes to. */
void	 node_copy_kept(const struct node *, struct node_context *);
/* A mobile node comes from another access node [draft-navali 3.2.3]: whose
 * addresses are whose, and what is to be kept for it, from now on. NULL, or
 * what is wrong with it for this link, a literal; nothing is changed then. */
const char *node_import(struct node *, const struct node_context *);

/* ---- node_report.c: Multicast Listener Reports ---- */

/* It has the options that such a one has, or others. */
bool	 node_looks_like_report(const uint8_t *packet, size_t len);
/* How long it is, without what is behind it; 0: it is none that a router
 * would heed [RFC 3810 5.1.14, 5.2.13]. */
size_t	 node_report_len(const uint8_t *packet, size_t len);

bool	 node_is_unicast(const uint8_t mac[NODE_MAC_LEN]);
/* The mobile node has gone, whoever it was, and what it said. For ms nobody
 * is heard: it is detached. */
void	 node_forget(struct node *, int64_t ms);

#endif
