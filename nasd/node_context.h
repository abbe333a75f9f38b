/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one access node tells the next about a mobile node that moves there
 * [draft-navali 3.2.3, PROTOCOLS D180], as a JSON object. Pure; nothing that
 * is decoded is believed to be more than well formed: access_move.c and node.c
 * compare it with the link that it is for.
 */
#ifndef NASD_NODE_CONTEXT_H
#define NASD_NODE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

#include "common/mip4.h"
#include "common/mip4_ext.h"
#include "nasd/node.h"

#define NODE_CONTEXT_VERSION	1

struct node_context {
	char		nai[MIP4_NAI_MAX + 1];
	bool		has_mn;		/* somebody has been there */
	uint8_t		mn[NODE_MAC_LEN];
	uint8_t		router[NODE_MAC_LEN];	/* as the mobile node knows */
	struct in_addr	ha;
	uint64_t	id;		/* last Identification, not 0 */
	uint32_t	left;		/* seconds; UINT32_MAX: no end; 0: is
					 * not registered yet */
	unsigned	n_packets;
	struct {
		uint16_t	len;
		uint8_t		b[NODE_PACKET_MAX];
	}		packet[NODE_KEPT_MAX];
};

/* NULL: no memory. */
json_t	*node_context_encode(const struct node_context *);
/* What is wrong with it, a literal, or NULL. */
const char *node_context_decode(struct node_context *, const json_t *);

#endif
