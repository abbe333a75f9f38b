/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions as JSON, for nasctl [nasctl(8)]: snapshots. The field names are
 * stable. */
#include <stdio.h>
#include <string.h>

#include "common/ctl_json.h"
#include "nasd/access.h"
#include "nasd/access_dhcp6.h"
#include "nasd/access_node.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/session.h"

/* json_string refuses what is not UTF-8; names come from strangers. */
static json_t *
text(const char *str)
{
	char clean[256];
	size_t i;

	for (i = 0; str[i] != '\0' && i < sizeof(clean) - 1; i++)
		clean[i] = str[i] >= 0x20 && str[i] < 0x7f ? str[i] : '?';
	clean[i] = '\0';
	return json_string(clean);
}

static json_t *
home_address(const struct session *s)
{
	return s->registered && !IN6_IS_ADDR_UNSPECIFIED(&s->hoa) ?
	    ctl_ipv6(&s->hoa) : json_null();
}

static json_t *
home_agent(const struct session *s)
{
	return s->ha != NULL ? ctl_ipv4(s->ha->addr) : json_null();
}

/* What its tunnel is, and of GRE the keys of packets to and from us. */
static void
show_tunnel(const struct session *s, json_t *o)
{
	const bool gre = s->gre.own != 0;

	json_object_set_new(o, "encapsulation", s->registered ?
	    json_string(gre ? "gre" : "sit") : json_null());
	json_object_set_new(o, "gre_key_in", gre ?
	    json_integer(s->gre.own) : json_null());
	json_object_set_new(o, "gre_key_out", gre ?
	    json_integer(s->gre.peer) : json_null());
}

static json_int_t
uptime(const struct session *s)
{
	return s->came_up ? mono_diff_ms(session_now(s), s->up_since) / 1000 :
	    0;
}

static const char *
access_kind(const struct session *s)
{
	return s->pppoe_sid != 0 ? "pppoe" : s->access->name;
}

json_t *
session_json(const struct session *s)
{
	json_int_t left = s->reg != NULL ? mip_reg_left(s->reg) : 0;

	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:I, s:o, s:o, s:I, s:s,"
	    " s:I, s:I, s:s, s:I, s:I}",
	    "id", s->id,
	    "ifname", text(s->ifname),
	    "username", text(s->user),
	    "calling_sid", text(s->calling),
	    "state", session_state_str(s->state),
	    "uptime", uptime(s),
	    "home_address", home_address(s),
	    "home_agent", home_agent(s),
	    "reg_left", left,
	    "prefix_mode", !s->granted || s->access->install != NULL ? "" :
	    s->unique ? "unique" : "shared",
	    "rx_bytes", (json_int_t)s->count.rx_bytes,
	    "tx_bytes", (json_int_t)s->count.tx_bytes,
	    "access", access_kind(s),
	    "rate_down", (json_int_t)(s->rated ? s->rate.down_bps : 0),
	    "rate_up", (json_int_t)(s->rated ? s->rate.up_bps : 0));
}

static json_t *
iid_json(struct iid iid)
{
	char buf[IID_STRLEN];

	return iid_is_zero(iid) ? json_null() :
	    json_string(iid_str(iid, buf));
}

/* Anything at all is in there. */
static json_t *
line_id(const struct line_id *id)
{
	char str[LINE_ID_MAX + 1];
	unsigned i;

	if (id->len == 0)
		return json_null();
	for (i = 0; i < id->len; i++)
		str[i] = id->b[i] != 0 ? (char)id->b[i] : '?';
	str[i] = '\0';
	return text(str);
}

