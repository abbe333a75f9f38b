/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the root side makes of an access node's link, and what is left of it:
 * nothing, whatever fails. The kernel is a model of devices and filters, which
 * fails when told to.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>

#include "common/log.h"
#include "common/netlink.h"
#include "nasd/fa_sock.h"
#include "nasd/nasd_config.h"
#include "nasd/node_sock.h"
#include "nasd/priv_host.h"
#include "nasd/priv_node.h"
#include "nasd/priv_node_fa.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_sysctl.h"
#include "tests/unit/test.h"

#define DEVICES		8
#define FILTERS		16
#define LINK		3	/* index of acc0; acc1 has the next */

static struct device {
	char		name[16], alias[256];
	unsigned	index;
	bool		sit, up, clsact, guard, ppp;
	bool		shut[2];	/* nothing comes in, or goes out */
	unsigned	out_from[2];	/* but from there, by prio */
	struct gre_keys	gre;		/* own 0: it is no gre device */
	struct in_addr	local, remote, addr;
	uint32_t	mtu;
	char		disable_ipv6;
} device[DEVICES];

static struct filter {
	unsigned	on, to;		/* 0: none */
	uint16_t	prio;
	uint64_t	packets;
	uint8_t		dst[6], src[6];
} filter[FILTERS];

static struct {
	int		fail_at;	/* this message of all; -1: none */
	int		error;		/* of the batch */
	unsigned	sockets, next_index;
	bool		gap;		/* a moment without a filter that there
					 * was before */
} kernel;

static struct nasd_config cfg;
static struct config_node node[2];
static struct config_ha ha[2];
static char plugin_socket[] = "/run/netmip4/plugin.sock";
static struct nodes *ns;
static struct sysctls *sysctls;
static const uint8_t mn[6] = { 2, 0, 0, 0, 0, 1 }, own[6] = { 2, 9 },
    router[6] = { 2, 0, 0, 0, 0, 2 };

/* ---- the kernel ---- */

static struct device *
by_name(const char *name)
{
	for (unsigned i = 0; i < DEVICES; i++)
		if (device[i].index != 0 && strcmp(device[i].name, name) == 0)
			return &device[i];
	return NULL;
}

static struct device *
by_index(unsigned index)
{
	for (unsigned i = 0; i < DEVICES; i++)
		if (device[i].index == index && index != 0)
			return &device[i];
	return NULL;
}

static struct device *
add_device(const char *name)
{
	for (unsigned i = 0; i < DEVICES; i++)
		if (device[i].index == 0) {
			device[i] = (struct device){
			    .index = kernel.next_index++,
			    .disable_ipv6 = '0' };
			snprintf(device[i].name, sizeof(device[i].name), "%s",
			    name);
			return &device[i];
		}
	ck_abort_msg("too many devices");
}

/* Of what is link-local alone. */
static bool
is_local(const struct filter *f)
{
	return f->prio == 13399 || f->prio == 13400;
}

/* Before that which sends on all: this, and what is of global addresses. */
static bool
is_before(const struct filter *f)
{
	return is_local(f) || f->prio == 13397 || f->prio == 13398;
}

/* Without those, but with it there are none left. */
static unsigned
count_filters(unsigned on)
{
	unsigned n = 0, before = 0;

	for (unsigned i = 0; i < FILTERS; i++)
		if (on == 0 ? filter[i].on != 0 : filter[i].on == on)
			*(is_before(&filter[i]) ? &before : &n) += 1;
	ck_assert_uint_le(before, 2 * n);
	return n;
}

static void
forget_filters(unsigned on)
{
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].on == on)
			filter[i].on = 0;
}

/* Does this message of the batch do what it says? */
static bool
works(bool possible, int err, unsigned ign)
{
	bool told = kernel.fail_at-- == 0;

	if (told)
		kernel.error = -ENOMEM;
	else if (!possible && !(err == -EEXIST && ign & NL_IGN_EXIST) &&
	    !(err != -EEXIST && ign & NL_IGN_NOENT))
		kernel.error = err;
	return possible && !told;
}

struct nl *
nl_open(void)
{
	return (struct nl *)&kernel;
}

void
nl_close(struct nl *nl)
{
	(void)nl;
}

void
nl_begin(struct nl *nl)
{
	(void)nl;
	kernel.error = 0;
}

int
nl_commit(struct nl *nl, int *result, size_t n)
{
	int err = kernel.error;

	(void)nl;
	(void)result;
	(void)n;
	kernel.error = 0;
	return err;
}

int
nl_sit_add(struct nl *nl, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign)
{
	struct device *d;

	(void)nl;
	if (!works(by_name(name) == NULL, -EEXIST, ign))
		return 0;
	d = add_device(name);
	d->sit = true;
	d->local = local;
	d->remote = remote;
	d->mtu = mtu;
	return 0;
}

int
nl_gre_add(struct nl *nl, const char *name, const struct nl_gre *g,
    uint32_t key_in, uint32_t mtu, unsigned ign)
{
	struct device *d;

	(void)nl;
	if (!works(by_name(name) == NULL, -EEXIST, ign))
		return 0;
	d = add_device(name);
	d->gre = (struct gre_keys){ key_in, g->key };
	d->local = g->local;
	d->remote = g->remote;
	d->mtu = mtu;
	return 0;
}

int
nl_gre_change(struct nl *nl, const char *name, const struct nl_gre *g,
    uint32_t key_in, uint32_t mtu)
{
	struct device *d = by_name(name);

	(void)nl;
	if (!works(d != NULL, -ENODEV, 0))
		return 0;
	ck_assert_uint_eq(d->gre.own, key_in);
	ck_assert_uint_eq(d->local.s_addr, g->local.s_addr);
	ck_assert_uint_eq(d->remote.s_addr, g->remote.s_addr);
	ck_assert_uint_eq(d->mtu, mtu);
	d->gre.peer = g->key;
	return 0;
}

int
nl_link_del(struct nl *nl, const char *name, unsigned ign)
{
	struct device *d = by_name(name);

	(void)nl;
	if (!works(d != NULL, -ENODEV, ign))
		return 0;
	ck_assert(d->sit || d->gre.own != 0);
	forget_filters(d->index);
	d->index = 0;
	return 0;
}

int
nl_link_alias(struct nl *nl, unsigned ifindex, const char *alias)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	if (works(d != NULL, -ENODEV, 0))
		snprintf(d->alias, sizeof(d->alias), "%s", alias);
	return 0;
}

int
nl_link_set_up(struct nl *nl, unsigned ifindex, bool up)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	/* Never an IPv6 interface; nor does the host hear what is in GRE. */
	if (d != NULL && up)
		ck_assert_int_eq(d->disable_ipv6, '1');
	if (d != NULL && up && d->gre.own != 0 && kernel.error == 0 &&
	    kernel.fail_at != -1)
		ck_assert(d->guard || kernel.fail_at < 0);
	if (works(d != NULL, -ENODEV, 0))
		d->up = up;
	return 0;
}

int
nl_addr4_add(struct nl *nl, unsigned ifindex, struct in_addr addr,
    unsigned ign)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	if (works(d != NULL, -ENODEV, ign))
		d->addr = addr;
	return 0;
}

int
nl_clsact_add(struct nl *nl, unsigned ifindex, unsigned ign)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	if (works(d != NULL && !d->clsact, d != NULL ? -EEXIST : -ENODEV,
	    ign))
		d->clsact = true;
	return 0;
}

int
nl_clsact_del(struct nl *nl, unsigned ifindex, unsigned ign)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	if (!works(d != NULL && d->clsact, -ENOENT, ign))
		return 0;
	ck_assert(!d->ppp);	/* it would be open */
	d->clsact = d->guard = false;
	forget_filters(ifindex);
	return 0;
}

static int
add_filter(unsigned on, uint16_t prio, const uint8_t *dst, const uint8_t *src,
    unsigned to)
{
	struct device *d = by_index(on);
	struct filter *free = NULL;
	bool there = false;

	for (unsigned i = 0; i < FILTERS; i++) {
		there |= filter[i].on == on && filter[i].prio == prio;
		if (filter[i].on == 0)
			free = &filter[i];
	}
	ck_assert(by_index(to) != NULL);
	if (!works(d != NULL && d->clsact && !there, there ? -EEXIST :
	    -ENOENT, 0))
		return 0;
	ck_assert_ptr_nonnull(free);
	*free = (struct filter){ .on = on, .to = to, .prio = prio };
	if (dst != NULL)
		memcpy(free->dst, dst, 6);
	memcpy(free->src, src, 6);
	return 0;
}

