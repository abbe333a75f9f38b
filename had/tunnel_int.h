/* SPDX-License-Identifier: BSD-2-Clause */
/* Between tunnel.c (which there are, and their routes), tunnel_repair.c (what
 * somebody else has broken) and tunnel_gre.c (routes of the one device that
 * all GRE tunnels to access routers have in common). */
#ifndef HAD_TUNNEL_INT_H
#define HAD_TUNNEL_INT_H

#include <stddef.h>

#include <arpa/inet.h>

#include "common/priv.h"
#include "common/table.h"
#include "common/timers.h"
#include "had/priv_ops.h"
#include "had/ring.h"
#include "had/tunnel.h"

struct kernel;

struct tunnel {
	struct table_node	node;
	struct timer		idle;
	struct timer		retry;
	struct kernel		*owner;
	struct had_priv_tunnel	end;
	unsigned		refs;		/* routes */
	unsigned		ifindex;	/* 0: not known */
	unsigned		leads_by;	/* to the device of its agent,
						 * or 0 */
	bool			pending;	/* priv has not answered */
	bool			failed;
	bool			doubtful;	/* to be checked when answers
						 * are there */
	struct ring		good;		/* in place */
	struct ring		old;		/* so before the check that is
						 * under way */
	struct ring		todo;		/* to be made anew */
	struct ring		held;		/* refused: the device had gone,
						 * and the owner still waits */
	unsigned		redoing;	/* answers due */
	unsigned		redone;		/* in this repair */
	unsigned		retry_ms;
};

struct dp_route {
	struct ring		ring;
	struct in6_addr		prefix;
	unsigned		len;		/* 0: a socket */
	int			fd;		/* that; -1: none */
	struct tunnel		*tunnel;
	uint32_t		 handle;
	unsigned		 due;		/* answers of priv */
	bool			 waiting;	/* done is to be called */
	bool			 refused;	/* half of it may be there */
	bool			 deleted;	/* nobody waits for it */
	dp_done			*done;
	void			*arg;
};

struct kernel {
	struct dataplane	 dp;
	struct priv_client	*priv;
	struct timers		*timers;
	const struct clock	*clock;
	struct table		 tunnels;
	struct table		 gre_routes;	/* tunnel_gre.c's */
	uint32_t		 next_handle;
	struct tunnel_stats	 stats;
};

/* tunnel.c */
const char *tunnel_name(const struct tunnel *, char s[static INET_ADDRSTRLEN]);
int	 tunnel_ask(const struct tunnel *, uint16_t op, priv_done *, void *arg);
int	 tunnel_ask_route(struct kernel *, uint16_t op, const struct dp_route *,
    priv_done *, void *arg);
/* The socket that came with an answer, instead of an earlier one. */
void	 tunnel_take_fd(struct dp_route *, int fd);
void	 tunnel_free_route(struct dp_route *);

/* tunnel_repair.c: is its device as we made it? Else it is made anew. */
void	 tunnel_check(struct tunnel *);
void	 tunnel_retry(struct timer *);	/* a tunnel's */
/* What the root side says of a device. Was it made? */
bool	 tunnel_take_reply(struct tunnel *, const void *body, size_t len);
/* Refused since the device has just gone? Then it is tried again when that has
 * been looked into; what is refused then is refused. */
bool	 tunnel_hold(struct dp_route *, int status);

/* tunnel_gre.c: a zeroed route through the common device. */
struct dp_route *tunnel_gre_route(const struct dp_entry *);
/* It takes the place of the one of its prefix from now on. */
void	 tunnel_gre_asked(struct kernel *, struct dp_route *);
/* It is one of them, and is not asked for any more. */
void	 tunnel_gre_leave(struct kernel *, struct dp_route *);
/* What is asked of the root side about it, beyond what it has in common. */
void	 tunnel_gre_ask(const struct dp_route *, struct had_priv_route *);

#endif
