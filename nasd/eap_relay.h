/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The authenticator of EAP [RFC 3748] as a pass-through: it asks for the
 * peer's identity, and from then on carries the peer's Responses to a server
 * and the server's Requests to the peer [RFC 3579 2; RFC 4137 6]. Pure: one
 * conversation at a time; its owner (session_eap.c) has the link, the timer
 * and the RADIUS client, and does what each call says.
 *
 * It looks into no method: code, identifier and length are checked in both
 * directions [RFC 3579 2.2], and the peer's identity is read. Requests are
 * sent again [RFC 3748 4.3]; a Response goes to the server once, whose client
 * repeats it as it must. What decides is the server's word, whatever packet
 * came with it [RFC 3579 2.6.3]; no packet is made up for it.
 */
#ifndef NASD_EAP_RELAY_H
#define NASD_EAP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EAP_PACKET_MAX		1500	/* bytes */
#define EAP_IDENTITY_MAX	253	/* what fits User-Name */
#define EAP_STATE_MAX		253	/* RADIUS's State */
#define EAP_TRIES		4	/* transmissions of a Request */
#define EAP_TIMEOUT_MS		3000	/* before the second; then twice that */
#define EAP_TIMEOUT_MAX_MS	10000
/* A server may ask for more patience, a person being asked [RFC 3579 2.3]. */
#define EAP_PATIENCE_MAX_S	60
#define EAP_PATIENT_TRIES	2
#define EAP_ROUNDS_MAX		64	/* of one conversation */

enum eap_relay_state {
	EAP_IDLE,		/* none, or it is over */
	EAP_PEER,		/* a Request is out */
	EAP_SERVER,		/* a Response is at the server */
};

/* What the owner is to do, in this order. */
enum eap_do {
	EAP_DO_SEND	= 1,	/* out, to the peer */
	EAP_DO_ASK	= 2,	/* the server, with the Response given */
	EAP_DO_TIMER	= 4,	/* eap_relay_timer in wait_ms */
	EAP_DO_ACCEPT	= 8,
	EAP_DO_REJECT	= 16,
	EAP_DO_GIVE_UP	= 32,	/* the peer's fault or nobody's; see why */
};

struct eap_relay {
	enum eap_relay_state	state;
	uint8_t			id;	/* of the newest Request */
	bool			identified;
	bool			patient;	/* the server gave the time */
	uint16_t		mtu;	/* longest packet to the peer */
	unsigned		tries;	/* of the Request, so far */
	unsigned		rounds;
	int64_t			wait_ms;
	const char		*why;	/* literal; of GIVE_UP, or a note for
					 * the log; NULL */
	char			identity[EAP_IDENTITY_MAX + 1];
	uint8_t			state_len;	/* RADIUS's, of the newest */
	uint8_t			state_attr[EAP_STATE_MAX];	/* challenge */
	uint16_t		out_len;
	uint8_t			out[EAP_PACKET_MAX];
	/* Counters, of all conversations. */
	uint32_t		discarded;	/* of the peer's packets */
	uint32_t		repeated;	/* Requests */
};

/* What a server says. */
enum eap_server_says { EAP_CHALLENGE, EAP_ACCEPTED, EAP_REJECTED };

struct eap_server_reply {
	enum eap_server_says	says;
	const uint8_t		*packet;	/* EAP-Message, put together */
	size_t			len;		/* 0: there was none */
	const uint8_t		*state;
	size_t			state_len;
	uint32_t		session_timeout;	/* seconds, 0: none */
};

/* Before the first conversation of a link; id is where identifiers begin,
 * random. */
void	 eap_relay_init(struct eap_relay *, uint8_t id);
/* Each returns a set of enum eap_do. */
unsigned eap_relay_start(struct eap_relay *, uint16_t mtu);
/* A packet of the peer's. *len becomes the packet's own length: padding is
 * not relayed. 0: discarded. */
unsigned eap_relay_peer(struct eap_relay *, const uint8_t *pkt, size_t *len);
unsigned eap_relay_server(struct eap_relay *, const struct eap_server_reply *);
unsigned eap_relay_timer(struct eap_relay *);
/* The server's last word, which is in out, becomes a Failure if it is not: who
 * has us as authenticator has failed [RFC 3748 4.2]. */
void	 eap_relay_refuse(struct eap_relay *);
/* Over, whatever it was doing. */
void	 eap_relay_stop(struct eap_relay *);

#endif
