/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See priv_vlan.h. An interface of two tags is on one of the outer tag, its
 * carrier, which is made when it is missing and goes with the last one on it.
 * What was made here is known by its alias, also to the next nasd
 * [PROTOCOLS D122].
 */
#define LOG_MODULE "vlan"
#include "nasd/priv_vlan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_host.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_vlan_int.h"
#include "nasd/sockets.h"

/* ---- the kernel ---- */

static void
remove_device(struct vlan_devs *vd, const struct vlan_dev *d)
{
	struct vlan_key k;
	struct nl_vlan v;

	/* Another one of that name is nobody's to remove here. */
	if (nl_vlan_get(vd->nl, d->name, &v) != 0 ||
	    v.ifindex != d->ifindex || !vlan_devs_made(vd, v.alias, &k))
		return;
	(void)nl_link_del(vd->nl, d->name, NL_IGN_NOENT);
	if (nl_commit(vd->nl, NULL, 0) == 0)
		log_info(d->name, "removed");
}

static int
set_up(struct vlan_devs *vd, const struct nl_vlan *v)
{
	/* Subscribers have PPP, and nothing else to say to us. */
	if (host_sysctl_set(v->name, "disable_ipv6", '1') != 0)
		log_debug(v->name, "IPv6 is not switched off");
	(void)nl_link_set_up(vd->nl, v->ifindex, true);
	return nl_commit(vd->nl, NULL, 0);
}

static int
create(struct vlan_devs *vd, const struct vlan_key *k, struct nl_vlan *v)
{
	int err;

	(void)nl_vlan_add(vd->nl, v, 0);
	if ((err = nl_commit(vd->nl, NULL, 0)) != 0)
		return err;
	vlan_alias(v->alias, k->parent, &k->tag, vd->cfg->plugin_socket);
	v->ifindex = nl_ifindex(v->name);
	(void)nl_link_alias(vd->nl, v->ifindex, v->alias);
	if ((err = nl_commit(vd->nl, NULL, 0)) == 0)
		err = set_up(vd, v);
	if (err != 0) {
		(void)nl_link_del(vd->nl, v->name, NL_IGN_NOENT);
		(void)nl_commit(vd->nl, NULL, 0);
		return err;
	}
	log_info(v->name, "made for VLAN %u%s%.0u of %s", k->tag.outer,
	    k->tag.inner != 0 ? "." : "", k->tag.inner, k->parent);
	return 0;
}

static bool
same_vlan(const struct nl_vlan *a, const struct nl_vlan *b)
{
	return a->is_vlan && a->link == b->link && a->type == b->type &&
	    a->id == b->id;
}

struct search {
	const struct nl_vlan	*want;
	struct nl_vlan		 found;
};

static void
search_one(void *arg, const struct nl_vlan *v)
{
	struct search *s = arg;

	if (same_vlan(v, s->want))
		s->found = *v;
}

/* The device of this link, type and id: by its usual name, by any other, or a
 * new one. */
static int
get_device(struct vlan_devs *vd, const struct vlan_key *k, unsigned parent,
    struct nl_vlan *v)
{
	struct search s = { .want = v };
	struct nl_vlan there;
	int err, other;

	for (other = 0; other < 2; other++) {
		err = vlan_name(v->name, k->parent, parent, &k->tag, other);
		if (err != 0)
			return err;
		err = nl_vlan_get(vd->nl, v->name, &there);
		if (err == 0 && same_vlan(&there, v)) {
			*v = there;
			return 0;
		}
		if (err == 0)
			continue;	/* another one has the name */
		if (err != -ENODEV || (err = create(vd, k, v)) != -EEXIST)
			return err;
		(void)nl_vlans(vd->nl, search_one, &s);
		if (s.found.ifindex != 0) {
			*v = s.found;
			return 0;
		}
	}
	return -EEXIST;
}

/* ---- making and removing ---- */

/* When nobody needs it any more. */
static void
release(struct vlan_devs *vd, struct vlan_dev *d)
{
	struct vlan_dev *on = vlan_dev_carrier(vd, d);

	if (d->open || d->inners > 0)
		return;
	if (d->ours)
		remove_device(vd, d);
	vlan_dev_forget(vd, d);
	if (on != NULL)
		release(vd, on);
}

/* Nor is it ours, then, to remove. */
static bool
has_vanished(const struct vlan_dev *d)
{
	return nl_ifindex(d->name) != d->ifindex;
}

static int	 make(struct vlan_devs *, const struct vlan_key *,
		    struct vlan_dev **);

/* The device it is to be on, and which of its VLANs it is to be. */
static int
place(struct vlan_devs *vd, const struct vlan_key *k, unsigned parent,
    struct nl_vlan *v, struct vlan_dev **on)
{
	struct vlan_key ck = vlan_key_of_carrier(k);
	int err = 0;

	*on = NULL;
	*v = (struct nl_vlan){ .link = parent, .type = k->tag.type,
		.id = k->tag.outer };
	if (k->tag.inner == 0)
		return parent != 0 ? 0 : -ENODEV;
	*on = vlan_dev_find(vd, &ck);
	if (*on == NULL || has_vanished(*on))
		err = make(vd, &ck, on);
	if (err != 0)
		return err;
	*v = (struct nl_vlan){ .link = (*on)->ifindex, .type = VLAN_8021Q,
		.id = k->tag.inner };
	return 0;
}

