/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fad's root side, of which an engine that has been taken over asks anything:
 * what it refuses, and which devices, tables and rules are whose. The kernel is
 * played: what it is asked for is written down.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/netlink.h"
#include "common/priv.h"
#include "common/sysctl.h"
#include "fad/fad_config.h"
#include "fad/priv_ops.h"
#include "fad/priv_sysctl.h"
#include "tests/unit/test.h"

#define COA	"192.0.2.1"
#define HA	"198.51.100.1"
#define HA_OTHER "198.51.100.2"
#define HOME	"10.0.0.5"

static char acc0[] = "acc0", acc1[] = "acc1";
static struct fad_link links[2];
static struct home_agent ha;
static struct fad_config conf;
static struct priv_server srv;
static struct priv_state *ps;
static char told[2048];		/* what the kernel was asked for */
static unsigned failing;	/* the commit that fails; 0: none */
static bool lax;

/* ---- the kernel ---- */

static int __attribute__((format(printf, 1, 2)))
note(const char *fmt, ...)
{
	size_t n = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + n, sizeof(told) - n, fmt, ap);
	va_end(ap);
	return 0;
}

static const char *
str(struct in_addr a)
{
	return inet_ntoa(a);
}

struct nl *
nl_open(void)
{
	ck_abort();
	return NULL;
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
}

int
nl_commit(struct nl *nl, int *result, size_t n)
{
	(void)nl;
	(void)result;
	(void)n;
	return failing > 0 && --failing == 0 ? -ENOMEM : 0;
}

unsigned
nl_ifindex(const char *name)
{
	return strncmp(name, "acc", 3) == 0 ? 10 + (unsigned)(name[3] - '0') :
	    20 + (unsigned)(name[3] - '0');
}

int
nl_ipip_add(struct nl *nl, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign)
{
	(void)nl;
	(void)ign;
	ck_assert_uint_eq(local.s_addr, inet_addr(COA));
	lax = false;
	return note("ipip %s %s %u; ", name, str(remote), mtu);
}

int
nl_gre_add(struct nl *nl, const char *name, const struct nl_gre *g,
    uint32_t key_in, uint32_t mtu, unsigned ign)
{
	(void)nl;
	(void)ign;
	ck_assert_uint_eq(g->local.s_addr, inet_addr(COA));
	lax = false;
	return note("gre %s %s %u/%u %u; ", name, str(g->remote), key_in,
	    g->key, mtu);
}

int
nl_link_del(struct nl *nl, const char *name, unsigned ign)
{
	(void)nl;
	(void)ign;
	return note("-%s; ", name);
}

int
nl_link_set_up(struct nl *nl, unsigned ifindex, bool up)
{
	(void)nl;
	ck_assert(up && lax);
	return note("up %u; ", ifindex);
}

int
nl_addr4_add(struct nl *nl, unsigned ifindex, struct in_addr addr,
    unsigned ign)
{
	(void)nl;
	(void)ign;
	ck_assert_uint_eq(addr.s_addr, inet_addr(COA));
	return note("addr %u; ", ifindex);
}

static int
route(const char *sign, const struct nl_route4 *r)
{
	if (r->type == RTN_BLACKHOLE)
		return note("%sblackhole %u; ", sign, r->table);
	ck_assert_uint_eq(r->dst_len, r->dst.s_addr ? 32 : 0);
	return note("%sroute %s dev %u table %u; ", sign, str(r->dst),
	    r->ifindex, r->table);
}

int
nl_route4_replace(struct nl *nl, const struct nl_route4 *r)
{
	(void)nl;
	return route("", r);
}

int
nl_route4_del(struct nl *nl, const struct nl_route4 *r, unsigned ign)
{
	(void)nl;
	(void)ign;
	return route("-", r);
}

static int
rule(const char *sign, const struct nl_rule4 *r)
{
	ck_assert_uint_eq(r->priority, conf.rule_priority);
	return note("%srule %s from %s table %u; ", sign, r->iif,
	    str(r->src), r->table);
}

int
nl_rule4_add(struct nl *nl, const struct nl_rule4 *r, unsigned ign)
{
	(void)nl;
	(void)ign;
	return rule("", r);
}

int
nl_rule4_del(struct nl *nl, const struct nl_rule4 *r, unsigned ign)
{
	(void)nl;
	(void)ign;
	return rule("-", r);
}

int
nl_neigh4_replace(struct nl *nl, unsigned ifindex, struct in_addr addr,
    const uint8_t lladdr[6])
{
	(void)nl;
	return note("neigh %s dev %u %02x; ", str(addr), ifindex, lladdr[5]);
}

int
nl_neigh4_del(struct nl *nl, unsigned ifindex, struct in_addr addr,
    unsigned ign)
{
	(void)nl;
	(void)ign;
	return note("-neigh %s dev %u; ", str(addr), ifindex);
}

