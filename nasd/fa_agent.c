/* SPDX-License-Identifier: BSD-2-Clause */
/* See fa_agent.h. Beside it fad/advert.c, which writes what is read here. */
#include "nasd/fa_agent.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/ip4.h"
#include "common/rnd.h"
#include "common/table.h"
#include "common/wire.h"

#define LOG_MODULE "node"
#include "common/log.h"

#define ICMP_ADVERT	9
#define ICMP_SOLICIT	10
#define CODE_MOBILE	16	/* Code 0 is for all hosts' routers */
#define EXT_PAD		0	/* one byte */
#define EXT_AGENT	16
#define EXT_PREFIXES	19
#define EXT_CHALLENGE	24	/* RFC 4721; not spoken, and no harm */
#define EXT_SKIPPABLE	128
#define ENTRY_WORDS	2	/* of a router address, at least */
#define AGENT_FIXED	6	/* before the care-of addresses */
#define TTL_NEAR	1

#define FIRST		3	/* a second apart [RFC 3344 2.4] */
#define DELAY_MS	1000	/* RFC 1256: MAX_SOLICITATION_DELAY */
#define SLOWEST_MS	64000
#define REBOOTED_BELOW	256	/* RFC 3344 2.3.2 */

/* ---- messages ---- */

static bool
read_agent(struct fa_advert *a, struct wire_r *body)
{
	struct in_addr coa;

	if (wire_r_left(body) < AGENT_FIXED ||
	    (wire_r_left(body) - AGENT_FIXED) % sizeof(coa) != 0)
		return false;
	a->sequence = wire_r_u16(body);
	a->reg_lifetime = wire_r_u16(body);
	a->flags = wire_r_u8(body);
	wire_r_skip(body, 1);
	while (wire_r_left(body) > 0 && a->n_coas < FA_ADVERT_COAS)
		wire_r_copy(body, &a->coa[a->n_coas++], sizeof(coa));
	return true;
}

static enum fa_advert_verdict
read_extensions(struct fa_advert *a, struct wire_r *r)
{
	bool found = false;
	struct wire_r body;
	uint8_t type;

	while (wire_r_left(r) > 0) {
		if ((type = wire_r_u8(r)) == EXT_PAD)
			continue;
		body = wire_r_sub(r, wire_r_u8(r));
		if (r->err)
			return FA_ADVERT_MALFORMED;
		if (type == EXT_AGENT && !found) {
			if (!read_agent(a, &body))
				return FA_ADVERT_MALFORMED;
			found = true;
		} else if (type == EXT_AGENT) {
			return FA_ADVERT_MALFORMED;
		} else if (type < EXT_SKIPPABLE && type != EXT_PREFIXES &&
		    type != EXT_CHALLENGE) {
			return FA_ADVERT_UNKNOWN;
		}
	}
	return found && (a->flags & FA_ADVERT_F) != 0 ? FA_ADVERT_OK :
	    FA_ADVERT_OTHER;
}

/* RFC 1256 6.1.2, but for what RFC 3344 2.1 has otherwise: Code, and that there
 * may be no router address. */
enum fa_advert_verdict
fa_advert_read(struct fa_advert *a, const uint8_t *icmp, size_t len)
{
	unsigned n, words;
	struct wire_r r;
	uint8_t type, code;

	memset(a, 0, sizeof(*a));
	wire_r_init(&r, icmp, len);
	type = wire_r_u8(&r);
	code = wire_r_u8(&r);
	wire_r_skip(&r, 2);		/* checksum */
	n = wire_r_u8(&r);
	words = wire_r_u8(&r);
	a->lifetime = wire_r_u16(&r);
	if (r.err)
		return FA_ADVERT_MALFORMED;
	if (type != ICMP_ADVERT || (code != 0 && code != CODE_MOBILE))
		return FA_ADVERT_OTHER;
	if (n > 0 && words < ENTRY_WORDS)
		return FA_ADVERT_MALFORMED;
	wire_r_skip(&r, (size_t)n * words * 4);
	return r.err ? FA_ADVERT_MALFORMED : read_extensions(a, &r);
}

void
fa_advert_solicit(uint8_t icmp[static FA_SOLICIT_LEN])
{
	uint16_t sum;

	memset(icmp, 0, FA_SOLICIT_LEN);
	icmp[0] = ICMP_SOLICIT;
	sum = ip4_fold(ip4_sum(0, icmp, FA_SOLICIT_LEN));
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
}

