/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A DHCPv6 server for one subscriber a link [RFC 8415 16, 18.3; PROTOCOLS 11.3,
 * 14.4, D26, D27, D150-D157]. Pure: dhcp6.c puts a socket under it, a test
 * whatever it likes. It has no addresses to give: the link's owner is asked for
 * one, registers a home address for the subscriber, and says which.
 *
 *   dhcp6_server.c	links: their states, timers and what owners say
 *   dhcp6_server_in.c	messages: which are valid, and what each does
 *   dhcp6_server_out.c	answers
 *
 * A link knows one client, one IA_NA of it and one address. Whatever else is
 * asked for is answered that there is none, and remembered nowhere.
 */
#ifndef NASD_DHCP6_SERVER_H
#define NASD_DHCP6_SERVER_H

#include "common/clock.h"
#include "common/dhcp6.h"
#include "common/table.h"

struct dhcp6_link;
struct timers;

/* X(NAME, text): the text is the key of "show statistics". */
#define DHCP6_COUNTERS(X)						\
	X(RX, "received")						\
	X(RX_SOLICIT, "solicits")					\
	X(RX_REQUEST, "requests")					\
	X(RX_CONFIRM, "confirms")					\
	X(RX_RENEW, "renews")						\
	X(RX_REBIND, "rebinds")						\
	X(RX_RELEASE, "releases")					\
	X(RX_DECLINE, "declines")					\
	X(RX_INFORMATION, "information_requests")			\
	X(RX_RELAYED, "relayed")					\
	X(RX_AGAIN, "repeated_while_asked")				\
	X(SENT_ADVERTISE, "sent_advertises")				\
	X(SENT_REPLY, "sent_replies")					\
	X(SEND_FAILED, "send_failed")					\
	X(ASKED, "addresses_asked_for")					\
	X(BOUND, "leases_bound")					\
	X(RENEWED, "leases_renewed")					\
	X(RELEASED, "leases_released")					\
	X(DECLINED, "leases_declined")					\
	X(EXPIRED, "leases_expired")					\
	X(LAPSED, "offers_lapsed")					\
	X(WITHDRAWN, "leases_withdrawn")				\
	X(REFUSED, "refused_by_owner")					\
	X(REFUSED_HELD, "refused_shortly_after")			\
	X(REFUSED_CLIENT, "refused_second_client")			\
	X(REFUSED_IA, "refused_second_ia")				\
	X(REFUSED_IA_TA, "refused_temporary_address")			\
	X(REFUSED_IA_PD, "refused_prefix")				\
	X(NO_BINDING, "refused_no_binding")				\
	X(NOT_ON_LINK, "refused_not_on_link")				\
	X(USE_MULTICAST, "refused_unicast")				\
	X(IAS_LEFT_OUT, "identity_associations_left_out")		\
	X(DROP_TRUNCATED, "dropped_truncated")				\
	X(DROP_INTERFACE, "dropped_unknown_interface")			\
	X(DROP_RATE, "dropped_rate_limit")				\
	X(DROP_ASKS, "dropped_asks_too_often")				\
	X(DROP_MALFORMED, "dropped_malformed")				\
	X(DROP_TYPE, "dropped_unknown_type")				\
	X(DROP_NOT_OURS, "dropped_not_for_a_server")			\
	X(DROP_SOURCE, "dropped_wrong_source")				\
	X(DROP_DESTINATION, "dropped_wrong_destination")		\
	X(DROP_RELAY, "dropped_relay_not_believed")			\
	X(DROP_RELAY_SIZE, "dropped_relay_too_long")			\
	X(DROP_NO_CLIENT, "dropped_without_client_id")			\
	X(DROP_NO_SERVER, "dropped_without_server_id")			\
	X(DROP_SERVER, "dropped_with_server_id")			\
	X(DROP_OTHER_SERVER, "dropped_for_other_server")		\
	X(DROP_IA, "dropped_with_ia")					\
	X(DROP_NO_ADDRESS, "dropped_confirm_without_address")

enum dhcp6_counter {
#define X(name, text) DHCP6_C_##name,
	DHCP6_COUNTERS(X)
#undef X
	DHCP6_C_COUNT,
	DHCP6_C_OK = -1,	/* a check's verdict: nothing to count */
};

/* Why an address is not its client's any more: X(NAME, text). */
#define DHCP6_ENDS(X)							\
	X(RELEASED, "released")						\
	X(DECLINED, "declined")		/* somebody else has it */	\
	X(EXPIRED, "expired")		/* valid lifetime is over */	\
	X(LAPSED, "not requested")	/* after an ADVERTISE */

enum dhcp6_end_cause {
#define X(name, text) DHCP6_END_##name,
	DHCP6_ENDS(X)
#undef X
};

