/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobile IPv4 extensions: formats [RFC 3344 1.8-1.11], one table of the types
 * we know, and the extensions of draft-navali-ip6-over-netmip4-02 section 4.
 */
#ifndef COMMON_MIP4_EXT_H
#define COMMON_MIP4_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/iid.h"

struct wire_r;
struct wire_w;

enum mip4_ext_type {
	MIP4_EXT_PAD		= 0,
	MIP4_EXT_MN_HA		= 32,	/* RFC 3344 3.5.2 */
	MIP4_EXT_MN_FA		= 33,	/* RFC 3344 3.5.3 */
	MIP4_EXT_FA_HA		= 34,	/* RFC 3344 3.5.4 */
	MIP4_EXT_GEN_AUTH	= 36,	/* RFC 4721, long */
	MIP4_EXT_CVSE_OLD	= 37,	/* RFC 3025, long */
	MIP4_EXT_CVSE		= 38,	/* RFC 3115, long */
	MIP4_EXT_UDP_TUNNEL_REPLY = 44,	/* RFC 3519 */
	MIP4_EXT_PMIP		= 47,	/* RFC 5563, long */
	MIP4_EXT_GRE_KEY	= 48,	/* RFC 6245, long */
	MIP4_EXT_EXPERIMENTAL	= 127,	/* RFC 4064, long, not understood */
	MIP4_EXT_ENCAP_DELIVERY	= 130,	/* RFC 3024 3.3 */
	MIP4_EXT_NAI		= 131,	/* RFC 2794 */
	MIP4_EXT_CHALLENGE	= 132,	/* RFC 4721 */
	MIP4_EXT_NVSE		= 134,	/* RFC 3115 */
	MIP4_EXT_REV_SUPPORT	= 137,	/* RFC 3543 3.2 */
	MIP4_EXT_DYN_HA		= 139,	/* RFC 4433, long (!) */
	MIP4_EXT_MSG_STRING	= 145,	/* RFC 4917 */
	MIP4_EXT_PMIP_SKIP	= 147,	/* RFC 5563 */
	MIP4_EXT_SERVICE	= 151,	/* RFC 5446 */
};

/* The draft's numbers are to be assigned, so they are configuration
 * [PROTOCOLS D3]. */
struct mip4_ext_types {
	uint8_t	hoa_request;		/* draft-navali 4.1 */
	uint8_t	hoa_request_skip;	/* the same, skippable [D10] */
	uint8_t	hoa;			/* draft-navali 4.2 */
	uint8_t	ipv6_address;		/* draft-engelstad 5 */
};
#define MIP4_EXT_TYPES_DEFAULT						\
	{ .hoa_request = 120, .hoa_request_skip = 220, .hoa = 221,	\
	  .ipv6_address = 121 }

/* NULL, or why these numbers can not be used [D3]. */
const char *mip4_ext_types_check(const struct mip4_ext_types *);
/* NULL, or what is unwise, though possible, about them [D3]. */
const char *mip4_ext_types_warning(const struct mip4_ext_types *);

#define MIP4_NAI_MAX	253
#define MIP4_SERVICE_MAX 255
#define MIP4_MAX_AUTHS	4

/* One of 32, 33, 34 as it stood in the message. One that is too short for an
 * SPI has SPI 0, which no security association may use, and no authenticator.
 */
struct mip4_auth_ext {
	uint8_t		 type;
	uint32_t	 spi;
	size_t		 off;		/* of its Type byte in the message */
	const uint8_t	*authenticator;	/* borrowed, NULL when too short */
	size_t		 len;		/* of the authenticator, bytes */
};

/*
 * What the extensions of one message say. off_* is the offset of the Type byte
 * in the UDP payload, 0 when absent: what stands after the last verified
 * authenticator is not to be believed [PROTOCOLS 6].
 */
struct mip4_exts {
	size_t		 parsed;	/* bytes of the message that are good */

	size_t		 off_nai;
	const uint8_t	*nai;		/* borrowed, not terminated */
	size_t		 nai_len;	/* 0: not a Length of RFC 2794, or with
					 * a NUL, poorly formed, and nai NULL;
					 * never above MIP4_NAI_MAX */
	unsigned	 n_nai;

