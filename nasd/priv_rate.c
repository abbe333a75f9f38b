/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rate limits of sessions, root's side [doc/DATAPLANE]: down a shaper on pppN,
 * which queues what is too much, since the far end would only send it again;
 * up a policer, since what has come by the line can not be unsent. Neighbours:
 * priv_plane.c has the sessions, netlink_rate.c the messages.
 */
#include "nasd/priv_rate.h"

#include <errno.h>
#include <string.h>

#include "common/netlink.h"

#define LOG_MODULE "priv"
#include "common/log.h"

#define QUEUE_MS	100	/* without fq_codel, as its interval */
#define QUEUE_MIN	32768
#define FLOWS		64	/* queues; a few kB of memory */
#define PACKETS		1000
#define TARGET_US	5000	/* RFC 8289 4.3 */
#define INTERVAL_US	100000	/* RFC 8289 4.2 */
#define MTU		1500

static struct nl_rate
kernel_rate(uint64_t bps, uint32_t burst_ms)
{
	uint64_t queue = bps / 8 * QUEUE_MS / 1000;

	if (queue < QUEUE_MIN)
		queue = QUEUE_MIN;
	return (struct nl_rate){ .bytes = bps / 8,
	    .burst = rate_burst(bps, burst_ms),
	    .queue = queue > RATE_BURST_MAX ? RATE_BURST_MAX :
	    (uint32_t)queue };
}

/* One packet must fit into the target, or a slow line would always be too
 * full [RFC 8289 4.3]. */
static struct nl_fair
queues(uint64_t bps, bool change)
{
	uint64_t packet_us = UINT64_C(1000000) * 8 * MTU / bps;
	uint32_t more = 2 * packet_us > TARGET_US ?
	    (uint32_t)(2 * packet_us) - TARGET_US : 0;

	return (struct nl_fair){ .change = change, .flows = FLOWS,
	    .packets = PACKETS, .target_us = TARGET_US + more,
	    .interval_us = INTERVAL_US + more };
}

static void
put_down(struct nl *nl, unsigned ifindex, const struct rate *old,
    const struct rate *r)
{
	struct nl_rate k;
	struct nl_fair f;

	if (r->down_bps == 0) {
		if (old->down_bps != 0)
			nl_shaper_del(nl, ifindex, NL_IGN_NOENT);
		return;
	}
	k = kernel_rate(r->down_bps, r->burst_ms);
	f = queues(r->down_bps, old->down_bps != 0);
	nl_shaper_set(nl, ifindex, &k);
	nl_shaper_fair(nl, ifindex, &f);
}

static void
put_up(struct nl *nl, unsigned ifindex, uint16_t prio, const struct rate *old,
    const struct rate *r)
{
	struct nl_rate k;

	if (r->up_bps == 0) {
		if (old->up_bps != 0)
			nl_policer_del(nl, ifindex, prio, NL_IGN_NOENT);
		return;
	}
	k = kernel_rate(r->up_bps, r->burst_ms);
	if (old->up_bps != 0)
		nl_policer_change(nl, ifindex, &k);
	else
		nl_policer_add(nl, ifindex, prio, &k);
}

static int
install(struct nl *nl, unsigned ifindex, uint16_t prio,
    const struct rate *old, const struct rate *r)
{
	nl_begin(nl);
	put_down(nl, ifindex, old, r);
	put_up(nl, ifindex, prio, old, r);
	return nl_commit(nl, NULL, 0);
}

int
rate_install(struct nl *nl, unsigned ifindex, uint16_t prio, struct rate *is,
    const struct rate *r)
{
	static const struct rate none;
	int back, err = install(nl, ifindex, prio, is, r);

	if (err == 0) {
		*is = *r;
		return 0;
	}
	/* Whatever of it is there now, away with it, and back to the old. */
	nl_begin(nl);
	nl_shaper_del(nl, ifindex, NL_IGN_NOENT);
	nl_policer_del(nl, ifindex, prio, NL_IGN_NOENT);
	(void)nl_commit(nl, NULL, 0);
	if (rate_equal(is, &none))
		return err;
	if ((back = install(nl, ifindex, prio, &none, is)) == 0)
		return err;
	log_errorx(NULL, "interface %u: its rate limits could not be changed "
	    "(%s) nor set back (%s): it has none", ifindex, strerror(-err),
	    strerror(-back));
	*is = none;
	return -ENOTRECOVERABLE;
}
