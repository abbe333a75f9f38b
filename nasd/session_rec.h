/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session is to the state file: all that nasd must know of it after it
 * was killed and that neither the kernel nor the plugin can tell. Between
 * session_save.c, which fills and reads it, and common/statelog.h. Pure.
 *
 * Each member is a tag, a length and its bytes, so that another version reads
 * what it knows and leaves the rest. Holds a key: wipe it.
 */
#ifndef NASD_SESSION_REC_H
#define NASD_SESSION_REC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"
#include "common/iid.h"
#include "common/mip4_ext.h"
#include "nasd/aaa.h"
#include "nasd/dhcp6_server.h"
#include "nasd/line_id.h"
#include "nasd/rate.h"
#include "nasd/tunnel.h"

/* Types of records in the state file. */
enum {
	REC_GLOBAL = 1,
	REC_SESSION,
	REC_COUNT,
	REC_GONE,		/* uint32_t: number of what is gone */
	REC_LEFT,		/* as REC_SESSION: left_save.h */
	REC_MOVED,
};

#define REC_KEY		32
#define REC_BOOT_ID	16
#define REC_MAX		4096	/* bytes of an encoded record */

#define REC_DAE		16	/* clients of RFC 5176 */

/* A client whose clock is ahead: the last Event-Timestamp of its that was. */
struct rec_dae {
	struct in_addr	addr;		/* 0.0.0.0: none */
	uint32_t	stamp;		/* Unix seconds */
};

/* Of nasd as a whole. */
struct rec_global {
	uint8_t		boot_id[REC_BOOT_ID];	/* the kernel's */
	uint32_t	nr_reserved;	/* no session has a higher number */
	uint8_t		cookie_key[REC_KEY];
	bool		drained;
	struct rec_dae	dae[REC_DAE];
};

enum rec_phase {
	REC_PENDING,		/* not yet up; may be registered */
	REC_UP,
	REC_ENDING,		/* what it still owes is not known to be done */
};

/* Times are nanoseconds of the monotonic clock, of the same boot. */
struct session_rec {
	uint32_t	nr;
	uint8_t		access;		/* enum access_kind */
	char		id[17];
	uint8_t		phase;
	int64_t		saved_at;
	int32_t		pid;
	uint8_t		cause;
	char		why[160];

	char		ifname[16], device[16], calling[32], service[64];
	uint16_t	pppoe_sid;
	bool		has_mac;
	uint8_t		mac[6];
	uint32_t	mru;
	struct line_id	circuit_id, remote_id;
	struct iid	local;

	char		user[PLUG_NAME];
	struct aaa_grant grant;		/* without reply, and with these: */
	struct aaa_class class[AAA_CLASSES];
	unsigned	n_class;
	bool		accounting, came_up;
	int64_t		up_since, interim_due, idle_since;
	int64_t		granted_at;	/* Session-Timeout's start */
	struct rate	rate;
	uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets;
	struct rec_before {
		uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets;
		uint64_t	rx_dropped, down_dropped, up_dropped;
	} before;			/* what its interface counted */
	uint64_t	carried;
	/* At an access node: what was put into the tunnel for the mobile node;
	 * it was imported, and has not come. */
	uint64_t	said;
	bool		awaited;

	char		nai[MIP4_NAI_MAX + 1];
	struct in_addr	ha;
	bool		unique, registered, hoa_unique;
	struct iid	iid;
	struct in6_addr	hoa;
	uint16_t	lifetime;
	/* the registration's own */
	bool		has_reg, reg_bound, revocable, rev_acted, moved;
	bool		node;		/* an access node's, bound to coa */
	struct in_addr	via;		/* its foreign agent, or 0 */
	struct in_addr	coa;
	struct in_addr	home;
	int64_t		expires;	/* INT64_MAX: never */
	uint32_t	rev_floor;
	int32_t		clock_offset;	/* the home agent's */
	uint64_t	last_id;	/* Identification, at that agent */
	struct gre_keys	gre;
	uint8_t		agent_gre;	/* enum mip_agent_gre */
	struct dhcp6_lease lease;
};

/* REC_COUNT: what changes often. */
struct rec_count {
	uint32_t	nr;
	uint32_t	pad;
	int64_t		saved_at, interim_due, idle_since;
	uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint64_t	carried;	/* not in an earlier nasd's */
};

/* Of an access node's link: whose mobile node has been exported, on which
 * interface, and how often that had had carrier by then. */
struct rec_moved {
	char		link[16];
	char		nai[MIP4_NAI_MAX + 1];
	bool		on;		/* else it is over */
	uint32_t	ifindex, ups;
};

/* Length written, or -EMSGSIZE. */
int	 session_rec_encode(const struct session_rec *, uint8_t *buf,
    size_t cap);
/* 0, or -EPROTO for what can be no session. Strings end, counts and lengths
 * are within bounds. */
int	 session_rec_decode(struct session_rec *, const uint8_t *buf,
    size_t len);
void	 session_rec_wipe(struct session_rec *);

int	 rec_global_encode(const struct rec_global *, uint8_t *buf, size_t cap);
int	 rec_global_decode(struct rec_global *, const uint8_t *buf, size_t len);
int	 rec_moved_encode(const struct rec_moved *, uint8_t *buf, size_t cap);
int	 rec_moved_decode(struct rec_moved *, const uint8_t *buf, size_t len);

#endif