const char *
fa_counter_key(enum fa_counter c)
{
	static const char *const key[] = {
#define X(name, text) [FA_C_##name] = text,
		FA_COUNTERS(X)
#undef X
	};

	return key[c];
}

/* ---- the search ---- */

static mono_t
now(const struct fa_agent *a)
{
	return clock_mono(a->clock);
}

static void
arm(struct fa_agent *a, struct timer *t, int64_t ms)
{
	if (timer_set(a->timers, t, mono_add_ms(now(a), ms)) != 0)
		log_errorx(a->subject, "no memory for a timer");
}

static int64_t
up_to(int64_t ms)
{
	uint32_t r = 0;

	(void)rnd_bytes(&r, sizeof(r));
	return (int64_t)(r % (uint64_t)(ms + 1));
}

/* Three a second apart, then twice as long each time; never sooner [RFC 3344
 * 2.4]. */
static void
solicit_fire(struct timer *t)
{
	struct fa_agent *a = container_of(t, struct fa_agent, t_solicit);
	unsigned twice = ++a->n_solicited < FIRST ? 0 :
	    a->n_solicited - FIRST + 1;
	int64_t ms = twice < 6 ? INT64_C(1000) << twice : SLOWEST_MS;

	a->count[FA_C_SOLICITED]++;
	arm(a, t, ms + up_to(ms / 4));
	a->solicit(a->arg);
}

static void
search(struct fa_agent *a)
{
	if (a->passive)
		return;
	a->n_solicited = 0;
	arm(a, &a->t_solicit, up_to(DELAY_MS));
}

static void
lose(struct fa_agent *a, const char *why)
{
	a->known = false;
	a->count[FA_C_LOST]++;
	timer_cancel(a->timers, &a->t_lost);
	if (a->passive)
		log_info(a->subject, "foreign agent: %s", why);
	else
		log_warnx(a->subject, "foreign agent lost: %s", why);
	search(a);
	a->event(a->arg, FA_LOST);
}

static void
lost_fire(struct timer *t)
{
	lose(container_of(t, struct fa_agent, t_lost),
	    "its last advertisement has expired");
}

void
fa_agent_start(struct fa_agent *a)
{
	a->t_lost.fire = lost_fire;
	a->t_solicit.fire = solicit_fire;
	a->changes.rate = 1;
	if (!a->known)
		search(a);
}

void
fa_agent_stop(struct fa_agent *a)
{
	timer_cancel(a->timers, &a->t_lost);
	timer_cancel(a->timers, &a->t_solicit);
}

/* ---- what it says ---- */

/* The one that we have, if it is still there; else the first [RFC 3344 2.4]. */
static struct in_addr
choose(const struct fa_agent *a, const struct fa_advert *ad)
{
	struct in_addr first = { INADDR_ANY };

	for (unsigned i = ad->n_coas; i-- > 0;) {
		if (!ip4_is_host(ad->coa[i]))
			continue;
		if (ad->coa[i].s_addr == a->coa.s_addr)
			return a->coa;
		first = ad->coa[i];
	}
	return first;
}

/* Smaller, and not by rolling over [RFC 3344 2.3.2]. Of who has been silent in
 * between the same one is no copy. */
static bool
has_rebooted(const struct fa_agent *a, const struct fa_advert *ad)
{
	if (!a->heard || ad->sequence >= REBOOTED_BELOW)
		return false;
	return a->gone || ad->sequence < a->last.sequence ||
	    (!a->known && ad->sequence == a->last.sequence);
}

static bool
offers(const struct fa_advert *ad, struct in_addr coa, bool first)
{
	return coa.s_addr != INADDR_ANY && (ad->flags & FA_ADVERT_T) != 0 &&
	    ad->reg_lifetime > 0 &&
	    !(first && (ad->flags & FA_ADVERT_B) != 0);
}

bool
fa_agent_offers(const struct fa_agent *a, bool first)
{
	return a->known && offers(&a->last, a->coa, first);
}

unsigned
fa_agent_left(const struct fa_agent *a)
{
	return a->known ? (unsigned)(mono_diff_ms(a->until, now(a)) / 1000) :
	    0;
}

