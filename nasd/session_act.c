/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out what session_fsm decides, through the modules: aaa, mip_client,
 * tunnel, ra, and the session's kind of access. Every action is harmless where
 * it has nothing to do. A module that refuses at once becomes an event, which
 * session_event queues.
 */
#define LOG_MODULE "session"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <net/if.h>

#include "common/icmp6.h"
#include "common/log.h"
#include "nasd/access.h"
#include "nasd/acct.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/ra.h"
#include "nasd/session.h"
#include "nasd/session_in.h"
#include "nasd/session_save.h"
#include "radius/packet.h"

#define ASKS_A_MINUTE	20	/* of RADIUS, for a session */

#define IPV6_MIN_MTU	1280
#define LINK_MTU	1492	/* before it is known: PPPoE's */

static void
do_start_confirm(struct session *s)
{
	s->access->confirm(s);
}

static void
do_start_refuse(struct session *s)
{
	s->access->start_refuse(s);
}

static void
do_auth_cancel(struct session *s)
{
	if (s->aaa_req != NULL)
		aaa_cancel(s->aaa_req);
	s->aaa_req = NULL;
	session_eap_stop(s);
	timer_cancel(&s->engine->timers, &s->eap_again);
}

/* A peer that begins LCP anew again and again would have the RADIUS server
 * work at that pace, and lock somebody's account. rechallenge is 5 s or
 * more. */
static bool
asks_too_often(struct session *s)
{
	mono_t now = session_now(s);

	if (s->asks == 0 || mono_diff_ms(now, s->asks_since) > 60000) {
		s->asks_since = now;
		s->asks = 0;
	}
	return ++s->asks > ASKS_A_MINUTE;
}

/* Cut off, a name would be somebody else's. */
static const char *
too_long(const struct plug_auth *a)
{
	if (a->kind == PLUG_AUTH_PAP && a->secret_len > RADIUS_PASSWORD)
		return "the password is longer than RADIUS can carry";
	if (strlen(a->user) > RADIUS_USER_NAME)
		return "the name is longer than RADIUS can carry";
	return NULL;
}

static void
do_authenticate(struct session *s)
{
	struct aaa_who who;
	char called[SESSION_CALLED];

	if (s->auth == NULL && s->eap_mtu == 0)
		return;
	if (asks_too_often(s)) {
		session_event(s, SESSION_EV_AUTH_ENDED,
		    "authenticates too often");
		return;
	}
	if (!s->granted && !acct_admits(s->engine->acct)) {
		session_event(s, SESSION_EV_NO_ACCOUNTING, NULL);
		return;
	}
	if (s->auth == NULL) {
		session_eap_begin(s);
		return;
	}
	/* Not silence, which would spare who has passed. */
	if (too_long(s->auth) != NULL) {
		session_in_aaa(s, AAA_REJECT, NULL, too_long(s->auth));
		return;
	}
	session_who(s, &who, called, sizeof(called));
	who.user = s->auth->user;
	s->aaa_req = aaa_authenticate(s->engine->aaa, &who, s->auth,
	    s->subject, session_in_aaa, s);
	if (s->aaa_req == NULL)
		session_event(s, SESSION_EV_AAA_SILENT,
		    "request could not be sent");
}

static void
do_auth_ok(struct session *s)
{
	struct timers *timers = &s->engine->timers;
	uint32_t timeout = s->grant.session_timeout;

	session_eap_passed(s);
	s->access->auth_result(s, true);
	aaa_grant_wipe_mppe(&s->grant);
	if (timeout > 0 && !timer_is_set(&s->timeout) &&
	    timer_set(timers, &s->timeout, mono_add_ms(s->granted_at,
	    timeout * INT64_C(1000))) != 0)
		log_errorx(s->subject, "out of memory for Session-Timeout");
}

static void
do_auth_fail(struct session *s)
{
	s->access->auth_result(s, false);
}

static void
do_replace(struct session *s)
{
	struct session *rival = session_rival(s, true);

	if (rival != NULL)
		session_event(rival, SESSION_EV_REPLACED, s->subject);
}

static void
do_ra_stop(struct session *s)
{
	if (s->access->advertise != NULL)
		s->access->advertise(s, NULL);
	if (s->ra != NULL)
		ra_stop(s->ra, s->ipv6_up);
	s->ra = NULL;
}

static void
do_uninstall(struct session *s)
{
	if (s->access->uninstall != NULL)
		s->access->uninstall(s);
	if (s->tunnel != NULL)
		tunnel_session_free(s->tunnel);
	s->tunnel = NULL;
}

