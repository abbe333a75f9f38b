/* SPDX-License-Identifier: BSD-2-Clause */
/* See engine_conf.h. */
#include "config.h"
#define LOG_MODULE "reload"
#include "nasd/engine_conf.h"

#include <stdlib.h>
#include <string.h>

#include "common/conf_items.h"
#include "common/log.h"
#include "nasd/aaa.h"
#include "nasd/access_ppp.h"
#include "nasd/acct.h"
#include "nasd/config_plan.h"
#include "nasd/engine.h"
#include "nasd/ha_watch.h"
#include "nasd/mip_client.h"
#include "nasd/nasd_config.h"
#include "nasd/pppoe.h"
#include "nasd/pppoe_stray.h"
#include "nasd/radius_test.h"
#include "nasd/vlans.h"
#include "radius/client.h"

#define LEAVING_MS	200	/* between looks at what is ending */

struct mip_client_params
engine_conf_mip(const struct nasd_config *cf)
{
	return (struct mip_client_params){
		.coa = cf->coa,
		.lifetime = cf->lifetime,
		.attempts = cf->attempts,
		.dereg_attempts = cf->dereg_attempts,
		.require_nai = cf->require_nai,
		.match_most_recent_only = cf->most_recent_only,
		.max_clock_offset = cf->max_clock_offset,
		.rate = cf->rate,
		.pmip_per_node_auth = cf->pmip_per_node_auth,
		.types = cf->ext,
	};
}

static unsigned
load(void *arg)
{
	const struct engine *e = arg;

	return (unsigned)sessions_count(&e->sessions);
}

struct pppoe_shared_params
engine_conf_shared(struct engine *e)
{
	const struct config_access *a = &e->cfg->access;

	return (struct pppoe_shared_params){
		.max_starting = a->max_starting,
		.padi_rate = a->padi_rate,
		.delays = a->delays,
		.load = load,
		.arg = e,
		.max_sessions = a->max_sessions,
	};
}

/* What RFC 4638 may go up to on an interface. */
static unsigned
max_payload(const struct config_pppoe *cp, int mtu)
{
	return mtu - PPPOE_OVERHEAD < (int)cp->max_mru ?
	    (unsigned)(mtu > PPPOE_OVERHEAD ? mtu - PPPOE_OVERHEAD : 0) :
	    cp->max_mru;
}

struct pppoe_params
engine_conf_pppoe_params(const struct config_pppoe *cp, int mtu)
{
	return (struct pppoe_params){
		.ifname = cp->ifname,
		.ac_name = cp->ac_name,
		.services = (const char **)cp->services,
		.max_sessions = cp->max_sessions,
		.max_per_mac = cp->max_per_mac,
		.max_starting = cp->max_starting,
		.padi_rate = cp->padi_rate,
		.mac_rate = cp->mac_rate,
		.max_payload = max_payload(cp, mtu),
		.line_ids = cp->line_ids,
	};
}

/* The configured interface itself. */
static struct pppoe_params
pppoe_params_of(const struct config_pppoe *cp, int mtu)
{
	struct pppoe_params params = engine_conf_pppoe_params(cp, mtu);

	if (!cp->untagged)
		params.max_sessions = 0;
	return params;
}

static int
take(int *fd)
{
	int f = *fd;

	*fd = -1;
	return f;
}

int
engine_conf_pppoe(struct engine *e, struct nasd_sockets *fds, unsigned i)
{
	struct pppoe_params params = pppoe_params_of(&e->cfg->pppoe[i],
	    fds->mtu[i]);

	e->mtu[i] = fds->mtu[i];
	e->pppoe[i] = pppoe_new(e->base, &e->timers, e->clock,
	    take(&fds->pppoe[i]), fds->mac[i], e->pppoe_shared, &params,
	    &access_ppp_discovery, e);
	if (e->pppoe[i] == NULL)
		return -1;
	if (fds->stray[i] != -1)
		e->stray[i] = pppoe_stray_new(e->base, take(&fds->stray[i]),
		    e->pppoe[i]);
	return 0;
}

/*
 * Interfaces that come and go.
 */

/* One that was taken out, until its sessions have ended. */
struct leaving {
	struct leaving		*next;
	struct pppoe		*pppoe;
	struct pppoe_stray	*stray;
	char			 ifname[16];
};

static void
leaving_free(struct leaving *l)
{
	pppoe_stray_free(l->stray);
	pppoe_free(l->pppoe);
	free(l);
}

