/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NetMIP4 client's messages: Registration Requests of an access router in
 * the order of PROTOCOLS 6, the checks of PROTOCOLS 8.3 on replies (RFC 3344
 * 3.6.2.1), Revocation Acknowledgments (RFC 3543 3.4). Called by mip_reg.c and
 * mip_core.c; bytes and structs only.
 */
#include <errno.h>
#include <string.h>

#include "common/wire.h"
#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

#define PMIP_METHOD_FA_HA	1	/* RFC 5563 4.1 */

/* 221 once an address is known, 120 before [draft-navali 4.1, 4.2]; and when
 * it is to end, but a request that went out later may have brought another one
 * [D126]. */
static void
put_home_address(struct wire_w *w, const struct mip_reg *r, uint16_t lifetime)
{
	const struct mip4_ext_types *t = &r->core->params.types;

	if (r->has_hoa && !(lifetime == 0 && r->stray))
		mip4_put_hoa(w, t->hoa, &r->hoa, r->unique);
	else
		mip4_put_hoa_request(w, t->hoa_request, &r->want_iid);
}

int
mip_msg_request(const struct mip_reg *r, uint64_t id, uint16_t lifetime,
    uint8_t *buf, size_t cap)
{
	const struct mip_core *core = r->core;
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	mip4_put_rrq(&w, &(struct mip4_rrq){
		.lifetime = lifetime,
		.home = r->home,
		.ha = r->ha->ha.addr,
		.coa = core->params.coa,
		.id = id,
	});
	mip4_put_nai(&w, r->nai, r->nai_len);
	if (core->params.pmip_per_node_auth)
		mip4_put_pmip_auth(&w, PMIP_METHOD_FA_HA);
	put_home_address(&w, r, lifetime);
	/* In each request, also when there is nothing to choose any more, and
	 * behind the NAI [RFC 5446 3]. */
	if (r->service != NULL)
		mip4_put_service(&w, r->service, strlen(r->service));
	if (r->mn_ha.set)
		mip4_put_auth(&w, MIP4_EXT_MN_HA, &r->mn_ha.sa);
	/* There is nothing to revoke after a deregistration. The timestamp is
	 * our own clock's, without the offset [D13]. */
	if (lifetime != 0)
		mip4_put_rev_support(&w, false,
		    ntp_seconds(clock_ntp(core->clock)));
	mip4_put_auth(&w, MIP4_EXT_FA_HA, &r->ha->ha.sa[0]);
	return w.err ? -EMSGSIZE : (int)w.len;
}

static enum mip_counter
auth_counter(enum mip4_auth_verdict v)
{
	switch (v) {
	case MIP4_AUTH_OK:
		return MIP_C_OK;
	case MIP4_AUTH_ABSENT:
		return MIP_C_DROP_NO_AUTH;
	case MIP4_AUTH_TWICE:
		return MIP_C_DROP_TWO_AUTH;
	case MIP4_AUTH_WRONG_SPI:
		return MIP_C_DROP_SPI;
	case MIP4_AUTH_BAD:
		break;
	}
	return MIP_C_DROP_BAD_AUTH;
}

enum mip_counter
mip_msg_check_fa_ha(const struct mip_ha *ha, const struct mip4_msg *msg,
    const uint8_t *buf, const struct mip4_sa **sa, size_t *covered)
{
	uint32_t spi;

	if (!mip4_auth_spi(&msg->ext, MIP4_EXT_FA_HA, &spi))
		return MIP_C_DROP_NO_AUTH;
	for (unsigned i = 0; i < ha->n_sa; i++) {
		if (ha->sa[i].spi != spi)
			continue;
		*sa = &ha->sa[i];
		return auth_counter(mip4_auth_check(buf, &msg->ext,
		    MIP4_EXT_FA_HA, *sa, covered));
	}
	return MIP_C_DROP_SPI;
}

/*
 * The mobile node's own association, where it has one. A home agent that could
 * not authenticate the mobile node (131) can not sign for it either, so a
 * denial needs none: the FA-HA extension speaks for it [D5]. A 133 does, as it
 * sets our clock.
 */
static enum mip_counter
check_mn_ha(const struct mip_reg *r, const struct mip4_msg *msg,
    const uint8_t *buf)
{
	enum mip4_auth_verdict v;
	size_t covered;
	uint8_t code = msg->rrp.code;

	if (!r->mn_ha.set)
		return MIP_C_OK;
	v = mip4_auth_check(buf, &msg->ext, MIP4_EXT_MN_HA, &r->mn_ha.sa,
	    &covered);
	if (v == MIP4_AUTH_OK)
		return MIP_C_OK;
	if (v == MIP4_AUTH_ABSENT && code > MIP4_ACCEPTED_NO_SIMUL &&
	    code != MIP4_HA_ID_MISMATCH)
		return MIP_C_OK;
	return MIP_C_DROP_MN_AUTH;
}

