/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The accounting spool over files with anything in them: records whole, torn
 * and rotten, in any order, and what is none. It opens, gives the records there
 * are, takes new ones; and the next start has what was not acknowledged, in the
 * same order.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"
#include "nasd/acct_spool.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ops.h"

#define FILES	4
#define FILE_MAX	8000

static void
name_session(char sid[ACCT_SID + 1], unsigned n)
{
	memset(sid, 0, ACCT_SID + 1);
	sid[0] = (char)('a' + n % 4);
}

/* A file as the operations say. Its length. */
static size_t
make_file(struct ops *o, uint8_t *file, unsigned gen)
{
	static const uint8_t body[255];
	struct acct_rec r = { .body = body };
	size_t len = 0, at;
	int n;

	for (unsigned i = ops_pick(o, 24); i > 0; i--) {
		switch (ops_pick(o, 8)) {
		case 0:		/* cut */
			len -= len * ops_u8(o) / 2048;
			break;
		case 1:		/* rot */
			at = len * ops_u8(o) / 256;
			file[at] ^= (uint8_t)(1 + ops_pick(o, 255));
			break;
		case 2:		/* junk */
			len += ops_bytes(o, file + len, ops_pick(o, 100));
			break;
		default:
			r.kind = 1 + ops_pick(o, ACCT_OFF);
			r.state = (uint8_t)ops_pick(o, 4);
			r.gen = ops_pick(o, 16) == 0 ? gen + 1 : gen;
			r.len = ops_u8(o);
			r.wall_ms = ops_u8(o);
			name_session(r.sid, ops_u8(o));
			n = acct_rec_encode(&r, file + len, FILE_MAX - len);
			len += n > 0 ? (size_t)n : 0;
		}
		if (len > FILE_MAX - 200)
			break;
	}
	return len;
}

static struct acct_spool *
open_spool(const int *fd)
{
	struct acct_files f = { .boot = 1 };
	struct acct_spool *sp;

	for (unsigned i = 0; i < ACCT_FILES; i++)
		f.fd[i] = i < FILES ? dup(fd[i]) : -1;
	sp = acct_spool_new(&f, 0, false);
	fuzz_assert(sp != NULL);
	return sp;
}

/* Takes all there are, and acknowledges those that a byte says; how many are
 * left, and the sum of what they are. */
static size_t
drain(struct acct_spool *sp, unsigned which, uint64_t *sum)
{
	uint8_t buf[ACCT_REC_MAX];
	struct acct_place at;
	struct acct_rec r;
	size_t n = 0, seen = 0, owed = acct_spool_owed(sp);

	*sum = 0;
	while (acct_spool_next(sp, &r, buf, &at) > 0) {
		fuzz_assert(++seen <= owed);
		fuzz_assert(r.len <= ACCT_BODY_MAX && at.len > r.len);
		if (which & 1U << seen % 8) {
			acct_spool_ack(sp, &at, &r);
			continue;
		}
		n++;
		*sum = *sum * 31 + (uint64_t)r.wall_ms * 7 + r.len;
	}
	fuzz_assert(seen == owed && acct_spool_owed(sp) == n);
	return n;
}

static void
put(struct acct_spool *sp, unsigned what)
{
	static const uint8_t body[255];
	struct acct_rec r = { .kind = 1 + what % ACCT_OFF, .body = body,
	    .len = what, .wall_ms = what };
	struct acct_place at;

	name_session(r.sid, what);
	(void)acct_spool_put(sp, &r, &at);
}

static bool
take_orphan(void *arg, const char *sid)
{
	memcpy(arg, sid, ACCT_SID + 1);
	return true;
}

static void
live(struct ops *o, const int *fd)
{
	uint8_t buf[ACCT_REC_MAX], body[ACCT_BODY_MAX];
	struct acct_spool *sp = open_spool(fd);
	char sid[ACCT_SID + 1] = "";
	struct acct_rec r;
	uint64_t sum, again;
	size_t left;

	for (unsigned i = ops_pick(o, 20); i > 0; i--)
		put(sp, ops_u8(o));
	acct_spool_orphans(sp, take_orphan, sid);
	if (sid[0] != '\0')
		fuzz_assert(acct_spool_last(sp, sid, &r, buf) > 0);
	if (sid[0] != '\0' && acct_stop_body(&r, 11, body, sizeof(body)) < 0)
		fuzz_assert(r.len > ACCT_BODY_MAX - 60);
	left = drain(sp, ops_u8(o), &sum);
	acct_spool_free(sp);
	sp = open_spool(fd);
	fuzz_assert(acct_spool_owed(sp) == left);
	fuzz_assert(drain(sp, 0, &again) == left && again == sum);
	acct_spool_free(sp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	uint8_t file[FILE_MAX] = { 0 };
	int fd[FILES];
	size_t n;

	log_set_level(NULL, "error");
	for (unsigned i = 0; i < FILES; i++) {
		fd[i] = memfd_create("fuzz", MFD_CLOEXEC);
		fuzz_assert(fd[i] >= 0);
		n = i < 2 ? make_file(&o, file, 1 + i) : 0;
		fuzz_assert(pwrite(fd[i], file, n, 0) == (ssize_t)n);
	}
	live(&o, fd);
	for (unsigned i = 0; i < FILES; i++)
		close(fd[i]);
	return 0;
}
