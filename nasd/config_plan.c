/* SPDX-License-Identifier: BSD-2-Clause */
/* See config_plan.h [D93, D94]. */
#include "nasd/config_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_items.h"

#define TITLE_MAX	128

/* A key that is not here needs a restart; a test demands that each is. */
static const struct config_class classes[] = {
	{ "nas-identifier", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "care-of-address", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "care-of-pool", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "user", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "chroot", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "plugin-socket", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "control-socket", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "control-group", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "state-directory", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "stop-keeps-sessions", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "nai", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "ppp-addresses", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "prefix-mode", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "iid-policy", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "duplicate-session", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "radius-home-agents", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },

	{ "unlimited-sessions", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "profile", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "profile.rate-down", CONFIG_LIVE, CONFIG_TOUCH_PROFILE, false },
	{ "profile.rate-up", CONFIG_LIVE, CONFIG_TOUCH_PROFILE, false },
	{ "profile.burst", CONFIG_LIVE, CONFIG_TOUCH_PROFILE, false },

	{ "log.dest", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "log.level", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "log.module", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "log.module.level", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },

	{ "access.max-sessions", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "access.max-starting", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "access.padi-rate", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "access.pado-delay", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },

	{ "pppoe", CONFIG_LIVE, CONFIG_TOUCH_PPPOE, true },
	{ "pppoe.ac-name", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.service-names", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.max-sessions", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.max-per-mac", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.max-starting", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.padi-rate", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.rate-per-mac", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.max-mru", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.access-line-ids", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.end-strays", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "pppoe.vlans", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.qinq-type", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.max-vlans", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.vlan-rate", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.vlan-idle", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "pppoe.untagged", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },

	{ "ethernet", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "ethernet.user", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "ethernet.password-file", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "ethernet.access-line-ids", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },

	{ "dhcpv6.register", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "dhcpv6.rapid-commit", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "dhcpv6.preference", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "dhcpv6.sol-max-rt", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "access-node", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.nai", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.home-agent", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.proactive", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.idle-timeout", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.import-wait", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.router-mac", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.via-fa", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.fa-care-of", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.fa-key", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.fa-key.algorithm", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.fa-key.key-file", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.fa-key.ha-rk", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.lifetime", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.key", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "access-node.key.algorithm", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.key.key-file", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "access-node.key.ha-rk", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },

	{ "pppd.path", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "pppd.plugin", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "pppd.pppoe-plugin", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "pppd.auth", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "pppd.rechallenge", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "pppd.require-mppe", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "pppd.options", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },

	{ "ipv4.address", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "ipv4.dns-servers", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },

	{ "accounting.spool", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "accounting.spool-size", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "accounting.when-spool-full", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "accounting.sync", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "accounting.sync-interval", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "accounting.note-interval", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },

	{ "radius.server", CONFIG_LIVE, CONFIG_TOUCH_ALL, true },
	{ "radius.server.address", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },
	{ "radius.server.transport", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "radius.server.auth-port", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },
	{ "radius.server.acct-port", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },
	{ "radius.server.authentication", CONFIG_LIVE, CONFIG_TOUCH_NONE,
	    false },
	{ "radius.server.accounting", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },
	{ "radius.server.secret-file", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },
	{ "radius.server.timeout", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "radius.server.tries", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "radius.server.priority", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "radius.server.weight", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "radius.server.status-server", CONFIG_LIVE, CONFIG_TOUCH_NONE,
	    false },
	{ "radius.server.require-message-authenticator", CONFIG_LIVE,
	    CONFIG_TOUCH_NONE, false },
	{ "radius.server.tls-port", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "radius.server.tls-name", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "radius.server.ca-file", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "radius.server.certificate-file", CONFIG_RESTART,
	    CONFIG_TOUCH_NONE, false },
	{ "radius.server.key-file", CONFIG_RESTART, CONFIG_TOUCH_NONE,
	    false },
	{ "radius.hold-down", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "radius.probe-interval", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "radius.probe-answers", CONFIG_LIVE, CONFIG_TOUCH_NONE, false },
	{ "radius.dictionary", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "radius.interim-interval", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },

	{ "dynamic-authorization.client",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.client.address",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.client.secret-file",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.client.disconnect",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.client.coa",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.client.require-message-authenticator",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.client.require-event-timestamp",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.address",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.port",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "dynamic-authorization.window",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false },

	{ "home-agent", CONFIG_LIVE, CONFIG_TOUCH_HA, true },
	{ "home-agent.address", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "home-agent.encapsulation", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "home-agent.priority", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "home-agent.weight", CONFIG_NEXT, CONFIG_TOUCH_NONE, false },
	{ "home-agent.prefixes", CONFIG_LIVE, CONFIG_TOUCH_HA, false },
	{ "home-agent.key", CONFIG_LIVE, CONFIG_TOUCH_HA, false },
	{ "home-agent.key.algorithm", CONFIG_LIVE, CONFIG_TOUCH_HA, false },
	{ "home-agent.key.key-file", CONFIG_LIVE, CONFIG_TOUCH_HA, false },
	{ "home-agent.key.ha-rk", CONFIG_LIVE, CONFIG_TOUCH_HA, false },

	{ "registration.lifetime", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },
	{ "registration.attempts", CONFIG_LIVE, CONFIG_TOUCH_ALL, false },
	{ "registration.deregistration-attempts", CONFIG_LIVE,
	    CONFIG_TOUCH_ALL, false },
	{ "registration.rate", CONFIG_RESTART, CONFIG_TOUCH_NONE, false },
	{ "registration.require-nai-in-reply", CONFIG_LIVE,
	    CONFIG_TOUCH_ALL, false },
	{ "registration.match-most-recent-only", CONFIG_LIVE,
	    CONFIG_TOUCH_ALL, false },
	{ "registration.max-clock-offset", CONFIG_LIVE, CONFIG_TOUCH_ALL,
	    false },
	{ "registration.per-node-authentication", CONFIG_LIVE,
	    CONFIG_TOUCH_ALL, false },
	{ "registration.send-service-selection", CONFIG_NEXT,
	    CONFIG_TOUCH_NONE, false },
	{ "registration.mn-ha-algorithm", CONFIG_NEXT, CONFIG_TOUCH_NONE,
	    false },

	{ "router-advertisement.router-lifetime", CONFIG_NEXT,
	    CONFIG_TOUCH_NONE, false },
	{ "router-advertisement.valid-lifetime", CONFIG_NEXT,
	    CONFIG_TOUCH_NONE, false },
	{ "router-advertisement.preferred-lifetime", CONFIG_NEXT,
	    CONFIG_TOUCH_NONE, false },
};

const char *
config_effect_str(enum config_effect e)
{
	static const char *const names[] = { "live", "new sessions",
	    "restart" };

	return names[e];
}

const char *
config_kind_str(enum config_kind k)
{
	static const char *const names[] = { "added", "removed", "changed" };

	return names[k];
}

const struct config_class *
config_class(const char *path)
{
	static const struct config_class extension = { "extension-type",
	    CONFIG_RESTART, CONFIG_TOUCH_NONE, false };
	size_t i;

	/* all of these numbers alike */
	if (strncmp(path, "extension-type.", 15) == 0)
		return &extension;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].path, path) == 0)
			return &classes[i];
	return NULL;
}

