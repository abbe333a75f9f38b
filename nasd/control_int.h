/* SPDX-License-Identifier: BSD-2-Clause */
/* Between control.c, which has the table of verbs and those that do
 * something, and control_show.c, which has those that only tell. */
#ifndef NASD_CONTROL_INT_H
#define NASD_CONTROL_INT_H

#include "common/ctl.h"

/* For a handler that fails. */
static inline json_t *
fail(const char **code, const char **message, const char *c, const char *m)
{
	*code = c;
	*message = m;
	return NULL;
}

/* ---- control_show.c; arg is the engine ---- */

ctl_handler control_show_sessions;
ctl_handler control_show_session;
ctl_handler control_show_recent;
ctl_handler control_show_statistics;
ctl_handler control_show_interfaces;
ctl_handler control_show_home_agents;
ctl_handler control_show_radius;
ctl_handler control_show_dynamic_authorization;
ctl_handler control_show_accounting;
ctl_handler control_show_violations;
ctl_handler control_show_version;

#endif
