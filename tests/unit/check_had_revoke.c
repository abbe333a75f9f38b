/* SPDX-License-Identifier: BSD-2-Clause */
/* Registration revocation at the home agent, both ways [RFC 3543; PROTOCOLS 9,
 * D13 to D15, D48, D54]. */
#include "config.h"

#include "tests/unit/had_rig.h"

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* The operator ends a registration; n_sent counts from here. */
static void
end_it(const char *nai)
{
	rig.n_sent = 0;
	reg_end(&rig.reg, of(nai), "test");
}

/* An acknowledgment of the revocation with this id, not yet signed. */
static void
ack_begin(struct m *m, uint32_t id, const char *nai)
{
	m->n = 0;
	m_int(m, 15, 1);
	m_int(m, 0, 7);
	m_int(m, id, 4);
	m_nai(m, nai);
}

/* RFC 3543: tries at 0, 1, 3, 7, 15 s, each with an id above the last. */
START_TEST(revocation)
{
	uint32_t id = 0, next;
	struct m m;
	unsigned i;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(2);
	end_it(ALICE);
	ck_assert_uint_eq(rig_routes(), 0);
	for (i = 0; i < 5; i++) {
		ck_assert_uint_eq(rig.n_sent, i + 1);
		ck_assert_uint_eq(rig.sent[0], 7);
		ck_assert_uint_eq(rig.sent[2], 0x80);
		ck_assert_uint_eq(rig.flow.dport, 434);
		ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(AR1));
		ck_assert_mem_eq(rig.sent + 12, "\300\0\2\1", 4);
		ck_assert(sent_authentic(key1));
		ck_assert_uint_ne(sent_ext(131), 0);
		ck_assert_uint_ne(sent_ext(221), 0);
		next = be32(rig.sent + 16);
		ck_assert(i == 0 || next > id);
		id = next;
		rig_wait(1 << i);
	}
	rig_wait(100);
	ck_assert_uint_eq(rig.n_sent, 5);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
}
END_TEST

START_TEST(revocation_acknowledged)
{
	struct m m, ack = { .n = 0 };

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(1);
	reg_end(&rig.reg, of(ALICE), "test");
	ack_begin(&ack, be32(rig.sent + 16), ALICE);
	m = ack;
	m_auth(&m, 34, 256, key_mn);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	m = ack;
	m.b[11] ^= 1;				/* never sent */
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 1);
	m_sign(&ack);
	rig_in(&ack, AR1);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 1);
	/* Not negotiated: nothing is sent. */
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, BOB);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	end_it(BOB);
	ck_assert_uint_eq(rig.n_sent, 0);
}
END_TEST

static void
rev_begin(struct m *m, bool a, const char *fda, int32_t age)
{
	m->n = 0;
	m_int(m, 7, 1);
	m_int(m, 0, 1);
	m_int(m, a ? 0x8000 : 0, 2);
	m_ip(m, "0.0.0.0");
	m_ip(m, HA);
	m_ip(m, fda);
	m_int(m, (uint32_t)(rig_ntp(NULL) >> 32) - (uint32_t)age, 4);
}

static enum reg_verdict
send_rev_of(const char *nai, struct m *m, const char *src, bool a,
    const char *fda, int32_t age)
{
	rev_begin(m, a, fda, age);
	m_nai(m, nai);
	m_sign(m);
	return rig_in(m, src);
}

static void
send_rev(struct m *m, const char *src, bool a, const char *fda, int32_t age)
{
	send_rev_of(ALICE, m, src, a, fda, age);
}

