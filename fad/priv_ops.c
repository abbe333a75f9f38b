/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fad's root side. One ipip device a home agent, and one gre device a visitor
 * whose packets have keys [D233]; two routing tables beside each:
 * into the one lead packets that come out of the tunnel, and it has the
 * visitors of this tunnel and nothing else, so that what is for nobody here
 * is dropped [RFC 3344 4.2.2]; into the other lead packets of those visitors
 * that are to be tunnelled back, by a rule for each. The host's own routes are
 * not touched: nobody's packets but those of the tunnel go to a visitor, so
 * that who agrees with a home agent of its own upon another's address gets
 * nothing by it; and that two home agents may have given the same one, if they
 * visit on different links [PROTOCOLS D140, D189].
 *
 * Nothing is believed of the engine: links must be configured, home agents too
 * where the configuration demands it, addresses be those of hosts.
 */
#include "config.h"
#define LOG_MODULE "priv"
#include "fad/priv_ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/ip4.h"
#include "common/log.h"
#include "common/netlink.h"
#include "common/priv.h"
#include "common/sysctl.h"
#include "common/table.h"
#include "fad/fad_config.h"
#include "fad/priv_sweep.h"
#include "fad/priv_sysctl.h"

struct slot {
	struct table_node	by_end;
	struct fad_priv_tunnel	end;
	unsigned		ifindex;	/* 0: free */
	unsigned		next_free;	/* place + 1 of another */
};

struct priv_state {
	const struct fad_config	*conf;
	struct nl		*nl;
	struct known		 known;		/* own index of the config */
	struct table		 by_end;
	struct slot		*slots;		/* max-tunnels */
	unsigned		 free;		/* place + 1 of the first */
	int			 rp_was[FAD_LINKS_MAX];
	bool			 started;
};

static bool
end_eq(const struct table_node *n, const void *key)
{
	const struct slot *s = container_of(n, struct slot, by_end);

	return memcmp(&s->end, key, sizeof(s->end)) == 0;
}

static uint64_t
end_hash(const struct priv_state *s, const struct fad_priv_tunnel *end)
{
	return table_hash(&s->by_end, end, sizeof(*end));
}

static struct slot *
find_slot(struct priv_state *s, const struct fad_priv_tunnel *end)
{
	struct table_node *n = table_find(&s->by_end, end_hash(s, end),
	    end_eq, end);

	return n ? container_of(n, struct slot, by_end) : NULL;
}

static unsigned
place_of(const struct priv_state *s, const struct slot *t)
{
	return (unsigned)(t - s->slots);
}

/* Of packets out of the tunnel, and of those back into it. */
static uint32_t
table_in(const struct priv_state *s, const struct slot *t)
{
	return s->conf->table + 2 * place_of(s, t);
}

static uint32_t
table_out(const struct priv_state *s, const struct slot *t)
{
	return table_in(s, t) + 1;
}

static void
tunnel_name(const struct priv_state *s, const struct slot *t,
    char name[static IFNAMSIZ])
{
	snprintf(name, IFNAMSIZ, FAD_TUNNEL_NAME "%u", place_of(s, t));
}

static bool
is_host(const struct fad_config *c, struct in_addr addr)
{
	size_t i;

	for (i = 0; i < c->n_links; i++)
		if (c->links[i].address.s_addr == addr.s_addr)
			return false;
	return ip4_is_host(addr) && addr.s_addr != c->care_of.s_addr;
}

static bool
tunnel_allowed(const struct priv_state *s, const struct fad_priv_tunnel *q)
{
	const struct home_agent *ha = known_home_agent(&s->known, q->ha);

	if (!is_host(s->conf, q->ha) || (s->conf->known_only && !ha))
		return false;
	if (q->gre.own == 0)
		return q->gre.peer == 0;
	return q->gre.peer != 0 &&
	    fad_config_gre(s->conf, ha) != FAD_GRE_REFUSE;
}

static struct slot *
take_slot(struct priv_state *s, const struct fad_priv_tunnel *end)
{
	struct slot *t;

	if (s->free == 0)
		return NULL;
	t = &s->slots[s->free - 1];
	s->free = t->next_free;
	t->end = *end;
	table_insert(&s->by_end, &t->by_end, end_hash(s, end));
	return t;
}

