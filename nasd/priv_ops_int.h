/* SPDX-License-Identifier: BSD-2-Clause */
/* The root side's state, which is its handlers', between priv_ops.c and
 * priv_ops_access.c. */
#ifndef NASD_PRIV_OPS_INT_H
#define NASD_PRIV_OPS_INT_H

#include <stdbool.h>

#include <sys/types.h>

#include "common/priv.h"
#include "nasd/priv_reload.h"

struct nasd_config;
struct nasd_program;
struct nodes;
struct plane;
struct pppds;
struct sysctls;
struct vlan_devs;

struct nasd_priv {
	struct nasd_config	*cfg;
	struct priv_reload	 reload;
	struct pppds		*pppds;
	struct plane		*plane;
	struct vlan_devs	*vlans;
	struct nodes		*nodes;
	struct sysctls		*sysctls;
	const struct nasd_program *program;
	bool			 over;		/* remove what is left */
	pid_t			 check;		/* under way, or 0 */
	bool			 checked;	/* the last one was good */
	bool			 restart;
};

/* ---- priv_ops_access.c ---- */

priv_handler priv_op_pppoe_open;
priv_handler priv_op_vlan_open;
priv_handler priv_op_vlan_close;
priv_handler priv_op_vlan_list;
priv_handler priv_op_node_open;
priv_handler priv_op_node_hear;
priv_handler priv_op_node_set;
priv_handler priv_op_node_del;
priv_handler priv_op_node_count;
priv_handler priv_op_node_sweep;
priv_handler priv_op_fa_open;

#endif
