/* SPDX-License-Identifier: BSD-2-Clause */
/* The foreign agent's packets: IPv4 and UDP as they stand on a link, agent
 * advertisements and solicitations, and the pace of the former. */
#include "config.h"

#include <arpa/inet.h>

#include "common/ip4.h"
#include "fad/advert.h"
#include "tests/unit/rig.h"

/* Without its checksums, which are looked at apart. */
static const uint8_t udp[] = {
	0x45, 0x00, 0x00, 0x20, 0x00, 0x00, 0x40, 0x00, 0xff, 0x11, 0, 0,
	0x0a, 0x00, 0x00, 0x05, 0x0a, 0x09, 0x00, 0x01,
	0x11, 0x52, 0x01, 0xb2, 0x00, 0x0c, 0, 0, 0x01, 0x02, 0x03, 0x04,
};

/* RFC 1071 done the slow way. */
static uint16_t
slow_sum(const uint8_t *p, size_t n, uint32_t sum)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)sum;
}

START_TEST(udp_written)
{
	struct ip4_packet p = { .ttl = 255, .proto = IPPROTO_UDP,
	    .sport = 4434, .dport = 434, .data = (const uint8_t *)"\1\2\3\4",
	    .len = 4 };
	uint8_t buf[64];

	p.src.s_addr = inet_addr("10.0.0.5");
	p.dst.s_addr = inet_addr("10.9.0.1");
	ck_assert_uint_eq(ip4_write(&p, buf, sizeof(buf)), 32);
	/* header without its sum, addresses, UDP's without its sum */
	ck_assert_mem_eq(buf, udp, 10);
	ck_assert_mem_eq(buf + 12, udp + 12, 14);
	ck_assert_mem_eq(buf + 28, udp + 28, 4);
	ck_assert_uint_eq(slow_sum(buf, 20, 0), 0xffff);
	ck_assert_uint_eq(slow_sum(buf + 20, 12, slow_sum(buf + 12, 8,
	    17 + 12)), 0xffff);
	ck_assert_uint_eq(ip4_write(&p, buf, 31), 0);
	p.len = 65535;
	ck_assert_uint_eq(ip4_write(&p, buf, sizeof(buf)), 0);
}
END_TEST

static size_t
good(uint8_t *buf)
{
	struct ip4_packet p = { .ttl = 255, .proto = IPPROTO_UDP,
	    .sport = 4434, .dport = 434, .data = (const uint8_t *)"\1\2\3\4",
	    .len = 4 };

	p.src.s_addr = inet_addr("10.0.0.5");
	p.dst.s_addr = inet_addr("10.9.0.1");
	return ip4_write(&p, buf, 64);
}

START_TEST(udp_read)
{
	uint8_t buf[64] = { 0 };
	struct ip4_packet p;
	size_t len = good(buf), i;

	ck_assert_int_eq(ip4_read(&p, buf, len, false), IP4_OK);
	ck_assert_uint_eq(p.src.s_addr, inet_addr("10.0.0.5"));
	ck_assert_uint_eq(p.dst.s_addr, inet_addr("10.9.0.1"));
	ck_assert_uint_eq(p.ttl, 255);
	ck_assert_uint_eq(p.sport, 4434);
	ck_assert_uint_eq(p.dport, 434);
	ck_assert_uint_eq(p.len, 4);
	ck_assert_mem_eq(p.data, "\1\2\3\4", 4);
	/* Ethernet's padding behind it; cut off everywhere. */
	ck_assert_int_eq(ip4_read(&p, buf, len + 14, false), IP4_OK);
	ck_assert_uint_eq(p.len, 4);
	for (i = 0; i < len; i++)
		ck_assert_int_eq(ip4_read(&p, buf, i, false), IP4_MALFORMED);
	buf[31] ^= 1;
	ck_assert_int_eq(ip4_read(&p, buf, len, false), IP4_CHECKSUM);
	ck_assert_int_eq(ip4_read(&p, buf, len, true), IP4_OK);
	buf[26] = buf[27] = 0;		/* none was made [RFC 768] */
	ck_assert_int_eq(ip4_read(&p, buf, len, false), IP4_OK);
	buf[25] = 7;			/* UDP's length, too short ... */
	ck_assert_int_eq(ip4_read(&p, buf, len, false), IP4_MALFORMED);
	buf[25] = 13;			/* ... and too long */
	ck_assert_int_eq(ip4_read(&p, buf, len, false), IP4_MALFORMED);
	buf[8] ^= 1;
	ck_assert_int_eq(ip4_read(&p, buf, len, true), IP4_CHECKSUM);
}
END_TEST

