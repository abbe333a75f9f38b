/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Agent advertisements and solicitations [RFC 1256, RFC 3344 2]: what they
 * look like, and when the next one is due on a link. Pure.
 */
#ifndef FAD_ADVERT_H
#define FAD_ADVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/timers.h"

/* Flags of the Mobility Agent Advertisement Extension. */
#define ADVERT_R	0x80	/* registration required */
#define ADVERT_B	0x40	/* busy */
#define ADVERT_H	0x20	/* home agent: never us */
#define ADVERT_F	0x10	/* foreign agent: always */
#define ADVERT_G	0x04	/* GRE: to some home agent at least */
#define ADVERT_T	0x01	/* reverse tunnelling, RFC 3024 */

#define ADVERT_MAX	64	/* bytes of the longest */

/* What an advertisement says. */
struct advert {
	uint16_t	lifetime;	/* of the advertisement, seconds */
	bool		router;		/* also for others than mobile nodes:
					 * Code 0 and our address, else 16 */
	struct in_addr	address;	/* ours on the link */
	int32_t		preference;
	uint16_t	sequence;
	uint16_t	reg_lifetime;	/* the longest registration */
	uint8_t		flags;
	bool		revocation;	/* X, RFC 3543 3.1 */
	struct in_addr	care_of;
	unsigned	prefix_len;	/* of address; 0: is not said */
};

/* The ICMP message with its checksum; its length, 0 without room. */
size_t	 advert_write(const struct advert *, uint8_t *buf, size_t cap);
/* Is this ICMP message an agent solicitation? TTL as it came. */
bool	 advert_is_solicitation(const uint8_t *icmp, size_t len, uint8_t ttl);
/* The one after a sequence number [RFC 3344 2.3.2]. */
uint16_t advert_next(uint16_t sequence);

/*
 * The pace of one link [RFC 1256 6.2.2]: three at once, then between min and
 * max apart. An answer to a solicitation is unicast at once while there are
 * tokens; else, and where the asker has no address, it is the next multicast
 * one, which then comes soon, but never within a second of another.
 */
struct advert_pace {
	/* to be set before advert_start */
	struct timers		*timers;
	const struct clock	*clock;
	uint32_t		 min_s, max_s;
	bool			 unsolicited;
	void			(*send)(void *arg);	/* a multicast one */
	void			*arg;
	/* own */
	struct timer		 timer;
	unsigned		 initial;	/* sent at the start */
	int64_t			 milli;		/* tokens, in thousandths */
	mono_t			 filled;
	mono_t			 last;		/* multicast one */
	bool			 any;		/* there was one */
};

void	 advert_start(struct advert_pace *);
void	 advert_stop(struct advert_pace *);
/* A solicitation: true when it is to be answered by unicast now. */
bool	 advert_solicited(struct advert_pace *, bool has_address);
/* What is advertised has changed: soon. */
void	 advert_soon(struct advert_pace *);

#endif
