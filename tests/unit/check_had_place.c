/* SPDX-License-Identifier: BSD-2-Clause */
/* To which care-of addresses the root side may make tunnels, how many, and what
 * their devices are called. */
#include "config.h"

#include <errno.h>

#include "had/priv_place.h"
#include "had/priv_way.h"
#include "tests/unit/had_rig.h"

static struct priv_places places;
static struct peer peers[2];
static struct care_of_range ranges[3];
static const struct foreign_agent agent;
static struct had_config conf;

static void
setup(void)
{
	rig_init();
	rig_nodes("10.1.0.0", 16);
	rig.nodes.peer.max_bindings = 2;
	peers[0] = (struct peer){ .addr.s_addr = inet_addr(AR1) };
	peers[1] = (struct peer){ .addr.s_addr = inet_addr("10.1.0.9") };
	ranges[0] = rig.range;
	ranges[1] = (struct care_of_range){ 0xc6336400, 0xc63364ff,
		&rig.nodes.peer, NULL };
	conf = (struct had_config){ .peers = peers, .n_peers = 2,
		.nodes = &rig.nodes, .n_nodes = 1, .ranges = ranges,
		.n_ranges = 3 };
	/* an agent of the same section, and what is given behind it */
	ranges[2] = (struct care_of_range){ 0xcb007107, 0xcb007107,
		&rig.nodes.peer, &agent };
	ck_assert_int_eq(home4_init(&rig.nodes.home4, 0xac100000, 0xac100007),
	    0);
	conf.address.s_addr = inet_addr(HA);	/* in the second range */
	ck_assert_int_eq(priv_places_init(&places, &conf), 0);
}

static void
teardown(void)
{
	priv_places_free(&places);
	home4_free(&rig.nodes.home4);
	rig_free();
}

static struct priv_place *
get(const char *coa, int *err)
{
	const struct had_priv_tunnel end = { .coa.s_addr = inet_addr(coa) };

	return priv_place_get(&places, &end, err);
}

static struct priv_place *
get_by(const char *coa, const char *via, int *err)
{
	const struct had_priv_tunnel end = { .way = HAD_WAY_NESTED,
		.coa.s_addr = inet_addr(coa), .via.s_addr = inet_addr(via) };

	return priv_place_get(&places, &end, err);
}

static struct priv_place *
used(const char *coa, int *err)
{
	const struct had_priv_tunnel end = { .coa.s_addr = inet_addr(coa) };

	return priv_place_used(&places, &end, err);
}

static struct priv_place *
gre(uint32_t way, const char *coa, uint32_t out, uint32_t in, int *err)
{
	const struct had_priv_tunnel end = { .way = way,
		.coa.s_addr = inet_addr(coa), .gre = { .own = in, .peer = out } };

	return priv_place_get(&places, &end, err);
}

START_TEST(names)
{
	struct priv_place *p;
	int err;

	p = get(AR1, &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "had0");
	ck_assert(priv_place_is_name(p->name));
	p = get("10.1.2.3", &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "hadx0a010203");
	ck_assert(priv_place_is_name(p->name));
	/* Who is a peer is not among them. */
	p = get("10.1.0.9", &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "had1");
	ck_assert(!priv_place_is_name("had"));
	ck_assert(!priv_place_is_name("hadx"));
	ck_assert(!priv_place_is_name("hadx123"));
	ck_assert(!priv_place_is_name("hadx0a01020g"));
	ck_assert(!priv_place_is_name("had1a"));
	ck_assert(!priv_place_is_name("hadoop0"));
	ck_assert(!priv_place_is_name("eth0"));
}
END_TEST

