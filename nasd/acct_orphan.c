/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions of an earlier life of nasd, which have a Start and no Stop in the
 * spool; and what is shown of accounting [nasctl(8)]. See acct.h. */
#include "config.h"
#define LOG_MODULE "acct"
#include "nasd/acct_int.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

static bool
count_one(void *arg, const char *sid)
{
	(void)sid;
	++*(size_t *)arg;
	return true;
}

bool
acct_knows(const struct acct *a, const char *sid)
{
	return acct_spool_is_open(a->spool, sid);
}

size_t
acct_orphans(struct acct *a)
{
	size_t n = 0;

	acct_spool_orphans(a->spool, count_one, &n);
	return n;
}

struct list {
	char	(*sid)[ACCT_SID + 1];
	size_t	n, cap;
};

static bool
list_one(void *arg, const char *sid)
{
	struct list *l = arg;

	memcpy(l->sid[l->n], sid, ACCT_SID + 1);
	return ++l->n < l->cap;
}

void
acct_each_orphan(struct acct *a, void (*fn)(void *arg, const char *sid),
    void *arg)
{
	struct list l = { .cap = acct_orphans(a) };

	if (l.cap == 0)
		return;
	l.sid = calloc(l.cap, sizeof(*l.sid));
	if (l.sid == NULL) {
		log_errorx(NULL, "out of memory: %zu sessions of an earlier "
		    "life stay without a Stop until the next start", l.cap);
		return;
	}
	acct_spool_orphans(a->spool, list_one, &l);
	for (size_t i = 0; i < l.n; i++)
		fn(arg, l.sid[i]);
	free(l.sid);
}

bool
acct_adopt(struct acct *a, const char *sid)
{
	return acct_spool_adopt(a->spool, sid);
}

void
acct_close_orphan(struct acct *a, const char *sid, unsigned cause)
{
	uint8_t buf[ACCT_REC_MAX], body[ACCT_BODY_MAX];
	struct acct_rec r;
	int len;

	if (acct_spool_last(a->spool, sid, &r, buf) == 0) {
		log_errorx(sid, "its last accounting record can not be read: "
		    "no Stop");
		acct_spool_forget(a->spool, sid);
		return;
	}
	len = acct_stop_body(&r, cause, body, sizeof(body));
	if (len < 0) {
		log_errorx(sid, "its Stop is too long");
		acct_spool_forget(a->spool, sid);
		return;
	}
	log_info(sid, "a session of an earlier life: Stop, with the figures "
	    "of %lld s ago", (long long)acct_age_ms(a, &r) / 1000);
	r.kind = ACCT_STOP;
	r.body = body;
	r.len = (size_t)len;
	acct_write(a, &r);
}

static json_t *
oldest_age(const struct acct *a)
{
	const struct acct_item *it = TAILQ_FIRST(&a->window);

	if (it == NULL)
		it = TAILQ_FIRST(&a->overflow);
	return it == NULL ? json_null() :
	    json_integer(acct_age_ms(a, &it->rec) / 1000);
}

json_t *
acct_json(const struct acct *a)
{
	const struct acct_spool_stats *st = acct_spool_stats(a->spool);

	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I,"
	    " s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "state", a->full ? "full" : "ok",
	    "answered", !a->silent,
	    "records", (json_int_t)acct_owed(a),
	    "unwritten", (json_int_t)a->n_unwritten,
	    "bytes", (json_int_t)acct_spool_used(a->spool),
	    "size", (json_int_t)acct_spool_size(a->spool),
	    "in_flight", (json_int_t)a->n_flight,
	    "oldest_age", oldest_age(a),
	    "open_sessions", (json_int_t)acct_spool_open_count(a->spool),
	    "written", (json_int_t)a->records,
	    "found", (json_int_t)st->found,
	    "sent", (json_int_t)a->sent,
	    "acknowledged", (json_int_t)a->acks,
	    "unanswered", (json_int_t)a->unanswered,
	    "given_up", (json_int_t)a->given_up,
	    "lost", (json_int_t)a->lost,
	    "refused_logins", (json_int_t)a->refused,
	    "skipped", (json_int_t)st->skipped,
	    "write_errors", (json_int_t)st->errors);
}
