/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See statelog.h. A file is
 *
 *	magic 4 | version 1 | zero 3 | generation 8 | checksum 8
 *	then records: checksum 8 | length of the body 2 | type 1 | zero 1 | body
 *
 * in the machine's byte order, for it never leaves the machine. The set that
 * a file begins with ends with a record of type 0xff: a file without one was
 * being written when its writer died, and the other file counts. Checksums are
 * SipHash keyed with the generation, so that what an older generation has left
 * behind the end is not taken for a record; they find damage, not forgery: who
 * may write these files is root.
 */
#include "config.h"
#include "common/statelog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/siphash.h"

#define LOG_MODULE "main"
#include "common/log.h"

#define MAGIC		UINT32_C(0x6e6d3473)
#define FORMAT		1
#define HEADER		24
#define RECORD		12	/* before the body */
#define TYPE_END	0xff	/* of the set a file begins with */
#define SLACK		262144	/* bytes a file may grow beyond twice its
				 * first set */
#define FILE_MAX	(INT64_C(1) << 30)	/* read no more */
#define AGAIN_MS	1000
#define BUF		65536

struct statelog {
	int		 fd[2];
	void		(*all)(void *arg, struct statelog *);
	void		*arg;
	bool		 begun;
	bool		 whole;		/* the set is being written */
	bool		 owed;		/* something could not be written */
	unsigned	 active;
	uint64_t	 generation;
	int64_t		 size, first;	/* of the active file; of its set */
	int		 error;		/* while the set is written */
	size_t		 used;		/* of buf, then */
	int64_t		 again;		/* ms: no rewrite before */
	struct statelog_stats stats;
	struct log_limit limit;
	uint8_t		 buf[BUF];
};

static void
key_of(uint64_t generation, uint8_t key[static 16])
{
	const uint64_t magic = MAGIC;

	memcpy(key, &generation, 8);
	memcpy(key + 8, &magic, 8);
}

/* ---- the format ---- */

static void
put_header(uint8_t p[static HEADER], uint64_t generation)
{
	const uint32_t magic = MAGIC;
	uint8_t key[16];
	uint64_t sum;

	memset(p, 0, HEADER);
	memcpy(p, &magic, 4);
	p[4] = FORMAT;
	memcpy(p + 8, &generation, 8);
	key_of(generation, key);
	sum = siphash24(key, p, 16);
	memcpy(p + 16, &sum, 8);
}

static int
get_header(const uint8_t *p, size_t len, uint64_t *generation)
{
	const uint32_t magic = MAGIC;
	uint8_t key[16];
	uint64_t sum;

	if (len < HEADER || memcmp(p, &magic, 4) != 0)
		return (-ENODATA);
	memcpy(generation, p + 8, 8);
	key_of(*generation, key);
	sum = siphash24(key, p, 16);
	if (memcmp(p + 16, &sum, 8) != 0)
		return (-ENODATA);
	return (p[4] == FORMAT ? 0 : -EPROTONOSUPPORT);
}

static size_t
put_record(uint8_t *p, uint64_t generation, uint8_t type, const void *body,
    size_t len)
{
	const uint16_t n = (uint16_t)len;
	uint8_t key[16];
	uint64_t sum;

	memcpy(p + 8, &n, 2);
	p[10] = type;
	p[11] = 0;
	if (len > 0)
		memcpy(p + RECORD, body, len);
	key_of(generation, key);
	sum = siphash24(key, p + 8, RECORD - 8 + len);
	memcpy(p, &sum, 8);
	return (RECORD + len);
}

/* The length of a whole record at p, or 0. */
static size_t
get_record(const uint8_t *p, size_t left, const uint8_t key[static 16])
{
	uint64_t sum;
	uint16_t n;

	if (left < RECORD)
		return (0);
	memcpy(&n, p + 8, 2);
	if (n > STATELOG_BODY_MAX || left - RECORD < n)
		return (0);
	sum = siphash24(key, p + 8, RECORD - 8 + (size_t)n);
	return (memcmp(p, &sum, 8) == 0 ? RECORD + (size_t)n : 0);
}

/* To the next record from p: over a whole one, or over a damaged one that leads
 * to one that is whole. 0 if there is neither. */
static size_t
step(const uint8_t *p, size_t left, const uint8_t key[static 16], bool *bad)
{
	size_t n = get_record(p, left, key);
	uint16_t body;

	*bad = n == 0;
	if (n > 0 || left < RECORD)
		return (n);
	memcpy(&body, p + 8, 2);
	n = RECORD + (size_t)body;
	return (n < left && get_record(p + n, left - n, key) > 0 ? n : 0);
}

