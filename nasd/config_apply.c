/* SPDX-License-Identifier: BSD-2-Clause */
/* See config_apply.h. */
#include "nasd/config_apply.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_items.h"
#include "nasd/config_plan.h"
#include "nasd/ha_select.h"
#include "nasd/nasd_config.h"

/* What a key is read into. Keys of one section that share a struct are taken
 * together: they have to fit each other. */
#define FIELD(path, member)						\
	{ path, offsetof(struct nasd_config, member),			\
	    sizeof(((struct nasd_config *)0)->member) }

static const struct field {
	const char	*path;		/* or its beginning */
	size_t		 offset, size;
} fields[] = {
	FIELD("nai", nai),
	FIELD("prefix-mode", mode),
	FIELD("iid-policy", iid_policy),
	FIELD("duplicate-session", duplicate),
	FIELD("radius-home-agents", radius_ha),
	FIELD("unlimited-sessions", unlimited),
	FIELD("profile", profile),
	FIELD("profile", n_profile),
	FIELD("access.", access),
	FIELD("pppoe", pppoe),
	FIELD("pppoe", n_pppoe),
	FIELD("dhcpv6.", dhcpv6),
	FIELD("pppd.", pppd),
	FIELD("radius.server", radius),
	FIELD("radius.hold-down", radius),
	FIELD("radius.probe-", radius),
	FIELD("radius.interim-interval", interim_s),
	FIELD("registration.lifetime", lifetime),
	FIELD("registration.attempts", attempts),
	FIELD("registration.deregistration-attempts", dereg_attempts),
	FIELD("registration.require-nai-in-reply", require_nai),
	FIELD("registration.match-most-recent-only", most_recent_only),
	FIELD("registration.max-clock-offset", max_clock_offset),
	FIELD("registration.per-node-authentication", pmip_per_node_auth),
	FIELD("registration.send-service-selection", send_service),
	FIELD("registration.mn-ha-algorithm", mn_ha_alg),
	FIELD("router-advertisement.", ra),
};
#define N_FIELDS	(sizeof(fields) / sizeof(fields[0]))

static void
swap(void *a, void *b, size_t n)
{
	uint8_t *p = a, *q = b, t;

	for (; n > 0; n--, p++, q++) {
		t = *p;
		*p = *q;
		*q = t;
	}
}

/* Once each, whatever number of keys is in it. */
static void
take_fields(struct nasd_config *cur, struct nasd_config *next,
    const struct config_plan *plan)
{
	bool taken[N_FIELDS] = { false };
	size_t i, k;

	for (i = 0; i < N_FIELDS; i++) {
		const struct field *f = &fields[i];

		if (!config_plan_acts(plan, f->path))
			continue;
		for (k = 0; k < i; k++)
			if (taken[k] && fields[k].offset == f->offset)
				break;
		if (k < i)
			continue;
		taken[i] = true;
		swap((uint8_t *)cur + f->offset, (uint8_t *)next + f->offset,
		    f->size);
	}
}

/*
 * Home agents.
 */

static struct config_ha *
of_address(struct nasd_config *cf, struct in_addr addr)
{
	unsigned i;

	for (i = 0; i < cf->n_ha; i++)
		if (cf->ha[i].addr.s_addr == addr.s_addr)
			return &cf->ha[i];
	return NULL;
}

/* An address that changes is a thing for a restart: such a one is left alone,
 * by its name. */
static struct config_ha *
of_name(struct nasd_config *cf, const char *name)
{
	unsigned i;

	for (i = 0; i < cf->n_ha; i++)
		if (!cf->ha[i].gone && strcmp(cf->ha[i].name, name) == 0)
			return &cf->ha[i];
	return NULL;
}

static bool
is_new(struct nasd_config *cur, const struct config_ha *ha)
{
	return of_address(cur, ha->addr) == NULL &&
	    of_name(cur, ha->name) == NULL;
}

static bool
is_room(struct nasd_config *cur, const struct nasd_config *next)
{
	unsigned i, n = cur->n_ha;

	for (i = 0; i < next->n_ha; i++)
		n += is_new(cur, &next->ha[i]);
	return n <= HA_SELECT_MAX;
}

static void
take_has(struct nasd_config *cur, struct nasd_config *next)
{
	const unsigned n = cur->n_ha;
	struct config_ha *is;
	unsigned i;

	for (i = 0; i < n; i++)
		cur->ha[i].gone = of_address(next, cur->ha[i].addr) == NULL &&
		    (cur->ha[i].gone ||
		    of_name(next, cur->ha[i].name) == NULL);
	for (i = 0; i < next->n_ha; i++) {
		is = of_address(cur, next->ha[i].addr);
		if (is == NULL && of_name(cur, next->ha[i].name) == NULL)
			is = &cur->ha[cur->n_ha++];
		if (is != NULL)
			swap(is, &next->ha[i], sizeof(*is));
	}
}

/*
 * The list of items: what waits for a restart stays as it was, and is a change
 * the next time, too.
 */

/* The item that stands for this one from now on: itself, the one that it does
 * not replace yet, or none. */
static const struct conf_item *
stands_for(const struct config_plan *plan, const struct conf_item *it,
    bool is_old)
{
	const struct config_change *c = config_plan_find(plan, it);

	if (is_old)
		return c != NULL && c->effect == CONFIG_RESTART &&
		    c->kind == CONFIG_REMOVED ? it : NULL;
	if (c == NULL || c->effect != CONFIG_RESTART)
		return it;
	return c->kind == CONFIG_CHANGED ? c->from : NULL;
}

/* All are found before one is moved: the plan looks at them. */
static int
take_items(struct conf_items *cur, struct conf_items *next,
    const struct config_plan *plan)
{
	const size_t n = cur->n + next->n;
	struct conf_items out = { 0 };
	const struct conf_item **from;
	struct conf_item *it;
	size_t i;

	out.item = calloc(n + 1, sizeof(*out.item));
	from = calloc(n + 1, sizeof(*from));
	if (out.item == NULL || from == NULL) {
		free(out.item);
		free(from);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++)
		from[i] = i < next->n ?
		    stands_for(plan, &next->item[i], false) :
		    stands_for(plan, &cur->item[i - next->n], true);
	for (i = 0; i < n; i++) {
		if (from[i] == NULL)
			continue;
		it = (struct conf_item *)(uintptr_t)from[i];
		out.item[out.n++] = *it;
		*it = (struct conf_item){ 0 };
	}
	free(from);
	conf_items_free(cur);
	*cur = out;
	return 0;
}

int
config_apply(struct nasd_config *cur, struct nasd_config *next,
    const struct config_plan *plan)
{
	if (!is_room(cur, next))
		return -ENOSPC;
	take_fields(cur, next, plan);
	if (config_plan_acts(plan, "home-agent"))
		take_has(cur, next);
	return take_items(&cur->items, &next->items, plan);
}
