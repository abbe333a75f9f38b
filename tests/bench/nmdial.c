/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many PPPoE subscribers in one process, to load an access concentrator: dials
 * in so many at once, says how long each took, keeps them until told to hang
 * up. Or a flood of PADIs at a rate. Each subscriber has an Ethernet address of
 * its own on one interface. Neighbour: dial_ppp (what one of them says).
 */
#include "config.h"
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dial_ppp.h"
#include "load_key.h"

#define NS		UINT64_C(1000000000)
#define RX_MAX		2048
#define BATCH		64
#define WAIT_MS		20
#define PADI_LEN	60

struct dialler {
	int			 fd;
	struct dial_sub		*subs;
	uint32_t		 n, begun, up, failed;
	uint64_t		 refused;	/* frames the kernel did not take */
	struct dial_out		 out;
};

struct options {
	const char	*ifname, *user, *secret_file;
	uint64_t	 first, count, window, seconds, rate, hold;
};

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static void
send_frame(void *arg, const uint8_t *frame, size_t len)
{
	struct dialler *d = arg;

	if (send(d->fd, frame, len, 0) == -1)
		d->refused++;
}

/* A socket that has all frames of the interface; -errno. */
static int
open_link(const char *ifname)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(ifname),
		.sll_protocol = htons(ETH_P_ALL),
	};
	struct packet_mreq all = { .mr_ifindex = sll.sll_ifindex,
		.mr_type = PACKET_MR_PROMISC };
	int fd, one = 1, size = 8 << 20;

	if (!sll.sll_ifindex)
		return -errno;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
	    sizeof(one)) || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
	    &all, sizeof(all)) || bind(fd, (struct sockaddr *)&sll,
	    sizeof(sll))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* Whose frame it is, by its address; NULL when nobody's. */
static struct dial_sub *
owner(struct dialler *d, const uint8_t *frame, size_t len)
{
	uint32_t i;

	if (len < ETH_HLEN)
		return NULL;
	i = (uint32_t)frame[3] << 16 | (uint32_t)frame[4] << 8 | frame[5];
	i -= d->subs[0].number;
	return i < d->n && memcmp(frame, d->subs[i].mac, 6) == 0 ?
	    &d->subs[i] : NULL;
}

static void
take_frames(struct dialler *d)
{
	uint8_t frame[RX_MAX];
	enum dial_state was;
	struct dial_sub *s;
	ssize_t len;
	int i;

	for (i = 0; i < BATCH; i++) {
		len = recv(d->fd, frame, sizeof(frame), MSG_DONTWAIT);
		if (len < 0)
			return;
		s = owner(d, frame, (size_t)len);
		if (!s)
			continue;
		was = s->state;
		dial_frame(s, &d->out, frame, (size_t)len, now_ns());
		if (s->state == was)
			continue;
		d->up += (s->state == DIAL_UP) - (was == DIAL_UP);
		d->failed += s->state == DIAL_FAILED;
	}
}

/* Says again what is due, and begins with as many as the window allows. */
static void
go_on(struct dialler *d, uint64_t window)
{
	uint64_t now = now_ns();
	uint32_t i;

	for (i = 0; i < d->begun; i++)
		if (d->subs[i].again_at && d->subs[i].again_at <= now) {
			dial_again(&d->subs[i], &d->out, now);
			d->failed += d->subs[i].state == DIAL_FAILED;
		}
	while (d->begun < d->n && d->begun - d->up - d->failed < window)
		dial_start(&d->subs[d->begun++], &d->out, now);
}

static void
figure(const char *name, double value, const char *unit)
{
	printf("%s %.6g %s\n", name, value, unit);
}

static int
by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
report(const struct dialler *d, uint64_t began)
{
	uint64_t *took = calloc(d->n, sizeof(*took)), last = began;
	uint32_t i, n = 0;

	for (i = 0; took && i < d->n; i++)
		if (d->subs[i].state == DIAL_UP) {
			took[n++] = d->subs[i].up_at - d->subs[i].began;
			if (d->subs[i].up_at > last)
				last = d->subs[i].up_at;
		}
	figure("up", d->up, "count");
	figure("failed", d->failed, "count");
	figure("unsent", (double)d->refused, "count");
	figure("seconds", (double)(last - began) / 1e9, "s");
	figure("rate", last > began ? n * 1e9 / (double)(last - began) : 0,
	    "/s");
	if (n) {
		qsort(took, n, sizeof(*took), by_time);
		figure("p50", (double)took[n / 2] / 1e6, "ms");
		figure("max", (double)took[n - 1] / 1e6, "ms");
	}
	putchar('\n');
	fflush(stdout);
	free(took);
}

