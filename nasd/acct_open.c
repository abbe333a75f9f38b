/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that have started and not stopped, by Acct-Session-Id, and where in
 * the spool the last record of each is: see acct_spool.h. */
#include "config.h"
#define LOG_MODULE "acct"
#include "nasd/acct_spool_int.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

static uint64_t
hash_sid(const struct acct_spool *sp, const char *sid)
{
	return table_hash(&sp->open, sid, strnlen(sid, ACCT_SID));
}

static bool
eq_sid(const struct table_node *n, const void *key)
{
	return strncmp(container_of(n, const struct open_session, node)->sid,
	    key, ACCT_SID) == 0;
}

struct open_session *
acct_open_find(const struct acct_spool *sp, const char *sid)
{
	struct table_node *n = table_find(&sp->open, hash_sid(sp, sid),
	    eq_sid, sid);

	return n != NULL ? container_of(n, struct open_session, node) : NULL;
}

static struct open_session *
open_new(struct acct_spool *sp, const char *sid)
{
	struct open_session *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		log_errorx(sid, "out of memory: should nasd be killed, this "
		    "session gets no Stop");
		return NULL;
	}
	memcpy(o->sid, sid, strnlen(sid, ACCT_SID));
	table_insert(&sp->open, &o->node, hash_sid(sp, sid));
	return o;
}

static void
keep(struct acct_spool *sp, const struct open_session *o)
{
	sp->seg[o->at.seg].kept++;
	sp->seg[o->at.seg].kept_bytes += o->at.len;
}

static void
unkeep(struct acct_spool *sp, const struct open_session *o)
{
	sp->seg[o->at.seg].kept--;
	sp->seg[o->at.seg].kept_bytes -= o->at.len;
}

/* What was its last record is that no more. On the disk it is marked when the
 * one behind it has one behind it, too, or was an acknowledged Stop: should
 * that be torn by a power cut, there is this one to go by. */
static void
pass(struct acct_spool *sp, struct open_session *o)
{
	acct_mark_passed(sp, o->before_gen, o->before.off);
	o->before = o->at;
	o->before_gen = sp->seg[o->at.seg].gen;
	if (!o->acked)
		return;
	unkeep(sp, o);
	acct_seg_unneeded(sp, o->at.seg);
}

static void
open_end(struct acct_spool *sp, struct open_session *o)
{
	table_remove(&sp->open, &o->node);
	free(o);
}

void
acct_open_before(const struct acct_spool *sp, struct acct_rec *r)
{
	const struct open_session *o = acct_open_find(sp, r->sid);

	r->prev_gen = o != NULL ? sp->seg[o->at.seg].gen : 0;
	r->prev_off = o != NULL ? o->at.off : 0;
}

void
acct_open_note(struct acct_spool *sp, const struct acct_rec *r,
    const struct acct_place *at, bool found)
{
	struct open_session *o;

	if (r->kind == ACCT_ON || r->kind == ACCT_OFF)
		return;
	o = acct_open_find(sp, r->sid);
	if (o != NULL)
		pass(sp, o);
	/* What has followed one that was passed comes yet, or is gone: then it
	 * was the Stop. */
	if (r->kind == ACCT_STOP || (r->state & ACCT_PASSED)) {
		if (o != NULL)
			open_end(sp, o);
		return;
	}
	if (o == NULL && (o = open_new(sp, r->sid)) == NULL)
		return;
	o->at = *at;
	o->orphan = found;
	o->acked = r->state & ACCT_ACKED;
	if (o->acked)
		keep(sp, o);
}

void
acct_open_acked(struct acct_spool *sp, struct open_session *o)
{
	o->acked = true;
	keep(sp, o);
}

void
acct_open_moved(struct acct_spool *sp, struct open_session *o,
    const struct acct_place *to)
{
	unkeep(sp, o);
	o->at = *to;
	keep(sp, o);
}

static bool
free_one(struct table_node *n, void *arg)
{
	open_end(arg, container_of(n, struct open_session, node));
	return true;
}

void
acct_open_free_all(struct acct_spool *sp)
{
	table_each(&sp->open, free_one, sp);
	table_free(&sp->open);
}

void
acct_spool_forget(struct acct_spool *sp, const char *sid)
{
	struct open_session *o = acct_open_find(sp, sid);

	if (o == NULL)
		return;
	pass(sp, o);
	acct_mark_passed(sp, o->before_gen, o->before.off);
	open_end(sp, o);
}

size_t
acct_spool_open_count(const struct acct_spool *sp)
{
	return table_count(&sp->open);
}

bool
acct_spool_is_open(const struct acct_spool *sp, const char *sid)
{
	return acct_open_find(sp, sid) != NULL;
}

struct each {
	bool	(*fn)(void *, const char *);
	void	*arg;
};

static bool
visit(struct table_node *n, void *arg)
{
	const struct open_session *o = container_of(n, struct open_session,
	    node);
	const struct each *e = arg;

	return !o->orphan || e->fn(e->arg, o->sid);
}

void
acct_spool_orphans(struct acct_spool *sp, bool (*fn)(void *arg,
    const char *sid), void *arg)
{
	struct each e = { fn, arg };

	table_each(&sp->open, visit, &e);
}

bool
acct_spool_adopt(struct acct_spool *sp, const char *sid)
{
	struct open_session *o = acct_open_find(sp, sid);

	if (o == NULL)
		return false;
	o->orphan = false;
	return true;
}

int
acct_spool_last(struct acct_spool *sp, const char *sid, struct acct_rec *r,
    uint8_t *buf)
{
	const struct open_session *o = acct_open_find(sp, sid);
	struct acct_place at;

	if (o == NULL)
		return 0;
	at = o->at;
	return acct_read_at(sp, &at, r, buf) > 0 && at.off == o->at.off;
}
