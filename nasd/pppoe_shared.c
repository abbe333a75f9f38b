/* SPDX-License-Identifier: BSD-2-Clause */
/* See pppoe_shared.h. The ring is in order of arrival; when load falls, an
 * offer waits for those before it, which is at most PPPOE_DELAY_MS_MAX. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "common/table.h"
#include "nasd/pppoe_shared.h"

static struct pppoe_delayed *
delayed_at(struct pppoe_shared *sh, unsigned i)
{
	return &sh->delayed[(sh->first + i) % PPPOE_DELAYED_MAX];
}

static void
on_due(struct timer *t)
{
	struct pppoe_shared	*sh = container_of(t, struct pppoe_shared, due);
	mono_t			 now = clock_mono(sh->clock);
	struct pppoe_delayed	*d = NULL;

	while (sh->n_delayed > 0) {
		d = delayed_at(sh, 0);
		if (mono_before(now, d->at))
			break;
		if (d->from != NULL)
			pppoe_send_offer(d->from, d->frame, d->len);
		sh->first = (sh->first + 1) % PPPOE_DELAYED_MAX;
		sh->n_delayed--;
	}
	if (sh->n_delayed > 0)
		timer_set(sh->timers, &sh->due, d->at);
}

int
pppoe_shared_delay(struct pppoe_shared *sh, struct pppoe *from, int ms,
    const uint8_t *frame, size_t len)
{
	struct pppoe_delayed	*d;

	if (sh->delayed == NULL || sh->n_delayed == PPPOE_DELAYED_MAX)
		return -ENOSPC;
	d = delayed_at(sh, sh->n_delayed);
	d->from = from;
	d->at = mono_add_ms(clock_mono(sh->clock), ms);
	d->len = (uint16_t)len;
	memcpy(d->frame, frame, len);
	if (sh->n_delayed == 0 &&
	    timer_set(sh->timers, &sh->due, d->at) != 0)
		return -ENOSPC;
	sh->n_delayed++;
	return 0;
}

void
pppoe_shared_forget(struct pppoe_shared *sh, const struct pppoe *from)
{
	unsigned	i;

	for (i = 0; i < sh->n_delayed; i++)
		if (delayed_at(sh, i)->from == from)
			delayed_at(sh, i)->from = NULL;
}

struct pppoe_shared *
pppoe_shared_new(struct timers *timers, const struct clock *clock,
    const struct pppoe_shared_params *params)
{
	struct pppoe_shared	*sh = calloc(1, sizeof(*sh));

	if (sh == NULL)
		return NULL;
	sh->timers = timers;
	sh->clock = clock;
	sh->params = *params;
	sh->padi_rate.rate = params->padi_rate;
	sh->due.fire = on_due;
	if (params->delays.n > 0)
		sh->delayed = calloc(PPPOE_DELAYED_MAX, sizeof(*sh->delayed));
	if ((params->delays.n > 0 && sh->delayed == NULL) ||
	    rate_sketch_init(&sh->padi_by_mac) != 0 ||
	    rate_sketch_init(&sh->padr_by_mac) != 0) {
		pppoe_shared_free(sh);
		return NULL;
	}
	return sh;
}

int
pppoe_shared_set_params(struct pppoe_shared *sh,
    const struct pppoe_shared_params *params)
{
	sh->params = *params;
	sh->padi_rate.rate = params->padi_rate;
	if (params->delays.n > 0 && sh->delayed == NULL)
		sh->delayed = calloc(PPPOE_DELAYED_MAX, sizeof(*sh->delayed));
	return params->delays.n == 0 || sh->delayed != NULL ? 0 : -ENOMEM;
}

void
pppoe_shared_close(struct pppoe_shared *sh, bool closed)
{
	sh->closed = closed;
}

void
pppoe_shared_free(struct pppoe_shared *sh)
{
	if (sh == NULL)
		return;
	timer_cancel(sh->timers, &sh->due);
	free(sh->delayed);
	OPENSSL_cleanse(sh, sizeof(*sh));
	free(sh);
}
