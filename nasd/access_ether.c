/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See access_ether.h. A link is served as long as the kernel has its interface
 * and nasd runs; its session comes and goes. Neighbours: access_dhcp6.c, what
 * DHCPv6 is to any session; priv_plane.c, which lets nothing pass on such a
 * link without a session.
 */
#define LOG_MODULE "session"
#include "nasd/access_ether.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net/if.h>

#include "common/icmp6.h"
#include "common/log.h"
#include "common/netlink_watch.h"
#include "nasd/access.h"
#include "nasd/access_dhcp6.h"
#include "nasd/dhcp6.h"
#include "nasd/engine.h"
#include "nasd/nai.h"
#include "nasd/ra.h"
#include "nasd/session.h"
#include "nasd/session_in.h"
#include "nasd/session_rec.h"
#include "nasd/tunnel.h"

#define DUID_LLT	1
#define DUID_LL		3
#define HW_ETHERNET	1	/* of a DUID */
#define MAC_LEN		6

struct ether {
	struct engine			*engine;
	const struct config_ether	*cfg;
	unsigned			 ifindex;	/* 0: not there */
	unsigned			 mtu;
	bool				 up;
	struct dhcp6_link		*dhcp6;		/* NULL: not served */
	struct ra_iface			*ra;		/* the same */
	struct session			*session;	/* or NULL */
	struct in6_addr			 last;		/* home address */
	struct timer			 t_back;	/* of an earlier nasd */
};

struct ethers {
	bool		 resumed;	/* an earlier nasd's sessions */
	unsigned	 n;
	struct ether	 link[];
};

/* ---- a session's beginning ---- */

/* The subscriber's, as far as DHCPv6 tells: of its DUID, or of a link-local
 * address made of it. False: neither. */
static bool
find_mac(const struct dhcp6_asker *a, uint8_t mac[MAC_LEN])
{
	const uint8_t *d = a->duid->b, *ll = a->addr.s6_addr;
	const unsigned type = a->duid->len >= 4 ?
	    (unsigned)d[0] << 8 | d[1] : 0;
	const unsigned hw = a->duid->len >= 4 ? (unsigned)d[2] << 8 | d[3] : 0;

	if (ll[11] == 0xff && ll[12] == 0xfe) {
		memcpy(mac, ll + 8, 3);
		memcpy(mac + 3, ll + 13, 3);
		mac[0] ^= 2;
	} else if (hw == HW_ETHERNET && type == DUID_LL &&
	    a->duid->len == 4 + MAC_LEN) {
		memcpy(mac, d + 4, MAC_LEN);
	} else if (hw == HW_ETHERNET && type == DUID_LLT &&
	    a->duid->len == 8 + MAC_LEN) {
		memcpy(mac, d + 8, MAC_LEN);
	} else {
		return false;
	}
	return true;
}

/* Who asks, as RADIUS is to know him. */
struct line {
	char		calling[SESSION_CALLING];
	struct line_id	circuit, remote;
	char		user[PLUG_NAME];
};

static void
take_line_id(struct line_id *to, const struct dhcp6_relay_id *from)
{
	to->len = from->len < LINE_ID_MAX ? from->len : LINE_ID_MAX;
	memcpy(to->b, from->b, to->len);
}

/* NULL, or why he can be none. */
static const char *
take_line(struct line *n, const struct ether *l, const struct dhcp6_asker *a)
{
	struct nai_parts parts = {
		.interface = l->cfg->ifname,
		.circuit = &n->circuit, .remote = &n->remote,
	};
	uint8_t m[MAC_LEN];

	memset(n, 0, sizeof(*n));
	if (find_mac(a, m)) {
		session_calling(n->calling, m);
		parts.calling = n->calling;
	}
	if (l->cfg->line_ids && a->relay != NULL) {
		if (a->relay->has_interface_id)
			take_line_id(&n->circuit, &a->relay->interface_id);
		take_line_id(&n->remote, &a->relay->remote_id);
	}
	switch (nai_expand(n->user, sizeof(n->user), l->cfg->user, &parts)) {
	case -ENODATA:
		return "its line does not tell what its name is made of";
	case -EMSGSIZE:
	case -EINVAL:
		return "its line's name is too long, or empty";
	}
	return NULL;
}

