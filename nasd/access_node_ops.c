/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an access node's link has decided [node_fsm.h] is carried out: the root
 * side is asked, a session begins, or hears of it. A session begins with what
 * says that the mobile node is there, or with the link itself; it is authorised
 * by the configuration. Neighbours: access_node_link.c, which hears what
 * happens there; access_node.c, what sessions ask; access_move.c.
 *
 * The root side is told what a link is to be like, again and again; only the
 * answer to the last request counts.
 */
#define LOG_MODULE "node"
#include "nasd/access_node_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/access.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/priv_ops.h"
#include "nasd/session.h"
#include "nasd/session_in.h"

static struct node_link *
link_of(struct node_fsm *f)
{
	return container_of(f, struct node_link, fsm);
}

void
access_node_event(struct node_link *l, enum node_event ev)
{
	node_fsm_event(&l->fsm, ev, NULL);
}

/* ---- what is known ---- */

static void
view(const struct node_fsm *f, struct node_view *v)
{
	const struct node_link *l = link_of((struct node_fsm *)f);
	const struct session *s = l->session;

	*v = (struct node_view){
		.proactive = l->cfg->proactive,
		.import_ms = l->cfg->import_s * INT64_C(1000),
		.agent = access_node_agent_is_there(l),
		.takes = session_refusal(l->all->engine) == NULL,
		/* Behind a foreign agent there is no tunnel before the home
		 * agent's answer. */
		.by_source = l->cfg->via_fa.s_addr == INADDR_ANY &&
		    s != NULL && s->ha != NULL && !s->ha->gre,
		.session = s != NULL ? s->state : SESSION_STARTING,
		.cause = l->cause,
	};
}

/* While it is nobody's, whatever goes beyond it says who is there. */
static void
went(const struct node_fsm *f, enum node_state from, enum node_event ev)
{
	struct node_link *l = link_of((struct node_fsm *)f);

	log_debug(l->cfg->ifname, "%s -> %s: %s", node_state_str(from),
	    node_state_str(f->state), node_event_str(ev));
	access_node_hear_data(l, f->state == NODE_IDLE);
}

/* ---- the root side ---- */

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
pass(struct node_fsm *f, bool first)
{
	struct node_link *l = link_of(f);

	session_step(l->session, first ? "bridged" : "bridge-changed", NULL);
	deliver_kept(l);
}

