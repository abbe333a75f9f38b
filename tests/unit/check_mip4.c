/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * common/mip4 and mip4_ext against the test vectors: every message decodes to
 * the fields written down here from its description, is written again as the
 * same bytes, and is refused when cut anywhere.
 */
#include <arpa/inet.h>
#include <string.h>

#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "common/wire.h"
#include "test.h"
#include "vectors.h"

static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;

#define TS	0xe5a1b2c3
#define ID(n)	(UINT64_C(0xe5a1b2c311223344) + (n))
#define NAI	"alice@example.net"
#define HOA	"2001:db8:1:2:211:2233:4455:6677"
#define AR	"192.0.2.1"
#define AN	"192.0.2.10"
#define FA	"192.0.2.254"
#define HA	"198.51.100.1"

static const struct iid iid = { { 2, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
    0x77 } };

enum op {
	END,
	O_NAI,		/* NAI */
	O_REQ,		/* 120 with identifier */
	O_REQ0,		/* 120 with identifier 0 */
	O_REQE,		/* 120, empty */
	O_REQS,		/* 220, empty */
	O_HOAU,		/* 221, U */
	O_HOA,		/* 221 */
	O_HOAE,		/* 221, empty */
	O_REV,		/* 137 */
	O_GRE,		/* 48, key 0x1234 */
	O_PMIP,		/* 47 sub-type 1, method 1 */
	O_SERVICE,	/* 151, "business" */
	O_V6,		/* 121 with 2001:db8:ff::5 */
	O_32,
	O_33,
	O_34,
	O_34_SHA256,
};

struct expect {
	const char	*name;
	enum mip4_type	 type;
	uint8_t		 flags_or_code;
	uint16_t	 lifetime;
	const char	*home, *ha, *coa;
	uint64_t	 id;
	bool		 a, i;
	enum op		 ops[8];
};

static const struct expect expects[] = {
	{ "rrq_ar_unique", MIP4_RRQ, 0, 1800, "0.0.0.0", HA, AR, ID(0),
	    0, 0, { O_NAI, O_REQ, O_REV, O_34 } },
	{ "rrp_ar_unique", MIP4_RRP, 0, 1800, "0.0.0.0", HA, NULL, ID(0),
	    0, 0, { O_NAI, O_HOAU, O_REV, O_34 } },
	{ "rrq_ar_shared", MIP4_RRQ, 0, 1800, "0.0.0.0", HA, AR, ID(1),
	    0, 0, { O_NAI, O_REQ0, O_REV, O_34 } },
	{ "rrp_ar_shared", MIP4_RRP, 0, 1800, "0.0.0.0", HA, NULL, ID(1),
	    0, 0, { O_NAI, O_HOA, O_REV, O_34 } },
	{ "rrq_ar_renew", MIP4_RRQ, 0, 1800, "0.0.0.0", HA, AR, ID(2),
	    0, 0, { O_NAI, O_HOAU, O_REV, O_34 } },
	{ "rrq_ar_dereg", MIP4_RRQ, 0, 0, "0.0.0.0", HA, AR, ID(3),
	    0, 0, { O_NAI, O_HOAU, O_34 } },
	{ "rrp_denied_133", MIP4_RRP, 133, 0, "0.0.0.0", HA, NULL,
	    UINT64_C(0xe5a1c00011223344), 0, 0, { O_NAI, O_34 } },
	{ "rrq_an_entry", MIP4_RRQ, MIP4_F_D, 600, "0.0.0.0", HA, AN, ID(4),
	    0, 0, { O_NAI, O_REQE, O_REV, O_32 } },
	{ "rrp_an_entry", MIP4_RRP, 0, 600, "0.0.0.0", HA, NULL, ID(4),
	    0, 0, { O_NAI, O_HOAE, O_REV, O_32 } },
	{ "rrq_an_to_fa", MIP4_RRQ, MIP4_F_T, 600, "0.0.0.0", HA, FA, ID(5),
	    0, 0, { O_NAI, O_REQS, O_32, O_33 } },
	{ "rrq_fa_to_ha", MIP4_RRQ, MIP4_F_T, 600, "0.0.0.0", HA, FA, ID(5),
	    0, 0, { O_NAI, O_REQS, O_32, O_REV, O_34 } },
	{ "rev_ha_ar", MIP4_REV, 0, 0, "0.0.0.0", HA, AR, TS + 10,
	    1, 0, { O_NAI, O_HOAU, O_34 } },
	{ "ack_ar_ha", MIP4_REV_ACK, 0, 0, "0.0.0.0", NULL, NULL, TS + 10,
	    0, 0, { O_NAI, O_HOAU, O_34 } },
	{ "rev_ha_an", MIP4_REV, 0, 0, "0.0.0.0", HA, AN, TS + 11,
	    1, 1, { O_NAI, O_HOAE, O_32 } },
	{ "rrq_dsha", MIP4_RRQ, MIP4_F_T, 600, "10.0.0.5", "10.0.0.1",
	    "0.0.0.0", ID(6), 0, 0, { O_V6, O_32 } },
	{ "rrq_dsfa", MIP4_RRQ, MIP4_F_T, 600, "10.0.0.5", HA, "10.0.0.1",
	    ID(7), 0, 0, { O_32, O_V6, O_33 } },
	{ "rrq_gre_pmip", MIP4_RRQ, MIP4_F_G, 1800, "0.0.0.0", HA, AR, ID(8),
	    0, 0, { O_NAI, O_PMIP, O_REQ, O_GRE, O_34 } },
	{ "rrq_sha256", MIP4_RRQ, 0, 1800, "0.0.0.0", HA, AR, ID(9),
	    0, 0, { O_NAI, O_REQ, O_34_SHA256 } },
	{ "rrq_ar_service", MIP4_RRQ, 0, 1800, "0.0.0.0", HA, AR, ID(10),
	    0, 0, { O_NAI, O_REQ, O_SERVICE, O_REV, O_34 } },
};
#define N_EXPECTS	(sizeof(expects) / sizeof(expects[0]))

