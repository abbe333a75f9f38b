/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "common/plugproto.h"
#include "tests/unit/test.h"

static struct plug_msg
sample(enum plug_type type)
{
	struct plug_msg	m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	m.txn = 0x01020304;
	switch (type) {
	case PLUG_HELLO:
		m.hello = (struct plug_hello){
			.version = PLUG_VERSION, .link_id = 7, .pid = 4711,
			.state = PLUG_LINK_OPEN, .pppoe_sid = 0xabcd,
			.ifname = "ppp12", .device = "eth0",
			.peer = "02:00:00:00:00:01", .user = "alice@example",
			.local = {{ 1, 2 }}, .remote = {{ 3, 4 }},
		};
		break;
	case PLUG_AUTH:
		m.auth = (struct plug_auth){
			.kind = PLUG_AUTH_CHAP_MD5, .chap_id = 9,
			.user = "bob", .secret_len = 3, .secret = "abc",
			.challenge_len = 2, .challenge = { 5, 6 },
			.response_len = 2, .response = { 7, 8 },
		};
		break;
	case PLUG_AUTH_RESULT:
		m.auth_result = (struct plug_auth_result){
			.accept = true, .text = "welcome",
			.session_timeout = 3600, .user = "carol",
			.must_encrypt = true, .key_len = 2, .send_key = { 1, 2 },
			.recv_key = { 3, 4 },
		};
		break;
	case PLUG_EAP:
		m.eap = (struct plug_eap){ .mtu = 1492, .passed = true,
		    .len = 3, .packet = { 1, 2, 3 } };
		break;
	case PLUG_IID_REQ:
		m.iid_req = (struct plug_iid_req){
			.conf_id = 1, .has_iid = true, .iid = {{ 9 }},
			.local = {{ 8 }}, .insists = true,
		};
		break;
	case PLUG_IID_ASSIGN:
		m.iid_assign.remote = (struct iid){{ 0xa, 0, 0, 0, 0, 0, 0,
		    1 }};
		break;
	case PLUG_UP:
		m.up = (struct plug_up){ .local = {{ 1 }}, .remote = {{ 2 }},
		    .ifname = "ppp0" };
		break;
	case PLUG_IPV4:
		m.ipv4 = (struct plug_ipv4){ .up = true, .peer = 0x0702000a,
		    .dns = { 0x08080808, 0x04040404 } };
		break;
	case PLUG_IID_REFUSE:
	case PLUG_DOWN:
	case PLUG_CLOSE:
	case PLUG_BYE:
		m.reason = (struct plug_reason){ .hard = true, .text = "so" };
		break;
	}
	return m;
}

START_TEST(every_type_comes_back)
{
	struct plug_msg	m = sample((enum plug_type)_i), got;
	uint8_t		buf[PLUG_MSG_MAX];
	int		len = plug_encode(&m, buf, sizeof(buf));

	ck_assert_int_gt(len, 12);
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), 0);
	ck_assert_mem_eq(&m, &got, sizeof(m));
}
END_TEST

START_TEST(truncated_anywhere_is_refused)
{
	struct plug_msg	m = sample((enum plug_type)_i), got;
	uint8_t		buf[PLUG_MSG_MAX + 1] = { 0 };
	int		len = plug_encode(&m, buf, PLUG_MSG_MAX), i;

	for (i = 0; i < len; i++)
		ck_assert_int_eq(plug_decode(&got, buf, (size_t)i), -EPROTO);
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len + 1), -EPROTO);
	for (i = 0; i < len; i++)
		ck_assert_int_eq(plug_encode(&m, buf, (size_t)i), -EMSGSIZE);
}
END_TEST

START_TEST(length_must_be_right)
{
	struct plug_msg	m = sample(PLUG_EAP), got;
	uint8_t		buf[PLUG_MSG_MAX];
	int		len = plug_encode(&m, buf, sizeof(buf));

	buf[15]++;		/* EAP's own length */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	buf[15] -= 2;		/* a byte left over */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	buf[14] = 0xff;		/* more than fits */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
}
END_TEST

START_TEST(magic_and_type)
{
	struct plug_msg	m = sample(PLUG_UP), got;
	uint8_t		buf[PLUG_MSG_MAX];
	int		len = plug_encode(&m, buf, sizeof(buf));

	buf[5] = 0;
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	buf[5] = PLUG_LAST + 1;
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	buf[5] = PLUG_UP;
	buf[0] ^= 1;
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	m.type = (enum plug_type)99;
	ck_assert_int_eq(plug_encode(&m, buf, sizeof(buf)), -EMSGSIZE);
}
END_TEST

