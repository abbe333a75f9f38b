/* SPDX-License-Identifier: BSD-2-Clause */
/* What fadctl may ask: fad's verbs on the control socket. */
#ifndef FAD_CONTROL_H
#define FAD_CONTROL_H

struct access;
struct ctl;
struct event_base;
struct relay;

struct control {
	struct relay		*relay;
	const struct access	*access;
};

/* Serves fd (of ctl_listen), which it owns; control must outlive it. NULL with
 * errno set. */
struct ctl *control_new(struct event_base *, int fd, struct control *);

#endif
