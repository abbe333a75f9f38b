/* SPDX-License-Identifier: BSD-2-Clause */
/* Shows a daemon's answer. Each returns an exit code. */
#ifndef NASCTL_SHOW_H
#define NASCTL_SHOW_H

#include "nasctl/command.h"

command_view	show_list;	/* rows: columns, order, match */
command_view	show_changes;	/* the same; that there are none is said */
command_view	show_session;	/* one, with its timeline as a ladder */
command_view	show_object;	/* names and values */
command_view	show_context;	/* JSON in any format: for import */
command_view	show_radius_test;	/* a user's, or the list of servers */

#endif
