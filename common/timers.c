/* SPDX-License-Identifier: BSD-2-Clause */
/* Heap of timers, four kids a node so that they share a cache line or two,
 * earliest at heap[0]; see common/timers.h. */
#include "common/timers.h"

#include <errno.h>
#include <stdlib.h>

#define KIDS		4
/* A million that are due must not keep us from all else: the rest is due the
 * next time. */
#define RUN_MOST	1000

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
		t->heap[i].timer->idx = 0;
	free(t->heap);
	timers_init(t);
}

static void
place(struct timers *t, size_t i, struct timer_slot s)
{
	t->heap[i] = s;
	s.timer->idx = i + 1;
}

static size_t
parent(size_t i)
{
	return (i - 1) / KIDS;
}

/* Moves s from the hole at i towards the root. */
static void
sift_up(struct timers *t, size_t i, struct timer_slot s)
{
	while (i > 0) {
		size_t up = parent(i);

		if (!mono_before(s.at, t->heap[up].at))
			break;
		place(t, i, t->heap[up]);
		i = up;
	}
	place(t, i, s);
}

/* Moves s from the hole at i towards the leaves. */
static void
sift_down(struct timers *t, size_t i, struct timer_slot s)
{
	size_t kid, k, end;

	while ((kid = KIDS * i + 1) < t->n) {
		end = t->n - kid < KIDS ? t->n : kid + KIDS;
		for (k = kid + 1; k < end; k++)
			if (mono_before(t->heap[k].at, t->heap[kid].at))
				kid = k;
		if (!mono_before(t->heap[kid].at, s.at))
			break;
		place(t, i, t->heap[kid]);
		i = kid;
	}
	place(t, i, s);
}

static void
settle(struct timers *t, size_t i, struct timer_slot s)
{
	if (i > 0 && mono_before(s.at, t->heap[parent(i)].at))
		sift_up(t, i, s);
	else
		sift_down(t, i, s);
}

static int
grow(struct timers *t)
{
	size_t cap = t->cap == 0 ? 16 : t->cap * 2;
	struct timer_slot *heap;

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
	struct timer_slot s = { at, tm };

	if (tm->idx != 0) {
		settle(t, tm->idx - 1, s);
		return 0;
	}
	if (t->n == t->cap && grow(t) != 0)
		return -ENOMEM;
	t->n++;
	sift_up(t, t->n - 1, s);
	return 0;
}

int
timer_set_late(struct timers *t, struct timer *tm, mono_t at)
{
	if (tm->idx != 0 && !mono_before(at, t->heap[tm->idx - 1].at))
		return 0;
	return timer_set(t, tm, at);
}

void
timer_cancel(struct timers *t, struct timer *tm)
{
	size_t i = tm->idx - 1;
	struct timer_slot last;

	if (tm->idx == 0)
		return;
	tm->idx = 0;
	last = t->heap[--t->n];
	if (last.timer != tm)
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
	return t->n == 0 ? MONO_NEVER : t->heap[0].at;
}

size_t
timers_run(struct timers *t, mono_t now)
{
	/* A timer that sets itself to a time already due must not keep us
	 * here: it gets its turn in the next call. */
	size_t most = t->n < RUN_MOST ? t->n : RUN_MOST, ran;

	for (ran = 0; ran < most && t->n > 0; ran++) {
		struct timer *tm = t->heap[0].timer;

		if (mono_before(now, t->heap[0].at))
			break;
		timer_cancel(t, tm);
		tm->fire(tm);
	}
	return ran;
}