static size_t
fixed_len(enum mip4_type type)
{
	switch (type) {
	case MIP4_RRQ:
		return 24;
	case MIP4_RRP:
	case MIP4_REV:
		return 20;
	case MIP4_REV_ACK:
		return 12;
	}
	ck_abort();
}

/* Bytes of the extension as PROTOCOLS gives them. */
static size_t
op_len(enum op op)
{
	switch (op) {
	case END:
		break;
	case O_NAI:
	case O_HOAU:
	case O_HOA:
		return 19;
	case O_REQ:
	case O_REQ0:
		return 11;
	case O_REQE:
	case O_REQS:
	case O_HOAE:
		return 3;
	case O_REV:
	case O_GRE:
		return 8;
	case O_PMIP:
		return 5;
	case O_SERVICE:
		return 10;
	case O_V6:
		return 20;
	case O_32:
	case O_33:
	case O_34:
		return 22;
	case O_34_SHA256:
		return 38;
	}
	ck_abort();
}

static struct in_addr
ip4(const char *s)
{
	struct in_addr a;

	ck_assert_int_eq(inet_pton(AF_INET, s, &a), 1);
	return a;
}

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static void
check_addr(struct in_addr a, const char *want)
{
	char buf[INET_ADDRSTRLEN];

	ck_assert_str_eq(inet_ntop(AF_INET, &a, buf, sizeof(buf)), want);
}

static void
check_addr6(const struct in6_addr *a, const char *want)
{
	char buf[INET6_ADDRSTRLEN];

	ck_assert_str_eq(inet_ntop(AF_INET6, a, buf, sizeof(buf)), want);
}

