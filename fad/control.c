/* SPDX-License-Identifier: BSD-2-Clause */
/* fadctl's verbs: snapshots as JSON, never live structs. See common/ctl.h. */
#include "config.h"
#define LOG_MODULE "control"
#include "fad/control.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/clock.h"
#include "common/ctl.h"
#include "common/ctl_json.h"
#include "common/log.h"
#include "common/mip4.h"
#include "common/violations_json.h"
#include "fad/access.h"
#include "fad/fad_config.h"
#include "fad/known.h"
#include "fad/relay.h"
#include "fad/tunnel.h"

/* An answer must not fill memory. */
#define LIST_MAX	200000

/* What a mobile node calls itself, as printable ASCII. */
static json_t *
nai(const struct asked *a)
{
	char s[MIP4_NAI_MAX * 4 + 1];

	return json_string(log_str(s, sizeof(s), a->nai, a->nai_len));
}

/* Ours, if it is not co-located. */
static json_t *
describe_tunnel(const struct asked *a)
{
	if (a->flags & MIP4_F_D)
		return json_pack("{s:n}", "encapsulation");
	if (a->gre.own == 0)
		return json_pack("{s:s}", "encapsulation", "ipip");
	return json_pack("{s:s, s:I, s:I}", "encapsulation", "gre",
	    "gre_key_in", (json_int_t)a->gre.own,
	    "gre_key_out", (json_int_t)a->gre.peer);
}

static json_t *
describe(const struct relay *r, const struct visitor *v)
{
	const struct asked *a = &v->asked;
	int64_t up_ms = mono_diff_ms(clock_mono(r->clock), v->since);
	json_t *o;

	o = json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:s, s:b, s:b, s:b,"
	    " s:i, s:i, s:I}",
	    "home_address", ctl_ipv4(a->home),
	    "nai", nai(a),
	    "home_agent", ctl_ipv4(a->ha),
	    "care_of", ctl_ipv4(a->coa),
	    "link", r->conf->links[a->node.link].name,
	    "lladdr", ctl_lladdr(a->node.lladdr),
	    "state", visitor_state_str(v->state),
	    "reverse", v->reverse,
	    "co_located", (a->flags & MIP4_F_D) != 0,
	    "revocation", v->negotiated,
	    "lifetime", (int)v->lifetime,
	    "left", (int)visitor_left(v),
	    "since", (json_int_t)(up_ms / 1000));
	json_object_update_new(o, describe_tunnel(a));
	return o;
}

struct walk {
	const struct relay	*relay;
	json_t			*list;
};

static bool
show_visitor(struct table_node *n, void *arg)
{
	struct walk *w = arg;

	json_array_append_new(w->list, describe(w->relay,
	    container_of(n, struct visitor, by_home)));
	return json_array_size(w->list) < LIST_MAX;
}

static bool
show_one_pending(struct table_node *n, void *arg)
{
	const struct pending *p = container_of(n, struct pending, by_id);
	struct walk *w = arg;

	json_array_append_new(w->list, json_pack("{s:o, s:o, s:o, s:s, s:o,"
	    " s:i}",
	    "home_address", ctl_ipv4(p->asked.home),
	    "nai", nai(&p->asked),
	    "home_agent", ctl_ipv4(p->asked.ha),
	    "link", w->relay->conf->links[p->asked.node.link].name,
	    "lladdr", ctl_lladdr(p->asked.node.lladdr),
	    "lifetime", (int)p->asked.lifetime));
	return json_array_size(w->list) < LIST_MAX;
}

static json_t *
list(const struct relay *r, struct table *t,
    bool (*show)(struct table_node *, void *), const char *name)
{
	struct walk w = { r, json_array() };

	table_each(t, show, &w);
	return json_pack("{s:o}", name, w.list);
}

static json_t *
show_visitors(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct control *c = arg;

	(void)args;
	(void)code;
	(void)message;
	return list(c->relay, &c->relay->visitors->by_home, show_visitor,
	    "visitors");
}

static json_t *
show_pending(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct control *c = arg;

	(void)args;
	(void)code;
	(void)message;
	return list(c->relay, &c->relay->visitors->by_id, show_one_pending,
	    "pending");
}

static json_t *
show_links(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct control *c = arg;
	const struct fad_config *conf = c->relay->conf;
	json_t *list = json_array();
	size_t i;

	(void)args;
	(void)code;
	(void)message;
	for (i = 0; i < conf->n_links; i++) {
		struct access_counters n;

		access_count(c->access, i, &n);
		json_array_append_new(list, json_pack("{s:s, s:o, s:I, s:I,"
		    " s:I, s:I, s:I, s:I, s:I}",
		    "link", conf->links[i].name,
		    "address", ctl_ipv4(conf->links[i].address),
		    "requests", (json_int_t)n.requests,
		    "solicitations", (json_int_t)n.solicitations,
		    "adverts", (json_int_t)n.adverts,
		    "sequence", (json_int_t)n.sequence,
		    "malformed", (json_int_t)n.malformed,
		    "not_ours", (json_int_t)n.not_ours,
		    "send_failed", (json_int_t)n.send_failed));
	}
	return json_pack("{s:o}", "links", list);
}