/* D48. */
START_TEST(revoked_by_router)
{
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(2);
	send_rev(&m, AR1, true, AR1, 0);		/* reflected */
	ck_assert_uint_eq(rig.n_sent, 0);
	/* not its own address */
	send_rev(&m, AR1, false, AR2, 0);
	ck_assert_uint_eq(rig.n_sent, 0);
	/* older than the binding */
	send_rev(&m, AR1, false, AR1, 3);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_REV_STALE], 3);
	/* another's: untouched */
	send_rev(&m, AR2, false, AR2, 0);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	send_rev(&m, AR1, false, AR1, 0);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_mem_eq(rig.sent + 8, m.b + 16, 4);
	ck_assert(sent_authentic(key1));
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig_routes(), 0);
}
END_TEST

static uint32_t
sent_rev_id(void)
{
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 7);
	return be32(rig.sent + 16);
}

/* The timestamp of the last sent's support of revocation. */
static uint32_t
sent_stamp(void)
{
	size_t off = sent_ext(137);

	ck_assert_uint_ne(off, 0);
	return be32(rig.sent + off + 4);
}

static void
rev_acked(uint32_t id)
{
	struct m ack;

	ack_begin(&ack, id, ALICE);
	m_sign(&ack);
	rig_in(&ack, AR1);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
}

/* Back at once, or with the clock set back, the subscriber gets a registration
 * that the revocation before can not be replayed against. */
START_TEST(not_to_be_replayed)
{
	uint32_t id, stamp;
	struct m m;
	size_t off;

	for (int away = 0; away < 4; away++) {
		ask(&m, AR1, ALICE, 1800, IID);
		rig_wait(1);
		end_it(ALICE);
		id = sent_rev_id();
		rev_acked(id);
		rig_wait(away * 0.4);
		ask(&m, AR1, ALICE, 1800, IID);
		stamp = sent_stamp();
		ck_assert_uint_gt(stamp, id);
		rig_wait(10);
	}
	/* long after, nothing of it is left in the timestamps */
	ask(&m, AR1, ALICE, 1800, IID);
	off = sent_ext(137);
	ck_assert_uint_eq(rig.sent[off + 7], (rig_ntp(NULL) >> 32) & 0xff);
}
END_TEST

/* A subscriber who comes back and is sent away again: not two revocations
 * within a second, and the second one's id above the first's [RFC 3543 3.3]. */
START_TEST(not_twice_within_a_second)
{
	struct m m, ack = { .n = 0 };
	uint32_t id;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(5);
	end_it(ALICE);
	id = sent_rev_id();
	ack_begin(&ack, id, ALICE);
	m_sign(&ack);
	rig_in(&ack, AR1);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	ck_assert_int_eq(rig_in(&ack, AR1), REG_DROPPED);
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	end_it(ALICE);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 1);
	rig_wait(0.9);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_wait(0.1);
	ck_assert_uint_gt(sent_rev_id(), id);
	rig_wait(100);
	ck_assert_uint_eq(rig.n_sent, 5);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	/* a second later nothing is remembered, so nothing waits */
	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(1);
	end_it(ALICE);
	ck_assert_uint_eq(rig.n_sent, 1);
}
END_TEST

/* Said at once is that there is no data path; to the router, a second after
 * the answer to its registration [RFC 3543 3.3, D144]. Also where a lifetime
 * has no end. */
START_TEST(not_within_a_second_of_the_answer)
{
	uint32_t stamp;
	struct m m;
	size_t off;

	rig.conf.max_lifetime = 0xffff;
	rig.pool[0].max_lifetime = 0xffff;
	for (unsigned i = 0; i < 2; i++) {
		uint16_t life = i ? 0xffff : 1800;

		rig_wait(20);
		ask(&m, AR1, ALICE, life, IID);
		expect(&m, 0, life);
		off = sent_ext(137);
		stamp = rig.sent[off + 7];
		rig.n_sent = 0;
		rig_wait(0.3);
		reg_end(&rig.reg, of(ALICE), "test");
		ck_assert_uint_eq(rig_routes(), 0);
		ck_assert_uint_eq(revoker_count(rig.reg.revoker), 1);
		rig_wait(0.6);
		ck_assert_uint_eq(rig.n_sent, 0);
		rig_wait(i ? 0.5 : 0.2);
		ck_assert_uint_gt(sent_rev_id() & 0xff, stamp);
		rev_acked(sent_rev_id());
	}
	/* long after, nothing waits */
	ask(&m, AR1, ALICE, 0xffff, IID);
	rig_wait(3);
	end_it(ALICE);
	rev_acked(sent_rev_id());
}
END_TEST

