/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds the modules of nasd's unprivileged process, runs and ends them. */
#include "config.h"
#define LOG_MODULE "main"
#include "nasd/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/ctl.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/statelog.h"
#include "nasd/aaa.h"
#include "nasd/access_ether.h"
#include "nasd/access_node.h"
#include "nasd/access_ppp.h"
#include "nasd/coa.h"
#include "nasd/coa_act.h"
#include "nasd/acct.h"
#include "nasd/control.h"
#include "nasd/dhcp6.h"
#include "nasd/engine_conf.h"
#include "nasd/fa_hear.h"
#include "nasd/ha_watch.h"
#include "nasd/left_save.h"
#include "nasd/link_watch.h"
#include "nasd/mip_client.h"
#include "nasd/pppd_link.h"
#include "nasd/pppoe.h"
#include "nasd/pppoe_stray.h"
#include "nasd/priv_ops.h"
#include "nasd/ra.h"
#include "nasd/radius_test.h"
#include "nasd/reload.h"
#include "nasd/session_save.h"
#include "nasd/tunnel.h"
#include "nasd/tunnel_repair.h"
#include "nasd/vlans.h"
#include "radius/client.h"

static void
priv_said(void *arg, uint16_t type, const void *body, size_t len)
{
	struct nasd_priv_pppd_exit x;
	struct nasd_priv_checked c;

	if (type == NASD_PRIV_NOTE_CHECKED && len == sizeof(c)) {
		memcpy(&c, body, sizeof(c));
		engine_restart_checked(arg, c.status);
		return;
	}
	if (type != NASD_PRIV_NOTE_PPPD_EXIT || len != sizeof(x)) {
		log_errorx(NULL, "note %u from the root side not understood",
		    type);
		return;
	}
	memcpy(&x, body, sizeof(x));
	access_ppp_exit(arg, &x);
}

static void
priv_gone(void *arg)
{
	struct engine *e = arg;

	/* So must we; sessions are the next one's. */
	log_errorx(NULL, "the root side has ended");
	e->status = EXIT_FAILURE;
	e->stop = true;
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct engine *e = arg;

	(void)what;
	if (sig == SIGHUP)
		reload_hangup(e->reload);
	else if (sig == SIGTERM && e->cfg->stop_keeps && e->state != NULL)
		engine_leave(e);
	else
		engine_shutdown(e);
}

static int
catch_signals(struct engine *e)
{
	static const int which[] = { SIGTERM, SIGINT, SIGHUP };
	size_t i;

	for (i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		e->signals[i] = evsignal_new(e->base, which[i], on_signal, e);
		if (e->signals[i] == NULL ||
		    event_add(e->signals[i], NULL) == -1)
			return -1;
	}
	return 0;
}

/*
 * Building. Each takes its descriptor out of the set it came in.
 */

static int
take(int *fd)
{
	int f = *fd;

	*fd = -1;
	return f;
}

static int
build_radius(struct engine *e, const struct radius_dict *dict,
    struct acct_files *files)
{
	const struct nasd_config *cf = e->cfg;
	const struct acct_params params = {
		.size = (uint64_t)cf->acct.spool_kib * 1024,
		.sync_ms = cf->acct.sync_ms,
		.sync_wait = cf->acct.sync_wait,
		.refuse = cf->acct.refuse,
	};

	e->radius = radius_client_new(e->base, &e->timers, e->clock, dict,
	    &cf->radius);
	if (e->radius != NULL)
		e->acct = acct_new(&e->timers, e->clock, e->radius, files,
		    &params);
	if (e->acct != NULL)
		e->aaa = aaa_new(e->radius, e->acct, cf->nas_id, cf->coa);
	if (e->aaa != NULL)
		e->radius_tests = radius_tests_new(e->radius, cf->nas_id,
		    cf->coa);
	return e->radius_tests != NULL ? 0 : -1;
}

