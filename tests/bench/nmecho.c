/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that can answer a Registration Request: checks the request's
 * authenticator and sends a signed reply of the size that had's has, with no
 * subscriber, table or decision behind it. What nmload measures of had is
 * compared with this. Handles datagrams in the same batches as had does, unless
 * told otherwise.
 */
#include "config.h"
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load_key.h"

#include "common/mip4.h"
#include "common/wire.h"

#define BATCH_MAX	64
#define RX_MAX		2048
#define RRQ_LEN		24
#define NAI_AT		RRQ_LEN		/* nmload puts it there */
#define AUTH_LEN	(2 + 4 + MIP4_AUTH_MAX)

struct echo {
	int			 fd;
	unsigned		 batch;
	struct mip4_sa		 sa;
	struct sockaddr_in	 from[BATCH_MAX];
	uint8_t			 rx[BATCH_MAX][RX_MAX];
	uint8_t			 tx[BATCH_MAX][MIP4_MAX_MSG];
	struct iovec		 rx_iov[BATCH_MAX], tx_iov[BATCH_MAX];
	struct mmsghdr		 in[BATCH_MAX], out[BATCH_MAX];
};

/* Is the last extension a good 34 of our key? */
static bool
authentic(const struct echo *e, const uint8_t *b, size_t len)
{
	size_t n = 6 + mip4_alg_len(e->sa.alg);
	uint8_t copy[RX_MAX + AUTH_LEN];
	struct wire_w w;

	if (len < RRQ_LEN + n)
		return false;
	memcpy(copy, b, len - n);
	wire_w_init(&w, copy, sizeof(copy));
	(void)wire_w_reserve(&w, len - n);
	mip4_put_auth(&w, MIP4_EXT_FA_HA, &e->sa);
	return !w.err && memcmp(copy + len - n, b + len - n, n) == 0;
}

/* Fixed part, NAI, home address, revocation support, authenticator. */
static size_t
reply(const struct echo *e, const uint8_t *b, size_t len, uint8_t *out)
{
	static const struct in6_addr hoa = {{{ 0x20, 0x01, 0x0d, 0xb8 }}};
	struct wire_w w;

	if (len < NAI_AT + 2 || NAI_AT + 2 + (size_t)b[NAI_AT + 1] > len)
		return 0;
	wire_w_init(&w, out, MIP4_MAX_MSG);
	wire_w_u8(&w, MIP4_RRP);
	wire_w_u8(&w, MIP4_ACCEPTED);
	wire_w_copy(&w, b + 2, 10);	/* lifetime, home, home agent */
	wire_w_copy(&w, b + 16, 8);	/* Identification */
	wire_w_copy(&w, b + NAI_AT, 2u + b[NAI_AT + 1]);
	mip4_put_hoa(&w, 221, &hoa, true);
	mip4_put_rev_support(&w, false, 0);
	mip4_put_auth(&w, MIP4_EXT_FA_HA, &e->sa);
	return w.err ? 0 : w.len;
}

static void
answer(struct echo *e, unsigned n)
{
	unsigned i, m = 0, sent = 0;
	int k;

	for (i = 0; i < n; i++) {
		size_t len = e->in[i].msg_len, got;

		e->in[i].msg_hdr.msg_namelen = sizeof(e->from[i]);
		if (!authentic(e, e->rx[i], len))
			continue;
		got = reply(e, e->rx[i], len, e->tx[m]);
		if (got == 0)
			continue;
		e->tx_iov[m] = (struct iovec){ e->tx[m], got };
		e->out[m].msg_hdr = (struct msghdr){
			.msg_name = &e->from[i],
			.msg_namelen = sizeof(e->from[i]),
			.msg_iov = &e->tx_iov[m], .msg_iovlen = 1,
		};
		m++;
	}
	while (sent < m) {
		k = sendmmsg(e->fd, e->out + sent, m - sent, 0);
		sent += k > 0 ? (unsigned)k : 1;
	}
}

