/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The batch: messages are collected in one buffer and sent some dozens at a
 * time, each with a sequence number of its own and asking for an answer; an
 * answer finds its message by that number. Neighbours: netlink_link.c,
 * netlink_route.c and netlink_tc.c write the messages.
 */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/clock.h"

#define LOG_MODULE "netlink"
#include "common/log.h"

/* Messages sent at once: their answers (below 1 kB each in the kernel's
 * count) must fit into the socket's receive buffer, and they themselves (300
 * bytes) into what the kernel takes of an ordinary socket, 208 kB. */
#define CHUNK_MSGS	256
#define RCVBUF		(1 << 20)
/* The kernel answers at once; whoever waits longer would wait for ever. */
#define WAIT_S		5
#define ERRNO_MAX	4095	/* the kernel's greatest */

struct entry {
	size_t		 off;		/* in buf */
	const char	*what;
	unsigned	 ign;
	int		 result;	/* 1: no answer yet */
};

struct nl {
	struct mnl_socket *sk;
	uint32_t	 seq;		/* of the last message */
	uint32_t	 first_seq;	/* of the batch's message 0 */
	uint8_t		*buf;
	size_t		 len, cap;
	struct entry	*entry;
	size_t		 n, n_cap;
	struct log_limit limit;		/* a peer may cause what fails */
};

struct nl *
nl_open(void)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	const struct timeval wait = { .tv_sec = WAIT_S };
	int one = 1, size = RCVBUF;
	int fd;

	if (nl == NULL)
		return (NULL);
	nl->limit = (struct log_limit){ .rate = 1, .burst = 10 };
	nl->sk = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (nl->sk == NULL) {
		free(nl);
		return (NULL);
	}
	if (mnl_socket_bind(nl->sk, 0, MNL_SOCKET_AUTOPID) == -1) {
		nl_close(nl);
		return (NULL);
	}
	fd = mnl_socket_get_fd(nl->sk);
	/* Text with errors, and no copy of the request. Both may be missing
	 * in an old kernel. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	nl_begin(nl);
	return (nl);
}

void
nl_close(struct nl *nl)
{
	if (nl == NULL)
		return;
	mnl_socket_close(nl->sk);
	free(nl->buf);
	free(nl->entry);
	free(nl);
}

void
nl_begin(struct nl *nl)
{
	nl->len = 0;
	nl->n = 0;
	nl->first_seq = nl->seq + 1;
}

/* Room for one more message and its entry. */
static bool
make_room(struct nl *nl)
{
	size_t cap;
	void *p;

	if (nl->cap - nl->len < NL_MSG_MAX) {
		cap = nl->cap * 2 + 16 * NL_MSG_MAX;
		p = realloc(nl->buf, cap);
		if (p == NULL)
			return (false);
		nl->buf = p;
		nl->cap = cap;
	}
	if (nl->n == nl->n_cap) {
		cap = nl->n_cap * 2 + 64;
		p = realloc(nl->entry, cap * sizeof(*nl->entry));
		if (p == NULL)
			return (false);
		nl->entry = p;
		nl->n_cap = cap;
	}
	return (true);
}

struct nlmsghdr *
nl_msg_begin(struct nl *nl, uint16_t type, uint16_t flags, size_t extra_size,
    void **extra)
{
	struct nlmsghdr *h;

	if (!make_room(nl))
		return (NULL);
	h = mnl_nlmsg_put_header(nl->buf + nl->len);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	*extra = mnl_nlmsg_put_extra_header(h, extra_size);
	return (h);
}

int
nl_msg_end(struct nl *nl, struct nlmsghdr *h, const char *what, unsigned ign)
{
	h->nlmsg_seq = ++nl->seq;
	nl->entry[nl->n] = (struct entry){
		.off = nl->len,
		.what = what,
		.ign = ign,
		.result = 1,
	};
	nl->len += MNL_ALIGN(h->nlmsg_len);
	return ((int)nl->n++);
}

