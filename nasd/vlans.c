/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See vlans.h. The PADI for which an interface is made travels with the
 * request and is answered when that is there; all other answers to the root
 * side's find their VLAN by its tag, since it may have gone meanwhile.
 */
#include "config.h"
#define LOG_MODULE "vlan"
#include "nasd/access_ppp.h"
#include "nasd/vlans_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/packet_aux.h"
#include "common/priv.h"
#include "nasd/engine.h"
#include "nasd/engine_conf.h"
#include "nasd/pppoe_proto.h"
#include "nasd/pppoe_stray.h"
#include "nasd/priv_ops.h"

#define SWEEP_MS	2000
#define FRAMES_MAX	64	/* a turn */
#define FRAME_MAX	(PPPOE_FRAME_MAX + 4)	/* with an inner tag */

struct vlans_port *
vlans_port_of(const struct vlan *v)
{
	return container_of(v->port, struct vlans_port, p);
}

struct vlans_port *
vlans_find_port(const struct vlans *vs, const char *ifname)
{
	struct vlans_port *port;

	SLIST_FOREACH(port, &vs->ports, next)
		if (strcmp(port->ifname, ifname) == 0)
			return port;
	return NULL;
}

/* ---- names ---- */

static uint64_t
hash_name(const struct vlans *vs, const char *name)
{
	return table_hash(&vs->by_name, name, strlen(name));
}

static bool
name_eq(const struct table_node *n, const void *key)
{
	return strcmp(container_of(n, struct vlan, by_name)->name, key) == 0;
}

struct vlan *
vlans_by_name(const struct vlans *vs, const char *ifname)
{
	struct table_node *n = table_find(&vs->by_name,
	    hash_name(vs, ifname), name_eq, ifname);

	return n != NULL ? container_of(n, struct vlan, by_name) : NULL;
}

const char *
vlan_parent(const struct vlan *v)
{
	return vlans_port_of(v)->ifname;
}

unsigned
vlans_port_id(const struct vlans *vs, const char *ifname,
    char id[static VLAN_PORT_ID])
{
	const struct vlan *v = vlans_by_name(vs, ifname);

	snprintf(id, VLAN_PORT_ID, "%s", ifname);
	if (v == NULL)
		return 0;
	vlan_port_id(id, vlan_parent(v), &v->tag);
	return v->tag.inner != 0 ? 2 : 1;
}

/* ---- open and closed ---- */

static void
sweep_later(struct vlans *vs)
{
	struct engine *e = vs->engine;

	if (!timer_is_set(&vs->sweep))
		(void)timer_set(&e->timers, &vs->sweep, mono_add_ms(
		    clock_mono(e->clock), SWEEP_MS));
}

struct nasd_priv_vlan
vlans_request(const struct vlans_port *port, const struct vlan_tag *t)
{
	struct nasd_priv_vlan q = { .type = t->type, .outer = t->outer,
		.inner = t->inner };

	memcpy(q.parent, port->ifname, sizeof(q.parent));
	return q;
}

static void
tell_closed(const struct vlans_port *port, const struct vlan_tag *t)
{
	struct nasd_priv_vlan q = vlans_request(port, t);

	if (priv_request(port->vlans->engine->priv, NASD_PRIV_VLAN_CLOSE, &q,
	    sizeof(q), NULL, NULL) != 0)
		log_errorx(port->ifname, "VLAN %u.%u stays", t->outer,
		    t->inner);
}

static void
release(struct vlans *vs, struct vlan *v)
{
	if (v->name[0] != '\0')
		table_remove(&vs->by_name, &v->by_name);
	pppoe_stray_free(v->stray);
	pppoe_free(v->pppoe);
	v->stray = NULL;
	v->pppoe = NULL;
	v->name[0] = '\0';
}

void
vlans_take_name(struct vlans *vs, struct vlan *v, const char *name, bool made)
{
	snprintf(v->name, sizeof(v->name), "%s", name);
	v->made = made;
	table_insert(&vs->by_name, &v->by_name, hash_name(vs, v->name));
	vlan_opened(v->port, v, clock_mono(vs->engine->clock));
	sweep_later(vs);
}

/* Takes the descriptor of its discovery. False: out of memory, or it is not to
 * be served any more. */
