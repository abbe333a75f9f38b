/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See had/mn_sock.h; mn.c decides. The root side has opened them [nd_open.h];
 * what is heard is up to us: neighbour discovery, and packets from addresses of
 * a prefix that the mobile node has been told of, but does not have yet [D30].
 * So its traffic is not looked at here: the filter has a list of its addresses,
 * which changes with them.
 */
#define LOG_MODULE "mn"
#include "had/mn_sock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/sock_filter.h"
#include "had/binding.h"
#include "had/mn.h"
#include "had/reg.h"

#define BURST		16	/* packets a wake-up, then others' turn */
#define PER_SECOND	200	/* then it has to wait */
#define RX_MAX		1500

#define ND_FIRST	133	/* Router Solicitation */
#define ND_LAST		136	/* Neighbor Advertisement */
#define HEAD_LEN	40	/* of others: the header */
#define OFF_NEXT	6
#define OFF_SRC		8
#define OFF_TYPE	40

struct mn_sock {
	struct mn_socks	*owner;
	struct mn	*mn;
	struct event	*read;
	struct timer	 rest;		/* it has sent too much */
	mono_t		 second;	/* since when it has */
	unsigned	 n;		/* packets sent */
	int		 fd, ifindex;
	bool		*gone;		/* set when it is freed */
};

struct mn_socks {
	struct event_base *base;
	struct reg	*reg;
	struct log_limit limit;
};

/* ---- what is heard ---- */

#define CODE_MAX	(16 + 9 * NODE_POOLS_MAX + 9 * MN_ADDRS_MAX)

struct code {
	struct sock_filter	insn[CODE_MAX];
	unsigned short		n;
};

static void
put(struct code *c, struct sock_filter i)
{
	c->insn[c->n++] = i;
}

/* Goes on behind what follows unless the source begins with these bytes. */
static void
put_source(struct code *c, const struct in6_addr *a, unsigned words,
    uint8_t follow)
{
	unsigned i;

	for (i = 0; i < words; i++) {
		uint32_t w;

		memcpy(&w, &a->s6_addr[4 * i], sizeof(w));
		put(c, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    OFF_SRC + 4 * i));
		put(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    ntohl(w), 0, (uint8_t)(2 * (words - 1 - i) + follow)));
	}
}

static void
put_ret(struct code *c, uint32_t len)
{
	put(c, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, len));
}

/* IPv6 that came in; of that neighbour discovery, whole. */
static void
put_nd(struct code *c)
{
	static const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF +
		    SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 2, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SKF_AD_OFF +
		    SKF_AD_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, OFF_NEXT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, OFF_TYPE),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ND_FIRST, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ND_LAST, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, RX_MAX),
	};
	size_t i;

	for (i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		put(c, head[i]);
}

/* Of the rest: what is from a new address in a prefix. */
static void
put_new(struct code *c, const struct mn *m)
{
	struct pool *const *pools;
	size_t n = mn_prefixes(m, &pools), i;
	struct in6_addr addr;

	for (i = 0; i < m->n_addrs; i++) {
		addr = mn_addr_of(&m->addrs[i]);
		put_source(c, &addr, 4, 1);
		put_ret(c, 0);
	}
	for (i = 0; i < n && i < NODE_POOLS_MAX; i++) {
		put_source(c, &pools[i]->prefix, 2, 1);
		put_ret(c, HEAD_LEN);
	}
}

static void
set_filter(const struct mn_sock *s)
{
	struct code c = { .n = 0 };

	put_nd(&c);
	if (mn_hears(s->mn))
		put_new(&c, s->mn);
	put_ret(&c, 0);
	if (sock_filter_set(s->fd, c.insn, c.n) == -1)
		log_warn((const char *)s->mn->binding->nai,
		    "what is to be heard");
}

