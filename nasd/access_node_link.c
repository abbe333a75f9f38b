/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See access_node.h: links of access nodes, what is heard on them, and what the
 * root side is to make of them. A link's session begins with what says that the
 * mobile node is there, or with the link itself; it is authorised by the
 * configuration. Neighbours: access_node.c, what sessions ask; node.c, which
 * decides what counts; access_move.c; access_node_show.c.
 *
 * The root side is told what a link is to be like, again and again; only the
 * answer to the last request counts.
 */
#define LOG_MODULE "node"
#include "nasd/access_node_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>

#include "common/log.h"
#include "common/netlink_watch.h"
#include "common/priv.h"
#include "nasd/access.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/node.h"
#include "nasd/priv_ops.h"
#include "nasd/session.h"
#include "nasd/session_in.h"

#define READ_TURN	64	/* packets read at once */

/* ---- descriptors ---- */

/* The root side has the same file open, so the event goes first. */
static void
close_event(struct event **ev)
{
	int fd;

	if (*ev == NULL)
		return;
	fd = event_get_fd(*ev);
	event_free(*ev);
	close(fd);
	*ev = NULL;
}

static void
watch(struct node_link *l, struct event **ev, int fd, event_callback_fn fn)
{
	close_event(ev);
	*ev = event_new(l->all->engine->base, fd, EV_READ | EV_PERSIST, fn, l);
	if (*ev == NULL) {
		close(fd);
		log_errorx(l->cfg->ifname, "out of memory to hear it");
	} else if (event_add(*ev, NULL) != 0) {
		close_event(ev);
		log_errorx(l->cfg->ifname, "out of memory to hear it");
	}
}

/* ---- the root side ---- */

static void	 tunnel_readable(evutil_socket_t, short, void *);

/* Through the tunnel, as the mobile node has said it. */
static void
deliver_kept(struct node_link *l)
{
	const struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = l->tunnel,
	};
	const uint8_t *packet;
	size_t len;

	if (l->ev_tunnel == NULL)
		return;
	while (node_take_kept(&l->node, &packet, &len))
		if (sendto(event_get_fd(l->ev_tunnel), packet, len,
		    MSG_DONTWAIT, (const struct sockaddr *)&ll,
		    sizeof(ll)) != -1)
			l->said++;
		else
			log_debug(l->cfg->ifname, "a packet that was kept is "
			    "lost: %s", strerror(errno));
}

static void
take_tunnel(struct node_link *l, int fd)
{
	struct sockaddr_ll ll = { .sll_ifindex = 0 };
	socklen_t len = sizeof(ll);

	(void)getsockname(fd, (struct sockaddr *)&ll, &len);
	l->tunnel = ll.sll_ifindex;
	watch(l, &l->ev_tunnel, fd, tunnel_readable);
}

static void
set_done(struct node_link *l, enum expect expect, int status)
{
	struct session *s = l->session;

	if (s == NULL || expect == NOTHING)
		return;
	if (status != 0) {
		session_step(s, "tunnel-failed", "%s", strerror(-status));
		session_event(s, SESSION_EV_INSTALL_FAILED,
		    strerror(-status));
		return;
	}
	if (expect == ADDRESS) {
		l->has_coa = true;
		if (!l->node.ppp || l->ipv6cp)
			session_event(s, SESSION_EV_IID_ASKED, NULL);
		return;
	}
	l->node.passing = true;
	session_step(s, expect == BRIDGE ? "bridged" : "bridge-changed", NULL);
	deliver_kept(l);
	if (expect == BRIDGE)
		session_event(s, SESSION_EV_INSTALLED, NULL);
}

static void
was_set(void *arg, int status, const void *body, size_t len, int fd)
{
	struct node_link *l = arg;
	enum expect expect = l->expect;

	(void)body;
	(void)len;
	if (fd != -1 && l->session != NULL)
		take_tunnel(l, fd);
	else if (fd != -1)
		close(fd);
	if (--l->unanswered > 0)
		return;
	l->expect = NOTHING;
	set_done(l, expect, status);
}

/* What comes to it is told apart by a key already when it is asked for; the
 * home agent's own key comes with its answer. */
static void
prepare_gre(struct session *s)
{
	if (!s->ha->gre)
		s->gre = (struct gre_keys){ .own = 0 };
	else if (s->gre.own == 0)
		s->gre.own = mip_client_new_gre(s->engine->mip);
}

