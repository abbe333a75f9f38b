/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NetMIP4 client: registers sessions at home agents by draft-navali for
 * access routers and access nodes [PROTOCOLS 3-11.5]. One UDP socket for all;
 * each struct mip_reg is one mobile node's registration, a pure state machine
 * (mip_reg.c: timers and clock come in, datagrams and results go out) under a
 * thin socket layer (mip_client.c). It does not know which kind of access
 * asks, but for what an enum mip_kind says.
 */
#ifndef NASD_MIP_CLIENT_H
#define NASD_MIP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "common/gre_keys.h"
#include "common/iid.h"
#include "common/mip4_auth.h"
#include "common/mip4_ext.h"

struct event_base;
struct timers;
struct violations;
struct mip_client;
struct mip_reg;

struct mip_client_params {
	struct in_addr		coa;		/* care-of address */
	uint16_t		lifetime;	/* to ask for, seconds: 1800 */
	unsigned		attempts;	/* first registration: 5 */
	unsigned		dereg_attempts;	/* 3 */
	bool			require_nai;	/* in replies */
	bool			match_most_recent_only;		/* D9 */
	uint32_t		max_clock_offset;	/* seconds; 0: any */
	uint32_t		rate;		/* requests to one home agent in
						 * any second; 0: no limit */
	bool			pmip_per_node_auth;		/* D5 */
	struct mip4_ext_types	types;
};

/* A home agent as the client needs it: address, and the FA-HA associations,
 * of which the first signs and any verifies. */
struct mip_ha {
	struct in_addr		addr;
	const struct mip4_sa	*sa;		/* the configuration's */
	unsigned		n_sa;
};

/* For whom it is: what is asked for, and who proves it [PROTOCOLS 6, 8.3]. */
enum mip_kind {
	MIP_ROUTER,		/* an access router's: a home address; by 34,
				 * and by 32 where there is a key for that */
	MIP_NODE,		/* an access node's: a tunnel, whatever goes
				 * through it; by 32 alone */
};

struct mip_reg_request {
	enum mip_kind		kind;
	struct in_addr		coa;		/* a node's, one of our own
						 * addresses, or that of via; a
						 * router's is the client's */
	struct in_addr		via;		/* a node's: the foreign agent
						 * on our link that relays, or
						 * 0 */
	uint16_t		lifetime;	/* to ask for, seconds; 0: the
						 * client's */
	const char		*nai;		/* copied */
	const char		*subject;	/* of log lines; outlives reg */
	struct mip_ha		ha;
	const struct mip4_sa	*mn_ha;		/* NULL: none, but a node has
						 * one; copied */
	const char		*service;	/* NULL, or for 151 [RFC 5446];
						 * copied */
	bool			unique;		/* ask for a unique prefix with
						 * iid; else IID 0 (shared) */
	struct iid		iid;
	struct iid		taken;		/* by our side of the link; 0:
						 * none */
	bool			gre;		/* ask for GRE with keys */
	bool			agent_gre;	/* ask via for it: the keys
						 * are its own */
	uint32_t		gre_key;	/* ours, from a registration
						 * before; 0: a new one */
	int64_t			budget_ms;	/* give up the first
						 * registration after this */
	uint64_t		after_id;	/* the last Identification that
						 * another client has used, or
						 * 0 */
};

enum mip_outcome {
	MIP_REGISTERED,		/* code 0 or 1, home address given, or a node's
				 * tunnel confirmed */
	MIP_DENIED,		/* code says why */
	MIP_NO_REPLY,		/* attempts or budget used up */
	MIP_USELESS,		/* accepted without a usable IPv6 home address,
				 * with another identifier, or with what is
				 * refused, or without a node's tunnel or the
				 * key of GRE; deregisters by itself */
};

struct mip_result {
	enum mip_outcome	outcome;
	uint8_t			code;		/* of the last reply */
	uint16_t		lifetime;	/* granted, seconds */
	struct in6_addr		hoa;		/* of a node: :: */
	bool			unique;		/* U */
	struct in_addr		home;		/* IPv4, of a node behind a
						 * foreign agent; else 0 */
	struct in_addr		ha;
	struct in_addr		redirect;	/* of 136 and 143: the one to
						 * ask, or 0.0.0.0 */
	struct gre_keys		gre;
	const char		*text;		/* what happened, for people */
	unsigned		tries;
	int64_t			rtt_us;		/* of the try answered */
};

/* Posted from the client's own callbacks, never from inside a call below,
 * except step. Each but step may deregister or free its reg. */
