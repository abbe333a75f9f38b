/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An open-loop load for home agents: requests go when they are due, whether or
 * not earlier ones have been answered, and the time of an answer counts from
 * when its request was due. Without a rate, as many as the window lets stay
 * unanswered: that is how much a home agent can do. Every reply's
 * authenticator is checked. Neighbours: load_subs (whom it plays), load_hist.
 */
#include "config.h"
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load_hist.h"
#include "load_key.h"
#include "load_subs.h"

#define BATCH		64
#define RX_MAX		2048
#define SECONDS_MAX	3600
#define NS		UINT64_C(1000000000)
#define LOST_AFTER	(2 * NS)
#define IDLE_MS		1		/* longest wait without looking */

struct phase {
	uint64_t	weight[LOAD_OPS];
	uint64_t	rate;		/* a second; 0: by the window */
	uint64_t	count;		/* 0: by time only */
	uint64_t	seconds;
	uint64_t	window;
};

struct figures {
	uint64_t	asked, accepted, denied, lost, forged, strange;
	uint64_t	useless, unsent;
	uint64_t	code[256];
	struct hist	time;
	uint64_t	began, ended;
};

struct load {
	int			 fd;
	struct sockaddr_in	 to;
	struct subs		 subs;
	struct phase		 phase;
	struct figures		 fig;
	uint8_t			 tx[BATCH][MIP4_MAX_MSG];
	uint8_t			 rx[BATCH][RX_MAX];
	struct iovec		 tx_iov[BATCH], rx_iov[BATCH];
	struct mmsghdr		 out[BATCH], in[BATCH];
	union {
		struct cmsghdr	 hdr;
		uint8_t		 buf[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control[BATCH];
};

static const char *const op_names[LOAD_OPS] = {
	"new", "renew", "handoff", "deregister"
};

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static void
set_up_buffers(struct load *l)
{
	struct cmsghdr *c;
	unsigned i;

	for (i = 0; i < BATCH; i++) {
		c = &l->control[i].hdr;
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
		l->tx_iov[i].iov_base = l->tx[i];
		l->out[i].msg_hdr = (struct msghdr){
			.msg_name = &l->to, .msg_namelen = sizeof(l->to),
			.msg_iov = &l->tx_iov[i], .msg_iovlen = 1,
			.msg_control = &l->control[i],
			.msg_controllen = sizeof(l->control[i]),
		};
		l->rx_iov[i] = (struct iovec){ l->rx[i], RX_MAX };
		l->in[i].msg_hdr = (struct msghdr){
			.msg_iov = &l->rx_iov[i], .msg_iovlen = 1,
		};
	}
}

/* By the weights and by what can be done; LOAD_OPS when nothing can. */
static enum load_op
pick(struct load *l)
{
	uint64_t sum = 0, r;
	unsigned i;

	for (i = 0; i < LOAD_OPS; i++)
		if (subs_can(&l->subs, (enum load_op)i))
			sum += l->phase.weight[i];
	if (sum == 0)
		return LOAD_OPS;
	/* Evenly spread, not at random: the shares are exact. */
	r = l->fig.asked % sum;
	for (i = 0; i < LOAD_OPS; i++) {
		if (!subs_can(&l->subs, (enum load_op)i))
			continue;
		if (r < l->phase.weight[i])
			break;
		r -= l->phase.weight[i];
	}
	return (enum load_op)i;
}

/* When request number n of this phase is due. */
static uint64_t
due_at(const struct load *l, uint64_t n)
{
	return l->phase.rate ? l->fig.began + n * NS / l->phase.rate : 0;
}

/* Puts one request into place i of the batch; false when none may go. */
static bool
ask(struct load *l, unsigned i, uint64_t now)
{
	struct in_pktinfo info = { 0 };
	uint64_t due = due_at(l, l->fig.asked);
	enum load_op op;
	size_t len;

	if (l->phase.count && l->fig.asked >= l->phase.count)
		return false;
	if (l->phase.rate ? due > now : l->subs.n_wait >= l->phase.window)
		return false;
	op = pick(l);
	if (op == LOAD_OPS)
		return false;
	len = subs_ask(&l->subs, op, due ? due : now, now, l->tx[i],
	    sizeof(l->tx[i]), &info.ipi_spec_dst);
	l->fig.asked++;
	l->tx_iov[i].iov_len = len;
	memcpy(CMSG_DATA(&l->control[i].hdr), &info, sizeof(info));
	return true;
}

/* True when something was sent. */
static bool
ask_batch(struct load *l)
{
	uint64_t now = now_ns();
	unsigned n, sent = 0;
	int k;

	for (n = 0; n < BATCH && ask(l, n, now); n++)
		;
	while (sent < n) {
		k = sendmmsg(l->fd, l->out + sent, n - sent, 0);
		if (k > 0) {
			sent += (unsigned)k;
		} else if (errno != EINTR) {
			/* It will count as lost, too. */
			l->fig.unsent++;
			sent++;
		}
	}
	return n > 0;
}

static void
count_answer(struct load *l, const uint8_t *buf, size_t len, uint64_t now)
{
	struct figures *f = &l->fig;
	uint64_t due = now;
	uint8_t code = 0;

	switch (subs_answer(&l->subs, buf, len, &code, &due)) {
	case LOAD_ACCEPTED:
		f->accepted++;
		break;
	case LOAD_DENIED:
		f->denied++;
		f->code[code]++;
		break;
	case LOAD_USELESS:
		f->useless++;
		break;
	case LOAD_FORGED:
		f->forged++;
		return;
	case LOAD_STRANGE:
		f->strange++;
		return;
	}
	hist_add(&f->time, now > due ? now - due : 0);
	f->ended = now;
}

static bool
take_answers(struct load *l)
{
	uint64_t now;
	int i, n;

	n = recvmmsg(l->fd, l->in, BATCH, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return false;
	now = now_ns();
	for (i = 0; i < n; i++)
		count_answer(l, l->rx[i], l->in[i].msg_len, now);
	return true;
}

static bool
all_asked(struct load *l, uint64_t now)
{
	const struct phase *p = &l->phase;

	return (p->count && l->fig.asked >= p->count) ||
	    now - l->fig.began >= p->seconds * NS ||
	    (l->subs.n_wait == 0 && pick(l) == LOAD_OPS);
}

static void
run(struct load *l)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLIN };
	bool asking = true;
	uint64_t now;

