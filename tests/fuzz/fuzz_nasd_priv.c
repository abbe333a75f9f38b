/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nasd's root side against an engine that has been taken over: datagrams of
 * any bytes, requests of any body. The kernel is played, down to its messages,
 * and so is what starts pppds: tunnels are to configured home agents only,
 * routes and filters of sessions on PPP interfaces only, pppds on configured
 * interfaces and their VLANs only, VLANs in their ranges only, an access node's
 * link is bridged to a tunnel of its own only, and in the end nothing is left
 * in the kernel but what was there before.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <signal.h>

#include "common/iid.h"
#include "common/netlink.h"
#include "nasd/nasd_config.h"
#include "nasd/node_sock.h"
#include "nasd/priv_host.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_pppd.h"
#include "nasd/priv_program.h"
#include "nasd/sockets.h"
#include "nasd/vlan_tag.h"
#include "tests/fuzz/mnl.h"
#include "tests/fuzz/priv.h"

#define MAX_OPS		64
#define N_HAS		2
#define N_PPP		4
#define TUNNEL		7	/* indices of devices, from here */
#define PPP		20
#define LINE		30	/* an Ethernet link */
#define ACCESS		3
#define VLAN		40
#define N_VLANS		12
#define NODE		4		/* two links */
#define BRIDGE		60		/* their tunnels, by care-of address */
#define N_COAS		3
#define MAX_VLANS	3
#define MAX_ROUTES	64
#define PID		1000

static const char *const ha_addr[N_HAS] = { "198.51.100.1", "198.51.100.9" };
static const char coa[] = "192.0.2.1";

struct route {
	uint32_t	table, oif, metric;
	struct in6_addr	dst;
	unsigned	len;
	bool		there;
};

/* Of the access interface, or on one of those. */
struct vlan_device {
	bool		there, alien;
	char		name[IF_NAMESIZE], alias[256];
	uint32_t	link;
	uint16_t	type, id;
};

static struct {
	struct vlan_device	 vlan[N_VLANS];
	struct nasd_config	 conf;
	bool			 bridge[N_COAS];	/* is there, */
	uint32_t		 bridge_ha[N_COAS];	/* and leads there */
	bool			 bridged[2];		/* links' filters */
	bool			 closed;		/* the line */
	char			 ipv6_off[2];
	int			 error;		/* of all that is asked, or 0 */
	bool			 failed;	/* it was, once */
	bool			 made[N_HAS];	/* tunnels */
	struct route		 route[MAX_ROUTES];
	uint8_t			 answer[32768];
	size_t			 answers;
	unsigned		 n_pppds;
} kernel;

/* ---- devices ---- */

static int
tunnel_of(const char *name)
{
	char want[IF_NAMESIZE];
	int i;

	for (i = 0; i < N_HAS; i++) {
		snprintf(want, sizeof(want), "nm4-%08x",
		    ntohl(inet_addr(ha_addr[i])));
		if (strcmp(name, want) == 0)
			return i;
	}
	return -1;
}

static bool
is_ppp(unsigned ifindex)
{
	return (ifindex >= PPP && ifindex < PPP + N_PPP) || ifindex == LINE;
}

static bool
is_tunnel(unsigned ifindex)
{
	return ifindex >= TUNNEL && ifindex < TUNNEL + N_HAS;
}

static struct vlan_device *
vlan_named(const char *name)
{
	unsigned i;

	for (i = 0; i < N_VLANS; i++)
		if (kernel.vlan[i].there &&
		    strcmp(kernel.vlan[i].name, name) == 0)
			return &kernel.vlan[i];
	return NULL;
}

static unsigned
vlan_index(const struct vlan_device *v)
{
	return VLAN + (unsigned)(v - kernel.vlan);
}

static struct vlan_device *
vlan_of(uint32_t ifindex)
{
	return ifindex >= VLAN && ifindex < VLAN + N_VLANS &&
	    kernel.vlan[ifindex - VLAN].there ?
	    &kernel.vlan[ifindex - VLAN] : NULL;
}

static uint32_t
coa_of(unsigned i)
{
	return htonl(0xc0000264 + i);
}

static int
bridge_of(const char *name)
{
	char want[IF_NAMESIZE];
	unsigned i;

	for (i = 0; i < N_COAS; i++) {
		snprintf(want, sizeof(want), "nm4n-%08x", ntohl(coa_of(i)));
		if (strcmp(name, want) == 0)
			return (int)i;
	}
	return -1;
}

static bool
is_bridge(unsigned ifindex)
{
	return ifindex >= BRIDGE && ifindex < BRIDGE + N_COAS;
}