/* Ended, registered and ended before the second revocation was due, and
 * registered again: the first one is still none for it. */
START_TEST(not_to_be_replayed_while_one_waits)
{
	uint32_t id, stamp;
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(1);
	end_it(ALICE);
	id = sent_rev_id();
	rev_acked(id);
	for (unsigned i = 0; i < 3; i++) {
		ask(&m, AR1, ALICE, 1800, IID);
		stamp = sent_stamp();
		ck_assert_uint_gt(stamp, id);
		end_it(ALICE);
		ck_assert_uint_eq(rig.n_sent, 0);
	}
}
END_TEST

/* It was sent and acknowledged by a clock that has been set back since: it is
 * remembered until that is above its id again. */
START_TEST(not_to_be_replayed_after_the_clock)
{
	uint32_t id, stamp;
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(1);
	end_it(ALICE);
	id = sent_rev_id();
	rig.ntp_back = 40;
	rev_acked(id);
	rig_wait(38);			/* also when D88 is over */
	of(ALICE)->last_id = 0;		/* nor is that in the way */
	ask(&m, AR1, ALICE, 1800, IID);
	stamp = sent_stamp();
	ck_assert_uint_gt(stamp, id);
	/* and the next one is above both */
	rig.ntp_back = 80;
	end_it(ALICE);
	rig_wait(1);
	ck_assert_uint_gt(sent_rev_id(), stamp);
}
END_TEST

/* To and fro between two routers: each is told once, a second after it was
 * answered last, unless it has the subscriber by then. */
START_TEST(moves_within_a_second)
{
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	ask(&m, AR2, ALICE, 1800, IID);
	ck_assert_uint_eq(rig.n_sent, 1);	/* the reply */
	rig_wait(0.5);
	ask(&m, AR1, ALICE, 1800, IID);
	ck_assert_uint_eq(rig.n_sent, 1);
	ask(&m, AR2, ALICE, 1800, IID);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 1);
	rig.n_sent = 0;
	rig_wait(0.9);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_wait(0.2);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(AR1));
}
END_TEST

/* Back before the router that it left was told of it: nobody is. */
START_TEST(comes_back_at_once)
{
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(5);
	ask(&m, AR2, ALICE, 1800, IID);
	rig_wait(0.02);
	ask(&m, AR1, ALICE, 1800, IID);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 1);
	rig.n_sent = 0;
	rig_wait(0.5);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_wait(0.6);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(AR2));
}
END_TEST

