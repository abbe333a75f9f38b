/* SPDX-License-Identifier: BSD-2-Clause */
/* See eap_relay.h. */
#include "nasd/eap_relay.h"

#include <string.h>

#include "common/wire.h"

#define HEADER_LEN	4

enum { CODE_REQUEST = 1, CODE_RESPONSE, CODE_SUCCESS, CODE_FAILURE };
enum { TYPE_IDENTITY = 1, TYPE_NOTIFICATION };

/* A packet whose header is as it must be [RFC 3748 4]. */
struct packet {
	uint8_t		code, id;
	uint16_t	len;		/* its own: the rest is padding */
	struct wire_r	body;
};

static bool
parse(struct packet *p, const uint8_t *pkt, size_t len)
{
	struct wire_r	r;

	wire_r_init(&r, pkt, len);
	p->code = wire_r_u8(&r);
	p->id = wire_r_u8(&r);
	p->len = wire_r_u16(&r);
	if (r.err || p->len < HEADER_LEN)
		return false;
	p->body = wire_r_sub(&r, (size_t)p->len - HEADER_LEN);
	return !p->body.err;
}

static unsigned
over(struct eap_relay *r, enum eap_do what, const char *why)
{
	r->state = EAP_IDLE;
	r->why = why;
	return what;
}

void
eap_relay_init(struct eap_relay *r, uint8_t id)
{
	memset(r, 0, sizeof(*r));
	r->id = id;
}

void
eap_relay_stop(struct eap_relay *r)
{
	r->state = EAP_IDLE;
}

/* The Request in out goes to the peer. patience_s: the server's, or 0. */
static unsigned
request(struct eap_relay *r, uint8_t id, uint32_t patience_s)
{
	if (patience_s > EAP_PATIENCE_MAX_S)
		patience_s = EAP_PATIENCE_MAX_S;
	r->state = EAP_PEER;
	r->id = id;
	r->tries = 1;
	r->patient = patience_s != 0;
	r->wait_ms = r->patient ? patience_s * INT64_C(1000) : EAP_TIMEOUT_MS;
	return EAP_DO_SEND | EAP_DO_TIMER;
}

unsigned
eap_relay_start(struct eap_relay *r, uint16_t mtu)
{
	struct wire_w	w;

	r->mtu = mtu;
	r->identified = false;
	r->identity[0] = '\0';
	r->state_len = 0;
	r->rounds = 0;
	r->why = NULL;
	wire_w_init(&w, r->out, sizeof(r->out));
	wire_w_u8(&w, CODE_REQUEST);
	wire_w_u8(&w, (uint8_t)(r->id + 1));
	wire_w_u16(&w, HEADER_LEN + 1);
	wire_w_u8(&w, TYPE_IDENTITY);
	r->out_len = (uint16_t)w.len;
	return request(r, (uint8_t)(r->id + 1), 0);
}

/* The answer to our Request for the identity. It goes on as User-Name [RFC
 * 3579 2.1], so it must be able to. */
static unsigned
identify(struct eap_relay *r, struct wire_r *body)
{
	size_t	len;

	/* No Nak either: an Identity can not be declined [RFC 3748 5.1]. */
	if (wire_r_u8(body) != TYPE_IDENTITY || body->err) {
		r->discarded++;
		return 0;
	}
	len = wire_r_left(body);
	if (len > EAP_IDENTITY_MAX)
		return over(r, EAP_DO_GIVE_UP, "peer's identity is too long");
	wire_r_copy(body, r->identity, len);
	r->identity[len] = '\0';
	if (len == 0 || strlen(r->identity) != len)
		return over(r, EAP_DO_GIVE_UP, "peer's identity is no name");
	r->identified = true;
	r->state = EAP_SERVER;
	return EAP_DO_ASK;
}

unsigned
eap_relay_peer(struct eap_relay *r, const uint8_t *pkt, size_t *len)
{
	struct packet	p;

	/* Anything else is late, repeated or nobody's [RFC 3748 4.1]. */
	if (r->state != EAP_PEER || !parse(&p, pkt, *len) ||
	    p.code != CODE_RESPONSE || p.id != r->id ||
	    p.len <= HEADER_LEN || p.len > EAP_PACKET_MAX) {
		r->discarded++;
		return 0;
	}
	*len = p.len;
	if (!r->identified)
		return identify(r, &p.body);
	r->state = EAP_SERVER;
	return EAP_DO_ASK;
}