static void
check_fixed(const struct mip4_msg *m, const struct expect *x)
{
	ck_assert_uint_eq(m->type, x->type);
	switch (x->type) {
	case MIP4_RRQ:
		ck_assert_uint_eq(m->rrq.flags, x->flags_or_code);
		ck_assert_uint_eq(m->rrq.lifetime, x->lifetime);
		check_addr(m->rrq.home, x->home);
		check_addr(m->rrq.ha, x->ha);
		check_addr(m->rrq.coa, x->coa);
		ck_assert_uint_eq(m->rrq.id, x->id);
		break;
	case MIP4_RRP:
		ck_assert_uint_eq(m->rrp.code, x->flags_or_code);
		ck_assert_uint_eq(m->rrp.lifetime, x->lifetime);
		check_addr(m->rrp.home, x->home);
		check_addr(m->rrp.ha, x->ha);
		ck_assert_uint_eq(m->rrp.id, x->id);
		break;
	case MIP4_REV:
		ck_assert(m->rev.a == x->a);
		ck_assert(m->rev.i == x->i);
		check_addr(m->rev.home, x->home);
		check_addr(m->rev.hda, x->ha);
		check_addr(m->rev.fda, x->coa);
		ck_assert_uint_eq(m->rev.rev_id, x->id);
		break;
	case MIP4_REV_ACK:
		ck_assert(m->ack.i == x->i);
		check_addr(m->ack.home, x->home);
		ck_assert_uint_eq(m->ack.rev_id, x->id);
		break;
	}
}

static void
check_auth_ext(const struct mip4_exts *e, unsigned n, const uint8_t *msg,
    size_t off, uint8_t type, uint32_t spi, size_t len)
{
	ck_assert_uint_lt(n, e->n_auth);
	ck_assert_uint_eq(e->auth[n].type, type);
	ck_assert_uint_eq(e->auth[n].spi, spi);
	ck_assert_uint_eq(e->auth[n].off, off);
	ck_assert_uint_eq(e->auth[n].len, len);
	ck_assert_ptr_eq(e->auth[n].authenticator, msg + off + 6);
}

/* Offsets of what must be absent are 0, like everything that was not set. */
static void
check_ext(const struct mip4_exts *e, const struct expect *x,
    const uint8_t *msg)
{
	struct mip4_exts want = { .parsed = 0 };
	size_t off = fixed_len(x->type);
	unsigned n_auth = 0;

	for (const enum op *op = x->ops; *op != END; off += op_len(*op++)) {
		switch (*op) {
		case END:
			break;
		case O_NAI:
			want.off_nai = off;
			ck_assert_uint_eq(e->n_nai, 1);
			ck_assert_uint_eq(e->nai_len, strlen(NAI));
			ck_assert_ptr_eq(e->nai, msg + off + 2);
			ck_assert_mem_eq(e->nai, NAI, strlen(NAI));
			break;
		case O_REQ:
		case O_REQ0:
		case O_REQE:
		case O_REQS:
			want.off_hoa_req = off;
			ck_assert_uint_eq(e->n_hoa_req, 1);
			ck_assert(e->hoa_req_skip == (*op == O_REQS));
			ck_assert(e->hoa_req_empty ==
			    (*op == O_REQE || *op == O_REQS));
			ck_assert(iid_is_zero(e->hoa_req_iid) ==
			    (*op != O_REQ));
			if (*op == O_REQ)
				ck_assert(iid_equal(e->hoa_req_iid, iid));
			break;
		case O_HOAU:
		case O_HOA:
		case O_HOAE:
			want.off_hoa = off;
			ck_assert_uint_eq(e->n_hoa, 1);
			ck_assert(e->hoa_empty == (*op == O_HOAE));
			ck_assert(e->hoa_unique == (*op == O_HOAU));
			check_addr6(&e->hoa, *op == O_HOAE ? "::" : HOA);
			break;
		case O_REV:
			want.off_rev = off;
			ck_assert(!e->rev_i);
			ck_assert_uint_eq(e->rev_timestamp, TS);
			break;
		case O_GRE:
			want.off_gre = off;
			ck_assert_uint_eq(e->gre_key, 0x1234);
			break;
		case O_PMIP:
			want.off_pmip_auth = off;
			ck_assert_uint_eq(e->pmip_auth_method, 1);
			break;
		case O_SERVICE:
			want.off_service = off;
			ck_assert_uint_eq(e->service_len, 8);
			ck_assert_ptr_eq(e->service, msg + off + 2);
			ck_assert_mem_eq(e->service, "business", 8);
			break;
		case O_V6:
			want.off_ipv6_address = off;
			ck_assert_uint_eq(e->ipv6_binding_type, 0x80);
			check_addr6(&e->ipv6_address, "2001:db8:ff::5");
			break;
		case O_32:
			check_auth_ext(e, n_auth++, msg, off, 32, 512, 16);
			break;
		case O_33:
			check_auth_ext(e, n_auth++, msg, off, 33, 768, 16);
			break;
		case O_34:
			check_auth_ext(e, n_auth++, msg, off, 34, 256, 16);
			break;
		case O_34_SHA256:
			check_auth_ext(e, n_auth++, msg, off, 34, 256, 32);
			break;
		}
	}
	ck_assert_uint_eq(e->parsed, off);
	ck_assert_uint_eq(e->n_auth, n_auth);
	ck_assert_uint_eq(e->off_nai, want.off_nai);
	ck_assert_uint_eq(e->off_hoa_req, want.off_hoa_req);
	ck_assert_uint_eq(e->off_hoa, want.off_hoa);
	ck_assert_uint_eq(e->off_rev, want.off_rev);
	ck_assert_uint_eq(e->off_gre, want.off_gre);
	ck_assert_uint_eq(e->off_pmip_auth, want.off_pmip_auth);
	ck_assert_uint_eq(e->off_service, want.off_service);
	ck_assert_uint_eq(e->off_cvse, 0);
	ck_assert_uint_eq(e->off_ipv6_address, want.off_ipv6_address);
	ck_assert(!e->bad_ext);
	ck_assert_uint_eq(e->n_skipped, 0);
	ck_assert_uint_eq(e->first_unknown, 0);
}

