/* SPDX-License-Identifier: BSD-2-Clause */
/* had.conf(5): parsed into a fresh struct, checked, then used unchanged by
 * engine and priv alike. */
#ifndef HAD_HAD_CONFIG_H
#define HAD_HAD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/mip4_ext.h"
#include "had/access_node.h"
#include "had/exit.h"
#include "had/peer.h"
#include "had/pool.h"
#include "had/realm.h"
#include "had/user_lookup.h"
#include "radius/client.h"

enum had_dataplane {
	HAD_DATAPLANE_KERNEL,
	HAD_DATAPLANE_NONE,
};

/* Which reserved flags of a request are refused [PROTOCOLS D1]. */
enum had_strict {
	HAD_STRICT_NONE,
	HAD_STRICT_X,
	HAD_STRICT_BOTH,
};

/* What a Service Selection Extension does that names a pool [D73]. */
enum had_hint {
	HAD_HINT_PREFER,
	HAD_HINT_REQUIRE,
	HAD_HINT_IGNORE,
};

/* Section "user-lookup". */
struct had_lookup_conf {
	bool			 on;
	struct radius_conf	 radius;	/* holds secrets */
	char			*dictionary;
	unsigned		 dictionary_line; /* of the file */
	char			*nas_id;
	uint32_t		 service_type;
	enum mip4_alg		 alg;		/* of the keys it gives */
	struct user_lookup_params params;
};

struct had_config {
	struct in_addr		 address;
	struct in_addr		 redirect;	/* 0: none [D85] */
	uint16_t		 port;
	char			*user;
	unsigned		 user_line;	/* of the file */
	char			*chroot;
	char			*control_socket;
	char			*control_group;
	enum had_dataplane	 dataplane;
	uint32_t		 tunnel_mtu;
	uint32_t		 max_lifetime;
	uint32_t		 replay_window;
	uint32_t		 prefix_hold;
	uint32_t		 flap_limit;
	uint32_t		 max_bindings;
	uint32_t		 shed_after;	/* ms; 0: never */
	uint32_t		 shed_pending;	/* 0: no limit */
	uint32_t		 unverified_rate;
	uint32_t		 unverified_burst;
	enum had_strict		 strict;
	enum had_hint		 hint;
	bool			 always_code_1;
	bool			 dynamic_ha;
	bool			 revocation;
	struct mip4_ext_types	 types;
	struct exit_conf	 exit;
	struct pool		*pools;
	size_t			 n_pools;
	struct peer		*peers;
	size_t			 n_peers;
	struct access_nodes	*nodes;
	size_t			 n_nodes;
	struct care_of_range	*ranges;	/* of all of them, in order */
	size_t			 n_ranges;
	struct realm		*realms;
	size_t			 n_realms;
	struct user		*users;
	size_t			 n_users;
	struct had_lookup_conf	 lookup;
};

/* NULL after every mistake was reported on the log as "file:line: key: what".
 * Starts logging as the file says; debug: to stderr, everything. */
struct had_config *had_config_load(const char *file, bool debug);
/* Of how many subscribers something may be remembered. */
uint64_t had_config_max_records(const struct had_config *);
/* Wipes keys. */
void	 had_config_free(struct had_config *);

#endif