bool
vlans_serve(struct vlans_port *port, struct vlan *v,
    const struct nasd_priv_vlan_opened *o, int fd)
{
	struct engine *e = port->vlans->engine;
	struct pppoe_params params;

	if (port->cfg == NULL) {
		close(fd);
		return false;
	}
	params = engine_conf_pppoe_params(port->cfg, o->mtu);
	params.ifname = o->name;
	v->pppoe = pppoe_new(e->base, &e->timers, e->clock, fd, o->mac,
	    e->pppoe_shared, &params, &access_ppp_discovery, e);
	if (v->pppoe == NULL)
		return false;
	v->mtu = o->mtu;
	/* Cookies, too, outlive nasd, where sessions do. */
	if (e->state != NULL)
		pppoe_set_secret(v->pppoe, e->global.cookie_key);
	vlans_take_name(port->vlans, v, o->name, o->made != 0);
	return true;
}

void
vlans_take_stray(struct vlans_port *port, struct vlan *v, int fd)
{
	v->stray = pppoe_stray_new(port->vlans->engine->base, fd, v->pppoe);
}

/* ---- asking the root side ---- */

struct asked {
	struct vlans	*vlans;
	struct nasd_priv_vlan q;
	size_t		 len;
	uint8_t		 frame[];	/* the PADI */
};

static int	 ask(struct vlans_port *, const struct vlan_tag *, bool session,
		    const uint8_t *frame, size_t len);

void
vlans_failed(struct vlans_port *port, struct vlan *v, int status)
{
	struct vlans *vs = port->vlans;
	mono_t now = clock_mono(vs->engine->clock);

	if (status == -EALREADY)
		log_debug(port->ifname, "VLAN %u.%u is an interface by "
		    "itself", v->tag.outer, v->tag.inner);
	else if (log_limited(&vs->limit, now.ns / 1000000, NULL))
		log_warnx(port->ifname, "no interface for VLAN %u.%u: %s",
		    v->tag.outer, v->tag.inner, strerror(-status));
	vlan_failed(&port->p, v, now);
	sweep_later(vs);
}

static void
opened(struct vlans_port *port, struct vlan *v, const struct asked *a,
    const struct nasd_priv_vlan_opened *o, int fd)
{
	bool strays = port->cfg != NULL && port->cfg->end_strays;

	if (!vlans_serve(port, v, o, fd)) {
		tell_closed(port, &v->tag);
		vlans_failed(port, v, port->cfg != NULL ? -ENOMEM : -ECANCELED);
		return;
	}
	if (strays && ask(port, &v->tag, true, NULL, 0) != 0)
		log_warnx(v->name, "stray sessions will not be noticed");
	if (a->len > 0)
		pppoe_input(v->pppoe, a->frame, a->len);
}

static void
answered(void *arg, int status, const void *body, size_t len, int fd)
{
	struct asked *a = arg;
	const struct vlan_tag t = { a->q.type, a->q.outer, a->q.inner };
	struct vlans_port *port = vlans_find_port(a->vlans, a->q.parent);
	struct vlan *v = port != NULL ? vlan_port_find(&port->p, &t) : NULL;
	struct nasd_priv_vlan_opened o;
	bool waits = v != NULL && (a->q.session ? v->state == VLAN_OPEN &&
	    v->pppoe != NULL && v->stray == NULL : v->state == VLAN_ASKED);

	if (status == 0 && (len != sizeof(o) || fd == -1))
		status = -EPROTO;
	if (status == 0 && waits) {
		memcpy(&o, body, sizeof(o));
		if (a->q.session)
			vlans_take_stray(port, v, fd);
		else
			opened(port, v, a, &o, fd);
	} else {
		if (fd != -1)
			close(fd);
		if (waits && !a->q.session)
			vlans_failed(port, v, status);
	}
	free(a);
}

static int
ask(struct vlans_port *port, const struct vlan_tag *t, bool session,
    const uint8_t *frame, size_t len)
{
	struct asked *a = calloc(1, sizeof(*a) + len);
	int err;

	if (a == NULL)
		return -ENOMEM;
	a->vlans = port->vlans;
	a->q = vlans_request(port, t);
	a->q.session = session;
	a->len = len;
	if (len > 0)
		memcpy(a->frame, frame, len);
	err = priv_request(port->vlans->engine->priv, NASD_PRIV_VLAN_OPEN,
	    &a->q, sizeof(a->q), answered, a);
	if (err != 0)
		free(a);
	return err;
}

/* ---- PADIs ---- */

static void
on_padi(struct vlans_port *port, uint8_t *frame, size_t len, uint16_t tci,
    uint16_t type)
{
	struct engine *e = port->vlans->engine;
	struct pppoe_packet k;
	struct vlan_tag t;
	struct vlan *v;
	int err;

	port->padi++;
	if (vlan_untag(frame, &len, tci, type, &t) != 0 ||
	    pppoe_parse(&k, frame, len, port->mac) != 0 ||
	    k.code != PPPOE_PADI) {
		port->malformed++;
		return;
	}
	if (!engine_takes_sessions(e)) {
		port->closed++;
		return;
	}
	if (!pppoe_service_offered((const char *const *)port->cfg->services,
	    &k.service)) {
		port->no_service++;
		return;
	}
	v = vlan_port_padi(&port->p, &t, clock_mono(e->clock));
	if (v == NULL)
		return;
	err = ask(port, &t, false, frame, len);
	if (err != 0)
		vlans_failed(port, v, err);
}

