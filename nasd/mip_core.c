/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All registrations of the NetMIP4 client: whose a datagram is (by the low 32
 * bits of the Identification, PROTOCOLS 7 D9), what the home agents' clocks
 * say (PROTOCOLS 5, RFC 3344 5.7.1). Between mip_client.c, which has the
 * socket, and mip_reg.c; mip_rev.c has revocations. Every step is a hash
 * lookup; a datagram from a stranger allocates nothing and changes nothing but
 * a counter.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"
#include "common/violations.h"

#define OFFSET_WARN_S	3600	/* PROTOCOLS 5 */
/* A 133 whose clock is this close to the Identification it refuses means one
 * that did not grow, not a wrong clock: the window is never below 3 s. */
#define OFFSET_JITTER_S	3
#define HA_WINDOW_S	7	/* its replay-window, mostly [PROTOCOLS 5] */
#define ID_BUMPS	16
/* The lowest bits are random: timers would else make requests a whole number
 * of seconds apart, with the same low 32 bits. */
#define ID_NOISE	0xffff

const char *
mip_counter_key(enum mip_counter c)
{
	static const char *const key[] = {
#define X(name, text) [MIP_C_##name] = text,
		MIP_COUNTERS(X)
#undef X
	};

	return key[c];
}

int
mip_core_init(struct mip_core *core)
{
	struct table *t[] = { &core->by_id, &core->by_nai, &core->by_hoa,
	    &core->by_gre, &core->has };

	core->ha_list = NULL;
	core->violations = NULL;
	core->unknown_said = core->unproven_said = (mono_t){ INT64_MIN };
	core->n_regs = core->n_orphans = 0;
	core->agents = (struct mip_agent_events){ NULL, NULL };
	core->left = (struct mip_left_events){ NULL, NULL };
	core->node_key = NULL;
	core->fa_key = NULL;
	memset(core->count, 0, sizeof(core->count));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (table_init(t[i]) == 0)
			continue;
		while (i-- > 0)
			table_free(t[i]);
		return -ENOMEM;
	}
	return 0;
}

static bool
free_orphan(struct table_node *n, void *arg)
{
	(void)arg;
	mip_reg_free(container_of(n, struct mip_reg, nai_node));
	return true;
}

void
mip_core_free(struct mip_core *core)
{
	struct mip_ha_rec *ha;

	core->left.over = NULL;		/* they are the next client's */
	table_each(&core->by_nai, free_orphan, NULL);
	while ((ha = core->ha_list) != NULL) {
		core->ha_list = ha->next;
		timer_cancel(core->timers, &ha->t_turns);
		mip_pace_free(&ha->pace);
		free(ha);
	}
	table_free(&core->by_id);
	table_free(&core->by_nai);
	table_free(&core->by_hoa);
	table_free(&core->by_gre);
	table_free(&core->has);
}

/* ---- home agents ---- */

static bool
ha_eq(const struct table_node *n, const void *key)
{
	const struct in_addr *addr = key;

	return container_of(n, const struct mip_ha_rec, node)->ha.addr.s_addr
	    == addr->s_addr;
}

struct mip_ha_rec *
mip_core_find_ha(const struct mip_core *core, struct in_addr addr)
{
	struct table_node *n;

	n = table_find(&core->has, table_hash(&core->has, &addr,
	    sizeof(addr)), ha_eq, &addr);
	return n != NULL ? container_of(n, struct mip_ha_rec, node) : NULL;
}

static void
turns_fire(struct timer *t)
{
	mip_send_turns(container_of(t, struct mip_ha_rec, t_turns));
}

struct mip_ha_rec *
mip_core_ha(struct mip_core *core, const struct mip_ha *want)
{
	struct mip_ha_rec *ha = mip_core_find_ha(core, want->addr);

	if (ha == NULL) {
		if ((ha = calloc(1, sizeof(*ha))) == NULL)
			return NULL;
		ha->next = core->ha_list;
		core->ha_list = ha;
		ha->core = core;
		ha->ha.addr = want->addr;
		ha->t_turns.fire = turns_fire;
		mip_pace_init(&ha->pace, core->params.rate,
		    clock_mono(core->clock));
		table_insert(&core->has, &ha->node,
		    table_hash(&core->has, &want->addr,
		    sizeof(want->addr)));
	}
	/* a new configuration has its keys elsewhere; who asks for a node
	 * needs none */
	if (want->n_sa > 0)
		ha->ha = *want;
	return ha;
}

void
mip_core_rekey(struct mip_core *core, const struct mip_ha *ha)
{
	struct mip_ha_rec *rec = mip_core_find_ha(core, ha->addr);

	if (rec != NULL)
		rec->ha = *ha;
}

