/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What user_lookup.h promises. An entry is a subscriber that was asked for: it
 * holds the last answer, and while a question is out the requests that wait.
 * Entries without a question lie in two rows, of all and of the peer that had
 * it asked, the least lately used in front: there room is made.
 */
#include "had/user_lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/mip4_ext.h"
#include "common/table.h"
#include "had/reg.h"

struct waiting {
	TAILQ_ENTRY(waiting)	 next;
	struct peer		*peer;
	struct user_share	*share;
	uint64_t		 id;
	bool			 fresh;
	struct reg_packet	 pkt;	/* data points behind */
	uint8_t			 data[];
};

struct user_entry {
	struct user		 user;	/* sas: sa, where there is a key */
	struct user_lookup	*owner;
	struct user_share	*share;
	TAILQ_ENTRY(user_entry)	 used, of_peer;
	TAILQ_HEAD(, waiting)	 queue;
	uint32_t		 n_waiting;
	void			*question;	/* NULL: none is out */
	struct user_answer	 is;
	mono_t			 answered;	/* or asked in vain */
	mono_t			 until;
	char			 nai[];
};

/* What one peer has of all this. */
struct user_share {
	struct table_node	 by_peer;
	struct peer		*peer;
	TAILQ_HEAD(, user_entry) entries;
	uint32_t		 n_entries, n_waiting;
};

struct user_lookup {
	struct user_lookup_params	 params;
	const struct clock		*clock;
	const struct user_lookup_ops	*ops;
	void				*arg;
	struct table			 users, shares;
	TAILQ_HEAD(, user_entry)	 entries;
	size_t				 n_waiting;
	struct user_lookup_stats	 stats;
};

const char *
user_state_str(enum user_state s)
{
	static const char *const text[] = {
#define X(name, str) [USER_##name] = str,
		USER_STATES(X)
#undef X
	};

	return text[s];
}

struct user_lookup *
user_lookup_new(const struct user_lookup_params *params,
    const struct clock *clock, const struct user_lookup_ops *ops, void *arg)
{
	struct user_lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->params = *params;
	l->clock = clock;
	l->ops = ops;
	l->arg = arg;
	TAILQ_INIT(&l->entries);
	if (table_init(&l->users) || table_init(&l->shares)) {
		table_free(&l->users);
		table_free(&l->shares);
		free(l);
		return NULL;
	}
	return l;
}

/*
 * Tables.
 */

struct nai_key {
	const uint8_t	*nai;
	size_t		 len;
};

static bool
nai_eq(const struct table_node *n, const void *key)
{
	const struct user_entry *e =
	    container_of(n, struct user_entry, user.by_nai);
	const struct nai_key *k = key;

	return e->user.nai_len == k->len &&
	    memcmp(e->nai, k->nai, k->len) == 0;
}

static struct user_entry *
find(struct user_lookup *l, const uint8_t *nai, size_t len)
{
	uint8_t norm[MIP4_NAI_MAX];
	struct nai_key k = { norm, len };
	struct table_node *n;

	if (len > sizeof(norm) || table_count(&l->users) == 0)
		return NULL;
	memcpy(norm, nai, len);
	nai_normalize(norm, len);
	n = table_find(&l->users, table_hash(&l->users, norm, len), nai_eq,
	    &k);
	return n ? container_of(n, struct user_entry, user.by_nai) : NULL;
}

static bool
share_eq(const struct table_node *n, const void *key)
{
	return container_of(n, struct user_share, by_peer)->peer == key;
}

/* Peers are configured, so shares are as few as they. */
static struct user_share *
share_of(struct user_lookup *l, struct peer *p)
{
	uint64_t hash = table_hash(&l->shares, &p, sizeof(p));
	struct table_node *n = table_find(&l->shares, hash, share_eq, p);
	struct user_share *s;

	if (n)
		return container_of(n, struct user_share, by_peer);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->peer = p;
	TAILQ_INIT(&s->entries);
	table_insert(&l->shares, &s->by_peer, hash);
	return s;
}

/*
 * Entries.
 */

