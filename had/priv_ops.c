/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * had's root side. One sit device a care-of address, its name made of the
 * peer's place in the configuration; routes of home prefixes through it; and
 * on its ingress a filter that lets only those prefixes in, because a peer may
 * speak for its own subscribers only [RFC 3024 4.3.2; PROTOCOLS 12]. The
 * filter is a hash in the kernel (flower), so a packet costs the same with a
 * hundred thousand subscribers as with one. A stranger's protocol 41 finds no
 * tunnel, as long as sit0 stays down.
 *
 * Nothing is believed of the engine: care-of addresses must be those of
 * configured peers, prefixes must lie in configured pools.
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
#include "had/priv_exit.h"
#include "had/tunnel.h"

#define ROUTE_MESSAGES	2	/* of the kernel, for one of ours */
#define PRIO_PASS	10	/* filters: the bound prefixes */
#define PRIO_DROP	20	/* everything else */
/* Behind any route of a subscriber: what nobody is bound to is unreachable,
 * or it would go round between us and the next router. */
#define POOL_METRIC	4096

struct priv_state {
	const struct had_config	*conf;
	struct nl		*nl;
	struct peers		 peers;		/* own index of the config */
	unsigned		*ifindex;	/* by peer; 0: no tunnel */
	bool			 started;
	/* Changes of routes that are prepared [priv.h, together]: where the
	 * messages of each begin in the batch, and how many there are. */
	unsigned		 part[PRIV_TOGETHER];
	unsigned		 n_parts, n_messages;
};

/* The peer's place in the configuration, or -1. */
static long
peer_place(struct priv_state *s, struct in_addr coa)
{
	struct peer *p = peer_find(&s->peers, coa);

	return p ? (long)(p - s->conf->peers) : -1;
}

static void
tunnel_name(long place, char name[static IFNAMSIZ])
{
	snprintf(name, IFNAMSIZ, TUNNEL_NAME "%u", (unsigned)place);
}

/* A device without its filter would let anything in: so it comes up last. */
static int
tunnel_up(struct priv_state *s, const char *name, unsigned ifindex)
{
	int err;

	nl_begin(s->nl);
	nl_clsact_add(s->nl, ifindex, 0);
	nl_filter_drop_all(s->nl, ifindex, PRIO_DROP);
	nl_link_set_up(s->nl, ifindex, true);
	err = ifindex ? nl_commit(s->nl, NULL, 0) : -ENODEV;
	if (err) {
		nl_begin(s->nl);
		nl_link_del(s->nl, name, NL_IGN_NOENT);
		(void)nl_commit(s->nl, NULL, 0);
	}
	return err;
}

static int
make_tunnel(struct priv_state *s, long place, const char *name,
    struct in_addr coa)
{
	bool again = s->ifindex[place] != 0;
	int err;

	nl_begin(s->nl);
	if (again)
		nl_link_del(s->nl, name, NL_IGN_NOENT);
	s->ifindex[place] = 0;
	nl_sit_add(s->nl, name, s->conf->address, coa, s->conf->tunnel_mtu, 0);
	err = nl_commit(s->nl, NULL, 0);
	if (err)
		return err;
	s->ifindex[place] = nl_ifindex(name);
	err = tunnel_up(s, name, s->ifindex[place]);
	if (err)
		s->ifindex[place] = 0;
	else
		log_info(s->conf->peers[place].name, "tunnel %s made%s", name,
		    again ? " anew" : "");
	return err;
}

static int
tunnel_add(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct had_priv_tunnel_added reply = { 0 };
	struct priv_state *s = state;
	struct had_priv_tunnel q;
	char name[IFNAMSIZ];
	long place;
	int err = 0;

	(void)fd;
	memcpy(&q, body, len);
	place = peer_place(s, q.coa);
	if (place < 0)
		return -EPERM;
	tunnel_name(place, name);
	/* An operator may have removed it, or set it down: then its routes
	 * have gone, and perhaps its filters. */
	reply.made = !s->ifindex[place] ||
	    !nl_link_is_up(name, s->ifindex[place]);
	if (reply.made)
		err = make_tunnel(s, place, name, q.coa);
	if (err)
		return err;
	reply.ifindex = s->ifindex[place];
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}