static void
say(const struct fa_agent *a, const struct fa_advert *ad, struct in_addr coa)
{
	char text[INET_ADDRSTRLEN];
	const char *why = NULL;

	if (coa.s_addr == INADDR_ANY)
		why = "offers no care-of address";
	else if ((ad->flags & FA_ADVERT_T) == 0)
		why = "offers no reverse tunnels";
	else if (ad->reg_lifetime == 0)
		why = "offers no registrations";
	else if ((ad->flags & FA_ADVERT_B) != 0)
		why = "is busy: nobody new registers by it";
	if (why != NULL)
		log_warnx(a->subject, "foreign agent %s", why);
	else
		log_info(a->subject, "foreign agent: care-of address %s, "
		    "registrations up to %u s", inet_ntop(AF_INET, &coa, text,
		    sizeof(text)), ad->reg_lifetime);
}

/* What of it is another thing for who registers. */
static bool
is_other(const struct fa_agent *a, const struct fa_advert *ad,
    struct in_addr coa)
{
	const uint8_t flags = FA_ADVERT_T | FA_ADVERT_B;

	return !a->known || coa.s_addr != a->coa.s_addr ||
	    ((ad->flags ^ a->last.flags) & flags) != 0 ||
	    ad->reg_lifetime != a->last.reg_lifetime;
}

static void
take(struct fa_agent *a, const struct fa_advert *ad, struct in_addr coa,
    bool rebooted)
{
	bool free = fa_agent_offers(a, true), found = !a->known;
	bool moved = a->heard && a->coa.s_addr != coa.s_addr;
	bool back = a->heard && found;	/* who knows what it was meanwhile */
	bool first = !a->heard;

	if (is_other(a, ad, coa))
		say(a, ad, coa);
	if (rebooted)
		log_info(a->subject, "foreign agent has been restarted");
	a->last = *ad;
	a->coa = coa;
	a->known = a->heard = true;
	a->gone = false;
	timer_cancel(a->timers, &a->t_solicit);
	a->count[FA_C_FOUND] += found;
	a->count[FA_C_MOVED] += moved;
	a->count[FA_C_REBOOTED] += rebooted;
	/* Busy at first, it says to nobody that he can register; an earlier
	 * nasd's have, perhaps by another address. */
	if (moved || (first && !fa_agent_offers(a, true) &&
	    fa_agent_offers(a, false)))
		a->event(a->arg, FA_MOVED);
	/* That address is not everybody's [D216], or may be none. */
	if (rebooted || back)
		a->event(a->arg, FA_REBOOTED);
	if (!free && fa_agent_offers(a, true))
		a->event(a->arg, FA_FREE);
}

static void
heard(struct fa_agent *a, const struct fa_advert *ad)
{
	struct in_addr coa = choose(a, ad);
	bool rebooted = has_rebooted(a, ad);

	a->count[FA_C_HEARD]++;
	if ((rebooted || ad->lifetime == 0 || is_other(a, ad, coa)) &&
	    (a->known || ad->lifetime != 0) &&
	    !rate_limit_allows(&a->changes, now(a))) {
		a->count[FA_C_DROP_RATE]++;
		return;
	}
	if (ad->lifetime == 0) {
		a->gone = true;
		if (a->known)
			lose(a, "it has said that it goes");
		return;
	}
	a->until = mono_add_ms(now(a), (int64_t)ad->lifetime * 1000);
	arm(a, &a->t_lost, (int64_t)ad->lifetime * 1000);
	take(a, ad, coa, rebooted);
}

void
fa_agent_hear(struct fa_agent *a, const uint8_t *icmp, size_t len, uint8_t ttl)
{
	static const enum fa_counter drop[] = {
		[FA_ADVERT_MALFORMED] = FA_C_DROP_MALFORMED,
		[FA_ADVERT_UNKNOWN] = FA_C_DROP_UNKNOWN,
		[FA_ADVERT_OTHER] = FA_C_DROP_OTHER,
	};
	enum fa_advert_verdict v;
	struct fa_advert ad;

	if (ttl != TTL_NEAR) {
		a->count[FA_C_DROP_TTL]++;
		return;
	}
	v = fa_advert_read(&ad, icmp, len);
	if (v == FA_ADVERT_OK)
		heard(a, &ad);
	else
		a->count[drop[v]]++;
}