static int
node_of(const char *name)
{
	return strcmp(name, "node0") == 0 ? 0 :
	    strcmp(name, "node1") == 0 ? 1 : -1;
}

struct if_nameindex *
if_nameindex(void)
{
	return NULL;
}

unsigned
if_nametoindex(const char *name)
{
	const struct vlan_device *v = vlan_named(name);
	int i = tunnel_of(name), k = bridge_of(name);

	if (node_of(name) >= 0)
		return NODE + (unsigned)node_of(name);
	if (k >= 0)
		return kernel.bridge[k] ? BRIDGE + (unsigned)k : 0;
	if (v != NULL)
		return vlan_index(v);
	if (strcmp(name, "acc0") == 0)
		return ACCESS;

	return i >= 0 && kernel.made[i] ? TUNNEL + (unsigned)i : 0;
}

bool
nl_link_is_up(const char *name, unsigned ifindex)
{
	fuzz_assert(tunnel_of(name) >= 0 || bridge_of(name) >= 0);
	return if_nametoindex(name) == ifindex && kernel.error == 0;
}

int
host_ifindex(const char *ifname, unsigned short type)
{
	if (memchr(ifname, '\0', IF_NAMESIZE) == NULL)
		return -EINVAL;
	if (strcmp(ifname, "line0") == 0)
		return type == ARPHRD_ETHER ? LINE : -EPERM;
	if (strncmp(ifname, "ppp", 3) != 0 || ifname[3] < '0' ||
	    ifname[3] >= '0' + N_PPP || ifname[4] != '\0')
		return -ENODEV;
	return PPP + ifname[3] - '0';
}

int
host_sysctl_set(const char *ifname, const char *key, char value)
{
	int node = node_of(ifname);

	fuzz_assert(strcmp(ifname, "all") == 0 || tunnel_of(ifname) >= 0 ||
	    host_ifindex(ifname, ARPHRD_PPP) > 0 ||
	    strcmp(ifname, "line0") == 0 ||
	    vlan_named(ifname) != NULL || node >= 0 || bridge_of(ifname) >= 0);
	if (node >= 0 && kernel.error == 0)
		kernel.ipv6_off[node] = value;
	/* pppd would not come up. */
	fuzz_assert(strncmp(ifname, "ppp", 3) != 0 ||
	    strcmp(key, "disable_ipv6") != 0);
	fuzz_assert(strcmp(key, "disable_ipv6") == 0 ||
	    strcmp(key, "forwarding") == 0 || (strcmp(key, "accept_ra") == 0 && value == '0'));
	return kernel.error;
}

int
host_sysctl_get(const char *ifname, const char *key)
{
	int node = node_of(ifname);

	(void)key;
	return node >= 0 ? kernel.ipv6_off[node] : '0';
}

int
host_mtu(const char *ifname)
{
	fuzz_assert(memchr(ifname, '\0', IF_NAMESIZE) != NULL);
	return kernel.error != 0 ? kernel.error : 1492;
}

bool
host_is_sit(const char *ifname, struct in_addr local, struct in_addr remote)
{
	int i = tunnel_of(ifname), k = bridge_of(ifname);

	if (k >= 0)
		return local.s_addr == coa_of((unsigned)k) &&
		    remote.s_addr == kernel.bridge_ha[k];
	return i >= 0 && local.s_addr == inet_addr(coa) &&
	    remote.s_addr == inet_addr(ha_addr[i]);
}

uint32_t
host_tunnel_mtu(struct in_addr from, struct in_addr ha)
{
	(void)from;
	(void)ha;
	return 1480;
}

/* ---- the kernel ---- */

static const struct nlattr *
attribute(const struct nlmsghdr *h, size_t extra, unsigned type)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, extra)
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

static uint32_t
u32_of(const struct nlmsghdr *h, size_t extra, unsigned type)
{
	const struct nlattr *a = attribute(h, extra, type);

	return a != NULL ? mnl_attr_get_u32(a) : 0;
}

/* The attributes of a new tunnel: its two ends, of which the first is this;
 * the other one. */
static uint32_t
check_sit(const struct nlattr *info, uint32_t local)
{
	const struct nlattr *a, *d;
	uint32_t remote = 0;

	mnl_attr_for_each_nested(a, info) {
		if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
			fuzz_assert(strcmp(mnl_attr_get_str(a), "sit") == 0);
		if (mnl_attr_get_type(a) != IFLA_INFO_DATA)
			continue;
		mnl_attr_for_each_nested(d, a) {
			if (mnl_attr_get_type(d) == 2)	/* local */
				fuzz_assert(mnl_attr_get_u32(d) == local);
			if (mnl_attr_get_type(d) == 3)
				remote = mnl_attr_get_u32(d);
		}
	}
	fuzz_assert(remote == inet_addr(ha_addr[0]) ||
	    remote == inet_addr(ha_addr[1]));
	return remote;
}

