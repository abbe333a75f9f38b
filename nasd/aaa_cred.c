/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a peer proves itself by, as RADIUS attributes, and what RADIUS has for
 * it in return: texts and keys. RFC 2865 5.2, 5.3, 5.18, 5.40; RFC 2548 2.3
 * (MS-CHAPv2), 2.4 (MPPE). The neighbours are aaa.c's.
 */
#include "config.h"

#include <string.h>

#define LOG_MODULE "aaa"
#include "common/log.h"
#include "nasd/aaa_int.h"
#include "radius/attrs.h"
#include "radius/salt.h"

#define CHAP_MD5_LEN		16
#define MS_CHAP_ERROR		2
#define MPPE_POLICY		7	/* MS-MPPE-Encryption-Policy */
#define MPPE_POLICY_REQUIRED	2
#define MPPE_SEND_KEY		16
#define MPPE_RECV_KEY		17

/* RFC 2759 4: peer challenge 16, reserved 8, response 24, flags 1. RFC 2548
 * 2.3.2: ident, flags, then the same in that order. */
static void
add_mschap2(struct radius_attrs *as, const struct plug_auth *pa)
{
	uint8_t b[50];

	b[0] = pa->chap_id;
	b[1] = pa->response[MSCHAP2_RESPONSE - 1];
	memcpy(b + 2, pa->response, MSCHAP2_RESPONSE - 1);
	radius_add_data(as, PW_MS_CHAP_CHALLENGE, VENDOR_MICROSOFT,
	    pa->challenge, pa->challenge_len);
	radius_add_data(as, PW_MS_CHAP2_RESPONSE, VENDOR_MICROSOFT,
	    b, sizeof(b));
}

bool
aaa_add_credentials(struct radius_attrs *as, const struct plug_auth *pa)
{
	uint8_t chap[1 + CHAP_MD5_LEN];

	switch (pa->kind) {
	case PLUG_AUTH_PAP:
		if (pa->secret_len > RADIUS_PASSWORD)
			return false;
		radius_add_data(as, PW_USER_PASSWORD, 0, pa->secret,
		    pa->secret_len);
		return true;
	case PLUG_AUTH_CHAP_MD5:
		if (pa->response_len != CHAP_MD5_LEN || pa->challenge_len == 0)
			return false;
		chap[0] = pa->chap_id;
		memcpy(chap + 1, pa->response, CHAP_MD5_LEN);
		radius_add_data(as, PW_CHAP_PASSWORD, 0, chap, sizeof(chap));
		radius_add_data(as, PW_CHAP_CHALLENGE, 0, pa->challenge,
		    pa->challenge_len);
		return true;
	case PLUG_AUTH_MSCHAPV2:
		if (pa->response_len != MSCHAP2_RESPONSE ||
		    pa->challenge_len != MSCHAP_CHALLENGE)
			return false;
		add_mschap2(as, pa);
		return true;
	}
	return false;
}

void
aaa_read_reply(struct aaa_grant *g, const struct radius_attrs *as,
    const char *instead)
{
	const VALUE_PAIR *vp = radius_find(as, PW_REPLY_MESSAGE, 0);
	size_t n = 0;

	g->reply[0] = '\0';
	if (instead != NULL) {
		aaa_copy_str(g->reply, sizeof(g->reply), instead);
		return;
	}
	/* Several are displayed one after the other [RFC 2865 5.18]. */
	for (; vp != NULL && n + 2 < sizeof(g->reply);
	    vp = radius_find_next(vp)) {
		if (n > 0)
			g->reply[n++] = ' ';
		aaa_copy_str(g->reply + n, sizeof(g->reply) - n,
		    vp->strvalue);
		n += strlen(g->reply + n);
	}
}

/* An attribute of Microsoft's; NULL when there is none. */
static const uint8_t *
find_ms(const struct radius_attrs *as, unsigned id, size_t *len)
{
	const VALUE_PAIR *vp = radius_find(as, id, VENDOR_MICROSOFT);

	*len = 0;
	return vp != NULL ? radius_value(vp, len) : NULL;
}

bool
aaa_mschap_success(struct aaa_grant *g, const struct radius_attrs *as)
{
	char text[PLUG_TEXT];
	size_t len;
	const uint8_t *v = find_ms(as, PW_MS_CHAP2_SUCCESS, &len);

	if (!mschap_success(text, sizeof(text), v, len, g->reply))
		return false;
	aaa_copy_str(g->reply, sizeof(g->reply), text);
	return true;
}

void
aaa_mschap_failure(struct aaa_grant *g, const struct radius_attrs *as,
    const uint8_t challenge[MSCHAP_CHALLENGE])
{
	char text[PLUG_TEXT];
	size_t len;
	const uint8_t *v = find_ms(as, MS_CHAP_ERROR, &len);

	mschap_failure(text, sizeof(text), v, len, challenge, g->reply);
	aaa_copy_str(g->reply, sizeof(g->reply), text);
}

/* One key [RFC 2548 2.4.2, 2.4.3]; its length, 0 if it is none. */
static size_t
read_key(const struct radius_attrs *as, unsigned id, uint8_t key[PLUG_KEY],
    const char *subject)
{
	enum radius_unsalted u;
	size_t len, n = 0;
	const uint8_t *v = find_ms(as, id, &len);

	if (v == NULL || as->secret == NULL)
		return 0;
	u = radius_unsalt(as->secret, as->vector, v, len, key, PLUG_KEY, &n);
	if (u != RADIUS_UNSALTED)
		log_warnx(subject, "MS-MPPE-%s-Key: %s: not used",
		    id == MPPE_SEND_KEY ? "Send" : "Recv",
		    radius_unsalted_str(u));
	return u == RADIUS_UNSALTED ? n : 0;
}

void
aaa_read_mppe(struct aaa_grant *g, const struct radius_attrs *as,
    const char *subject)
{
	const VALUE_PAIR *vp = radius_find(as, MPPE_POLICY, VENDOR_MICROSOFT);
	size_t send = read_key(as, MPPE_SEND_KEY, g->send_key, subject);
	size_t recv = read_key(as, MPPE_RECV_KEY, g->recv_key, subject);

	g->must_encrypt = vp != NULL && vp->lvalue == MPPE_POLICY_REQUIRED;
	if (send == 0 || send != recv) {
		if (send != recv)
			log_warnx(subject, "MS-MPPE keys do not make a pair: "
			    "not used");
		aaa_grant_wipe_mppe(g);
		return;
	}
	g->key_len = (uint8_t)send;
}
