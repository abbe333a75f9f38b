/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NetMIP4 client's messages: Registration Requests in the order of
 * PROTOCOLS 6, the checks of PROTOCOLS 8.3 on replies (RFC 3344 3.6.2.1),
 * Revocation Acknowledgments (RFC 3543 3.4). Called by mip_reg.c and
 * mip_core.c; mip_kind.c has what differs. Bytes and structs only.
 */
#include <errno.h>
#include <string.h>

#include "common/wire.h"
#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

int
mip_msg_request(const struct mip_reg *r, uint64_t id, uint16_t lifetime,
    uint8_t *buf, size_t cap)
{
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	mip4_put_rrq(&w, &(struct mip4_rrq){
		.flags = mip_kind_flags(r),
		.lifetime = lifetime,
		.home = r->home,
		.ha = r->ha->ha.addr,
		.coa = r->coa,
		.id = id,
	});
	mip4_put_nai(&w, r->nai, r->nai_len);
	mip_kind_put(&w, r, lifetime);
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

enum mip_counter
mip_msg_check_mn_ha(const struct mip4_sa *sa, const struct mip4_msg *msg,
    const uint8_t *buf, size_t *covered)
{
	return auth_counter(mip4_auth_check(buf, &msg->ext, MIP4_EXT_MN_HA,
	    sa, covered));
}

bool
mip_msg_is_covered(size_t off, size_t covered)
{
	return off != 0 && off < covered;
}

static enum mip_counter
check_nai(const struct mip_reg *r, const struct mip4_exts *e)
{
	if (e->n_nai == 0) {
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
redirect(const struct mip_reg *r, const struct mip4_msg *msg)
{
	const struct mip4_rrp *rrp = &msg->rrp;
	struct in_addr to = { INADDR_ANY };

	if (rrp->code != MIP4_HA_UNKNOWN_HA && rrp->code != MIP4_HA_REDIRECT)
		return to;
	if (rrp->ha.s_addr != r->ha->ha.addr.s_addr)
		to = rrp->ha;
	if (msg->ext.off_redirect != 0)
		to = msg->ext.redirect;
	return to;
}

static void
take_home_address(const struct mip_reg *r, const struct mip4_exts *e,
    struct mip_reply *reply)
{
	bool good = e->n_hoa == 1 && !e->bad_ext;

	reply->has_tunnel = good && e->hoa_empty;
	if (good && !e->hoa_empty) {
		reply->has_hoa = true;
		reply->hoa = e->hoa;
		reply->unique = e->hoa_unique;
	} else if (e->n_hoa > 0 && !reply->has_tunnel) {
		log_debug(r->subject, "home address of the reply ignored: "
		    "twice or malformed");
	}
}

/* The home agent's key of GRE [RFC 6245 4.2]. */
static uint32_t
gre_key(const struct mip_reg *r, const struct mip4_exts *e)
{
	if (r->gre.own == 0 || e->n_gre == 0)
		return 0;
	if (e->n_gre == 1)
		return e->gre_key;
	log_debug(r->subject, "GRE key of the reply ignored: twice");
	return 0;
}

enum mip_counter
mip_msg_check_reply(const struct mip_reg *r, const struct mip4_msg *msg,
    const uint8_t *buf, struct mip_reply *reply)
{
	const struct mip4_rrp *rrp = &msg->rrp;
	const struct mip4_exts *e;
	struct mip4_msg proven;
	enum mip_counter c;
	size_t covered;

	/* 136 and 143 name another home agent [RFC 3344 3.8.3.2, RFC 4433] */
	if (rrp->ha.s_addr != r->ha->ha.addr.s_addr &&
	    rrp->code != MIP4_HA_UNKNOWN_HA && rrp->code != MIP4_HA_REDIRECT)
		return MIP_C_DROP_HA_FIELD;
	if ((c = mip_kind_check_auth(r, msg, buf, &covered)) != MIP_C_OK)
		return c;
	/* What is behind the authenticator anybody may have put there: also a
	 * second one of what may stand there once [D190]. */
	(void)mip4_parse(&proven, buf, covered, &r->core->params.types);
	e = &proven.ext;
	if ((c = check_nai(r, e)) != MIP_C_OK)
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
		.redirect = redirect(r, &proven),
		.gre_key = gre_key(r, e),
	};
	take_home_address(r, e, reply);
	if (e->off_rev != 0) {
		reply->has_rev = true;
		reply->rev_timestamp = e->rev_timestamp;
	}
	return MIP_C_OK;
}

int
mip_msg_rev_ack(const struct mip_core *core, const struct mip4_msg *rev,
    const struct mip_rev_auth *auth, uint8_t *buf, size_t cap)
{
	const struct mip4_exts *e = &rev->ext;
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	mip4_put_rev_ack(&w, &(struct mip4_rev_ack){
		.home = rev->rev.home,
		.rev_id = rev->rev.rev_id,
	});
	if (mip_msg_is_covered(e->off_nai, auth->covered))
		mip4_put_nai(&w, e->nai, e->nai_len);
	if (mip_msg_is_covered(e->off_hoa, auth->covered))
		mip4_put_hoa(&w, core->params.types.hoa,
		    e->hoa_empty ? NULL : &e->hoa, e->hoa_unique);
	mip4_put_auth(&w, auth->type, auth->sa);
	return w.err ? -EMSGSIZE : (int)w.len;
}
