/* SPDX-License-Identifier: BSD-2-Clause */
/* Between vlans.c and vlans_conf.c; for nobody else. */
#ifndef NASD_VLANS_INT_H
#define NASD_VLANS_INT_H

#include <sys/queue.h>

#include "common/log.h"
#include "common/timers.h"
#include "nasd/pppoe.h"
#include "nasd/vlans.h"

struct event;
struct nasd_priv_vlan;
struct nasd_priv_vlan_opened;

/* An access interface with VLANs. */
struct vlans_port {
	struct vlan_port	 p;
	SLIST_ENTRY(vlans_port)	 next;
	struct vlans		*vlans;
	char			 ifname[VLAN_NAME];
	uint8_t			 mac[PPPOE_MAC_LEN];
	const struct config_pppoe *cfg;		/* NULL: no longer there */
	int			 fd;		/* -1: does not listen */
	struct event		*ev;
	uint64_t		 padi, malformed, no_service, closed;
};

struct vlans {
	struct engine		*engine;
	SLIST_HEAD(, vlans_port)	 ports;
	struct table		 by_name;
	struct timer		 sweep;
	struct log_limit	 limit;
};

/* ---- vlans.c ---- */

struct vlans_port *vlans_port_of(const struct vlan *);
struct vlans_port *vlans_find_port(const struct vlans *, const char *ifname);
/* For event_new, with a port. */
void	 vlans_readable(int fd, short what, void *arg);
/* What the root side is asked about a VLAN. */
struct nasd_priv_vlan vlans_request(const struct vlans_port *,
    const struct vlan_tag *);
/* An ASKED one is OPEN from now on: with the descriptor of its discovery,
 * which it takes (false: out of memory, or it is not to be served any more),
 * or only known by name. */
bool	 vlans_serve(struct vlans_port *, struct vlan *,
    const struct nasd_priv_vlan_opened *, int fd);
void	 vlans_take_name(struct vlans *, struct vlan *, const char *name,
    bool made);
/* And that of its sessions' frames. */
void	 vlans_take_stray(struct vlans_port *, struct vlan *, int fd);
/* Asking has failed, -errno. May free the VLAN. */
void	 vlans_failed(struct vlans_port *, struct vlan *, int status);

/* ---- vlans_conf.c ---- */

void	 vlans_stop_listening(struct vlans_port *);

#endif
