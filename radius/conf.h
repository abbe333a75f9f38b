/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections "server NAME { ... }" of a daemon's configuration file. */
#ifndef RADIUS_CONF_H
#define RADIUS_CONF_H

#include "common/conf.h"
#include "radius/client.h"

/* Options of a server. */
extern cfg_opt_t radius_server_opts[];
/* Of the section that they are in. */
#define RADIUS_CONF_OPTS						\
	CFG_SEC("server", radius_server_opts, CFGF_MULTI | CFGF_TITLE),	\
	CFG_INT("hold-down", 60, CFGF_NONE),				\
	CFG_INT("probe-interval", 10000, CFGF_NONE),			\
	CFG_INT("probe-answers", 3, CFGF_NONE)

/* Reads all servers of a section, secrets included; that there is none is for
 * the caller to report. The rest of *rc stays as it is: radius_conf_init
 * before, radius_conf_wipe after. */
void	 radius_conf_servers(struct conf *, cfg_t *section,
    struct radius_conf *rc);

/* The file that "secret-file" of a section names, which has to be there: a
 * server's, or a client's [RFC 5176]. */
void	 radius_conf_secret(struct conf *, cfg_t *section,
    struct radius_secret *);
/* Does one of them need stream sockets? */
bool	 radius_conf_has_tls(const struct radius_conf *);

#endif
