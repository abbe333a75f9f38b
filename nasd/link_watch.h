/* SPDX-License-Identifier: BSD-2-Clause */
/* Hears of the kernel what becomes of access interfaces while nasd runs:
 * their MTU, by which RFC 4638 grants payloads; and a VLAN's end; and that
 * somebody else has removed a tunnel's device. */
#ifndef NASD_LINK_WATCH_H
#define NASD_LINK_WATCH_H

struct engine;
struct link_watch;

/* Before privileges are dropped. NULL after saying why on the log. */
struct link_watch *link_watch_new(struct engine *);
void	 link_watch_free(struct link_watch *);

#endif
