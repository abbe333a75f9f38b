/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces of VLANs that the root side knows: those it has opened, and what
 * an earlier nasd or an operator has left. See priv_vlan_int.h.
 */
#define LOG_MODULE "vlan"
#include "nasd/priv_vlan_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_ops.h"

/* ---- the table ---- */

static uint64_t
hash_key(const struct vlan_devs *vd, const struct vlan_key *k)
{
	return table_hash(&vd->by_key, k, sizeof(*k));
}

static uint64_t
hash_name(const struct vlan_devs *vd, const char *name)
{
	return table_hash(&vd->by_name, name, strlen(name));
}

static bool
key_eq(const struct table_node *n, const void *key)
{
	return memcmp(&container_of(n, struct vlan_dev, by_key)->key, key,
	    sizeof(struct vlan_key)) == 0;
}

static bool
name_eq(const struct table_node *n, const void *key)
{
	return strcmp(container_of(n, struct vlan_dev, by_name)->name,
	    key) == 0;
}

struct vlan_dev *
vlan_dev_find(const struct vlan_devs *vd, const struct vlan_key *k)
{
	struct table_node *n = table_find(&vd->by_key, hash_key(vd, k),
	    key_eq, k);

	return n != NULL ? container_of(n, struct vlan_dev, by_key) : NULL;
}

struct vlan_key
vlan_key_of(const char *parent, const struct vlan_tag *t)
{
	struct vlan_key k;

	memset(&k, 0, sizeof(k));
	memcpy(k.parent, parent, strnlen(parent, sizeof(k.parent) - 1));
	k.tag = *t;
	return k;
}

struct vlan_key
vlan_key_of_carrier(const struct vlan_key *k)
{
	struct vlan_tag t = k->tag;

	t.inner = 0;
	return vlan_key_of(k->parent, &t);
}

void
vlan_dev_name(struct vlan_devs *vd, struct vlan_dev *d, const struct nl_vlan *v,
    bool ours)
{
	memcpy(d->name, v->name, sizeof(d->name));
	d->ifindex = v->ifindex;
	d->ours = ours;
	table_insert(&vd->by_name, &d->by_name, hash_name(vd, d->name));
}

struct vlan_dev *
vlan_dev_carrier(const struct vlan_devs *vd, const struct vlan_dev *d)
{
	struct vlan_key k = vlan_key_of_carrier(&d->key);

	return d->key.tag.inner != 0 ? vlan_dev_find(vd, &k) : NULL;
}

struct vlan_dev *
vlan_dev_insert(struct vlan_devs *vd, const struct vlan_key *k,
    const struct nl_vlan *v, bool ours)
{
	struct vlan_dev *d = calloc(1, sizeof(*d)), *on;

	if (d == NULL)
		return NULL;
	d->key = *k;
	table_insert(&vd->by_key, &d->by_key, hash_key(vd, k));
	vlan_dev_name(vd, d, v, ours);
	if ((on = vlan_dev_carrier(vd, d)) != NULL)
		on->inners++;
	return d;
}

void
vlan_dev_forget(struct vlan_devs *vd, struct vlan_dev *d)
{
	struct vlan_dev *on = vlan_dev_carrier(vd, d);

	if (on != NULL)
		on->inners--;
	table_remove(&vd->by_key, &d->by_key);
	table_remove(&vd->by_name, &d->by_name);
	free(d);
}

bool
vlan_devs_made(const struct vlan_devs *vd, const char *alias,
    struct vlan_key *k)
{
	char parent[VLAN_NAME];
	struct vlan_tag t;

	if (!vlan_alias_read(alias, vd->cfg->plugin_socket, parent, &t))
		return false;
	*k = vlan_key_of(parent, &t);
	return true;
}

const struct config_pppoe *
vlan_devs_allow(const struct vlan_devs *vd, const struct vlan_key *k)
{
	const struct config_pppoe *cp = nasd_config_pppoe(vd->cfg, k->parent);

	return cp != NULL && vlan_ranges_have(&cp->vlan.ranges, &k->tag) ?
	    cp : NULL;
}

const struct config_pppoe *
vlan_devs_config(const struct vlan_devs *vd, const char *ifname)
{
	struct table_node *n = table_find(&vd->by_name,
	    hash_name(vd, ifname), name_eq, ifname);
	const struct vlan_dev *d = n != NULL ?
	    container_of(n, struct vlan_dev, by_name) : NULL;

	return d != NULL && d->open ? vlan_devs_allow(vd, &d->key) : NULL;
}

