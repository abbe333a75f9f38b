/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane in the kernel, root's side [doc/DATAPLANE;
 * PROTOCOLS 12, RFC 4213]. Of each home agent, from the start (priv_tunnel.c):
 *
 *   nm4-HEX	sit device, care-of address to home agent
 *   DOWN	table: HoA/len dev pppN, one route a session
 *   UP		table: default dev nm4-HEX, and a blackhole beneath it
 *   BLOCK	table, of all: blackhole
 *
 *   iif nm4-HEX -> DOWN, then BLOCK	what comes out of a tunnel goes to that
 *					home agent's sessions or nowhere
 *   fwmark UP -> UP			what passed a session's source filter
 *					goes to its home agent, never around it
 *   iif lo -> DOWN			errors that the NAS itself sends
 *
 * Sessions at home agents to which GRE is spoken have the same, but all of them
 * that of one device, nm4-gre (priv_gre.c).
 *
 * And of each session the route, and on its interface's ingress: fe80::/10
 * passes, its own sources pass with the mark, its IPv4 address if it has one
 * without (where that goes is the main table's business), the rest is dropped
 * (and, with a rate limit, what is too much before that: priv_rate.c). Dropped
 * is the source :: too: the only ones to use it are duplicate address
 * detection, which IPv6CP makes needless on this link [RFC 5072 5], and MLD
 * reports, which nobody here wants. An Ethernet link has the drop and the pass
 * for fe80::/10 without a session, too.
 *
 * The mark, not the source address, chooses the way up: so a subscriber's
 * packet for another subscriber of this NAS travels by the home agent
 * [RFC 5563 4.2.3], which alone knows whether that one is still here.
 *
 * priv_plane_count.c has the counters of sessions.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include "common/iid.h"
#include "common/ip4.h"
#include "common/netlink.h"
#include "common/table.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_gre.h"
#include "nasd/priv_host.h"
#include "nasd/priv_iface.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_plane.h"
#include "nasd/priv_plane_int.h"
#include "nasd/priv_rate.h"
#include "nasd/priv_sysctl.h"
#include "nasd/priv_tunnel.h"

#define LOG_MODULE "plane"
#include "common/log.h"

struct plane *
plane_new(const struct nasd_config *cfg, struct sysctls *sysctls)
{
	struct plane *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->sysctls = sysctls;
	ha_tunnels_init(&p->tunnels, cfg->coa);
	for (unsigned i = 0; i < cfg->n_ha; i++) {
		ha_tunnels_add(&p->tunnels, cfg->ha[i].addr);
		p->tunnels.want_gre |= cfg->ha[i].gre;
	}
	p->ether = calloc(cfg->n_ether + 1, sizeof(*p->ether));
	if (p->ether == NULL)
		goto fail;
	p->n_ether = cfg->n_ether;
	for (unsigned i = 0; i < cfg->n_ether; i++)
		strcpy(p->ether[i].name, cfg->ether[i].ifname);
	if (table_init(&p->sessions) != 0)
		goto fail;
	if (table_init(&p->ifaces) != 0)
		goto fail_ifaces;
	if (gre_init(&p->gre, &p->tunnels) != 0)
		goto fail_gre;
	return p;
fail_gre:
	table_free(&p->ifaces);
fail_ifaces:
	table_free(&p->sessions);
fail:
	free(p->ether);
	free(p);
	errno = ENOMEM;
	return NULL;
}

void
plane_free(struct plane *p)
{
	if (p == NULL)
		return;
	nl_close(p->nl);
	nl_gone_close(p->gone);
	gre_free(&p->gre);
	table_free(&p->ifaces);
	table_free(&p->sessions);
	free(p->ether);
	free(p);
}

static void
forwarding_on(struct plane *p)
{
	int err;

	/* One switch for all: since it also makes interfaces listen to
	 * ff02::2, it comes before any session's. */
	if (host_sysctl_get("all", "forwarding") == '1')
		return;
	if ((err = sysctls_change(p->sysctls, "all", "forwarding",
	    '1')) != 0) {
		errno = -err;
		log_error(NULL, "cannot turn on IPv6 forwarding, subscribers "
		    "will reach nothing");
		return;
	}
	log_info(NULL, "turned on IPv6 forwarding of this host "
	    "(net.ipv6.conf.all.forwarding)");
}

/* iface_prepare does it, too; what was before is to come back. */
static void
deaf_to_routers(struct plane *p, const struct plane_ether *e)
{
	(void)sysctls_change(p->sysctls, e->name, "accept_ra", '0');
}

/* Whoever is on such a link has no session yet, and passes nothing. */
static void
close_ethers(struct plane *p)
{
	for (unsigned i = 0; i < p->n_ether; i++) {
		const struct plane_ether *e = &p->ether[i];
		int n = host_ifindex(e->name, ARPHRD_ETHER), err = n;

		if (n > 0) {
			deaf_to_routers(p, e);
			err = iface_prepare(p->nl, &p->ready, (unsigned)n,
			    e->name, p->tunnels.took_over);
		}
		if (err < 0 && err != -EEXIST) {
			errno = -err;
			log_error(e->name, "not closed to those without a "
			    "session");
		}
	}
}

static void
release_ethers(struct plane *p)
{
	for (unsigned i = 0; i < p->n_ether && p->nl != NULL; i++) {
		const struct plane_ether *e = &p->ether[i];
		int n = host_ifindex(e->name, ARPHRD_ETHER);

		if (n >= 0)
			iface_release(p->nl, (unsigned)n, e->name);
	}
}

/* Tunnels are there before any session: to make a device takes longer than
 * all else that a held Configure-Request waits for. One that can not be made
 * now is tried again with its first session. */
void
plane_start(struct plane *p)
{
	/* Not before: the engine, forked in between, is to have none. */
	if ((p->nl = nl_open()) == NULL) {
		log_error(NULL, "no rtnetlink, sessions will get no data "
		    "plane");
		return;
	}
	if ((p->gone = nl_gone_open()) == NULL)
		log_error(NULL, "no news of interfaces that go: what passed "
		    "since the last reading will be missing");
	iface_try_pace(p->nl, &p->ready);
	forwarding_on(p);
	ha_tunnels_start(&p->tunnels, p->nl);
	close_ethers(p);
}

/* One that an earlier configuration had keeps its tunnel, for its sessions. */
void
plane_add_home_agent(struct plane *p, struct in_addr ha)
{
	ha_tunnels_add(&p->tunnels, ha);
}

/* ---- sessions ---- */

static bool
id_eq(const struct table_node *n, const void *key)
{
	const uint32_t *id = key;

	return container_of(n, const struct plane_session, by_id)->id == *id;
}

struct plane_session *
plane_find_session(struct plane *p, uint32_t id)
{
	struct table_node *n = table_find(&p->sessions,
	    table_hash(&p->sessions, &id, sizeof(id)), id_eq, &id);

	return n != NULL ? container_of(n, struct plane_session, by_id) : NULL;
}

static bool
ifindex_eq(const struct table_node *n, const void *key)
{
	const unsigned *ifindex = key;

	return container_of(n, const struct plane_session, by_ifindex)->on
	    .ifindex == *ifindex;
}

struct plane_session *
plane_find_iface(struct plane *p, unsigned ifindex)
{
	struct table_node *n = table_find(&p->ifaces,
	    table_hash(&p->ifaces, &ifindex, sizeof(ifindex)), ifindex_eq,
	    &ifindex);

	return n != NULL ? container_of(n, struct plane_session, by_ifindex) :
	    NULL;
}

bool
plane_is_limited(const struct plane_session *s)
{
	return s->rate.down_bps != 0 || s->rate.up_bps != 0;
}

static struct plane_ether *
find_ether(struct plane *p, const char *name)
{
	for (unsigned i = 0; i < p->n_ether; i++)
		if (strncmp(p->ether[i].name, name, IF_NAMESIZE) == 0)
			return &p->ether[i];
	return NULL;
}

/* The index of an interface without a session, or -errno. Only what the kernel
 * knows as a PPP interface is ever touched, or the configuration as an Ethernet
 * link. */
static int
free_iface(struct plane *p, const char *name)
{
	int n = host_ifindex(name, find_ether(p, name) != NULL ? ARPHRD_ETHER :
	    ARPHRD_PPP);

	return n >= 0 && plane_find_iface(p, (unsigned)n) != NULL ? -EBUSY : n;
}

static int
session_check(struct plane *p, const struct nasd_priv_session_add *q)
{
	if (plane_find_session(p, q->id) != NULL)
		return -EEXIST;
	if ((q->plen != 64 && q->plen != 128) || !hoa_is_valid(&q->hoa))
		return -EINVAL;
	if (q->ip4.s_addr != INADDR_ANY && !ip4_is_host(q->ip4))
		return -EINVAL;
	if (q->gre.own != 0 && q->gre.peer == 0)
		return -EINVAL;
	return free_iface(p, q->ifname);
}

/* It may be another interface than at the start. */
static int
close_ether(struct plane *p, const struct plane_ether *e, unsigned ifindex)
{
	int err;

	deaf_to_routers(p, e);
	err = iface_close(p->nl, &p->ready, ifindex, e->name);
	if (err != 0) {
		errno = -err;
		log_error(e->name, "not closed to those without a session");
	}
	return err;
}

int
plane_session_prepare(struct plane *p,
    const struct nasd_priv_session_prepare *q)
{
	struct plane_ether *ether = find_ether(p, q->ifname);
	int ifindex = free_iface(p, q->ifname);

	if (ifindex < 0)
		return ifindex;
	if (p->nl == NULL)
		return -ENOTCONN;
	if (ether != NULL)
		return close_ether(p, ether, (unsigned)ifindex);
	return iface_prepare(p->nl, &p->ready, (unsigned)ifindex, q->ifname,
	    p->tunnels.took_over);
}

/* The tunnel to a home agent: 0, 1 if it had to be made, or -errno. */
static int
ensure(struct plane *p, struct in_addr ha, bool gre,
    const struct ha_tunnel **tunnel)
{
	int i = gre ? 0 : ha_tunnels_find(&p->tunnels, ha);

	if (i < 0)
		return i;
	*tunnel = gre ? &p->tunnels.gre : &p->tunnels.tunnel[i];
	return gre ? gre_ensure(&p->gre) :
	    ha_tunnel_ensure(&p->tunnels, &p->tunnels.tunnel[i]);
}

/* The way down is there before packets are let up. */
static int
install(struct plane *p, struct plane_session *s)
{
	int err = s->gre.keys.own != 0 ? gre_add(&p->gre, &s->gre) : 0;

	if (err != 0)
		return err;
	err = iface_install(p->nl, &p->ready, &s->on, p->tunnels.took_over);
	if (err == 0)
		return 0;
	iface_uninstall(p->nl, &s->on, false);
	if (s->gre.keys.own != 0)
		gre_del(&p->gre, &s->gre);
	return err;
}

int
plane_session_add(struct plane *p, const struct nasd_priv_session_add *q,
    struct nasd_priv_session_added *reply)
{
	const struct ha_tunnel *t;
	struct plane_session *s;
	int err, ifindex;

	if ((ifindex = session_check(p, q)) < 0)
		return ifindex;
	if (ha_tunnels_find(&p->tunnels, q->ha) < 0)
		return -EPERM;
	if (p->nl == NULL)
		return -ENOTCONN;
	if ((err = ensure(p, q->ha, q->gre.own != 0, &t)) < 0)
		return err;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return -ENOMEM;
	s->id = q->id;
	s->on.ifindex = (unsigned)ifindex;
	strcpy(s->on.name, q->ifname);
	s->on.stays = find_ether(p, q->ifname) != NULL;
	s->on.plen = q->plen;
	s->on.dst = q->hoa;
	s->on.ip4 = q->ip4;
	if (s->on.plen == 64)
		memset(&s->on.dst.s6_addr[8], 0, 8);

	s->on.slot = t->slot;
	s->gre = (struct gre_session){ .ha = q->ha, .hoa = s->on.dst,
	    .plen = s->on.plen, .keys = q->gre };
	plane_count_before(p, &s->on, reply);
	if ((err = install(p, s)) != 0) {
		free(s);
		return err;
	}
	table_insert(&p->sessions, &s->by_id,
	    table_hash(&p->sessions, &s->id, sizeof(s->id)));
	table_insert(&p->ifaces, &s->by_ifindex,
	    table_hash(&p->ifaces, &s->on.ifindex, sizeof(s->on.ifindex)));
	reply->mtu = t->mtu;
	return 0;
}

int
plane_tunnel_check(struct plane *p, struct in_addr ha, uint32_t *made)
{
	const bool gre = ha.s_addr == INADDR_ANY;
	const struct ha_tunnel *t;
	int i;

	if (gre && !gre_is_used(&p->gre))
		return -EPERM;
	if (p->nl == NULL)
		return -ENOTCONN;
	i = ensure(p, ha, gre, &t);
	*made = i > 0;
	return i < 0 ? i : 0;
}

static void
session_remove(struct plane *p, struct plane_session *s)
{
	iface_uninstall(p->nl, &s->on, s->rate.down_bps != 0);
	if (s->gre.keys.own != 0)
		gre_del(&p->gre, &s->gre);
	p->n_limited -= plane_is_limited(s);
	table_remove(&p->sessions, &s->by_id);
	table_remove(&p->ifaces, &s->by_ifindex);
	free(s);
}

/* ---- rate limits ---- */

static int
set_rate(struct plane *p, uint32_t id, const struct rate *r)
{
	struct plane_session *s = plane_find_session(p, id);
	bool was;
	int err;

	if (s == NULL)
		return -ENOENT;
	if (p->nl == NULL)
		return -ENOTCONN;
	if (rate_equal(r, &s->rate))
		return 0;
	was = plane_is_limited(s);
	err = rate_install(p->nl, s->on.ifindex, PRIO_RATE, &s->rate, r);
	p->n_limited += plane_is_limited(s);
	p->n_limited -= was;
	return err;
}

/* Once is enough to say that the kernel can not. */
static int
rates_failed(struct plane *p, int err)
{
	/* Not so if it could before. */
	if ((err != -ENOENT && err != -EOPNOTSUPP) || p->n_limited > 0)
		return err;
	if (!p->no_rates)
		log_errorx(NULL, "the kernel can not limit rates: it needs "
		    "sch_tbf, cls_matchall and act_police; not tried again "
		    "until nasd is started again");
	p->no_rates = true;
	return -EOPNOTSUPP;
}

static int
check_rate(struct plane *p, const struct nasd_priv_rate *q)
{
	if (!rate_is_valid(q->rate.down_bps) ||
	    !rate_is_valid(q->rate.up_bps) ||
	    q->rate.burst_ms > RATE_BURST_MS_MAX)
		return -EINVAL;
	if (plane_find_session(p, q->id) == NULL)
		return -ESRCH;
	return p->no_rates && (q->rate.down_bps != 0 || q->rate.up_bps != 0) ?
	    -EOPNOTSUPP : 0;
}

int
plane_rates(struct plane *p, const struct nasd_priv_rate *q, unsigned n)
{
	struct rate old[NASD_PRIV_RATES_MAX];
	bool lost;
	unsigned i;
	int err;

	for (i = 0; i < n; i++) {
		if ((err = check_rate(p, &q[i])) != 0)
			return err;
		old[i] = plane_find_session(p, q[i].id)->rate;
	}
	for (i = 0; i < n; i++)
		if ((err = set_rate(p, q[i].id, &q[i].rate)) != 0) {
			lost = err == -ENOTRECOVERABLE;
			while (i-- > 0)
				lost |= set_rate(p, q[i].id, &old[i]) != 0;
			return lost ? -ENOTRECOVERABLE : rates_failed(p, err);
		}
	return 0;
}

/* ---- the end ---- */

int
plane_session_del(struct plane *p, uint32_t id)
{
	struct plane_session *s = plane_find_session(p, id);

	if (s == NULL)
		return -ENOENT;
	/* Most are counted before they go: whose last words nobody needs must
	 * not fill the queue for those whose are. */
	plane_see_who_went(p);
	session_remove(p, s);
	return 0;
}

static bool
clear_one(struct table_node *n, void *arg)
{
	session_remove(arg, container_of(n, struct plane_session, by_id));
	return true;
}

void
plane_clear(struct plane *p)
{
	table_each(&p->sessions, clear_one, p);
	release_ethers(p);
	ha_tunnels_clear(&p->tunnels);
}
