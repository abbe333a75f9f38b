/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets on which mobile nodes behind access nodes are heard and told. */
#ifndef HAD_MN_SOCK_H
#define HAD_MN_SOCK_H

struct event_base;
struct mn_socks;
struct reg;

/* Serves reg->mns from now on. NULL when memory is short. */
struct mn_socks *mn_socks_new(struct event_base *, struct reg *);
/* After all bindings have ended. */
void	 mn_socks_free(struct mn_socks *);

#endif