static void
look_at_leaving(struct timer *t)
{
	struct engine *e = container_of(t, struct engine, t_leaving);
	struct leaving **p = &e->leaving, *l;

	while ((l = *p) != NULL) {
		if (pppoe_sessions(l->pppoe) > 0) {
			p = &l->next;
			continue;
		}
		*p = l->next;
		log_info(l->ifname, "no longer served");
		leaving_free(l);
	}
	if (e->leaving != NULL)
		(void)timer_set(&e->timers, t,
		    mono_add_ms(clock_mono(e->clock), LEAVING_MS));
}

bool
engine_conf_is_leaving(const struct engine *e, const char *ifname)
{
	const struct leaving *l;

	for (l = e->leaving; l != NULL; l = l->next)
		if (strcmp(l->ifname, ifname) == 0)
			return true;
	return false;
}

bool
engine_conf_is_on(const struct engine *e, const char *device,
    const char *ifname)
{
	const struct vlan *v;

	if (strcmp(device, ifname) == 0)
		return true;
	v = vlans_by_name(e->vlans, device);
	return v != NULL && strcmp(vlan_parent(v), ifname) == 0;
}

struct ending {
	const char	*ifname;
	uint32_t	*nr;
	size_t		 n;
};

static bool
collect(struct table_node *n, void *arg)
{
	const struct session *s = container_of(n, struct session, by_nr);
	struct ending *x = arg;

	if (s->pppoe != NULL &&
	    engine_conf_is_on(s->engine, s->device, x->ifname))
		x->nr[x->n++] = s->nr;
	return true;
}

static void
end_sessions(struct engine *e, const char *ifname)
{
	struct ending x = { .ifname = ifname };
	struct session *s;
	size_t i;

	x.nr = calloc(sessions_count(&e->sessions) + 1, sizeof(*x.nr));
	if (x.nr == NULL)
		return;
	table_each(&e->sessions.by_nr, collect, &x);
	for (i = 0; i < x.n; i++)
		if ((s = session_find_nr(&e->sessions, x.nr[i])) != NULL)
			session_event(s, SESSION_EV_TERMINATE, NULL);
	free(x.nr);
}

/* No new sessions on it, and the end of those it has. */
static void
leave(struct engine *e, const struct config_pppoe *cp, struct pppoe *pppoe,
    struct pppoe_stray *stray)
{
	struct pppoe_params params = pppoe_params_of(cp, 0);
	struct leaving *l = calloc(1, sizeof(*l));

	params.max_sessions = 0;
	(void)pppoe_set_params(pppoe, &params);
	end_sessions(e, cp->ifname);
	if (l == NULL) {
		log_errorx(cp->ifname, "out of memory: it stays");
		return;
	}
	l->pppoe = pppoe;
	l->stray = stray;
	memcpy(l->ifname, cp->ifname, sizeof(l->ifname));
	l->next = e->leaving;
	e->leaving = l;
	e->t_leaving.fire = look_at_leaving;
	(void)timer_set(&e->timers, &e->t_leaving, clock_mono(e->clock));
}

static int
place_of(const struct engine_conf_old *old, const char *ifname)
{
	unsigned i;

	for (i = 0; i < old->n_pppoe; i++)
		if (strcmp(old->pppoe[i].ifname, ifname) == 0)
			return (int)i;
	return -1;
}

static void
interfaces(struct engine *e, const struct engine_conf_old *old,
    struct nasd_sockets *fds)
{
	struct pppoe *pppoe[SOCKETS_MAX_PPPOE];
	struct pppoe_stray *stray[SOCKETS_MAX_PPPOE];
	int mtu[SOCKETS_MAX_PPPOE], k;
	struct pppoe_params params;
	unsigned i;

	memcpy(pppoe, e->pppoe, sizeof(pppoe));
	memcpy(stray, e->stray, sizeof(stray));
	memcpy(mtu, e->mtu, sizeof(mtu));
	memset(e->pppoe, 0, sizeof(e->pppoe));
	memset(e->stray, 0, sizeof(e->stray));
	for (i = 0; i < e->cfg->n_pppoe; i++) {
		const struct config_pppoe *cp = &e->cfg->pppoe[i];

		k = place_of(old, cp->ifname);
		if (k < 0) {
			if (engine_conf_pppoe(e, fds, i) == 0)
				log_info(cp->ifname, "served from now on");
			continue;
		}
		e->pppoe[i] = pppoe[k];
		e->stray[i] = stray[k];
		e->mtu[i] = mtu[k];
		pppoe[k] = NULL;
		params = pppoe_params_of(cp, e->mtu[i]);
		if (e->pppoe[i] != NULL &&
		    pppoe_set_params(e->pppoe[i], &params) != 0)
			log_errorx(cp->ifname, "out of memory: as before");
	}
	for (i = 0; i < old->n_pppoe; i++)
		if (pppoe[i] != NULL)
			leave(e, &old->pppoe[i], pppoe[i], stray[i]);
	if (vlans_configure(e->vlans, fds) != 0)
		log_errorx(NULL, "out of memory: not all VLANs are served");
}