START_TEST(decodes)
{
	struct vectors vs;
	struct mip4_msg m;

	vectors_load(&vs);
	ck_assert_uint_eq(vs.n, N_EXPECTS);
	for (size_t i = 0; i < N_EXPECTS; i++) {
		const struct vector *v = vectors_find(&vs, expects[i].name);

		ck_assert_msg(mip4_parse(&m, v->msg, v->len, &types) ==
		    MIP4_OK, "%s", v->name);
		check_fixed(&m, &expects[i]);
		check_ext(&m.ext, &expects[i], v->msg);
		ck_assert_uint_eq(m.ext.parsed, v->len);
	}
}
END_TEST

static void
put_fixed(struct wire_w *w, const struct expect *x)
{
	switch (x->type) {
	case MIP4_RRQ:
		mip4_put_rrq(w, &(struct mip4_rrq){ x->flags_or_code,
		    x->lifetime, ip4(x->home), ip4(x->ha), ip4(x->coa),
		    x->id });
		break;
	case MIP4_RRP:
		mip4_put_rrp(w, &(struct mip4_rrp){ x->flags_or_code,
		    x->lifetime, ip4(x->home), ip4(x->ha), x->id });
		break;
	case MIP4_REV:
		mip4_put_rev(w, &(struct mip4_rev){ x->a, x->i,
		    ip4(x->home), ip4(x->ha), ip4(x->coa),
		    (uint32_t)x->id });
		break;
	case MIP4_REV_ACK:
		mip4_put_rev_ack(w, &(struct mip4_rev_ack){ x->i,
		    ip4(x->home), (uint32_t)x->id });
		break;
	}
}

static void
put_auth(struct wire_w *w, uint8_t type, enum mip4_alg alg)
{
	struct mip4_sa sa = vectors_sa(type);

	sa.alg = alg;
	mip4_put_auth(w, type, &sa);
}

