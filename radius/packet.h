/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RADIUS packets as bytes: header, authenticators, hidden passwords
 * [RFC 2865 3, 5.2; RFC 2866 3; RFC 3579 3.2; RFC 2869 5.14]. Pure; which
 * attributes a packet carries is its caller's (radius/attrs.h).
 */
#ifndef RADIUS_PACKET_H
#define RADIUS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

#define RADIUS_HDR	20
#define RADIUS_MAX	4096	/* bytes of the longest packet */
#define RADIUS_VECTOR	16	/* bytes of an authenticator */
#define RADIUS_PASSWORD	128	/* bytes of the longest User-Password */
#define RADIUS_USER_NAME 253	/* of the longest User-Name */
#define RADIUS_SECRET	128

enum radius_code {
	RADIUS_ACCESS_REQUEST	= 1,
	RADIUS_ACCESS_ACCEPT	= 2,
	RADIUS_ACCESS_REJECT	= 3,
	RADIUS_ACCT_REQUEST	= 4,
	RADIUS_ACCT_RESPONSE	= 5,
	RADIUS_ACCESS_CHALLENGE	= 11,
	RADIUS_STATUS_SERVER	= 12,	/* RFC 5997 */
};

/* What is shared with one server; never logged, wiped by its owner. */
struct radius_secret {
	size_t	len;
	uint8_t	data[RADIUS_SECRET];
};

/* libcrypto reads its configuration file and fetches algorithms on first use:
 * call this before chroot and seccomp. 0, or -ENOTSUP when there is no MD5
 * (FIPS mode). */
int	 radius_crypto_init(void);

/*
 * Writing. begin writes the header and, in an Access-Request or Status-Server,
 * room for the Message-Authenticator as the first attribute: there it protects
 * everything behind it against the prefix collisions of CVE-2024-3596. vector
 * is their Request Authenticator, random, and ignored for accounting, where
 * finish computes it.
 */
void	 radius_begin(struct wire_w *, enum radius_code, uint8_t id,
    const uint8_t vector[RADIUS_VECTOR]);
/* One attribute of at most 253 bytes; more sets the writer's error. */
void	 radius_put(struct wire_w *, uint8_t type, const void *, size_t len);
/* One attribute in one Vendor-Specific, the layout RFC 2865 5.26 suggests. */
void	 radius_put_vendor(struct wire_w *, uint32_t vendor, uint8_t type,
    const void *, size_t len);
/* User-Password, hidden by the secret and the packet's vector [RFC 2865
 * 5.2]. */
void	 radius_put_password(struct wire_w *, const struct radius_secret *,
    const void *, size_t len);
/* Fills in length and authenticator. The packet's length, or -EMSGSIZE. */
int	 radius_finish(struct wire_w *, const struct radius_secret *);

/* The same of an answer that we give: its Message-Authenticator first, then the
 * Response Authenticator over it all. request is the packet that is answered,
 * at least its header. */
void	 radius_begin_reply(struct wire_w *, uint8_t code,
    const uint8_t *request);
int	 radius_finish_reply(struct wire_w *, const struct radius_secret *);

/*
 * Reading. An attribute borrows the packet's bytes; vendor is 0 or, for one
 * inside a Vendor-Specific, the enterprise number.
 */
struct radius_attr {
	uint32_t	 vendor;
	uint8_t		 type;
	uint8_t		 len;
	const uint8_t	*data;
};

struct radius_iter {
	struct wire_r	 r;		/* the packet's attributes */
	struct wire_r	 sub;		/* those of a Vendor-Specific */
	uint32_t	 vendor;
};

/* Over a packet that radius_verify accepted. */
void	 radius_iter_init(struct radius_iter *, const uint8_t *pkt, size_t len);
/* False at the end. A Vendor-Specific that is not a row of type, length,
 * value is passed over from where it ceases to be. */
bool	 radius_iter_next(struct radius_iter *, struct radius_attr *);

enum radius_ma_policy {
	RADIUS_MA_IF_PRESENT,	/* verify it where there is one */
	RADIUS_MA_REQUIRED,	/* and refuse an access reply without */
	RADIUS_MA_IGNORED,	/* for servers that send wrong ones */
};

enum radius_verdict {
	RADIUS_GOOD,
	RADIUS_MALFORMED,
	RADIUS_BAD_VECTOR,	/* Response Authenticator is wrong */
	RADIUS_BAD_MA,		/* Message-Authenticator is wrong */
	RADIUS_NO_MA,		/* there is none, and one is required */
	RADIUS_PROXY_STATE,	/* there is none, but a Proxy-State: a client
				 * never sends one, and CVE-2024-3596's forged
				 * replies have their collision in it */
};

const char *radius_verdict_str(enum radius_verdict);

/* Checks a reply of len bytes against the vector of the request it answers.
 * *used is its own length; bytes behind that are padding [RFC 2865 3]. */
enum radius_verdict radius_verify(const uint8_t *pkt, size_t len,
    const uint8_t request_vector[RADIUS_VECTOR],
    const struct radius_secret *, enum radius_ma_policy, size_t *used);

#endif
