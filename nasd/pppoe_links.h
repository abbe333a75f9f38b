/* SPDX-License-Identifier: BSD-2-Clause */
/* Between pppoe.c, pppoe_links.c and pppoe_send.c: what a concentrator consists
 * of, the table of its links, and its answers. */
#ifndef NASD_PPPOE_LINKS_H
#define NASD_PPPOE_LINKS_H

#include <sys/queue.h>

#include "common/log.h"
#include "common/rate_limit.h"
#include "common/table.h"
#include "common/timers.h"
#include "nasd/pppoe_proto.h"
#include "nasd/pppoe_shared.h"

#define PPPOE_SERVICE_MAX	255
/* A link counts as starting from PADR until its session is up, but not longer
 * than so after PADS: a peer that then says nothing costs the machine nothing
 * more, and must not keep others out. */
#define PPPOE_SETTLE_MS		10000

struct pppoe_counters {
	uint64_t	padi, pado, padr, pads, padt_in, padt_out;
	uint64_t	malformed, oversize, ignored, padi_limited;
	uint64_t	bad_cookie, no_service, repeated, foreign_padt;
	uint64_t	full, per_mac, starting_full, refused, send_errors;
	uint64_t	mac_limited, padr_limited, delayed, too_busy;
	uint64_t	other_vlan, strays, padt_stray, closed;
	uint64_t	missed;
};

/* A MAC address with links, or some that rest. */
struct pppoe_station {
	struct table_node	 node;
	uint8_t			 mac[PPPOE_MAC_LEN];
	struct pppoe_link	*links;
	unsigned		 n, resting;
};

struct pppoe_link {
	struct table_node	 node;		/* by session id */
	struct pppoe		*pppoe;
	struct pppoe_station		*station;
	struct pppoe_link	*next;		/* of the station; when
						 * resting, of those */
	uint16_t		 sid;
	uint8_t			 mac[PPPOE_MAC_LEN];
	bool			 ready, peer_left;
	bool			 starting;	/* counted so */
	bool			 settling;	/* in that list */
	TAILQ_ENTRY(pppoe_link)	 settle;
	mono_t			 settle_by;
	uint16_t		 payload_echo;	/* PPP-Max-Payload, or 0 */
	mono_t			 padr_at, pads_at, rest_until;
	void			*owner;
	bool			 has_uniq, has_relay;
	uint16_t		 uniq_len, relay_len, service_len;
	char			 service[PPPOE_SERVICE_MAX + 1];
	uint8_t			 kept[];	/* Host-Uniq, relay id */
};

struct pppoe {
	struct timers		*timers;
	const struct clock	*clock;
	struct pppoe_events	 events;
	void			*arg;
	int			 fd;
	struct event		*ev;
	struct pppoe_shared	*shared;
	uint8_t			 mac[PPPOE_MAC_LEN];
	uint8_t			 key[PPPOE_KEY_LEN];
	char			 ifname[32];
	char			*ac_name;
	char			**services;
	unsigned		 max_sessions, max_per_mac, max_starting;
	unsigned		 mac_rate, max_payload;
	bool			 line_ids;
	struct rate_limit	 padi_rate, padr_rate, stray_rate;
	struct log_limit	 limit;
	struct pppoe_sids	 sids;
	struct table		 by_sid, stations;
	unsigned		 links, starting;
	uint32_t		 last_id;
	struct pppoe_link	*rest_head, **rest_tail;
	struct timer		 rest_over;
	mono_t			 quiet_until;	/* no PADT to strangers */
	TAILQ_HEAD(, pppoe_link) settlers;	/* oldest PADS first */
	struct timer		 settle_over;
	struct pppoe_counters		 n;
};

int	pppoe_links_init(struct pppoe *);	/* 0 or -ENOMEM */
/* All links must be resting. */
void	pppoe_links_fini(struct pppoe *);
struct pppoe_link *pppoe_links_by_sid(struct pppoe *, uint16_t sid);
/* NULL when this address has no link. */
struct pppoe_station *pppoe_links_station(struct pppoe *, const uint8_t *mac);
/* The link that this PADR has asked for before, or NULL. */
struct pppoe_link *pppoe_links_repeated(struct pppoe *,
    const struct pppoe_packet *, mono_t now);
/* The link that a PADR asks for, starting; NULL when memory or ids are
 * short. */
struct pppoe_link *pppoe_links_new(struct pppoe *,
    const struct pppoe_packet *, mono_t now);
/* The end of a link for everyone but its id, which rests a while. */
void	pppoe_links_rest(struct pppoe_link *);
/* PADS went out: it counts as starting for PPPOE_SETTLE_MS at most. */
void	pppoe_links_settle(struct pppoe_link *, mono_t now);

/* Answers, in pppoe_send.c. PADO, after so many milliseconds. */
void	pppoe_send_pado(struct pppoe *, const struct pppoe_packet *,
    mono_t now, int delay_ms);
void	pppoe_send_pads(struct pppoe_link *);
void	pppoe_send_padt(struct pppoe_link *);
void	pppoe_send_stray_padt(struct pppoe *, const uint8_t *mac,
    uint16_t sid);
void	pppoe_send_refusal(struct pppoe_link *, const char *why);
void	pppoe_refuse_packet(struct pppoe *, const struct pppoe_packet *,
    enum pppoe_tag_type error, const char *why);
/* The PPP-Max-Payload that answers this one; 0: none. */
uint16_t pppoe_payload_echo(const struct pppoe *,
    const struct pppoe_packet *);

#endif
