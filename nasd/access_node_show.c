/* SPDX-License-Identifier: BSD-2-Clause */
/* What nasctl shows of access nodes' links: see access_node.h. Neighbours:
 * access_node_link.c; session_show.c. */
#include "nasd/access_node_int.h"

#include "common/ctl_json.h"
#include "nasd/session.h"

static json_t *
mac_json(const uint8_t mac[NODE_MAC_LEN])
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
	    mac[2], mac[3], mac[4], mac[5]);
}

static json_t *
address_json(struct in_addr addr)
{
	return addr.s_addr != INADDR_ANY ? ctl_ipv4(addr) : json_null();
}

static json_t *
link_json(const struct node_link *l)
{
	const struct in_addr none = { INADDR_ANY };
	json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:o, s:o,"
	    " s:b, s:b}",
	    "link", l->cfg->ifname,
	    "nai", l->cfg->nai,
	    "care_of_address", address_json(l->coa),
	    "foreign_agent", address_json(l->cfg->via_fa),
	    "ipv4_home_address", address_json(l->session != NULL ?
	    l->session->home : none),
	    "open", l->fsm.open,
	    "carrier", l->fsm.carrier,
	    "mobile_node", l->node.has_mn && !l->node.ppp ?
	    mac_json(l->node.mn) : json_null(),
	    "router", l->node.ppp ? json_null() : mac_json(l->node.router),
	    "bridged", l->node.passing,
	    "exported", l->fsm.exported);

	for (int c = 0; c < NODE_C_COUNT; c++)
		json_object_set_new(o, node_counter_key(c),
		    json_integer((json_int_t)l->node.count[c]));
	return o;
}

json_t *
access_node_coa_json(const struct session *s)
{
	return s->node != NULL ? ctl_ipv4(s->node->coa) : json_null();
}

json_t *
access_nodes_json(const struct access_nodes *ns)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ns->n + ns->n_ppp; i++)
		if (i < ns->n || ns->link[i].session != NULL)
			json_array_append_new(list, link_json(&ns->link[i]));
	return list;
}
