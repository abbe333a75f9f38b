/* SPDX-License-Identifier: BSD-2-Clause */
/* nasd's end of the control socket. */
#ifndef NASD_CONTROL_H
#define NASD_CONTROL_H

struct ctl;
struct engine;

/* Serves the listening descriptor, which it owns. NULL with errno. */
struct ctl *control_new(struct engine *, int fd);

#endif
