/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the NetMIP4 client, pure: time, timers, random bits and the
 * sending of datagrams come in by struct mip_core, so a test is the home agent
 * and turns the clock. mip_client.c puts a socket under it.
 *
 *   mip_core.c	all registrations: finds whose a datagram is, home agents'
 *		clocks
 *   mip_rev.c	revocations
 *   mip_reg.c	one registration: states, timers, results
 *   mip_reg_reply.c	what replies do to it
 *   mip_leave.c	its end, registrations without an owner, and probes
 *   mip_resume.c	one that a client before this one has begun
 *   mip_send.c	its requests, their turn, and which of them may still be
 *		answered
 *   mip_pace.c	the turns at one home agent
 *   mip_msg.c	builds requests and acknowledgments, checks replies
 *   mip_kind.c	where access routers and access nodes differ
 *   mip_fa.c	what foreign agents relay, and what they say themselves
 */
#ifndef NASD_MIP_REG_H
#define NASD_MIP_REG_H

#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "common/table.h"
#include "common/timers.h"
#include "nasd/mip_client.h"
#include "nasd/mip_pace.h"

/* X(name, text): the text is the key of "show statistics". */
#define MIP_COUNTERS(X)							\
	X(SENT_REQUEST, "sent_requests")				\
	X(SENT_RENEWAL, "sent_renewals")				\
	X(SENT_DEREG, "sent_deregistrations")				\
	X(SENT_AGAIN, "sent_again")					\
	X(SENT_PROBE, "sent_probes")					\
	X(WAITED, "waited_for_their_turn")				\
	X(SENT_REV_ACK, "sent_revocation_acks")				\
	X(SEND_FAILED, "send_failed")					\
	X(RECV_FAILED, "receive_failed")				\
	X(ACCEPTED, "accepted")						\
	X(DENIED, "denied")						\
	X(RESYNC, "identification_mismatch")				\
	X(USELESS, "accepted_useless")					\
	X(HA_ERROR, "home_agent_errors")				\
	X(CHANGED, "home_address_changed")				\
	X(NO_REPLY, "no_reply")						\
	X(EXPIRED, "expired")						\
	X(REVOKED, "revoked")						\
	X(ABANDONED, "abandoned")					\
	X(LATE, "accepted_late")					\
	X(NO_NAI, "reply_without_nai")					\
	X(DROP_SHORT, "dropped_short")					\
	X(DROP_TYPE, "dropped_unknown_type")				\
	X(DROP_EXT, "dropped_unknown_extension")			\
	X(DROP_MALFORMED, "dropped_malformed")				\
	X(DROP_NOT_OURS, "dropped_not_for_a_client")			\
	X(DROP_UNMATCHED, "dropped_unmatched_reply")			\
	X(DROP_SOURCE, "dropped_wrong_source")				\
	X(DROP_DESTINATION, "dropped_wrong_destination")		\
	X(DROP_HA_FIELD, "dropped_wrong_home_agent_field")		\
	X(DROP_NO_AUTH, "dropped_unauthenticated")			\
	X(DROP_TWO_AUTH, "dropped_two_authenticators")			\
	X(DROP_SPI, "dropped_unknown_spi")				\
	X(DROP_BAD_AUTH, "dropped_bad_authenticator")			\
	X(DROP_MN_AUTH, "dropped_bad_mn_ha_authenticator")		\
	X(DROP_NAI, "dropped_wrong_nai")				\
	X(FA_DENIED, "denied_by_foreign_agent")				\
	X(DROP_FA_AUTH, "dropped_bad_mn_fa_authenticator")		\
	X(DROP_NOT_RELAYED, "dropped_not_of_a_foreign_agent")		\
	X(DROP_REV_REFLECTED, "dropped_revocation_reflected")		\
	X(DROP_REV_DOMAIN, "dropped_revocation_wrong_domain_address")	\
	X(DROP_REV_STALE, "dropped_revocation_stale")			\
	X(DROP_REV_EARLY, "dropped_revocation_early")			\
	X(DROP_REV_UNNEGOTIATED, "dropped_revocation_not_negotiated")	\
	X(DROP_REV_IDENTITY, "dropped_revocation_wrong_identity")

enum mip_counter {
#define X(name, text) MIP_C_##name,
	MIP_COUNTERS(X)
#undef X
	MIP_C_COUNT,
	MIP_C_OK = -1,		/* a check's verdict: nothing to count */
};

/* A home agent's clock against ours, and what it has done. One for each that
 * was ever asked; they are configured, so they are few. */
