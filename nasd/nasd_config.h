/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nasd.conf as the program uses it [nasd.conf(5)]: parsed into a fresh struct,
 * checked as a whole, and constant from then on. Holds secrets: everything in
 * it is wiped by nasd_config_free.
 *
 * Strings are NUL-terminated and owned by the struct.
 */
#ifndef NASD_NASD_CONFIG_H
#define NASD_NASD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/conf_items.h"
#include "common/mip4_auth.h"
#include "common/mip4_ext.h"
#include "nasd/home_bounds.h"
#include "nasd/pppoe_delay.h"
#include "nasd/rate.h"
#include "nasd/vlan_tag.h"
#include "radius/client.h"

#define CONFIG_HA_KEYS		4
#define CONFIG_PPPD_OPTIONS	64
#define CONFIG_PROFILE_NAME	63	/* bytes */

/* pppoe "IFNAME" { ... } */
struct config_pppoe {
	char		 ifname[16];
	char		*ac_name;
	char		**services;	/* NULL-terminated; empty: any */
	uint32_t	 max_sessions;
	uint32_t	 max_per_mac;
	uint32_t	 max_starting;
	uint32_t	 padi_rate;
	uint32_t	 mac_rate;
	uint32_t	 max_mru;
	bool		 line_ids;	/* TR-101's are believed */
	bool		 end_strays;
	bool		 untagged;	/* served without a tag, too */
	struct vlan_limits vlan;	/* no range: none on demand */
};

/* ethernet "IFNAME" { ... }: one subscriber, who is there without PPP. */
#define CONFIG_ETHERS	1024
struct config_ether {
	char		 ifname[16];
	char		*user;		/* template of User-Name */
	uint8_t		 password[128];	/* as long as RADIUS can carry */
	size_t		 password_len;	/* 0: it is the User-Name */
	bool		 line_ids;	/* a relay agent's are believed */
};

/* dhcpv6 { ... }: how the server behaves, wherever there is one. */
struct config_dhcp6 {
	bool		 on_request;	/* registers at REQUEST [D26] */
	bool		 rapid_commit;
	uint32_t	 preference;
	uint32_t	 sol_max_rt;	/* seconds; 0: not said */
};

/* access { ... }: of all interfaces, and of links without one. */
struct config_access {
	uint32_t	 max_sessions;
	uint32_t	 max_starting;
	uint32_t	 padi_rate;
	struct pppoe_delays delays;
};

/* pppd { ... }: what priv starts a pppd with. */
struct config_pppd {
	char		*path;
	char		*plugin;	/* ours */
	char		*pppoe_plugin;	/* rp-pppoe.so; pppoe.so from 2.5 */
	char		**auth;		/* NULL-terminated: pap, chap, ... */
	uint32_t	 rechallenge_s;	/* 0: once is enough */
	bool		 mppe;		/* no link without encryption */
	char		**options;	/* NULL-terminated, further ones */
};

/* ipv4 { ... }: IPCP beside IPv6CP. */
#define CONFIG_DNS	2
struct config_ipv4 {
	struct in_addr	 address;	/* ours, to all peers; 0: no IPv4 */
	struct in_addr	 dns[CONFIG_DNS];	/* for them; 0: none */
};

struct config_ha {
	char		*name;
	struct in_addr	 addr;
	uint32_t	 priority;	/* lower ones are asked first */
	uint32_t	 weight;	/* its share within a priority */
	bool		 gre;		/* with keys; else 6in4 */
	struct mip4_sa	 sa[CONFIG_HA_KEYS];	/* the first one signs */
	unsigned	 n_sa;
	struct home_prefix *prefix;	/* of the addresses it gives; */
	unsigned	 n_prefix;	/* none: any */
	bool		 gone;		/* taken out by a reload: no new
					 * registrations */
};

/* access-node "IFNAME" { ... } */
#define CONFIG_NODES	256
#define CONFIG_NODE_HAS	8
struct config_node {
	char		 ifname[16];
	char		 nai[MIP4_NAI_MAX + 1];	/* realm in lower case */
	struct mip4_sa	 sa;		/* the mobile node's */
	struct in_addr	 ha[CONFIG_NODE_HAS];	/* best one first */
	unsigned	 n_ha;		/* 0: as others */
	bool		 proactive;	/* not only when somebody is there */
	uint32_t	 idle_s;	/* silence that ends it; 0: none does */
	uint32_t	 import_s;	/* until who was imported must have
					 * come; 0: need not */
	bool		 has_router;
	uint8_t		 router[6];	/* whose address it is to have at
					 * first; else the link's own */
	struct in_addr	 via_fa;	/* the foreign agent on a link of
					 * ours; 0: none */
	struct in_addr	 coa;		/* that offers this one */
	bool		 has_fa_sa;	/* and with it */
	struct mip4_sa	 fa_sa;		/* the mobile node has this */
	uint32_t	 lifetime;	/* to ask for, s; 0: as for others */
};

/* care-of-pool: of access nodes, one a section, or with GRE fewer, and then of
 * PPP links. */
struct config_coas {
	struct in_addr	 first, last;	/* 0.0.0.0: none */
};
#define CONFIG_PPP_NODES	1024
/* 0 without a pool. */
uint32_t config_coas_size(const struct config_coas *);
/* Of the i-th section; they begin anew behind the last one. */
struct in_addr config_coas_at(const struct config_coas *, unsigned i);