/* The outermost title: pppoe "acc0" max-sessions. */
static void
title_of(const char *name, char title[static TITLE_MAX])
{
	const char *p = strchr(name, '"');

	snprintf(title, TITLE_MAX, "%s", p != NULL ? p + 1 : "");
	title[strcspn(title, "\"")] = '\0';
}

struct making {
	struct config_plan	*plan;
	bool			 radius_fixed;
	config_count		*count;
	void			*arg;
};

static int
add(const struct making *m, enum config_kind kind,
    const struct conf_item *from, const struct conf_item *to)
{
	const struct conf_item *it = to != NULL ? to : from;
	const struct config_class *c = config_class(it->path);
	struct config_plan *p = m->plan;
	struct config_change *ch;
	char title[TITLE_MAX];

	ch = realloc(p->change, (p->n + 1) * sizeof(*ch));
	if (ch == NULL)
		return -ENOMEM;
	p->change = ch;
	ch += p->n++;
	*ch = (struct config_change){ .kind = kind, .from = from, .to = to,
	    .effect = c != NULL ? c->effect : CONFIG_RESTART };
	if (m->radius_fixed && (strncmp(it->path, "radius.server", 13) == 0 ||
	    strcmp(it->path, "radius.hold-down") == 0 ||
	    strncmp(it->path, "radius.probe-", 13) == 0))
		ch->effect = CONFIG_RESTART;
	/* What is new concerns nobody yet. */
	if (ch->effect != CONFIG_LIVE || c == NULL ||
	    (kind == CONFIG_ADDED && c->ends) ||
	    c->touch == CONFIG_TOUCH_NONE)
		return 0;
	title_of(it->name, title);
	ch->sessions = m->count(m->arg, c->touch, title);
	ch->destructive = kind == CONFIG_REMOVED && c->ends &&
	    ch->sessions > 0;
	return 0;
}

