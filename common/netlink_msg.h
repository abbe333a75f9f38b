/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside netlink: how an operation appends its message to the batch.
 * Neighbours: netlink.c (the batch), netlink_link.c, netlink_route.c,
 * netlink_ipv4.c, netlink_gre.c, netlink_tc.c, netlink_bridge.c,
 * netlink_rate.c (messages). */
#ifndef COMMON_NETLINK_MSG_H
#define COMMON_NETLINK_MSG_H

#include <libmnl/libmnl.h>

#include "common/netlink.h"

struct tc_u32_key;

#define NL_MSG_MAX	2048	/* bytes; the longest of ours has about 1200 */

/*
 * A zeroed message of a type with an extra header of size bytes, NULL when out
 * of memory. Attributes go behind it by mnl_attr_put (at most NL_MSG_MAX bytes
 * in all); nl_msg_end closes it and returns its place in the batch. what names
 * it in the log.
 */
struct nlmsghdr *nl_msg_begin(struct nl *, uint16_t type, uint16_t flags,
    size_t extra_size, void **extra);
int	 nl_msg_end(struct nl *, struct nlmsghdr *, const char *what,
    unsigned ign);
/* netlink_gre.c: of a route the outer header; of a flower filter the one that
 * packets must have come in, and the action, as attribute attr, that gives them
 * one. */
void	 nl_put_encap(struct nlmsghdr *, const struct nl_gre *);
void	 nl_put_enc_match(struct nlmsghdr *, const struct nl_gre *);
void	 nl_put_tunnel_key(struct nlmsghdr *, uint16_t attr,
    const struct nl_gre *);
/* netlink_tc.c: begins a filter of a kind, on a device's ingress or egress, up
 * to its options, which *opts will close; NULL when out of memory. */
struct nlmsghdr *nl_filter_begin(struct nl *, unsigned ifindex, uint32_t where,
    uint16_t prio, uint16_t proto, const char *kind, struct nlattr **opts);
/* u32's selector: all of n keys, at most NL_KEYS_MAX, match. */
#define NL_KEYS_MAX	4
void	 nl_put_keys(struct nlmsghdr *, const struct tc_u32_key *, unsigned n);
/* The only action of a filter; attr is where that kind of filter keeps its
 * actions. */
void	 nl_put_gact(struct nlmsghdr *, uint16_t attr, int verdict);
/* A police action, in a list of actions, at its first place: what conforms has
 * one verdict, the rest is dropped. rate: bytes, or NULL for pace: packets. */
void	 nl_put_police(struct nlmsghdr *, unsigned ifindex,
    const struct nl_rate *rate, const struct nl_pace *pace);
/* One request, outside of the batch: cb gets the answer and returns MNL_CB_OK.
 * 0 or -errno. */
int	 nl_query(struct nl *, struct nlmsghdr *, mnl_cb_t cb, void *arg);
/* The same for a dump whose header and attributes say what of it is wanted;
 * without Linux 4.20 everything comes. */
int	 nl_query_strict(struct nl *, struct nlmsghdr *, mnl_cb_t cb,
    void *arg);
/* All that there is of a family; its header, of size bytes, begins with it. */
int	 nl_dump(struct nl *, uint16_t type, uint8_t family, size_t size,
    mnl_cb_t cb, void *arg);

#endif