START_TEST(allowed)
{
	struct priv_place *p;
	int err;

	ck_assert_ptr_null(get(STRANGER, &err));
	ck_assert_int_eq(err, -EPERM);
	ck_assert_ptr_null(get(HA, &err));
	ck_assert_int_eq(err, -EPERM);
	ck_assert_ptr_null(used(STRANGER, &err));
	ck_assert_int_eq(err, -EPERM);
	ck_assert_ptr_null(used("10.1.0.1", &err));
	ck_assert_int_eq(err, -ENODEV);
	p = get("10.1.0.1", &err);
	ck_assert_ptr_null(used("10.1.0.1", &err));	/* not made yet */
	ck_assert_int_eq(err, -ENODEV);
	p->ifindex = 7;
	ck_assert_ptr_eq(used("10.1.0.1", &err), p);
	ck_assert_ptr_eq(get("10.1.0.1", &err), p);
	priv_place_put(&places, p);
	ck_assert_ptr_null(used("10.1.0.1", &err));
}
END_TEST

/* As many as may be bound, with those that they have just left, whatever the
 * engine asks for. */
START_TEST(not_too_many)
{
	struct priv_place *first = NULL, *p;
	char coa[20];
	int err, i;

	for (i = 0; i < 2 + 2 * 2 + 1; i++) {
		snprintf(coa, sizeof(coa), "10.1.1.%d", i);
		p = get(coa, &err);
		ck_assert_ptr_nonnull(p);
		first = first ? first : p;
	}
	ck_assert_ptr_null(get("10.1.1.200", &err));
	ck_assert_int_eq(err, -ENOSPC);
	ck_assert_ptr_eq(get("10.1.1.0", &err), first);
	priv_place_put(&places, first);
	ck_assert_ptr_nonnull(get("10.1.1.200", &err));
}
END_TEST

/* GRE where it is offered, with keys; what access routers have in common says
 * nothing of its ends, its routes do. */
START_TEST(gre_tunnels)
{
	const struct gre_keys k = { .own = 2, .peer = 1 },
	    half = { .own = 2 };
	const struct in_addr ar = { inet_addr(AR1) },
	    other = { inet_addr("10.1.0.9") }, an = { inet_addr("10.1.0.1") };
	struct priv_place *p, *q;
	int err;

	ck_assert_ptr_null(gre(HAD_WAY_GRE_COMMON, "0.0.0.0", 0, 0, &err));
	ck_assert_int_eq(err, -EPERM);
	ck_assert_ptr_null(gre(HAD_WAY_GRE, "10.1.0.1", 1, 2, &err));
	ck_assert_int_eq(err, -EPERM);
	ck_assert(!priv_place_is_gre(&places, ar, &k));
	priv_places_free(&places);
	peers[0].gre = rig.nodes.peer.gre = true;
	ck_assert_int_eq(priv_places_init(&places, &conf), 0);

	p = gre(HAD_WAY_GRE_COMMON, "0.0.0.0", 0, 0, &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "hadgre");
	ck_assert(priv_place_is_name("hadgre"));
	ck_assert_str_eq(priv_place_subject(p), "GRE");
	ck_assert_ptr_eq(gre(HAD_WAY_GRE_COMMON, "0.0.0.0", 0, 0, &err), p);
	ck_assert_ptr_null(gre(HAD_WAY_GRE_COMMON, AR1, 0, 0, &err));
	ck_assert_ptr_null(gre(HAD_WAY_GRE_COMMON, "0.0.0.0", 1, 2, &err));
	ck_assert(priv_place_is_gre(&places, ar, &k));
	ck_assert(!priv_place_is_gre(&places, ar, &half));
	ck_assert(!priv_place_is_gre(&places, other, &k));	/* not it */
	ck_assert(!priv_place_is_gre(&places, an, &k));
	ck_assert(!priv_place_is_gre(&places, conf.address, &k));

	p = gre(HAD_WAY_GRE, "10.1.0.1", 1, 0xa0b0c0d0, &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "hadka0b0c0d0");
	ck_assert(priv_place_is_name(p->name));
	q = gre(HAD_WAY_GRE, "10.1.0.1", 2, 7, &err);	/* a second there */
	ck_assert_ptr_nonnull(q);
	ck_assert_ptr_ne(q, p);
	ck_assert_ptr_ne(get("10.1.0.1", &err), p);
	ck_assert_ptr_null(gre(HAD_WAY_GRE, "10.1.0.1", 1, 0, &err));
	ck_assert_ptr_null(gre(HAD_WAY_GRE, "10.1.0.1", 0, 1, &err));
	ck_assert_ptr_null(gre(HAD_WAY_GRE, AR1, 1, 2, &err));
	ck_assert_ptr_null(gre(HAD_WAY_GRE, STRANGER, 1, 2, &err));
	ck_assert_ptr_null(gre(HAD_WAY_6IN4, "10.1.0.1", 1, 2, &err));
	ck_assert_ptr_null(gre(3, "10.1.0.1", 1, 2, &err));
	ck_assert_int_eq(err, -EPERM);
}
END_TEST