/* With the header's checksum put right. */
static enum ip4_verdict
changed(size_t at, uint8_t value)
{
	uint8_t buf[64];
	struct ip4_packet p;
	size_t len = good(buf);
	uint16_t sum;

	buf[at] = value;
	buf[10] = buf[11] = 0;
	sum = (uint16_t)~slow_sum(buf, 20, 0);
	buf[10] = (uint8_t)(sum >> 8);
	buf[11] = (uint8_t)sum;
	return ip4_read(&p, buf, len, true);
}

START_TEST(host)
{
	static const struct {
		const char	*text;
		bool		 is;
	} c[] = {
		{ "0.0.0.0", false }, { "0.255.255.255", false },
		{ "1.0.0.0", true }, { "126.255.255.255", true },
		{ "127.0.0.1", false }, { "127.255.255.255", false },
		{ "128.0.0.0", true }, { "223.255.255.255", true },
		{ "224.0.0.1", false }, { "240.0.0.1", false },
		{ "255.255.255.255", false },
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		ck_assert_msg(ip4_is_host((struct in_addr){
		    inet_addr(c[i].text) }) == c[i].is, "%s", c[i].text);
}
END_TEST

START_TEST(not_ours)
{
	ck_assert_int_eq(changed(8, 1), IP4_OK);
	ck_assert_int_eq(changed(6, 0x20), IP4_OTHER);	/* more fragments */
	ck_assert_int_eq(changed(7, 1), IP4_OTHER);	/* not the first */
	ck_assert_int_eq(changed(9, 6), IP4_OTHER);	/* TCP */
	ck_assert_int_eq(changed(0, 0x65), IP4_MALFORMED);
	ck_assert_int_eq(changed(0, 0x44), IP4_MALFORMED);
	ck_assert_int_eq(changed(0, 0x4f), IP4_MALFORMED);
	ck_assert_int_eq(changed(3, 33), IP4_MALFORMED);
	ck_assert_int_eq(changed(3, 19), IP4_MALFORMED);
}
END_TEST

static struct advert
plain(void)
{
	struct advert a = { .lifetime = 30, .router = true,
	    .preference = -1, .sequence = 0x0102, .reg_lifetime = 1800,
	    .flags = ADVERT_F | ADVERT_T, .revocation = true,
	    .prefix_len = 24 };

	a.address.s_addr = inet_addr("10.9.0.1");
	a.care_of.s_addr = inet_addr("192.0.2.1");
	return a;
}

START_TEST(advertisement)
{
	static const uint8_t want[] = {
		9, 0, 0, 0, 1, 2, 0, 30, 10, 9, 0, 1, 255, 255, 255, 255,
		16, 10, 1, 2, 7, 8, 0x11, 0x40, 192, 0, 2, 1,
		19, 1, 24, 0,
	};
	struct advert a = plain();
	uint8_t buf[ADVERT_MAX];

	ck_assert_uint_eq(advert_write(&a, buf, sizeof(buf)), sizeof(want));
	ck_assert_uint_eq(slow_sum(buf, sizeof(want), 0), 0xffff);
	buf[2] = buf[3] = 0;
	ck_assert_mem_eq(buf, want, sizeof(want));
	ck_assert_uint_eq(advert_write(&a, buf, 31), 0);
}
END_TEST

START_TEST(advertisement_for_mobile_nodes_only)
{
	static const uint8_t want[] = {
		9, 16, 0, 0, 0, 2, 0, 30,
		16, 10, 1, 2, 7, 8, 0xd1, 0x00, 192, 0, 2, 1,
	};
	struct advert a = plain();
	uint8_t buf[ADVERT_MAX];

	a.router = false;
	a.revocation = false;
	a.prefix_len = 0;
	a.flags = ADVERT_R | ADVERT_B | ADVERT_F | ADVERT_T;
	ck_assert_uint_eq(advert_write(&a, buf, sizeof(buf)), sizeof(want));
	buf[2] = buf[3] = 0;
	ck_assert_mem_eq(buf, want, sizeof(want));
	/* RFC 3344 2.1.2: as many lengths as router addresses. */
	a.prefix_len = 24;
	ck_assert_uint_eq(advert_write(&a, buf, sizeof(buf)),
	    sizeof(want) + 2);
	ck_assert_mem_eq(buf + sizeof(want), "\x13\0", 2);
}
END_TEST

START_TEST(solicitations)
{
	static const uint8_t s[] = { 10, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t code[] = { 10, 1, 0, 0, 0, 0, 0, 0 };
	static const uint8_t type[] = { 9, 0, 0, 0, 0, 0, 0, 0 };

	ck_assert(advert_is_solicitation(s, 8, 1));
	ck_assert(!advert_is_solicitation(s, 7, 1));
	ck_assert(!advert_is_solicitation(s, 8, 2));
	ck_assert(!advert_is_solicitation(s, 8, 255));
	ck_assert(!advert_is_solicitation(code, 8, 1));
	ck_assert(!advert_is_solicitation(type, 8, 1));
}
END_TEST

/* RFC 3344 2.3.2: a restart can be told from a rollover. */
START_TEST(sequence)
{
	ck_assert_uint_eq(advert_next(0), 1);
	ck_assert_uint_eq(advert_next(255), 256);
	ck_assert_uint_eq(advert_next(0xfffe), 0xffff);
	ck_assert_uint_eq(advert_next(0xffff), 256);
}
END_TEST

struct play {
	struct timers		timers;
	struct clock		clock;
	int64_t			ns;
	struct advert_pace	pace;
	unsigned		n;
	mono_t			last;
	int64_t			least_ms, most_ms;	/* between two */
};

static mono_t
now(void *arg)
{
	const struct play *p = arg;

	return at_mono(p->ns);
}

static void
sent(void *arg)
{
	struct play *p = arg;
	int64_t ms = mono_diff_ms(now(p), p->last);

	if (p->n++ > 0 && ms < p->least_ms)
		p->least_ms = ms;
	if (p->n > 1 && ms > p->most_ms)
		p->most_ms = ms;
	p->last = now(p);
}

static void
begin(struct play *p, uint32_t min_s, uint32_t max_s, bool unsolicited)
{
	memset(p, 0, sizeof(*p));
	p->clock = (struct clock){ now, NULL, p };
	p->least_ms = INT64_MAX;
	timers_init(&p->timers);
	p->pace = (struct advert_pace){ .timers = &p->timers,
		.clock = &p->clock, .min_s = min_s, .max_s = max_s,
		.unsolicited = unsolicited, .send = sent, .arg = p };
	advert_start(&p->pace);
}

static void
wait_ms(struct play *p, int64_t ms)
{
	time_goes_by(&p->timers, &p->ns, ms * 1000000);
}

START_TEST(pace)
{
	struct play p;

	begin(&p, 450, 600, true);
	wait_ms(&p, 0);
	ck_assert_uint_eq(p.n, 1);
	/* RFC 1256: three at once, not more than 16 s apart. */
	wait_ms(&p, 32000);
	ck_assert_uint_eq(p.n, 3);
	p.n = 0;
	p.most_ms = 0;
	p.least_ms = INT64_MAX;
	wait_ms(&p, 100 * 600 * 1000);
	ck_assert_uint_ge(p.n, 100);
	ck_assert_int_ge(p.least_ms, 450000);
	ck_assert_int_le(p.most_ms, 600000);
	advert_stop(&p.pace);
	timers_free(&p.timers);
}
END_TEST

START_TEST(asked_for)
{
	struct play p;
	unsigned i, unicast = 0;

	begin(&p, 450, 600, false);
	wait_ms(&p, 1000000);
	ck_assert_uint_eq(p.n, 0);
	ck_assert(advert_solicited(&p.pace, true));
	ck_assert(!advert_solicited(&p.pace, false));
	wait_ms(&p, 500);
	ck_assert_uint_eq(p.n, 1);
	/* A thousand in a second: some are answered each, the rest by one. */
	for (i = 0; i < 1000; i++) {
		unicast += advert_solicited(&p.pace, true);
		wait_ms(&p, 1);
	}
	ck_assert_uint_ge(unicast, 20);
	ck_assert_uint_le(unicast, 31);
	wait_ms(&p, 2000);
	ck_assert_uint_ge(p.n, 2);
	ck_assert_uint_le(p.n, 3);
	ck_assert_int_ge(p.least_ms, 1000);
	p.n = 0;
	wait_ms(&p, 1000000);
	ck_assert_uint_eq(p.n, 0);
	advert_soon(&p.pace);
	wait_ms(&p, 500);
	ck_assert_uint_eq(p.n, 1);
	advert_stop(&p.pace);
	timers_free(&p.timers);
}
END_TEST

TEST_MAIN("fad_wire", udp_written, udp_read, host, not_ours, advertisement,
    advertisement_for_mobile_nodes_only, solicitations, sequence, pace,
    asked_for)