struct mip_events {
	/* The first registration has ended, this way or that. */
	void	(*registered)(void *arg, const struct mip_result *);
	/* A renewal brought another home address, or another U bit to the
	 * same [PROTOCOLS 11.4]; or another IPv4 one, or key of the home
	 * agent's. */
	void	(*changed)(void *arg, const struct mip_result *);
	/* Renewals denied, or the lifetime ran out unanswered. */
	void	(*lost)(void *arg, const struct mip_result *);
	/* The home agent revoked the binding [RFC 3543]; acked already. */
	void	(*revoked)(void *arg);
	/* Deregistration answered or given up; the reg is gone after this. */
	void	(*deregistered)(void *arg, bool answered);
	/* For the timeline. key (a literal): "rrq-sent", "rrp-received",
	 * "renewal-sent", "renewed", "dereg-sent", "deregistered". detail for
	 * people: "IID 0211:2233:4455:6677, lifetime 1800", "code 0, lifetime
	 * 1800, 2001:db8:100:1:..., U 1". */
	void	(*step)(void *arg, const char *key, const char *detail);
};

/* What is seen of home agents, whoever asked. May call mip_client_hold and
 * mip_client_probe. */
struct mip_agent_events {
	/* An authentic message came. */
	void	(*heard)(void *arg, struct in_addr);
	/* A request sent then has had no answer in its time. */
	void	(*unheard)(void *arg, struct in_addr, mono_t sent);
};

/*
 * Of a registration without an owner: what a client after this one needs to
 * deregister it, too [D131]. It is known by a number that is not 0.
 */
struct mip_left;
struct mip_left_events {
	/* There is one. nr is what it had with an earlier client, or 0; the
	 * number it has from now on. */
	uint32_t (*left)(void *arg, uint32_t nr, const struct mip_left *);
	/* It is deregistered, expired or another's. */
	void	(*over)(void *arg, uint32_t nr);
};

/* fd: UDP, bound to port 434 and the care-of address, or to all where nodes
 * have others; owned from here on.
 * params are copied. NULL with errno. */
struct mip_client *mip_client_new(struct event_base *, struct timers *,
    const struct clock *, int fd, const struct mip_client_params *);
void	 mip_client_free(struct mip_client *);

/* A datagram of a foreign agent on a link of ours, to whatever address; by
 * fa_hear.c. */
void	 mip_client_relayed(struct mip_client *, struct in_addr fa,
    const uint8_t *, size_t);

/* Others from now on; coa, rate and types stay what they are. */
void	 mip_client_set_params(struct mip_client *,
    const struct mip_client_params *);
/* The associations of a home agent are others, or elsewhere. */
void	 mip_client_rekey(struct mip_client *, const struct mip_ha *);

/* events are copied. */
void	 mip_client_watch(struct mip_client *, const struct mip_agent_events *,
    void *arg);
void	 mip_client_watch_left(struct mip_client *,
    const struct mip_left_events *, void *arg);
/* Asked about each home address that a home agent gives: why it is not to be
 * used (a literal), or NULL. */
typedef const char *mip_refuse(void *arg, struct in_addr ha,
    const struct in6_addr *hoa, bool unique);
void	 mip_client_set_refuse(struct mip_client *, mip_refuse *, void *arg);
/* The association of a node that is not registered: a revocation of what it
 * was is still answered [D15]. Borrowed for the call; or NULL. */
typedef const struct mip4_sa *mip_node_key(void *arg, const char *nai,
    size_t len, struct in_addr ha);
void	 mip_client_set_node_key(struct mip_client *, mip_node_key *,
    void *arg);
/* The association of a node with the foreign agent that relays for it [RFC 3344
 * 3.5.3]; NULL: there is none. Asked once a registration, and copied. */
typedef const struct mip4_sa *mip_fa_key(void *arg, const char *nai,
    size_t len, struct in_addr fa);
void	 mip_client_set_fa_key(struct mip_client *, mip_fa_key *, void *arg);
/* A home agent that is held gets no requests; they wait until it no longer
 * is. It must have been asked before; and have a key for us, or nobody could
 * find out when it is back. */
void	 mip_client_hold(struct mip_client *, struct in_addr, bool);
/* All that is registered now is to be deregistered within this time: no home
 * agent's rate is to be in the way of it. */
void	 mip_client_hurry(struct mip_client *, int64_t ms);
/*
 * One message that changes nothing, held or not: the deregistration of a name
 * of ours that is never registered. The answer, or that there is none, comes
 * as an agent event. Nothing while the last one is still out.
 */
void	 mip_client_probe(struct mip_client *, const struct mip_ha *);

/* A key of GRE for gre_key, when it must be known before the registration is
 * asked for: one that no registration has. */
uint32_t mip_client_new_gre(const struct mip_client *);

