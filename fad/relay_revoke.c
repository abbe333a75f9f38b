/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Revocations by home agents [RFC 3543 5.2, PROTOCOLS 9]: of a visit that they
 * have ended, which ends here, too. Nothing is revoked by us. Part of relay.
 */
#include "config.h"
#define LOG_MODULE "relay"
#include "fad/relay_int.h"

#include <stdlib.h>

#include "common/wire.h"

#define FRESH_S	60	/* of our clock, either way */

static const struct mip4_sa *
authentic(const struct relay *r, struct in_addr src, const uint8_t *data,
    const struct mip4_exts *e)
{
	const struct home_agent *ha = known_home_agent(r->known, src);
	const struct mip4_sa *sa = NULL;
	uint32_t spi = 0;
	size_t covered;

	(void)mip4_auth_spi(e, MIP4_EXT_FA_HA, &spi);
	if (ha)
		sa = known_sa(ha->sas, ha->n_sas, spi);
	if (!sa || mip4_auth_check(data, e, MIP4_EXT_FA_HA, sa, &covered) !=
	    MIP4_AUTH_OK)
		return NULL;
	return sa;
}

static bool
is_fresh(const struct relay *r, const struct mip4_rev *m,
    const struct visitor *v)
{
	int32_t off = (int32_t)(m->rev_id - ntp_seconds(clock_ntp(r->clock)));

	return off >= -FRESH_S && off <= FRESH_S &&
	    (!v || (int32_t)(m->rev_id - v->rev_ha) >= 0);
}

/* Has the home address been given to another since [D219], or by GRE to more
 * than one, of which this is perhaps another [D234]? */
static bool
is_another(const struct visitor *v, const struct mip4_exts *e)
{
	const struct asked *a = &v->asked;

	if (a->nai_len > 0 && e->nai_len == 0)
		return a->gre.own != 0;
	return a->nai_len > 0 && !nai_equal(a->nai, a->nai_len, e->nai,
	    e->nai_len);
}

static void
acknowledge(struct relay *r, struct in_addr src, uint16_t sport,
    const struct mip4_msg *msg, const struct mip4_sa *sa)
{
	const struct mip4_exts *e = &msg->ext;
	uint8_t buf[MIP4_MAX_MSG];
	struct wire_w w;

	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_rev_ack(&w, &(struct mip4_rev_ack){ false, msg->rev.home,
	    msg->rev.rev_id });
	if (e->nai_len > 0)
		mip4_put_nai(&w, e->nai, e->nai_len);
	mip4_put_auth(&w, MIP4_EXT_FA_HA, sa);
	if (w.err || r->to_home(r->arg, src, sport, buf, w.len))
		r->stats.send_failed++;
}

void
relay_revoke(struct relay *r, struct in_addr src, uint16_t sport,
    const uint8_t *data, const struct mip4_msg *msg)
{
	const struct mip4_sa *sa = authentic(r, src, data, &msg->ext);
	const struct mip4_rev *m = &msg->rev;
	/* Of two with GRE keys and this home address the one it names. */
	const struct visit_id id = { m->home, src, msg->ext.nai,
		msg->ext.nai_len, true };
	struct visitor *v = visitor_find(r->visitors, &id);

	/* A = 0: of a foreign agent, as ours would be if we sent any. */
	if (!sa || !m->a || m->hda.s_addr != src.s_addr) {
		relay_drop(r, FAD_DROP_REV_AUTH, src);
		return;
	}
	if (v && (!v->negotiated || is_another(v, &msg->ext) ||
	    v->asked.coa.s_addr != m->fda.s_addr))
		v = NULL;
	if (!is_fresh(r, m, v)) {
		relay_drop(r, FAD_DROP_REV_STALE, src);
		return;
	}
	if (v) {
		r->stats.revoked++;
		relay_end(r, v, "revoked by its home agent");
	}
	/* Known or not: the first acknowledgment may have been lost [D15]. */
	acknowledge(r, src, sport, msg, sa);
}