/* Until all are up or failed, or time is over. */
static void
dial_all(struct dialler *d, const struct options *o)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	uint64_t began = now_ns();

	while (d->up + d->failed < d->n &&
	    now_ns() - began < o->seconds * NS) {
		go_on(d, o->window);
		(void)poll(&p, 1, WAIT_MS);
		take_frames(d);
	}
	report(d, began);
}

/* Answers echo requests until standard input ends, or so many seconds. */
static void
keep(struct dialler *d, uint64_t seconds)
{
	struct pollfd p[2] = { { .fd = d->fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN } };
	uint64_t began = now_ns();
	char c;

	while (now_ns() - began < seconds * NS) {
		(void)poll(p, 2, 1000);
		take_frames(d);
		if (p[1].revents && read(STDIN_FILENO, &c, 1) <= 0)
			break;
	}
}

static int
dial(struct dialler *d, const struct options *o)
{
	uint32_t i;
	bool ok;

	d->n = (uint32_t)o->count;
	d->subs = calloc(d->n, sizeof(*d->subs));
	if (!d->subs)
		return EXIT_FAILURE;
	for (i = 0; i < d->n; i++)
		dial_init(&d->subs[i], (uint32_t)o->first + i);
	d->out.send = send_frame;
	d->out.arg = d;
	dial_all(d, o);
	ok = d->up == d->n;
	keep(d, o->hold);
	ok = ok && d->up == d->n;
	for (i = 0; i < d->n; i++)
		dial_hang_up(&d->subs[i], &d->out);
	free(d->subs);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct flood {
	uint8_t		frame[BATCH][PADI_LEN];
	struct iovec	iov[BATCH];
	struct mmsghdr	msg[BATCH];
	uint64_t	sent, unsent, offers;
};

static void
flood_init(struct flood *f)
{
	static const uint8_t padi[] = { 255, 255, 255, 255, 255, 255,
		2, 'n', 'm', 0, 0, 0, 0x88, 0x63, 0x11, 0x09, 0, 0, 0, 4,
		1, 1, 0, 0 };
	unsigned i;

	for (i = 0; i < BATCH; i++) {
		memcpy(f->frame[i], padi, sizeof(padi));
		f->iov[i] = (struct iovec){ f->frame[i], PADI_LEN };
		f->msg[i].msg_hdr.msg_iov = &f->iov[i];
		f->msg[i].msg_hdr.msg_iovlen = 1;
	}
}

/* Each from another station, by chance. */
static void
flood_batch(struct flood *f, int fd, unsigned n)
{
	uint8_t mac[BATCH][3];
	unsigned i;
	int k;

	if (getrandom(mac, sizeof(mac), 0) != sizeof(mac))
		return;
	for (i = 0; i < n; i++)
		memcpy(f->frame[i] + 9, mac[i], sizeof(mac[i]));
	k = sendmmsg(fd, f->msg, n, 0);
	f->sent += k > 0 ? (unsigned)k : 0;
	f->unsent += n - (k > 0 ? (unsigned)k : 0);
}

static void
count_offers(struct flood *f, int fd)
{
	uint8_t b[RX_MAX];
	ssize_t len;
	int i;

	for (i = 0; i < BATCH; i++) {
		len = recv(fd, b, sizeof(b), MSG_DONTWAIT);
		if (len < 0)
			return;
		f->offers += len > 15 && b[12] == 0x88 && b[13] == 0x63 &&
		    b[15] == 0x07;
	}
}

/* Those that are on their way: until none comes for a second. */
static void
last_offers(struct flood *f, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t until = now_ns() + NS, offers;

	while (now_ns() < until) {
		(void)poll(&p, 1, 100);
		offers = f->offers;
		count_offers(f, fd);
		if (f->offers > offers)
			until = now_ns() + NS;
	}
}

static int
flood(int fd, const struct options *o)
{
	static struct flood f;
	uint64_t began = now_ns(), end = o->seconds * NS, t, due;

	flood_init(&f);
	while ((t = now_ns() - began) < end) {
		due = t / 1000 * o->rate / 1000000;
		if (due > f.sent + f.unsent)
			flood_batch(&f, fd, due - f.sent - f.unsent < BATCH ?
			    (unsigned)(due - f.sent - f.unsent) : BATCH);
		else
			(void)usleep(500);
		count_offers(&f, fd);
	}
	last_offers(&f, fd);
	figure("sent", (double)f.sent, "count");
	figure("unsent", (double)f.unsent, "count");
	figure("offers", (double)f.offers, "count");
	figure("rate", (double)f.sent / (double)o->seconds, "/s");
	return EXIT_SUCCESS;
}

static const char help[] =
"usage: nmdial --interface IF --user NAME --secret-file FILE [OPTION...]\n"
"       nmdial --interface IF --flood RATE [--seconds N]\n"
"\n"
"Dials in as many PPPoE subscribers, authenticates them by CHAP, opens IPv6CP\n"
"and says how that went: one figure a line, name value unit. Then keeps them\n"
"until standard input ends. Fails when one did not come up or ended.\n"
"With --flood sends RATE PADIs a second from random stations, and counts the\n"
"offers.\n"
"\n"
"  --user NAME         \"%u\" in it is the subscriber's number\n"
"  --secret-file FILE  its first line, likewise\n"
"  --first N           number of the first (1)\n"
"  --count N           how many (10)\n"
"  --window N          how many at once (all)\n"
"  --seconds N         gives up after (120)\n"
"  --hold N            hangs up after so many seconds at the latest (3600)\n"
"  -h, --help\n";

enum { O_IF = 256, O_USER, O_SECRET, O_FIRST, O_COUNT, O_WINDOW, O_SECONDS,
	O_HOLD, O_FLOOD };

static const struct option longopts[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "interface", required_argument, NULL, O_IF },
	{ "user", required_argument, NULL, O_USER },
	{ "secret-file", required_argument, NULL, O_SECRET },
	{ "first", required_argument, NULL, O_FIRST },
	{ "count", required_argument, NULL, O_COUNT },
	{ "window", required_argument, NULL, O_WINDOW },
	{ "seconds", required_argument, NULL, O_SECONDS },
	{ "hold", required_argument, NULL, O_HOLD },
	{ "flood", required_argument, NULL, O_FLOOD },
	{ NULL, 0, NULL, 0 }
};

