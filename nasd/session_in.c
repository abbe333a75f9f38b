/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of modules become events: see session_in.h. */
#define LOG_MODULE "session"
#include "nasd/session_in.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/log.h"
#include "nasd/access.h"
#include "nasd/engine.h"
#include "nasd/session.h"
#include "nasd/session_save.h"

/*
 * AAA.
 */

static void
take_grant(struct session *s, const struct aaa_grant *grant)
{
	enum config_mode mode = s->engine->cfg->mode;
	char addr[INET_ADDRSTRLEN] = "?", key[32] = "";

	s->grant = *grant;
	s->grant.class = NULL;
	s->grant.n_class = 0;
	session_set_classes(s, grant->class, grant->n_class);
	if (!s->access->configured)
		s->grant.mn_ha.alg = s->engine->cfg->mn_ha_alg;
	s->granted = true;
	s->granted_at = session_now(s);
	if (grant->user[0] != '\0')
		session_set_user(s, grant->user);
	if (grant->mode != AAA_MODE_UNSET)
		mode = grant->mode == AAA_MODE_SHARED ? CONFIG_SHARED :
		    CONFIG_UNIQUE;
	s->unique = mode == CONFIG_UNIQUE;
	session_rate_granted(s);
	if (session_set_nai(s, s->access->configured ? "%u" :
	    s->engine->cfg->nai) == 0 &&
	    session_ha_choose(s))
		inet_ntop(AF_INET, &s->ha->addr, addr, sizeof(addr));
	if (grant->has_mn_ha)
		snprintf(key, sizeof(key), ", MN-HA SPI %u",
		    (unsigned)grant->mn_ha.spi);
	session_step(s, "auth-accept", "home agent %s, %s prefix%s", addr,
	    s->unique ? "unique" : "shared", key);
}

/* Keys may be new with each authentication, as WiMAX's are: the home agent
 * will hear of the last one only [D145]. */
static void
take_mn_ha(struct session *s, const struct aaa_grant *grant)
{
	if (!grant->has_mn_ha)
		return;
	s->grant.has_mn_ha = true;
	s->grant.mn_ha = grant->mn_ha;
	s->grant.mn_ha.alg = s->engine->cfg->mn_ha_alg;
	if (s->reg != NULL)
		mip_reg_set_mn_ha(s->reg, &s->grant.mn_ha);
	s->dirty = true;
}

#define WHY_NO_AGENT	64

static const char *
no_home_agent(const struct session *s, char text[static WHY_NO_AGENT])
{
	const struct in_addr *first = &s->grant.home_agent[0];
	char addr[INET_ADDRSTRLEN];

	if (s->grant.n_home_agents == 0 || !s->engine->cfg->radius_ha)
		return "all home agents are drained";
	inet_ntop(AF_INET, first, addr, sizeof(addr));
	snprintf(text, WHY_NO_AGENT, "%s is %s", addr,
	    nasd_config_ha(s->engine->cfg, *first) != NULL ? "drained" :
	    "not configured");
	return text;
}

static void
accepted(struct session *s, const struct aaa_grant *grant)
{
	char text[WHY_NO_AGENT], ip4[SESSION_WHY_IPV4];
	const char *bad;

	/* A later challenge of the same link changes nothing but the text,
	 * and the keys, which the peer or the home agent has anew as well. */
	if (s->granted) {
		memcpy(s->grant.reply, grant->reply, sizeof(s->grant.reply));
		s->grant.key_len = grant->key_len;
		memcpy(s->grant.send_key, grant->send_key, PLUG_KEY);
		memcpy(s->grant.recv_key, grant->recv_key, PLUG_KEY);
		take_mn_ha(s, grant);
		session_step(s, "auth-again", "accepted");
		session_event(s, SESSION_EV_ACCEPTED, NULL);
		return;
	}
	take_grant(s, grant);
	if (!s->in_nai)
		session_event(s, SESSION_EV_GRANT_BAD, "no valid NAI");
	else if (s->ha == NULL)
		session_event(s, SESSION_EV_GRANT_BAD, no_home_agent(s, text));
	else if ((bad = session_ipv4_take(s, ip4)) != NULL)
		session_event(s, SESSION_EV_IPV4_BAD, bad);
	else if (s->access->admit != NULL &&
	    (bad = s->access->admit(s)) != NULL)
		session_event(s, SESSION_EV_NOT_ADMITTED, bad);
	else
		session_event(s, SESSION_EV_ACCEPTED, NULL);
}

