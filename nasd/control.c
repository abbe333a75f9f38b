/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of nasd's control socket [nasctl(8)]. Each returns a snapshot;
 * only those at the end of the table change anything.
 */
#include "config.h"
#define LOG_MODULE "control"
#include "nasd/control.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ctl.h"
#include "common/ctl_json.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/violations_json.h"
#include "nasd/aaa.h"
#include "nasd/access_node.h"
#include "nasd/access_show.h"
#include "nasd/coa.h"
#include "nasd/acct.h"
#include "nasd/dhcp6.h"
#include "nasd/engine.h"
#include "nasd/ha_watch.h"
#include "nasd/mip_client.h"
#include "nasd/pppd_link.h"
#include "nasd/pppoe.h"
#include "nasd/ra.h"
#include "nasd/radius_test.h"
#include "nasd/reload.h"
#include "nasd/session.h"
#include "nasd/tunnel.h"
#include "nasd/tunnel_repair.h"
#include "nasd/vlans.h"
#include "radius/client.h"

#define COUNT_MS	1000
#define COUNT_WAIT_MS	2000	/* for the root side; then what was known */

static json_t *
fail(const char **code, const char **message, const char *c, const char *m)
{
	*code = c;
	*message = m;
	return NULL;
}

static void
all_counted(void *arg)
{
	struct engine *e = arg;

	e->counting = false;
	timer_cancel(&e->timers, &e->t_counting);
	e->counted = clock_mono(e->clock);
	sessions_counted(&e->sessions);
	ctl_resume(e->ctl);
}

/* The root side takes long [D147]: no more is asked until it has answered. */
static void
counting_stops(struct timer *t)
{
	struct engine *e = container_of(t, struct engine, t_counting);

	e->counting = false;
	ctl_resume(e->ctl);
}

/* Whether counters are on their way that are worth waiting for. */
static bool
count_now(struct engine *e)
{
	if (!tunnels_count_all(e->tunnels, all_counted, e))
		return false;
	e->t_counting.fire = counting_stops;
	return timer_set(&e->timers, &e->t_counting, mono_add_ms(
	    clock_mono(e->clock), COUNT_WAIT_MS)) == 0;
}

static json_t *
reload(void *arg, const json_t *args, const char **code, const char **message)
{
	struct engine *e = arg;

	return reload_answer(e->reload, args, code, message);
}

/* Whoever looks at sessions sees counters not older than COUNT_MS. */
static bool
wait_for_counters(void *arg, const char *cmd)
{
	struct engine *e = arg;

	if (strcmp(cmd, "reload") == 0)
		return reload_ask(e->reload);

	if (strcmp(cmd, "show sessions") != 0 &&
	    strcmp(cmd, "show session") != 0)
		return false;
	if (!e->counting && (e->counted.ns == 0 || mono_diff_ms(
	    clock_mono(e->clock), e->counted) >= COUNT_MS))
		e->counting = count_now(e);
	return e->counting;
}

static bool
append(struct table_node *n, void *arg)
{
	json_array_append_new(arg,
	    session_json(container_of(n, struct session, by_nr)));
	return true;
}

