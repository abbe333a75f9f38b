/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * had's root side. One sit device a care-of address, or with GRE one device for
 * all access routers and one a mobile node; routes of home prefixes through it;
 * and on its ingress a filter that lets only those prefixes in, because a peer
 * may speak for its own subscribers only [RFC 3024 4.3.2; PROTOCOLS 12]. The
 * filter is a hash in the kernel (flower), so a packet costs the same with a
 * hundred thousand subscribers as with one. A stranger's protocol 41 finds no
 * tunnel, as long as sit0 stays down.
 *
 * Nothing is believed of the engine: care-of addresses must be those of
 * configured peers (priv_place.c), prefixes must lie in configured pools.
 */
#include "config.h"
#define LOG_MODULE "priv"
#include "had/priv_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/log.h"
#include "common/netlink.h"
#include "common/priv.h"
#include "had/had_config.h"
#include "had/nd_open.h"
#include "had/priv_exit.h"
#include "had/priv_place.h"
#include "had/priv_way.h"
#include "had/tunnel.h"

#define ROUTE_MESSAGES	2	/* of the kernel, for one of ours */
#define PRIO_LINK	5	/* filters: what stays on the link */
#define PRIO_PASS	10	/* the bound prefixes */
#define PRIO_DROP	20	/* everything else */
/* Behind any route of a subscriber: what nobody is bound to is unreachable,
 * or it would go round between us and the next router. */
#define POOL_METRIC	4096

struct priv_state {
	const struct had_config	*conf;
	struct nl		*nl;
	struct priv_places	 places;
	struct priv_ways	 ways;
	bool			 started;
	/* Changes of routes that are prepared [priv.h, together]: where the
	 * messages of each begin in the batch, and how many there are. */
	unsigned		 part[PRIV_TOGETHER];
	unsigned		 n_parts, n_messages;
};

/* What a mobile node behind an access node says on its link is heard by the
 * engine, which answers. The kernel has the same address on the device, and no
 * link-layer address of Ethernet's to tell. */
static void
drop_link(struct priv_state *s, unsigned ifindex)
{
	const struct nl_flower local = { .drop = true, .prio = PRIO_LINK,
		.dst = { .s6_addr = { 0xfe, 0x80 } }, .dst_len = 10 };
	const struct nl_flower groups = { .drop = true, .prio = PRIO_LINK,
		.dst = { .s6_addr = { 0xff } }, .dst_len = 8 };

	nl_flower_add(s->nl, ifindex, &local);
	nl_flower_add(s->nl, ifindex, &groups);
}

/* A device without its filter would let anything in: so it comes up last. */
static int
tunnel_up(struct priv_state *s, const struct priv_place *p)
{
	unsigned ifindex = p->ifindex;
	int err;

	nl_begin(s->nl);
	nl_clsact_add(s->nl, ifindex, 0);
	if (p->peer && p->peer->nodes)
		drop_link(s, ifindex);
	nl_filter_drop_all(s->nl, ifindex, PRIO_DROP);
	nl_link_set_up(s->nl, ifindex, true);
	err = ifindex ? nl_commit(s->nl, NULL, 0) : -ENODEV;
	if (err) {
		nl_begin(s->nl);
		nl_link_del(s->nl, p->name, NL_IGN_NOENT);
		(void)nl_commit(s->nl, NULL, 0);
	}
	return err;
}

static uint32_t
at_least(uint32_t mtu)
{
	return mtu < TUNNEL_MTU_MIN ? TUNNEL_MTU_MIN : mtu;
}

static void
add_device(struct priv_state *s, const struct priv_place *p)
{
	const struct nl_gre g = { s->conf->address, p->end.coa,
		p->end.gre.peer };
	uint32_t mtu = s->conf->tunnel_mtu;

	switch (p->end.way) {
	case HAD_WAY_GRE_COMMON:
		nl_gre_external_add(s->nl, p->name, mtu - GRE_KEY_HEAD, 0);
		break;
	case HAD_WAY_GRE:
		nl_gre_add(s->nl, p->name, &g, p->end.gre.own,
		    mtu - GRE_KEY_HEAD, 0);
		break;
	case HAD_WAY_NESTED:
		nl_sit_add(s->nl, p->name, g.local, g.remote,
		    at_least(mtu - TUNNEL_OUTER), 0);
		break;
	case HAD_WAY_NESTED_GRE:
		nl_sit_on_add(s->nl, p->name, p->way_ifindex, g.local,
		    g.remote, at_least(mtu - GRE_KEY_HEAD - TUNNEL_OUTER), 0);
		break;
	default:
		nl_sit_add(s->nl, p->name, g.local, g.remote, mtu, 0);
	}
}

