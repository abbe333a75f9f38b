/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session's interface, root's side. Most of what a session needs does not
 * depend on what its home agent answers, and is done when the subscriber has
 * passed authentication (iface_prepare): then one who comes from another access
 * router, and whose packets come here from the moment the home agent has
 * answered, waits for one filter and one route [D128]. Neighbours:
 * priv_plane.c, which has the sessions; priv_tunnel.c, the home agents' devices
 * and tables.
 */
#include <errno.h>
#include <string.h>

#include "common/netlink.h"
#include "nasd/priv_host.h"
#include "nasd/priv_iface.h"
#include "nasd/priv_tunnel.h"

#define LOG_MODULE "plane"
#include "common/log.h"

/* Of a link's packets to this host, a second and at once: several times what
 * any host's Neighbor Discovery, MLD and DHCPv6 need. */
#define LOCAL_PACKETS	50
#define LOCAL_BURST	50

static struct nl_route6
route_down(const struct iface *i)
{
	return (struct nl_route6){ .dst = i->dst, .dst_len = i->plen,
	    .ifindex = i->ifindex, .table = TABLE_DOWN(i->slot) };
}

static unsigned *
ready_place(struct iface_ready *r, unsigned ifindex)
{
	return &r->ifindex[ifindex % IFACE_READY];
}

static bool
is_ready(struct iface_ready *r, unsigned ifindex)
{
	return *ready_place(r, ifindex) == ifindex;
}

static void
not_ready(struct iface_ready *r, unsigned ifindex)
{
	if (is_ready(r, ifindex))
		*ready_place(r, ifindex) = 0;
}

static void
clear(struct nl *nl, const struct iface *i, bool limited)
{
	struct nl_route6 down = route_down(i);
	int err;

	nl_begin(nl);
	nl_route6_del(nl, &down, NL_IGN_NOENT);
	nl_clsact_del(nl, i->ifindex, NL_IGN_NOENT);
	if (limited)
		nl_shaper_del(nl, i->ifindex, NL_IGN_NOENT);
	if ((err = nl_commit(nl, NULL, 0)) != 0) {
		errno = -err;
		log_warn(i->name, "session not wholly removed");
	}
}

/* Under the drop, which stays: at no moment does anything else pass. */
static void
take_off(struct nl *nl, const struct iface *i, bool limited)
{
	struct nl_route6 down = route_down(i);
	int err;

	nl_begin(nl);
	nl_filter_del(nl, i->ifindex, PRIO_SOURCE, NL_IGN_NOENT);
	nl_filter_del(nl, i->ifindex, PRIO_SOURCE_2, NL_IGN_NOENT);
	if (i->ip4.s_addr != INADDR_ANY) {
		nl_filter_del4(nl, i->ifindex, PRIO_IPV4, NL_IGN_NOENT);
		nl_filter_del4(nl, i->ifindex, PRIO_IPV4_2, NL_IGN_NOENT);
	}
	nl_policer_del(nl, i->ifindex, PRIO_RATE, NL_IGN_NOENT);
	nl_route6_del(nl, &down, NL_IGN_NOENT);
	if (limited)
		nl_shaper_del(nl, i->ifindex, NL_IGN_NOENT);
	if ((err = nl_commit(nl, NULL, 0)) != 0) {
		errno = -err;
		log_warn(i->name, "session not wholly removed");
	}
}

void
iface_release(struct nl *nl, unsigned ifindex, const char *name)
{
	int err;

	nl_begin(nl);
	nl_clsact_del(nl, ifindex, NL_IGN_NOENT);
	if ((err = nl_commit(nl, NULL, 0)) != 0 && err != -ENODEV) {
		errno = -err;
		log_warn(name, "filters not removed");
	}
}

/* A link may outlive its session for some seconds. Without its route and its
 * mark IPv6 goes nowhere then; IPv4 would, with any source. */
void
iface_uninstall(struct nl *nl, const struct iface *i, bool limited)
{
	int err;

	if (i->stays) {
		take_off(nl, i, limited);
		return;
	}
	clear(nl, i, limited);
	if (i->ip4.s_addr == INADDR_ANY)
		return;
	nl_begin(nl);
	nl_clsact_add(nl, i->ifindex, NL_IGN_NOENT);
	nl_filter_drop_all(nl, i->ifindex, PRIO_DROP);
	err = nl_commit(nl, NULL, 0);
	if (err != 0 && err != -ENODEV) {
		errno = -err;
		log_warn(i->name, "IPv4 passes until the link ends");
	}
}