	size_t		 off_hoa_req;	/* 120, or 220: then hoa_req_skip */
	bool		 hoa_req_skip;
	bool		 hoa_req_empty;	/* Length 1 */
	struct iid	 hoa_req_iid;	/* zeros when empty */
	unsigned	 n_hoa_req;	/* 120 and 220 together */

	size_t		 off_hoa;	/* 221 */
	bool		 hoa_empty;
	bool		 hoa_unique;	/* U */
	struct in6_addr	 hoa;
	unsigned	 n_hoa;

	/* One of the extensions read here has a Length or Sub-Type it can not
	 * have (120, 220, 221 [D18]; 121 [E-D1]; 38, 47, 48, 130, 137, 151),
	 * and was not read; the message itself parses. */
	bool		 bad_ext;

	size_t		 off_rev;	/* 137 */
	bool		 rev_i;
	uint32_t	 rev_timestamp;

	size_t		 off_encap_delivery; /* first 130 */

	size_t		 off_gre;	/* 48 */
	uint32_t	 gre_key;
	unsigned	 n_gre;

	size_t		 off_pmip_auth;	/* 47 sub-type 1; another sub-type
					 * is as an unknown type */
	uint8_t		 pmip_auth_method; /* 1 FA-HA, 2 IPsec */

	size_t		 off_service;	/* first 151 */
	const uint8_t	*service;	/* borrowed, not terminated */
	size_t		 service_len;

	size_t		 off_redirect;	/* 139 sub-type 2 of Length 4; others
					 * are passed over */
	struct in_addr	 redirect;

	size_t		 off_cvse;	/* first 38 or 37 */
	uint32_t	 cvse_vendor;

	size_t		 off_ipv6_address; /* 121, draft-engelstad 5 */
	uint8_t		 ipv6_binding_type;
	struct in6_addr	 ipv6_address;

	struct mip4_auth_ext auth[MIP4_MAX_AUTHS];
	unsigned	 n_auth;	/* found; may exceed MIP4_MAX_AUTHS */

	unsigned	 n_skipped;	/* unknown 128..255 */
	uint8_t		 first_unknown;	/* for the log; also when 0..127 */
};

/*
 * Reads extensions to the end of the message that r has read the fixed part
 * of; offsets count from r's start. Where an extension of ours stands twice,
 * the first one is reported and the count tells.
 */
enum mip4_ext_result {
	MIP4_EXT_GOOD,
	MIP4_EXT_UNKNOWN,	/* first_unknown is one of 0..127 */
	MIP4_EXT_OVERRUN,	/* the one at e->parsed runs past the end */
};
enum mip4_ext_result mip4_exts_read(struct mip4_exts *e, struct wire_r *r,
    const struct mip4_ext_types *);

/* Writers; each leaves the writer's error set when there is no room. */
void mip4_put_nai(struct wire_w *, const void *nai, size_t len);
/* type: hoa_request or hoa_request_skip. iid NULL: the empty extension. */
void mip4_put_hoa_request(struct wire_w *, uint8_t type, const struct iid *);
/* hoa NULL: the empty extension. */
void mip4_put_hoa(struct wire_w *, uint8_t type, const struct in6_addr *hoa,
    bool unique);
void mip4_put_rev_support(struct wire_w *, bool i, uint32_t timestamp);
void mip4_put_gre_key(struct wire_w *, uint32_t key);
/* The Redirected HA Extension [RFC 4433 3.4.2]. */
void mip4_put_redirect(struct wire_w *, struct in_addr ha);
void mip4_put_pmip_auth(struct wire_w *, uint8_t method);
/* Service Selection; len 1..MIP4_SERVICE_MAX. */
void mip4_put_service(struct wire_w *, const void *service, size_t len);
void mip4_put_ipv6_address(struct wire_w *, uint8_t type, uint8_t binding,
    const struct in6_addr *);

/* Is Length of this type 16 bits at offset 2 [PROTOCOLS 3.1]? */
bool mip4_ext_is_long(uint8_t type);

/* NAIs are the same if equal byte for byte, the realm (after the last @)
 * without regard to case [RFC 7542 2.4]. */
bool nai_equal(const void *a, size_t alen, const void *b, size_t blen);
/* Lower-cases the realm in place, so that nai_equal becomes memcmp. */
void nai_normalize(void *nai, size_t len);

#endif
