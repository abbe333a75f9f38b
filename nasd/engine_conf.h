/* SPDX-License-Identifier: BSD-2-Clause */
/* What the engine's modules are made of by the configuration, at the start and
 * when it has changed [D93]. */
#ifndef NASD_ENGINE_CONF_H
#define NASD_ENGINE_CONF_H

#include <stdbool.h>

struct config_plan;
struct config_pppoe;
struct engine;
struct mip_client_params;
struct nasd_config;
struct nasd_sockets;
struct pppoe_params;
struct pppoe_shared_params;
struct radius_dict;

struct mip_client_params engine_conf_mip(const struct nasd_config *);
struct pppoe_shared_params engine_conf_shared(struct engine *);
/* For a VLAN of an access interface; but its name. */
struct pppoe_params engine_conf_pppoe_params(const struct config_pppoe *,
    int mtu);
/* Interface i of e->cfg, over the descriptors in i of a set, which it takes. 0
 * or -1. */
int	 engine_conf_pppoe(struct engine *, struct nasd_sockets *, unsigned i);

/* What the interfaces were that e->pppoe has. */
struct engine_conf_old {
	const struct config_pppoe *pppoe;
	unsigned		 n_pppoe;
};
/* e->cfg is another by now. Takes descriptors of new interfaces. */
void	 engine_conf_changed(struct engine *, const struct engine_conf_old *,
    struct nasd_sockets *);
/* An interface's MTU is this one, whether it is one of ours or not. */
void	 engine_conf_mtu(struct engine *, const char *ifname, int mtu);
/* Is a session of this device one of the configured interface's, or of a
 * VLAN's on it? */
bool	 engine_conf_is_on(const struct engine *, const char *device,
    const char *ifname);
/* Are there other RADIUS servers, or the same ones with other values? */
bool	 engine_conf_radius_changes(const struct config_plan *);
void	 engine_conf_radius(struct engine *, const struct radius_dict *);
/* Was an interface taken out whose sessions are still ending? */
bool	 engine_conf_is_leaving(const struct engine *, const char *ifname);
/* At the end: before what interfaces share, and after those who may have
 * requests at a RADIUS client of before. */
void	 engine_conf_free_pppoe(struct engine *);
void	 engine_conf_free_radius(struct engine *);

#endif
