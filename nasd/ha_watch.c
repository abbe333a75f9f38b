/* SPDX-License-Identifier: BSD-2-Clause */
/* Home agents at run time: see ha_watch.h. */
#include "nasd/ha_watch.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <event2/util.h>

#include "common/table.h"
#include "common/timers.h"
#include "nasd/ha_select.h"
#include "nasd/mip_client.h"
#include "nasd/nasd_config.h"

#define LOG_MODULE "mip"
#include "common/log.h"

struct ha_watch {
	struct ha_select	 select;
	const struct nasd_config *cfg;
	struct mip_client	*mip;
	struct timers		*timers;
	struct timer		 t_probe;
};

static void
set_probe_timer(struct ha_watch *w)
{
	mono_t at = ha_select_next_probe(&w->select);

	if (at.ns == MONO_NEVER.ns)
		timer_cancel(w->timers, &w->t_probe);
	else if (timer_set(w->timers, &w->t_probe, at) != 0)
		log_errorx(NULL, "no memory for a timer");
}

static void
probe_fire(struct timer *t)
{
	struct ha_watch *w = container_of(t, struct ha_watch, t_probe);

	for (unsigned i = 0; i < w->cfg->n_ha; i++) {
		const struct config_ha *ha = &w->cfg->ha[i];

		if (!ha_select_probe(&w->select, (int)i))
			continue;
		if (ha->n_sa > 0) {
			mip_client_probe(w->mip, &(struct mip_ha){
			    .addr = ha->addr, .sa = ha->sa,
			    .n_sa = ha->n_sa });
			continue;
		}
		/* It is for access nodes alone [D207]. */
		ha_select_doubt(&w->select, (int)i);
		mip_client_hold(w->mip, ha->addr, false);
	}
	set_probe_timer(w);
}

static void
agent_heard(void *arg, struct in_addr addr)
{
	struct ha_watch *w = arg;
	int i = ha_select_find(&w->select, addr);
	const struct ha_agent *a;

	if (i < 0 || !ha_select_heard(&w->select, i))
		return;
	a = &w->select.agent[i];
	log_info(w->cfg->ha[i].name, "home agent answers again, after %lld s",
	    (long long)mono_diff_ms(a->heard, a->down_since) / 1000);
	set_probe_timer(w);
	mip_client_hold(w->mip, addr, false);
}

static void
agent_unheard(void *arg, struct in_addr addr, mono_t sent)
{
	struct ha_watch *w = arg;
	int i = ha_select_find(&w->select, addr);

	if (i < 0 || !ha_select_unheard(&w->select, i, sent))
		return;
	log_warnx(w->cfg->ha[i].name, "home agent does not answer: held down "
	    "%s", w->cfg->ha[i].n_sa > 0 ? "and probed" : "for a while");
	mip_client_hold(w->mip, addr, true);
	set_probe_timer(w);
}

static uint32_t
watch_random(void *arg)
{
	uint32_t n;

	(void)arg;
	evutil_secure_rng_get_bytes(&n, sizeof(n));
	return n;
}

struct ha_watch *
ha_watch_new(const struct nasd_config *cfg, struct mip_client *mip,
    struct timers *timers, const struct clock *clock)
{
	static const struct mip_agent_events events = {
		agent_heard, agent_unheard,
	};
	struct ha_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->cfg = cfg;
	w->mip = mip;
	w->timers = timers;
	w->t_probe.fire = probe_fire;
	w->select.clock = clock;
	w->select.random = watch_random;
	for (unsigned i = 0; i < cfg->n_ha; i++)
		ha_select_add(&w->select, cfg->ha[i].addr,
		    cfg->ha[i].priority, cfg->ha[i].weight);
	mip_client_watch(mip, &events, w);
	return w;
}

void
ha_watch_free(struct ha_watch *w)
{
	if (w == NULL)
		return;
	timer_cancel(w->timers, &w->t_probe);
	free(w);
}

void
ha_watch_changed(struct ha_watch *w)
{
	for (unsigned i = 0; i < w->cfg->n_ha; i++) {
		const struct config_ha *ha = &w->cfg->ha[i];
		struct ha_agent *a;

		if (i >= w->select.n)
			ha_select_add(&w->select, ha->addr, ha->priority,
			    ha->weight);
		a = &w->select.agent[i];
		a->priority = ha->priority;
		a->weight = ha->weight;
		/* Which an operator may have drained is his to say. */
		if (ha->gone != a->gone)
			log_info(ha->name, ha->gone ? "home agent taken out: "
			    "no new registrations" : "home agent back again");
		a->gone = ha->gone;
		mip_client_rekey(w->mip, &(struct mip_ha){ .addr = ha->addr,
		    .sa = ha->sa, .n_sa = ha->n_sa });
	}
}

struct ha_select *
ha_watch_select(struct ha_watch *w)
{
	return &w->select;
}

bool
ha_watch_drain(struct ha_watch *w, const char *name, bool drain)
{
	for (unsigned i = 0; i < w->cfg->n_ha; i++) {
		if (strcmp(w->cfg->ha[i].name, name) != 0)
			continue;
		if (w->select.agent[i].drained != drain)
			log_info(name, drain ?
			    "home agent drained: no new registrations" :
			    "home agent takes new registrations again");
		w->select.agent[i].drained = drain;
		return true;
	}
	return false;
}

/* The client's record of a home agent, or NULL if it has not met it yet. */
static json_t *
record_of(const json_t *list, const char *address)
{
	const char *a;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		a = json_string_value(json_object_get(one, "address"));
		if (a != NULL && strcmp(a, address) == 0)
			return one;
	}
	return NULL;
}

static json_t *
agent_json(const struct ha_watch *w, int i)
{
	const struct ha_agent *a = &w->select.agent[i];
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &a->addr, addr, sizeof(addr));
	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:i, s:i, s:i,"
	    " s:I, s:I, s:I, s:I, s:I, s:I}",
	    "name", w->cfg->ha[i].name,
	    "address", addr,
	    "state", ha_state_str(ha_select_state(&w->select, i)),
	    "drained", a->drained || a->gone,
	    "priority", (json_int_t)a->priority,
	    "weight", (json_int_t)a->weight,
	    "hold_down",
	    (json_int_t)(ha_select_hold_left(&w->select, i) + 999) / 1000,
	    "registrations", 0, "waiting", 0, "rtt_us", 0,
	    "sessions_accepted", (json_int_t)a->accepted,
	    "sessions_refused", (json_int_t)a->refused,
	    "sessions_redirected", (json_int_t)a->redirected,
	    "sessions_unanswered", (json_int_t)a->silent,
	    "times_down", (json_int_t)a->n_down,
	    "probes", (json_int_t)a->n_probes);
}

json_t *
ha_watch_json(const struct ha_watch *w, const json_t *stats)
{
	const json_t *known = json_object_get(stats, "home_agents");
	json_t *list = json_array(), *one;

	for (unsigned i = 0; i < w->cfg->n_ha; i++) {
		one = agent_json(w, (int)i);
		json_object_update(one, record_of(known,
		    json_string_value(json_object_get(one, "address"))));
		json_array_append_new(list, one);
	}
	return list;
}
