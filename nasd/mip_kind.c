/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the registrations of access routers and of access nodes differ
 * [draft-navali 3.1, 3.2; PROTOCOLS 6, 8.3]: a router asks for a home address
 * and signs with the key that it shares with the home agent; a node is a mobile
 * node with a co-located care-of address as far as the home agent sees: it
 * signs with the mobile node's key, and asks for no more than a tunnel. Beside
 * mip_msg.c and mip_reg.c, for which all registrations are the same; pure.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/ip4.h"
#include "common/wire.h"
#include "nasd/mip_reg.h"

#define PMIP_METHOD_FA_HA	1	/* RFC 5563 4.1 */

/* ---- requests ---- */

/* Behind a foreign agent its care-of address is used, and all goes back through
 * it [D31]; who wants GRE says so, and the agent adds the keys [RFC 6245 4.3,
 * D232]. */
uint8_t
mip_kind_flags(const struct mip_reg *r)
{
	uint8_t g = r->gre.own != 0 ? MIP4_F_G : 0;

	if (r->kind != MIP_NODE)
		return g;
	if (r->via.s_addr == INADDR_ANY)
		return g | MIP4_F_D;
	return MIP4_F_T | (r->agent_gre ? MIP4_F_G : 0);
}

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

/* 221 when there may be a tunnel, which NAI and care-of address name [D12]. 120
 * no foreign agent would relay [D10]. */
static void
put_tunnel(struct wire_w *w, const struct mip_reg *r, uint16_t lifetime)
{
	const struct mip4_ext_types *t = &r->core->params.types;

	if (r->has_tunnel || lifetime == 0)
		mip4_put_hoa(w, t->hoa, NULL, false);
	else
		mip4_put_hoa_request(w, r->via.s_addr != INADDR_ANY ?
		    t->hoa_request_skip : t->hoa_request, NULL);
}

/* In each request, also when there is nothing to choose any more, and behind
 * the NAI [RFC 5446 3]. */
static void
put_service(struct wire_w *w, const struct mip_reg *r)
{
	if (r->service != NULL)
		mip4_put_service(w, r->service, strlen(r->service));
}

/* There is nothing to revoke after a deregistration. The timestamp is our own
 * clock's, without the offset [D13]. */
static void
put_revocable(struct wire_w *w, const struct mip_reg *r, uint16_t lifetime)
{
	if (lifetime != 0)
		mip4_put_rev_support(w, false,
		    ntp_seconds(clock_ntp(r->core->clock)));
}

/* In each request of a registration, also the last [RFC 6245 4.1]. */
static void
put_gre(struct wire_w *w, const struct mip_reg *r)
{
	if (r->gre.own != 0)
		mip4_put_gre_key(w, r->gre.own);
}

static void
put_node(struct wire_w *w, const struct mip_reg *r, uint16_t lifetime)
{
	put_tunnel(w, r, lifetime);
	put_service(w, r);
	/* what nothing behind 32 would protect [D190]; and what a co-located
	 * node has before it, and no other [RFC 3543 3.2] */
	put_gre(w, r);
	if (r->via.s_addr == INADDR_ANY)
		put_revocable(w, r, lifetime);
	mip4_put_auth(w, MIP4_EXT_MN_HA, &r->mn_ha.sa);
	if (r->mn_fa.set)
		mip4_put_auth(w, MIP4_EXT_MN_FA, &r->mn_fa.sa);
}

static void
put_router(struct wire_w *w, const struct mip_reg *r, uint16_t lifetime)
{
	if (r->core->params.pmip_per_node_auth)
		mip4_put_pmip_auth(w, PMIP_METHOD_FA_HA);
	put_home_address(w, r, lifetime);
	put_service(w, r);
	if (r->mn_ha.set)
		mip4_put_auth(w, MIP4_EXT_MN_HA, &r->mn_ha.sa);
	put_gre(w, r);
	put_revocable(w, r, lifetime);
	mip4_put_auth(w, MIP4_EXT_FA_HA, &r->ha->ha.sa[0]);
}

void
mip_kind_put(struct wire_w *w, const struct mip_reg *r, uint16_t lifetime)
{
	if (r->kind == MIP_NODE)
		put_node(w, r, lifetime);
	else
		put_router(w, r, lifetime);
}

/* ---- replies ---- */

/*
 * The mobile node's own association, where it has one. A home agent that could
 * not authenticate the mobile node (131) can not sign for it either, so a
 * denial needs none: the FA-HA extension speaks for it [D5]. A 133 does, as it
 * sets our clock.
 */