static void
put_all(json_t *o, const struct stats *s)
{
	char name[48];
	unsigned i;

	ctl_count(o, "requests", s->requests);
	ctl_count(o, "relayed", s->relayed);
	ctl_count(o, "replies", s->replies);
	ctl_count(o, "accepted", s->accepted);
	ctl_count(o, "gre_asked", s->gre_asked);
	ctl_count(o, "gre_unanswered", s->gre_unanswered);
	ctl_count(o, "denied_by_ha", s->denied_by_ha);
	ctl_count(o, "expired", s->expired);
	ctl_count(o, "deregistered", s->deregistered);
	ctl_count(o, "revoked", s->revoked);
	ctl_count(o, "send_failed", s->send_failed);
	for (i = 0; i < 256; i++) {
		if (s->code[i] == 0)
			continue;
		snprintf(name, sizeof(name), "code_%u", i);
		ctl_count(o, name, s->code[i]);
	}
	for (i = 0; i < FAD_N_DROPS; i++) {
		snprintf(name, sizeof(name), "drop_%s",
		    fad_drop_str((enum fad_drop)i));
		ctl_count(o, name, s->drop[i]);
	}
}

static json_t *
show_statistics(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct control *c = arg;
	struct relay *r = c->relay;
	json_t *o = json_object();

	(void)args;
	(void)code;
	(void)message;
	put_all(o, &r->stats);
	ctl_count(o, "visitors", table_count(&r->visitors->by_home));
	ctl_count(o, "pending", table_count(&r->visitors->by_id));
	ctl_count(o, "tunnels", r->dp->n_tunnels);
	ctl_count(o, "drained", r->drained);
	ctl_count(o, "busy", relay_is_busy(r));
	return json_pack("{s:o}", "counters", o);
}

static const char *
home_agent_name(void *arg, struct in_addr from)
{
	const struct relay *r = arg;
	const struct home_agent *ha = known_home_agent(r->known, from);

	return ha ? ha->name : NULL;
}

static json_t *
show_violations(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct control *c = arg;

	(void)args;
	(void)code;
	(void)message;
	return violations_json(c->relay->violations, home_agent_name,
	    c->relay);
}

static json_t *
show_version(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)arg;
	(void)args;
	(void)code;
	(void)message;
	return json_pack("{s:s, s:s}", "program", "fad", "version",
	    PACKAGE_VERSION);
}

static json_t *
log_level(void *arg, const json_t *args, const char **code,
    const char **message)
{
	const char *level = ctl_arg(args, "level");

	(void)arg;
	if (!level || log_set_level(ctl_arg(args, "module"), level)) {
		*code = "usage";
		*message = "args: level (error, warn, info, debug), module";
		return NULL;
	}
	return json_object();
}

static json_t *
terminate(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct control *c = arg;
	const char *id = ctl_arg(args, "id");
	struct visitor *v;
	struct in_addr home;
	int n = 0;

	if (!id || inet_pton(AF_INET, id, &home) != 1) {
		*code = "usage";
		*message = "args: id (a home address)";
		return NULL;
	}
	for (; (v = visitor_any(c->relay->visitors, home)) != NULL; n++)
		relay_end(c->relay, v, "operator");
	if (n == 0) {
		*code = "no-match";
		*message = "no such visitor";
		return NULL;
	}
	return json_pack("{s:i}", "terminated", n);
}

static json_t *
set_drained(struct control *c, bool drained)
{
	relay_drain(c->relay, drained);
	return json_pack("{s:b}", "drained", c->relay->drained);
}

static json_t *
drain(void *arg, const json_t *args, const char **code, const char **message)
{
	(void)args;
	(void)code;
	(void)message;
	return set_drained(arg, true);
}

static json_t *
undrain(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)args;
	(void)code;
	(void)message;
	return set_drained(arg, false);
}

static const struct ctl_cmd commands[] = {
	{ "show visitors", show_visitors },
	{ "show pending", show_pending },
	{ "show links", show_links },
	{ "show statistics", show_statistics },
	{ "show violations", show_violations },
	{ "show version", show_version },
	{ "log level", log_level },
	{ "terminate", terminate },
	{ "drain", drain },
	{ "undrain", undrain },
};

struct ctl *
control_new(struct event_base *base, int fd, struct control *c)
{
	return ctl_new(base, fd, commands,
	    sizeof(commands) / sizeof(commands[0]), c);
}
