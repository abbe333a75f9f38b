/* SPDX-License-Identifier: BSD-2-Clause */
/* See session_rec.h. One table names every member: a tag, once given, means
 * the same for ever. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/wire.h"
#include "nasd/session_rec.h"

enum kind { RAW, BOOL, STRING };

struct member {
	uint8_t		tag;
	uint8_t		kind;
	uint16_t	off, size;
};

#define M(tag, kind, type, member)					\
	{ tag, kind, (uint16_t)offsetof(type, member),			\
	    (uint16_t)sizeof(((type *)0)->member) }

#define S(tag, kind, member)	M(tag, kind, struct session_rec, member)

static const struct member session_members[] = {
	S(1, RAW, nr), S(2, STRING, id), S(3, RAW, phase),
	S(4, RAW, saved_at), S(5, RAW, pid), S(6, RAW, cause),
	S(7, STRING, why), S(8, RAW, access),
	S(10, STRING, ifname), S(11, STRING, device), S(12, STRING, calling),
	S(13, STRING, service), S(14, RAW, pppoe_sid), S(15, BOOL, has_mac),
	S(16, RAW, mac), S(17, RAW, mru), S(18, RAW, circuit_id),
	S(19, RAW, remote_id), S(20, RAW, local), S(21, RAW, lease),
	S(30, STRING, user), S(31, BOOL, accounting), S(32, BOOL, came_up),
	S(33, RAW, up_since), S(34, RAW, interim_due), S(35, RAW, idle_since),
	S(36, RAW, granted_at), S(37, RAW, rx_bytes), S(38, RAW, tx_bytes),
	S(39, RAW, rx_packets), S(40, RAW, tx_packets),
	S(41, RAW, rate.down_bps), S(42, RAW, rate.up_bps),
	S(43, RAW, rate.burst_ms), S(44, RAW, before),
	S(45, RAW, carried), S(46, RAW, said), S(47, BOOL, awaited),
	S(50, STRING, nai), S(51, RAW, ha), S(52, BOOL, unique),
	S(53, BOOL, registered), S(54, BOOL, hoa_unique), S(55, RAW, iid),
	S(56, RAW, hoa), S(57, RAW, lifetime), S(58, BOOL, has_reg),
	S(59, BOOL, reg_bound), S(60, BOOL, revocable), S(61, BOOL, rev_acted),
	S(62, RAW, home), S(63, RAW, expires), S(64, RAW, rev_floor),
	S(65, RAW, clock_offset), S(66, RAW, last_id),
	S(67, BOOL, node), S(68, RAW, coa), S(69, BOOL, moved),
	S(70, RAW, gre.own), S(71, RAW, gre.peer),
	S(76, RAW, via), S(77, RAW, agent_gre),
	S(80, RAW, grant.home_agent), S(81, RAW, grant.n_home_agents),
	S(82, RAW, grant.mode), S(83, BOOL, grant.has_iid),
	S(84, RAW, grant.iid), S(85, STRING, grant.user),
	S(86, STRING, grant.pool), S(87, STRING, grant.filter_id),
	S(88, RAW, grant.session_timeout), S(89, RAW, grant.idle_timeout),
	S(90, RAW, grant.interim_s), S(91, RAW, grant.rdnss),
	S(92, RAW, grant.n_rdnss), S(93, BOOL, grant.has_mn_ha),
	S(94, RAW, grant.mn_ha.spi), S(95, RAW, grant.mn_ha.alg),
	S(96, RAW, grant.rate_up_bps), S(97, RAW, grant.rate_down_bps),
	S(98, RAW, grant.ip4), S(99, RAW, grant.dns),
};

/* By hand: of varying length. */
enum { TAG_CLASS = 120, TAG_MN_HA_KEY = 121 };

#define G(tag, kind, member)	M(tag, kind, struct rec_global, member)

static const struct member global_members[] = {
	G(1, RAW, boot_id), G(2, RAW, nr_reserved), G(3, RAW, cookie_key),
	G(4, BOOL, drained), G(5, RAW, dae),
};

#define L(tag, kind, member)	M(tag, kind, struct rec_moved, member)

static const struct member moved_members[] = {
	L(1, STRING, link), L(2, STRING, nai), L(3, BOOL, on),
	L(4, RAW, ifindex), L(5, RAW, ups),
};

#define COUNT_OF(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- members ---- */

static void
put(struct wire_w *w, uint8_t tag, const void *p, size_t len)
{
	wire_w_u8(w, tag);
	wire_w_u16(w, (uint16_t)len);
	wire_w_copy(w, p, len);
}

static bool
is_zero(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* What is zero goes without saying. */
static void
put_members(struct wire_w *w, const struct member *m, size_t n,
    const void *base)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const uint8_t *p = (const uint8_t *)base + m[i].off;
		size_t len = m[i].kind == STRING ?
		    strnlen((const char *)p, m[i].size) : m[i].size;

		if (!is_zero(p, len))
			put(w, m[i].tag, p, len);
	}
}

static const struct member *
find_member(const struct member *m, size_t n, uint8_t tag)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (m[i].tag == tag)
			return &m[i];
	return NULL;
}

