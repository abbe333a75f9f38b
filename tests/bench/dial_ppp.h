/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One PPPoE subscriber who wants IPv6, as cheap as can be: discovery, LCP,
 * CHAP with MD5, IPv6CP [RFC 2516, 1661, 1994, 5072]. It agrees to whatever is
 * asked that it can do, and takes the identifier it is Nak'd. Without sockets
 * and clock: nmdial.c has those, and asks for what is due.
 */
#ifndef BENCH_DIAL_PPP_H
#define BENCH_DIAL_PPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAL_FRAME_MAX	256		/* the longest that is sent */
#define DIAL_NAME_MAX	64
#define DIAL_AGAIN_NS	UINT64_C(3000000000)	/* as pppd */
#define DIAL_TRIES	10

enum dial_state {
	DIAL_IDLE,
	DIAL_PADI,
	DIAL_PADR,
	DIAL_LCP,
	DIAL_AUTH,
	DIAL_IPV6CP,
	DIAL_UP,
	DIAL_FAILED,		/* refused, ended, or no answer at all */
	DIAL_STATES
};

/* Sends a frame; what is lost is lost. */
struct dial_out {
	void	(*send)(void *arg, const uint8_t *frame, size_t len);
	void	*arg;
	char	 user[DIAL_NAME_MAX], secret[DIAL_NAME_MAX];	/* with %u */
};

struct dial_sub {
	enum dial_state	state;
	uint32_t	number;		/* of the user's name */
	uint8_t		mac[6], ac[6];
	uint8_t		cookie[64], iid[8];
	uint8_t		cookie_len, ident, tries;
	uint16_t	sid;
	bool		ours, theirs;	/* acknowledged, in this layer */
	uint64_t	began, up_at, again_at;		/* ns; 0: never */
};

/* Zeroes it; number gives its address 02:6e:6d:xx:xx:xx, below 2^24. */
void	dial_init(struct dial_sub *, uint32_t number);
void	dial_start(struct dial_sub *, const struct dial_out *, uint64_t now);
/* What came for its address: a whole Ethernet frame. */
void	dial_frame(struct dial_sub *, const struct dial_out *,
    const uint8_t *frame, size_t len, uint64_t now);
/* Says again what was not answered, when again_at has come. */
void	dial_again(struct dial_sub *, const struct dial_out *, uint64_t now);
/* PADT, if there is a session. */
void	dial_hang_up(struct dial_sub *, const struct dial_out *);

#endif