static void
put_op(struct wire_w *w, enum op op)
{
	static const struct iid zero;
	struct in6_addr hoa = ip6(HOA), v6 = ip6("2001:db8:ff::5");

	switch (op) {
	case END:
		break;
	case O_NAI:
		mip4_put_nai(w, NAI, strlen(NAI));
		break;
	case O_REQ:
		mip4_put_hoa_request(w, 120, &iid);
		break;
	case O_REQ0:
		mip4_put_hoa_request(w, 120, &zero);
		break;
	case O_REQE:
		mip4_put_hoa_request(w, 120, NULL);
		break;
	case O_REQS:
		mip4_put_hoa_request(w, 220, NULL);
		break;
	case O_HOAU:
		mip4_put_hoa(w, 221, &hoa, true);
		break;
	case O_HOA:
		mip4_put_hoa(w, 221, &hoa, false);
		break;
	case O_HOAE:	/* U means nothing without an address */
		mip4_put_hoa(w, 221, NULL, true);
		break;
	case O_REV:
		mip4_put_rev_support(w, false, TS);
		break;
	case O_GRE:
		mip4_put_gre_key(w, 0x1234);
		break;
	case O_PMIP:
		mip4_put_pmip_auth(w, 1);
		break;
	case O_SERVICE:
		mip4_put_service(w, "business", 8);
		break;
	case O_V6:
		mip4_put_ipv6_address(w, 121, 0x80, &v6);
		break;
	case O_32:
		put_auth(w, 32, MIP4_ALG_HMAC_MD5);
		break;
	case O_33:
		put_auth(w, 33, MIP4_ALG_HMAC_MD5);
		break;
	case O_34:
		put_auth(w, 34, MIP4_ALG_HMAC_MD5);
		break;
	case O_34_SHA256:
		put_auth(w, 34, MIP4_ALG_HMAC_SHA256);
		break;
	}
}

START_TEST(encodes)
{
	struct vectors vs;

	vectors_load(&vs);
	for (size_t i = 0; i < N_EXPECTS; i++) {
		const struct vector *v = vectors_find(&vs, expects[i].name);

		/* In a buffer that fits, and in every one that does not. */
		for (size_t cap = 0; cap <= v->len; cap++) {
			uint8_t *buf = exact_copy(v->msg, cap);
			struct wire_w w;

			memset(buf, 0xee, cap);
			wire_w_init(&w, buf, cap);
			put_fixed(&w, &expects[i]);
			for (const enum op *op = expects[i].ops; *op != END;
			    op++)
				put_op(&w, *op);
			ck_assert(w.err == (cap < v->len));
			if (!w.err) {
				ck_assert_uint_eq(w.len, v->len);
				ck_assert_mem_eq(buf, v->msg, v->len);
			}
			free(buf);
		}
	}
}
END_TEST

/* What a message cut to len bytes must be read as; *good is where its last
 * whole extension ends. */
static enum mip4_parsed
cut_result(const struct expect *x, size_t len, size_t *good)
{
	size_t end = fixed_len(x->type);

	if (len < end)
		return MIP4_SHORT;
	for (const enum op *op = x->ops; *op != END; op++) {
		*good = end;
		end += op_len(*op);
		if (len == *good)
			return MIP4_OK;
		if (len < end)
			return MIP4_MALFORMED;
	}
	ck_abort();
}

/* Cut between extensions a message is whole, but its last authenticator, the
 * one that protects everything, is gone. */