/* They go with their device. */
static void
forget_routes(uint32_t oif)
{
	unsigned i;

	for (i = 0; i < MAX_ROUTES; i++)
		if (kernel.route[i].oif == oif)
			kernel.route[i].there = false;
}

/* Those of the configuration below, and their carrier. */
static bool
vlan_may_be(uint32_t link, uint16_t type, uint16_t id)
{
	const struct vlan_device *on = vlan_of(link);

	if (link == ACCESS)
		return type == VLAN_8021Q ? id == 100 || id == 101 :
		    type == VLAN_8021AD && id == 200;
	return on != NULL && on->link == ACCESS && on->type == VLAN_8021AD &&
	    on->id == 200 && type == VLAN_8021Q && id >= 5 && id <= 6;
}

static int
vlan_add(const struct nlmsghdr *h, const char *name,
    const struct nlattr *info)
{
	struct vlan_device new = { .there = true,
		.link = u32_of(h, sizeof(struct ifinfomsg), IFLA_LINK) };
	struct vlan_device *free = NULL;
	const struct nlattr *a, *d;
	unsigned i;

	mnl_attr_for_each_nested(a, info) {
		if (mnl_attr_get_type(a) != IFLA_INFO_DATA)
			continue;
		mnl_attr_for_each_nested(d, a)
			*(mnl_attr_get_type(d) == IFLA_VLAN_ID ? &new.id :
			    &new.type) = mnl_attr_get_u16(d);
	}
	new.type = ntohs(new.type);
	fuzz_assert(strlen(name) < sizeof(new.name));
	strcpy(new.name, name);
	fuzz_assert(vlan_may_be(new.link, new.type, new.id));
	if (kernel.error != 0)
		return kernel.error;
	for (i = 0; i < N_VLANS; i++) {
		const struct vlan_device *v = &kernel.vlan[i];

		if (!v->there)
			free = &kernel.vlan[i];
		else if (strcmp(v->name, name) == 0 || (v->link == new.link &&
		    v->type == new.type && v->id == new.id))
			return -EEXIST;
	}
	fuzz_assert(free);
	*free = new;
	return 0;
}

static int
vlan_del(struct vlan_device *v)
{
	unsigned i;

	fuzz_assert(!v->alien);
	if (kernel.error != 0)
		return kernel.error;
	for (i = 0; i < N_VLANS; i++)
		if (kernel.vlan[i].there &&
		    kernel.vlan[i].link == vlan_index(v)) {
			fuzz_assert(!kernel.vlan[i].alien);
			kernel.vlan[i].there = false;
		}
	v->there = false;
	return 0;
}

static int
vlan_change(struct vlan_device *v, const struct nlmsghdr *h)
{
	const struct nlattr *a = attribute(h, sizeof(struct ifinfomsg),
	    IFLA_IFALIAS);

	fuzz_assert(!v->alien);
	if (kernel.error == 0 && a != NULL)
		snprintf(v->alias, sizeof(v->alias), "%s",
		    mnl_attr_get_str(a));
	return kernel.error;
}

static void
tell(const void *p, size_t n)
{
	fuzz_assert(kernel.answers + n <= sizeof(kernel.answer));
	memcpy(kernel.answer + kernel.answers, p, n);
	kernel.answers += n;
}

static void
vlan_tell(const struct vlan_device *v, uint32_t seq)
{
	uint8_t b[1024] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(b);
	struct nlattr *info, *data;
	struct ifinfomsg *ifi;

	h->nlmsg_type = RTM_NEWLINK;
	h->nlmsg_seq = seq;
	h->nlmsg_pid = MNL_PORT;
	ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	ifi->ifi_index = (int)vlan_index(v);
	mnl_attr_put_strz(h, IFLA_IFNAME, v->name);
	if (v->alias[0] != '\0')
		mnl_attr_put_strz(h, IFLA_IFALIAS, v->alias);
	mnl_attr_put_u32(h, IFLA_LINK, v->link);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u16(h, IFLA_VLAN_ID, v->id);
	mnl_attr_put_u16(h, IFLA_VLAN_PROTOCOL, htons(v->type));
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	tell(b, h->nlmsg_len);
}

