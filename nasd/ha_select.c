/* SPDX-License-Identifier: BSD-2-Clause */
/* Home agent selection: see ha_select.h. */
#include "nasd/ha_select.h"

#include <math.h>
#include <string.h>

#include "common/mip4.h"

/*
 * Down [D62]: so many requests in a row without an answer, the first of them
 * sent so long ago. The requests alone would do for a single session (1, 2 and
 * 4 s apart), but a thousand of them lose a thousand in one short outage.
 */
#define DOWN_REQUESTS	3
#define DOWN_MS		3000
/* From there to the first probe, then doubling. */
#define HOLD_FIRST_MS	1000
#define HOLD_MAX_MS	16000
/* One that has no room soon has; one whose configuration does not fit ours
 * needs a person. */
#define AVOID_BUSY_MS	5000
#define AVOID_WRONG_MS	60000
/* Requests go out at 0, 1 and 3 s; 5 s leave the third time to be answered.
 * Two others that answer still fit into what is left of 15 s [D60]. */
#define PATIENCE_MS	5000
#define PATIENCE_LEAST_MS 3000

static mono_t
now(const struct ha_select *hs)
{
	return clock_mono(hs->clock);
}

int
ha_select_find(const struct ha_select *hs, struct in_addr addr)
{
	for (unsigned i = 0; i < hs->n; i++)
		if (hs->agent[i].addr.s_addr == addr.s_addr)
			return (int)i;
	return -1;
}

int
ha_select_add(struct ha_select *hs, struct in_addr addr, uint32_t priority,
    uint32_t weight)
{
	if (hs->n == HA_SELECT_MAX)
		return -1;
	hs->agent[hs->n] = (struct ha_agent){
		.addr = addr,
		.priority = priority,
		.weight = weight,
	};
	return (int)hs->n++;
}

/* ---- picking ---- */

/* FNV-1a, then a finalizer, for its high bits are poor. Not keyed: all access
 * concentrators have to come to the same result, and at any time. */
static uint64_t
hash(struct in_addr addr, const char *nai)
{
	const uint8_t *a = (const uint8_t *)&addr.s_addr;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = 0; i < sizeof(addr.s_addr); i++)
		h = (h ^ a[i]) * UINT64_C(0x100000001b3);
	for (; *nai != '\0'; nai++)
		h = (h ^ (uint8_t)*nai) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

/*
 * Weighted rendezvous: every agent has a number for a subscriber, the highest
 * one wins. The home agent that has served a subscriber keeps its prefix for
 * it (prefix-hold), so it should come back to that one, by whichever access
 * concentrator, after any restart, and without a table anywhere; and when an
 * agent is added or lost, only the subscribers that come to it or came from it
 * change theirs, and what one loses is spread over all the others.
 */
static double
score(const struct ha_agent *a, const char *nai)
{
	double u = ((double)(hash(a->addr, nai) >> 11) + 0.5) / 0x1p53;

	return a->weight / -log(u);
}

/* Its place in the session's list, lower ones first; false: not in it. */
static bool
place(const struct ha_agent *a, const struct ha_wish *w, uint32_t *at)
{
	if (w->n_list == 0) {
		*at = a->priority;
		return true;
	}
	for (unsigned i = 0; i < w->n_list; i++)
		if (w->list[i].s_addr == a->addr.s_addr) {
			*at = i;
			return true;
		}
	return false;
}

static bool
is_tried(uint64_t tried, unsigned i)
{
	return (tried >> i & 1) != 0;
}

int
ha_select_pick(const struct ha_select *hs, const struct ha_wish *w,
    uint64_t tried)
{
	enum ha_state state, best_state = HA_DOWN;
	uint32_t at, best_at = 0;
	double points, best_points = 0;
	int best = -1;

	for (unsigned i = 0; i < hs->n; i++) {
		const struct ha_agent *a = &hs->agent[i];

		if (is_tried(tried, i) || a->drained || a->gone ||
		    !place(a, w, &at))
			continue;
		state = ha_select_state(hs, (int)i);
		points = score(a, w->nai);
		if (best < 0 || state < best_state ||
		    (state == best_state && (at < best_at ||
		    (at == best_at && points > best_points)))) {
			best = (int)i;
			best_state = state;
			best_at = at;
			best_points = points;
		}
	}
	return best;
}

