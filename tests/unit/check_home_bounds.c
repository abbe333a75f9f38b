/* SPDX-License-Identifier: BSD-2-Clause */
/* Which home addresses a home agent may give. */
#include <arpa/inet.h>

#include "nasd/home_bounds.h"
#include "nasd/nasd_config.h"
#include "tests/unit/test.h"

#define HA	"198.51.100.1"
#define OTHER	"198.51.100.2"
#define OUTSIDE	"home agent gave an address outside its prefixes"
#define NEVER	"home agent gave an address that no subscriber can have"

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

/* One agent with bounds, and one without. */
static struct home_prefix prefixes[3];
static struct config_ha agents[2];
static struct nasd_config cf;
static struct home_own own;

static void
begin(void)
{
	prefixes[0] = (struct home_prefix){ ip6("2001:db8:100::"), 40 };
	prefixes[1] = (struct home_prefix){ ip6("2001:db8:ffe0::"), 43 };
	prefixes[2] = (struct home_prefix){ ip6("fd00:1:2:3::"), 64 };
	agents[0] = (struct config_ha){ .addr.s_addr = inet_addr(HA),
	    .prefix = prefixes, .n_prefix = 3 };
	agents[1] = (struct config_ha){ .addr.s_addr = inet_addr(OTHER) };
	cf = (struct nasd_config){ .ha = agents, .n_ha = 2 };
	own = (struct home_own){ .n = 2, .addr = {
	    ip6("2001:db8:100:7::1"), ip6("2001:db8:200:1::1") } };
}

static const char *
refuse(const char *ha, const char *hoa, bool unique)
{
	const struct in6_addr a = ip6(hoa);

	return home_bounds_refuse(&cf, &own, (struct in_addr){ inet_addr(ha) },
	    &a, unique);
}

static void
refused(const char *ha, const char *hoa, bool unique, const char *why)
{
	const char *said = refuse(ha, hoa, unique);

	ck_assert_msg(said != NULL, "%s from %s passes", hoa, ha);
	ck_assert_str_eq(said, why);
}

START_TEST(within_prefixes)
{
	static const char *const good[] = { "2001:db8:100::1",
	    "2001:db8:1ff:ffff::1", "2001:db8:ffe0::1", "2001:db8:ffff::1",
	    "fd00:1:2:3::9" };
	static const char *const bad[] = { "2001:db8:200::1",
	    "2001:db8:ff::1", "2001:db8:ffdf:ffff::1", "fd00:1:2:4::9",
	    "2001:4860::1", "2000::1" };
	size_t i;

	begin();
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_ptr_null(refuse(HA, good[i], false));
		ck_assert_ptr_null(refuse(HA, good[i], true));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refused(HA, bad[i], true, OUTSIDE);
		refused(HA, bad[i], false, OUTSIDE);
		ck_assert_ptr_null(refuse(OTHER, bad[i], true));
	}
	/* Taken out by a reload, it renews what it has: within its bounds. */
	agents[0].gone = true;
	refused(HA, bad[0], true, OUTSIDE);
}
END_TEST

/* Also where they lie in what is configured. */
START_TEST(no_subscribers)
{
	static const char *const bad[] = { "::1", "::5", "::ffff:192.0.2.1",
	    "64:ff9b::1", "0:0:0:1::7", "fe80::1", "fec0::1",
	    "ff02::1", "::" };
	size_t i;

	begin();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(OTHER, bad[i], i % 2 == 0, NEVER);
	prefixes[0] = (struct home_prefix){ ip6("e000::"), 3 };
	refused(HA, "fe80::1", true, NEVER);
	ck_assert_ptr_null(refuse(HA, "e000::1", true));
}
END_TEST

START_TEST(our_own)
{
	begin();
	refused(HA, "2001:db8:100:7::1", false,
	    "home agent gave an address of ours");
	refused(OTHER, "2001:db8:200:1::1", true,
	    "home agent gave an address of ours");
	/* The whole /64 would go to the subscriber. */
	refused(HA, "2001:db8:100:7::2", true,
	    "home agent gave a prefix of ours");
	ck_assert_ptr_null(refuse(HA, "2001:db8:100:7::2", false));
	ck_assert_ptr_null(refuse(HA, "2001:db8:100:8::1", true));
}
END_TEST

/* This machine's: never those of its loopback or of a link alone. */
START_TEST(read_own)
{
	unsigned i;

	own.n = HOME_OWN_MAX + 1;
	home_bounds_read_own(&own);
	ck_assert_uint_le(own.n, HOME_OWN_MAX);
	for (i = 0; i < own.n; i++)
		ck_assert(home_bounds_is_usable(&own.addr[i]));
}
END_TEST

TEST_MAIN("home_bounds", within_prefixes, no_subscribers, our_own, read_own)
