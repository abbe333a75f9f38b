/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See priv_node.h. Of each link that has a tunnel:
 *
 *   nm4n-HEX	sit device, care-of address (HEX) to home agent, which has the
 *		care-of address; its alias says whose it is
 *   link	clsact: what the mobile node sends -> nm4n-HEX; and as long as
 *		it is open IPv4 is dropped: a host might say what a home agent
 *		says, in a tunnel
 *   nm4n-HEX	clsact: all -> link, behind an Ethernet header
 *
 * The host takes no part: IPv6 is off on both, so that nothing is answered and
 * nothing forwarded, and hop limits stay what they are. The care-of address is
 * there before packets pass, for the registration comes from it. It is on the
 * tunnel's own device, so that one goes with the other, also when a nasd has
 * been killed: the next one takes over what belongs to a link of its own, and
 * removes the rest. Each of the two filters has one of two prios, and is
 * replaced by one of the other: at no moment is there none. Before the first
 * are one for most of it, which costs less, and one that counts what is
 * link-local [D228, D221]; they come and go with it.
 *
 * With GRE it is a keyed gre device, nm4ng-HEX by the link's own key, for the
 * care-of address may be other links', too: each device has it, and it is the
 * host's as long as one is there. Such a device takes whatever is in GRE: what
 * is not bridged is dropped, all of it.
 *
 * Behind a foreign agent the device is nm4n-fPLACE, for two home agents may
 * have given the same address; priv_node_fa.c has its way to the agent.
 *
 * Here are the requests, and what is there from start to end; beside it
 * priv_node_check.c, what may be asked for, priv_node_tunnel.c, the device, and
 * priv_node_bridge.c, the filters.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/fa_sock.h"
#include "nasd/nasd_config.h"
#include "nasd/node_sock.h"
#include "nasd/priv_node.h"
#include "nasd/priv_node_int.h"
#include "nasd/priv_node_ppp.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_sysctl.h"

#define LOG_MODULE "plane"
#include "common/log.h"

struct nodes *
nodes_new(const struct nasd_config *cfg, struct sysctls *sysctls)
{
	unsigned n = cfg->n_node + nasd_config_ppp_nodes(cfg), i;
	struct nodes *ns = calloc(1, sizeof(*ns) + n * sizeof(ns->node[0]));

	if (ns == NULL)
		return NULL;
	ns->cfg = cfg;
	ns->sysctls = sysctls;
	ns->n_sections = cfg->n_node;
	ns->n = n;
	for (i = 0; i < ns->n_sections; i++)
		strcpy(ns->node[i].ifname, cfg->node[i].ifname);
	for (; i < n; i++)
		ns->node[i].ppp = true;
	return ns;
}

void
nodes_free(struct nodes *ns)
{
	if (ns == NULL)
		return;
	nl_close(ns->nl);
	free(ns);
}

static struct node *
find(struct nodes *ns, const char *ifname)
{
	for (unsigned i = 0; i < ns->n_sections; i++)
		if (strncmp(ns->node[i].ifname, ifname, IF_NAMESIZE) == 0)
			return &ns->node[i];
	return NULL;
}

static struct node *
find_ppp(struct nodes *ns, struct in_addr coa)
{
	uint32_t i = ntohl(coa.s_addr) - ntohl(ns->cfg->coas.first.s_addr);

	return i >= ns->n_sections && i < ns->n ? &ns->node[i] : NULL;
}

/* Whose a request is: coa is 0.0.0.0 of all but PPP links. */
static struct node *
find_open(struct nodes *ns, const char *ifname, struct in_addr coa)
{
	struct node *n;

	if (coa.s_addr == INADDR_ANY)
		return find(ns, ifname);
	n = find_ppp(ns, coa);
	return n != NULL && ifname[0] != '\0' && strncmp(n->ifname, ifname,
	    IF_NAMESIZE) == 0 ? n : NULL;
}

