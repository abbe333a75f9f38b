/* SPDX-License-Identifier: BSD-2-Clause */
/* See vlan_table.h. */
#include "nasd/vlan_table.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
hash_of(const struct vlan_port *p, const struct vlan_tag *t)
{
	const uint16_t key[3] = { t->type, t->outer, t->inner };

	return table_hash(&p->vlans, key, sizeof(key));
}

static bool
tag_eq(const struct table_node *n, const void *key)
{
	return vlan_tag_equal(&container_of(n, struct vlan, node)->tag, key);
}

int
vlan_port_init(struct vlan_port *p)
{
	memset(p, 0, sizeof(*p));
	return table_init(&p->vlans);
}

void
vlan_port_limit(struct vlan_port *p, const struct vlan_limits *l)
{
	p->limits = *l;
	p->rate.rate = l->rate;
}

struct vlan *
vlan_port_find(const struct vlan_port *p, const struct vlan_tag *t)
{
	struct table_node *n = table_find(&p->vlans, hash_of(p, t), tag_eq,
	    t);

	return n != NULL ? container_of(n, struct vlan, node) : NULL;
}

struct vlan *
vlan_port_adopt(struct vlan_port *p, const struct vlan_tag *t)
{
	struct vlan *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->tag = *t;
	v->port = p;
	v->state = VLAN_ASKED;
	table_insert(&p->vlans, &v->node, hash_of(p, t));
	p->n++;
	return v;
}

struct vlan *
vlan_port_padi(struct vlan_port *p, const struct vlan_tag *t, mono_t now)
{
	struct vlan *v;

	if (!vlan_ranges_have(&p->limits.ranges, t)) {
		p->count.out_of_range++;
		return NULL;
	}
	if (vlan_port_find(p, t) != NULL)
		return NULL;
	if (p->n >= p->limits.max) {
		p->count.limit++;
		return NULL;
	}
	if (!rate_limit_allows(&p->rate, now)) {
		p->count.rate++;
		return NULL;
	}
	v = vlan_port_adopt(p, t);
	if (v == NULL)
		p->count.failed++;
	return v;
}

static void
forget(struct vlan_port *p, struct vlan *v)
{
	table_remove(&p->vlans, &v->node);
	if (v->state == VLAN_FAILED)
		p->n_failed--;
	else
		p->n--;
	free(v);
}

void
vlan_opened(struct vlan_port *p, struct vlan *v, mono_t now)
{
	v->state = VLAN_OPEN;
	v->since = now;
	p->count.opened++;
}

void
vlan_failed(struct vlan_port *p, struct vlan *v, mono_t now)
{
	p->count.failed++;
	if (p->n_failed == VLAN_FAILED_MAX) {
		forget(p, v);
		return;
	}
	v->state = VLAN_FAILED;
	v->since = now;
	p->n--;
	p->n_failed++;
}

void
vlan_close(struct vlan_port *p, struct vlan *v)
{
	p->count.closed++;
	forget(p, v);
}

struct sweeping {
	struct vlan_port	*port;
	const struct vlan_sweep	*sweep;
	mono_t			 now;
};

static bool
sweep_one(struct table_node *n, void *arg)
{
	struct vlan *v = container_of(n, struct vlan, node);
	const struct sweeping *s = arg;
	const struct vlan_limits *l = &s->port->limits;
	int64_t ms = mono_diff_ms(s->now, v->since);

	if (v->state == VLAN_FAILED && ms >= VLAN_FAILED_MS) {
		forget(s->port, v);
		return true;
	}
	if (v->state != VLAN_OPEN)
		return true;
	if (s->sweep->used(s->sweep->arg, v))
		v->since = s->now;
	else if (ms >= (int64_t)l->idle_s * 1000 || v->pppoe == NULL ||
	    v->gone || !vlan_ranges_have(&l->ranges, &v->tag))
		s->sweep->idle(s->sweep->arg, v);
	return true;
}

void
vlan_port_sweep(struct vlan_port *p, const struct vlan_sweep *sweep,
    mono_t now)
{
	struct sweeping s = { p, sweep, now };

	table_each(&p->vlans, sweep_one, &s);
}

static bool
forget_one(struct table_node *n, void *arg)
{
	forget(arg, container_of(n, struct vlan, node));
	return true;
}

void
vlan_port_fini(struct vlan_port *p)
{
	if (p->vlans.slot == NULL)
		return;
	table_each(&p->vlans, forget_one, p);
	table_free(&p->vlans);
}
