/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnetlink by libmnl: requests are batched into one send, and the kernel's
 * answer to each is tied to it by sequence number. Used by the priv processes
 * only; synchronous.
 */
#ifndef COMMON_NETLINK_H
#define COMMON_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct nl;

/* NULL with errno set. */
struct nl *nl_open(void);
void	 nl_close(struct nl *);

/*
 * Starts, fills and sends a batch. Each nl_* operation below appends one
 * message and returns its place in the batch (0, 1, ...) or -errno. nl_commit
 * sends all and waits for all answers; result[i] is 0 or -errno of message i
 * (result may be NULL). Returns 0 if all succeeded, else the first error.
 * A message whose error is in "ignore" flags counts as success; any other error
 * is logged, with the kernel's words, within limits. The next batch is begun.
 */
#define NL_IGN_EXIST	0x1	/* adding what is there is no error */
#define NL_IGN_NOENT	0x2	/* nor deleting what is not: ENOENT, ESRCH,
				 * ENODEV, ENXIO, EADDRNOTAVAIL */
void	 nl_begin(struct nl *);
int	 nl_commit(struct nl *, int *result, size_t n);
/* Message i of the batch under construction; NULL when there is none. */
const void *nl_batch_msg(const struct nl *, size_t i, size_t *len);

/* sit device: local to remote, ttl 64, tos inherit, path MTU discovery. */
int	 nl_sit_add(struct nl *, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign);
/* One whose packets go out of this device and come in by it, so that others may
 * have the same ends. */
int	 nl_sit_on_add(struct nl *, const char *name, unsigned ifindex,
    struct in_addr local, struct in_addr remote, uint32_t mtu, unsigned ign);
/* Without duplicate address detection. */
int	 nl_addr6_add(struct nl *, unsigned ifindex, const struct in6_addr *,
    unsigned plen, unsigned ign);
int	 nl_addr6_del(struct nl *, unsigned ifindex, const struct in6_addr *,
    unsigned plen, unsigned ign);
int	 nl_link_del(struct nl *, const char *name, unsigned ign);
int	 nl_link_set_up(struct nl *, unsigned ifindex, bool up);

/* An 802.1Q or 802.1ad VLAN of a device; for nl_vlan_add what is before
 * is_vlan, which answers no ARP and is down. */
struct nl_vlan {
	char		name[16];
	unsigned	link;		/* index of the device it is on */
	uint16_t	type;		/* of its tag, 0x8100 or 0x88a8 */
	uint16_t	id;
	bool		is_vlan;	/* or some other device: no type, no
					 * id */
	unsigned	ifindex;
	char		alias[256];
};
int	 nl_vlan_add(struct nl *, const struct nl_vlan *, unsigned ign);
int	 nl_link_alias(struct nl *, unsigned ifindex, const char *alias);
/* The device of a name: 0, -ENODEV or another -errno; -EBUSY within a
 * batch. */
int	 nl_vlan_get(struct nl *, const char *name, struct nl_vlan *);
/* All VLANs, one call each; as above. */
typedef void nl_vlan_seen(void *arg, const struct nl_vlan *);
int	 nl_vlans(struct nl *, nl_vlan_seen *, void *arg);

/*
 * GRE with keys [RFC 2784, 2890]: an outer header. Up to one external device a
 * network namespace (-EEXIST): it has no ends, routes and filters have; it gets
 * what no other device wants, whatever the key, so it needs a filter. A keyed
 * device gets what comes from remote with key_in, and sends with the other key.
 * TTL 64, tos inherit, path MTU discovery.
 */
struct nl_gre {
	struct in_addr	local, remote;	/* ours; the peer's */
	uint32_t	key;
};
int	 nl_gre_external_add(struct nl *, const char *name, uint32_t mtu,
    unsigned ign);
int	 nl_gre_add(struct nl *, const char *name, const struct nl_gre *,
    uint32_t key_in, uint32_t mtu, unsigned ign);
/* Changes the ends or keys of a keyed device. */
int	 nl_gre_change(struct nl *, const char *name, const struct nl_gre *,
    uint32_t key_in, uint32_t mtu);

