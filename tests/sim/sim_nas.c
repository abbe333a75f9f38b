/* SPDX-License-Identifier: BSD-2-Clause */
/* An access router: the core of nasd's NetMIP4 client, without a socket. Its
 * sessions are sim_session.c's. */
#include "tests/sim/sim_line.h"
#include "tests/sim/sim_mobile.h"

#include <stdlib.h>
#include <string.h>

static void
nas_send(void *arg, struct in_addr from, struct in_addr to, uint16_t port,
    const uint8_t *data, size_t len)
{
	struct nas *n = arg;

	check_request(n, to, data, len);
	net_send(&n->host, from, to, MIP4_PORT, port, data, len);
}

static uint32_t
nas_random(void *arg)
{
	struct nas *n = arg;

	return (uint32_t)dice_roll(&n->host.w->product);
}

/* Once: home agents copy them, also while the router is down. */
static void
set_keys(struct nas *n)
{
	const struct plan *plan = &n->host.w->plan;
	unsigned i;

	for (i = 0; i < plan->n_has; i++) {
		struct mip4_sa *sa = &n->sa[i];

		*sa = (struct mip4_sa){ .spi = SPI,
		    .alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };
		if (!plan->one_key) {
			sa->key[0] = (uint8_t)(n->host.index + 1);
			sa->key[1] = (uint8_t)(i + 1);
		}
		if (mip4_sa_prepare(sa) != 0)
			abort();
	}
}

/* As access_nodes_key. */
static const struct mip4_sa *
node_key(void *arg, const char *nai, size_t len, struct in_addr ha)
{
	const struct nas *n = arg;
	struct subscriber *u = world_user(n->host.w, nai, len);

	(void)ha;
	return u != NULL && u->mobile != NULL ? &u->sa : NULL;
}

void
nas_start(struct nas *n)
{
	struct world *w = n->host.w;

	if (n->sa[0].key_len == 0)
		set_keys(n);
	memset(&n->core, 0, sizeof(n->core));
	n->core.timers = &n->host.timers;
	n->core.clock = &n->host.clock;
	n->core.params = (struct mip_client_params){
		.coa = n->host.addr, .attempts = 5, .dereg_attempts = 3,
		.lifetime = (uint16_t)w->plan.lifetime, .require_nai = true,
		.rate = w->plan.rate,
		.match_most_recent_only = w->plan.newest_only,
		.types = MIP4_EXT_TYPES_DEFAULT,
	};
	n->core.send = nas_send;
	n->core.random = nas_random;
	n->core.arg = n;
	if (mip_core_init(&n->core) != 0)
		abort();
	n->core.node_key = node_key;
	n->core.node_key_arg = n;
	select_start(n);
	link_start(n);
	lines_start(n);
}

static void
free_sessions_of(struct subscriber *u, struct nas *n)
{
	struct sess *s, *next;

	for (s = u->sessions; s != NULL; s = next) {
		next = s->next;
		if (s->nas == n)
			sess_free(s);
	}
	memset(u->asked[n->host.index], 0, sizeof(u->asked[0]));
	memset(u->retry[n->host.index], 0, sizeof(u->retry[0]));
	if (u->mobile == NULL)
		return;
	memset(u->asked[n->host.index + FIRST_SINGLE], 0,
	    sizeof(u->asked[0]));
	memset(u->retry[n->host.index + FIRST_SINGLE], 0,
	    sizeof(u->retry[0]));
}

void
nas_stop(struct nas *n)
{
	struct world *w = n->host.w;
	unsigned i;

	link_stop(n);
	lines_stop(n);
	for (i = 0; i < w->plan.n_users; i++)
		free_sessions_of(&w->user[i], n);
	if (n->core.n_regs != 0 ||
	    table_count(&n->core.by_nai) != n->core.n_orphans ||
	    (n->core.n_orphans == 0 && (table_count(&n->core.by_id) != 0 ||
	    table_count(&n->core.by_hoa) != 0)))
		world_fail(w, "%s stopped, registrations are left",
		    n->host.name);
	select_stop(n);
	w->counts->abandoned += n->core.count[MIP_C_ABANDONED];
	mip_core_free(&n->core);
}

