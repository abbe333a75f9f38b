/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links of a concentrator: by session id, by station, and those that
 * rest. See pppoe_links.h.
 */
#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/pppoe_links.h"

#define REST_MS		10000
#define REPEAT_MS	30000	/* after PADS, of a repeated PADR */

static bool
sid_eq(const struct table_node *n, const void *key)
{
	return container_of(n, struct pppoe_link, node)->sid ==
	    *(const uint16_t *)key;
}

struct pppoe_link *
pppoe_links_by_sid(struct pppoe *e, uint16_t sid)
{
	struct table_node	*n = table_find(&e->by_sid,
				    table_hash(&e->by_sid, &sid, sizeof(sid)),
				    sid_eq, &sid);

	return n == NULL ? NULL : container_of(n, struct pppoe_link, node);
}

static bool
station_eq(const struct table_node *n, const void *key)
{
	return memcmp(container_of(n, struct pppoe_station, node)->mac, key,
	    PPPOE_MAC_LEN) == 0;
}

struct pppoe_station *
pppoe_links_station(struct pppoe *e, const uint8_t *mac)
{
	struct table_node	*n = table_find(&e->stations,
				    table_hash(&e->stations, mac,
				    PPPOE_MAC_LEN), station_eq, mac);

	return n == NULL ? NULL : container_of(n, struct pppoe_station, node);
}

static struct pppoe_station *
get_station(struct pppoe *e, const uint8_t *mac)
{
	struct pppoe_station	*st = pppoe_links_station(e, mac);

	if (st != NULL)
		return st;
	st = calloc(1, sizeof(*st));
	if (st == NULL)
		return NULL;
	memcpy(st->mac, mac, PPPOE_MAC_LEN);
	table_insert(&e->stations, &st->node, table_hash(&e->stations, mac,
	    PPPOE_MAC_LEN));
	return st;
}

static void
station_add(struct pppoe_station *st, struct pppoe_link *l)
{
	l->station = st;
	l->next = st->links;
	st->links = l;
	st->n++;
}

static void
station_release(struct pppoe *e, struct pppoe_station *st)
{
	if (st->n + st->resting > 0)
		return;
	table_remove(&e->stations, &st->node);
	free(st);
}

static void
station_remove(struct pppoe_link *l)
{
	struct pppoe_station		*st = l->station;
	struct pppoe_link	**at = &st->links;

	while (*at != l)	/* no more than max-per-mac */
		at = &(*at)->next;
	*at = l->next;
	st->n--;
}

/* Ids that have rested long enough can be used again. */
static void
end_rests(struct pppoe *e, mono_t now)
{
	struct pppoe_link	*l;

	while ((l = e->rest_head) != NULL && !mono_before(now,
	    l->rest_until)) {
		e->rest_head = l->next;
		if (e->rest_head == NULL)
			e->rest_tail = &e->rest_head;
		pppoe_sids_give(&e->sids, l->sid);
		l->station->resting--;
		station_release(e, l->station);
		free(l);
	}
	if (l != NULL)
		timer_set(e->timers, &e->rest_over, l->rest_until);
}

static void
on_rest_over(struct timer *t)
{
	struct pppoe	*e = container_of(t, struct pppoe, rest_over);

	end_rests(e, clock_mono(e->clock));
}

/* ---- starting ---- */

static void
start_over(struct pppoe_link *l)
{
	struct pppoe	*e = l->pppoe;

	if (l->settling)
		TAILQ_REMOVE(&e->settlers, l, settle);
	l->settling = false;
	if (!l->starting)
		return;
	l->starting = false;
	e->starting--;
	e->shared->starting--;
}

static void
on_settle_over(struct timer *t)
{
	struct pppoe		*e = container_of(t, struct pppoe,
				    settle_over);
	mono_t			 now = clock_mono(e->clock);
	struct pppoe_link	*l;

	while ((l = TAILQ_FIRST(&e->settlers)) != NULL &&
	    !mono_before(now, l->settle_by))
		start_over(l);
	if (l != NULL)
		timer_set(e->timers, &e->settle_over, l->settle_by);
}

void
pppoe_links_settle(struct pppoe_link *l, mono_t now)
{
	struct pppoe	*e = l->pppoe;

	if (!l->starting || l->settling)
		return;
	l->settle_by = mono_add_ms(now, PPPOE_SETTLE_MS);
	l->settling = true;
	TAILQ_INSERT_TAIL(&e->settlers, l, settle);
	if (!timer_is_set(&e->settle_over) &&
	    timer_set(e->timers, &e->settle_over, l->settle_by) != 0)
		start_over(l);
}

void
pppoe_link_settled(struct pppoe_link *l)
{
	start_over(l);
}

/* ---- the end ---- */

void
pppoe_links_rest(struct pppoe_link *l)
{
	struct pppoe	*e = l->pppoe;

	table_remove(&e->by_sid, &l->node);
	station_remove(l);
	l->station->resting++;
	e->links--;
	start_over(l);
	l->owner = NULL;
	l->next = NULL;
	l->rest_until = mono_add_ms(clock_mono(e->clock), REST_MS);
	*e->rest_tail = l;
	e->rest_tail = &l->next;
	if (!timer_is_set(&e->rest_over))
		timer_set(e->timers, &e->rest_over, l->rest_until);
}

