/* SPDX-License-Identifier: BSD-2-Clause */
/* For fuzzers of a root side: an engine that has been taken over sends
 * datagrams over the socket there is between them, and they are handled as
 * common/priv_server.c does. */
#ifndef TESTS_FUZZ_PRIV_H
#define TESTS_FUZZ_PRIV_H

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/priv.h"
#include "common/priv_wire.h"
#include "tests/fuzz/ops.h"

#define PRIV_MESSAGES	5	/* at most, of a datagram */

/* What waits to be carried out together, as priv_server.c has it. */
struct priv_late {
	int	 status[PRIV_TOGETHER];
	size_t	 n;
};

static inline void
priv_commit(const struct priv_server *server, struct priv_late *late)
{
	size_t i;

	if (late->n > 0)
		server->commit(server->state, late->status, late->n);
	for (i = 0; i < late->n; i++)
		fuzz_assert(late->status[i] <= 0);
	late->n = 0;
}

static inline void
priv_handle(const struct priv_server *server, struct priv_late *late,
    const struct priv_hdr *h, const uint8_t *body)
{
	_Alignas(16) static uint8_t out[PRIV_MSG_MAX];
	const struct priv_op *op = NULL;
	struct priv_call call = { .state = server->state, .body = body,
		.len = h->len, .out = out, .fd = -1 };
	size_t i;
	int err;

	for (i = 0; i < server->n_ops; i++)
		if (server->ops[i].type == h->type)
			op = &server->ops[i];
	if (!op || h->len < op->min_len || h->len > op->max_len)
		return;
	if (!op->together)
		priv_commit(server, late);
	err = op->handle(&call);
	fuzz_assert(err <= 0 && call.out_len <= sizeof(out));
	if (call.fd != -1)
		close(call.fd);
	if (op->together)
		late->status[late->n++] = err;
	if (late->n == PRIV_TOGETHER)
		priv_commit(server, late);
}

static inline void
priv_receive(const struct priv_server *server, int sock)
{
	static struct priv_dgram in;
	struct priv_late late = { .n = 0 };
	const uint8_t *body;
	struct priv_hdr h;
	int got = priv_wire_recv(sock, &in, NULL);

	fuzz_assert(got == 1 || got == -EPROTO);
	while ((body = priv_wire_take(&in, &h)) != NULL) {
		fuzz_assert(body + h.len <= in.data + sizeof(in.data));
		priv_handle(server, &late, &h, body);
	}
	priv_commit(server, &late);
}

/* One message, whose body stands behind the header already; now and then a byte
 * of it is missing. */
static inline size_t
priv_seal(struct ops *o, uint8_t *b, uint16_t type, size_t len)
{
	const struct priv_hdr h = { .kind = PRIV_REQUEST, .type = type,
	    .len = (uint32_t)len };

	memcpy(b, &h, sizeof(h));
	return sizeof(h) + len - (ops_pick(o, 16) == 15 && len > 0);
}

/* One of any of so many types, with whatever the input has for a body. */
static inline size_t
priv_any(struct ops *o, uint8_t *b, unsigned types)
{
	const uint16_t type = (uint16_t)ops_pick(o, types);
	const size_t len = ops_bytes(o, b + sizeof(struct priv_hdr),
	    ops_u8(o));

	return priv_seal(o, b, type, len);
}

/* Some of them, filled up as they should be or not. */
static inline size_t
priv_datagram(struct ops *o, uint8_t *b,
    size_t (*message)(struct ops *, uint8_t *))
{
	size_t at = 0;
	unsigned n = 0;

	do {
		at += message(o, b + at);
		while (at % PRIV_ALIGN != 0 && ops_pick(o, 16) != 15)
			b[at++] = 0;
	} while (++n < PRIV_MESSAGES && ops_pick(o, 2) == 1);
	return at;
}

#endif