/* The retry at once has to wait for its turn like others. */
static void
note_retry(struct nas *n, const struct packet *p)
{
	const struct mip4_msg *m = &n->host.w->step.msg;
	struct world *w = n->host.w;
	uint8_t *retry = &p->u->retry[net_place(w, p->dst)][net_host(w,
	    p->src)->index];

	if (m->type == MIP4_RRP && m->rrp.code == MIP4_HA_ID_MISMATCH &&
	    *retry == RETRY_NONE)
		*retry = RETRY_DUE;
}

void
nas_input(struct nas *n, const struct packet *p)
{
	struct world *w = n->host.w;
	uint64_t acks = n->core.count[MIP_C_SENT_REV_ACK];
	size_t orphans = n->core.n_orphans;

	w->step.parsed = mip4_parse(&w->step.msg, p->data, p->len,
	    &n->core.params.types) == MIP4_OK;
	if (w->plan.rate > 0 && w->step.parsed && p->u != NULL)
		note_retry(n, p);
	mip_core_input(&n->core, p->src, p->sport, p->dst, p->data, p->len);
	/* as check_over */
	if (n->core.n_orphans < orphans && p->u != NULL)
		p->u->asked[net_place(w, p->dst)][net_host(w, p->src)->index] =
		    0;
	if (!p->attack && w->step.parsed && w->step.msg.type == MIP4_REV)
		w->step.p->refused = n->core.count[MIP_C_SENT_REV_ACK] == acks;
}

bool
nas_knows(const struct nas *n, const struct subscriber *u,
    const struct ha *h, struct in_addr coa, bool *orphaned)
{
	const struct mip_ha_rec *ha = mip_core_find_ha(&n->core,
	    h->host.addr);
	const struct sess *s;

	*orphaned = false;
	for (s = u->sessions; s != NULL; s = s->next)
		if (s->nas == n && s->reg != NULL && s->reg->ha == ha &&
		    s->coa.s_addr == coa.s_addr && s->reg->maybe_bound)
			return true;
	*orphaned = ha != NULL && mip_core_find_orphan(&n->core, u->nai,
	    strlen(u->nai), ha, coa) != NULL;
	return *orphaned;
}

uint64_t
digest_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *b = data;

	while (len-- > 0)
		sum = (sum ^ *b++) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t
digest_reg(uint64_t d, const struct mip_reg *r)
{
	d = digest_add(d, &r, sizeof(r));
	if (r == NULL)
		return d;
	d = digest_add(d, &r->state, sizeof(r->state));
	d = digest_add(d, &r->hoa, sizeof(r->hoa));
	d = digest_add(d, &r->lifetime, sizeof(r->lifetime));
	d = digest_add(d, &r->expires, sizeof(r->expires));
	d = digest_add(d, &r->revocable, sizeof(r->revocable));
	d = digest_add(d, &r->rev_floor, sizeof(r->rev_floor));
	d = digest_add(d, &r->n_sent, sizeof(r->n_sent));
	d = digest_add(d, &r->resynced, sizeof(r->resynced));
	return digest_add(d, &r->maybe_bound, sizeof(r->maybe_bound));
}

uint64_t
nas_digest(struct nas *n)
{
	struct world *w = n->host.w;
	size_t tries = table_count(&n->core.by_id);
	uint64_t d = digest_add(0, &tries, sizeof(tries));
	const struct mip_ha_rec *ha;
	const struct sess *s;
	unsigned i;

	lines_sync(n);
	for (i = 0; i < w->plan.n_users; i++) {
		for (s = w->user[i].sessions; s != NULL; s = s->next) {
			if (s->nas != n)
				continue;
			d = digest_add(d, &s->state, sizeof(s->state));
			d = digest_reg(d, s->reg);
		}
	}
	for (ha = n->core.ha_list; ha != NULL; ha = ha->next) {
		d = digest_add(d, &ha->offset_s, sizeof(ha->offset_s));
		d = digest_add(d, &ha->last_id, sizeof(ha->last_id));
		d = digest_add(d, &ha->pace.held, sizeof(ha->pace.held));
	}
	d = digest_add(d, &n->core.n_orphans, sizeof(n->core.n_orphans));
	for (i = 0; i < n->select.n; i++)
		d = digest_add(d, &n->select.agent[i].unheard,
		    sizeof(n->select.agent[i].unheard));
	return digest_add(d, &n->host.timers.n, sizeof(n->host.timers.n));
}