static void
give_slot(struct priv_state *s, struct slot *t)
{
	table_remove(&s->by_end, &t->by_end);
	t->ifindex = 0;
	t->next_free = s->free;
	s->free = place_of(s, t) + 1;
}

static void
put_tunnel_rule(struct priv_state *s, const struct slot *t, bool add)
{
	char name[IFNAMSIZ];
	struct nl_rule4 rule = {
		.iif = name, .table = table_in(s, t),
		.priority = s->conf->rule_priority,
	};
	const struct nl_route4 nobody = {
		.table = table_in(s, t), .type = RTN_BLACKHOLE,
	};

	tunnel_name(s, t, name);
	if (add) {
		nl_route4_replace(s->nl, &nobody);
		nl_rule4_add(s->nl, &rule, NL_IGN_EXIST);
	} else {
		nl_rule4_del(s->nl, &rule, NL_IGN_NOENT);
		nl_route4_del(s->nl, &nobody, NL_IGN_NOENT);
	}
}

static int
tunnel_down(struct priv_state *s, struct slot *t)
{
	char name[IFNAMSIZ];

	tunnel_name(s, t, name);
	nl_begin(s->nl);
	nl_link_del(s->nl, name, NL_IGN_NOENT);
	put_tunnel_rule(s, t, false);
	return nl_commit(s->nl, NULL, 0);
}

static void
add_device(struct priv_state *s, const struct slot *t, const char *name)
{
	const struct nl_gre g = { s->conf->care_of, t->end.ha,
		t->end.gre.peer };
	uint32_t mtu = s->conf->tunnel_mtu;

	if (t->end.gre.own)
		nl_gre_add(s->nl, name, &g, t->end.gre.own,
		    mtu - GRE_KEY_HEAD, 0);
	else
		nl_ipip_add(s->nl, name, g.local, g.remote, mtu, 0);
}

/* The reverse path leads elsewhere; and there is no IPv6 in IP in IP, nor is it
 * to be in GRE. */
static int
be_fit(const struct slot *t, const char *name)
{
	int err = sysctl_lax(name);

	if (err < 0)
		return err;
	return t->end.gre.own ? sysctl_no_ipv6(name) : 0;
}

/* What comes out of it must not find the host's routes: up last. It has an
 * address only because the kernel's loose check of the reverse path lets
 * nothing in from a device without one. */
static int
tunnel_up(struct priv_state *s, struct slot *t)
{
	char name[IFNAMSIZ];
	struct nl_route4 back = { .table = table_out(s, t) };
	int err;

	tunnel_name(s, t, name);
	nl_begin(s->nl);
	add_device(s, t, name);
	put_tunnel_rule(s, t, true);
	err = nl_commit(s->nl, NULL, 0);
	if (err)
		return err;
	t->ifindex = back.ifindex = nl_ifindex(name);
	if (t->ifindex == 0)
		return -ENODEV;
	err = be_fit(t, name);
	if (err)
		return err;
	nl_begin(s->nl);
	nl_addr4_add(s->nl, t->ifindex, s->conf->care_of, NL_IGN_EXIST);
	nl_link_set_up(s->nl, t->ifindex, true);
	nl_route4_replace(s->nl, &back);
	return nl_commit(s->nl, NULL, 0);
}

static int
tunnel_add(struct priv_call *c)
{
	struct priv_state *s = c->state;
	struct fad_priv_tunnel q;
	char ha[INET_ADDRSTRLEN];
	struct slot *t;
	int err;

	memcpy(&q, c->body, c->len);
	if (!tunnel_allowed(s, &q))
		return -EPERM;
	if (find_slot(s, &q))
		return 0;
	t = take_slot(s, &q);
	if (!t)
		return -ENOSPC;
	err = tunnel_up(s, t);
	inet_ntop(AF_INET, &q.ha, ha, sizeof(ha));
	if (err) {
		(void)tunnel_down(s, t);
		give_slot(s, t);
		return err;
	}
	log_info(ha, "tunnel " FAD_TUNNEL_NAME "%u made%s", place_of(s, t),
	    q.gre.own ? ", GRE" : "");
	return 0;
}

