/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/access.h. RFC 3344 2, RFC 1256. Only reads and hands on. */
#include "config.h"
#define LOG_MODULE "access"
#include "fad/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/ip4.h"
#include "common/log.h"
#include "common/packet_aux.h"
#include "common/sock_filter.h"
#include "fad/advert.h"
#include "fad/fad_config.h"
#include "fad/relay.h"

#define BURST		64	/* packets a wake-up, then others' turn */
#define RX_MAX		2048
#define TX_MAX		1500
#define TTL_NEAR	1	/* RFC 3344 2.1 */
#define TTL_REPLY	64

#define ALL_SYSTEMS	0xe0000001	/* 224.0.0.1 */
#define ALL_ROUTERS	0xe0000002	/* 224.0.0.2 */
#define ALL_AGENTS	0xe000000b	/* 224.0.0.11 */

struct access_link {
	struct access		*owner;
	const struct fad_link	*conf;
	unsigned		 place;
	int			 fd;
	unsigned		 ifindex;
	struct event		*read;
	struct advert_pace	 pace;
	struct log_limit	 limit;
	struct access_counters	 count;
};

struct access {
	const struct fad_config	*conf;
	const struct clock	*clock;
	struct relay		*relay;
	size_t			 n;
	struct access_link	 link[];
};

/* The Ethernet address of an IPv4 multicast or broadcast address [RFC 1112
 * 6.4]. */
static void
group_lladdr(struct in_addr group, uint8_t lladdr[static 6])
{
	uint32_t a = ntohl(group.s_addr);

	memset(lladdr, 0xff, 6);
	if (a == INADDR_BROADCAST)
		return;
	lladdr[0] = 0x01;
	lladdr[1] = 0x00;
	lladdr[2] = 0x5e;
	lladdr[3] = (uint8_t)(a >> 16 & 0x7f);
	lladdr[4] = (uint8_t)(a >> 8);
	lladdr[5] = (uint8_t)a;
}

/* ---- what goes out ---- */

static void
transmit(struct access_link *l, const struct ip4_packet *p,
    const uint8_t lladdr[static 6])
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)l->ifindex, .sll_halen = 6,
	};
	uint8_t buf[TX_MAX];
	size_t len = ip4_write(p, buf, sizeof(buf));
	unsigned more;

	memcpy(to.sll_addr, lladdr, 6);
	errno = EMSGSIZE;
	if (len > 0 && sendto(l->fd, buf, len, 0, (struct sockaddr *)&to,
	    sizeof(to)) != -1)
		return;
	l->count.send_failed++;
	if (log_limited(&l->limit, mono_diff_ms(clock_mono(l->owner->clock),
	    (mono_t){ 0 }), &more))
		log_warn(l->conf->name, "sending (%u more like this before)",
		    more);
}

static void
advertise(struct access_link *l, struct in_addr dst,
    const uint8_t lladdr[static 6], uint32_t lifetime)
{
	const struct fad_config *c = l->owner->conf;
	struct advert a = {
		.lifetime = (uint16_t)lifetime,
		.router = l->conf->router, .address = l->conf->address,
		.preference = l->conf->preference,
		.sequence = l->count.sequence,
		.reg_lifetime = (uint16_t)c->max_lifetime,
		.flags = ADVERT_F, .revocation = c->revocation,
		.care_of = c->care_of, .prefix_len = l->conf->prefix_len,
	};
	struct ip4_packet p = {
		.src = l->conf->address, .dst = dst, .ttl = TTL_NEAR,
		.proto = IPPROTO_ICMP,
	};
	uint8_t buf[ADVERT_MAX];

	if (l->conf->required)
		a.flags |= ADVERT_R;
	if (relay_is_busy(l->owner->relay))
		a.flags |= ADVERT_B;
	if (c->any_gre)
		a.flags |= ADVERT_G;
	if (c->reverse != FAD_REVERSE_REFUSE)
		a.flags |= ADVERT_T;
	p.data = buf;
	p.len = advert_write(&a, buf, sizeof(buf));
	l->count.sequence = advert_next(l->count.sequence);
	l->count.adverts++;
	transmit(l, &p, lladdr);
}

