/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPP links as access nodes [draft-navali 3.2; PROTOCOLS 11.5, D204]: who dials
 * in is a mobile node, whose home agent is its router. IPv6CP opens by itself,
 * and says that it is there. Between access_ppp*.c, which knows PPP, and
 * access_node*.c, which has the tunnels: each such link has one of their
 * places, and its care-of address, from the Access-Accept on.
 */
#ifndef NASD_ACCESS_PPP_NODE_H
#define NASD_ACCESS_PPP_NODE_H

#include <stdbool.h>

struct mip_reg_request;
struct session;
struct session_rec;

/* The link is taken, and nothing passes on it from now on but through its
 * tunnel. */
void	 access_ppp_node_begin(struct session *);
/* Has it its link again, after a restart? */
bool	 access_ppp_node_resumes(const struct session *);

/* Ops [access.h], as far as they are not PPP's. */
const char *access_ppp_node_admit(struct session *);
bool	 access_ppp_node_not_yet(struct session *);
void	 access_ppp_node_opened(struct session *);
void	 access_ppp_node_closed(struct session *, const char *reason);
void	 access_ppp_node_assign(struct session *);
void	 access_ppp_node_request(const struct session *,
    struct mip_reg_request *);
void	 access_ppp_node_install(struct session *);
void	 access_ppp_node_uninstall(struct session *);
int	 access_ppp_node_count(struct session *);
void	 access_ppp_node_leave(struct session *);
void	 access_ppp_node_save(const struct session *, struct session_rec *);
void	 access_ppp_node_restore(struct session *,
    const struct session_rec *);

#endif
