/* SPDX-License-Identifier: BSD-2-Clause */
/* See access_show.h. */
#include "config.h"
#include "nasd/access_show.h"

#include "nasd/access.h"
#include "nasd/access_ether.h"
#include "nasd/engine.h"
#include "nasd/nasd_config.h"
#include "nasd/pppoe.h"
#include "nasd/vlans.h"

static json_t *
one(const char *name, const char *origin, int mtu, const struct pppoe *pppoe)
{
	return access_one_json(name, origin, mtu, pppoe != NULL,
	    pppoe != NULL ? pppoe_sessions(pppoe) : 0);
}

static void
add_vlan(void *list, struct vlan *v)
{
	json_t *o = one(v->name, v->made ? "made" : "found", v->mtu,
	    v->gone ? NULL : v->pppoe);

	json_object_set_new(o, "parent", json_string(vlan_parent(v)));
	json_object_set_new(o, "vlan", json_integer(v->tag.outer));
	if (v->tag.inner != 0)
		json_object_set_new(o, "inner_vlan",
		    json_integer(v->tag.inner));
	json_array_append_new(list, o);
}

json_t *
access_json(struct engine *e)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < e->cfg->n_pppoe; i++)
		json_array_append_new(list, one(e->cfg->pppoe[i].ifname,
		    "configured", e->mtu[i], e->pppoe[i]));
	ethers_json(e->ethers, list);
	vlans_each(e->vlans, add_vlan, list);
	return list;
}