unsigned
node_place(const struct nodes *ns, const struct node *n)
{
	return (unsigned)(n - ns->node);
}

/* Not of a link that there is no more. */
bool
node_is_behind_fa(const struct nodes *ns, const struct node *n)
{
	return n >= ns->node && n < ns->node + ns->n_sections &&
	    ns->cfg->node[node_place(ns, n)].via_fa.s_addr != INADDR_ANY;
}

/* ---- requests ---- */

/* It may have come to another interface. */
static int
find_agent(struct nodes *ns, struct node *n, struct in_addr fa)
{
	unsigned ifindex;
	int err = fa_link_find(ns->nl, fa, &ifindex);

	if (err != 0) {
		log_warnx(n->ifname, "its foreign agent is on no link of "
		    "ours: %s", strerror(-err));
		return err;
	}
	if (n->fa.ifindex == ifindex)
		return 0;
	if (n->tunnel != 0)
		node_tunnel_take_down(ns, n);
	if ((err = fa_link_hush(ns->sysctls, ifindex)) == 0)
		n->fa = (struct fa_link){ fa, ifindex };
	return err;
}

/* Whose the care-of address was before is over. */
static int
open_ppp(struct nodes *ns, const struct nasd_priv_node_name *q, int *fd)
{
	struct node *n = find_ppp(ns, q->coa);
	unsigned link;
	int err;

	if (n == NULL)
		return -EPERM;
	if ((err = node_ppp_find(q->ifname, &link)) != 0)
		return err;
	if (n->link != 0 && n->link != link)
		return -EADDRINUSE;
	if (n->left[0] != '\0' && strcmp(n->ifname, q->ifname) != 0)
		node_tunnel_remove_left(ns, n);
	if ((err = node_bridge_guard(ns, link, true)) != 0)
		return err;
	if ((*fd = node_sock_ppp(link)) < 0)
		return *fd;
	strcpy(n->ifname, q->ifname);
	n->link = link;
	return 0;
}

static void
let_go(struct node *n)
{
	n->ifname[0] = '\0';
	n->link = 0;
}

int
nodes_open(struct nodes *ns, const struct nasd_priv_node_name *q,
    struct nasd_priv_node_opened *out, int *fd)
{
	struct node *n = find(ns, q->ifname);
	unsigned link;
	int mtu, err;

	if (ns->nl == NULL)
		return -ENOTCONN;
	if (q->coa.s_addr != INADDR_ANY)
		return open_ppp(ns, q, fd);
	if (n == NULL)
		return -EPERM;
	if ((link = nl_ifindex(n->ifname)) == 0)
		return -ENODEV;
	if ((err = node_bridge_guard(ns, link, false)) != 0)
		return err;
	if ((*fd = node_sock_link(link, out->mac, &mtu)) < 0) {
		if (n->link == 0)
			node_bridge_unguard(ns, link);
		return *fd;
	}
	/* Another one of that name: the tunnel leads nowhere. */
	if (n->link != link && n->tunnel != 0)
		node_tunnel_take_down(ns, n);
	(void)sysctls_change(ns->sysctls, n->ifname, "disable_ipv6", '1');
	n->link = link;
	out->mtu = mtu;
	return 0;
}

int
nodes_hear(struct nodes *ns, const struct nasd_priv_node_name *q, int *fd)
{
	struct node *n = find(ns, q->ifname);
	int err;

	if (n == NULL || q->coa.s_addr != INADDR_ANY)
		return -EPERM;
	if (n->link == 0)
		return -ENOENT;
	if ((err = node_sock_data(n->link)) < 0)
		return err;
	*fd = err;
	return 0;
}

int
nodes_set(struct nodes *ns, const struct nasd_priv_node_set *q,
    struct nasd_priv_node_was_set *out, int *fd)
{
	struct node *n = find_open(ns, q->ifname, q->ppp ? q->coa :
	    (struct in_addr){ INADDR_ANY });
	int err;