static int
make(struct vlan_devs *vd, const struct vlan_key *k, struct vlan_dev **out)
{
	unsigned parent = nl_ifindex(k->parent);
	struct vlan_dev *on, *d = vlan_dev_find(vd, k);
	struct vlan_key is;
	struct nl_vlan v;
	bool ours;
	int err;

	if ((err = place(vd, k, parent, &v, &on)) != 0)
		return err;
	err = get_device(vd, k, parent, &v);
	ours = vlan_devs_made(vd, v.alias, &is);
	if (err == 0 && d != NULL) {
		table_remove(&vd->by_name, &d->by_name);
		vlan_dev_name(vd, d, &v, ours);
	} else if (err == 0 && (d = vlan_dev_insert(vd, k, &v, ours)) == NULL) {
		err = -ENOMEM;
	}
	*out = d;
	if (on != NULL)
		release(vd, on);
	return err;
}

struct counting {
	const char	*parent;
	unsigned	 n;
};

static bool
count_one(struct table_node *n, void *arg)
{
	const struct vlan_dev *d = container_of(n, struct vlan_dev, by_key);
	struct counting *c = arg;

	c->n += d->open && strcmp(d->key.parent, c->parent) == 0;
	return true;
}

static unsigned
count_open(struct vlan_devs *vd, const char *parent)
{
	struct counting c = { parent, 0 };

	table_each(&vd->by_key, count_one, &c);
	return c.n;
}

static int
key_asked(const struct nasd_priv_vlan *q, struct vlan_key *k)
{
	const struct vlan_tag t = { q->type, q->outer, q->inner };

	if (memchr(q->parent, '\0', sizeof(q->parent)) == NULL)
		return -EPERM;
	*k = vlan_key_of(q->parent, &t);
	return 0;
}

static int
get(struct vlan_devs *vd, const struct vlan_key *k, unsigned max,
    struct vlan_dev **d)
{
	int err = 0;

	/* What an earlier nasd has left was within its limit. */
	*d = vlan_dev_find(vd, k);
	if (*d == NULL)
		err = count_open(vd, k->parent) < max ? 0 : -ENOSPC;
	if (err == 0 && (*d == NULL || has_vanished(*d)))
		err = make(vd, k, d);
	return err;
}

int
vlan_devs_open(struct vlan_devs *vd, const struct nasd_priv_vlan *q,
    struct nasd_priv_vlan_opened *out, int *fd)
{
	const struct config_pppoe *cp;
	struct vlan_dev *d;
	struct vlan_key k;
	int err, mtu;

	if (key_asked(q, &k) != 0 || (cp = vlan_devs_allow(vd, &k)) == NULL)
		return -EPERM;
	if (q->session && ((d = vlan_dev_find(vd, &k)) == NULL || !d->open))
		return -ENOENT;
	if ((err = get(vd, &k, cp->vlan.max, &d)) != 0)
		return err;
	*fd = nasd_config_pppoe(vd->cfg, d->name) != NULL ? -EALREADY :
	    nasd_sockets_pppoe(d->name, q->session ? NASD_SOCKET_SESSION :
	    NASD_SOCKET_DISCOVERY, out->mac, &mtu);
	if (*fd < 0) {
		err = *fd;
		*fd = -1;
		/* Whoever has it in the configuration wants to keep it. */
		d->ours &= err != -EALREADY;
		release(vd, d);
		return err;
	}
	d->open = true;
	memcpy(out->name, d->name, sizeof(out->name));
	out->mtu = mtu;
	out->made = d->ours;
	return 0;
}

int
vlan_devs_close(struct vlan_devs *vd, const struct nasd_priv_vlan *q)
{
	struct vlan_dev *d;
	struct vlan_key k;

	if (key_asked(q, &k) != 0)
		return -EPERM;
	if ((d = vlan_dev_find(vd, &k)) == NULL)
		return -ENOENT;
	d->open = false;
	release(vd, d);
	return 0;
}

/* ---- from start to end ---- */

struct clearing {
	struct vlan_devs	*vd;
	bool			 inner, remove;
};

static bool
clear_one(struct table_node *n, void *arg)
{
	struct vlan_dev *d = container_of(n, struct vlan_dev, by_key);
	const struct clearing *c = arg;

	if (c->inner != (d->key.tag.inner != 0))
		return true;
	if (d->ours && c->remove)
		remove_device(c->vd, d);
	vlan_dev_forget(c->vd, d);
	return true;
}

static void
clear(struct vlan_devs *vd, bool remove)
{
	struct clearing c = { vd, true, remove };

	table_each(&vd->by_key, clear_one, &c);
	c.inner = false;
	table_each(&vd->by_key, clear_one, &c);
}

void
vlan_devs_clear(struct vlan_devs *vd)
{
	clear(vd, true);
}

struct vlan_devs *
vlan_devs_new(const struct nasd_config *cfg)
{
	struct vlan_devs *vd = calloc(1, sizeof(*vd));

	if (vd == NULL)
		return NULL;
	vd->cfg = cfg;
	if (table_init(&vd->by_key) == 0 && table_init(&vd->by_name) == 0)
		return vd;
	vlan_devs_free(vd);
	errno = ENOMEM;
	return NULL;
}

void
vlan_devs_free(struct vlan_devs *vd)
{
	if (vd == NULL)
		return;
	if (vd->by_key.slot != NULL && vd->by_name.slot != NULL)
		clear(vd, false);
	table_free(&vd->by_key);
	table_free(&vd->by_name);
	nl_close(vd->nl);
	free(vd);
}