static json_t *
show_sessions(void *arg, const json_t *args, const char **code,
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

static json_t *
show_session(void *arg, const json_t *args, const char **code,
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
static json_t *
show_recent(void *arg, const json_t *args, const char **code,
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

static json_t *
show_statistics(void *arg, const json_t *args, const char **code,
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

static json_t *
show_interfaces(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)args;
	(void)code;
	(void)message;
	return json_pack("{s:o}", "interfaces", access_json(arg));
}

static json_t *
show_home_agents(void *arg, const json_t *args, const char **code,
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

static json_t *
show_violations(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return violations_json(mip_client_violations(e->mip), home_agent_name,
	    e);
}

static json_t *
show_radius(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return radius_stats(e->radius);
}

static void
radius_was_tested(void *arg, json_t *data, const char *code,
    const char *message)
{
	ctl_answer(arg, data, code, message);
}

/* An Access-Request, or Status-Server to all: answered when there is one. */
static json_t *
test_radius(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	struct ctl_later *later = ctl_defer(e->ctl);
	const char *wrong;

	if (later == NULL)
		return fail(code, message, "internal", "out of memory");
	wrong = radius_test(e->radius_tests, args, code, radius_was_tested,
	    later);
	if (wrong == NULL)
		return NULL;
	ctl_not_later(later);
	return fail(code, message, *code, wrong);
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

static json_t *
show_dynamic_authorization(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return coa_json(e->coa);
}

static json_t *
show_accounting(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;

	(void)args;
	(void)code;
	(void)message;
	return acct_json(e->acct);
}

static json_t *
show_version(void *arg, const json_t *args, const char **code,
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

struct match {
	const char	*what;
	uint32_t	*nr;
	size_t		 n;
};

/* The same address, however its bytes are set apart and written. */
static bool
is_station(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "-:.");
		b += strspn(b, "-:.");
		if (*a == '\0' || tolower((unsigned char)*a) !=
		    tolower((unsigned char)*b))
			return *a == *b;
	}
}

static bool
collect(struct table_node *n, void *arg)
{
	const struct session *s = container_of(n, struct session, by_nr);
	struct match *m = arg;

	if (strcmp(m->what, "all") == 0 || strcmp(s->id, m->what) == 0 ||
	    strcmp(s->user, m->what) == 0 ||
	    strcmp(s->ifname, m->what) == 0 ||
	    (s->calling[0] != '\0' && is_station(s->calling, m->what)))
		m->nr[m->n++] = s->nr;
	return true;
}

/* Ends sessions by id, user, interface, calling station, or all. */
static json_t *
terminate(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	bool hard = json_is_true(json_object_get(args, "hard"));
	struct match m = {
		.what = ctl_arg(args, "match"),
	};
	struct session *s;
	size_t i;

	if (m.what == NULL || m.what[0] == '\0')
		return fail(code, message, "usage", "\"match\": session, "
		    "user, interface, calling station or all");
	m.nr = calloc(sessions_count(&e->sessions) + 1, sizeof(*m.nr));
	if (m.nr == NULL)
		return fail(code, message, "internal", "out of memory");
	table_each(&e->sessions.by_nr, collect, &m);
	for (i = 0; i < m.n; i++)
		if ((s = session_find_nr(&e->sessions, m.nr[i])) != NULL)
			session_event(s, hard ? SESSION_EV_TERMINATE_HARD :
			    SESSION_EV_TERMINATE, NULL);
	free(m.nr);
	if (m.n == 0)
		return fail(code, message, "no-match", "no such session");
	log_info(NULL, "terminate %s: %zu sessions", m.what, m.n);
	return json_pack("{s:I}", "terminated", (json_int_t)m.n);
}

struct renewal {
	const char	*home_agent;	/* name, or NULL: all */
	size_t		 n;
};

static json_t *
set_open(void *arg, bool drained)
{
	engine_drain(arg, drained);
	return json_pack("{s:b}", "drained", drained);
}

/* No new sessions here; those that exist stay. */
static json_t *
drain_access(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)args;
	(void)code;
	(void)message;
	return set_open(arg, true);
}

static json_t *
undrain_access(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)args;
	(void)code;
	(void)message;
	return set_open(arg, false);
}

struct restarting {
	struct ctl_later	*later;
	json_int_t		 sessions;
};

static void
restarts(void *arg, int err)
{
	struct restarting r = *(struct restarting *)arg;

	free(arg);
	ctl_answer(r.later, err != 0 ? NULL : json_pack("{s:I}", "sessions",
	    r.sessions), err == -EALREADY || err == -EBUSY ? "busy" : "denied",
	    err == -EALREADY || err == -EBUSY ? "it is ending" : "the program "
	    "does not take its configuration: see its log");
}

/* Starts nasd anew, sessions stay. It is answered when the program has been
 * checked. */
static json_t *
restart(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	struct restarting *r;

	(void)args;
	if (e->state == NULL)
		return fail(code, message, "denied",
		    "no state-directory: its sessions would be lost");
	if (e->stopping || e->restart_done != NULL)
		return fail(code, message, "busy", "it is ending");
	if ((r = malloc(sizeof(*r))) == NULL ||
	    (r->later = ctl_defer(e->ctl)) == NULL) {
		free(r);
		return fail(code, message, "internal", "out of memory");
	}
	r->sessions = (json_int_t)sessions_count(&e->sessions);
	if (engine_restart(e, restarts, r) == 0)
		return NULL;
	ctl_not_later(r->later);
	free(r);
	return fail(code, message, "internal", "the root side can not be "
	    "asked");
}

/* Ends nasd and its sessions: now, or after the last has ended by itself. */
static json_t *
shut_down(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct engine *e = arg;
	json_int_t n = (json_int_t)sessions_count(&e->sessions);

	if (e->stopping)
		return fail(code, message, "busy", "it is ending");
	if (json_is_true(json_object_get(args, "hard")))
		engine_shutdown(e);
	else
		engine_shutdown_soft(e);
	return json_pack("{s:I}", "sessions", n);
}

static json_t *
set_drained(struct engine *e, const json_t *args, bool drained,
    const char **code, const char **message)
{
	const char *name = ctl_arg(args, "name");

	if (name == NULL)
		return fail(code, message, "usage", "\"name\": home agent");
	if (!ha_watch_drain(e->ha_watch, name, drained))
		return fail(code, message, "no-match", "no such home agent");
	return json_pack("{s:s, s:b}", "home_agent", name, "drained", drained);
}

/* No new registrations there; those that exist stay. */
static json_t *
drain(void *arg, const json_t *args, const char **code, const char **message)
{
	return set_drained(arg, args, true, code, message);
}

static json_t *
undrain(void *arg, const json_t *args, const char **code,
    const char **message)
{
	return set_drained(arg, args, false, code, message);
}

static bool
renew_one(struct table_node *n, void *arg)
{
	const struct session *s = container_of(n, struct session, by_nr);
	struct renewal *r = arg;

	if (s->reg == NULL || s->ha == NULL || (r->home_agent != NULL &&
	    strcmp(s->ha->name, r->home_agent) != 0))
		return true;
	r->n += mip_reg_renew(s->reg);
	return true;
}

static bool
is_home_agent(const struct nasd_config *cf, const char *name)
{
	unsigned i;

	for (i = 0; i < cf->n_ha; i++)
		if (strcmp(cf->ha[i].name, name) == 0)
			return true;
	return false;
}

/* Renews all registrations at a home agent, one that has forgotten them. */
static json_t *
renew(void *arg, const json_t *args, const char **code, const char **message)
{
	struct engine *e = arg;
	struct renewal r = {
		.home_agent = ctl_arg(args, "name"),
	};

	if (r.home_agent == NULL)
		return fail(code, message, "usage",
		    "\"name\": home agent, or all");
	if (strcmp(r.home_agent, "all") == 0)
		r.home_agent = NULL;
	if (r.home_agent != NULL && !is_home_agent(e->cfg, r.home_agent))
		return fail(code, message, "no-match", "no such home agent");
	table_each(&e->sessions.by_nr, renew_one, &r);
	if (r.n == 0)
		return fail(code, message, "no-match", "nothing to renew");
	return json_pack("{s:I}", "renewals", (json_int_t)r.n);
}

static struct session *
find_node(struct engine *e, const json_t *args, const char **code,
    const char **message)
{
	const char *what = ctl_arg(args, "id");
	struct session *s = NULL;

	if (what == NULL)
		fail(code, message, "usage", "\"id\": session, NAI or link");
	else if ((s = session_find(&e->sessions, what)) == NULL)
		fail(code, message, "no-match", "no such session");
	return s;
}

/* The context of a mobile node that goes to another access node. */
static json_t *
export(void *arg, const json_t *args, const char **code, const char **message)
{
	struct session *s = find_node(arg, args, code, message);

	return s != NULL ? access_nodes_export(s, code, message) : NULL;
}

static json_t *
unexport(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct session *s = find_node(arg, args, code, message);

	return s != NULL ? access_nodes_unexport(s, code, message) : NULL;
}

/* And of one that comes from there. */
static json_t *
import(void *arg, const json_t *args, const char **code, const char **message)
{
	struct engine *e = arg;
	const char *link = ctl_arg(args, "link");

	if (link == NULL)
		return fail(code, message, "usage", "\"link\": interface");
	return access_nodes_import(e->nodes, link, json_object_get(args,
	    "context"), code, message);
}

static json_t *
set_log_level(void *arg, const json_t *args, const char **code,
    const char **message)
{
	const char *module = ctl_arg(args, "module");
	const char *level = ctl_arg(args, "level");
	int err = level != NULL ? log_set_level(module, level) : -EINVAL;

	(void)arg;
	if (err == -ENOENT)
		return fail(code, message, "no-match", "no such module");
	if (err != 0)
		return fail(code, message, "usage",
		    "\"level\": error, warn, info or debug");
	return json_pack("{s:s, s:s}", "module",
	    module != NULL ? module : "all", "level", level);
}

static const struct ctl_cmd commands[] = {
	{ "show sessions", show_sessions },
	{ "show session", show_session },
	{ "show recent", show_recent },
	{ "show statistics", show_statistics },
	{ "show interfaces", show_interfaces },
	{ "show home-agents", show_home_agents },
	{ "show radius", show_radius },
	{ "show dynamic-authorization", show_dynamic_authorization },
	{ "show accounting", show_accounting },
	{ "show violations", show_violations },
	{ "show version", show_version },
	{ "radius test", test_radius },
	{ "terminate", terminate },
	{ "drain home-agent", drain },
	{ "undrain home-agent", undrain },
	{ "drain", drain_access },
	{ "undrain", undrain_access },
	{ "restart", restart },
	{ "shutdown", shut_down },
	{ "renew", renew },
	{ "export", export },
	{ "unexport", unexport },
	{ "import", import },
	{ "reload", reload },
	{ "log level", set_log_level },
};

struct ctl *
control_new(struct engine *e, int fd)
{
	struct ctl *ctl = ctl_new(e->base, fd, commands,
	    sizeof(commands) / sizeof(commands[0]), e);

	if (ctl != NULL)
		ctl_set_wait(ctl, wait_for_counters);
	return ctl;
}
