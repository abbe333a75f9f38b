/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/known.h. Who has both a NAI and a home address is looked for by the
 * first, then by the second. */
#include "fad/known.h"

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/mip4_ext.h"

struct name {
	const uint8_t	*nai;
	size_t		 len;		/* 0: by addr */
	struct in_addr	 addr;
};

int
known_init(struct known *k)
{
	int err = table_init(&k->home_agents);

	return err ? err : table_init(&k->mobile_nodes);
}

void
known_free(struct known *k)
{
	table_free(&k->home_agents);
	table_free(&k->mobile_nodes);
}

static bool
home_agent_eq(const struct table_node *n, const void *key)
{
	const struct home_agent *h = container_of(n, struct home_agent,
	    by_addr);

	return memcmp(&h->addr, key, sizeof(h->addr)) == 0;
}

static bool
mobile_node_eq(const struct table_node *n, const void *key)
{
	const struct mobile_node *m = container_of(n, struct mobile_node,
	    node);
	const struct name *name = key;

	if (m->nai_len != name->len)
		return false;
	return name->len ? memcmp(m->name, name->nai, name->len) == 0 :
	    m->addr.s_addr == name->addr.s_addr;
}

static uint64_t
name_hash(const struct known *k, const struct name *name)
{
	return name->len ? table_hash(&k->mobile_nodes, name->nai, name->len) :
	    table_hash(&k->mobile_nodes, &name->addr, sizeof(name->addr));
}

bool
known_add_home_agent(struct known *k, struct home_agent *h)
{
	uint64_t hash = table_hash(&k->home_agents, &h->addr,
	    sizeof(h->addr));

	if (table_find(&k->home_agents, hash, home_agent_eq, &h->addr))
		return false;
	table_insert(&k->home_agents, &h->by_addr, hash);
	return true;
}

bool
known_add_mobile_node(struct known *k, struct mobile_node *m)
{
	const struct name name = { (const uint8_t *)m->name, m->nai_len,
		m->addr };
	uint64_t hash = name_hash(k, &name);

	if (table_find(&k->mobile_nodes, hash, mobile_node_eq, &name))
		return false;
	table_insert(&k->mobile_nodes, &m->node, hash);
	return true;
}

const struct home_agent *
known_home_agent(const struct known *k, struct in_addr addr)
{
	struct table_node *n = table_find(&k->home_agents,
	    table_hash(&k->home_agents, &addr, sizeof(addr)), home_agent_eq,
	    &addr);

	return n ? container_of(n, struct home_agent, by_addr) : NULL;
}

static const struct mobile_node *
find(const struct known *k, const struct name *name)
{
	struct table_node *n = table_find(&k->mobile_nodes,
	    name_hash(k, name), mobile_node_eq, name);

	return n ? container_of(n, struct mobile_node, node) : NULL;
}

const struct mobile_node *
known_mobile_node(const struct known *k, const uint8_t *nai, size_t nai_len,
    struct in_addr home)
{
	const struct mobile_node *m = NULL;
	uint8_t copy[MIP4_NAI_MAX];

	if (nai_len > 0) {
		memcpy(copy, nai, nai_len);
		nai_normalize(copy, nai_len);
		m = find(k, &(struct name){ copy, nai_len, home });
	}
	if (!m && home.s_addr != INADDR_ANY)
		m = find(k, &(struct name){ NULL, 0, home });
	return m;
}

const struct mip4_sa *
known_sa(const struct mip4_sa *sas, size_t n, uint32_t spi)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sas[i].spi == spi)
			return &sas[i];
	return NULL;
}

bool
home_agent_allows(const struct home_agent *h, struct in_addr home)
{
	uint32_t a = ntohl(home.s_addr), mask;
	size_t i;

	for (i = 0; i < h->n_nets; i++) {
		mask = h->nets[i].len ? UINT32_MAX << (32 - h->nets[i].len) :
		    0;
		if ((a & mask) == ntohl(h->nets[i].addr.s_addr))
			return true;
	}
	return h->n_nets == 0;
}