int
nl_filter_drop4(struct nl *nl, unsigned ifindex, uint16_t prio)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	ck_assert_uint_eq(prio, 13403);
	if (works(d != NULL && d->clsact && !d->guard, -EEXIST, 0))
		d->guard = true;
	return 0;
}

int
nl_filter_del4(struct nl *nl, unsigned ifindex, uint16_t prio, unsigned ign)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	ck_assert_uint_eq(prio, 13403);
	if (works(d != NULL && d->guard, -ENOENT, ign))
		d->guard = false;
	return 0;
}

int
nl_bridge_up(struct nl *nl, unsigned link, uint16_t prio,
    const uint8_t src[6], unsigned tunnel)
{
	(void)nl;
	return add_filter(link, prio, NULL, src, tunnel);
}

int
nl_bridge_down(struct nl *nl, unsigned tunnel, uint16_t prio,
    const uint8_t dst[6], const uint8_t src[6], unsigned link)
{
	(void)nl;
	return add_filter(tunnel, prio, dst, src, link);
}

/* Before that which sends on the rest of what it sends on. */
static int
add_before(unsigned from, uint16_t prio, const uint8_t *src, unsigned to)
{
	static const uint8_t none[6];

	ck_assert_int_eq(by_index(from)->ppp, src == NULL);
	return add_filter(from, prio, NULL, src != NULL ? src : none, to);
}

int
nl_redirect_global(struct nl *nl, unsigned from, uint16_t prio,
    const uint8_t *src, unsigned to)
{
	(void)nl;
	ck_assert(prio == 13397 || prio == 13398);
	return add_before(from, prio, src, to);
}

int
nl_redirect_local(struct nl *nl, unsigned from, uint16_t prio,
    const uint8_t *src, unsigned to)
{
	(void)nl;
	ck_assert(prio == 13399 || prio == 13400);
	return add_before(from, prio, src, to);
}

int
nl_filter_counts(struct nl *nl, unsigned ifindex, bool egress,
    nl_filter_counted *fn, void *arg)
{
	(void)nl;
	ck_assert(!egress);
	if (by_index(ifindex) == NULL)
		return -ENODEV;
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].on == ifindex)
			fn(arg, filter[i].prio, filter[i].packets);
	return 0;
}

/* ---- of PPP links ---- */

static int
shut(unsigned ifindex, uint16_t prio, unsigned way)
{
	struct device *d = by_index(ifindex);

	ck_assert_uint_eq(prio, 13403);
	if (works(d != NULL && d->clsact && !d->shut[way], -EEXIST, 0))
		d->shut[way] = true;
	return 0;
}

int
nl_filter_drop_all(struct nl *nl, unsigned ifindex, uint16_t prio)
{
	if (by_index(ifindex) != NULL && by_index(ifindex)->gre.own != 0)
		return nl_filter_drop4(nl, ifindex, prio);
	return shut(ifindex, prio, 0);
}

int
nl_filter_out_drop(struct nl *nl, unsigned ifindex, uint16_t prio)
{
	(void)nl;
	return shut(ifindex, prio, 1);
}

int
nl_redirect_heard(struct nl *nl, unsigned from, uint16_t prio, unsigned to)
{
	static const uint8_t none[6];

	(void)nl;
	ck_assert(by_index(from)->ppp && by_index(to)->sit);
	return add_filter(from, prio, NULL, none, to);
}

int
nl_redirect_all(struct nl *nl, unsigned from, uint16_t prio, unsigned to)
{
	static const uint8_t none[6];

	(void)nl;
	ck_assert(by_index(from)->sit && by_index(to)->ppp);
	return add_filter(from, prio, NULL, none, to);
}

int
nl_filter_out_pass(struct nl *nl, unsigned ifindex, uint16_t prio,
    const char *from)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	ck_assert(d->ppp && by_name(from)->sit);
	ck_assert(prio == 13401 || prio == 13402);
	if (works(d->clsact && d->out_from[prio - 13401] == 0, -EEXIST, 0))
		d->out_from[prio - 13401] = by_name(from)->index;
	return 0;
}

int
nl_filter_out_del(struct nl *nl, unsigned ifindex, uint16_t prio, unsigned ign)
{
	struct device *d = by_index(ifindex);

	(void)nl;
	ck_assert(prio == 13401 || prio == 13402);
	if (works(d != NULL && d->out_from[prio - 13401] != 0, -ENOENT, ign))
		d->out_from[prio - 13401] = 0;
	return 0;
}

int
host_ifindex(const char *ifname, unsigned short type)
{
	const struct device *d = by_name(ifname);

	ck_assert_uint_eq(type, ARPHRD_PPP);
	if (d == NULL)
		return -ENODEV;
	return d->ppp ? (int)d->index : -EPERM;
}

int
nl_filter_del(struct nl *nl, unsigned ifindex, uint16_t prio, unsigned ign)
{
	struct filter *f = NULL;

	(void)nl;
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].on == ifindex && filter[i].prio == prio)
			f = &filter[i];
	if (!works(f != NULL, -ENOENT, ign))
		return 0;
	f->on = 0;
	if (!is_before(f))
		kernel.gap |= count_filters(ifindex) == 0;
	return 0;
}

int
nl_filter_prios(struct nl *nl, unsigned ifindex, nl_filter_prio *fn,
    void *arg)
{
	(void)nl;
	if (by_index(ifindex) == NULL)
		return -ENODEV;
	if (by_index(ifindex)->guard || by_index(ifindex)->shut[0])
		fn(arg, 13403);
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].on == ifindex)
			fn(arg, filter[i].prio);
	return 0;
}

int
nl_vlan_get(struct nl *nl, const char *name, struct nl_vlan *v)
{
	const struct device *d = by_name(name);

	(void)nl;
	if (d == NULL)
		return -ENODEV;
	*v = (struct nl_vlan){ .ifindex = d->index };
	memcpy(v->alias, d->alias, sizeof(v->alias));
	return 0;
}

unsigned
nl_ifindex(const char *name)
{
	const struct device *d = by_name(name);

	return d != NULL ? d->index : 0;
}

int
nl_link_stats(struct nl *nl, unsigned ifindex, struct nl_stats *st)
{
	(void)nl;
	if (by_index(ifindex) == NULL)
		return -ENODEV;
	*st = (struct nl_stats){ .rx_bytes = 100, .tx_bytes = 2000,
		.rx_packets = 1, .tx_packets = 2, .tx_errors = 3 };
	return 0;
}

bool
nl_link_is_up(const char *name, unsigned ifindex)
{
	const struct device *d = by_name(name);

	return d != NULL && d->index == ifindex && d->up;
}

struct if_nameindex *
if_nameindex(void)
{
	struct if_nameindex *all = calloc(DEVICES + 1, sizeof(*all));
	unsigned n = 0;

	for (unsigned i = 0; i < DEVICES; i++)
		if (device[i].index != 0)
			all[n++] = (struct if_nameindex){ device[i].index,
			    device[i].name };
	return all;
}

void
if_freenameindex(struct if_nameindex *all)
{
	free(all);
}

int
host_sysctl_set(const char *ifname, const char *key, char value)
{
	struct device *d = by_name(ifname);

	ck_assert_str_eq(key, "disable_ipv6");
	ck_assert_ptr_nonnull(d);
	ck_assert(!d->ppp);	/* pppd would not come up */
	if (kernel.fail_at-- == 0)
		return -EACCES;
	d->disable_ipv6 = value;
	return 0;
}

int
host_sysctl_get(const char *ifname, const char *key)
{
	ck_assert_str_eq(key, "disable_ipv6");
	return by_name(ifname)->disable_ipv6;
}

bool
host_is_sit(const char *ifname, struct in_addr local, struct in_addr remote)
{
	const struct device *d = by_name(ifname);

	return d != NULL && d->sit && d->local.s_addr == local.s_addr &&
	    d->remote.s_addr == remote.s_addr;
}