/* A router, that believes no other router, least of all itself. */
static int
set_sysctls(const char *name)
{
	int err = host_sysctl_set(name, "accept_ra", '0');

	return err != 0 ? err : host_sysctl_set(name, "forwarding", '1');
}

/* What a link says to this host itself is kept to a pace: its DHCPv6 messages
 * and solicitations come to sockets that all links share [D208]. */
static void
add_filters(struct nl *nl, const struct iface_ready *ready, unsigned ifindex)
{
	static const struct nl_pace pace = { LOCAL_PACKETS, LOCAL_BURST };

	nl_clsact_add(nl, ifindex, NL_IGN_EXIST);
	nl_filter_drop_all(nl, ifindex, PRIO_DROP);
	nl_filter_pass_linklocal(nl, ifindex, PRIO_LINKLOCAL,
	    ready->no_pace ? NULL : &pace);
}

void
iface_try_pace(struct nl *nl, struct iface_ready *ready)
{
	ready->no_pace = !nl_can_pace(nl);
	if (ready->no_pace)
		log_warnx(NULL, "the kernel has no act_police: a link's "
		    "link-local packets are not limited, and keep its "
		    "session from being idle");
}

/* A module may have gone since it was tried. True: without it, once more. */
static bool
has_lost_pace(struct nl *nl, struct iface_ready *ready, unsigned ifindex,
    const char *name, int err)
{
	if ((err != -ENOENT && err != -EOPNOTSUPP) || ready->no_pace)
		return false;
	iface_try_pace(nl, ready);
	if (ready->no_pace)
		iface_release(nl, ifindex, name);
	return ready->no_pace;
}

/* The addresses' own part. */
static void
add_home(struct nl *nl, const struct iface *i, uint16_t prio, uint16_t prio4)
{
	struct nl_route6 down = route_down(i);

	nl_filter_pass_source(nl, i->ifindex, prio, &i->dst, i->plen,
	    MARK(i->slot));
	if (i->ip4.s_addr != INADDR_ANY)
		nl_filter_pass_source4(nl, i->ifindex, prio4, i->ip4);
	/* pppd does it only when IPv6CP opens, and a device that is down takes
	 * no route. Nothing passes before: its network protocol is closed. */
	nl_link_set_up(nl, i->ifindex, true);
	/* Replace: the subscriber may be back before its old session, whose
	 * removal names the old interface, is gone. */
	nl_route6_replace(nl, &down);
}

static int
install_all(struct nl *nl, struct iface_ready *ready, const struct iface *i)
{
	int err;

	do {
		nl_begin(nl);
		add_filters(nl, ready, i->ifindex);
		add_home(nl, i, PRIO_SOURCE, PRIO_IPV4);
		err = nl_commit(nl, NULL, 0);
	} while (has_lost_pace(nl, ready, i->ifindex, i->name, err));
	return err;
}

static int
install_home(struct nl *nl, const struct iface *i)
{
	nl_begin(nl);
	add_home(nl, i, PRIO_SOURCE, PRIO_IPV4);
	return nl_commit(nl, NULL, 0);
}

struct prios {
	bool	drop, rate, source[2], ip4[2];
};

static void
see_prio(void *arg, uint16_t prio)
{
	struct prios *there = arg;

	there->drop |= prio == PRIO_DROP;
	there->rate |= prio == PRIO_RATE;
	there->source[0] |= prio == PRIO_SOURCE;
	there->source[1] |= prio == PRIO_SOURCE_2;
	there->ip4[0] |= prio == PRIO_IPV4;
	there->ip4[1] |= prio == PRIO_IPV4_2;
}

/* An earlier nasd's filters and route, under traffic: at no moment is there
 * none. 0, or -ENOENT when they are not what it would have left. */
static int
take_over(struct nl *nl, const struct iface *i)
{
	struct prios there = { .drop = false };
	uint16_t old, old4;
	int err;

	err = nl_filter_prios(nl, i->ifindex, see_prio, &there);
	if (err != 0 || !there.drop || there.source[0] == there.source[1] ||
	    (there.ip4[0] && there.ip4[1]))
		return -ENOENT;
	old = there.source[0] ? PRIO_SOURCE : PRIO_SOURCE_2;
	old4 = there.ip4[0] ? PRIO_IPV4 : PRIO_IPV4_2;
	nl_begin(nl);
	/* Limits are set anew, when the engine says what they are. */
	if (there.rate)
		nl_policer_del(nl, i->ifindex, PRIO_RATE, NL_IGN_NOENT);
	nl_shaper_del(nl, i->ifindex, NL_IGN_NOENT);
	add_home(nl, i, old == PRIO_SOURCE ? PRIO_SOURCE_2 : PRIO_SOURCE,
	    old4 == PRIO_IPV4 ? PRIO_IPV4_2 : PRIO_IPV4);
	nl_filter_del(nl, i->ifindex, old, 0);
	if (there.ip4[0] || there.ip4[1])
		nl_filter_del4(nl, i->ifindex, old4, 0);
	return nl_commit(nl, NULL, 0);
}