static int
remove_tunnel(struct priv_state *s, long place)
{
	char name[IFNAMSIZ];
	int err;

	tunnel_name(place, name);
	nl_begin(s->nl);
	nl_link_del(s->nl, name, NL_IGN_NOENT);
	err = nl_commit(s->nl, NULL, 0);
	if (err)
		return err;
	s->ifindex[place] = 0;
	log_info(s->conf->peers[place].name, "tunnel %s removed", name);
	return 0;
}

static int
tunnel_del(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct priv_state *s = state;
	struct had_priv_tunnel q;
	long place;

	(void)out;
	(void)out_len;
	(void)fd;
	memcpy(&q, body, len);
	place = peer_place(s, q.coa);
	if (place < 0)
		return -EPERM;
	return s->ifindex[place] ? remove_tunnel(s, place) : 0;
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
	long place = peer_place(s, q->coa);

	if (place < 0 || !prefix_allowed(s->conf, q) || q->handle == 0)
		return -EPERM;
	if (!s->ifindex[place])
		return -ENODEV;
	return (int)s->ifindex[place];
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

/* The filter's message, then the route's. */
static int
route_messages(struct priv_state *s, const struct had_priv_route *q,
    unsigned dev, bool add)
{
	const struct nl_route6 rt = {
		.dst = q->prefix, .dst_len = q->len, .ifindex = dev,
	};
	int err;

	if (add) {
		err = prepared(s, nl_flower_pass_source(s->nl, dev, PRIO_PASS,
		    q->handle, &q->prefix, q->len));
		return err ? err : prepared(s, nl_route6_replace(s->nl, &rt));
	}
	err = prepared(s, nl_flower_del(s->nl, dev, PRIO_PASS, q->handle,
	    NL_IGN_NOENT));
	/* Only through this device: it may lead to another by now. */
	return err ? err : prepared(s, nl_route6_del(s->nl, &rt,
	    NL_IGN_NOENT));
}

/* Prepares one; routes_commit sends. Every request has its part of the batch,
 * be it empty. */
static int
route_change(struct priv_state *s, const void *body, size_t len, bool add)
{
	struct had_priv_route q;
	int dev;

	memcpy(&q, body, len);
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
route_add(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	(void)out;
	(void)out_len;
	(void)fd;
	return route_change(state, body, len, true);
}

static int
route_del(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	(void)out;
	(void)out_len;
	(void)fd;
	return route_change(state, body, len, false);
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

static void
engine_gone(void *state)
{
	struct priv_state *s = state;
	size_t i;

	for (i = 0; i < s->conf->n_peers; i++)
		if (s->ifindex && s->ifindex[i])
			(void)remove_tunnel(s, (long)i);
	if (s->started) {
		pool_routes(s, false);
		priv_exit_down(s->nl, s->conf);
	}
	s->started = false;
}

static int
count_exits(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct priv_state *s = state;
	struct had_priv_exits counts;

	(void)body;
	(void)len;
	(void)fd;
	priv_exit_count(s->nl, s->conf, &counts);
	memcpy(out, &counts, sizeof(counts));
	*out_len = sizeof(counts);
	return 0;
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
};

/* An index of addresses of its own: the engine's lies in its copy. */
static int
index_peers(struct priv_state *s)
{
	size_t i;

	if (peers_init(&s->peers))
		return -ENOMEM;
	s->ifindex = calloc(s->conf->n_peers, sizeof(*s->ifindex));
	if (!s->ifindex)
		return -ENOMEM;
	for (i = 0; i < s->conf->n_peers; i++)
		peers_add(&s->peers, &s->conf->peers[i]);
	return 0;
}

struct priv_state *
priv_ops_new(const struct had_config *conf, struct priv_server *server)
{
	struct priv_state *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->conf = conf;
	if (index_peers(s)) {
		priv_ops_free(s);
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

static bool
is_tunnel_name(const char *name)
{
	size_t n = strlen(TUNNEL_NAME);

	return strncmp(name, TUNNEL_NAME, n) == 0 && name[n] != '\0' &&
	    name[n + strspn(name + n, "0123456789")] == '\0';
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
		if (!is_tunnel_name(i->if_name) &&
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
	peers_free(&s->peers);
	free(s->ifindex);
	free(s);
}
