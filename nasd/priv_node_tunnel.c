/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnel devices of access nodes' links, of this nasd and of an earlier one;
 * see priv_node.c, which asks for them.
 */
#include "nasd/priv_node_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nasd/nasd_config.h"
#include "nasd/priv_host.h"
#include "nasd/priv_ops.h"

#define LOG_MODULE "plane"
#include "common/log.h"

#define ALIAS		"netmip4 access node %s of %s"

void
node_tunnel_alias(const struct nodes *ns, const char *ifname, char *buf,
    size_t cap)
{
	snprintf(buf, cap, ALIAS, ifname, ns->cfg->plugin_socket);
}

/* Of one that somebody else has removed there is what was read last. */
void
node_tunnel_count(struct nodes *ns, struct node *n)
{
	struct nl_stats st;

	if (n->tunnel != 0 && nl_link_stats(ns->nl, n->tunnel, &st) == 0)
		n->count = st;
}

/* A session may have several devices, one after the other. */
static void
keep_count(struct nodes *ns, struct node *n)
{
	node_tunnel_count(ns, n);
	n->past.rx_bytes += n->count.rx_bytes;
	n->past.tx_bytes += n->count.tx_bytes;
	n->past.rx_packets += n->count.rx_packets;
	n->past.tx_packets += n->count.tx_packets;
	n->past.tx_errors += n->count.tx_errors;
	n->count = (struct nl_stats){ 0 };
}

static void
remove_device(struct nodes *ns, struct node *n)
{
	int err;

	keep_count(ns, n);
	if (n->link != 0)
		node_bridge_stop(ns, n);
	nl_begin(ns->nl);
	nl_link_del(ns->nl, n->device, NL_IGN_NOENT);
	if ((err = nl_commit(ns->nl, NULL, 0)) != 0) {
		errno = -err;
		log_warn(n->ifname, "tunnel %s not removed", n->device);
	}
	n->tunnel = 0;
}

void
node_tunnel_take_down(struct nodes *ns, struct node *n)
{
	remove_device(ns, n);
	if (node_is_behind_fa(ns, n))
		fa_way_del(ns->nl, node_place(ns, n));
	n->coa.s_addr = n->ha.s_addr = INADDR_ANY;
	n->gre = (struct gre_keys){ .own = 0 };
}

void
node_tunnel_remove_left(struct nodes *ns, struct node *n)
{
	unsigned link = n->link;

	strcpy(n->device, n->left);
	n->tunnel = nl_ifindex(n->device);
	n->left[0] = '\0';
	/* A PPP interface of that name may be another one by now; the one that
	 * was stays closed. */
	n->link = n->ppp ? 0 : nl_ifindex(n->ifname);
	node_tunnel_take_down(ns, n);
	n->past = (struct nl_stats){ 0 };	/* another session's */
	n->past_local = 0;
	n->link = link;
	log_info(n->ifname, "what was left of %s is removed", n->device);
}

/* What stands in the way of a device: the link's own of another name, and one
 * of its name that was another link's, whose way led there. */
static void
remove_other(struct nodes *ns, struct node *n, const char *device)
{
	for (unsigned i = 0; i < ns->n_sections; i++)
		if (&ns->node[i] != n &&
		    strcmp(ns->node[i].left, device) == 0)
			node_tunnel_remove_left(ns, &ns->node[i]);
	if (n->left[0] != '\0' && strcmp(n->left, device) != 0)
		node_tunnel_remove_left(ns, n);
	n->left[0] = '\0';
}

/* An earlier nasd's goes on, if it is what is wanted. */
static bool
take_over(struct nodes *ns, struct node *n)
{
	if ((n->tunnel = nl_ifindex(n->device)) == 0)
		return false;
	if (n->gre.own != 0 ?
	    !host_is_gre(n->device, n->coa, n->ha, &n->gre) :
	    !host_is_sit(n->device, n->coa, n->ha)) {
		remove_device(ns, n);
		return false;
	}
	node_bridge_found(ns, n);
	return true;
}

