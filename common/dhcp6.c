/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCPv6 messages; see common/dhcp6.h. Sections are RFC 8415's. */
#include "common/dhcp6.h"

#include <errno.h>
#include <string.h>

#include "common/wire.h"

#define IA_HEAD		12	/* IAID, T1, T2 */
#define IAADDR_LEN	24	/* address and lifetimes */
#define IAPREFIX_LEN	25
#define IAID_LEN	4

const char *
dhcp6_type_text(uint8_t type)
{
	static const char *const text[] = {
#define X(name, t, number) [number] = t,
		DHCP6_TYPES(X)
#undef X
	};

	return type < DHCP6_N_TYPES ? text[type] : NULL;
}

bool
dhcp6_duid_equal(const struct dhcp6_duid *a, const struct dhcp6_duid *b)
{
	return a->len == b->len && memcmp(a->b, b->b, a->len) == 0;
}

/* Takes the next option off r; an erring body where there is none whole. */
static uint16_t
next_option(struct wire_r *r, struct wire_r *body)
{
	uint16_t code = wire_r_u16(r);
	uint16_t len = wire_r_u16(r);

	*body = wire_r_sub(r, len);
	return code;
}

static int
read_duid(struct dhcp6_duid *duid, struct wire_r *r)
{
	size_t len = wire_r_left(r);

	if (duid->len != 0 || len < DHCP6_DUID_MIN || len > DHCP6_DUID_MAX)
		return -EBADMSG;
	duid->len = (uint8_t)len;
	wire_r_copy(r, duid->b, len);
	return 0;
}

/* Options that hold nothing that matters: well-formed ones. */
static int
skip_options(struct wire_r *r)
{
	struct wire_r body;

	while (wire_r_left(r) > 0)
		next_option(r, &body);
	return r->err ? -EBADMSG : 0;
}

static int
read_addr(struct dhcp6_ia *ia, struct wire_r *r)
{
	struct in6_addr addr;

	if (wire_r_left(r) < IAADDR_LEN)
		return -EBADMSG;
	wire_r_copy(r, &addr, sizeof(addr));
	wire_r_skip(r, IAADDR_LEN - sizeof(addr));
	if (ia->n_addrs < DHCP6_IA_ADDRS)
		ia->addr[ia->n_addrs] = addr;
	ia->n_addrs++;
	return skip_options(r);
}

static int
read_prefix(struct wire_r *r)
{
	if (wire_r_left(r) < IAPREFIX_LEN)
		return -EBADMSG;
	wire_r_skip(r, IAPREFIX_LEN);
	return skip_options(r);
}

static int
read_ia_options(struct dhcp6_ia *ia, struct wire_r *r)
{
	struct wire_r body;
	int err = 0;

	while (err == 0 && wire_r_left(r) > 0) {
		uint16_t code = next_option(r, &body);

		if (r->err)
			err = -EBADMSG;
		else if (code == DHCP6_OPT_IAADDR &&
		    ia->code != DHCP6_OPT_IA_PD)
			err = read_addr(ia, &body);
		else if (code == DHCP6_OPT_IAPREFIX &&
		    ia->code == DHCP6_OPT_IA_PD)
			err = read_prefix(&body);
	}
	return err;
}

static int
read_ia(struct dhcp6_msg *m, uint16_t code, struct wire_r *r)
{
	size_t head = code == DHCP6_OPT_IA_TA ? IAID_LEN : IA_HEAD;
	struct dhcp6_ia ia = { .code = code };
	int err;

	if (wire_r_left(r) < head)
		return -EBADMSG;
	ia.iaid = wire_r_u32(r);
	wire_r_skip(r, head - IAID_LEN);
	if ((err = read_ia_options(&ia, r)) != 0)
		return err;
	/* Each has an IAID of its own [21.4, 21.5, 21.21]. */
	for (unsigned i = 0; i < m->n_ia; i++)
		if (m->ia[i].code == code && m->ia[i].iaid == ia.iaid)
			return -EBADMSG;
	if (m->n_ia < DHCP6_IAS)
		m->ia[m->n_ia++] = ia;
	else
		m->n_ia_more++;
	return 0;
}

static int
read_oro(struct dhcp6_msg *m, struct wire_r *r)
{
	if (m->has_oro || wire_r_left(r) % 2 != 0)
		return -EBADMSG;
	m->has_oro = true;
	while (wire_r_left(r) > 0) {
		uint16_t code = wire_r_u16(r);

		m->wants_dns |= code == DHCP6_OPT_DNS_SERVERS;
		m->wants_sol_max_rt |= code == DHCP6_OPT_SOL_MAX_RT;
	}
	return 0;
}

