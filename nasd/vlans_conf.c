/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs on demand: access interfaces as they are configured, at the start and
 * later, and what an earlier nasd has left. vlans.c does the rest.
 */
#include "config.h"
#define LOG_MODULE "vlan"
#include "nasd/vlans_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/engine.h"
#include "nasd/engine_conf.h"
#include "nasd/priv_ops.h"

/* ---- the configuration ---- */

void
vlans_stop_listening(struct vlans_port *port)
{
	if (port->ev != NULL)
		event_free(port->ev);
	if (port->fd != -1)
		close(port->fd);
	port->ev = NULL;
	port->fd = -1;
}

static int
listen_on(struct vlans_port *port, int *fd, const uint8_t *mac)
{
	vlans_stop_listening(port);
	port->fd = *fd;
	*fd = -1;
	memcpy(port->mac, mac, sizeof(port->mac));
	port->ev = event_new(port->vlans->engine->base, port->fd,
	    EV_READ | EV_PERSIST, vlans_readable, port);
	return port->ev != NULL && event_add(port->ev, NULL) == 0 ? 0 :
	    -ENOMEM;
}

static struct vlans_port *
get_port(struct vlans *vs, const char *ifname)
{
	struct vlans_port *port = vlans_find_port(vs, ifname);

	if (port != NULL || (port = calloc(1, sizeof(*port))) == NULL)
		return port;
	if (vlan_port_init(&port->p) != 0) {
		free(port);
		return NULL;
	}
	port->vlans = vs;
	port->fd = -1;
	memcpy(port->ifname, ifname, strnlen(ifname, VLAN_NAME - 1));
	SLIST_INSERT_HEAD(&vs->ports, port, next);
	return port;
}

/* By what is configured now; in no range it takes no new sessions, and goes
 * with the last one. */
static void
set_params(void *arg, struct vlan *v)
{
	const struct vlans_port *port = vlans_port_of(v);
	struct pppoe_params params;

	(void)arg;
	if (v->pppoe == NULL)
		return;
	if (v->gone || port->cfg == NULL ||
	    !vlan_ranges_have(&port->p.limits.ranges, &v->tag)) {
		pppoe_close(v->pppoe);
		return;
	}
	params = engine_conf_pppoe_params(port->cfg, v->mtu);
	params.ifname = v->name;
	if (pppoe_set_params(v->pppoe, &params) != 0)
		log_errorx(v->name, "out of memory: as before");
}

int
vlans_configure(struct vlans *vs, struct nasd_sockets *fds)
{
	const struct nasd_config *cf = vs->engine->cfg;
	static const struct vlan_limits none;
	struct vlans_port *port;
	unsigned i;
	int err = 0;

	SLIST_FOREACH(port, &vs->ports, next)
		port->cfg = NULL;
	for (i = 0; i < cf->n_pppoe; i++) {
		const struct config_pppoe *cp = &cf->pppoe[i];

		port = cp->vlan.ranges.n > 0 ? get_port(vs, cp->ifname) :
		    vlans_find_port(vs, cp->ifname);
		if (port != NULL)
			port->cfg = cp;
		else if (cp->vlan.ranges.n > 0)
			return -ENOMEM;
		if (port != NULL && fds->vlans[i] != -1)
			err |= listen_on(port, &fds->vlans[i], fds->mac[i]);
	}
	SLIST_FOREACH(port, &vs->ports, next) {
		vlan_port_limit(&port->p, port->cfg != NULL ?
		    &port->cfg->vlan : &none);
		if (port->p.limits.ranges.n == 0)
			vlans_stop_listening(port);
	}
	vlans_each(vs, set_params, NULL);
	return err;
}

bool
vlans_listen(const struct vlans *vs, const char *parent)
{
	const struct vlans_port *port = vlans_find_port(vs, parent);

	return port != NULL && port->fd != -1;
}

/* ---- after an earlier nasd ---- */

/* At the start only: waits for it. A descriptor or -errno. */
static int
open_now(struct vlans *vs, const struct nasd_priv_vlan *q,
    struct nasd_priv_vlan_opened *o)
{
	size_t len = sizeof(*o);
	int fd = -1, err;

