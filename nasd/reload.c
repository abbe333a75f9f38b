/* SPDX-License-Identifier: BSD-2-Clause */
/* See reload.h. What is read waits for who asked for it, and is forgotten when
 * it has been told or gone by. */
#include "config.h"
#define LOG_MODULE "reload"
#include "nasd/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf_files.h"
#include "common/ctl.h"
#include "common/log.h"
#include "common/priv.h"
#include "nasd/config_apply.h"
#include "nasd/config_plan.h"
#include "nasd/engine.h"
#include "nasd/engine_conf.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_ops.h"
#include "nasd/vlans.h"
#include "radius/conf.h"

#define MESSAGE_MAX	(NASD_PRIV_ERRORS_MAX + 64)

enum reload_state { RELOAD_IDLE, RELOAD_READING, RELOAD_READY };

struct reload {
	struct engine		*e;
	struct nasd_config	*cfg;		/* e->cfg */
	const struct radius_dict *dict;
	enum reload_state	 state;
	bool			 hangup;	/* SIGHUP waits for it */
	uint32_t		 serial;
	int			 err;
	char			 wrong[NASD_PRIV_ERRORS_MAX];
	struct nasd_config	*next;
	struct config_plan	 plan;
	/* Interfaces that next has and cfg has not, by their places in
	 * next. */
	struct nasd_sockets	 fds;
	unsigned		 place;
	char			 message[MESSAGE_MAX];
};

static void
forget(struct reload *r)
{
	config_plan_free(&r->plan);
	nasd_config_free(r->next);
	r->next = NULL;
	nasd_sockets_close(&r->fds);
	r->state = RELOAD_IDLE;
}

/*
 * Comparing.
 */

struct counting {
	enum config_touch	 touch;
	const char		*title;
	unsigned		 n;
};

static bool
count_one(struct table_node *n, void *arg)
{
	const struct session *s = container_of(n, struct session, by_nr);
	struct counting *c = arg;

	switch (c->touch) {
	case CONFIG_TOUCH_NONE:
		break;
	case CONFIG_TOUCH_ALL:
		c->n++;
		break;
	case CONFIG_TOUCH_PPPOE:
		c->n += s->pppoe != NULL && engine_conf_is_on(s->engine,
		    s->device, c->title);
		break;
	case CONFIG_TOUCH_PROFILE:
		c->n += s->granted && strcmp(s->grant.filter_id,
		    c->title) == 0;
		break;
	case CONFIG_TOUCH_HA:
		c->n += s->ha != NULL && strcmp(s->ha->name, c->title) == 0;
		break;
	}
	return true;
}

static unsigned
count(void *arg, enum config_touch touch, const char *title)
{
	struct reload *r = arg;
	struct counting c = { touch, title, 0 };

	table_each(&r->e->sessions.by_nr, count_one, &c);
	return c.n;
}

static int
compare(struct reload *r)
{
	return config_plan_make(&r->plan, &r->cfg->items, &r->next->items,
	    radius_conf_has_tls(&r->cfg->radius) ||
	    radius_conf_has_tls(&r->next->radius), count, r);
}

/*
 * Reading.
 */

static void
ready(struct reload *r, int err)
{
	const char *code, *message;
	json_t *args;

	if (err == 0 && r->wrong[0] == '\0')
		err = compare(r);
	r->err = err;
	r->state = RELOAD_READY;
	if (r->hangup) {
		r->hangup = false;
		args = json_object();
		json_decref(reload_answer(r, args, &code, &message));
		json_decref(args);
	}
	ctl_resume(r->e->ctl);
	/* Whoever asked has been told, or has gone. */
	forget(r);
}

static void	 open_next(struct reload *);

static void
failed_to_open(struct reload *r, int err)
{
	snprintf(r->wrong, sizeof(r->wrong), "pppoe \"%s\": %s\n",
	    r->next->pppoe[r->place].ifname, strerror(-err));
	ready(r, 0);
}

static bool
is_there(const struct nasd_config *cf, const char *ifname)
{
	unsigned i;

	for (i = 0; i < cf->n_pppoe; i++)
		if (strcmp(cf->pppoe[i].ifname, ifname) == 0)
			return true;
	return false;
}

/* Where the descriptor goes of what an interface still needs; NULL: it needs
 * none. One that is there may have VLANs from now on. */
