/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attribute lists over libradcli's dictionary: what attrs.h promises.
 *
 * libradcli logs what it dislikes to syslog, as often as it happens. So each
 * attribute is looked up, and its length checked, before the library sees it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define LOG_MODULE "radius"
#include "common/log.h"
#include "radius/attrs.h"

/* Vendor and number in one, as libradcli keeps them: 16 bits each in 1.2, 32
 * bits each, by a macro of its own, since 1.3. */
#ifndef VATTRID_SET
#define VATTRID_SET(id, vendor)	((vendor) << 16 | (id))
#endif

#define DICT_MAX	(1 << 20)	/* bytes of a dictionary */

struct radius_dict {
	rc_handle	*rh;
};

/* The dictionary's entry, NULL when there is none. */
static const DICT_ATTR *
lookup(const struct radius_dict *d, unsigned id, uint32_t vendor)
{
	/* 1.2 would take vendor 71071 for 5535. */
	if (VENDOR(VATTRID_SET(id, vendor)) != vendor)
		return NULL;
	return rc_dict_getattr(d->rh, VATTRID_SET(id, vendor));
}

/* Not one that would hold us up, as a FIFO does. */
static FILE *
open_regular(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *f;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (f = fdopen(fd, "r")) != NULL)
		return f;
	close(fd);
	errno = EINVAL;
	return NULL;
}

/* A file's text, NUL-terminated and not empty; NULL after saying why. */
static char *
read_text(const char *file, size_t *len)
{
	char *text = calloc(1, DICT_MAX);
	FILE *f = open_regular(file);

	if (f == NULL || text == NULL) {
		log_error(NULL, "%s", file);
		goto fail;
	}
	*len = fread(text, 1, DICT_MAX - 1, f);
	if (*len == 0 || *len == DICT_MAX - 1 || ferror(f)) {
		log_errorx(NULL, "%s: empty, too long or not readable", file);
		goto fail;
	}
	fclose(f);
	return text;
fail:
	if (f != NULL)
		fclose(f);
	free(text);
	return NULL;
}

struct radius_dict *
radius_dict_load(const char *file)
{
	struct radius_dict *d;
	char *text;
	size_t len;

	if (radius_crypto_init() < 0) {
		log_errorx(NULL, "libcrypto does not offer MD5, which RADIUS "
		    "needs");
		return NULL;
	}
	if ((text = read_text(file, &len)) == NULL)
		return NULL;
	d = calloc(1, sizeof(*d));
	if (d == NULL || (d->rh = rc_new()) == NULL) {
		log_errorx(NULL, "out of memory");
		free(text);
		free(d);
		return NULL;
	}
	/* rc_read_dictionary would never free the file's name. */
	if (rc_read_dictionary_from_buffer(d->rh, text, len) != 0 ||
	    lookup(d, PW_USER_NAME, 0) == NULL) {
		/* libradcli gives its reasons to syslog only. */
		log_errorx(NULL, "%s: not a RADIUS dictionary (the line is in "
		    "the system's log)", file);
		radius_dict_free(d);
		d = NULL;
	}
	free(text);
	return d;
}

void
radius_dict_free(struct radius_dict *d)
{
	if (d == NULL)
		return;
	rc_destroy(d->rh);
	free(d);
}

void
radius_attrs_init(struct radius_attrs *as, const struct radius_dict *d)
{
	*as = (struct radius_attrs){ .dict = d };
}

void
radius_attrs_free(struct radius_attrs *as)
{
	VALUE_PAIR *vp = as->list, *next;

	for (; vp != NULL; vp = next) {
		next = vp->next;
		vp->next = NULL;
		OPENSSL_cleanse(vp->strvalue, sizeof(vp->strvalue));
		rc_avpair_free(vp);
	}
	radius_attrs_init(as, as->dict);
}

/* What is opaque to the dictionary may have a length of its own. */
static bool
length_fits(rc_attr_type type, unsigned id, uint32_t vendor, size_t len)
{
	if (vendor == 0 && id == PW_FRAMED_INTERFACE_ID)
		return len == 8;	/* RFC 3162 2.2 */
	switch (type) {
	case PW_TYPE_STRING:
		return len <= AUTH_STRING_LEN;
	case PW_TYPE_INTEGER:
	case PW_TYPE_IPADDR:
	case PW_TYPE_DATE:
		return len == 4;
	case PW_TYPE_IPV6ADDR:
		return len == 16;
	case PW_TYPE_IPV6PREFIX:
		return len >= 2 && len <= 18;
	}
	return false;
}

