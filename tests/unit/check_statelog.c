/* SPDX-License-Identifier: BSD-2-Clause */
/* The state log: whatever is cut off, torn or overwritten, what is read is
 * what was whole. */
#define _GNU_SOURCE	/* memfd_create */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/statelog.h"
#include "tests/unit/test.h"

static struct statelog *l;
static int fd[2], spare[2];
static unsigned set;		/* records that "all" puts */
static char got[4096], dir[64];

static void
put_all(void *arg, struct statelog *log)
{
	(void)arg;
	for (unsigned i = 0; i < set; i++)
		statelog_put(log, 1, &(char){ (char)('a' + i) }, 1);
}

static void
see(void *arg, uint8_t type, const uint8_t *body, size_t len)
{
	size_t at = strlen(got);

	ck_assert_ptr_eq(arg, got);
	if (at + len + 4 < sizeof(got))
		snprintf(got + at, sizeof(got) - at, "%u%.*s ", type,
		    (int)len, (const char *)body);
}

static void
open_log(void)
{
	int own[2] = { dup(spare[0]), dup(spare[1]) };

	l = statelog_new(own, put_all, NULL);
	ck_assert_ptr_nonnull(l);
}

static void
set_up(void)
{
	for (unsigned i = 0; i < 2; i++) {
		spare[i] = memfd_create("state", 0);
		fd[i] = spare[i];
	}
	set = 0;
	open_log();
}

static void
tear_down(void)
{
	statelog_free(l);
	close(spare[0]);
	close(spare[1]);
}

static int
again(void)
{
	statelog_free(l);
	open_log();
	got[0] = '\0';
	return (statelog_load(l, see, got));
}

START_TEST(nothing)
{
	ck_assert_int_eq(statelog_load(l, see, got), -ENODATA);
	statelog_put(l, 1, "x", 1);	/* not begun: not written */
	ck_assert_int_eq(again(), -ENODATA);
}
END_TEST

START_TEST(records)
{
	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);
	statelog_put(l, 2, "x", 1);
	statelog_put(l, 3, NULL, 0);
	statelog_put(l, 0, "no", 2);
	statelog_put(l, 0xff, "no", 2);
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1a 1b 2x 3 ");
	/* the next run writes the other file, and what it says counts */
	set = 1;
	ck_assert_int_eq(statelog_begin(l), 0);
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1a ");
	ck_assert_int_eq(statelog_begin(l), 0);
	statelog_clear(l);
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "");
}
END_TEST

/* some is what is in all, in order, without one at least */
static bool
is_less(const char *some, const char *all)
{
	if (strlen(some) >= strlen(all))
		return (false);
	for (; *some != '\0'; some += 3, all += 3)
		while (strncmp(some, all, 3) != 0)
			if (*(all += 3) == '\0')
				return (false);
	return (true);
}

/* Cut off at each byte, and each byte changed. */
START_TEST(torn)
{
	const char *want[] = { "1a 1b 2x 2y ", "1a 1b 2x ", "1a 1b " };
	uint8_t buf[512], bad[512];
	size_t len, cut;
	struct statelog_found f;
	int n, err;

	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);
	statelog_put(l, 2, "x", 1);
	statelog_put(l, 2, "y", 1);
	n = (int)pread(fd[1], buf, sizeof(buf), 0);
	ck_assert_int_gt(n, 0);
	len = (size_t)n;
	for (cut = 0; cut <= len; cut++) {
		uint8_t *exact = malloc(cut > 0 ? cut : 1);

		memcpy(exact, buf, cut);
		got[0] = '\0';
		err = statelog_scan(exact, cut, &f, see, got);
		free(exact);
		if (cut < len - 3 * 13 + 13)	/* the set is not whole */
			ck_assert(err == -ENODATA || err == 0);
		if (err == 0)
			ck_assert_str_eq(got, want[cut == len ? 0 :
			    cut >= len - 13 ? 1 : 2]);
		else
			ck_assert_str_eq(got, "");
	}
	for (cut = 0; cut < len; cut++) {
		memcpy(bad, buf, len);
		bad[cut] ^= 0x10;
		got[0] = '\0';
		err = statelog_scan(bad, len, &f, see, got);
		ck_assert(err != 0 || is_less(got, want[0]));
	}
}
END_TEST

START_TEST(garbage)
{
	uint8_t buf[300];
	struct statelog_found f;

	srand(7);
	for (unsigned i = 0; i < 20000; i++) {
		size_t len = (size_t)rand() % sizeof(buf);

		for (size_t k = 0; k < len; k++)
			buf[k] = (uint8_t)rand();
		ck_assert_int_ne(statelog_scan(buf, len, &f, see,
		    got), 0);
	}
}
END_TEST

static void
flip(int file, off_t at)
{
	uint8_t c;

	ck_assert_int_eq(pread(file, &c, 1, at), 1);
	c ^= 1;
	ck_assert_int_eq(pwrite(file, &c, 1, at), 1);
}

/* A record that is damaged is left out, in the first set or behind it, and the
 * log says so; a length that is wrong leads nowhere. */
START_TEST(damaged_record)
{
	char log[4096];
	int was;

	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);		/* into 1 */
	statelog_put(l, 2, "x", 1);
	statelog_put(l, 2, "y", 1);
	test_dir_enter(dir);
	was = test_log_begin();
	flip(fd[1], 24 + 12);			/* a's body */
	flip(fd[1], 24 + 2 * 13 + 12 + 3);	/* x's checksum */
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1b 2y ");
	flip(fd[1], 24 + 2 * 13 + 12 + 8);	/* x's length */
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1b ");
	test_log_end(was, log, sizeof(log));
	ck_assert_ptr_nonnull(strstr(log, "2 records, 26 bytes, in the state "
	    "file are damaged, and lost"));
	ck_assert_ptr_nonnull(strstr(log, "1 records, 13 bytes, in the state "
	    "file are damaged, and lost"));
	ck_assert_ptr_nonnull(strstr(log, "the last 26 bytes of the state "
	    "file are no whole record, and lost"));
	test_dir_leave(dir);
}
END_TEST