/* Is it within a section that the other list does not have? */
static bool
within(const struct conf_item *section, const struct conf_item *it)
{
	size_t n;

	if (section == NULL)
		return false;
	n = strlen(section->name);
	return strncmp(it->name, section->name, n) == 0 && it->name[n] == ' ';
}

/* What one list has and the other has not. */
static int
only_in(const struct making *m, const struct conf_items *list,
    const struct conf_items *other, enum config_kind kind)
{
	const struct conf_item *section = NULL, *it;
	size_t i;
	int err = 0;

	for (i = 0; i < list->n && err == 0; i++) {
		it = &list->item[i];
		if (within(section, it) ||
		    conf_items_find(other, it->name) != NULL)
			continue;
		if (it->section)
			section = it;
		err = kind == CONFIG_ADDED ? add(m, kind, NULL, it) :
		    add(m, kind, it, NULL);
	}
	return err;
}

int
config_plan_make(struct config_plan *plan, const struct conf_items *old,
    const struct conf_items *new, bool radius_fixed, config_count *count,
    void *arg)
{
	const struct making m = { plan, radius_fixed, count, arg };
	const struct conf_item *was;
	size_t i;
	int err = 0;

	*plan = (struct config_plan){ 0 };
	for (i = 0; i < new->n && err == 0; i++) {
		was = conf_items_find(old, new->item[i].name);
		if (was != NULL && !conf_item_equal(was, &new->item[i]))
			err = add(&m, CONFIG_CHANGED, was, &new->item[i]);
	}
	if (err == 0)
		err = only_in(&m, new, old, CONFIG_ADDED);
	if (err == 0)
		err = only_in(&m, old, new, CONFIG_REMOVED);
	if (err != 0)
		config_plan_free(plan);
	return err;
}

void
config_plan_free(struct config_plan *plan)
{
	free(plan->change);
	*plan = (struct config_plan){ 0 };
}

bool
config_plan_acts(const struct config_plan *plan, const char *path)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct config_change *c = &plan->change[i];
		const struct conf_item *it = c->to != NULL ? c->to : c->from;

		if (c->effect != CONFIG_RESTART &&
		    strncmp(it->path, path, strlen(path)) == 0)
			return true;
	}
	return false;
}

bool
config_plan_destructive(const struct config_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->change[i].destructive)
			return true;
	return false;
}

const struct config_change *
config_plan_find(const struct config_plan *plan, const struct conf_item *it)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct config_change *c = &plan->change[i];
		const struct conf_item *of = c->to != NULL ? c->to : c->from;

		if (strcmp(of->name, it->name) == 0 ||
		    (c->kind != CONFIG_CHANGED && within(of, it)))
			return c;
	}
	return NULL;
}