bool
mip_msg_is_covered(size_t off, size_t covered)
{
	return off != 0 && off < covered;
}

static enum mip_counter
check_nai(const struct mip_reg *r, const struct mip4_exts *e, size_t covered)
{
	if (!mip_msg_is_covered(e->off_nai, covered)) {
		if (r->core->params.require_nai)
			return MIP_C_DROP_NAI;
		r->core->count[MIP_C_NO_NAI]++;
		log_debug(r->subject, "reply without NAI accepted");
		return MIP_C_OK;
	}
	if (e->n_nai != 1 || !nai_equal(e->nai, e->nai_len, r->nai,
	    r->nai_len))
		return MIP_C_DROP_NAI;
	return MIP_C_OK;
}

/* Which other home agent a reply names: 143 in an extension, its Home Agent
 * field being the sender's own [RFC 4433 4.2], 136 in that field [RFC 3344
 * 3.8.3.2]; in either, the other one will do. */
static struct in_addr
redirect(const struct mip_reg *r, const struct mip4_msg *msg, size_t covered)
{
	const struct mip4_rrp *rrp = &msg->rrp;
	struct in_addr to = { INADDR_ANY };

	if (rrp->code != MIP4_HA_UNKNOWN_HA && rrp->code != MIP4_HA_REDIRECT)
		return to;
	if (rrp->ha.s_addr != r->ha->ha.addr.s_addr)
		to = rrp->ha;
	if (mip_msg_is_covered(msg->ext.off_redirect, covered))
		to = msg->ext.redirect;
	return to;
}

enum mip_counter
mip_msg_check_reply(const struct mip_reg *r, const struct mip4_msg *msg,
    const uint8_t *buf, struct mip_reply *reply)
{
	const struct mip4_rrp *rrp = &msg->rrp;
	const struct mip4_exts *e = &msg->ext;
	const struct mip4_sa *sa;
	enum mip_counter c;
	size_t covered;

	/* 136 and 143 name another home agent [RFC 3344 3.8.3.2, RFC 4433] */
	if (rrp->ha.s_addr != r->ha->ha.addr.s_addr &&
	    rrp->code != MIP4_HA_UNKNOWN_HA && rrp->code != MIP4_HA_REDIRECT)
		return MIP_C_DROP_HA_FIELD;
	if ((c = mip_msg_check_fa_ha(&r->ha->ha, msg, buf, &sa, &covered)) !=
	    MIP_C_OK)
		return c;
	if ((c = check_mn_ha(r, msg, buf)) != MIP_C_OK)
		return c;
	if ((c = check_nai(r, e, covered)) != MIP_C_OK)
		return c;
	if (e->n_skipped > 0)
		log_debug(r->subject, "%u unknown extensions passed over, the "
		    "first is %u", e->n_skipped, e->first_unknown);

	*reply = (struct mip_reply){
		.code = rrp->code,
		.lifetime = rrp->lifetime,
		.id = rrp->id,
		.home = rrp->home,
		.ha = rrp->ha,
		.redirect = redirect(r, msg, covered),
	};
	if (mip_msg_is_covered(e->off_hoa, covered) && !e->hoa_empty &&
	    e->n_hoa == 1 && !e->bad_ext) {
		reply->has_hoa = true;
		reply->hoa = e->hoa;
		reply->unique = e->hoa_unique;
	} else if (e->off_hoa != 0) {
		log_debug(r->subject,
		    "home address of the reply ignored: %s",
		    mip_msg_is_covered(e->off_hoa, covered) ? "empty, twice or "
		    "malformed" : "behind the authenticator");
	}
	if (mip_msg_is_covered(e->off_rev, covered)) {
		reply->has_rev = true;
		reply->rev_timestamp = e->rev_timestamp;
	}
	return MIP_C_OK;
}

int
mip_msg_rev_ack(const struct mip_core *core, const struct mip4_msg *rev,
    size_t covered, const struct mip4_sa *sa, uint8_t *buf, size_t cap)
{
	const struct mip4_exts *e = &rev->ext;
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	mip4_put_rev_ack(&w, &(struct mip4_rev_ack){
		.home = rev->rev.home,
		.rev_id = rev->rev.rev_id,
	});
	if (mip_msg_is_covered(e->off_nai, covered))
		mip4_put_nai(&w, e->nai, e->nai_len);
	if (mip_msg_is_covered(e->off_hoa, covered))
		mip4_put_hoa(&w, core->params.types.hoa,
		    e->hoa_empty ? NULL : &e->hoa, e->hoa_unique);
	mip4_put_auth(&w, MIP4_EXT_FA_HA, sa);
	return w.err ? -EMSGSIZE : (int)w.len;
}