	memset(&l->fig, 0, sizeof(l->fig));
	l->fig.began = l->fig.ended = now_ns();
	while (asking || l->subs.n_wait > 0) {
		bool busy = asking && ask_batch(l);

		busy = take_answers(l) || busy;
		now = now_ns();
		l->fig.lost += subs_give_up(&l->subs,
		    now > LOST_AFTER ? now - LOST_AFTER : 0);
		asking = asking && !all_asked(l, now);
		if (!busy && (!l->phase.rate || !asking ||
		    due_at(l, l->fig.asked) > now + NS / 10000))
			(void)poll(&pfd, 1, IDLE_MS);
	}
}

static void
figure(const char *name, double value, const char *unit)
{
	printf("%s %.6g %s\n", name, value, unit);
}

static void
report(const struct load *l)
{
	const struct figures *f = &l->fig;
	uint64_t replies = f->time.n;
	double s = (double)(f->ended - f->began) / 1e9;
	unsigned i;

	figure("requests", (double)f->asked, "count");
	figure("accepted", (double)f->accepted, "count");
	figure("denied", (double)f->denied, "count");
	for (i = 0; i < 256; i++)
		if (f->code[i])
			printf("denied.%u %" PRIu64 " count\n", i,
			    f->code[i]);
	figure("lost", (double)f->lost, "count");
	figure("unsent", (double)f->unsent, "count");
	figure("forged", (double)f->forged, "count");
	figure("strange", (double)f->strange, "count");
	figure("useless", (double)f->useless, "count");
	figure("bound", l->subs.n_bound, "count");
	figure("seconds", s, "s");
	figure("rate", s > 0 ? (double)replies / s : 0, "/s");
	figure("p50", (double)hist_quantile(&f->time, 0.5) / 1e6, "ms");
	figure("p99", (double)hist_quantile(&f->time, 0.99) / 1e6, "ms");
	figure("max", (double)f->time.max / 1e6, "ms");
	putchar('\n');
	fflush(stdout);
}

/* One "key=value" of a phase. */
static bool
setting(struct phase *p, char *word)
{
	char *value = strchr(word, '=');
	unsigned i;

	if (!value)
		return false;
	*value++ = '\0';
	for (i = 0; i < LOAD_OPS; i++)
		if (strcmp(word, op_names[i]) == 0)
			return load_number(value, 0, 1000, &p->weight[i]);
	if (strcmp(word, "rate") == 0)
		return load_number(value, 0, 10000000, &p->rate);
	if (strcmp(word, "count") == 0)
		return load_number(value, 0, UINT32_MAX, &p->count);
	if (strcmp(word, "seconds") == 0)
		return load_number(value, 1, SECONDS_MAX, &p->seconds);
	if (strcmp(word, "window") == 0)
		return load_number(value, 1, LOAD_ASKED, &p->window);
	return false;
}

static bool
parse_phase(struct phase *p, char *text)
{
	char *save, *word;

	*p = (struct phase){ .seconds = 10, .window = 256 };
	for (word = strtok_r(text, ", \n", &save); word;
	    word = strtok_r(NULL, ", \n", &save))
		if (!setting(p, word))
			return false;
	return true;
}

/* False when the text is no phase or a reply was not authentic. */
static bool
do_phase(struct load *l, char *text)
{
	if (!parse_phase(&l->phase, text)) {
		fputs("nmload: no such phase\n", stderr);
		return false;
	}
	run(l);
	report(l);
	return l->fig.forged == 0;
}

static bool
phases_of_stdin(struct load *l)
{
	char line[256];
	bool ok = true;

	while (fgets(line, sizeof(line), stdin))
		ok = do_phase(l, line) && ok;
	return ok;
}

static const char help[] =
"usage: nmload --key-file FILE [OPTION...] PHASE...\n"
"\n"
"Registers subscribers at a home agent and says how that went: one figure a\n"
"line, name value unit, after each phase; then an empty line. Fails when a\n"
"reply's authenticator is wrong.\n"
"\n"
"A PHASE is a list of settings like new=1,renew=8,rate=5000,seconds=10; \"-\"\n"
"reads phases from standard input, one a line:\n"
"  new= renew= handoff= deregister=   weights of the kinds of requests (0)\n"
"  rate=N       requests a second; 0, which is usual: as many as the window\n"
"               allows\n"
"  window=N     requests unanswered at once, without a rate (256)\n"
"  count=N      ends after so many requests; 0: by time\n"
"  seconds=N    ends after that time (10), at most 3600\n"
"\n"
"  --key-file FILE    key of all peers; the first line, as in had.conf\n"
"  --agent ADDRESS    home agent (127.0.0.1)\n"
"  --port N           its UDP port (4340)\n"
"  --care-of ADDRESS  the first care-of address (127.1.0.1)\n"
"  --peers N          that many, one after the other (16)\n"
"  --subscribers N    size of the population (10000)\n"
"  --lifetime N       seconds to ask for (1800)\n"
"  --spi N            security parameters index (256)\n"
"  --algorithm NAME   hmac-md5 (default), hmac-sha1, hmac-sha256\n"
"  --remote           allows addresses outside 127.0.0.0/8\n"
"  -h, --help\n";

struct options {
	struct load_key	key;
	struct in_addr	agent, coa;
	uint64_t	port, peers, subscribers, lifetime;
	bool		remote;
};

enum { O_KEY = 256, O_AGENT, O_PORT, O_COA, O_PEERS, O_SUBS, O_LIFE, O_SPI,
	O_ALG, O_REMOTE };

static const struct option longopts[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "key-file", required_argument, NULL, O_KEY },
	{ "agent", required_argument, NULL, O_AGENT },
	{ "port", required_argument, NULL, O_PORT },
	{ "care-of", required_argument, NULL, O_COA },
	{ "peers", required_argument, NULL, O_PEERS },
	{ "subscribers", required_argument, NULL, O_SUBS },
	{ "lifetime", required_argument, NULL, O_LIFE },
	{ "spi", required_argument, NULL, O_SPI },
	{ "algorithm", required_argument, NULL, O_ALG },
	{ "remote", no_argument, NULL, O_REMOTE },
	{ NULL, 0, NULL, 0 }
};

