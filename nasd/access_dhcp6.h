/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 for sessions of any kind whose subscriber gets its home address by it
 * [PROTOCOLS 11.3]: between nasd/dhcp6.h and the session. A kind of access
 * starts the server on its link and has these in its ops and its
 * dhcp6_events.
 */
#ifndef NASD_ACCESS_DHCP6_H
#define NASD_ACCESS_DHCP6_H

#include <jansson.h>

#include "nasd/dhcp6_server.h"
#include "nasd/session_fsm.h"

struct icmp6_ra;
struct nasd_config;
struct session;
struct session_rec;

/* What a router advertises to who has no session, or no address yet: ask for
 * one; there is no way out. */
extern const struct icmp6_ra access_dhcp6_no_way;
/* What the server of a link is to do; s, or NULL before there is one, has
 * been granted servers of names. */
void	 access_dhcp6_conf(const struct nasd_config *, const struct session *,
    struct dhcp6_link_conf *);

/* Ops [access.h] of sessions that have s->dhcp6, or none any more. */
void	 access_dhcp6_assign(struct session *);
void	 access_dhcp6_refuse(struct session *);
void	 access_dhcp6_save(const struct session *, struct session_rec *);
/* True: the lease of a record is served again, and was a bound one. */
bool	 access_dhcp6_restore(struct session *, const struct session_rec *);

/* Session-Timeout has changed. */
void	 access_dhcp6_retime(struct session *);
/* What nasctl shows of its lease, NULLs if there is none, is set in o. */
void	 access_dhcp6_show(const struct session *, json_t *o);

/* What the server reports, as events of the session. */
void	 access_dhcp6_solicited(struct session *,
    const struct dhcp6_asker *);
void	 access_dhcp6_bound(struct session *);
void	 access_dhcp6_renewed(struct session *);
/* ev: what that is to its kind of access. */
void	 access_dhcp6_ended(struct session *, enum dhcp6_end_cause,
    enum session_event ev);

#endif
