/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receiver of Registration Revocations [PROTOCOLS 9, RFC 3543 3.4]: who
 * signed one, whether it is fresh, which binding it means, and the answer.
 * Under mip_core.c, which has the registrations and whatever else comes in;
 * mip_reg.c ends the binding. Pure, and no more than hash lookups.
 */
#include <string.h>

#include "nasd/mip_reg.h"

#define REV_WINDOW_S	60	/* PROTOCOLS 9 */

struct binding_key {
	const struct mip_ha_rec	*ha;
	const char		*nai;		/* NULL: any */
	size_t			 nai_len;
	const struct in6_addr	*hoa;		/* NULL: any */
	struct in_addr		 coa;
};

static bool
binding_matches(const struct mip_reg *r, const struct binding_key *k)
{
	return r->ha == k->ha && r->coa.s_addr == k->coa.s_addr &&
	    mip_reg_is_bound(r) &&
	    (k->nai == NULL || (r->nai_len == k->nai_len &&
	    memcmp(r->nai, k->nai, k->nai_len) == 0)) &&
	    (k->hoa == NULL || (r->has_hoa &&
	    memcmp(&r->hoa, k->hoa, sizeof(r->hoa)) == 0));
}

static bool
nai_eq(const struct table_node *n, const void *key)
{
	return binding_matches(container_of(n, const struct mip_reg,
	    nai_node), key);
}

/* Is the answer to a first request still on its way? */
static bool
pending_eq(const struct table_node *n, const void *key)
{
	const struct mip_reg *r = container_of(n, const struct mip_reg,
	    nai_node);
	const struct binding_key *k = key;

	return r->ha == k->ha && r->coa.s_addr == k->coa.s_addr &&
	    r->state == MIP_S_REQUESTING && r->nai_len == k->nai_len &&
	    memcmp(r->nai, k->nai, k->nai_len) == 0;
}

static bool
hoa_eq(const struct table_node *n, const void *key)
{
	return binding_matches(container_of(n, const struct mip_reg,
	    hoa_node), key);
}

/*
 * The binding a revocation means [D14]: by NAI, else by home address; named
 * both ways they must agree. NULL with MIP_C_OK: there is none [D15]. One that
 * has overtaken the reply it is about will come again [D58].
 */
static enum mip_counter
find_binding(struct mip_core *core, const struct mip_ha_rec *ha,
    struct in_addr coa, const struct mip4_exts *e, size_t covered,
    struct mip_reg **reg)
{
	struct binding_key key = { .ha = ha, .coa = coa };
	struct table_node *n = NULL;
	char nai[MIP4_NAI_MAX];

	*reg = NULL;
	if (mip_msg_is_covered(e->off_hoa, covered) && !e->hoa_empty)
		key.hoa = &e->hoa;
	if (mip_msg_is_covered(e->off_nai, covered) && e->nai_len > 0 &&
	    e->nai_len <= sizeof(nai)) {
		memcpy(nai, e->nai, e->nai_len);
		nai_normalize(nai, e->nai_len);
		key.nai = nai;
		key.nai_len = e->nai_len;
	}
	if (e->n_nai > 1 || e->n_hoa > 1 || e->bad_ext ||
	    (key.nai == NULL && key.hoa == NULL))
		return MIP_C_DROP_REV_IDENTITY;

	if (key.nai != NULL) {
		uint64_t hash = table_hash(&core->by_nai, nai,
		    key.nai_len);

		n = table_find(&core->by_nai, hash, nai_eq, &key);
		if (n != NULL)
			*reg = container_of(n, struct mip_reg, nai_node);
		else if (table_find(&core->by_nai, hash, pending_eq, &key))
			return MIP_C_DROP_REV_EARLY;
		else if (key.hoa != NULL) {
			key.hoa = NULL;
			if (table_find(&core->by_nai, hash, nai_eq, &key))
				return MIP_C_DROP_REV_IDENTITY;
		}
		return MIP_C_OK;
	}
	n = table_find(&core->by_hoa, table_hash(&core->by_hoa, key.hoa,
	    sizeof(*key.hoa)), hoa_eq, &key);
	if (n != NULL)
		*reg = container_of(n, struct mip_reg, hoa_node);
	return MIP_C_OK;
}

