/* SPDX-License-Identifier: BSD-2-Clause */
/* fad.conf(5): parsed into a fresh struct, checked, then used unchanged by
 * engine and priv alike. */
#ifndef FAD_FAD_CONFIG_H
#define FAD_FAD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/mip4_ext.h"
#include "fad/known.h"

#define FAD_LINKS_MAX	64

enum fad_dataplane {
	FAD_DATAPLANE_KERNEL,
	FAD_DATAPLANE_NONE,
};

/* Which reserved flags of a request are refused [PROTOCOLS D1]. */
enum fad_strict {
	FAD_STRICT_NONE,
	FAD_STRICT_X,
	FAD_STRICT_BOTH,
};

enum fad_reverse {
	FAD_REVERSE_OFFER,
	FAD_REVERSE_REQUIRE,
	FAD_REVERSE_REFUSE,
};

/* A link on which mobile nodes are visitors. */
struct fad_link {
	char		*name;		/* of the device */
	struct in_addr	 address;	/* ours there */
	unsigned	 prefix_len;	/* 0: not advertised */
	bool		 advertise;	/* also unasked */
	bool		 router;
	bool		 required;	/* R */
	int32_t		 preference;
	uint32_t	 min_s, max_s;	/* between advertisements */
	uint32_t	 lifetime;	/* of them */
};

struct fad_config {
	struct in_addr		 care_of;
	uint16_t		 port;
	char			*user;
	unsigned		 user_line;	/* of the file */
	char			*chroot;
	char			*control_socket;
	char			*control_group;
	enum fad_dataplane	 dataplane;
	uint32_t		 tunnel_mtu;
	uint32_t		 table;		/* the first of ours */
	uint32_t		 rule_priority;
	uint32_t		 max_tunnels;
	uint32_t		 max_lifetime;
	uint32_t		 max_visitors;
	uint32_t		 max_pending;
	uint32_t		 max_pending_node;
	uint32_t		 pending_time;	/* seconds */
	enum fad_reverse	 reverse;
	enum fad_strict		 strict;
	enum fad_gre		 gre;		/* to who is not in the file */
	bool			 any_gre;	/* to some it is not refused */
	bool			 zero_home;	/* home address 0 by NAI */
	bool			 known_only;	/* home agents of the file */
	bool			 require_mn_fa;
	bool			 revocation;
	char			**realms;	/* n_realms 0: every NAI */
	size_t			 n_realms;
	struct mip4_ext_types	 types;
	struct fad_link		*links;
	size_t			 n_links;
	struct home_agent	*home_agents;
	size_t			 n_home_agents;
	struct mobile_node	*mobile_nodes;
	size_t			 n_mobile_nodes;
};

/* NULL after every mistake was reported on the log as "file:line: key: what".
 * Starts logging as the file says; debug: to stderr, everything. */
struct fad_config *fad_config_load(const char *file, bool debug);
/* Wipes keys. */
void	 fad_config_free(struct fad_config *);
/* To this home agent, or (NULL) to one that is not in the file. */
enum fad_gre fad_config_gre(const struct fad_config *,
    const struct home_agent *);
/* May a mobile node of this NAI visit? One without a NAI may. */
bool	 fad_config_allows(const struct fad_config *, const uint8_t *nai,
    size_t len);

#endif
