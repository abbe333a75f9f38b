/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "fake_radius.h"

static mono_t
world_mono(void *arg)
{
	return ((struct world *)arg)->now;
}

/* 2026-01-01 and what has passed since. */
static uint64_t
world_ntp(void *arg)
{
	return (uint64_t)(3976214400u +
	    (uint64_t)((struct world *)arg)->now.ns / 1000000000) << 32;
}

static void
fake_open(struct fake *f, const char *secret)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(f->fd, 0);
	ck_assert_int_eq(bind(f->fd, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(getsockname(f->fd, (struct sockaddr *)&sin, &len), 0);
	f->port = ntohs(sin.sin_port);
	f->secret = secret;
}

void
world_init(struct world *w, unsigned n)
{
	static const char *const secret[] = { "first", "second" };

	memset(w, 0, sizeof(*w));
	w->base = event_base_new();
	timers_init(&w->timers);
	w->clock = (struct clock){ world_mono, world_ntp, w };
	w->now.ns = 1000000000;
	w->dict = radius_dict_load(DICTIONARY);
	ck_assert_ptr_nonnull(w->dict);
	radius_conf_init(&w->conf);
	w->conf.n_servers = n;
	for (unsigned i = 0; i < 2; i++) {
		struct radius_server_conf *s = &w->conf.server[i];

		fake_open(&w->fake[i], secret[i]);
		radius_server_conf_init(s);
		s->address.s_addr = htonl(INADDR_LOOPBACK);
		s->auth_port = s->acct_port = w->fake[i].port;
		s->secret.len = strlen(secret[i]);
		memcpy(s->secret.data, secret[i], s->secret.len);
		memcpy(s->name, secret[i], s->secret.len);
		s->priority = i + 1;
	}
	w->client = radius_client_new(w->base, &w->timers, &w->clock, w->dict,
	    &w->conf);
	ck_assert_ptr_nonnull(w->client);
}

void
world_free(struct world *w)
{
	radius_client_free(w->client);
	timers_free(&w->timers);
	event_base_free(w->base);
	radius_dict_free(w->dict);
	close(w->fake[0].fd);
	close(w->fake[1].fd);
}

void
world_pump(struct world *w)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

void
world_advance(struct world *w, int64_t ms)
{
	mono_t end = mono_add_ms(w->now, ms), next;

	world_pump(w);
	for (int i = 0; i < 100000; i++) {
		next = timers_next(&w->timers);
		if (mono_before(end, next))
			break;
		if (mono_before(w->now, next))
			w->now = next;
		timers_run(&w->timers, w->now);
	}
	w->now = end;
}

bool
fake_recv(struct fake *f, struct fake_request *r)
{
	socklen_t len = sizeof(r->from);
	ssize_t n = recvfrom(f->fd, r->pkt, sizeof(r->pkt), 0,
	    (struct sockaddr *)&r->from, &len);

	r->len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void
md5_with_secret(const struct fake *f, const uint8_t *p, size_t n, uint8_t *out)
{
	uint8_t all[RADIUS_MAX + 64];

	memcpy(all, p, n);
	memcpy(all + n, f->secret, strlen(f->secret));
	EVP_Digest(all, n + strlen(f->secret), out, NULL, EVP_md5(), NULL);
}

static void
hmac_with_secret(const struct fake *f, const uint8_t *p, size_t n,
    uint8_t *out)
{
	HMAC(EVP_md5(), f->secret, (int)strlen(f->secret), p, n, out, NULL);
}

/* len is whole blocks, the value's length and padding in them. */
static void
salt(const struct fake *f, const uint8_t *vector, const uint8_t *salt,
    uint8_t *p, size_t len)
{
	uint8_t in[64 + 64], sum[16];
	size_t n = strlen(f->secret);

	memcpy(in, f->secret, n);
	for (size_t at = 0; at < len; at += 16) {
		memcpy(in + n, at == 0 ? vector : p + at - 16, 16);
		memcpy(in + n + 16, salt, 2);
		EVP_Digest(in, n + (at == 0 ? 18 : 16), sum, NULL, EVP_md5(),
		    NULL);
		for (size_t i = 0; i < 16; i++)
			p[at + i] ^= sum[i];
	}
}

void
fake_put_salted(const struct fake *f, const struct fake_request *r,
    uint8_t *buf, size_t *len, uint32_t vendor, uint8_t type,
    const void *value, size_t value_len)
{
	uint8_t *p = buf + *len;
	size_t more = vendor == 24757, blocks = value_len / 16 * 16 + 16;
	size_t n = 2 + more + 2 + blocks;

	memcpy(p, (uint8_t[]){ 26, (uint8_t)(6 + n), 0, 0,
	    (uint8_t)(vendor >> 8), (uint8_t)vendor, type, (uint8_t)n, 0 },
	    8 + more);
	p += 8 + more;
	memcpy(p, "\x9a\x5c", 2);
	memset(p + 2, 0, blocks);
	p[2] = (uint8_t)value_len;
	memcpy(p + 3, value, value_len);
	salt(f, r->pkt + 4, p, p + 2, blocks);
	*len += 6 + n;
}

size_t
fake_make_reply(const struct fake *f, const struct fake_request *r,
    uint8_t code, const void *attrs, size_t len, unsigned flags, uint8_t *p)
{
	size_t n = 20;

	p[0] = code;
	p[1] = r->pkt[1];
	memcpy(p + 4, r->pkt + 4, 16);
	if (flags & (FAKE_MA | FAKE_BAD_MA)) {
		memset(p + 20, 0, 18);
		p[20] = 80;
		p[21] = 18;
		n += 18;
	}
	if (len > 0)
		memcpy(p + n, attrs, len);
	n += len;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	if (flags & (FAKE_MA | FAKE_BAD_MA))
		hmac_with_secret(f, p, n, p + 22);
	if (flags & FAKE_BAD_MA)
		p[22] ^= 1;
	md5_with_secret(f, p, n, p + 4);
	if (flags & FAKE_BAD_VECTOR)
		p[4] ^= 1;
	return n;
}

void
fake_reply(struct fake *f, const struct fake_request *r, uint8_t code,
    const void *attrs, size_t len, unsigned flags)
{
	uint8_t p[RADIUS_MAX];
	size_t n = fake_make_reply(f, r, code, attrs, len, flags, p);

	ck_assert_int_eq(sendto(f->fd, p, n, 0,
	    (const struct sockaddr *)&r->from, sizeof(r->from)), (int)n);
}

static bool
vendor_is(const uint8_t *a, uint32_t vendor, uint8_t type)
{
	return a[0] == 26 && a[1] >= 8 && a[6] == type &&
	    ((uint32_t)a[2] << 24 | (uint32_t)a[3] << 16 |
	    (uint32_t)a[4] << 8 | a[5]) == vendor;
}

const uint8_t *
fake_attr(const struct fake_request *r, uint32_t vendor, uint8_t type,
    size_t *len)
{
	size_t at = 20;

	for (; at + 2 <= r->len; at += r->pkt[at + 1]) {
		const uint8_t *a = r->pkt + at;

		ck_assert_uint_ge(a[1], 2);
		ck_assert_uint_le(at + a[1], r->len);
		if (vendor == 0 && a[0] == type) {
			*len = a[1] - 2u;
			return a + 2;
		}
		if (vendor != 0 && vendor_is(a, vendor, type)) {
			*len = a[1] - 8u;
			return a + 8;
		}
	}
	return NULL;
}

uint32_t
fake_u32(const struct fake_request *r, uint8_t type)
{
	size_t len;
	const uint8_t *v = fake_attr(r, 0, type, &len);

	ck_assert_ptr_nonnull(v);
	ck_assert_uint_eq(len, 4);
	return (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 |
	    (uint32_t)v[2] << 8 | v[3];
}

bool
fake_authentic(const struct fake *f, const struct fake_request *r)
{
	uint8_t copy[RADIUS_MAX], sum[16];

	memcpy(copy, r->pkt, r->len);
	if (r->len != ((size_t)copy[2] << 8 | copy[3]))
		return false;
	if (copy[0] == RADIUS_ACCT_REQUEST) {
		memset(copy + 4, 0, 16);
		md5_with_secret(f, copy, r->len, sum);
		return memcmp(sum, r->pkt + 4, 16) == 0;
	}
	if (copy[20] != 80 || copy[21] != 18)
		return false;
	memset(copy + 22, 0, 16);
	hmac_with_secret(f, copy, r->len, sum);
	return memcmp(sum, r->pkt + 22, 16) == 0;
}