static void
was_set(void *arg, int status, const void *body, size_t len, int fd)
{
	struct node_link *l = arg;

	(void)body;
	(void)len;
	if (fd != -1 && l->session != NULL)
		access_node_hear_tunnel(l, fd);
	else if (fd != -1)
		close(fd);
	if (--l->unanswered > 0)
		return;
	node_fsm_event(&l->fsm, status == 0 ? NODE_EV_SET :
	    NODE_EV_SET_FAILED, status == 0 ? NULL : strerror(-status));
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

static int
ask(struct node_fsm *f, enum node_carry carry, enum node_expect expect)
{
	static const uint8_t passes[] = {
		[NODE_CARRY_NONE] = 0,
		[NODE_CARRY_DOWN] = NASD_PRIV_CARRY_DOWN,
		[NODE_CARRY_BOTH] = NASD_PRIV_CARRY_BOTH,
	};
	struct node_link *l = link_of(f);
	struct session *s = l->session;
	struct nasd_priv_node_set q = { .coa = l->coa, .ppp = l->node.ppp,
		.ha = s->ha->addr, .via = l->cfg->via_fa,
		.carry = passes[carry] };
	int err;

	/* Behind a foreign agent nothing before the home agent has given it. */
	if (q.via.s_addr != INADDR_ANY)
		q.coa = s->home;
	else if (expect == NODE_ADDRESS)
		prepare_gre(s);
	q.gre = s->gre;
	snprintf(q.ifname, sizeof(q.ifname), "%s", l->cfg->ifname);
	memcpy(q.mn, l->node.mn, sizeof(q.mn));
	memcpy(q.router, l->node.router, sizeof(q.router));
	if (carry == NODE_CARRY_BOTH && !l->node.ppp &&
	    s->calling[0] == '\0')
		session_calling(s->calling, l->node.mn);
	l->unanswered++;
	err = priv_request(l->all->engine->priv, NASD_PRIV_NODE_SET, &q,
	    sizeof(q), was_set, l);
	if (err != 0)
		l->unanswered--;
	return err;
}

static void
unset(struct node_fsm *f)
{
	struct node_link *l = link_of(f);
	struct nasd_priv_node_name q;

	access_node_hear_tunnel(l, -1);
	access_node_name(l, &q);
	if (priv_request(l->all->engine->priv, NASD_PRIV_NODE_DEL, &q,
	    sizeof(q), NULL, NULL) != 0)
		log_errorx(l->cfg->ifname, "its tunnel may be left");
}

/* ---- its session ---- */

static void
authorise(struct session *s, const struct node_link *l)
{
	const struct config_node *cfg = l->cfg;
	struct aaa_grant g = { .mode = AAA_MODE_SHARED, .has_mn_ha = true,
		.idle_timeout = cfg->idle_s };

	snprintf(g.user, sizeof(g.user), "%s", cfg->nai);
	mip4_sa_copy(&g.mn_ha, &cfg->sa);
	if (l->fsm.imported)
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

static bool
begin(struct node_fsm *f)
{
	struct node_link *l = link_of(f);
	struct engine *e = l->all->engine;
	struct session *s = session_new(e, &access_node, clock_mono(e->clock));

	if (s == NULL)
		return false;
	access_node_agent_look(l);
	s->node = l;
	l->session = s;
	l->said = 0;
	return true;
}

static void
start(struct node_fsm *f, const char *why)
{
	struct node_link *l = link_of(f);
	struct session *s = l->session;
	struct engine *e = s->engine;
	uint32_t nr = s->nr;

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
}

static void
lose(struct node_fsm *f)
{
	link_of(f)->session->carrier_lost = true;
}

static void
count(struct node_fsm *f)
{
	session_count(link_of(f)->session);
}

static void
tell(struct node_fsm *f, enum session_event ev, const char *why)
{
	struct session *s = link_of(f)->session;

	switch (ev) {
	case SESSION_EV_LINK_GONE:
		s->ipv6_up = false;
		if (!s->carrier_lost)
			session_step(s, "detached", NULL);
		break;
	case SESSION_EV_ACCESS_UP:
		s->ipv6_up = true;
		break;
	case SESSION_EV_INSTALL_FAILED:
		session_step(s, "tunnel-failed", "%s", why);
		break;
	default:
		break;
	}
	session_event(s, ev, why);
}

/* ---- time ---- */

static void
again(struct node_fsm *f, int64_t ms)
{
	struct node_link *l = link_of(f);
	struct engine *e = l->all->engine;

	if (timer_set(&e->timers, &l->again, mono_add_ms(clock_mono(e->clock),
	    ms)) != 0)
		log_errorx(l->cfg->ifname, "out of memory for a timer");
}

static void
again_fire(struct timer *t)
{
	access_node_event(container_of(t, struct node_link, again),
	    NODE_EV_AGAIN);
}

void
access_node_init(struct node_link *l)
{
	static const struct node_fsm_ops ops = {
		.view = view,
		.went = went,
		.moved = access_node_moved,
		.came = access_node_came,
		.never_came = access_node_never_came,
		.count = count,
		.wait = access_node_wait,
		.unset = unset,
		.again = again,
		.pass = pass,
		.ask = ask,
		.begin = begin,
		.start = start,
		.lose = lose,
		.tell = tell,
	};

	l->fsm.ops = &ops;
	l->fsm.node = &l->node;
	node_fsm_init(&l->fsm);
	node_init(&l->node, l->all->engine->clock);
	l->again.fire = again_fire;
	access_node_move_init(l);
}
