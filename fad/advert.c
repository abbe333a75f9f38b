/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/advert.h. */
#include "fad/advert.h"

#include "common/ip4.h"
#include "common/rnd.h"
#include "common/table.h"
#include "common/wire.h"

#define ICMP_ADVERT	9
#define ICMP_SOLICIT	10
#define SOLICIT_LEN	8
#define CODE_MOBILE	16	/* RFC 3344 2.1: routes for mobile nodes */
#define EXT_AGENT	16	/* RFC 3344 2.1.1 */
#define EXT_PREFIXES	19	/* RFC 3344 2.1.2 */
#define BIT_X		0x40	/* of the byte behind the flags */

#define INITIAL		3	/* RFC 1256: MAX_INITIAL_ADVERTISEMENTS */
#define INITIAL_MS	16000	/* MAX_INITIAL_ADVERT_INTERVAL */
#define SPACE_MS	1000	/* between multicast ones, at least */
#define DELAY_MS	500	/* before one that was asked for, at most */
#define UNICAST_RATE	10	/* a second */
#define UNICAST_BURST	20

static void
put_agent(struct wire_w *w, const struct advert *a)
{
	wire_w_u8(w, EXT_AGENT);
	wire_w_u8(w, 6 + 4);
	wire_w_u16(w, a->sequence);
	wire_w_u16(w, a->reg_lifetime);
	wire_w_u8(w, a->flags);
	wire_w_u8(w, a->revocation ? BIT_X : 0);
	wire_w_copy(w, &a->care_of, 4);
}

size_t
advert_write(const struct advert *a, uint8_t *buf, size_t cap)
{
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	wire_w_u8(&w, ICMP_ADVERT);
	wire_w_u8(&w, a->router ? 0 : CODE_MOBILE);
	wire_w_u16(&w, 0);
	wire_w_u8(&w, a->router ? 1 : 0);
	wire_w_u8(&w, 2);		/* words an address */
	wire_w_u16(&w, a->lifetime);
	if (a->router) {
		wire_w_copy(&w, &a->address, 4);
		wire_w_u32(&w, (uint32_t)a->preference);
	}
	put_agent(&w, a);
	if (a->prefix_len != 0) {
		/* One for each router address above. */
		wire_w_u8(&w, EXT_PREFIXES);
		wire_w_u8(&w, a->router ? 1 : 0);
		if (a->router)
			wire_w_u8(&w, (uint8_t)a->prefix_len);
	}
	if (w.len & 1)
		wire_w_u8(&w, 0);	/* RFC 3344 2.1.3 */
	if (w.err)
		return 0;
	wire_w_put_u16(&w, 2, ip4_fold(ip4_sum(0, w.buf, w.len)));
	return w.len;
}

/* RFC 1256 5.2.2 but for the source, RFC 3344 2.2. */
bool
advert_is_solicitation(const uint8_t *icmp, size_t len, uint8_t ttl)
{
	struct wire_r r;
	uint8_t type, code;

	wire_r_init(&r, icmp, len);
	type = wire_r_u8(&r);
	code = wire_r_u8(&r);
	return len >= SOLICIT_LEN && type == ICMP_SOLICIT && code == 0 &&
	    ttl == 1;
}

uint16_t
advert_next(uint16_t sequence)
{
	return sequence == UINT16_MAX ? 256 : (uint16_t)(sequence + 1);
}

/* Between the two, at random. */
static int64_t
between(int64_t min, int64_t max)
{
	uint32_t r = 0;

	(void)rnd_bytes(&r, sizeof(r));
	return min + (int64_t)(r % (uint64_t)(max - min + 1));
}

static void
set_next(struct advert_pace *p)
{
	int64_t ms = between((int64_t)p->min_s * 1000,
	    (int64_t)p->max_s * 1000);

	if (!p->unsolicited)
		return;
	if (p->initial < INITIAL && ms > INITIAL_MS)
		ms = INITIAL_MS;
	(void)timer_set(p->timers, &p->timer,
	    mono_add_ms(clock_mono(p->clock), ms));
}

static void
due(struct timer *t)
{
	struct advert_pace *p = container_of(t, struct advert_pace, timer);

	if (p->initial < INITIAL)
		p->initial++;
	p->last = clock_mono(p->clock);
	p->any = true;
	set_next(p);
	p->send(p->arg);
}

void
advert_start(struct advert_pace *p)
{
	p->timer.fire = due;
	p->milli = UNICAST_BURST * 1000;
	p->filled = clock_mono(p->clock);
	p->initial = 0;
	p->any = false;
	if (p->unsolicited)
		(void)timer_set(p->timers, &p->timer, p->filled);
}

void
advert_stop(struct advert_pace *p)
{
	if (p->timers)
		timer_cancel(p->timers, &p->timer);
}

void
advert_soon(struct advert_pace *p)
{
	mono_t now = clock_mono(p->clock), at;

	at = mono_add_ms(now, between(0, DELAY_MS));
	if (p->any && mono_diff_ms(at, p->last) < SPACE_MS)
		at = mono_add_ms(p->last, SPACE_MS);
	(void)timer_set_late(p->timers, &p->timer, at);
}

static bool
take_token(struct advert_pace *p)
{
	mono_t now = clock_mono(p->clock);

	p->milli += mono_diff_ms(now, p->filled) * UNICAST_RATE;
	p->filled = now;
	if (p->milli > UNICAST_BURST * 1000)
		p->milli = UNICAST_BURST * 1000;
	if (p->milli < 1000)
		return false;
	p->milli -= 1000;
	return true;
}

bool
advert_solicited(struct advert_pace *p, bool has_address)
{
	if (has_address && take_token(p))
		return true;
	advert_soon(p);
	return false;
}