/* By name one, without a name all. */
static int
link_question(const struct nlmsghdr *h)
{
	const struct nlattr *name = attribute(h, sizeof(struct ifinfomsg),
	    IFLA_IFNAME);
	const struct vlan_device *v;
	unsigned i;

	if (kernel.error != 0)
		return kernel.error;
	if (name != NULL) {
		v = vlan_named(mnl_attr_get_str(name));
		if (v == NULL)
			return -ENODEV;
		vlan_tell(v, h->nlmsg_seq);
		return 0;
	}
	for (i = 0; i < N_VLANS; i++)
		if (kernel.vlan[i].there)
			vlan_tell(&kernel.vlan[i], h->nlmsg_seq);
	return 0;
}

static int
bridge_message(int i, bool new, const struct nlattr *info)
{
	uint32_t remote = 0;

	fuzz_assert(!new || info);
	if (new)
		remote = check_sit(info, coa_of((unsigned)i));
	if (kernel.error != 0)
		return kernel.error;
	if (kernel.bridge[i] == new)
		return new ? -EEXIST : -ENODEV;
	kernel.bridge[i] = new;
	kernel.bridge_ha[i] = remote;
	return 0;
}

static int
link_message(const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *name = attribute(h, sizeof(*ifi), IFLA_IFNAME);
	const struct nlattr *info = attribute(h, sizeof(*ifi), IFLA_LINKINFO);
	bool new = h->nlmsg_type == RTM_NEWLINK;
	struct vlan_device *v;
	int i;

	v = name != NULL ? vlan_named(mnl_attr_get_str(name)) :
	    vlan_of((uint32_t)ifi->ifi_index);
	if (v != NULL && (info == NULL || !new))
		return new ? vlan_change(v, h) : vlan_del(v);
	if (new && attribute(h, sizeof(*ifi), IFLA_LINK) != NULL)
		return vlan_add(h, mnl_attr_get_str(name), info);
	if (name == NULL) {
		fuzz_assert(new && (is_ppp((unsigned)ifi->ifi_index) ||
		    is_tunnel((unsigned)ifi->ifi_index) ||
		    is_bridge((unsigned)ifi->ifi_index)));
		return kernel.error;
	}
	if ((i = bridge_of(mnl_attr_get_str(name))) >= 0)
		return bridge_message(i, new, info);
	i = tunnel_of(mnl_attr_get_str(name));
	fuzz_assert(i >= 0);
	if (new && info != NULL)
		fuzz_assert(check_sit(info, inet_addr(coa)) ==
		    inet_addr(ha_addr[i]));
	if (kernel.error != 0)
		return kernel.error;
	if (kernel.made[i] == new)
		return new ? -EEXIST : -ENODEV;
	if (!new)
		forget_routes(TUNNEL + (unsigned)i);
	kernel.made[i] = new;
	return 0;
}

/* Down to sessions, up to a home agent, or nowhere. */
static void
check_route(const struct route *r)
{
	if (r->oif == 0)
		return;
	if (is_tunnel(r->oif)) {
		fuzz_assert(r->len == 0);
		return;
	}
	fuzz_assert(is_ppp(r->oif) && (r->len == 64 || r->len == 128));
	fuzz_assert(!IN6_IS_ADDR_LINKLOCAL(&r->dst) &&
	    !IN6_IS_ADDR_MULTICAST(&r->dst));
	fuzz_assert(r->len != 128 || hoa_is_valid(&r->dst));
}

static bool
same_route(const struct route *a, const struct route *b)
{
	return a->there && a->table == b->table && a->len == b->len &&
	    a->metric == b->metric && memcmp(&a->dst, &b->dst,
	    sizeof(a->dst)) == 0;
}

static int
route_message(const struct nlmsghdr *h)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	const struct nlattr *dst = attribute(h, sizeof(*rt), RTA_DST);
	struct route r = { .table = u32_of(h, sizeof(*rt), RTA_TABLE),
		.oif = u32_of(h, sizeof(*rt), RTA_OIF),
		.metric = u32_of(h, sizeof(*rt), RTA_PRIORITY),
		.len = rt->rtm_dst_len, .there = true };
	struct route *old = NULL, *free = NULL;
	unsigned i;

	fuzz_assert(rt->rtm_family == AF_INET6 && r.table >= 13400 &&
	    r.table <= 13400 + 2 * N_HAS);
	if (dst != NULL)
		memcpy(&r.dst, mnl_attr_get_payload(dst), sizeof(r.dst));
	check_route(&r);
	for (i = 0; i < MAX_ROUTES; i++) {
		if (same_route(&kernel.route[i], &r))
			old = &kernel.route[i];
		else if (!kernel.route[i].there)
			free = &kernel.route[i];
	}
	if (kernel.error != 0)
		return kernel.error;
	if (h->nlmsg_type == RTM_DELROUTE) {
		if (old == NULL || (r.oif != 0 && old->oif != r.oif))
			return -ESRCH;
		old->there = false;
		return 0;
	}
	if (old != NULL && !(h->nlmsg_flags & NLM_F_REPLACE))
		return -EEXIST;
	fuzz_assert(old || free);
	*(old ? old : free) = r;
	return 0;
}