int
iface_prepare(struct nl *nl, struct iface_ready *ready, unsigned ifindex,
    const char *name, bool used)
{
	struct prios there = { .drop = false };
	int err;

	if (is_ready(ready, ifindex))
		return 0;
	if (used && nl_filter_prios(nl, ifindex, see_prio, &there) == 0 &&
	    there.drop)
		return -EEXIST;
	if ((err = set_sysctls(name)) != 0)
		return err;
	do {
		nl_begin(nl);
		add_filters(nl, ready, ifindex);
		nl_link_set_up(nl, ifindex, true);
		err = nl_commit(nl, NULL, 0);
	} while (has_lost_pace(nl, ready, ifindex, name, err));
	if (err == 0)
		*ready_place(ready, ifindex) = ifindex;
	return err;
}

int
iface_install(struct nl *nl, struct iface_ready *ready, const struct iface *i,
    bool used)
{
	bool prepared = i->stays || is_ready(ready, i->ifindex);
	int err;

	if (used && i->stays && take_over(nl, i) == 0)
		return 0;

	not_ready(ready, i->ifindex);
	if (prepared && install_home(nl, i) == 0)
		return 0;
	/* or somebody has taken away what was prepared */
	if ((err = set_sysctls(i->name)) != 0)
		return err;
	if (used && !prepared && take_over(nl, i) == 0)
		return 0;
	if ((err = install_all(nl, ready, i)) != -EEXIST)
		return err;
	/* filters of nobody knows whom, or its own block */
	clear(nl, i, false);
	return install_all(nl, ready, i);
}

static bool
iface_is_closed(struct nl *nl, unsigned ifindex)
{
	struct prios there = { .drop = false };

	return nl_filter_prios(nl, ifindex, see_prio, &there) == 0 &&
	    there.drop;
}

static void
close_filters(struct nl *nl, unsigned ifindex, const struct prios *there)
{
	if (there->source[0])
		nl_filter_del(nl, ifindex, PRIO_SOURCE, NL_IGN_NOENT);
	if (there->source[1])
		nl_filter_del(nl, ifindex, PRIO_SOURCE_2, NL_IGN_NOENT);
	if (there->ip4[0])
		nl_filter_del4(nl, ifindex, PRIO_IPV4, NL_IGN_NOENT);
	if (there->ip4[1])
		nl_filter_del4(nl, ifindex, PRIO_IPV4_2, NL_IGN_NOENT);
	if (there->rate)
		nl_policer_del(nl, ifindex, PRIO_RATE, NL_IGN_NOENT);
}

/* Of one interface, at most as many at a time. */
struct stale {
	unsigned	 ifindex, n;
	struct nl_route6 route[16];
};

static void
see_route(void *arg, const struct nl_route6 *r)
{
	struct stale *st = arg;

	if (r->ifindex == st->ifindex && r->table >= TABLE_DOWN(0) &&
	    r->table < TABLE_DOWN(HA_SLOTS) &&
	    st->n < sizeof(st->route) / sizeof(st->route[0]))
		st->route[st->n++] = *r;
}

int
iface_close(struct nl *nl, struct iface_ready *ready, unsigned ifindex,
    const char *name)
{
	struct prios there = { .drop = false };
	struct stale stale = { .ifindex = ifindex };
	int err;

	if (is_ready(ready, ifindex) && iface_is_closed(nl, ifindex))
		return 0;
	not_ready(ready, ifindex);
	if (nl_filter_prios(nl, ifindex, see_prio, &there) != 0 ||
	    !there.drop) {
		err = iface_prepare(nl, ready, ifindex, name, false);
		if (err != -EEXIST)
			return err;
		/* filters of nobody knows whom */
		iface_release(nl, ifindex, name);
		return iface_prepare(nl, ready, ifindex, name, false);
	}
	if ((err = nl_routes6(nl, see_route, &stale)) != 0)
		return err;
	nl_begin(nl);
	close_filters(nl, ifindex, &there);
	nl_shaper_del(nl, ifindex, NL_IGN_NOENT);
	for (unsigned i = 0; i < stale.n; i++)
		nl_route6_del(nl, &stale.route[i], NL_IGN_NOENT);
	if ((err = nl_commit(nl, NULL, 0)) == 0)
		*ready_place(ready, ifindex) = ifindex;
	return err;
}