/* To home addresses by agents alone, and to agents not at all. */
START_TEST(behind_an_agent)
{
	struct priv_place *p;
	int err;

	ck_assert_ptr_null(get("203.0.113.7", &err));
	ck_assert_int_eq(err, -EPERM);
	ck_assert_ptr_null(get("172.16.0.1", &err));
	ck_assert_int_eq(err, -EPERM);
	ck_assert_ptr_null(get_by("172.16.0.1", "10.1.0.1", &err));
	ck_assert_ptr_null(get_by("172.16.0.1", STRANGER, &err));
	ck_assert_ptr_null(get_by("172.16.0.1", AR1, &err));
	ck_assert_ptr_null(get_by("172.16.0.7", "203.0.113.7", &err));
	ck_assert_ptr_null(get_by("10.1.0.1", "203.0.113.7", &err));
	ck_assert_int_eq(err, -EPERM);
	p = get_by("172.16.0.1", "203.0.113.7", &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "hadxac100001");
	ck_assert_ptr_null(p->way);
}
END_TEST

/* The same address twice, by other keys, where GRE is offered. */
START_TEST(gre_behind_an_agent)
{
	struct had_priv_tunnel end = { .way = HAD_WAY_NESTED_GRE,
		.coa.s_addr = inet_addr("172.16.0.1"), .gre = { 0xa0b, 1 },
		.via.s_addr = inet_addr("203.0.113.7") };
	struct priv_place *p;
	int err;

	ck_assert_ptr_null(priv_place_get(&places, &end, &err));
	ck_assert_int_eq(err, -EPERM);
	rig.nodes.peer.gre = true;
	p = priv_place_get(&places, &end, &err);
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "hadn00000a0b");
	ck_assert(priv_place_is_name(p->name));
	/* And what it is on, or the next start would not remove it. */
	ck_assert(priv_way_is_name("hadg00000a0b"));
	ck_assert(priv_way_is_name("hadfc0000201"));
	ck_assert(!priv_way_is_name("hadg00000a0"));
	ck_assert(!priv_way_is_name("hadgre"));
	end.gre.own++;
	ck_assert_ptr_ne(priv_place_get(&places, &end, &err), p);
	ck_assert_ptr_ne(get_by("172.16.0.1", "203.0.113.7", &err), p);
	end.gre.peer = 0;
	ck_assert_ptr_null(priv_place_get(&places, &end, &err));
	end.gre = (struct gre_keys){ 0, 1 };
	ck_assert_ptr_null(priv_place_get(&places, &end, &err));
	end.gre.own = 7;
	end.via.s_addr = INADDR_ANY;
	ck_assert_ptr_null(priv_place_get(&places, &end, &err));
	end.via.s_addr = inet_addr("203.0.113.7");
	end.coa.s_addr = inet_addr("10.1.0.1");
	ck_assert_ptr_null(priv_place_get(&places, &end, &err));
	end.way = HAD_WAY_NESTED;		/* with keys it is none */
	end.coa.s_addr = inet_addr("172.16.0.1");
	ck_assert_ptr_null(priv_place_get(&places, &end, &err));
	ck_assert_int_eq(err, -EPERM);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had places");
	TCase *t = tcase_create("places");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, names);
	tcase_add_test(t, allowed);
	tcase_add_test(t, not_too_many);
	tcase_add_test(t, gre_tunnels);
	tcase_add_test(t, gre_behind_an_agent);
	tcase_add_test(t, behind_an_agent);
	suite_add_tcase(s, t);
	return test_run(s);
}
