/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of nasd's control socket that show something [nasctl(8)]: each
 * returns a snapshot and changes nothing. Beside control.c, whose table has
 * them, and which has waited for the counters of sessions before.
 */
#include "config.h"
#include "nasd/control_int.h"

#include <string.h>

#include "common/ctl_json.h"
#include "common/priv.h"
#include "common/violations_json.h"
#include "nasd/aaa.h"
#include "nasd/access_node.h"
#include "nasd/access_show.h"
#include "nasd/acct.h"
#include "nasd/coa.h"
#include "nasd/dhcp6.h"
#include "nasd/engine.h"
#include "nasd/fa_hear.h"
#include "nasd/ha_watch.h"
#include "nasd/mip_client.h"
#include "nasd/pppd_link.h"
#include "nasd/pppoe.h"
#include "nasd/ra.h"
#include "nasd/session.h"
#include "nasd/tunnel.h"
#include "nasd/tunnel_repair.h"
#include "nasd/vlans.h"
#include "radius/client.h"

static bool
append(struct table_node *n, void *arg)
{
	json_array_append_new(arg,
	    session_json(container_of(n, struct session, by_nr)));
	return true;
}

json_t *
control_show_sessions(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	json_t *list = json_array();

	(void)args;
	(void)code;
	(void)message;
	table_each(&e->sessions.by_nr, append, list);
	return json_pack("{s:o}", "sessions", list);
}

/* The newest ended session of that id, user or interface. */
static json_t *
show_past(const struct sessions *ss, const char *what)
{
	const struct session_past *best = NULL, *p;
	unsigned i;

	for (i = 0; i < SESSION_RECENT; i++) {
		p = ss->past[i];
		if (p == NULL || (best != NULL && p->nr < best->nr))
			continue;
		if (strcmp(p->id, what) == 0 ||
		    strcmp(p->ifname, what) == 0 ||
		    (p->user != NULL && strcmp(p->user, what) == 0))
			best = p;
	}
	return best != NULL ? session_past_json(best) : NULL;
}

json_t *
control_show_session(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	const char *what = ctl_arg(args, "id");
	struct session *s;
	json_t *past;

	if (what == NULL)
		return fail(code, message, "usage",
		    "\"id\": session, user or interface");
	s = session_find(&e->sessions, what);
	if (s != NULL)
		return session_json_full(s);
	past = show_past(&e->sessions, what);
	if (past == NULL)
		return fail(code, message, "no-match", "no such session");
	return past;
}

static bool
append_past(json_t *list, const struct session_past *p)
{
	json_t *one;

	if (p == NULL)
		return false;
	one = session_past_json(p);
	json_object_del(one, "timeline");
	json_array_append_new(list, one);
	return true;
}

/* Ended sessions, newest first. */
json_t *
control_show_recent(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	const struct sessions *ss = &e->sessions;
	json_t *list = json_array();
	unsigned i;

	(void)args;
	(void)code;
	(void)message;
	for (i = 1; i <= SESSION_RECENT && i <= ss->n_past; i++)
		append_past(list, ss->past[(ss->n_past - i) % SESSION_RECENT]);
	return json_pack("{s:o}", "sessions", list);
}

static json_t *
root_side_json(const struct priv_client *priv)
{
	struct priv_waiting w;

	priv_client_waiting(priv, &w);
	return json_pack("{s:I, s:I, s:I}",
	    "unanswered", (json_int_t)w.unanswered,
	    "oldest_ms", (json_int_t)w.oldest_ms,
	    "silences", (json_int_t)w.silences);
}

json_t *
control_show_statistics(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	json_t *pppoe = json_array(), *all = json_object();
	unsigned i;

	(void)args;
	(void)code;
	(void)message;
	for (i = 0; i < e->cfg->n_pppoe; i++)
		if (e->pppoe[i] != NULL)
			json_array_append_new(pppoe,
			    pppoe_stats(e->pppoe[i]));
	json_object_set_new(all, "sessions", sessions_stats_json(&e->sessions));
	json_object_set_new(all, "pppoe", pppoe);
	json_object_set_new(all, "vlans", vlans_stats(e->vlans));
	json_object_set_new(all, "access_nodes", access_nodes_json(e->nodes));
	json_object_set_new(all, "foreign_agents", fa_hears_json(e->fas));
	json_object_set_new(all, "plugins", pppd_server_stats(e->pppd));
	json_object_set_new(all, "aaa", aaa_stats(e->aaa));
	json_object_set_new(all, "registration", mip_client_stats(e->mip));
	json_object_set_new(all, "tunnels", tunnels_json(e->tunnels));
	json_object_set_new(all, "tunnel_repair",
	    tunnel_repair_json(e->tunnel_repair));
	json_object_set_new(all, "root_side", root_side_json(e->priv));
	json_object_set_new(all, "ra", ra_stats(e->ra));
	json_object_set_new(all, "dhcpv6", e->dhcp6 != NULL ?
	    dhcp6_stats(e->dhcp6) : json_null());
	return all;
}

json_t *
control_show_interfaces(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)args;
	(void)code;
	(void)message;
	return json_pack("{s:o}", "interfaces", access_json(arg));
}

json_t *
control_show_home_agents(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	json_t *stats = mip_client_stats(e->mip), *list;

	(void)args;
	(void)code;
	(void)message;
	list = ha_watch_json(e->ha_watch, stats);
	json_decref(stats);
	return json_pack("{s:o}", "home_agents", list);
}

static const char *
home_agent_name(void *arg, struct in_addr from)
{
	const struct engine *e = arg;
	unsigned i;

	for (i = 0; i < e->cfg->n_ha; i++)
		if (e->cfg->ha[i].addr.s_addr == from.s_addr)
			return e->cfg->ha[i].name;
	return NULL;
}

json_t *
control_show_violations(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return violations_json(mip_client_violations(e->mip), home_agent_name,
	    e);
}

json_t *
control_show_radius(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return radius_stats(e->radius);
}

static const char *
state_of(const struct engine *e)
{
	if (e->stopping)
		return "ending";
	if (e->emptying)
		return "ending after the last session";
	return e->global.drained ? "drained" : "running";
}

json_t *
control_show_dynamic_authorization(void *arg, const json_t *args,
    const char **code, const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return coa_json(e->coa);
}

json_t *
control_show_accounting(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return acct_json(e->acct);
}

json_t *
control_show_version(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	int64_t up = mono_diff_ms(clock_mono(e->clock), e->started) / 1000;

	(void)args;
	(void)code;
	(void)message;
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}",
	    "program", "nasd",
	    "version", PACKAGE_VERSION,
	    "nas_identifier", e->cfg->nas_id,
	    "uptime", (json_int_t)up,
	    "state", state_of(e),
	    "resumed", (json_int_t)e->resumed);
}
