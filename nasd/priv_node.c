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
 * replaced by one of the other: at no moment is there none.
 *
 * With GRE it is a keyed gre device, nm4ng-HEX by the link's own key, for the
 * care-of address may be other links', too: each device has it, and it is the
 * host's as long as one is there. Such a device takes whatever is in GRE: what
 * is not bridged is dropped, all of it.
 *
 * Behind a foreign agent the device is nm4n-fPLACE, for two home agents may
 * have given the same address; priv_node_fa.c has its way to the agent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/netlink.h"
#include "nasd/nasd_config.h"
#include "nasd/node_sock.h"
#include "nasd/priv_host.h"
#include "nasd/priv_node.h"
#include "nasd/priv_node_fa.h"
#include "nasd/priv_node_ppp.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_sysctl.h"

#define LOG_MODULE "plane"
#include "common/log.h"

#define DEVICE_PREFIX	"nm4n"	/* of all */
#define DEVICE_NAME	DEVICE_PREFIX "-"
#define DEVICE_GRE	DEVICE_PREFIX "g-"
#define ALIAS		"netmip4 access node %s of %s"
/* Of the filters; an operator's have others. */
#define PRIO_1		13401
#define PRIO_2		(PRIO_1 + 1)
#define PRIO_GUARD	(PRIO_1 + 2)	/* of IPv4's; in GRE of all else's */

struct node {
	char		 ifname[IF_NAMESIZE];	/* the link's */
	bool		 ppp;			/* then it has a link, or "" */
	unsigned	 link;			/* 0: not open */
	char		 left[IF_NAMESIZE];	/* device of an earlier nasd's,
						 * or "" */
	char		 device[IF_NAMESIZE];
	unsigned	 tunnel;		/* its index; 0: none */
	struct in_addr	 coa, ha;
	struct gre_keys	 gre;
	struct nl_stats	 count, past;		/* of this device, as last
						 * read; of those before */
	uint16_t	 prio;			/* of the filters; 0: none */
	uint8_t		 carry;			/* by these */
	uint8_t		 mn[6], router[6];
	struct fa_link	 fa;			/* towards its agent, if it has
						 * one */
};

struct nodes {
	const struct nasd_config *cfg;
	struct nl	*nl;			/* NULL before nodes_start */
	struct sysctls	*sysctls;		/* not ours */
	unsigned	 n_sections;		/* the first ones */
	unsigned	 n;
	struct node	 node[];		/* by care-of address, if PPP */
};

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

static unsigned
place_of(const struct nodes *ns, const struct node *n)
{
	return (unsigned)(n - ns->node);
}

/* Not of a link that there is no more. */
static bool
is_behind_fa(const struct nodes *ns, const struct node *n)
{
	return n >= ns->node && n < ns->node + ns->n_sections &&
	    ns->cfg->node[place_of(ns, n)].via_fa.s_addr != INADDR_ANY;
}

static int
commit(struct nodes *ns)
{
	return nl_commit(ns->nl, NULL, 0);
}

static void
alias_of(const struct nodes *ns, const char *ifname, char *buf, size_t cap)
{
	snprintf(buf, cap, ALIAS, ifname, ns->cfg->plugin_socket);
}

/* ---- what passes ---- */

/* Those of an operator stay, and then so does the qdisc that they are in. */
struct prios {
	bool	ours[2], guard, others;
};

static void
see_prio(void *arg, uint16_t prio)
{
	struct prios *p = arg;

	if (prio == PRIO_1 || prio == PRIO_2)
		p->ours[prio - PRIO_1] = true;
	else if (prio == PRIO_GUARD)
		p->guard = true;
	else
		p->others = true;
}

static struct prios
prios_of(struct nodes *ns, unsigned ifindex)
{
	struct prios p = { .others = false };

	if (nl_filter_prios(ns->nl, ifindex, see_prio, &p) != 0)
		p.others = true;
	return p;
}

static void
del_ours(struct nodes *ns, unsigned ifindex, const struct prios *p)
{
	for (unsigned i = 0; i < 2; i++)
		if (p->ours[i])
			nl_filter_del(ns->nl, ifindex, (uint16_t)(PRIO_1 + i),
			    NL_IGN_NOENT);
}