/* False: it has to rest. */
static bool
may_go_on(struct mn_sock *s)
{
	const struct reg *r = s->owner->reg;
	mono_t now = clock_mono(r->clock);

	if (mono_diff_ms(now, s->second) >= 1000) {
		s->second = now;
		s->n = 0;
	}
	if (s->n++ < PER_SECOND)
		return true;
	if (timer_set(r->mns->timers, &s->rest, mono_add_ms(s->second, 1000)))
		return true;
	event_del(s->read);
	return false;
}

static void
rested(struct timer *t)
{
	struct mn_sock *s = container_of(t, struct mn_sock, rest);

	(void)event_add(s->read, NULL);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct mn_sock *s = arg;
	uint8_t buf[RX_MAX];
	bool gone = false;
	ssize_t n;
	int i;

	(void)what;
	s->gone = &gone;
	for (i = 0; i < BURST && may_go_on(s); i++) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n == -1)
			break;
		/* It may end the binding, and this. */
		mn_input(s->mn, buf, (size_t)n);
		if (gone)
			return;
	}
	s->gone = NULL;
}

/* ---- what mn asks for ---- */

static void
free_sock(struct mn_sock *s)
{
	if (s->gone)
		*s->gone = true;
	timer_cancel(s->owner->reg->mns->timers, &s->rest);
	if (s->read)
		event_free(s->read);
	close(s->fd);
	free(s);
}

static void
sock_close(void *arg, struct mn *m)
{
	(void)arg;
	if (m->sock)
		free_sock(m->sock);
	m->sock = NULL;
}

static struct mn_sock *
new_sock(struct mn_socks *ss, struct mn *m, int fd)
{
	struct sockaddr_ll sll;
	socklen_t len = sizeof(sll);
	struct mn_sock *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->owner = ss;
	s->mn = m;
	s->fd = fd;
	s->rest.fire = rested;
	s->read = event_new(ss->base, fd, EV_READ | EV_PERSIST, readable, s);
	if (s->read && event_add(s->read, NULL) == 0 &&
	    getsockname(fd, (struct sockaddr *)&sll, &len) == 0) {
		s->ifindex = sll.sll_ifindex;
		return s;
	}
	if (s->read)
		event_free(s->read);
	free(s);
	return NULL;
}

static void
sock_open(void *arg, struct mn *m, int fd)
{
	struct mn_socks *ss = arg;

	sock_close(arg, m);
	if (fd == -1)
		return;
	m->sock = new_sock(ss, m, fd);
	if (!m->sock) {
		close(fd);
		log_warnx((const char *)m->binding->nai, "not heard: no "
		    "memory");
	}
}

static bool
sock_send(void *arg, struct mn *m, const uint8_t *packet, size_t len)
{
	struct mn_socks *ss = arg;
	struct mn_sock *s = m->sock;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
	};
	unsigned more;

	if (!s)
		return false;
	to.sll_ifindex = s->ifindex;
	if (sendto(s->fd, packet, len, 0, (struct sockaddr *)&to,
	    sizeof(to)) == (ssize_t)len)
		return true;
	if (log_limited(&ss->limit, mono_diff_ms(clock_mono(ss->reg->clock),
	    (mono_t){ 0 }), &more))
		log_warn((const char *)m->binding->nai,
		    "sending into its tunnel");
	return false;
}

static void
sock_listen(void *arg, struct mn *m)
{
	(void)arg;
	if (m->sock)
		set_filter(m->sock);
}

static void
detach(void *arg, struct binding *b, const char *why)
{
	struct mn_socks *ss = arg;

	reg_end(ss->reg, b, why);
}

struct mn_socks *
mn_socks_new(struct event_base *base, struct reg *r)
{
	static const struct mn_io io = { sock_open, sock_close, sock_send,
		sock_listen, detach };
	struct mn_socks *ss = calloc(1, sizeof(*ss));

	if (!ss)
		return NULL;
	ss->base = base;
	ss->reg = r;
	ss->limit = (struct log_limit){ .rate = 1, .burst = 10 };
	r->mns->io = &io;
	r->mns->arg = ss;
	return ss;
}

void
mn_socks_free(struct mn_socks *ss)
{
	if (!ss)
		return;
	ss->reg->mns->io = NULL;
	free(ss);
}
