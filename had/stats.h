/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of every datagram, in all and by peer: one counter for each
 * reply code and for each reason of silence. */
#ifndef HAD_STATS_H
#define HAD_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Why a datagram got no answer; X(name, text). */
#define HAD_DROPS(X)							\
	X(SHORT, "short")						\
	X(UNKNOWN_TYPE, "unknown-type")					\
	X(UNKNOWN_EXT, "unknown-extension")				\
	X(MALFORMED, "malformed")					\
	X(NO_PEER, "no-security-association")				\
	X(RATE, "rate-limited")						\
	X(DUP_PENDING, "duplicate-while-pending")			\
	X(NOT_REQUEST, "unexpected-type")				\
	X(REV_AUTH, "revocation-not-authentic")				\
	X(REV_STALE, "revocation-stale")				\
	X(REV_IDENTITY, "revocation-identity")				\
	X(REV_UNNEGOTIATED, "revocation-not-negotiated")		\
	X(LOOKUP, "subscriber-not-looked-up")				\
	X(NO_KEY, "no-key-of-the-subscriber")				\
	X(NO_REPLY, "reply-not-written")

enum had_drop {
#define X(name, text) HAD_DROP_##name,
	HAD_DROPS(X)
#undef X
	HAD_N_DROPS
};

#define HAD_N_CODES	22

struct stats {
	uint64_t	received;
	uint64_t	duplicates;	/* answered from the stored reply */
	uint64_t	expired;	/* bindings whose lifetime ran out */
	uint64_t	moved;		/* bindings that changed care-of
					 * address */
	uint64_t	hint_followed;	/* pools asked for by 151 */
	uint64_t	hint_unknown;
	uint64_t	hint_not_offered;
	uint64_t	revoked;	/* revocations sent, first tries */
	uint64_t	revoke_acked;
	uint64_t	revoked_nothing;	/* a peer's, acked though no
						 * binding was there */
	uint64_t	shed;		/* denied for want of time */
	uint64_t	send_failed;	/* by our own kernel; not by peer */
	uint64_t	drop[HAD_N_DROPS];
	uint64_t	code[HAD_N_CODES];	/* by stats_code_index */
};

const char	*had_drop_str(enum had_drop);
/* Place of a reply code of ours in struct stats. */
size_t		 stats_code_index(uint8_t code);
uint8_t		 stats_code_at(size_t index);

#endif