/* Asks for a first registration. Requests of this NAI that an abandoned one
 * left at this home agent end here. NULL when memory is short. */
struct mip_reg *mip_reg_new(struct mip_client *,
    const struct mip_reg_request *, const struct mip_events *, void *arg);
/* Deregisters (also when only perhaps registered: a late reply would leave a
 * binding), up to dereg_attempts tries, then events->deregistered. Allowed in
 * every state; a second call does nothing. Where the home agent has no binding
 * (denied, revoked) no message is sent, but the event still comes. The home
 * agent's 133 is obeyed here too. */
void	 mip_reg_deregister(struct mip_reg *);
/*
 * Its owner goes, and hears no more of it. What the home agent may hold is
 * deregistered without an owner: also later, when the agent is held or a late
 * reply tells of it. Allowed in every state.
 */
void	 mip_reg_abandon(struct mip_reg *);
/* The mobile node's association is this one from the next request on; what is
 * out may find its answer not accepted, and is said again. Copied. */
void	 mip_reg_set_mn_ha(struct mip_reg *, const struct mip4_sa *);
/* Renews now, at the pace there is. False: there is nothing to renew. */
bool	 mip_reg_renew(struct mip_reg *);
/* Of a node behind a foreign agent: that has another care-of address, or has
 * forgotten it, and allows this lifetime (seconds). It is registered anew after
 * ms, and a second after the last request at least. False: it is ending. */
bool	 mip_reg_anew(struct mip_reg *, struct in_addr coa, uint16_t lifetime,
    int64_t ms);
/* Another client is about to register it elsewhere [draft-navali 3.2.3]: no
 * more is asked of the home agent, neither to renew nor to deregister it. It
 * is over when it is revoked, or its lifetime is. Allowed in every state. */
void	 mip_reg_move_on(struct mip_reg *);
bool	 mip_reg_moves_on(const struct mip_reg *);
/* It does not go after all: it is renewed at once, which brings it back if the
 * other client has registered it. False: nobody was about to. */
bool	 mip_reg_stay(struct mip_reg *);
/* Was a foreign agent asked for GRE? These are in state files. */
enum mip_agent_gre {
	MIP_AGENT_GRE_UNSAID,	/* there is none, or by an older client: as the
				 * request says */
	MIP_AGENT_GRE_NO,
	MIP_AGENT_GRE_YES,
};
/* What a registration is, for a client that comes after this one. */
struct mip_saved {
	bool		bound;		/* or asked for, perhaps granted */
	struct in6_addr	hoa;
	bool		unique;
	struct in_addr	home;
	uint16_t	lifetime;
	mono_t		expires;
	bool		revocable, rev_acted;
	bool		moved;		/* mip_reg_move_on */
	uint32_t	rev_floor;
	int32_t		clock_offset;	/* the home agent's */
	uint64_t	last_id;	/* sent there */
	struct gre_keys	gre;
	uint8_t		agent_gre;	/* enum mip_agent_gre */
};
struct mip_left {
	enum mip_kind		kind;
	struct in_addr		coa, via;
	const char		*nai, *subject;
	struct mip_ha		ha;
	const struct mip4_sa	*mn_ha;		/* NULL: none */
	bool			unique;		/* asked for, with iid */
	struct iid		iid;
	struct mip_saved	saved;
};
void	 mip_reg_save(const struct mip_reg *, struct mip_saved *);
/* Goes on with one of an earlier client's: bound, nothing sent. One that was
 * not bound, or has expired meanwhile, may be deregistered or renewed [D117].
 * NULL when memory is short. */
struct mip_reg *mip_reg_resume(struct mip_client *,
    const struct mip_reg_request *, const struct mip_saved *,
    const struct mip_events *, void *arg);
/* One that an earlier client had without an owner, likewise here, until
 * saved.expires at most. 0, or -ENOMEM. */
int	 mip_client_take_left(struct mip_client *, uint32_t nr,
    const struct mip_left *);
/* All there are. */
void	 mip_client_each_left(struct mip_client *,
    void (*fn)(void *arg, uint32_t nr, const struct mip_left *), void *arg);
/* Forgets it at once, without a message. */
void	 mip_reg_free(struct mip_reg *);

/* Seconds until the binding expires; 0 when not registered, UINT32_MAX when
 * it never does. */
uint32_t mip_reg_left(const struct mip_reg *);
/* Counters and home agents for nasctl: {"sent": ..., "home_agents": [...]}. */
json_t	*mip_client_stats(const struct mip_client *);
/* What came to port 434 and was refused. */
const struct violations *mip_client_violations(const struct mip_client *);

#endif