static void
stop(struct nodes *ns, struct node *n)
{
	const struct prios p = prios_of(ns, n->link);
	const struct prios down = prios_of(ns, n->tunnel);
	int err;

	nl_begin(ns->nl);
	del_ours(ns, n->link, &p);
	for (uint16_t prio = PRIO_1; n->ppp && prio <= PRIO_2; prio++)
		nl_filter_out_del(ns->nl, n->link, prio, NL_IGN_NOENT);
	if (!p.others && !p.guard)
		nl_clsact_del(ns->nl, n->link, NL_IGN_NOENT);
	if (n->tunnel != 0 && n->gre.own != 0)
		del_ours(ns, n->tunnel, &down);
	else if (n->tunnel != 0)
		nl_clsact_del(ns->nl, n->tunnel, NL_IGN_NOENT);
	if ((err = commit(ns)) != 0) {
		errno = -err;
		log_warn(n->ifname, "bridge not wholly removed");
	}
	n->prio = 0;
}

static int
guard(struct nodes *ns, unsigned link, bool ppp)
{
	if (prios_of(ns, link).guard)
		return 0;
	nl_begin(ns->nl);
	nl_clsact_add(ns->nl, link, NL_IGN_EXIST);
	if (ppp)
		node_ppp_close(ns->nl, link, PRIO_GUARD);
	else
		nl_filter_drop4(ns->nl, link, PRIO_GUARD);
	return commit(ns);
}

static void
unguard(struct nodes *ns, unsigned link)
{
	struct prios p = prios_of(ns, link);

	nl_begin(ns->nl);
	if (p.guard)
		nl_filter_del4(ns->nl, link, PRIO_GUARD, NL_IGN_NOENT);
	if (!p.others)
		nl_clsact_del(ns->nl, link, NL_IGN_NOENT);
	(void)commit(ns);
}

static void
put_ways(struct nodes *ns, const struct node *n, uint16_t prio,
    const struct nasd_priv_node_set *q)
{
	nl_clsact_add(ns->nl, n->link, NL_IGN_EXIST);
	nl_clsact_add(ns->nl, n->tunnel, NL_IGN_EXIST);
	if (n->ppp) {
		node_ppp_bridge(ns->nl, n->link, prio, n->tunnel, n->device,
		    q->carry == NASD_PRIV_CARRY_BOTH);
		return;
	}
	if (q->carry == NASD_PRIV_CARRY_BOTH)
		nl_bridge_up(ns->nl, n->link, prio, q->mn, n->tunnel);
	nl_bridge_down(ns->nl, n->tunnel, prio, q->mn, q->router, n->link);
}

/* The new ones come before the old ones go. */
static int
carry(struct nodes *ns, struct node *n, const struct nasd_priv_node_set *q)
{
	uint16_t prio = n->prio == PRIO_1 ? PRIO_2 : PRIO_1;
	int err;

	if (n->prio != 0 && n->carry == q->carry &&
	    memcmp(n->mn, q->mn, sizeof(n->mn)) == 0 &&
	    memcmp(n->router, q->router, sizeof(n->router)) == 0)
		return 0;
	nl_begin(ns->nl);
	put_ways(ns, n, prio, q);
	if (n->prio != 0) {
		nl_filter_del(ns->nl, n->link, n->prio, n->ppp ||
		    n->carry == NASD_PRIV_CARRY_DOWN ? NL_IGN_NOENT : 0);
		nl_filter_del(ns->nl, n->tunnel, n->prio, 0);
		if (n->ppp)
			nl_filter_out_del(ns->nl, n->link, n->prio, 0);
	}
	if ((err = commit(ns)) != 0) {
		stop(ns, n);
		return err;
	}
	n->prio = prio;
	n->carry = q->carry;
	memcpy(n->mn, q->mn, sizeof(n->mn));
	memcpy(n->router, q->router, sizeof(n->router));
	return 0;
}

/* ---- the tunnel ---- */

/* Of one that somebody else has removed there is what was read last. */
static void
read_count(struct nodes *ns, struct node *n)
{
	struct nl_stats st;

	if (n->tunnel != 0 && nl_link_stats(ns->nl, n->tunnel, &st) == 0)
		n->count = st;
}