static int
tunnel_del(struct priv_call *c)
{
	struct priv_state *s = c->state;
	struct fad_priv_tunnel q;
	char ha[INET_ADDRSTRLEN];
	struct slot *t;
	int err;

	memcpy(&q, c->body, c->len);
	t = find_slot(s, &q);
	if (!t)
		return 0;
	err = tunnel_down(s, t);
	inet_ntop(AF_INET, &q.ha, ha, sizeof(ha));
	log_info(ha, "tunnel " FAD_TUNNEL_NAME "%u removed", place_of(s, t));
	give_slot(s, t);
	return err;
}

/* A visit request, checked; the ifindex of its link or -errno. */
static int
visit_link(const struct priv_state *s, const struct fad_priv_visit *q)
{
	unsigned ifindex;

	if (q->link >= s->conf->n_links || q->reverse > 1 ||
	    !is_host(s->conf, q->home) || !tunnel_allowed(s, &q->tunnel) ||
	    (q->lladdr[0] & 1))
		return -EPERM;
	ifindex = nl_ifindex(s->conf->links[q->link].name);
	return ifindex ? (int)ifindex : -ENODEV;
}

static struct nl_rule4
visit_rule(const struct priv_state *s, const struct slot *t,
    const struct fad_priv_visit *q)
{
	return (struct nl_rule4){
		.iif = s->conf->links[q->link].name, .src = q->home,
		.table = table_out(s, t), .priority = s->conf->rule_priority,
	};
}

static void
put_visit_del(struct priv_state *s, const struct slot *t,
    const struct fad_priv_visit *q, unsigned link)
{
	const struct nl_rule4 rule = visit_rule(s, t, q);
	const struct nl_route4 route = {
		.dst = q->home, .dst_len = 32, .ifindex = link,
		.table = table_in(s, t),
	};

	nl_rule4_del(s->nl, &rule, NL_IGN_NOENT);
	nl_route4_del(s->nl, &route, NL_IGN_NOENT);
	if (link != 0)
		nl_neigh4_del(s->nl, link, q->home, NL_IGN_NOENT);
}

static int
visit_add(struct priv_call *c)
{
	struct priv_state *s = c->state;
	struct fad_priv_visit q;
	struct nl_route4 route = { .dst_len = 32 };
	struct nl_rule4 rule;
	struct slot *t;
	int link, err;

	memcpy(&q, c->body, c->len);
	link = visit_link(s, &q);
	if (link < 0)
		return link;
	t = find_slot(s, &q.tunnel);
	if (!t)
		return -ENODEV;
	route.dst = q.home;
	route.ifindex = (unsigned)link;
	route.table = table_in(s, t);
	rule = visit_rule(s, t, &q);
	nl_begin(s->nl);
	nl_neigh4_replace(s->nl, (unsigned)link, q.home, q.lladdr);
	nl_route4_replace(s->nl, &route);
	if (q.reverse)
		nl_rule4_add(s->nl, &rule, NL_IGN_EXIST);
	err = nl_commit(s->nl, NULL, 0);
	if (err) {
		nl_begin(s->nl);
		put_visit_del(s, t, &q, (unsigned)link);
		(void)nl_commit(s->nl, NULL, 0);
	}
	return err;
}

static int
visit_del(struct priv_call *c)
{
	struct priv_state *s = c->state;
	struct fad_priv_visit q;
	struct slot *t;
	int link;

	memcpy(&q, c->body, c->len);
	link = visit_link(s, &q);
	/* Of a link that has gone only the rule is left, which is by name. */
	if (link == -EPERM)
		return link;
	t = find_slot(s, &q.tunnel);
	if (!t)
		return 0;
	nl_begin(s->nl);
	put_visit_del(s, t, &q, link < 0 ? 0 : (unsigned)link);
	return nl_commit(s->nl, NULL, 0);
}