static int *
wants(struct reload *r, uint8_t *hears)
{
	const struct config_pppoe *cp = &r->next->pppoe[r->place];
	struct nasd_sockets *fds = &r->fds;
	bool is_new = !is_there(r->cfg, cp->ifname);

	*hears = NASD_SOCKET_DISCOVERY;
	if (is_new && fds->pppoe[r->place] == -1)
		return &fds->pppoe[r->place];
	*hears = NASD_SOCKET_SESSION;
	if (is_new && cp->end_strays && fds->stray[r->place] == -1)
		return &fds->stray[r->place];
	*hears = NASD_SOCKET_VLANS;
	if (cp->vlan.ranges.n > 0 && fds->vlans[r->place] == -1 &&
	    (is_new || !vlans_listen(r->e->vlans, cp->ifname)))
		return &fds->vlans[r->place];
	return NULL;
}

static void
opened(void *arg, int status, const void *body, size_t len, int fd)
{
	struct nasd_priv_pppoe_opened o;
	struct reload *r = arg;
	uint8_t hears;
	int *to = wants(r, &hears);

	if (status != 0 || len != sizeof(o) || fd == -1 || to == NULL) {
		if (fd != -1)
			close(fd);
		failed_to_open(r, status != 0 ? status : -EPROTO);
		return;
	}
	memcpy(&o, body, sizeof(o));
	*to = fd;
	r->fds.mtu[r->place] = o.mtu;
	memcpy(r->fds.mac[r->place], o.mac, sizeof(o.mac));
	open_next(r);
}

/* Before anything is changed: what can not be opened is a mistake like others
 * in the file. */
static void
open_next(struct reload *r)
{
	struct nasd_priv_pppoe_open q = { 0 };
	int err;

	for (; r->place < r->next->n_pppoe; r->place++) {
		const char *ifname = r->next->pppoe[r->place].ifname;

		if (wants(r, &q.hears) == NULL)
			continue;
		if (engine_conf_is_leaving(r->e, ifname)) {
			failed_to_open(r, -EBUSY);
			return;
		}
		snprintf(q.ifname, sizeof(q.ifname), "%s", ifname);
		err = priv_request(r->e->priv, NASD_PRIV_PPPOE_OPEN, &q,
		    sizeof(q), opened, r);
		if (err != 0)
			failed_to_open(r, err);
		return;
	}
	ready(r, 0);
}

/* Root has found nothing wrong; so the copy is right, too. */
static int
parse(struct reload *r, int fd)
{
	struct conf_files files;
	int err = conf_files_receive(&files, fd);

	if (err != 0)
		return err;
	log_copy_errors(r->wrong, sizeof(r->wrong));
	r->next = nasd_config_read(r->cfg->file, &files, &err);
	log_copy_errors(NULL, 0);
	conf_files_free(&files);
	return r->next != NULL ? 0 : err;
}

static void
was_read(void *arg, int status, const void *body, size_t len, int fd)
{
	struct nasd_priv_conf_read reply;
	struct reload *r = arg;

	if (status == 0 && len != sizeof(reply))
		status = -EPROTO;
	if (status == 0) {
		memcpy(&reply, body, sizeof(reply));
		r->serial = reply.serial;
		snprintf(r->wrong, sizeof(r->wrong), "%s", reply.errors);
	}
	if (status == 0 && fd != -1)
		status = parse(r, fd);
	if (fd != -1)
		close(fd);
	if (status == 0 && r->next != NULL)
		open_next(r);
	else
		ready(r, status);
}

bool
reload_ask(struct reload *r)
{
	if (r->state != RELOAD_IDLE)
		return true;
	r->wrong[0] = '\0';
	r->place = 0;
	if (priv_request(r->e->priv, NASD_PRIV_CONF_READ, NULL, 0, was_read,
	    r) != 0)
		return false;
	r->state = RELOAD_READING;
	return true;
}

/*
 * Telling, and going by it.
 */

static json_t *
describe(const struct config_change *c)
{
	const struct conf_item *it = c->to != NULL ? c->to : c->from;
	const char *from = c->from != NULL ? c->from->value : "";
	const char *to = c->to != NULL ? c->to->value : "";

	/* Of a secret not even the name of its file. */
	if (it->secret || it->section)
		from = to = "";
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:b}",
	    "key", it->name,
	    "line", (json_int_t)(c->to != NULL ? it->line : 0),
	    "change", config_kind_str(c->kind),
	    "from", from, "to", to,
	    "effect", config_effect_str(c->effect),
	    "sessions", (json_int_t)c->sessions,
	    "destructive", c->destructive);
}

