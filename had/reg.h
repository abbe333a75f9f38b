/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registrations at the home agent: a datagram comes in, a verdict and a reply
 * come out. reg judges (PROTOCOLS 8.1, row by row) and acts on bindings, pools
 * and data plane; it reads no socket and no clock of its own, so that tests
 * run it whole. server feeds it, reg_reply writes the answers.
 */
#ifndef HAD_REG_H
#define HAD_REG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/log.h"
#include "had/binding.h"
#include "common/gre_keys.h"
#include "had/peer.h"
#include "had/pool.h"
#include "had/realm.h"
#include "had/shed.h"
#include "had/stats.h"

struct clock;
struct exits;
struct had_config;
struct mns;
struct priv_client;
struct revoker;
struct user_lookup;
struct user_radius;
struct violations;

/* Where a datagram goes, or came from. Ports in host order. */
struct reg_flow {
	struct in_addr	src, dst;
	uint16_t	sport, dport;
};

struct reg_packet {
	struct reg_flow	flow;		/* dst: as in the IP header */
	struct in_addr	local;		/* our address to answer from */
	const uint8_t	*data;		/* UDP payload */
	size_t		len;
	/* by reg_expect; or zero */
	const uint8_t	*nai;
	uint64_t	nai_hash;
};

typedef void reg_send(void *arg, const struct reg_flow *, const uint8_t *,
    size_t);

struct reg {
	const struct had_config	*conf;
	const struct clock	*clock;
	struct peers		*peers;
	struct realms		*realms;	/* NULL: none */
	struct pools		*pools;
	struct bindings		*bindings;
	struct mns		*mns;		/* behind access nodes */
	struct dataplane	*dp;
	struct revoker		*revoker;	/* NULL: no revocation */
	reg_send		*send;
	void			*send_arg;
	struct stats		 stats;
	struct log_limit	 strangers;	/* log lines about them */
	struct log_limit	 routine;	/* and about bindings */
	struct log_limit	 trouble;	/* and about what failed */
	struct log_limit	 overload;	/* and about that */
	struct shed		 shed;
	struct violations	*violations;	/* NULL: not kept */
	struct exits		*exits;		/* for control only, and: */
	struct priv_client	*root;		/* NULL: no root side */
	struct dataplane	*tunnels;	/* the kernel's, or NULL */
	struct user_lookup	*lookup;	/* NULL: nobody is asked */
	struct user_radius	*radius;	/* who asks; for its figures */
	bool			 drained;	/* no new subscribers [D85] */
	struct gre_draw		 gre;
	mono_t			 started;	/* by reg_init, as is: */
	uint64_t		 started_ntp;
};

enum reg_verdict {
	REG_DROPPED,		/* silence; a counter says why */
	REG_REPLIED,
	REG_PENDING,		/* the reply waits for the data plane, or the
				 * request for a look-up */
};

/* bindings->expired and ->arg are set here; from now on requests are new. */
void	 reg_init(struct reg *);
enum reg_verdict reg_input(struct reg *, const struct reg_packet *);
/* These will come next: what they are about is fetched from memory for all of
 * them at once. Optional, changes nothing. */
void	 reg_expect(struct reg *, struct reg_packet *, size_t n);
/* How long the datagrams that come next have waited in the socket's queue. */
void	 reg_load(struct reg *, int64_t age_ms);
/* One that has waited for a look-up: judged from the start, not counted. */
enum reg_verdict reg_input_again(struct reg *, const struct reg_packet *);
/* Ends a binding for a reason of ours: the data path goes, the peer is told
 * by a revocation where that was negotiated [RFC 3543]. */
void	 reg_end(struct reg *, struct binding *, const char *why);
/* From now on, or no more: new subscribers are sent elsewhere [D85]. */
void	 reg_drain(struct reg *, bool drained);
/* Ends all without telling anyone: the program ends. */
void	 reg_shutdown(struct reg *);

#endif