static void
engine_gone(void *state)
{
	struct priv_state *s = state;
	size_t i;

	if (!s->started)
		return;
	priv_sweep(s->nl, s->conf);
	for (i = 0; i < s->conf->n_links; i++)
		if (s->rp_was[i] >= 0)
			sysctl_rp_filter(s->conf->links[i].name,
			    (char)s->rp_was[i]);
	s->started = false;
}

static const struct priv_op ops[] = {
	{ FAD_PRIV_TUNNEL_ADD, "tunnel-add", sizeof(struct fad_priv_tunnel),
	    sizeof(struct fad_priv_tunnel), tunnel_add, false },
	{ FAD_PRIV_TUNNEL_DEL, "tunnel-del", sizeof(struct fad_priv_tunnel),
	    sizeof(struct fad_priv_tunnel), tunnel_del, false },
	{ FAD_PRIV_VISIT_ADD, "visit-add", sizeof(struct fad_priv_visit),
	    sizeof(struct fad_priv_visit), visit_add, false },
	{ FAD_PRIV_VISIT_DEL, "visit-del", sizeof(struct fad_priv_visit),
	    sizeof(struct fad_priv_visit), visit_del, false },
};

static int
set_up(struct priv_state *s)
{
	uint32_t i;
	size_t k;

	if (known_init(&s->known) || table_init(&s->by_end))
		return -ENOMEM;
	s->slots = calloc(s->conf->max_tunnels, sizeof(*s->slots));
	if (!s->slots)
		return -ENOMEM;
	for (i = s->conf->max_tunnels; i > 0; i--) {
		s->slots[i - 1].next_free = s->free;
		s->free = i;
	}
	for (k = 0; k < s->conf->n_home_agents; k++)
		known_add_home_agent(&s->known, &s->conf->home_agents[k]);
	for (k = 0; k < FAD_LINKS_MAX; k++)
		s->rp_was[k] = -1;
	return 0;
}

struct priv_state *
priv_ops_new(const struct fad_config *conf, struct priv_server *server)
{
	struct priv_state *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->conf = conf;
	if (set_up(s)) {
		priv_ops_free(s);
		errno = ENOMEM;
		return NULL;
	}
	memset(server, 0, sizeof(*server));
	server->ops = ops;
	server->n_ops = sizeof(ops) / sizeof(ops[0]);
	server->state = s;
	server->engine_gone = engine_gone;
	return s;
}

/* Said at the start what would else be said of every visitor. */
static int
probe_gre(struct priv_state *s)
{
	const struct nl_gre g = { s->conf->care_of, s->conf->care_of, 1 };
	int err;

	if (!s->conf->any_gre)
		return 0;
	nl_begin(s->nl);
	nl_gre_add(s->nl, FAD_TUNNEL_NAME "0", &g, 1, s->conf->tunnel_mtu, 0);
	nl_link_del(s->nl, FAD_TUNNEL_NAME "0", 0);
	err = nl_commit(s->nl, NULL, 0);
	if (err)
		log_errorx(NULL, "gre: the kernel refuses a device for it: "
		    "%s; is there ip_gre?", strerror(-err));
	return err;
}

int
priv_ops_start(struct priv_state *s)
{
	size_t i;
	int err;

	s->nl = nl_open();
	if (!s->nl)
		return -errno;
	err = sysctl_forward();
	if (err < 0) {
		log_errorx(NULL, "net.ipv4.ip_forward: %s", strerror(-err));
		return err;
	}
	if (err == 0)
		log_info(NULL, "net.ipv4.ip_forward switched on");
	priv_sweep(s->nl, s->conf);
	err = probe_gre(s);
	if (err)
		return err;
	s->started = true;
	for (i = 0; i < s->conf->n_links; i++) {
		s->rp_was[i] = sysctl_lax(s->conf->links[i].name);
		if (s->rp_was[i] < 0)
			log_warnx(s->conf->links[i].name, "rp_filter: %s",
			    strerror(-s->rp_was[i]));
	}
	return 0;
}

void
priv_ops_free(struct priv_state *s)
{
	if (!s)
		return;
	if (s->nl)
		nl_close(s->nl);
	known_free(&s->known);
	table_free(&s->by_end);
	free(s->slots);
	free(s);
}
