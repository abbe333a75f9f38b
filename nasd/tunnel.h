/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane as the rest of nasd sees it: a tunnel for each home agent,
 * and in it sessions, each a source filter and a route [doc/DATAPLANE,
 * PROTOCOLS 12]. Everything happens in priv; results come as callbacks. XDP
 * will stand behind the same calls.
 */
#ifndef NASD_TUNNEL_H
#define NASD_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

#include "common/gre_keys.h"
#include "nasd/rate.h"

struct priv_client;
struct tunnels;
struct tunnel_session;

struct tunnels *tunnels_new(struct priv_client *, struct in_addr coa);
/* Leaves nothing: priv removes what its engine leaves. */
void	 tunnels_free(struct tunnels *);

typedef void tunnel_done(void *arg, int error);

/* A session will be on this interface: has done meanwhile what does not depend
 * on its home address. Nothing comes of it, and nothing needs to be undone. */
void	 tunnels_prepare(struct tunnels *, const char *ifname,
    const char *subject);
/* Carries hoa/plen (64 when the prefix is the subscriber's alone, else 128)
 * between an interface and a home agent; sets the interface's sysctls. ip4,
 * unless 0, is the one IPv4 source that passes, to wherever the kernel sends
 * it; its route is pppd's. gre: packets are in GRE with these keys, unless its
 * own is 0. done says when packets can flow, or -errno and nothing is left. Not
 * called after tunnel_session_free. */
struct tunnel_session *tunnel_session_new(struct tunnels *,
    const char *ifname, const char *subject, struct in_addr ha,
    const struct in6_addr *hoa, unsigned plen, struct in_addr ip4,
    struct gre_keys gre, tunnel_done *, void *arg);
/* Removes filter and route. Safe when the interface has gone. */
void	 tunnel_session_free(struct tunnel_session *);
/* MTU of the tunnel in bytes [PROTOCOLS D33]. */
unsigned tunnel_mtu(const struct tunnel_session *);
/* Of the session's own interface when it was installed; 0: not known. */
unsigned tunnel_link_mtu(const struct tunnel_session *);
json_t	*tunnels_json(const struct tunnels *);

/* Counters of a session's interface, from 64-bit rtnetlink ones. */
struct tunnel_counters {
	uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint64_t	rx_dropped;	/* source filter; of an access node
					 * what its tunnel does not take */
	uint64_t	down_dropped, up_dropped;	/* rate limits */
	uint64_t	rx_carried;	/* not for the NAS itself, nor dropped;
					 * said by tunnel_count only */
};
/* error is 0, or -errno and the counters say nothing. */
typedef void tunnel_counted(void *arg, uint32_t owner, int error,
    const struct tunnel_counters *);
/* What its interface had counted when it was installed: of one that is only
 * its own nothing. */
const struct tunnel_counters *tunnel_before(const struct tunnel_session *);
/* Is its data path being made or changed right now? False for NULL. */
bool	 tunnel_is_pending(const struct tunnel_session *);
/* Reads them: also after the interface has gone, its last ones. The answer
 * comes even if the session is freed meanwhile, hence not a pointer but the
 * number of the owner. 0 or -errno. */
int	 tunnel_count(struct tunnel_session *, tunnel_counted *, void *arg,
    uint32_t owner);
/*
 * Sets the rate limits of n sessions in place of those they have: all of them
 * or none. error: 0, -EOPNOTSUPP when the kernel can not, or another -errno.
 * The answer comes even if the sessions are freed meanwhile, hence owner. 0 or
 * -errno.
 */
#define TUNNEL_RATES_MAX	64
struct tunnel_rate {
	const struct tunnel_session	*session;
	struct rate			 rate;
};
typedef void tunnel_rated(void *arg, uint64_t owner, int error);
int	 tunnels_rate(struct tunnels *, const struct tunnel_rate *, unsigned n,
    tunnel_rated *, void *arg, uint64_t owner);
/*
 * Reads those of all sessions at little cost, for tunnel_counters to tell;
 * done (unless the tunnels are freed before) when all have come, or as many as
 * could be had. False: nothing to wait for, done is not called. One at a time.
 */
bool	 tunnels_count_all(struct tunnels *, void (*done)(void *arg),
    void *arg);
/* As last read by tunnels_count_all; NULL if not yet. */
const struct tunnel_counters *tunnel_counters(const struct tunnel_session *);

#endif
