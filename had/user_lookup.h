/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subscribers that the configuration does not have and AAA may: who is asked
 * for, what the answers were, and the requests that wait for one [D66-D68].
 * Pure: the question goes out and the requests come back through
 * struct user_lookup_ops; had/user_radius.c is the wire, had/reg_user.c says
 * which request is worth a question.
 *
 * Everything has a limit: answers kept and requests waiting, in all and of
 * each peer. A peer that is at its own loses its own.
 */
#ifndef HAD_USER_LOOKUP_H
#define HAD_USER_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/mip4_auth.h"
#include "had/peer.h"

struct clock;
struct reg_packet;
struct user_entry;
struct user_lookup;

/* What is known of a subscriber. */
#define USER_STATES(X)							\
	X(UNKNOWN, "unknown")	/* not asked for, or too long ago */	\
	X(KNOWN, "known")	/* with a key or without one */		\
	X(REJECTED, "rejected")						\
	X(BROKEN, "broken")	/* accepted, but not to be used */	\
	X(SILENT, "silent")	/* nobody answered */

enum user_state {
#define X(name, text) USER_##name,
	USER_STATES(X)
#undef X
};

const char *user_state_str(enum user_state);

#define USER_WHY_MAX	96

/* state is not USER_UNKNOWN. The rest but why is of USER_KNOWN; why (of
 * USER_BROKEN) is for people. */
struct user_answer {
	enum user_state	state;
	struct mip4_sa	sa;		/* key_len 0: none. Copied */
	struct user_home home;
	char		why[USER_WHY_MAX];
};

struct user_lookup_params {
	uint32_t	known_s;	/* an answer is good for so long */
	uint32_t	rejected_s;	/* a bad one, or none, so long */
	uint32_t	max_users;	/* answers kept */
	uint32_t	max_waiting;	/* requests, in all and of one peer */
	uint32_t	max_waiting_peer;
};

struct user_lookup_ops {
	/* Asks for a subscriber; user_lookup_answer follows, later and once.
	 * NULL: it can not be asked for. */
	void	*(*ask)(void *arg, struct user_entry *, const char *nai,
		    size_t len);
	/* No answer is wanted any more. */
	void	 (*cancel)(void *arg, void *question);
	/* A request that waited; by now there is an answer. */
	void	 (*judge)(void *arg, const struct reg_packet *);
};

struct user_lookup_stats {
	uint64_t	asked, known, rejected, broken, silent;
	uint64_t	stale;		/* old answers used, as none came */
	uint64_t	evicted;
	uint64_t	replaced;	/* requests, by newer ones that wait */
	uint64_t	busy;		/* not asked: at a limit */
};

/* NULL: no memory. clock and ops stay the caller's. */
struct user_lookup *user_lookup_new(const struct user_lookup_params *,
    const struct clock *, const struct user_lookup_ops *, void *arg);
/* Wipes keys; requests that wait are forgotten. */
void	 user_lookup_free(struct user_lookup *);

/* What is known now. *u is set for USER_KNOWN only, and lives until control
 * returns to the event loop; *why for USER_BROKEN. */
enum user_state user_lookup_find(struct user_lookup *, const uint8_t *nai,
    size_t len, struct user **u, const char **why);

/*
 * Keeps a request, and asks for its subscriber unless that is under way. Of
 * one subscriber's requests through one peer only the newest is kept: fresh
 * (its Identification passes) before not, then by Identification. 0: it
 * waits, or an older one did not get its place; -EBUSY: at a limit, or nobody
 * can be asked; -ENOMEM.
 */
int	 user_lookup_wait(struct user_lookup *, struct peer *,
    const uint8_t *nai, size_t len, const struct reg_packet *, uint64_t id,
    bool fresh);
bool	 user_lookup_is_waiting(struct user_lookup *, const uint8_t *nai,
    size_t len);
/* The answer about a subscriber does not fit what its access router says: may
 * it be asked for again, or has it been, only just [D143]? */
bool	 user_lookup_may_doubt(struct user_lookup *, const uint8_t *nai,
    size_t len);
void	 user_lookup_answer(struct user_entry *, const struct user_answer *);

/* Forgets the answer about one subscriber, or all (NULL). How many. */
size_t	 user_lookup_flush(struct user_lookup *, const char *nai);

struct user_view {
	const char	*nai;
	size_t		 nai_len;
	enum user_state	 state;
	bool		 asking;
	uint32_t	 waiting;	/* requests */
	int64_t		 left_s;	/* until it is asked for anew */
	const struct mip4_sa *sa;	/* NULL: none. Never show the key */
	const struct user_home *home;
	const char	*peer;
	const char	*why;		/* or NULL */
};
/* Each answer kept and each question under way; stops at false. */
void	 user_lookup_each(struct user_lookup *,
    bool (*)(void *arg, const struct user_view *), void *arg);
const struct user_lookup_stats *user_lookup_stats(const struct user_lookup *);
size_t	 user_lookup_kept(const struct user_lookup *);
size_t	 user_lookup_waiting(const struct user_lookup *);

#endif
