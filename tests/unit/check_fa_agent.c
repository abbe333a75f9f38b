/* SPDX-License-Identifier: BSD-2-Clause */
/* A foreign agent as its advertisements tell of it [RFC 3344 2]: what they say,
 * how it is looked for, when it is lost, another one, or one that has
 * forgotten. The messages are put together byte by byte. */
#include "nasd/fa_agent.h"
#include "tests/unit/rig.h"

#define COA	"192.0.2.1"
#define COA2	"192.0.2.2"
#define FT	(FA_ADVERT_F | FA_ADVERT_T)

static struct timers timers;
static int64_t now_ns;
static struct fa_agent agent;
static char events[1024];
static int64_t sent_ms[32];
static unsigned n_sent;

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return at_mono(now_ns);
}

static const struct clock fake_clock = { fake_mono, NULL, NULL };

static void
on_event(void *arg, enum fa_event e)
{
	ck_assert_ptr_eq(arg, &agent);
	strcat(events, (const char *[]){ "free ", "moved ", "rebooted ",
	    "lost " }[e]);
}

static void
on_solicit(void *arg)
{
	ck_assert_ptr_eq(arg, &agent);
	ck_assert_uint_lt(n_sent, 32);
	sent_ms[n_sent++] = now_ns / 1000000;
}

static void
set_up(void)
{
	now_ns = 0;
	n_sent = 0;
	events[0] = '\0';
	timers_init(&timers);
	agent = (struct fa_agent){ .timers = &timers, .clock = &fake_clock,
		.subject = "10.9.0.1", .event = on_event,
		.solicit = on_solicit, .arg = &agent };
	fa_agent_start(&agent);
}

static void
tear_down(void)
{
	fa_agent_stop(&agent);
	ck_assert_uint_eq(timers.n, 0);
	timers_free(&timers);
}

static void
advance(int64_t ms)
{
	time_goes_by(&timers, &now_ns, ms * 1000000);
}

static void
happened(const char *want)
{
	ck_assert_str_eq(events, want);
	events[0] = '\0';
}

/* ---- messages ---- */

static struct m
head(unsigned lifetime, unsigned n)
{
	struct m m = { .n = 0 };

	m_int(&m, 9, 1);
	m_int(&m, n > 0 ? 0 : 16, 1);
	m_int(&m, 0, 2);
	m_int(&m, n, 1);
	m_int(&m, 2, 1);
	m_int(&m, lifetime, 2);
	while (n-- > 0) {
		m_ip(&m, "10.9.0.1");
		m_int(&m, 0, 4);
	}
	return m;
}

static void
put_agent(struct m *m, unsigned seq, unsigned reg, unsigned flags,
    const char *coa, const char *coa2)
{
	m_int(m, 16, 1);
	m_int(m, 6 + 4 * ((coa != NULL) + (coa2 != NULL)), 1);
	m_int(m, seq, 2);
	m_int(m, reg, 2);
	m_int(m, flags, 1);
	m_int(m, 0, 1);
	if (coa != NULL)
		m_ip(m, coa);
	if (coa2 != NULL)
		m_ip(m, coa2);
}

static enum fa_advert_verdict
read_it(struct fa_advert *a, const struct m *m)
{
	uint8_t *copy = malloc(m->n + 1);
	enum fa_advert_verdict v;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, m->b, m->n);
	copy = realloc(copy, m->n == 0 ? 1 : m->n);	/* not a byte more */
	v = fa_advert_read(a, copy, m->n);
	free(copy);
	return v;
}

static void
hear(const struct m *m)
{
	fa_agent_hear(&agent, m->b, m->n, 1);
}

static void
say(unsigned lifetime, unsigned seq, unsigned flags, const char *coa)
{
	struct m m = head(lifetime, 1);

	put_agent(&m, seq, 1800, flags, coa, NULL);
	hear(&m);
}

