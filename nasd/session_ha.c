/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session's home agent: which one its registration is asked of, and which
 * other one when that is silent or refuses [D60, D61]. ha_select knows the
 * agents; here is one session's way through them.
 */
#define LOG_MODULE "session"
#include "nasd/session.h"

#include <stdio.h>

#include <arpa/inet.h>

#include "common/log.h"
#include "nasd/access.h"
#include "nasd/engine.h"
#include "nasd/ha_select.h"
#include "nasd/ha_watch.h"
#include "nasd/mip_client.h"

/* How long before the end of the budget the registration gives up, so that its
 * own reason gets through. */
#define SPARE_MS	1000

static struct ha_select *
agents(const struct session *s)
{
	return ha_watch_select(s->engine->ha_watch);
}

static struct ha_wish
wish(const struct session *s)
{
	struct ha_wish w = { .nai = s->nai };

	if (s->engine->cfg->radius_ha || s->access->configured) {
		w.list = s->grant.home_agent;
		w.n_list = s->grant.n_home_agents;
	}
	return w;
}

static int64_t
budget_left(const struct session *s)
{
	return mono_diff_ms(s->budget_end, session_now(s)) - SPARE_MS;
}

static const struct config_ha *
agent(const struct session *s, int i)
{
	return i >= 0 ? &s->engine->cfg->ha[i] : NULL;
}

bool
session_ha_choose(struct session *s)
{
	struct ha_wish w = wish(s);

	/* One that is registered has its prefix there [D43]. */
	if (s->ha == NULL || !s->registered)
		s->ha = agent(s, ha_select_pick(agents(s), &w, 0));
	s->ha_next = NULL;
	s->ha_tried = 0;
	s->ha_redirects = 0;
	return s->ha != NULL;
}

void
session_ha_ask(struct session *s, int64_t *patience_ms)
{
	struct ha_wish w = wish(s);
	int64_t left = budget_left(s);

	if (s->ha_next != NULL)
		s->ha = s->ha_next;
	s->ha_next = NULL;
	if (s->ha == NULL) {
		*patience_ms = 0;
		return;
	}
	s->ha_tried |= UINT64_C(1) << (s->ha - s->engine->cfg->ha);
	*patience_ms = ha_select_patience(agents(s), &w, s->ha_tried, left);
}

/* Tells ha_select; what may follow. */
static enum ha_after
report(struct session *s, const struct mip_result *r)
{
	struct ha_select *hs = agents(s);
	int i = (int)(s->ha - s->engine->cfg->ha);

	switch (r->outcome) {
	case MIP_REGISTERED:
		ha_select_accepted(hs, i);
		return HA_AFTER_STOP;
	case MIP_DENIED:
		ha_select_refused(hs, i, r->code);
		return ha_select_after(r->code);
	case MIP_NO_REPLY:
		ha_select_silent(hs, i);
		return HA_AFTER_NEXT;
	case MIP_USELESS:
		ha_select_useless(hs, i);
		return HA_AFTER_NEXT;
	}
	return HA_AFTER_STOP;
}

/* A redirection that can be followed, or NULL. */
static const struct config_ha *
follow(struct session *s, const struct mip_result *r)
{
	char to[INET_ADDRSTRLEN];
	int i;

	if (r->redirect.s_addr == INADDR_ANY)
		return NULL;
	i = ha_select_follow(agents(s), r->redirect, s->ha_tried,
	    s->ha_redirects);
	inet_ntop(AF_INET, &r->redirect, to, sizeof(to));
	if (i < 0)
		log_info(s->subject, "redirection by %s to %s not followed: "
		    "not a home agent of ours that is up, or a loop",
		    s->ha->name, to);
	else
		s->ha_redirects++;
	return agent(s, i);
}

void
session_ha_result(struct session *s, const struct mip_result *r)
{
	enum ha_after after = report(s, r);
	struct ha_wish w = wish(s);

	s->ha_next = NULL;
	if (after == HA_AFTER_STOP || budget_left(s) < HA_SELECT_LEAST_MS)
		return;
	/* Who has been exported is another's to register [D180]. */
	if (s->reg != NULL && mip_reg_moves_on(s->reg))
		return;
	if (after == HA_AFTER_FOLLOW)
		s->ha_next = follow(s, r);
	if (s->ha_next == NULL)
		s->ha_next = agent(s, ha_select_pick(agents(s), &w,
		    s->ha_tried));
	if (s->ha_next == NULL)
		return;
	session_step(s, "home-agent", "%s instead of %s: %s",
	    s->ha_next->name, s->ha->name, r->text != NULL ? r->text : "?");
	log_info(s->subject, "home agent %s instead of %s: %s",
	    s->ha_next->name, s->ha->name, r->text != NULL ? r->text : "?");
}
