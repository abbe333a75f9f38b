/* SPDX-License-Identifier: BSD-2-Clause */
/* The accounting spool: records, the files they lie in, and what remains of
 * them when writes are torn, disks full and files rotten. A "life" is a nasd
 * that opens the same files; one that ends without acct_spool_free was
 * killed. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "nasd/acct_spool.h"
#include "tests/unit/test.h"

static struct acct_files disk;
static struct acct_spool *sp;
static uint8_t buf[ACCT_REC_MAX];
static struct acct_place at;
static struct acct_rec rec;
static char body[ACCT_BODY_MAX];

/* Opens what is on the disk. */
static void
live_with(uint32_t segment)
{
	struct acct_files f = { .boot = disk.boot };

	for (unsigned i = 0; i < ACCT_FILES; i++) {
		f.fd[i] = dup(disk.fd[i]);
		ck_assert_int_ge(f.fd[i], 0);
	}
	sp = acct_spool_new(&f, segment, segment == 0);
	ck_assert_ptr_nonnull(sp);
	ck_assert_int_eq(f.fd[0], -1);
}

static void
live(void)
{
	live_with(1 << 16);
}

/* The same, and the life before is no more; it had no time to do anything. */
static void
relive(void)
{
	acct_spool_free(sp);
	live();
}

static void
setup(void)
{
	log_set_level(NULL, "error");
	ck_assert_int_eq(acct_files_open(&disk, ""), 0);
	disk.boot = 7;
	memset(body, 0, sizeof(body));
	live();
}

static void
teardown(void)
{
	acct_spool_free(sp);
	acct_files_close(&disk);
}

static int
try_put(enum acct_kind kind, const char *sid, size_t len)
{
	struct acct_rec r = { .kind = kind, .boot = 7, .mono_ms = 1000,
	    .wall_ms = 2000, .body = (const uint8_t *)body, .len = len };

	strcpy(r.sid, sid);
	return acct_spool_put(sp, &r, &at);
}

static struct acct_place
put(enum acct_kind kind, const char *sid)
{
	ck_assert_int_eq(try_put(kind, sid, 100), 0);
	return at;
}

/* Takes the next one and says which it is: "Start a". */
static const char *
next(void)
{
	static char text[64];

	if (acct_spool_next(sp, &rec, buf, &at) == 0)
		return "none";
	snprintf(text, sizeof(text), "%s %s", acct_kind_str(rec.kind),
	    rec.sid);
	return text;
}

static void
ack(void)
{
	acct_spool_ack(sp, &at, &rec);
}

START_TEST(record)
{
	struct acct_rec r = { .kind = ACCT_STOP, .gen = 3, .boot = 9,
	    .mono_ms = 12, .wall_ms = -5, .sid = "0123456789abcdef",
	    .body = (const uint8_t *)"abc", .len = 3 }, got;
	uint8_t b[ACCT_REC_HDR + 3], c[ACCT_REC_HDR + 3];
	int n = acct_rec_encode(&r, b, sizeof(b));

	ck_assert_int_eq(n, ACCT_REC_HDR + 3);
	ck_assert_int_eq(acct_rec_encode(&r, b, sizeof(b) - 1), -EMSGSIZE);
	ck_assert_int_eq(acct_rec_encode(&r, b, sizeof(b)), n);
	ck_assert_int_eq(acct_rec_decode(&got, b, sizeof(b)), n);
	ck_assert_int_eq(got.kind, ACCT_STOP);
	ck_assert_uint_eq(got.gen, 3);
	ck_assert_uint_eq(got.boot, 9);
	ck_assert_int_eq(got.mono_ms, 12);
	ck_assert_int_eq(got.wall_ms, -5);
	ck_assert_str_eq(got.sid, r.sid);
	ck_assert_mem_eq(got.body, "abc", 3);
	for (size_t i = 0; i < sizeof(b); i++) {
		ck_assert_int_eq(acct_rec_decode(&got, b, i), -EAGAIN);
		memcpy(c, b, sizeof(b));
		c[i] ^= 0x40;
		/* the state may change, a longer one would need more bytes */
		ck_assert_msg((acct_rec_decode(&got, c, sizeof(c)) < 0) ==
		    (i != ACCT_STATE_AT), "%zu", i);
	}
	r.gen = 0;				/* no segment has that one */
	ck_assert_int_eq(acct_rec_encode(&r, b, sizeof(b)), n);
	ck_assert_int_eq(acct_rec_decode(&got, b, sizeof(b)), -EBADMSG);
	r.len = ACCT_BODY_MAX + 1;
	ck_assert_int_eq(acct_rec_encode(&r, buf, sizeof(buf)), -EMSGSIZE);
}
END_TEST