/* What `show session' says beyond the list. */
json_t *
session_json_full(const struct session *s)
{
	json_t *all = session_json(s);
	json_t *more = json_pack("{s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o,"
	    " s:b, s:i, s:i, s:i, s:I, s:I, s:I, s:o}",
	    "number", (json_int_t)s->nr,
	    "device", text(s->device),
	    "service", text(s->service),
	    "pppoe_session", (json_int_t)s->pppoe_sid,
	    "nai", text(s->nai),
	    "iid_asked", s->has_own ? iid_json(s->own) : json_null(),
	    "iid_assigned", iid_json(s->iid),
	    "iid_local", iid_json(s->local),
	    "unique", s->hoa_unique,
	    "reply_code", s->code,
	    "lifetime", s->lifetime,
	    "registration_tries", (int)s->tries,
	    "rx_packets", (json_int_t)s->count.rx_packets,
	    "tx_packets", (json_int_t)s->count.tx_packets,
	    "rx_dropped", (json_int_t)s->count.rx_dropped,
	    "timeline", timeline_json(&s->timeline));

	json_object_set_new(more, "port_id", text(s->port_id));
	json_object_set_new(more, "circuit_id", line_id(&s->circuit_id));
	json_object_set_new(more, "remote_id", line_id(&s->remote_id));
	json_object_set_new(more, "auth", s->auth_by != NULL ?
	    json_string(s->auth_by) : json_null());
	json_object_set_new(more, "mru", json_integer(s->mru));
	json_object_set_new(more, "ra_mtu", s->tunnel != NULL ?
	    json_integer(session_ra_mtu(s)) : json_null());
	show_tunnel(s, more);
	json_object_set_new(more, "profile", s->grant.filter_id[0] != '\0' ?
	    text(s->grant.filter_id) : json_null());
	json_object_set_new(more, "down_dropped",
	    json_integer((json_int_t)s->count.down_dropped));
	json_object_set_new(more, "up_dropped",
	    json_integer((json_int_t)s->count.up_dropped));
	json_object_set_new(more, "ipv4_address", session_ipv4_json(s));
	json_object_set_new(more, "ipv4_up", json_boolean(s->ipv4_up));
	json_object_set_new(more, "care_of_address",
	    access_node_coa_json(s));
	access_dhcp6_show(s, more);
	json_object_set_new(more, "ended", json_null());
	json_object_update(all, more);
	json_decref(more);
	return all;
}

json_t *
session_past_json(const struct session_past *p)
{
	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:s, s:b, s:o, s:i, s:o}",
	    "id", p->id,
	    "number", (json_int_t)p->nr,
	    "ifname", text(p->ifname),
	    "username", text(p->user != NULL ? p->user : ""),
	    "calling_sid", text(p->calling),
	    "state", session_state_str(SESSION_DEAD),
	    "came_up", p->came_up,
	    "ended", text(p->why),
	    "terminate_cause", (int)p->cause,
	    "timeline", timeline_json(&p->timeline));
}

static bool
count_state(struct table_node *n, void *arg)
{
	unsigned *by_state = arg;

	by_state[container_of(n, struct session, by_nr)->state]++;
	return true;
}

json_t *
sessions_stats_json(const struct sessions *ss)
{
	unsigned by_state[SESSION_N_STATES] = { 0 }, i;
	json_t *states = json_object(), *causes = json_object();
	char key[8];

	table_each((struct table *)&ss->by_nr, count_state, by_state);
	for (i = 0; i < SESSION_DEAD; i++)
		json_object_set_new(states, session_state_str(i),
		    json_integer(by_state[i]));
	for (i = 1; i <= SESSION_CAUSE_NAS_REBOOT; i++) {
		if (ss->ended[i] == 0)
			continue;
		snprintf(key, sizeof(key), "%u", i);
		json_object_set_new(causes, key,
		    json_integer((json_int_t)ss->ended[i]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
	    "now", (json_int_t)sessions_count(ss),
	    "started", (json_int_t)ss->started,
	    "came_up", (json_int_t)ss->came_up,
	    "failed", (json_int_t)ss->failed,
	    "unexpected_events", (json_int_t)ss->unexpected,
	    "ipv4_refused", (json_int_t)ss->ip4_refused,
	    "by_state", states,
	    "ended_by_cause", causes);
}
