/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between the pppd plugin and nasd: common/plugproto.h names them,
 * this file lays them out.
 *
 *	 0	magic, "nm4p"
 *	 4	type (16 bits)
 *	 6	length of the body (16 bits), all of the rest
 *	 8	transaction
 *	12	body: the fields of its struct in their order, each of fixed
 *		size; text is padded with zeros. Only EAP's packet varies.
 *
 * Text is copied up to its NUL and no further, so that nothing of the
 * sender's memory leaves with it.
 */
#include <errno.h>
#include <string.h>

#include "common/plugproto.h"
#include "common/wire.h"

#define HEADER_LEN	12
#define BODY_LEN_AT	6

const char *
plug_type_str(enum plug_type type)
{
	switch (type) {
#define X(name, value) case PLUG_##name: return #name;
	PLUG_TYPES(X)
#undef X
	}
	return "unknown";
}

static void
put_text(struct wire_w *w, const char *text, size_t size)
{
	size_t	len = strnlen(text, size - 1);

	wire_w_copy(w, text, len);
	wire_w_zero(w, size - len);
}

/* False when the field has no NUL. */
static bool
get_text(struct wire_r *r, char *text, size_t size)
{
	wire_r_copy(r, text, size);
	return memchr(text, '\0', size) != NULL;
}

/* A field of fixed size of which len bytes are used. */
static void
put_bytes(struct wire_w *w, const uint8_t *bytes, size_t len, size_t size)
{
	if (len > size) {
		w->err = true;
		return;
	}
	wire_w_copy(w, bytes, len);
	wire_w_zero(w, size - len);
}

static bool
get_bytes(struct wire_r *r, uint8_t *bytes, size_t len, size_t size)
{
	wire_r_copy(r, bytes, size);
	return len <= size;
}

/* A byte that is 0 or 1. */
static bool
get_bool(struct wire_r *r, bool *value)
{
	uint8_t	byte = wire_r_u8(r);

	*value = byte == 1;
	return byte <= 1;
}

static void
put_hello(struct wire_w *w, const struct plug_hello *h)
{
	wire_w_u16(w, h->version);
	wire_w_u32(w, h->link_id);
	wire_w_u32(w, h->pid);
	wire_w_u8(w, (uint8_t)h->state);
	wire_w_u16(w, h->pppoe_sid);
	put_text(w, h->ifname, sizeof(h->ifname));
	put_text(w, h->device, sizeof(h->device));
	put_text(w, h->peer, sizeof(h->peer));
	put_text(w, h->user, sizeof(h->user));
	wire_w_copy(w, h->local.b, sizeof(h->local.b));
	wire_w_copy(w, h->remote.b, sizeof(h->remote.b));
}

static int
get_hello(struct wire_r *r, struct plug_hello *h)
{
	uint8_t	state;
	bool	ok = true;

	h->version = wire_r_u16(r);
	if (r->err)
		return -EPROTO;
	/* What follows may be laid out otherwise in another version. */
	if (h->version != PLUG_VERSION)
		return -EPROTONOSUPPORT;
	h->link_id = wire_r_u32(r);
	h->pid = wire_r_u32(r);
	state = wire_r_u8(r);
	h->state = (enum plug_link_state)state;
	h->pppoe_sid = wire_r_u16(r);
	ok &= get_text(r, h->ifname, sizeof(h->ifname));
	ok &= get_text(r, h->device, sizeof(h->device));
	ok &= get_text(r, h->peer, sizeof(h->peer));
	ok &= get_text(r, h->user, sizeof(h->user));
	wire_r_copy(r, h->local.b, sizeof(h->local.b));
	wire_r_copy(r, h->remote.b, sizeof(h->remote.b));
	return ok && state <= PLUG_LINK_OPEN ? 0 : -EPROTO;
}

static void
put_auth(struct wire_w *w, const struct plug_auth *a)
{
	wire_w_u8(w, (uint8_t)a->kind);
	wire_w_u8(w, a->chap_id);
	put_text(w, a->user, sizeof(a->user));
	wire_w_u16(w, a->secret_len);
	put_bytes(w, a->secret, a->secret_len, sizeof(a->secret));
	wire_w_u8(w, a->challenge_len);
	put_bytes(w, a->challenge, a->challenge_len, sizeof(a->challenge));
	wire_w_u8(w, a->response_len);
	put_bytes(w, a->response, a->response_len, sizeof(a->response));
}