int
nl_rules4(struct nl *nl, nl_rule4_seen *seen, void *arg)
{
	(void)nl;
	(void)seen;
	(void)arg;
	return 0;
}

int
nl_routes4(struct nl *nl, uint32_t table, nl_route4_seen *seen, void *arg)
{
	(void)nl;
	(void)table;
	(void)seen;
	(void)arg;
	return 0;
}

int
nl_neighs4(struct nl *nl, nl_neigh4_seen *seen, void *arg)
{
	(void)nl;
	(void)seen;
	(void)arg;
	return 0;
}

int
sysctl_forward(void)
{
	return 1;
}

void
sysctl_rp_filter(const char *ifname, char value)
{
	(void)ifname;
	(void)value;
}

/* It says how it was. */
int
sysctl_lax(const char *ifname)
{
	ck_assert_int_eq(strncmp(ifname, "fad", 3), 0);
	lax = true;
	return '1';
}

int
sysctl_no_ipv6(const char *ifname)
{
	return note("no-ipv6 %s; ", ifname);
}

/* ---- the engine ---- */

static void
setup(void)
{
	conf = (struct fad_config){ .tunnel_mtu = 1480, .max_tunnels = 2,
		.table = 100, .rule_priority = 50, .n_links = 2,
		.links = links, .n_home_agents = 1, .home_agents = &ha };
	conf.care_of.s_addr = inet_addr(COA);
	links[0] = (struct fad_link){ .name = acc0,
		.address.s_addr = inet_addr("10.9.0.1") };
	links[1] = (struct fad_link){ .name = acc1,
		.address.s_addr = inet_addr("10.8.0.1") };
	ha = (struct home_agent){ .addr.s_addr = inet_addr(HA),
		.gre = FAD_GRE_OFFER };
	failing = 0;
	ps = priv_ops_new(&conf, &srv);
	ck_assert_ptr_nonnull(ps);
}

static void
teardown(void)
{
	priv_ops_free(ps);
}

static int
call(uint16_t type, const void *body, size_t len)
{
	struct priv_call c = { .state = srv.state, .body = body, .len = len,
		.fd = -1 };
	size_t i;

	told[0] = '\0';
	for (i = 0; i < srv.n_ops; i++)
		if (srv.ops[i].type == type)
			return srv.ops[i].handle(&c);
	ck_abort();
	return 0;
}

static struct fad_priv_tunnel
end_at(const char *addr, uint32_t own, uint32_t peer)
{
	return (struct fad_priv_tunnel){ { inet_addr(addr) }, { own, peer } };
}

static int
tunnel(uint16_t type, const char *addr, uint32_t own, uint32_t peer)
{
	const struct fad_priv_tunnel q = end_at(addr, own, peer);

	return call(type, &q, sizeof(q));
}

static int
add(const char *addr, uint32_t own, uint32_t peer)
{
	return tunnel(FAD_PRIV_TUNNEL_ADD, addr, own, peer);
}

static int
del(const char *addr, uint32_t own, uint32_t peer)
{
	return tunnel(FAD_PRIV_TUNNEL_DEL, addr, own, peer);
}

static struct fad_priv_visit
visit_of(uint32_t own, uint32_t link)
{
	return (struct fad_priv_visit){ end_at(HA, own, own ? 9 : 0),
		{ inet_addr(HOME) }, link, { 2, 0, 0, 0, 0, 5 }, 1, 0 };
}

static int
visit(uint16_t type, uint32_t own, uint32_t link)
{
	const struct fad_priv_visit q = visit_of(own, link);

	return call(type, &q, sizeof(q));
}

/* GRE only with both keys, and to whom it is not refused. */
START_TEST(refused_tunnels)
{
	setup();
	ck_assert_int_eq(add(COA, 0, 0), -EPERM);
	ck_assert_int_eq(add("10.8.0.1", 0, 0), -EPERM);
	ck_assert_int_eq(add("224.0.0.1", 0, 0), -EPERM);
	ck_assert_int_eq(add("0.0.0.0", 0, 0), -EPERM);
	ck_assert_int_eq(add(HA, 7, 0), -EPERM);
	ck_assert_int_eq(add(HA, 0, 7), -EPERM);
	ck_assert_int_eq(add(HA_OTHER, 7, 9), -EPERM);
	conf.gre = FAD_GRE_ALWAYS;
	ck_assert_int_eq(add(HA_OTHER, 7, 9), 0);
	ck_assert_int_eq(del(HA_OTHER, 7, 9), 0);
	ha.gre = FAD_GRE_REFUSE;
	ck_assert_int_eq(add(HA, 7, 9), -EPERM);
	ck_assert_int_eq(add(HA, 0, 0), 0);
	conf.known_only = true;
	ck_assert_int_eq(add(HA_OTHER, 0, 0), -EPERM);
	ck_assert_int_eq(add(HA_OTHER, 7, 9), -EPERM);
	ck_assert_str_eq(told, "");
	teardown();
}
END_TEST

