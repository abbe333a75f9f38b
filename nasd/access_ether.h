/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet links, each with one subscriber who has no PPP [draft-navali 3.1.3,
 * Figure 3]. His session begins when he asks for an address by DHCPv6; RADIUS
 * is asked by a name that the configuration makes of the line.
 */
#ifndef NASD_ACCESS_ETHER_H
#define NASD_ACCESS_ETHER_H

#include <jansson.h>

struct engine;
struct ethers;
struct nl_watch_link;
struct session;

/* The links of e->cfg; e->dhcp6 is there. Served from ethers_link_is on. NULL:
 * no memory. */
struct ethers *ethers_new(struct engine *);
/* An earlier nasd's sessions are there: links without one are closed. */
void	 ethers_resumed(struct ethers *);
/* All their sessions must have been freed. */
void	 ethers_free(struct ethers *);
/* What the kernel tells of an interface, whether it is one of these or not. */
void	 ethers_link_is(struct ethers *, const struct nl_watch_link *);
/* Adds them to a list of access interfaces. */
void	 ethers_json(const struct ethers *, json_t *list);

#endif