START_TEST(read_whole)
{
	struct m m = head(30, 1);
	struct fa_advert a;

	m_int(&m, 0, 1);		/* a byte of padding */
	m_int(&m, 200, 1);		/* what nobody knows */
	m_int(&m, 3, 1);
	m_int(&m, 0, 3);
	put_agent(&m, 0xabcd, 1800, FT | FA_ADVERT_R, COA, COA2);
	m_int(&m, 19, 1);
	m_int(&m, 1, 1);
	m_int(&m, 24, 1);
	m_int(&m, 24, 1);		/* a challenge */
	m_int(&m, 4, 1);
	m_int(&m, 0, 4);
	ck_assert_int_eq(read_it(&a, &m), FA_ADVERT_OK);
	ck_assert_uint_eq(a.lifetime, 30);
	ck_assert_uint_eq(a.sequence, 0xabcd);
	ck_assert_uint_eq(a.reg_lifetime, 1800);
	ck_assert_uint_eq(a.flags, 0x91);
	ck_assert_uint_eq(a.n_coas, 2);
	ck_assert_uint_eq(a.coa[0].s_addr, inet_addr(COA));
	ck_assert_uint_eq(a.coa[1].s_addr, inet_addr(COA2));
	/* For mobile nodes alone: no router. */
	m = head(30, 0);
	put_agent(&m, 1, 1800, FT, COA, NULL);
	ck_assert_int_eq(read_it(&a, &m), FA_ADVERT_OK);
	ck_assert_uint_eq(a.n_coas, 1);
}
END_TEST

START_TEST(read_cut)
{
	struct m m = head(30, 1), cut;
	struct fa_advert a;

	put_agent(&m, 1, 1800, FT, COA, NULL);
	for (size_t n = 0; n < m.n; n++) {
		cut = m;
		cut.n = n;
		ck_assert_int_eq(read_it(&a, &cut), n == 16 ? FA_ADVERT_OTHER :
		    FA_ADVERT_MALFORMED);
	}
}
END_TEST

START_TEST(read_refused)
{
	struct m m = head(30, 1), bad;
	struct fa_advert a;

	put_agent(&m, 1, 1800, FT, COA, NULL);
	bad = m;
	bad.b[0] = 10;
	ck_assert_int_eq(read_it(&a, &bad), FA_ADVERT_OTHER);
	bad = m;
	bad.b[1] = 1;
	ck_assert_int_eq(read_it(&a, &bad), FA_ADVERT_OTHER);
	bad = m;
	bad.b[5] = 1;			/* words an address */
	ck_assert_int_eq(read_it(&a, &bad), FA_ADVERT_MALFORMED);
	bad = m;
	bad.b[17] = 7;			/* no whole address */
	bad.n = 16 + 2 + 7;
	ck_assert_int_eq(read_it(&a, &bad), FA_ADVERT_MALFORMED);
	bad = m;
	bad.b[17] = 5;
	ck_assert_int_ne(read_it(&a, &bad), FA_ADVERT_OK);
	bad = m;
	bad.b[22] = FA_ADVERT_H | FA_ADVERT_T;
	ck_assert_int_eq(read_it(&a, &bad), FA_ADVERT_OTHER);
	bad = m;
	put_agent(&bad, 1, 1800, FT, COA, NULL);
	ck_assert_int_eq(read_it(&a, &bad), FA_ADVERT_MALFORMED);
	bad = m;
	m_int(&bad, 100, 1);
	m_int(&bad, 0, 1);
	ck_assert_int_eq(read_it(&a, &bad), FA_ADVERT_UNKNOWN);
}
END_TEST

START_TEST(read_many)
{
	struct m m = head(30, 0);
	struct fa_advert a;

	m_int(&m, 16, 1);
	m_int(&m, 6 + 4 * 12, 1);
	m_int(&m, 1, 2);
	m_int(&m, 1800, 2);
	m_int(&m, FT, 1);
	m_int(&m, 0, 1);
	for (unsigned i = 0; i < 12; i++)
		m_ip(&m, COA);
	ck_assert_int_eq(read_it(&a, &m), FA_ADVERT_OK);
	ck_assert_uint_eq(a.n_coas, FA_ADVERT_COAS);
}
END_TEST

START_TEST(solicitation)
{
	static const uint8_t want[] = { 10, 0, 0xf5, 0xff, 0, 0, 0, 0 };
	uint8_t b[FA_SOLICIT_LEN];

	fa_advert_solicit(b);
	ck_assert_mem_eq(b, want, sizeof(want));
}
END_TEST

/* ---- the agent ---- */

