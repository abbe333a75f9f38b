/* SPDX-License-Identifier: BSD-2-Clause */
/* A list whose members leave it without knowing it, and that is appended to
 * another at once; sys/queue.h's need the head for one or go through all for
 * the other. */
#ifndef HAD_RING_H
#define HAD_RING_H

/* A list, or a member. */
struct ring {
	struct ring	*next, *prev;
};

static inline void
ring_init(struct ring *r)
{
	r->next = r->prev = r;
}

static inline void
ring_leave(struct ring *r)
{
	r->next->prev = r->prev;
	r->prev->next = r->next;
	ring_init(r);
}

/* To its end; from there if it was in another. */
static inline void
ring_put(struct ring *to, struct ring *r)
{
	ring_leave(r);
	r->prev = to->prev;
	r->next = to;
	to->prev->next = r;
	to->prev = r;
}

static inline void
ring_put_all(struct ring *to, struct ring *from)
{
	struct ring *first = from->next, *last = from->prev;

	if (first == from)
		return;
	ring_init(from);
	first->prev = to->prev;
	to->prev->next = first;
	last->next = to;
	to->prev = last;
}

#endif
