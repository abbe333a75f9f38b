/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of nasd's control socket [nasctl(8)]: their table, the wait for
 * counters that some need, and those that test or change something. Beside
 * control_show.c, which has those that show.
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
#include "nasd/access_node.h"
#include "nasd/control_int.h"
#include "nasd/engine.h"
#include "nasd/ha_watch.h"
#include "nasd/mip_client.h"
#include "nasd/radius_test.h"
#include "nasd/reload.h"
#include "nasd/session.h"
#include "nasd/tunnel.h"

#define COUNT_MS	1000
#define COUNT_WAIT_MS	2000	/* for the root side; then what was known */

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
	const char *what = ctl_arg(args, "id");
	struct engine *e = arg;

	if (what == NULL)
		return fail(code, message, "usage",
		    "\"id\": session, NAI or link");
	return access_nodes_unexport(e->nodes, session_find(&e->sessions,
	    what), what, code, message);
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
	{ "show sessions", control_show_sessions },
	{ "show session", control_show_session },
	{ "show recent", control_show_recent },
	{ "show statistics", control_show_statistics },
	{ "show interfaces", control_show_interfaces },
	{ "show home-agents", control_show_home_agents },
	{ "show radius", control_show_radius },
	{ "show dynamic-authorization", control_show_dynamic_authorization },
	{ "show accounting", control_show_accounting },
	{ "show violations", control_show_violations },
	{ "show version", control_show_version },
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
