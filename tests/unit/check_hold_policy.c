/* SPDX-License-Identifier: BSD-2-Clause */
#include "pppd-plugin/hold_policy.h"
#include "tests/unit/test.h"

static const struct iid	own = {{ 1, 1, 1, 1, 1, 1, 1, 1 }};
static const struct iid	home = {{ 2, 2, 2, 2, 2, 2, 2, 2 }};
static const struct iid	zero;

static struct conf_req
request(uint8_t id, const struct iid *iid)
{
	struct conf_req	q = { .id = id };

	if (iid != NULL) {
		q.has_iid = true;
		q.iid = *iid;
	}
	return q;
}

static enum hold_verdict
ask(struct hold_policy *h, uint8_t id, const struct iid *iid)
{
	struct conf_req	q = request(id, iid);

	return hold_policy_request(h, &q);
}

static enum hold_verdict
assign(struct hold_policy *h, struct iid iid, uint8_t id,
    const struct iid *theirs)
{
	struct conf_req	q = request(id, theirs);

	return hold_policy_assigned(h, iid, &q);
}

START_TEST(parses_requests)
{
	static const uint8_t	good[] = { 1, 7, 0, 14, 1, 10, 1, 1, 1, 1, 1,
	    1, 1, 1, 0xee, 0xee };	/* and padding */
	static const uint8_t	bare[] = { 1, 8, 0, 4 };
	static const uint8_t	other[] = { 1, 9, 0, 8, 2, 4, 0, 0x4f };
	static const uint8_t	both[] = { 1, 9, 0, 17, 99, 3, 0, 1, 10, 1, 1,
	    1, 1, 1, 1, 1, 1 };
	static const uint8_t	shrt[] = { 1, 9, 0, 7, 1, 3, 0 };
	static const uint8_t	zero_len[] = { 1, 9, 0, 6, 1, 0 };
	struct conf_req		q;
	size_t			i;

	ck_assert(conf_req_parse(&q, good, sizeof(good)));
	ck_assert(q.has_iid && !q.foreign && q.id == 7);
	ck_assert(iid_equal(q.iid, own));
	for (i = 0; i < 14; i++)
		ck_assert(!conf_req_parse(&q, good, i));
	ck_assert(conf_req_parse(&q, bare, sizeof(bare)));
	ck_assert(!q.has_iid && !q.foreign && q.id == 8);
	ck_assert(conf_req_parse(&q, other, sizeof(other)) && q.foreign);
	ck_assert(conf_req_parse(&q, both, sizeof(both)));
	ck_assert(q.foreign && q.has_iid && iid_equal(q.iid, own));
	ck_assert(conf_req_parse(&q, shrt, sizeof(shrt)) && q.foreign);
	ck_assert(conf_req_parse(&q, zero_len, sizeof(zero_len)));
	ck_assert(q.foreign);
	ck_assert(!conf_req_parse(&q, (const uint8_t[]){ 2, 1, 0, 4 }, 4));
	ck_assert(!conf_req_parse(&q, (const uint8_t[]){ 1, 1, 0, 3 }, 4));
}
END_TEST

START_TEST(nak_then_ack)
{
	struct hold_policy	h;

	hold_policy_reset(&h);
	ck_assert_int_eq(ask(&h, 1, &own), HOLD_ASK);
	ck_assert_int_eq(ask(&h, 1, &own), HOLD_KEEP);
	ck_assert_int_eq(ask(&h, 2, &own), HOLD_KEEP);
	ck_assert_int_eq(assign(&h, home, 2, &own), HOLD_ANSWER);
	ck_assert_uint_eq(h.naks, 1);
	ck_assert_int_eq(ask(&h, 3, &home), HOLD_ANSWER);
	ck_assert_uint_eq(h.naks, 1);
}
END_TEST

START_TEST(asks_for_the_assigned_from_the_start)
{
	struct hold_policy	h;

	hold_policy_reset(&h);
	ck_assert_int_eq(ask(&h, 1, &home), HOLD_ASK);
	ck_assert_int_eq(assign(&h, home, 1, &home), HOLD_ANSWER);
	ck_assert_uint_eq(h.naks, 0);
}
END_TEST

