/* SPDX-License-Identifier: BSD-2-Clause */
/* See node_sock.h. Neighbours: priv_node.c, which opens them; access_node.c,
 * which reads. */
#include "nasd/node_sock.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>

#include "common/sock_filter.h"

#define ETHER_LEN	14
#define IPV6_LEN	40
#define NEXT_HEADER	6	/* in the header, its place */
#define OFF_SOURCE	8
#define ADDR_LEN	16
#define FEW		2048	/* bytes: some small packets */
#define OPTIONS_LEN	8	/* of a report */
#define MLD2_REPORT	143
#define CODE_MAX	24	/* instructions */

/* What is heard of ICMPv6: types, and reports of groups, which have options
 * before them [RFC 3810 5]. */
struct wanted {
	uint8_t	first, last;
	bool	reports;
};

/* Most packets are neither ICMPv6 nor have options, and the socket is asked
 * about every one: this comes first, whatever they are. */
static unsigned
put_first(struct sock_filter *code, unsigned at)
{
	const struct sock_filter first[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at + NEXT_HEADER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_HOPOPTS, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	memcpy(code, first, sizeof(first));
	return sizeof(first) / sizeof(first[0]);
}

/* ... in a packet whose IPv6 header is at that place; others with extension
 * headers nobody has to look at. */
static unsigned
put_wanted(struct sock_filter *code, unsigned at, const struct wanted *w)
{
	const struct sock_filter tail[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at + NEXT_HEADER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at + IPV6_LEN),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, w->first, 0, 7),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, w->last, 6, 7),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_HOPOPTS,
		    w->reports ? 0 : 5, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at + IPV6_LEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6 << 8, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, at + IPV6_LEN +
		    OPTIONS_LEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MLD_LISTENER_REPORT, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MLD2_REPORT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};

	memcpy(code, tail, sizeof(tail));
	return sizeof(tail) / sizeof(tail[0]);
}

static int
filter_link(int fd)
{
	static const struct wanted w = { ND_ROUTER_SOLICIT,
		ND_NEIGHBOR_SOLICIT, true };
	static const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 15, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 13),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 0, 11),
	};

	struct sock_filter code[CODE_MAX];
	unsigned n = put_first(code, ETHER_LEN);

	memcpy(&code[n], head, sizeof(head));
	n += sizeof(head) / sizeof(head[0]);
	return sock_filter_set(fd, code, n + put_wanted(&code[n], ETHER_LEN,
	    &w));
}

/* Of packets without a header before them. */
static int
filter_bare(int fd, const struct wanted *w)
{
	static const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 13, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 0, 11),
	};

	struct sock_filter code[CODE_MAX];
	unsigned n = put_first(code, 0);

	memcpy(&code[n], head, sizeof(head));
	n += sizeof(head) / sizeof(head[0]);
	return sock_filter_set(fd, code, n + put_wanted(&code[n], 0, w));
}

static int
filter_ppp(int fd)
{
	/* And what a router says, which is between them in number. */
	static const struct wanted w = { ND_ROUTER_SOLICIT,
		ND_NEIGHBOR_SOLICIT, true };

	return filter_bare(fd, &w);
}

/* Source and destination are no group's, nor link-local, nor of ::/8, as far as
 * their first bytes tell. */
static int
filter_data(int fd)
{
	const unsigned src = ETHER_LEN + OFF_SOURCE, dst = src + ADDR_LEN;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 17, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 15),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 0, 13),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, src),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 11, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 10, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, src),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffc0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfe80, 7, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, dst),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 4, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, dst),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffc0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfe80, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, ETHER_LEN + IPV6_LEN),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return sock_filter_set(fd, code, sizeof(code) / sizeof(code[0]));
}

static int
filter_tunnel(int fd)
{
	static const struct wanted w = { ND_ROUTER_ADVERT, ND_ROUTER_ADVERT,
		false };

	return filter_bare(fd, &w);
}

/* One that the engine can not take away. */
static int
set_filter(int fd, const void *arg)
{
	int (*const *filter)(int fd) = arg;
	const int on = 1;

	return (*filter)(fd) != 0 || setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER,
	    &on, sizeof(on)) != 0 ? -1 : 0;
}

static int
open_socket(unsigned ifindex, int type, int (*filter)(int fd))
{
	return sock_filter_packet(ifindex, type, ETH_P_ALL, set_filter,
	    &filter);
}

static int
ask_link(int fd, unsigned ifindex, uint8_t mac[6], int *mtu)
{
	struct ifreq ifr = { 0 };

	if (if_indextoname(ifindex, ifr.ifr_name) == NULL ||
	    ioctl(fd, SIOCGIFHWADDR, &ifr) == -1)
		return -errno;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EPROTOTYPE;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	if (ioctl(fd, SIOCGIFMTU, &ifr) == -1)
		return -errno;
	*mtu = ifr.ifr_mtu;
	return 0;
}

int
node_sock_link(unsigned ifindex, uint8_t mac[6], int *mtu)
{
	/* The mobile node speaks to its router, whose address is not ours, and
	 * to groups that we are not in. */
	const struct packet_mreq all = { .mr_ifindex = (int)ifindex,
		.mr_type = PACKET_MR_PROMISC };
	int fd = open_socket(ifindex, SOCK_RAW, filter_link), err;

	if (fd < 0)
		return fd;
	err = ask_link(fd, ifindex, mac, mtu);
	if (err == 0 && setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
	    sizeof(all)) == -1)
		err = -errno;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

int
node_sock_ppp(unsigned ifindex)
{
	return open_socket(ifindex, SOCK_DGRAM, filter_ppp);
}

/* What is not read soon is of no use. */
int
node_sock_data(unsigned ifindex)
{
	const int few = FEW;
	int fd = open_socket(ifindex, SOCK_RAW, filter_data);

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof(few));
	return fd;
}

int
node_sock_tunnel(unsigned ifindex)
{
	return open_socket(ifindex, SOCK_DGRAM, filter_tunnel);
}
