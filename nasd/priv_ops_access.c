/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to the root side about access interfaces: their packet sockets,
 * their VLANs (priv_vlan.c), and access nodes' links (priv_node.c). priv_ops.c
 * has the table.
 */
#include <errno.h>
#include <string.h>

#include "nasd/priv_node.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_ops_int.h"
#include "nasd/priv_reload.h"
#include "nasd/priv_vlan.h"
#include "nasd/sockets.h"

_Static_assert(NASD_PRIV_VLANS_MAX * sizeof(struct nasd_priv_vlan_there) <=
    PRIV_MSG_MAX, "the answer to list VLANs");

int
priv_op_pppoe_open(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_pppoe_open q;
	struct nasd_priv_pppoe_opened reply = { 0 };
	int mtu, sock;

	memcpy(&q, c->body, sizeof(q));
	if (memchr(q.ifname, '\0', sizeof(q.ifname)) == NULL ||
	    priv_reload_interface(&np->reload, q.ifname) == NULL)
		return -EPERM;
	if (q.hears > NASD_SOCKET_VLANS)
		return -EINVAL;
	sock = nasd_sockets_pppoe(q.ifname, q.hears, reply.mac, &mtu);
	if (sock < 0)
		return sock;
	c->fd = sock;
	reply.mtu = mtu;
	return priv_reply(c, &reply, sizeof(reply));
}

int
priv_op_vlan_open(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_vlan q;
	struct nasd_priv_vlan_opened reply = { .mtu = 0 };
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = vlan_devs_open(np->vlans, &q, &reply, &c->fd)) != 0)
		return err;
	return priv_reply(c, &reply, sizeof(reply));
}

int
priv_op_vlan_close(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_vlan q;

	memcpy(&q, c->body, sizeof(q));
	return vlan_devs_close(np->vlans, &q);
}

int
priv_op_vlan_list(struct priv_call *c)
{
	struct nasd_priv_vlan_there there[NASD_PRIV_VLANS_MAX];
	struct nasd_priv *np = c->state;
	struct nasd_priv_vlan_list q;

	memcpy(&q, c->body, sizeof(q));
	c->out_len = vlan_devs_list(np->vlans, q.from, there,
	    NASD_PRIV_VLANS_MAX) * sizeof(there[0]);
	memcpy(c->out, there, c->out_len);
	return 0;
}

int
priv_op_node_open(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_node_name q;
	struct nasd_priv_node_opened reply = { 0 };
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = nodes_open(np->nodes, &q, &reply, &c->fd)) != 0)
		return err;
	return priv_reply(c, &reply, sizeof(reply));
}

int
priv_op_node_hear(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_node_name q;

	memcpy(&q, c->body, sizeof(q));
	return nodes_hear(np->nodes, &q, &c->fd);
}

int
priv_op_node_set(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_node_set q;
	struct nasd_priv_node_was_set reply = { 0 };
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = nodes_set(np->nodes, &q, &reply, &c->fd)) != 0)
		return err;
	return priv_reply(c, &reply, sizeof(reply));
}

int
priv_op_node_del(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_node_name q;

	memcpy(&q, c->body, sizeof(q));
	return nodes_del(np->nodes, &q);
}

int
priv_op_node_count(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_node_name q;
	struct nasd_priv_counted reply;
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = nodes_count(np->nodes, &q, &reply)) != 0)
		return err;
	return priv_reply(c, &reply, sizeof(reply));
}

int
priv_op_node_sweep(struct priv_call *c)
{
	struct nasd_priv *np = c->state;

	nodes_sweep(np->nodes);
	return 0;
}

int
priv_op_fa_open(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_fa_open q;
	struct nasd_priv_fa_opened reply = { .ifindex = 0 };
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = nodes_fa_open(np->nodes, &q, &reply, &c->fd)) != 0)
		return err;
	return priv_reply(c, &reply, sizeof(reply));
}
