/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subscribers that nmload plays: who is bound, where, and to which request
 * an answer is due. Neither sockets nor clocks: nmload.c has those. Requests
 * are as an access router sends them [PROTOCOLS 6], replies are judged as it
 * would [PROTOCOLS 8.3].
 */
#ifndef BENCH_LOAD_SUBS_H
#define BENCH_LOAD_SUBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/mip4.h"
#include "common/mip4_auth.h"

enum load_op {
	LOAD_NEW,
	LOAD_RENEW,
	LOAD_HANDOFF,
	LOAD_DEREGISTER,
	LOAD_OPS
};

struct sub {
	struct in6_addr	hoa;		/* when bound */
	uint32_t	place;		/* in order */
	uint32_t	seq;		/* of its request on the way */
	uint16_t	peer;		/* its care-of address */
	uint8_t		op;		/* of that request */
	bool		waits;		/* there is one */
};

struct asked {
	uint64_t	id;		/* Identification */
	uint64_t	due;		/* when it should have gone, ns */
	uint64_t	gone;		/* when it went */
	uint32_t	sub;
	bool		open;
};

#define LOAD_ASKED	(1u << 16)	/* requests on the way, at most */

struct subs {
	struct in_addr	ha;		/* the home agent's address */
	struct in_addr	coa;		/* the first care-of address */
	unsigned	n_peers;	/* that many from there on */
	uint16_t	lifetime;
	struct mip4_sa	sa;		/* of all of them */
	struct mip4_ext_types types;

	struct sub	*sub;
	/* Indices: bound ones, then those that wait, then unbound ones. */
	uint32_t	*order;
	uint32_t	n, n_bound, n_wait;
	struct asked	asked[LOAD_ASKED];
	uint32_t	head, tail;	/* of asked, free running */
	uint64_t	last_id;
	uint64_t	random;
};

enum load_reply {
	LOAD_ACCEPTED,
	LOAD_DENIED,
	LOAD_FORGED,		/* authenticator wrong or missing */
	LOAD_STRANGE,		/* no reply to anything asked, or too late */
	LOAD_USELESS,		/* accepted without a home address */
};

/* -errno. The fields above sub are set. */
int	 subs_init(struct subs *, uint32_t n);
void	 subs_free(struct subs *);
/* Is there a subscriber who could ask for this now? */
bool	 subs_can(const struct subs *, enum load_op);
/* Writes a request of one of them into buf; its length, and where it comes
 * from. due, now: ns of the caller's clock. */
size_t	 subs_ask(struct subs *, enum load_op, uint64_t due, uint64_t now,
    uint8_t *buf, size_t cap, struct in_addr *from);
/* What this reply is. LOAD_ACCEPTED, _DENIED: *code, and *due of the
 * request. */
enum load_reply subs_answer(struct subs *, const uint8_t *buf, size_t len,
    uint8_t *code, uint64_t *due);
/* Gives up requests that went before a time; how many. */
uint32_t subs_give_up(struct subs *, uint64_t before);

#endif