struct mip_ha_rec {
	struct table_node	node;		/* by address */
	struct mip_ha_rec	*next;
	struct mip_core		*core;
	struct mip_ha		ha;
	struct mip_pace		pace;
	struct timer		t_turns;	/* of those who wait */
	struct mip_reg		*probe;		/* out, or NULL */
	uint64_t		last_id;	/* last Identification sent */
	int32_t			offset_s;	/* from its 133 [PROTOCOLS 5] */
	uint32_t		offset_gen;	/* counts changes of it */
	unsigned		n_regs;
	uint64_t		sent, accepted, denied, no_reply;
	int64_t			rtt_us;		/* of the last answer */
};

/* One request that is out. Identifications grow over all registrations at one
 * home agent, so low 32 bits and home agent name it. */
struct mip_try {
	struct table_node	node;		/* by low; in use while reg */
	struct mip_reg		*reg;
	uint32_t		low, high;	/* Identification */
	uint32_t		offset_gen;	/* of the clock offset used */
	uint16_t		lifetime;	/* asked; 0: deregistration */
	mono_t			sent;
};

#define MIP_REG_STATES(X)						\
	X(REQUESTING)	/* first request out */				\
	X(BOUND)							\
	X(RENEWING)	/* bound, and a renewal out */			\
	X(LEAVING)	/* deregistration out, or about to be */	\
	X(ENDED)	/* reported; waits for its owner */

enum mip_reg_state {
#define X(name) MIP_S_##name,
	MIP_REG_STATES(X)
#undef X
};

#define MIP_RETRY_FIRST_MS 1000	/* also the least time between requests */

/* Tries kept matchable [D9]: more than a first registration makes. */
#define MIP_TRIES	8

struct mip_reg {
	struct mip_core		*core;
	struct mip_ha_rec	*ha;
	struct mip_events	 events;
	void			*arg;
	const char		*subject;
	enum mip_reg_state	 state;
	enum mip_kind		 kind;
	struct in_addr		 coa;
	struct in_addr		 via;		/* foreign agent, or 0 */
	bool			 agent_gre;	/* its tunnel is to be GRE */
	uint16_t		 ask;		/* lifetime; 0: params' */
	uint16_t		 allowed;	/* no more than that, as the
						 * foreign agent has said; 0:
						 * it has not */
	uint16_t		 allowed_once;	/* and that in this exchange */
	struct {
		bool		 set;
		struct mip4_sa	 sa;
	} mn_ha, mn_fa;
	bool			 want_unique;
	struct iid		 want_iid;
	struct iid		 taken;		/* no mobile node's; or 0 */

	/* the exchange under way */
	struct timer		 t_send;
	struct timer		 t_end;		/* budget, then expiry */
	struct timer		 t_turn;	/* in ha->pace while it waits
						 * for its turn */
	bool			 was_held;	/* for the agent, that is */
	struct mip_try		 tries[MIP_TRIES];
	unsigned		 n_sent;	/* in this exchange */
	unsigned		 next_try;	/* slot */
	int64_t			 wait_ms;
	mono_t			 last_sent;
	mono_t			 last_asked;	/* not to deregister */
	uint64_t		 after_id;	/* Identifications are greater;
						 * 0: than the agent's last */
	bool			 resynced;	/* the retry at once is used */
	bool			 lowered;	/* so is that with a lifetime
						 * that the agent allows */
	uint8_t			 last_code;	/* of this exchange; 0 none */
	bool			 unproven;	/* one failed authentication */
	bool			 fa_unproven;	/* by the agent's key */

	/* what the home agent may hold, and what it told */
	bool			 maybe_bound;
	bool			 inherited;	/* of an abandoned one */
	bool			 moved;		/* is another client's now */
	bool			 stray;		/* a request went out after the
						 * one that was answered */
	bool			 has_tunnel;	/* a node's was confirmed */
	bool			 has_hoa;
	struct in6_addr		 hoa;
	bool			 unique;
	struct in_addr		 home;		/* IPv4, repeated [D22] */
	uint16_t		 lifetime;
	mono_t			 expires;	/* MONO_NEVER */
	bool			 revocable;	/* 137 came with the reply */
	uint32_t		 rev_floor;	/* its timestamp, then the last
						 * revocation acted on */
	bool			 rev_acted;
	struct gre_keys		 gre;

	const char		*service;	/* behind nai, or NULL */

	/* without an owner (mip_leave.c) */
	bool			 orphan;
	bool			 probe;
	char			*own_subject;
	uint32_t		 left_nr;	/* 0: nobody was told */
	mono_t			 left_until;

