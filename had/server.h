/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP port 434: datagrams to reg, replies back from the address asked. */
#ifndef HAD_SERVER_H
#define HAD_SERVER_H

#include <stdint.h>

struct event_base;
struct reg;
struct reg_flow;
struct server;

/* Opens the socket; before privileges are dropped. Descriptor or -errno. */
int	 server_open(uint16_t port);
/* Serves fd, which it owns, until freed. Sets reg->send. NULL with errno. */
struct server *server_new(struct event_base *, int fd, struct reg *);
void	 server_free(struct server *);

#endif