/* A session may have several devices, one after the other. */
static void
keep_count(struct nodes *ns, struct node *n)
{
	read_count(ns, n);
	n->past.rx_bytes += n->count.rx_bytes;
	n->past.tx_bytes += n->count.tx_bytes;
	n->past.rx_packets += n->count.rx_packets;
	n->past.tx_packets += n->count.tx_packets;
	n->count = (struct nl_stats){ 0 };
}

static void
remove_device(struct nodes *ns, struct node *n)
{
	int err;

	keep_count(ns, n);
	if (n->link != 0)
		stop(ns, n);
	nl_begin(ns->nl);
	nl_link_del(ns->nl, n->device, NL_IGN_NOENT);
	if ((err = commit(ns)) != 0) {
		errno = -err;
		log_warn(n->ifname, "tunnel %s not removed", n->device);
	}
	n->tunnel = 0;
}

static void
take_down(struct nodes *ns, struct node *n)
{
	remove_device(ns, n);
	if (is_behind_fa(ns, n))
		fa_way_del(ns->nl, place_of(ns, n));
	n->coa.s_addr = n->ha.s_addr = INADDR_ANY;
	n->gre = (struct gre_keys){ .own = 0 };
}

static void
remove_left(struct nodes *ns, struct node *n)
{
	unsigned link = n->link;

	strcpy(n->device, n->left);
	n->tunnel = nl_ifindex(n->device);
	n->left[0] = '\0';
	/* A PPP interface of that name may be another one by now; the one that
	 * was stays closed. */
	n->link = n->ppp ? 0 : nl_ifindex(n->ifname);
	take_down(ns, n);
	n->past = (struct nl_stats){ 0 };	/* another session's */
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
			remove_left(ns, &ns->node[i]);
	if (n->left[0] != '\0' && strcmp(n->left, device) != 0)
		remove_left(ns, n);
	n->left[0] = '\0';
}

/* An earlier nasd's goes on, if it is what is wanted. Its filters are replaced
 * by the next ones, whatever they say. */
static bool
take_over(struct nodes *ns, struct node *n)
{
	struct prios up, down;

	if ((n->tunnel = nl_ifindex(n->device)) == 0)
		return false;
	if (n->gre.own != 0 ?
	    !host_is_gre(n->device, n->coa, n->ha, &n->gre) :
	    !host_is_sit(n->device, n->coa, n->ha)) {
		remove_device(ns, n);
		return false;
	}
	up = prios_of(ns, n->link);
	down = prios_of(ns, n->tunnel);
	for (unsigned i = 0; i < 2; i++)
		if (up.ours[i] && down.ours[i] && !up.ours[!i] &&
		    !down.ours[!i])
			n->prio = (uint16_t)(PRIO_1 + i);
	memset(n->mn, 0, sizeof(n->mn));
	n->carry = NASD_PRIV_CARRY_NONE;
	if (n->prio == 0)
		stop(ns, n);
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
	return commit(ns);
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
	alias_of(ns, n->ifname, alias, sizeof(alias));
	nl_begin(ns->nl);
	nl_link_alias(ns->nl, n->tunnel, alias);
	if (n->gre.own != 0) {
		nl_clsact_add(ns->nl, n->tunnel, 0);
		nl_filter_drop_all(ns->nl, n->tunnel, PRIO_GUARD);
	}
	nl_link_set_up(ns->nl, n->tunnel, true);
	nl_addr4_add(ns->nl, n->tunnel, n->coa, NL_IGN_EXIST);
	return commit(ns);
}

/* By what no other link's has. */
static void
name_device(const struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q, char device[static IF_NAMESIZE])
{
	if (n->fa.ifindex != 0)
		snprintf(device, IF_NAMESIZE, DEVICE_NAME "f%u",
		    place_of(ns, n));
	else if (q->gre.own != 0 && !n->ppp)
		snprintf(device, IF_NAMESIZE, DEVICE_GRE "%08x", q->gre.own);
	else
		snprintf(device, IF_NAMESIZE, DEVICE_NAME "%08x",
		    ntohl(q->coa.s_addr));
}