static void
keep_state(struct eap_relay *r, const struct eap_server_reply *q)
{
	r->state_len = 0;
	if (q->state_len == 0 || q->state_len > sizeof(r->state_attr))
		return;
	memcpy(r->state_attr, q->state, q->state_len);
	r->state_len = (uint8_t)q->state_len;
}

static unsigned
challenged(struct eap_relay *r, const struct eap_server_reply *q)
{
	struct packet	p;

	/* Without a Request there is nothing that the peer could answer, and
	 * none may be made up [RFC 3579 2.6.3]. */
	if (q->len == 0 || !parse(&p, q->packet, q->len) ||
	    p.code != CODE_REQUEST || p.len <= HEADER_LEN)
		return over(r, EAP_DO_GIVE_UP,
		    "the server's challenge holds no EAP Request");
	if (p.len > r->mtu || p.len > sizeof(r->out))
		return over(r, EAP_DO_GIVE_UP,
		    "the server's EAP Request is longer than the link takes");
	if (++r->rounds > EAP_ROUNDS_MAX)
		return over(r, EAP_DO_GIVE_UP,
		    "EAP does not come to an end");
	keep_state(r, q);
	memcpy(r->out, q->packet, p.len);
	r->out_len = p.len;
	return request(r, p.id, q->session_timeout);
}

/* The end: what the server has for the peer, then its word. */
static unsigned
decided(struct eap_relay *r, const struct eap_server_reply *q)
{
	bool		accepted = q->says == EAP_ACCEPTED;
	uint8_t		expected = accepted ? CODE_SUCCESS : CODE_FAILURE;
	unsigned	what = accepted ? EAP_DO_ACCEPT : EAP_DO_REJECT;
	struct packet	p;

	r->state_len = 0;
	if (q->len == 0)
		return over(r, what, NULL);
	if (!parse(&p, q->packet, q->len) || p.len > r->mtu ||
	    p.len > sizeof(r->out) ||
	    (p.code != CODE_SUCCESS && p.code != CODE_FAILURE))
		return over(r, what, "the server's last packet is no EAP "
		    "Success or Failure: not relayed");
	/* The peer must discard it, and could not know why [RFC 3748 4.2];
	 * nothing is made up in its place. */
	if (p.id != r->id)
		return over(r, what, "the server's last packet has another "
		    "identifier than the peer's: not relayed");
	memcpy(r->out, q->packet, p.len);
	r->out_len = p.len;
	return over(r, EAP_DO_SEND | what, p.code == expected ? NULL :
	    "the server's EAP packet contradicts its word");
}

void
eap_relay_refuse(struct eap_relay *r)
{
	struct wire_w	w;

	if (r->out[0] == CODE_FAILURE)
		return;
	wire_w_init(&w, r->out, sizeof(r->out));
	wire_w_u8(&w, CODE_FAILURE);
	wire_w_u8(&w, r->id);		/* the Response's */
	wire_w_u16(&w, HEADER_LEN);
	r->out_len = (uint16_t)w.len;
}

unsigned
eap_relay_server(struct eap_relay *r, const struct eap_server_reply *q)
{
	if (r->state != EAP_SERVER)
		return 0;
	r->why = NULL;
	return q->says == EAP_CHALLENGE ? challenged(r, q) : decided(r, q);
}

unsigned
eap_relay_timer(struct eap_relay *r)
{
	unsigned	tries = r->patient ? EAP_PATIENT_TRIES : EAP_TRIES;

	if (r->state != EAP_PEER)
		return 0;
	if (r->tries >= tries)
		return over(r, EAP_DO_GIVE_UP, "peer does not answer EAP");
	r->tries++;
	r->repeated++;
	if (!r->patient && (r->wait_ms *= 2) > EAP_TIMEOUT_MAX_MS)
		r->wait_ms = EAP_TIMEOUT_MAX_MS;
	return EAP_DO_SEND | EAP_DO_TIMER;
}
