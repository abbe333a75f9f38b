/* SPDX-License-Identifier: BSD-2-Clause */
/* See fa_sock.h. Neighbours: sockets.c, which opens it; mip_client.c, which
 * reads. */
#include "nasd/fa_sock.h"

#include <errno.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "common/mip4.h"
#include "common/sock_filter.h"

#define OFF_SOURCE	12	/* in IPv4's header */
#define HEAD		10	/* instructions */
#define ALL		UINT32_MAX

struct code {
	struct sock_filter	insn[HEAD + 2 * FA_SOCK_MAX + 2];
	size_t			n;
};

struct agents {
	const struct in_addr	*fas;
	unsigned		 n;
};

static void
put(struct code *c, struct sock_filter i)
{
	c->insn[c->n++] = i;
}

/* What comes from one of them, of these many bytes; from others. */
static void
put_sources(struct code *c, uint32_t at, const struct in_addr *fas, unsigned n,
    uint32_t theirs, uint32_t others)
{
	put(c, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at));
	for (unsigned i = 0; i < n; i++) {
		put(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    ntohl(fas[i].s_addr), 0, 1));
		put(c, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, theirs));
	}
	put(c, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others));
}

/* To us or to everybody; no fragment; UDP to the port of Mobile IP. */
static void
put_head(struct code *c)
{
	static const struct sock_filter head[HEAD] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_BROADCAST, 7, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 5, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MIP4_PORT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	for (unsigned i = 0; i < HEAD; i++)
		put(c, head[i]);
}

static int
set(int fd, struct code *c)
{
	const int on = 1;

	return sock_filter_set(fd, c->insn, c->n) != 0 ? -1 : setsockopt(fd,
	    SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on));
}

/* Of the agents only, and with what the kernel knows about it. */
static int
ready(int fd, const void *agents)
{
	const struct agents *a = agents;
	struct code c = { .n = 0 };
	const int on = 1;

	put_head(&c);
	put_sources(&c, OFF_SOURCE, a->fas, a->n, ALL, 0);
	return set(fd, &c) != 0 ? -1 : setsockopt(fd, SOL_PACKET,
	    PACKET_AUXDATA, &on, sizeof(on));
}

int
fa_sock_open(const struct in_addr *fas, unsigned n)
{
	const struct agents agents = { fas, n };

	return sock_filter_packet(0, SOCK_DGRAM, ETH_P_IP, ready, &agents);
}

int
fa_sock_mute(int fd, const struct in_addr *fas, unsigned n)
{
	struct code c = { .n = 0 };

	put_sources(&c, (uint32_t)(SKF_NET_OFF + OFF_SOURCE), fas, n, 0, ALL);
	return set(fd, &c) != 0 ? -errno : 0;
}
