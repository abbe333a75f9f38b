/* SPDX-License-Identifier: BSD-2-Clause */
/* See node_context.h. Every member must be there, and no other; each has one
 * way to be written. */
#include "nasd/node_context.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <openssl/evp.h>

#include "common/ctl_json.h"

#define ID_DIGITS	16
/* Base64 of n bytes, and of a packet with its NUL. */
#define TEXT_LEN(n)	(((n) + 2) / 3 * 4)
#define TEXT_SIZE	(TEXT_LEN(NODE_PACKET_MAX) + 1)

/* ---- encode ---- */

static json_t *
encode_packet(const uint8_t *b, size_t len)
{
	uint8_t text[TEXT_SIZE];

	EVP_EncodeBlock(text, b, (int)len);
	return json_string((const char *)text);
}

json_t *
node_context_encode(const struct node_context *c)
{
	json_t *packets = json_array();
	char id[ID_DIGITS + 1];

	for (unsigned i = 0; i < c->n_packets; i++)
		json_array_append_new(packets, encode_packet(c->packet[i].b,
		    c->packet[i].len));
	snprintf(id, sizeof(id), "%016llx", (unsigned long long)c->id);
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:s, s:I, s:o}",
	    "version", NODE_CONTEXT_VERSION,
	    "nai", c->nai,
	    "mobile_node", c->has_mn ? ctl_lladdr(c->mn) : json_null(),
	    "router", ctl_lladdr(c->router),
	    "home_agent", ctl_ipv4(c->ha),
	    "identification", id,
	    "lifetime_left", (json_int_t)c->left,
	    "packets", packets);
}

/* ---- decode ---- */

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

static bool
take_hex(const char **s, unsigned n, uint64_t *v)
{
	*v = 0;
	for (; n > 0; n--, ++*s) {
		if (hex(**s) < 0)
			return false;
		*v = *v << 4 | (unsigned)hex(**s);
	}
	return true;
}

static bool
take_mac(const json_t *o, uint8_t mac[NODE_MAC_LEN])
{
	const char *s = json_string_value(o);
	uint64_t v;

	for (unsigned i = 0; i < NODE_MAC_LEN; i++) {
		if (s == NULL || !take_hex(&s, 2, &v) ||
		    *s++ != (i + 1 < NODE_MAC_LEN ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)v;
	}
	return node_is_unicast(mac);
}

static bool
take_id(const json_t *o, uint64_t *id)
{
	const char *s = json_string_value(o);

	return s != NULL && take_hex(&s, ID_DIGITS, id) && *s == '\0' &&
	    *id != 0;
}

static bool
take_nai(const json_t *o, char nai[MIP4_NAI_MAX + 1])
{
	const char *s = json_string_value(o);
	size_t len = json_string_length(o);

	if (s == NULL || len == 0 || len > MIP4_NAI_MAX || strlen(s) != len)
		return false;
	memcpy(nai, s, len + 1);
	return true;
}

/* What is decoded must be what this text is for: the decoder takes others,
 * too. */
static bool
take_packet(const json_t *o, uint8_t b[NODE_PACKET_MAX], uint16_t *len)
{
	const char *s = json_string_value(o);
	size_t n = json_string_length(o), pad;
	uint8_t raw[TEXT_SIZE], text[TEXT_SIZE];
	int got;

	if (s == NULL || n == 0 || n > TEXT_LEN(NODE_PACKET_MAX) || n % 4 != 0)
		return false;
	pad = (size_t)(s[n - 1] == '=') + (size_t)(s[n - 2] == '=');
	got = EVP_DecodeBlock(raw, (const uint8_t *)s, (int)n);
	if (got != (int)(n / 4 * 3) || (size_t)got - pad > NODE_PACKET_MAX)
		return false;
	*len = (uint16_t)((size_t)got - pad);
	EVP_EncodeBlock(text, raw, *len);
	if (memcmp(text, s, n) != 0)
		return false;
	memcpy(b, raw, *len);
	return true;
}

static const char *
take_packets(struct node_context *c, const json_t *o)
{
	size_t n = json_array_size(o);

	if (!json_is_array(o) || n > NODE_KEPT_MAX)
		return "context: \"packets\" is no array of 8 at most";
	for (; c->n_packets < n; c->n_packets++)
		if (!take_packet(json_array_get(o, c->n_packets),
		    c->packet[c->n_packets].b,
		    &c->packet[c->n_packets].len))
			return "context: one of \"packets\" is not 1 to 512 "
			    "bytes in base64";
	return NULL;
}

static bool
take_left(const json_t *o, uint32_t *left)
{
	json_int_t v = json_integer_value(o);

	*left = (uint32_t)v;
	return json_is_integer(o) && v >= 0 && (v < MIP4_LIFETIME_INFINITY ||
	    v == UINT32_MAX);
}

static bool
take_ha(const json_t *o, struct in_addr *ha)
{
	const char *s = json_string_value(o);

	return s != NULL && strlen(s) == json_string_length(o) &&
	    inet_pton(AF_INET, s, ha) == 1 && ha->s_addr != INADDR_ANY;
}

const char *
node_context_decode(struct node_context *c, const json_t *o)
{
	const json_t *mn = json_object_get(o, "mobile_node");
	const json_t *version = json_object_get(o, "version");

	*c = (struct node_context){ .has_mn = !json_is_null(mn) };
	if (!json_is_object(o))
		return "context: no JSON object";
	if (!json_is_integer(version) ||
	    json_integer_value(version) != NODE_CONTEXT_VERSION)
		return "context: \"version\" is not 1";
	if (!take_nai(json_object_get(o, "nai"), c->nai))
		return "context: \"nai\" is not one";
	if (c->has_mn && !take_mac(mn, c->mn))
		return "context: \"mobile_node\" is no unicast link-layer "
		    "address, nor null";
	if (!take_mac(json_object_get(o, "router"), c->router))
		return "context: \"router\" is no unicast link-layer address";
	if (!take_ha(json_object_get(o, "home_agent"), &c->ha))
		return "context: \"home_agent\" is no IPv4 address";
	if (!take_id(json_object_get(o, "identification"), &c->id))
		return "context: \"identification\" is not 16 hexadecimal "
		    "digits";
	if (!take_left(json_object_get(o, "lifetime_left"), &c->left))
		return "context: \"lifetime_left\" is no time";
	if (json_object_size(o) != 8)
		return "context: not the members that it should have";
	return take_packets(c, json_object_get(o, "packets"));
}