void
mip_core_set_params(struct mip_core *core, const struct mip_client_params *p)
{
	struct mip_client_params *is = &core->params, was = *is;

	*is = *p;
	is->coa = was.coa;
	is->rate = was.rate;
	is->types = was.types;
}

void
mip_core_hold(struct mip_core *core, struct in_addr addr, bool held)
{
	struct mip_ha_rec *ha = mip_core_find_ha(core, addr);

	if (ha == NULL || ha->ha.n_sa == 0)
		return;
	ha->pace.held = held;
	mip_send_turns(ha);
}

void
mip_core_hurry(struct mip_core *core, int64_t ms)
{
	mono_t now = clock_mono(core->clock);
	struct mip_ha_rec *ha;
	uint64_t rate;

	for (ha = core->ha_list; ha != NULL; ha = ha->next) {
		rate = (uint64_t)ha->n_regs * 1000 / (uint64_t)ms + 1;
		mip_pace_raise(&ha->pace, rate < UINT32_MAX / 2 ?
		    (uint32_t)rate : UINT32_MAX / 2, now);
		mip_send_turns(ha);
	}
}

/* ---- tries, found by the low 32 bits of their Identification ---- */

struct try_key {
	uint32_t		 low;
	const struct mip_ha_rec	*ha;	/* NULL: any */
};

static bool
try_eq(const struct table_node *n, const void *k)
{
	const struct mip_try *t = container_of(n, const struct mip_try, node);
	const struct try_key *key = k;

	return t->low == key->low &&
	    (key->ha == NULL || t->reg->ha == key->ha);
}

struct mip_try *
mip_core_find_try(const struct mip_core *core, uint32_t low,
    const struct mip_ha_rec *ha)
{
	struct try_key key = { low, ha };
	struct table_node *n;

	n = table_find(&core->by_id, table_hash(&core->by_id, &low,
	    sizeof(low)), try_eq, &key);
	return n != NULL ? container_of(n, struct mip_try, node) : NULL;
}

void
mip_core_add_try(struct mip_core *core, struct mip_try *t)
{
	table_insert(&core->by_id, &t->node,
	    table_hash(&core->by_id, &t->low, sizeof(t->low)));
}

void
mip_core_remove_try(struct mip_core *core, struct mip_try *t)
{
	if (t->reg == NULL)
		return;
	table_remove(&core->by_id, &t->node);
	t->reg = NULL;
}

uint64_t
mip_core_next_id(struct mip_core *core, struct mip_reg *r)
{
	struct mip_ha_rec *ha = r->ha;
	uint64_t id = 0, now, *last = &ha->last_id;

	/* One sequence for all registrations at a home agent, so each one's
	 * grows too, even over sessions of the same NAI. */
	if (r->after_id != 0 && (*last == 0 || ntp_cmp(r->after_id, *last) >
	    0))
		last = &r->after_id;	/* of this one alone [D181] */
	now = clock_ntp(core->clock) ^ (core->random(core->arg) & ID_NOISE);
	for (unsigned i = 0; i < ID_BUMPS; i++) {
		id = mip4_id_next(now, ha->offset_s, last);
		if (mip_core_find_try(core, (uint32_t)id, ha) == NULL)
			break;
	}
	return id;
}

/* Somebody who holds a home agent's key, or its broken clock, moves ours no
 * further than the operator allows [PROTOCOLS 5]. */
static bool
is_too_far(const struct mip_core *core, int32_t offset)
{
	int64_t most = core->params.max_clock_offset;

	return most != 0 && (offset > most || offset < -most);
}

/*
 * What another client's Identifications were, or ours have become by that, is
 * not kept to where the home agent finds it too far ahead of its clock. One
 * that it may still accept, when it has been on its way for long, is no reason
 * to go back below it [D181].
 */
static void
drop_far(uint64_t *last, uint64_t ha_time)
{
	if (ntp_diff_s(*last, ha_time) > HA_WINDOW_S)
		*last = 0;
}

