/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * had: the home agent. Reads its configuration, opens what needs privilege,
 * splits into priv (root, kernel changes) and engine (the network), and runs.
 * Without "dataplane kernel" there is nothing for root to do and no priv.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/ctl.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/timers.h"
#include "common/violations.h"
#include "had/control.h"
#include "had/exits.h"
#include "had/had_config.h"
#include "had/mn.h"
#include "had/mn_sock.h"
#include "had/priv_ops.h"
#include "had/reg.h"
#include "had/revoke.h"
#include "had/server.h"
#include "had/tunnel.h"
#include "had/user_radius.h"
#include "had/watch.h"
#include "radius/attrs.h"
#include "radius/conf.h"

struct had {
	struct had_config	*conf;
	struct event_base	*base;
	struct daemon_signals	 signals;
	struct timers		 timers;
	struct clock_held	 clock;		/* of what requests do */
	struct peers		 peers;
	struct realms		 realms;
	struct pools		 pools;
	struct bindings		 bindings;
	struct mns		 mns;
	struct mn_socks		*socks;
	struct reg		 reg;
	struct server		*server;
	struct ctl		*ctl;
	struct priv_client	*priv;
	struct dataplane	*tunnels;	/* the kernel's, or NULL */
	struct exits		*exits;
	struct user_radius	*radius;
	struct watch		*watch;
	volatile bool		 stop;
	bool			 priv_gone;
};

/* Fixed home addresses are their owners' from now on. */
static void
reserve_fixed(struct had *h)
{
	size_t i;

	for (i = 0; i < h->conf->n_users; i++) {
		struct user *u = &h->conf->users[i];

		if (u->home.fixed && pool_reserve(&h->pools, u->home.pool,
		    &u->reserved, &u->home.addr))
			log_errorx(u->nai, "its home address is our own: it "
			    "will be denied");
	}
}

static int
init_nodes(struct had *h)
{
	h->mns.timers = &h->timers;
	h->mns.clock = &h->clock.clock;
	h->mns.pools = &h->pools;
	h->mns.mtu = h->conf->tunnel_mtu;
	mns_name_router(&h->mns, h->conf->address);
	return mns_init(&h->mns);
}

static int
init_tables(struct had *h)
{
	size_t i;

	timers_init(&h->timers);
	clock_held_init(&h->clock);
	if (peers_init(&h->peers) || realms_init(&h->realms) ||
	    pools_init(&h->pools, h->conf->pools, h->conf->n_pools,
	    had_config_max_records(h->conf)))
		return -ENOMEM;
	for (i = 0; i < h->conf->n_peers; i++)
		peers_add(&h->peers, &h->conf->peers[i]);
	h->peers.ranges = h->conf->ranges;
	h->peers.n_ranges = h->conf->n_ranges;
	for (i = 0; i < h->conf->n_realms; i++)
		realms_add(&h->realms, &h->conf->realms[i]);
	for (i = 0; i < h->conf->n_users; i++)
		peers_add_user(&h->peers, &h->conf->users[i]);
	h->bindings.timers = &h->timers;
	h->bindings.clock = &h->clock.clock;
	h->bindings.pools = &h->pools;
	h->bindings.window = h->conf->replay_window;
	h->bindings.flap_limit = h->conf->flap_limit;
	if (bindings_init(&h->bindings) || init_nodes(h))
		return -ENOMEM;
	h->watch = watch_new(&h->pools);
	if (!h->watch)
		return -errno;
	reserve_fixed(h);
	h->reg.conf = h->conf;
	h->reg.clock = &h->clock.clock;
	h->reg.peers = &h->peers;
	h->reg.realms = &h->realms;
	h->reg.pools = &h->pools;
	h->reg.bindings = &h->bindings;
	h->reg.mns = &h->mns;
	if (h->conf->revocation) {
		h->reg.revoker = revoker_new(&h->timers, &h->clock.clock);
		if (!h->reg.revoker)
			return -ENOMEM;
	}
	h->reg.violations = violations_new(&h->clock.clock);
	if (!h->reg.violations)
		return -ENOMEM;
	reg_init(&h->reg);
	return 0;
}

static void
priv_has_gone(void *arg)
{
	struct had *h = arg;

	log_errorx(NULL, "the root side has ended");
	h->priv_gone = true;
	h->stop = true;
}

static int
init_lookup(struct had *h, const struct radius_dict *dict)
{
	if (!h->conf->lookup.on)
		return 0;
	h->radius = user_radius_new(h->base, &h->timers, &clock_system, dict,
	    h->conf, &h->reg);
	return h->radius ? 0 : -ENOMEM;
}

static int
init_io(struct had *h, const int udp[SERVER_SOCKS], int ctl, int priv)
{
	int err;

	h->base = event_base_new();
	if (!h->base)
		return -ENOMEM;
	h->server = server_new(h->base, udp, &h->reg, &h->clock);
	if (!h->server)
		return -errno;
	h->ctl = control_new(h->base, ctl, &h->reg);
	if (!h->ctl)
		return -errno;
	if (priv >= 0) {
		h->priv = priv_client_new(h->base, priv, NULL, priv_has_gone,
		    h);
		if (!h->priv)
			return -errno;
		h->tunnels = h->reg.dp = tunnel_kernel_new(h->priv, &h->timers,
		    &clock_system);
	} else {
		h->reg.dp = tunnel_none_new();
	}
	if (!h->reg.dp)
		return -ENOMEM;
	err = exits_start(h->exits, h->base, &h->timers, &clock_system,
	    h->priv, &h->reg.dp);
	if (err)
		return err;
	h->mns.dp = h->reg.dp;
	h->socks = mn_socks_new(h->base, &h->reg);
	if (!h->socks)
		return -ENOMEM;
	err = watch_start(h->watch, h->base, h->exits->links,
	    h->exits->n_links, h->tunnels);
	if (err)
		return err;
	h->reg.exits = h->exits;
	h->reg.root = h->priv;
	h->reg.tunnels = h->tunnels;
	h->exits->ctl = h->ctl;
	return daemon_signals(&h->signals, h->base, &h->stop,
	    "SIGHUP: had does not reload yet; ignored");
}

