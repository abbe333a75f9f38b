/* SPDX-License-Identifier: BSD-2-Clause */
/* See access_dhcp6.h. */
#define LOG_MODULE "session"
#include "nasd/access_dhcp6.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/icmp6.h"
#include "common/log.h"
#include "nasd/nasd_config.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"
#include "nasd/session_save.h"

const struct icmp6_ra access_dhcp6_no_way = {
	.hop_limit = 64, .managed = true,
};

void
access_dhcp6_conf(const struct nasd_config *cfg, const struct session *s,
    struct dhcp6_link_conf *conf)
{
	*conf = (struct dhcp6_link_conf){
		.on_request = cfg->dhcpv6.on_request,
		.rapid_commit = cfg->dhcpv6.rapid_commit,
		.preference = (uint8_t)cfg->dhcpv6.preference,
		.sol_max_rt = cfg->dhcpv6.sol_max_rt,
		.preferred = cfg->ra.preferred,
		.valid = cfg->ra.valid,
	};
	if (s == NULL)
		return;
	conf->n_dns = s->grant.n_rdnss;
	memcpy(conf->dns, s->grant.rdnss, sizeof(conf->dns));
}

/* An address that outlived its session would be one that the home agent does
 * not know. */
void
access_dhcp6_retime(struct session *s)
{
	uint32_t timeout = s->grant.session_timeout;

	if (s->dhcp6 != NULL)
		dhcp6_link_limit(s->dhcp6, timeout == 0 ? MONO_NEVER :
		    mono_add_ms(s->granted_at, timeout * INT64_C(1000)));
}

void
access_dhcp6_assign(struct session *s)
{
	char addr[INET6_ADDRSTRLEN];

	if (s->dhcp6 == NULL)
		return;
	session_step(s, "assign", "%s", inet_ntop(AF_INET6, &s->hoa, addr,
	    sizeof(addr)));
	access_dhcp6_retime(s);
	dhcp6_link_assign(s->dhcp6, &s->hoa);
}

void
access_dhcp6_refuse(struct session *s)
{
	if (s->dhcp6 != NULL)
		dhcp6_link_refuse(s->dhcp6, s->why);
}

void
access_dhcp6_save(const struct session *s, struct session_rec *r)
{
	if (s->dhcp6 != NULL)
		(void)dhcp6_link_lease(s->dhcp6, &r->lease);
}

bool
access_dhcp6_restore(struct session *s, const struct session_rec *r)
{
	if (s->dhcp6 == NULL || !r->lease.bound ||
	    dhcp6_link_restore(s->dhcp6, &r->lease) != 0)
		return false;
	access_dhcp6_retime(s);
	return true;
}

/* "00:03:00:01..." */
static json_t *
duid_json(const struct dhcp6_duid *duid)
{
	char text[3 * DHCP6_DUID_MAX + 1] = "";
	unsigned i;

	for (i = 0; i < duid->len; i++)
		sprintf(text + 3 * i, "%02x:", duid->b[i]);
	return json_stringn(text, 3U * duid->len - 1);
}

static json_t *
left_json(const struct session *s, mono_t expires)
{
	int64_t left = mono_diff_ms(expires, session_now(s)) / 1000;

	return expires.ns == MONO_NEVER.ns ? json_null() :
	    json_integer(left > 0 ? (json_int_t)left : 0);
}

void
access_dhcp6_show(const struct session *s, json_t *o)
{
	struct dhcp6_lease lease;
	bool has = s->dhcp6 != NULL && dhcp6_link_lease(s->dhcp6, &lease) &&
	    lease.client.len > 0;

	json_object_set_new(o, "lease_client", has ?
	    duid_json(&lease.client) : json_null());
	json_object_set_new(o, "lease_iaid", has ?
	    json_integer((json_int_t)lease.iaid) : json_null());
	json_object_set_new(o, "lease_left", has ?
	    left_json(s, lease.expires) : json_null());
}

void
access_dhcp6_solicited(struct session *s, const struct dhcp6_asker *asker)
{
	char addr[INET6_ADDRSTRLEN];

	s->has_own = false;
	s->insists = false;
	session_step(s, "solicit", "%s", inet_ntop(AF_INET6, &asker->addr,
	    addr, sizeof(addr)));
	/* Who has not passed authentication yet asks by that [access_ether]. */
	if (s->granted)
		session_event(s, SESSION_EV_IID_ASKED, NULL);
}

void
access_dhcp6_bound(struct session *s)
{
	char addr[INET6_ADDRSTRLEN];

	s->ipv6_up = true;
	session_step(s, "bound", "%s", inet_ntop(AF_INET6, &s->hoa, addr,
	    sizeof(addr)));
	session_event(s, SESSION_EV_ACCESS_UP, NULL);
}

void
access_dhcp6_renewed(struct session *s)
{
	session_step(s, "renewed-lease", NULL);
	session_save(s);
}

void
access_dhcp6_ended(struct session *s, enum dhcp6_end_cause cause,
    enum session_event ev)
{
	const char *text = dhcp6_end_text(cause);

	s->ipv6_up = false;
	session_step(s, "lease-ended", "%s", text);
	if (cause == DHCP6_END_DECLINED)
		log_warnx(s->subject, "its home address is declined: somebody "
		    "else on its link has it");
	session_event(s, ev, text);
}
