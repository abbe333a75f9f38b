/* SPDX-License-Identifier: BSD-2-Clause */
/* Between reg.c (the rows), reg_ar.c and reg_node.c (what of them depends on
 * who asks), reg_act.c (what is done about an accepted one) and reg_reply.c
 * (the answers): one request while it is judged. */
#ifndef HAD_REG_INT_H
#define HAD_REG_INT_H

#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "had/reg.h"

/* What a row of PROTOCOLS 8.1 says, besides a reply code 1..255. */
#define ROW_PASS	(-1)
#define ROW_DUPLICATE	(-2)	/* the stored reply again [D8] */
#define ROW_WAIT	(-3)	/* judged later: a look-up is under way */
#define ROW_SILENT	(-4)	/* no answer; drop says why */

struct home;
struct home4;
struct rq;

/*
 * What of the rows depends on who asks: an access router, which proves itself
 * by 34, or an access node, which proves the subscriber by 32 [D5, D160].
 */
struct reg_kind {
	uint8_t	 auth;		/* the authenticator that everything hangs on,
				 * and that our answers end with */
	bool	 by_node;
	/* Before row 1: sets sa, authentic, covered, and what is known. */
	void	 (*verify)(struct reg *, struct rq *);
	/* Rows 5 and 6. */
	int	 (*row_keys)(struct reg *, struct rq *);
	/* Row 7; NULL, or what is wrong. */
	const char *(*care_of)(const struct reg *, const struct rq *);
	/* Row 11, about 120 and 221; likewise. */
	const char *(*extensions)(const struct rq *);
	/* Row 12: what it gets. Changes nothing that is bound. */
	int	 (*home)(struct reg *, struct rq *, struct home *);
	/* That is bound now. */
	void	 (*adopt)(struct reg *, struct rq *, struct home *);
};
extern const struct reg_kind reg_ar, reg_node, reg_fa;
/* Sets kind and fa, by the source. */
void	 reg_set_kind(struct reg *, struct rq *);

struct rq {
	const struct reg_packet	*pkt;
	struct mip4_msg		 msg;
	struct peer		*peer;
	const struct reg_kind	*kind;		/* of the peer */
	struct user		*user;		/* what is known, or NULL */
	const struct user	*keys;		/* whose key is demanded, or
						 * NULL; mostly user */
	bool			 looked_up;	/* keys is what AAA said */
	const struct realm	*realm;		/* likewise */
	const struct mip4_sa	*sa;		/* signs the reply; NULL: it
						 * can not be */
	const struct mip4_sa	*mn_ha;		/* verified, or NULL */
	const struct foreign_agent *fa;		/* that relays it, or NULL */
	const struct mip4_sa	*fa_sa;		/* NULL: none is shared */
	enum mip4_auth_verdict	 fa_verdict;	/* on 34 */
	size_t			 fa_covered;	/* by 34 that verified */
	enum mip4_auth_verdict	 verdict;	/* on kind->auth */
	bool			 authentic;	/* by that */
	size_t			 covered;	/* bytes proved authentic */
	bool			 nai_ok;	/* there, and covered */
	struct binding		*b;		/* NULL: never heard of */
	struct gre_keys		 gre;		/* that it gets, by reg_gre */
	const char		*foreign;	/* why the peer may not speak
						 * for the subscriber */
	const char		*why;		/* of a denial, for the log */
	enum had_drop		 drop;		/* of silence */
	char			 subject[64];	/* NAI, escaped by the log */
};

/* reg.c */
void	 reg_count_drop(struct reg *, struct peer *, enum had_drop);
void	 reg_count_code(struct reg *, struct peer *, uint8_t code);
bool	 reg_may_log(struct reg *, struct peer *, unsigned *swallowed);
/* May an ordinary change of a binding be logged? Not each one of a mass event:
 * then the lines would cost more than what they are about. All, on debug. */
bool	 reg_may_tell(struct reg *);
/* The same for trouble that requests can bring about. */
bool	 reg_may_warn(struct reg *);
/* Does it come from one that is configured? The care-of addresses of access
 * nodes may be many, and anybody's. */
bool	 reg_is_known(const struct rq *);
/* What a fresh Identification of a subscriber whose record is b, or NULL, is
 * above; 0 for nothing. */
uint64_t reg_last_id(const struct reg *, const struct binding *);
/* Sets b, nai_ok and foreign. */
void	 reg_find_record(struct reg *, struct rq *);
/* Spends a fresh Identification, after reg_find_record. */
void	 reg_spend(struct reg *, struct rq *);
/* reg_load.c: is there no time for this request, whose record is b or NULL?
 * Counts [D83]. */
bool	 reg_overloaded(struct reg *, struct rq *, const struct binding *b);
/* reg_act.c: is this a new subscriber, of which we take none? ROW_PASS or a
 * code; likewise [D85]. */
int	 reg_row_drained(const struct reg *, struct rq *,
    const struct binding *b);
void	 reg_log_swallowed(const struct peer *, unsigned n);
const char *binding_subject(const struct binding *);