static int
tc_message(const struct nlmsghdr *h)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	unsigned i = (unsigned)tc->tcm_ifindex - NODE;

	fuzz_assert(is_ppp((unsigned)tc->tcm_ifindex) || i < 2 ||
	    is_bridge((unsigned)tc->tcm_ifindex));
	if (i < 2 && kernel.error == 0) {
		if (h->nlmsg_type == RTM_NEWTFILTER)
			kernel.bridged[i] = true;
		if (h->nlmsg_type == RTM_DELQDISC)
			kernel.bridged[i] = false;
	}
	if (tc->tcm_ifindex == LINE && kernel.error == 0)
		kernel.closed = h->nlmsg_type == RTM_NEWTFILTER ||
		    (kernel.closed && h->nlmsg_type != RTM_DELQDISC);
	return kernel.error;
}

/* A tunnel's own care-of address. */
static int
address_message(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);

	fuzz_assert(is_bridge(ifa->ifa_index));
	fuzz_assert(u32_of(h, sizeof(*ifa), IFA_LOCAL) ==
	    coa_of(ifa->ifa_index - BRIDGE));
	return kernel.error;
}

static int
handle(const struct nlmsghdr *h)
{
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return link_message(h);
	case RTM_GETLINK:
		return link_question(h);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return route_message(h);
	case RTM_NEWADDR:
		return address_message(h);
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
	case RTM_NEWTFILTER:
	case RTM_DELTFILTER:
		return tc_message(h);
	}
	return kernel.error;	/* rules; questions */
}

static void
kernel_asked(const void *b, size_t n)
{
	const struct nlmsghdr *h = b;
	int len = (int)n;
	struct {
		struct nlmsghdr	h;
		struct nlmsgerr	e;
	} a;

	for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
		memset(&a, 0, sizeof(a));
		a.e.error = handle(h);
		kernel.failed |= kernel.error != 0;
		if (a.e.error == 0 && !(h->nlmsg_flags & NLM_F_ACK))
			continue;
		a.h = (struct nlmsghdr){ .nlmsg_len = sizeof(a),
			.nlmsg_type = NLMSG_ERROR, .nlmsg_seq = h->nlmsg_seq,
			.nlmsg_pid = MNL_PORT };
		tell(&a, sizeof(a));
	}
	fuzz_assert(len == 0);
}

static size_t
kernel_tells(bool listens, void *b, size_t cap)
{
	size_t n = kernel.answers;

	if (listens)
		return 0;
	fuzz_assert(n <= cap);
	memcpy(b, kernel.answer, n);
	kernel.answers = 0;
	return n;
}

/* ---- pppds ---- */

struct pppds *
pppds_new(const struct nasd_config *conf)
{
	(void)conf;
	return (struct pppds *)&kernel;
}

void
pppds_free(struct pppds *ps)
{
	(void)ps;
}

void
pppds_start(struct pppds *ps)
{
	(void)ps;
}

int
pppds_spawn(struct pppds *ps, const struct nasd_priv_pppd_start *q)
{
	(void)ps;
	fuzz_assert(strcmp(q->ifname, "acc0") == 0 ||
	    vlan_named(q->ifname) != NULL);
	fuzz_assert(q->sid != 0 && q->sid != 0xffff && !(q->mac[0] & 1));
	fuzz_assert(q->mru == 1492 || q->mru == 1500);
	return kernel.error != 0 ? kernel.error :
	    PID + (int)kernel.n_pppds++;
}

/* No process of that number is a pppd of ours. */
int
pppds_adopt(struct pppds *ps, pid_t pid, uint32_t link_id, int *fd)
{
	(void)ps;
	(void)pid;
	(void)link_id;
	(void)fd;
	return -ESRCH;
}

pid_t
program_check_start(const struct nasd_program *p)
{
	(void)p;
	return -EAGAIN;
}