START_TEST(record_ages)
{
	struct acct_rec r = { .boot = 7, .mono_ms = 1000, .wall_ms = 50000 };

	ck_assert_int_eq(acct_rec_age_ms(&r, 7, 4000, 0), 3000);
	ck_assert_int_eq(acct_rec_age_ms(&r, 7, 500, 90000), 0);
	ck_assert_int_eq(acct_rec_age_ms(&r, 8, 1, 53000), 3000);
	ck_assert_int_eq(acct_rec_age_ms(&r, 8, 99999, 40000), 0);
	/* no boot is known: none is the same */
	r.boot = 0;
	ck_assert_int_eq(acct_rec_age_ms(&r, 0, 99999, 51000), 1000);
}
END_TEST

START_TEST(seeking)
{
	static const uint8_t b[] = "N4A1xxN4A1N4A";

	ck_assert_uint_eq(acct_rec_seek(b, 13), 6);
	ck_assert_uint_eq(acct_rec_seek(b + 6, 7), 4);
	ck_assert_uint_eq(acct_rec_seek(b, 1), 1);
	ck_assert_uint_eq(acct_rec_seek(b, 0), 0);
	ck_assert_uint_eq(acct_rec_seek(b, 4), 4);
}
END_TEST

/* Of what is known last: Start without figures, or an interim with. */
START_TEST(stop_of_an_orphan)
{
	static const uint8_t start[] = {
	    40, 6, 0, 0, 0, 1, 1, 3, 'a', 55, 6, 1, 2, 3, 4 };
	static const uint8_t want_start[] = {
	    40, 6, 0, 0, 0, 2, 1, 3, 'a', 55, 6, 1, 2, 3, 4,
	    46, 6, 0, 0, 0, 0, 42, 6, 0, 0, 0, 0, 43, 6, 0, 0, 0, 0,
	    47, 6, 0, 0, 0, 0, 48, 6, 0, 0, 0, 0, 49, 6, 0, 0, 0, 11 };
	static const uint8_t interim[] = {
	    40, 6, 0, 0, 0, 3, 41, 6, 0, 0, 0, 9, 42, 6, 0, 0, 0, 5,
	    52, 6, 0, 0, 0, 1 };
	static const uint8_t want_interim[] = {
	    40, 6, 0, 0, 0, 2, 42, 6, 0, 0, 0, 5, 52, 6, 0, 0, 0, 1,
	    49, 6, 0, 0, 0, 11 };
	struct acct_rec r = { .kind = ACCT_START, .body = start,
	    .len = sizeof(start) };
	int n = acct_stop_body(&r, 11, buf, sizeof(buf));

	ck_assert_int_eq(n, sizeof(want_start));
	ck_assert_mem_eq(buf, want_start, sizeof(want_start));
	r = (struct acct_rec){ .kind = ACCT_NOTE, .body = interim,
	    .len = sizeof(interim) };
	n = acct_stop_body(&r, 11, buf, sizeof(buf));
	ck_assert_int_eq(n, sizeof(want_interim));
	ck_assert_mem_eq(buf, want_interim, sizeof(want_interim));
	ck_assert_int_eq(acct_stop_body(&r, 11, buf, 20), -EMSGSIZE);
}
END_TEST

START_TEST(in_order_each_once)
{
	put(ACCT_START, "a");
	put(ACCT_START, "b");
	put(ACCT_NOTE, "a");		/* is not sent */
	ck_assert_str_eq(next(), "Start a");
	put(ACCT_STOP, "a");
	ck_assert_str_eq(next(), "Start b");
	ck_assert_str_eq(next(), "Stop a");
	ck_assert_str_eq(next(), "none");
	ck_assert_uint_eq(acct_spool_owed(sp), 3);
	put(ACCT_INTERIM, "b");
	ck_assert_str_eq(next(), "Interim-Update b");
	ack();
	ck_assert_uint_eq(acct_spool_owed(sp), 3);
	ck_assert_uint_eq(acct_spool_open_count(sp), 1);
}
END_TEST

