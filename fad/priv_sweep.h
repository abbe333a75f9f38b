/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run of fad leaves in the kernel, this one or an earlier that was
 * killed. Root side only. */
#ifndef FAD_PRIV_SWEEP_H
#define FAD_PRIV_SWEEP_H

#define FAD_TUNNEL_NAME	"fad"	/* and a number */

struct fad_config;
struct nl;

/* Removes tunnels, rules, routes and neighbours of ours. */
void	 priv_sweep(struct nl *, const struct fad_config *);

#endif