static int
put_up(struct nodes *ns, struct node *n, const struct nasd_priv_node_set *q)
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
		err = fa_way_add(ns->nl, &n->fa, place_of(ns, n), q->coa,
		    q->ha);
	if (err != 0) {
		errno = -err;
		log_error(n->ifname, "tunnel cannot be made");
		take_down(ns, n);
		return err;
	}
	log_info(n->ifname, "tunnel %s to %s %s", n->device,
	    inet_ntop(AF_INET, &n->ha, name, sizeof(name)),
	    old ? "taken over" : "made");
	return 0;
}

/* The home agent's key has come, or is another one. */
static int
rekey(struct nodes *ns, struct node *n, uint32_t peer)
{
	struct nl_gre h;

	if (n->gre.own == 0 || n->gre.peer == peer)
		return 0;
	n->gre.peer = peer;
	h = header(n);
	nl_begin(ns->nl);
	nl_gre_change(ns->nl, n->device, &h, n->gre.own,
	    host_gre_mtu(ns->cfg->coa, n->ha));
	return commit(ns);
}

/* ---- requests ---- */

static bool
is_unicast(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return (mac[0] & 1) == 0 && memcmp(mac, none, sizeof(none)) != 0;
}

static bool
in_pool(const struct config_coas *pool, struct in_addr coa)
{
	uint32_t a = ntohl(coa.s_addr);

	return pool->first.s_addr != INADDR_ANY &&
	    a >= ntohl(pool->first.s_addr) && a <= ntohl(pool->last.s_addr);
}

/* One that a reload has taken out keeps the sessions that it has. */
static bool
is_home_agent(const struct nasd_config *cfg, struct in_addr ha)
{
	for (unsigned i = 0; i < cfg->n_ha; i++)
		if (cfg->ha[i].addr.s_addr == ha.s_addr)
			return true;
	return false;
}

/* ---- behind a foreign agent ---- */

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
		take_down(ns, n);
	if ((err = fa_link_hush(ns->sysctls, ifindex)) == 0)
		n->fa = (struct fa_link){ fa, ifindex };
	return err;
}

static bool
is_agent(const struct nasd_config *cfg, struct in_addr addr)
{
	for (unsigned i = 0; i < cfg->n_node; i++)
		if (cfg->node[i].via_fa.s_addr == addr.s_addr ||
		    (cfg->node[i].via_fa.s_addr != INADDR_ANY &&
		    cfg->node[i].coa.s_addr == addr.s_addr))
			return true;
	return false;
}

/* What a home agent gives must be nobody else's here: for then it would be us
 * whom others reach by it. */
static bool
is_own(const struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q)
{
	for (unsigned i = 0; i < ns->n; i++)
		if (ns->node[i].tunnel != 0 &&
		    ns->node[i].coa.s_addr == q->coa.s_addr)
			return !is_behind_fa(ns, &ns->node[i]);
	if (n->left[0] != '\0' && host_is_sit(n->left, q->coa, q->ha))
		return false;
	return fa_is_local(ns->nl, q->coa);
}

static int
check_agent(struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q)
{
	bool new = n->tunnel == 0 || n->coa.s_addr != q->coa.s_addr;

	if (q->via.s_addr !=
	    ns->cfg->node[place_of(ns, n)].via_fa.s_addr)
		return -EPERM;
	if (q->gre.own != 0)
		return -EINVAL;
	if (q->coa.s_addr == INADDR_ANY)	/* not given yet */
		return q->carry ? -EINVAL : 0;
	if (!config_ipv4_is_host(q->coa) || is_agent(ns->cfg, q->coa) ||
	    is_home_agent(ns->cfg, q->coa) || in_pool(&ns->cfg->coas, q->coa))
		return -EPERM;
	return new && is_own(ns, n, q) ? -EADDRINUSE : 0;
}

/* Keys tell apart who have the same care-of address [D28], and name devices;
 * and home agents who have the same IPv4 home address of them. */
static bool
is_taken(const struct node *o, const struct nasd_priv_node_set *q)
{
	if (o->gre.own != 0 && o->gre.own == q->gre.own)
		return true;
	if (o->coa.s_addr != q->coa.s_addr || o->coa.s_addr == INADDR_ANY)
		return false;
	if (q->via.s_addr != INADDR_ANY)
		return o->ha.s_addr == q->ha.s_addr;
	return o->gre.own == 0 || q->gre.own == 0;
}