START_TEST(refused_visits)
{
	struct fad_priv_visit q;

	setup();
	ck_assert_int_eq(add(HA, 7, 9), 0);
	for (unsigned i = 0; i < 6; i++) {
		q = visit_of(7, 0);
		if (i == 0)
			q.link = 2;
		else if (i == 1)
			q.reverse = 2;
		else if (i == 2)
			q.lladdr[0] = 1;
		else if (i == 3)
			q.home.s_addr = inet_addr(COA);
		else if (i == 4)
			q.home.s_addr = inet_addr("127.0.0.1");
		else
			q.tunnel.gre.peer = 0;
		ck_assert_int_eq(call(FAD_PRIV_VISIT_ADD, &q, sizeof(q)),
		    -EPERM);
		ck_assert_int_eq(call(FAD_PRIV_VISIT_DEL, &q, sizeof(q)),
		    -EPERM);
	}
	/* Nobody comes to a tunnel by another one's key. */
	ck_assert_int_eq(visit(FAD_PRIV_VISIT_ADD, 8, 0), -ENODEV);
	ck_assert_int_eq(visit(FAD_PRIV_VISIT_ADD, 0, 0), -ENODEV);
	ck_assert_str_eq(told, "");
	teardown();
}
END_TEST

/* Up last, and lax before: there is no moment in which what comes out of it
 * finds the host's routes. */
START_TEST(devices)
{
	setup();
	ck_assert_int_eq(add(HA, 0, 0), 0);
	ck_assert_str_eq(told, "ipip fad0 198.51.100.1 1480; "
	    "blackhole 100; rule fad0 from 0.0.0.0 table 100; "
	    "addr 20; up 20; route 0.0.0.0 dev 20 table 101; ");
	ck_assert_int_eq(add(HA, 7, 9), 0);
	ck_assert_str_eq(told, "gre fad1 198.51.100.1 7/9 1472; "
	    "blackhole 102; rule fad1 from 0.0.0.0 table 102; no-ipv6 fad1; "
	    "addr 21; up 21; route 0.0.0.0 dev 21 table 103; ");
	ck_assert_int_eq(add(HA, 7, 9), 0);
	ck_assert_str_eq(told, "");		/* it is there */
	ck_assert_int_eq(add(HA, 8, 9), -ENOSPC);
	ck_assert_int_eq(del(HA, 8, 9), 0);
	ck_assert_str_eq(told, "");
	ck_assert_int_eq(del(HA, 7, 9), 0);
	ck_assert_str_eq(told, "-fad1; -rule fad1 from 0.0.0.0 table 102; "
	    "-blackhole 102; ");
	/* What can not be made takes no place. */
	for (unsigned i = 1; i < 3; i++) {
		failing = i;
		ck_assert_int_eq(add(HA, 8, 9), -ENOMEM);
		ck_assert_ptr_nonnull(strstr(told, "-fad1; "));
	}
	ck_assert_int_eq(add(HA, 8, 9), 0);
	ck_assert_ptr_eq(strstr(told, "gre fad1 198.51.100.1 8/9 "), told);
	teardown();
}
END_TEST

/* One home address twice, from one home agent: each way is its tunnel's and
 * its link's, and the end of one is not that of the other. */
START_TEST(overlapping)
{
	setup();
	ck_assert_int_eq(add(HA, 7, 9), 0);
	ck_assert_int_eq(add(HA, 8, 9), 0);	/* two may have its key */
	ck_assert_int_eq(visit(FAD_PRIV_VISIT_ADD, 7, 0), 0);
	ck_assert_str_eq(told, "neigh 10.0.0.5 dev 10 05; "
	    "route 10.0.0.5 dev 10 table 100; "
	    "rule acc0 from 10.0.0.5 table 101; ");
	ck_assert_int_eq(visit(FAD_PRIV_VISIT_ADD, 8, 1), 0);
	ck_assert_str_eq(told, "neigh 10.0.0.5 dev 11 05; "
	    "route 10.0.0.5 dev 11 table 102; "
	    "rule acc1 from 10.0.0.5 table 103; ");
	ck_assert_int_eq(visit(FAD_PRIV_VISIT_DEL, 7, 0), 0);
	ck_assert_str_eq(told, "-rule acc0 from 10.0.0.5 table 101; "
	    "-route 10.0.0.5 dev 10 table 100; -neigh 10.0.0.5 dev 10; ");
	failing = 1;
	ck_assert_int_eq(visit(FAD_PRIV_VISIT_ADD, 7, 0), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(told, "-rule acc0 from 10.0.0.5 table "
	    "101; -route 10.0.0.5 dev 10 table 100; "));
	teardown();
}
END_TEST

TEST_MAIN("fad_priv", refused_tunnels, refused_visits, devices, overlapping)