/* Registered before the clock's era ends in 2036, revoked after. */
START_TEST(era_ends)
{
	struct m m;

	rig.ntp_back = (uint32_t)(NTP0 >> 32) + 2;
	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(4);
	end_it(ALICE);
	ck_assert_uint_eq(sent_rev_id(), 2);
	rev_acked(2);
	/* and by an access router */
	rig.ntp_back += 5;
	ask(&m, AR1, BOB, 1800, IID);
	rig_wait(4);
	send_rev_of(BOB, &m, AR1, false, AR1, 5);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	send_rev_of(BOB, &m, AR1, false, AR1, 0);
	ck_assert_uint_eq(m.b[16], 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
}
END_TEST

/* RFC 3543 3.2, 3.5: after the registration by our own time stamps, even when
 * our clock has been set back since. */
START_TEST(id_above_registration)
{
	uint32_t registered;
	struct m m;
	size_t off;

	ask(&m, AR1, ALICE, 1800, IID);
	off = sent_ext(137);
	registered = (uint32_t)(rig_ntp(NULL) >> 32);
	ck_assert_uint_eq(rig.sent[off + 7], registered & 0xff);
	ask(&m, AR1, BOB, 1800, IID);
	rig_wait(1);
	end_it(ALICE);
	ck_assert_uint_eq(sent_rev_id(), registered + 1);
	rig.ntp_back = 3600;
	end_it(BOB);
	ck_assert_uint_eq(sent_rev_id(), registered + 1);
}
END_TEST

/* A peer whose key is being changed may know only one of two: the one that it
 * used. */
START_TEST(signed_by_the_key_in_use)
{
	struct m m;
	size_t off;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_rev_support(&m);
	m_auth(&m, 34, 300, key_mn);	/* the rig's second */
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_mem_eq(rig.sent + sent_ext(34) + 2, "\0\0\1\54", 4);
	rig_wait(1);
	reg_end(&rig.reg, of(ALICE), "test");
	off = sent_ext(34);
	ck_assert_uint_eq(rig.sent[0], 7);
	ck_assert_mem_eq(rig.sent + off + 2, "\0\0\1\54", 4);
}
END_TEST

/* D59: a router that was not reached renews what it has no more. */
START_TEST(renewed_where_unheard)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	ask(&m, AR1, ALICE, 600, IID);
	strcpy(hoa, sent_hoa(&u));
	ask(&m, AR2, ALICE, 600, IID);
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 129, 0);
	rig_wait(100);				/* tries are used up */
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 129, 0);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR2));
	ck_assert_uint_eq(of(ALICE)->rare->n_moves, 1);
	tell(&m, AR2, ALICE, 600, hoa);
	expect(&m, 0, 600);
	/* the operator's word counts, too */
	reg_end(&rig.reg, of(ALICE), "test");
	tell(&m, AR2, ALICE, 600, hoa);
	expect(&m, 129, 0);
	ask(&m, AR2, ALICE, 600, IID);
	expect(&m, 0, 600);
	/* until the old lifetime is over, or there is a new registration */
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 129, 0);
	rig_wait(550);
	tell(&m, AR1, ALICE, 600, hoa);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR1));
}
END_TEST

/* D88: one that was sent before and comes after the acknowledgment. */
START_TEST(renewed_before_acknowledged)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	ask(&m, AR1, ALICE, 600, IID);
	strcpy(hoa, sent_hoa(&u));
	rig_wait(1);
	end_it(ALICE);
	rev_acked(sent_rev_id());
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 129, 0);
	/* one that has come back renews */
	ask(&m, AR1, ALICE, 600, IID);
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 0, 600);
	rig_wait(2);
	end_it(ALICE);
	rev_acked(sent_rev_id());
	ask(&m, AR2, ALICE, 600, IID);
	rig_wait(13);
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 129, 0);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR2));
	/* not for ever */
	rig_wait(3);
	tell(&m, AR1, ALICE, 600, hoa);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR1));
}
END_TEST

/* An acknowledgment that names another home address than was revoked. */
START_TEST(acknowledgment_of_another)
{
	struct m m, ack = { .n = 0 };
	uint32_t id;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(1);
	end_it(ALICE);
	id = sent_rev_id();
	m_int(&ack, 15, 1);
	m_int(&ack, 0, 3);
	m_ip(&ack, "10.0.0.5");
	m_int(&ack, id, 4);
	m_nai(&ack, ALICE);
	m_sign(&ack);
	ck_assert_int_eq(rig_in(&ack, AR1), REG_DROPPED);
	memset(ack.b + 4, 0, 4);
	ack.n -= 22;
	m = ack;
	m_hoa(&m, "2001:db8:100:9::1", true);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 1);
	m_sign(&ack);
	ck_assert_int_eq(rig_in(&ack, AR1), REG_REPLIED);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
}
END_TEST

