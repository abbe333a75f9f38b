/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet_aux.h. */
#include "common/packet_aux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/if_packet.h>
#include <net/ethernet.h>

int
packet_aux_on(int fd)
{
	const int on = 1;

	return (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)));
}

static void
look(struct msghdr *m, struct packet_aux *told)
{
	struct tpacket_auxdata a;
	struct cmsghdr *c;

	memset(told, 0, sizeof(*told));
	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA ||
		    c->cmsg_len < CMSG_LEN(sizeof(a)))
			continue;
		memcpy(&a, CMSG_DATA(c), sizeof(a));
		told->summed = (a.tp_status & (TP_STATUS_CSUMNOTREADY |
		    TP_STATUS_CSUM_VALID)) != 0;
		told->tagged = (a.tp_status & TP_STATUS_VLAN_VALID) != 0;
		told->tci = a.tp_vlan_tci;
		told->tpid = (a.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ?
		    a.tp_vlan_tpid : ETHERTYPE_VLAN;
		return;
	}
}

ssize_t
packet_aux_receive(int fd, void *buf, size_t cap, struct sockaddr_ll *from,
    struct packet_aux *told)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(
	    sizeof(struct tpacket_auxdata))];
	struct iovec iov = { buf, cap };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	do {
		m.msg_name = from;
		m.msg_namelen = from != NULL ? sizeof(*from) : 0;
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_TRUNC);
	} while (n == -1 && errno == EINTR);
	if (n >= 0)
		look(&m, told);
	return (n);
}