static int
serve(struct echo *e)
{
	unsigned i;
	int n;

	for (i = 0; i < e->batch; i++) {
		e->rx_iov[i] = (struct iovec){ e->rx[i], RX_MAX };
		e->in[i].msg_hdr = (struct msghdr){
			.msg_name = &e->from[i],
			.msg_namelen = sizeof(e->from[i]),
			.msg_iov = &e->rx_iov[i], .msg_iovlen = 1,
		};
	}
	for (;;) {
		n = recvmmsg(e->fd, e->in, e->batch, MSG_WAITFORONE, NULL);
		if (n > 0)
			answer(e, (unsigned)n);
		else if (errno != EINTR && errno != ECONNREFUSED)
			break;
	}
	perror("nmecho: recvmmsg");
	return EXIT_FAILURE;
}

static const char help[] =
"usage: nmecho --key-file FILE [--port N] [--spi N] [--algorithm NAME]\n"
"              [--batch N] [--seconds N]\n"
"\n"
"Answers nmload's requests on 127.0.0.1 with a signed reply, knowing nothing.\n"
"  --key-file FILE   the key of all peers, as in had.conf\n"
"  --port N          UDP port (4349)\n"
"  --spi N           security parameters index (256)\n"
"  --algorithm NAME  hmac-md5 (default), hmac-sha1, hmac-sha256\n"
"  --batch N         datagrams a system call, 1 to 64 (64)\n"
"  --seconds N       ends by itself after that time (3600)\n";

enum { O_HELP = 'h', O_PORT = 256, O_KEY, O_SPI, O_ALG, O_BATCH, O_SECONDS };

static const struct option longopts[] = {
	{ "help", no_argument, NULL, O_HELP },
	{ "port", required_argument, NULL, O_PORT },
	{ "key-file", required_argument, NULL, O_KEY },
	{ "spi", required_argument, NULL, O_SPI },
	{ "algorithm", required_argument, NULL, O_ALG },
	{ "batch", required_argument, NULL, O_BATCH },
	{ "seconds", required_argument, NULL, O_SECONDS },
	{ NULL, 0, NULL, 0 }
};

struct options {
	struct load_key	key;
	uint64_t	port, batch, seconds;
};

static int
options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
		bool ok = true;

		switch (c) {
		case O_HELP: fputs(help, stdout); exit(EXIT_SUCCESS);
		case O_PORT: ok = load_number(optarg, 1, 65535, &o->port);
			break;
		case O_BATCH: ok = load_number(optarg, 1, BATCH_MAX,
			    &o->batch);
			break;
		case O_SECONDS: ok = load_number(optarg, 1, 86400,
			    &o->seconds);
			break;
		case O_SPI: ok = load_number(optarg, MIP4_SPI_MIN, UINT32_MAX,
			    &o->key.spi);
			break;
		case O_ALG: o->key.algorithm = optarg; break;
		case O_KEY: o->key.file = optarg; break;
		default: ok = false;
		}
		if (!ok)
			return -EINVAL;
	}
	return optind == argc && o->key.file ? 0 : -EINVAL;
}

int
main(int argc, char **argv)
{
	static struct echo e;
	struct options o = {
		.key = { .spi = 256, .algorithm = "hmac-md5" },
		.port = 4349, .batch = BATCH_MAX, .seconds = 3600,
	};
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int size = 4 << 20;

	if (options(&o, argc, argv)) {
		fputs(help, stderr);
		return 2;
	}
	if (load_key(&o.key, &e.sa))
		return 2;
	e.batch = (unsigned)o.batch;
	sin.sin_port = htons((uint16_t)o.port);
	e.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (e.fd == -1 || bind(e.fd, (struct sockaddr *)&sin, sizeof(sin))) {
		perror("nmecho: socket");
		return EXIT_FAILURE;
	}
	if (setsockopt(e.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(e.fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	alarm((unsigned)o.seconds);
	return serve(&e);
}
