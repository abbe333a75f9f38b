/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Visits: from an accepted registration over the data plane, whose answer the
 * reply waits for, to their end. Part of relay.
 */
#include "config.h"
#define LOG_MODULE "relay"
#include "fad/relay_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "fad/fad_config.h"
#include "fad/tunnel.h"

static void
free_route(struct relay *r, struct visitor *v)
{
	if (v->route)
		r->dp->del(r->dp, v->route);
	v->route = NULL;
}

void
relay_end(struct relay *r, struct visitor *v, const char *why)
{
	char subject[RELAY_SUBJECT];

	log_info(relay_subject(&v->asked, subject), "visit ends: %s", why);
	free_route(r, v);
	visitor_free(v);
	relay_look_busy(r);
}

void
relay_expired(void *arg, struct visitor *v)
{
	struct relay *r = arg;

	r->stats.expired++;
	relay_end(r, v, "its lifetime is over");
}

static bool
end_each(struct table_node *n, void *arg)
{
	struct visitor *v = container_of(n, struct visitor, by_home);

	free_route(arg, v);
	visitor_free(v);
	return true;
}

void
relay_shutdown(struct relay *r)
{
	table_each(&r->visitors->by_home, end_each, r);
}

/* What is already there can stay. */
static bool
same_way(const struct visitor *v, const struct asked *a)
{
	return v->route && node_same(&v->asked.node, &a->node) &&
	    v->asked.ha.s_addr == a->ha.s_addr &&
	    v->asked.coa.s_addr == a->coa.s_addr &&
	    gre_same(&v->asked.gre, &a->gre) &&
	    ((v->asked.flags ^ a->flags) & (MIP4_F_T | MIP4_F_D)) == 0;
}

/* The data path is there: the lifetime begins when the reply goes [RFC 3344
 * 3.7.3.2]. */
static void
up(struct relay *r, struct visitor *v)
{
	struct visitor_held *h = v->held;
	char subject[RELAY_SUBJECT], ha[INET_ADDRSTRLEN];
	bool renewed = v->lifetime > 0;

	v->held = NULL;
	relay_to_node(r, &h->node, h->home, h->data, h->len);
	visitor_granted(v, h->lifetime);
	free(h);
	inet_ntop(AF_INET, &v->asked.ha, ha, sizeof(ha));
	if (renewed)
		log_debug(relay_subject(&v->asked, subject), "visit goes on, "
		    "%u s", v->lifetime);
	else
		log_info(relay_subject(&v->asked, subject), "visits on %s, "
		    "home agent %s, %u s%s%s", r->conf->links[
		    v->asked.node.link].name, ha, v->lifetime,
		    v->reverse ? ", reverse tunnel" : "",
		    v->asked.gre.own ? ", GRE" : "");
}

/* The home agent believes in the visit; its lifetime there ends by itself. */
static void
failed(struct relay *r, struct visitor *v, int err)
{
	const struct denial d = {
		.asked = &v->asked, .code = MIP4_FA_RESOURCES,
		.lifetime = v->asked.lifetime,
		.mn_fa = v->held ? relay_mn_sa(r, &v->asked,
		    v->held->mn_spi) : NULL,
		.why = "no data path",
	};
	char subject[RELAY_SUBJECT];

	log_warnx(relay_subject(&v->asked, subject), "no data path: %s",
	    strerror(-err));
	relay_deny(r, &d, true);
	relay_end(r, v, "no data path");
}


static void
route_done(void *arg, int status)
{
	struct visitor *v = arg;
	struct relay *r = v->owner->arg;

	if (status)
		failed(r, v, status);
	else
		up(r, v);
}

static void
make_way(struct relay *r, struct visitor *v)
{
	const struct asked *a = &v->asked;
	struct dp_entry e = {
		.ha = a->ha, .home = a->home, .link = a->node.link,
		.reverse = v->reverse, .gre = a->gre,
	};
	struct dp_route *old = v->route;
	int status;

	v->state = VISITOR_INSTALLING;
	memcpy(e.lladdr, a->node.lladdr, sizeof(e.lladdr));
	v->route = r->dp->add(r->dp, &e, old, route_done, v, &status);
	if (status == 0)
		up(r, v);
	else if (status != -EINPROGRESS)
		failed(r, v, status);
}

static struct visitor_held *
hold(const struct relay *r, const struct pending *p, const struct mip4_rrp *m,
    const uint8_t *reply, size_t len)
{
	struct visitor_held *h = malloc(sizeof(*h) + len);

	if (!h)
		return NULL;
	h->node = p->asked.node;
	h->home = m->home;
	h->mn_spi = p->mn_spi;
	h->id = p->asked.id;
	h->lifetime = m->lifetime > r->conf->max_lifetime ?
	    (uint16_t)r->conf->max_lifetime : m->lifetime;
	h->len = len;
	memcpy(h->data, reply, len);
	return h;
}

/* Its request came twice, and this is what the home agent has said to the first
 * one, when we had no other key yet [D233]. */
static bool
is_said_again(const struct visitor *v, const struct asked *a)
{
	return v->asked.id == a->id && v->asked.gre.own && a->gre.own &&
	    v->asked.gre.peer == a->gre.peer;
}

/* A new visitor, or one that was here before; *same: with nothing to be changed
 * of its way. NULL: no room. */
static struct visitor *
arrive(struct relay *r, struct asked *a, bool *same)
{
	const struct visit_id id = { a->home, a->ha, a->nai, a->nai_len,
		a->gre.own != 0 };
	struct visitor *v = visitor_find(r->visitors, &id);

	if (v && is_said_again(v, a))
		a->gre = v->asked.gre;
	*same = v && same_way(v, a);
	if (!v) {
		v = visitor_new(r->visitors, a);
		relay_look_busy(r);
		return v;
	}
	v->asked = *a;
	return v;
}

void
relay_visit(struct relay *r, struct pending *p, const struct mip4_rrp *m,
    const struct mip4_exts *e, const uint8_t *reply, size_t len)
{
	struct visitor_held *h = hold(r, p, m, reply, len);
	struct asked a = p->asked;
	struct visitor *v = NULL;
	bool same;

	a.home = m->home;
	if (a.gre.own)
		a.gre.peer = e->gre_key;
	if (h)
		v = arrive(r, &a, &same);
	if (!v) {
		free(h);
		relay_deny_pending(r, p, MIP4_FA_RESOURCES, "no room for one "
		    "more visitor");
		return;
	}
	v->reverse = (a.flags & (MIP4_F_T | MIP4_F_D)) == MIP4_F_T;
	v->negotiated = p->rev_sent && e->off_rev != 0;
	v->rev_ha = e->rev_timestamp;
	pending_free(p);
	free(v->held);
	v->held = h;
	/* Who has its own care-of address needs nothing of ours; where the way
	 * is being made, the reply goes when it is. */
	if (a.flags & MIP4_F_D) {
		free_route(r, v);
		up(r, v);
	} else if (!same) {
		make_way(r, v);
	} else if (v->state == VISITOR_UP) {
		up(r, v);
	}
}
