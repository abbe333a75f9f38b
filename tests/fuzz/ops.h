/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For fuzzers whose input is a little language: a byte is an operation, the
 * next ones are its operands; where the input ends, zeros follow, so that any
 * bytes are a program and every prefix of one, too. And what was allocated, by
 * the sanitizer's count.
 */
#ifndef TESTS_FUZZ_OPS_H
#define TESTS_FUZZ_OPS_H

#include <stdbool.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

struct ops {
	const uint8_t	*p, *end;
};

static inline bool
ops_more(const struct ops *o)
{
	return o->p < o->end;
}

static inline unsigned
ops_u8(struct ops *o)
{
	return o->p < o->end ? *o->p++ : 0;
}

/* 0 .. n - 1; 0 where the input has ended */
static inline unsigned
ops_pick(struct ops *o, unsigned n)
{
	return ops_u8(o) % n;
}

/* Up to n bytes of the input itself. */
static inline size_t
ops_bytes(struct ops *o, uint8_t *buf, size_t n)
{
	if (n > (size_t)(o->end - o->p))
		n = (size_t)(o->end - o->p);
	memcpy(buf, o->p, n);
	o->p += n;
	return n;
}

int	__sanitizer_install_malloc_and_free_hooks(
    void (*)(const volatile void *, size_t), void (*)(const volatile void *));

/* The one thing that can be no local. */
static struct {
	bool		hooked;
	unsigned long	taken, given_back;
} fuzz_heap;

static inline void
fuzz_heap_taken(const volatile void *p, size_t n)
{
	(void)p;
	(void)n;
	fuzz_heap.taken++;
}

static inline void
fuzz_heap_given_back(const volatile void *p)
{
	fuzz_heap.given_back += p != NULL;
}

static inline void
fuzz_heap_watch(void)
{
	if (!fuzz_heap.hooked)
		(void)__sanitizer_install_malloc_and_free_hooks(
		    fuzz_heap_taken, fuzz_heap_given_back);
	fuzz_heap.hooked = true;
}

static inline long
fuzz_heap_net(void)
{
	return (long)(fuzz_heap.taken - fuzz_heap.given_back);
}

#endif