static void
do_deregister(struct session *s)
{
	if (s->reg == NULL || s->deregistering)
		return;
	s->deregistering = true;
	mip_reg_deregister(s->reg);
}

/*
 * The identifier for the peer [PROTOCOLS 11.1 step 3, D16, D38]: zero asks the
 * home agent to choose in a shared prefix; otherwise what the peer insists on,
 * what RADIUS says, the peer's own if it is to be honoured, a random one.
 */
static struct iid
choose_iid(const struct session *s)
{
	bool own_usable = session_own_usable(s);
	struct iid iid = { { 0 } };

	if (!s->unique)
		return iid;
	if (s->registered && s->insists && own_usable)
		return s->own;
	if (s->grant.has_iid && !iid_is_reserved(s->grant.iid) &&
	    !iid_equal(s->grant.iid, s->local))
		return s->grant.iid;
	if (s->engine->cfg->iid_policy == CONFIG_IID_HONOUR && own_usable)
		return s->own;
	do
		iid = iid_random();
	while (iid_equal(iid, s->local));
	return iid;
}

void
session_reg_request(const struct session *s, struct mip_reg_request *req)
{
	*req = (struct mip_reg_request){
		.nai = s->nai,
		.subject = s->subject,
		.mn_ha = s->grant.has_mn_ha ? &s->grant.mn_ha : NULL,
		.service = s->engine->cfg->send_service ? s->grant.pool : NULL,
		.unique = s->unique,
		.iid = s->iid,
		.taken = s->local,
	};
	if (s->ha != NULL) {
		req->ha = (struct mip_ha){ .addr = s->ha->addr,
		    .sa = s->ha->sa, .n_sa = s->ha->n_sa };
		req->gre = req->agent_gre = s->ha->gre;
		req->gre_key = s->gre.own;
	}
	if (s->access->request != NULL)
		s->access->request(s, req);
}

static void
do_register(struct session *s)
{
	struct mip_reg_request req;
	int64_t budget_ms;

	/* What the one before may still do for it, its home agent may not be
	 * the same: that is not for us to wait for. */
	if (s->reg != NULL)
		mip_reg_abandon(s->reg);
	s->reg = NULL;
	if (s->ha_next == NULL && !session_ha_choose(s)) {
		session_event(s, SESSION_EV_HA_SILENT,
		    "all home agents are drained");
		return;
	}
	session_ha_ask(s, &budget_ms);
	/* That would be no fault of the home agent's. */
	if (budget_ms <= 0) {
		session_event(s, SESSION_EV_HA_SILENT,
		    "too little time is left to ask a home agent");
		return;
	}
	s->iid = choose_iid(s);
	session_reg_request(s, &req);
	req.budget_ms = budget_ms;
	s->reg = mip_reg_new(s->engine->mip, &req, &session_in_mip, s);
	if (s->reg == NULL) {
		s->dirty = true;
		session_event(s, SESSION_EV_HA_SILENT, errno == EINVAL ?
		    "no key to sign a registration with" : "out of memory");
		return;
	}
	/* Not behind other events: if we are killed now, the next nasd ends
	 * what has been asked for. */
	session_save(s);
}

static void
do_install(struct session *s)
{
	if (s->access->install != NULL) {
		s->access->install(s);
		return;
	}
	s->tunnel = tunnel_session_new(s->engine->tunnels, s->ifname,
	    s->subject, s->ha->addr, &s->hoa, session_plen(s),
	    s->grant.ip4, s->gre, session_in_tunnel, s);
	if (s->tunnel == NULL)
		session_event(s, SESSION_EV_INSTALL_FAILED, "out of memory");
}

static void
do_assign(struct session *s)
{
	s->access->assign(s);
}

static void
do_refuse(struct session *s)
{
	s->access->refuse(s);
}

/* By DHCPv6 it has one address, also of a prefix that nobody else has. */
unsigned
session_plen(const struct session *s)
{
	return s->hoa_unique && !s->access->managed ? 64 : 128;
}

uint32_t
session_ra_mtu(const struct session *s)
{
	unsigned link = s->tunnel != NULL ? tunnel_link_mtu(s->tunnel) : 0;
	unsigned tunnel = s->tunnel != NULL ? tunnel_mtu(s->tunnel) : 0;

	if (link == 0)
		link = LINK_MTU;
	if (tunnel > 0 && tunnel < link)
		link = tunnel;
	return link < IPV6_MIN_MTU ? IPV6_MIN_MTU : link;
}

