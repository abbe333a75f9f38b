/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access nodes: Ethernet links whose one mobile node is registered by nasd, and
 * bridged to its home agent [draft-navali 3.2, PROTOCOLS 11.5]. access_node.c
 * is what sessions ask of such a link, access_node_link.c what happens there;
 * node.c knows which packets count, node_fsm.c what follows from them;
 * access_node_ops.c does that; priv_node.c has the bridge.
 */
#ifndef NASD_ACCESS_NODE_H
#define NASD_ACCESS_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

#include "nasd/fa_agent.h"

struct access_nodes;
struct engine;
struct mip4_sa;
struct nl_watch_link;
struct session;
struct statelog;

/* Those of the configuration; their links are opened. NULL: no memory. */
struct access_nodes *access_nodes_new(struct engine *);
void	 access_nodes_free(struct access_nodes *);
/* Sessions of an earlier nasd are there. */
void	 access_nodes_resumed(struct access_nodes *);
/* An interface, as the kernel tells; it may be none of these. */
void	 access_nodes_link_is(struct access_nodes *,
    const struct nl_watch_link *);
/* A device is gone, or down; it may be one of the tunnels, and is made anew. */
void	 access_nodes_tunnel_lost(struct access_nodes *, unsigned ifindex);
/* A foreign agent is on a link of ours, which it was not, or on another one. */
void	 access_nodes_agent_on(struct access_nodes *, struct in_addr fa);
/* A foreign agent is another one than it was. */
void	 access_nodes_agent(struct access_nodes *, struct in_addr fa,
    const struct fa_agent *, enum fa_event);
/* A mip_node_key. */
const struct mip4_sa *access_nodes_key(void *nodes, const char *nai,
    size_t len, struct in_addr ha);
/* A mip_fa_key. */
const struct mip4_sa *access_nodes_fa_key(void *nodes, const char *nai,
    size_t len, struct in_addr fa);
/* What nasctl shows: an array, one object a link; and of a session, which may
 * be of any kind, its care-of address, or null. */
json_t	*access_nodes_json(const struct access_nodes *);
json_t	*access_node_coa_json(const struct session *);

/*
 * Movement to another access node [draft-navali 3.2.3, PROTOCOLS 11.7]; in
 * access_move.c. Like a ctl_handler's: NULL with *code and *message set.
 *
 * The context of a session's mobile node, for the access node it goes to. From
 * then on nothing is asked of the home agent for it here.
 */
json_t	*access_nodes_export(struct session *, const char **code,
    const char **message);
/* It does not go there after all. session: what the name is of, or NULL: its
 * session has ended, and what is left is the mark of the link that it was on,
 * by name or NAI. */
json_t	*access_nodes_unexport(struct access_nodes *, struct session *,
    const char *name, const char **code, const char **message);
/* What another one has exported: its mobile node comes to the link. */
json_t	*access_nodes_import(struct access_nodes *, const char *link,
    const json_t *context, const char **code, const char **message);
/* Over a restart, who has been exported is not brought back: each such link is
 * put into the state file [D222]; what is in there of one is taken back. */
void	 access_nodes_save(const struct access_nodes *, struct statelog *);
void	 access_nodes_load(struct access_nodes *, const uint8_t *body,
    size_t len);

#endif
