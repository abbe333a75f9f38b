/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of hosts, and what they and the checker read of a server's [RFC
 * 8415 8, 9, 21]. Of the product only the writer of options is used. */
#include "tests/sim/sim_line.h"

#include <string.h>

#include "common/wire.h"

/* ---- written ---- */

static void
put_ia(struct wire_w *w, const struct ask *a, unsigned code, uint32_t iaid)
{
	size_t mark = dhcp6_begin_ia(w, (uint16_t)code, iaid, 0, 0);

	if (a->addr != NULL && code == DHCP6_OPT_IA_NA)
		dhcp6_put_addr(w, a->addr, 0, 0);
	dhcp6_end(w, mark);
}

size_t
ask_write(const struct ask *a, uint8_t buf[static FRAME])
{
	struct wire_w w;
	size_t mark;
	unsigned i;

	wire_w_init(&w, buf, FRAME);
	dhcp6_put_head(&w, a->type, a->xid);
	if (a->client != NULL)
		dhcp6_put_duid(&w, DHCP6_OPT_CLIENTID, a->client);
	if (a->server != NULL)
		dhcp6_put_duid(&w, DHCP6_OPT_SERVERID, a->server);
	mark = dhcp6_begin(&w, DHCP6_OPT_ELAPSED_TIME);
	wire_w_u16(&w, 0);
	dhcp6_end(&w, mark);
	if (a->rapid)
		dhcp6_put_empty(&w, DHCP6_OPT_RAPID_COMMIT);
	if (a->prefix)
		put_ia(&w, a, DHCP6_OPT_IA_PD, a->iaid);
	for (i = 0; i < a->n_ia; i++)
		put_ia(&w, a, DHCP6_OPT_IA_NA, a->iaid + i);
	return w.err ? 0 : w.len;
}

size_t
ask_relay(uint8_t buf[static FRAME], size_t len, const struct in6_addr *peer,
    const char *circuit)
{
	uint8_t inner[FRAME];
	struct wire_w w;
	size_t mark;

	memcpy(inner, buf, len);
	wire_w_init(&w, buf, FRAME);
	wire_w_u8(&w, DHCP6_RELAY_FORW);
	wire_w_u8(&w, 0);
	wire_w_zero(&w, 16);
	wire_w_copy(&w, peer, 16);
	mark = dhcp6_begin(&w, DHCP6_OPT_INTERFACE_ID);
	wire_w_copy(&w, circuit, strlen(circuit));
	dhcp6_end(&w, mark);
	mark = dhcp6_begin(&w, DHCP6_OPT_RELAY_MSG);
	wire_w_copy(&w, inner, len);
	dhcp6_end(&w, mark);
	return w.err ? 0 : w.len;
}

/* ---- read ---- */

static void
read_duid(struct wire_r *r, struct dhcp6_duid *duid)
{
	size_t n = wire_r_left(r);

	duid->len = n <= DHCP6_DUID_MAX ? (uint8_t)n : 0;
	wire_r_copy(r, duid->b, duid->len);
}

/* The options of an IA_NA, or of an address in it. */
static void
read_ia(struct wire_r *r, struct heard_ia *ia)
{
	ia->iaid = wire_r_u32(r);
	ia->t1 = wire_r_u32(r);
	ia->t2 = wire_r_u32(r);
	while (!r->err && wire_r_left(r) > 0) {
		unsigned code = wire_r_u16(r);
		size_t len = wire_r_u16(r);
		struct wire_r o = wire_r_sub(r, len);

		if (code == DHCP6_OPT_STATUS_CODE) {
			ia->status = wire_r_u16(&o);
		} else if (code == DHCP6_OPT_IAADDR &&
		    ia->n_addrs <= DHCP6_IA_ADDRS) {
			unsigned n = ia->n_addrs++;

			wire_r_copy(&o, &ia->addr[n], 16);
			ia->preferred[n] = wire_r_u32(&o);
			ia->valid[n] = wire_r_u32(&o);
		}
		r->err |= o.err;
	}
}

static bool
read_options(struct heard *h, struct wire_r *r)
{
	while (!r->err && wire_r_left(r) > 0) {
		unsigned code = wire_r_u16(r);
		size_t len = wire_r_u16(r);
		struct wire_r o = wire_r_sub(r, len);

		if (code == DHCP6_OPT_CLIENTID)
			read_duid(&o, &h->client);
		else if (code == DHCP6_OPT_SERVERID)
			read_duid(&o, &h->server);
		else if (code == DHCP6_OPT_RAPID_COMMIT)
			h->rapid = true;
		else if (code == DHCP6_OPT_IA_NA && h->n_ia < DHCP6_IAS)
			read_ia(&o, &h->ia[h->n_ia++]);
		if (code == DHCP6_OPT_STATUS_CODE) {
			h->has_status = true;
			h->status = wire_r_u16(&o);
		}
		r->err |= o.err;
	}
	return !r->err;
}

static struct wire_r
inner(struct wire_r *r)
{
	struct wire_r found = *r;

	wire_r_skip(r, 33);	/* hops, link, peer */
	while (!r->err && wire_r_left(r) > 0) {
		unsigned code = wire_r_u16(r);
		size_t len = wire_r_u16(r);
		struct wire_r o = wire_r_sub(r, len);

		if (code == DHCP6_OPT_RELAY_MSG)
			found = o;
	}
	return found;
}

bool
heard_read(struct heard *h, const uint8_t *data, size_t len)
{
	struct wire_r r;

	memset(h, 0, sizeof(*h));
	wire_r_init(&r, data, len);
	h->type = wire_r_u8(&r);
	if (h->type == DHCP6_RELAY_REPL) {
		h->relayed = true;
		r = inner(&r);
		h->type = wire_r_u8(&r);
	}
	h->xid = wire_r_u8(&r);
	h->xid = h->xid << 16 | wire_r_u16(&r);
	return read_options(h, &r);
}
