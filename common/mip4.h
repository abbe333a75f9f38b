/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobile IPv4 messages: RFC 3344 registration, RFC 3543 revocation, with the
 * extensions of common/mip4_ext.h. Pure: bytes to struct and back.
 *
 * IPv4 and IPv6 addresses are in network byte order, integers in host order.
 */
#ifndef COMMON_MIP4_H
#define COMMON_MIP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/mip4_ext.h"

#define MIP4_PORT		434
#define MIP4_MAX_MSG		1400	/* the longest message we build */
#define MIP4_LIFETIME_INFINITY	0xffff

enum mip4_type {
	MIP4_RRQ	= 1,	/* Registration Request, RFC 3344 3.3 */
	MIP4_RRP	= 3,	/* Registration Reply, RFC 3344 3.4 */
	MIP4_REV	= 7,	/* Registration Revocation, RFC 3543 3.3 */
	MIP4_REV_ACK	= 15,	/* Revocation Acknowledgment, RFC 3543 3.4 */
};

/* Flags of a Registration Request. */
#define MIP4_F_S	0x80	/* simultaneous bindings */
#define MIP4_F_B	0x40	/* broadcast datagrams */
#define MIP4_F_D	0x20	/* decapsulation by the mobile node */
#define MIP4_F_M	0x10	/* minimal encapsulation */
#define MIP4_F_G	0x08	/* GRE encapsulation */
#define MIP4_F_r	0x04	/* reserved; RFC 2002's V */
#define MIP4_F_T	0x02	/* reverse tunnelling, RFC 3024 */
#define MIP4_F_x	0x01	/* reserved */

/* Codes of a Registration Reply; X(name, value, text). */
#define MIP4_CODES(X)							\
	X(ACCEPTED, 0, "accepted")					\
	X(ACCEPTED_NO_SIMUL, 1,						\
	    "accepted, simultaneous bindings unsupported")		\
	X(FA_UNSPECIFIED, 64, "foreign agent: reason unspecified")	\
	X(FA_PROHIBITED, 65,						\
	    "foreign agent: administratively prohibited")		\
	X(FA_RESOURCES, 66, "foreign agent: insufficient resources")	\
	X(FA_MN_AUTH, 67,						\
	    "foreign agent: mobile node failed authentication")		\
	X(FA_HA_AUTH, 68,						\
	    "foreign agent: home agent failed authentication")		\
	X(FA_LIFETIME, 69, "foreign agent: requested lifetime too long") \
	X(FA_MALFORMED, 70, "foreign agent: poorly formed request")	\
	X(FA_MALFORMED_REPLY, 71, "foreign agent: poorly formed reply")	\
	X(FA_ENCAP, 72,							\
	    "foreign agent: requested encapsulation unavailable")	\
	X(FA_RESERVED_73, 73, "foreign agent: reserved and unavailable") \
	X(FA_REVERSE_UNAVAIL, 74,					\
	    "foreign agent: reverse tunnel unavailable")		\
	X(FA_REVERSE_MANDATORY, 75,					\
	    "foreign agent: reverse tunnel mandatory")			\
	X(FA_TOO_DISTANT, 76, "foreign agent: mobile node too distant")	\
	X(FA_COA, 77, "foreign agent: invalid care-of address")		\
	X(FA_TIMEOUT, 78, "foreign agent: registration timeout")	\
	X(FA_DELIVERY, 79,						\
	    "foreign agent: delivery style not supported")		\
	X(FA_HOME_NET, 80, "foreign agent: home network unreachable")	\
	X(FA_HA_HOST, 81, "foreign agent: home agent host unreachable")	\
	X(FA_HA_PORT, 82, "foreign agent: home agent port unreachable")	\
	X(FA_HA_UNREACHABLE, 88, "foreign agent: home agent unreachable") \
	X(FA_VENDOR, 89, "foreign agent: vendor specific")		\
	X(FA_NONZERO_HA, 90,						\
	    "foreign agent: non-zero home agent address required")	\
	X(FA_NONZERO_HOME, 96,						\
	    "foreign agent: non-zero home address required")		\
	X(FA_MISSING_NAI, 97, "foreign agent: missing NAI")		\
	X(FA_MISSING_HA, 98, "foreign agent: missing home agent")	\
	X(FA_MISSING_HOME, 99, "foreign agent: missing home address")	\
	X(FA_CVSE_MN, 100,						\
	    "foreign agent: unable to interpret CVSE of mobile node")	\
	X(FA_CVSE_HA, 101,						\
	    "foreign agent: unable to interpret CVSE of home agent")	\
	X(FA_UNKNOWN_CHALLENGE, 104, "foreign agent: unknown challenge") \
	X(FA_MISSING_CHALLENGE, 105, "foreign agent: missing challenge") \
	X(FA_STALE_CHALLENGE, 106, "foreign agent: stale challenge")	\
	X(FA_MISSING_KEY, 107, "foreign agent: missing MN-FA key")	\
	X(FA_BAD_AAA, 108, "foreign agent: AAA authentication failed")	\
	X(FA_HA_CHALLENGE, 109,						\
	    "foreign agent: home agent sent a wrong challenge")		\
	X(FA_EXPERIMENTAL, 127, "foreign agent: experimental")		\
	X(HA_UNSPECIFIED, 128, "reason unspecified")			\
	X(HA_PROHIBITED, 129, "administratively prohibited")		\
	X(HA_RESOURCES, 130, "insufficient resources")			\
	X(HA_MN_AUTH, 131, "mobile node failed authentication")		\
	X(HA_FA_AUTH, 132, "foreign agent failed authentication")	\
	X(HA_ID_MISMATCH, 133, "registration Identification mismatch")	\
	X(HA_MALFORMED, 134, "poorly formed request")			\
	X(HA_TOO_MANY, 135, "too many simultaneous bindings")		\
	X(HA_UNKNOWN_HA, 136, "unknown home agent address")		\
	X(HA_REVERSE_UNAVAIL, 137, "reverse tunnel unavailable")	\
	X(HA_REVERSE_MANDATORY, 138, "reverse tunnel mandatory")	\
	X(HA_ENCAP, 139, "requested encapsulation unavailable")		\
	X(HA_CVSE_MN, 140, "unable to interpret CVSE of mobile node")	\
	X(HA_CVSE_FA, 141, "unable to interpret CVSE of foreign agent")	\
	X(HA_UDP_ENCAP, 142, "UDP encapsulation unavailable")		\
	X(HA_REDIRECT, 143, "register with redirected home agent")	\
	X(HA_BAD_AAA, 144, "home agent: AAA authentication failed")	\
	X(HA_PMIP_UNSUPPORTED, 149, "proxy registration unsupported")	\
	X(HA_PMIP_DISALLOWED, 150, "proxy registration disallowed")	\
	X(HA_SERVICE, 151, "not authorized for the service")		\
	X(HA_EXPERIMENTAL, 192, "experimental")				\
	X(FA_INVALID_HA, 194, "foreign agent: invalid home agent address")

