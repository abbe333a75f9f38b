/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See vlan_filter.h. Tags must be seen before the kernel takes them for no
 * one's, which only sockets of all protocols do: so every frame of the
 * interface comes by here, and nearly all end at the first instruction.
 */
#include "nasd/vlan_filter.h"

#include <stddef.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#include "common/packet_aux.h"
#include "common/sock_filter.h"
#include "nasd/pppoe_proto.h"
#include "nasd/vlan_tag.h"

/* The outer tag is not in the frame any more; an inner one of 802.1Q is. */
static int
attach(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_BROADCAST, 0, 11),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 9, 0),
		BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VLAN_8021Q, 0, 2),
		BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 15),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_PADI, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return sock_filter_set(fd, code, sizeof(code) / sizeof(code[0]));
}

int
vlan_filter(int fd)
{
	const int on = 1;

	if (attach(fd) != 0 || setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on,
	    sizeof(on)) != 0 || packet_aux_on(fd) != 0)
		return -1;
	sock_filter_ignore_sent(fd);
	return 0;
}