/* Something was there, and nothing of it can be told any more. */
START_TEST(no_set_is_whole)
{
	const off_t at[] = { 0, 9, 20, 24 + 2 * 13 + 10 };

	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);		/* into 1 */
	for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		flip(fd[1], at[i]);
		ck_assert_int_eq(again(), -EBADMSG);
		ck_assert_str_eq(got, "");
		flip(fd[1], at[i]);
	}
	ck_assert_int_eq(pwrite(fd[0], "garbage", 7, 0), 7);
	ck_assert_int_eq(again(), 0);
	ck_assert_int_eq(pwrite(fd[1], "garbage", 7, 0), 7);
	ck_assert_int_eq(again(), -EBADMSG);
}
END_TEST

/* Killed while all is written anew: the older file counts. */
START_TEST(half_a_rewrite)
{
	uint8_t buf[512];
	ssize_t n;

	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);		/* into 1 */
	n = pread(fd[1], buf, sizeof(buf), 0);
	set = 3;
	ck_assert_int_eq(again(), 0);
	ck_assert_int_eq(statelog_begin(l), 0);		/* into 0 */
	/* as if the kill had come before the last record */
	ck_assert_int_eq(pwrite(fd[1], buf, (size_t)n, 0), n);
	ck_assert_int_eq(ftruncate(fd[0], lseek(fd[0], 0, SEEK_END) - 1), 0);
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1a 1b ");
	ck_assert_int_eq(statelog_begin(l), 0);
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1a 1b 1c ");
}
END_TEST

/* The other file can not be written when it is begun, as with a full disk:
 * what there is stays, and what comes is added to it. */
START_TEST(no_rewrite)
{
	char path[64];
	int was;

	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);		/* into 1 */
	was = spare[0];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", was);
	spare[0] = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(spare[0], 0);
	ck_assert_int_eq(again(), 0);
	ck_assert_int_ne(statelog_begin(l), 0);
	statelog_put(l, 2, "x", 1);
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1a 1b 2x ");
	close(was);
}
END_TEST

/* There is none yet, and none can be made: then nothing is written. */
START_TEST(never_begun)
{
	char path[64];
	int was = spare[1];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", was);
	spare[1] = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(again(), -ENODATA);
	ck_assert_int_ne(statelog_begin(l), 0);
	statelog_put(l, 2, "x", 1);
	ck_assert_int_eq(lseek(fd[0], 0, SEEK_END), 0);
	ck_assert_int_eq(again(), -ENODATA);
	close(was);
}
END_TEST

static void
disk_full(bool full)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = full ? 1 : r.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* What could not be written is known to be owed, and is written with the rest
 * as soon as it can be, though nothing else is put ever after. */
START_TEST(made_up_for)
{
	log_set_level(NULL, "none");
	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);
	ck_assert(!statelog_owes(l));
	disk_full(true);
	set = 1;
	statelog_put(l, 2, "x", 1);
	ck_assert(statelog_owes(l));
	ck_assert_int_eq(statelog_retry(l), -EFBIG);
	ck_assert(statelog_owes(l));
	disk_full(false);
	ck_assert_int_eq(statelog_retry(l), 0);
	ck_assert(!statelog_owes(l));
	ck_assert_int_eq(statelog_retry(l), 0);
	ck_assert_uint_eq(statelog_stats(l).rewrites, 2);
	ck_assert_int_eq(again(), 0);
	ck_assert_str_eq(got, "1a ");
}
END_TEST

/* A disk that fills up is not noticed by the records that are to come. */
START_TEST(space_is_set_aside)
{
	struct stat st;

	set = 2;
	ck_assert_int_eq(statelog_begin(l), 0);		/* into 1 */
	ck_assert_int_eq(fstat(fd[1], &st), 0);
	ck_assert_int_lt(st.st_size, 1000);
	ck_assert_int_ge(st.st_blocks * 512, 262144);
	statelog_clear(l);
	ck_assert_int_eq(fstat(fd[1], &st), 0);
	ck_assert_int_eq(st.st_blocks, 0);
}
END_TEST

/* It does not grow beyond what it says, and a bit. */
START_TEST(bounded)
{
	char body[1000] = "";
	struct statelog_stats st;

	set = 3;
	ck_assert_int_eq(statelog_begin(l), 0);
	for (unsigned i = 0; i < 3000; i++) {
		statelog_put(l, 2, body, sizeof(body));
		ck_assert_int_lt(lseek(fd[0], 0, SEEK_END) +
		    lseek(fd[1], 0, SEEK_END), 270000);
	}
	st = statelog_stats(l);
	ck_assert_uint_gt(st.rewrites, 10);
	ck_assert_uint_eq(st.errors, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("statelog");
	TCase *t = tcase_create("all");

	log_init("check", LOG_TO_STDERR);
	signal(SIGXFSZ, SIG_IGN);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nothing);
	tcase_add_test(t, records);
	tcase_add_test(t, torn);
	tcase_add_test(t, garbage);
	tcase_add_test(t, damaged_record);
	tcase_add_test(t, no_set_is_whole);
	tcase_add_test(t, half_a_rewrite);
	tcase_add_test(t, no_rewrite);
	tcase_add_test(t, never_begun);
	tcase_add_test(t, made_up_for);
	tcase_add_test(t, space_is_set_aside);
	tcase_add_test(t, bounded);
	suite_add_tcase(s, t);
	return (test_run(s));
}