int64_t
ha_select_patience(const struct ha_select *hs, const struct ha_wish *w,
    uint64_t tried, int64_t left_ms)
{
	unsigned others = 0;
	int64_t share;
	uint32_t at;

	if (left_ms < HA_SELECT_LEAST_MS)
		return 0;
	/* For one that is down nobody is given up. */
	for (unsigned i = 0; i < hs->n; i++)
		if (!is_tried(tried, i) && !hs->agent[i].drained &&
		    !hs->agent[i].gone &&
		    !hs->agent[i].down && place(&hs->agent[i], w, &at))
			others++;
	if (others == 0)
		return left_ms;
	share = left_ms / (others > 1 ? 3 : 2);
	if (share > PATIENCE_MS)
		share = PATIENCE_MS;
	if (share < PATIENCE_LEAST_MS)
		share = PATIENCE_LEAST_MS;
	return share < left_ms ? share : left_ms;
}

int
ha_select_follow(const struct ha_select *hs, struct in_addr addr,
    uint64_t tried, unsigned redirects)
{
	int i = ha_select_find(hs, addr);

	if (i < 0 || redirects >= HA_SELECT_REDIRECTS ||
	    is_tried(tried, (unsigned)i) || hs->agent[i].drained ||
	    hs->agent[i].gone ||
	    hs->agent[i].down)
		return -1;
	return i;
}

/*
 * What is about the subscriber or about the request would be said by any home
 * agent: it ends the session. 129 among them: it is somebody's decision, and
 * not ours to evade; nor is a quarrel of two devices (flap-limit) to be
 * carried to one agent after the other.
 */
/* Of a foreign agent in between [RFC 3344 3.4]. */
static bool
is_agents(uint8_t code)
{
	return code >= 64 && code < 128;
}

/* What it says of the home agent: that it is not heard of. */
static bool
is_not_there(uint8_t code)
{
	return code == MIP4_FA_TIMEOUT || (code >= MIP4_FA_HOME_NET &&
	    code <= MIP4_FA_HA_UNREACHABLE);
}

enum ha_after
ha_select_after(uint8_t code)
{
	if (is_agents(code))
		return is_not_there(code) ? HA_AFTER_NEXT : HA_AFTER_STOP;
	switch (code) {
	case MIP4_HA_PROHIBITED:
	case MIP4_HA_MALFORMED:
	case MIP4_HA_TOO_MANY:
	case MIP4_HA_BAD_AAA:
		return HA_AFTER_STOP;
	case MIP4_HA_UNKNOWN_HA:
	case MIP4_HA_REDIRECT:
		return HA_AFTER_FOLLOW;
	default:
		return HA_AFTER_NEXT;
	}
}

/* ---- what was seen ---- */

void
ha_select_accepted(struct ha_select *hs, int i)
{
	hs->agent[i].accepted++;
	hs->agent[i].avoid_until = (mono_t){ 0 };
}

static int64_t
avoid_ms(uint8_t code)
{
	switch (code) {
	case MIP4_HA_UNSPECIFIED:
	case MIP4_HA_RESOURCES:
		return AVOID_BUSY_MS;
	case MIP4_HA_FA_AUTH:
	case MIP4_HA_REVERSE_UNAVAIL:
	case MIP4_HA_REVERSE_MANDATORY:
	case MIP4_HA_ENCAP:
	case MIP4_HA_CVSE_MN:
	case MIP4_HA_CVSE_FA:
	case MIP4_HA_UDP_ENCAP:
	case MIP4_HA_PMIP_UNSUPPORTED:
	case MIP4_HA_PMIP_DISALLOWED:
		return AVOID_WRONG_MS;
	default:
		return 0;	/* may be about this subscriber alone */
	}
}

static void
avoid(struct ha_select *hs, int i, int64_t ms)
{
	if (ms > 0)
		hs->agent[i].avoid_until = mono_add_ms(now(hs), ms);
}