static int
check(struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q)
{
	/* What a PPP link can have is its own. */
	const unsigned others = n->ppp ? ns->n_sections : ns->n;
	int err = 0;

	if (is_behind_fa(ns, n))
		err = check_agent(ns, n, q);
	else if (q->via.s_addr != INADDR_ANY || !in_pool(&ns->cfg->coas,
	    q->coa))
		err = -EPERM;
	if (err != 0)
		return err;
	if (!is_home_agent(ns->cfg, q->ha))
		return -EPERM;
	if (q->carry > NASD_PRIV_CARRY_DOWN)
		return -EINVAL;
	if (q->carry && !n->ppp && (!is_unicast(q->mn) ||
	    !is_unicast(q->router)))
		return -EINVAL;
	if (q->carry == NASD_PRIV_CARRY_BOTH && q->gre.own != 0 &&
	    q->gre.peer == 0)
		return -EINVAL;
	for (unsigned i = 0; i < others; i++)
		if (&ns->node[i] != n && is_taken(&ns->node[i], q))
			return -EADDRINUSE;
	return 0;
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
		remove_left(ns, n);
	if ((err = guard(ns, link, true)) != 0)
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
	if ((err = guard(ns, link, false)) != 0)
		return err;
	if ((*fd = node_sock_link(link, out->mac, &mtu)) < 0) {
		if (n->link == 0)
			unguard(ns, link);
		return *fd;
	}
	/* Another one of that name: the tunnel leads nowhere. */
	if (n->link != link && n->tunnel != 0)
		take_down(ns, n);
	(void)sysctls_change(ns->sysctls, n->ifname, "disable_ipv6", '1');
	n->link = link;
	out->mtu = mtu;
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
	if ((err = check(ns, n, q)) != 0)
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
		take_down(ns, n);
	out->made = n->tunnel == 0 && q->coa.s_addr != INADDR_ANY;
	if (n->tunnel == 0 && !out->made)
		return 0;
	if (out->made && (err = put_up(ns, n, q)) != 0)
		return err;
	if ((err = rekey(ns, n, q->gre.peer)) != 0)
		log_warnx(n->ifname, "the home agent's key is not set");
	else if (q->carry)
		err = carry(ns, n, q);
	else if (n->prio != 0)
		stop(ns, n);
	if (err == 0 && out->made && (*fd = node_sock_tunnel(n->tunnel)) < 0)
		err = *fd;
	if (err != 0)
		take_down(ns, n);
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
		take_down(ns, n);
	else if (n->left[0] != '\0')
		remove_left(ns, n);
	else
		err = -ENOENT;
	n->past = (struct nl_stats){ 0 };
	if (n->ppp)
		let_go(n);
	return err;
}

int
nodes_count(struct nodes *ns, const struct nasd_priv_node_name *q,
    struct nasd_priv_counted *out)
{
	struct node *n = find_open(ns, q->ifname, q->coa);

	if (n == NULL)
		return -EPERM;
	if (n->tunnel == 0)
		return -ENOENT;
	read_count(ns, n);
	/* What it sends is what the mobile node has sent. */
	*out = (struct nasd_priv_counted){
		.rx_bytes = n->past.tx_bytes + n->count.tx_bytes,
		.tx_bytes = n->past.rx_bytes + n->count.rx_bytes,
		.rx_packets = n->past.tx_packets + n->count.tx_packets,
		.tx_packets = n->past.rx_packets + n->count.rx_packets };
	return 0;
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
	alias_of(ns, link, alias, sizeof(alias));
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
	remove_left(ns, n);
	if (nl_ifindex(link) != 0)
		unguard(ns, nl_ifindex(link));
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
		if (!is_behind_fa(ns, &ns->node[k]))
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
		remove_left(ns, n);
		let_go(n);
	}
}

void
nodes_clear(struct nodes *ns)
{
	for (unsigned i = 0; i < ns->n; i++) {
		struct node *n = &ns->node[i];

		if (n->left[0] != '\0')
			remove_left(ns, n);
		if (n->tunnel != 0)
			take_down(ns, n);
		if (n->ppp) {
			let_go(n);
			continue;
		}
		if (n->link != 0)
			unguard(ns, n->link);
		n->link = 0;
	}
}