struct nl_route6 {
	struct in6_addr	dst;
	unsigned	dst_len;
	unsigned	ifindex;	/* 0: none, for blackhole/unreachable */
	struct in6_addr	via;		/* :: for none */
	uint32_t	table;		/* 0: main */
	uint32_t	metric;		/* 0: the kernel's default */
	uint8_t		type;		/* RTN_UNICAST when 0 */
	const struct nl_gre *encap;	/* for an external device; not looked
					 * at by del; NULL: none */
};
#define NL_RTPROT_NETMIP4	134	/* rtm_protocol of all our routes */
int	 nl_route6_add(struct nl *, const struct nl_route6 *, unsigned ign);
int	 nl_route6_replace(struct nl *, const struct nl_route6 *);
int	 nl_route6_del(struct nl *, const struct nl_route6 *, unsigned ign);

/* Each IPv6 route of ours to a prefix through a device, one call each. 0 or
 * -errno; -EBUSY within a batch. */
typedef void nl_route6_seen(void *arg, const struct nl_route6 *);
int	 nl_routes6(struct nl *, nl_route6_seen *, void *arg);

struct nl_rule6 {
	const char	*iif;		/* NULL: any */
	uint32_t	fwmark;		/* 0: any */
	uint32_t	table;
	uint32_t	priority;
};
int	 nl_rule6_add(struct nl *, const struct nl_rule6 *, unsigned ign);
int	 nl_rule6_del(struct nl *, const struct nl_rule6 *, unsigned ign);
/* Each IPv6 rule there is, of whomever; strings are the call's. 0 or -errno. */
typedef void nl_rule6_seen(void *arg, const struct nl_rule6 *);
int	 nl_rules6(struct nl *, nl_rule6_seen *, void *arg);

/*
 * IPv4, which visitors of a foreign agent speak: the same as above. A rule
 * without a table deletes by the rest; src 0.0.0.0: any.
 */
int	 nl_ipip_add(struct nl *, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign);
/* A host's address, of prefix length 32. */
int	 nl_addr4_add(struct nl *, unsigned ifindex, struct in_addr,
    unsigned ign);
struct nl_route4 {
	struct in_addr	dst;
	unsigned	dst_len;
	unsigned	ifindex;	/* 0: none, for blackhole */
	struct in_addr	via;		/* 0.0.0.0: none */
	uint32_t	table;		/* 0: main */
	uint8_t		type;		/* RTN_UNICAST when 0 */
	uint32_t	metric;		/* the least is best; not told by what
					 * asks for routes */
};
int	 nl_route4_replace(struct nl *, const struct nl_route4 *);
int	 nl_route4_del(struct nl *, const struct nl_route4 *, unsigned ign);
/* Where the kernel would send what is for dst: ifindex, via and type of r. 0,
 * or the kernel's -errno; -EBUSY within a batch. */
int	 nl_route4_get(struct nl *, struct in_addr dst, struct nl_route4 *r);
struct nl_rule4 {
	const char	*iif;		/* NULL: any */
	struct in_addr	src;
	uint32_t	table;
	uint32_t	priority;
};
int	 nl_rule4_add(struct nl *, const struct nl_rule4 *, unsigned ign);
int	 nl_rule4_del(struct nl *, const struct nl_rule4 *, unsigned ign);
/* A neighbour for good, of an Ethernet link. */
int	 nl_neigh4_replace(struct nl *, unsigned ifindex, struct in_addr,
    const uint8_t lladdr[6]);
int	 nl_neigh4_del(struct nl *, unsigned ifindex, struct in_addr,
    unsigned ign);
/* Each IPv4 rule, route and neighbour that netmip4 has made; strings are the
 * call's. 0 or -errno; -EBUSY within a batch. */
typedef void nl_rule4_seen(void *arg, const struct nl_rule4 *);
int	 nl_rules4(struct nl *, nl_rule4_seen *, void *arg);
typedef void nl_route4_seen(void *arg, const struct nl_route4 *);
/* Of one table, which need not be there, or (0) all. The kernel looks for them
 * [strict checks, Linux 4.20]; an older one tells all there are. */
int	 nl_routes4(struct nl *, uint32_t table, nl_route4_seen *, void *arg);
typedef void nl_neigh4_seen(void *arg, unsigned ifindex, struct in_addr);
int	 nl_neighs4(struct nl *, nl_neigh4_seen *, void *arg);

/*
 * Source filter of one session on its device's ingress [doc/DATAPLANE]:
 * clsact; fe80::/10 passes; source in src/plen passes with fwmark set;
 * anything else is dropped (and counted by the kernel). Three functions,
 * because each is one message; each needs a prio of its own, in this order.
 * fwmark 0: pass without a mark. Of fe80::/10 no more pass than the pace says,
 * unless it is NULL.
 */
