/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a link of the DHCPv6 server: see dhcp6_server.h. */
#ifndef NASD_DHCP6_SERVER_INT_H
#define NASD_DHCP6_SERVER_INT_H

#include "common/rate_limit.h"
#include "common/timers.h"
#include "nasd/dhcp6_server.h"

#define DHCP6_STATES(X)							\
	X(IDLE, "idle")			/* nobody has an address */	\
	X(ASKED, "asked")		/* the owner is to answer */	\
	X(OFFERED, "offered")		/* advertised, not requested */	\
	X(BOUND, "bound")

enum dhcp6_state {
#define X(name, text) DHCP6_S_##name,
	DHCP6_STATES(X)
#undef X
};

/* What waits for the owner's answer: the client's newest message. */
struct dhcp6_question {
	struct dhcp6_msg	msg;
	struct in6_addr		src;
};

struct dhcp6_link {
	struct table_node	 node;
	struct dhcp6_core	*core;
	unsigned		 ifindex;
	const char		*subject;
	struct dhcp6_link_conf	 conf;
	struct dhcp6_events	 events;
	void			*arg;
	enum dhcp6_state	 state;
	struct dhcp6_lease	 lease;		/* client and iaid from ASKED
						 * on, all from OFFERED on */
	struct dhcp6_question	*question;	/* ASKED only */
	struct timer		 timer;		/* lease's or offer's end */
	mono_t			 limit;		/* of the address */
	struct rate_limit	 rate;
	mono_t			 asks_since;	/* a minute */
	unsigned		 asks;
	bool			 refused;
	mono_t			 refused_at;
	char			 refused_text[64];
};

/* What one IA of a message is told. */
enum dhcp6_ia_verdict {
	DHCP6_IA_LEFT_OUT,
	DHCP6_IA_LEASE,		/* the link's address */
	DHCP6_IA_HINT,		/* an address that it might get */
	DHCP6_IA_REFUSED,	/* what the owner has said */
	DHCP6_IA_STATUS,
};

struct dhcp6_answer {
	const struct dhcp6_msg	*to;
	const struct in6_addr	*src;
	enum dhcp6_type		 type;
	bool			 rapid;		/* Rapid Commit is repeated */
	bool			 options;	/* DNS and the like */
	bool			 has_status;	/* of the message as a whole */
	enum dhcp6_status	 status;
	struct {
		enum dhcp6_ia_verdict	verdict;
		enum dhcp6_status	status;
	}			 ia[DHCP6_IAS];
};

/* ---- dhcp6_server.c ---- */

mono_t	 dhcp6_link_now(const struct dhcp6_link *);
void	 dhcp6_link_count(struct dhcp6_link *, enum dhcp6_counter);
/* Is a refusal so fresh that the owner is not asked again? */
bool	 dhcp6_link_is_refused(const struct dhcp6_link *);
/* Asks the owner for an address for an IA of a message; the link may be gone
 * afterwards. */
void	 dhcp6_link_ask(struct dhcp6_link *, const struct dhcp6_msg *,
    const struct dhcp6_ia *, const struct in6_addr *src);
/* Answers a message that wants the link's address, by it; the link may be gone
 * afterwards. */
void	 dhcp6_link_grant(struct dhcp6_link *, const struct dhcp6_msg *,
    const struct in6_addr *src);
/* The client has been told so once more; the link may be gone afterwards. */
void	 dhcp6_link_renewed(struct dhcp6_link *);
/* The lease is over; the link may be gone afterwards. */
void	 dhcp6_link_end(struct dhcp6_link *, enum dhcp6_end_cause);

/* ---- dhcp6_server_in.c ---- */

/* The IA_NA of a message that has the link's address, or is to get it. NULL:
 * this client, or its IAs, are others. */
const struct dhcp6_ia *dhcp6_in_ia(const struct dhcp6_link *,
    const struct dhcp6_msg *);

/* ---- dhcp6_server_out.c ---- */

/* Begins an answer. */
void	 dhcp6_out_begin(struct dhcp6_answer *, enum dhcp6_type,
    const struct dhcp6_msg *, const struct in6_addr *src);
/* One IA, by its place, has no address, binding... */
void	 dhcp6_out_status(struct dhcp6_answer *, unsigned i,
    enum dhcp6_status);
/* All IAs but one (or NULL), which gets a verdict, have nothing to hope for;
 * counted. */
void	 dhcp6_out_nothing(struct dhcp6_link *, struct dhcp6_answer *,
    const struct dhcp6_ia *but, enum dhcp6_ia_verdict);
/* When the link's address, told now, ends. */
mono_t	 dhcp6_out_expiry(const struct dhcp6_link *);
void	 dhcp6_out_send(struct dhcp6_link *, const struct dhcp6_answer *);

#endif
