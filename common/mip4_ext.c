/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobile IPv4 extensions: framing [RFC 3344 1.8-1.11], reading by one table,
 * writing. The messages they stand in are mip4.c's, authenticators are
 * mip4_auth.c's to check; here they are only found.
 *
 * Framing decides first: an extension that runs past the end, or an unknown
 * one of 0..127, ends the reading. A known one with contents it can not have
 * is noted and passed, so that the sender can be told with a reply that its
 * authenticator has earned.
 */
#include "common/mip4_ext.h"

#include <string.h>

#include "common/wire.h"

#define SKIPPABLE	128	/* this and higher types may be unknown */

#define SHORT_SUBTYPE	1	/* Length counts the Sub-Type [RFC 3344 1.11] */
#define HOA_U		0x80
#define REV_I		0x8000
#define PMIP_PER_NODE_AUTH 1	/* RFC 5563 6.1 */
#define DYN_HA_REDIRECTED	2	/* RFC 4433 3.4 */

enum ext_form {
	FORM_UNKNOWN,	/* the table has no such type */
	FORM_TLV,	/* Length(8) at 1; "short" is the same to a parser */
	FORM_LONG,	/* Sub-Type at 1, Length(16) at 2 */
};

/* One extension as framed. */
struct ext {
	uint8_t		type;
	uint8_t		sub;	/* long form: byte 1 */
	size_t		off;	/* of Type, in the message */
	size_t		len;	/* of data: what Length counts */
	struct wire_r	data;
};

struct ext_def {
	enum ext_form	form;
	uint16_t	min;	/* bounds of Length */
	uint16_t	max;
	/* NULL: known, but nothing in it is for us. False: like an unknown
	 * type. Length is within its bounds. */
	bool		(*read)(struct mip4_exts *, struct ext *);
};

/* Known, but not with such contents: noted, and nothing of it read. */
static bool
bad(struct mip4_exts *e)
{
	e->bad_ext = true;
	return true;
}

static bool
read_auth(struct mip4_exts *e, struct ext *x)
{
	struct mip4_auth_ext *a;

	if (e->n_auth++ >= MIP4_MAX_AUTHS)
		return true;
	a = &e->auth[e->n_auth - 1];
	*a = (struct mip4_auth_ext){ .type = x->type, .off = x->off };
	/* Where there is no room for an SPI, these are 0, 0 and NULL. */
	a->spi = wire_r_u32(&x->data);
	a->len = wire_r_left(&x->data);
	a->authenticator = wire_r_ptr(&x->data, a->len);
	return true;
}

static bool
read_nai(struct mip4_exts *e, struct ext *x)
{
	const uint8_t *nai = wire_r_ptr(&x->data, x->len);

	if (e->n_nai++ > 0)
		return true;
	e->off_nai = x->off;
	/* With a NUL it would be another one wherever it is text. */
	if (x->len > 0 && x->len <= MIP4_NAI_MAX && nai &&
	    !memchr(nai, '\0', x->len)) {
		e->nai_len = x->len;
		e->nai = nai;
	}
	return true;
}

/* Revocation Support [RFC 3543 3.2], which may grow. */
static bool
read_rev(struct mip4_exts *e, struct ext *x)
{
	if (e->off_rev != 0)
		return true;
	e->off_rev = x->off;
	e->rev_i = (wire_r_u16(&x->data) & REV_I) != 0;
	e->rev_timestamp = wire_r_u32(&x->data);
	return true;
}

/* Encapsulating Delivery Style [RFC 3024 3.3] says all by being there. */
static bool
read_encap_delivery(struct mip4_exts *e, struct ext *x)
{
	if (e->off_encap_delivery == 0)
		e->off_encap_delivery = x->off;
	return true;
}

static bool
read_gre_key(struct mip4_exts *e, struct ext *x)
{
	if (x->sub != 0)
		return false;
	if (e->n_gre++ > 0)
		return true;
	e->off_gre = x->off;
	e->gre_key = wire_r_u32(&x->data);
	return true;
}

static bool
read_pmip(struct mip4_exts *e, struct ext *x)
{
	if (x->sub != PMIP_PER_NODE_AUTH)
		return false;
	if (x->len != 1)
		return bad(e);
	if (e->off_pmip_auth != 0)
		return true;
	e->off_pmip_auth = x->off;
	e->pmip_auth_method = wire_r_u8(&x->data);
	return true;
}

/* Service Selection [RFC 5446 3]: no more than one is of any use. */
static bool
read_service(struct mip4_exts *e, struct ext *x)
{
	if (e->off_service != 0)
		return true;
	e->off_service = x->off;
	e->service_len = x->len;
	e->service = wire_r_ptr(&x->data, x->len);
	return true;
}

/* RFC 4433 3.4: skippable, so what is wrong about it is no reason to refuse
 * the message. */
