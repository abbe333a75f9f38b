/* SPDX-License-Identifier: BSD-2-Clause */
/* Sees frames of sessions that are none. */
#ifndef NASD_PPPOE_STRAY_H
#define NASD_PPPOE_STRAY_H

#include "nasd/pppoe.h"

struct pppoe_stray;

/* fd: AF_PACKET, SOCK_RAW, ETH_P_PPP_SES, bound to the interface; owned from
 * here on. Tells pppoe_session_seen. NULL after saying why on the log. */
struct pppoe_stray *pppoe_stray_new(struct event_base *, int fd,
    struct pppoe *);
void	 pppoe_stray_free(struct pppoe_stray *);

#endif
