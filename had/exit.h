/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 6to4 exit [RFC 3056, PROTOCOLS 12]: what is configured, and the rules
 * for what may pass it [RFC 3964 5]. Pure; priv_exit carries it out.
 *
 * It is up to two devices. "direct" (sit to any) for other 6to4 hosts: there
 * the kernel itself compares the IPv4 addresses within 2002::/16 with those of
 * the IPv4 header. "relay" (sit to one address) for the rest of IPv6: there
 * the kernel takes nothing but what comes from that address.
 */
#ifndef HAD_EXIT_H
#define HAD_EXIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/netlink.h"

struct had_config;

struct exit_prefix {
	struct in6_addr	addr;
	unsigned	len;
};

struct exit_conf {
	bool		 on;
	bool		 direct;
	struct in_addr	 address;	/* ours */
	struct in_addr	 relay;		/* 0.0.0.0: none */
	uint32_t	 mtu;
	uint32_t	 metric;	/* of the routes through the relay */
	struct exit_prefix *routes;	/* through the relay */
	size_t		 n_routes;
};

enum exit_device {
	EXIT_DIRECT,
	EXIT_RELAY,
	EXIT_N_DEVICES,
};

/* Why something was dropped. SPOOFED is the kernel's own check. */
enum exit_drop {
	EXIT_DROP_SPOOFED,	/* in: IPv4 addresses in and outside differ */
	EXIT_DROP_ADDRESS,	/* in: no address for the world */
	EXIT_DROP_EMBEDDED,	/* in: 2002:V4::, V4 no address for the world */
	EXIT_DROP_SOURCE,	/* in: source can not be there */
	EXIT_DROP_DESTINATION,	/* in: not for us */
	EXIT_DROP_NOT_RELAY,	/* in: native, and not from the relay */
	EXIT_DROP_OUT_ADDRESS,
	EXIT_DROP_OUT_EMBEDDED,
	EXIT_DROP_OUT_SOURCE,	/* out: not from us */
	EXIT_N_DROPS,
};

const char *exit_drop_str(enum exit_drop);
const char *exit_device_name(enum exit_device);
bool	 exit_has(const struct exit_conf *, enum exit_device);
/* May an IPv4 address be in a 6to4 prefix? Documentation prefixes may. */
bool	 exit_is_global(struct in_addr);
/* 2002:V4::/48 */
struct in6_addr exit_prefix_of(struct in_addr);

/* A priority's reason for a drop, of a device and direction; EXIT_N_DROPS when
 * it drops nothing. */
enum exit_drop exit_reason(enum exit_device, bool egress, uint16_t prio);

struct exit_rules {
	struct nl_flower	*rule;
	size_t			 n;
	uint16_t		 drop_prio;	/* of all that fits none */
};

/* bad: n more addresses that are not for 6to4, our broadcast addresses. 0 or
 * -ENOMEM; rule is the caller's to free. */
int	 exit_rules_make(struct exit_rules *, const struct had_config *,
    enum exit_device, bool egress, const struct in_addr *bad, size_t n);

#endif
