/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of every message: one counter for each code sent to a mobile node
 * by us or by its home agent, and for each reason of silence. */
#ifndef FAD_STATS_H
#define FAD_STATS_H

#include <stdint.h>

/* Why a message went no further; X(name, text). */
#define FAD_DROPS(X)							\
	X(SHORT, "short")						\
	X(UNKNOWN_TYPE, "unknown-type")					\
	X(UNKNOWN_EXT, "unknown-extension")				\
	X(NOT_EXPECTED, "unexpected-type")				\
	X(NO_PENDING, "reply-to-nothing-pending")			\
	X(COPY, "copy-of-a-pending-request")				\
	X(RATE, "denied-within-a-second")				\
	X(TTL, "multicast-from-afar")					\
	X(REV_AUTH, "revocation-not-authentic")				\
	X(REV_STALE, "revocation-stale")				\
	X(NO_REPLY, "reply-not-written")

enum fad_drop {
#define X(name, text) FAD_DROP_##name,
	FAD_DROPS(X)
#undef X
	FAD_N_DROPS
};

const char	*fad_drop_str(enum fad_drop);

struct stats {
	uint64_t	requests;	/* received */
	uint64_t	relayed;	/* of these, to home agents */
	uint64_t	replies;	/* received */
	uint64_t	accepted;	/* of these, relayed: 0 and 1 */
	uint64_t	gre_asked;	/* relayed with a GRE key of ours */
	uint64_t	gre_unanswered;	/* acceptances of these without one */
	uint64_t	denied_by_ha;	/* of these, relayed: other codes */
	uint64_t	expired;	/* visits whose lifetime ran out */
	uint64_t	deregistered;
	uint64_t	revoked;
	uint64_t	send_failed;
	uint64_t	drop[FAD_N_DROPS];
	uint64_t	code[256];	/* denials of our own */
};

#endif
