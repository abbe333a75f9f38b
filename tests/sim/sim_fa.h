/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A foreign agent of the simulation: the real fad/relay*.c, visitor.c, known.c
 * and advert.c over a data plane that answers sooner or later, or not well. Its
 * names are also had's: who uses it knows of fad only what is here, and in
 * advert.h.
 */
#ifndef SIM_SIM_FA_H
#define SIM_SIM_FA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/clock.h"
#include "common/gre_keys.h"
#include "common/mip4_auth.h"
#include "common/mip4_ext.h"
#include "common/timers.h"

#define FA_LINKS	2
#define FA_HAS		2
#define FA_NODES	8
#define FA_PENDING_S	7	/* how long it waits for a reply */

struct fa;

/* GRE to home agents: as fad's "gre". */
enum fa_gre {
	FA_GRE_REFUSE,
	FA_GRE_OFFER,
	FA_GRE_ALWAYS,
};

/* A mobile node that shares a key with it. */
struct fa_node {
	const char		*nai;
	const struct mip4_sa	*sa;
};

struct fa_conf {
	struct in_addr		 care_of;
	struct in_addr		 link[FA_LINKS];	/* its address there */
	struct in_addr		 ha[FA_HAS];
	const struct mip4_sa	*sa[FA_HAS];	/* NULL: shares no key */
	unsigned		 n_has;
	struct fa_node		 node[FA_NODES];
	unsigned		 n_nodes;
	uint32_t		 max_s;		/* between two advertisements;
						 * 0: has none */
	uint16_t		 sequence;	/* of the first one */
	uint32_t		 max_lifetime, max_visitors;
	uint32_t		 max_pending, max_pending_node;
	bool			 require;	/* reverse tunnels */
	enum fa_gre		 gre;
	bool			 known_only;
	bool			 revocation;
	struct timers		*timers;
	const struct clock	*clock;
	void	(*to_node)(void *arg, unsigned link, const uint8_t lladdr[6],
		    const uint8_t *data, size_t len);
	void	(*to_home)(void *arg, struct in_addr ha, uint16_t port,
		    const uint8_t *data, size_t len);
	/* An advertisement, to one or (NULL) to all. */
	void	(*to_link)(void *arg, unsigned link, const uint8_t *lladdr,
		    const uint8_t *icmp, size_t len);
	/* What comes of a way to a visitor: *status is 0 or -errno, after so
	 * many ns; 0: at once. */
	int64_t	(*answer)(void *arg, int *status);
	/* Something is as it must not be. */
	void	(*fail)(void *arg, const char *why);
	void	*arg;
};

/* A visitor, for who looks. */
struct fa_visit {
	struct in_addr	home, ha, coa;
	unsigned	link;
	uint8_t		lladdr[6];
	uint8_t		nai[MIP4_NAI_MAX];
	size_t		nai_len;
	bool		up;
	bool		way;		/* its packets find it there */
	struct gre_keys	gre;
	uint64_t	id;		/* of the request that has made it so */
	uint16_t	lifetime;	/* granted, once it was up */
	mono_t		until;
};

struct fa *fa_start(const struct fa_conf *);
void	 fa_stop(struct fa *);		/* all is forgotten */
void	 fa_from_node(struct fa *, unsigned link, const uint8_t lladdr[6],
    struct in_addr src, uint16_t port, const uint8_t *data, size_t len);
void	 fa_from_home(struct fa *, struct in_addr src, uint16_t port,
    const uint8_t *data, size_t len);
/* ICMP: nobody listens there. */
void	 fa_unreachable(struct fa *, struct in_addr ha, const uint8_t *data,
    size_t len);
void	 fa_drain(struct fa *, bool);
/* An ICMP message of a node's, with its TTL. */
void	 fa_solicited(struct fa *, unsigned link, const uint8_t lladdr[6],
    const uint8_t *icmp, size_t len, uint8_t ttl);
/* Says that it goes. */
void	 fa_farewell(struct fa *);
/* Advertises no more. */
void	 fa_hush(struct fa *);
/* Calls for each visitor; until it returns false. */
void	 fa_each(struct fa *, bool (*)(void *arg, const struct fa_visit *),
    void *arg);
/* Visitors, requests that wait, ways. */
size_t	 fa_visitors(const struct fa *);
size_t	 fa_pending(const struct fa *);
size_t	 fa_ways(const struct fa *);
/* Of all visits, without what time changes. */
uint64_t fa_digest(struct fa *);
/* What must hold of it by itself, at any time. */
void	 fa_check(struct fa *);
/* Its denials, ever. */
uint64_t fa_denied(const struct fa *);

#endif
