/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside relay: relay.c (what both ways need), relay_request.c (from mobile
 * nodes), relay_reply.c (from home agents), relay_visit.c (the visitor list and
 * the data plane), relay_revoke.c. */
#ifndef FAD_RELAY_INT_H
#define FAD_RELAY_INT_H

#include "common/mip4.h"
#include "fad/known.h"
#include "fad/relay.h"

#define RELAY_SUBJECT	80	/* a NAI or address, in a log line */

/* What a reply of our own says. */
struct denial {
	const struct asked	*asked;
	uint8_t			 code;
	uint16_t		 lifetime;
	const struct mip4_sa	*mn_fa;		/* NULL: not signed */
	const char		*why;		/* or NULL */
};

/* Sends a reply with a code of ours; not more than one a second to one mobile
 * node, unless it ends something that was pending [RFC 3344 3.7.2], and not
 * many to a station or in all [D236]. */
void	 relay_deny(struct relay *, const struct denial *, bool always);
/* The same, of a pending request, which ends with it. */
void	 relay_deny_pending(struct relay *, struct pending *, uint8_t code,
    const char *why);

void	 relay_drop(struct relay *, enum fad_drop, struct in_addr from);
const char *relay_subject(const struct asked *, char buf[RELAY_SUBJECT]);
bool	 relay_may_log(struct relay *);
/* Can this be a host's home address? */
bool	 relay_is_host(const struct relay *, struct in_addr);
/* The mobile node's security association by SPI, of which 0 is none's. */
const struct mip4_sa *relay_mn_sa(const struct relay *, const struct asked *,
    uint32_t spi);
/* The first extension of this type; NULL. */
const struct mip4_auth_ext *relay_auth(const struct mip4_exts *,
    uint8_t type, unsigned *count);
/* Where an authenticator ends, in the message. */
size_t	 relay_auth_end(const struct mip4_auth_ext *);
/* Has it an extension that must not be passed over, and that only other kinds
 * of agents understand? */
bool	 relay_is_strange(const struct mip4_exts *,
    const struct mip4_ext_types *);

void	 relay_request(struct relay *, const struct relay_packet *,
    const struct mip4_msg *, enum mip4_parsed);
void	 relay_reply(struct relay *, struct in_addr src, const uint8_t *data,
    size_t len, const struct mip4_msg *, enum mip4_parsed);
void	 relay_revoke(struct relay *, struct in_addr src, uint16_t sport,
    const uint8_t *data, const struct mip4_msg *);

/* An accepted registration: the data path is made, then the reply (borrowed)
 * goes to where the request came from. Ends the pending request. */
void	 relay_visit(struct relay *, struct pending *, const struct mip4_rrp *,
    const struct mip4_exts *, const uint8_t *reply, size_t len);
void	 relay_expired(void *arg, struct visitor *);
void	 relay_timed_out(void *arg, struct pending *);
/* To where the request came from, by the address rules of RFC 3344 3.7.2.3. */
void	 relay_to_node(struct relay *, const struct node *,
    struct in_addr home, const uint8_t *data, size_t len);
/* Tells who advertises, if it has changed. */
void	 relay_look_busy(struct relay *);

#endif