/* The home prefix: A = 1 for SLAAC, L = 0 as its other nodes are elsewhere
 * [PROTOCOLS 11.1 step 11, 11.2, 14.3]. */
static void
ra_content(const struct session *s, struct icmp6_ra *ra)
{
	const struct config_ra *cfg = &s->engine->cfg->ra;
	static const struct in6_addr none;
	const struct icmp6_prefix now = {
		.addr = iid_join(&s->hoa, (struct iid){ { 0 } }),
		.len = 64, .autonomous = true,
		.valid = cfg->valid, .preferred = cfg->preferred,
	};

	memset(ra, 0, sizeof(*ra));
	ra->hop_limit = 64;
	ra->managed = s->access->managed;
	ra->router_lifetime = (uint16_t)cfg->router_lifetime;
	ra->mtu = session_ra_mtu(s);
	ra->rdnss_lifetime = cfg->router_lifetime;
	ra->n_rdnss = s->grant.n_rdnss;
	memcpy(ra->rdnss, s->grant.rdnss, sizeof(ra->rdnss));
	if (ra->managed)
		return;
	ra->prefix[ra->n_prefixes++] = now;
	if (memcmp(&s->old_prefix, &none, sizeof(none)) != 0 &&
	    memcmp(&s->old_prefix, &now.addr, sizeof(none)) != 0) {
		ra->prefix[ra->n_prefixes] = now;
		ra->prefix[ra->n_prefixes].addr = s->old_prefix;
		ra->prefix[ra->n_prefixes].preferred = 0;
		ra->n_prefixes++;
	}
}

static void
do_ra_start(struct session *s)
{
	unsigned ifindex = if_nametoindex(s->ifname);
	struct icmp6_ra ra;

	if (s->access->advertise != NULL) {
		ra_content(s, &ra);
		s->access->advertise(s, &ra);
		return;
	}
	/* What is bridged has its home agent's. */
	if (s->ra != NULL || s->access->install != NULL)
		return;
	if (ifindex == 0) {
		log_warn(s->subject, "no interface %s to advertise on",
		    s->ifname);
		return;
	}
	ra_content(s, &ra);
	s->ra = ra_start(s->engine->ra, ifindex, s->subject, &ra,
	    session_in_ra, s);
	if (s->ra == NULL)
		log_errorx(s->subject, "out of memory to advertise");
}

static void
do_ra_update(struct session *s)
{
	struct icmp6_ra ra;

	ra_content(s, &ra);
	if (s->access->advertise != NULL)
		s->access->advertise(s, &ra);
	else if (s->ra != NULL)
		ra_update(s->ra, &ra);
}

static void
do_close(struct session *s)
{
	s->access->close(s);
}

static void
do_kill(struct session *s)
{
	s->access->kill(s);
}

bool
session_act(struct session *s, uint32_t actions)
{
	static void (*const act[SESSION_N_ACTIONS])(struct session *) = {
		[SESSION_BIT_START_CONFIRM] = do_start_confirm,
		[SESSION_BIT_START_REFUSE] = do_start_refuse,
		[SESSION_BIT_AUTH_CANCEL] = do_auth_cancel,
		[SESSION_BIT_AUTHENTICATE] = do_authenticate,
		[SESSION_BIT_AUTH_OK] = do_auth_ok,
		[SESSION_BIT_AUTH_FAIL] = do_auth_fail,
		[SESSION_BIT_REPLACE] = do_replace,
		[SESSION_BIT_RA_STOP] = do_ra_stop,
		[SESSION_BIT_COUNT] = session_count,
		[SESSION_BIT_ACCT_STOP] = session_account_stop,
		[SESSION_BIT_UNINSTALL] = do_uninstall,
		[SESSION_BIT_DEREGISTER] = do_deregister,
		[SESSION_BIT_REGISTER] = do_register,
		[SESSION_BIT_INSTALL] = do_install,
		[SESSION_BIT_ASSIGN] = do_assign,
		[SESSION_BIT_REFUSE] = do_refuse,
		[SESSION_BIT_RA_START] = do_ra_start,
		[SESSION_BIT_RA_UPDATE] = do_ra_update,
		[SESSION_BIT_ACCT_START] = session_account_start,
		[SESSION_BIT_RESUME] = session_resume,
		[SESSION_BIT_CLOSE] = do_close,
		[SESSION_BIT_KILL] = do_kill,
	};
	unsigned bit;

	for (bit = 0; bit < SESSION_BIT_FREE; bit++)
		if (actions & 1U << bit)
			act[bit](s);
	if (!(actions & SESSION_DO_FREE))
		return false;
	session_free(s);
	return true;
}