/* Does it say that it has a binding, which it wants to go on? */
bool	 reg_is_renewal(const struct rq *);

/* reg_home.c: a home address found for a request, before anything is changed:
 * in the lease the subscriber has (keep), or in a new one of addr in pool. */
struct home {
	bool			 keep;
	struct pool		*pool;
	struct in6_addr		 addr;
	struct in6_addr		 hoa;
	struct mn		*mn;		/* behind an access node: this,
						 * and nothing of the others */
	struct in_addr		 home4;		/* and this behind a foreign
						 * agent, of */
	struct home4		*space;
};
/* rq->realm is set by it. */
int	 reg_home(struct reg *, struct rq *, struct home *);

/* The request again that is held for b, on which another address is to be
 * bound: pkt has its bytes. Sends a denial, or holds a new reply. */
void	 reg_judge_again(struct reg *, struct binding *,
    const struct reg_packet *);

/* Rows 3, 7 and 9 to 11, which change nothing and need no key: a row's
 * value. */
int	 reg_refuse_itself(struct reg *, struct rq *);

/* reg_user.c: row 5. Sets rq->user and rq->mn_ha; returns a row's value. */
int	 reg_row_mn_ha(struct reg *, struct rq *);
/* The same of an access node; reg_user_known is what can be said of the
 * subscriber without asking anybody. */
int	 reg_row_node_key(struct reg *, struct rq *);
void	 reg_user_known(struct reg *, struct rq *);

/* reg_node.c: what is the same behind a foreign agent. */
const char *reg_node_extensions(const struct rq *);
void	 reg_node_adopt(struct reg *, struct rq *, struct home *);
/* Of a binding behind one its IPv4 home address, else 0. */
struct in_addr reg_node_home4(const struct binding *);
/* reg_fa.c: NULL when there is none of this SPI. */
const struct mip4_sa *reg_fa_key(const struct foreign_agent *, uint32_t spi);

/* reg_node.c: what was said to b has been sent, its tunnel is there. */
void	 reg_node_up(struct reg *, struct binding *);
/* Of the bindings: b's mobile node has something to do. */
void	 reg_node_woken(void *arg, struct binding *b);
/* b is of no access node any more. */
void	 reg_node_leave(struct binding *);
/* How long what is advertised there is good for, at most l seconds. */
uint32_t reg_node_lifetime(const struct peer *, uint32_t l);

/* reg_act.c: row 12 and what follows from it. Returns a row's value; on
 * ROW_PASS *verdict says what became of it. */
int	 reg_act(struct reg *, struct rq *, enum reg_verdict *verdict);
void	 reg_unbind(struct reg *, struct binding *);
/* Ends b, or NULL, if that is what a request with Lifetime 0 means. */
void	 reg_leave(struct reg *, const struct rq *, struct binding *b);
void	 reg_expired(void *arg, struct binding *);

/* reg_gre.c: is there a GRE key where it is not authentic? */
bool	 reg_gre_misplaced(const struct rq *);
/* Does it ask for an encapsulation that is not offered, or for none but one? */
bool	 reg_gre_refused(const struct rq *);
/* Row 12: sets rq->gre; a row's value. rq->b must be there. */
int	 reg_gre(struct reg *, struct rq *);
/* Is the key that it asks with, if there is one, the binding's already? */
bool	 reg_gre_is_known(const struct rq *);
/* Is that another than the binding has? */
bool	 reg_gre_changes(const struct rq *);
/* What an answer says to a request of a binding that ends; 0: nothing. */
uint32_t reg_gre_last_key(const struct rq *);

/* reg_reply.c */
struct reply_spec {
	uint8_t			 code;
	uint16_t		 lifetime;
	struct in_addr		 home4;		/* 0: as in the request */
	const struct in6_addr	*hoa;		/* NULL: no 221, or */
	bool			 empty;		/* an empty one */
	bool			 unique;
	bool			 revocation;	/* put a 137 in */
	uint32_t		 timestamp;	/* of it */
	uint32_t		 gre_key;	/* 0: no 48 */
};
void	 reg_reply_flow(const struct reg *, const struct reg_packet *,
    struct reg_flow *);
/* Writes, keeps it in rq's binding where there is one, and sends it. */
enum reg_verdict reg_reply(struct reg *, const struct rq *,
    const struct reply_spec *);
/* The same, kept until reg_reply_release, with the denials that may go in its
 * place. -errno. */
int	 reg_reply_hold(struct reg *, const struct rq *,
    const struct reply_spec *);
/* What is held will not be sent. */
void	 reg_reply_forget(struct binding *);
/* Sends what was held: the reply itself where status is 0, or a denial in its
 * place; -EADDRINUSE: another node has the home address. */
void	 reg_reply_release(struct reg *, struct binding *, int status);
bool	 reg_reply_is_duplicate(struct reg *, const struct rq *);
enum reg_verdict reg_reply_again(struct reg *, const struct rq *);
/* A denial with what rq allows to echo [D49]. */
enum reg_verdict reg_deny(struct reg *, const struct rq *, uint8_t code);

#endif
