/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A foreign agent's advertisements as anybody on the link may send them: what
 * is learnt is a host's address or none, nothing is offered that was not
 * advertised or is over, changes come once a second at most, and so do
 * solicitations; nothing is allocated.
 */
#include <arpa/inet.h>

#include "common/log.h"
#include "nasd/fa_agent.h"
#include "tests/fuzz/ops.h"

#define MAX_OPS	200

static struct {
	int64_t		 ms;
	struct timers	 timers;
	struct fa_agent	 agent;
	unsigned	 events, solicited;
	int64_t		 solicited_at;
} w;

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ w.ms * 1000000 };
}

static const struct clock fake_clock = { fake_mono, NULL, NULL };

static void
on_event(void *arg, enum fa_event e)
{
	const struct fa_agent *a = arg;

	w.events++;
	fuzz_assert((e == FA_LOST) == !a->known);
	fuzz_assert(e != FA_FREE || fa_agent_offers(a, true));
}

static void
on_solicit(void *arg)
{
	const struct fa_agent *a = arg;

	fuzz_assert(!a->known && !a->passive);
	fuzz_assert(w.solicited == 0 || a->n_solicited == 1 ||
	    w.ms - w.solicited_at >= 1000);
	w.solicited++;
	w.solicited_at = w.ms;
}

static void
wait_ms(int64_t ms)
{
	int64_t end = w.ms + ms;
	mono_t next;

	for (;;) {
		next = timers_next(&w.timers);
		if (next.ns > end * 1000000)
			break;
		if (next.ns > w.ms * 1000000)
			w.ms = next.ns / 1000000;
		timers_run(&w.timers, fake_mono(NULL));
	}
	w.ms = end;
}

/* Some of it as it should be, and the rest by the input. */
static size_t
advert(struct ops *o, uint8_t *b)
{
	unsigned how = ops_u8(o), n = how & 1, coas = how >> 1 & 3;
	size_t at = 8 + 8 * n;

	memset(b, 0, 256);
	b[0] = 9;
	b[1] = n ? 0 : 16;
	b[4] = (uint8_t)n;
	b[5] = 2;
	b[7] = (uint8_t)ops_u8(o);
	b[at] = 16;
	b[at + 1] = (uint8_t)(6 + 4 * coas);
	b[at + 2] = (uint8_t)ops_pick(o, 3);
	b[at + 3] = (uint8_t)ops_u8(o);
	b[at + 5] = (uint8_t)ops_pick(o, 3);
	b[at + 6] = (uint8_t)(how & 8 ? ops_u8(o) : FA_ADVERT_F |
	    FA_ADVERT_T);
	for (unsigned i = 0; i < coas; i++) {
		b[at + 8 + 4 * i] = (uint8_t)(how & 16 ? ops_u8(o) : 10);
		b[at + 8 + 4 * i + 3] = (uint8_t)ops_pick(o, 4);
	}
	at += 8 + 4 * coas;
	if (how & 32)
		at += ops_bytes(o, b + at, ops_pick(o, 64));
	if (how & 64)
		b[ops_u8(o)] ^= (uint8_t)ops_u8(o);
	return how & 128 ? ops_pick(o, (unsigned)at + 1) : at;
}

static void
check(const struct fa_agent *a)
{
	uint32_t coa = ntohl(a->coa.s_addr);

	fuzz_assert(coa == 0 || (coa >> 24 != 0 && coa >> 24 != 127 &&
	    coa >> 28 < 0xe));
	fuzz_assert(!fa_agent_offers(a, false) || (a->known && coa != 0 &&
	    fa_agent_left(a) <= a->last.lifetime &&
	    (a->last.flags & FA_ADVERT_T) && a->last.reg_lifetime > 0));
	fuzz_assert(!fa_agent_offers(a, true) || fa_agent_offers(a, false));
	fuzz_assert(timer_is_set(&a->t_lost) == a->known);
	fuzz_assert(timer_is_set(&a->t_solicit) ==
	    (!a->known && !a->passive));
}

static void
one(struct ops *o)
{
	struct fa_agent *a = &w.agent;
	uint8_t buf[512], *copy;
	unsigned long taken;
	size_t n;

	switch (ops_pick(o, 8)) {
	case 0:
		wait_ms(8 * ops_u8(o));
		break;
	case 1:
		wait_ms(1000 * ops_u8(o));
		break;
	case 2:
		n = ops_bytes(o, buf, ops_u8(o));
		goto hear;
	case 3:
		fa_agent_start(a);
		break;
	default:
		n = advert(o, buf);
	hear:
		copy = malloc(n == 0 ? 1 : n);	/* to its last byte */
		fuzz_assert(copy != NULL);
		memcpy(copy, buf, n);
		taken = fuzz_heap.taken;
		fa_agent_hear(a, copy, n, ops_pick(o, 16) == 15 ? 64 : 1);
		fuzz_assert(fuzz_heap.taken == taken);
		free(copy);
	}
	check(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };

	fuzz_heap_watch();
	(void)log_set_level(NULL, "error");
	memset(&w, 0, sizeof(w));
	w.ms = 1000;
	timers_init(&w.timers);
	w.agent = (struct fa_agent){ .timers = &w.timers,
		.clock = &fake_clock, .subject = "10.9.0.1",
		.event = on_event, .solicit = on_solicit, .arg = &w.agent };
	fa_agent_start(&w.agent);	/* there is memory for timers now */
	if (len & 1) {
		fa_agent_stop(&w.agent);
		w.agent.passive = true;
	}
	for (unsigned i = 0; i < MAX_OPS && ops_more(&o); i++)
		one(&o);
	/* An advertisement that is heeded: moved, rebooted and free at most,
	 * and the loss by time; heeded are one a second and a first one. */
	fuzz_assert(w.events <= 4 * (2 + (uint64_t)w.ms / 1000));
	fa_agent_stop(&w.agent);
	fuzz_assert(timers_next(&w.timers).ns == MONO_NEVER.ns);
	timers_free(&w.timers);
	return 0;
}
