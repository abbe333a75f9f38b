/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys in an Access-Accept: what mobile.h promises. X.S0011-005-C (3GPP2, a
 * Vendor-Specific as RFC 2865 suggests it) and the WiMAX NWG's stage 3, where
 * a continuation byte stands before each value. Both hide keys by RFC 2868
 * 3.5 (radius/salt.c).
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/wire.h"
#include "radius/mobile.h"
#include "radius/salt.h"

#define WIMAX_MORE	0x80	/* the next attribute continues this one */

/* Where an association's parts are. */
struct place {
	const char	*name;		/* of the key, for people */
	uint32_t	 vendor;
	uint8_t		 key, spi;
	bool		 wimax;
};

static const struct place mn_ha_places[] = {
	{ "3GPP2-MN-HA-Shared-Key", RADIUS_VENDOR_3GPP2, 58, 57, false },
	{ "WiMAX-MN-hHA-MIP4-Key", RADIUS_VENDOR_WIMAX, 10, 11, true },
	{ "WiMAX-RRQ-MN-HA-Key", RADIUS_VENDOR_WIMAX, 19, 20, true },
};

/* The value behind the continuation byte; NULL for one that is continued or
 * has none. */
static const uint8_t *
wimax_value(const VALUE_PAIR *vp, size_t *len)
{
	const uint8_t *v = radius_value(vp, len);

	if (v == NULL || *len < 1 || v[0] & WIMAX_MORE)
		return NULL;
	--*len;
	return v + 1;
}

static bool
get_u32(const struct radius_attrs *as, const struct place *p, uint8_t id,
    uint32_t *out)
{
	const VALUE_PAIR *vp = radius_find(as, id, p->vendor);
	const uint8_t *v;
	struct wire_r r;
	size_t len;

	/* Of two it could not be told whose the key is. */
	if (vp == NULL || radius_find_next(vp) != NULL)
		return false;
	if (!p->wimax) {
		*out = vp->lvalue;
		return true;
	}
	if ((v = wimax_value(vp, &len)) == NULL || len != 4)
		return false;
	wire_r_init(&r, v, len);
	*out = wire_r_u32(&r);
	return true;
}

static enum radius_key
broken(const struct place *p, const char *what, char *why, size_t cap)
{
	snprintf(why, cap, "%s: %s", p->name, what);
	return RADIUS_KEY_BROKEN;
}

/* Reads what is known to be there, at least in part. */
static enum radius_key
read_sa(const struct radius_attrs *as, const struct place *p,
    const VALUE_PAIR *key, struct mip4_sa *sa, char *why, size_t cap)
{
	enum radius_unsalted u;
	const uint8_t *v;
	size_t len;

	if (key == NULL)
		return broken(p, "missing, though there is its SPI", why, cap);
	if (radius_find_next(key) != NULL)
		return broken(p, "there are two", why, cap);
	if (!get_u32(as, p, p->spi, &sa->spi))
		return broken(p, "without an SPI, or with two", why, cap);
	if (sa->spi < MIP4_SPI_MIN)
		return broken(p, "its SPI is a reserved one", why, cap);
	v = p->wimax ? wimax_value(key, &len) : radius_value(key, &len);
	if (v == NULL)
		return broken(p, "continued, or too short", why, cap);
	if (as->secret == NULL)
		return broken(p, "not in a reply", why, cap);
	u = radius_unsalt(as->secret, as->vector, v, len, sa->key,
	    sizeof(sa->key), &sa->key_len);
	if (u != RADIUS_UNSALTED)
		return broken(p, radius_unsalted_str(u), why, cap);
	if (sa->key_len < RADIUS_KEY_MIN)
		return broken(p, "shorter than 16 bytes", why, cap);
	return RADIUS_KEY_GOOD;
}

static enum radius_key
read_place(const struct radius_attrs *as, const struct place *p,
    struct mip4_sa *sa, char *why, size_t cap)
{
	const VALUE_PAIR *key = radius_find(as, p->key, p->vendor);
	enum radius_key v;

	if (key == NULL && radius_find(as, p->spi, p->vendor) == NULL)
		return RADIUS_KEY_NONE;
	v = read_sa(as, p, key, sa, why, cap);
	if (v != RADIUS_KEY_GOOD)
		mip4_sa_wipe(sa);
	return v;
}

enum radius_key
radius_mn_ha(const struct radius_attrs *as, enum radius_reader reader,
    struct mip4_sa *sa, char *why, size_t cap)
{
	static const unsigned order[][3] = {
		[RADIUS_FOR_NAS] = { 0, 1, 2 },
		[RADIUS_FOR_HA] = { 0, 2, 1 },
	};
	enum radius_key v = RADIUS_KEY_NONE;

	memset(sa, 0, sizeof(*sa));
	for (unsigned i = 0; i < 3 && v == RADIUS_KEY_NONE; i++)
		v = read_place(as, &mn_ha_places[order[reader][i]], sa, why,
		    cap);
	return v;
}
