/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fad: the foreign agent. Reads its configuration, opens what needs privilege,
 * splits into priv (root, kernel changes) and engine (the network), and runs.
 * Without "dataplane kernel" there is nothing for root to do and no priv.
 */
#include "config.h"
#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/ctl.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/timers.h"
#include "common/violations.h"
#include "fad/access.h"
#include "fad/control.h"
#include "fad/fad_config.h"
#include "fad/known.h"
#include "fad/priv_ops.h"
#include "fad/relay.h"
#include "fad/tunnel.h"
#include "fad/uplink.h"

/* What is opened with privileges. */
struct opened {
	struct access	*access;
	int		 udp, ctl;
	struct in_addr	*own;		/* the host's addresses */
	size_t		 n_own;
};

struct fad {
	const struct fad_config	*conf;
	struct opened		*opened;
	struct event_base	*base;
	struct daemon_signals	 signals;
	struct timers		 timers;
	struct known		 known;
	struct visitors		 visitors;
	struct relay		 relay;
	struct uplink		*uplink;
	struct control		 control;
	struct ctl		*ctl;
	struct priv_client	*priv;
	volatile bool		 stop;
	bool			 priv_gone;
};

static void
to_node(void *arg, const struct node *n, struct in_addr dst,
    const uint8_t *data, size_t len)
{
	struct fad *f = arg;

	access_send(f->opened->access, n, dst, data, len);
}

static int
to_home(void *arg, struct in_addr ha, uint16_t port, const uint8_t *data,
    size_t len)
{
	struct fad *f = arg;

	return uplink_send(f->uplink, ha, port, data, len);
}

static void
busy_changed(void *arg)
{
	struct fad *f = arg;

	access_changed(f->opened->access);
}

static int
init_tables(struct fad *f)
{
	struct fad_config *conf = (struct fad_config *)(uintptr_t)f->conf;
	size_t i;

	timers_init(&f->timers);
	f->visitors.timers = &f->timers;
	f->visitors.clock = &clock_system;
	f->visitors.max_visitors = conf->max_visitors;
	f->visitors.max_pending = conf->max_pending;
	f->visitors.max_pending_node = conf->max_pending_node;
	if (known_init(&f->known) || visitors_init(&f->visitors))
		return -ENOMEM;
	for (i = 0; i < conf->n_home_agents; i++)
		known_add_home_agent(&f->known, &conf->home_agents[i]);
	for (i = 0; i < conf->n_mobile_nodes; i++)
		known_add_mobile_node(&f->known, &conf->mobile_nodes[i]);
	f->relay.conf = conf;
	f->relay.clock = &clock_system;
	f->relay.known = &f->known;
	f->relay.visitors = &f->visitors;
	f->relay.own = f->opened->own;
	f->relay.n_own = f->opened->n_own;
	f->relay.to_node = to_node;
	f->relay.to_home = to_home;
	f->relay.busy_changed = busy_changed;
	f->relay.arg = f;
	f->relay.violations = violations_new(&clock_system);
	if (!f->relay.violations)
		return -ENOMEM;
	return relay_init(&f->relay);
}

static void
priv_has_gone(void *arg)
{
	struct fad *f = arg;

	log_errorx(NULL, "the root side has ended");
	f->priv_gone = true;
	f->stop = true;
}

static int
init_io(struct fad *f, int priv)
{
	f->base = event_base_new();
	if (!f->base)
		return -ENOMEM;
	if (priv >= 0) {
		f->priv = priv_client_new(f->base, priv, NULL, priv_has_gone,
		    f);
		if (!f->priv)
			return -errno;
		f->relay.dp = tunnel_kernel_new(f->priv);
	} else {
		f->relay.dp = tunnel_none_new();
	}
	if (!f->relay.dp)
		return -ENOMEM;
	f->uplink = uplink_new(f->base, f->opened->udp, &f->relay,
	    f->conf->care_of);
	if (!f->uplink)
		return -errno;
	f->control = (struct control){ &f->relay, f->opened->access };
	f->ctl = control_new(f->base, f->opened->ctl, &f->control);
	if (!f->ctl)
		return -errno;
	return daemon_signals(&f->signals, f->base, &f->stop,
	    "SIGHUP: fad does not reload; ignored");
}

static void
free_all(struct fad *f)
{
	access_farewell(f->opened->access);
	relay_shutdown(&f->relay);
	if (f->ctl)
		ctl_free(f->ctl);
	uplink_free(f->uplink);
	access_free(f->opened->access);
	visitors_free(&f->visitors);
	known_free(&f->known);
	violations_free(f->relay.violations);
	f->relay.dp->free(f->relay.dp);
	if (f->priv && !f->priv_gone)
		priv_client_free(f->priv);
	daemon_signals_free(&f->signals);
	timers_free(&f->timers);
	event_base_free(f->base);
}