void
session_in_aaa(void *arg, enum aaa_verdict verdict,
    const struct aaa_grant *grant, const char *text)
{
	struct session *s = arg;

	s->aaa_req = NULL;
	switch (verdict) {
	case AAA_ACCEPT:
		accepted(s, grant);
		return;
	case AAA_REJECT:
		snprintf(s->grant.reply, sizeof(s->grant.reply), "%s",
		    grant != NULL ? grant->reply : text != NULL ? text : "");
		session_step(s, "auth-reject", "%s", text != NULL ? text :
		    "");
		session_event(s, SESSION_EV_REJECTED, text);
		return;
	case AAA_CHALLENGE:	/* session_eap.c's */
		return;
	case AAA_NO_REPLY:
		/* The last text belongs to the last answer. */
		s->grant.reply[0] = '\0';
		session_step(s, "auth-no-reply", "%s",
		    text != NULL ? text : "");
		session_event(s, SESSION_EV_AAA_SILENT, text);
		return;
	}
}

/*
 * Registration.
 */

static void
take_result(struct session *s, const struct mip_result *r)
{
	s->code = r->code;
	s->tries = r->tries;
	if (r->outcome != MIP_REGISTERED)
		return;
	s->lifetime = r->lifetime;
	s->hoa = r->hoa;
	s->home = r->home;
	s->hoa_unique = r->unique;
	s->gre = r->gre;
	s->iid = iid_of(&r->hoa);
	s->registered = true;
}

static void
mip_registered(void *arg, const struct mip_result *r)
{
	static const enum session_event ev[] = {
		[MIP_REGISTERED] = SESSION_EV_REGISTERED,
		[MIP_DENIED] = SESSION_EV_DENIED,
		[MIP_NO_REPLY] = SESSION_EV_HA_SILENT,
		[MIP_USELESS] = SESSION_EV_USELESS,
	};
	struct session *s = arg;

	take_result(s, r);
	session_ha_result(s, r);
	session_event(s, ev[r->outcome], r->text);
}

static void
mip_changed(void *arg, const struct mip_result *r)
{
	struct session *s = arg;

	s->iid_kept = iid_equal(iid_of(&r->hoa), s->iid);
	s->old_prefix = iid_join(&s->hoa, (struct iid){ { 0 } });
	take_result(s, r);
	session_step(s, "changed", "%s", r->text != NULL ? r->text : "");
	s->dirty = true;
	session_event(s, SESSION_EV_CHANGED, r->text);
}

static void
mip_lost(void *arg, const struct mip_result *r)
{
	struct session *s = arg;

	s->code = r->code;
	session_step(s, "lost", "code %u, %s", r->code,
	    r->text != NULL ? r->text : "");
	session_event(s, SESSION_EV_LOST, r->text);
}

static void
mip_revoked(void *arg)
{
	struct session *s = arg;

	session_step(s, "revoked", NULL);
	session_event(s, SESSION_EV_REVOKED, NULL);
}

static void
mip_deregistered(void *arg, bool answered)
{
	struct session *s = arg;

	s->reg = NULL;
	s->deregistering = false;
	session_step(s, "deregistered", "%s", answered ? "answered" :
	    "unanswered");
	session_tell_rival(s);
	s->dirty = true;
	session_event(s, SESSION_EV_DEREGISTERED, NULL);
}

static void
mip_step(void *arg, const char *key, const char *detail)
{
	struct session *s = arg;

	/* Stamped by mip_deregistered, with the outcome. */
	if (strcmp(key, "deregistered") == 0)
		return;
	session_step(s, key, "%s", detail != NULL ? detail : "");
	if (strcmp(key, "renewed") == 0)
		session_save(s);
}

const struct mip_events session_in_mip = {
	.registered = mip_registered,
	.changed = mip_changed,
	.lost = mip_lost,
	.revoked = mip_revoked,
	.deregistered = mip_deregistered,
	.step = mip_step,
};

/*
 * Data plane.
 */

void
session_in_tunnel(void *arg, int error)
{
	struct session *s = arg;

	if (error != 0) {
		session_step(s, "tunnel-failed", "%s", strerror(-error));
		session_event(s, SESSION_EV_INSTALL_FAILED,
		    strerror(-error));
		return;
	}
	session_step(s, "tunnel-up", "MTU %u", tunnel_mtu(s->tunnel));
	if (!s->has_before) {
		s->before = *tunnel_before(s->tunnel);
		s->carried = s->before.rx_carried;
		s->has_before = true;
		s->dirty = true;
	}
	if (!session_rate_install(s))
		session_event(s, SESSION_EV_INSTALLED, NULL);
}

void
session_in_ra(void *arg, const char *key, const char *detail)
{
	struct session *s = arg;

	session_step(s, key, "%s", detail != NULL ? detail : "");
}
