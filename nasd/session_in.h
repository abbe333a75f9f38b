/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What modules report to a session, turned into events of session_fsm; for
 * what its link reports its kind of access does the same [access.h]. Each
 * function notes what was said in the session, stamps the timeline, and posts;
 * it decides nothing.
 */
#ifndef NASD_SESSION_IN_H
#define NASD_SESSION_IN_H

#include "nasd/aaa.h"
#include "nasd/mip_client.h"
#include "nasd/tunnel.h"

/* Callbacks, by module; arg is the session. */
extern const struct mip_events session_in_mip;
aaa_done	session_in_aaa;
tunnel_done	session_in_tunnel;
void		session_in_ra(void *arg, const char *key, const char *detail);

#endif
