/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a Router Advertisement goes out, and to whom [RFC 4861 6.2.4, 6.2.6].
 * Pure: ra.c puts a raw socket under it, a test whatever it likes.
 */
#ifndef NASD_RA_SCHED_H
#define NASD_RA_SCHED_H

#include "common/table.h"
#include "common/timers.h"
#include "nasd/ra.h"

#define RA_COUNTERS(X)							\
	X(SENT, "sent")							\
	X(SENT_SOLICITED, "sent_solicited")				\
	X(SEND_FAILED, "send_failed")					\
	X(RS, "solicitations")						\
	X(RS_INVALID, "solicitations_invalid")				\
	X(RS_UNKNOWN, "solicitations_unknown_interface")		\
	X(RS_DELAYED, "solicitations_delayed")

enum ra_counter {
#define X(name, text) RA_C_##name,
	RA_COUNTERS(X)
#undef X
	RA_C_COUNT,
};

struct ra_core {
	struct timers		*timers;
	const struct clock	*clock;
	/* 0 or -errno. */
	int			(*send)(void *arg, unsigned ifindex,
				    const struct in6_addr *to,
				    const uint8_t *, size_t);
	uint32_t		(*random)(void *arg);
	void			*arg;
	struct table		 ifaces;
	uint64_t		 count[RA_C_COUNT];
};

/* The other members are set by the caller before. 0 or -ENOMEM. */
int	 ra_core_init(struct ra_core *);
void	 ra_core_free(struct ra_core *);
struct ra_iface *ra_core_start(struct ra_core *, unsigned ifindex,
    const char *subject, const struct icmp6_ra *, ra_step *, void *arg);
/* An ICMPv6 message heard on an interface. */
void	 ra_core_input(struct ra_core *, unsigned ifindex,
    const struct in6_addr *src, uint8_t hop_limit, const uint8_t *, size_t);
const char *ra_counter_key(enum ra_counter);

#endif