/* Whatever was not acknowledged is there again, the rest is not. */
START_TEST(after_a_kill)
{
	struct acct_spool *killed;

	put(ACCT_START, "a");
	put(ACCT_START, "b");
	put(ACCT_STOP, "b");
	ck_assert_str_eq(next(), "Start a");
	ck_assert_str_eq(next(), "Start b");
	ack();
	killed = sp;
	live();
	ck_assert_uint_eq(acct_spool_owed(sp), 2);
	ck_assert_uint_eq(acct_spool_stats(sp)->found, 2);
	ck_assert_str_eq(next(), "Start a");
	ck_assert_int_eq(rec.mono_ms, 1000);
	ck_assert_uint_eq(rec.boot, 7);
	put(ACCT_STOP, "a");		/* behind what there is */
	ck_assert_str_eq(next(), "Stop b");
	ck_assert_str_eq(next(), "Stop a");
	ck_assert_str_eq(next(), "none");
	ck_assert_uint_eq(acct_spool_stats(sp)->skipped, 0);
	acct_spool_free(killed);
}
END_TEST

static off_t
size_of(unsigned seg)
{
	struct stat st;

	ck_assert_int_eq(fstat(disk.fd[seg], &st), 0);
	return st.st_size;
}

/* All acknowledged: nothing is left, and the space is given back. */
START_TEST(nothing_left)
{
	put(ACCT_START, "a");
	put(ACCT_STOP, "a");
	while (strcmp(next(), "none") != 0)
		ack();
	relive();
	ck_assert_uint_eq(acct_spool_owed(sp), 0);
	ck_assert_str_eq(next(), "none");
	for (unsigned i = 0; i < ACCT_FILES; i++)
		ck_assert_int_eq(size_of(i), 0);
}
END_TEST

/* A power cut may leave any part of the last write. */
START_TEST(torn_at_every_byte)
{
	unsigned seg;
	off_t whole;
	uint32_t two;

	put(ACCT_START, "a");
	put(ACCT_START, "b");
	two = at.off + at.len;
	put(ACCT_STOP, "b");
	seg = at.seg;
	whole = size_of(seg);
	for (off_t cut = whole; cut > two; ) {
		ck_assert_int_eq(ftruncate(disk.fd[seg], --cut), 0);
		acct_spool_free(sp);
		log_set_level(NULL, "error");
		live();
		ck_assert_uint_eq(acct_spool_owed(sp), 2);
		ck_assert_uint_eq(acct_spool_stats(sp)->skipped, cut > two);
		ck_assert_uint_eq(acct_spool_stats(sp)->skipped_bytes,
		    (uint64_t)cut - two);
		ck_assert_str_eq(next(), "Start a");
		ck_assert_str_eq(next(), "Start b");
		ck_assert_str_eq(next(), "none");
		ck_assert_uint_eq(acct_spool_open_count(sp), 2);
	}
}
END_TEST

/* Any byte may rot: the other records are there all the same. */
START_TEST(rotten_at_every_byte)
{
	struct acct_place mid;
	uint8_t good, bad;

	put(ACCT_START, "a");
	mid = put(ACCT_START, "b");
	put(ACCT_START, "c");
	for (uint32_t i = 0; i < mid.len; i++) {
		if (i == ACCT_STATE_AT)
			continue;
		ck_assert_int_eq(pread(disk.fd[mid.seg], &good, 1,
		    mid.off + i), 1);
		bad = good ^ 0x81;
		ck_assert_int_eq(pwrite(disk.fd[mid.seg], &bad, 1,
		    mid.off + i), 1);
		relive();
		ck_assert_str_eq(next(), "Start a");
		ck_assert_str_eq(next(), "Start c");
		ck_assert_str_eq(next(), "none");
		ck_assert_uint_eq(acct_spool_stats(sp)->skipped, 1);
		ck_assert_int_eq(pwrite(disk.fd[mid.seg], &good, 1,
		    mid.off + i), 1);
	}
}
END_TEST

