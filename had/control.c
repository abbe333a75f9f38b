/* SPDX-License-Identifier: BSD-2-Clause */
/* hactl's verbs: snapshots as JSON, never live structs. See common/ctl.h. */
#include "config.h"
#define LOG_MODULE "control"
#include "had/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/clock.h"
#include "common/ctl.h"
#include "common/ctl_json.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/violations_json.h"
#include "had/control_users.h"
#include "had/exits.h"
#include "had/had_config.h"
#include "had/mn.h"
#include "had/reg.h"
#include "had/revoke.h"
#include "had/tunnel.h"

/* "show bindings" must not fill memory with one answer. */
#define BINDINGS_MAX	200000

static json_t *
prefix6(const struct in6_addr *a, unsigned len)
{
	char s[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, a, s, sizeof(s));
	return json_sprintf("%s/%u", s, len);
}

/* What the home agent has given to a subscriber of an access router. */
static json_t *
describe_home(const struct binding *b)
{
	struct in6_addr prefix = lease_addr(&b->lease);

	return json_pack("{s:s, s:o, s:o, s:b, s:s}",
	    "kind", "access-router",
	    "home_address", ctl_ipv6(&b->hoa),
	    "home_prefix", prefix6(&prefix,
	    pool_route_len(b->lease.at.pool)),
	    "unique", b->lease.at.pool->mode == POOL_UNIQUE,
	    "pool", b->lease.at.pool->name);
}

/* What a mobile node behind an access node has taken. */
static json_t *
describe_mn(const struct binding *b)
{
	json_t *bound = json_array(), *probing = json_array();
	const struct mn *m = b->mn;
	struct in6_addr addr;
	unsigned i;

	for (i = 0; i < m->n_addrs; i++) {
		addr = mn_addr_of(&m->addrs[i]);
		json_array_append_new(mn_addr_is_bound(m, &m->addrs[i]) ?
		    bound : probing, ctl_ipv6(&addr));
	}
	return json_pack("{s:s, s:b, s:o, s:o, s:o}", "kind", "access-node",
	    "foreign_agent", mn_fa(m) != NULL,
	    "ipv4_home_address", mn_fa(m) ? ctl_ipv4(m->coa) : json_null(),
	    "addresses", bound, "probing", probing);
}

static json_t *
describe_tunnel(const struct binding *b)
{
	struct gre_keys k = binding_gre(b);

	if (k.own == 0)
		return json_pack("{s:s}", "encapsulation", "6in4");
	return json_pack("{s:s, s:I, s:I}", "encapsulation", "gre",
	    "gre_key_in", (json_int_t)k.own,
	    "gre_key_out", (json_int_t)k.peer);
}

static json_t *
describe(const struct binding *b)
{
	int64_t up_ms = mono_diff_ms(clock_mono(b->owner->clock), b->since);
	json_t *o = json_pack("{s:o, s:o, s:i, s:i, s:s, s:I, s:s, s:b}",
	    "nai", control_nai(b->nai, b->nai_len),
	    "care_of", ctl_ipv4(b->coa),
	    "lifetime", (int)b->lifetime,
	    "left", (int)binding_left(b),
	    "peer", b->peer->name,
	    "since", (json_int_t)(up_ms / 1000),
	    "state", binding_state_str(b->state),
	    "revocation", b->negotiated);

	json_object_update_new(o, b->behind_node ? describe_mn(b) :
	    describe_home(b));
	json_object_update_new(o, describe_tunnel(b));
	return o;
}

struct walk {
	json_t		*list;
	const char	*match;		/* NAI, home address or peer */
	struct reg	*reg;
};

static bool
has_address(const struct mn *m, const char *match)
{
	struct in6_addr addr, want;
	struct in_addr want4;
	unsigned i;

	if (mn_fa(m) && inet_pton(AF_INET, match, &want4) == 1)
		return want4.s_addr == m->coa.s_addr;
	if (inet_pton(AF_INET6, match, &want) != 1)
		return false;
	for (i = 0; i < m->n_addrs; i++) {
		addr = mn_addr_of(&m->addrs[i]);
		if (IN6_ARE_ADDR_EQUAL(&addr, &want))
			return true;
	}
	return false;
}

static bool
matches(const struct binding *b, const char *match)
{
	char s[INET6_ADDRSTRLEN];

	if (!match)
		return true;
	if (nai_equal(match, strlen(match), b->nai, b->nai_len))
		return true;
	if (strcmp(match, b->peer->name) == 0)
		return true;
	if (b->behind_node)
		return has_address(b->mn, match);
	inet_ntop(AF_INET6, &b->hoa, s, sizeof(s));
	return strcmp(match, s) == 0;
}

