/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See priv_node_fa.h. For each link one rule and one route:
 *
 *   from HOME lookup TABLE + place
 *   TABLE + place: HA via the foreign agent
 *
 * Two home agents may give the same home address: then the first table has no
 * route to the second's agent, and the second rule follows. All are found again
 * by their numbers, so that a nasd that was killed leaves nothing for good.
 */
#include "nasd/priv_node_fa.h"

#include <errno.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/mip4.h"
#include "common/netlink.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_host.h"
#include "nasd/priv_sysctl.h"

#define LOG_MODULE "plane"
#include "common/log.h"

#define FA_RULE		13404	/* priority */
#define FA_TABLE	13500	/* CONFIG_NODES of them */
#define FA_TUNNEL	20	/* bytes that the agent adds */
#define LEAST_MTU	1280
#define FOUND_MAX	(2 * CONFIG_NODES)

int
fa_link_find(struct nl *nl, struct in_addr fa, unsigned *ifindex)
{
	struct nl_route4 r;
	int err = nl_route4_get(nl, fa, &r);

	if (err != 0)
		return err == -ENETUNREACH ? -EHOSTUNREACH : err;
	if (r.type != RTN_UNICAST || r.via.s_addr != INADDR_ANY ||
	    r.ifindex == 0)
		return -EHOSTUNREACH;
	*ifindex = r.ifindex;
	return 0;
}

int
fa_link_own(struct in_addr fa, struct in_addr *own)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr = fa,
		.sin_port = htons(MIP4_PORT) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err = -errno;
	close(fd);
	*own = sin.sin_addr;
	return err;
}

bool
fa_is_local(struct nl *nl, struct in_addr addr)
{
	struct nl_route4 r;

	return nl_route4_get(nl, addr, &r) == 0 && r.type == RTN_LOCAL;
}

/* Only the best of our own addresses there asks with ARP, and only what the
 * interface itself has is answered for. What is stricter stays. */
int
fa_link_hush(struct sysctls *sysctls, unsigned ifindex)
{
	static const struct {
		const char	*key;
		char		 value;
	} want[] = { { "arp_announce", '2' }, { "arp_ignore", '1' } };
	char name[IF_NAMESIZE];
	int err = 0;

	if (if_indextoname(ifindex, name) == NULL)
		return -errno;
	for (unsigned i = 0; i < 2 && err == 0; i++)
		if (host_sysctl_get(name, want[i].key) < want[i].value)
			err = sysctls_change(sysctls, name, want[i].key,
			    want[i].value);
	return err;
}

uint32_t
fa_link_mtu(struct in_addr fa)
{
	const struct in_addr any = { INADDR_ANY };
	uint32_t mtu = host_tunnel_mtu(any, fa);

	return mtu < LEAST_MTU + FA_TUNNEL ? LEAST_MTU : mtu - FA_TUNNEL;
}

/* ---- ways ---- */

struct found {
	unsigned	first, last;	/* places */
	unsigned	n;
	union {
		struct nl_rule4	 rule[FOUND_MAX];
		struct nl_route4 route[FOUND_MAX];
	};
};

static bool
is_within(const struct found *f, uint32_t table)
{
	return table >= FA_TABLE + f->first && table <= FA_TABLE + f->last &&
	    f->n < FOUND_MAX;
}

static void
rule_seen(void *arg, const struct nl_rule4 *r)
{
	struct found *f = arg;

	if (r->priority != FA_RULE || r->iif != NULL || !is_within(f,
	    r->table))
		return;
	f->rule[f->n++] = *r;
}

static void
route_seen(void *arg, const struct nl_route4 *r)
{
	struct found *f = arg;

	if (is_within(f, r->table))
		f->route[f->n++] = *r;
}

void
fa_ways_sweep(struct nl *nl, unsigned first, unsigned last)
{
	struct found f = { .first = first, .last = last };
	int err;

	(void)nl_rules4(nl, rule_seen, &f);
	nl_begin(nl);
	for (unsigned i = 0; i < f.n; i++)
		nl_rule4_del(nl, &f.rule[i], NL_IGN_NOENT);
	err = nl_commit(nl, NULL, 0);
	f.n = 0;
	/* There may be a million others. */
	for (uint32_t place = first; place <= last; place++)
		(void)nl_routes4(nl, FA_TABLE + place, route_seen, &f);
	nl_begin(nl);
	for (unsigned i = 0; i < f.n; i++)
		nl_route4_del(nl, &f.route[i], NL_IGN_NOENT);
	if (nl_commit(nl, NULL, 0) != 0 || err != 0)
		log_warnx(NULL, "ways by foreign agents not wholly removed");
}

int
fa_way_keep(struct nl *nl, const struct fa_link *l, unsigned place,
    struct in_addr home, struct in_addr ha)
{
	const struct nl_route4 route = { .dst = ha, .dst_len = 32,
	    .ifindex = l->ifindex, .via = l->fa, .table = FA_TABLE + place };
	const struct nl_rule4 rule = { .src = home,
	    .table = FA_TABLE + place, .priority = FA_RULE };

	nl_begin(nl);
	nl_route4_replace(nl, &route);
	nl_rule4_add(nl, &rule, NL_IGN_EXIST);
	return nl_commit(nl, NULL, 0);
}

int
fa_way_add(struct nl *nl, const struct fa_link *l, unsigned place,
    struct in_addr home, struct in_addr ha)
{
	fa_ways_sweep(nl, place, place);
	return fa_way_keep(nl, l, place, home, ha);
}

void
fa_way_del(struct nl *nl, unsigned place)
{
	fa_ways_sweep(nl, place, place);
}