/* Files of something else block nothing, and are used again. */
START_TEST(garbage_files)
{
	char junk[5000];

	put(ACCT_START, "a");
	memset(junk, 'N', sizeof(junk));
	for (unsigned i = 5; i < ACCT_FILES; i++)
		ck_assert_int_eq(pwrite(disk.fd[i], junk, sizeof(junk), 0),
		    sizeof(junk));
	relive();
	ck_assert_uint_eq(acct_spool_stats(sp)->skipped, ACCT_FILES - 5);
	ck_assert_str_eq(next(), "Start a");
	ck_assert_str_eq(next(), "none");
	ck_assert_int_eq(size_of(6), 0);
	ck_assert(acct_spool_roomy(sp));
}
END_TEST

/* What was in a file before it was emptied is none of ours. */
START_TEST(stale_records)
{
	struct acct_place first;
	uint8_t old[400];

	first = put(ACCT_START, "a");
	put(ACCT_START, "b");
	put(ACCT_STOP, "b");
	ck_assert_int_eq(pread(disk.fd[first.seg], old, sizeof(old), 0), 400);
	while (strcmp(next(), "none") != 0)
		ack();
	relive();
	acct_spool_forget(sp, "a");
	relive();
	first = put(ACCT_START, "x");
	/* an old block behind the new one */
	ck_assert_int_eq(pwrite(disk.fd[first.seg], old + first.len,
	    sizeof(old) - first.len, first.len), 400 - first.len);
	relive();
	ck_assert_str_eq(next(), "Start x");
	ck_assert_str_eq(next(), "none");
	ck_assert_uint_eq(acct_spool_open_count(sp), 1);
}
END_TEST

START_TEST(bounded)
{
	unsigned n = 0;
	int err;

	acct_spool_free(sp);
	live_with(0);			/* the least there may be */
	while ((err = try_put(ACCT_STOP, "s", 400)) == 0)
		n++;
	ck_assert_int_eq(err, -ENOSPC);
	ck_assert_uint_ge(n, ACCT_FILES * 16);
	ck_assert_uint_eq(acct_spool_owed(sp), n);
	ck_assert(!acct_spool_roomy(sp));
	ck_assert_int_eq(acct_spool_why(sp), ENOSPC);
	ck_assert_uint_le(acct_spool_used(sp), acct_spool_size(sp));
	/* a segment's worth of them: there is room again */
	for (unsigned i = 0; i < 18; i++) {
		ck_assert_str_eq(next(), "Stop s");
		ack();
	}
	ck_assert(acct_spool_roomy(sp));
	ck_assert_int_eq(try_put(ACCT_STOP, "s", 400), 0);
	for (unsigned i = 18; i <= n; i++)
		ck_assert_str_eq(next(), "Stop s");
	ck_assert_str_eq(next(), "none");
}
END_TEST

/* A disk that takes no more: as many as there was space set aside for, and
 * nothing half. */
START_TEST(full_disk)
{
	struct rlimit old, tiny;
	unsigned n = 0, after;
	int err;

	acct_spool_free(sp);
	live_with(0);
	put(ACCT_START, "a");
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = old;
	tiny.rlim_cur = 5000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	log_set_level(NULL, "none");
	/* What is said of it would be too long for the log as well. */
	while ((err = try_put(ACCT_STOP, "s", 400)) == 0 && n < 100)
		n++;
	ck_assert_int_eq(err, -ENOSPC);
	ck_assert_uint_ge(n, 8);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_uint_eq(acct_spool_owed(sp), n + 1);
	ck_assert_int_eq(try_put(ACCT_STOP, "t", 400), 0);
	acct_spool_free(sp);
	live();
	ck_assert_uint_eq(acct_spool_stats(sp)->skipped, 0);
	ck_assert_str_eq(next(), "Start a");
	for (after = 0; strcmp(next(), "Stop s") == 0; after++)
		;
	ck_assert_uint_eq(after, n);
	ck_assert_str_eq(rec.sid, "t");
}
END_TEST