static bool
show_binding(struct table_node *n, void *arg)
{
	struct binding *b = container_of(n, struct binding, by_nai);
	struct walk *w = arg;

	if (b->state != BINDING_IDLE && matches(b, w->match))
		json_array_append_new(w->list, describe(b));
	return json_array_size(w->list) < BINDINGS_MAX;
}

static json_t *
show_bindings(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;
	struct walk w = { json_array(), ctl_arg(args, "match"), r };

	table_each(&r->bindings->by_nai, show_binding, &w);
	if (w.match && json_array_size(w.list) == 0) {
		json_decref(w.list);
		*code = "no-match";
		*message = "no such binding";
		return NULL;
	}
	return json_pack("{s:o}", "bindings", w.list);
}

static json_t *
show_pools(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;
	json_t *list = json_array();
	size_t i;

	(void)args;
	(void)code;
	(void)message;
	for (i = 0; i < r->pools->n; i++) {
		const struct pool *p = &r->pools->pool[i];

		json_array_append_new(list, json_pack(
		    "{s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
		    "name", p->name,
		    "prefix", prefix6(&p->prefix, p->len),
		    "mode", p->mode == POOL_UNIQUE ? "unique" : "shared",
		    "used", (json_int_t)(p->used - p->held),
		    "held", (json_int_t)p->held,
		    "reserved", (json_int_t)p->reserved,
		    "reclaimed", (json_int_t)p->reclaimed,
		    "denied", (json_int_t)p->denied,
		    "capacity", (json_int_t)p->capacity));
	}
	return json_pack("{s:o}", "pools", list);
}

static json_t *
counters(const struct stats *s)
{
	json_t *o = json_object();
	char name[48];
	size_t i;

	ctl_count(o, "received", s->received);
	ctl_count(o, "duplicates", s->duplicates);
	ctl_count(o, "expired", s->expired);
	ctl_count(o, "moved", s->moved);
	ctl_count(o, "hint_followed", s->hint_followed);
	ctl_count(o, "hint_unknown", s->hint_unknown);
	ctl_count(o, "hint_not_offered", s->hint_not_offered);
	ctl_count(o, "revoked", s->revoked);
	ctl_count(o, "revoke_acked", s->revoke_acked);
	ctl_count(o, "revoked_nothing", s->revoked_nothing);
	ctl_count(o, "shed", s->shed);
	for (i = 0; i < HAD_N_CODES; i++) {
		snprintf(name, sizeof(name), "code_%u", stats_code_at(i));
		ctl_count(o, name, s->code[i]);
	}
	for (i = 0; i < HAD_N_DROPS; i++) {
		snprintf(name, sizeof(name), "drop_%s",
		    had_drop_str((enum had_drop)i));
		ctl_count(o, name, s->drop[i]);
	}
	return o;
}

/* NULL where there is none. */
static json_t *
root_side(const struct reg *r)
{
	struct priv_waiting w;
	json_t *o;

	if (!r->root)
		return NULL;
	o = json_object();
	priv_client_waiting(r->root, &w);
	ctl_count(o, "unanswered", w.unanswered);
	ctl_count(o, "oldest_ms", (uint64_t)w.oldest_ms);
	ctl_count(o, "silences", w.silences);
	return o;
}

/* NULL where no access nodes are configured. */
static json_t *
mobile_nodes(const struct reg *r)
{
	const struct mn_stats *s = &r->mns->stats;
	json_t *o;

	if (r->conf->n_nodes == 0)
		return NULL;
	o = json_object();
	ctl_count(o, "bound", table_count(&r->mns->by_coa));
	ctl_count(o, "addresses", r->mns->n_addrs);
	ctl_count(o, "ra_sent", s->ra_sent);
	ctl_count(o, "received", s->received);
	ctl_count(o, "malformed", s->malformed);
	ctl_count(o, "not_router", s->not_router);
	ctl_count(o, "claimed", s->claimed);
	ctl_count(o, "conflicts", s->conflicts);
	ctl_count(o, "foreign", s->foreign);
	ctl_count(o, "too_many", s->too_many);
	ctl_count(o, "expired", s->expired);
	ctl_count(o, "failed", s->failed);
	return o;
}

static json_t *
tunnels(const struct reg *r)
{
	const struct tunnel_stats *s;
	json_t *o;

	if (!r->tunnels)
		return NULL;
	s = tunnel_kernel_stats(r->tunnels);
	o = json_object();
	ctl_count(o, "remade", s->remade);
	ctl_count(o, "routes_remade", s->routes_remade);
	ctl_count(o, "failed", s->failed);
	return o;
}

static void
count_peer(json_t *peers, const struct peer *p)
{
	json_t *o = counters(&p->stats);

	ctl_count(o, "bindings", p->n_bindings);
	ctl_count(o, "records", p->n_records);
	ctl_count(o, "held", p->n_held);
	ctl_count(o, "max_bindings", p->max_bindings);
	json_object_set_new(peers, p->name, o);
}