static bool
option(struct options *o, int c)
{
	switch (c) {
	case 'h': fputs(help, stdout); exit(EXIT_SUCCESS);
	case O_IF: o->ifname = optarg; return true;
	case O_USER: o->user = optarg; return true;
	case O_SECRET: o->secret_file = optarg; return true;
	case O_FIRST: return load_number(optarg, 0, 1000000, &o->first);
	case O_COUNT: return load_number(optarg, 1, 60000, &o->count);
	case O_WINDOW: return load_number(optarg, 1, 60000, &o->window);
	case O_SECONDS: return load_number(optarg, 1, 3600, &o->seconds);
	case O_HOLD: return load_number(optarg, 0, 3600, &o->hold);
	case O_FLOOD: return load_number(optarg, 1, 1000000, &o->rate);
	default: return false;
	}
}

/* The first line of a file. */
static bool
first_line(const char *path, char line[static DIAL_NAME_MAX])
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(line, DIAL_NAME_MAX, f);

	if (!ok)
		fprintf(stderr, "nmdial: %s: %s\n", path, f ? "no line" :
		    strerror(errno));
	else
		line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
	return ok;
}

int
main(int argc, char **argv)
{
	struct options o = { .first = 1, .count = 10, .window = UINT32_MAX,
		.seconds = 120, .hold = 3600 };
	struct dialler d = { 0 };
	int c, status;

	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1)
		if (!option(&o, c)) {
			fputs(help, stderr);
			return 2;
		}
	if (optind < argc || !o.ifname ||
	    (!o.rate && (!o.user || !o.secret_file))) {
		fputs(help, stderr);
		return 2;
	}
	d.fd = open_link(o.ifname);
	if (d.fd < 0) {
		fprintf(stderr, "nmdial: %s: %s\n", o.ifname,
		    strerror(-d.fd));
		return EXIT_FAILURE;
	}
	if (o.rate) {
		status = flood(d.fd, &o);
	} else {
		snprintf(d.out.user, sizeof(d.out.user), "%s", o.user);
		status = first_line(o.secret_file, d.out.secret) ?
		    dial(&d, &o) : EXIT_FAILURE;
	}
	close(d.fd);
	return status;
}
