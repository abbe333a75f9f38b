/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP port 434: datagrams to reg, replies back from the address asked. */
#ifndef HAD_SERVER_H
#define HAD_SERVER_H

#include <stdint.h>

#include <netinet/in.h>

struct clock_held;
struct event_base;
struct reg;
struct reg_flow;
struct server;

/* What is sent to our configured address comes to a socket of its own, which
 * need not be told what address that is; all others, to the other one. */
enum server_sock {
	SERVER_ANY,
	SERVER_OWN,		/* -1: the address is not there (yet) */
	SERVER_SOCKS
};

/* Opens the sockets; before privileges are dropped. 0 or -errno. */
int	 server_open(struct in_addr own, uint16_t port, int fd[SERVER_SOCKS]);
/* Serves fd, which it owns, until freed. Sets reg->send. The clock, reg's own
 * or NULL, stands still while datagrams that came together are handled. NULL
 * with errno. */
struct server *server_new(struct event_base *, const int fd[SERVER_SOCKS],
    struct reg *, struct clock_held *);
void	 server_free(struct server *);

#endif
