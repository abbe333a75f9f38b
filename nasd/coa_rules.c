/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a request is for and what it changes: see coa_rules.h. */
#include "nasd/coa_rules.h"

#include <stdio.h>
#include <string.h>

#include "nasd/access.h"
#include "nasd/session.h"

static bool
is_str(const struct dae_bytes *b, const char *s)
{
	return dae_bytes_are(b, s, strlen(s));
}

bool
coa_is_of_now(uint32_t stamp, uint32_t now, uint32_t window, uint32_t since)
{
	int64_t age = (int64_t)now - stamp;

	return age <= window && -age <= window && stamp >= since;
}

enum dae_cause
coa_for_us(const struct dae_request *q, const struct nasd_config *cfg)
{
	if (q->nas_id.p != NULL && !is_str(&q->nas_id, cfg->nas_id))
		return DAE_NAS_MISMATCH;
	if (q->nas_ip.p != NULL && !dae_bytes_are(&q->nas_ip, &cfg->coa,
	    sizeof(cfg->coa)))
		return DAE_NAS_MISMATCH;
	/* We have none. */
	if (q->nas_ip6.p != NULL)
		return DAE_NAS_MISMATCH;
	if (q->n_keys == 0)
		return DAE_MISSING;
	return q->coa && q->n_changes == 0 ? DAE_MISSING : DAE_NONE;
}

/* Not there, or this. */
static bool
fits(const struct dae_bytes *b, const void *data, size_t len)
{
	return b->p == NULL || (len > 0 && dae_bytes_are(b, data, len));
}

static bool
fits_str(const struct dae_bytes *b, const char *s)
{
	return fits(b, s, strlen(s));
}

/* Reserved, length, the prefix's bytes as far as they are not zero [RFC 3162
 * 2.3]. A prefix that others share is not this session's [D113]. */
static bool
fits_prefix(const struct dae_bytes *b, const struct session *s)
{
	struct in6_addr a = { 0 };
	uint8_t plen;

	if (b->p == NULL)
		return true;
	plen = b->p[1];
	memcpy(&a, b->p + 2, b->len - 2U);
	if (plen == 128)
		return memcmp(&a, &s->hoa, sizeof(a)) == 0;
	if (plen != 64 || session_plen(s) != 64)
		return false;
	return memcmp(&a, &s->hoa, 8) == 0 &&
	    memcmp(&a.s6_addr[8], &(struct in6_addr){ 0 }, 8) == 0;
}

static bool
fits_addresses(const struct dae_request *q, const struct session *s)
{
	if (q->ip4.p != NULL && (s->grant.ip4.s_addr == INADDR_ANY ||
	    !fits(&q->ip4, &s->grant.ip4, sizeof(s->grant.ip4))))
		return false;
	if (q->prefix6.p == NULL && q->iid.p == NULL && q->ip6.p == NULL)
		return true;
	return s->registered && fits_prefix(&q->prefix6, s) &&
	    fits(&q->iid, s->iid.b, sizeof(s->iid.b)) &&
	    fits(&q->ip6, &s->hoa, sizeof(s->hoa));
}

bool
coa_matches(const struct dae_request *q, const struct session *s)
{
	char called[SESSION_CALLED];

	/* Sessions have neither of the first two. */
	if (q->multi_id.p != NULL || q->cui.p != NULL || !s->granted)
		return false;
	if (q->port.set && (s->pppoe_sid == 0 || q->port.v != s->pppoe_sid))
		return false;
	snprintf(called, sizeof(called), "%s:%s", s->port_id, s->service);
	return fits_str(&q->session_id, s->id) &&
	    fits_str(&q->user, s->user) &&
	    fits_str(&q->calling, s->calling) &&
	    fits_str(&q->called, called) &&
	    fits_str(&q->port_id, s->port_id) &&
	    fits(&q->circuit, s->circuit_id.b, s->circuit_id.len) &&
	    fits(&q->remote, s->remote_id.b, s->remote_id.len) &&
	    fits_addresses(q, s);
}

bool
coa_changeable(const struct session *s)
{
	return (s->tunnel != NULL || s->access->install != NULL) &&
	    (s->state == SESSION_ASSIGNED ||
	    s->state == SESSION_UP || s->state == SESSION_LINGER);
}

static enum dae_cause
plan_profile(const struct dae_request *q, const struct nasd_config *cfg,
    struct coa_change *c)
{
	const struct config_profile *p;

	if (q->filter_id.p == NULL)
		return DAE_NONE;
	if (q->filter_id.len >= sizeof(c->filter_id))
		return DAE_VALUE;
	memset(c->filter_id, 0, sizeof(c->filter_id));
	memcpy(c->filter_id, q->filter_id.p, q->filter_id.len);
	/* Also the prefix mode, which is the registration's. */
	if (strlen(c->filter_id) != q->filter_id.len ||
	    (p = nasd_config_profile(cfg, c->filter_id)) == NULL)
		return DAE_VALUE;
	c->rate = p->rate;
	return DAE_NONE;
}

enum dae_cause
coa_plan(const struct dae_request *q, const struct nasd_config *cfg,
    const struct session *s, struct coa_change *c)
{
	enum dae_cause cause;

	/* What the kernel could not do then it is not asked to do again. */
	c->rate = s->rated ? s->rate : (struct rate){ 0 };
	memcpy(c->filter_id, s->grant.filter_id, sizeof(c->filter_id));
	if ((cause = plan_profile(q, cfg, c)) != DAE_NONE)
		return cause;
	if (q->rate_down.set)
		c->rate.down_bps = q->rate_down.v;
	if (q->rate_up.set)
		c->rate.up_bps = q->rate_up.v;
	if (!rate_is_valid(c->rate.down_bps) || !rate_is_valid(c->rate.up_bps))
		return DAE_VALUE;
	c->new_rate = (q->filter_id.p != NULL || q->rate_down.set ||
	    q->rate_up.set) && !rate_equal(&c->rate, s->rated ? &s->rate :
	    &(struct rate){ 0 });
	/* What is bridged passes without limits. */
	return c->new_rate && s->access->install != NULL ? DAE_RESOURCES :
	    DAE_NONE;
}