int
pppds_signal(struct pppds *ps, pid_t pid, int sig)
{
	(void)ps;
	fuzz_assert(sig == SIGTERM || sig == SIGKILL);
	return pid >= PID && pid < PID + (int)kernel.n_pppds ? 0 : -ESRCH;
}

int
pppds_exited(struct pppds *ps, pid_t pid, int status,
    struct nasd_priv_pppd_exit *note)
{
	(void)ps;
	(void)pid;
	(void)status;
	(void)note;
	return -ESRCH;
}

void
pppds_stop(struct pppds *ps)
{
	(void)ps;
}

/* ---- packet sockets ---- */

int
nasd_sockets_pppoe(const char *ifname, enum nasd_socket hears,
    uint8_t mac[6], int *mtu)
{
	fuzz_assert(hears <= NASD_SOCKET_VLANS);
	fuzz_assert(strcmp(ifname, "acc0") == 0 || vlan_named(ifname));
	memset(mac, 2, 6);
	*mtu = 1500;
	return kernel.error != 0 ? kernel.error : dup(0);
}

int
node_sock_link(unsigned ifindex, uint8_t mac[6], int *mtu)
{
	fuzz_assert(ifindex == NODE || ifindex == NODE + 1);
	memset(mac, 2, 6);
	*mtu = 1500;
	return kernel.error != 0 ? kernel.error : dup(0);
}

int
node_sock_data(unsigned ifindex)
{
	fuzz_assert(ifindex == NODE || ifindex == NODE + 1);
	return kernel.error != 0 ? kernel.error : dup(0);
}

int
node_sock_ppp(unsigned ifindex)
{
	fuzz_assert(ifindex >= PPP && ifindex < PPP + N_PPP);
	return kernel.error != 0 ? kernel.error : dup(0);
}

int
node_sock_tunnel(unsigned ifindex)
{
	fuzz_assert(is_bridge(ifindex) && kernel.bridge[ifindex - BRIDGE]);
	return kernel.error != 0 ? kernel.error : dup(0);
}

/* ---- the engine ---- */

static size_t
put_node(struct ops *o, uint8_t *b, uint16_t *type)
{
	static const uint16_t types[] = { NASD_PRIV_NODE_OPEN,
		NASD_PRIV_NODE_DEL, NASD_PRIV_NODE_SET, NASD_PRIV_NODE_SET };
	unsigned how = ops_u8(o);
	struct nasd_priv_node_set q = { .carry = (uint8_t)ops_pick(o, 4),
		.coa = { coa_of(ops_pick(o, N_COAS + 1)) },
		.mn = { (uint8_t)(how >> 1 & 1), 2 },
		.router = { 2, (uint8_t)(how >> 2 & 3) } };

	*type = types[how >> 6];
	if (*type == NASD_PRIV_NODE_DEL && (how & 1) != 0)
		*type = NASD_PRIV_NODE_HEAR;
	q.ha.s_addr = inet_addr(how & 16 ? "203.0.113.1" :
	    ha_addr[how >> 5 & 1]);
	snprintf(q.ifname, sizeof(q.ifname), "node%u", ops_pick(o, 3));
	if ((how & 15) == 15)
		memset(q.ifname, 'n', sizeof(q.ifname));
	q.ppp = ops_pick(o, 2);
	if (q.ppp)
		snprintf(q.ifname, sizeof(q.ifname), "ppp%u", how & 3);
	else if (*type != NASD_PRIV_NODE_SET)
		q.coa.s_addr = INADDR_ANY;	/* of both at the same place */
	memcpy(b, &q, sizeof(q));
	return *type == NASD_PRIV_NODE_SET ? sizeof(q) :
	    sizeof(struct nasd_priv_node_name);
}

static size_t
put_vlan(struct ops *o, uint8_t *b, uint16_t *type)
{
	static const uint16_t outer[] = { 100, 101, 102, 200 };
	struct nasd_priv_vlan q = { .parent = "acc0", .type = VLAN_8021Q,
		.outer = outer[ops_pick(o, 4)] };
	struct nasd_priv_vlan_list l = { .from = ops_pick(o, 4) };
	unsigned how = ops_u8(o);

	*type = how & 1 ? NASD_PRIV_VLAN_CLOSE : NASD_PRIV_VLAN_OPEN;
	if ((how & 0xf0) == 0xf0) {
		*type = NASD_PRIV_VLAN_LIST;
		memcpy(b, &l, sizeof(l));
		return sizeof(l);
	}
	if (how & 2) {
		q.type = VLAN_8021AD;
		q.inner = (uint16_t)(4 + ops_pick(o, 4));
	}
	q.session = (how & 0x0c) == 0x0c;
	if ((how & 0x30) == 0x30)
		q.parent[3] = '1';
	memcpy(b, &q, sizeof(q));
	return sizeof(q);
}