	if (n == NULL)
		return -EPERM;
	if ((err = node_check(ns, n, q)) != 0)
		return err;
	if (n->link == 0)
		return -ENOENT;
	if (q->via.s_addr != INADDR_ANY &&
	    (err = find_agent(ns, n, q->via)) != 0)
		return err;
	/* Or somebody has removed it, or set it down. */
	if (n->tunnel != 0 && (n->coa.s_addr != q->coa.s_addr ||
	    n->ha.s_addr != q->ha.s_addr || n->gre.own != q->gre.own ||
	    !nl_link_is_up(n->device, n->tunnel)))
		node_tunnel_take_down(ns, n);
	out->made = n->tunnel == 0 && q->coa.s_addr != INADDR_ANY;
	if (n->tunnel == 0 && !out->made)
		return 0;
	if (out->made)
		err = node_tunnel_put_up(ns, n, q);
	else if (q->via.s_addr != INADDR_ANY)
		err = fa_way_keep(ns->nl, &n->fa, node_place(ns, n), n->coa,
		    n->ha);
	if (err != 0)
		return err;
	if ((err = node_tunnel_rekey(ns, n, q->gre.peer)) != 0)
		log_warnx(n->ifname, "the home agent's key is not set");
	else if (q->carry)
		err = node_bridge_carry(ns, n, q);
	else if (n->prio != 0)
		node_bridge_stop(ns, n);
	if (err == 0 && out->made && (*fd = node_sock_tunnel(n->tunnel)) < 0)
		err = *fd;
	if (err != 0)
		node_tunnel_take_down(ns, n);
	return err;
}

int
nodes_del(struct nodes *ns, const struct nasd_priv_node_name *q)
{
	struct node *n = find_open(ns, q->ifname, q->coa);
	int err = 0;

	if (n == NULL)
		return -EPERM;
	if (n->tunnel != 0)
		node_tunnel_take_down(ns, n);
	else if (n->left[0] != '\0')
		node_tunnel_remove_left(ns, n);
	else
		err = -ENOENT;
	n->past = (struct nl_stats){ 0 };
	n->past_local = 0;
	if (n->ppp)
		let_go(n);
	return err;
}

int
nodes_count(struct nodes *ns, const struct nasd_priv_node_name *q,
    struct nasd_priv_counted *out)
{
	struct node *n = find_open(ns, q->ifname, q->coa);
	uint64_t local;

	if (n == NULL)
		return -EPERM;
	if (n->tunnel == 0)
		return -ENOENT;
	/* In this order, so that what is left of it is never too much. */
	node_tunnel_count(ns, n);
	node_bridge_count(ns, n);
	local = n->past_local + n->local;
	/* What it sends is what the mobile node has sent. */
	*out = (struct nasd_priv_counted){
		.rx_bytes = n->past.tx_bytes + n->count.tx_bytes,
		.tx_bytes = n->past.rx_bytes + n->count.rx_bytes,
		.rx_packets = n->past.tx_packets + n->count.tx_packets,
		.tx_packets = n->past.rx_packets + n->count.rx_packets,
		.rx_dropped = n->past.tx_errors + n->count.tx_errors };
	out->rx_carried = out->rx_packets > local ? out->rx_packets - local :
	    0;
	return 0;
}

static bool
is_agent(const struct nodes *ns, struct in_addr fa)
{
	for (unsigned i = 0; fa.s_addr != INADDR_ANY && i < ns->n_sections;
	    i++)
		if (ns->cfg->node[i].via_fa.s_addr == fa.s_addr)
			return true;
	return false;
}

int
nodes_fa_open(struct nodes *ns, const struct nasd_priv_fa_open *q,
    struct nasd_priv_fa_opened *out, int *fd)
{
	unsigned ifindex;
	int err;

