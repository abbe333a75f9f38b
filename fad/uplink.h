/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP port 434 towards home agents: relayed requests out, replies in, and what
 * ICMP says of the former. */
#ifndef FAD_UPLINK_H
#define FAD_UPLINK_H

#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct event_base;
struct relay;
struct uplink;

/* Before privileges are dropped: a descriptor or -errno. */
int	 uplink_open(uint16_t port);
/* Serves fd, which it owns, until freed. NULL with errno. */
struct uplink *uplink_new(struct event_base *, int fd, struct relay *,
    struct in_addr care_of);
/* As relay's to_home: arg is a struct uplink. */
int	 uplink_send(void *arg, struct in_addr ha, uint16_t port,
    const uint8_t *data, size_t len);
void	 uplink_free(struct uplink *);

#endif
