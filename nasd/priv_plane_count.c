/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data plane has counted for its sessions: their interfaces' counters,
 * the last ones of those that have gone, and what rate limits drop. Beside
 * priv_plane.c, which has the sessions; netlink_*.c reads.
 */
#include <errno.h>

#include "common/netlink.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_plane.h"
#include "nasd/priv_plane_int.h"

/* What was carried, or was to be, as far as the last reading of the rest says:
 * it is read later than that, so at most it is less than it was. */
static uint64_t
carried(struct plane *p, unsigned ifindex, const struct nl_stats *st)
{
	uint64_t not = st->rx_dropped + nl_paced(p->nl, ifindex);

	return st->rx_packets > not ? st->rx_packets - not : 0;
}

void
plane_count_before(struct plane *p, const struct iface *on,
    struct nasd_priv_session_added *reply)
{
	struct nl_stats st;

	if (!on->stays || nl_link_stats(p->nl, on->ifindex, &st) != 0)
		return;
	reply->rx_bytes = st.rx_bytes;
	reply->tx_bytes = st.tx_bytes;
	reply->rx_packets = st.rx_packets;
	reply->tx_packets = st.tx_packets;
	reply->rx_dropped = st.rx_dropped;
	reply->rx_carried = carried(p, on->ifindex, &st);
}

static void
take_count(void *arg, unsigned ifindex, const struct nl_stats *st)
{
	struct plane_session *s = plane_find_iface(arg, ifindex);
	uint64_t dropped;

	if (s == NULL)
		return;
	dropped = s->count.rx_dropped;
	s->count = *st;
	s->count.rx_dropped = dropped;	/* not told in this way */
}

static void
take_last_count(void *arg, unsigned ifindex, const struct nl_stats *st)
{
	struct plane_session *s = plane_find_iface(arg, ifindex);

	take_count(arg, ifindex, st);
	if (s != NULL)
		s->gone = true;
}

void
plane_see_who_went(struct plane *p)
{
	if (p->gone != NULL)
		nl_gone_read(p->gone, take_last_count, p);
}

static struct nasd_priv_counted
counted(const struct plane_session *s)
{
	const struct nl_stats *st = &s->count;

	return (struct nasd_priv_counted){ s->id, 0, st->rx_bytes,
	    st->tx_bytes, st->rx_packets, st->tx_packets, st->rx_dropped,
	    s->down_dropped, s->up_dropped, s->carried };
}

static void
take_down_drops(void *arg, unsigned ifindex, uint64_t packets)
{
	struct plane_session *s = plane_find_iface(arg, ifindex);

	if (s != NULL)
		s->down_dropped = packets;
}

static void
take_up_drops(void *arg, unsigned ifindex, uint64_t packets)
{
	struct plane_session *s = plane_find_iface(arg, ifindex);

	if (s != NULL)
		s->up_dropped = packets;
}

/* What a policer drops is among what the ingress drops; the rest of that is
 * the source filter's. */
static void
count_limits(struct plane *p, struct plane_session *s)
{
	if (!plane_is_limited(s))
		return;
	(void)nl_shaper_drops(p->nl, s->on.ifindex, take_down_drops, p);
	(void)nl_policer_drops(p->nl, s->on.ifindex, take_up_drops, p);
	s->count.rx_dropped -= s->up_dropped < s->count.rx_dropped ?
	    s->up_dropped : s->count.rx_dropped;
}

int
plane_count(struct plane *p, uint32_t id, struct nasd_priv_counted *c)
{
	struct plane_session *s = plane_find_session(p, id);
	struct nl_stats st;
	int err = 0;

	if (s == NULL)
		return -ENOENT;
	/* The kernel answers after whatever it is doing to the interface, so
	 * one that has gone is among those heard of by then. */
	if (!s->gone && (err = nl_link_stats(p->nl, s->on.ifindex, &st)) == 0) {
		s->count = st;
		s->carried = carried(p, s->on.ifindex, &st);
		count_limits(p, s);
	}
	if (err != 0)
		plane_see_who_went(p);
	if (err != 0 && !s->gone)
		return err;
	*c = counted(s);
	return 0;
}

int
plane_count_all(struct plane *p)
{
	if (p->nl == NULL)
		return -ENOTCONN;
	gre_tidy(&p->gre);
	plane_see_who_went(p);
	if (p->n_limited > 0) {
		(void)nl_shaper_drops(p->nl, 0, take_down_drops, p);
		(void)nl_policer_drops(p->nl, 0, take_up_drops, p);
	}
	return nl_link_stats_all(p->nl, take_count, p);
}

int
plane_counted(struct plane *p, uint32_t id, struct nasd_priv_counted *c)
{
	const struct plane_session *s = plane_find_session(p, id);

	if (s == NULL)
		return -ENOENT;
	*c = counted(s);
	return 0;
}

uint64_t
plane_gre_dropped(const struct plane *p)
{
	return p->nl != NULL ? gre_dropped(&p->gre) : 0;
}