/* Three a second apart at most, then half as often each time. */
START_TEST(search)
{
	static const int64_t least[] = { 0, 1000, 1000, 2000, 4000, 8000,
		16000, 32000, 64000, 64000 };
	int64_t last = 0, gap;

	advance(300 * 1000);
	ck_assert_uint_ge(n_sent, 10);
	for (unsigned i = 0; i < 10; i++) {
		gap = sent_ms[i] - last;
		last = sent_ms[i];
		ck_assert_int_ge(gap, least[i]);
		ck_assert_int_le(gap, i == 0 ? 1000 : least[i] * 5 / 4);
	}
	ck_assert_uint_eq(agent.count[FA_C_SOLICITED], n_sent);
	/* There it is. */
	say(30, 0, FT, COA);
	happened("free ");
	ck_assert(fa_agent_offers(&agent, true));
	ck_assert_uint_eq(agent.coa.s_addr, inet_addr(COA));
	ck_assert_uint_eq(fa_agent_left(&agent), 30);
	n_sent = 0;
	advance(29999);
	ck_assert_uint_eq(n_sent, 0);
	happened("");
	/* And there not. It is looked for as at first. */
	advance(1);
	happened("lost ");
	ck_assert(!fa_agent_offers(&agent, false));
	ck_assert_uint_eq(fa_agent_left(&agent), 0);
	advance(3500);
	ck_assert_uint_ge(n_sent, 3);
	fa_agent_start(&agent);
}
END_TEST

/* What it offers is known: it is heard, and not looked for. */
START_TEST(passive)
{
	fa_agent_stop(&agent);
	agent.passive = true;
	fa_agent_start(&agent);
	advance(100 * 1000);
	say(30, 5, FT, COA);
	advance(1000);
	say(30, 0, FT, COA);
	happened("free rebooted ");
	advance(100 * 1000);
	happened("lost ");
	ck_assert_uint_eq(n_sent, 0);
}
END_TEST

START_TEST(goes_on)
{
	for (unsigned i = 0; i < 20; i++) {
		say(30, i, FT, COA);
		advance(29000);
	}
	happened("free ");
	ck_assert_uint_eq(agent.count[FA_C_HEARD], 20);
	ck_assert_uint_eq(n_sent, 0);
	ck_assert_uint_eq(agent.count[FA_C_FOUND], 1);
}
END_TEST

/* Smaller and below 256: it has begun anew. It rolls over to 256. */
START_TEST(sequence)
{
	say(300, 0xffff, FT, COA);
	happened("free ");
	advance(1000);
	say(300, 256, FT, COA);
	happened("");
	advance(1000);
	say(300, 255, FT, COA);
	happened("rebooted ");
	advance(1000);
	say(300, 255, FT, COA);		/* once more, or a copy */
	happened("");
	advance(1000);
	say(300, 254, FT, COA);
	happened("rebooted ");
	/* Of who was silent it is none. */
	advance(300 * 1000);
	happened("lost ");
	say(300, 254, FT, COA);
	happened("rebooted free ");
	advance(300 * 1000);
	say(300, 255, FT, COA);
	happened("lost rebooted free ");
	ck_assert_uint_eq(agent.count[FA_C_REBOOTED], 3);
}
END_TEST

/* Whoever says that it goes comes back without its visitors. */
START_TEST(farewell)
{
	say(30, 3, FT, COA);
	advance(1000);
	say(0, 4, FT, COA);
	happened("free lost ");
	advance(1000);
	say(0, 5, FT, COA);
	happened("");
	say(30, 9, FT, COA);
	happened("rebooted free ");
	advance(1000);
	say(30, 10, FT, COA);
	happened("");
	ck_assert_uint_eq(agent.count[FA_C_REBOOTED], 1);
}
END_TEST

START_TEST(moves)
{
	static const char *const none[] = { "224.0.0.1", "255.255.255.255",
		"127.0.0.1", "0.0.0.1", "0.0.0.0" };
	struct m m = head(30, 1);

	put_agent(&m, 3, 1800, FT, COA, COA2);
	hear(&m);
	ck_assert_uint_eq(agent.coa.s_addr, inet_addr(COA));
	advance(1000);
	say(30, 4, FT, COA2);
	happened("free moved ");
	ck_assert_uint_eq(agent.coa.s_addr, inet_addr(COA2));
	/* Ours is there still, if not the first. */
	advance(1000);
	m = head(30, 1);
	put_agent(&m, 5, 1800, FT, COA, COA2);
	hear(&m);
	happened("");
	ck_assert_uint_eq(agent.coa.s_addr, inet_addr(COA2));
	/* Also while it was away. */
	advance(30 * 1000);
	say(30, 6, FT, COA);
	happened("lost moved rebooted free ");
	ck_assert_uint_eq(agent.count[FA_C_MOVED], 2);
	/* No host's is none. */
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		advance(1000);
		say(30, 7 + 2 * i, FT, none[i]);
		ck_assert(!fa_agent_offers(&agent, false));
		advance(1000);
		say(30, 8 + 2 * i, FT, COA);
		ck_assert(fa_agent_offers(&agent, false));
	}
}
END_TEST