static int
get_auth(struct wire_r *r, struct plug_auth *a)
{
	uint8_t	kind = wire_r_u8(r);
	bool	ok = true;

	a->kind = (enum plug_auth_kind)kind;
	a->chap_id = wire_r_u8(r);
	ok &= get_text(r, a->user, sizeof(a->user));
	a->secret_len = wire_r_u16(r);
	ok &= get_bytes(r, a->secret, a->secret_len, sizeof(a->secret));
	a->challenge_len = wire_r_u8(r);
	ok &= get_bytes(r, a->challenge, a->challenge_len,
	    sizeof(a->challenge));
	a->response_len = wire_r_u8(r);
	ok &= get_bytes(r, a->response, a->response_len, sizeof(a->response));
	ok &= kind >= PLUG_AUTH_PAP && kind <= PLUG_AUTH_MSCHAPV2;
	return ok ? 0 : -EPROTO;
}

static void
put_auth_result(struct wire_w *w, const struct plug_auth_result *a)
{
	wire_w_u8(w, a->accept);
	put_text(w, a->text, sizeof(a->text));
	wire_w_u32(w, a->session_timeout);
	put_text(w, a->user, sizeof(a->user));
	wire_w_u8(w, a->must_encrypt);
	wire_w_u8(w, a->key_len);
	put_bytes(w, a->send_key, a->key_len, sizeof(a->send_key));
	put_bytes(w, a->recv_key, a->key_len, sizeof(a->recv_key));
}

static int
get_auth_result(struct wire_r *r, struct plug_auth_result *a)
{
	bool	ok = get_bool(r, &a->accept);

	ok &= get_text(r, a->text, sizeof(a->text));
	a->session_timeout = wire_r_u32(r);
	ok &= get_text(r, a->user, sizeof(a->user));
	ok &= get_bool(r, &a->must_encrypt);
	a->key_len = wire_r_u8(r);
	ok &= get_bytes(r, a->send_key, a->key_len, sizeof(a->send_key));
	ok &= get_bytes(r, a->recv_key, a->key_len, sizeof(a->recv_key));
	return ok ? 0 : -EPROTO;
}

/* Beside the mtu, so that plugins and nasds of before understand the rest. */
#define EAP_PASSED	0x8000

static void
put_eap(struct wire_w *w, const struct plug_eap *e)
{
	wire_w_u16(w, (uint16_t)(e->mtu | (e->passed ? EAP_PASSED : 0)));
	wire_w_u16(w, e->len);
	if (e->len > sizeof(e->packet))
		w->err = true;
	else
		wire_w_copy(w, e->packet, e->len);
}

static int
get_eap(struct wire_r *r, struct plug_eap *e)
{
	e->mtu = wire_r_u16(r);
	e->passed = (e->mtu & EAP_PASSED) != 0;
	e->mtu = (uint16_t)(e->mtu & ~EAP_PASSED);
	e->len = wire_r_u16(r);
	if (e->len > sizeof(e->packet))
		return -EPROTO;
	wire_r_copy(r, e->packet, e->len);
	return 0;
}

static void
put_iid_req(struct wire_w *w, const struct plug_iid_req *q)
{
	wire_w_u8(w, q->conf_id);
	wire_w_u8(w, q->has_iid);
	wire_w_copy(w, q->iid.b, sizeof(q->iid.b));
	wire_w_copy(w, q->local.b, sizeof(q->local.b));
	wire_w_u8(w, q->insists);
}

static int
get_iid_req(struct wire_r *r, struct plug_iid_req *q)
{
	bool	ok;

	q->conf_id = wire_r_u8(r);
	ok = get_bool(r, &q->has_iid);
	wire_r_copy(r, q->iid.b, sizeof(q->iid.b));
	wire_r_copy(r, q->local.b, sizeof(q->local.b));
	ok &= get_bool(r, &q->insists);
	return ok ? 0 : -EPROTO;
}

static void
put_up(struct wire_w *w, const struct plug_up *u)
{
	wire_w_copy(w, u->local.b, sizeof(u->local.b));
	wire_w_copy(w, u->remote.b, sizeof(u->remote.b));
	put_text(w, u->ifname, sizeof(u->ifname));
}

static int
get_up(struct wire_r *r, struct plug_up *u)
{
	wire_r_copy(r, u->local.b, sizeof(u->local.b));
	wire_r_copy(r, u->remote.b, sizeof(u->remote.b));
	return get_text(r, u->ifname, sizeof(u->ifname)) ? 0 : -EPROTO;
}

