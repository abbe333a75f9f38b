/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the files of the accounting spool: see acct_spool.h. What is no record
 * is passed over to the next one that is: a write that a power cut has torn, a
 * bad block, anything. Never is a file refused for what is in it.
 */
#include "config.h"
#define LOG_MODULE "acct"
#include "nasd/acct_spool_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

/* Behind `off', or at it: the length of a record and its offset. 0: none. */
static int
find_record(const struct segment *s, uint32_t *off, struct acct_rec *r,
    uint8_t *buf)
{
	ssize_t n;
	int len;

	for (;;) {
		/* a segment is less than that; more is no work of ours */
		if (*off > UINT32_MAX - ACCT_REC_MAX)
			return 0;
		n = pread(s->fd, buf, ACCT_REC_MAX, *off);
		if (n <= 0)
			return 0;
		len = acct_rec_decode(r, buf, (size_t)n);
		/* a stale one, that was here before the file was emptied, is
		 * none */
		if (len > 0 && (s->gen == 0 || r->gen == s->gen))
			return len;
		*off += (uint32_t)acct_rec_seek(buf, (size_t)n);
	}
}

int
acct_read_at(struct acct_spool *sp, struct acct_place *at, struct acct_rec *r,
    uint8_t *buf)
{
	uint32_t off = at->off;
	int len = find_record(&sp->seg[at->seg], &off, r, buf);

	at->off = off;
	at->len = (uint16_t)len;
	return len;
}

/*
 * The start.
 */

static void
tell_skipped(struct acct_spool *sp, unsigned i, uint32_t from, uint32_t to,
    bool at_end)
{
	if (to <= from)
		return;
	sp->stats.skipped++;
	sp->stats.skipped_bytes += to - from;
	log_warnx(NULL, "spool.%02u: %u bytes at %u are no accounting record, "
	    "passed over%s", i, (unsigned)(to - from), (unsigned)from,
	    at_end ? ": a write that was cut off" : "");
}

static uint32_t
file_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || st.st_size < 0)
		return 0;
	return st.st_size < UINT32_MAX ? (uint32_t)st.st_size : UINT32_MAX;
}

/* Somebody has copied a file: its records are in the other one. */
static bool
is_copy(const struct acct_spool *sp, unsigned i, uint64_t gen)
{
	for (unsigned k = 0; k < i; k++)
		if (sp->seg[k].gen == gen) {
			log_warnx(NULL, "spool.%02u is a copy of spool.%02u", i,
			    k);
			return true;
		}
	return false;
}

/* The generation of a file is that of its first record. */
static void
identify(struct acct_spool *sp, unsigned i, uint8_t *buf)
{
	struct segment *s = &sp->seg[i];
	struct acct_rec r;
	uint32_t off = 0;

	s->size = file_size(s->fd);
	if (s->size == 0)
		return;
	if (find_record(s, &off, &r, buf) > 0 && !is_copy(sp, i, r.gen)) {
		s->gen = r.gen;
		if (r.gen > sp->last_gen)
			sp->last_gen = r.gen;
		return;
	}
	tell_skipped(sp, i, 0, s->size, false);
	if (ftruncate(s->fd, 0) == 0)
		s->size = 0;
}

static void
take(struct acct_spool *sp, const struct acct_rec *r,
    const struct acct_place *at)
{
	if (!(r->state & ACCT_ACKED)) {
		sp->seg[at->seg].owed++;
		sp->owed++;
		sp->stats.found++;
	}
	acct_open_note(sp, r, at, true);
}

static void
scan(struct acct_spool *sp, unsigned i, uint8_t *buf)
{
	struct acct_place at = { .seg = (uint16_t)i };
	struct acct_rec r;
	uint32_t end = 0;

	/* not to be emptied under our hands */
	sp->cur = i;
	while (acct_read_at(sp, &at, &r, buf) > 0) {
		tell_skipped(sp, i, end, at.off, false);
		take(sp, &r, &at);
		end = at.off += at.len;
	}
	tell_skipped(sp, i, end, sp->seg[i].size, true);
	sp->cur = NONE;
}

static void
scan_all(struct acct_spool *sp, uint8_t *buf)
{
	uint64_t gen = 0;
	unsigned i, best;

	for (i = 0; i < ACCT_FILES; i++)
		identify(sp, i, buf);
	for (;;) {
		best = NONE;
		for (i = 0; i < ACCT_FILES; i++)
			if (sp->seg[i].gen > gen && (best == NONE ||
			    sp->seg[i].gen < sp->seg[best].gen))
				best = i;
		if (best == NONE)
			break;
		gen = sp->seg[best].gen;
		scan(sp, best, buf);
	}
	for (i = 0; i < ACCT_FILES; i++)
		acct_seg_unneeded(sp, i);
}

struct acct_spool *
acct_spool_new(struct acct_files *files, uint32_t segment_bytes, bool wait)
{
	struct acct_spool *sp = calloc(1, sizeof(*sp));
	uint8_t *buf = malloc(ACCT_REC_MAX);
	struct timespec ts;

	if (sp == NULL || buf == NULL || table_init(&sp->open) != 0) {
		free(sp);
		free(buf);
		errno = ENOMEM;
		return NULL;
	}
	for (unsigned i = 0; i < ACCT_FILES; i++) {
		sp->seg[i].fd = files->fd[i];
		files->fd[i] = -1;
	}
	sp->segment_bytes = segment_bytes < ACCT_SEGMENT_MIN ?
	    ACCT_SEGMENT_MIN : segment_bytes;
	sp->boot = files->boot;
	sp->wait = wait;
	/* Later than any before, though all files be empty. */
	clock_gettime(CLOCK_REALTIME, &ts);
	sp->last_gen = (uint64_t)ts.tv_sec * 1000000 +
	    (uint64_t)ts.tv_nsec / 1000;
	sp->cur = sp->spare = sp->cursor.seg = NONE;
	scan_all(sp, buf);
	free(buf);
	(void)acct_spool_roomy(sp);
	return sp;
}

void
acct_spool_free(struct acct_spool *sp)
{
	if (sp == NULL)
		return;
	acct_spool_sync(sp);
	acct_open_free_all(sp);
	for (unsigned i = 0; i < ACCT_FILES; i++)
		if (sp->seg[i].fd >= 0)
			close(sp->seg[i].fd);
	free(sp);
}
