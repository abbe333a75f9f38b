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
priv_op_pppoe_open(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_pppoe_open q;
	struct nasd_priv_pppoe_opened reply = { 0 };
	int mtu, sock;

	(void)len;
	memcpy(&q, body, sizeof(q));
	if (memchr(q.ifname, '\0', sizeof(q.ifname)) == NULL ||
	    priv_reload_interface(&np->reload, q.ifname) == NULL)
		return -EPERM;
	if (q.hears > NASD_SOCKET_VLANS)
		return -EINVAL;
	sock = nasd_sockets_pppoe(q.ifname, q.hears, reply.mac, &mtu);
	if (sock < 0)
		return sock;
	*fd = sock;
	reply.mtu = mtu;
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}

int
priv_op_vlan_open(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_vlan q;
	struct nasd_priv_vlan_opened reply = { .mtu = 0 };
	int err;

	(void)len;
	memcpy(&q, body, sizeof(q));
	if ((err = vlan_devs_open(np->vlans, &q, &reply, fd)) != 0)
		return err;
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}

int
priv_op_vlan_close(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_vlan q;

	(void)len;
	(void)out;
	(void)out_len;
	(void)fd;
	memcpy(&q, body, sizeof(q));
	return vlan_devs_close(np->vlans, &q);
}

int
priv_op_vlan_list(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv_vlan_there there[NASD_PRIV_VLANS_MAX];
	struct nasd_priv *np = state;
	struct nasd_priv_vlan_list q;

	(void)len;
	(void)fd;
	memcpy(&q, body, sizeof(q));
	*out_len = vlan_devs_list(np->vlans, q.from, there,
	    NASD_PRIV_VLANS_MAX) * sizeof(there[0]);
	memcpy(out, there, *out_len);
	return 0;
}

int
priv_op_node_open(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_node_name q;
	struct nasd_priv_node_opened reply = { 0 };
	int err;

	(void)len;
	memcpy(&q, body, sizeof(q));
	if ((err = nodes_open(np->nodes, &q, &reply, fd)) != 0)
		return err;
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}

int
priv_op_node_set(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_node_set q;
	struct nasd_priv_node_was_set reply = { 0 };
	int err;

	(void)len;
	memcpy(&q, body, sizeof(q));
	if ((err = nodes_set(np->nodes, &q, &reply, fd)) != 0)
		return err;
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}

int
priv_op_node_del(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_node_name q;

	(void)len;
	(void)out;
	(void)out_len;
	(void)fd;
	memcpy(&q, body, sizeof(q));
	return nodes_del(np->nodes, &q);
}

int
priv_op_node_count(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_node_name q;
	struct nasd_priv_counted reply;
	int err;

	(void)len;
	(void)fd;
	memcpy(&q, body, sizeof(q));
	if ((err = nodes_count(np->nodes, &q, &reply)) != 0)
		return err;
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}

int
priv_op_node_sweep(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;

	(void)body;
	(void)len;
	(void)out;
	(void)out_len;
	(void)fd;
	nodes_sweep(np->nodes);
	return 0;
}

int
priv_op_fa_open(void *state, const void *body, size_t len, void *out,
    size_t *out_len, int *fd)
{
	struct nasd_priv *np = state;
	struct nasd_priv_fa_open q;
	struct nasd_priv_fa_opened reply = { .ifindex = 0 };
	int err;

	(void)len;
	memcpy(&q, body, sizeof(q));
	if ((err = nodes_fa_open(np->nodes, &q, &reply, fd)) != 0)
		return err;
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}