static void
put_ipv4(struct wire_w *w, const struct plug_ipv4 *v)
{
	wire_w_u8(w, v->up);
	wire_w_copy(w, &v->peer, sizeof(v->peer));
	wire_w_copy(w, v->dns, sizeof(v->dns));
}

static int
get_ipv4(struct wire_r *r, struct plug_ipv4 *v)
{
	bool	ok = get_bool(r, &v->up);

	wire_r_copy(r, &v->peer, sizeof(v->peer));
	wire_r_copy(r, v->dns, sizeof(v->dns));
	return ok ? 0 : -EPROTO;
}

static void
put_reason(struct wire_w *w, const struct plug_reason *q)
{
	wire_w_u8(w, q->hard);
	put_text(w, q->text, sizeof(q->text));
}

static int
get_reason(struct wire_r *r, struct plug_reason *q)
{
	bool	ok = get_bool(r, &q->hard);

	ok &= get_text(r, q->text, sizeof(q->text));
	return ok ? 0 : -EPROTO;
}

static void
put_body(struct wire_w *w, const struct plug_msg *m)
{
	switch (m->type) {
	case PLUG_HELLO:
		put_hello(w, &m->hello);
		return;
	case PLUG_AUTH:
		put_auth(w, &m->auth);
		return;
	case PLUG_AUTH_RESULT:
		put_auth_result(w, &m->auth_result);
		return;
	case PLUG_EAP:
		put_eap(w, &m->eap);
		return;
	case PLUG_IID_REQ:
		put_iid_req(w, &m->iid_req);
		return;
	case PLUG_IID_ASSIGN:
		wire_w_copy(w, m->iid_assign.remote.b,
		    sizeof(m->iid_assign.remote.b));
		return;
	case PLUG_UP:
		put_up(w, &m->up);
		return;
	case PLUG_IPV4:
		put_ipv4(w, &m->ipv4);
		return;
	case PLUG_IID_REFUSE:
	case PLUG_DOWN:
	case PLUG_CLOSE:
	case PLUG_BYE:
		put_reason(w, &m->reason);
		return;
	}
	w->err = true;
}

static int
get_body(struct wire_r *r, struct plug_msg *m)
{
	switch (m->type) {
	case PLUG_HELLO:
		return get_hello(r, &m->hello);
	case PLUG_AUTH:
		return get_auth(r, &m->auth);
	case PLUG_AUTH_RESULT:
		return get_auth_result(r, &m->auth_result);
	case PLUG_EAP:
		return get_eap(r, &m->eap);
	case PLUG_IID_REQ:
		return get_iid_req(r, &m->iid_req);
	case PLUG_IID_ASSIGN:
		wire_r_copy(r, m->iid_assign.remote.b,
		    sizeof(m->iid_assign.remote.b));
		return 0;
	case PLUG_UP:
		return get_up(r, &m->up);
	case PLUG_IPV4:
		return get_ipv4(r, &m->ipv4);
	case PLUG_IID_REFUSE:
	case PLUG_DOWN:
	case PLUG_CLOSE:
	case PLUG_BYE:
		return get_reason(r, &m->reason);
	}
	return -EPROTO;
}

int
plug_encode(const struct plug_msg *m, uint8_t *buf, size_t cap)
{
	struct wire_w	w;

	wire_w_init(&w, buf, cap);
	wire_w_u32(&w, PLUG_MAGIC);
	wire_w_u16(&w, (uint16_t)m->type);
	wire_w_u16(&w, 0);
	wire_w_u32(&w, m->txn);
	put_body(&w, m);
	if (w.err)
		return -EMSGSIZE;
	wire_w_put_u16(&w, BODY_LEN_AT, (uint16_t)(w.len - HEADER_LEN));
	return (int)w.len;
}

int
plug_decode(struct plug_msg *m, const uint8_t *buf, size_t len)
{
	struct wire_r	r;
	uint16_t	body;
	int		rc;

	memset(m, 0, sizeof(*m));
	wire_r_init(&r, buf, len);
	if (wire_r_u32(&r) != PLUG_MAGIC)
		return -EPROTO;
	m->type = (enum plug_type)wire_r_u16(&r);
	body = wire_r_u16(&r);
	m->txn = wire_r_u32(&r);
	if (r.err || body != wire_r_left(&r))
		return -EPROTO;
	rc = get_body(&r, m);
	if (rc != 0)
		return rc;
	return wire_r_done(&r) ? 0 : -EPROTO;
}
