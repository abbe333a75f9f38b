/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket on which the engine speaks neighbour discovery with a mobile node
 * behind an access node: opened by the root side. */
#ifndef HAD_ND_OPEN_H
#define HAD_ND_OPEN_H

/* A packet socket of a tunnel's device that hears nothing yet, or -errno. */
int	 nd_open(unsigned ifindex);

#endif
