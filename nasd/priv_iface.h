/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session has on its interface: sysctls, filters, the route to it
 * [priv_plane.c's head]. PPP's goes with the session; one that stays is as
 * iface_prepare has made it before and after. Used by priv_plane.c only.
 */
#ifndef NASD_PRIV_IFACE_H
#define NASD_PRIV_IFACE_H

#include <stdbool.h>

#include <net/if.h>
#include <netinet/in.h>

struct nl;

struct iface {
	unsigned	ifindex;
	char		name[IF_NAMESIZE];
	unsigned	slot;		/* of its home agent's tables */
	struct in6_addr	dst;		/* bits beyond plen are zero */
	unsigned	plen;
	struct in_addr	ip4;		/* 0: no IPv4 passes */
	bool		stays;		/* longer than its session */
};

/* In a filter's order; of two for each source, what an earlier nasd has left is
 * replaced by adding the other one first, so that no packet is dropped
 * meanwhile. 5 was the drop's before there was IPv4: what has that is not taken
 * over. */
enum { PRIO_LINKLOCAL = 1, PRIO_RATE, PRIO_SOURCE, PRIO_SOURCE_2,
    PRIO_IPV4 = 6, PRIO_IPV4_2, PRIO_DROP };

/* Interfaces that are prepared for their sessions. One that is forgotten here,
 * because too many others came in between, costs its session some time. */
#define IFACE_READY	1024
struct iface_ready {
	unsigned	ifindex[IFACE_READY];
	bool		no_pace;	/* the kernel can not */
};

/* Can the kernel limit link-local packets [D208]? Said if not. */
void	 iface_try_pace(struct nl *, struct iface_ready *);
/*
 * All that does not depend on the home address: nothing passes but fe80::/10.
 * It goes with the interface, or with iface_uninstall. used: an earlier nasd's
 * session may be on it, which is not to be disturbed: then -EEXIST. 0 or
 * -errno.
 */
int	 iface_prepare(struct nl *, struct iface_ready *, unsigned ifindex,
    const char *name, bool used);
/* Puts a session on it, prepared or not. used: the same, it is taken over. 0 or
 * -errno. */
int	 iface_install(struct nl *, struct iface_ready *, const struct iface *,
    bool used);
/* What is left drops IPv4, where there was any; of one that stays all but
 * fe80::/10. limited: it has a rate limit down. */
void	 iface_uninstall(struct nl *, const struct iface *, bool limited);
/* One that stays has no session: nothing passes but fe80::/10, whatever an
 * earlier nasd has left there. 0 or -errno. */
int	 iface_close(struct nl *, struct iface_ready *, unsigned ifindex,
    const char *name);
/* Removes all of it from one that stays, with what iface_prepare has set but
 * sysctls. */
void	 iface_release(struct nl *, unsigned ifindex, const char *name);

#endif
