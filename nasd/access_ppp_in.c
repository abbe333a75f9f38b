/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What PPPoE discovery, a plugin or the root side report of a PPP link becomes
 * an event of its session: noted in it, stamped in its timeline, and posted.
 * Nothing is decided here.
 */
#define LOG_MODULE "session"
#include "nasd/access_ppp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/access.h"
#include "nasd/engine.h"
#include "nasd/session.h"

static const struct access *
kind(const struct engine *e)
{
	static const struct access *const kinds[] = {
		[CONFIG_PPP_SLAAC] = &access_ppp,
		[CONFIG_PPP_DHCP6] = &access_ppp_dhcp6,
		[CONFIG_PPP_NODE] = &access_ppp_node,
	};

	return kinds[e->cfg->ppp];
}

/*
 * PPPoE discovery.
 */

/* Which session a pppd is for travels by value: it may have gone when priv
 * answers. */
struct started {
	struct engine	*engine;
	uint32_t	 nr;
};

/* Once priv has said which process a session's pppd is, no other speaks for
 * it. */
static bool
is_its_pppd(const struct session *s, uint32_t pid)
{
	return s->pid <= 0 || (uint32_t)s->pid == pid;
}

static void
stop_orphan(struct engine *e, pid_t pid)
{
	struct nasd_priv_pppd_stop req = { .pid = pid, .kill = 1 };

	if (priv_request(e->priv, NASD_PRIV_PPPD_STOP, &req, sizeof(req),
	    NULL, NULL) != 0)
		log_errorx(NULL, "pppd %d, which nobody needs, left running",
		    (int)pid);
}

static void
pppd_started(void *arg, int status, const void *body, size_t len, int fd)
{
	struct started st = *(struct started *)arg;
	struct nasd_priv_pppd_started reply = { .pid = 0 };
	struct session *s;

	(void)fd;
	free(arg);
	if (status == 0 && len == sizeof(reply))
		memcpy(&reply, body, sizeof(reply));
	s = session_find_nr(&st.engine->sessions, st.nr);
	if (s == NULL) {
		if (reply.pid > 0)
			stop_orphan(st.engine, reply.pid);
		return;
	}
	s->starting = false;
	if (reply.pid <= 0) {
		session_event(s, SESSION_EV_START_FAILED, strerror(-status));
		return;
	}
	s->pid = reply.pid;
	session_step(s, "pppd-started", "pid %d", (int)s->pid);
	if (s->link != NULL && !is_its_pppd(s, s->hello_pid)) {
		log_errorx(s->subject, "process %u has said to be its pppd, "
		    "which is %d", (unsigned)s->hello_pid, (int)s->pid);
		session_event(s, SESSION_EV_TERMINATE_HARD, NULL);
		return;
	}
	/* Its peer left meanwhile, and may do so a thousand times a second. */
	if (s->state == SESSION_CLOSING)
		stop_orphan(st.engine, s->pid);
}

static int
start_pppd(struct session *s, const uint8_t mac[PPPOE_MAC_LEN])
{
	struct nasd_priv_pppd_start req = {
		.link_id = s->nr, .sid = s->pppoe_sid, .mru = s->mru,
	};
	struct started *st = malloc(sizeof(*st));
	int error;

	if (st == NULL)
		return -ENOMEM;
	*st = (struct started){ .engine = s->engine, .nr = s->nr };
	snprintf(req.ifname, sizeof(req.ifname), "%s", s->device);
	memcpy(req.mac, mac, sizeof(req.mac));
	error = priv_request(s->engine->priv, NASD_PRIV_PPPD_START, &req,
	    sizeof(req), pppd_started, st);
	if (error != 0)
		free(st);
	else
		s->starting = true;
	return error;
}

static void
take_wish(struct session *s, const struct pppoe_wish *w)
{
	s->pppoe_sid = w->sid;
	s->mru = w->mru;
	s->circuit_id = w->circuit_id;
	s->remote_id = w->remote_id;
	session_set_device(s, w->ifname);
	snprintf(s->service, sizeof(s->service), "%s", w->service);
	session_calling(s->calling, w->mac);
	session_step(s, "padr", "%s on %s, session 0x%04x, service \"%.20s\"",
	    s->calling, w->ifname, w->sid, w->service);
}