const void *
nl_batch_msg(const struct nl *nl, size_t i, size_t *len)
{
	const struct nlmsghdr *h;

	if (i >= nl->n)
		return (NULL);
	h = (const void *)(nl->buf + nl->entry[i].off);
	*len = h->nlmsg_len;
	return (h);
}

static bool
ignored(int err, unsigned ign)
{
	switch (err) {
	case EEXIST:
		return ((ign & NL_IGN_EXIST) != 0);
	case ENOENT:
	case ESRCH:
	case ENODEV:
	case ENXIO:
	case EADDRNOTAVAIL:
		return ((ign & NL_IGN_NOENT) != 0);
	default:
		return (false);
	}
}

static int
text_attr(const struct nlattr *a, void *arg)
{
	const char **text = arg;

	if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
		*text = mnl_attr_get_str(a);
	return (MNL_CB_OK);
}

/* The kernel's words on an error, or NULL. */
static const char *
error_text(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	size_t off = sizeof(*e);
	const char *text = NULL;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return (NULL);
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		off += mnl_nlmsg_get_payload_len(&e->msg);
	if (off < mnl_nlmsg_get_payload_len(h))
		mnl_attr_parse(h, (unsigned)off, text_attr, &text);
	return (text);
}

/* As the kernel said, if it is one: others have meanings of our own. */
static int
error_of(int err)
{
	return (err <= 0 && err >= -ERRNO_MAX ? err : -EPROTO);
}

static void
complain(struct nl *nl, const char *what, int err, const char *text)
{
	unsigned more = 0;

	if (!log_limited(&nl->limit, clock_system_ms(), &more))
		return;
	if (more > 0)
		log_warnx(NULL, "%u more failures were not logged", more);
	log_warnx(NULL, "%s: %s%s%s", what, strerror(-err),
	    text != NULL ? ": " : "", text != NULL ? text : "");
}

static void
take_answer(struct nl *nl, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	const uint32_t i = h->nlmsg_seq - nl->first_seq;
	struct entry *en;
	int err;

	if (h->nlmsg_type != NLMSG_ERROR || i >= nl->n ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*e))
		return;
	en = &nl->entry[i];
	err = error_of(e->error);
	if (err == 0 || ignored(-err, en->ign)) {
		en->result = 0;
		return;
	}
	en->result = err;
	complain(nl, en->what, err, error_text(h));
}

/* The kernel handles a batch in order and answers what fails in any case: when
 * the last one is answered, those without an answer have succeeded. */
static void
ask_of_last(struct nl *nl, size_t from, size_t to)
{
	struct nlmsghdr *h;
	size_t i;

	for (i = from; i + 1 < to; i++) {
		h = (void *)(nl->buf + nl->entry[i].off);
		h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	}
}

static void
rest_succeeded(struct nl *nl, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++)
		if (nl->entry[i].result == 1)
			nl->entry[i].result = 0;
}

/* Sends messages from..to and waits for the answer to the last. */
static int
do_chunk(struct nl *nl, size_t from, size_t to)
{
	const size_t end = to < nl->n ? nl->entry[to].off : nl->len;
	uint8_t in[16384] __attribute__((aligned(8)));
	const struct nlmsghdr *h;
	bool waiting = true;
	ssize_t n;
	int len;

	ask_of_last(nl, from, to);

	if (mnl_socket_sendto(nl->sk, nl->buf + nl->entry[from].off,
	    end - nl->entry[from].off) == -1)
		return (-errno);
	while (waiting) {
		n = mnl_socket_recvfrom(nl->sk, in, sizeof(in));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (n == 0 ? -EIO : -errno);
		len = (int)n;
		for (h = (const void *)in; mnl_nlmsg_ok(h, len);
		    h = mnl_nlmsg_next(h, &len)) {
			take_answer(nl, h);
			if (h->nlmsg_type == NLMSG_ERROR &&
			    h->nlmsg_seq == nl->first_seq + to - 1)
				waiting = false;
		}
	}
	rest_succeeded(nl, from, to);
	return (0);
}