	struct table_node	 nai_node;
	struct table_node	 hoa_node;	/* in use while has_hoa */
	struct table_node	 gre_node;	/* while gre.own is not 0 */
	size_t			 nai_len;
	char			 nai[];		/* realm in lower case */
};

struct violations;
struct mip_reply;
struct wire_w;

struct mip_core {
	struct timers		*timers;
	const struct clock	*clock;
	struct mip_client_params params;
	/* Sends a datagram from one of our addresses to addr:port (host
	 * order); from 0: to who is on a link of ours, with the kernel's choice
	 * of an address there, and TTL 255. Failures are the sender's to
	 * count, a retransmission follows anyway. */
	void			(*send)(void *arg, struct in_addr from,
				    struct in_addr to, uint16_t port,
				    const uint8_t *, size_t);
	uint32_t		(*random)(void *arg);
	void			*arg;
	struct mip_agent_events	agents;		/* each may be NULL */
	void			*agents_arg;
	mip_refuse		*refuse;	/* or NULL */
	void			*refuse_arg;
	mip_node_key		*node_key;	/* or NULL */
	void			*node_key_arg;
	mip_fa_key		*fa_key;	/* or NULL */
	void			*fa_key_arg;
	struct mip_left_events	left;		/* or all of it NULL */
	void			*left_arg;

	struct table		 by_id, by_nai, by_hoa, by_gre, has;
	struct mip_ha_rec	*ha_list;
	size_t			 n_regs;	/* with an owner */
	size_t			 n_orphans;
	uint64_t		 count[MIP_C_COUNT];
	struct violations	*violations;	/* NULL: not kept */
	mono_t			 unknown_said;	/* of an extension */
	mono_t			 unproven_said;	/* of an agent's reply */
};

/* ---- mip_core.c ---- */

/* timers, clock, params, send, random and arg are set by the caller before.
 * 0 or -ENOMEM. */
int	 mip_core_init(struct mip_core *);
/* All registrations that have an owner must have been freed. */
void	 mip_core_free(struct mip_core *);
/* One datagram of port 434, to dst. */
void	 mip_core_input(struct mip_core *, struct in_addr src, uint16_t port,
    struct in_addr dst, const uint8_t *, size_t);
const char *mip_counter_key(enum mip_counter);
/* A reply to that request, whoever has brought it: checked, and given to whose
 * it is, who may be gone then. */
enum mip_counter mip_core_reply(struct mip_core *, struct mip_try *,
    const struct mip4_msg *, const uint8_t *buf, struct mip_reply *);
/* A home agent has proved to be there. */
void	 mip_core_heard(const struct mip_core *, struct in_addr);
/* A datagram that did not: counted, and remembered by its source. */
void	 mip_core_refuse(struct mip_core *, struct in_addr src,
    enum mip_counter);

struct mip_ha_rec *mip_core_ha(struct mip_core *, const struct mip_ha *);
/* The next Identification towards a home agent; its low 32 bits name no other
 * try that is out. */
uint64_t mip_core_next_id(struct mip_core *, struct mip_reg *);
/* Learns the clock offset from a 133 that answered a try. */
void	 mip_core_resync(struct mip_core *, const struct mip_try *,
    uint64_t reply_id, const char *subject);
/* The one of these low 32 bits at a home agent, or (NULL) at any. */
struct mip_try *mip_core_find_try(const struct mip_core *, uint32_t low,
    const struct mip_ha_rec *);
void	 mip_core_add_try(struct mip_core *, struct mip_try *);
void	 mip_core_remove_try(struct mip_core *, struct mip_try *);
void	 mip_core_add_reg(struct mip_core *, struct mip_reg *);
void	 mip_core_remove_reg(struct mip_core *, struct mip_reg *);
/* Sets or clears (NULL) the home address a registration is found by. */
void	 mip_core_set_hoa(struct mip_core *, struct mip_reg *,
    const struct in6_addr *);

/* A key of GRE that no registration has [PROTOCOLS D196]; never 0. */
uint32_t mip_core_new_gre(const struct mip_core *);

struct mip_ha_rec *mip_core_find_ha(const struct mip_core *, struct in_addr);
/* As mip_client_rekey and mip_client_set_params. */
void	 mip_core_rekey(struct mip_core *, const struct mip_ha *);
void	 mip_core_set_params(struct mip_core *,
    const struct mip_client_params *);
