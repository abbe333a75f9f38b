/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the accounting spool: see acct_spool.h.
 *
 * Segments are told apart by their generation, which is in every record, and
 * are read in its order. Acknowledging changes one byte in its place, so that
 * it needs no space on a disk that is full; a segment in which nothing is
 * needed is cut to nothing. The space of the next segment is always set aside
 * (fallocate): a full disk is noticed a whole segment early, and the sessions
 * that are up can still be closed.
 *
 * A session's last record is needed as long as the session is. Where a few of
 * them keep a segment that is wanted for new ones, they are moved.
 */
#include "config.h"
#define LOG_MODULE "acct"
#include "nasd/acct_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "nasd/acct_spool_int.h"

/* Segments to be left free for new records. */
#define KEEP_FREE	4

/* A full disk is told of by acct.c; anything else here, once until it changes
 * or a write succeeds. */
static void
log_write_error(struct acct_spool *sp, unsigned seg, int err)
{
	if (err == ENOSPC || err == EDQUOT || err == EFBIG)
		return;
	sp->stats.errors++;
	if (err == sp->told)
		return;
	sp->told = err;
	log_at(LOG_L_ERROR, LOG_MODULE, NULL, err, "spool.%02u: write", seg);
}

/*
 * Segments.
 */

/* Sets aside the space for the segment after this one. */
static void
prepare(struct acct_spool *sp)
{
	unsigned i;

	if (sp->spare != NONE)
		return;
	sp->why = ENOSPC;
	for (i = 0; i < ACCT_FILES; i++)
		if (sp->seg[i].gen == 0 && i != sp->cur)
			break;
	if (i == ACCT_FILES)
		return;
	if (fallocate(sp->seg[i].fd, FALLOC_FL_KEEP_SIZE, 0,
	    (off_t)sp->segment_bytes) == -1 && errno != EOPNOTSUPP &&
	    errno != ENOSYS) {
		sp->why = errno;
		return;
	}
	sp->why = 0;
	sp->spare = i;
}

static void
empty(struct acct_spool *sp, unsigned i)
{
	struct segment *s = &sp->seg[i];

	if (sp->wait)
		acct_spool_sync(sp);
	if (ftruncate(s->fd, 0) == -1)
		log_write_error(sp, i, errno);
	*s = (struct segment){ .fd = s->fd };
	prepare(sp);
}

/* Not the one that is written to, which has room. */
void
acct_seg_unneeded(struct acct_spool *sp, unsigned i)
{
	const struct segment *s = &sp->seg[i];

	if (i != sp->cur && s->gen != 0 && s->owed == 0 && s->kept == 0)
		empty(sp, i);
}

static unsigned
count_free(const struct acct_spool *sp)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ACCT_FILES; i++)
		n += sp->seg[i].gen == 0;
	return n;
}

/* The one with the least to be moved; NONE if nothing fits. */
static unsigned
pick_to_empty(const struct acct_spool *sp, uint32_t room)
{
	unsigned best = NONE;

	for (unsigned i = 0; i < ACCT_FILES; i++) {
		const struct segment *s = &sp->seg[i];

		if (i == sp->cur || s->gen == 0 || s->owed > 0 ||
		    s->kept_bytes > room)
			continue;
		if (best == NONE || s->kept_bytes < sp->seg[best].kept_bytes)
			best = i;
	}
	return best;
}

static int
write_rec(struct acct_spool *sp, struct acct_rec *r, struct acct_place *at)
{
	struct segment *s = &sp->seg[sp->cur];
	uint8_t buf[ACCT_REC_MAX];
	ssize_t n;
	int len, err;

	r->gen = s->gen;
	if ((len = acct_rec_encode(r, buf, sizeof(buf))) < 0)
		return len;
	n = pwrite(s->fd, buf, (size_t)len, s->size);
	if (n != len) {
		err = n == -1 ? errno : ENOSPC;
		if (ftruncate(s->fd, s->size) == -1)
			log_write_error(sp, sp->cur, errno);
		return -err;
	}
	*at = (struct acct_place){ .off = s->size, .seg = (uint16_t)sp->cur,
	    .len = (uint16_t)len };
	s->size += (uint32_t)len;
	sp->unsynced = true;
	return 0;
}

/* Moves what a segment keeps to the one that is written to. */
static bool
move_all(struct acct_spool *sp, unsigned from)
{
	uint8_t buf[ACCT_REC_MAX];
	struct acct_place at = { .seg = (uint16_t)from }, to;
	struct open_session *o;
	struct acct_rec r;

	while (acct_read_at(sp, &at, &r, buf) > 0) {
		o = acct_open_find(sp, r.sid);
		if (o != NULL && o->at.seg == from && o->at.off == at.off) {
			r.state = ACCT_ACKED;
			if (write_rec(sp, &r, &to) != 0)
				return false;
			acct_open_moved(sp, o, &to);
			sp->stats.moved++;
		}
		at.off += at.len;
	}
	return true;
}

static void
make_room(struct acct_spool *sp)
{
	unsigned i;

	while (count_free(sp) < KEEP_FREE) {
		i = pick_to_empty(sp, (sp->segment_bytes -
		    sp->seg[sp->cur].size) / 2);
		if (i == NONE || !move_all(sp, i))
			return;
		acct_seg_unneeded(sp, i);
	}
}

static int
next_segment(struct acct_spool *sp)
{
	unsigned i, old = sp->cur;

	prepare(sp);
	i = sp->spare;
	if (i == NONE)	/* what the disk still has, it has */
		for (i = 0; i < ACCT_FILES && sp->seg[i].gen != 0; i++)
			;
	if (i >= ACCT_FILES)
		return -ENOSPC;
	sp->spare = NONE;
	sp->cur = i;
	sp->seg[i].gen = ++sp->last_gen;
	if (old != NONE)
		acct_seg_unneeded(sp, old);
	make_room(sp);
	prepare(sp);
	return 0;
}

