/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A home link with hostile nodes on it: what they say, as neighbour discovery
 * that is nearly right and as any bytes, while owners claim addresses, let go
 * of them, also from within what they are told, and the link comes and goes.
 * Each claim is told once, an address is held only when it was asked about for
 * a second and nobody has answered, nothing is said of one that is not held,
 * and what a stranger says allocates nothing.
 */
#include <errno.h>
#include <string.h>

#include "common/timers.h"
#include "had/dad.h"
#include "tests/fuzz/ops.h"

#define N_ADDRS		6
#define N_CLAIMS	16
#define MAX_OPS		200

struct owner {
	struct dad_claim	 claim;
	unsigned		 addr;
	bool			 claimed, told;
	int			 status;
	bool			 lets_go;	/* when it is told */
};

static struct {
	int64_t		 ms;
	struct timers	 timers;
	struct dad	 dad;
	struct owner	 owner[N_CLAIMS];
	int64_t		 asked[N_ADDRS];	/* last probe; -1: none */
	bool		 answered[N_ADDRS];	/* in time */
	bool		 link, full;	/* full: groups can not be joined */
	bool		 again;		/* groups are joined anew */
	int		 groups;
} w;

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ w.ms * 1000000 };
}

static const struct clock fake_clock = { fake_mono, NULL, NULL };

/* Two of them are alike in their last 24 bits. */
static struct in6_addr
address(unsigned i)
{
	struct in6_addr a = { .s6_addr = { 0x20, 1, 0xd, 0xb8 } };

	a.s6_addr[8] = (uint8_t)(i & 1);
	a.s6_addr[15] = (uint8_t)(i / 2 + 1);
	return a;
}

static int
index_of(const struct in6_addr *a)
{
	struct in6_addr x;
	int i;

	for (i = 0; i < N_ADDRS; i++) {
		x = address((unsigned)i);
		if (memcmp(&x, a, sizeof(x)) == 0)
			return i;
	}
	return -1;
}

/* ---- the link ---- */

static int
join(void *arg, const struct in6_addr *group)
{
	(void)arg;
	fuzz_assert(IN6_IS_ADDR_MULTICAST(group));
	if (w.full && !w.again)
		return -ENOBUFS;
	w.groups += !w.again;
	return w.groups;
}

static void
leave(void *arg, const struct in6_addr *group, int handle)
{
	(void)arg;
	(void)handle;
	fuzz_assert(IN6_IS_ADDR_MULTICAST(group) && w.groups > 0);
	w.groups--;
}

static int
put(void *arg, const struct nd6 *m, const uint8_t *lladdr)
{
	int i = index_of(&m->target);

	(void)arg;
	fuzz_assert(i >= 0);
	if (!w.link)
		return -ENETDOWN;
	if (!m->advert) {
		fuzz_assert(IN6_IS_ADDR_UNSPECIFIED(&m->src) && !lladdr);
		w.asked[i] = w.ms;
		w.answered[i] = false;
		return 0;
	}
	fuzz_assert(w.asked[i] >= 0 && !w.answered[i] &&
	    w.ms - w.asked[i] >= DAD_RETRANS_MS);
	fuzz_assert(m->solicited == (lladdr != NULL) &&
	    !(m->solicited && m->override));
	return 0;
}

static const struct dad_io io = { join, leave, put, NULL };

/* ---- owners ---- */

static void
let_go(struct owner *x)
{
	dad_release(&w.dad, &x->claim);
	x->claimed = false;
}

static void
told(void *arg, int status)
{
	struct owner *x = arg;

	fuzz_assert(x->claimed && !x->told);
	fuzz_assert(status == 0 || status == -EADDRINUSE ||
	    status == -ENETDOWN);
	fuzz_assert(status != 0 || (!w.answered[x->addr] &&
	    w.ms - w.asked[x->addr] >= DAD_RETRANS_MS));
	x->told = true;
	x->status = status;
	if (x->lets_go)
		let_go(x);
}