void	 mip_core_hold(struct mip_core *, struct in_addr, bool);
void	 mip_core_hurry(struct mip_core *, int64_t ms);
/* One of a care-of address that has no owner any more. */
struct mip_reg *mip_core_find_orphan(const struct mip_core *, const char *nai,
    size_t nai_len, const struct mip_ha_rec *, struct in_addr coa);

/* ---- mip_rev.c ---- */

/* Checks a revocation, answers it and has its binding ended. MIP_C_OK, or what
 * to count. */
enum mip_counter mip_rev_input(struct mip_core *, struct in_addr src,
    uint16_t port, struct in_addr dst, const struct mip4_msg *,
    const uint8_t *buf);

/* ---- mip_msg.c ---- */

/* What an authentic reply says. */
struct mip_reply {
	uint8_t		code;
	uint16_t	lifetime;
	uint64_t	id;
	struct in_addr	home, ha;
	struct in_addr	redirect;	/* 136, 143: another one, or 0 */
	bool		has_tunnel;	/* 221 of Length 1 */
	bool		has_hoa;	/* of Length 17 */
	struct in6_addr	hoa;
	bool		unique;
	bool		has_rev;	/* 137 */
	uint32_t	rev_timestamp;
	uint32_t	gre_key;	/* 48; 0: none */
};

/* Writes a request of a lifetime (0 deregisters) in the order of PROTOCOLS 6.
 * Its length, or -EMSGSIZE. */
int	 mip_msg_request(const struct mip_reg *, uint64_t id,
    uint16_t lifetime, uint8_t *buf, size_t cap);
/* Checks a reply that answers a registration's try [PROTOCOLS 8.3]. MIP_C_OK,
 * or what to count; *reply is set for MIP_C_OK only. */
enum mip_counter mip_msg_check_reply(const struct mip_reg *,
    const struct mip4_msg *, const uint8_t *buf, struct mip_reply *reply);
/* Checks the one FA-HA extension of a message from ha. *sa is the association
 * that verified, *covered as of mip4_auth_check. */
enum mip_counter mip_msg_check_fa_ha(const struct mip_ha *,
    const struct mip4_msg *, const uint8_t *buf, const struct mip4_sa **sa,
    size_t *covered);
/* The same of the one MN-HA extension, by this association. */
enum mip_counter mip_msg_check_mn_ha(const struct mip4_sa *,
    const struct mip4_msg *, const uint8_t *buf, size_t *covered);
/* Is an extension at off one that an authenticator covers? What stands behind
 * it is not to be believed. */
bool	 mip_msg_is_covered(size_t off, size_t covered);
/* Answers a revocation: what identified the binding, and was covered by the
 * authenticator, is repeated, and it is signed likewise. */
struct mip_rev_auth {
	uint8_t			 type;		/* of the extension */
	const struct mip4_sa	*sa;
	size_t			 covered;
};
int	 mip_msg_rev_ack(const struct mip_core *, const struct mip4_msg *rev,
    const struct mip_rev_auth *, uint8_t *buf, size_t cap);

/* ---- mip_kind.c ---- */

uint8_t	 mip_kind_flags(const struct mip_reg *);
/* The extensions of a request, behind the NAI. */
void	 mip_kind_put(struct wire_w *, const struct mip_reg *,
    uint16_t lifetime);
/* Has a reply the authenticators it must have? *covered as above. */
enum mip_counter mip_kind_check_auth(const struct mip_reg *,
    const struct mip4_msg *, const uint8_t *buf, size_t *covered);
/* Why an accepting reply is of no use, or NULL. */
const char *mip_kind_useless(const struct mip_reg *, const struct mip_reply *);
/* The IPv4 home address that it uses itself, or 0. */
struct in_addr mip_kind_home(const struct mip_reg *);
/* What was asked for, or given, for people. */
#define MIP_KIND_TEXT	64
const char *mip_kind_asked(const struct mip_reg *, char buf[MIP_KIND_TEXT]);
const char *mip_kind_given(const struct mip_reg *, char buf[MIP_KIND_TEXT]);

/* ---- mip_send.c ---- */

/* May it send now? False: it waits for its turn, and then mip_reg_turn. */
bool	 mip_send_may(struct mip_reg *);
/* It does not wait for a turn any more. */
void	 mip_send_leave(struct mip_reg *);
/* Lets those at a home agent have their turns, as far as they have come. */
void	 mip_send_turns(struct mip_ha_rec *);
/* Sends the request that fits the state; the only way out. */
void	 mip_send_request(struct mip_reg *);
/* No request that is out can be answered any more. */
void	 mip_send_forget(struct mip_reg *);