void
mip_core_resync(struct mip_core *core, const struct mip_try *t,
    uint64_t reply_id, const char *subject)
{
	struct mip_ha_rec *ha = t->reg->ha;
	char name[INET_ADDRSTRLEN];
	int32_t offset, change;

	drop_far(&t->reg->after_id, reply_id);
	/* Answers to requests older than the last change tell the same once
	 * more, a little later: following them would let the clock step to and
	 * fro by its rounding. */
	if (t->offset_gen != ha->offset_gen)
		return;
	offset = ntp_diff_s(reply_id, clock_ntp(core->clock));
	change = (int32_t)((uint32_t)offset - (uint32_t)ha->offset_s);
	if (change >= -OFFSET_JITTER_S && change <= OFFSET_JITTER_S) {
		drop_far(&ha->last_id, reply_id);
		return;
	}
	inet_ntop(AF_INET, &ha->ha.addr, name, sizeof(name));
	if (is_too_far(core, offset)) {
		log_warnx(subject, "clock of home agent %s differs by %ld s, "
		    "more than max-clock-offset: not followed", name,
		    (long)offset);
		return;
	}
	ha->offset_s = offset;
	ha->offset_gen++;
	/* The home agent refused the Identifications of the wrong clock, so it
	 * remembers none of them [D53]: when ours was fast, go back. */
	if (change < 0)
		ha->last_id = 0;
	if (offset > OFFSET_WARN_S || offset < -OFFSET_WARN_S)
		log_warnx(subject, "clock of home agent %s differs by %ld s",
		    name, (long)offset);
	else
		log_info(subject, "clock of home agent %s: offset %ld s",
		    name, (long)offset);
}

/* ---- registrations, found by NAI or home address ---- */

void
mip_core_add_reg(struct mip_core *core, struct mip_reg *r)
{
	table_insert(&core->by_nai, &r->nai_node,
	    table_hash(&core->by_nai, r->nai, r->nai_len));
	if (r->gre.own != 0)
		table_insert(&core->by_gre, &r->gre_node,
		    table_hash(&core->by_gre, &r->gre.own,
		    sizeof(r->gre.own)));
	if (r->orphan) {
		core->n_orphans++;
		return;
	}
	core->n_regs++;
	r->ha->n_regs++;
}

void
mip_core_remove_reg(struct mip_core *core, struct mip_reg *r)
{
	mip_core_set_hoa(core, r, NULL);
	table_remove(&core->by_nai, &r->nai_node);
	if (r->gre.own != 0)
		table_remove(&core->by_gre, &r->gre_node);
	if (r->orphan) {
		core->n_orphans--;
		return;
	}
	core->n_regs--;
	r->ha->n_regs--;
}

void
mip_core_set_hoa(struct mip_core *core, struct mip_reg *r,
    const struct in6_addr *hoa)
{
	if (r->has_hoa) {
		table_remove(&core->by_hoa, &r->hoa_node);
		r->has_hoa = false;
	}
	if (hoa == NULL)
		return;
	r->hoa = *hoa;
	r->has_hoa = true;
	table_insert(&core->by_hoa, &r->hoa_node,
	    table_hash(&core->by_hoa, &r->hoa, sizeof(r->hoa)));
}

static bool
gre_eq(const struct table_node *n, const void *key)
{
	const uint32_t *own = key;

	return container_of(n, const struct mip_reg, gre_node)->gre.own ==
	    *own;
}

/* At random, as a key of a session that has ended a moment ago may still be on
 * packets to us. */
uint32_t
mip_core_new_gre(const struct mip_core *core)
{
	uint32_t key = core->random(core->arg);

	while (key == 0 || table_find(&core->by_gre, table_hash(&core->by_gre,
	    &key, sizeof(key)), gre_eq, &key) != NULL)
		key++;
	return key;
}

struct orphan_key {
	const struct mip_ha_rec	*ha;
	const char		*nai;
	size_t			 nai_len;
	struct in_addr		 coa;
};

static bool
orphan_eq(const struct table_node *n, const void *key)
{
	const struct mip_reg *r = container_of(n, const struct mip_reg,
	    nai_node);
	const struct orphan_key *k = key;

	return r->orphan && !r->probe && r->ha == k->ha &&
	    r->coa.s_addr == k->coa.s_addr && r->nai_len == k->nai_len &&
	    memcmp(r->nai, k->nai, k->nai_len) == 0;
}

struct mip_reg *
mip_core_find_orphan(const struct mip_core *core, const char *nai,
    size_t nai_len, const struct mip_ha_rec *ha, struct in_addr coa)
{
	struct orphan_key key = { .ha = ha, .nai = nai, .nai_len = nai_len,
	    .coa = coa };
	struct table_node *n;

	if (core->n_orphans == 0)
		return NULL;
	n = table_find(&core->by_nai, table_hash(&core->by_nai, nai, nai_len),
	    orphan_eq, &key);
	return n != NULL ? container_of(n, struct mip_reg, nai_node) : NULL;
}

/* ---- everything that comes in ---- */

