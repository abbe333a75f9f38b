/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disconnect and Change-of-Authorization messages as bytes [RFC 5176]: what a
 * request says, and the answer to it. Pure. Which sessions it means and what
 * becomes of them is its caller's; radius/dae_seen.h knows requests again.
 */
#ifndef RADIUS_DAE_H
#define RADIUS_DAE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "radius/packet.h"

#define DAE_PORT	3799

enum dae_code {
	DAE_DISCONNECT_REQUEST	= 40,
	DAE_DISCONNECT_ACK	= 41,
	DAE_DISCONNECT_NAK	= 42,
	DAE_COA_REQUEST		= 43,
	DAE_COA_ACK		= 44,
	DAE_COA_NAK		= 45,
};

/* Error-Cause [RFC 5176 3.5]; the number is the attribute's value. */
#define DAE_CAUSES(X)							\
	X(NONE, 0, "none")						\
	X(RESIDUAL, 201, "residual session context removed")		\
	X(ATTRIBUTE, 401, "unsupported attribute")			\
	X(MISSING, 402, "missing attribute")				\
	X(NAS_MISMATCH, 403, "NAS identification mismatch")		\
	X(INVALID, 404, "invalid request")				\
	X(SERVICE, 405, "unsupported service")				\
	X(VALUE, 407, "invalid attribute value")			\
	X(PROHIBITED, 501, "administratively prohibited")		\
	X(NOT_FOUND, 503, "session context not found")			\
	X(RESOURCES, 506, "resources unavailable")			\
	X(MULTIPLE, 508, "multiple session selection unsupported")

enum dae_cause {
#define X(name, number, text) DAE_##name = number,
	DAE_CAUSES(X)
#undef X
};

const char *dae_cause_str(enum dae_cause);

/* Both borrow the packet's bytes. */
struct dae_bytes {
	const uint8_t	*p;		/* NULL: not there */
	uint8_t		 len;
};
struct dae_u32 {
	bool		 set;
	uint32_t	 v;
};

#define DAE_CLASSES	4

struct dae_request {
	bool			coa;	/* or disconnect */
	bool			has_ma;
	struct dae_u32		time;	/* Event-Timestamp, Unix seconds */
	/* NAS identification */
	struct dae_bytes	nas_id, nas_ip, nas_ip6;
	/* Session identification, n_keys in all. */
	unsigned		n_keys;
	struct dae_bytes	user, session_id, multi_id, port_id, calling,
				called, cui, circuit, remote;
	struct dae_bytes	ip4, prefix6, iid, ip6;
	struct dae_u32		port;
	/* Changes, n_changes in all. */
	unsigned		n_changes;
	struct dae_u32		session_timeout, idle_timeout, interim;
	struct dae_u32		rate_down, rate_up;
	struct dae_bytes	filter_id;
	struct dae_bytes	class[DAE_CLASSES];
	unsigned		n_class;
	/* Neither. */
	struct dae_u32		service, protocol, terminate_cause;
	struct dae_bytes	state;
};

/*
 * Whether a datagram is a request of who has the secret, and unchanged: its
 * Request Authenticator and, where there is one, Message-Authenticator. *used
 * is its length without padding. Anything but RADIUS_GOOD is dropped silently
 * [2.3, 3.4].
 */
enum radius_verdict dae_verify(const uint8_t *pkt, size_t len,
    const struct radius_secret *, size_t *used);
/*
 * Reads one that dae_verify accepted. Every attribute is mandatory [2.3]:
 * DAE_NONE, or why it must be refused; what of the request was read before
 * that, time and has_ma always, is there.
 */
enum dae_cause dae_decode(struct dae_request *, const uint8_t *pkt,
    size_t len);
/* The answer: DAE_NONE and DAE_RESIDUAL acknowledge. With the request's
 * Proxy-State and State, and a Message-Authenticator. Its length, or -EMSGSIZE
 * when it does not fit into a packet. */
int	 dae_answer(uint8_t out[RADIUS_MAX], const uint8_t *pkt, size_t len,
    enum dae_cause, const struct radius_secret *);
bool	 dae_bytes_are(const struct dae_bytes *, const void *, size_t len);

#endif