START_TEST(cut_anywhere)
{
	struct vectors vs;

	vectors_load(&vs);
	for (size_t i = 0; i < N_EXPECTS; i++) {
		const struct vector *v = vectors_find(&vs, expects[i].name);
		uint8_t last_type = 0;

		for (const enum op *op = expects[i].ops; *op != END; op++)
			last_type = *op == O_32 ? 32 : *op == O_33 ? 33 : 34;
		for (size_t len = 0; len < v->len; len++) {
			uint8_t *msg = exact_copy(v->msg, len);
			struct mip4_sa sa = vectors_sa(last_type);
			struct mip4_msg m;
			size_t good = 0, covered;

			ck_assert_msg(mip4_parse(&m, msg, len, &types) ==
			    cut_result(&expects[i], len, &good),
			    "%s cut to %zu", v->name, len);
			ck_assert_uint_eq(m.ext.parsed, good);
			ck_assert_int_eq(mip4_auth_check(msg, &m.ext,
			    last_type, &sa, &covered), MIP4_AUTH_ABSENT);
			free(msg);
		}
	}
}
END_TEST

/* Only of a request that begins with it, and whole. */
START_TEST(peek_nai)
{
	uint8_t msg[24 + 2 + 5] = { 1, [24] = 131, 5, 'a', '@', 'b', '.', 'c' };
	const uint8_t *nai;
	size_t len, n;

	nai = mip4_peek_nai(msg, sizeof(msg), &n);
	ck_assert_ptr_eq(nai, msg + 26);
	ck_assert_uint_eq(n, 5);
	for (len = 0; len < sizeof(msg); len++)
		ck_assert_ptr_null(mip4_peek_nai(msg, len, &n));
	msg[24] = 120;
	ck_assert_ptr_null(mip4_peek_nai(msg, sizeof(msg), &n));
	msg[24] = 131;
	msg[0] = 3;
	ck_assert_ptr_null(mip4_peek_nai(msg, sizeof(msg), &n));
}
END_TEST

START_TEST(message_types)
{
	uint8_t buf[64] = { 0 };
	struct mip4_msg m;

	for (unsigned type = 0; type < 256; type++) {
		enum mip4_parsed want = MIP4_UNKNOWN_TYPE;

		if (type == 1 || type == 3 || type == 7 || type == 15)
			want = MIP4_OK;
		buf[0] = (uint8_t)type;
		ck_assert_int_eq(mip4_parse(&m, buf, sizeof(buf), &types),
		    want);
	}
	ck_assert_int_eq(mip4_parse(&m, buf, 0, &types), MIP4_SHORT);
}
END_TEST

/* A and I are the top bits of type 7, I the top bit of type 15; the others
 * are reserved and say nothing. */
START_TEST(revocation_bits)
{
	uint8_t buf[20] = { 7 };
	struct mip4_msg m;

	for (unsigned bit = 0; bit < 16; bit++) {
		buf[1] = 0xff;
		buf[2] = (uint8_t)((1u << bit) >> 8);
		buf[3] = (uint8_t)(1u << bit);
		buf[0] = 7;
		ck_assert_int_eq(mip4_parse(&m, buf, 20, &types), MIP4_OK);
		ck_assert(m.rev.a == (bit == 15));
		ck_assert(m.rev.i == (bit == 14));
		buf[0] = 15;
		ck_assert_int_eq(mip4_parse(&m, buf, 12, &types), MIP4_OK);
		ck_assert(m.ack.i == (bit == 15));
	}
}
END_TEST

START_TEST(written_revocation_bits)
{
	uint8_t buf[32];
	struct wire_w w;

	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_rev(&w, &(struct mip4_rev){ .i = true });
	ck_assert_mem_eq(buf, "\x07\x00\x40\x00", 4);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_rev_ack(&w, &(struct mip4_rev_ack){ .i = true });
	ck_assert_mem_eq(buf, "\x0f\x00\x80\x00", 4);
}
END_TEST

START_TEST(code_texts)
{
	ck_assert_str_eq(mip4_code_str(0), "accepted");
	ck_assert_str_eq(mip4_code_str(133),
	    "registration Identification mismatch");
	ck_assert_str_eq(mip4_code_str(200), "unknown");
	ck_assert_str_eq(mip4_parsed_str(MIP4_MALFORMED), "malformed");
}
END_TEST

TEST_MAIN("mip4", decodes, encodes, cut_anywhere, peek_nai, message_types,
    revocation_bits, written_revocation_bits, code_texts)