static const char *
refuse_home(void *arg, struct in_addr ha, const struct in6_addr *hoa,
    bool unique)
{
	const struct engine *e = arg;

	return home_bounds_refuse(e->cfg, &e->own, ha, hoa, unique);
}

static int
build_mip(struct engine *e, struct nasd_sockets *fds)
{
	const struct nasd_config *cf = e->cfg;
	const struct mip_client_params params = engine_conf_mip(cf);

	e->mip = mip_client_new(e->base, &e->timers, e->clock,
	    take(&fds->mip), &params);
	e->own = fds->own;
	if (e->mip != NULL)
		mip_client_set_refuse(e->mip, refuse_home, e);
	if (e->mip != NULL)
		e->ha_watch = ha_watch_new(cf, e->mip, &e->timers, e->clock);
	return e->ha_watch != NULL ? 0 : -1;
}

static int
build_pppoe(struct engine *e, struct nasd_sockets *fds)
{
	const struct pppoe_shared_params shared = engine_conf_shared(e);
	unsigned i;

	e->pppoe_shared = pppoe_shared_new(&e->timers, e->clock, &shared);
	if (e->pppoe_shared == NULL)
		return -1;
	for (i = 0; i < e->cfg->n_pppoe; i++)
		if (engine_conf_pppoe(e, fds, i) != 0)
			return -1;
	e->vlans = vlans_new(e);
	if (e->vlans == NULL || vlans_configure(e->vlans, fds) != 0)
		return -1;
	e->fas = fa_hears_new(e);
	if (e->fas == NULL)
		return -1;
	e->nodes = access_nodes_new(e);
	if (e->nodes == NULL)
		return -1;
	mip_client_set_node_key(e->mip, access_nodes_key, e->nodes);
	mip_client_set_fa_key(e->mip, access_nodes_fa_key, e->nodes);
	e->link_watch = link_watch_new(e);
	return e->link_watch != NULL ? 0 : -1;
}

/* Without a client there is no listener. */
static int
build_coa(struct engine *e, struct nasd_sockets *fds)
{
	e->coa_jobs = coa_jobs_new();
	if (e->coa_jobs == NULL)
		return -1;
	if (fds->coa == -1)
		return 0;
	e->coa = coa_new(e, take(&fds->coa));
	return e->coa != NULL ? 0 : -1;
}

static int
build_state(struct engine *e, struct nasd_sockets *fds)
{
	memcpy(e->global.boot_id, fds->boot_id, sizeof(e->global.boot_id));
	if (fds->state[0] == -1)
		return 0;
	e->state = statelog_new(fds->state, session_save_all, e);
	if (e->state == NULL)
		return -1;
	fds->state[0] = fds->state[1] = -1;
	mip_client_watch_left(e->mip, &left_save_events, e);
	return session_save_start(e);
}

/* Without such links there is no DHCPv6. */
static int
build_ethers(struct engine *e, struct nasd_sockets *fds)
{
	if (fds->dhcp6 == -1)
		return 0;
	e->dhcp6 = dhcp6_new(e->base, &e->timers, e->clock, take(&fds->dhcp6),
	    &fds->duid);
	if (e->dhcp6 != NULL)
		e->ethers = ethers_new(e);
	return e->ethers != NULL ? 0 : -1;
}

static int
build(struct engine *e, struct nasd_sockets *fds,
    const struct radius_dict *dict, int priv_sock)
{
	e->base = event_base_new();
	if (e->base == NULL || sessions_init(&e->sessions) != 0)
		return -1;
	e->priv = priv_client_new(e->base, priv_sock, priv_said, priv_gone, e);
	if (e->priv == NULL)
		return -1;
	e->tunnels = tunnels_new(e->priv, e->cfg->coa);
	e->tunnel_repair = tunnel_repair_new(e->priv, &e->timers, e->clock);
	e->ra = ra_new(e->base, &e->timers, e->clock, take(&fds->icmp6));
	if (e->tunnels == NULL || e->tunnel_repair == NULL || e->ra == NULL ||
	    build_ethers(e, fds) != 0 ||
	    build_radius(e, dict, &fds->acct) != 0 || build_mip(e, fds) != 0)
		return -1;
	e->pppd = pppd_server_new(e->base, &e->timers, e->clock,
	    take(&fds->plugin), &access_ppp_plugin, e);
	if (e->pppd == NULL || build_pppoe(e, fds) != 0)
		return -1;
	if (build_coa(e, fds) != 0)
		return -1;
	e->ctl = control_new(e, take(&fds->control));
	if (e->ctl == NULL || build_state(e, fds) != 0)
		return -1;
	return catch_signals(e);
}

