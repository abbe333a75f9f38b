/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of devices and addresses, as the kernel tells it. For engines:
 * no privilege is needed, and nothing is changed.
 */
#ifndef COMMON_NETLINK_WATCH_H
#define COMMON_NETLINK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

struct event_base;
struct nl_watch;

struct nl_watch_link {
	const char	*name;
	unsigned	 ifindex;
	unsigned	 mtu;
	bool		 gone;		/* it has been deleted */
	bool		 up;
	bool		 carrier;	/* and it can send */
	uint32_t	 ups;		/* how often carrier has come; 0 before
					 * Linux 4.16 */
	bool		 ethernet;
	uint8_t		 lladdr[6];	/* of an Ethernet one */
};

struct nl_watch_addr {
	struct in6_addr	 addr;
	unsigned	 ifindex;
	bool		 gone;
	bool		 tentative;	/* not to be used yet, or a duplicate */
};

/* Each may be NULL. */
struct nl_watch_ops {
	void	(*link)(void *arg, const struct nl_watch_link *);
	void	(*addr6)(void *arg, const struct nl_watch_addr *);
	/* Everything there is is about to be told, at the start and when the
	 * kernel had more to say than we could hear; and it has been: what was
	 * not named in between is gone. */
	void	(*begin)(void *arg);
	void	(*end)(void *arg);
};

/* Before seccomp. NULL with errno set. */
struct nl_watch *nl_watch_open(void);
void	 nl_watch_close(struct nl_watch *);
/* Changes of addresses, and of devices that are not Ethernet's, tunnels of IPv6
 * over IPv4, of GRE or of no kind, as of external GRE (but pppN, by the
 * thousand), are not told any more: the kernel keeps them. 0 or -errno. */
int	 nl_watch_no_ppp(struct nl_watch *);
/* Tells everything there is, then what changes. 0 or -errno. */
int	 nl_watch_start(struct nl_watch *, struct event_base *,
    const struct nl_watch_ops *, void *arg);

#endif