/* Another one, when this one is full. */
static int
have_room(struct acct_spool *sp, size_t len)
{
	if (sp->cur != NONE && sp->seg[sp->cur].size + ACCT_REC_HDR + len <=
	    sp->segment_bytes)
		return 0;
	return next_segment(sp);
}

/*
 * Records.
 */

int
acct_spool_put(struct acct_spool *sp, struct acct_rec *r,
    struct acct_place *at)
{
	int err;

	if (r->len > ACCT_BODY_MAX)
		return -EMSGSIZE;
	r->state = r->kind == ACCT_NOTE ? ACCT_ACKED : 0;
	acct_open_before(sp, r);
	if ((err = have_room(sp, r->len)) == 0)
		err = write_rec(sp, r, at);
	if (err != 0) {
		log_write_error(sp, sp->cur, -err);
		return err;
	}
	sp->told = 0;
	sp->stats.written++;
	if (r->state == 0) {
		sp->seg[at->seg].owed++;
		sp->owed++;
	}
	acct_open_note(sp, r, at, false);
	return 0;
}

static void
mark(struct acct_spool *sp, unsigned seg, uint32_t off, uint8_t state)
{
	if (pwrite(sp->seg[seg].fd, &state, 1, off + ACCT_STATE_AT) != 1)
		log_write_error(sp, seg, errno);
	sp->unsynced = true;
}

void
acct_mark_passed(struct acct_spool *sp, uint64_t gen, uint32_t off)
{
	uint8_t state;

	for (unsigned i = 0; gen != 0 && i < ACCT_FILES; i++)
		if (sp->seg[i].gen == gen && pread(sp->seg[i].fd, &state, 1,
		    off + ACCT_STATE_AT) == 1)
			mark(sp, i, off, state | ACCT_PASSED);
}

void
acct_spool_ack(struct acct_spool *sp, const struct acct_place *at,
    const struct acct_rec *r)
{
	struct segment *s = &sp->seg[at->seg];
	struct open_session *o = acct_open_find(sp, r->sid);
	bool last = o != NULL && o->at.seg == at->seg && o->at.off == at->off;
	uint8_t state;

	if (pread(s->fd, &state, 1, at->off + ACCT_STATE_AT) != 1)
		state = r->state;
	mark(sp, at->seg, at->off, state | ACCT_ACKED);
	/* Until now it told, should this Stop have been torn, that there is
	 * one to be sent. */
	if (r->kind == ACCT_STOP)
		acct_mark_passed(sp, r->prev_gen, r->prev_off);
	s->owed--;
	sp->owed--;
	if (last)
		acct_open_acked(sp, o);
	else
		acct_seg_unneeded(sp, at->seg);
}

/* The segment of the generation after this one. */
static unsigned
seg_after(const struct acct_spool *sp, uint64_t gen)
{
	unsigned best = NONE;

	for (unsigned i = 0; i < ACCT_FILES; i++)
		if (sp->seg[i].gen > gen && (best == NONE ||
		    sp->seg[i].gen < sp->seg[best].gen))
			best = i;
	return best;
}

int
acct_spool_next(struct acct_spool *sp, struct acct_rec *r, uint8_t *buf,
    struct acct_place *at)
{
	struct cursor *c = &sp->cursor;
	unsigned i;

	for (;;) {
		*at = (struct acct_place){ .seg = (uint16_t)c->seg,
		    .off = c->off };
		/* an emptied one had nothing to tell */
		if (c->seg != NONE && sp->seg[c->seg].gen == c->gen &&
		    acct_read_at(sp, at, r, buf) > 0) {
			c->off = at->off + at->len;
			if (!(r->state & ACCT_ACKED))
				return 1;
			continue;
		}
		if ((i = seg_after(sp, c->gen)) == NONE)
			return 0;
		*c = (struct cursor){ .seg = i, .gen = sp->seg[i].gen };
	}
}

void
acct_spool_skip(struct acct_spool *sp, const struct acct_place *at)
{
	sp->cursor = (struct cursor){ .seg = at->seg, .off = at->off + at->len,
	    .gen = sp->seg[at->seg].gen };
}

bool
acct_spool_roomy(struct acct_spool *sp)
{
	prepare(sp);
	return sp->spare != NONE;
}

int
acct_spool_why(const struct acct_spool *sp)
{
	return sp->why;
}

void
acct_spool_sync(struct acct_spool *sp)
{
	if (!sp->unsynced)
		return;
	sp->unsynced = false;
	for (unsigned i = 0; i < ACCT_FILES; i++) {
		if (sp->seg[i].gen == 0)
			continue;
		if (!sp->wait)
			(void)sync_file_range(sp->seg[i].fd, 0, 0,
			    SYNC_FILE_RANGE_WRITE);
		else if (fdatasync(sp->seg[i].fd) == -1)
			log_write_error(sp, i, errno);
	}
}

size_t
acct_spool_owed(const struct acct_spool *sp)
{
	return sp->owed;
}

uint64_t
acct_spool_used(const struct acct_spool *sp)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < ACCT_FILES; i++)
		n += sp->seg[i].size;
	return n;
}

uint64_t
acct_spool_size(const struct acct_spool *sp)
{
	return (uint64_t)sp->segment_bytes * ACCT_FILES;
}

uint64_t
acct_spool_boot(const struct acct_spool *sp)
{
	return sp->boot;
}

const struct acct_spool_stats *
acct_spool_stats(const struct acct_spool *sp)
{
	return &sp->stats;
}