void
access_node_name(const struct node_link *l, struct nasd_priv_node_name *q)
{
	*q = (struct nasd_priv_node_name){ .coa = { l->node.ppp ?
		l->coa.s_addr : INADDR_ANY } };
	snprintf(q->ifname, sizeof(q->ifname), "%s", l->cfg->ifname);
}

/* Without a key of the home agent's what comes is known by its source alone,
 * and may pass before there is an answer: with that comes the first Router
 * Advertisement; on PPP IPv6CP waits for it, and who was imported is sent
 * packets here as soon as its binding has moved [D200]. Behind a foreign agent
 * there is no tunnel before the answer. */
static bool
may_pass_early(const struct node_link *l)
{
	return l->node.ppp || (l->node.has_mn &&
	    l->session->gre.own == 0 && l->cfg->via_fa.s_addr == INADDR_ANY);
}

void
access_node_ask(struct node_link *l, bool carry, enum expect expect)
{
	struct session *s = l->session;
	struct nasd_priv_node_set q = { .coa = l->coa, .ppp = l->node.ppp,
		.ha = s->ha->addr, .via = l->cfg->via_fa };

	/* Behind a foreign agent nothing before the home agent has given it. */
	if (q.via.s_addr != INADDR_ANY)
		q.coa = s->home;
	else if (expect == ADDRESS)
		prepare_gre(s);
	q.gre = s->gre;
	snprintf(q.ifname, sizeof(q.ifname), "%s", l->cfg->ifname);
	if (carry)
		q.carry = NASD_PRIV_CARRY_BOTH;
	else if (expect == ADDRESS && may_pass_early(l))
		q.carry = NASD_PRIV_CARRY_DOWN;
	memcpy(q.mn, l->node.mn, sizeof(q.mn));
	memcpy(q.router, l->node.router, sizeof(q.router));
	if (expect != CHANGE || l->expect != BRIDGE)
		l->expect = expect;
	l->node.passing &= carry;
	l->set = true;
	l->unanswered++;
	if (priv_request(l->all->engine->priv, NASD_PRIV_NODE_SET, &q,
	    sizeof(q), was_set, l) == 0)
		return;
	l->unanswered--;
	l->expect = NOTHING;
	if (expect != NOTHING)
		session_event(l->session, SESSION_EV_INSTALL_FAILED,
		    "out of memory");
}

void
access_node_unset(struct node_link *l)
{
	struct nasd_priv_node_name q;

	close_event(&l->ev_tunnel);
	l->node.passing = false;
	l->expect = NOTHING;
	l->set = false;
	access_node_name(l, &q);
	if (priv_request(l->all->engine->priv, NASD_PRIV_NODE_DEL, &q,
	    sizeof(q), NULL, NULL) != 0)
		log_errorx(l->cfg->ifname, "its tunnel may be left");
}

/* ---- a session's beginning ---- */

static void
authorise(struct session *s, const struct node_link *l)
{
	const struct config_node *cfg = l->cfg;
	struct aaa_grant g = { .mode = AAA_MODE_SHARED, .has_mn_ha = true,
		.idle_timeout = cfg->idle_s };

	snprintf(g.user, sizeof(g.user), "%s", cfg->nai);
	mip4_sa_copy(&g.mn_ha, &cfg->sa);
	if (l->imported)
		g.home_agent[g.n_home_agents++] = l->from;
	else
		while (g.n_home_agents < cfg->n_ha) {
			g.home_agent[g.n_home_agents] =
			    cfg->ha[g.n_home_agents];
			g.n_home_agents++;
		}
	session_in_aaa(s, AAA_ACCEPT, &g, NULL);
	aaa_grant_wipe(&g);
}

bool
access_node_may_begin(const struct node_link *l)
{
	return l->session == NULL && l->open && l->all->resumed &&
	    access_node_agent_is_there(l) &&
	    session_refusal(l->all->engine) == NULL;
}

bool
access_node_begin(struct node_link *l, const char *why)
{
	struct engine *e = l->all->engine;
	struct session *s;
	uint32_t nr;

	if (!access_node_may_begin(l))
		return false;
	s = session_new(e, &access_node, clock_mono(e->clock));
	if (s == NULL)
		return false;
	access_node_agent_look(l);
	nr = s->nr;
	s->node = l;
	l->session = s;
	l->said = 0;
	l->attached = true;
	access_node_moved(l, false);
	l->waits = false;
	session_set_device(s, l->cfg->ifname);
	session_set_user(s, l->cfg->nai);
	session_set_ifname(s, l->cfg->ifname);
	if (l->node.has_mn)
		session_calling(s->calling, l->node.mn);
	session_step(s, "attached", "%s", why);
	session_event(s, SESSION_EV_LINK_UP, NULL);
	session_event(s, SESSION_EV_AUTH_ASKED, NULL);
	if (session_find_nr(&e->sessions, nr) == s)
		authorise(s, l);
	return true;
}