struct engine *
engine_new(struct nasd_config *cf, struct nasd_sockets *fds,
    const struct radius_dict *dict, int priv_sock)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->cfg = cf;
	e->clock = &clock_system;
	e->started = clock_mono(e->clock);
	timers_init(&e->timers);
	e->reload = reload_new(e, cf, dict);
	if (e->reload == NULL || build(e, fds, dict, priv_sock) != 0) {
		log_error(NULL, "nasd could not be built up");
		engine_free(e);
		return NULL;
	}
	return e;
}

void
engine_resume(struct engine *e)
{
	vlans_resume(e->vlans);
	session_resume_all(e);
	ethers_resumed(e->ethers);
	access_nodes_resumed(e->nodes);
	coa_resumed(e->coa);
}

int
engine_run(struct engine *e)
{
	engine_account_begin(e);
	daemon_run(e->base, &e->timers, e->clock, &e->stop);
	session_save_end(e);
	return e->status;
}

static void
free_modules(struct engine *e)
{
	unsigned i;

	if (e->ctl != NULL)
		ctl_free(e->ctl);
	link_watch_free(e->link_watch);
	fa_hears_free(e->fas);
	e->fas = NULL;
	access_nodes_free(e->nodes);
	vlans_free(e->vlans);
	engine_restart_over(e, -ECANCELED);
	for (i = 0; i < SOCKETS_MAX_PPPOE; i++) {
		pppoe_stray_free(e->stray[i]);
		if (e->pppoe[i] != NULL)
			pppoe_free(e->pppoe[i]);
	}
	coa_free(e->coa);
	coa_jobs_free(e->coa_jobs);
	e->coa_jobs = NULL;
	engine_conf_free_pppoe(e);
	pppoe_shared_free(e->pppoe_shared);
	if (e->pppd != NULL)
		pppd_server_free(e->pppd);
	ha_watch_free(e->ha_watch);
	if (e->mip != NULL)
		mip_client_free(e->mip);
	if (e->aaa != NULL)
		aaa_free(e->aaa);
	acct_free(e->acct);
	radius_tests_free(e->radius_tests);
	engine_conf_free_radius(e);
	if (e->radius != NULL)
		radius_client_free(e->radius);
	ethers_free(e->ethers);
	if (e->dhcp6 != NULL)
		dhcp6_free(e->dhcp6);
	if (e->ra != NULL)
		ra_free(e->ra);
	tunnel_repair_free(e->tunnel_repair);
	if (e->tunnels != NULL)
		tunnels_free(e->tunnels);
	if (e->priv != NULL)
		priv_client_free(e->priv);
	statelog_free(e->state);
}

void
engine_free(struct engine *e)
{
	size_t i;

	if (e == NULL)
		return;
	session_save_end(e);
	sessions_free(&e->sessions);
	free_modules(e);
	reload_free(e->reload);
	timer_cancel(&e->timers, &e->stop_timer);
	timer_cancel(&e->timers, &e->t_state);
	timer_cancel(&e->timers, &e->t_counting);
	for (i = 0; i < sizeof(e->signals) / sizeof(e->signals[0]); i++)
		if (e->signals[i] != NULL)
			event_free(e->signals[i]);
	timers_free(&e->timers);
	if (e->base != NULL)
		event_base_free(e->base);
	explicit_bzero(&e->global, sizeof(e->global));
	free(e);
}
