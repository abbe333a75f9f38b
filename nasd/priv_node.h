/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root side of access nodes' links: each is bridged to a tunnel of its own
 * between a care-of address and a home agent [draft-navali 3.2, 5.2.2;
 * PROTOCOLS 11.5, 12; doc/DATAPLANE]. Like priv_plane.c for sessions of access
 * routers. priv_node_ppp.c has what is different on PPP links.
 */
#ifndef NASD_PRIV_NODE_H
#define NASD_PRIV_NODE_H

struct nasd_config;
struct nasd_priv_counted;
struct nasd_priv_fa_open;
struct nasd_priv_fa_opened;
struct nasd_priv_node_name;
struct nasd_priv_node_opened;
struct nasd_priv_node_set;
struct nasd_priv_node_was_set;
struct nodes;
struct sysctls;

/* The configuration must outlive it. NULL with errno. */
struct nodes *nodes_new(const struct nasd_config *, struct sysctls *);
void	 nodes_free(struct nodes *);
/* In the root side's process: what an earlier nasd has left on links that
 * there are no more is removed. */
void	 nodes_start(struct nodes *);

/* The requests of priv_ops.h. 0 or -errno; *fd is set where there is one. */
int	 nodes_open(struct nodes *, const struct nasd_priv_node_name *,
    struct nasd_priv_node_opened *, int *fd);
int	 nodes_hear(struct nodes *, const struct nasd_priv_node_name *,
    int *fd);
int	 nodes_set(struct nodes *, const struct nasd_priv_node_set *,
    struct nasd_priv_node_was_set *, int *fd);
int	 nodes_del(struct nodes *, const struct nasd_priv_node_name *);
int	 nodes_count(struct nodes *, const struct nasd_priv_node_name *,
    struct nasd_priv_counted *);

int	 nodes_fa_open(struct nodes *, const struct nasd_priv_fa_open *,
    struct nasd_priv_fa_opened *, int *fd);

/* What an earlier nasd has left for PPP links and none has opened goes. */
void	 nodes_sweep(struct nodes *);

/* The end of all. */
void	 nodes_clear(struct nodes *);

#endif