/* Whoever deregisters knows that the binding has gone: no more revocations. */
START_TEST(deregistered_while_revoking)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	ask(&m, AR1, ALICE, 1800, IID);
	strcpy(hoa, sent_hoa(&u));
	reg_end(&rig.reg, of(ALICE), "test");
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 1);
	tell(&m, AR1, ALICE, 0, hoa);
	expect(&m, 0, 0);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
}
END_TEST

/* D14: a revocation of another home address of the same subscriber. */
START_TEST(revoked_by_router_of_another)
{
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	rev_begin(&m, false, AR1, 0);
	m_nai(&m, ALICE);
	m_hoa(&m, "2001:db8:100:9::1", true);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	/* Acknowledged, though there was nothing to end. */
	ck_assert_uint_eq(rig.reg.stats.revoked_nothing, 1);
	ck_assert_uint_eq(peer_find(rig.reg.peers, (struct in_addr){
	    inet_addr(AR1) })->stats.revoked_nothing, 1);
	/* RFC 3543 3.5: ids need not differ between bindings. */
	send_rev(&m, AR1, false, AR1, 0);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig.reg.stats.revoked_nothing, 1);
	rev_begin(&m, false, AR1, 0);
	m_nai(&m, ALICE);
	m_hoa(&m, "2001:db8:100:9::1", true);
	m_hoa(&m, "2001:db8:100:9::2", true);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_REV_IDENTITY], 1);
	rev_begin(&m, false, AR1, 0);
	m_sign(&m);				/* of nobody */
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_REV_IDENTITY], 2);
}
END_TEST

/* RFC 3543 3.2: by who did not offer it. */
START_TEST(revoked_by_router_not_negotiated)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
	send_rev(&m, AR1, false, AR1, 0);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_REV_UNNEGOTIATED], 1);
}
END_TEST

/* D15: our acknowledgment was lost; the router's clock is an hour ahead of
 * ours, which its time stamps have told us. */
START_TEST(revoked_by_router_again)
{
	struct m m;

	rig.ntp_back = 3600;
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	rig.ntp_back = 0;
	m_rev_support(&m);
	m_sign(&m);
	rig.ntp_back = 3600;
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
	send_rev(&m, AR1, false, AR1, -3601);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	send_rev(&m, AR1, false, AR1, -3601);	/* a replay */
	ck_assert_uint_eq(rig.n_sent, 0);
	send_rev(&m, AR1, false, AR1, -3602);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 15);
}
END_TEST

/* The router changes its mind while the kernel still works on it. */
START_TEST(revoked_by_router_while_pending)
{
	struct m m;

	rig.dp_async = true;
	ask(&m, AR1, ALICE, 1800, IID);
	ck_assert_int_eq(of(ALICE)->state, BINDING_INSTALLING);
	send_rev(&m, AR1, false, AR1, 0);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	rig_dp_answer(0);
	ck_assert_uint_eq(rig.n_sent, 1);
}
END_TEST

/* What is not proved, names another home agent or is of another time. */
START_TEST(revoked_by_router_unproved)
{
	static const int32_t age[] = { 61, -61, 60, -60 };
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	rev_begin(&m, false, AR1, 0);
	m.b[11] ^= 1;				/* Home Domain Address */
	m_nai(&m, ALICE);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	rev_begin(&m, false, AR1, 0);
	m_sign(&m);
	m_nai(&m, ALICE);			/* behind the authenticator */
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_REV_IDENTITY], 1);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	/* No registration says which clock it is: within a minute of ours. */
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_int_eq(send_rev_of(BOB, &m, AR1, false, AR1,
		    age[i]), i < 2 ? REG_DROPPED : REG_REPLIED);
	}
	/* A home address behind the authenticator is none. */
	rev_begin(&m, false, AR1, 0);
	m_nai(&m, ALICE);
	m_sign(&m);
	m_hoa(&m, "2001:db8:100:9::1", true);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_uint_eq(sent_ext(221), 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	/* Nor is what has ended otherwise revoked twice by one message. */
	ask(&m, AR1, ALICE, 1800, IID);
	m_rrq(&m, 0, 0, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 0);
	rig_wait(1);
	send_rev(&m, AR1, false, AR1, 0);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
}
END_TEST

