/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 messages as a server reads and writes them [RFC 8415 7-9, 21; RFC 4649
 * (Remote-Id), RFC 3646 (DNS); PROTOCOLS 14.4]. Pure. Who may send what, and
 * what is answered, is the server's business: nasd/dhcp6_server.h.
 */
#ifndef COMMON_DHCP6_H
#define COMMON_DHCP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct wire_w;

#define DHCP6_PORT_CLIENT	546
#define DHCP6_PORT_SERVER	547

#define DHCP6_DUID_MIN		3	/* bytes, its type counted in */
#define DHCP6_DUID_MAX		130
#define DHCP6_IAS		8	/* of a message that are looked at */
#define DHCP6_IA_ADDRS		4	/* of an IA that are remembered */
#define DHCP6_RELAYS		4	/* one behind the other */
#define DHCP6_RELAY_ID_MAX	128
#define DHCP6_DNS		4
#define DHCP6_INFINITY		UINT32_MAX	/* as a lifetime [7.7] */

/* X(name, text, number) [7.3] */
#define DHCP6_TYPES(X)							\
	X(SOLICIT, "solicit", 1)					\
	X(ADVERTISE, "advertise", 2)					\
	X(REQUEST, "request", 3)					\
	X(CONFIRM, "confirm", 4)					\
	X(RENEW, "renew", 5)						\
	X(REBIND, "rebind", 6)						\
	X(REPLY, "reply", 7)						\
	X(RELEASE, "release", 8)					\
	X(DECLINE, "decline", 9)					\
	X(RECONFIGURE, "reconfigure", 10)				\
	X(INFORMATION_REQUEST, "information-request", 11)		\
	X(RELAY_FORW, "relay-forward", 12)				\
	X(RELAY_REPL, "relay-reply", 13)

enum dhcp6_type {
#define X(name, text, number) DHCP6_##name = number,
	DHCP6_TYPES(X)
#undef X
	DHCP6_N_TYPES
};

enum dhcp6_option {
	DHCP6_OPT_CLIENTID = 1,
	DHCP6_OPT_SERVERID = 2,
	DHCP6_OPT_IA_NA = 3,
	DHCP6_OPT_IA_TA = 4,
	DHCP6_OPT_IAADDR = 5,
	DHCP6_OPT_ORO = 6,
	DHCP6_OPT_PREFERENCE = 7,
	DHCP6_OPT_ELAPSED_TIME = 8,
	DHCP6_OPT_RELAY_MSG = 9,
	DHCP6_OPT_STATUS_CODE = 13,
	DHCP6_OPT_RAPID_COMMIT = 14,
	DHCP6_OPT_INTERFACE_ID = 18,
	DHCP6_OPT_DNS_SERVERS = 23,
	DHCP6_OPT_IA_PD = 25,
	DHCP6_OPT_IAPREFIX = 26,
	DHCP6_OPT_REMOTE_ID = 37,
	DHCP6_OPT_SOL_MAX_RT = 82,
};

enum dhcp6_status {
	DHCP6_SUCCESS,
	DHCP6_UNSPEC_FAIL,
	DHCP6_NO_ADDRS_AVAIL,
	DHCP6_NO_BINDING,
	DHCP6_NOT_ON_LINK,
	DHCP6_USE_MULTICAST,
	DHCP6_NO_PREFIX_AVAIL,
};

/* Opaque, compared for equality [11]. */
struct dhcp6_duid {
	uint8_t		len;		/* 0: none */
	uint8_t		b[DHCP6_DUID_MAX];
};

/* An IA of a client's message; what a server ignores (T1, T2, lifetimes) is
 * left out. */
struct dhcp6_ia {
	uint16_t	code;		/* IA_NA, IA_TA or IA_PD */
	uint32_t	iaid;
	unsigned	n_addrs;	/* all there were, these are the */
	struct in6_addr	addr[DHCP6_IA_ADDRS];	/* first; none in IA_PD */
};

struct dhcp6_relay_id {
	uint8_t		len;
	uint8_t		b[DHCP6_RELAY_ID_MAX];
};

struct dhcp6_relay {
	uint8_t		hops;
	struct in6_addr	link, peer;
	bool		has_interface_id;
	struct dhcp6_relay_id interface_id;
	uint32_t	enterprise;	/* of the Remote-Id */
	struct dhcp6_relay_id remote_id;	/* len 0: none */
};

struct dhcp6_msg {
	uint8_t		type;		/* of the innermost message */
	uint32_t	xid;		/* 24 bits */
	struct dhcp6_duid client, server;
	struct dhcp6_ia	ia[DHCP6_IAS];
	unsigned	n_ia;		/* of these; more are counted here: */
	unsigned	n_ia_more;
	bool		rapid_commit;
	bool		has_oro, wants_dns, wants_sol_max_rt;
	/* What it came in, the outermost one first. */
	struct dhcp6_relay relay[DHCP6_RELAYS];
	unsigned	n_relays;
};

/* 0; -EBADMSG: malformed, an option where one must be that is not, two where
 * one may be; -EPROTONOSUPPORT: no type of RFC 8415; -E2BIG: more relays, or a
 * longer Interface-Id or Remote-Id, than can be remembered. Unknown options
 * are passed. Of a RELAY-REPL only the type is read: nobody sends one to us. */
int	 dhcp6_decode(struct dhcp6_msg *, const uint8_t *buf, size_t len);
/* "solicit"; NULL for a number that is none. */
const char *dhcp6_type_text(uint8_t type);
bool	 dhcp6_duid_equal(const struct dhcp6_duid *, const struct dhcp6_duid *);

/*
 * Writing, into a wire_w, whose sticky error is looked at in the end.
 */

/* Opens the RELAY-REPLs that take a message back the way it came [19.3]; they
 * are closed behind it. mark is the caller's memory between the two. */
void	 dhcp6_put_relays(struct wire_w *, const struct dhcp6_msg *,
    size_t mark[static DHCP6_RELAYS]);
void	 dhcp6_end_relays(struct wire_w *, const struct dhcp6_msg *,
    const size_t mark[static DHCP6_RELAYS]);
void	 dhcp6_put_head(struct wire_w *, enum dhcp6_type, uint32_t xid);
/* Opens an option; what is written until dhcp6_end is in it. */
size_t	 dhcp6_begin(struct wire_w *, enum dhcp6_option);
void	 dhcp6_end(struct wire_w *, size_t mark);
void	 dhcp6_put_duid(struct wire_w *, enum dhcp6_option,
    const struct dhcp6_duid *);
void	 dhcp6_put_empty(struct wire_w *, enum dhcp6_option);
void	 dhcp6_put_u8(struct wire_w *, enum dhcp6_option, uint8_t);
void	 dhcp6_put_u32(struct wire_w *, enum dhcp6_option, uint32_t);
void	 dhcp6_put_status(struct wire_w *, enum dhcp6_status,
    const char *text);
void	 dhcp6_put_dns(struct wire_w *, const struct in6_addr *, unsigned n);
/* Opens an IA; closed by dhcp6_end. Seconds; IA_TA has no t1 and t2. */
size_t	 dhcp6_begin_ia(struct wire_w *, uint16_t code, uint32_t iaid,
    uint32_t t1, uint32_t t2);
void	 dhcp6_put_addr(struct wire_w *, const struct in6_addr *,
    uint32_t preferred, uint32_t valid);

#endif