	if (!is_agent(ns, q->fa))
		return -EPERM;
	if (ns->nl == NULL)
		return -ENOTCONN;
	if ((err = fa_link_find(ns->nl, q->fa, &ifindex)) != 0 ||
	    (err = fa_link_own(q->fa, &out->own)) != 0)
		return err;
	if (if_indextoname(ifindex, out->ifname) == NULL)
		return -errno;
	out->ifindex = ifindex;
	*fd = fa_sock_open(ifindex, q->fa);
	return *fd < 0 ? *fd : 0;
}

/* ---- from start to end ---- */

/* One whose session may be here again soon. An Ethernet link's may have had the
 * same care-of address. */
static bool
is_ppp(struct nodes *ns, const char *device, const char *link)
{
	struct node *n;
	unsigned coa, ifindex;

	if (sscanf(device, DEVICE_NAME "%8x", &coa) != 1 ||
	    (n = find_ppp(ns, (struct in_addr){ htonl(coa) })) == NULL ||
	    node_ppp_find(link, &ifindex) == -EPERM)
		return false;
	strcpy(n->ifname, link);
	snprintf(n->left, sizeof(n->left), "%s", device);
	return true;
}

static void
see_device(struct nodes *ns, const char *device)
{
	char alias[256], link[IF_NAMESIZE];
	struct node stray = { .link = 0 }, *n;
	struct nl_vlan d;

	/* With its alias it is ours, and this configuration's. */
	if (nl_vlan_get(ns->nl, device, &d) != 0 ||
	    sscanf(d.alias, "netmip4 access node %15s", link) != 1)
		return;
	node_tunnel_alias(ns, link, alias, sizeof(alias));
	if (strcmp(alias, d.alias) != 0)
		return;
	/* Of a link that is not ours any more, or of two of one link one. */
	n = find(ns, link);
	if (n == NULL && is_ppp(ns, device, link))
		return;
	if (n == NULL || n->left[0] != '\0') {
		strcpy(stray.ifname, link);
		n = &stray;
	}
	snprintf(n->left, sizeof(n->left), "%s", device);
	if (n != &stray)
		return;
	node_tunnel_remove_left(ns, n);
	if (nl_ifindex(link) != 0)
		node_bridge_unguard(ns, nl_ifindex(link));
}

void
nodes_start(struct nodes *ns)
{
	struct if_nameindex *all, *i;

	if ((ns->nl = nl_open()) == NULL) {
		log_error(NULL, "no rtnetlink, access nodes will get no "
		    "tunnels");
		return;
	}
	if ((all = if_nameindex()) == NULL)
		return;
	for (i = all; i->if_index != 0; i++)
		if (strncmp(i->if_name, DEVICE_PREFIX,
		    strlen(DEVICE_PREFIX)) == 0)
			see_device(ns, i->if_name);
	if_freenameindex(all);
	for (unsigned k = 0; k < ns->n_sections; k++)
		if (!node_is_behind_fa(ns, &ns->node[k]))
			fa_ways_sweep(ns->nl, k, k);
	if (ns->n_sections < CONFIG_NODES)
		fa_ways_sweep(ns->nl, ns->n_sections, CONFIG_NODES - 1);
}

void
nodes_sweep(struct nodes *ns)
{
	for (unsigned i = ns->n_sections; i < ns->n; i++) {
		struct node *n = &ns->node[i];

		if (n->link != 0 || n->left[0] == '\0')
			continue;
		node_tunnel_remove_left(ns, n);
		let_go(n);
	}
}

void
nodes_clear(struct nodes *ns)
{
	for (unsigned i = 0; i < ns->n; i++) {
		struct node *n = &ns->node[i];

		if (n->left[0] != '\0')
			node_tunnel_remove_left(ns, n);
		if (n->tunnel != 0)
			node_tunnel_take_down(ns, n);
		if (n->ppp) {
			let_go(n);
			continue;
		}
		if (n->link != 0)
			node_bridge_unguard(ns, n->link);
		n->link = 0;
	}
}
