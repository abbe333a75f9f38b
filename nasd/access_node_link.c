/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See access_node.h: links of access nodes, and what is heard on them and of
 * them. Neighbours: node.c, which decides what counts; node_fsm.c, what the
 * link does then; access_node_ops.c, which does it; access_node.c, what
 * sessions ask; access_move.c; access_node_show.c.
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

#include "common/log.h"
#include "common/netlink_watch.h"
#include "common/priv.h"
#include "nasd/engine.h"
#include "nasd/priv_ops.h"

#define READ_TURN	64	/* packets read at once */
#define DEAF_MS		500	/* to what nobody bridges, after some */

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

/* ---- what is heard ---- */

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
		if (l->node.ppp)
			node_from_ppp(&l->node, buf, (size_t)n);
		else if (node_from_link(&l->node, buf, (size_t)n))
			access_node_event(l, NODE_EV_HEARD);
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
		if (node_from_tunnel(&l->node, buf, (size_t)n))
			access_node_event(l, NODE_EV_ROUTER);
	}
}

void
access_node_hear_tunnel(struct node_link *l, int fd)
{
	struct sockaddr_ll ll = { .sll_ifindex = 0 };
	socklen_t len = sizeof(ll);

	if (fd == -1) {
		close_event(&l->ev_tunnel);
		return;
	}
	(void)getsockname(fd, (struct sockaddr *)&ll, &len);
	l->tunnel = ll.sll_ifindex;
	watch(l, &l->ev_tunnel, fd, tunnel_readable);
}

/* ---- what nobody bridges [D238] ---- */

/* One packet says that the mobile node is there. More may come than anybody
 * wants to read. */
static void
data_readable(evutil_socket_t fd, short what, void *arg)
{
	struct node_link *l = arg;
	struct engine *e = l->all->engine;
	uint8_t frame[64];
	ssize_t n = receive(fd, frame, sizeof(frame));

	(void)what;
	event_del(l->ev_data);
	if (timer_set(&e->timers, &l->deaf, mono_add_ms(clock_mono(e->clock),
	    DEAF_MS)) != 0)
		log_errorx(l->cfg->ifname, "out of memory for a timer");
	if (n > 0 && node_from_data(&l->node, frame, (size_t)n))
		access_node_event(l, NODE_EV_HEARD);
}

/* What has come meanwhile is old. */
static void
deaf_fire(struct timer *t)
{
	struct node_link *l = container_of(t, struct node_link, deaf);
	uint8_t byte;

	if (l->ev_data == NULL)
		return;
	for (unsigned i = 0; i < READ_TURN && receive(event_get_fd(
	    l->ev_data), &byte, 1) > 0; i++)
		;
	if (event_add(l->ev_data, NULL) != 0)
		log_errorx(l->cfg->ifname, "out of memory to hear it");
}

static void
data_opened(void *arg, int status, const void *body, size_t len, int fd)
{
	struct node_link *l = arg;

	(void)body;
	(void)len;
	if (status != 0 || fd == -1)
		log_warnx(l->cfg->ifname, "only solicitations are heard: %s",
		    strerror(-status));
	else if (l->fsm.state != NODE_IDLE)
		close(fd);
	else
		watch(l, &l->ev_data, fd, data_readable);
}

void
access_node_hear_data(struct node_link *l, bool on)
{
	struct nasd_priv_node_name q = { .ifname = "" };

	close_event(&l->ev_data);
	if (!on || l->node.ppp)
		return;
	snprintf(q.ifname, sizeof(q.ifname), "%s", l->cfg->ifname);
	if (priv_request(l->all->engine->priv, NASD_PRIV_NODE_HEAR, &q,
	    sizeof(q), data_opened, l) != 0)
		log_errorx(l->cfg->ifname, "out of memory to hear it");
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
	access_node_hear(l, fd);
	if (l->ev_link != NULL)
		access_node_event(l, NODE_EV_OPENED);
}

void
access_nodes_resumed(struct access_nodes *ns)
{
	for (unsigned i = 0; i < ns->n; i++)
		access_node_event(&ns->link[i], NODE_EV_RESUMED);
	/* Those of PPP links that are here again have been asked for. */
	if (ns->n_ppp > 0 && priv_request(ns->engine->priv,
	    NASD_PRIV_NODE_SWEEP, NULL, 0, NULL, NULL) != 0)
		log_errorx(NULL, "tunnels of PPP links may be left");
}

static void
open_link(struct node_link *l)
{
	struct nasd_priv_node_name q = { .ifname = "" };

	if (l->fsm.open || l->opening)
		return;
	snprintf(q.ifname, sizeof(q.ifname), "%s", l->cfg->ifname);
	l->opening = priv_request(l->all->engine->priv, NASD_PRIV_NODE_OPEN,
	    &q, sizeof(q), was_opened, l) == 0;
}

void
access_nodes_link_is(struct access_nodes *ns, const struct nl_watch_link *is)
{
	struct node_link *l = access_node_find(ns, is->name);

	if (l == NULL)
		return;
	l->ifindex = is->ifindex;
	l->ups = is->ups;
	access_node_check_moved(l);
	if (is->gone) {
		close_event(&l->ev_link);
		node_fsm_event(&l->fsm, NODE_EV_GONE,
		    "the interface has gone");
		return;
	}
	open_link(l);
	/* Also at the start: an earlier nasd's session may be on it. */
	if (is->carrier)
		access_node_event(l, NODE_EV_CARRIER);
	else
		node_fsm_event(&l->fsm, NODE_EV_NO_CARRIER, "no carrier");
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
		access_node_init(l);
		l->deaf.fire = deaf_fire;
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
		timer_cancel(&ns->engine->timers, &ns->link[i].deaf);
		close_event(&ns->link[i].ev_link);
		close_event(&ns->link[i].ev_data);
		close_event(&ns->link[i].ev_tunnel);
	}
	free(ns->ppp);
	free(ns);
}