/* PAP, since that is what RADIUS servers know for lines; the password is the
 * configuration's, or the name again. */
static void
authenticate(struct session *s, const struct config_ether *cfg)
{
	struct plug_auth a = { .kind = PLUG_AUTH_PAP };
	uint32_t nr = s->nr;
	struct engine *e = s->engine;

	_Static_assert(sizeof(cfg->password) <= sizeof(a.secret), "fits");
	memcpy(a.user, s->user, sizeof(a.user));
	a.secret_len = (uint16_t)cfg->password_len;
	memcpy(a.secret, cfg->password, cfg->password_len);
	if (a.secret_len == 0) {
		a.secret_len = (uint16_t)strnlen(a.user, sizeof(a.secret));
		memcpy(a.secret, a.user, a.secret_len);
	}
	s->auth_by = "line";
	s->auth = &a;
	session_step(s, "auth-request", "%s", a.user);
	session_event(s, SESSION_EV_AUTH_ASKED, NULL);
	s = session_find_nr(&e->sessions, nr);
	if (s != NULL)
		s->auth = NULL;
	explicit_bzero(&a, sizeof(a));
}

static void
begin(struct ether *l, const struct dhcp6_asker *a)
{
	struct engine *e = l->engine;
	const char *why = session_refusal(e);
	struct session *s = NULL;
	struct line n;

	if (why == NULL)
		why = take_line(&n, l, a);
	if (why == NULL && (s = session_new(e, &access_ether,
	    clock_mono(e->clock))) == NULL)
		why = "out of memory";
	if (s == NULL) {
		dhcp6_link_refuse(l->dhcp6, why);
		return;
	}
	s->ether = l;
	s->dhcp6 = l->dhcp6;
	l->session = s;
	session_set_device(s, l->cfg->ifname);
	session_set_ifname(s, l->cfg->ifname);
	memcpy(s->calling, n.calling, sizeof(s->calling));
	s->circuit_id = n.circuit;
	s->remote_id = n.remote;
	session_set_user(s, n.user);
	access_dhcp6_solicited(s, a);
	session_event(s, SESSION_EV_LINK_UP, NULL);
	if (l->session == s)
		authenticate(s, l->cfg);
}

/* ---- what DHCPv6 reports ---- */

static void
solicited(void *arg, const struct dhcp6_asker *a)
{
	struct ether *l = arg;

	if (l->session == NULL)
		begin(l, a);
	else
		access_dhcp6_solicited(l->session, a);
}

static void
bound(void *arg)
{
	struct ether *l = arg;

	if (l->session == NULL)
		return;
	l->last = l->session->hoa;
	access_dhcp6_bound(l->session);
}

static void
renewed(void *arg)
{
	struct ether *l = arg;

	if (l->session != NULL)
		access_dhcp6_renewed(l->session);
}

/* Without its address there is nothing of it left. */
static void
ended(void *arg, enum dhcp6_end_cause cause)
{
	struct ether *l = arg;

	if (l->session != NULL)
		access_dhcp6_ended(l->session, cause, SESSION_EV_PEER_LEFT);
}

static const struct dhcp6_events dhcp6_events = {
	.solicited = solicited,
	.bound = bound,
	.renewed = renewed,
	.ended = ended,
};

/* ---- what the session asks ---- */

/* Nothing passes there without a session, whatever has been there before. */
static void
close_link(const struct ether *l)
{
	const struct ethers *ls = l->engine->ethers;

	if (ls != NULL && ls->resumed && l->ifindex != 0)
		tunnels_prepare(l->engine->tunnels, l->cfg->ifname,
		    l->cfg->ifname);
}

static void
detach(struct session *s)
{
	if (s->ether != NULL)
		s->ether->session = NULL;
	s->ether = NULL;
	s->dhcp6 = NULL;
}

/* There is nothing to end but that it has an address: it hears of it when it
 * renews that, or by the farewell of its router. */
static void
ether_close(struct session *s)
{
	struct ether *l = s->ether;

	if (l == NULL)
		return;
	if (s->dhcp6 != NULL)
		dhcp6_link_withdraw(s->dhcp6);
	s->ipv6_up = false;
	detach(s);
	close_link(l);
	session_event(s, SESSION_EV_LINK_GONE, NULL);
}