enum mip4_code {
#define X(name, value, text) MIP4_##name = value,
	MIP4_CODES(X)
#undef X
};

/* Text of a code; "code N" is for the caller to add where it is "unknown". */
const char *mip4_code_str(uint8_t code);

struct mip4_rrq {
	uint8_t		flags;
	uint16_t	lifetime;	/* seconds; 0 deregisters */
	struct in_addr	home;
	struct in_addr	ha;
	struct in_addr	coa;
	uint64_t	id;		/* Identification */
};

struct mip4_rrp {
	uint8_t		code;
	uint16_t	lifetime;
	struct in_addr	home;
	struct in_addr	ha;
	uint64_t	id;
};

struct mip4_rev {
	bool		a;		/* sent by the home agent */
	bool		i;		/* inform */
	struct in_addr	home;
	struct in_addr	hda;		/* home domain address: the HA */
	struct in_addr	fda;		/* foreign domain address: the CoA */
	uint32_t	rev_id;		/* Revocation Identifier */
};

struct mip4_rev_ack {
	bool		i;
	struct in_addr	home;
	uint32_t	rev_id;
};

struct mip4_msg {
	enum mip4_type		type;
	union {
		struct mip4_rrq		rrq;
		struct mip4_rrp		rrp;
		struct mip4_rev		rev;
		struct mip4_rev_ack	ack;
	};
	struct mip4_exts	ext;
};

/*
 * How far a message could be read.
 *
 * MIP4_MALFORMED: the fixed part and ext.parsed bytes of extensions are good,
 * what follows is not; msg holds what was read up to there, so that a receiver
 * may answer if an authenticator before ext.parsed verifies [PROTOCOLS D41].
 * The other failures are dropped silently, and counted.
 */
enum mip4_parsed {
	MIP4_OK,
	MIP4_SHORT,		/* shorter than its fixed part */
	MIP4_UNKNOWN_TYPE,	/* not a message type of ours */
	MIP4_UNKNOWN_EXT,	/* an extension 0..127 that we do not know */
	MIP4_MALFORMED,
};

/* Parses a whole UDP payload. msg borrows from buf (NAI, authenticators).
 * types: the configured numbers of the draft's extensions. */
enum mip4_parsed mip4_parse(struct mip4_msg *msg, const uint8_t *buf,
    size_t len, const struct mip4_ext_types *types);
const char *mip4_parsed_str(enum mip4_parsed);
/* The NAI of a request that begins with it, as access routers' do; NULL of all
 * others. Borrowed, and good for no more than to guess what will be needed. */
const uint8_t *mip4_peek_nai(const uint8_t *buf, size_t len, size_t *nai_len);

/* Writes the fixed part only; extensions follow by the mip4_put_* functions
 * of mip4_ext.h and mip4_auth.h, in the order of PROTOCOLS 6. */
struct wire_w;
void mip4_put_rrq(struct wire_w *, const struct mip4_rrq *);
void mip4_put_rrp(struct wire_w *, const struct mip4_rrp *);
void mip4_put_rev(struct wire_w *, const struct mip4_rev *);
void mip4_put_rev_ack(struct wire_w *, const struct mip4_rev_ack *);

#endif