static bool
read_dyn_ha(struct mip4_exts *e, struct ext *x)
{
	if (x->sub != DYN_HA_REDIRECTED || x->len != 4 || e->off_redirect != 0)
		return true;
	e->off_redirect = x->off;
	wire_r_copy(&x->data, &e->redirect, 4);
	return true;
}

/* No vendor's extension is ours; had says so with code 140 or 141 [D46]. */
static bool
read_cvse(struct mip4_exts *e, struct ext *x)
{
	if (e->off_cvse != 0)
		return true;
	e->off_cvse = x->off;
	e->cvse_vendor = wire_r_u32(&x->data);
	return true;
}

/* draft-navali-ip6-over-netmip4-02 4.1, PROTOCOLS 10.1. */
static bool
read_hoa_request(struct mip4_exts *e, struct ext *x)
{
	if (e->n_hoa_req++ > 0)
		return true;
	if (x->len != SHORT_SUBTYPE && x->len != SHORT_SUBTYPE + 8)
		return bad(e);
	if (wire_r_u8(&x->data) != 0)	/* Sub-Type [D18] */
		return bad(e);
	e->off_hoa_req = x->off;
	e->hoa_req_empty = x->len == SHORT_SUBTYPE;
	if (!e->hoa_req_empty)
		wire_r_copy(&x->data, e->hoa_req_iid.b, 8);
	return true;
}

static bool
read_hoa_request_skip(struct mip4_exts *e, struct ext *x)
{
	if (e->n_hoa_req == 0)
		e->hoa_req_skip = true;
	return read_hoa_request(e, x);
}

/* draft-navali-ip6-over-netmip4-02 4.2, PROTOCOLS 10.2. */
static bool
read_hoa(struct mip4_exts *e, struct ext *x)
{
	if (e->n_hoa++ > 0)
		return true;
	if (x->len != 1 && x->len != 1 + 16)
		return bad(e);
	e->off_hoa = x->off;
	e->hoa_unique = (wire_r_u8(&x->data) & HOA_U) != 0;
	e->hoa_empty = x->len == 1;
	if (!e->hoa_empty)
		wire_r_copy(&x->data, &e->hoa, 16);
	return true;
}

/* draft-engelstad-ngtrans-mipv4-over-mipv6-01 5, PROTOCOLS 13.1. */
static bool
read_ipv6_address(struct mip4_exts *e, struct ext *x)
{
	if (e->off_ipv6_address != 0)
		return true;
	e->off_ipv6_address = x->off;
	e->ipv6_binding_type = wire_r_u8(&x->data);
	wire_r_skip(&x->data, 1);
	wire_r_copy(&x->data, &e->ipv6_address, 16);
	return true;
}

#define ANY	0, UINT16_MAX

/*
 * Types that are understood. What RFCs define beyond these, we do not: 0..127
 * of that is "not recognised", so the message goes unanswered (36, 40-46, 49,
 * 50, and 127 [D45]).
 */
static const struct ext_def ext_defs[256] = {
	[MIP4_EXT_MN_HA]	= { FORM_TLV, ANY, read_auth },
	[MIP4_EXT_MN_FA]	= { FORM_TLV, ANY, read_auth },
	[MIP4_EXT_FA_HA]	= { FORM_TLV, ANY, read_auth },
	[MIP4_EXT_CVSE_OLD]	= { FORM_LONG, 4, UINT16_MAX, read_cvse },
	[MIP4_EXT_CVSE]		= { FORM_LONG, 4, UINT16_MAX, read_cvse },
	[MIP4_EXT_PMIP]		= { FORM_LONG, ANY, read_pmip },
	[MIP4_EXT_GRE_KEY]	= { FORM_LONG, 4, 4, read_gre_key },
	[MIP4_EXT_ENCAP_DELIVERY] = { FORM_TLV, 0, 0, read_encap_delivery },
	[MIP4_EXT_NAI]		= { FORM_TLV, ANY, read_nai },
	[MIP4_EXT_CHALLENGE]	= { FORM_TLV, ANY, NULL },
	[MIP4_EXT_NVSE]		= { FORM_TLV, ANY, NULL },
	[MIP4_EXT_REV_SUPPORT]	= { FORM_TLV, 6, UINT16_MAX, read_rev },
	[MIP4_EXT_DYN_HA]	= { FORM_LONG, ANY, read_dyn_ha },
	[MIP4_EXT_MSG_STRING]	= { FORM_TLV, ANY, NULL },
	[MIP4_EXT_PMIP_SKIP]	= { FORM_TLV, ANY, NULL },
	[MIP4_EXT_SERVICE]	= { FORM_TLV, 1, UINT16_MAX, read_service },
};

/* The types that are configuration. The draft's own have Lengths that are no
 * range: their read functions check them. */