	err = priv_request_sync(vs->engine->priv, NASD_PRIV_VLAN_OPEN, q,
	    sizeof(*q), o, &len, &fd);
	if (err != 0 || fd == -1)
		return err != 0 ? err : -EPROTO;
	return fd;
}

static void
adopt(struct vlans *vs, const struct nasd_priv_vlan_there *th)
{
	const struct vlan_tag t = { th->type, th->outer, th->inner };
	struct vlans_port *port = get_port(vs, th->parent);
	struct nasd_priv_vlan_opened o;
	struct nasd_priv_vlan q;
	struct vlan *v;
	int fd;

	/* A stranger's only as far as there is room. */
	if (port == NULL || (!th->made && port->p.n >= port->p.limits.max) ||
	    (v = vlan_port_adopt(&port->p, &t)) == NULL)
		return;
	if (!th->in_range) {
		vlans_take_name(vs, v, th->name, th->made != 0);
		return;
	}
	q = vlans_request(port, &t);
	fd = open_now(vs, &q, &o);
	if (fd < 0 || !vlans_serve(port, v, &o, fd)) {
		vlans_failed(port, v, fd < 0 ? fd : -ENOMEM);
		return;
	}
	q.session = 1;
	if (port->cfg->end_strays && (fd = open_now(vs, &q, &o)) >= 0)
		vlans_take_stray(port, v, fd);
}

void
vlans_resume(struct vlans *vs)
{
	struct nasd_priv_vlan_there there[NASD_PRIV_VLANS_MAX], *all = NULL;
	struct nasd_priv_vlan_list q = { .from = 0 };
	size_t len, n, i;
	void *p;

	do {
		len = sizeof(there);
		if (priv_request_sync(vs->engine->priv, NASD_PRIV_VLAN_LIST,
		    &q, sizeof(q), there, &len, NULL) != 0)
			break;
		n = len / sizeof(there[0]);
		p = realloc(all, (q.from + n + 1) * sizeof(*all));
		if (p == NULL)
			break;
		all = p;
		memcpy(all + q.from, there, n * sizeof(*all));
		q.from += (uint32_t)n;
	} while (n == NASD_PRIV_VLANS_MAX);
	for (i = 0; i < q.from; i++)
		adopt(vs, &all[i]);
	if (q.from > 0)
		log_info(NULL, "%u VLANs are there already",
		    (unsigned)q.from);
	free(all);
}

/* ---- all ---- */

struct each {
	vlans_fn	*fn;
	void		*arg;
};

static bool
each_one(struct table_node *n, void *arg)
{
	const struct each *x = arg;

	x->fn(x->arg, container_of(n, struct vlan, by_name));
	return true;
}

void
vlans_each(struct vlans *vs, vlans_fn *fn, void *arg)
{
	struct each x = { fn, arg };

	table_each(&vs->by_name, each_one, &x);
}

static void
set_secret(void *arg, struct vlan *v)
{
	if (v->pppoe != NULL)
		pppoe_set_secret(v->pppoe, arg);
}

void
vlans_set_secret(struct vlans *vs, const uint8_t *secret)
{
	vlans_each(vs, set_secret, (void *)(uintptr_t)secret);
}

static void
be_quiet(void *arg, struct vlan *v)
{
	if (v->pppoe != NULL)
		pppoe_quiet(v->pppoe, *(int *)arg);
}

void
vlans_quiet(struct vlans *vs, int ms)
{
	vlans_each(vs, be_quiet, &ms);
}

json_t *
vlans_stats(const struct vlans *vs)
{
	json_t *list = json_array();
	const struct vlans_port *port;

	SLIST_FOREACH(port, &vs->ports, next) {
		const struct vlan_port *p = &port->p;

		json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:I,"
		    " s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		    "interface", port->ifname, "vlans", (int)p->n,
		    "refused", (int)p->n_failed,
		    "padi", (json_int_t)port->padi,
		    "opened", (json_int_t)p->count.opened,
		    "closed", (json_int_t)p->count.closed,
		    "failed", (json_int_t)p->count.failed,
		    "out_of_range", (json_int_t)p->count.out_of_range,
		    "limit", (json_int_t)p->count.limit,
		    "rate_limited", (json_int_t)p->count.rate,
		    "malformed", (json_int_t)port->malformed,
		    "no_service", (json_int_t)port->no_service,
		    "drained", (json_int_t)port->closed));
	}
	return list;
}