bool
host_is_gre(const char *ifname, struct in_addr local, struct in_addr remote,
    const struct gre_keys *keys)
{
	const struct device *d = by_name(ifname);

	return d != NULL && d->gre.own == keys->own &&
	    d->gre.peer == keys->peer && d->local.s_addr == local.s_addr &&
	    d->remote.s_addr == remote.s_addr;
}

uint32_t
host_gre_mtu(struct in_addr coa, struct in_addr to)
{
	return host_tunnel_mtu(coa, to) - 8;
}

uint32_t
host_tunnel_mtu(struct in_addr coa, struct in_addr to)
{
	(void)to;
	ck_assert_uint_eq(coa.s_addr, cfg.coa.s_addr);
	return 1470;
}

static int
open_socket(unsigned ifindex)
{
	ck_assert(by_index(ifindex) != NULL);
	if (kernel.fail_at-- == 0)
		return -EMFILE;
	kernel.sockets++;
	return 1000;
}

int
node_sock_link(unsigned ifindex, uint8_t mac[6], int *mtu)
{
	memcpy(mac, own, 6);
	*mtu = 1500;
	return open_socket(ifindex);
}

int
node_sock_data(unsigned ifindex)
{
	return open_socket(ifindex);
}

int
node_sock_ppp(unsigned ifindex)
{
	ck_assert(by_index(ifindex)->ppp);
	return open_socket(ifindex);
}

int
node_sock_tunnel(unsigned ifindex)
{
	return open_socket(ifindex);
}

/* ---- foreign agents ---- */

#define UPLINK	9

static struct {
	bool		gone;		/* it is on no link */
	bool		hushed;
	unsigned	on;		/* this interface; or 0 */
	unsigned	kept;
	struct {
		struct in_addr	home, ha;
	} way[2];
} agent;

int
fa_link_find(struct nl *nl, struct in_addr fa, unsigned *ifindex)
{
	(void)nl;
	ck_assert_uint_eq(fa.s_addr, inet_addr("10.9.0.1"));
	*ifindex = agent.on != 0 ? agent.on : UPLINK;
	return agent.gone ? -EHOSTUNREACH : 0;
}

int
fa_link_own(struct in_addr fa, struct in_addr *ours)
{
	ck_assert_uint_eq(fa.s_addr, inet_addr("10.9.0.1"));
	ours->s_addr = inet_addr("10.9.0.2");
	return 0;
}

int
fa_sock_open(unsigned ifindex, struct in_addr fa)
{
	ck_assert_uint_eq(ifindex, 1);
	ck_assert_uint_eq(fa.s_addr, inet_addr("10.9.0.1"));
	return 99;
}

bool
fa_is_local(struct nl *nl, struct in_addr addr)
{
	(void)nl;
	for (unsigned i = 0; i < DEVICES; i++)
		if (device[i].index != 0 &&
		    device[i].addr.s_addr == addr.s_addr)
			return true;
	return addr.s_addr == inet_addr("10.9.0.2");
}

int
fa_link_hush(struct sysctls *s, unsigned ifindex)
{
	(void)s;
	ck_assert_uint_eq(ifindex, UPLINK);
	agent.hushed = true;
	return kernel.fail_at-- == 0 ? -EACCES : 0;
}

uint32_t
fa_link_mtu(struct in_addr fa)
{
	(void)fa;
	return 1460;
}

int
fa_way_add(struct nl *nl, const struct fa_link *l, unsigned place,
    struct in_addr home, struct in_addr to)
{
	(void)nl;
	ck_assert_uint_eq(l->ifindex, UPLINK);
	if (kernel.fail_at-- == 0)
		return -ENETUNREACH;
	agent.way[place].home = home;
	agent.way[place].ha = to;
	return 0;
}

int
fa_way_keep(struct nl *nl, const struct fa_link *l, unsigned place,
    struct in_addr home, struct in_addr to)
{
	(void)nl;
	ck_assert_uint_eq(l->ifindex, UPLINK);
	ck_assert_uint_eq(agent.way[place].home.s_addr, home.s_addr);
	ck_assert_uint_eq(agent.way[place].ha.s_addr, to.s_addr);
	agent.kept++;
	return kernel.fail_at-- == 0 ? -ENETUNREACH : 0;
}

void
fa_way_del(struct nl *nl, unsigned place)
{
	(void)nl;
	agent.way[place].home.s_addr = INADDR_ANY;
}

void
fa_ways_sweep(struct nl *nl, unsigned first, unsigned last)
{
	(void)nl;
	for (unsigned i = first; i <= last && i < 2; i++)
		agent.way[i].home.s_addr = INADDR_ANY;
}

/* ---- the engine's requests ---- */

static void
start(void)
{
	sysctls = sysctls_new("");
	ns = nodes_new(&cfg, sysctls);
	ck_assert_ptr_nonnull(ns);
	nodes_start(ns);
}

static void
set_up(void)
{
	memset(device, 0, sizeof(device));
	memset(filter, 0, sizeof(filter));
	memset(&kernel, 0, sizeof(kernel));
	memset(&agent, 0, sizeof(agent));
	memset(node, 0, sizeof(node));
	kernel.fail_at = -1;
	kernel.next_index = LINK;
	add_device("acc0");
	add_device("acc1");
	strcpy(node[0].ifname, "acc0");
	strcpy(node[1].ifname, "acc1");
	ha[0].addr.s_addr = inet_addr("198.51.100.1");
	ha[1].addr.s_addr = inet_addr("198.51.100.9");
	cfg = (struct nasd_config){ .node = node, .n_node = 2, .ha = ha,
		.n_ha = 2, .coa = { inet_addr("192.0.2.1") },
		.plugin_socket = plugin_socket,
		.coas = { { inet_addr("192.0.2.100") },
		    { inet_addr("192.0.2.103") } } };
	log_set_level(NULL, "none");
	start();
}

static void
tear_down(void)
{
	nodes_free(ns);
	sysctls_free(sysctls);
}

static int
do_open(const char *ifname)
{
	struct nasd_priv_node_name q = { .ifname = "" };
	struct nasd_priv_node_opened out = { 0 };
	int fd = -1, err;

	memcpy(q.ifname, ifname, strnlen(ifname, sizeof(q.ifname)));
	if ((err = nodes_open(ns, &q, &out, &fd)) != 0)
		return err;
	ck_assert_int_eq(fd, 1000);
	ck_assert_int_eq(out.mtu, 1500);
	ck_assert_mem_eq(out.mac, own, 6);
	return 0;
}

START_TEST(hears)
{
	struct nasd_priv_node_name q = { .ifname = "acc0" };
	int fd = -1;

	ck_assert_int_eq(nodes_hear(ns, &q, &fd), -ENOENT);
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(nodes_hear(ns, &q, &fd), 0);
	ck_assert_int_eq(fd, 1000);
	fd = -1;
	kernel.fail_at = 0;
	ck_assert_int_eq(nodes_hear(ns, &q, &fd), -EMFILE);
	ck_assert_int_eq(fd, -1);
	q.coa.s_addr = htonl(0xc0000264);	/* a PPP link's */
	ck_assert_int_eq(nodes_hear(ns, &q, &fd), -EPERM);
	q.coa.s_addr = 0;
	strcpy(q.ifname, "eth0");
	ck_assert_int_eq(nodes_hear(ns, &q, &fd), -EPERM);
	memset(q.ifname, 'a', sizeof(q.ifname));
	ck_assert_int_eq(nodes_hear(ns, &q, &fd), -EPERM);
}
END_TEST

static struct nasd_priv_node_set
want(const char *ifname, const char *coa, uint8_t carry)
{
	struct nasd_priv_node_set q = { .carry = carry, .ha = ha[0].addr,
		.coa = { inet_addr(coa) } };

	memcpy(q.ifname, ifname, strnlen(ifname, sizeof(q.ifname)));
	memcpy(q.mn, mn, 6);
	memcpy(q.router, router, 6);
	return q;
}

static const struct filter *
filter_at(unsigned on, unsigned prio)
{
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].on == on && filter[i].prio == prio)
			return &filter[i];
	return NULL;
}

/* Of what sends on all that comes in at a link, both that are before it; with
 * it they go. */