static void
advertise_all(struct access_link *l, uint32_t lifetime)
{
	const struct in_addr all = { htonl(ALL_SYSTEMS) };
	uint8_t lladdr[6];

	group_lladdr(all, lladdr);
	advertise(l, all, lladdr, lifetime);
}

static void
advert_due(void *arg)
{
	struct access_link *l = arg;

	advertise_all(l, l->conf->lifetime);
}

void
access_send(void *arg, const struct node *n, struct in_addr dst,
    const uint8_t *data, size_t len)
{
	struct access *a = arg;
	struct access_link *l = &a->link[n->link];
	struct ip4_packet p = {
		.src = n->dst, .dst = dst, .ttl = TTL_REPLY,
		.proto = IPPROTO_UDP, .sport = a->conf->port,
		.dport = n->port, .data = data, .len = len,
	};

	if (!relay_is_own(a->relay, p.src))
		p.src = l->conf->address;
	transmit(l, &p, n->lladdr);
}

void
access_changed(void *arg)
{
	struct access *a = arg;
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->link[i].conf->advertise)
			advert_soon(&a->link[i].pace);
}

void
access_farewell(struct access *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		advertise_all(&a->link[i], 0);
}

/* ---- what comes in ---- */

static bool
is_to_us(const struct access_link *l, struct in_addr dst)
{
	uint32_t a = ntohl(dst.s_addr);

	return a == ALL_AGENTS || a == INADDR_BROADCAST ||
	    relay_is_own(l->owner->relay, dst);
}

static void
solicited(struct access_link *l, const struct ip4_packet *p,
    const struct sockaddr_ll *from)
{
	uint32_t src = ntohl(p->src.s_addr);
	bool host = src >> 24 != 0 && src >> 28 < 0xe;

	if (!advert_is_solicitation(p->data, p->len, p->ttl)) {
		l->count.malformed++;
		return;
	}
	l->count.solicitations++;
	if (advert_solicited(&l->pace, host))
		advertise(l, p->src, from->sll_addr, l->conf->lifetime);
}

static void
requested(struct access_link *l, const struct ip4_packet *p,
    const struct sockaddr_ll *from)
{
	struct relay_packet pkt = {
		.node.link = l->place, .node.src = p->src,
		.node.dst = p->dst, .node.port = p->sport, .ttl = p->ttl,
		.data = p->data, .len = p->len,
	};

	memcpy(pkt.node.lladdr, from->sll_addr, sizeof(pkt.node.lladdr));
	l->count.requests++;
	relay_from_node(l->owner->relay, &pkt);
}

static void
packet(struct access_link *l, const uint8_t *data, size_t len,
    const struct sockaddr_ll *from, bool summed)
{
	struct ip4_packet p;
	enum ip4_verdict v = ip4_read(&p, data, len, summed);

	if (v == IP4_OTHER)
		return;
	if (v != IP4_OK || from->sll_halen != 6 || (from->sll_addr[0] & 1)) {
		l->count.malformed++;
		return;
	}
	/* Others' packets that we only forward, a registration at another
	 * agent among them. */
	if (!is_to_us(l, p.dst) && (p.proto != IPPROTO_ICMP ||
	    ntohl(p.dst.s_addr) != ALL_ROUTERS)) {
		l->count.not_ours++;
		return;
	}
	if (p.proto == IPPROTO_ICMP)
		solicited(l, &p, from);
	else if (p.dport == l->owner->conf->port)
		requested(l, &p, from);
}

static bool
receive(struct access_link *l)
{
	struct sockaddr_ll from = { .sll_halen = 0 };
	struct packet_aux aux;
	uint8_t data[RX_MAX];
	ssize_t n = packet_aux_receive(l->fd, data, sizeof(data), &from, &aux);

	if (n < 0)
		return false;
	if (aux.tagged || from.sll_pkttype > PACKET_MULTICAST)
		return true;	/* of a VLAN; or not for us */
	if ((size_t)n > sizeof(data))
		l->count.malformed++;
	else
		packet(l, data, (size_t)n, &from, aux.summed);
	return true;
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct access_link *l = arg;
	unsigned i;

	(void)fd;
	(void)what;
	for (i = 0; i < BURST && receive(l); i++)
		;
}

