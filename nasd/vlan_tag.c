/* SPDX-License-Identifier: BSD-2-Clause */
/* See vlan_tag.h. */
#include "nasd/vlan_tag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/wire.h"
#include "nasd/pppoe_proto.h"

#define VID_MASK	0x0fff
#define TAG_LEN		4

/* ---- ranges ---- */

/* Digits only; the text goes on behind them. */
static int
read_id(const char **text, uint16_t *id)
{
	const char *p = *text;
	unsigned v = 0;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++)
		if ((v = v * 10 + (unsigned)(*p - '0')) > VLAN_ID_MAX)
			return -ERANGE;
	*text = p;
	*id = (uint16_t)v;
	return v > 0 ? 0 : -ERANGE;
}

static int
read_span(const char **text, uint16_t *low, uint16_t *high)
{
	int err = read_id(text, low);

	*high = *low;
	if (err == 0 && **text == '-') {
		++*text;
		err = read_id(text, high);
	}
	if (err == 0 && *high < *low)
		err = -ERANGE;
	return err;
}

int
vlan_ranges_add(struct vlan_ranges *v, const char *text)
{
	static const char inner[] = " inner ";
	struct vlan_range r = { 0 };
	int err = read_span(&text, &r.low, &r.high);

	if (err == 0 && strncmp(text, inner, sizeof(inner) - 1) == 0) {
		text += sizeof(inner) - 1;
		err = read_span(&text, &r.inner_low, &r.inner_high);
	}
	if (err == 0 && *text != '\0')
		err = -EINVAL;
	if (err == 0 && v->n == VLAN_RANGES_MAX)
		err = -ENOSPC;
	if (err == 0)
		v->range[v->n++] = r;
	return err;
}

static bool
fits(const struct vlan_range *r, const struct vlan_tag *t)
{
	return t->outer >= r->low && t->outer <= r->high &&
	    t->inner >= r->inner_low && t->inner <= r->inner_high;
}

bool
vlan_ranges_have(const struct vlan_ranges *v, const struct vlan_tag *t)
{
	unsigned i;

	if (t->type != (t->inner != 0 ? v->qinq_type : VLAN_8021Q))
		return false;
	for (i = 0; i < v->n; i++)
		if (fits(&v->range[i], t))
			return true;
	return false;
}

bool
vlan_tag_equal(const struct vlan_tag *a, const struct vlan_tag *b)
{
	return a->type == b->type && a->outer == b->outer &&
	    a->inner == b->inner;
}

/* ---- names ---- */

/* All of the tags, with a point before each. */
static int
put_tags(char *to, size_t size, const struct vlan_tag *t)
{
	return t->inner != 0 ? snprintf(to, size, ".%u.%u",
	    t->outer & VID_MASK, t->inner & VID_MASK) :
	    snprintf(to, size, ".%u", t->outer & VID_MASK);
}

void
vlan_port_id(char id[static VLAN_PORT_ID], const char *parent,
    const struct vlan_tag *t)
{
	int n = snprintf(id, VLAN_PORT_ID, "%.15s", parent);

	(void)put_tags(id + n, VLAN_PORT_ID - (size_t)n, t);
}

int
vlan_name(char name[static VLAN_NAME], const char *parent, unsigned ifindex,
    const struct vlan_tag *t, bool other)
{
	char tags[VLAN_NAME];
	int n, len = put_tags(tags, sizeof(tags), t);

	/* An 802.1ad carrier has a name of its own beside the 802.1Q VLAN of
	 * the same number; so do two whose names came out alike. */
	if (!other && strlen(parent) + (size_t)len < VLAN_NAME)
		n = snprintf(name, VLAN_NAME, "%s%s", parent, tags);
	else
		n = snprintf(name, VLAN_NAME, "nv%x%s", ifindex, tags);
	return n > 0 && n < VLAN_NAME ? 0 : -ENAMETOOLONG;
}

void
vlan_alias(char alias[static VLAN_ALIAS], const char *parent,
    const struct vlan_tag *t, const char *owner)
{
	snprintf(alias, VLAN_ALIAS, "nasd: type %04x VLAN %u.%u of %.15s; %s",
	    t->type, t->outer, t->inner, parent, owner);
}

bool
vlan_alias_read(const char *alias, const char *owner,
    char parent[static VLAN_NAME], struct vlan_tag *t)
{
	char again[VLAN_ALIAS];

	if (sscanf(alias, "nasd: type %4hx VLAN %4hu.%4hu of %15[^; ];",
	    &t->type, &t->outer, &t->inner, parent) != 4)
		return false;
	vlan_alias(again, parent, t, owner);
	return strcmp(alias, again) == 0;
}

/* ---- frames ---- */

int
vlan_untag(uint8_t *frame, size_t *len, uint16_t tci, uint16_t type,
    struct vlan_tag *t)
{
	struct wire_r r;
	uint16_t proto;

	*t = (struct vlan_tag){ .type = type, .outer = tci & VID_MASK };
	if (t->outer == 0)
		return -EPROTO;
	wire_r_init(&r, frame, *len);
	wire_r_skip(&r, 2 * PPPOE_MAC_LEN);
	proto = wire_r_u16(&r);
	if (!r.err && proto == VLAN_8021Q) {
		t->inner = wire_r_u16(&r) & VID_MASK;
		proto = wire_r_u16(&r);
		if (r.err || t->inner == 0)
			return -EPROTO;
		memmove(frame + 2 * PPPOE_MAC_LEN,
		    frame + 2 * PPPOE_MAC_LEN + TAG_LEN,
		    *len - 2 * PPPOE_MAC_LEN - TAG_LEN);
		*len -= TAG_LEN;
	}
	return !r.err && proto == PPPOE_ETHERTYPE ? 0 : -EPROTO;
}