int
statelog_scan(const uint8_t *buf, size_t len, struct statelog_found *f,
    statelog_record *record, void *arg)
{
	size_t at, n;
	uint8_t key[16];
	bool whole = false, bad;
	int err;

	memset(f, 0, sizeof(*f));
	if ((err = get_header(buf, len, &f->generation)) != 0)
		return (err);
	key_of(f->generation, key);
	for (at = HEADER; (n = step(buf + at, len - at, key, &bad)) > 0;
	    at += n) {
		whole = whole || (!bad && buf[at + 10] == TYPE_END);
		f->bad += bad;
		f->bad_bytes += bad ? n : 0;
	}
	if (!whole)
		return (-ENODATA);
	f->end = at;
	for (at = HEADER; record != NULL && at < f->end; at += n) {
		n = step(buf + at, f->end - at, key, &bad);
		if (!bad && buf[at + 10] != 0 && buf[at + 10] != TYPE_END)
			record(arg, buf[at + 10], buf + at + RECORD,
			    n - RECORD);
	}
	return (0);
}

/* ---- the files ---- */

struct statelog *
statelog_new(const int fd[2], void (*all)(void *arg, struct statelog *),
    void *arg)
{
	struct statelog *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (NULL);
	l->fd[0] = fd[0];
	l->fd[1] = fd[1];
	l->all = all;
	l->arg = arg;
	l->limit = (struct log_limit){ .rate = 1, .burst = 3 };
	return (l);
}

void
statelog_free(struct statelog *l)
{
	if (l == NULL)
		return;
	close(l->fd[0]);
	close(l->fd[1]);
	explicit_bzero(l->buf, sizeof(l->buf));	/* keys may be in it */
	free(l);
}

/* A whole file in memory, NULL with *err. */
static uint8_t *
slurp(int fd, size_t *len, int *err)
{
	uint8_t *p;
	struct stat st;
	size_t at = 0;
	ssize_t n = 1;

	*len = 0;
	*err = -ENODATA;
	if (fstat(fd, &st) != 0 || st.st_size <= 0)
		return (NULL);
	*err = -EFBIG;
	if (st.st_size > FILE_MAX)
		return (NULL);
	*err = -ENOMEM;
	if ((p = malloc((size_t)st.st_size)) == NULL)
		return (NULL);
	while (at < (size_t)st.st_size && n > 0) {
		n = pread(fd, p + at, (size_t)st.st_size - at, (off_t)at);
		at += n > 0 ? (size_t)n : 0;
	}
	*len = at;
	*err = 0;
	return (p);
}

static void
warn_of_loss(const struct statelog_found *f, size_t len)
{
	if (f->bad > 0)
		log_warnx(NULL, "%u records, %zu bytes, in the state file are "
		    "damaged, and lost", f->bad, f->bad_bytes);
	if (f->end < len)
		log_warnx(NULL, "the last %zu bytes of the state file are no "
		    "whole record, and lost", len - f->end);
}

int
statelog_load(struct statelog *l, statelog_record *record, void *arg)
{
	struct statelog_found f[2] = { 0 };
	uint8_t *p[2];
	size_t len[2];
	int err[2];
	unsigned i;

	for (i = 0; i < 2; i++) {
		p[i] = slurp(l->fd[i], &len[i], &err[i]);
		if (p[i] == NULL)
			continue;
		err[i] = statelog_scan(p[i], len[i], &f[i], NULL, NULL);
		if (err[i] == -ENODATA)
			err[i] = -EBADMSG;
	}
	i = err[1] == 0 && (err[0] != 0 ||
	    f[1].generation > f[0].generation) ? 1 : 0;
	if (err[i] == 0) {
		l->active = i;
		l->generation = f[i].generation;
		/* What is written before a rewrite has worked goes behind. */
		l->size = l->first = (int64_t)f[i].end;
		warn_of_loss(&f[i], len[i]);
		(void)statelog_scan(p[i], len[i], &f[i], record, arg);
	}
	for (unsigned k = 0; k < 2; k++) {
		if (p[k] != NULL)
			explicit_bzero(p[k], len[k]);
		free(p[k]);
	}
	/* one that holds nothing says less than one that can't be read */
	return (err[i] == -ENODATA ? err[1 - i] : err[i]);
}

/* ---- writing ---- */

