/* SPDX-License-Identifier: BSD-2-Clause */
/* See fa_sock.h. Neighbours: priv_node.c and sockets.c, which open and mute;
 * fa_hear.c, which reads. */
#include "nasd/fa_sock.h"

#include <errno.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "common/mip4.h"
#include "common/packet_aux.h"
#include "common/sock_filter.h"

#define OFF_SOURCE	12	/* in IPv4's header */
#define ICMP_ADVERT	9
#define ALL		UINT32_MAX

static int
set(int fd, struct sock_filter *code, size_t n)
{
	const int on = 1;

	return sock_filter_set(fd, code, n) != 0 ? -1 : setsockopt(fd,
	    SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on));
}

/* To us, to everybody or to a group; no fragment; of the agent; UDP to the port
 * of Mobile IP, or an advertisement. With what the kernel knows about it. */
static int
ready(int fd, const void *arg)
{
	const struct in_addr *fa = arg;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_MULTICAST, 12, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 10, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFF_SOURCE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(fa->s_addr), 0, 8),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ADVERT, 3, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MIP4_PORT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ALL),
	};

	return set(fd, code, sizeof(code) / sizeof(code[0])) != 0 ? -1 :
	    packet_aux_on(fd);
}

int
fa_sock_open(unsigned ifindex, struct in_addr fa)
{
	return sock_filter_packet(ifindex, SOCK_DGRAM, ETH_P_IP, ready, &fa);
}

int
fa_sock_mute(int fd, const struct in_addr *fas, unsigned n)
{
	struct sock_filter code[2 * FA_SOCK_MAX + 2];
	size_t k = 0;

	code[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)(SKF_NET_OFF + OFF_SOURCE));
	for (unsigned i = 0; i < n; i++) {
		code[k++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ |
		    BPF_K, ntohl(fas[i].s_addr), 0, 1);
		code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	}
	code[k++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ALL);
	return set(fd, code, k) != 0 ? -errno : 0;
}