static int
read_rapid_commit(struct dhcp6_msg *m, const struct wire_r *r)
{
	if (m->rapid_commit || wire_r_left(r) != 0)
		return -EBADMSG;
	m->rapid_commit = true;
	return 0;
}

static int
read_option(struct dhcp6_msg *m, uint16_t code, struct wire_r *r)
{
	switch (code) {
	case DHCP6_OPT_CLIENTID:
		return read_duid(&m->client, r);
	case DHCP6_OPT_SERVERID:
		return read_duid(&m->server, r);
	case DHCP6_OPT_IA_NA:
	case DHCP6_OPT_IA_TA:
	case DHCP6_OPT_IA_PD:
		return read_ia(m, code, r);
	case DHCP6_OPT_ORO:
		return read_oro(m, r);
	case DHCP6_OPT_ELAPSED_TIME:
		return wire_r_left(r) == 2 ? 0 : -EBADMSG;
	case DHCP6_OPT_RAPID_COMMIT:
		return read_rapid_commit(m, r);
	default:
		return 0;
	}
}

static int
read_message(struct dhcp6_msg *m, struct wire_r *r)
{
	struct wire_r body;
	int err = 0;

	m->type = wire_r_u8(r);
	m->xid = (uint32_t)wire_r_u8(r) << 16;
	m->xid |= wire_r_u16(r);
	while (err == 0 && wire_r_left(r) > 0) {
		uint16_t code = next_option(r, &body);

		err = r->err ? -EBADMSG : read_option(m, code, &body);
	}
	return r->err ? -EBADMSG : err;
}

static int
read_relay_id(struct dhcp6_relay_id *id, struct wire_r *r)
{
	size_t len = wire_r_left(r);

	if (len > sizeof(id->b))
		return -E2BIG;
	id->len = (uint8_t)len;
	wire_r_copy(r, id->b, len);
	return 0;
}

static int
read_relay_option(struct dhcp6_relay *relay, uint16_t code,
    struct wire_r *body, struct wire_r *inner)
{
	switch (code) {
	case DHCP6_OPT_RELAY_MSG:
		if (!inner->err)
			return -EBADMSG;
		*inner = *body;
		return 0;
	case DHCP6_OPT_INTERFACE_ID:
		if (relay->has_interface_id)
			return -EBADMSG;
		relay->has_interface_id = true;
		return read_relay_id(&relay->interface_id, body);
	case DHCP6_OPT_REMOTE_ID:
		if (relay->remote_id.len != 0 || wire_r_left(body) <= 4)
			return -EBADMSG;
		relay->enterprise = wire_r_u32(body);
		return read_relay_id(&relay->remote_id, body);
	default:
		return 0;
	}
}

/* One RELAY-FORW [9]; *r becomes what is in it. */
static int
read_relay(struct dhcp6_msg *m, struct wire_r *r)
{
	struct wire_r body, inner = { .err = true };
	struct dhcp6_relay *relay;
	int err = 0;

	if (m->n_relays == DHCP6_RELAYS)
		return -E2BIG;
	relay = &m->relay[m->n_relays++];
	wire_r_skip(r, 1);
	relay->hops = wire_r_u8(r);
	wire_r_copy(r, &relay->link, sizeof(relay->link));
	wire_r_copy(r, &relay->peer, sizeof(relay->peer));
	while (err == 0 && wire_r_left(r) > 0) {
		uint16_t code = next_option(r, &body);

		err = r->err ? -EBADMSG :
		    read_relay_option(relay, code, &body, &inner);
	}
	if (err == 0 && (r->err || inner.err))
		err = -EBADMSG;
	*r = inner;
	return err;
}

int
dhcp6_decode(struct dhcp6_msg *m, const uint8_t *buf, size_t len)
{
	struct wire_r r;
	int err;

	memset(m, 0, sizeof(*m));
	wire_r_init(&r, buf, len);
	while (wire_r_left(&r) > 0 && *r.p == DHCP6_RELAY_FORW)
		if ((err = read_relay(m, &r)) != 0)
			return err;
	if (wire_r_left(&r) == 0)
		return -EBADMSG;
	if (*r.p == DHCP6_RELAY_REPL) {
		m->type = DHCP6_RELAY_REPL;
		return 0;
	}
	if (dhcp6_type_text(*r.p) == NULL)
		return -EPROTONOSUPPORT;
	return read_message(m, &r);
}