/* Into the rows, as the most lately used, and out of them. */
static void
rest(struct user_entry *e)
{
	TAILQ_INSERT_TAIL(&e->owner->entries, e, used);
	TAILQ_INSERT_TAIL(&e->share->entries, e, of_peer);
}

static void
unrest(struct user_entry *e)
{
	TAILQ_REMOVE(&e->owner->entries, e, used);
	TAILQ_REMOVE(&e->share->entries, e, of_peer);
}

static void
drop_waiting(struct user_entry *e, struct waiting *w)
{
	TAILQ_REMOVE(&e->queue, w, next);
	e->n_waiting--;
	w->share->n_waiting--;
	e->owner->n_waiting--;
	free(w);
}

/* One that is in no row. */
static void
entry_free(struct user_entry *e)
{
	struct waiting *w;

	if (e->question)
		e->owner->ops->cancel(e->owner->arg, e->question);
	while ((w = TAILQ_FIRST(&e->queue)) != NULL)
		drop_waiting(e, w);
	table_remove(&e->owner->users, &e->user.by_nai);
	e->share->n_entries--;
	mip4_sa_wipe(&e->is.sa);
	free(e);
}

static bool
free_user(struct table_node *n, void *arg)
{
	struct user_entry *e =
	    container_of(n, struct user_entry, user.by_nai);

	(void)arg;
	if (!e->question)
		unrest(e);
	entry_free(e);
	return true;
}

static bool
free_share(struct table_node *n, void *arg)
{
	struct user_lookup *l = arg;

	table_remove(&l->shares, n);
	free(container_of(n, struct user_share, by_peer));
	return true;
}

void
user_lookup_free(struct user_lookup *l)
{
	if (!l)
		return;
	table_each(&l->users, free_user, l);
	table_each(&l->shares, free_share, l);
	table_free(&l->users);
	table_free(&l->shares);
	free(l);
}

/* Makes room for one more of this share. Who has half of it all or more gives
 * its own: one peer alone does not push out the others'. */
static bool
make_room(struct user_lookup *l, struct user_share *s)
{
	struct user_entry *e = NULL;

	if (s->n_entries >= 2 * (uint64_t)s->peer->max_bindings + 1024)
		e = TAILQ_FIRST(&s->entries);
	else if (table_count(&l->users) >= l->params.max_users)
		e = 2 * (uint64_t)s->n_entries >= l->params.max_users ?
		    TAILQ_FIRST(&s->entries) : TAILQ_FIRST(&l->entries);
	else
		return true;
	if (!e)
		return false;
	l->stats.evicted++;
	unrest(e);
	entry_free(e);
	return true;
}

/* A new one, in no row. */
static struct user_entry *
entry_new(struct user_lookup *l, struct user_share *s, const uint8_t *nai,
    size_t len)
{
	struct user_entry *e;

	if (len > MIP4_NAI_MAX || !make_room(l, s))
		return NULL;
	e = calloc(1, sizeof(*e) + len + 1);
	if (!e)
		return NULL;
	memcpy(e->nai, nai, len);
	nai_normalize((uint8_t *)e->nai, len);
	e->user.nai = e->nai;
	e->user.nai_len = len;
	e->user.sas = &e->is.sa;
	e->owner = l;
	e->share = s;
	s->n_entries++;
	TAILQ_INIT(&e->queue);
	table_insert(&l->users, &e->user.by_nai, table_hash(&l->users, e->nai,
	    len));
	return e;
}

/*
 * What is known.
 */

static bool
is_valid(const struct user_entry *e)
{
	return e->is.state != USER_UNKNOWN &&
	    mono_before(clock_mono(e->owner->clock), e->until);
}

enum user_state
user_lookup_find(struct user_lookup *l, const uint8_t *nai, size_t len,
    struct user **u, const char **why)
{
	struct user_entry *e = find(l, nai, len);

	if (!e || !is_valid(e))
		return USER_UNKNOWN;
	if (!e->question) {
		unrest(e);
		rest(e);
	}
	if (e->is.state == USER_KNOWN)
		*u = &e->user;
	else if (e->is.state == USER_BROKEN)
		*why = e->is.why;
	return e->is.state;
}