static bool
same_tag(bool has, const uint8_t *p, uint16_t len, const struct pppoe_tag *t)
{
	return has == (t->p != NULL) && (!has ||
	    (len == t->len && memcmp(p, t->p, len) == 0));
}

struct pppoe_link *
pppoe_links_repeated(struct pppoe *e, const struct pppoe_packet *k, mono_t now)
{
	const struct pppoe_station	*st = pppoe_links_station(e, k->src);
	struct pppoe_link	*l;

	for (l = st != NULL ? st->links : NULL; l != NULL; l = l->next)
		if (!l->peer_left &&
		    (!l->ready || mono_diff_ms(now, l->pads_at) < REPEAT_MS) &&
		    l->service_len == k->service.len &&
		    memcmp(l->service, k->service.p, l->service_len) == 0 &&
		    same_tag(l->has_uniq, l->kept, l->uniq_len,
		    &k->host_uniq))
			return l;
	return NULL;
}

struct pppoe_link *
pppoe_links_new(struct pppoe *e, const struct pppoe_packet *k, mono_t now)
{
	struct pppoe_link	*l;
	struct pppoe_station		*st;
	size_t			 kept = (size_t)k->host_uniq.len +
				    k->relay.len;

	l = calloc(1, sizeof(*l) + kept);
	st = l == NULL ? NULL : get_station(e, k->src);
	if (st == NULL) {
		free(l);
		return NULL;
	}
	l->sid = pppoe_sids_take(&e->sids);
	l->pppoe = e;
	l->padr_at = now;
	memcpy(l->mac, k->src, PPPOE_MAC_LEN);
	l->has_uniq = k->host_uniq.p != NULL;
	l->has_relay = k->relay.p != NULL;
	l->uniq_len = k->host_uniq.len;
	l->relay_len = k->relay.len;
	l->payload_echo = pppoe_payload_echo(e, k);
	if (l->uniq_len > 0)
		memcpy(l->kept, k->host_uniq.p, l->uniq_len);
	if (l->relay_len > 0)
		memcpy(l->kept + l->uniq_len, k->relay.p, l->relay_len);
	l->service_len = k->service.len;
	memcpy(l->service, k->service.p, l->service_len);
	station_add(st, l);
	if (l->sid == 0) {
		station_remove(l);
		station_release(e, st);
		free(l);
		return NULL;
	}
	table_insert(&e->by_sid, &l->node, table_hash(&e->by_sid, &l->sid,
	    sizeof(l->sid)));
	e->links++;
	l->starting = true;
	e->starting++;
	e->shared->starting++;
	return l;
}

struct pppoe_link *
pppoe_link_restore(struct pppoe *e, const struct pppoe_wish *w)
{
	struct pppoe_station	*st;
	struct pppoe_link	*l;

	if (w->sid == 0 || pppoe_sids_used(&e->sids, w->sid))
		return NULL;
	l = calloc(1, sizeof(*l));
	st = l == NULL ? NULL : get_station(e, w->mac);
	if (st == NULL) {
		free(l);
		return NULL;
	}
	pppoe_sids_use(&e->sids, w->sid);
	l->sid = w->sid;
	l->pppoe = e;
	l->ready = true;
	l->padr_at = MONO_NEVER;
	/* A PADR now asks for another one. */
	l->pads_at = mono_add_ms(clock_mono(e->clock), -REPEAT_MS);
	memcpy(l->mac, w->mac, PPPOE_MAC_LEN);
	l->service_len = (uint16_t)strlen(w->service);
	memcpy(l->service, w->service, l->service_len);
	station_add(st, l);
	table_insert(&e->by_sid, &l->node, table_hash(&e->by_sid, &l->sid,
	    sizeof(l->sid)));
	e->links++;
	return l;
}

void
pppoe_link_mac(const struct pppoe_link *l, uint8_t mac[PPPOE_MAC_LEN])
{
	memcpy(mac, l->mac, PPPOE_MAC_LEN);
}

void
pppoe_link_set_owner(struct pppoe_link *l, void *owner)
{
	l->owner = owner;
}

void *
pppoe_link_owner(const struct pppoe_link *l)
{
	return l->owner;
}

mono_t
pppoe_link_padr_at(const struct pppoe_link *l)
{
	return l->padr_at;
}

int
pppoe_links_init(struct pppoe *e)
{
	uint16_t	first;

	e->rest_tail = &e->rest_head;
	e->rest_over.fire = on_rest_over;
	TAILQ_INIT(&e->settlers);
	e->settle_over.fire = on_settle_over;
	if (table_init(&e->by_sid) != 0 || table_init(&e->stations) != 0)
		return -ENOMEM;
	if (RAND_bytes((unsigned char *)&first, sizeof(first)) != 1)
		return -EIO;
	pppoe_sids_init(&e->sids, first);
	return 0;
}

void
pppoe_links_fini(struct pppoe *e)
{
	struct pppoe_link	*l;

	timer_cancel(e->timers, &e->rest_over);
	timer_cancel(e->timers, &e->settle_over);
	while ((l = e->rest_head) != NULL) {
		e->rest_head = l->next;
		l->station->resting--;
		station_release(e, l->station);
		free(l);
	}
	table_free(&e->by_sid);
	table_free(&e->stations);
}
