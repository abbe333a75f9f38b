/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See access_ppp_dhcp6.h. A link is served from IPv6CP's opening until its
 * session is freed: who opens IPv6CP anew within SESSION_LINGER's limit, or
 * asks for an address again after he has released it, finds the same server.
 * What is not the session's home address, or link-local, the interface's
 * filters drop, from the Access-Accept on [priv_iface.c].
 */
#define LOG_MODULE "session"
#include "nasd/access_ppp_dhcp6.h"

#include <net/if.h>

#include "common/icmp6.h"
#include "common/log.h"
#include "nasd/access_dhcp6.h"
#include "nasd/dhcp6.h"
#include "nasd/engine.h"
#include "nasd/ra.h"
#include "nasd/session.h"
#include "nasd/session_in.h"
#include "nasd/session_rec.h"

static bool
has_lease(const struct session *s)
{
	struct dhcp6_lease lease;

	return s->dhcp6 != NULL && dhcp6_link_lease(s->dhcp6, &lease) &&
	    lease.bound;
}

/* The home agent has given another address: the client hears of it when it
 * renews the one it has. */
static void
follow_home_address(struct session *s)
{
	struct dhcp6_lease lease;

	if (s->dhcp6 != NULL && dhcp6_link_lease(s->dhcp6, &lease) &&
	    !IN6_ARE_ADDR_EQUAL(&lease.addr, &s->hoa))
		dhcp6_link_assign(s->dhcp6, &s->hoa);
}

/* ---- what DHCPv6 reports ---- */

static void
solicited(void *arg, const struct dhcp6_asker *asker)
{
	access_dhcp6_solicited(arg, asker);
}

static void
bound(void *arg)
{
	access_dhcp6_bound(arg);
}

static void
renewed(void *arg)
{
	access_dhcp6_renewed(arg);
}

/* The link is still there, and may want an address again, as long as
 * SESSION_LINGER has patience. To give it the same one that somebody else has
 * would be no use. */
static void
ended(void *arg, enum dhcp6_end_cause cause)
{
	access_dhcp6_ended(arg, cause, cause == DHCP6_END_DECLINED ?
	    SESSION_EV_PEER_LEFT : SESSION_EV_ACCESS_DOWN);
}

static const struct dhcp6_events dhcp6_events = {
	.solicited = solicited,
	.bound = bound,
	.renewed = renewed,
	.ended = ended,
};

/* ---- the link ---- */

static void
serve(struct session *s)
{
	unsigned ifindex = if_nametoindex(s->ifname);
	struct dhcp6_link_conf conf;

	if (s->dhcp6 != NULL)
		return;
	access_dhcp6_conf(s->engine->cfg, s, &conf);
	if (s->engine->dhcp6 != NULL && ifindex != 0)
		s->dhcp6 = dhcp6_start(s->engine->dhcp6, ifindex, s->subject,
		    &conf, &dhcp6_events, s);
	if (s->dhcp6 == NULL)
		log_errorx(s->subject, "DHCPv6 is not served on %s",
		    s->ifname);
}

void
access_ppp_dhcp6_advertise(struct session *s, const struct icmp6_ra *ra)
{
	unsigned ifindex = if_nametoindex(s->ifname);

	if (ra == NULL)		/* the session itself stops s->ra */
		return;
	follow_home_address(s);
	if (s->ra != NULL) {
		ra_update(s->ra, ra);
		return;
	}
	if (ifindex != 0)
		s->ra = ra_start(s->engine->ra, ifindex, s->subject, ra,
		    session_in_ra, s);
	if (s->ra == NULL)
		log_warnx(s->subject, "nothing is advertised on %s",
		    s->ifname);
}

void
access_ppp_dhcp6_up(struct session *s)
{
	serve(s);
	if (has_lease(s)) {
		s->ipv6_up = true;
		session_event(s, SESSION_EV_ACCESS_UP, NULL);
	} else if (s->ra == NULL) {
		access_ppp_dhcp6_advertise(s, &access_dhcp6_no_way);
	}
}

void
access_ppp_dhcp6_down(struct session *s, const char *reason)
{
	s->ipv6_up = false;
	/* Before it has asked for an address there is nothing to end. */
	if (s->state != SESSION_AUTHENTICATED)
		session_event(s, SESSION_EV_ACCESS_DOWN, reason);
}

bool
access_ppp_dhcp6_resumes(const struct session *s)
{
	return has_lease(s);
}

void
access_ppp_dhcp6_leave(struct session *s)
{
	if (s->dhcp6 != NULL)
		dhcp6_stop(s->engine->dhcp6, s->dhcp6);
	s->dhcp6 = NULL;
}

/* Its interface has never gone. */
void
access_ppp_dhcp6_restore(struct session *s, const struct session_rec *r)
{
	if (r->phase != REC_UP)
		return;
	serve(s);
	if (!access_dhcp6_restore(s, r))
		log_warnx(s->subject, "its lease is lost");
}
