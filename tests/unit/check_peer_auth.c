/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plugin's hold on PAP and CHAP when nasd says nothing: whoever has passed
 * stays, whoever has not is told to come again. pppd is a stand-in here, of
 * which there are the variables and functions that peer_auth.c uses.
 */
#include "config.h"

#include "pppd-plugin/peer_auth.c"

#include "tests/unit/test.h"

/* pppd's. */
lcp_options lcp_gotoptions[1];
ccp_options ccp_wantoptions[1];
ipcp_options ipcp_wantoptions[1];
upap_state upap[1];
struct protent pap_protent, chap_protent, ccp_protent;
__typeof__(pap_check_hook) pap_check_hook;
__typeof__(chap_check_hook) chap_check_hook;
__typeof__(pap_auth_hook) pap_auth_hook;
__typeof__(chap_verify_hook) chap_verify_hook;
__typeof__(allowed_address_hook) allowed_address_hook;
__typeof__(snoop_send_hook) snoop_send_hook;

#if __has_include(<pppd/pppdconf.h>)
#define TEXT	const char
void
ppp_set_max_connect_time(unsigned int seconds)
{
	(void)seconds;
}
#else
#define TEXT	char
int maxconnect;
#endif

void
error(TEXT *fmt, ...)
{
	(void)fmt;
}

void
dbglog(TEXT *fmt, ...)
{
	(void)fmt;
}

/* The rest of the plugin. */
static struct plugin self;
static int64_t now;
static unsigned asked, answers;
static int verdict;
static char said[PLUG_TEXT], why[PLUG_TEXT];

bool
ipcp_gate_allows(const struct plugin *p, uint32_t addr)
{
	(void)p;
	(void)addr;
	return false;
}

struct plugin *
plugin_self(void)
{
	return &self;
}

int64_t
plugin_now(void)
{
	return now;
}

uint32_t
plugin_txn(struct plugin *p)
{
	return ++p->txn;
}

void
plugin_send(struct plugin *p, const struct plug_msg *m)
{
	(void)p;
	ck_assert_int_eq(m->type, PLUG_AUTH);
	ck_assert_str_eq(m->auth.user, "alice");
	asked++;
}

void
plugin_wake(struct plugin *p)
{
	(void)p;
}

void
plugin_reason(struct plugin *p, const char *text)
{
	(void)p;
	snprintf(why, sizeof(why), "%s", text);
}

bool
held_packet_put(struct held_packet *h, const uint8_t *pkt, int len)
{
	if (len > (int)sizeof(h->pkt))
		return false;
	memcpy(h->pkt, pkt, (size_t)len);
	h->len = len;
	return true;
}

void
held_packet_drop(struct held_packet *h)
{
	explicit_bzero(h, sizeof(*h));
}

/* pppd's own code, which asks the hook. */
static void
pppd_pap(int unit, unsigned char *pkt, int len)
{
	char name[] = "alice", password[] = "x", *msg = NULL;

	(void)unit;
	(void)pkt;
	(void)len;
	verdict = pap_auth_hook(name, password, &msg, NULL, NULL);
	snprintf(said, sizeof(said), "%s", msg);
	answers++;
}

static void
pppd_chap(int unit, unsigned char *pkt, int len)
{
	char name[] = "alice", us[] = "nas";

	(void)unit;
	(void)pkt;
	(void)len;
	verdict = chap_verify_hook(name, us, 1, NULL, NULL, NULL, said,
	    sizeof(said));
	answers++;
}

static void
set_up(void)
{
	memset(&self, 0, sizeof(self));
	self.hold_s = 20;
	now = 1000;
	asked = answers = 0;
	verdict = -1;
	said[0] = why[0] = '\0';
	pap_protent.input = pppd_pap;
	chap_protent.input = pppd_chap;
	upap[0].us_serverstate = UPAPSS_LISTEN;
	/* CHAP with MD5 */
	lcp_gotoptions[0].chap_mdtype = MDTYPE_MD5;
	peer_auth_init(&self);
}

/* Our challenge leaves, and its response comes. */
static void
chap(void)
{
	uint8_t challenge[] = { PPP_ALLSTATIONS, PPP_UI, 0xc2, 0x23,
	    1, 7, 0, 12, 4, 1, 2, 3, 4, 'n', 'a', 's' };
	uint8_t response[26] = { 2, 7, 0, 26, 16,
	    [21] = 'a', 'l', 'i', 'c', 'e' };

	snoop_send_hook(challenge, sizeof(challenge));
	chap_protent.input(0, response, sizeof(response));
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(answers, 0);
}

static void
silence(void)
{
	peer_auth_expire(&self, now + 19999);
	ck_assert_uint_eq(answers, 0);
	peer_auth_expire(&self, now + 20000);
	ck_assert_uint_eq(answers, 1);
	peer_auth_expire(&self, now + 40000);
	ck_assert_uint_eq(answers, 1);
}

/* [D97]: nasd's outage ends nobody who has passed. */
START_TEST(chap_again)
{
	self.authed = true;
	chap();
	silence();
	ck_assert_int_eq(verdict, 1);
	ck_assert_str_eq(why, "");
	/* A verdict that comes too late is nobody's, nor is one kept. */
	peer_auth_result(&self, self.txn, &(struct plug_auth_result){
	    .accept = false });
	ck_assert_uint_eq(answers, 1);
	ck_assert_int_eq(self.auth.verdict, AUTH_NONE);
}
END_TEST

START_TEST(chap_first)
{
	chap();
	silence();
	ck_assert_int_eq(verdict, 0);
	ck_assert_str_eq(said, "Try again later");
	ck_assert_str_eq(why, "no answer from nasd to the authentication");
}
END_TEST

/* PAP comes only when LCP has begun anew: perhaps it is somebody else. */
START_TEST(pap_again)
{
	uint8_t request[] = { 1, 3, 0, 12, 5, 'a', 'l', 'i', 'c', 'e',
	    1, 'x' };

	self.authed = true;
	pap_protent.input(0, request, sizeof(request));
	ck_assert_uint_eq(asked, 1);
	silence();
	ck_assert_int_eq(verdict, 0);
	ck_assert_str_eq(said, "Try again later");
}
END_TEST

/* It comes back in time: asked again, by another number. */
START_TEST(nasd_is_back)
{
	chap();
	peer_auth_ask(&self);
	ck_assert_uint_eq(asked, 2);
	peer_auth_result(&self, 1, &(struct plug_auth_result){
	    .accept = true });
	ck_assert_uint_eq(answers, 0);
	peer_auth_result(&self, 2, &(struct plug_auth_result){
	    .accept = true, .text = "welcome" });
	ck_assert_int_eq(verdict, 1);
	ck_assert_str_eq(said, "welcome");
	peer_auth_expire(&self, now + 20000);
	ck_assert_uint_eq(answers, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("peer_auth");
	TCase *t = tcase_create("peer_auth");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, chap_again);
	tcase_add_test(t, chap_first);
	tcase_add_test(t, pap_again);
	tcase_add_test(t, nasd_is_back);
	suite_add_tcase(s, t);
	return (test_run(s));
}
