/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the configuration again while sessions are up, the engine's side
 * [D93]: root reads the files and hands them over (priv_reload.c), here they
 * are parsed, compared (config_plan.c) and, unless that would end sessions and
 * nobody insists, gone by (config_apply.c).
 */
#ifndef NASD_RELOAD_H
#define NASD_RELOAD_H

#include <stdbool.h>

#include <jansson.h>

struct engine;
struct nasd_config;
struct radius_dict;
struct reload;

/* The configuration is the engine's, which a reload changes. */
struct reload *reload_new(struct engine *, struct nasd_config *,
    const struct radius_dict *);
void	 reload_free(struct reload *);

/* Begins to read it, or goes on; ctl_resume follows. False: not possible. */
bool	 reload_ask(struct reload *);
/* What has been read, or that it is wrong; after reload_ask, once. As a
 * ctl_handler: {"plan": true} changes nothing, {"force": true} ends sessions
 * if need be. */
json_t	*reload_answer(struct reload *, const json_t *args, const char **code,
    const char **message);
/* SIGHUP: both, and the log is told. */
void	 reload_hangup(struct reload *);

#endif
