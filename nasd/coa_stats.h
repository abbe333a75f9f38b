/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of a client's Disconnect- and CoA-Requests, in numbers. */
#ifndef NASD_COA_STATS_H
#define NASD_COA_STATS_H

#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

#include "radius/dae.h"

/* Why a datagram has no answer. X(NAME, key, text) */
#define COA_DROPS(X)							\
	X(MALFORMED, "malformed", "malformed")				\
	X(AUTHENTICATOR, "bad_authenticator",				\
	    "wrong Request Authenticator (another secret?)")		\
	X(MA, "bad_message_authenticator",				\
	    "wrong Message-Authenticator")				\
	X(NO_MA, "no_message_authenticator",				\
	    "Message-Authenticator missing")				\
	X(NO_TIME, "no_timestamp", "Event-Timestamp missing")		\
	X(STALE, "stale", "Event-Timestamp is not of now")		\
	X(BUSY, "busy", "an earlier one is not yet carried out")

enum coa_drop {
#define X(name, key, text) COA_DROP_##name,
	COA_DROPS(X)
#undef X
	COA_N_DROPS,
	COA_DROP_NOT = COA_N_DROPS,	/* it has an answer */
};

#define COA_N_CAUSES	12	/* of DAE_CAUSES */

struct coa_stats {
	uint64_t	requests[2];	/* Disconnect, CoA; not copies */
	uint64_t	acks, naks;
	uint64_t	causes[COA_N_CAUSES];
	uint64_t	duplicates;
	uint64_t	drops[COA_N_DROPS];
	uint64_t	send_errors;
};

const char *coa_drop_str(enum coa_drop);
void	 coa_stats_answer(struct coa_stats *, enum dae_cause);
json_t	*coa_stats_json(const char *name, struct in_addr,
    const struct coa_stats *);

#endif