#define DHCP6_OFFER_MS		60000	/* for a REQUEST to come [D217] */
#define DHCP6_REFUSED_MS	5000	/* a refusal is repeated */
#define DHCP6_RATE		10	/* messages a second and link */
#define DHCP6_ASKS_A_MINUTE	20	/* of an owner */

struct dhcp6_link_conf {
	bool		on_request;	/* D26: registers on REQUEST; only
					 * where there is a hint */
	bool		rapid_commit;	/* is answered by a REPLY */
	bool		relays;		/* are believed */
	uint8_t		preference;
	uint32_t	sol_max_rt;	/* seconds, 60-86400; 0: not said */
	uint32_t	preferred, valid;	/* seconds [D27] */
	struct in6_addr	hint;		/* probable address, or :: */
	struct in6_addr	dns[DHCP6_DNS];
	unsigned	n_dns;
};

/* Who asks. Lives for the call only. */
struct dhcp6_asker {
	const struct dhcp6_duid	*duid;
	uint32_t		 iaid;
	struct in6_addr		 addr;	/* link-local, the client's */
	const struct dhcp6_relay *relay; /* nearest to it; NULL: none */
};

/* What the owner of a link hears. It may stop the link meanwhile. */
struct dhcp6_events {
	/* An address is wanted: dhcp6_link_assign or _refuse answers, at once
	 * or later. Not said again while it has not. */
	void	(*solicited)(void *arg, const struct dhcp6_asker *);
	/* The client has been told that the address is its own. */
	void	(*bound)(void *arg);
	/* Told so once more: the lease has another end. */
	void	(*renewed)(void *arg);
	/* The address is nobody's on this link any more. */
	void	(*ended)(void *arg, enum dhcp6_end_cause);
};

/* What must be known of a link after nasd was killed. */
struct dhcp6_lease {
	struct dhcp6_duid	client;
	uint32_t		iaid;
	struct in6_addr		addr;
	bool			bound;	/* else only offered */
	mono_t			expires; /* MONO_NEVER: infinite */
};

struct dhcp6_core {
	struct timers		*timers;
	const struct clock	*clock;
	struct dhcp6_duid	 duid;	/* ours */
	/* Sends to a port (host order) through an interface; 0 or -errno. */
	int			(*send)(void *arg, unsigned ifindex,
				    const struct in6_addr *to, uint16_t port,
				    const uint8_t *, size_t);
	void			*arg;
	struct table		 links;
	size_t			 n_asked, n_offered, n_bound;
	uint64_t		 count[DHCP6_C_COUNT];
};

/* The members before links are set by the caller. 0 or -ENOMEM. */
int	 dhcp6_core_init(struct dhcp6_core *);
/* All links must have been stopped. */
void	 dhcp6_core_free(struct dhcp6_core *);
/* A datagram to UDP port 547 that an interface has received. */
void	 dhcp6_core_input(struct dhcp6_core *, unsigned ifindex,
    const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *,
    size_t);
const char *dhcp6_counter_key(enum dhcp6_counter);
const char *dhcp6_end_text(enum dhcp6_end_cause);

/* Serves an interface; there must be no link of it yet. conf is copied,
 * subject is not. NULL: no memory. */
struct dhcp6_link *dhcp6_core_start(struct dhcp6_core *, unsigned ifindex,
    const char *subject, const struct dhcp6_link_conf *,
    const struct dhcp6_events *, void *arg);
unsigned dhcp6_link_ifindex(const struct dhcp6_link *);
/* Serves it no longer; the client hears nothing, nor does the owner. */
void	 dhcp6_core_stop(struct dhcp6_link *);
void	 dhcp6_link_configure(struct dhcp6_link *,
    const struct dhcp6_link_conf *);
/* Answers solicited: the client is told of its address. At another time it is
 * a new address in place of the one it has, of which the client hears when it
 * renews; without a client it means nothing. */
void	 dhcp6_link_assign(struct dhcp6_link *, const struct in6_addr *);
/* Answers solicited: there is none. text is for people. Whoever asks within
 * the next 5 s is told the same. */
void	 dhcp6_link_refuse(struct dhcp6_link *, const char *text);
/* The address ends then, and is prolonged no further; MONO_NEVER: or it does
 * not. The client hears of it whenever it is told its lifetimes. Holds until
 * the address is nobody's any more. */
void	 dhcp6_link_limit(struct dhcp6_link *, mono_t);
/* The address is lost, which the client hears when it renews. */
void	 dhcp6_link_withdraw(struct dhcp6_link *);
/* False: there is none. */
bool	 dhcp6_link_lease(const struct dhcp6_link *, struct dhcp6_lease *);
/* Goes on with a lease of a server before this one. 0; -EINVAL for what can be
 * no lease, -EBUSY when there is a client already. */
int	 dhcp6_link_restore(struct dhcp6_link *, const struct dhcp6_lease *);

#endif
