/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the plugin ends a link that nasd wants to be ended. pppd and the other
 * parts of the plugin are stand-ins here; pppd's LCP is a lower layer that is
 * there or not: what is closed before it is, is closed for nobody.
 */
#include "config.h"

#include "pppd-plugin/netmip4.c"

#include "tests/unit/test.h"

#if __has_include(<pppd/pppdconf.h>)

/* Its names are others than those below. */
int
main(void)
{
	return 77;
}

#else

#define TIMERS	4

/* pppd's. */
char devnam[MAXPATHLEN], ifname[MAXIFNAMELEN], peer_authname[MAXNAMELEN];
char remote_number[MAXNAMELEN];
int ppp_session_number;
volatile int status;
lcp_options lcp_wantoptions[NUM_PPP];
struct notifier *auth_up_notifier, *exitnotify, *phasechange, *sigreceived;
__typeof__(snoop_recv_hook) snoop_recv_hook;

static struct {
	void	(*f)(void *);
	int	 ms;
} timers[TIMERS];
static notify_func on_phase_change;
static bool lower;
static unsigned closes, forgotten, soft;
static char reason[PLUG_TEXT];
static const struct nasd_client_events *events;
static struct plug_msg next;

void
lcp_close(int unit, char *why)
{
	(void)unit;
	closes += lower;
	forgotten += !lower;
	snprintf(reason, sizeof(reason), "%s", why);
}

void
timeout(void (*f)(void *), void *arg, int s, int us)
{
	int i = 0;

	(void)arg;
	while (timers[i].f != NULL)
		ck_assert_int_lt(++i, TIMERS);
	timers[i].f = f;
	timers[i].ms = s * 1000 + us / 1000;
}

void
untimeout(void (*f)(void *), void *arg)
{
	(void)arg;
	for (int i = 0; i < TIMERS; i++)
		if (timers[i].f == f)
			timers[i].f = NULL;
}

/* pppd's loop: what is due now. */
static void
loop(void)
{
	for (int i = 0; i < TIMERS; i++) {
		void (*f)(void *) = timers[i].f;

		if (f == NULL || timers[i].ms > 0)
			continue;
		timers[i].f = NULL;
		f(NULL);
	}
}

void
add_notifier(struct notifier **list, notify_func f, void *arg)
{
	(void)arg;
	if (list == &phasechange)
		on_phase_change = f;
}

void
add_options(option_t *o)
{
	(void)o;
}

#define LOG(name)							\
	void								\
	name(char *fmt, ...)						\
	{								\
		(void)fmt;						\
	}
LOG(dbglog)
LOG(info)
LOG(warn)

/* nasd's end. */
void
nasd_client_init(struct nasd_client *c, const char *path,
    const struct nasd_client_events *e, void *arg)
{
	*c = (struct nasd_client){ .path = path, .arg = arg, .fd = -1 };
	events = e;
}

void
nasd_client_poll(struct nasd_client *c, int64_t now)
{
	struct plug_msg m = next;

	(void)now;
	next.type = 0;
	if (m.type != 0)
		events->message(c->arg, &m);
}

int64_t
nasd_client_away(const struct nasd_client *c, int64_t now)
{
	(void)c;
	(void)now;
	return 0;
}

int
nasd_client_send(struct nasd_client *c, const struct plug_msg *m, int64_t now)
{
	(void)c;
	(void)m;
	(void)now;
	return 0;
}

void
nasd_client_close(struct nasd_client *c)
{
	(void)c;
}

/* The rest of the plugin. */
#define PART(name)							\
	void								\
	name(struct plugin *p)						\
	{								\
		(void)p;						\
	}
#define EXPIRE(name)							\
	void								\
	name(struct plugin *p, int64_t now)				\
	{								\
		(void)p;						\
		(void)now;						\
	}
PART(ipcp_gate_announce)
PART(ipcp_gate_init)
PART(ipcp_gate_reset)
PART(ipv6cp_hold_ask)
PART(ipv6cp_hold_init)
PART(ipv6cp_hold_reset)
PART(peer_auth_ask)
PART(peer_auth_init)
PART(peer_auth_reset)
PART(peer_eap_ask)
PART(peer_eap_init)
PART(peer_eap_lost)
PART(peer_eap_reset)
EXPIRE(ipv6cp_hold_expire)
EXPIRE(peer_auth_expire)
EXPIRE(peer_eap_expire)

void
ipv6cp_hold_close(struct plugin *p, const char *why)
{
	(void)p;
	(void)why;
	soft++;
}

void
ipv6cp_hold_assign(struct plugin *p, uint32_t txn, struct iid iid)
{
	(void)p;
	(void)txn;
	(void)iid;
}

void
ipv6cp_hold_refused(struct plugin *p, uint32_t txn, const char *why)
{
	(void)p;
	(void)txn;
	(void)why;
}

void
ipcp_gate_set(struct plugin *p, const struct plug_ipv4 *q)
{
	(void)p;
	(void)q;
}

void
peer_auth_result(struct plugin *p, uint32_t txn,
    const struct plug_auth_result *r)
{
	(void)p;
	(void)txn;
	(void)r;
}

bool
peer_eap_result(struct plugin *p, uint32_t txn,
    const struct plug_auth_result *r)
{
	(void)p;
	(void)txn;
	(void)r;
	return false;
}

void
peer_eap_packet(struct plugin *p, uint32_t txn, const struct plug_eap *e)
{
	(void)p;
	(void)txn;
	(void)e;
}

static void
set_up(void)
{
	memset(timers, 0, sizeof(timers));
	closes = forgotten = soft = 0;
	lower = false;
	next.type = 0;
	plugin_init();
}

/* nasd says it as soon as the plugin looks. */
static void
says(bool hard, const char *why)
{
	next = (struct plug_msg){ .type = PLUG_CLOSE, .reason.hard = hard };
	snprintf(next.reason.text, sizeof(next.reason.text), "%s", why);
}

/* A nasd that knows nothing of the link answers its HELLO in the very moment
 * in which pppd begins with LCP. */
START_TEST(before_lcp)
{
	says(true, "no session of nasd's");
	on_phase_change(NULL, PHASE_ESTABLISH);
	ck_assert_uint_eq(closes + forgotten, 0);
	lower = true;
	loop();
	ck_assert_uint_eq(closes, 1);
	ck_assert_str_eq(reason, "no session of nasd's");
	loop();
	ck_assert_uint_eq(closes, 1);
}
END_TEST

START_TEST(later)
{
	on_phase_change(NULL, PHASE_ESTABLISH);
	lower = true;
	says(true, "session timeout");
	poll_nasd(NULL);
	says(true, "and again");
	poll_nasd(NULL);
	loop();
	ck_assert_uint_eq(closes, 1);
	ck_assert_str_eq(reason, "session timeout");
	says(false, "revoked");
	poll_nasd(NULL);
	ck_assert_uint_eq(soft, 1);
	loop();
	ck_assert_uint_eq(closes, 1);
}
END_TEST

/* The link is gone by then, and another begins. */
START_TEST(too_late)
{
	says(true, "no session of nasd's");
	on_phase_change(NULL, PHASE_ESTABLISH);
	on_phase_change(NULL, PHASE_DEAD);
	on_phase_change(NULL, PHASE_ESTABLISH);
	lower = true;
	loop();
	ck_assert_uint_eq(closes + forgotten, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("plugin_link");
	TCase *t = tcase_create("plugin_link");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, before_lcp);
	tcase_add_test(t, later);
	tcase_add_test(t, too_late);
	suite_add_tcase(s, t);
	return (test_run(s));
}

#endif