static const struct ext_def def_hoa_request =
	{ FORM_TLV, ANY, read_hoa_request };
static const struct ext_def def_hoa_request_skip =
	{ FORM_TLV, ANY, read_hoa_request_skip };
static const struct ext_def def_hoa =
	{ FORM_TLV, ANY, read_hoa };
static const struct ext_def def_ipv6_address =
	{ FORM_TLV, 18, 18, read_ipv6_address };

static const struct ext_def *
ext_def(uint8_t type, const struct mip4_ext_types *t)
{
	if (type == t->hoa_request)
		return &def_hoa_request;
	if (type == t->hoa_request_skip)
		return &def_hoa_request_skip;
	if (type == t->hoa)
		return &def_hoa;
	if (type == t->ipv6_address)
		return &def_ipv6_address;
	return &ext_defs[type];
}

bool
mip4_ext_is_long(uint8_t type)
{
	switch (type) {
	case 36: case 37: case 38:		/* RFC 4721, 3025, 3115 */
	case 40: case 41: case 42: case 43:	/* RFC 3957 */
	case 47: case 48: case 50:		/* RFC 5563, 6245, 6521 */
	case 127:				/* RFC 4064 */
	case 139:				/* RFC 4433 */
		return true;
	default:
		return false;
	}
}

/* Frames the extension after its Type; false when it runs past the end. */
static bool
frame(struct ext *x, const struct ext_def *def, struct wire_r *r)
{
	size_t len;

	if (def->form == FORM_LONG) {
		x->sub = wire_r_u8(r);
		len = wire_r_u16(r);
	} else
		len = wire_r_u8(r);
	/*
	 * draft-engelstad 5 says Length 20 and shows 20 bytes with their
	 * header. A sender that follows the letter means those [E-D1]; what
	 * else it might mean is caught when the next extension is misread or
	 * the authenticator fails.
	 */
	if (def == &def_ipv6_address && len == 20)
		len = 18;
	x->len = len;
	x->data = wire_r_sub(r, len);
	return !r->err;
}

/* False: the message is to be discarded. */
static bool
note_unknown(struct mip4_exts *e, uint8_t type)
{
	if (e->first_unknown == 0 || type < SKIPPABLE)
		e->first_unknown = type;
	if (type < SKIPPABLE)
		return false;
	e->n_skipped++;
	return true;
}

static enum mip4_ext_result
read_one(struct mip4_exts *e, struct wire_r *r,
    const struct mip4_ext_types *types)
{
	struct ext x = { .off = wire_r_off(r) };
	const struct ext_def *def;

	x.type = wire_r_u8(r);
	if (x.type == MIP4_EXT_PAD)
		return MIP4_EXT_GOOD;
	def = ext_def(x.type, types);
	if (def->form == FORM_UNKNOWN && !note_unknown(e, x.type))
		return MIP4_EXT_UNKNOWN;
	if (!frame(&x, def, r))
		return MIP4_EXT_OVERRUN;
	if (def->form == FORM_UNKNOWN)
		return MIP4_EXT_GOOD;
	if (x.len < def->min || x.len > def->max)
		bad(e);
	else if (def->read != NULL && !def->read(e, &x) &&
	    !note_unknown(e, x.type))
		return MIP4_EXT_UNKNOWN;
	return MIP4_EXT_GOOD;
}

enum mip4_ext_result
mip4_exts_read(struct mip4_exts *e, struct wire_r *r,
    const struct mip4_ext_types *types)
{
	enum mip4_ext_result res = MIP4_EXT_GOOD;

	memset(e, 0, sizeof(*e));
	e->parsed = wire_r_off(r);
	while (wire_r_left(r) > 0) {
		res = read_one(e, r, types);
		if (res != MIP4_EXT_GOOD)
			break;
		e->parsed = wire_r_off(r);
	}
	return res;
}

void
mip4_put_nai(struct wire_w *w, const void *nai, size_t len)
{
	if (len == 0 || len > MIP4_NAI_MAX) {
		w->err = true;
		return;
	}
	wire_w_u8(w, MIP4_EXT_NAI);
	wire_w_u8(w, (uint8_t)len);
	wire_w_copy(w, nai, len);
}

void
mip4_put_hoa_request(struct wire_w *w, uint8_t type, const struct iid *iid)
{
	wire_w_u8(w, type);
	wire_w_u8(w, iid == NULL ? SHORT_SUBTYPE : SHORT_SUBTYPE + 8);
	wire_w_u8(w, 0);		/* Sub-Type */
	if (iid != NULL)
		wire_w_copy(w, iid->b, sizeof(iid->b));
}

