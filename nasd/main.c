/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nasd(8): reads everything that privilege or files are needed for, forks into
 * the root side (priv_ops.c) and the engine (engine.c), and drops the engine's
 * privileges. Exit status 2 for a bad configuration.
 */
#include "config.h"
#define LOG_MODULE "main"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/log.h"
#include "common/priv.h"
#include "nasd/engine.h"
#include "nasd/host_check.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_ops.h"
#include "nasd/sockets.h"
#include "radius/attrs.h"
#include "radius/conf.h"

static int
run_engine(struct nasd_config *cf, struct nasd_sockets *fds,
    const struct radius_dict *dict, int sock)
{
	struct engine *e = engine_new(cf, fds, dict, sock);
	int status = EXIT_FAILURE;

	if (e == NULL)
		return status;
	if (priv_drop(cf->user, cf->chroot_dir[0] != '\0' ?
	    cf->chroot_dir : NULL) == 0 &&
	    priv_seccomp(radius_conf_has_tls(&cf->radius)) == 0) {
		log_info(NULL, "nasd %s: %s is up", PACKAGE_VERSION,
		    cf->nas_id);
		engine_resume(e);
		status = engine_run(e);
	}
	/* What has not ended is for the next nasd: nothing says goodbye. */
	if (engine_has_sessions(e))
		_exit(status);
	engine_free(e);
	return status;
}

/* The sockets' files are gone with the daemon that served them. */
static void
unlink_sockets(const struct nasd_config *cf)
{
	(void)unlink(cf->plugin_socket);
	(void)unlink(cf->control_socket);
}

/* The same program, perhaps a newer one, in our place: with our number, so
 * that who watches us sees no end, and our children. */
static void
exec_again(const struct nasd_program *program)
{
	log_info(NULL, "starting %s anew", program->path);
	priv_child_reset();	/* may have been told to end already */
	execv(program->path, program->argv);
	log_error(NULL, "%s", program->path);
}

static int
run(struct nasd_config *cf, const struct radius_dict *dict,
    const struct nasd_program *program)
{
	struct nasd_sockets fds;
	struct priv_server server;
	struct nasd_priv *priv;
	bool engine = false, again;
	int status, error, sock = -1;

	/* A session may need two. */
	daemon_raise_descriptors();
	if (nasd_sockets_open(&fds, cf) != 0)
		return EXIT_FAILURE;
	/* Usually in the sockets' directory, which is there now. */
	error = cf->chroot_dir[0] != '\0' ? daemon_mkdir(cf->chroot_dir) : 0;
	if (error != 0) {
		log_errorx(NULL, "%s: %s", cf->chroot_dir, strerror(-error));
		nasd_sockets_close(&fds);
		unlink_sockets(cf);
		return EXIT_FAILURE;
	}
	priv = nasd_priv_new(cf, program);
	if (priv == NULL) {
		log_error(NULL, "the root side could not be set up");
		nasd_sockets_close(&fds);
		return EXIT_FAILURE;
	}
	nasd_priv_server(priv, &server);
	status = priv_fork(&server, &engine, &sock);
	if (engine)
		status = run_engine(cf, &fds, dict, sock);
	else if (status < 0) {
		log_errorx(NULL, "fork: %s", strerror(-status));
		status = EXIT_FAILURE;
	}
	nasd_sockets_close(&fds);
	if (!engine)
		unlink_sockets(cf);
	again = !engine && nasd_priv_restarts(priv);
	nasd_priv_free(priv);
	if (again) {
		exec_again(program);
		status = EXIT_FAILURE;	/* that somebody may start us */
	}
	return status;
}

int
main(int argc, char **argv)
{
	static const char *const log_modules[] = {
		"aaa", "acct", "coa", "conf", "control", "ctl", "dhcp6",
		"main", "mip", "netlink", "node", "plane", "plugin", "pppd",
		"pppoe", "priv", "ra", "radius", "reload", "session", "tunnel",
		"vlan", NULL
	};
	struct nasd_program program = { .argv = argv };
	struct daemon_opts opts;
	struct radius_dict *dict;
	struct nasd_config *cf;
	int status = EXIT_CONFIG, error;

	nasd_program_init(&program);
	daemon_options(&opts, argc, argv, "nasd", NASD_CONF,
	    "The network access server of netmip4.");
	log_know(log_modules);
	cf = nasd_config_load(opts.config, opts.debug, &error);
	if (cf == NULL)
		return EXIT_CONFIG;
	dict = radius_dict_load(cf->dictionary);
	if (dict == NULL)
		log_errorx(NULL, "%s:%u: dictionary: can not be used",
		    opts.config, cf->dictionary_line);
	else if (priv_check_user(opts.config, cf->user_line, cf->user) == 0) {
		if (opts.check_only)
			(void)host_check(cf);
		status = opts.check_only ? EXIT_SUCCESS :
		    run(cf, dict, &program);
	}
	radius_dict_free(dict);
	nasd_config_free(cf);
	return status;
}
