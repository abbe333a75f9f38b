/* SPDX-License-Identifier: BSD-2-Clause */
/* What hactl may ask: had's verbs on the control socket. */
#ifndef HAD_CONTROL_H
#define HAD_CONTROL_H

struct ctl;
struct event_base;
struct reg;

/* Serves fd (of ctl_listen), which it owns. NULL with errno set. */
struct ctl *control_new(struct event_base *, int fd, struct reg *);

#endif