static struct nl_gre
header(const struct node *n)
{
	return (struct nl_gre){ .local = n->coa, .remote = n->ha,
	    .key = n->gre.peer };
}

static int
make_device(struct nodes *ns, const struct node *n)
{
	const struct nl_gre h = header(n);

	nl_begin(ns->nl);
	if (n->gre.own != 0)
		nl_gre_add(ns->nl, n->device, &h, n->gre.own,
		    host_gre_mtu(ns->cfg->coa, n->ha), 0);
	else
		nl_sit_add(ns->nl, n->device, n->coa, n->ha,
		    n->fa.ifindex != 0 ? fa_link_mtu(n->fa.fa) :
		    host_tunnel_mtu(ns->cfg->coa, n->ha), 0);
	return nl_commit(ns->nl, NULL, 0);
}

static int
make(struct nodes *ns, struct node *n)
{
	char alias[256];
	int err;

	if ((err = make_device(ns, n)) != 0)
		return err;
	if ((n->tunnel = nl_ifindex(n->device)) == 0)
		return -ENODEV;
	/* Before it is up: it is no IPv6 interface for a moment. */
	if ((err = host_sysctl_set(n->device, "disable_ipv6", '1')) != 0)
		return err;
	node_tunnel_alias(ns, n->ifname, alias, sizeof(alias));
	nl_begin(ns->nl);
	nl_link_alias(ns->nl, n->tunnel, alias);
	if (n->gre.own != 0) {
		nl_clsact_add(ns->nl, n->tunnel, 0);
		nl_filter_drop_all(ns->nl, n->tunnel, PRIO_GUARD);
	}
	nl_link_set_up(ns->nl, n->tunnel, true);
	nl_addr4_add(ns->nl, n->tunnel, n->coa, NL_IGN_EXIST);
	return nl_commit(ns->nl, NULL, 0);
}

/* By what no other link's has. */
static void
name_device(const struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q, char device[static IF_NAMESIZE])
{
	if (n->fa.ifindex != 0)
		snprintf(device, IF_NAMESIZE, DEVICE_NAME "f%u",
		    node_place(ns, n));
	else if (q->gre.own != 0 && !n->ppp)
		snprintf(device, IF_NAMESIZE, DEVICE_GRE "%08x", q->gre.own);
	else
		snprintf(device, IF_NAMESIZE, DEVICE_NAME "%08x",
		    ntohl(q->coa.s_addr));
}

int
node_tunnel_put_up(struct nodes *ns, struct node *n,
    const struct nasd_priv_node_set *q)
{
	char name[INET_ADDRSTRLEN], device[IF_NAMESIZE];
	bool old;
	int err = 0;

	name_device(ns, n, q, device);
	remove_other(ns, n, device);
	strcpy(n->device, device);
	n->coa = q->coa;
	n->ha = q->ha;
	n->gre = q->gre;
	old = take_over(ns, n);
	if (!old)
		err = make(ns, n);
	if (err == 0 && n->fa.ifindex != 0)
		err = fa_way_add(ns->nl, &n->fa, node_place(ns, n), q->coa,
		    q->ha);
	if (err != 0) {
		errno = -err;
		log_error(n->ifname, "tunnel cannot be made");
		node_tunnel_take_down(ns, n);
		return err;
	}
	log_info(n->ifname, "tunnel %s to %s %s", n->device,
	    inet_ntop(AF_INET, &n->ha, name, sizeof(name)),
	    old ? "taken over" : "made");
	return 0;
}

/* The home agent's key has come, or is another one. */
int
node_tunnel_rekey(struct nodes *ns, struct node *n, uint32_t peer)
{
	struct nl_gre h;

	if (n->gre.own == 0 || n->gre.peer == peer)
		return 0;
	n->gre.peer = peer;
	h = header(n);
	nl_begin(ns->nl);
	nl_gre_change(ns->nl, n->device, &h, n->gre.own,
	    host_gre_mtu(ns->cfg->coa, n->ha));
	return nl_commit(ns->nl, NULL, 0);
}