static void
ways_are_whole(void)
{
	const struct filter *before, *f;
	const struct device *d;

	for (unsigned i = 0; i < FILTERS; i++) {
		f = &filter[i];
		d = by_index(f->on);
		if (d == NULL || d->sit || d->gre.own != 0 ||
		    (f->prio != 13401 && f->prio != 13402))
			continue;
		for (unsigned way = 2; way <= 4; way += 2) {
			before = filter_at(f->on, f->prio - way);
			ck_assert_ptr_nonnull(before);
			ck_assert_uint_eq(before->to, f->to);
			ck_assert_mem_eq(before->src, f->src, 6);
			ck_assert_ptr_null(filter_at(f->on,
			    13401 + 13402 - f->prio - way));
		}
	}
}

/* 1: made. */
static int
set_as(const struct nasd_priv_node_set *q)
{
	struct nasd_priv_node_was_set out = { 0 };
	int fd = -1, err = nodes_set(ns, q, &out, &fd);

	if (err != 0)
		return err;
	ck_assert(out.made == (fd == 1000));
	ways_are_whole();
	return (int)out.made;
}

static int
do_set(const char *ifname, const char *coa, bool carry)
{
	const struct nasd_priv_node_set q = want(ifname, coa, carry);

	return set_as(&q);
}

static int
do_del(const char *ifname)
{
	struct nasd_priv_node_name q = { .ifname = "" };

	memcpy(q.ifname, ifname, strnlen(ifname, sizeof(q.ifname)));
	return nodes_del(ns, &q);
}

static const struct filter *
filter_on(unsigned on)
{
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].on == on && !is_before(&filter[i]))
			return &filter[i];
	ck_abort_msg("no filter on %u", on);
}

static void
nothing_is_left(void)
{
	unsigned n = 0;

	ck_assert_uint_eq(count_filters(0), 0);
	ck_assert_uint_eq(agent.way[0].home.s_addr, INADDR_ANY);
	ck_assert_uint_eq(agent.way[1].home.s_addr, INADDR_ANY);
	for (unsigned i = 0; i < DEVICES; i++) {
		ck_assert(device[i].index == 0 || (!device[i].sit &&
		    device[i].gre.own == 0));
		ck_assert(device[i].index == 0 ||
		    device[i].clsact == device[i].guard);
		n += device[i].index != 0;
	}
	ck_assert_uint_eq(n, 2);
}

/* ---- tests ---- */

START_TEST(entry_and_end)
{
	const struct device *t;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(by_name("acc0")->disable_ipv6, '1');
	ck_assert_int_eq(by_name("acc1")->disable_ipv6, '0');
	/* The address, for the registration; nothing passes. */
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", false), 1);
	t = by_name("nm4n-c0000264");
	ck_assert_ptr_nonnull(t);
	ck_assert(t->up);
	ck_assert_uint_eq(t->addr.s_addr, inet_addr("192.0.2.100"));
	ck_assert_uint_eq(t->local.s_addr, inet_addr("192.0.2.100"));
	ck_assert_uint_eq(t->remote.s_addr, ha[0].addr.s_addr);
	ck_assert_uint_eq(t->mtu, 1470);
	ck_assert_uint_eq(count_filters(0), 0);

	ck_assert_int_eq(do_set("acc0", "192.0.2.100", true), 0);
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_uint_eq(filter_on(LINK)->to, t->index);
	ck_assert_mem_eq(filter_on(LINK)->src, mn, 6);
	ck_assert_uint_eq(filter_on(t->index)->to, LINK);
	ck_assert_mem_eq(filter_on(t->index)->dst, mn, 6);
	ck_assert_mem_eq(filter_on(t->index)->src, router, 6);

	/* Over, but for the deregistration. */
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", false), 0);
	ck_assert_uint_eq(count_filters(0), 0);
	ck_assert(by_name("acc0")->clsact && by_name("acc0")->guard);
	ck_assert(!by_name("acc1")->guard);
	ck_assert_ptr_nonnull(by_name("nm4n-c0000264"));
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
	ck_assert_int_eq(do_del("acc0"), -ENOENT);
	ck_assert(by_name("acc0")->guard);
	nodes_clear(ns);
	ck_assert(!by_name("acc0")->guard && !by_name("acc0")->clsact);
	sysctls_restore(sysctls);
	ck_assert_int_eq(by_name("acc0")->disable_ipv6, '0');
}
END_TEST

START_TEST(refused)
{
	struct nasd_priv_node_set q;

	ck_assert_int_eq(do_open("eth0"), -EPERM);
	ck_assert_int_eq(do_open(""), -EPERM);
	ck_assert_int_eq(do_open("aaaaaaaaaaaaaaaaaaaa"), -EPERM);
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", false), -ENOENT);
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_open("acc1"), 0);
	ck_assert_int_eq(do_set("eth0", "192.0.2.100", false), -EPERM);
	ck_assert_int_eq(do_set("acc0", "192.0.2.99", false), -EPERM);
	ck_assert_int_eq(do_set("acc0", "192.0.2.104", false), -EPERM);
	ck_assert_int_eq(do_set("acc0", "0.0.0.0", false), -EPERM);
	q = want("acc0", "192.0.2.100", true);
	q.ha.s_addr = inet_addr("203.0.113.1");
	ck_assert_int_eq(set_as(&q), -EPERM);
	q = want("acc0", "192.0.2.100", true);
	q.mn[0] = 0x33;		/* a group's */
	ck_assert_int_eq(set_as(&q), -EINVAL);
	q = want("acc0", "192.0.2.100", true);
	memset(q.router, 0, 6);
	ck_assert_int_eq(set_as(&q), -EINVAL);
	q = want("acc0", "192.0.2.100", NASD_PRIV_CARRY_DOWN + 1);
	ck_assert_int_eq(set_as(&q), -EINVAL);
	nothing_is_left();
	/* one that is configured no more has sessions still */
	ha[1].gone = true;
	q = want("acc0", "192.0.2.100", false);
	q.ha = ha[1].addr;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_int_eq(do_del("acc0"), 0);
	ha[1].gone = false;
	/* nobody takes another's address */
	ck_assert_int_eq(do_set("acc1", "192.0.2.100", true), 1);
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", true), -EADDRINUSE);
	ck_assert_int_eq(do_del("eth0"), -EPERM);
	ck_assert_int_eq(do_set("acc0", "192.0.2.103", true), 1);
	ck_assert_uint_eq(count_filters(0), 4);
	/* none without a pool */
	cfg.coas.first.s_addr = 0;
	cfg.coas.last.s_addr = 0;
	ck_assert_int_eq(do_set("acc0", "0.0.0.0", false), -EPERM);
	nodes_clear(ns);
	nothing_is_left();
}
END_TEST

START_TEST(counted)
{
	struct nasd_priv_node_name q = { .ifname = "acc0" };
	struct nasd_priv_counted c;

	ck_assert_int_eq(nodes_count(ns, &q, &c), -ENOENT);
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", true), 1);
	ck_assert_int_eq(nodes_count(ns, &q, &c), 0);
	ck_assert_uint_eq(c.rx_bytes, 2000);
	ck_assert_uint_eq(c.tx_bytes, 100);
	ck_assert_uint_eq(c.rx_packets, 2);
	ck_assert_uint_eq(c.tx_packets, 1);
	strcpy(q.ifname, "eth0");
	ck_assert_int_eq(nodes_count(ns, &q, &c), -EPERM);
}
END_TEST

/* The session is the same, whose device somebody has set down, or removed, or
 * that has another home agent. The next session begins anew. */
START_TEST(counted_over_devices)
{
	struct nasd_priv_node_set set = want("acc0", "192.0.2.100", true);
	struct nasd_priv_node_name q = { .ifname = "acc0" };
	struct nasd_priv_counted c;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&set), 1);
	by_name("nm4n-c0000264")->up = false;
	ck_assert_int_eq(set_as(&set), 1);
	ck_assert_int_eq(nodes_count(ns, &q, &c), 0);
	ck_assert_uint_eq(c.rx_bytes, 4000);
	ck_assert_uint_eq(c.tx_packets, 2);
	by_name("nm4n-c0000264")->index = 0;
	forget_filters(0);
	ck_assert_int_eq(nodes_count(ns, &q, &c), 0);
	ck_assert_uint_eq(c.rx_bytes, 4000);
	ck_assert_int_eq(set_as(&set), 1);
	set.ha = ha[1].addr;
	ck_assert_int_eq(set_as(&set), 1);
	ck_assert_int_eq(nodes_count(ns, &q, &c), 0);
	ck_assert_uint_eq(c.rx_bytes, 8000);
	ck_assert_uint_eq(c.tx_bytes, 400);
	ck_assert_uint_eq(c.rx_dropped, 12);
	ck_assert_int_eq(do_del("acc0"), 0);
	ck_assert_int_eq(set_as(&set), 1);
	ck_assert_int_eq(nodes_count(ns, &q, &c), 0);
	ck_assert_uint_eq(c.rx_bytes, 2000);
}
END_TEST