/* ppp-addresses. */
enum config_ppp { CONFIG_PPP_SLAAC, CONFIG_PPP_DHCP6, CONFIG_PPP_NODE };
enum config_mode { CONFIG_UNIQUE, CONFIG_SHARED };
/* What becomes of a peer's own interface identifier [PROTOCOLS D16]. */
enum config_iid_policy { CONFIG_IID_ASSIGN, CONFIG_IID_HONOUR };
/* A second session that would register the same NAI [PROTOCOLS D23]. */
enum config_duplicate { CONFIG_DUP_REPLACE, CONFIG_DUP_REFUSE };

/* dynamic-authorization { ... }; without a client there is no listener. */
#define CONFIG_DAE_CLIENTS	16
struct config_dae_client {
	char		 name[32];
	struct in_addr	 address;
	struct radius_secret secret;
	bool		 disconnect, coa;	/* allowed */
	bool		 require_ma;
	bool		 require_time;
};
struct config_dae {
	struct in_addr	 address;
	uint16_t	 port;
	uint32_t	 window_s;	/* of Event-Timestamp */
	struct config_dae_client client[CONFIG_DAE_CLIENTS];
	unsigned	 n_clients;
};

/* profile "NAME" { ... }: what a Filter-Id may name. */
struct config_profile {
	char		*name;
	struct rate	 rate;
};
/* A session whose rate limits the kernel can not enforce. */
enum config_unlimited { CONFIG_UNLIMITED_ACCEPT, CONFIG_UNLIMITED_REFUSE };

/* accounting { ... } */
struct config_acct {
	char		*spool;		/* directory; "": in memory */
	uint32_t	 spool_kib;
	uint32_t	 sync_ms;	/* 0: when the system likes */
	bool		 sync_wait;
	bool		 refuse;	/* new logins when it is full */
	uint32_t	 note_s;	/* 0: none */
};

struct config_ra {
	uint32_t	 router_lifetime;	/* seconds */
	uint32_t	 valid, preferred;
};

struct nasd_config {
	char			*file;
	bool			 debug;		/* -d: levels stay */
	struct conf_items	 items;		/* all of it, to be compared */
	char			*nas_id;
	struct in_addr		 coa;		/* care-of address */
	char			*user;
	unsigned		 user_line, dictionary_line; /* of the file:
						 * they are checked later */
	char			*chroot_dir;
	char			*plugin_socket;
	char			*control_socket;
	char			*control_group;	/* NULL: root's */
	char			*state_dir;	/* "": nothing is kept */
	bool			 stop_keeps;	/* sessions, at SIGTERM */
	char			*nai;		/* template */

	struct config_access	 access;
	struct config_pppoe	*pppoe;
	unsigned		 n_pppoe;
	struct config_node	*node;
	unsigned		 n_node;
	struct config_coas	 coas;
	struct config_ether	*ether;
	unsigned		 n_ether;
	struct config_dhcp6	 dhcpv6;
	struct config_pppd	 pppd;
	struct config_ipv4	 ipv4;

	struct radius_conf	 radius;
	char			*dictionary;

	struct config_ha	*ha;		/* room for HA_SELECT_MAX */
	unsigned		 n_ha;
	bool			 radius_ha;	/* an Access-Accept may name
						 * one of ha[] */

	struct config_dae	 dae;

	struct config_profile	*profile;
	unsigned		 n_profile;
	enum config_unlimited	 unlimited;

	enum config_ppp		 ppp;
	enum config_mode	 mode;
	enum config_iid_policy	 iid_policy;
	enum config_duplicate	 duplicate;

	uint16_t		 lifetime;	/* of registrations, seconds */
	uint32_t		 attempts;
	uint32_t		 dereg_attempts;
	uint32_t		 rate;		/* requests in a second to one
						 * home agent; 0: no limit */
	bool			 require_nai;
	bool			 most_recent_only;	/* D9 */
	uint32_t		 max_clock_offset;	/* seconds; 0: any */
	bool			 pmip_per_node_auth;
	bool			 send_service;	/* Framed-IPv6-Pool in 151 */
	enum mip4_alg		 mn_ha_alg;	/* of RADIUS's keys */
	struct mip4_ext_types	 ext;

	struct config_ra	 ra;
	struct config_acct	 acct;
	uint32_t		 interim_s;	/* 0: none unless RADIUS asks */
};

/* Reads and checks a file; everything wrong is logged as "file:line: key:
 * what". Sets up logging as its section log says, or as -d does. NULL with
 * *err -EINVAL (or the errno of reading it). */
struct nasd_config *nasd_config_load(const char *file, bool debug,
    int *err);
/* The same for a configuration that does not act yet: logging stays as it is.
 * What is read is kept in files or, when they are sealed, comes from there. */
struct nasd_config *nasd_config_read(const char *file, struct conf_files *,
    int *err);
/* Sets the log levels that it says. */
void	 nasd_config_log_levels(const struct nasd_config *);
/* What the parser knows, for tests. */
const cfg_opt_t *nasd_config_opts(void);
void	 nasd_config_free(struct nasd_config *);

/* The access interface of a name, or NULL. */
const struct config_pppoe *nasd_config_pppoe(const struct nasd_config *,
    const char *ifname);
/* The Ethernet link of a name, or NULL. */
const struct config_ether *nasd_config_ether(const struct nasd_config *,
    const char *ifname);
/* How many PPP links can be access nodes: addresses of the pool that no section
 * has. */
unsigned nasd_config_ppp_nodes(const struct nasd_config *);
/* Why a subscriber can not have that address, or NULL. */
const char *config_ipv4_unusable(const struct nasd_config *, struct in_addr);
/* The profile of a name, or NULL. */
const struct config_profile *nasd_config_profile(const struct nasd_config *,
    const char *name);
/* The configured home agent of an address, or NULL. */
const struct config_ha *nasd_config_ha(const struct nasd_config *,
    struct in_addr);

#endif