void
engine_conf_changed(struct engine *e, const struct engine_conf_old *old,
    struct nasd_sockets *fds)
{
	struct mip_client_params mip = engine_conf_mip(e->cfg);
	struct pppoe_shared_params shared = engine_conf_shared(e);

	mip_client_set_params(e->mip, &mip);
	ha_watch_changed(e->ha_watch);
	if (pppoe_shared_set_params(e->pppoe_shared, &shared) != 0)
		log_errorx(NULL, "out of memory: PADOs are not delayed");
	/* Else the list is the old one, and it is freed by nobody. */
	if (e->cfg->pppoe != old->pppoe)
		interfaces(e, old, fds);
}

/* For sessions that begin from now on. */
void
engine_conf_mtu(struct engine *e, const char *ifname, int mtu)
{
	struct pppoe_params params;
	unsigned i;

	for (i = 0; i < e->cfg->n_pppoe; i++) {
		const struct config_pppoe *cp = &e->cfg->pppoe[i];

		if (e->pppoe[i] == NULL || e->mtu[i] == mtu ||
		    strcmp(cp->ifname, ifname) != 0)
			continue;
		params = pppoe_params_of(cp, mtu);
		if (pppoe_set_params(e->pppoe[i], &params) != 0)
			return;
		log_info(ifname, "MTU %d instead of %d", mtu, e->mtu[i]);
		e->mtu[i] = mtu;
	}
}

/*
 * RADIUS. The requests of the client before are waited for.
 */

bool
engine_conf_radius_changes(const struct config_plan *plan)
{
	return config_plan_acts(plan, "radius.server") ||
	    config_plan_acts(plan, "radius.hold-down") ||
	    config_plan_acts(plan, "radius.probe-");
}

struct retired {
	struct retired		*next;
	struct radius_client	*client;
};

static void
look_at_retired(struct timer *t)
{
	struct engine *e = container_of(t, struct engine, t_retired);
	struct retired **p = &e->retired, *r;

	while ((r = *p) != NULL) {
		if (radius_client_pending(r->client) > 0) {
			p = &r->next;
			continue;
		}
		*p = r->next;
		radius_client_free(r->client);
		free(r);
	}
	if (e->retired != NULL)
		(void)timer_set(&e->timers, t,
		    mono_add_ms(clock_mono(e->clock), LEAVING_MS));
}

void
engine_conf_radius(struct engine *e, const struct radius_dict *dict)
{
	struct retired *r = calloc(1, sizeof(*r));
	struct radius_client *client = radius_client_new(e->base, &e->timers,
	    e->clock, dict, &e->cfg->radius);

	if (r == NULL || client == NULL) {
		log_errorx(NULL, "RADIUS servers stay as they were: out of "
		    "memory, or of sockets");
		if (client != NULL)
			radius_client_free(client);
		free(r);
		return;
	}
	r->client = e->radius;
	r->next = e->retired;
	e->retired = r;
	e->radius = client;
	aaa_set_client(e->aaa, client);
	acct_set_client(e->acct, client);
	radius_tests_set_client(e->radius_tests, client);
	e->t_retired.fire = look_at_retired;
	(void)timer_set(&e->timers, &e->t_retired, clock_mono(e->clock));
}

void
engine_conf_free_pppoe(struct engine *e)
{
	struct leaving *l;

	while ((l = e->leaving) != NULL) {
		e->leaving = l->next;
		leaving_free(l);
	}
	timer_cancel(&e->timers, &e->t_leaving);
}

void
engine_conf_free_radius(struct engine *e)
{
	struct retired *r;

	while ((r = e->retired) != NULL) {
		e->retired = r->next;
		radius_client_free(r->client);
		free(r);
	}
	timer_cancel(&e->timers, &e->t_retired);
}