/* Sessions that stay up for ever do not keep the segments they began in. */
START_TEST(long_sessions_move)
{
	char sid[ACCT_SID + 1];

	acct_spool_free(sp);
	live_with(0);
	for (unsigned i = 0; i < 2000; i++) {
		if (i % 50 == 0) {
			snprintf(sid, sizeof(sid), "long%u", i / 50);
			put(ACCT_START, sid);
			next();
			ack();
		}
		put(ACCT_START, "short");
		next();
		ack();
		put(ACCT_STOP, "short");
		next();
		ack();
	}
	ck_assert_uint_ge(acct_spool_stats(sp)->moved, 20);
	ck_assert_uint_eq(acct_spool_open_count(sp), 40);
	ck_assert(acct_spool_roomy(sp));
	acct_spool_free(sp);
	live_with(0);
	ck_assert_uint_eq(acct_spool_open_count(sp), 40);
	ck_assert_str_eq(next(), "none");
	ck_assert_int_eq(acct_spool_last(sp, "long7", &rec, buf), 1);
	ck_assert_str_eq(rec.sid, "long7");
	ck_assert_int_eq(rec.kind, ACCT_START);
	ck_assert_int_eq(acct_spool_last(sp, "short", &rec, buf), 0);
}
END_TEST

static char orphans[64];

static bool
orphan(void *arg, const char *sid)
{
	ck_assert_ptr_eq(arg, &at);
	ck_assert_uint_eq(strlen(sid), 1);
	orphans[strlen(orphans)] = sid[0];
	return true;
}

static const char *
find_orphans(void)
{
	memset(orphans, 0, sizeof(orphans));
	acct_spool_orphans(sp, orphan, &at);
	return orphans;
}

/* Those of an earlier life with a Start and no Stop, acknowledged or not. */
START_TEST(orphaned_sessions)
{
	put(ACCT_START, "a");
	next();
	ack();
	put(ACCT_NOTE, "a");
	put(ACCT_START, "b");
	put(ACCT_STOP, "b");
	put(ACCT_ON, "c");
	ck_assert_str_eq(find_orphans(), "");	/* they live */
	relive();
	ck_assert_str_eq(find_orphans(), "a");
	ck_assert_int_eq(acct_spool_last(sp, "a", &rec, buf), 1);
	ck_assert_int_eq(rec.kind, ACCT_NOTE);
	ck_assert(acct_spool_adopt(sp, "a"));
	ck_assert(!acct_spool_adopt(sp, "b"));
	ck_assert_str_eq(find_orphans(), "");
	relive();				/* killed again */
	ck_assert_str_eq(find_orphans(), "a");
	put(ACCT_INTERIM, "a");			/* it lives */
	ck_assert_str_eq(find_orphans(), "");
	put(ACCT_STOP, "a");
	relive();
	ck_assert_str_eq(find_orphans(), "");
}
END_TEST

/* The Stop's segment may be emptied before the Start's. */
START_TEST(no_second_stop)
{
	acct_spool_free(sp);
	live_with(0);
	put(ACCT_START, "a");
	put(ACCT_START, "b");		/* is never acknowledged */
	for (unsigned i = 0; i < 200; i++)
		put(ACCT_STOP, "x");
	put(ACCT_STOP, "a");
	for (unsigned i = 0; i < 200; i++)
		put(ACCT_STOP, "x");
	while (strcmp(next(), "none") != 0)
		if (strcmp(rec.sid, "b") != 0)
			ack();
	relive();
	ck_assert_uint_eq(acct_spool_owed(sp), 1);
	ck_assert_str_eq(find_orphans(), "b");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("acct_spool");
	TCase *t = tcase_create("acct_spool");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, record);
	tcase_add_test(t, record_ages);
	tcase_add_test(t, seeking);
	tcase_add_test(t, stop_of_an_orphan);
	tcase_add_test(t, in_order_each_once);
	tcase_add_test(t, after_a_kill);
	tcase_add_test(t, nothing_left);
	tcase_add_test(t, torn_at_every_byte);
	tcase_add_test(t, rotten_at_every_byte);
	tcase_add_test(t, garbage_files);
	tcase_add_test(t, stale_records);
	tcase_add_test(t, bounded);
	tcase_add_test(t, full_disk);
	tcase_add_test(t, long_sessions_move);
	tcase_add_test(t, orphaned_sessions);
	tcase_add_test(t, no_second_stop);
	suite_add_tcase(s, t);
	return test_run(s);
}