void
ha_select_refused(struct ha_select *hs, int i, uint8_t code)
{
	/* Nothing that it has said itself. */
	if (is_agents(code))
		hs->agent[i].silent += is_not_there(code);
	else if (ha_select_after(code) == HA_AFTER_FOLLOW)
		hs->agent[i].redirected++;
	else
		hs->agent[i].refused++;
	if (!is_agents(code))
		avoid(hs, i, avoid_ms(code));
}

void
ha_select_useless(struct ha_select *hs, int i)
{
	hs->agent[i].refused++;
	avoid(hs, i, AVOID_WRONG_MS);
}

void
ha_select_silent(struct ha_select *hs, int i)
{
	hs->agent[i].silent++;
}

bool
ha_select_heard(struct ha_select *hs, int i)
{
	struct ha_agent *a = &hs->agent[i];
	bool was_down = a->down;

	a->down = a->in_doubt = false;
	a->unheard = 0;
	a->heard = now(hs);
	return was_down;
}

/* Up to a fifth less, so that those who have lost an agent together do not
 * all ask for it together. */
static int64_t
less_at_random(const struct ha_select *hs, int64_t ms)
{
	return ms - ms / 5 * (hs->random(hs->arg) % 1001) / 1000;
}

static void
hold_down(struct ha_select *hs, struct ha_agent *a)
{
	a->down = true;
	a->n_down++;
	a->down_since = now(hs);
	if (!a->in_doubt)	/* else it is longer by now */
		a->hold_ms = HOLD_FIRST_MS;
	a->probe_at = mono_add_ms(a->down_since, less_at_random(hs,
	    a->hold_ms));
}

bool
ha_select_unheard(struct ha_select *hs, int i, mono_t sent)
{
	struct ha_agent *a = &hs->agent[i];

	/* It has spoken since: that one request was lost. */
	if (a->down || (a->heard.ns != 0 && !mono_before(a->heard, sent)))
		return false;
	if (a->unheard++ == 0 || mono_before(sent, a->unheard_since))
		a->unheard_since = sent;
	if (a->unheard < DOWN_REQUESTS ||
	    mono_diff_ms(now(hs), a->unheard_since) < DOWN_MS)
		return false;
	hold_down(hs, a);
	return true;
}

/* ---- probes ---- */

mono_t
ha_select_next_probe(const struct ha_select *hs)
{
	mono_t next = MONO_NEVER;

	for (unsigned i = 0; i < hs->n; i++)
		if (hs->agent[i].down &&
		    mono_before(hs->agent[i].probe_at, next))
			next = hs->agent[i].probe_at;
	return next;
}

bool
ha_select_probe(struct ha_select *hs, int i)
{
	struct ha_agent *a = &hs->agent[i];

	if (!a->down || mono_before(now(hs), a->probe_at))
		return false;
	a->n_probes++;
	a->hold_ms = a->hold_ms * 2 < HOLD_MAX_MS ? a->hold_ms * 2 :
	    HOLD_MAX_MS;
	a->probe_at = mono_add_ms(now(hs), less_at_random(hs, a->hold_ms));
	return true;
}

void
ha_select_doubt(struct ha_select *hs, int i)
{
	struct ha_agent *a = &hs->agent[i];

	a->down = false;
	a->in_doubt = true;
	a->unheard = DOWN_REQUESTS - 1;
	a->unheard_since = mono_add_ms(now(hs), -DOWN_MS);
}

/* ---- what people see ---- */

enum ha_state
ha_select_state(const struct ha_select *hs, int i)
{
	const struct ha_agent *a = &hs->agent[i];

	if (a->down)
		return HA_DOWN;
	return mono_before(now(hs), a->avoid_until) ? HA_AVOIDED : HA_UP;
}

const char *
ha_state_str(enum ha_state s)
{
	static const char *const text[] = {
#define X(name, str) [HA_##name] = str,
		HA_STATES(X)
#undef X
	};

	return text[s];
}

int64_t
ha_select_hold_left(const struct ha_select *hs, int i)
{
	const struct ha_agent *a = &hs->agent[i];
	int64_t left = 0;

	if (a->down)
		left = mono_diff_ms(a->probe_at, now(hs));
	else if (a->avoid_until.ns != 0)
		left = mono_diff_ms(a->avoid_until, now(hs));
	return left > 0 ? left : 0;
}
