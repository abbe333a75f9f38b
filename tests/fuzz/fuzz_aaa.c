/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What RADIUS answers, as nasd's sessions read it: the answer is a good one of
 * a server that says anything at all. Whoever is let in is so by an
 * Access-Accept, its grant is within its bounds, and everybody is answered
 * once.
 */
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "nasd/aaa.h"
#include "radius/mobile.h"
#include "tests/fuzz/ops.h"
#include "tests/unit/fake_radius.h"

#define MAX_ROUNDS	8

static const struct aaa_who who = {
	.session_id = "0123456789abcdef", .calling = "02:00:00:00:00:01",
	.called = "acc0:internet", .port_id = "acc0", .nas_port = 12,
	.ifname = "ppp0", .user = "alice@example.net",
};

static struct {
	bool			 ready;
	struct world		 world;
	unsigned		 calls;
	uint8_t			 code;		/* of the answer */
	enum plug_auth_kind	 kind;
} w;

static bool
ends(const char *s, size_t cap)
{
	return memchr(s, '\0', cap) != NULL;
}

static void
check_grant(const struct aaa_grant *g)
{
	unsigned i;

	fuzz_assert(ends(g->user, sizeof(g->user)));
	fuzz_assert(ends(g->pool, sizeof(g->pool)));
	fuzz_assert(ends(g->filter_id, sizeof(g->filter_id)));
	fuzz_assert(ends(g->reply, sizeof(g->reply)));
	fuzz_assert(g->n_home_agents <= AAA_HOME_AGENTS);
	for (i = 0; i < g->n_home_agents; i++)
		fuzz_assert(g->home_agent[i].s_addr != 0);
	fuzz_assert(g->n_rdnss <= AAA_RDNSS && g->n_class <= AAA_CLASSES);
	for (i = 0; i < g->n_class; i++)
		fuzz_assert(g->class[i].len <= AAA_CLASS_MAX);
	fuzz_assert(!g->has_iid || !iid_is_reserved(g->iid));
	if (g->has_mn_ha)
		fuzz_assert(g->mn_ha.spi >= MIP4_SPI_MIN &&
		    g->mn_ha.key_len >= RADIUS_KEY_MIN &&
		    g->mn_ha.key_len <= MIP4_KEY_MAX);
	else
		fuzz_assert(g->mn_ha.key_len == 0);
}

static void
done(void *arg, enum aaa_verdict v, const struct aaa_grant *g,
    const char *text)
{
	(void)arg;
	w.calls++;
	fuzz_assert(text && strlen(text) < PLUG_TEXT);
	if (v != AAA_ACCEPT)
		return;
	fuzz_assert(w.code == RADIUS_ACCESS_ACCEPT);
	check_grant(g);
}

/* Credentials that RADIUS can carry. */
static struct plug_auth
credentials(unsigned how)
{
	struct plug_auth pa = { .user = "alice@example.net", .chap_id = 1,
		.challenge_len = 16 };

	switch (how) {
	case 0:
		pa.kind = PLUG_AUTH_PAP;
		pa.secret_len = 6;
		break;
	case 1:
		pa.kind = PLUG_AUTH_CHAP_MD5;
		pa.response_len = 16;
		break;
	default:
		pa.kind = PLUG_AUTH_MSCHAPV2;
		pa.response_len = 49;
		break;
	}
	return pa;
}

static void
ask(struct ops *o, struct aaa *aaa)
{
	static const uint8_t codes[] = { RADIUS_ACCESS_ACCEPT,
		RADIUS_ACCESS_ACCEPT, RADIUS_ACCESS_REJECT,
		RADIUS_ACCESS_CHALLENGE };
	struct plug_auth pa = credentials(ops_pick(o, 3));
	struct fake *server = &w.world.fake[0];
	uint8_t attrs[512], key[64];
	struct fake_request rq;
	struct aaa_request *r;
	unsigned salted;
	size_t n;

	w.calls = 0;
	w.code = codes[ops_pick(o, 4)];
	r = aaa_authenticate(aaa, &who, &pa, "fuzz", done, NULL);
	fuzz_assert(r && fake_recv(server, &rq));
	salted = ops_pick(o, 6);
	n = ops_bytes(o, attrs, ops_u8(o));
	if (salted > 3) {
		memset(key, 5, sizeof(key));
		fake_put_salted(server, &rq, attrs, &n, salted == 4 ? 5535 :
		    24757, salted == 4 ? 58 : 10, key, 1 + ops_pick(o, 48));
	}
	fake_reply(server, &rq, w.code, attrs, n, FAKE_MA);
	event_base_loop(w.world.base, EVLOOP_NONBLOCK);
	event_base_loop(w.world.base, EVLOOP_NONBLOCK);
	fuzz_assert(w.calls <= 1);
	/* Nothing has come of attributes that are none. */
	if (w.calls == 0)
		aaa_cancel(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	struct aaa *aaa;
	unsigned n;

	(void)log_set_level(NULL, "error");
	if (!w.ready)
		world_init(&w.world, 1);
	w.ready = true;
	aaa = aaa_new(w.world.client, NULL, "nas1",
	    (struct in_addr){ htonl(0xc0000201) });
	fuzz_assert(aaa);
	for (n = 0; n < MAX_ROUNDS && ops_more(&o); n++)
		ask(&o, aaa);
	aaa_free(aaa);
	return 0;
}
