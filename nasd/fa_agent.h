/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A foreign agent on a link of ours, as its Agent Advertisements tell of it
 * [RFC 3344 2, RFC 1256; PROTOCOLS 11.6, D214, D215]: which care-of address it
 * offers, whether it is there, and whether it has forgotten whom it had. Pure:
 * messages come in, time is injected, nothing is allocated. fa_hear.c has the
 * sockets, access_node_fa.c the links behind an agent.
 *
 * Nothing proves an advertisement, so what is learnt can only make a
 * registration fail, and changes are heeded once a second.
 */
#ifndef NASD_FA_AGENT_H
#define NASD_FA_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/rate_limit.h"
#include "common/timers.h"

/* Flags of the Mobility Agent Advertisement Extension [RFC 3344 2.1.1; T: RFC
 * 3024 3.1]. */
#define FA_ADVERT_R	0x80	/* registration required */
#define FA_ADVERT_B	0x40	/* busy */
#define FA_ADVERT_H	0x20	/* home agent */
#define FA_ADVERT_F	0x10	/* foreign agent */
#define FA_ADVERT_M	0x08	/* minimal encapsulation */
#define FA_ADVERT_G	0x04	/* GRE */
#define FA_ADVERT_T	0x01	/* reverse tunnels */

#define FA_ADVERT_COAS	8	/* care-of addresses that are looked at */
#define FA_SOLICIT_LEN	8

/* What an advertisement says. */
struct fa_advert {
	uint16_t	lifetime;	/* of the advertisement, seconds; 0:
					 * the agent goes */
	uint16_t	sequence;
	uint16_t	reg_lifetime;	/* the longest registration, seconds */
	uint8_t		flags;
	struct in_addr	coa[FA_ADVERT_COAS];
	unsigned	n_coas;
};

enum fa_advert_verdict {
	FA_ADVERT_OK,
	FA_ADVERT_MALFORMED,
	FA_ADVERT_UNKNOWN,	/* has an extension below 128 that we do not
				 * know [RFC 3344 1.8] */
	FA_ADVERT_OTHER,	/* no foreign agent's */
};

/* Reads an ICMP message, whose checksum is good. */
enum fa_advert_verdict fa_advert_read(struct fa_advert *, const uint8_t *icmp,
    size_t len);
/* Writes the ICMP message of a solicitation, with its checksum. */
void	 fa_advert_solicit(uint8_t icmp[static FA_SOLICIT_LEN]);

/* X(NAME, text): the text is the key of "show statistics". */
#define FA_COUNTERS(X)							\
	X(HEARD, "advertisements")					\
	X(SOLICITED, "solicitations")					\
	X(FOUND, "found")						\
	X(LOST, "lost")							\
	X(MOVED, "care_of_addresses_changed")				\
	X(REBOOTED, "restarts")						\
	X(DROP_TTL, "dropped_ttl")					\
	X(DROP_MALFORMED, "dropped_malformed")				\
	X(DROP_UNKNOWN, "dropped_unknown_extension")			\
	X(DROP_OTHER, "dropped_no_foreign_agent")			\
	X(DROP_RATE, "dropped_too_many_changes")

enum fa_counter {
#define X(name, text) FA_C_##name,
	FA_COUNTERS(X)
#undef X
	FA_C_COUNT
};
const char *fa_counter_key(enum fa_counter);

enum fa_event {
	FA_FREE,	/* it takes new registrations, which it did not */
	FA_MOVED,	/* it has another care-of address */
	FA_REBOOTED,	/* it knows of no registration any more, or may not */
	FA_LOST,	/* nothing is heard of it any more */
};

struct fa_agent {
	/* to be set before fa_agent_start */
	struct timers		*timers;
	const struct clock	*clock;
	const char		*subject;	/* of log lines: its address */
	bool			 passive;	/* what it offers is known: it
						 * is not looked for */
	void			(*event)(void *arg, enum fa_event);
	void			(*solicit)(void *arg);	/* sends one */
	void			*arg;
	/* own */
	bool			 known;
	bool			 gone;		/* it has said that it goes */
	bool			 heard;		/* last is set */
	struct fa_advert	 last;
	struct in_addr		 coa;		/* of those it offers; stays
						 * when it is lost */
	mono_t			 until;		/* known that long */
	struct timer		 t_lost, t_solicit;
	unsigned		 n_solicited;	/* in this search */
	struct rate_limit	 changes;
	uint64_t		 count[FA_C_COUNT];
};

/* Its link is there: it is looked for if it is not known, from the beginning
 * of the pace [RFC 3344 2.4]. */
void	 fa_agent_start(struct fa_agent *);
void	 fa_agent_stop(struct fa_agent *);
/* An ICMP message from its address, with its TTL. */
void	 fa_agent_hear(struct fa_agent *, const uint8_t *icmp, size_t len,
    uint8_t ttl);
/* Can those register by it who are registered, or (first) who are not yet? */
bool	 fa_agent_offers(const struct fa_agent *, bool first);
/* How long what it has said is good, seconds; 0: not known. */
unsigned fa_agent_left(const struct fa_agent *);

#endif
