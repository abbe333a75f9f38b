/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPP links: pppd with its plugin, started by nasd for a PPPoE session or by
 * others. access_ppp.c is what sessions ask of them, access_ppp_in.c what they
 * report, access_ppp_resume.c those of an earlier nasd.
 */
#ifndef NASD_ACCESS_PPP_H
#define NASD_ACCESS_PPP_H

#include <stdbool.h>

#include "nasd/pppd_link.h"
#include "nasd/pppoe.h"
#include "nasd/priv_ops.h"

struct engine;
struct session;
struct session_rec;

/* Callbacks of discovery and of the plugin server; arg is the engine, where
 * there is a session yet (owner) that. */
extern const struct pppoe_events access_ppp_discovery;
extern const struct pppd_link_events access_ppp_plugin;
/* priv says that a pppd has ended. */
void	 access_ppp_exit(struct engine *, const struct nasd_priv_pppd_exit *);

/* What IPv6CP asked for while it was to wait is answered. */
void	 access_ppp_answer(struct session *);

/* Takes the PPPoE link and the process of a record of this boot. */
void	 access_ppp_restore(struct session *, const struct session_rec *);
/* A plugin says HELLO for a session of an earlier nasd: is it the one, and up
 * as it was? */
bool	 access_ppp_resumes(const struct session *,
    const struct plug_hello *);
/* Stops waiting for the end of a pppd that is not nasd's child. */
void	 access_ppp_unwatch(struct session *);

#endif