static int
make_tunnel(struct priv_state *s, struct priv_place *p)
{
	bool again = p->ifindex != 0;
	int err;

	nl_begin(s->nl);
	if (again)
		nl_link_del(s->nl, p->name, NL_IGN_NOENT);
	p->ifindex = 0;
	add_device(s, p);
	err = nl_commit(s->nl, NULL, 0);
	if (err)
		return err;
	p->ifindex = nl_ifindex(p->name);
	err = tunnel_up(s, p);
	if (err)
		p->ifindex = 0;
	else
		log_info(priv_place_subject(p), "tunnel %s made%s", p->name,
		    again ? " anew" : "");
	return err;
}

static int
remove_tunnel(struct priv_state *s, struct priv_place *p)
{
	int err = 0;

	if (p->ifindex) {
		nl_begin(s->nl);
		nl_link_del(s->nl, p->name, NL_IGN_NOENT);
		err = nl_commit(s->nl, NULL, 0);
		if (err)
			return err;
		log_info(priv_place_subject(p), "tunnel %s removed", p->name);
	}
	priv_way_leave(&s->ways, s->nl, p);
	priv_place_put(&s->places, p);
	return 0;
}

static int
tunnel_add(struct priv_call *c)
{
	struct had_priv_tunnel_added reply = { 0 };
	struct priv_state *s = c->state;
	struct had_priv_tunnel q;
	struct priv_place *p;
	unsigned below;
	int err;

	memcpy(&q, c->body, c->len);
	p = priv_place_get(&s->places, &q, &err);
	if (!p)
		return err;
	below = p->way_ifindex;
	err = priv_place_is_nested(&q) ?
	    priv_way_take(&s->ways, s->nl, p, q.via) : 0;
	/* An operator may have removed it, or set it down: then its routes
	 * have gone, and perhaps its filters. Or it is on a device that was
	 * there before. */
	reply.made = !p->ifindex || !nl_link_is_up(p->name, p->ifindex) ||
	    (q.way == HAD_WAY_NESTED_GRE && below != p->way_ifindex);
	if (err == 0 && reply.made)
		err = make_tunnel(s, p);
	if (err) {
		(void)remove_tunnel(s, p);
		return err;
	}
	reply.ifindex = p->ifindex;
	reply.way = p->way_ifindex;
	return priv_reply(c, &reply, sizeof(reply));
}

static int
tunnel_del(struct priv_call *c)
{
	struct priv_state *s = c->state;
	struct had_priv_tunnel q;
	struct priv_place *p;
	int err;

	memcpy(&q, c->body, c->len);
	p = priv_place_used(&s->places, &q, &err);
	if (!p)
		return err == -ENODEV ? 0 : err;
	return remove_tunnel(s, p);
}

static int
open_nd(struct priv_call *c)
{
	struct priv_state *s = c->state;
	struct had_priv_tunnel q;
	struct priv_place *p;
	int err;

	memcpy(&q, c->body, c->len);
	p = priv_place_used(&s->places, &q, &err);
	if (!p)
		return err;
	if (!p->peer || !p->peer->nodes)
		return -EPERM;
	err = nd_open(p->ifindex);
	if (err < 0)
		return err;
	c->fd = err;
	return 0;
}

static bool
prefix_allowed(const struct had_config *conf, const struct had_priv_route *q)
{
	static const uint8_t zero[8];
	size_t i;

	if (q->len == 64 && memcmp(&q->prefix.s6_addr[8], zero, 8) != 0)
		return false;
	for (i = 0; i < conf->n_pools; i++)
		if (pool_route_len(&conf->pools[i]) == q->len &&
		    pool_contains(&conf->pools[i], &q->prefix))
			return true;
	return false;
}

/* Checks a route request; the tunnel's ifindex, or -errno. */
static int
route_device(struct priv_state *s, const struct had_priv_route *q)
{
	struct priv_place *p;
	int err;

	if (!prefix_allowed(s->conf, q) || q->handle == 0)
		return -EPERM;
	if (q->tunnel.way == HAD_WAY_GRE_COMMON &&
	    !priv_place_is_gre(&s->places, q->coa, &q->gre))
		return -EPERM;
	p = priv_place_used(&s->places, &q->tunnel, &err);
	return p ? (int)p->ifindex : err;
}

/* One of the messages that a request becomes: place is what nl_* returned. */
static int
prepared(struct priv_state *s, int place)
{
	if (place < 0)
		return place;
	s->n_messages = (unsigned)place + 1;
	return 0;
}