void
mip4_put_hoa(struct wire_w *w, uint8_t type, const struct in6_addr *hoa,
    bool unique)
{
	wire_w_u8(w, type);
	wire_w_u8(w, hoa == NULL ? 1 : 1 + 16);
	wire_w_u8(w, unique && hoa != NULL ? HOA_U : 0);
	if (hoa != NULL)
		wire_w_copy(w, hoa, sizeof(*hoa));
}

void
mip4_put_rev_support(struct wire_w *w, bool i, uint32_t timestamp)
{
	wire_w_u8(w, MIP4_EXT_REV_SUPPORT);
	wire_w_u8(w, 6);
	wire_w_u16(w, i ? REV_I : 0);
	wire_w_u32(w, timestamp);
}

void
mip4_put_gre_key(struct wire_w *w, uint32_t key)
{
	wire_w_u8(w, MIP4_EXT_GRE_KEY);
	wire_w_u8(w, 0);		/* Sub-Type */
	wire_w_u16(w, 4);
	wire_w_u32(w, key);
}

void
mip4_put_redirect(struct wire_w *w, struct in_addr ha)
{
	wire_w_u8(w, MIP4_EXT_DYN_HA);
	wire_w_u8(w, DYN_HA_REDIRECTED);
	wire_w_u16(w, 4);
	wire_w_copy(w, &ha, 4);
}

void
mip4_put_pmip_auth(struct wire_w *w, uint8_t method)
{
	wire_w_u8(w, MIP4_EXT_PMIP);
	wire_w_u8(w, PMIP_PER_NODE_AUTH);
	wire_w_u16(w, 1);
	wire_w_u8(w, method);
}

void
mip4_put_service(struct wire_w *w, const void *service, size_t len)
{
	if (len == 0 || len > MIP4_SERVICE_MAX) {
		w->err = true;
		return;
	}
	wire_w_u8(w, MIP4_EXT_SERVICE);
	wire_w_u8(w, (uint8_t)len);
	wire_w_copy(w, service, len);
}

void
mip4_put_ipv6_address(struct wire_w *w, uint8_t type, uint8_t binding,
    const struct in6_addr *a)
{
	wire_w_u8(w, type);
	wire_w_u8(w, 18);		/* not the draft's 20 [E-D1] */
	wire_w_u8(w, binding);
	wire_w_u8(w, 0);
	wire_w_copy(w, a, sizeof(*a));
}

/* Has an RFC given this type a meaning [PROTOCOLS 3.2]? */
static bool
is_assigned(uint8_t type)
{
	return type == 0 || (type >= 32 && type <= 34) ||
	    (type >= 36 && type <= 38) || (type >= 40 && type <= 50) ||
	    (type >= 128 && type <= 134) || (type >= 136 && type <= 142) ||
	    type == 144 || type == 145 || (type >= 147 && type <= 154);
}

const char *
mip4_ext_types_check(const struct mip4_ext_types *t)
{
	const uint8_t all[] =
	    { t->hoa_request, t->hoa_request_skip, t->hoa, t->ipv6_address };

	for (size_t i = 0; i < sizeof(all); i++) {
		if (is_assigned(all[i]))
			return "the number belongs to another extension";
		for (size_t j = 0; j < i; j++)
			if (all[i] == all[j])
				return "two extensions have the same number";
	}
	if (t->hoa_request_skip < SKIPPABLE)
		return "ipv6-hoa-request-skippable must be 128 to 255";
	if (t->ipv6_address >= SKIPPABLE)
		return "ipv6-address must be 1 to 127";
	return NULL;
}

const char *
mip4_ext_types_warning(const struct mip4_ext_types *t)
{
	const uint8_t all[] =
	    { t->hoa_request, t->hoa_request_skip, t->hoa, t->ipv6_address };

	for (size_t i = 0; i < sizeof(all); i++)
		if (all[i] == MIP4_EXT_EXPERIMENTAL || all[i] == 255)
			return "127 and 255 are for experiments [RFC 4064]";
	if (t->hoa_request >= SKIPPABLE)
		return "the draft wants ipv6-hoa-request to be 1 to 127";
	return NULL;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Where the realm begins; len when there is none. */
static size_t
realm_off(const uint8_t *nai, size_t len)
{
	for (size_t i = len; i > 0; i--)
		if (nai[i - 1] == '@')
			return i;
	return len;
}

bool
nai_equal(const void *a, size_t alen, const void *b, size_t blen)
{
	const uint8_t *x = a, *y = b;
	size_t realm;

	if (alen != blen)
		return false;
	realm = realm_off(x, alen);
	if (realm != realm_off(y, blen))
		return false;
	for (size_t i = 0; i < alen; i++)
		if (x[i] != y[i] && (i < realm || lower(x[i]) != lower(y[i])))
			return false;
	return true;
}

void
nai_normalize(void *nai, size_t len)
{
	uint8_t *p = nai;

	for (size_t i = realm_off(p, len); i < len; i++)
		p[i] = lower(p[i]);
}