START_TEST(insists)
{
	struct hold_policy	h;

	hold_policy_reset(&h);
	ask(&h, 1, &own);
	ck_assert_int_eq(assign(&h, home, 1, &own), HOLD_ANSWER);
	/* its Nak was lost: no sign of insistence */
	ck_assert_int_eq(ask(&h, 1, &own), HOLD_ANSWER);
	ck_assert_int_eq(ask(&h, 1, &own), HOLD_ANSWER);
	ck_assert_int_eq(ask(&h, 2, &own), HOLD_ANSWER);
	ck_assert_int_eq(ask(&h, 3, &own), HOLD_INSIST);
	ck_assert_int_eq(ask(&h, 4, &own), HOLD_KEEP);
	/* nasd gives in */
	ck_assert_int_eq(assign(&h, own, 4, &own), HOLD_ANSWER);
}
END_TEST

START_TEST(insists_in_vain)
{
	struct hold_policy	h;

	hold_policy_reset(&h);
	ask(&h, 1, &own);
	assign(&h, home, 1, &own);
	ask(&h, 2, &own);
	ck_assert_int_eq(ask(&h, 3, &own), HOLD_INSIST);
	ck_assert_int_eq(assign(&h, home, 3, &own), HOLD_REFUSE);
	ck_assert_ptr_nonnull(h.refusal);
}
END_TEST

START_TEST(zero_is_nothing_to_insist_on)
{
	struct hold_policy	h;

	hold_policy_reset(&h);
	ask(&h, 1, &zero);
	ck_assert_int_eq(assign(&h, home, 1, &zero), HOLD_ANSWER);
	ck_assert_int_eq(ask(&h, 2, &zero), HOLD_ANSWER);
	ck_assert_int_eq(ask(&h, 3, &zero), HOLD_REFUSE);
}
END_TEST

START_TEST(option_less)
{
	struct hold_policy	h;

	hold_policy_reset(&h);
	ck_assert_int_eq(ask(&h, 1, NULL), HOLD_ASK);
	ck_assert_int_eq(assign(&h, home, 1, NULL), HOLD_ANSWER);
	ck_assert_int_eq(ask(&h, 1, NULL), HOLD_ANSWER);	/* repeated */
	ck_assert_int_eq(ask(&h, 2, NULL), HOLD_REFUSE);

	hold_policy_reset(&h);
	ask(&h, 1, NULL);
	assign(&h, home, 1, NULL);
	ck_assert_int_eq(ask(&h, 2, &home), HOLD_ANSWER);
}
END_TEST

START_TEST(foreign_options_pass)
{
	struct hold_policy	h;
	struct conf_req		q = request(1, &own);

	hold_policy_reset(&h);
	q.foreign = true;
	ck_assert_int_eq(hold_policy_request(&h, &q), HOLD_PASS);
	ck_assert(!h.asking);
}
END_TEST

START_TEST(packets_are_counted)
{
	struct hold_policy	h;
	int			i;

	hold_policy_reset(&h);
	for (i = 0; i < HOLD_MAX_PACKETS; i++)
		ck_assert(hold_policy_count(&h));
	ck_assert(!hold_policy_count(&h));
	ck_assert_ptr_nonnull(h.refusal);
	hold_policy_opened(&h);
	ck_assert(hold_policy_count(&h));
}
END_TEST

START_TEST(opened_keeps_the_identifier)
{
	struct hold_policy	h;

	hold_policy_reset(&h);
	ask(&h, 1, &own);
	assign(&h, home, 1, &own);
	ask(&h, 2, &home);
	hold_policy_opened(&h);
	/* a renegotiation asks nobody */
	ck_assert_int_eq(ask(&h, 3, &own), HOLD_ANSWER);
	ck_assert_int_eq(ask(&h, 4, &home), HOLD_ANSWER);
	ck_assert_uint_eq(h.naks, 1);
}
END_TEST

TEST_MAIN("hold_policy", parses_requests, nak_then_ack,
    asks_for_the_assigned_from_the_start, insists, insists_in_vain,
    zero_is_nothing_to_insist_on, option_less, foreign_options_pass,
    packets_are_counted, opened_keeps_the_identifier)