/* ---- what there is ---- */

struct there {
	struct nl_vlan	*v;
	size_t		 n, cap;
};

static void
note(void *arg, const struct nl_vlan *v)
{
	struct there *t = arg;
	void *p;

	if (t->n == t->cap) {
		p = realloc(t->v, (t->cap * 2 + 64) * sizeof(*t->v));
		if (p == NULL)
			return;
		t->v = p;
		t->cap = t->cap * 2 + 64;
	}
	t->v[t->n++] = *v;
}

static const struct nl_vlan *
of_index(const struct there *t, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].ifindex == ifindex)
			return &t->v[i];
	return NULL;
}

static const struct config_pppoe *
access_of_index(const struct vlan_devs *vd, unsigned ifindex)
{
	unsigned i;

	for (i = 0; i < vd->cfg->n_pppoe; i++)
		if (nl_ifindex(vd->cfg->pppoe[i].ifname) == ifindex)
			return &vd->cfg->pppoe[i];
	return NULL;
}

/* One that we have not made, by what it is on. */
static bool
key_found(const struct vlan_devs *vd, const struct there *t,
    const struct nl_vlan *v, struct vlan_key *k)
{
	struct vlan_tag tag = { .type = v->type, .outer = v->id };
	const struct nl_vlan *on = of_index(t, v->link);
	const struct config_pppoe *cp = access_of_index(vd, v->link);

	if (cp == NULL && on != NULL && v->type == VLAN_8021Q) {
		tag = (struct vlan_tag){ on->type, on->id, v->id };
		cp = access_of_index(vd, on->link);
	}
	if (cp == NULL)
		return false;
	*k = vlan_key_of(cp->ifname, &tag);
	return vlan_devs_allow(vd, k) != NULL;
}

static void
take(struct vlan_devs *vd, const struct there *t, const struct nl_vlan *v)
{
	const struct nl_vlan *on = of_index(t, v->link);
	struct vlan_key k, ck, is;
	bool ours = vlan_devs_made(vd, v->alias, &k);

	if ((!ours && !key_found(vd, t, v, &k)) ||
	    vlan_dev_find(vd, &k) != NULL ||
	    nasd_config_pppoe(vd->cfg, v->name) != NULL)
		return;
	/* The carrier first, whosever it is. */
	ck = vlan_key_of_carrier(&k);
	if (k.tag.inner != 0 && on != NULL && vlan_dev_find(vd, &ck) == NULL)
		(void)vlan_dev_insert(vd, &ck, on,
		    vlan_devs_made(vd, on->alias, &is));
	(void)vlan_dev_insert(vd, &k, v, ours);
}

void
vlan_devs_start(struct vlan_devs *vd)
{
	struct there t = { 0 };
	size_t i;
	int err;

	vd->nl = nl_open();
	err = vd->nl != NULL ? nl_vlans(vd->nl, note, &t) : -errno;
	if (err != 0)
		log_warnx(NULL, "what VLANs there are is not known: %s",
		    strerror(-err));
	for (i = 0; i < t.n; i++)
		take(vd, &t, &t.v[i]);
	free(t.v);
}

struct listing {
	const struct vlan_devs		*vd;
	struct nasd_priv_vlan_there	*out;
	size_t				 skip, n, max;
};

static bool
list_one(struct table_node *n, void *arg)
{
	const struct vlan_dev *d = container_of(n, struct vlan_dev, by_key);
	struct listing *l = arg;
	struct nasd_priv_vlan_there *o = &l->out[l->n];
	bool in_range = vlan_devs_allow(l->vd, &d->key) != NULL;

	/* A carrier at work, or somebody else's, is not for the engine. */
	if (!in_range && (d->inners > 0 || !d->ours))
		return true;
	if (l->skip > 0) {
		l->skip--;
		return true;
	}
	*o = (struct nasd_priv_vlan_there){ .type = d->key.tag.type,
		.outer = d->key.tag.outer, .inner = d->key.tag.inner,
		.in_range = in_range, .made = d->ours };
	memcpy(o->parent, d->key.parent, sizeof(o->parent));
	memcpy(o->name, d->name, sizeof(o->name));
	return ++l->n < l->max;
}

size_t
vlan_devs_list(struct vlan_devs *vd, uint32_t from,
    struct nasd_priv_vlan_there *out, size_t max)
{
	struct listing l = { .vd = vd, .out = out, .skip = from, .max = max };

	table_each(&vd->by_key, list_one, &l);
	return l.n;
}