bool
user_lookup_may_doubt(struct user_lookup *l, const uint8_t *nai, size_t len)
{
	struct user_entry *e = find(l, nai, len);

	return e && (e->question || mono_diff_ms(clock_mono(l->clock),
	    e->answered) >= (int64_t)l->params.rejected_s * 1000);
}

bool
user_lookup_is_waiting(struct user_lookup *l, const uint8_t *nai, size_t len)
{
	struct user_entry *e = find(l, nai, len);

	return e && e->question;
}

/*
 * Waiting.
 */

/* Does a request take the place of w? Not a copy, though its time may have come
 * since: who sent that could choose the port that the reply goes to. */
static bool
replaces(uint64_t id, bool fresh, const struct waiting *w)
{
	if (id == w->id)
		return false;
	if (fresh != w->fresh)
		return fresh;
	return ntp_cmp(id, w->id) > 0;
}

static struct waiting *
waiting_of(struct user_entry *e, const struct peer *p)
{
	struct waiting *w;

	TAILQ_FOREACH(w, &e->queue, next)
		if (w->peer == p)
			return w;
	return NULL;
}

static int
enqueue(struct user_entry *e, struct user_share *s, struct peer *p,
    const struct reg_packet *pkt, uint64_t id, bool fresh)
{
	struct waiting *w = malloc(sizeof(*w) + pkt->len);

	if (!w)
		return -ENOMEM;
	*w = (struct waiting){ .peer = p, .share = s, .id = id,
		.fresh = fresh, .pkt = *pkt };
	memcpy(w->data, pkt->data, pkt->len);
	w->pkt.data = w->data;
	TAILQ_INSERT_TAIL(&e->queue, w, next);
	e->n_waiting++;
	s->n_waiting++;
	e->owner->n_waiting++;
	return 0;
}

/* The entry to wait in, its question out. *err says why there is none. */
static struct user_entry *
questioned(struct user_lookup *l, struct user_share *s, const uint8_t *nai,
    size_t len)
{
	struct user_entry *e = find(l, nai, len);

	if (e && e->question)
		return e;
	if (e)
		unrest(e);
	else
		e = entry_new(l, s, nai, len);
	if (!e)
		return NULL;
	e->question = l->ops->ask(l->arg, e, e->nai, len);
	if (e->question) {
		l->stats.asked++;
		return e;
	}
	/* An old answer may still be of use. */
	if (e->is.state == USER_UNKNOWN)
		entry_free(e);
	else
		rest(e);
	return NULL;
}

int
user_lookup_wait(struct user_lookup *l, struct peer *p, const uint8_t *nai,
    size_t len, const struct reg_packet *pkt, uint64_t id, bool fresh)
{
	struct user_share *s = share_of(l, p);
	struct user_entry *e;
	struct waiting *w;

	if (!s)
		return -ENOMEM;
	e = find(l, nai, len);
	w = e ? waiting_of(e, p) : NULL;
	if (w) {
		l->stats.replaced++;
		if (!replaces(id, fresh, w))
			return 0;
		drop_waiting(e, w);
		return enqueue(e, s, p, pkt, id, fresh);
	}
	if (l->n_waiting >= l->params.max_waiting ||
	    s->n_waiting >= l->params.max_waiting_peer ||
	    (e = questioned(l, s, nai, len)) == NULL) {
		l->stats.busy++;
		return -EBUSY;
	}
	return enqueue(e, s, p, pkt, id, fresh);
}

/*
 * Answers.
 */

static void
count(struct user_lookup_stats *st, enum user_state s)
{
	switch (s) {
	case USER_KNOWN:
		st->known++;
		break;
	case USER_REJECTED:
		st->rejected++;
		break;
	case USER_BROKEN:
		st->broken++;
		break;
	case USER_SILENT:
		st->silent++;
		break;
	case USER_UNKNOWN:
		break;
	}
}