/* A 15 of an id sent, however it writes the realm, also when nobody hopes for
 * one any more; what stands behind its authenticator says nothing. */
START_TEST(acknowledged_late)
{
	struct m m, ack = { .n = 0 };
	uint32_t id;

	ask(&m, AR1, ALICE, 1800, IID);
	rig_wait(1);
	end_it(ALICE);
	id = sent_rev_id();
	rig_wait(100);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	ack_begin(&ack, id, "alice@EXAMPLE.net");
	m_sign(&ack);
	m_hoa(&ack, "2001:db8:100:9::1", true);
	ck_assert_int_eq(rig_in(&ack, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 1);
	ck_assert_int_eq(rig_in(&ack, AR1), REG_DROPPED);
}
END_TEST

/* RFC 3543 4.2.2.1: not beyond the normal life of the binding. */
START_TEST(not_beyond_the_lifetime)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	ask(&m, AR1, ALICE, 4, IID);
	rig_wait(1);
	end_it(ALICE);
	rig_wait(100);
	ck_assert_uint_eq(rig.n_sent, 2);
	/* of one without end nothing is remembered after the last try [D59] */
	rig.conf.max_lifetime = rig.pool[0].max_lifetime = 0xffff;
	ask(&m, AR1, ALICE, 0xffff, IID);
	expect(&m, 0, 0xffff);
	strcpy(hoa, sent_hoa(&u));
	rig_wait(3);
	end_it(ALICE);
	rig_wait(30);
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 129, 0);
	rig_wait(3);
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 0, 600);
}
END_TEST

/* RFC 3543 3.2: 137 must be protected. And nobody is told of a registration
 * that has not been answered. */
START_TEST(not_negotiated)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	m_rev_support(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(sent_ext(137), 0);
	rig_wait(1);
	end_it(ALICE);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig.dp_async = true;
	ask(&m, AR1, ALICE, 1800, IID);
	ask(&m, AR2, ALICE, 1800, IID);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	rig_dp_answer(0);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(AR2));
	rig_wait(100);
	ck_assert_uint_eq(rig.n_sent, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_revoke");
	TCase *t = tcase_create("revocation");

	tcase_add_checked_fixture(t, rig_init, rig_free);
	tcase_add_test(t, revocation);
	tcase_add_test(t, revocation_acknowledged);
	tcase_add_test(t, not_to_be_replayed);
	tcase_add_test(t, not_twice_within_a_second);
	tcase_add_test(t, revoked_by_router_unproved);
	tcase_add_test(t, acknowledged_late);
	tcase_add_test(t, not_beyond_the_lifetime);
	tcase_add_test(t, not_negotiated);
	tcase_add_test(t, not_within_a_second_of_the_answer);
	tcase_add_test(t, not_to_be_replayed_while_one_waits);
	tcase_add_test(t, not_to_be_replayed_after_the_clock);
	tcase_add_test(t, moves_within_a_second);
	tcase_add_test(t, comes_back_at_once);
	tcase_add_test(t, id_above_registration);
	tcase_add_test(t, era_ends);
	tcase_add_test(t, signed_by_the_key_in_use);
	tcase_add_test(t, renewed_where_unheard);
	tcase_add_test(t, renewed_before_acknowledged);
	tcase_add_test(t, acknowledgment_of_another);
	tcase_add_test(t, deregistered_while_revoking);
	tcase_add_test(t, revoked_by_router);
	tcase_add_test(t, revoked_by_router_of_another);
	tcase_add_test(t, revoked_by_router_not_negotiated);
	tcase_add_test(t, revoked_by_router_again);
	tcase_add_test(t, revoked_by_router_while_pending);
	suite_add_tcase(s, t);
	return test_run(s);
}
