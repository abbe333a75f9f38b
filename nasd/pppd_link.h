/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plugin server: accepts pppd plugins on the Unix socket, decodes their
 * messages (common/plugproto.h) and posts them. A connection that says
 * nothing valid in 5 s, or something invalid ever, is closed and logged.
 */
#ifndef NASD_PPPD_LINK_H
#define NASD_PPPD_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/clock.h"
#include "common/plugproto.h"

struct event_base;
struct timers;
struct pppd_server;
struct pppd_link;		/* one plugin's connection */

struct pppd_link_events {
	/* A plugin said HELLO (new or reconnecting). Return the owner, which
	 * later events carry, or NULL: its link is told to end. */
	void	*(*hello)(void *arg, struct pppd_link *,
	    const struct plug_hello *);
	void	(*auth)(void *owner, const struct plug_auth *);
	void	(*eap)(void *owner, const struct plug_eap *);
	void	(*iid_req)(void *owner, const struct plug_iid_req *);
	void	(*up)(void *owner, const struct plug_up *);
	void	(*down)(void *owner, const char *reason);
	void	(*ipv4)(void *owner, const struct plug_ipv4 *);
	/* BYE, or the connection ended (reason says which): the link is freed
	 * after this. */
	void	(*gone)(void *owner, const char *reason);
};

/* Opens the listening socket: SOCK_SEQPACKET, mode 0600. Before privileges
 * are dropped. Replaces what a dead nasd left; -EADDRINUSE when one serves it.
 * Descriptor or -errno. */
int	 pppd_server_listen(const char *path);
struct pppd_server *pppd_server_new(struct event_base *, struct timers *,
    const struct clock *, int fd, const struct pppd_link_events *, void *arg);
void	 pppd_server_free(struct pppd_server *);

/* Answers. Those to requests use the transaction of the newest request of
 * their kind; without one open they do nothing. */
void	 pppd_link_auth_result(struct pppd_link *,
    const struct plug_auth_result *);
/* What IPCP may give the peer; before pppd_link_auth_result. */
void	 pppd_link_ipv4(struct pppd_link *, const struct plug_ipv4 *);
void	 pppd_link_eap(struct pppd_link *, const void *packet, uint16_t len);
void	 pppd_link_assign(struct pppd_link *, struct iid remote);
void	 pppd_link_refuse(struct pppd_link *, const char *reason);
/* How it is to call itself when it comes back, if nasd has not started its
 * pppd: from within the hello event. */
void	 pppd_link_name(struct pppd_link *, uint32_t link_id);
void	 pppd_link_close(struct pppd_link *, bool hard, const char *reason);
/* Forgets the owner and closes the connection, no event follows. */
void	 pppd_link_drop(struct pppd_link *);
json_t	*pppd_server_stats(const struct pppd_server *);

#endif