START_TEST(other_version_is_told_apart)
{
	struct plug_msg	m = sample(PLUG_HELLO), got;
	uint8_t		buf[PLUG_MSG_MAX];
	int		len;

	m.hello.version = PLUG_VERSION + 1;
	len = plug_encode(&m, buf, sizeof(buf));
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len),
	    -EPROTONOSUPPORT);
	ck_assert_uint_eq(got.hello.version, PLUG_VERSION + 1);
}
END_TEST

/* Values that no struct of ours may get. */
START_TEST(bad_values)
{
	struct plug_msg	m = sample(PLUG_HELLO), got;
	uint8_t		buf[PLUG_MSG_MAX];
	int		len = plug_encode(&m, buf, sizeof(buf));

	buf[12 + 2 + 4 + 4] = PLUG_LINK_OPEN + 1;
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);

	len = plug_encode(&m, buf, sizeof(buf));
	memset(buf + 12 + 13, 'x', PLUG_IFNAME);	/* ifname, no NUL */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);

	m = sample(PLUG_AUTH);
	len = plug_encode(&m, buf, sizeof(buf));
	buf[12] = 0;					/* kind */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	buf[12] = PLUG_AUTH_CHAP_MD5;
	buf[12 + 2 + PLUG_NAME] = 1;			/* secret: 256 + 3 */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	buf[12 + 2 + PLUG_NAME] = 0;
	buf[12 + 2 + PLUG_NAME + 2 + PLUG_SECRET] = PLUG_CHALLENGE + 1;
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);

	m = sample(PLUG_AUTH_RESULT);
	len = plug_encode(&m, buf, sizeof(buf));
	buf[12 + 1 + PLUG_TEXT + 4 + PLUG_NAME] = 2;	/* must_encrypt */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
	buf[12 + 1 + PLUG_TEXT + 4 + PLUG_NAME] = 1;
	buf[12 + 1 + PLUG_TEXT + 4 + PLUG_NAME + 1] = PLUG_KEY + 1;
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);

	m = sample(PLUG_CLOSE);
	len = plug_encode(&m, buf, sizeof(buf));
	buf[12] = 2;					/* hard */
	ck_assert_int_eq(plug_decode(&got, buf, (size_t)len), -EPROTO);
}
END_TEST

START_TEST(too_much_is_not_encoded)
{
	struct plug_msg	m = sample(PLUG_AUTH);
	uint8_t		buf[PLUG_MSG_MAX];

	m.auth.secret_len = PLUG_SECRET + 1;
	ck_assert_int_eq(plug_encode(&m, buf, sizeof(buf)), -EMSGSIZE);
	m = sample(PLUG_AUTH_RESULT);
	m.auth_result.key_len = PLUG_KEY + 1;
	ck_assert_int_eq(plug_encode(&m, buf, sizeof(buf)), -EMSGSIZE);
	m = sample(PLUG_EAP);
	m.eap.len = sizeof(m.eap.packet) + 1;
	ck_assert_int_eq(plug_encode(&m, buf, sizeof(buf)), -EMSGSIZE);
}
END_TEST

/* What stood behind a text's NUL stays at home. */
START_TEST(nothing_leaks)
{
	struct plug_msg	m = sample(PLUG_DOWN);
	uint8_t		buf[PLUG_MSG_MAX];
	int		len, i;

	memset(m.reason.text, 'S', sizeof(m.reason.text));
	m.reason.text[2] = '\0';
	len = plug_encode(&m, buf, sizeof(buf));
	for (i = 12 + 1 + 2; i < len; i++)
		ck_assert_uint_eq(buf[i], 0);
	/* and a text without one ends at its field's end */
	memset(m.reason.text, 'S', sizeof(m.reason.text));
	len = plug_encode(&m, buf, sizeof(buf));
	ck_assert_uint_eq(buf[len - 1], 0);
	ck_assert_int_eq(plug_decode(&m, buf, (size_t)len), 0);
	ck_assert_uint_eq(strlen(m.reason.text), PLUG_TEXT - 1);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(plug_type_str(PLUG_HELLO), "HELLO");
	ck_assert_str_eq(plug_type_str((enum plug_type)0), "unknown");
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("plugproto");
	TCase	*t = tcase_create("all");

	tcase_add_loop_test(t, every_type_comes_back, PLUG_HELLO,
	    PLUG_LAST + 1);
	tcase_add_loop_test(t, truncated_anywhere_is_refused, PLUG_HELLO,
	    PLUG_LAST + 1);
	tcase_add_test(t, length_must_be_right);
	tcase_add_test(t, magic_and_type);
	tcase_add_test(t, other_version_is_told_apart);
	tcase_add_test(t, bad_values);
	tcase_add_test(t, too_much_is_not_encoded);
	tcase_add_test(t, nothing_leaks);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return test_run(suite());
}
