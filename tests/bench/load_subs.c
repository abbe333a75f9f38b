/* SPDX-License-Identifier: BSD-2-Clause */
/* Subscribers, their requests and the judgement of replies; see load_subs.h. */
#include "load_subs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/wire.h"

#define NAI_FORMAT	"user%07" PRIu32 "@example.net"
#define NAI_DIGITS_AT	4

int
subs_init(struct subs *s, uint32_t n)
{
	uint32_t i;

	s->sub = calloc(n, sizeof(*s->sub));
	s->order = calloc(n, sizeof(*s->order));
	if (!s->sub || !s->order) {
		subs_free(s);
		return -ENOMEM;
	}
	s->n = n;
	s->random = 1;
	for (i = 0; i < n; i++) {
		s->order[i] = i;
		s->sub[i].place = i;
		s->sub[i].peer = (uint16_t)(i % s->n_peers);
	}
	return 0;
}

void
subs_free(struct subs *s)
{
	free(s->sub);
	free(s->order);
	s->sub = NULL;
	s->order = NULL;
}

/* splitmix64: the same subscribers in every run. */
static uint32_t
below(struct subs *s, uint32_t n)
{
	uint64_t z = (s->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % n);
}

static void
swap(struct subs *s, uint32_t a, uint32_t b)
{
	uint32_t i = s->order[a], j = s->order[b];

	s->order[a] = j;
	s->order[b] = i;
	s->sub[j].place = a;
	s->sub[i].place = b;
}

static uint32_t
take(struct subs *s, enum load_op op)
{
	uint32_t at, end = s->n_bound + s->n_wait;

	if (op == LOAD_NEW) {
		swap(s, end + below(s, s->n - end), end);
		at = end;
	} else {
		at = --s->n_bound;
		swap(s, below(s, at + 1), at);
	}
	s->n_wait++;
	return s->order[at];
}

static void
put_back(struct subs *s, uint32_t i, bool bound)
{
	s->sub[i].waits = false;
	if (bound)
		swap(s, s->sub[i].place, s->n_bound++);
	else
		swap(s, s->sub[i].place, s->n_bound + s->n_wait - 1);
	s->n_wait--;
}

bool
subs_can(const struct subs *s, enum load_op op)
{
	if (s->head - s->tail == LOAD_ASKED)
		return false;
	if (op == LOAD_NEW)
		return s->n_bound + s->n_wait < s->n;
	return s->n_bound > 0;
}

static void
put_request(struct subs *s, struct wire_w *w, uint32_t i, uint64_t id,
    struct in_addr coa)
{
	const struct sub *b = &s->sub[i];
	struct mip4_rrq rrq = {
		.lifetime = b->op == LOAD_DEREGISTER ? 0 : s->lifetime,
		.ha = s->ha, .coa = coa, .id = id,
	};
	struct iid iid = {{ 2, 0, 0, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
	    (uint8_t)(i >> 8), (uint8_t)i }};
	char nai[32];
	int n;

	n = snprintf(nai, sizeof(nai), NAI_FORMAT, i);
	mip4_put_rrq(w, &rrq);
	mip4_put_nai(w, nai, (size_t)n);
	if (b->op == LOAD_NEW || b->op == LOAD_HANDOFF)
		mip4_put_hoa_request(w, s->types.hoa_request, &iid);
	else
		mip4_put_hoa(w, s->types.hoa, &b->hoa, true);
	mip4_put_rev_support(w, false, ntp_seconds(id));
	mip4_put_auth(w, MIP4_EXT_FA_HA, &s->sa);
}

size_t
subs_ask(struct subs *s, enum load_op op, uint64_t due, uint64_t now,
    uint8_t *buf, size_t cap, struct in_addr *from)
{
	uint32_t i = take(s, op);
	struct asked *a = &s->asked[s->head % LOAD_ASKED];
	struct sub *b = &s->sub[i];
	struct wire_w w;

	if (op == LOAD_HANDOFF)
		b->peer = (uint16_t)((b->peer + 1u) % s->n_peers);
	b->op = (uint8_t)op;
	b->waits = true;
	b->seq = s->head++;
	*a = (struct asked){
		.id = mip4_id_next(clock_ntp(&clock_system), 0, &s->last_id),
		.due = due, .gone = now, .sub = i, .open = true,
	};
	from->s_addr = htonl(ntohl(s->coa.s_addr) + b->peer);
	wire_w_init(&w, buf, cap);
	put_request(s, &w, i, a->id, *from);
	return w.err ? 0 : w.len;
}

/* The request that a reply is for, by the NAI and the Identification. */
static struct asked *
find_asked(struct subs *s, const struct mip4_msg *m)
{
	char nai[32] = "", whose[32];
	struct asked *a;
	uint32_t i;

	if (m->ext.n_nai != 1 || m->ext.nai_len >= sizeof(nai) ||
	    m->ext.nai_len <= NAI_DIGITS_AT)
		return NULL;
	memcpy(nai, m->ext.nai, m->ext.nai_len);
	i = (uint32_t)strtoul(nai + NAI_DIGITS_AT, NULL, 10);
	snprintf(whose, sizeof(whose), NAI_FORMAT, i);
	if (strcmp(nai, whose) != 0 || i >= s->n || !s->sub[i].waits)
		return NULL;
	a = &s->asked[s->sub[i].seq % LOAD_ASKED];
	/* Of a denial with 133 only the low half is ours. */
	return (uint32_t)a->id == (uint32_t)m->rrp.id ? a : NULL;
}

enum load_reply
subs_answer(struct subs *s, const uint8_t *buf, size_t len, uint8_t *code,
    uint64_t *due)
{
	struct mip4_msg m;
	struct asked *a;
	struct sub *b;
	size_t covered;
	bool good;

	if (mip4_parse(&m, buf, len, &s->types) != MIP4_OK ||
	    m.type != MIP4_RRP || m.rrp.ha.s_addr != s->ha.s_addr)
		return LOAD_STRANGE;
	if (mip4_auth_check(buf, &m.ext, MIP4_EXT_FA_HA, &s->sa, &covered) !=
	    MIP4_AUTH_OK || covered != len)
		return LOAD_FORGED;
	a = find_asked(s, &m);
	if (!a)
		return LOAD_STRANGE;
	b = &s->sub[a->sub];
	a->open = false;
	*code = m.rrp.code;
	*due = a->due;
	good = m.rrp.code == MIP4_ACCEPTED ||
	    m.rrp.code == MIP4_ACCEPTED_NO_SIMUL;
	if (!good) {
		put_back(s, a->sub, b->op != LOAD_NEW);
		return LOAD_DENIED;
	}
	good = m.ext.n_hoa == 1 && !m.ext.hoa_empty;
	if (good)
		b->hoa = m.ext.hoa;
	put_back(s, a->sub, good && b->op != LOAD_DEREGISTER);
	return good ? LOAD_ACCEPTED : LOAD_USELESS;
}

uint32_t
subs_give_up(struct subs *s, uint64_t before)
{
	uint32_t n = 0;

	for (; s->tail != s->head; s->tail++) {
		struct asked *a = &s->asked[s->tail % LOAD_ASKED];

		if (a->open && a->gone >= before)
			break;
		if (!a->open)
			continue;
		a->open = false;
		put_back(s, a->sub, s->sub[a->sub].op != LOAD_NEW);
		n++;
	}
	return n;
}
