/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the pppd plugin and nasd: a Unix SOCK_SEQPACKET socket, one message
 * a datagram, fixed layout, big-endian. The plugin connects and sends HELLO;
 * nasd answers with a HELLO of its own or closes. A request carries a
 * transaction number, which its answer repeats; stale answers are ignored.
 * Pure: encode and decode; both ends of one machine, so no versions mix but
 * by an upgrade, when HELLO's version tells.
 */
#ifndef COMMON_PLUGPROTO_H
#define COMMON_PLUGPROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/iid.h"

#define PLUG_MAGIC	0x6e6d3470	/* "nm4p" */
#define PLUG_VERSION	2
#define PLUG_MSG_MAX	2048		/* bytes of the longest message */

#define PLUG_IFNAME	16
#define PLUG_PEER	32		/* calling station: MAC, tty, ... */
#define PLUG_NAME	256		/* user name, with its NUL */
#define PLUG_SECRET	256
#define PLUG_TEXT	256
#define PLUG_CHALLENGE	64
#define PLUG_RESPONSE	64
#define PLUG_KEY	32		/* of the encryption, each direction */
#define PLUG_EAP_MAX	1500		/* bytes of the longest EAP packet */

/* X(name, value, direction) */
#define PLUG_TYPES(X)							\
	X(HELLO, 1)		/* both: first message */		\
	X(AUTH, 2)		/* > PAP or CHAP to be checked */	\
	X(AUTH_RESULT, 3)	/* < */					\
	X(EAP, 4)		/* both: an EAP packet, relayed; the	\
				 * plugin's first one is empty */	\
	X(IID_REQ, 5)		/* > a Configure-Request is held */	\
	X(IID_ASSIGN, 6)	/* < Nak or Ack with this identifier */	\
	X(IID_REFUSE, 7)	/* < refuse IPv6CP, with the reason */	\
	X(UP, 8)		/* > IPv6CP opened */			\
	X(DOWN, 9)		/* > IPv6CP closed */			\
	X(CLOSE, 10)		/* < end the link, with the reason */	\
	X(BYE, 11)		/* > pppd ends, with the reason */	\
	X(IPV4, 12)		/* < what IPCP may give, before an	\
				 * accepting AUTH_RESULT; > IPCP has	\
				 * opened or closed. From nasds with	\
				 * IPv4 only, and to them */

enum plug_type {
#define X(name, value) PLUG_##name = value,
	PLUG_TYPES(X)
#undef X
};

#define PLUG_LAST	PLUG_IPV4

const char *plug_type_str(enum plug_type);

/* Where a link is when the plugin says HELLO: anything but PLUG_LINK_NEW is a
 * plugin that reconnects and announces its state. */
enum plug_link_state {
	PLUG_LINK_NEW,		/* LCP begins; nothing authenticated */
	PLUG_LINK_AUTHED,	/* authenticated, IPv6CP not yet asked */
	PLUG_LINK_HELD,		/* a Configure-Request is held */
	PLUG_LINK_OPEN,		/* IPv6CP is open */
};

struct plug_hello {
	uint16_t		version;	/* PLUG_VERSION */
	uint32_t		link_id;	/* option netmip4-link, given by
						 * nasd; 0 for a pppd started
						 * by something else */
	uint32_t		pid;		/* of pppd */
	enum plug_link_state	state;
	uint16_t		pppoe_sid;	/* 0: not PPPoE */
	char			ifname[PLUG_IFNAME];	/* pppN */
	char			device[PLUG_IFNAME];	/* access side */
	char			peer[PLUG_PEER];	/* calling station */
	char			user[PLUG_NAME];	/* authenticated one */
	struct iid		local, remote;	/* when OPEN */
};

enum plug_auth_kind {
	PLUG_AUTH_PAP		= 1,
	PLUG_AUTH_CHAP_MD5	= 2,
	PLUG_AUTH_MSCHAPV2	= 3,
};

struct plug_auth {
	enum plug_auth_kind	kind;
	uint8_t			chap_id;
	char			user[PLUG_NAME];
	uint16_t		secret_len;	/* PAP */
	uint8_t			secret[PLUG_SECRET];
	uint8_t			challenge_len;	/* CHAP */
	uint8_t			challenge[PLUG_CHALLENGE];
	uint8_t			response_len;
	uint8_t			response[PLUG_RESPONSE];
};

/* Of EAP it ends the conversation, whose packets have all been sent before. */
struct plug_auth_result {
	bool			accept;
	char			text[PLUG_TEXT]; /* to the peer, as it is put
						  * into the packet: MS-CHAPv2's
						  * begins with S= or E= */
	uint32_t		session_timeout; /* seconds, 0 none: for pppd's
						  * own limit */
	char			user[PLUG_NAME]; /* EAP: who the peer is */
	bool			must_encrypt;	/* no link without MPPE */
	uint8_t			key_len;	/* MPPE's, 0: none */
	uint8_t			send_key[PLUG_KEY];
	uint8_t			recv_key[PLUG_KEY];
};

struct plug_iid_req {
	uint8_t			conf_id;	/* of the Configure-Request */
	bool			has_iid;	/* the option is there */
	struct iid		iid;		/* the peer's */
	struct iid		local;		/* ours, as proposed */
	bool			insists;	/* after the Naks we send,
						 * the peer still asks for its
						 * own [PROTOCOLS D16] */
};

struct plug_iid_assign {
	struct iid		remote;		/* for the peer */
};

struct plug_up {
	struct iid		local, remote;
	char			ifname[PLUG_IFNAME];
};

/* Addresses are in network byte order, 0: none. */
#define PLUG_DNS		2
struct plug_ipv4 {
	bool			up;		/* >: IPCP is open */
	uint32_t		peer;		/* the peer's address; <: 0
						 * and it gets no IPv4 */
	uint32_t		dns[PLUG_DNS];	/* <: to be told to it */
};

/* IID_REFUSE, DOWN, CLOSE, BYE. */
struct plug_reason {
	bool			hard;		/* CLOSE: LCP too, not only
						 * IPv6CP */
	char			text[PLUG_TEXT];
};

/*
 * One packet, which the plugin looks into no further than to see that it is a
 * Response. All of a link carry the transaction of the plugin's first message,
 * which has no packet: EAP has been agreed on, nasd may ask. A later first
 * message begins anew.
 */
struct plug_eap {
	uint16_t		mtu;	/* > longest packet the peer takes; in
					 * the first message */
	bool			passed;	/* > likewise: the peer has, before this
					 * nasd; it may be asked again */
	uint16_t		len;
	uint8_t			packet[PLUG_EAP_MAX];
};

struct plug_msg {
	enum plug_type		type;
	uint32_t		txn;	/* 0 in messages that are no request */
	union {
		struct plug_hello	hello;
		struct plug_auth	auth;
		struct plug_auth_result	auth_result;
		struct plug_eap		eap;
		struct plug_iid_req	iid_req;
		struct plug_iid_assign	iid_assign;
		struct plug_up		up;
		struct plug_ipv4	ipv4;
		struct plug_reason	reason;
	};
};

/* Length written, or -EMSGSIZE. */
int	plug_encode(const struct plug_msg *, uint8_t *buf, size_t cap);
/* 0; -EPROTO for what is no message of ours; -EPROTONOSUPPORT for a HELLO of
 * another version (its version field is set). Strings are terminated, lengths
 * within bounds. */
int	plug_decode(struct plug_msg *, const uint8_t *buf, size_t len);

#endif