static bool
is_u32(rc_attr_type type)
{
	return type == PW_TYPE_INTEGER || type == PW_TYPE_IPADDR ||
	    type == PW_TYPE_DATE;
}

/* Appends an attribute, value as on the wire. 0, -ENOENT, -EINVAL, -ENOMEM. */
static int
append(struct radius_attrs *as, unsigned id, uint32_t vendor,
    const void *data, size_t len)
{
	const DICT_ATTR *da = lookup(as->dict, id, vendor);
	const void *value = data;
	VALUE_PAIR *vp;
	struct wire_r r;
	uint32_t u;

	if (da == NULL)
		return -ENOENT;
	if (!length_fits(da->type, id, vendor, len))
		return -EINVAL;
	if (is_u32(da->type)) {
		wire_r_init(&r, data, len);
		u = wire_r_u32(&r);
		value = &u;
	}
	vp = rc_avpair_new(as->dict->rh, (int)id, value, (int)len,
	    (int)vendor);
	if (vp == NULL)
		return -ENOMEM;
	/* Not rc_avpair_insert, which walks the list to its end. */
	if (as->last == NULL)
		as->list = vp;
	else
		as->last->next = vp;
	as->last = vp;
	return 0;
}

void
radius_add_data(struct radius_attrs *as, unsigned id, uint32_t vendor,
    const void *data, size_t len)
{
	if (append(as, id, vendor, data, len) < 0)
		as->err = true;
}

void
radius_add_str(struct radius_attrs *as, unsigned id, const char *s)
{
	if (s != NULL && *s != '\0')
		radius_add_data(as, id, 0, s, strnlen(s, AUTH_STRING_LEN));
}