/* ---- mip_reg.c ---- */

/* Tells the owner, for its timeline. */
void	 mip_reg_step(const struct mip_reg *, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

struct mip_reg *mip_reg_create(struct mip_core *,
    const struct mip_reg_request *, const struct mip_events *, void *arg);
/* The same without anything begun: neither in a table nor with a timer. */
struct mip_reg *mip_reg_alloc(struct mip_core *,
    const struct mip_reg_request *, const struct mip_events *, void *arg);
/* Its turn to send has come. */
void	 mip_reg_turn(struct mip_reg *);
/* A revocation that was checked and answered; r may be gone afterwards. */
void	 mip_reg_revoke(struct mip_reg *, uint32_t rev_id);
/* Is there a binding that a revocation can end? */
bool	 mip_reg_is_bound(const struct mip_reg *);
void	 mip_reg_set_state(struct mip_reg *, enum mip_reg_state,
    const char *why);
void	 mip_reg_set_timers(struct mip_reg *);
void	 mip_reg_arm(struct mip_reg *, struct timer *, mono_t at);
/* Nothing is sent by itself any more, and nothing ends. */
void	 mip_reg_stop(struct mip_reg *);
/* A new exchange. Tries of the last one stay matchable only where their late
 * answer still tells something. */
void	 mip_reg_begin(struct mip_reg *, enum mip_reg_state, const char *why);
/* One try: at once, or when its turn comes [D63]. */
void	 mip_reg_try(struct mip_reg *);
/* The lifetime to ask for, seconds. */
uint16_t mip_reg_asks(const struct mip_reg *);
/* Sets the timers of a lifetime that began with a request sent then. */
void	 mip_reg_lifetime(struct mip_reg *, mono_t sent);
/* What its owner is told. */
struct mip_result mip_reg_result(const struct mip_reg *, enum mip_outcome,
    uint8_t code, const char *text);
/* Ends the first registration, or a binding, without success; r may be gone
 * afterwards. */
void	 mip_reg_end(struct mip_reg *, const struct mip_result *);

/* ---- mip_reg_reply.c ---- */

/* A checked reply. t is one of r's; r may be gone afterwards. */
void	 mip_reg_reply(struct mip_reg *, struct mip_try *,
    const struct mip_reply *);
/* Does a denial prove little? [D87] */
bool	 mip_reg_is_doubtful(uint8_t code);
/* A first registration, or a renewal, has been denied: it ends. */
void	 mip_reg_denied(struct mip_reg *, const struct mip_try *,
    const struct mip_reply *);
/* Follows a 133. */
void	 mip_reg_resync(struct mip_reg *, struct mip_try *,
    const struct mip_reply *);
/* Takes what an accepted reply says. True if the session must hear that its
 * address, or how much of the prefix is its own, is another one. */
bool	 mip_reg_learn(struct mip_reg *, const struct mip_reply *);

/* ---- mip_fa.c ---- */

/* One datagram of a foreign agent on a link of ours, to whatever address. */
void	 mip_fa_input(struct mip_core *, struct in_addr fa, const uint8_t *,
    size_t);
/* Is it a foreign agent's own code [RFC 3344 3.4]? */
bool	 mip_fa_is_code(uint8_t code);
/* It has denied what t asked for; r may be gone afterwards. */
void	 mip_fa_denied(struct mip_reg *, struct mip_try *,
    const struct mip_reply *);

/* ---- mip_resume.c ---- */

struct mip_reg *mip_resume_reg(struct mip_core *,
    const struct mip_reg_request *, const struct mip_saved *,
    const struct mip_events *, void *arg);

/* ---- mip_leave.c ---- */

/* Of one that is leaving: t_send, t_end, a reply. r may be gone afterwards. */
void	 mip_leave_timer(struct mip_reg *);
void	 mip_leave_end(struct mip_reg *);
void	 mip_leave_reply(struct mip_reg *, struct mip_try *,
    const struct mip_reply *);
/* Ends what an abandoned registration of the same NAI still does there, and
 * takes over what it knows. */
void	 mip_leave_absorb(struct mip_reg *);
void	 mip_leave_probe(struct mip_core *, const struct mip_ha *);
int	 mip_leave_take(struct mip_core *, uint32_t nr,
    const struct mip_left *);
void	 mip_leave_each(struct mip_core *,
    void (*fn)(void *arg, uint32_t nr, const struct mip_left *), void *arg);

#endif