static int
engine(const struct fad_config *conf, struct opened *o, int priv)
{
	struct fad f = { .conf = conf, .opened = o };
	bool root = geteuid() == 0;
	int err;

	err = init_tables(&f);
	if (err == 0)
		err = init_io(&f, priv);
	if (err == 0)
		err = access_start(o->access, f.base, &f.timers,
		    &clock_system, &f.relay);
	if (err) {
		log_errorx(NULL, "start: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	if (priv_drop(conf->user, root ? conf->chroot : NULL) ||
	    priv_seccomp(false))
		return EXIT_FAILURE;
	log_info(NULL, "serving, %zu links, %zu home agents known",
	    conf->n_links, conf->n_home_agents);
	daemon_run(f.base, &f.timers, &clock_system, &f.stop);
	log_info(NULL, "ending");
	free_all(&f);
	return f.priv_gone ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Splits, and runs our side. */
static int
split(const struct fad_config *conf, struct opened *o)
{
	struct priv_server server;
	struct priv_state *state;
	bool is_engine;
	int sock, status;

	state = priv_ops_new(conf, &server);
	if (!state) {
		log_error(NULL, "start");
		return EXIT_FAILURE;
	}
	status = priv_ops_start(state);
	if (status == 0)
		status = priv_fork(&server, &is_engine, &sock);
	if (status < 0) {
		log_errorx(NULL, "the root side can not start: %s",
		    strerror(-status));
		server.engine_gone(state);
		priv_ops_free(state);
		return EXIT_FAILURE;
	}
	/* In the engine not even the descriptor of root's netlink socket. */
	priv_ops_free(state);
	return is_engine ? engine(conf, o, sock) : status;
}

/* The host's addresses, so that nobody takes them for a home agent's. */
static int
own_addresses(const struct fad_config *conf, struct opened *o)
{
	struct ifaddrs *all, *i;
	struct sockaddr_in sin;
	bool found = false;
	size_t n = 0;

	if (getifaddrs(&all) == -1)
		return -errno;
	for (i = all; i; i = i->ifa_next)
		n++;
	o->own = calloc(n ? n : 1, sizeof(*o->own));
	for (i = all; o->own && i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&sin, i->ifa_addr, sizeof(sin));
		o->own[o->n_own++] = sin.sin_addr;
		if (sin.sin_addr.s_addr == conf->care_of.s_addr)
			found = true;
	}
	freeifaddrs(all);
	if (!found)
		log_warnx(NULL, "the care-of address is no address of this "
		    "host (yet): nothing can be sent from it");
	return o->own ? 0 : -ENOMEM;
}

static int
open_all(const struct fad_config *conf, struct opened *o)
{
	int err = own_addresses(conf, o);

	if (err) {
		log_errorx(NULL, "addresses: %s", strerror(-err));
		return err;
	}
	o->udp = uplink_open(conf->port);
	if (o->udp < 0) {
		log_errorx(NULL, "UDP port %u: %s", conf->port,
		    strerror(-o->udp));
		return o->udp;
	}
	o->access = access_open(conf);
	return o->access ? 0 : -ENODEV;
}

static int
run(const struct fad_config *conf)
{
	struct opened o = { .udp = -1 };
	int status = EXIT_FAILURE;

	o.ctl = daemon_control(conf->chroot, conf->control_socket,
	    conf->control_group);
	if (o.ctl < 0)
		return EXIT_FAILURE;
	if (open_all(conf, &o) == 0)
		status = conf->dataplane == FAD_DATAPLANE_KERNEL ?
		    split(conf, &o) : engine(conf, &o, -1);
	free(o.own);
	(void)unlink(conf->control_socket);
	return status;
}

int
main(int argc, char **argv)
{
	static const char *const log_modules[] = {
		"access", "conf", "config", "control", "ctl", "main",
		"netlink", "priv", "relay", "tunnel", "uplink", NULL
	};
	struct daemon_opts opts;
	struct fad_config *conf;
	int status = EXIT_CONFIG;

	daemon_options(&opts, argc, argv, "fad", SYSCONFDIR
	    "/netmip4/fad.conf", "The foreign agent of netmip4.");
	log_know(log_modules);
	conf = fad_config_load(opts.config, opts.debug);
	if (!conf)
		return EXIT_CONFIG;
	if (priv_check_user(opts.config, conf->user_line, conf->user) == 0)
		status = opts.check_only ? EXIT_SUCCESS : run(conf);
	fad_config_free(conf);
	return status;
}