static enum mip_counter
check_router_mn_ha(const struct mip_reg *r, const struct mip4_msg *msg,
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

enum mip_counter
mip_kind_check_auth(const struct mip_reg *r, const struct mip4_msg *msg,
    const uint8_t *buf, size_t *covered)
{
	const struct mip4_sa *sa;
	enum mip_counter c;

	if (r->kind == MIP_NODE)
		return mip_msg_check_mn_ha(&r->mn_ha.sa, msg, buf, covered);
	c = mip_msg_check_fa_ha(&r->ha->ha, msg, buf, &sa, covered);
	return c != MIP_C_OK ? c : check_router_mn_ha(r, msg, buf);
}

/* Is the home address one that we can go by [PROTOCOLS D148, D149]? */
static const char *
unusable(const struct mip_reg *r, const struct mip_reply *reply)
{
	const struct mip_core *core = r->core;
	const struct iid iid = iid_of(&reply->hoa);

	if (!hoa_is_valid(&reply->hoa) || iid_is_zero(iid))
		return "home agent gave an invalid home address";
	if (iid_is_reserved(iid))
		return "home agent gave a reserved interface identifier";
	if (iid_equal(iid, r->taken))
		return "home agent gave the identifier of our side of the "
		    "link";
	return core->refuse != NULL ? core->refuse(core->refuse_arg,
	    r->ha->ha.addr, &reply->hoa, reply->unique) : NULL;
}

/* PROTOCOLS 8.3, D21. */
static const char *
useless_to_router(const struct mip_reg *r, const struct mip_reply *reply)
{
	const char *why;

	if (!reply->has_hoa)
		return "HA does not support IPv6 HoA";
	if ((why = unusable(r, reply)) != NULL)
		return why;
	if (r->state == MIP_S_REQUESTING && r->want_unique &&
	    !iid_equal(iid_of(&reply->hoa), r->want_iid))
		return "home agent gave another identifier than asked for";
	return NULL;
}

const char *
mip_kind_useless(const struct mip_reg *r, const struct mip_reply *reply)
{
	const char *why = NULL;

	if (r->kind == MIP_ROUTER)
		why = useless_to_router(r, reply);
	else if (!reply->has_tunnel)	/* draft-navali 5.2.1 */
		why = "HA does not confirm the IPv6 tunnel";
	else if (r->via.s_addr != INADDR_ANY && !ip4_is_host(reply->home))
		why = "HA assigns no IPv4 home address";
	else if (r->via.s_addr != INADDR_ANY &&
	    (reply->home.s_addr == r->via.s_addr ||
	    reply->home.s_addr == r->coa.s_addr))
		why = "HA assigns the foreign agent's address";
	if (why == NULL && reply->lifetime == 0)
		why = "home agent granted no lifetime";
	if (why == NULL && r->gre.own != 0 && reply->gre_key == 0)
		why = "home agent gave no GRE key";
	return why;
}

struct in_addr
mip_kind_home(const struct mip_reg *r)
{
	const struct in_addr none = { INADDR_ANY };

	return r->via.s_addr != INADDR_ANY ? r->home : none;
}

/* ---- for people ---- */

const char *
mip_kind_asked(const struct mip_reg *r, char buf[MIP_KIND_TEXT])
{
	char text[INET_ADDRSTRLEN > IID_STRLEN ? INET_ADDRSTRLEN : IID_STRLEN];

	if (r->via.s_addr != INADDR_ANY)
		snprintf(buf, MIP_KIND_TEXT, "tunnel by foreign agent %s",
		    inet_ntop(AF_INET, &r->via, text, sizeof(text)));
	else if (r->kind == MIP_NODE)
		snprintf(buf, MIP_KIND_TEXT, "tunnel to %s", inet_ntop(AF_INET,
		    &r->coa, text, sizeof(text)));
	else
		snprintf(buf, MIP_KIND_TEXT, "IID %s",
		    iid_str(r->want_iid, text));
	return buf;
}

const char *
mip_kind_given(const struct mip_reg *r, char buf[MIP_KIND_TEXT])
{
	char text[INET_ADDRSTRLEN];

	if (r->via.s_addr != INADDR_ANY && r->has_tunnel) {
		snprintf(buf, MIP_KIND_TEXT, "tunnel to home address %s",
		    inet_ntop(AF_INET, &r->home, text, sizeof(text)));
		return buf;
	}
	if (r->kind == MIP_NODE)
		return mip_kind_asked(r, buf);
	if (!r->has_hoa || inet_ntop(AF_INET6, &r->hoa, buf,
	    MIP_KIND_TEXT) == NULL)
		strcpy(buf, "no address yet");
	return buf;
}