/* The filter's message. In the device that all have in common the outer header
 * counts, too, in a hash as before. */
static int
filter_message(struct priv_state *s, const struct had_priv_route *q,
    unsigned dev)
{
	const struct nl_gre from = { s->conf->address, q->coa, q->gre.own };
	const struct nl_flower f = { .prio = PRIO_PASS, .handle = q->handle,
		.src = q->prefix, .src_len = q->len, .came_in = &from };

	if (q->tunnel.way == HAD_WAY_GRE_COMMON)
		return nl_flower_add(s->nl, dev, &f);
	return nl_flower_pass_source(s->nl, dev, PRIO_PASS, q->handle,
	    &q->prefix, q->len);
}

/* The filter's, then the route's. */
static int
route_messages(struct priv_state *s, const struct had_priv_route *q,
    unsigned dev, bool add)
{
	const struct nl_gre to = { s->conf->address, q->coa, q->gre.peer };
	const struct nl_route6 rt = {
		.dst = q->prefix, .dst_len = q->len, .ifindex = dev,
		.encap = q->tunnel.way == HAD_WAY_GRE_COMMON ? &to : NULL,
	};
	int err;

	if (add) {
		err = prepared(s, filter_message(s, q, dev));
		return err ? err : prepared(s, nl_route6_replace(s->nl, &rt));
	}
	err = prepared(s, nl_flower_del(s->nl, dev, PRIO_PASS, q->handle,
	    NL_IGN_NOENT));
	if (err || q->replaced)
		return err;
	/* Only through this device: it may lead to another by now. */
	return prepared(s, nl_route6_del(s->nl, &rt, NL_IGN_NOENT));
}

/* Prepares one; routes_commit sends. Every request has its part of the batch,
 * be it empty. */
static int
route_change(struct priv_call *c, bool add)
{
	struct priv_state *s = c->state;
	struct had_priv_route q;
	int dev;

	memcpy(&q, c->body, c->len);
	if (s->n_parts == 0)
		nl_begin(s->nl);
	s->part[s->n_parts++] = s->n_messages;
	dev = route_device(s, &q);
	/* Routes and filters have gone with the device. */
	if (dev == -ENODEV && !add)
		return 0;
	if (dev < 0)
		return dev;
	return route_messages(s, &q, (unsigned)dev, add);
}

static int
route_add(struct priv_call *c)
{
	return route_change(c, true);
}

static int
route_del(struct priv_call *c)
{
	return route_change(c, false);
}

static void
routes_commit(void *state, int *status, size_t n)
{
	struct priv_state *s = state;
	int result[PRIV_TOGETHER * ROUTE_MESSAGES] = { 0 };
	unsigned i, end;
	size_t k;

	(void)nl_commit(s->nl, result, s->n_messages);
	for (k = 0; k < n; k++) {
		end = k + 1 < n ? s->part[k + 1] : s->n_messages;
		for (i = s->part[k]; i < end && status[k] == 0; i++)
			status[k] = result[i];
	}
	s->n_parts = s->n_messages = 0;
}

static void
pool_routes(struct priv_state *s, bool add)
{
	struct nl_route6 rt;
	size_t i;
	int err;

	nl_begin(s->nl);
	for (i = 0; i < s->conf->n_pools; i++) {
		/* The rest of a home link's prefix is there, on the link. */
		if (s->conf->pools[i].home_link)
			continue;
		rt = (struct nl_route6){
			.dst = s->conf->pools[i].prefix,
			.dst_len = s->conf->pools[i].len,
			.metric = POOL_METRIC,
			.type = RTN_UNREACHABLE,
		};
		if (add)
			nl_route6_add(s->nl, &rt, NL_IGN_EXIST);
		else
			nl_route6_del(s->nl, &rt, NL_IGN_NOENT);
	}
	err = nl_commit(s->nl, NULL, 0);
	if (err)
		log_warnx(NULL, "unreachable routes of the pools: %s",
		    strerror(-err));
}

static bool
remove_each(struct table_node *n, void *arg)
{
	(void)remove_tunnel(arg, container_of(n, struct priv_place, node));
	return true;
}

static void
engine_gone(void *state)
{
	struct priv_state *s = state;

	table_each(&s->places.used, remove_each, s);
	if (s->started) {
		pool_routes(s, false);
		priv_exit_down(s->nl, s->conf);
	}
	s->started = false;
}

static int
count_exits(struct priv_call *c)
{
	struct priv_state *s = c->state;
	struct had_priv_exits counts;

	priv_exit_count(s->nl, s->conf, &counts);
	return priv_reply(c, &counts, sizeof(counts));
}