static void
begin_proactive(struct node_link *l)
{
	if (l->cfg->proactive && l->carrier && !l->exported)
		(void)access_node_begin(l, "the link is up");
}

void
access_node_go_on(struct node_link *l)
{
	bool waited = l->waits;

	l->waits = false;
	if (!waited)
		begin_proactive(l);
	else if (!access_node_begin(l, "the foreign agent is there"))
		node_forget(&l->node, 0);
}

static void
again_fire(struct timer *t)
{
	struct node_link *l = container_of(t, struct node_link, again);

	/* Else it says so when it is. */
	if (access_node_agent_is_there(l))
		access_node_go_on(l);
}

/* ---- what is heard ---- */

/* Or will be, with what was asked for. */
static bool
is_bridged(const struct node_link *l)
{
	return l->node.passing || l->expect == BRIDGE || l->expect == CHANGE;
}

/* The mobile node speaks: it gets what it has not yet. */
static void
triggered(struct node_link *l)
{
	struct session *s = l->session;

	if (s == NULL) {
		/* Who is not served keeps no place: the link may have another
		 * mobile node when there are sessions again. But of a foreign
		 * agent only its next advertisement may be missing. */
		if (access_node_begin(l, "solicitation"))
			return;
		l->waits = l->open && !access_node_agent_is_there(l);
		if (!l->waits)
			node_forget(&l->node, 0);
		return;
	}
	access_node_came(l);
	if (is_bridged(l) || (s->state != SESSION_ASSIGNED &&
	    s->state != SESSION_UP))
		return;
	if (s->calling[0] == '\0')
		session_calling(s->calling, l->node.mn);
	access_node_ask(l, true, CHANGE);
}

static ssize_t
receive(int fd, uint8_t *buf, size_t cap)
{
	ssize_t n;

	do
		n = recv(fd, buf, cap, MSG_DONTWAIT | MSG_TRUNC);
	while (n == -1 && errno == EINTR);
	return n > (ssize_t)cap ? (ssize_t)cap : n;
}

static void
link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct node_link *l = arg;
	uint8_t buf[2048];
	ssize_t n;

	(void)what;
	for (unsigned i = 0; i < READ_TURN && l->ev_link != NULL; i++) {
		if ((n = receive(fd, buf, sizeof(buf))) < 0)
			return;
		l->node.waits = l->waits;
		if (l->node.ppp)
			node_from_ppp(&l->node, buf, (size_t)n);
		else if (node_from_link(&l->node, buf, (size_t)n))
			triggered(l);
	}
}

void
access_node_hear(struct node_link *l, int fd)
{
	if (fd != -1)
		watch(l, &l->ev_link, fd, link_readable);
	else
		close_event(&l->ev_link);
}

static void
tunnel_readable(evutil_socket_t fd, short what, void *arg)
{
	struct node_link *l = arg;
	uint8_t buf[2048];
	ssize_t n;

	(void)what;
	for (unsigned i = 0; i < READ_TURN && l->ev_tunnel != NULL; i++) {
		if ((n = receive(fd, buf, sizeof(buf))) < 0)
			return;
		if (node_from_tunnel(&l->node, buf, (size_t)n) &&
		    is_bridged(l) && l->session != NULL)
			access_node_ask(l, true, CHANGE);
	}
}

/* ---- links ---- */

struct node_link *
access_node_find(const struct access_nodes *ns, const char *ifname)
{
	for (unsigned i = 0; ns != NULL && i < ns->n; i++)
		if (strcmp(ns->link[i].cfg->ifname, ifname) == 0)
			return (struct node_link *)&ns->link[i];
	return NULL;
}

/* Both are done, in whichever order: it is open, and known whether an earlier
 * nasd's session is its. What that has left without a session goes. */
static void
ready(struct node_link *l)
{
	if (!l->open || !l->all->resumed)
		return;
	if (l->session == NULL)
		access_node_unset(l);
	else if (l->session->state == SESSION_RESUMING)
		session_event(l->session, SESSION_EV_LINK_UP, NULL);
	begin_proactive(l);
}