struct nl_pace {
	uint32_t	packets, burst;		/* a second; at once */
};
int	 nl_clsact_add(struct nl *, unsigned ifindex, unsigned ign);
int	 nl_clsact_del(struct nl *, unsigned ifindex, unsigned ign);
int	 nl_filter_pass_linklocal(struct nl *, unsigned ifindex,
    uint16_t prio, const struct nl_pace *);
int	 nl_filter_pass_source(struct nl *, unsigned ifindex, uint16_t prio,
    const struct in6_addr *src, unsigned plen, uint32_t fwmark);
/* One IPv4 source, without a mark. */
int	 nl_filter_pass_source4(struct nl *, unsigned ifindex, uint16_t prio,
    struct in_addr src);
int	 nl_filter_drop_all(struct nl *, unsigned ifindex, uint16_t prio);
/* IPv4 from one address to another, as those of nl_flower_pass_source below:
 * many are one hash. Deleted by nl_flower_del4. */
int	 nl_flower_pass4(struct nl *, unsigned ifindex, uint16_t prio,
    uint32_t handle, struct in_addr src, struct in_addr dst);
int	 nl_flower_del4(struct nl *, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign);
/* All of IPv4. */
int	 nl_filter_drop4(struct nl *, unsigned ifindex, uint16_t prio);
/* Those of IPv6, or of IPv4, with this prio. */
int	 nl_filter_del(struct nl *, unsigned ifindex, uint16_t prio,
    unsigned ign);
int	 nl_filter_del4(struct nl *, unsigned ifindex, uint16_t prio,
    unsigned ign);
/*
 * Passes a source prefix, too, for devices that carry many: a flower filter,
 * one of a hash in the kernel, so that a packet costs the same however many
 * there are. handle (not 0) names it among those of the device and prio.
 */
int	 nl_flower_pass_source(struct nl *, unsigned ifindex, uint16_t prio,
    uint32_t handle, const struct in6_addr *src, unsigned plen);
int	 nl_flower_del(struct nl *, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign);
int	 nl_flower_egress_del(struct nl *, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign);

/* A filter on source and destination, one way through a device; prefixes of
 * length 0 match any. handle 0: the kernel's choice. On an external gre device:
 * only what came in that outer header; or (egress) passes with this one. */
struct nl_flower {
	bool		egress;
	bool		drop;		/* or pass */
	uint16_t	prio;
	uint32_t	handle;
	struct in6_addr	src, dst;
	unsigned	src_len, dst_len;
	const struct nl_gre *came_in;	/* NULL: any, or none */
	const struct nl_gre *go_in;	/* needs act_tunnel_key; NULL: as it
					 * is */
};
int	 nl_flower_add(struct nl *, unsigned ifindex,
    const struct nl_flower *);
/*
 * A bridge between an Ethernet link and a tunnel [doc/DATAPLANE]: IPv6 packets
 * that come in are sent out of another device, changed in nothing. Up: those
 * of a link-layer address, without their header. Down: all that come out of a
 * tunnel, behind a new header. Each needs a prio of its own on its device, and
 * is deleted by nl_filter_del.
 */
int	 nl_bridge_up(struct nl *, unsigned link, uint16_t prio,
    const uint8_t src[6], unsigned tunnel);
int	 nl_bridge_down(struct nl *, unsigned tunnel, uint16_t prio,
    const uint8_t dst[6], const uint8_t src[6], unsigned link);
/* The same between devices without link-layer headers, one way: all that comes
 * in; or not what this host has sent to a group there, and hears itself. */
int	 nl_redirect_all(struct nl *, unsigned from, uint16_t prio,
    unsigned to);
int	 nl_redirect_heard(struct nl *, unsigned from, uint16_t prio,
    unsigned to);
/* Of what nl_bridge_up, or, src NULL, nl_redirect_heard sends on only what is
 * from and to global unicast addresses as there are any [RFC 4291 2.4]: most
 * of it, at the least cost a packet. With a prio before all others. */
int	 nl_redirect_global(struct nl *, unsigned from, uint16_t prio,
    const uint8_t *src, unsigned to);
/* Of what nl_bridge_up, or, src NULL, nl_redirect_heard sends on only what is
 * link-local: from or to such an address, or to a group of the link. With a
 * prio before theirs, so that nl_filter_counts tells how much of it there
 * was. */
int	 nl_redirect_local(struct nl *, unsigned from, uint16_t prio,
    const uint8_t *src, unsigned to);
/* On a device's egress: what has come in by another one passes, as long as
 * that is the same device; all is dropped. */
