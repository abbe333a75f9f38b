/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the plugin share. pppd's hooks carry no argument, so
 * there is one static struct plugin (netmip4.c), which the parts get by
 * pointer where they can and by plugin_self() where pppd calls them.
 */
#ifndef PLUGIN_PLUGIN_H
#define PLUGIN_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/plugproto.h"
#include "pppd-plugin/hold_policy.h"
#include "pppd-plugin/nasd_client.h"

#define HELD_MAX	1584	/* of a packet that is held */
#define PKT_MAX		(HELD_MAX + 16)	/* pppd may append an option of 10
					 * bytes in place */

/* A packet of the peer's that waits for nasd. */
struct held_packet {
	bool		held;
	int		len;
	uint32_t	txn;
	int64_t		since, deadline;	/* ms */
	uint8_t		pkt[PKT_MAX];
};

enum auth_verdict { AUTH_NONE, AUTH_ACCEPT, AUTH_REJECT };

struct peer_auth {
	struct held_packet	held;
	uint16_t		proto;		/* PPP's, of the held packet */
	enum auth_verdict	verdict;	/* for the hook, while the
						 * packet is given back */
	char			text[PLUG_TEXT];
	bool			challenged;	/* a challenge is out */
	uint8_t			challenge_id;
	uint8_t			challenge_len;
	uint8_t			challenge[PLUG_CHALLENGE];
};

struct peer_eap {
	bool			active;		/* nasd is the authenticator */
	bool			passed;
	bool			waiting;	/* for nasd's next message */
	unsigned		credit;		/* Responses to it that are
						 * passed on */
	uint32_t		txn;		/* 0: nasd has not been asked */
	int64_t			since, deadline;	/* ms; 0: none */
	char			user[PLUG_NAME];
};

struct ipv6cp_hold {
	struct held_packet	held;
	struct hold_policy	policy;
	struct conf_req		req;		/* the one held */
	bool			insists;
	bool			up;
	struct iid		local, remote;	/* when up */
};

/* Addresses are in network byte order, 0: none. */
struct ipcp_gate {
	bool			governed;	/* by nasd; else pppd's own */
	bool			open;		/* nothing waits any more */
	bool			up;
	unsigned		packets;	/* since it was not */
	uint32_t		peer;
	struct held_packet	held;
	/* pppd's options before any of that */
	bool			known, enabled, own_accept;
	uint32_t		own_peer, own_dns[PLUG_DNS];
};

struct plugin {
	/* options */
	char			*socket_path;	/* pppd frees it: NULL for
						 * the default */
	uint32_t		link_id;	/* 0: nasd has not started us */
	int			hold_s;
	int			alone_s;	/* to live without nasd */
	/* state */
	struct nasd_client	nasd;
	uint32_t		given_id;	/* nasd's number, then */
	uint32_t		txn;		/* last used */
	bool			begun;		/* between ESTABLISH and DEAD */
	bool			authed;
	bool			poll_armed;
	bool			fd_watched;
	bool			forsaken;	/* ended for want of nasd */
	struct peer_auth	auth;
	struct peer_eap		eap;
	struct ipv6cp_hold	v6;
	struct ipcp_gate	v4;
	/* why the link ends, as far as we know, and what the peer is told
	 * instead of that; static buffers because pppd keeps the pointer until
	 * the link is down */
	char			reason[PLUG_TEXT];
	char			farewell[PLUG_TEXT];
};

struct plugin	*plugin_self(void);
int64_t		 plugin_now(void);	/* monotonic, ms */
uint32_t	 plugin_txn(struct plugin *);
void		 plugin_send(struct plugin *, const struct plug_msg *);
/* The next poll is due sooner than it was thought to be. */
void		 plugin_wake(struct plugin *);
/* The first reason given is the one told. */
void		 plugin_reason(struct plugin *, const char *);

/* False when the packet is too long to be kept. */
bool		 held_packet_put(struct held_packet *, const uint8_t *pkt,
    int len);
void		 held_packet_drop(struct held_packet *);

void		 peer_auth_init(struct plugin *);
void		 peer_auth_reset(struct plugin *);
/* (Re)connected: ask for what is held with a new transaction. */
void		 peer_auth_ask(struct plugin *);
void		 peer_auth_result(struct plugin *, uint32_t txn,
    const struct plug_auth_result *);
void		 peer_auth_expire(struct plugin *, int64_t now);
/* What an accepting result gives pppd besides. False when the link can not be
 * what it must be; plugin_reason has been told. */
bool		 peer_auth_grant(struct plugin *,
    const struct plug_auth_result *);

void		 peer_eap_init(struct plugin *);
void		 peer_eap_reset(struct plugin *);
/* (Re)connected: nasd is to begin. */
void		 peer_eap_ask(struct plugin *);
/* The connection is lost: from now on time runs. */
void		 peer_eap_lost(struct plugin *);
void		 peer_eap_packet(struct plugin *, uint32_t txn,
    const struct plug_eap *);
/* False when it is not EAP's. */
bool		 peer_eap_result(struct plugin *, uint32_t txn,
    const struct plug_auth_result *);
void		 peer_eap_expire(struct plugin *, int64_t now);

void		 ipv6cp_hold_init(struct plugin *);
void		 ipv6cp_hold_reset(struct plugin *);
void		 ipv6cp_hold_ask(struct plugin *);
void		 ipv6cp_hold_assign(struct plugin *, uint32_t txn, struct iid);
void		 ipv6cp_hold_refused(struct plugin *, uint32_t txn,
    const char *why);
void		 ipv6cp_hold_expire(struct plugin *, int64_t now);
/* Ends IPv6CP, and with it a link that carries nothing else. */
void		 ipv6cp_hold_close(struct plugin *, const char *why);


void		 ipcp_gate_init(struct plugin *);
/* A link, or LCP, begins: pppd's options are its own again. */
void		 ipcp_gate_reset(struct plugin *);
void		 ipcp_gate_set(struct plugin *, const struct plug_ipv4 *);
void		 ipcp_gate_open(struct plugin *);
/* (Re)connected: nasd may not know. */
void		 ipcp_gate_announce(struct plugin *);
/* May the peer have it, where nasd governs? */
bool		 ipcp_gate_allows(const struct plugin *, uint32_t addr);

#endif