static size_t
put_pppd(struct ops *o, uint8_t *b)
{
	static const uint32_t mrus[] = { 1492, 1500, 1501, 0 };
	unsigned how = ops_u8(o);
	struct nasd_priv_pppd_start q = {
		.link_id = 1, .sid = (uint16_t)(how & 1 ? 0 : 1 + how),
		.mac = { how & 2, 1 }, .mru = mrus[ops_pick(o, 4)],
	};

	memcpy(q.ifname, how & 4 ? "acc1" : "acc0", 5);
	if (how & 16)
		memcpy(q.ifname, "acc0.200.5", 11);
	if (how & 8)
		memset(q.ifname, 'a', sizeof(q.ifname));
	memcpy(b, &q, sizeof(q));
	return sizeof(q);
}

static size_t
put_session(struct ops *o, uint8_t *b)
{
	static const char *const some[] = { "2001:db8:100:5::1",
		"2001:db8:200:1::5", "::", "2001:db8:100:5::", "fe80::1",
		"ff02::1" };
	unsigned how = ops_u8(o);
	struct nasd_priv_session_add q = { .id = ops_pick(o, 6),
		.plen = how & 1 ? 128 : 64 };

	if (how & 8)
		q.plen = ops_u8(o);
	q.ha.s_addr = inet_addr(how & 16 ? "203.0.113.1" :
	    ha_addr[how >> 1 & 1]);
	(void)inet_pton(AF_INET6, some[ops_pick(o, 6)], &q.hoa);
	snprintf(q.ifname, sizeof(q.ifname), "ppp%u", ops_pick(o, 5));
	if (strcmp(q.ifname, "ppp3") == 0)
		strcpy(q.ifname, "line0");
	if (how & 32)
		memset(q.ifname, 'p', sizeof(q.ifname));
	memcpy(b, &q, sizeof(q));
	return sizeof(q);
}

static size_t
put_prepare(struct ops *o, uint8_t *b)
{
	struct nasd_priv_session_prepare q = { .ifname = "" };

	snprintf(q.ifname, sizeof(q.ifname), "ppp%u", ops_pick(o, 5));
	if (strcmp(q.ifname, "ppp3") == 0)
		strcpy(q.ifname, "line0");
	memcpy(b, &q, sizeof(q));
	return sizeof(q);
}

static size_t
put_count(struct ops *o, uint8_t *b)
{
	struct nasd_priv_count_many q = { .read = ops_pick(o, 2),
		.n = ops_pick(o, 8) };
	unsigned i;

	for (i = 0; i < q.n; i++)
		q.id[i] = ops_pick(o, 6);
	if (ops_pick(o, 8) == 7)
		q.n = ops_u8(o);
	memcpy(b, &q, sizeof(q));
	return offsetof(struct nasd_priv_count_many, id) + i * sizeof(q.id[0]);
}

/* A request whose body is the id of a session, or the like. */
static size_t
put_id(struct ops *o, uint8_t *b, uint16_t *type)
{
	static const uint16_t types[] = { NASD_PRIV_SESSION_DEL,
		NASD_PRIV_COUNT, NASD_PRIV_PPPD_STOP,
		NASD_PRIV_TUNNEL_CHECK };
	struct nasd_priv_pppd_stop stop = { .pid = PID + (int)ops_pick(o, 4) };
	uint32_t id = ops_pick(o, 6);

	*type = types[ops_pick(o, 4)];
	if (*type == NASD_PRIV_TUNNEL_CHECK && id < N_HAS)
		id = inet_addr(ha_addr[id]);
	if (*type == NASD_PRIV_PPPD_STOP) {
		memcpy(b, &stop, sizeof(stop));
		return sizeof(stop);
	}
	memcpy(b, &id, sizeof(id));
	return sizeof(id);
}

/* One message: header and body as the input has it, or nearly right. */
static size_t
message(struct ops *o, uint8_t *b)
{
	uint8_t *body = b + sizeof(struct priv_hdr);
	uint16_t type;
	size_t len;

	switch (ops_pick(o, 11)) {
	case 8:
	case 9:
		len = put_node(o, body, &type);
		break;
	case 7:
		type = NASD_PRIV_SESSION_PREPARE;
		len = put_prepare(o, body);
		break;
	case 0:
	case 1:
		type = NASD_PRIV_SESSION_ADD;
		len = put_session(o, body);
		break;
	case 2:
		len = put_id(o, body, &type);
		break;
	case 3:
		type = NASD_PRIV_COUNT_MANY;
		len = put_count(o, body);
		break;
	case 4:
		type = NASD_PRIV_PPPD_START;
		len = put_pppd(o, body);
		break;
	case 5:
		len = put_vlan(o, body, &type);
		break;
	case 6:
		return priv_any(o, b, 28);
	default:
		return ops_bytes(o, b, ops_u8(o));
	}
	return priv_seal(o, b, type, len);
}