/* Serial comparison of two clocks in seconds. */
static int32_t
serial(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static bool
node_eq(const struct table_node *n, const void *key)
{
	const struct mip_reg *r = container_of(n, const struct mip_reg,
	    nai_node);
	const struct binding_key *k = key;

	return r->kind == MIP_NODE && r->ha == k->ha &&
	    r->nai_len == k->nai_len &&
	    memcmp(r->nai, k->nai, k->nai_len) == 0;
}

/* Of the node that a message names, registered or not. */
static const struct mip4_sa *
find_node_key(const struct mip_core *core, const struct mip_ha_rec *ha,
    const struct mip4_exts *e)
{
	struct binding_key key = { .ha = ha, .nai_len = e->nai_len };
	char nai[MIP4_NAI_MAX];
	struct table_node *n;

	if (e->nai_len == 0 || e->nai_len > sizeof(nai))
		return NULL;
	memcpy(nai, e->nai, e->nai_len);
	nai_normalize(nai, e->nai_len);
	key.nai = nai;
	n = table_find(&core->by_nai, table_hash(&core->by_nai, nai,
	    e->nai_len), node_eq, &key);
	if (n != NULL)
		return &container_of(n, struct mip_reg, nai_node)->mn_ha.sa;
	return core->node_key != NULL ? core->node_key(core->node_key_arg,
	    nai, e->nai_len, ha->ha.addr) : NULL;
}

/* By 34 for an access router, by 32 alone for a node [PROTOCOLS 9]. */
static enum mip_counter
check_rev_auth(const struct mip_core *core, const struct mip_ha_rec *ha,
    const struct mip4_msg *msg, const uint8_t *buf, struct mip_rev_auth *auth)
{
	uint32_t spi;

	auth->type = MIP4_EXT_FA_HA;
	if (mip4_auth_spi(&msg->ext, MIP4_EXT_FA_HA, &spi) ||
	    !mip4_auth_spi(&msg->ext, MIP4_EXT_MN_HA, &spi))
		return mip_msg_check_fa_ha(&ha->ha, msg, buf, &auth->sa,
		    &auth->covered);
	auth->type = MIP4_EXT_MN_HA;
	auth->sa = find_node_key(core, ha, &msg->ext);
	return auth->sa == NULL ? MIP_C_DROP_SPI : mip_msg_check_mn_ha(
	    auth->sa, msg, buf, &auth->covered);
}

/* It names the care-of address that it was sent to. A node's may have been
 * given up since, a router's may not. */
static bool
is_ours(const struct mip_core *core, const struct mip_rev_auth *auth,
    const struct mip4_rev *rev, struct in_addr src, struct in_addr dst)
{
	return rev->hda.s_addr == src.s_addr && rev->fda.s_addr == dst.s_addr &&
	    (auth->type == MIP4_EXT_FA_HA) ==
	    (rev->fda.s_addr == core->params.coa.s_addr);
}

static enum mip_counter
check_revocation(struct mip_core *core, struct in_addr src,
    struct in_addr dst, const struct mip4_msg *msg, const uint8_t *buf,
    struct mip_rev_auth *auth, struct mip_reg **reg)
{
	const struct mip4_rev *rev = &msg->rev;
	struct mip_ha_rec *ha = mip_core_find_ha(core, src);
	enum mip_counter c;
	uint32_t now;
	int32_t age;

	if (ha == NULL)
		return MIP_C_DROP_SOURCE;
	c = check_rev_auth(core, ha, msg, buf, auth);
	if (c != MIP_C_OK)
		return c;
	if (!rev->a)
		return MIP_C_DROP_REV_REFLECTED;
	if (!is_ours(core, auth, rev, src, dst))
		return MIP_C_DROP_REV_DOMAIN;
	now = ntp_seconds(clock_ntp(core->clock)) + (uint32_t)ha->offset_s;
	age = serial(now, rev->rev_id);
	if (age > REV_WINDOW_S || age < -REV_WINDOW_S)
		return MIP_C_DROP_REV_STALE;
	c = find_binding(core, ha, dst, &msg->ext, auth->covered, reg);
	if (c != MIP_C_OK || *reg == NULL)
		return c;
	if (!(*reg)->revocable)
		return MIP_C_DROP_REV_UNNEGOTIATED;
	/* Not older than the registration, and later than any acted on. */
	age = serial(rev->rev_id, (*reg)->rev_floor);
	if (age < 0 || (age == 0 && (*reg)->rev_acted))
		return MIP_C_DROP_REV_STALE;
	if ((*reg)->home.s_addr != rev->home.s_addr)
		return MIP_C_DROP_REV_IDENTITY;
	return MIP_C_OK;
}

enum mip_counter
mip_rev_input(struct mip_core *core, struct in_addr src, uint16_t port,
    struct in_addr dst, const struct mip4_msg *msg, const uint8_t *buf)
{
	uint8_t out[MIP4_MAX_MSG];
	struct mip_rev_auth auth;
	struct mip_reg *r = NULL;
	enum mip_counter c;
	int n;

	c = check_revocation(core, src, dst, msg, buf, &auth, &r);
	if (c != MIP_C_OK)
		return c;
	/* Without a binding too: our first answer may have been lost, and a
	 * retransmission has a new identifier [D15]. */
	n = mip_msg_rev_ack(core, msg, &auth, out, sizeof(out));
	if (n > 0) {
		core->count[MIP_C_SENT_REV_ACK]++;
		core->send(core->arg, dst, src, port, out, (size_t)n);
	}
	/* About nothing it may be an old one: no sign of life. */
	if (r != NULL) {
		mip_reg_revoke(r, msg->rev.rev_id);
		mip_core_heard(core, src);
	}
	return MIP_C_OK;
}