/* As its session has been granted. */
static void
configure(const struct session *s)
{
	struct dhcp6_link_conf conf;

	access_dhcp6_conf(s->engine->cfg, s, &conf);
	conf.relays = s->ether->cfg->line_ids;
	conf.hint = s->ether->last;
	if (s->dhcp6 != NULL)
		dhcp6_link_configure(s->dhcp6, &conf);
}

static void
ether_auth_result(struct session *s, bool accept)
{
	if (s->ether == NULL)
		return;
	if (!accept) {
		if (s->dhcp6 != NULL)
			dhcp6_link_refuse(s->dhcp6, "not authorized");
		ether_close(s);
		return;
	}
	configure(s);
	/* That is what it has asked for in the first place. */
	session_event(s, SESSION_EV_IID_ASKED, NULL);
}

static void
ether_advertise(struct session *s, const struct icmp6_ra *ra)
{
	if (s->ether != NULL && s->ether->ra != NULL)
		ra_update(s->ether->ra, ra != NULL ? ra : &access_dhcp6_no_way);
}

static bool
ether_is_there(const struct session *s)
{
	return s->ether != NULL;
}

static void
back(struct timer *t)
{
	struct ether *l = container_of(t, struct ether, t_back);

	if (l->session != NULL)
		session_event(l->session, SESSION_EV_LINK_UP, NULL);
}

/* Its link is there or not; its plugin is nobody, so nobody comes back. */
static void
ether_restore(struct session *s, const struct session_rec *r)
{
	struct ethers *ls = s->engine->ethers;
	struct ether *l = NULL;
	unsigned i;

	for (i = 0; ls != NULL && i < ls->n; i++)
		if (strcmp(ls->link[i].cfg->ifname, r->device) == 0)
			l = &ls->link[i];
	if (l == NULL || l->session != NULL || r->phase == REC_ENDING)
		return;
	l->session = s;
	s->ether = l;
	s->dhcp6 = l->dhcp6;
	l->last = r->hoa;
	configure(s);
	s->resumable = access_dhcp6_restore(s, r) && s->reg != NULL &&
	    s->ha != NULL && s->accounting;
	l->t_back.fire = back;
	if (timer_set(&s->engine->timers, &l->t_back, session_now(s)) != 0)
		log_errorx(s->subject, "out of memory for a timer");
}

const struct access access_ether = {
	.kind = ACCESS_ETHER,
	.name = "ethernet",
	.managed = true,
	.confirm = access_nothing,
	.start_refuse = access_nothing,
	.auth_result = ether_auth_result,
	.assign = access_dhcp6_assign,
	.refuse = access_dhcp6_refuse,
	.advertise = ether_advertise,
	.came_up = access_nothing,
	.close = ether_close,
	.kill = ether_close,
	.is_there = ether_is_there,
	.leave = detach,
	.save = access_dhcp6_save,
	.restore = ether_restore,
};

/* ---- links ---- */

static void
advertised(void *arg, const char *key, const char *detail)
{
	struct ether *l = arg;

	if (l->session != NULL)
		session_in_ra(l->session, key, detail);
}

static void
serve(struct ether *l, unsigned ifindex)
{
	struct dhcp6_link_conf conf;

	access_dhcp6_conf(l->engine->cfg, NULL, &conf);
	conf.relays = l->cfg->line_ids;
	l->ifindex = ifindex;
	l->dhcp6 = dhcp6_start(l->engine->dhcp6, ifindex, l->cfg->ifname,
	    &conf, &dhcp6_events, l);
	if (l->dhcp6 == NULL)
		log_error(l->cfg->ifname, "DHCPv6 is not served");
	/* It is there already when only DHCPv6 has failed before. */
	if (l->ra == NULL)
		l->ra = ra_start(l->engine->ra, ifindex, l->cfg->ifname,
		    &access_dhcp6_no_way, advertised, l);
	if (l->ra == NULL)
		log_errorx(l->cfg->ifname, "out of memory to advertise");
	close_link(l);
}