static int
pppoe_wanted(void *arg, struct pppoe_link *link, const struct pppoe_wish *w)
{
	struct engine *e = arg;
	mono_t at = pppoe_link_padr_at(link);
	struct session *s;
	int error;

	if (!engine_takes_sessions(e))
		return -ESHUTDOWN;
	if (at.ns == MONO_NEVER.ns)
		at = clock_mono(e->clock);
	s = session_new(e, kind(e), at);
	if (s == NULL)
		return -ENOMEM;
	take_wish(s, w);	/* but the session's number names its link */
	error = start_pppd(s, w->mac);
	if (error != 0) {
		snprintf(s->why, sizeof(s->why), "pppd not started: %s",
		    strerror(-error));
		session_free(s);
		return error;
	}
	s->pppoe = link;
	pppoe_link_set_owner(link, s);
	return 0;
}

static void
pppoe_terminated(void *arg, struct pppoe_link *link)
{
	struct session *s = pppoe_link_owner(link);

	(void)arg;
	if (s != NULL)
		session_event(s, SESSION_EV_PEER_LEFT, "PADT");
}

static void
pppoe_step(void *arg, struct pppoe_link *link, const char *key,
    const char *detail)
{
	struct session *s = pppoe_link_owner(link);

	(void)arg;
	if (s != NULL)
		session_step(s, key, "%s", detail != NULL ? detail : "");
}

const struct pppoe_events access_ppp_discovery = {
	.wanted = pppoe_wanted,
	.terminated = pppoe_terminated,
	.step = pppoe_step,
};

/*
 * The access link.
 */

/* The session this link is for: the one we started its pppd for, or a new one
 * when something else did (serial lines, L2TP). */
static struct session *
session_of_hello(struct engine *e, const struct plug_hello *h,
    const char **why)
{
	struct session *s;

	*why = "no session for its link";
	if (h->link_id != 0) {
		s = session_find_nr(&e->sessions, h->link_id);
		if (s == NULL || s->link != NULL)
			return NULL;	/* its session has ended */
		if (s->state == SESSION_RESUMING)
			return s;	/* which looks closer */
		return s->state == SESSION_STARTING &&
		    is_its_pppd(s, h->pid) ? s : NULL;
	}
	/* A state that is not ours: better a new session than a wrong one. */
	if (h->state != PLUG_LINK_NEW || !engine_takes_sessions(e))
		return NULL;
	if (sessions_count(&e->sessions) >= e->cfg->access.max_sessions) {
		*why = "max-sessions are here already";
		return NULL;
	}
	s = session_new(e, kind(e), clock_mono(e->clock));
	if (s == NULL)
		return NULL;
	session_set_device(s, h->device);
	snprintf(s->calling, sizeof(s->calling), "%s", h->peer);
	s->pppoe_sid = h->pppoe_sid;
	return s;
}

/* Whoever dials can make us say this, as often as it likes. */
static void
hello_refused(struct engine *e, const struct plug_hello *h, const char *why)
{
	unsigned swallowed;

	if (log_limited(&e->sessions.refusals,
	    clock_mono(e->clock).ns / 1000000, &swallowed))
		log_warnx(NULL, "pppd %u, link %u: %s (and %u others)",
		    (unsigned)h->pid, (unsigned)h->link_id, why, swallowed);
}

static void *
link_hello(void *arg, struct pppd_link *link, const struct plug_hello *h)
{
	struct engine *e = arg;
	const char *why;
	struct session *s = session_of_hello(e, h, &why);
	uint32_t nr;

	if (s == NULL) {
		hello_refused(e, h, why);
		return NULL;
	}
	s->link = link;
	s->hello_pid = h->pid;
	pppd_link_name(link, s->nr);
	if (h->ifname[0] != '\0')
		session_set_ifname(s, h->ifname);
	session_step(s, "hello", "pppd %u, %s", (unsigned)h->pid, h->ifname);
	s->resumable = access_ppp_resumes(s, h);
	nr = s->nr;
	session_event(s, SESSION_EV_LINK_UP, NULL);
	return session_find_nr(&e->sessions, nr);
}

static const char *
auth_name(enum plug_auth_kind kind)
{
	switch (kind) {
	case PLUG_AUTH_PAP:
		return "pap";
	case PLUG_AUTH_CHAP_MD5:
		return "chap";
	case PLUG_AUTH_MSCHAPV2:
		return "mschapv2";
	}
	return NULL;
}

static void
link_auth(void *owner, const struct plug_auth *auth)
{
	struct session *s = owner;

	/* A later challenge of the same link changes no name: accounting stays
	 * with whom the session was granted to. */
	if (!s->granted)
		session_set_user(s, auth->user);
	session_step(s, "auth-request", "%s", auth->user);
	s->auth_by = auth_name(auth->kind);
	s->auth = auth;
	session_event(s, SESSION_EV_AUTH_ASKED, NULL);
	s->auth = NULL;
}

