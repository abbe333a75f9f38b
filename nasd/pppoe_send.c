/* SPDX-License-Identifier: BSD-2-Clause */
/* What a concentrator answers: see pppoe_links.h. A frame that can not be sent
 * is counted and forgotten, since the peer repeats itself. */
#include <sys/socket.h>

#include "nasd/pppoe_links.h"

static void
transmit(struct pppoe *e, const struct pppoe_answer *a, uint64_t *counter)
{
	uint8_t	frame[PPPOE_FRAME_MAX];
	int	len = pppoe_build(a, frame);

	if (len > 0 && send(e->fd, frame, (size_t)len, MSG_DONTWAIT) == len)
		(*counter)++;
	else
		e->n.send_errors++;
}

static struct pppoe_answer
answer_to_link(const struct pppoe_link *l, enum pppoe_code code)
{
	struct pppoe_answer	a = {
		.dst = l->mac, .src = l->pppoe->mac, .code = code,
		.sid = l->sid, .ac_name = l->pppoe->ac_name,
	};

	if (l->has_uniq)
		a.host_uniq = (struct pppoe_tag){ l->kept, l->uniq_len };
	if (l->has_relay)
		a.relay = (struct pppoe_tag){ l->kept + l->uniq_len,
		    l->relay_len };
	return a;
}

static struct pppoe_answer
answer_to_packet(const struct pppoe *e, const struct pppoe_packet *k,
    enum pppoe_code code)
{
	return (struct pppoe_answer){
		.dst = k->src, .src = e->mac, .code = code,
		.service = k->service, .host_uniq = k->host_uniq,
		.relay = k->relay, .ac_name = e->ac_name,
	};
}

/* The client's own value comes back when we can do more than without it; what
 * is negotiated then is the least of both [RFC 4638 4, 5.1]. */
uint16_t
pppoe_payload_echo(const struct pppoe *e, const struct pppoe_packet *k)
{
	return e->max_payload > PPPOE_MRU && k->max_payload > PPPOE_MRU ?
	    k->max_payload : 0;
}

void
pppoe_send_offer(struct pppoe *e, const uint8_t *frame, size_t len)
{
	if (send(e->fd, frame, len, MSG_DONTWAIT) == (ssize_t)len)
		e->n.pado++;
	else
		e->n.send_errors++;
}

void
pppoe_send_pado(struct pppoe *e, const struct pppoe_packet *k, mono_t now,
    int delay_ms)
{
	struct pppoe_answer	a = answer_to_packet(e, k, PPPOE_PADO);
	uint8_t			cookie[PPPOE_COOKIE_LEN];
	uint8_t			frame[PPPOE_FRAME_MAX];
	int			len;

	pppoe_cookie(e->key, k->src, e->ifname, now, cookie);
	a.services = (const char *const *)e->services;
	a.cookie = (struct pppoe_tag){ cookie, sizeof(cookie) };
	a.max_payload = pppoe_payload_echo(e, k);
	len = pppoe_build(&a, frame);
	if (len < 0)
		e->n.send_errors++;
	else if (delay_ms <= 0)
		pppoe_send_offer(e, frame, (size_t)len);
	else if (pppoe_shared_delay(e->shared, e, delay_ms, frame,
	    (size_t)len) == 0)
		e->n.delayed++;
	else
		e->n.padi_limited++;
}

void
pppoe_send_pads(struct pppoe_link *l)
{
	struct pppoe_answer	a = answer_to_link(l, PPPOE_PADS);

	a.service = (struct pppoe_tag){ (const uint8_t *)l->service,
	    l->service_len };
	a.max_payload = l->payload_echo;
	transmit(l->pppoe, &a, &l->pppoe->n.pads);
}

void
pppoe_send_padt(struct pppoe_link *l)
{
	struct pppoe_answer	a = answer_to_link(l, PPPOE_PADT);

	transmit(l->pppoe, &a, &l->pppoe->n.padt_out);
}

void
pppoe_send_stray_padt(struct pppoe *e, const uint8_t *mac, uint16_t sid)
{
	const struct pppoe_answer	a = {
		.dst = mac, .src = e->mac, .code = PPPOE_PADT, .sid = sid,
		.ac_name = e->ac_name,
	};

	transmit(e, &a, &e->n.padt_stray);
}

/* PADS with session id 0 and an error [RFC 2516 5.4]. */
void
pppoe_send_refusal(struct pppoe_link *l, const char *why)
{
	struct pppoe_answer	a = answer_to_link(l, PPPOE_PADS);

	a.sid = 0;
	a.service = (struct pppoe_tag){ (const uint8_t *)l->service,
	    l->service_len };
	a.error = PPPOE_TAG_SYSTEM_ERR;
	a.error_text = why;
	transmit(l->pppoe, &a, &l->pppoe->n.refused);
}

void
pppoe_refuse_packet(struct pppoe *e, const struct pppoe_packet *k,
    enum pppoe_tag_type error, const char *why)
{
	struct pppoe_answer	a = answer_to_packet(e, k, PPPOE_PADS);

	a.error = error;
	a.error_text = why;
	transmit(e, &a, &e->n.refused);
}
