/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Home agents and mobile nodes of whom the configuration says something: their
 * security associations with us [RFC 3344 3.7.1], and what may be registered.
 */
#ifndef FAD_KNOWN_H
#define FAD_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/mip4_auth.h"
#include "common/table.h"

struct home_net {
	struct in_addr	addr;
	unsigned	len;		/* 0 to 32 */
};

/* GRE with keys to a home agent [RFC 6245]; always: whatever the mobile node
 * says. */
enum fad_gre {
	FAD_GRE_REFUSE,
	FAD_GRE_OFFER,
	FAD_GRE_ALWAYS,
};

struct home_agent {
	struct table_node	 by_addr;
	char			*name;
	struct in_addr		 addr;
	struct home_net		*nets;	/* n_nets 0: any home address */
	size_t			 n_nets;
	struct mip4_sa		*sas;	/* n_sas 0: we share no key */
	size_t			 n_sas;
	enum fad_gre		 gre;
};

/* By its NAI, or by its home address. */
struct mobile_node {
	struct table_node	 node;
	char			*name;	/* the NAI, normalized */
	size_t			 nai_len;	/* 0: by address */
	struct in_addr		 addr;
	struct mip4_sa		*sas;	/* at least one */
	size_t			 n_sas;
};

struct known {
	struct table	home_agents;
	struct table	mobile_nodes;
};

int	 known_init(struct known *);		/* 0 or an error of table.h */
void	 known_free(struct known *);		/* elements are their owner's */
/* False when there is one already. */
bool	 known_add_home_agent(struct known *, struct home_agent *);
bool	 known_add_mobile_node(struct known *, struct mobile_node *);
const struct home_agent *known_home_agent(const struct known *,
    struct in_addr);
/* By NAI where there is one, else by home address unless that is 0. nai_len at
 * most MIP4_NAI_MAX. */
const struct mobile_node *known_mobile_node(const struct known *,
    const uint8_t *nai, size_t nai_len, struct in_addr home);
const struct mip4_sa *known_sa(const struct mip4_sa *sas, size_t n,
    uint32_t spi);
bool	 home_agent_allows(const struct home_agent *, struct in_addr home);

#endif
