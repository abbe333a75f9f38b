/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of requests: see coa_stats.h. */
#include "nasd/coa_stats.h"

#include <arpa/inet.h>

static const enum dae_cause causes[] = {
#define X(name, number, text) DAE_##name,
	DAE_CAUSES(X)
#undef X
};

_Static_assert(sizeof(causes) / sizeof(causes[0]) == COA_N_CAUSES,
    "a counter for each");

const char *
coa_drop_str(enum coa_drop d)
{
	static const char *const text[] = {
#define X(name, key, text) text,
		COA_DROPS(X)
#undef X
		"answered",
	};

	return text[d];
}

void
coa_stats_answer(struct coa_stats *st, enum dae_cause cause)
{
	if (cause == DAE_NONE || cause == DAE_RESIDUAL)
		st->acks++;
	else
		st->naks++;
	for (unsigned i = 0; i < COA_N_CAUSES; i++)
		if (causes[i] == cause)
			st->causes[i]++;
}

json_t *
coa_stats_json(const char *name, struct in_addr address,
    const struct coa_stats *st)
{
	static const char *const keys[] = {
#define X(name, key, text) key,
		COA_DROPS(X)
#undef X
	};
	char addr[INET_ADDRSTRLEN];
	json_t *list = json_array(), *o;
	uint64_t dropped = 0;

	for (unsigned i = 0; i < COA_N_DROPS; i++)
		dropped += st->drops[i];
	inet_ntop(AF_INET, &address, addr, sizeof(addr));
	o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "client", name, "address", addr,
	    "disconnects", (json_int_t)st->requests[0],
	    "coas", (json_int_t)st->requests[1],
	    "acks", (json_int_t)st->acks, "naks", (json_int_t)st->naks,
	    "duplicates", (json_int_t)st->duplicates,
	    "dropped", (json_int_t)dropped);
	for (unsigned i = 0; i < COA_N_DROPS; i++)
		json_object_set_new(o, keys[i],
		    json_integer((json_int_t)st->drops[i]));
	json_object_set_new(o, "send_errors",
	    json_integer((json_int_t)st->send_errors));
	for (unsigned i = 1; i < COA_N_CAUSES; i++)
		if (st->causes[i] > 0)
			json_array_append_new(list, json_pack(
			    "{s:i, s:s, s:I}", "error_cause", (int)causes[i],
			    "text", dae_cause_str(causes[i]), "count",
			    (json_int_t)st->causes[i]));
	json_object_set_new(o, "causes", list);
	return o;
}