static void
claim(struct ops *o)
{
	struct owner *x = &w.owner[ops_pick(o, N_CLAIMS)];
	struct in6_addr a;

	if (x->claimed) {
		let_go(x);
		return;
	}
	*x = (struct owner){ .addr = ops_pick(o, N_ADDRS), .claimed = true,
	    .lets_go = ops_pick(o, 2) };
	a = address(x->addr);
	x->status = dad_claim(&w.dad, &x->claim, &a, told, x);
	x->claimed = x->status == 0 || x->status == -EINPROGRESS;
	x->told = x->status != -EINPROGRESS;
	fuzz_assert(x->claimed == (x->claim.addr != NULL));
}

/* ---- strangers ---- */

static void
hear(const struct nd6 *m)
{
	static const uint8_t lladdr[ND6_LLADDR_LEN] = { 2, 0, 0, 0, 0, 9 };
	bool wants = m->advert || IN6_IS_ADDR_UNSPECIFIED(&m->src);
	int i = index_of(&m->target);
	long heap = fuzz_heap_net();

	if (i >= 0 && wants && w.asked[i] >= 0 &&
	    w.ms - w.asked[i] < DAD_RETRANS_MS)
		w.answered[i] = true;
	dad_input(&w.dad, m, lladdr);
	fuzz_assert(fuzz_heap_net() <= heap);
}

static void
discovery(struct ops *o)
{
	unsigned how = ops_u8(o);
	struct nd6 m = { .advert = how & 1, .solicited = how & 2,
	    .override = how & 4, .has_lladdr = how & 8,
	    .target = address(ops_pick(o, N_ADDRS + 1)) };

	if (how & 16)
		m.src = address(ops_pick(o, N_ADDRS));
	m.dst = nd6_group(&m.target);
	hear(&m);
}

static void
any(struct ops *o)
{
	uint8_t buf[ND6_PACKET_MAX + 16];
	size_t n = ops_bytes(o, buf, ops_pick(o, sizeof(buf) + 1));
	struct nd6 m;

	if (nd6_decode(&m, buf, n) == 0)
		hear(&m);
}

/* ---- all ---- */

static void
link_changes(struct ops *o)
{
	if (ops_pick(o, 2)) {
		w.link = false;
		dad_link_down(&w.dad);
		fuzz_assert(w.dad.tentative.first == NULL);
		return;
	}
	w.link = w.again = true;
	dad_link_anew(&w.dad);
	w.again = false;
}

static void
pass(int64_t ms)
{
	w.ms += ms;
	while (timers_run(&w.timers, fake_mono(NULL)) > 0)
		continue;
}

static void
step(struct ops *o)
{
	switch (ops_pick(o, 8)) {
	case 0:
		pass(10 * (int64_t)ops_u8(o));
		break;
	case 1:
		link_changes(o);
		break;
	case 2:
		w.full = !w.full;
		break;
	case 3:
		any(o);
		break;
	case 4:
	case 5:
		discovery(o);
		break;
	default:
		claim(o);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	unsigned i;

	fuzz_heap_watch();
	memset(&w, 0, sizeof(w));
	for (i = 0; i < N_ADDRS; i++)
		w.asked[i] = -1;
	w.ms = 1000;
	w.link = true;
	timers_init(&w.timers);
	w.dad = (struct dad){ .timers = &w.timers, .clock = &fake_clock,
	    .io = &io, .own = { .s6_addr = { 0xfe, 0x80, [15] = 7 } } };
	fuzz_assert(dad_init(&w.dad) == 0);
	for (i = 0; i < MAX_OPS && ops_more(&o); i++)
		step(&o);
	w.link = true;
	pass(2 * DAD_RETRANS_MS);
	for (i = 0; i < N_CLAIMS; i++) {
		fuzz_assert(!w.owner[i].claimed || w.owner[i].told);
		if (w.owner[i].claimed)
			let_go(&w.owner[i]);
	}
	fuzz_assert(table_count(&w.dad.addrs) == 0 && w.groups == 0 &&
	    w.dad.n_defended == 0 && w.timers.n == 0);
	dad_free(&w.dad);
	timers_free(&w.timers);
	return 0;
}
