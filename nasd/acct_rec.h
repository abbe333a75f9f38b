/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of accounting as they lie in the spool: what each says to RADIUS as
 * bytes, when it happened, and whether it is still owed. Pure; files are
 * acct_spool.c's, packets acct.c's.
 *
 * RFC 2866 5, RFC 2869 5 (the attributes of an orphan's Stop).
 */
#ifndef NASD_ACCT_REC_H
#define NASD_ACCT_REC_H

#include <stddef.h>
#include <stdint.h>

#define ACCT_SID	16	/* bytes of the longest Acct-Session-Id */
#define ACCT_REC_HDR	76
#define ACCT_BODY_MAX	4000	/* fits a packet with what the client adds */
#define ACCT_REC_MAX	(ACCT_REC_HDR + ACCT_BODY_MAX)
#define ACCT_STATE_AT	4	/* where in a record its state is */

/* In the files: never change one. */
enum acct_kind {
	ACCT_START	= 1,
	ACCT_INTERIM	= 2,
	ACCT_STOP	= 3,
	ACCT_NOTE	= 4,	/* figures for ourselves, not to be sent */
	ACCT_ON		= 5,
	ACCT_OFF	= 6,
};

/* The only byte of a record that changes; its sum leaves it out. */
enum acct_state {
	ACCT_ACKED	= 1,	/* not owed any more */
	ACCT_PASSED	= 2,	/* its session has gone on, or stopped */
};

struct acct_rec {
	enum acct_kind	 kind;
	uint8_t		 state;
	uint64_t	 gen;		/* of the segment it was written to */
	uint64_t	 boot;		/* which boot of the machine mono_ms */
	int64_t		 mono_ms;	/* belongs to: when it happened */
	int64_t		 wall_ms;	/* the same, since 1970 */
	uint64_t	 prev_gen;	/* where its session's record before */
	uint32_t	 prev_off;	/* this one is; 0: there is none */
	char		 sid[ACCT_SID + 1];
	const uint8_t	*body;		/* RADIUS attributes, borrowed */
	size_t		 len;
};

/* The number of bytes written, or -EMSGSIZE. */
int	 acct_rec_encode(const struct acct_rec *, uint8_t *buf, size_t cap);
/* The length of the record at buf; body points into it. -EAGAIN: it would be
 * longer than the n bytes there are; -EBADMSG: it is none. */
int	 acct_rec_decode(struct acct_rec *, const uint8_t *buf, size_t n);
/* Where the next record may begin, behind the first byte; n if nowhere. */
size_t	 acct_rec_seek(const uint8_t *buf, size_t n);
/* How long ago it happened; never negative. Monotonic time is believed within
 * a boot, since somebody may set the clock. */
int64_t	 acct_rec_age_ms(const struct acct_rec *, uint64_t boot,
    int64_t mono_ms, int64_t wall_ms);
const char *acct_kind_str(enum acct_kind);

/* The attributes of a Stop for a session of which `last' is the last that is
 * known: its figures, its time. Length, or -EMSGSIZE. */
int	 acct_stop_body(const struct acct_rec *last, unsigned cause,
    uint8_t *buf, size_t cap);

#endif