static void
link_eap(void *owner, const struct plug_eap *eap)
{
	session_eap_input(owner, eap);
}

/* An identifier of the link alone: the peer has it at once, its own one if it
 * can be [RFC 5072 4.1]. */
void
access_ppp_answer(struct session *s)
{
	bool usable = session_own_usable(s);
	char buf[IID_STRLEN];
	struct iid iid = s->own;

	/* Too early, or too late. */
	if (!s->granted || s->state >= SESSION_CLOSING) {
		session_event(s, SESSION_EV_IID_ASKED, NULL);
		return;
	}
	if (!usable && s->insists) {
		pppd_link_refuse(s->link, "unusable interface identifier");
		return;
	}
	if (s->access->not_yet != NULL && s->access->not_yet(s))
		return;
	while (!usable && (iid_equal(iid, s->local) || iid_is_reserved(iid)))
		iid = iid_random();
	session_step(s, "link-iid", "%s", iid_str(iid, buf));
	pppd_link_assign(s->link, iid);
}

static void
link_iid_req(void *owner, const struct plug_iid_req *req)
{
	struct session *s = owner;
	char buf[IID_STRLEN];

	s->has_own = req->has_iid;
	s->own = req->iid;
	s->local = req->local;
	s->insists = req->insists;
	session_step(s, "conf-req", "IID %s%s", req->has_iid ?
	    iid_str(req->iid, buf) : "none", req->insists ?
	    ", insists" : "");
	if (s->access->opened != NULL)
		access_ppp_answer(s);
	else
		session_event(s, SESSION_EV_IID_ASKED, NULL);
}

static void
link_ipv4(void *owner, const struct plug_ipv4 *ipv4)
{
	session_ipv4_input(owner, ipv4);
}

static void
link_up(void *owner, const struct plug_up *up)
{
	struct session *s = owner;
	char l[IID_STRLEN], r[IID_STRLEN];

	if (up->ifname[0] != '\0' && strcmp(up->ifname, s->ifname) != 0)
		session_set_ifname(s, up->ifname);
	s->local = up->local;
	session_step(s, "up", "%s, local %s, peer %s", s->ifname,
	    iid_str(up->local, l), iid_str(up->remote, r));
	if (s->access->opened != NULL) {
		s->access->opened(s);
		return;
	}
	s->ipv6_up = true;
	session_event(s, SESSION_EV_ACCESS_UP, NULL);
}

static void
link_down(void *owner, const char *reason)
{
	struct session *s = owner;

	session_step(s, "down", "%s", reason);
	if (s->access->closed != NULL) {
		s->access->closed(s, reason);
		return;
	}
	s->ipv6_up = false;
	session_event(s, SESSION_EV_ACCESS_DOWN, reason);
}

/* The plugin's words, and pppd_link.c's, for a link that went silent or away
 * without a farewell. */
static bool
is_carrier_loss(const char *reason)
{
	static const char *const words[] = {
		"echo", "hangup", "link lost", "connection lost",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(reason, words[i]) != NULL)
			return true;
	return false;
}

static void
link_gone(void *owner, const char *reason)
{
	struct session *s = owner;

	s->link = NULL;
	s->ipv6_up = false;
	s->ipv4_up = false;
	s->carrier_lost = is_carrier_loss(reason);
	session_step(s, "link-gone", "%s", reason);
	session_event(s, SESSION_EV_LINK_GONE, reason);
}

const struct pppd_link_events access_ppp_plugin = {
	.hello = link_hello,
	.auth = link_auth,
	.eap = link_eap,
	.iid_req = link_iid_req,
	.up = link_up,
	.down = link_down,
	.ipv4 = link_ipv4,
	.gone = link_gone,
};

void
access_ppp_exit(struct engine *e, const struct nasd_priv_pppd_exit *x)
{
	struct session *s = session_find_nr(&e->sessions, x->link_id);
	char text[40];

	if (s == NULL || (s->pid != x->pid && !s->starting))
		return;
	s->pid = 0;
	s->starting = false;
	snprintf(text, sizeof(text), "pppd ended with status 0x%x",
	    (unsigned)x->status);
	session_step(s, "pppd-exit", "%s", text);
	session_event(s, SESSION_EV_LINK_GONE, text);
}