int
nl_commit(struct nl *nl, int *result, size_t n)
{
	size_t i, to;
	int err = 0, first = 0;

	for (i = 0; i < nl->n && err == 0; i = to) {
		to = i + CHUNK_MSGS < nl->n ? i + CHUNK_MSGS : nl->n;
		err = do_chunk(nl, i, to);
	}
	if (err != 0)
		log_at(LOG_L_ERROR, LOG_MODULE, NULL, -err, "batch");
	for (i = 0; i < nl->n; i++) {
		if (nl->entry[i].result == 1)
			nl->entry[i].result = err != 0 ? err : -EIO;
		if (first == 0)
			first = nl->entry[i].result;
		if (result != NULL && i < n)
			result[i] = nl->entry[i].result;
	}
	nl_begin(nl);
	return (first);
}

/* A dump during which something came or went still says what is true of all
 * the rest; libmnl would end with it. */
static void
forgive_changes(void *in, int len)
{
	struct nlmsghdr *h;

	for (h = in; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
		h->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
}

int
nl_query(struct nl *nl, struct nlmsghdr *h, mnl_cb_t cb, void *arg)
{
	uint8_t in[32768] __attribute__((aligned(8)));
	ssize_t n;
	int r;

	/* It would take a sequence number out of the batch's. */
	if (nl->n > 0)
		return (-EBUSY);
	/* The acknowledgment comes after the answer, and without one, too. */
	h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = ++nl->seq;
	nl_begin(nl);
	if (mnl_socket_sendto(nl->sk, h, h->nlmsg_len) == -1)
		return (-errno);
	for (;;) {
		n = mnl_socket_recvfrom(nl->sk, in, sizeof(in));
		if (n == -1 && errno == EINTR)
			continue;
		if (n < (ssize_t)sizeof(struct nlmsghdr))
			return (n == -1 ? -errno : -EIO);
		/* an answer to something given up earlier */
		if (((struct nlmsghdr *)(void *)in)->nlmsg_seq != h->nlmsg_seq)
			continue;
		forgive_changes(in, (int)n);
		r = mnl_cb_run(in, (size_t)n, h->nlmsg_seq,
		    mnl_socket_get_portid(nl->sk), cb, arg);
		if (r == MNL_CB_ERROR)
			return (errno > 0 ? error_of(-errno) : -EPROTO);
		if (r <= MNL_CB_STOP)
			return (0);
	}
}

/* For this one alone: others' headers say more than the kernel then takes. */
int
nl_query_strict(struct nl *nl, struct nlmsghdr *h, mnl_cb_t cb, void *arg)
{
	const int fd = mnl_socket_get_fd(nl->sk), on = 1, off = 0;
	int err;

	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
	    sizeof(on));
	err = nl_query(nl, h, cb, arg);
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &off,
	    sizeof(off));
	return (err);
}

int
nl_dump(struct nl *nl, uint16_t type, uint8_t family, size_t size,
    mnl_cb_t cb, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtgenmsg *gen;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	gen = mnl_nlmsg_put_extra_header(h, size);
	gen->rtgen_family = family;
	return (nl_query(nl, h, cb, arg));
}

unsigned
nl_ifindex(const char *name)
{
	return (if_nametoindex(name));
}

bool
nl_link_is_up(const char *name, unsigned ifindex)
{
	struct ifreq ifr = { 0 };
	bool up;
	int fd;

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return (false);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (true);
	strcpy(ifr.ifr_name, name);
	up = ioctl(fd, SIOCGIFINDEX, &ifr) == 0 &&
	    (unsigned)ifr.ifr_ifindex == ifindex &&
	    ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 &&
	    (ifr.ifr_flags & IFF_UP) != 0;
	close(fd);
	return (up);
}