static bool
option(struct options *o, int c)
{
	switch (c) {
	case 'h': fputs(help, stdout); exit(EXIT_SUCCESS);
	case O_KEY: o->key.file = optarg; return true;
	case O_ALG: o->key.algorithm = optarg; return true;
	case O_REMOTE: o->remote = true; return true;
	case O_AGENT: return inet_pton(AF_INET, optarg, &o->agent) == 1;
	case O_COA: return inet_pton(AF_INET, optarg, &o->coa) == 1;
	case O_PORT: return load_number(optarg, 1, 65535, &o->port);
	case O_PEERS: return load_number(optarg, 1, 65535, &o->peers);
	case O_SUBS: return load_number(optarg, 1, 9999999, &o->subscribers);
	case O_LIFE: return load_number(optarg, 1, 65535, &o->lifetime);
	case O_SPI: return load_number(optarg, MIP4_SPI_MIN, UINT32_MAX,
		    &o->key.spi);
	default: return false;
	}
}

static bool
loopback(struct in_addr a)
{
	return ntohl(a.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool
options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1)
		if (!option(o, c))
			return false;
	if (!o->remote && (!loopback(o->agent) || !loopback(o->coa))) {
		fputs("nmload: only 127.0.0.0/8 without --remote\n", stderr);
		return false;
	}
	return o->key.file && optind < argc;
}