void
radius_add_u32(struct radius_attrs *as, unsigned id, uint32_t v)
{
	const uint8_t b[4] = {
		(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
		(uint8_t)v
	};

	radius_add_data(as, id, 0, b, sizeof(b));
}

void
radius_add_ip4(struct radius_attrs *as, unsigned id, uint32_t vendor,
    struct in_addr a)
{
	radius_add_data(as, id, vendor, &a.s_addr, sizeof(a.s_addr));
}

void
radius_add_prefix6(struct radius_attrs *as, unsigned id,
    const struct in6_addr *a, unsigned plen)
{
	uint8_t b[18] = { 0, (uint8_t)plen };
	size_t n = (plen + 7) / 8;

	if (plen > 128) {
		as->err = true;
		return;
	}
	memcpy(b + 2, a, n);
	/* "All bits outside of the Prefix-Length MUST be zero." */
	if (plen % 8 != 0)
		b[1 + n] &= (uint8_t)(0xff << (8 - plen % 8));
	radius_add_data(as, id, 0, b, 2 + n);
}

int
radius_add_text(struct radius_attrs *as, const char *text)
{
	VALUE_PAIR *vp = NULL;

	if (rc_avpair_parse(as->dict->rh, text, &vp) < 0 || vp == NULL)
		return -EINVAL;
	if (as->last == NULL)
		as->list = vp;
	else
		as->last->next = vp;
	while (vp->next != NULL)
		vp = vp->next;
	as->last = vp;
	return 0;
}

void
radius_attrs_encode(const struct radius_attrs *as, struct wire_w *w,
    const struct radius_secret *secret)
{
	const VALUE_PAIR *vp;
	const void *data;
	uint8_t u32[4];
	struct wire_w tmp;
	size_t len;

	if (as->err)
		w->err = true;
	for (vp = as->list; vp != NULL; vp = vp->next) {
		if (is_u32(vp->type)) {
			wire_w_init(&tmp, u32, sizeof(u32));
			wire_w_u32(&tmp, vp->lvalue);
			data = u32;
			len = sizeof(u32);
		} else
			data = radius_value(vp, &len);
		if (VENDOR(vp->attribute) != 0)
			radius_put_vendor(w, VENDOR(vp->attribute),
			    (uint8_t)ATTRID(vp->attribute), data, len);
		else if (vp->attribute == PW_USER_PASSWORD)
			radius_put_password(w, secret, data, len);
		else
			radius_put(w, (uint8_t)vp->attribute, data, len);
	}
}

int
radius_attrs_decode(struct radius_attrs *as, const struct radius_dict *d,
    const uint8_t *pkt, size_t len)
{
	struct radius_iter it;
	struct radius_attr a;
	int err;

	radius_attrs_init(as, d);
	radius_iter_init(&it, pkt, len);
	while (radius_iter_next(&it, &a)) {
		err = append(as, a.type, a.vendor, a.data, a.len);
		if (err == -ENOMEM) {
			radius_attrs_free(as);
			return -ENOMEM;
		}
		if (err == -EINVAL && as->wrong == NULL)
			as->wrong = lookup(d, a.type, a.vendor)->name;
	}
	return 0;
}

const VALUE_PAIR *
radius_find(const struct radius_attrs *as, unsigned id, uint32_t vendor)
{
	return rc_avpair_get(as->list, (int)id, (int)vendor);
}

const VALUE_PAIR *
radius_find_next(const VALUE_PAIR *vp)
{
	const VALUE_PAIR *n;

	for (n = vp->next; n != NULL; n = n->next)
		if (n->attribute == vp->attribute)
			break;
	return n;
}

bool
radius_get_u32(const struct radius_attrs *as, unsigned id, uint32_t *out)
{
	return radius_get_vendor_u32(as, id, 0, out);
}

bool
radius_get_vendor_u32(const struct radius_attrs *as, unsigned id,
    uint32_t vendor, uint32_t *out)
{
	const VALUE_PAIR *vp = radius_find(as, id, vendor);

	if (vp == NULL || !is_u32(vp->type))
		return false;
	*out = vp->lvalue;
	return true;
}

bool
radius_get_ip4(const struct radius_attrs *as, unsigned id, uint32_t vendor,
    struct in_addr *out)
{
	const VALUE_PAIR *vp = radius_find(as, id, vendor);

	if (vp == NULL || vp->type != PW_TYPE_IPADDR)
		return false;
	out->s_addr = htonl(vp->lvalue);
	return true;
}

bool
radius_get_str(const struct radius_attrs *as, unsigned id, char *buf,
    size_t cap)
{
	const VALUE_PAIR *vp = radius_find(as, id, 0);
	const uint8_t *v;
	size_t len;

	if (vp == NULL || (v = radius_value(vp, &len)) == NULL || cap == 0)
		return false;
	len = strnlen((const char *)v, len < cap - 1 ? len : cap - 1);
	memcpy(buf, v, len);
	buf[len] = '\0';
	return true;
}

const uint8_t *
radius_value(const VALUE_PAIR *vp, size_t *len)
{
	if (is_u32(vp->type)) {
		*len = 0;
		return NULL;
	}
	*len = vp->lvalue;
	return (const uint8_t *)vp->strvalue;
}

/* Though hidden by a salt. */
static bool
is_key(const VALUE_PAIR *vp)
{
	unsigned id = (unsigned)ATTRID(vp->attribute);

	switch (VENDOR(vp->attribute)) {
	case RADIUS_VENDOR_3GPP2:
		return id == 58;
	case RADIUS_VENDOR_WIMAX:
		return id == 10 || id == 19;
	case VENDOR_MICROSOFT:
		return id == 16 || id == 17;
	default:
		return false;
	}
}

bool
radius_attr_text(const struct radius_dict *d, const VALUE_PAIR *vp,
    char *buf, size_t cap)
{
	char name[NAME_LENGTH + 1], value[AUTH_STRING_LEN * 4 + 1];
	VALUE_PAIR copy = *vp;

	if (vp->attribute == PW_USER_PASSWORD ||
	    vp->attribute == PW_CHAP_PASSWORD ||
	    vp->attribute == PW_MESSAGE_AUTHENTICATOR || is_key(vp))
		return false;
	/* rc_avpair_tostr takes the 32 bits for a time_t of 64. */
	if (vp->type == PW_TYPE_DATE)
		return snprintf(buf, cap, "%s = %u", vp->name,
		    (unsigned)vp->lvalue) < (int)cap;
	copy.next = NULL;
	if (rc_avpair_tostr(d->rh, &copy, name, sizeof(name), value,
	    sizeof(value)) < 0)
		return false;
	return snprintf(buf, cap, "%s = %s", name, value) < (int)cap;
}