static void
take(struct user_entry *e, const struct user_answer *a)
{
	mip4_sa_wipe(&e->is.sa);
	e->is = *a;
	memset(&e->is.sa, 0, sizeof(e->is.sa));
	if (a->sa.key_len > 0)
		mip4_sa_copy(&e->is.sa, &a->sa);
	e->user.n_sas = a->state == USER_KNOWN && a->sa.key_len > 0;
	e->user.home = a->home;
}

void
user_lookup_answer(struct user_entry *e, const struct user_answer *a)
{
	struct user_lookup *l = e->owner;
	const struct user_lookup_params *p = &l->params;
	TAILQ_HEAD(, waiting) queue = TAILQ_HEAD_INITIALIZER(queue);
	uint32_t good_s = a->state == USER_KNOWN ? p->known_s :
	    p->rejected_s;
	struct waiting *w;

	count(&l->stats, a->state);
	if (a->state == USER_SILENT && (e->is.state == USER_KNOWN ||
	    e->is.state == USER_REJECTED))
		l->stats.stale++;
	else
		take(e, a);
	e->answered = clock_mono(l->clock);
	e->until = mono_add_ms(e->answered, (int64_t)good_s * 1000);
	e->question = NULL;
	/* Judging them may do anything with the entry. */
	TAILQ_CONCAT(&queue, &e->queue, next);
	e->n_waiting = 0;
	rest(e);
	while ((w = TAILQ_FIRST(&queue)) != NULL) {
		TAILQ_REMOVE(&queue, w, next);
		w->share->n_waiting--;
		l->n_waiting--;
		l->ops->judge(l->arg, &w->pkt);
		free(w);
	}
}

/*
 * For people.
 */

static size_t
flush_one(struct user_entry *e)
{
	if (e->is.state == USER_UNKNOWN)
		return 0;
	if (e->question) {
		/* The requests go on waiting, for what comes. */
		mip4_sa_wipe(&e->is.sa);
		e->is.state = USER_UNKNOWN;
		e->user.n_sas = 0;
		return 1;
	}
	unrest(e);
	entry_free(e);
	return 1;
}

static bool
flush_each(struct table_node *n, void *arg)
{
	*(size_t *)arg += flush_one(container_of(n, struct user_entry,
	    user.by_nai));
	return true;
}

size_t
user_lookup_flush(struct user_lookup *l, const char *nai)
{
	struct user_entry *e;
	size_t n = 0;

	if (!nai) {
		table_each(&l->users, flush_each, &n);
		return n;
	}
	e = find(l, (const uint8_t *)nai, strlen(nai));
	return e ? flush_one(e) : 0;
}

struct each {
	bool	(*fn)(void *, const struct user_view *);
	void	*arg;
};

static bool
view(struct table_node *n, void *arg)
{
	const struct each *each = arg;
	const struct user_entry *e =
	    container_of(n, struct user_entry, user.by_nai);
	int64_t left = mono_diff_ms(e->until, clock_mono(e->owner->clock));
	const struct user_view v = {
		.nai = e->nai, .nai_len = e->user.nai_len,
		.state = e->is.state, .asking = e->question != NULL,
		.waiting = e->n_waiting,
		.left_s = e->is.state != USER_UNKNOWN && left > 0 ?
		    (left + 999) / 1000 : 0,
		.sa = e->user.n_sas > 0 ? &e->is.sa : NULL,
		.home = &e->is.home,
		.peer = e->share->peer->name,
		.why = e->is.why[0] != '\0' ? e->is.why : NULL,
	};

	return each->fn(each->arg, &v);
}

void
user_lookup_each(struct user_lookup *l,
    bool (*fn)(void *, const struct user_view *), void *arg)
{
	struct each each = { fn, arg };

	table_each(&l->users, view, &each);
}

const struct user_lookup_stats *
user_lookup_stats(const struct user_lookup *l)
{
	return &l->stats;
}

size_t
user_lookup_kept(const struct user_lookup *l)
{
	return table_count(&l->users);
}

size_t
user_lookup_waiting(const struct user_lookup *l)
{
	return l->n_waiting;
}