static int
set_up(struct load *l, const struct options *o)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	int size = 8 << 20;

	l->to = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr = o->agent,
		.sin_port = htons((uint16_t)o->port),
	};
	l->subs.ha = o->agent;
	l->subs.coa = o->coa;
	l->subs.n_peers = (unsigned)o->peers;
	l->subs.lifetime = (uint16_t)o->lifetime;
	l->subs.types = types;
	if (subs_init(&l->subs, (uint32_t)o->subscribers))
		return -ENOMEM;
	set_up_buffers(l);
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd == -1)
		return -errno;
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)))
		(void)setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	return 0;
}

int
main(int argc, char **argv)
{
	static struct load l;
	struct options o = {
		.key = { .spi = 256, .algorithm = "hmac-md5" },
		.agent.s_addr = htonl(INADDR_LOOPBACK),
		.coa.s_addr = htonl(0x7f010001),
		.port = 4340, .peers = 16, .subscribers = 10000,
		.lifetime = 1800,
	};
	bool ok = true;
	int err;

	if (!options(&o, argc, argv)) {
		fputs(help, stderr);
		return 2;
	}
	if (load_key(&o.key, &l.subs.sa))
		return 2;
	err = set_up(&l, &o);
	if (err) {
		fprintf(stderr, "nmload: %s\n", strerror(-err));
		return EXIT_FAILURE;
	}
	for (; optind < argc; optind++)
		ok = (strcmp(argv[optind], "-") == 0 ? phases_of_stdin(&l) :
		    do_phase(&l, argv[optind])) && ok;
	close(l.fd);
	subs_free(&l.subs);
	mip4_sa_wipe(&l.subs.sa);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