int	 nl_filter_out_pass(struct nl *, unsigned ifindex, uint16_t prio,
    const char *from);
int	 nl_filter_out_drop(struct nl *, unsigned ifindex, uint16_t prio);
int	 nl_filter_out_del(struct nl *, unsigned ifindex, uint16_t prio,
    unsigned ign);
/* What the actions of a device's filters have counted, one call each. 0 or
 * -errno; -EBUSY within a batch. */
typedef void nl_filter_counted(void *arg, uint16_t prio, uint64_t packets);
int	 nl_filter_counts(struct nl *, unsigned ifindex, bool egress,
    nl_filter_counted *, void *arg);

/*
 * Rate limits of a device [doc/DATAPLANE]. Down, what it sends: a tbf as its
 * root qdisc, and in it fq_codel, whose lack is no error. Up, what it receives:
 * a policer in a filter of its clsact, with a prio of its own, before those
 * that pass packets; it drops what is too much and leaves the rest to them.
 * nl_shaper_set adds or changes; a policer is changed by another message.
 * -ENOENT where the kernel has no tbf, police or matchall.
 */
struct nl_rate {
	uint64_t	bytes;		/* a second; below 2^32 */
	uint32_t	burst;		/* bytes; at least a packet */
	uint32_t	queue;		/* of a shaper, bytes, unless it has
					 * fair queues */
};
struct nl_fair {
	bool		change;		/* they may be there already */
	uint32_t	flows;		/* queues */
	uint32_t	packets;	/* in all of them */
	uint32_t	target_us, interval_us;	/* RFC 8289 */
};
int	 nl_shaper_set(struct nl *, unsigned ifindex, const struct nl_rate *);
int	 nl_shaper_fair(struct nl *, unsigned ifindex, const struct nl_fair *);
int	 nl_shaper_del(struct nl *, unsigned ifindex, unsigned ign);
int	 nl_policer_add(struct nl *, unsigned ifindex, uint16_t prio,
    const struct nl_rate *);
int	 nl_policer_change(struct nl *, unsigned ifindex,
    const struct nl_rate *);
int	 nl_policer_del(struct nl *, unsigned ifindex, uint16_t prio,
    unsigned ign);
/* Packets that they have dropped, of one device or (ifindex 0) all. 0 or
 * -errno; -EBUSY within a batch. */
typedef void nl_dropped(void *arg, unsigned ifindex, uint64_t packets);
int	 nl_shaper_drops(struct nl *, unsigned ifindex, nl_dropped *,
    void *arg);
int	 nl_policer_drops(struct nl *, unsigned ifindex, nl_dropped *,
    void *arg);
/* Can the kernel keep a pace? It is asked to; begins a batch anew. */
bool	 nl_can_pace(struct nl *);
/* How many packets a filter with a pace has let pass; 0 without one. */
uint64_t nl_paced(struct nl *, unsigned ifindex);

/* The prio of each filter on a device's ingress, one call each, as above. */
typedef void nl_filter_prio(void *arg, uint16_t prio);
int	 nl_filter_prios(struct nl *, unsigned ifindex, nl_filter_prio *,
    void *arg);

/* 64-bit counters of a device. 0 or -errno; -EBUSY within a batch. */
struct nl_stats {
	uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint64_t	rx_dropped;	/* by the filter, see above */
	uint64_t	rx_errors;
	uint64_t	tx_errors;	/* a tunnel's: what is too large */
};
int	 nl_link_stats(struct nl *, unsigned ifindex, struct nl_stats *);
/* Of all devices by one request, rx_dropped excepted. 0 or -errno. */
typedef void nl_counted(void *arg, unsigned ifindex, const struct nl_stats *);
int	 nl_link_stats_all(struct nl *, nl_counted *, void *arg);
/*
 * The last counters of devices that go: the kernel tells them once, to those
 * who listen. nl_gone_read tells the ones since the last time, rx_dropped
 * excepted, and never waits. NULL with errno set.
 */
struct nl_gone;
struct nl_gone *nl_gone_open(void);
void	 nl_gone_close(struct nl_gone *);
void	 nl_gone_read(struct nl_gone *, nl_counted *, void *arg);
/* Packets that the filter on a device's ingress dropped; 0 without one. */
uint64_t nl_filter_drops(struct nl *, unsigned ifindex);
/* 0 when there is none. */
unsigned nl_ifindex(const char *name);
/* Has a device both, and is it up? True, too, when nobody can say. */
bool	 nl_link_is_up(const char *name, unsigned ifindex);

#endif