static void
was_opened(void *arg, int status, const void *body, size_t len, int fd)
{
	struct nasd_priv_node_opened reply;
	struct node_link *l = arg;

	l->opening = false;
	if (status != 0 || fd == -1 || len != sizeof(reply)) {
		log_warnx(l->cfg->ifname, "access node's link can not be "
		    "opened: %s", strerror(-status));
		return;
	}
	memcpy(&reply, body, sizeof(reply));
	node_set_own(&l->node, reply.mac,
	    l->cfg->has_router ? l->cfg->router : NULL);
	watch(l, &l->ev_link, fd, link_readable);
	l->open = l->ev_link != NULL;
	ready(l);
}

void
access_nodes_resumed(struct access_nodes *ns)
{
	ns->resumed = true;
	for (unsigned i = 0; i < ns->n; i++)
		ready(&ns->link[i]);
	/* Those of PPP links that are here again have been asked for. */
	if (ns->n_ppp > 0 && priv_request(ns->engine->priv,
	    NASD_PRIV_NODE_SWEEP, NULL, 0, NULL, NULL) != 0)
		log_errorx(NULL, "tunnels of PPP links may be left");
}

static void
open_link(struct node_link *l)
{
	struct nasd_priv_node_name q = { .ifname = "" };

	if (l->open || l->opening)
		return;
	snprintf(q.ifname, sizeof(q.ifname), "%s", l->cfg->ifname);
	l->opening = priv_request(l->all->engine->priv, NASD_PRIV_NODE_OPEN,
	    &q, sizeof(q), was_opened, l) == 0;
}

static void
lost_link(struct node_link *l, const char *why)
{
	struct session *s = l->session;

	access_node_moved(l, false);	/* who comes next may be anybody */
	if (l->waits)
		node_forget(&l->node, 0);
	l->waits = false;
	if (s == NULL || s->state >= SESSION_CLOSING)
		return;
	l->attached = false;
	s->ipv6_up = false;
	s->carrier_lost = true;
	session_event(s, SESSION_EV_LINK_GONE, why);
}

void
access_nodes_link_is(struct access_nodes *ns, const struct nl_watch_link *is)
{
	struct node_link *l = access_node_find(ns, is->name);
	bool was;

	if (l == NULL)
		return;
	was = l->carrier;
	l->carrier = is->carrier && !is->gone;
	l->ifindex = is->ifindex;
	l->ups = is->ups;
	access_node_check_moved(l);
	if (is->gone) {
		close_event(&l->ev_link);
		l->open = false;
		lost_link(l, "the interface has gone");
		return;
	}
	open_link(l);
	/* Also at the start: an earlier nasd's session may be on it. */
	if (!l->carrier)
		lost_link(l, "no carrier");
	if (!was && l->carrier)
		begin_proactive(l);
}

struct access_nodes *
access_nodes_new(struct engine *e)
{
	const struct nasd_config *cf = e->cfg;
	unsigned n_ppp = nasd_config_ppp_nodes(cf), n = cf->n_node + n_ppp;
	struct access_nodes *ns = calloc(1, sizeof(*ns) +
	    n * sizeof(ns->link[0]));

	if (ns == NULL)
		return NULL;
	ns->engine = e;
	LIST_INIT(&ns->counting);
	ns->n = cf->n_node;
	ns->n_ppp = n_ppp;
	ns->ppp = calloc(n_ppp + 1, sizeof(*ns->ppp));
	if (ns->ppp == NULL) {
		free(ns);
		return NULL;
	}
	ns->coa_ppp = ntohl(cf->coas.first.s_addr) + ns->n;
	for (unsigned i = 0; i < ns->n; i++) {
		struct node_link *l = &ns->link[i];

		l->all = ns;
		l->cfg = &cf->node[i];
		l->coa = l->cfg->via_fa.s_addr != INADDR_ANY ? l->cfg->coa :
		    config_coas_at(&cf->coas, i);
		l->again.fire = again_fire;
		access_node_move_init(l);
		node_init(&l->node, e->clock);
		open_link(l);
	}
	return ns;
}

void
access_nodes_free(struct access_nodes *ns)
{
	struct node_counting *of;

	if (ns == NULL)
		return;
	/* The root side is not asked any more. */
	while ((of = LIST_FIRST(&ns->counting)) != NULL) {
		LIST_REMOVE(of, link);
		free(of);
	}
	for (unsigned i = 0; i < ns->n + ns->n_ppp; i++) {
		timer_cancel(&ns->engine->timers, &ns->link[i].again);
		timer_cancel(&ns->engine->timers, &ns->link[i].wait);
		close_event(&ns->link[i].ev_link);
		close_event(&ns->link[i].ev_tunnel);
	}
	free(ns->ppp);
	free(ns);
}
