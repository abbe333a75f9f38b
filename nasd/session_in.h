/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What modules report to a session, turned into events of session_fsm. Each
 * function notes what was said in the session, stamps the timeline, and posts;
 * it decides nothing.
 */
#ifndef NASD_SESSION_IN_H
#define NASD_SESSION_IN_H

#include "nasd/aaa.h"
#include "nasd/mip_client.h"
#include "nasd/pppd_link.h"
#include "nasd/pppoe.h"
#include "nasd/priv_ops.h"
#include "nasd/tunnel.h"

struct engine;

/* Callbacks, by module; arg is the session, or the engine where there is none
 * yet (hello, wanted). */
extern const struct pppoe_events session_in_pppoe;
extern const struct pppd_link_events session_in_pppd;
extern const struct mip_events session_in_mip;
aaa_done	session_in_aaa;
tunnel_done	session_in_tunnel;
void		session_in_ra(void *arg, const char *key, const char *detail);
/* priv says that a pppd has ended. */
void		session_in_pppd_exit(struct engine *,
    const struct nasd_priv_pppd_exit *);

#endif