void
dhcp6_put_relays(struct wire_w *w, const struct dhcp6_msg *m,
    size_t mark[static DHCP6_RELAYS])
{
	for (unsigned i = 0; i < m->n_relays; i++) {
		const struct dhcp6_relay *relay = &m->relay[i];
		size_t id;

		wire_w_u8(w, DHCP6_RELAY_REPL);
		wire_w_u8(w, relay->hops);
		wire_w_copy(w, &relay->link, sizeof(relay->link));
		wire_w_copy(w, &relay->peer, sizeof(relay->peer));
		if (relay->has_interface_id) {
			id = dhcp6_begin(w, DHCP6_OPT_INTERFACE_ID);
			wire_w_copy(w, relay->interface_id.b,
			    relay->interface_id.len);
			dhcp6_end(w, id);
		}
		mark[i] = dhcp6_begin(w, DHCP6_OPT_RELAY_MSG);
	}
}

void
dhcp6_end_relays(struct wire_w *w, const struct dhcp6_msg *m,
    const size_t mark[static DHCP6_RELAYS])
{
	for (unsigned i = m->n_relays; i-- > 0;)
		dhcp6_end(w, mark[i]);
}

void
dhcp6_put_head(struct wire_w *w, enum dhcp6_type type, uint32_t xid)
{
	wire_w_u8(w, (uint8_t)type);
	wire_w_u8(w, (uint8_t)(xid >> 16));
	wire_w_u16(w, (uint16_t)xid);
}

size_t
dhcp6_begin(struct wire_w *w, enum dhcp6_option code)
{
	wire_w_u16(w, (uint16_t)code);
	wire_w_u16(w, 0);
	return w->len;
}

void
dhcp6_end(struct wire_w *w, size_t mark)
{
	if (w->err)
		return;
	wire_w_put_u16(w, mark - 2, (uint16_t)(w->len - mark));
}

void
dhcp6_put_duid(struct wire_w *w, enum dhcp6_option code,
    const struct dhcp6_duid *duid)
{
	size_t mark = dhcp6_begin(w, code);

	wire_w_copy(w, duid->b, duid->len);
	dhcp6_end(w, mark);
}

void
dhcp6_put_empty(struct wire_w *w, enum dhcp6_option code)
{
	dhcp6_end(w, dhcp6_begin(w, code));
}

void
dhcp6_put_u8(struct wire_w *w, enum dhcp6_option code, uint8_t v)
{
	size_t mark = dhcp6_begin(w, code);

	wire_w_u8(w, v);
	dhcp6_end(w, mark);
}

void
dhcp6_put_u32(struct wire_w *w, enum dhcp6_option code, uint32_t v)
{
	size_t mark = dhcp6_begin(w, code);

	wire_w_u32(w, v);
	dhcp6_end(w, mark);
}

void
dhcp6_put_status(struct wire_w *w, enum dhcp6_status status,
    const char *text)
{
	size_t mark = dhcp6_begin(w, DHCP6_OPT_STATUS_CODE);

	wire_w_u16(w, (uint16_t)status);
	wire_w_copy(w, text, strlen(text));	/* no NUL [21.13] */
	dhcp6_end(w, mark);
}

void
dhcp6_put_dns(struct wire_w *w, const struct in6_addr *addr, unsigned n)
{
	size_t mark = dhcp6_begin(w, DHCP6_OPT_DNS_SERVERS);

	wire_w_copy(w, addr, n * sizeof(*addr));
	dhcp6_end(w, mark);
}

size_t
dhcp6_begin_ia(struct wire_w *w, uint16_t code, uint32_t iaid, uint32_t t1,
    uint32_t t2)
{
	size_t mark = dhcp6_begin(w, code);

	wire_w_u32(w, iaid);
	if (code == DHCP6_OPT_IA_TA)
		return mark;
	wire_w_u32(w, t1);
	wire_w_u32(w, t2);
	return mark;
}

void
dhcp6_put_addr(struct wire_w *w, const struct in6_addr *addr,
    uint32_t preferred, uint32_t valid)
{
	size_t mark = dhcp6_begin(w, DHCP6_OPT_IAADDR);

	wire_w_copy(w, addr, sizeof(*addr));
	wire_w_u32(w, preferred);
	wire_w_u32(w, valid);
	dhcp6_end(w, mark);
}
