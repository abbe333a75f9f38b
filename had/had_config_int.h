/* SPDX-License-Identifier: BSD-2-Clause */
/* Between had_config.c (what is of the home agent and its pools) and those that
 * read what is of others: had_config_peer.c, had_config_node.c,
 * had_config_user.c (realms and subscribers) and more. */
#ifndef HAD_HAD_CONFIG_INT_H
#define HAD_HAD_CONFIG_INT_H

#include "common/conf.h"
#include "had/had_config.h"

/* The pool of this name; NULL after reporting it as option key's mistake. */
struct pool *had_config_pool(struct conf *, const struct had_config *,
    cfg_t *sec, const char *key, const char *name);

/* The pools that option "pools" names, or all. To be freed. */
struct pool **had_config_pools(struct conf *, const struct had_config *,
    cfg_t *sec, size_t *n);

/* The address of a host; 0, or -errno when there is none. */
int	 had_config_host(struct conf *, cfg_t *sec, const char *key,
    struct in_addr *);

/* Sections "peer"; after the pools. */
extern cfg_opt_t had_config_peer_opts[];
void	 had_config_peers(struct conf *, struct had_config *);
void	 had_config_free_peers(struct had_config *);
/* What one may use, be it an access router or access nodes. */
void	 had_config_share(struct conf *, const struct had_config *, cfg_t *sec,
    struct peer *);
void	 had_config_free_peer(struct peer *);

/* Sections "access-node"; after the peers. */
extern cfg_opt_t had_config_node_opts[];
void	 had_config_nodes(struct conf *, struct had_config *);
void	 had_config_free_nodes(struct had_config *);

/* Sections "realm"; after the peers. */
extern cfg_opt_t had_config_realm_opts[];
void	 had_config_realms(struct conf *, struct had_config *);
void	 had_config_free_realms(struct had_config *);

/* Sections "subscriber" and "user-key"; after the pools. */
extern cfg_opt_t had_config_user_opts[];
void	 had_config_users(struct conf *, struct had_config *);
void	 had_config_free_users(struct had_config *);

/* Section "user-lookup". */
extern cfg_opt_t had_config_lookup_opts[];
void	 had_config_lookup(struct conf *, cfg_t *sec, struct had_lookup_conf *);
void	 had_config_lookup_free(struct had_lookup_conf *);
/* Section "exit"; after the peers. */
extern cfg_opt_t had_config_exit_opts[];
void	 had_config_exit(struct conf *, struct had_config *);
void	 had_config_free_exit(struct had_config *);

#endif