/* False when there is no more to read. */
static bool
read_one(struct vlans_port *port, int fd)
{
	uint8_t frame[FRAME_MAX];
	struct packet_aux aux;
	ssize_t n = packet_aux_receive(fd, frame, sizeof(frame), NULL, &aux);

	if (n < 0) {
		/* ENETDOWN says that the interface went down, once. */
		if (errno != EAGAIN)
			log_warn(port->ifname, "receive");
		return false;
	}
	if ((size_t)n > sizeof(frame) || !aux.tagged)
		port->malformed++;
	else
		on_padi(port, frame, (size_t)n, aux.tci, aux.tpid);
	return true;
}

void
vlans_readable(evutil_socket_t fd, short what, void *arg)
{
	int i;

	(void)what;
	for (i = 0; i < FRAMES_MAX; i++)
		if (!read_one(arg, fd))
			return;
}

/* ---- those that are unused ---- */

static bool
is_on(struct table_node *n, void *arg)
{
	const struct session *s = container_of(n, struct session, by_nr);
	const char **device = arg;

	if (strcmp(s->device, *device) != 0)
		return true;
	*device = NULL;
	return false;
}

/* One that is not served any more keeps the sessions of an earlier nasd. */
static bool
is_used(void *arg, struct vlan *v)
{
	struct vlans *vs = arg;
	const char *device = v->name;

	if (v->pppoe != NULL)
		return pppoe_sessions(v->pppoe) > 0;
	table_each(&vs->engine->sessions.by_nr, is_on, &device);
	return device == NULL;
}

static void
is_idle(void *arg, struct vlan *v)
{
	struct vlans_port *port = vlans_port_of(v);

	log_info(v->name, v->gone ? "is gone" : "unused: no longer served");
	release(arg, v);
	tell_closed(port, &v->tag);
	vlan_close(&port->p, v);
}

static void
on_sweep(struct timer *t)
{
	struct vlans *vs = container_of(t, struct vlans, sweep);
	const struct vlan_sweep sweep = { is_used, is_idle, vs };
	mono_t now = clock_mono(vs->engine->clock);
	struct vlans_port *port;
	bool more = false;

	SLIST_FOREACH(port, &vs->ports, next) {
		vlan_port_sweep(&port->p, &sweep, now);
		more |= port->p.n + port->p.n_failed > 0;
	}
	if (more)
		sweep_later(vs);
}

void
vlans_link_is(struct vlans *vs, const char *ifname, int mtu, bool gone)
{
	struct vlan *v = vlans_by_name(vs, ifname);
	struct pppoe_params params;

	if (v == NULL)
		return;
	if (gone) {
		v->gone = true;
		if (v->pppoe != NULL)
			pppoe_close(v->pppoe);
		return;
	}
	if (v->pppoe == NULL || v->mtu == mtu || vlans_port_of(v)->cfg == NULL)
		return;
	params = engine_conf_pppoe_params(vlans_port_of(v)->cfg, mtu);
	params.ifname = v->name;
	if (pppoe_set_params(v->pppoe, &params) == 0)
		v->mtu = mtu;
}

/* ---- from start to end ---- */

struct vlans *
vlans_new(struct engine *e)
{
	struct vlans *vs = calloc(1, sizeof(*vs));

	if (vs == NULL)
		return NULL;
	vs->engine = e;
	SLIST_INIT(&vs->ports);
	vs->sweep.fire = on_sweep;
	vs->limit = (struct log_limit){ .rate = 1, .burst = 10 };
	if (table_init(&vs->by_name) == 0)
		return vs;
	free(vs);
	return NULL;
}

static bool
release_one(struct table_node *n, void *arg)
{
	release(arg, container_of(n, struct vlan, by_name));
	return true;
}

void
vlans_free(struct vlans *vs)
{
	struct vlans_port *port;

	if (vs == NULL)
		return;
	timer_cancel(&vs->engine->timers, &vs->sweep);
	table_each(&vs->by_name, release_one, vs);
	table_free(&vs->by_name);
	while ((port = SLIST_FIRST(&vs->ports)) != NULL) {
		SLIST_REMOVE_HEAD(&vs->ports, next);
		vlans_stop_listening(port);
		vlan_port_fini(&port->p);
		free(port);
	}
	free(vs);
}