static void
config(void)
{
	static struct config_ha ha[N_HAS];
	static struct config_ether line = { .ifname = "line0" };
	static struct config_node node[] = { { .ifname = "node0" },
		{ .ifname = "node1" } };
	static struct config_pppoe access = { .ifname = "acc0",
		.max_mru = 1500, .vlan = { .max = MAX_VLANS, .ranges = {
		.qinq_type = VLAN_8021AD, .n = 2, .range = {
		{ 100, 101, 0, 0 }, { 200, 200, 5, 6 } } } } };
	static char socket_path[] = "/run/nasd", none[] = "/nonexistent",
	    nowhere[] = "";
	unsigned i;

	memset(&kernel, 0, sizeof(kernel));
	for (i = 0; i < N_HAS; i++)
		ha[i].addr.s_addr = inet_addr(ha_addr[i]);
	kernel.conf = (struct nasd_config){ .ha = ha, .n_ha = N_HAS,
		.pppoe = &access, .n_pppoe = 1, .node = node, .n_node = 2,
		.ppp = CONFIG_PPP_NODE,
		.ether = &line, .n_ether = 1, .coas = { { coa_of(0) }, { coa_of(N_COAS - 1) } } };
	kernel.ipv6_off[0] = '0';
	kernel.ipv6_off[1] = '1';
	kernel.conf.coa.s_addr = inet_addr(coa);
	kernel.conf.plugin_socket = socket_path;
	kernel.conf.file = none;
	kernel.conf.state_dir = nowhere;
	/* An operator's, in a range. */
	kernel.vlan[0] = (struct vlan_device){ .there = true, .alien = true,
		.name = "customer", .link = ACCESS, .type = VLAN_8021Q,
		.id = 101 };
}

static void
check_nothing_left(void)
{
	unsigned i;

	for (i = 0; i < MAX_ROUTES; i++)
		fuzz_assert(!kernel.route[i].there);
	for (i = 0; i < N_HAS; i++)
		fuzz_assert(!kernel.made[i]);
	for (i = 0; i < N_COAS; i++)
		fuzz_assert(!kernel.bridge[i]);
	fuzz_assert(!kernel.closed);
	fuzz_assert(!kernel.bridged[0] && !kernel.bridged[1]);
	fuzz_assert(kernel.ipv6_off[0] == '0' && kernel.ipv6_off[1] == '1');
	for (i = 0; i < N_VLANS; i++)
		fuzz_assert(kernel.vlan[i].there == kernel.vlan[i].alien);
	fuzz_assert(kernel.vlan[0].there);
}

/* The engine says that all sessions are over: else they live on. */
static void
end(const struct priv_server *server)
{
	struct priv_call call = { .state = server->state, .fd = -1 };
	size_t i;

	for (i = 0; i < server->n_ops; i++)
		if (server->ops[i].type == NASD_PRIV_END)
			fuzz_assert(server->ops[i].handle(&call) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int errors[] = { 0, 0, 0, 0, 0, -EEXIST, -ENODEV,
		-ENOMEM };
	struct ops o = { data, data + len };
	struct priv_server server;
	struct nasd_priv *np;
	uint8_t b[4096];
	int sock[2];
	unsigned n;
	size_t size;

	config();
	np = nasd_priv_new(&kernel.conf, NULL);
	fuzz_assert(np && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    sock) == 0);
	nasd_priv_server(np, &server);
	server.start(server.state, NULL);
	for (n = 0; n < MAX_OPS && ops_more(&o); n++) {
		kernel.error = errors[ops_pick(&o, 8)];
		size = priv_datagram(&o, b, message);
		if (size == 0)
			continue;
		fuzz_assert(send(sock[0], b, size, 0) == (ssize_t)size);
		priv_receive(&server, sock[1]);
	}
	kernel.error = 0;
	end(&server);
	server.engine_gone(server.state);
	if (!kernel.failed)
		check_nothing_left();
	nasd_priv_free(np);
	close(sock[0]);
	close(sock[1]);
	return 0;
}
