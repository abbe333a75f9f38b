/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that read and check nasd.conf; for nobody else. */
#ifndef NASD_NASD_CONFIG_INT_H
#define NASD_NASD_CONFIG_INT_H

#include <confuse.h>

struct conf;
struct config_access;
struct config_dhcp6;
struct config_ha;
struct nasd_config;
struct vlan_limits;

/* What the sections can not tell each for itself; reports by conf_error. */
void	 nasd_config_check(struct conf *, const struct nasd_config *);

/* Copies, which are to be freed; NULL with an error when out of memory, and of
 * NULL. A list ends with NULL. */
char	*nasd_config_copy(struct conf *, const char *);
char	**nasd_config_list(struct conf *, cfg_t *sec, const char *key);
void	 nasd_config_list_free(char **);

/* Section "access", and sections "pppoe" [nasd_config_pppoe.c]. */
extern cfg_opt_t nasd_config_access_opts[];
void	 nasd_config_access(struct conf *, struct config_access *);
extern cfg_opt_t nasd_config_pppoe_opts[];
void	 nasd_config_pppoes(struct conf *, struct nasd_config *);
void	 nasd_config_pppoes_free(struct nasd_config *);
/* Section "dynamic-authorization" [nasd_config_dae.c]. */
extern cfg_opt_t nasd_config_dae_opts[];
void	 nasd_config_dae(struct conf *, struct nasd_config *);
void	 nasd_config_dae_wipe(struct nasd_config *);
/* What a section "pppoe" says of VLANs [nasd_config_vlan.c]. */
void	 nasd_config_vlans(struct conf *, cfg_t *sec, struct vlan_limits *);
/* The home addresses that a section "home-agent" allows
 * [nasd_config_prefixes.c]. */
void	 nasd_config_prefixes(struct conf *, cfg_t *sec, struct config_ha *);
/* And in what packets go there, likewise. */
void	 nasd_config_encapsulation(struct conf *, cfg_t *sec,
    struct config_ha *);
/* Sections "ethernet" [nasd_config_ether.c]. */
extern cfg_opt_t nasd_config_ether_opts[];
void	 nasd_config_ethers(struct conf *, struct nasd_config *);
void	 nasd_config_ethers_free(struct nasd_config *);
/* Section "dhcpv6", there too. */
extern cfg_opt_t nasd_config_dhcp6_opts[];
void	 nasd_config_dhcp6(struct conf *, struct config_dhcp6 *);
/* Section "ipv4" [nasd_config_ipv4.c]. */
extern cfg_opt_t nasd_config_ipv4_opts[];
void	 nasd_config_ipv4(struct conf *, struct nasd_config *);
/* Sections "access-node", and care-of-pool [nasd_config_node.c]. */
extern cfg_opt_t nasd_config_node_opts[];
void	 nasd_config_nodes(struct conf *, struct nasd_config *);
void	 nasd_config_nodes_free(struct nasd_config *);
/* Sections "profile" [nasd_config_rate.c]. */
extern cfg_opt_t nasd_config_profile_opts[];
void	 nasd_config_profiles(struct conf *, struct nasd_config *);
void	 nasd_config_profiles_free(struct nasd_config *);

#endif