/* 0, or -EPROTO if its length is not what we would have written. */
static int
take(const struct member *m, void *base, const uint8_t *v, size_t len)
{
	uint8_t *p = (uint8_t *)base + m->off;
	const bool truth = len > 0 && v[0] != 0;

	switch (m->kind) {
	case STRING:
		if (len >= m->size || memchr(v, '\0', len) != NULL)
			return -EPROTO;
		memcpy(p, v, len);
		memset(p + len, 0, m->size - len);
		return 0;
	case BOOL:
		if (len != sizeof(bool))
			return -EPROTO;
		memcpy(p, &truth, sizeof(truth));
		return 0;
	default:
		if (len != m->size)
			return -EPROTO;
		memcpy(p, v, len);
		return 0;
	}
}

/* other: takes what no member is, which else is passed over; may be NULL. */
static int
decode(const uint8_t *buf, size_t buf_len, const struct member *members,
    size_t n, void *base,
    int (*other)(void *base, uint8_t tag, const uint8_t *v, size_t len))
{
	const struct member *m;
	const uint8_t *v;
	struct wire_r r;
	uint16_t len;
	uint8_t tag;
	int err = 0;

	wire_r_init(&r, buf, buf_len);
	while (err == 0 && wire_r_left(&r) > 0) {
		tag = wire_r_u8(&r);
		len = wire_r_u16(&r);
		v = wire_r_ptr(&r, len);
		if (r.err)
			return -EPROTO;
		m = find_member(members, n, tag);
		if (m != NULL)
			err = take(m, base, v, len);
		else if (other != NULL)
			err = other(base, tag, v, len);
	}
	return err;
}

/* ---- sessions ---- */

int
session_rec_encode(const struct session_rec *r, uint8_t *buf, size_t cap)
{
	struct wire_w w;
	unsigned i;

	wire_w_init(&w, buf, cap);
	put_members(&w, session_members, COUNT_OF(session_members), r);
	for (i = 0; i < r->n_class; i++)
		put(&w, TAG_CLASS, r->class[i].data, r->class[i].len);
	if (r->grant.has_mn_ha)
		put(&w, TAG_MN_HA_KEY, r->grant.mn_ha.key,
		    r->grant.mn_ha.key_len);
	return w.err ? -EMSGSIZE : (int)w.len;
}

static int
take_class(struct session_rec *r, const uint8_t *v, size_t len)
{
	struct aaa_class *c = &r->class[r->n_class];

	if (r->n_class == AAA_CLASSES || len > sizeof(c->data))
		return -EPROTO;
	memcpy(c->data, v, len);
	c->len = (uint8_t)len;
	r->n_class++;
	return 0;
}

static int
take_key(struct mip4_sa *sa, const uint8_t *v, size_t len)
{
	if (len > sizeof(sa->key))
		return -EPROTO;
	memcpy(sa->key, v, len);
	sa->key_len = len;
	return 0;
}

/* What no member is. */
static int
take_other(void *base, uint8_t tag, const uint8_t *v, size_t len)
{
	struct session_rec *r = base;

	switch (tag) {
	case TAG_CLASS:
		return take_class(r, v, len);
	case TAG_MN_HA_KEY:
		return take_key(&r->grant.mn_ha, v, len);
	default:
		return 0;
	}
}

/* What the table cannot tell. */
static int
check(const struct session_rec *r)
{
	const struct aaa_grant *g = &r->grant;

	if (r->nr == 0 || r->id[0] == '\0' || r->phase > REC_ENDING ||
	    (unsigned)r->cause > AAA_CAUSE_NAS_REBOOT ||
	    r->circuit_id.len > LINE_ID_MAX || r->remote_id.len > LINE_ID_MAX ||
	    g->n_home_agents > AAA_HOME_AGENTS || g->n_rdnss > AAA_RDNSS ||
	    (unsigned)g->mode > AAA_MODE_SHARED ||
	    (unsigned)g->mn_ha.alg > MIP4_ALG_HMAC_SHA256 ||
	    (g->has_mn_ha && g->mn_ha.key_len == 0))
		return -EPROTO;
	return 0;
}

int
session_rec_decode(struct session_rec *rec, const uint8_t *buf, size_t len)
{
	int err;

	memset(rec, 0, sizeof(*rec));
	err = decode(buf, len, session_members, COUNT_OF(session_members), rec,
	    take_other);
	return err != 0 ? err : check(rec);
}

void
session_rec_wipe(struct session_rec *r)
{
	explicit_bzero(r, sizeof(*r));
}

/* ---- the others: members, and nothing else ---- */

static int
encode(const struct member *m, size_t n, const void *base, uint8_t *buf,
    size_t cap)
{
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	put_members(&w, m, n, base);
	return w.err ? -EMSGSIZE : (int)w.len;
}

int
rec_global_encode(const struct rec_global *g, uint8_t *buf, size_t cap)
{
	return encode(global_members, COUNT_OF(global_members), g, buf, cap);
}

int
rec_global_decode(struct rec_global *g, const uint8_t *buf, size_t len)
{
	memset(g, 0, sizeof(*g));
	return decode(buf, len, global_members, COUNT_OF(global_members), g,
	    NULL);
}

int
rec_moved_encode(const struct rec_moved *l, uint8_t *buf, size_t cap)
{
	return encode(moved_members, COUNT_OF(moved_members), l, buf, cap);
}

int
rec_moved_decode(struct rec_moved *l, const uint8_t *buf, size_t len)
{
	memset(l, 0, sizeof(*l));
	return decode(buf, len, moved_members, COUNT_OF(moved_members), l,
	    NULL);
}