static json_t *
describe_all(const struct reload *r, bool applied)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->plan.n; i++)
		json_array_append_new(list, describe(&r->plan.change[i]));
	return json_pack("{s:b, s:o}", "applied", applied, "changes", list);
}

static void
log_changes(const struct config_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct config_change *c = &plan->change[i];

		log_info((c->to != NULL ? c->to : c->from)->name, "%s: %s, "
		    "%u sessions%s", config_kind_str(c->kind),
		    config_effect_str(c->effect), c->sessions,
		    c->destructive ? ", which lose by it" : "");
	}
	log_info(NULL, "configuration: %zu changes", plan->n);
}

static void
was_taken(void *arg, int status, const void *body, size_t len, int fd)
{
	(void)arg;
	(void)body;
	(void)len;
	(void)fd;
	if (status != 0)
		log_errorx(NULL, "the root side does not go by the new "
		    "configuration: %s", strerror(-status));
}

static int
apply(struct reload *r)
{
	const struct nasd_priv_conf_take take = { .serial = r->serial };
	const struct engine_conf_old old = {
		.pppoe = r->cfg->pppoe, .n_pppoe = r->cfg->n_pppoe,
	};
	bool radius = engine_conf_radius_changes(&r->plan);
	bool log = config_plan_acts(&r->plan, "log.");
	bool profiles = config_plan_acts(&r->plan, "profile");
	int err = config_apply(r->cfg, r->next, &r->plan);

	if (err != 0)
		return err;
	err = priv_request(r->e->priv, NASD_PRIV_CONF_TAKE, &take,
	    sizeof(take), was_taken, r);
	if (err != 0)
		was_taken(r, err, NULL, 0, -1);
	if (log)
		nasd_config_log_levels(r->cfg);
	engine_conf_changed(r->e, &old, &r->fds);
	if (profiles)		/* next has those of before now */
		session_rate_profiles(&r->e->sessions, r->next);
	if (radius)
		engine_conf_radius(r->e, r->dict);
	return 0;
}

static json_t *
refuse(struct reload *r, const char **code, const char **message,
    const char *c, const char *why)
{
	size_t n = strlen(why);

	snprintf(r->message, sizeof(r->message), "%s", why);
	if (n > 0 && n < sizeof(r->message) && why[n - 1] == '\n')
		r->message[n - 1] = '\0';
	*code = c;
	*message = r->message;
	log_errorx(NULL, "configuration not taken: %s", r->message);
	return NULL;
}

json_t *
reload_answer(struct reload *r, const json_t *args, const char **code,
    const char **message)
{
	bool force = json_is_true(json_object_get(args, "force"));
	json_t *done;
	int err;

	if (r->state != RELOAD_READY)
		return refuse(r, code, message, "busy", "another reload came "
		    "first; ask again");
	if (r->err != 0)
		return refuse(r, code, message, "internal",
		    strerror(-r->err));
	if (r->wrong[0] != '\0')
		return refuse(r, code, message, "usage", r->wrong);
	if (json_is_true(json_object_get(args, "plan")))
		return describe_all(r, false);
	if (config_plan_destructive(&r->plan) && !force)
		return refuse(r, code, message, "denied", "it would take "
		    "something from sessions: see reload --plan; --force "
		    "does it");
	done = describe_all(r, true);
	log_changes(&r->plan);
	err = apply(r);
	if (err == 0) {
		/* There is nothing more to go by for others that wait. */
		r->state = RELOAD_IDLE;
		return done;
	}
	json_decref(done);
	return refuse(r, code, message, "internal", err == -ENOSPC ?
	    "too many home agents, with those before" : strerror(-err));
}

void
reload_hangup(struct reload *r)
{
	log_info(NULL, "SIGHUP: reading the configuration again");
	r->hangup = reload_ask(r);
	if (!r->hangup)
		log_errorx(NULL, "the root side can not be asked");
}

struct reload *
reload_new(struct engine *e, struct nasd_config *cfg,
    const struct radius_dict *dict)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->e = e;
	r->cfg = cfg;
	r->dict = dict;
	memset(&r->fds, 0xff, sizeof(r->fds));
	return r;
}

void
reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	forget(r);
	free(r);
}