void
mip_core_heard(const struct mip_core *core, struct in_addr from)
{
	if (core->agents.heard != NULL)
		core->agents.heard(core->agents_arg, from);
}

/* Counted, and remembered by its source. */
void
mip_core_refuse(struct mip_core *core, struct in_addr src, enum mip_counter c)
{
	static const char prefix[] = "dropped_";
	const char *why = mip_counter_key(c);

	core->count[c]++;
	if (strncmp(why, prefix, sizeof(prefix) - 1) == 0)
		why += sizeof(prefix) - 1;
	violations_note(core->violations, src,
	    mip_core_find_ha(core, src) != NULL, why, VIOLATION_SILENT);
}

/* Both ends must agree on the numbers of some [D3]: said once a second. */
static void
log_unknown(struct mip_core *core, struct in_addr src, uint8_t type)
{
	mono_t now = clock_mono(core->clock);
	char name[INET_ADDRSTRLEN];

	if (mono_diff_ms(now, core->unknown_said) < 1000)
		return;
	core->unknown_said = now;
	inet_ntop(AF_INET, &src, name, sizeof(name));
	log_info(name, "dropped: unknown extension %u, which must not be "
	    "skipped", type);
}

static bool
is_unproven(enum mip_counter c)
{
	return c == MIP_C_DROP_NO_AUTH || c == MIP_C_DROP_SPI ||
	    c == MIP_C_DROP_BAD_AUTH || c == MIP_C_DROP_MN_AUTH;
}

enum mip_counter
mip_core_reply(struct mip_core *core, struct mip_try *t,
    const struct mip4_msg *msg, const uint8_t *buf, struct mip_reply *reply)
{
	enum mip_counter c = mip_msg_check_reply(t->reg, msg, buf, reply);
	struct in_addr ha = t->reg->ha->ha.addr;

	if (c == MIP_C_OK) {
		mip_reg_reply(t->reg, t, reply);
		mip_core_heard(core, ha);
		return c;
	}
	log_debug(t->reg->subject, "reply dropped: %s", mip_counter_key(c));
	t->reg->unproven |= is_unproven(c);
	return c;
}

static enum mip_counter
input_reply(struct mip_core *core, struct in_addr src, struct in_addr dst,
    const struct mip4_msg *msg, const uint8_t *buf)
{
	uint32_t low = (uint32_t)msg->rrp.id;
	struct mip_ha_rec *ha = mip_core_find_ha(core, src);
	struct mip_try *t = NULL;
	struct mip_reply reply;

	if (ha != NULL)
		t = mip_core_find_try(core, low, ha);
	if (t == NULL)
		return mip_core_find_try(core, low, NULL) != NULL ?
		    MIP_C_DROP_SOURCE : MIP_C_DROP_UNMATCHED;
	if (t->reg->via.s_addr != INADDR_ANY)
		return MIP_C_DROP_SOURCE;
	if (t->reg->coa.s_addr != dst.s_addr)
		return MIP_C_DROP_DESTINATION;
	/* Who accepts has copied all of it [RFC 3344 5.7.1], so that an old
	 * reply whose low half fits by chance is found out. */
	if (msg->rrp.code <= MIP4_ACCEPTED_NO_SIMUL &&
	    msg->rrp.id >> 32 != t->high)
		return MIP_C_DROP_UNMATCHED;
	return mip_core_reply(core, t, msg, buf, &reply);
}

void
mip_core_input(struct mip_core *core, struct in_addr src, uint16_t port,
    struct in_addr dst, const uint8_t *buf, size_t len)
{
	static const enum mip_counter unparsed[] = {
		[MIP4_OK] = MIP_C_OK,
		[MIP4_SHORT] = MIP_C_DROP_SHORT,
		[MIP4_UNKNOWN_TYPE] = MIP_C_DROP_TYPE,
		[MIP4_UNKNOWN_EXT] = MIP_C_DROP_EXT,
		[MIP4_MALFORMED] = MIP_C_DROP_MALFORMED,
	};
	enum mip_counter c;
	struct mip4_msg msg;

	c = unparsed[mip4_parse(&msg, buf, len, &core->params.types)];
	if (c == MIP_C_OK) {
		if (msg.type == MIP4_RRP)
			c = input_reply(core, src, dst, &msg, buf);
		else if (msg.type == MIP4_REV)
			c = mip_rev_input(core, src, port, dst, &msg, buf);
		else
			c = MIP_C_DROP_NOT_OURS;
	} else if (c == MIP_C_DROP_EXT) {
		log_unknown(core, src, msg.ext.first_unknown);
	}
	if (c != MIP_C_OK)
		mip_core_refuse(core, src, c);
}