/* So many link-local packets. */
static void
hear_local(unsigned on, uint64_t packets)
{
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].on == on && is_local(&filter[i]))
			filter[i].packets += packets;
		else if (filter[i].on == on)
			filter[i].packets += 2;
}

static uint64_t
carried(const char *ifname)
{
	struct nasd_priv_node_name q = { .ifname = "" };
	struct nasd_priv_counted c;

	strcpy(q.ifname, ifname);
	ck_assert_int_eq(nodes_count(ns, &q, &c), 0);
	ck_assert_uint_eq(c.rx_packets % 2, 0);
	return c.rx_carried;
}

/* A mobile node's Neighbor Discovery is not what it is here for [D221]: also
 * what filters have counted that there are no more. */
START_TEST(counted_but_not_local)
{
	struct nasd_priv_node_set q = want("acc0", "192.0.2.100", true);

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(carried("acc0"), 2);
	hear_local(LINK, 1);
	ck_assert_uint_eq(carried("acc0"), 1);
	ck_assert_uint_eq(carried("acc0"), 1);
	/* Another device, and other filters: four packets, one of them was. */
	by_name("nm4n-c0000264")->up = false;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(carried("acc0"), 3);
	hear_local(LINK, 1);
	q.router[5] = 7;
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(carried("acc0"), 2);
	hear_local(LINK, 7);
	ck_assert_uint_eq(carried("acc0"), 0);
	/* The next session's are its own. */
	ck_assert_int_eq(do_del("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(carried("acc0"), 2);
	/* Also of what it is after a restart. */
	hear_local(LINK, 1);
	nodes_free(ns);
	ns = nodes_new(&cfg, sysctls);
	nodes_start(ns);
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(carried("acc0"), 1);
	nodes_clear(ns);
	nothing_is_left();
}
END_TEST

/* To a mobile node that comes from another access node, before it is
 * registered [D200]; nothing from it. */
START_TEST(down_alone)
{
	struct nasd_priv_node_set q = want("acc0", "192.0.2.100",
	    NASD_PRIV_CARRY_DOWN);
	unsigned tunnel;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	tunnel = nl_ifindex("nm4n-c0000264");
	ck_assert_uint_eq(count_filters(0), 1);
	ck_assert_uint_eq(filter_on(tunnel)->to, LINK);
	ck_assert_mem_eq(filter_on(tunnel)->dst, mn, 6);
	q.carry = NASD_PRIV_CARRY_BOTH;
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(count_filters(tunnel), 1);
	ck_assert_uint_eq(count_filters(LINK), 1);
	ck_assert(!kernel.gap);
	q.carry = NASD_PRIV_CARRY_DOWN;
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(count_filters(LINK), 0);
	if (_i == 1) {		/* it is over */
		q.carry = NASD_PRIV_CARRY_NONE;
		ck_assert_int_eq(set_as(&q), 0);
		ck_assert_uint_eq(count_filters(0), 0);
	}
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
	q = want("acc0", "192.0.2.100", NASD_PRIV_CARRY_DOWN);
	memset(q.mn, 0, 6);
	ck_assert_int_eq(set_as(&q), -EINVAL);
	nodes_clear(ns);
}
END_TEST

START_TEST(other_addresses_without_a_gap)
{
	struct nasd_priv_node_set q = want("acc0", "192.0.2.100", true);
	unsigned tunnel;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	tunnel = nl_ifindex("nm4n-c0000264");
	q.router[5] = 7;
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_mem_eq(filter_on(tunnel)->src, q.router, 6);
	q.mn[5] = 9;
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_mem_eq(filter_on(LINK)->src, q.mn, 6);
	ck_assert(!kernel.gap);
	ck_assert_uint_eq(kernel.sockets, 2);
}
END_TEST

START_TEST(another_home_agent)
{
	struct nasd_priv_node_set q = want("acc0", "192.0.2.100", true);

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	q.ha = ha[1].addr;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(by_name("nm4n-c0000264")->remote.s_addr,
	    ha[1].addr.s_addr);
	q.coa.s_addr = inet_addr("192.0.2.101");
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_ptr_null(by_name("nm4n-c0000264"));
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
}
END_TEST

START_TEST(somebody_removed_it)
{
	const struct nasd_priv_node_set q = want("acc0", "192.0.2.100", true);

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	nl_begin(NULL);
	nl_link_del(NULL, "nm4n-c0000264", 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(count_filters(0), 2);
	by_name("nm4n-c0000264")->up = false;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert(by_name("nm4n-c0000264")->up);
	ck_assert_uint_eq(count_filters(0), 2);
	/* the link itself, and another one of its name */
	forget_filters(LINK);
	by_name("acc0")->index = 0;
	add_device("acc0");
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(count_filters(0), 2);
	nodes_clear(ns);
	nothing_is_left();
}
END_TEST

/* ---- GRE ---- */

#define GRE_DEVICE	"nm4ng-01020304"

static struct nasd_priv_node_set
want_gre(const char *ifname, uint32_t own_key, uint32_t peer)
{
	struct nasd_priv_node_set q = want(ifname, "192.0.2.100", peer != 0);

	q.gre = (struct gre_keys){ own_key, peer };
	return q;
}

/* Without the home agent's key the device is there, for the registration. */
START_TEST(gre_entry_and_end)
{
	struct nasd_priv_node_set q = want_gre("acc0", 0x01020304, 0);
	const struct device *t;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	t = by_name(GRE_DEVICE);
	ck_assert_ptr_nonnull(t);
	ck_assert(t->up && t->guard);
	ck_assert_uint_eq(t->addr.s_addr, inet_addr("192.0.2.100"));
	ck_assert_uint_eq(t->mtu, 1462);
	ck_assert_uint_eq(count_filters(0), 0);

	q = want_gre("acc0", 0x01020304, 77);
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(t->gre.peer, 77);
	ck_assert_uint_eq(count_filters(0), 2);
	/* another one of it */
	q.gre.peer = 78;
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(t->gre.peer, 78);
	ck_assert_uint_eq(count_filters(0), 2);
	/* and of ours */
	q.gre.own = 5;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_ptr_null(by_name(GRE_DEVICE));
	ck_assert_ptr_nonnull(by_name("nm4ng-00000005"));

	q.carry = false;
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(count_filters(0), 0);
	ck_assert(by_name("nm4ng-00000005")->guard);
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
}
END_TEST

/* One address for both; not so with the same key, or without one. */
START_TEST(gre_shares_an_address)
{
	struct nasd_priv_node_set a = want_gre("acc0", 1, 7);
	struct nasd_priv_node_set b = want_gre("acc1", 2, 7);

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_open("acc1"), 0);
	ck_assert_int_eq(set_as(&a), 1);
	ck_assert_int_eq(set_as(&b), 1);
	ck_assert_uint_eq(count_filters(0), 4);
	ck_assert_int_eq(do_del("acc1"), 0);
	b.gre.own = 1;
	ck_assert_int_eq(set_as(&b), -EADDRINUSE);
	b.coa.s_addr = inet_addr("192.0.2.101");
	ck_assert_int_eq(set_as(&b), -EADDRINUSE);
	ck_assert_uint_eq(count_filters(0), 2);
	b.coa = a.coa;
	b.gre.own = 0;
	ck_assert_int_eq(set_as(&b), -EADDRINUSE);
	b = want_gre("acc1", 2, 0);
	b.carry = true;
	ck_assert_int_eq(set_as(&b), -EINVAL);
	nodes_clear(ns);
	nothing_is_left();
}
END_TEST

static void	 killed(void);

START_TEST(gre_taken_over)
{
	struct nasd_priv_node_set q = want_gre("acc0", 0x01020304, 7);
	unsigned tunnel;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	tunnel = nl_ifindex(GRE_DEVICE);
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	q.router[5] = 7;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(nl_ifindex(GRE_DEVICE), tunnel);
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert(!kernel.gap);
	/* not with another key of the home agent's, nor if it is not wanted */
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	q.gre.peer = 8;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(by_name(GRE_DEVICE)->gre.peer, 8);
	ck_assert_uint_eq(count_filters(0), 2);
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", true), 1);
	ck_assert_ptr_null(by_name(GRE_DEVICE));
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
}
END_TEST

/* Whichever message fails, the rest is undone. */
START_TEST(failures)
{
	const struct nasd_priv_node_set q = _i != 0 ?
	    want_gre("acc0", 0x01020304, 7) :
	    want("acc0", "192.0.2.100", true);
	int i, err = -1;

	ck_assert_int_eq(do_open("acc0"), 0);
	for (i = 0; i < 40 && err < 0; i++) {
		kernel.fail_at = i;
		err = set_as(&q);
		ck_assert_int_ne(err, 0);
		if (err < 0) {
			kernel.fail_at = -1;
			nothing_is_left();
		}
	}
	ck_assert_int_gt(i, 10);
	ck_assert_int_eq(err, 1);
}
END_TEST

START_TEST(an_operators_filters_stay)
{
	ck_assert_int_eq(do_open("acc0"), 0);
	nl_begin(NULL);
	add_filter(LINK, 1, NULL, mn, LINK + 1);
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", true), 1);
	ck_assert_int_eq(do_del("acc0"), 0);
	nodes_clear(ns);
	ck_assert_uint_eq(count_filters(LINK), 1);
	ck_assert(by_name("acc0")->clsact && !by_name("acc0")->guard);
}
END_TEST

static void
killed(void)
{
	tear_down();
	start();
}

START_TEST(taken_over)
{
	struct nasd_priv_node_set q = want("acc0", "192.0.2.100", true);
	unsigned tunnel;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	tunnel = nl_ifindex("nm4n-c0000264");
	killed();
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_int_eq(do_open("acc0"), 0);
	/* "made", for the engine needs its socket */
	q.router[5] = 7;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(nl_ifindex("nm4n-c0000264"), tunnel);
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_mem_eq(filter_on(tunnel)->src, q.router, 6);
	ck_assert(!kernel.gap);
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
}
END_TEST

/* One that is killed may have been about to replace them, or not be through
 * with it. */
START_TEST(taken_over_half_done)
{
	static const uint16_t others[] = { 13398, 13400, 13402 };
	struct nasd_priv_node_set q = want("acc0", "192.0.2.100", true);

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(filter_on(LINK)->prio, 13401);
	nl_begin(NULL);
	add_filter(LINK, others[_i], NULL, mn, nl_ifindex("nm4n-c0000264"));
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
}
END_TEST

START_TEST(left_and_not_wanted)
{
	struct nasd_priv_node_set q = want("acc0", "192.0.2.100", true);

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	/* another care-of address, another home agent, or none at all */
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	q.coa.s_addr = inet_addr("192.0.2.101");
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_ptr_null(by_name("nm4n-c0000264"));
	ck_assert_uint_eq(count_filters(0), 2);
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	q.ha = ha[1].addr;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(count_filters(0), 2);
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
	/* the end, without a word about it */
	ck_assert_int_eq(set_as(&q), 1);
	killed();
	nodes_clear(ns);
	nothing_is_left();
}
END_TEST

START_TEST(left_on_a_link_that_is_none)
{
	const struct nasd_priv_node_set q = want("acc1", "192.0.2.100", true);
	struct device *d;

	ck_assert_int_eq(do_open("acc1"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	/* another nasd's, and an operator's, are no concern of ours */
	d = add_device("nm4n-01020304");
	strcpy(d->alias, "netmip4 access node acc1 of /run/other.sock");
	d = add_device("nm4n-x");
	cfg.n_node = 1;
	killed();
	ck_assert_ptr_null(by_name("nm4n-c0000264"));
	ck_assert_ptr_nonnull(by_name("nm4n-01020304"));
	ck_assert_ptr_nonnull(by_name("nm4n-x"));
	ck_assert_uint_eq(count_filters(0), 0);
	ck_assert(!by_name("acc1")->guard && !by_name("acc1")->clsact);
}
END_TEST

/* Sections have changed places, and so care-of addresses. */
START_TEST(left_and_anothers_now)
{
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_open("acc1"), 0);
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", true), 1);
	ck_assert_int_eq(do_set("acc1", "192.0.2.101", true), 1);
	killed();
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_open("acc1"), 0);
	ck_assert_int_eq(do_set("acc1", "192.0.2.100", true), 1);
	/* Whoever is on the other link does not come to it. */
	ck_assert_uint_eq(count_filters(LINK), 0);
	ck_assert_int_eq(do_set("acc0", "192.0.2.101", true), 1);
	ck_assert_ptr_nonnull(by_name("nm4n-c0000264"));
	ck_assert_ptr_nonnull(by_name("nm4n-c0000265"));
	ck_assert_uint_eq(count_filters(0), 4);
	ck_assert_int_eq(do_del("acc0"), 0);
	ck_assert_int_eq(do_del("acc1"), 0);
	nothing_is_left();
}
END_TEST

/* ---- PPP links ---- */

#define COA	"192.0.2.102"	/* the first one that no section has */

static struct device *
with_ppp(const char *name)
{
	struct device *d = add_device(name);

	d->ppp = d->up = true;
	return d;
}

static void
serve_ppp(void)
{
	cfg.ppp = CONFIG_PPP_NODE;
	killed();
}

static struct nasd_priv_node_name
ppp_name(const char *ifname, const char *coa)
{
	struct nasd_priv_node_name q = { .coa = { inet_addr(coa) } };

	memcpy(q.ifname, ifname, strnlen(ifname, sizeof(q.ifname)));
	return q;
}

static int
ppp_open(const char *ifname, const char *coa)
{
	const struct nasd_priv_node_name q = ppp_name(ifname, coa);
	struct nasd_priv_node_opened out = { 0 };
	int fd = -1, err = nodes_open(ns, &q, &out, &fd);

	ck_assert((err == 0) == (fd == 1000));
	return err;
}

static int
ppp_set(const char *ifname, const char *coa, uint8_t carry)
{
	struct nasd_priv_node_set q = want(ifname, coa, carry);

	q.ppp = true;
	memset(q.mn, 0, 6);
	memset(q.router, 0, 6);
	return set_as(&q);
}

static int
ppp_del(const char *ifname, const char *coa)
{
	const struct nasd_priv_node_name q = ppp_name(ifname, coa);

	return nodes_del(ns, &q);
}

static void
ppp_is_closed(const struct device *d)
{
	ck_assert(d->clsact && d->shut[0] && d->shut[1]);
	ck_assert(d->out_from[0] == 0 && d->out_from[1] == 0);
	ck_assert_uint_eq(count_filters(d->index), 0);
}

static unsigned
only_from(const struct device *d)
{
	ck_assert((d->out_from[0] == 0) != (d->out_from[1] == 0));
	return d->out_from[0] + d->out_from[1];
}

START_TEST(ppp_entry_and_end)
{
	const struct device *p = with_ppp("ppp0"), *t;

	serve_ppp();
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	ppp_is_closed(p);
	ck_assert_int_eq(ppp_set("ppp0", COA, false), 1);
	ppp_is_closed(p);
	/* What the home agent says first does not wait for its reply. */
	ck_assert_int_eq(ppp_set("ppp0", COA, NASD_PRIV_CARRY_DOWN), 0);
	ck_assert_uint_eq(count_filters(p->index), 0);
	t = by_name("nm4n-c0000266");
	ck_assert_uint_eq(only_from(p), t->index);
	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(t->addr.s_addr, inet_addr(COA));
	ck_assert_int_eq(ppp_set("ppp0", COA, true), 0);
	ck_assert_uint_eq(filter_on(p->index)->to, t->index);
	ck_assert_uint_eq(filter_on(t->index)->to, p->index);
	ck_assert_uint_eq(only_from(p), t->index);
	ck_assert_uint_eq(p->out_from[filter_on(p->index)->prio - 13401],
	    t->index);
	ck_assert(p->shut[0] && p->shut[1]);
	/* The same once more is nothing. */
	ck_assert_int_eq(ppp_set("ppp0", COA, true), 0);
	ck_assert_uint_eq(count_filters(0), 2);
	ck_assert_int_eq(ppp_set("ppp0", COA, false), 0);
	ppp_is_closed(p);
	ck_assert_int_eq(ppp_del("ppp0", COA), 0);
	ppp_is_closed(p);
	ck_assert_ptr_null(by_name("nm4n-c0000266"));
	/* It is nobody's now. */
	ck_assert_int_eq(ppp_set("ppp0", COA, false), -EPERM);
	ck_assert_int_eq(ppp_del("ppp0", COA), -EPERM);
}
END_TEST

START_TEST(ppp_refused)
{
	with_ppp("ppp0");
	/* Where the configuration says nothing of them. */
	ck_assert_int_eq(ppp_open("ppp0", COA), -EPERM);
	serve_ppp();
	/* A section's address, none of the pool, no PPP interface, none. */
	ck_assert_int_eq(ppp_open("ppp0", "192.0.2.101"), -EPERM);
	ck_assert_int_eq(ppp_open("ppp0", "192.0.2.104"), -EPERM);
	ck_assert_int_eq(ppp_open("acc0", COA), -EPERM);
	ck_assert_int_eq(ppp_open("ppp9", COA), -ENODEV);
	ck_assert_int_eq(ppp_set("", COA, false), -EPERM);
	ck_assert_int_eq(ppp_set("ppp0", COA, false), -EPERM);
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	with_ppp("ppp1");
	ck_assert_int_eq(ppp_open("ppp1", COA), -EADDRINUSE);
	ck_assert_int_eq(ppp_set("ppp1", COA, true), -EPERM);
	ck_assert_int_eq(ppp_set("ppp0", "192.0.2.103", true), -EPERM);
	/* What a link of the configuration has is not a PPP link's. */
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_set("acc0", COA, false), 1);
	ck_assert_int_eq(ppp_set("ppp0", COA, false), -EADDRINUSE);
	ck_assert_int_eq(do_del("acc0"), 0);
	ck_assert_int_eq(ppp_set("ppp0", COA, false), 1);
}
END_TEST

/* The name of an interface that has gone is the next one's at once: which of
 * them a request is about the care-of address tells. */
START_TEST(ppp_name_again)
{
	struct device *p = with_ppp("ppp0");

	serve_ppp();
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	ck_assert_int_eq(ppp_set("ppp0", COA, true), 1);
	forget_filters(p->index);
	p->index = 0;
	p = with_ppp("ppp0");
	ck_assert_int_eq(ppp_open("ppp0", "192.0.2.103"), 0);
	ck_assert_int_eq(ppp_set("ppp0", "192.0.2.103", true), 1);
	ck_assert_int_eq(ppp_set("ppp0", COA, false), 0);
	ck_assert_int_eq(ppp_del("ppp0", COA), 0);
	ck_assert_ptr_null(by_name("nm4n-c0000266"));
	ck_assert_uint_eq(filter_on(p->index)->to,
	    by_name("nm4n-c0000267")->index);
	(void)only_from(p);
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
}
END_TEST

START_TEST(ppp_failures)
{
	struct device *p = with_ppp("ppp0");
	int i, err = -1;

	serve_ppp();
	for (i = 0; err != 0; i++) {
		ck_assert_int_lt(i, 30);
		kernel.fail_at = i;
		err = ppp_open("ppp0", COA);
		if (err == 0)
			err = ppp_set("ppp0", COA, true) < 0;
		kernel.fail_at = -1;
		if (err == 0)
			break;
		(void)ppp_del("ppp0", COA);
		ck_assert_ptr_null(by_name("nm4n-c0000266"));
		ck_assert_uint_eq(count_filters(0), 0);
		ck_assert(p->out_from[0] == 0 && p->out_from[1] == 0);
		/* A batch may stop half way: the next one begins anew. */
		p->shut[0] = p->shut[1] = p->clsact = false;
	}
	ck_assert_int_gt(i, 8);
	ck_assert_uint_eq(count_filters(0), 2);
}
END_TEST

/* Nor is what an interface of that name had before it. */
START_TEST(ppp_name_again_after_restart)
{
	struct device *p = with_ppp("ppp0");

	serve_ppp();
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	ck_assert_int_eq(ppp_set("ppp0", COA, true), 1);
	forget_filters(p->index);
	p->index = 0;
	serve_ppp();
	p = with_ppp("ppp0");
	ck_assert_int_eq(ppp_open("ppp0", "192.0.2.103"), 0);
	ck_assert_int_eq(ppp_set("ppp0", "192.0.2.103", true), 1);
	nodes_sweep(ns);
	ck_assert_ptr_null(by_name("nm4n-c0000266"));
	ck_assert_uint_eq(filter_on(p->index)->to,
	    by_name("nm4n-c0000267")->index);
	(void)only_from(p);
}
END_TEST

/* One is there again and goes on, another is not. */
/* What has its care-of address now was an Ethernet link's. */
START_TEST(ppp_left_of_a_section)
{
	ck_assert_int_eq(do_open("acc1"), 0);
	ck_assert_int_eq(do_set("acc1", "192.0.2.101", true), 1);
	cfg.n_node = 1;
	serve_ppp();
	nodes_sweep(ns);
	ck_assert_ptr_null(by_name("nm4n-c0000265"));
	ck_assert_uint_eq(count_filters(0), 0);
	ck_assert(!by_name("acc1")->guard && !by_name("acc1")->clsact);
}
END_TEST

START_TEST(ppp_taken_over)
{
	struct device *p = with_ppp("ppp0"), *p1 = with_ppp("ppp1");
	unsigned t;

	serve_ppp();
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	ck_assert_int_eq(ppp_set("ppp0", COA, true), 1);
	ck_assert_int_eq(ppp_open("ppp1", "192.0.2.103"), 0);
	ck_assert_int_eq(ppp_set("ppp1", "192.0.2.103", true), 1);
	t = by_name("nm4n-c0000266")->index;
	serve_ppp();
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	nodes_sweep(ns);
	ck_assert_ptr_null(by_name("nm4n-c0000267"));
	ck_assert_uint_eq(by_name("nm4n-c0000266")->index, t);
	ck_assert(p1->shut[0] && p1->shut[1]);
	kernel.gap = false;
	ck_assert_int_eq(ppp_set("ppp0", COA, true), 1);
	ck_assert(!kernel.gap);
	ck_assert_uint_eq(by_name("nm4n-c0000266")->index, t);
	ck_assert_uint_eq(filter_on(p->index)->to, t);
	ck_assert_uint_eq(only_from(p), t);
	nodes_sweep(ns);
	ck_assert_ptr_nonnull(by_name("nm4n-c0000266"));
	/* Or its session ends before it is asked for. */
	serve_ppp();
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	ck_assert_int_eq(ppp_del("ppp0", COA), 0);
	ck_assert_ptr_null(by_name("nm4n-c0000266"));
	/* With nasd goes what there is. */
	ck_assert_int_eq(ppp_open("ppp0", COA), 0);
	nodes_clear(ns);
	ck_assert_int_eq(ppp_set("ppp0", COA, true), -EPERM);
}
END_TEST

/* ---- behind a foreign agent ---- */

static struct nasd_priv_node_set
want_via(unsigned place, const char *home, bool carry)
{
	struct nasd_priv_node_set q = want(node[place].ifname, home, carry);

	node[place].via_fa.s_addr = inet_addr("10.9.0.1");
	q.via = node[place].via_fa;
	return q;
}

START_TEST(behind_an_agent)
{
	struct nasd_priv_node_set q = want_via(0, "0.0.0.0", false);
	const struct device *t;

	agent.kept = 0;
	ck_assert_int_eq(do_open("acc0"), 0);
	/* The way to the agent, and no tunnel. */
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert(agent.hushed);
	nothing_is_left();
	q = want_via(0, "172.16.0.5", true);
	ck_assert_int_eq(set_as(&q), 1);
	t = by_name("nm4n-f0");
	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(t->local.s_addr, q.coa.s_addr);
	ck_assert_uint_eq(t->addr.s_addr, q.coa.s_addr);
	ck_assert_uint_eq(t->mtu, 1460);
	ck_assert_uint_eq(agent.way[0].home.s_addr, q.coa.s_addr);
	ck_assert_uint_eq(agent.way[0].ha.s_addr, ha[0].addr.s_addr);
	ck_assert_uint_eq(count_filters(0), 2);
	/* another one, by a renewal */
	q.coa.s_addr = inet_addr("172.16.0.6");
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(agent.way[0].home.s_addr, q.coa.s_addr);
	ck_assert_uint_eq(by_name("nm4n-f0")->addr.s_addr, q.coa.s_addr);
	/* the agent has gone, and comes back */
	agent.gone = true;
	ck_assert_int_eq(set_as(&q), -EHOSTUNREACH);
	agent.gone = false;
	ck_assert_uint_eq(agent.kept, 0);
	ck_assert_int_eq(set_as(&q), 0);
	ck_assert_uint_eq(agent.kept, 1);	/* its link was down, maybe */
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
	ck_assert_int_eq(do_del("acc0"), -ENOENT);
}
END_TEST

/* It is heard on its link, and no other one is. */
START_TEST(agent_opened)
{
	struct nasd_priv_fa_open q = { .fa.s_addr = inet_addr("10.9.0.1") };
	struct nasd_priv_fa_opened out = { .ifindex = 0 };
	int fd = -1;

	ck_assert_int_eq(nodes_fa_open(ns, &q, &out, &fd), -EPERM);
	(void)want_via(0, "0.0.0.0", false);
	agent.on = 1;			/* lo */
	ck_assert_int_eq(nodes_fa_open(ns, &q, &out, &fd), 0);
	ck_assert_int_eq(fd, 99);
	ck_assert_uint_eq(out.ifindex, 1);
	ck_assert_str_eq(out.ifname, "lo");
	ck_assert_uint_eq(out.own.s_addr, inet_addr("10.9.0.2"));
	agent.gone = true;
	ck_assert_int_eq(nodes_fa_open(ns, &q, &out, &fd), -EHOSTUNREACH);
	q.fa.s_addr = INADDR_ANY;
	ck_assert_int_eq(nodes_fa_open(ns, &q, &out, &fd), -EPERM);
	agent.gone = false;
	agent.on = 0;
}
END_TEST

START_TEST(refused_behind_an_agent)
{
	static const char *const wrong[] = { "127.0.0.1", "224.0.0.1",
	    "10.9.0.1", "198.51.100.1", "192.0.2.100", "10.9.0.3",
	    "10.9.0.4", "203.0.113.10" };
	struct nasd_priv_node_set q;

	/* Whom this host itself speaks to. */
	cfg.radius.server[0].address.s_addr = inet_addr(wrong[7]);
	cfg.radius.n_servers = 1;
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_open("acc1"), 0);
	node[0].coa.s_addr = inet_addr("10.9.0.3");
	node[1].coa.s_addr = inet_addr("10.9.0.4");
	(void)want_via(1, wrong[0], false);
	for (unsigned i = 0; i < 8; i++) {
		q = want_via(0, wrong[i], false);
		ck_assert_int_eq(set_as(&q), -EPERM);
	}
	q = want_via(0, "10.9.0.2", false);	/* the host's own */
	ck_assert_int_eq(set_as(&q), -EADDRINUSE);
	q = want_via(0, "0.0.0.0", true);
	ck_assert_int_eq(set_as(&q), -EINVAL);
	q.via.s_addr = inet_addr("10.9.0.9");
	ck_assert_int_eq(set_as(&q), -EPERM);
	q = want_via(0, "172.16.0.5", false);
	q.via.s_addr = INADDR_ANY;
	ck_assert_int_eq(set_as(&q), -EPERM);
	nothing_is_left();
	/* The same of two home agents, but not twice of one. */
	q = want_via(0, "172.16.0.5", false);
	ck_assert_int_eq(set_as(&q), 1);
	q = want_via(1, "172.16.0.5", false);
	ck_assert_int_eq(set_as(&q), -EADDRINUSE);
	q.ha = ha[1].addr;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_ptr_nonnull(by_name("nm4n-f1"));
	nodes_clear(ns);
	nothing_is_left();
}
END_TEST

