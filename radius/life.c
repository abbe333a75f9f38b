/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of one port of a server: what life.h promises. */
#include "config.h"

#include "radius/life.h"

void
life_init(struct life *l, const struct life_params *p)
{
	*l = (struct life){ .params = *p, .due = MONO_NEVER };
}

const char *
life_state_str(enum life_state s)
{
	switch (s) {
	case LIFE_UNKNOWN:
		return "unknown";
	case LIFE_ALIVE:
		return "alive";
	case LIFE_ZOMBIE:
		return "zombie";
	case LIFE_DEAD:
		return "dead";
	}
	return "?";
}

static bool
enter(struct life *l, enum life_state s, mono_t now)
{
	bool changed = l->state != s;

	l->state = s;
	l->entered = now;
	l->row = 0;
	l->probing = false;
	l->due = MONO_NEVER;
	if (l->params.probes && s == LIFE_ZOMBIE)
		l->due = now;
	if (l->params.probes && s == LIFE_DEAD)
		l->due = mono_add_ms(now, l->params.probe_ms);
	if (l->params.probes && s == LIFE_ALIVE && l->params.idle_ms > 0)
		l->due = mono_add_ms(now, l->params.idle_ms);
	return changed;
}

static void
heard(struct life *l, mono_t now)
{
	l->replied = true;
	l->last_reply = now;
}

static bool
heard_since(const struct life *l, mono_t since)
{
	return l->replied && !mono_before(l->last_reply, since);
}

bool
life_reply(struct life *l, mono_t since, mono_t now)
{
	heard(l, now);
	if (l->state == LIFE_ALIVE ||
	    (l->state == LIFE_DEAD && mono_before(since, l->entered)))
		return false;
	return enter(l, LIFE_ALIVE, now);
}

bool
life_slow(struct life *l, mono_t since, mono_t now)
{
	if (l->state == LIFE_ZOMBIE || l->state == LIFE_DEAD ||
	    heard_since(l, since))
		return false;
	return enter(l, LIFE_ZOMBIE, now);
}

bool
life_silent(struct life *l, mono_t since, mono_t now)
{
	if (l->state == LIFE_DEAD || heard_since(l, since))
		return false;
	/* What understands Status-Server is judged by it: the silence may be
	 * somebody's behind it. */
	if (l->params.probes && (l->state != LIFE_ZOMBIE || l->row == 0))
		return life_slow(l, since, now);
	return enter(l, LIFE_DEAD, now);
}

static bool
held(const struct life *l, mono_t now)
{
	return mono_diff_ms(now, l->entered) < (int64_t)l->params.hold_ms;
}

bool
life_probe_reply(struct life *l, mono_t now)
{
	if (!l->probing)
		return false;
	heard(l, now);
	l->probing = false;
	l->row++;
	if (l->state == LIFE_DEAD && (l->row < l->params.answers ||
	    held(l, now))) {
		l->due = mono_add_ms(now, l->params.probe_ms);
		return false;
	}
	return enter(l, LIFE_ALIVE, now);
}

bool
life_broken(struct life *l, mono_t now)
{
	bool changed = enter(l, LIFE_DEAD, now);

	l->due = MONO_NEVER;	/* no connection, no probes */
	return changed;
}

bool
life_connected(struct life *l, mono_t now)
{
	return l->state != LIFE_ALIVE && enter(l, LIFE_ALIVE, now);
}

/* The probe that was out is lost. */
static bool
probe_lost(struct life *l, mono_t now)
{
	unsigned row = l->row + 1;
	bool changed;

	l->probing = false;
	switch (l->state) {
	case LIFE_DEAD:
		l->row = 0;	/* those answered do not count any more */
		return false;
	case LIFE_ZOMBIE:
		l->row = row;
		return row >= l->params.lost && enter(l, LIFE_DEAD, now);
	case LIFE_UNKNOWN:
	case LIFE_ALIVE:
		break;
	}
	changed = enter(l, LIFE_ZOMBIE, now);
	l->row = 1;
	return changed;
}

/* One that is alive is probed when nothing came from it for idle_ms. */
static bool
idle(struct life *l, mono_t now)
{
	mono_t last = l->replied && mono_before(l->entered, l->last_reply) ?
	    l->last_reply : l->entered;
	mono_t at = mono_add_ms(last, l->params.idle_ms);

	if (l->state != LIFE_ALIVE || l->params.idle_ms == 0 ||
	    !l->params.probes) {
		l->due = MONO_NEVER;
		return false;
	}
	if (mono_before(now, at)) {
		l->due = at;
		return false;
	}
	return true;
}

bool
life_due(struct life *l, mono_t now, bool *changed)
{
	unsigned wait = l->params.wait_ms;

	*changed = l->probing && probe_lost(l, now);
	if (mono_before(now, l->due))
		return false;
	if (l->state != LIFE_ZOMBIE && l->state != LIFE_DEAD && !idle(l, now))
		return false;
	if (l->state == LIFE_DEAD && l->params.probe_ms > wait)
		wait = l->params.probe_ms;
	l->probing = true;
	l->due = mono_add_ms(now, wait);
	return true;
}

void
life_unsent(struct life *l, mono_t now)
{
	l->probing = false;
	l->due = mono_add_ms(now, l->state == LIFE_ALIVE ?
	    l->params.idle_ms : l->params.probe_ms);
}

unsigned
life_rank(const struct life *l, mono_t now)
{
	bool worth = !l->params.probes && !held(l, now);

	switch (l->state) {
	case LIFE_UNKNOWN:
	case LIFE_ALIVE:
		return 0;
	case LIFE_ZOMBIE:
		return worth ? 0 : 1;
	case LIFE_DEAD:
		break;
	}
	return worth ? 0 : 2;
}

void
life_tried(struct life *l, mono_t now)
{
	if ((l->state == LIFE_ZOMBIE || l->state == LIFE_DEAD) &&
	    !l->params.probes && !held(l, now))
		l->entered = now;
}
