/* SPDX-License-Identifier: BSD-2-Clause */
/* PPP as a kind of access [access.h]: what a session asks of its link is asked
 * of pppd's plugin, of PPPoE discovery, or of the root side. */
#define LOG_MODULE "session"
#include "nasd/access_ppp.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/access.h"
#include "nasd/access_dhcp6.h"
#include "nasd/access_ppp_dhcp6.h"
#include "nasd/access_ppp_node.h"
#include "nasd/dhcp6.h"
#include "nasd/engine.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"

static void
ppp_confirm(struct session *s)
{
	if (s->pppoe != NULL)
		pppoe_link_ready(s->pppoe);
}

static void
ppp_start_refuse(struct session *s)
{
	if (s->pppoe == NULL)
		return;
	pppoe_link_refuse(s->pppoe, s->why);
	s->pppoe = NULL;
}

static void
tell_result(struct session *s, bool accept)
{
	const struct aaa_grant *g = &s->grant;
	struct plug_auth_result q = { .accept = accept };

	if (s->link == NULL)
		return;
	snprintf(q.text, sizeof(q.text), "%s", !accept && g->reply[0] ==
	    '\0' ? "Access denied" : g->reply);
	/* Session-Timeout is counted here alone: pppd, once told, would end
	 * the link at a time that a CoA-Request may have put off [D112]. */
	if (accept) {
		session_ipv4_tell(s);
		snprintf(q.user, sizeof(q.user), "%s", s->user);
		q.must_encrypt = g->must_encrypt;
		q.key_len = g->key_len;
		memcpy(q.send_key, g->send_key, g->key_len);
		memcpy(q.recv_key, g->recv_key, g->key_len);
	}
	pppd_link_auth_result(s->link, &q);
	explicit_bzero(&q, sizeof(q));
}

static void
ppp_auth_result(struct session *s, bool accept)
{
	if (s->link == NULL)
		return;
	tell_result(s, accept);
	/* While the peer begins with IPv6CP. */
	if (accept && s->state == SESSION_AUTHENTICATED)
		tunnels_prepare(s->engine->tunnels, s->ifname, s->subject);
}

static void
ppp_assign(struct session *s)
{
	char buf[IID_STRLEN];

	if (s->link == NULL)
		return;
	session_step(s, "assign", "IID %s", iid_str(s->iid, buf));
	pppd_link_assign(s->link, s->iid);
}

static void
ppp_refuse(struct session *s)
{
	if (s->link != NULL)
		pppd_link_refuse(s->link, s->why);
}

/* It does not count as starting any more. */
static void
ppp_came_up(struct session *s)
{
	if (s->pppoe != NULL)
		pppoe_link_settled(s->pppoe);
}

static void
ppp_close(struct session *s)
{
	if (s->link != NULL)
		pppd_link_close(s->link, true, s->why);
}

static void
ppp_kill(struct session *s)
{
	struct nasd_priv_pppd_stop req = { .pid = s->pid, .kill = 1 };

	if (s->pid <= 0) {	/* not ours to kill: let it notice */
		if (s->link != NULL)
			pppd_link_close(s->link, true, s->why);
		return;
	}
	if (priv_request(s->engine->priv, NASD_PRIV_PPPD_STOP, &req,
	    sizeof(req), NULL, NULL) != 0)
		log_errorx(s->subject, "pppd %d could not be killed",
		    (int)s->pid);
}

static bool
ppp_is_there(const struct session *s)
{
	return s->link != NULL || s->starting || s->pid > 0;
}

static void
ppp_leave(struct session *s)
{
	access_ppp_unwatch(s);
	if (s->link != NULL)
		pppd_link_drop(s->link);
	if (s->pppoe != NULL)
		pppoe_link_free(s->pppoe);
}

static void
ppp_save(const struct session *s, struct session_rec *r)
{
	r->has_mac = s->pppoe != NULL;
	if (r->has_mac)
		pppoe_link_mac(s->pppoe, r->mac);
}

const struct access access_ppp = {
	.kind = ACCESS_PPP,
	.name = "ppp",
	.confirm = ppp_confirm,
	.start_refuse = ppp_start_refuse,
	.auth_result = ppp_auth_result,
	.assign = ppp_assign,
	.refuse = ppp_refuse,
	.came_up = ppp_came_up,
	.close = ppp_close,
	.kill = ppp_kill,
	.is_there = ppp_is_there,
	.leave = ppp_leave,
	.save = ppp_save,
	.restore = access_ppp_restore,
};

/*
 * The same with addresses by DHCPv6.
 */

/* What IPv6CP asks for is answered at once, but who asks too late. */
static void
managed_refuse(struct session *s)
{
	access_dhcp6_refuse(s);
	ppp_refuse(s);
}

static void
managed_close(struct session *s)
{
	if (s->dhcp6 != NULL)
		dhcp6_link_withdraw(s->dhcp6);
	ppp_close(s);
}

static void
managed_leave(struct session *s)
{
	access_ppp_dhcp6_leave(s);
	ppp_leave(s);
}

static void
managed_save(const struct session *s, struct session_rec *r)
{
	ppp_save(s, r);
	access_dhcp6_save(s, r);
}

static void
managed_restore(struct session *s, const struct session_rec *r)
{
	access_ppp_restore(s, r);
	access_ppp_dhcp6_restore(s, r);
}

const struct access access_ppp_dhcp6 = {
	.kind = ACCESS_PPP_DHCP6,
	.name = "ppp",
	.managed = true,
	.confirm = ppp_confirm,
	.start_refuse = ppp_start_refuse,
	.auth_result = ppp_auth_result,
	.opened = access_ppp_dhcp6_up,
	.closed = access_ppp_dhcp6_down,
	.assign = access_dhcp6_assign,
	.refuse = managed_refuse,
	.advertise = access_ppp_dhcp6_advertise,
	.came_up = ppp_came_up,
	.close = managed_close,
	.kill = ppp_kill,
	.is_there = ppp_is_there,
	.leave = managed_leave,
	.save = managed_save,
	.restore = managed_restore,
};

/*
 * The same as an access node.
 */

static void
node_auth_result(struct session *s, bool accept)
{
	tell_result(s, accept);
	if (accept)
		access_ppp_node_begin(s);
}

static void
node_leave(struct session *s)
{
	access_ppp_node_leave(s);
	ppp_leave(s);
}

static void
node_save(const struct session *s, struct session_rec *r)
{
	ppp_save(s, r);
	access_ppp_node_save(s, r);
}

static void
node_restore(struct session *s, const struct session_rec *r)
{
	access_ppp_node_restore(s, r);
	access_ppp_restore(s, r);
}

const struct access access_ppp_node = {
	.kind = ACCESS_PPP_NODE,
	.name = "ppp",
	.confirm = ppp_confirm,
	.start_refuse = ppp_start_refuse,
	.admit = access_ppp_node_admit,
	.auth_result = node_auth_result,
	.not_yet = access_ppp_node_not_yet,
	.opened = access_ppp_node_opened,
	.closed = access_ppp_node_closed,
	.assign = access_ppp_node_assign,
	.refuse = ppp_refuse,
	.request = access_ppp_node_request,
	.install = access_ppp_node_install,
	.uninstall = access_ppp_node_uninstall,
	.count = access_ppp_node_count,
	.came_up = ppp_came_up,
	.close = ppp_close,
	.kill = ppp_kill,
	.is_there = ppp_is_there,
	.leave = node_leave,
	.save = node_save,
	.restore = node_restore,
};
