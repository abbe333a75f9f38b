/* SPDX-License-Identifier: BSD-2-Clause */
/* Binary heap of timers, earliest at heap[0]; see common/timers.h. */
#include "common/timers.h"

#include <errno.h>
#include <stdlib.h>

void
timers_init(struct timers *t)
{
	t->heap = NULL;
	t->n = t->cap = 0;
}

void
timers_free(struct timers *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->heap[i]->idx = 0;
	free(t->heap);
	timers_init(t);
}

static void
place(struct timers *t, size_t i, struct timer *tm)
{
	t->heap[i] = tm;
	tm->idx = i + 1;
}

/* Moves tm from the hole at i towards the root. */
static void
sift_up(struct timers *t, size_t i, struct timer *tm)
{
	while (i > 0) {
		size_t up = (i - 1) / 2;

		if (!mono_before(tm->at, t->heap[up]->at))
			break;
		place(t, i, t->heap[up]);
		i = up;
	}
	place(t, i, tm);
}

/* Moves tm from the hole at i towards the leaves. */
static void
sift_down(struct timers *t, size_t i, struct timer *tm)
{
	size_t kid;

	while ((kid = 2 * i + 1) < t->n) {
		if (kid + 1 < t->n &&
		    mono_before(t->heap[kid + 1]->at, t->heap[kid]->at))
			kid++;
		if (!mono_before(t->heap[kid]->at, tm->at))
			break;
		place(t, i, t->heap[kid]);
		i = kid;
	}
	place(t, i, tm);
}

static void
settle(struct timers *t, size_t i, struct timer *tm)
{
	if (i > 0 && mono_before(tm->at, t->heap[(i - 1) / 2]->at))
		sift_up(t, i, tm);
	else
		sift_down(t, i, tm);
}

static int
grow(struct timers *t)
{
	size_t cap = t->cap == 0 ? 16 : t->cap * 2;
	struct timer **heap;

	heap = reallocarray(t->heap, cap, sizeof(*heap));
	if (heap == NULL)
		return -ENOMEM;
	t->heap = heap;
	t->cap = cap;
	return 0;
}

int
timer_set(struct timers *t, struct timer *tm, mono_t at)
{
	tm->at = at;
	if (tm->idx != 0) {
		settle(t, tm->idx - 1, tm);
		return 0;
	}
	if (t->n == t->cap && grow(t) != 0)
		return -ENOMEM;
	t->n++;
	sift_up(t, t->n - 1, tm);
	return 0;
}

void
timer_cancel(struct timers *t, struct timer *tm)
{
	size_t i = tm->idx - 1;
	struct timer *last;

	if (tm->idx == 0)
		return;
	tm->idx = 0;
	last = t->heap[--t->n];
	if (last != tm)
		settle(t, i, last);
}

bool
timer_is_set(const struct timer *tm)
{
	return tm->idx != 0;
}

mono_t
timers_next(const struct timers *t)
{
	return t->n == 0 ? MONO_NEVER : t->heap[0]->at;
}

size_t
timers_run(struct timers *t, mono_t now)
{
	/* A timer that sets itself to a time already due must not keep us
	 * here: it gets its turn in the next call. */
	size_t most = t->n, ran;

	for (ran = 0; ran < most && t->n > 0; ran++) {
		struct timer *tm = t->heap[0];

		if (mono_before(now, tm->at))
			break;
		timer_cancel(t, tm);
		tm->fire(tm);
	}
	return ran;
}