static void
serve_no_more(struct ether *l)
{
	struct dhcp6_link *d = l->dhcp6;

	if (l->ra != NULL)
		ra_stop(l->ra, false);
	l->ra = NULL;
	l->dhcp6 = NULL;
	l->ifindex = 0;
	l->up = false;
	if (l->session != NULL) {
		struct session *s = l->session;

		detach(s);
		s->ipv6_up = false;
		s->carrier_lost = true;
		session_event(s, SESSION_EV_LINK_GONE, "its interface is "
		    "gone");
	}
	if (d != NULL)
		dhcp6_stop(l->engine->dhcp6, d);
}

/* Has it a data path, or is about to, which goes with the link? */
static bool
needs_link(const struct session *s)
{
	return s->ipv6_up || (s->state >= SESSION_WAITING &&
	    s->state <= SESSION_ASSIGNED);
}

/* A cable that is pulled and put back within SESSION_LINGER's limit is no
 * end. */
static void
went(struct ether *l, bool up)
{
	struct session *s = l->session;

	if (l->up == up)
		return;
	l->up = up;
	if (s == NULL || (up ? s->state != SESSION_LINGER : !needs_link(s)))
		return;
	s->ipv6_up = up;
	s->carrier_lost = !up;
	session_event(s, up ? SESSION_EV_ACCESS_UP : SESSION_EV_ACCESS_DOWN,
	    up ? NULL : "its interface is down");
}

void
ethers_link_is(struct ethers *ls, const struct nl_watch_link *is)
{
	unsigned i;

	for (i = 0; ls != NULL && i < ls->n; i++) {
		struct ether *l = &ls->link[i];

		if (strcmp(l->cfg->ifname, is->name) != 0 &&
		    l->ifindex != is->ifindex)
			continue;
		/* gone, renamed, or another of its name */
		if (l->ifindex != 0 && (is->gone ||
		    strcmp(l->cfg->ifname, is->name) != 0 ||
		    l->ifindex != is->ifindex))
			serve_no_more(l);
		if (is->gone || !is->ethernet ||
		    strcmp(l->cfg->ifname, is->name) != 0)
			continue;
		if (l->dhcp6 == NULL)
			serve(l, is->ifindex);
		l->mtu = is->mtu;
		went(l, is->up && is->carrier);
	}
}

void
ethers_resumed(struct ethers *ls)
{
	unsigned i;

	if (ls == NULL)
		return;
	ls->resumed = true;
	for (i = 0; i < ls->n; i++)
		if (ls->link[i].session == NULL)
			close_link(&ls->link[i]);
}

struct ethers *
ethers_new(struct engine *e)
{
	const struct nasd_config *cf = e->cfg;
	struct ethers *ls = calloc(1, sizeof(*ls) +
	    cf->n_ether * sizeof(ls->link[0]));
	unsigned i, ifindex;

	if (ls == NULL)
		return NULL;
	ls->n = cf->n_ether;
	for (i = 0; i < ls->n; i++) {
		struct ether *l = &ls->link[i];

		l->engine = e;
		l->cfg = &cf->ether[i];
		ifindex = if_nametoindex(l->cfg->ifname);
		if (ifindex != 0)
			serve(l, ifindex);
		else
			log_warnx(l->cfg->ifname, "there is no such "
			    "interface yet");
		l->up = ifindex != 0;
	}
	return ls;
}

void
ethers_free(struct ethers *ls)
{
	unsigned i;

	if (ls == NULL)
		return;
	for (i = 0; i < ls->n; i++) {
		timer_cancel(&ls->link[i].engine->timers,
		    &ls->link[i].t_back);
		if (ls->link[i].ra != NULL)
			ra_stop(ls->link[i].ra, true);
		if (ls->link[i].dhcp6 != NULL)
			dhcp6_stop(ls->link[i].engine->dhcp6,
			    ls->link[i].dhcp6);
	}
	free(ls);
}

void
ethers_json(const struct ethers *ls, json_t *list)
{
	unsigned i;

	for (i = 0; ls != NULL && i < ls->n; i++) {
		const struct ether *l = &ls->link[i];

		json_array_append_new(list, access_one_json(l->cfg->ifname,
		    "configured", (int)l->mtu, l->dhcp6 != NULL,
		    l->session != NULL));
	}
}
