/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices peers that use a session which has ended here, at little cost: the
 * kernel drops their frames without a word. A packet socket sees session
 * frames through a filter that lets pass, of those to us,
 *   - LCP Configure- and Echo-Requests, by which a peer finds out itself,
 *   - one of 256 others, by chance, for a peer that asks for no echoes,
 * and of each the header only. pppoe.c knows the sessions, and how many PADTs a
 * second may be sent.
 */
#include "common/sock_filter.h"
#include "config.h"
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "common/wire.h"
#include "nasd/pppoe_stray.h"

#define LOG_MODULE "pppoe"
#include "common/log.h"

#define SEEN_BYTES	24	/* of a frame: up to LCP's code */
#define FRAMES_MAX	16	/* a turn */
#define RCVBUF		65536
#define SAMPLE_MASK	0xff
#define PPP_LCP		0xc021
#define LCP_CONFREQ	1
#define LCP_ECHOREQ	9

struct pppoe_stray {
	struct pppoe	*pppoe;
	int		 fd;
	struct event	*ev;
};

/* Offsets are those of the Ethernet frame. */
static int
attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 9),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPP_LCP, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 22),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LCP_ECHOREQ, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LCP_CONFREQ, 3, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SAMPLE_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SEEN_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return sock_filter_set(fd, code, sizeof(code) / sizeof(code[0]));
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct pppoe_stray	*st = arg;
	uint8_t			 frame[SEEN_BYTES], mac[PPPOE_MAC_LEN];
	struct wire_r		 r;
	uint16_t		 sid;
	int			 i;

	(void)what;
	for (i = 0; i < FRAMES_MAX; i++) {
		ssize_t	n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (n < 0)
			return;
		wire_r_init(&r, frame, (size_t)n);
		wire_r_skip(&r, PPPOE_MAC_LEN);
		wire_r_copy(&r, mac, sizeof(mac));
		wire_r_skip(&r, 4);	/* type; version, type, code */
		sid = wire_r_u16(&r);
		if (!r.err)
			pppoe_session_seen(st->pppoe, mac, sid);
	}
}

struct pppoe_stray *
pppoe_stray_new(struct event_base *base, int fd, struct pppoe *pppoe)
{
	struct pppoe_stray	*st = calloc(1, sizeof(*st));
	int			 size = RCVBUF;

	if (st == NULL) {
		close(fd);
		return NULL;
	}
	st->fd = fd;
	st->pppoe = pppoe;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	st->ev = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, st);
	if (st->ev == NULL || event_add(st->ev, NULL) != 0 ||
	    attach_filter(fd) != 0) {
		log_warn(NULL, "stray PPPoE sessions will not be noticed");
		pppoe_stray_free(st);
		return NULL;
	}
	return st;
}

void
pppoe_stray_free(struct pppoe_stray *st)
{
	if (st == NULL)
		return;
	if (st->ev != NULL)
		event_free(st->ev);
	close(st->fd);
	free(st);
}