/* Home addresses stay unknown on the link to the agent, or there are none. */
START_TEST(hushed_behind_an_agent)
{
	struct nasd_priv_node_set q = want_via(0, "172.16.0.5", true);

	ck_assert_int_eq(do_open("acc0"), 0);
	agent.hushed = false;
	kernel.fail_at = 0;
	ck_assert_int_eq(set_as(&q), -EACCES);
	agent.hushed = false;
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert(agent.hushed);
	ck_assert_int_eq(do_del("acc0"), 0);
}
END_TEST

START_TEST(failures_behind_an_agent)
{
	struct nasd_priv_node_set q = want_via(0, "172.16.0.5", true);
	int i, err = -1;

	ck_assert_int_eq(do_open("acc0"), 0);
	for (i = 0; i < 40 && err < 0; i++) {
		kernel.fail_at = i;
		err = set_as(&q);
		ck_assert_int_ne(err, 0);
		kernel.fail_at = -1;
		if (err < 0) {
			nothing_is_left();
			(void)do_del("acc0");
		}
	}
	ck_assert_int_gt(i, 11);
	ck_assert_int_eq(err, 1);
}
END_TEST

/* Killed: the next one takes over what is its own. */
START_TEST(taken_over_behind_an_agent)
{
	struct nasd_priv_node_set q = want_via(0, "172.16.0.5", true);
	unsigned tunnel;

	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	tunnel = nl_ifindex("nm4n-f0");
	killed();
	ck_assert_uint_eq(agent.way[0].home.s_addr, q.coa.s_addr);
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(set_as(&q), 1);
	ck_assert_uint_eq(nl_ifindex("nm4n-f0"), tunnel);
	ck_assert(!kernel.gap);
	/* Behind no agent any more, or not there. */
	killed();
	node[0].via_fa.s_addr = INADDR_ANY;
	killed();
	ck_assert_uint_eq(agent.way[0].home.s_addr, INADDR_ANY);
	ck_assert_int_eq(do_open("acc0"), 0);
	ck_assert_int_eq(do_set("acc0", "192.0.2.100", true), 1);
	ck_assert_ptr_null(by_name("nm4n-f0"));
	ck_assert_int_eq(do_del("acc0"), 0);
	nothing_is_left();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("priv_node");
	TCase *tc = tcase_create("priv_node");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, entry_and_end);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, hears);
	tcase_add_test(tc, counted);
	tcase_add_test(tc, counted_over_devices);
	tcase_add_test(tc, counted_but_not_local);
	tcase_add_loop_test(tc, down_alone, 0, 2);
	tcase_add_test(tc, other_addresses_without_a_gap);
	tcase_add_test(tc, another_home_agent);
	tcase_add_test(tc, somebody_removed_it);
	tcase_add_test(tc, gre_entry_and_end);
	tcase_add_test(tc, gre_shares_an_address);
	tcase_add_test(tc, gre_taken_over);
	tcase_add_loop_test(tc, failures, 0, 2);
	tcase_add_test(tc, an_operators_filters_stay);
	tcase_add_test(tc, taken_over);
	tcase_add_loop_test(tc, taken_over_half_done, 0, 3);
	tcase_add_test(tc, left_and_not_wanted);
	tcase_add_test(tc, left_on_a_link_that_is_none);
	tcase_add_test(tc, left_and_anothers_now);
	tcase_add_test(tc, ppp_entry_and_end);
	tcase_add_test(tc, ppp_refused);
	tcase_add_test(tc, ppp_name_again);
	tcase_add_test(tc, ppp_failures);
	tcase_add_test(tc, ppp_name_again_after_restart);
	tcase_add_test(tc, ppp_left_of_a_section);
	tcase_add_test(tc, ppp_taken_over);
	tcase_add_test(tc, behind_an_agent);
	tcase_add_test(tc, agent_opened);
	tcase_add_test(tc, refused_behind_an_agent);
	tcase_add_test(tc, hushed_behind_an_agent);
	tcase_add_test(tc, failures_behind_an_agent);
	tcase_add_test(tc, taken_over_behind_an_agent);
	suite_add_tcase(s, tc);
	return test_run(s);
}