static void
free_all(struct had *h)
{
	size_t i;

	user_radius_free(h->radius);
	if (h->reg.dp)
		reg_shutdown(&h->reg);
	revoker_free(h->reg.revoker);
	violations_free(h->reg.violations);
	if (h->ctl)
		ctl_free(h->ctl);
	server_free(h->server);
	bindings_free(&h->bindings);
	mn_socks_free(h->socks);
	mns_free(&h->mns);
	watch_free(h->watch);
	for (i = 0; i < h->conf->n_users; i++)
		pool_unreserve(&h->pools, &h->conf->users[i].reserved);
	pools_free(&h->pools);
	peers_free(&h->peers);
	realms_free(&h->realms);
	if (h->reg.dp)
		h->reg.dp->free(h->reg.dp);
	exits_close(h->exits);
	if (h->priv && !h->priv_gone)
		priv_client_free(h->priv);
	daemon_signals_free(&h->signals);
	timers_free(&h->timers);
	if (h->base)
		event_base_free(h->base);
}

static void
say_hello(const struct had_config *conf)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &conf->address, address, sizeof(address));
	log_info(NULL, "had %s: serving at %s port %u, %zu peers, %zu pools",
	    PACKAGE_VERSION, address, conf->port, conf->n_peers,
	    conf->n_pools);
}

static int
engine(struct had_config *conf, struct exits *exits,
    const struct radius_dict *dict, const int udp[SERVER_SOCKS], int ctl,
    int priv)
{
	struct had h = { .conf = conf, .exits = exits };
	bool root = geteuid() == 0;
	int err;

	err = init_tables(&h);
	if (err == 0)
		err = init_io(&h, udp, ctl, priv);
	if (err == 0)
		err = init_lookup(&h, dict);
	if (err) {
		log_errorx(NULL, "start: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	if (priv_drop(conf->user, root ? conf->chroot : NULL) ||
	    priv_seccomp(radius_conf_has_tls(&conf->lookup.radius)))
		return EXIT_FAILURE;
	say_hello(conf);
	daemon_run(h.base, &h.timers, &clock_system, &h.stop);
	log_info(NULL, "ending");
	free_all(&h);
	return h.priv_gone ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Splits, and runs our side. */
static int
split(struct had_config *conf, struct exits *exits,
    const struct radius_dict *dict, const int udp[SERVER_SOCKS], int ctl)
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
		return EXIT_FAILURE;
	}
	if (is_engine) {
		/* Not even the descriptor of root's netlink socket. */
		priv_ops_free(state);
		return engine(conf, exits, dict, udp, ctl, sock);
	}
	priv_ops_free(state);
	return status;
}

static int
run(struct had_config *conf, const struct radius_dict *dict)
{
	struct exits exits;
	int udp[SERVER_SOCKS], ctl, err, status;

	/* A mobile node behind an access node needs one. */
	daemon_raise_descriptors();
	ctl = daemon_control(conf->chroot, conf->control_socket,
	    conf->control_group);
	if (ctl < 0)
		return EXIT_FAILURE;
	err = server_open(conf->address, conf->port, udp);
	if (err < 0) {
		log_errorx(NULL, "UDP port %u: %s", conf->port,
		    strerror(-err));
		status = EXIT_FAILURE;
	} else if (exits_open(&exits, conf)) {
		status = EXIT_FAILURE;
	} else if (conf->dataplane == HAD_DATAPLANE_KERNEL) {
		status = split(conf, &exits, dict, udp, ctl);
	} else {
		status = engine(conf, &exits, dict, udp, ctl, -1);
	}
	(void)unlink(conf->control_socket);
	return status;
}

int
main(int argc, char **argv)
{
	static const char *const log_modules[] = {
		"conf", "config", "control", "ctl", "home-link", "lookup",
		"main", "mn", "netlink", "priv", "radius", "reg", "revoke",
		"server", "tunnel", NULL
	};
	struct daemon_opts opts;
	struct radius_dict *dict = NULL;
	struct had_config *conf;
	int status = EXIT_CONFIG;

	daemon_options(&opts, argc, argv, "had", SYSCONFDIR
	    "/netmip4/had.conf", "The home agent of netmip4.");
	log_know(log_modules);
	conf = had_config_load(opts.config, opts.debug);
	if (!conf)
		return EXIT_CONFIG;
	if (conf->lookup.on)
		dict = radius_dict_load(conf->lookup.dictionary);
	if (conf->lookup.on && !dict)
		log_errorx(NULL, "%s:%u: dictionary: can not be used",
		    opts.config, conf->lookup.dictionary_line);
	else if (priv_check_user(opts.config, conf->user_line,
	    conf->user) == 0)
		status = opts.check_only ? EXIT_SUCCESS : run(conf, dict);
	radius_dict_free(dict);
	had_config_free(conf);
	return status;
}