static json_t *
show_statistics(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;
	json_t *all = counters(&r->stats), *peers = json_object();
	size_t i;

	(void)args;
	(void)code;
	(void)message;
	ctl_count(all, "send_failed", r->stats.send_failed);
	ctl_count(all, "bindings", r->bindings->n_bound);
	ctl_count(all, "installing", r->bindings->n_installing);
	ctl_count(all, "shedding", r->shed.on);
	ctl_count(all, "drained", r->drained);
	ctl_count(all, "queue_ms", (uint64_t)r->shed.age_ms);
	ctl_count(all, "records", table_count(&r->bindings->by_nai));
	ctl_count(all, "revoking", r->revoker ? revoker_count(r->revoker) : 0);
	for (i = 0; i < r->conf->n_peers; i++)
		count_peer(peers, &r->conf->peers[i]);
	for (i = 0; i < r->conf->n_nodes; i++)
		count_peer(peers, &r->conf->nodes[i].peer);
	return json_pack("{s:o, s:o, s:o*, s:o*, s:o*, s:o*}", "counters", all,
	    "peers", peers, "look_ups", control_lookup_stats(r),
	    "root_side", root_side(r), "tunnels", tunnels(r),
	    "mobile_nodes", mobile_nodes(r));
}

static const char *
peer_name(void *arg, struct in_addr from)
{
	struct reg *r = arg;
	const struct peer *p = peer_find(r->peers, from);

	return p ? p->name : NULL;
}

static json_t *
show_violations(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;

	(void)args;
	(void)code;
	(void)message;
	return violations_json(r->violations, peer_name, r);
}

static json_t *
show_home_links(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;

	(void)args;
	(void)code;
	(void)message;
	return json_pack("{s:o}", "home_links", exits_home_links(r->exits));
}

static json_t *
show_exits(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;
	json_t *list = r->exits ? exits_show(r->exits) : json_array();

	(void)args;
	if (!list) {
		*code = "failed";
		*message = "the root side does not answer";
		return NULL;
	}
	return json_pack("{s:o}", "exits", list);
}

static json_t *
show_version(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)arg;
	(void)args;
	(void)code;
	(void)message;
	return json_pack("{s:s, s:s}", "program", "had", "version",
	    PACKAGE_VERSION);
}

static json_t *
log_level(void *arg, const json_t *args, const char **code,
    const char **message)
{
	const char *level = ctl_arg(args, "level");
	int err = level ? log_set_level(ctl_arg(args, "module"), level) :
	    -EINVAL;

	(void)arg;
	if (err == -ENOENT) {
		*code = "no-match";
		*message = "no such module";
		return NULL;
	}
	if (err) {
		*code = "usage";
		*message = "args: level (error, warn, info, debug), module";
		return NULL;
	}
	return json_object();
}

/* By NAI only: what ends should be named exactly. */
static json_t *
revoke(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;
	const char *match = ctl_arg(args, "id");
	struct binding *b;

	if (!match) {
		*code = "usage";
		*message = "args: id (a network access identifier)";
		return NULL;
	}
	b = binding_find(r->bindings, match, strlen(match));
	if (!b || b->state == BINDING_IDLE) {
		*code = "no-match";
		*message = "no such binding";
		return NULL;
	}
	reg_end(r, b, "operator");
	return json_pack("{s:i}", "revoked", 1);
}

static json_t *
set_drained(struct reg *r, bool drained)
{
	reg_drain(r, drained);
	return json_pack("{s:b}", "drained", r->drained);
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
	{ "show bindings", show_bindings },
	{ "show exits", show_exits },
	{ "show home-links", show_home_links },
	{ "show pools", show_pools },
	{ "show users", control_show_users },
	{ "show radius", control_show_radius },
	{ "show statistics", show_statistics },
	{ "show violations", show_violations },
	{ "show version", show_version },
	{ "log level", log_level },
	{ "revoke", revoke },
	{ "drain", drain },
	{ "undrain", undrain },
	{ "flush users", control_flush_users },
};

/* The root side may take its time; only who wants to know it waits. */
static bool
wait_for_root(void *arg, const char *cmd)
{
	struct reg *r = arg;

	return r->exits && strcmp(cmd, "show exits") == 0 &&
	    exits_ask(r->exits);
}

struct ctl *
control_new(struct event_base *base, int fd, struct reg *r)
{
	struct ctl *ctl = ctl_new(base, fd, commands,
	    sizeof(commands) / sizeof(commands[0]), r);

	if (ctl)
		ctl_set_wait(ctl, wait_for_root);
	return ctl;
}