/* Whoever asks nothing of its address has to know that it has forgotten. */
START_TEST(moves_and_forgets)
{
	say(30, 300, FT, COA);
	advance(1000);
	say(30, 0, FT, COA2);
	happened("free moved rebooted ");
	/* Also when it offers none before it offers the same again. */
	advance(1000);
	say(30, 300, FT, COA2);
	advance(1000);
	say(30, 0, FT, NULL);
	happened("moved rebooted ");
	advance(1000);
	say(30, 1, FT, COA2);
	happened("moved free ");
	ck_assert_uint_eq(agent.count[FA_C_REBOOTED], 2);
}
END_TEST

/* Who has registered by it before it was heard has to know its address, which
 * is offered to nobody else. */
START_TEST(busy_at_first)
{
	say(30, 300, FT | FA_ADVERT_B, COA);
	happened("moved ");
	ck_assert_uint_eq(agent.count[FA_C_MOVED], 0);
	advance(1000);
	say(30, 301, FT, COA);
	happened("free ");
}
END_TEST

START_TEST(not_for_us)
{
	struct m m = head(30, 1);

	say(30, 1, FA_ADVERT_F, COA);		/* no T */
	ck_assert(!fa_agent_offers(&agent, false));
	advance(1000);
	say(30, 2, FT | FA_ADVERT_B, COA);
	happened("");
	ck_assert(!fa_agent_offers(&agent, true));
	ck_assert(fa_agent_offers(&agent, false));
	advance(1000);
	say(30, 3, FT, COA);
	happened("free ");
	advance(1000);
	put_agent(&m, 4, 0, FT, COA, NULL);
	hear(&m);
	ck_assert(!fa_agent_offers(&agent, false));
	m = head(30, 1);
	put_agent(&m, 5, 1800, FT, COA, NULL);
	advance(1000);
	fa_agent_hear(&agent, m.b, m.n, 2);
	ck_assert_uint_eq(agent.count[FA_C_DROP_TTL], 1);
	ck_assert(!fa_agent_offers(&agent, false));
	m.n--;
	hear(&m);
	ck_assert_uint_eq(agent.count[FA_C_DROP_MALFORMED], 1);
	ck_assert_uint_eq(agent.count[FA_C_HEARD], 4);
}
END_TEST

/* Who makes it change all the time is not followed. */
START_TEST(changes)
{
	unsigned moved = 0;

	say(30, 1000, FT, COA);
	for (unsigned i = 0; i < 100; i++) {
		say(30, 1001 + i, FT, i & 1 ? COA : COA2);
		say(0, 1001 + i, FT, COA);
		say(30, 0, FT, COA);
		advance(100);
	}
	ck_assert_uint_ge(agent.count[FA_C_DROP_RATE], 200);
	for (char *p = events; (p = strchr(p, ' ')) != NULL; p++)
		moved++;
	ck_assert_uint_le(moved, 2 * 12);
}
END_TEST

/* Nor who says that it takes registrations, and none. */
START_TEST(lifetimes)
{
	struct m m;

	for (unsigned i = 0; i < 100; i++) {
		m = head(30, 1);
		put_agent(&m, 1000, i & 1 ? 1800 : 0, FT, COA, NULL);
		hear(&m);
	}
	happened("");
	ck_assert_uint_eq(agent.count[FA_C_DROP_RATE], 50);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fa_agent");
	TCase *tc = tcase_create("fa_agent");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, read_whole);
	tcase_add_test(tc, read_cut);
	tcase_add_test(tc, read_refused);
	tcase_add_test(tc, read_many);
	tcase_add_test(tc, solicitation);
	tcase_add_test(tc, search);
	tcase_add_test(tc, passive);
	tcase_add_test(tc, goes_on);
	tcase_add_test(tc, sequence);
	tcase_add_test(tc, farewell);
	tcase_add_test(tc, moves);
	tcase_add_test(tc, moves_and_forgets);
	tcase_add_test(tc, busy_at_first);
	tcase_add_test(tc, not_for_us);
	tcase_add_test(tc, changes);
	tcase_add_test(tc, lifetimes);
	suite_add_tcase(s, tc);
	return test_run(s);
}