static const struct priv_op ops[] = {
	{ HAD_PRIV_TUNNEL_ADD, "tunnel-add", sizeof(struct had_priv_tunnel),
	    sizeof(struct had_priv_tunnel), tunnel_add, false },
	{ HAD_PRIV_TUNNEL_DEL, "tunnel-del", sizeof(struct had_priv_tunnel),
	    sizeof(struct had_priv_tunnel), tunnel_del, false },
	{ HAD_PRIV_ROUTE_ADD, "route-add", sizeof(struct had_priv_route),
	    sizeof(struct had_priv_route), route_add, true },
	{ HAD_PRIV_ROUTE_DEL, "route-del", sizeof(struct had_priv_route),
	    sizeof(struct had_priv_route), route_del, true },
	{ HAD_PRIV_EXITS, "exits", 0, 0, count_exits, false },
	{ HAD_PRIV_ND_OPEN, "nd-open", sizeof(struct had_priv_tunnel),
	    sizeof(struct had_priv_tunnel), open_nd, false },
};

struct priv_state *
priv_ops_new(const struct had_config *conf, struct priv_server *server)
{
	struct priv_state *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->conf = conf;
	if (priv_places_init(&s->places, conf)) {
		free(s);
		errno = ENOMEM;
		return NULL;
	}
	if (priv_ways_init(&s->ways, conf)) {
		priv_places_free(&s->places);
		free(s);
		errno = ENOMEM;
		return NULL;
	}
	memset(server, 0, sizeof(*server));
	server->ops = ops;
	server->n_ops = sizeof(ops) / sizeof(ops[0]);
	server->state = s;
	server->commit = routes_commit;
	server->engine_gone = engine_gone;
	return s;
}

/* 1 when the file says so already, 0 when it was changed, or -errno. */
static int
switch_on(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), err = 0;
	char c;

	if (fd == -1)
		return -errno;
	if (read(fd, &c, 1) == 1 && c == '1')
		err = 1;
	else if (pwrite(fd, "1", 1, 0) != 1)
		err = -errno;
	close(fd);
	return err;
}

/* What a run that was killed left would carry packets unfiltered by us, and
 * stand in the way of a tunnel to the same peer by another name. */
static void
remove_leftovers(struct priv_state *s)
{
	struct if_nameindex *all = if_nameindex(), *i;
	int err;

	if (!all) {
		log_warn(NULL, "devices of an earlier run");
		return;
	}
	for (i = all; i->if_index != 0; i++) {
		if (!priv_place_is_name(i->if_name) &&
		    !priv_way_is_name(i->if_name) &&
		    !priv_exit_is_device(i->if_name))
			continue;
		nl_begin(s->nl);
		nl_link_del(s->nl, i->if_name, NL_IGN_NOENT);
		err = nl_commit(s->nl, NULL, 0);
		if (err)
			log_warnx(i->if_name, "of an earlier run stays: %s",
			    strerror(-err));
		else
			log_info(i->if_name, "of an earlier run, removed");
	}
	if_freenameindex(all);
}

/* Said at the start what would else be said of every registration. */
static int
probe_gre(struct priv_state *s)
{
	const struct had_priv_tunnel common = { .way = HAD_WAY_GRE_COMMON };
	struct priv_place *p;
	int err;

	p = priv_place_get(&s->places, &common, &err);
	if (!p)
		return err == -EPERM ? 0 : err;
	err = make_tunnel(s, p);
	if (err) {
		priv_place_put(&s->places, p);
		log_errorx(NULL, "gre: the kernel refuses a device for it: "
		    "%s; is there ip_gre, and no other external device?",
		    strerror(-err));
		return err;
	}
	return remove_tunnel(s, p);
}

int
priv_ops_start(struct priv_state *s)
{
	int err;

	s->nl = nl_open();
	if (!s->nl)
		return -errno;
	err = switch_on("/proc/sys/net/ipv6/conf/all/forwarding");
	if (err < 0) {
		log_errorx(NULL, "net.ipv6.conf.all.forwarding: %s",
		    strerror(-err));
		return err;
	}
	if (err == 0)
		log_info(NULL, "net.ipv6.conf.all.forwarding switched on");
	remove_leftovers(s);
	err = probe_gre(s);
	if (err)
		return err;
	pool_routes(s, true);
	s->started = true;
	return priv_exit_up(s->nl, s->conf);
}

void
priv_ops_free(struct priv_state *s)
{
	if (!s)
		return;
	if (s->nl)
		nl_close(s->nl);
	priv_places_free(&s->places);
	priv_ways_free(&s->ways);
	free(s);
}
