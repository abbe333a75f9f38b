/* SPDX-License-Identifier: BSD-2-Clause */
/* See violations_json.h; the table is violations.c. */
#include "common/violations_json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "common/violations.h"

/* NTP's zero, in Unix time; right until its era ends in 2036, and in the next
 * one by the unsigned difference. */
#define NTP_UNIX	UINT32_C(2208988800)

struct listing {
	const struct violations	*v;
	violations_name		*name;
	void			*arg;
	json_t			*list;
};

/* "2026-11-22T04:05:06Z", of as many seconds ago. */
static void
when(const struct violations *v, int64_t ago, char *buf, size_t len)
{
	uint32_t unix_s = ntp_seconds(clock_ntp(v->clock)) - NTP_UNIX;
	time_t t = (time_t)unix_s - (time_t)ago;
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    strftime(buf, len, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		buf[0] = '\0';
}

static void
append(const struct violation *e, void *arg)
{
	struct listing *l = arg;
	int64_t ago = mono_diff_ms(clock_mono(l->v->clock), e->last) / 1000;
	char addr[INET_ADDRSTRLEN], last[32], answer[24] = "none";
	const char *name = l->name(l->arg, e->from);

	inet_ntop(AF_INET, &e->from, addr, sizeof(addr));
	when(l->v, ago, last, sizeof(last));
	if (e->code >= 0)
		snprintf(answer, sizeof(answer), "code %d", e->code);
	json_array_append_new(l->list, json_pack(
	    "{s:s, s:s, s:s, s:s, s:I, s:s, s:I}",
	    "peer", name ? name : "", "address", addr, "reason", e->reason,
	    "answer", answer, "count", (json_int_t)e->count,
	    "last", last, "ago", (json_int_t)ago));
}

json_t *
violations_json(const struct violations *v, violations_name *name, void *arg)
{
	struct listing l = { v, name, arg, json_array() };

	if (v)
		violations_each(v, append, &l);
	return json_pack("{s:o, s:I}", "violations", l.list,
	    "forgotten", (json_int_t)(v ? v->forgotten : 0));
}