static void
complain(struct statelog *l, int err)
{
	l->stats.errors++;
	if (log_limited(&l->limit, clock_system_ms(), NULL))
		log_at(LOG_L_ERROR, LOG_MODULE, NULL, -err, "state file");
}

static int
write_at(int fd, const uint8_t *p, size_t len, int64_t at)
{
	ssize_t n;

	while (len > 0) {
		n = pwrite(fd, p, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (n == 0 ? -ENOSPC : -errno);
		p += n;
		len -= (size_t)n;
		at += n;
	}
	return (0);
}

static void
flush(struct statelog *l)
{
	if (l->error == 0 && l->used > 0)
		l->error = write_at(l->fd[l->active], l->buf, l->used,
		    l->size);
	l->size += (int64_t)l->used;
	l->used = 0;
}

/* One of the set that is being written. */
static void
put_whole(struct statelog *l, uint8_t type, const void *body, size_t len)
{
	if (l->used + RECORD + len > sizeof(l->buf))
		flush(l);
	l->used += put_record(l->buf + l->used, l->generation, type, body,
	    len);
}

/* What it may grow to until all is written anew. */
static int64_t
grown(const struct statelog *l)
{
	return (2 * l->first + SLACK);
}

/* All anew, in the other file. */
static int
rewrite(struct statelog *l, bool with_records)
{
	const unsigned old = l->active;
	const uint64_t generation = l->generation;
	const int64_t size = l->size;

	l->active = 1 - old;
	l->generation++;
	l->size = 0;
	l->error = ftruncate(l->fd[l->active], 0) == 0 ? 0 : -errno;
	put_header(l->buf, l->generation);
	l->used = HEADER;
	l->whole = true;
	if (with_records)
		l->all(l->arg, l);
	put_whole(l, TYPE_END, NULL, 0);
	flush(l);
	l->whole = false;
	if (l->error != 0) {
		complain(l, l->error);
		if (ftruncate(l->fd[l->active], 0) != 0)
			log_debug(NULL, "half a file stays");
		l->active = old;
		l->generation = generation;
		l->size = size;
		l->owed = true;
		l->again = clock_system_ms() + AGAIN_MS;
		return (l->error);
	}
	l->owed = false;
	l->again = 0;
	l->first = l->size;
	/* A disk that is full is to be noticed then, not while a session
	 * ends. Where it can not be set aside, so be it. */
	(void)fallocate(l->fd[l->active], FALLOC_FL_KEEP_SIZE, 0,
	    (off_t)grown(l));
	l->stats.rewrites++;
	/* Its generation is lower: should this fail, it does not count. */
	if (ftruncate(l->fd[old], 0) != 0)
		log_debug(NULL, "the old file stays");
	return (0);
}

/* After a failure, of a full disk say, not with every record. */
static bool
rewrite_is_due(const struct statelog *l)
{
	return ((l->owed || l->size > grown(l)) &&
	    (l->again == 0 || clock_system_ms() >= l->again));
}

int
statelog_begin(struct statelog *l)
{
	l->begun = true;
	return (rewrite(l, true));
}

void
statelog_put(struct statelog *l, uint8_t type, const void *body, size_t len)
{
	size_t n;
	int err;

	if (len > STATELOG_BODY_MAX || type == 0 || type > STATELOG_TYPE_MAX)
		return;
	if (l->whole) {
		put_whole(l, type, body, len);
		return;
	}
	if (!l->begun)
		return;
	/* After a rewrite this record is among the others: the caller's state
	 * is already what it says. */
	if (rewrite_is_due(l) && rewrite(l, true) == 0)
		return;
	if (l->size == 0)	/* no whole set that it could be added to */
		return;
	n = put_record(l->buf, l->generation, type, body, len);
	err = write_at(l->fd[l->active], l->buf, n, l->size);
	if (err != 0) {
		/* Whatever came of it is overwritten by the next one. */
		l->owed = true;
		l->again = clock_system_ms() + AGAIN_MS;
		complain(l, err);
		return;
	}
	l->size += (int64_t)n;
	l->stats.records++;
}

bool
statelog_owes(const struct statelog *l)
{
	return (l->begun && l->owed);
}

int
statelog_retry(struct statelog *l)
{
	return (statelog_owes(l) ? rewrite(l, true) : 0);
}

void
statelog_clear(struct statelog *l)
{
	if (l->begun)
		(void)rewrite(l, false);
}

struct statelog_stats
statelog_stats(const struct statelog *l)
{
	struct statelog_stats st = l->stats;

	st.bytes = (uint64_t)l->size;
	return (st);
}