/* ---- sockets ---- */

/* UDP to our port, and ICMP solicitations; no fragments. */
static int
set_filter(int fd, const void *arg)
{
	const uint16_t port = *(const uint16_t *)arg;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),	/* fragment */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 8, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),	/* header */
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),	/* protocol */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),	/* type */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 10, 3, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),	/* port */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};

	return sock_filter_set(fd, code, sizeof(code) / sizeof(code[0])) == 0 ?
	    packet_aux_on(fd) : -1;
}

static int
join(int fd, unsigned ifindex, uint32_t group)
{
	struct packet_mreq mr = {
		.mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_MULTICAST,
		.mr_alen = 6,
	};

	group_lladdr((struct in_addr){ htonl(group) }, mr.mr_address);
	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr,
	    sizeof(mr));
}

static int
open_link(struct access_link *l, uint16_t port)
{
	struct sockaddr_ll sll;
	socklen_t len = sizeof(sll);
	int fd;

	l->ifindex = if_nametoindex(l->conf->name);
	if (l->ifindex == 0)
		return -errno;
	fd = sock_filter_packet(l->ifindex, SOCK_DGRAM, ETH_P_IP, set_filter,
	    &port);
	if (fd < 0)
		return fd;
	l->fd = fd;
	if (getsockname(fd, (struct sockaddr *)&sll, &len) == -1)
		return -errno;
	if (sll.sll_hatype != ARPHRD_ETHER)
		return -EPFNOSUPPORT;
	if (join(l->fd, l->ifindex, ALL_ROUTERS) == -1 ||
	    join(l->fd, l->ifindex, ALL_AGENTS) == -1)
		return -errno;
	return 0;
}

struct access *
access_open(const struct fad_config *conf)
{
	struct access *a = calloc(1, sizeof(*a) +
	    conf->n_links * sizeof(a->link[0]));
	unsigned i;
	int err;

	if (!a) {
		log_errorx(NULL, "out of memory");
		return NULL;
	}
	a->conf = conf;
	for (i = 0; i < conf->n_links; i++) {
		struct access_link *l = &a->link[i];

		*l = (struct access_link){ .owner = a, .place = i, .fd = -1,
			.conf = &conf->links[i],
			.limit = { .rate = 1, .burst = 5 } };
		a->n = i + 1;
		err = open_link(l, conf->port);
		if (err == 0)
			continue;
		log_errorx(l->conf->name, "link: %s", err == -EPFNOSUPPORT ?
		    "not an Ethernet link" : strerror(-err));
		access_free(a);
		return NULL;
	}
	return a;
}

int
access_start(struct access *a, struct event_base *base, struct timers *timers,
    const struct clock *clock, struct relay *relay)
{
	size_t i;

	a->clock = clock;
	a->relay = relay;
	for (i = 0; i < a->n; i++) {
		struct access_link *l = &a->link[i];

		l->read = event_new(base, l->fd, EV_READ | EV_PERSIST,
		    readable, l);
		if (!l->read || event_add(l->read, NULL))
			return -ENOMEM;
		l->pace.timers = timers;
		l->pace.clock = clock;
		l->pace.min_s = l->conf->min_s;
		l->pace.max_s = l->conf->max_s;
		l->pace.unsolicited = l->conf->advertise;
		l->pace.send = advert_due;
		l->pace.arg = l;
		advert_start(&l->pace);
	}
	return 0;
}

void
access_count(const struct access *a, size_t link,
    struct access_counters *count)
{
	*count = a->link[link].count;
}

void
access_free(struct access *a)
{
	size_t i;

	if (!a)
		return;
	for (i = 0; i < a->n; i++) {
		advert_stop(&a->link[i].pace);
		if (a->link[i].read)
			event_free(a->link[i].read);
		if (a->link[i].fd != -1)
			close(a->link[i].fd);
	}
	free(a);
}
