/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's view of the data plane: asks priv for it (priv_ops.h) and keeps
 * what is shown of it. priv works in order: a session that is freed while its
 * answer is still due is deleted there at once, before whatever its successor
 * asks, and here when the answer comes; no callback reaches a freed owner.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/priv.h"
#include "common/table.h"
#include "nasd/priv_ops.h"
#include "nasd/tunnel.h"

#define LOG_MODULE "tunnel"
#include "common/log.h"

_Static_assert(TUNNEL_RATES_MAX == NASD_PRIV_RATES_MAX, "rates at once");

#define MTU_UNKNOWN	1480	/* D33 */
#define MTU_UNKNOWN_GRE	1472

struct tunnel_session {
	struct table_node	 node;		/* by id */
	struct tunnels		*tunnels;
	uint32_t		 id;
	struct in_addr		 ha;
	bool			 gre;
	unsigned		 mtu;
	unsigned		 link_mtu;	/* 0: not known */
	const char		*subject;
	tunnel_done		*done;
	void			*arg;
	bool			 pending;	/* answer due */
	bool			 orphan;	/* its owner has gone */
	bool			 installed;
	bool			 counted;
	struct tunnel_counters	 count;		/* by tunnels_count_all */
	struct tunnel_counters	 before;
};

/* A reading under way. */
struct count_request {
	LIST_ENTRY(count_request) link;
	tunnel_counted	*done;
	void		*arg;
	uint32_t	 owner;
};

/* Limits asked for. */
struct rate_request {
	LIST_ENTRY(rate_request) link;
	tunnel_rated	*done;
	void		*arg;
	uint64_t	 owner;
};

struct tunnels {
	struct priv_client	*priv;
	struct in_addr		 coa;
	uint32_t		 next_id;
	struct table		 sessions;
	uint64_t		 added, failed, removed;
	LIST_HEAD(, count_request) counts;
	LIST_HEAD(, rate_request) rates;
	uint64_t		 gre_dropped;	/* by tunnels_count_all */
	/* tunnels_count_all under way */
	unsigned		 pages;		/* answers due */
	void			(*all_counted)(void *arg);
	void			*all_arg;
};

struct tunnels *
tunnels_new(struct priv_client *priv, struct in_addr coa)
{
	struct tunnels *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->priv = priv;
	t->coa = coa;
	LIST_INIT(&t->counts);
	LIST_INIT(&t->rates);
	if (table_init(&t->sessions) != 0) {
		free(t);
		errno = ENOMEM;
		return NULL;
	}
	return t;
}

static bool
free_one(struct table_node *n, void *arg)
{
	struct tunnels *t = arg;

	table_remove(&t->sessions, n);
	free(container_of(n, struct tunnel_session, node));
	return true;
}

void
tunnels_free(struct tunnels *t)
{
	struct count_request *r;
	struct rate_request *q;

	if (t == NULL)
		return;
	while ((r = LIST_FIRST(&t->counts)) != NULL) {
		LIST_REMOVE(r, link);
		free(r);
	}
	while ((q = LIST_FIRST(&t->rates)) != NULL) {
		LIST_REMOVE(q, link);
		free(q);
	}
	table_each(&t->sessions, free_one, t);
	table_free(&t->sessions);
	free(t);
}

static bool
id_eq(const struct table_node *n, const void *key)
{
	const uint32_t *id = key;

	return container_of(n, const struct tunnel_session, node)->id == *id;
}

static struct tunnel_session *
find_session(struct tunnels *t, uint32_t id)
{
	struct table_node *n = table_find(&t->sessions,
	    table_hash(&t->sessions, &id, sizeof(id)), id_eq, &id);

	return n != NULL ? container_of(n, struct tunnel_session, node) : NULL;
}

static void
request_delete(struct tunnel_session *s)
{
	struct nasd_priv_session_del q = { .id = s->id };

	s->tunnels->removed++;
	if (priv_request(s->tunnels->priv, NASD_PRIV_SESSION_DEL, &q,
	    sizeof(q), NULL, NULL) != 0)
		log_warnx(s->subject, "cannot have the data plane removed");
}

static void
session_destroy(struct tunnel_session *s)
{
	table_remove(&s->tunnels->sessions, &s->node);
	free(s);
}

bool
tunnel_is_pending(const struct tunnel_session *s)
{
	return s != NULL && s->pending;
}

static void
session_added(void *arg, int status, const void *body, size_t len, int fd)
{
	struct tunnel_session *s = arg;
	struct nasd_priv_session_added reply;

	(void)fd;
	s->pending = false;
	if (status == 0 && len == sizeof(reply)) {
		memcpy(&reply, body, sizeof(reply));
		s->mtu = reply.mtu;
		s->link_mtu = reply.link_mtu;
		s->before = (struct tunnel_counters){ reply.rx_bytes,
		    reply.tx_bytes, reply.rx_packets, reply.tx_packets,
		    reply.rx_dropped, 0, 0, reply.rx_carried };
		s->installed = true;
		s->tunnels->added++;
	} else {
		s->tunnels->failed++;
	}
	if (s->orphan) {
		session_destroy(s);
		return;
	}
	if (status != 0) {
		errno = -status;
		log_warn(s->subject, "data plane refused");
	}
	s->done(s->arg, status);
}

void
tunnels_prepare(struct tunnels *t, const char *ifname, const char *subject)
{
	struct nasd_priv_session_prepare q = { .ifname = "" };

	if (strlen(ifname) >= sizeof(q.ifname))
		return;
	strcpy(q.ifname, ifname);
	if (priv_request(t->priv, NASD_PRIV_SESSION_PREPARE, &q, sizeof(q),
	    NULL, NULL) != 0)
		log_debug(subject, "data plane not prepared");
}

struct tunnel_session *
tunnel_session_new(struct tunnels *t, const char *ifname, const char *subject,
    struct in_addr ha, const struct in6_addr *hoa, unsigned plen,
    struct in_addr ip4, struct gre_keys gre, tunnel_done *done, void *arg)
{
	struct nasd_priv_session_add q = { .ha = ha, .hoa = *hoa,
	    .plen = plen, .ip4 = ip4, .gre = gre };
	struct tunnel_session *s;
	int err;

	if (strlen(ifname) >= sizeof(q.ifname)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(q.ifname, ifname);
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	do {
		q.id = ++t->next_id;
	} while (find_session(t, q.id) != NULL);
	s->tunnels = t;
	s->id = q.id;
	s->ha = ha;
	s->gre = gre.own != 0;
	s->mtu = gre.own != 0 ? MTU_UNKNOWN_GRE : MTU_UNKNOWN;
	s->subject = subject;
	s->done = done;
	s->arg = arg;
	err = priv_request(t->priv, NASD_PRIV_SESSION_ADD, &q, sizeof(q),
	    session_added, s);
	if (err != 0) {
		free(s);
		errno = -err;
		return NULL;
	}
	s->pending = true;
	table_insert(&t->sessions, &s->node,
	    table_hash(&t->sessions, &s->id, sizeof(s->id)));
	return s;
}

void
tunnel_session_free(struct tunnel_session *s)
{
	if (s == NULL)
		return;
	/* one that failed is not there, and the answer to that is ignored */
	if (s->pending || s->installed)
		request_delete(s);
	if (s->pending) {
		s->orphan = true;
		s->subject = NULL;	/* the owner's */
	} else {
		session_destroy(s);
	}
}

unsigned
tunnel_link_mtu(const struct tunnel_session *s)
{
	return s->link_mtu;
}

const struct tunnel_counters *
tunnel_before(const struct tunnel_session *s)
{
	return &s->before;
}

unsigned
tunnel_mtu(const struct tunnel_session *s)
{
	return s->mtu;
}

/* Home agents are few, sessions many: counted on demand. One may have both
 * kinds while its configuration is changed. */
static bool
json_one(struct table_node *n, void *arg)
{
	const struct tunnel_session *s = container_of(n,
	    const struct tunnel_session, node);
	const char *kind = s->gre ? "gre" : "sit";
	char name[INET_ADDRSTRLEN], key[INET_ADDRSTRLEN + 4];
	json_t *ha;

	if (!s->installed || s->orphan)
		return true;
	inet_ntop(AF_INET, &s->ha, name, sizeof(name));
	snprintf(key, sizeof(key), "%s %s", name, kind);
	if ((ha = json_object_get(arg, key)) == NULL) {
		ha = json_pack("{s:s, s:s, s:i, s:i}", "home_agent", name,
		    "encapsulation", kind, "mtu", (int)s->mtu, "sessions", 0);
		json_object_set_new(arg, key, ha);
	}
	json_object_set_new(ha, "sessions", json_integer(
	    json_integer_value(json_object_get(ha, "sessions")) + 1));
	return true;
}

json_t *
tunnels_json(const struct tunnels *t)
{
	json_t *by_ha = json_object(), *list = json_array(), *ha;
	const char *key;

	/* table_each does not change what json_one leaves alone */
	table_each((struct table *)(uintptr_t)&t->sessions, json_one, by_ha);
	json_object_foreach(by_ha, key, ha)
		json_array_append(list, ha);
	json_decref(by_ha);
	return json_pack("{s:o, s:I, s:I, s:I, s:I}", "tunnels", list,
	    "gre_dropped", (json_int_t)t->gre_dropped,
	    "added", (json_int_t)t->added, "failed", (json_int_t)t->failed,
	    "removed", (json_int_t)t->removed);
}

/* ---- counters ---- */

static struct tunnel_counters
counters_of(const struct nasd_priv_counted *c)
{
	return (struct tunnel_counters){ c->rx_bytes, c->tx_bytes,
	    c->rx_packets, c->tx_packets, c->rx_dropped, c->down_dropped,
	    c->up_dropped, c->rx_carried };
}

static void
counted(void *arg, int status, const void *body, size_t len, int fd)
{
	struct count_request *r = arg;
	struct nasd_priv_counted c;
	struct tunnel_counters out = { 0 };

	(void)fd;
	if (status == 0 && len == sizeof(c)) {
		memcpy(&c, body, sizeof(c));
		out = counters_of(&c);
	} else if (status == 0) {
		status = -EPROTO;
	}
	LIST_REMOVE(r, link);
	r->done(r->arg, r->owner, status, &out);
	free(r);
}

int
tunnel_count(struct tunnel_session *s, tunnel_counted *done, void *arg,
    uint32_t owner)
{
	struct nasd_priv_count q = { .id = s->id };
	struct count_request *r;
	int err;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return -ENOMEM;
	r->done = done;
	r->arg = arg;
	r->owner = owner;
	err = priv_request(s->tunnels->priv, NASD_PRIV_COUNT, &q, sizeof(q),
	    counted, r);
	if (err != 0)
		free(r);
	else
		LIST_INSERT_HEAD(&s->tunnels->counts, r, link);
	return err;
}

static void
page_counted(void *arg, int status, const void *body, size_t len, int fd)
{
	struct nasd_priv_counted c;
	struct tunnel_session *s;
	struct tunnels *t = arg;

	(void)fd;
	for (size_t at = 0; status == 0 && at + sizeof(c) <= len;
	    at += sizeof(c)) {
		memcpy(&c, (const uint8_t *)body + at, sizeof(c));
		if ((s = find_session(t, c.id)) == NULL)
			continue;	/* freed meanwhile */
		s->count = counters_of(&c);
		s->counted = true;
	}
	if (--t->pages == 0)
		t->all_counted(t->all_arg);
}

static void
gre_counted(void *arg, int status, const void *body, size_t len, int fd)
{
	struct nasd_priv_gre_counted c;
	struct tunnels *t = arg;

	(void)fd;
	if (status == 0 && len == sizeof(c)) {
		memcpy(&c, body, sizeof(c));
		t->gre_dropped = c.dropped;
	}
	if (--t->pages == 0)
		t->all_counted(t->all_arg);
}

struct page {
	struct tunnels			*tunnels;
	struct nasd_priv_count_many	 q;
	bool				 gre;
};

static void
ask_page(struct page *pg)
{
	struct tunnels *t = pg->tunnels;

	if (pg->q.n == 0)
		return;
	if (priv_request(t->priv, NASD_PRIV_COUNT_MANY, &pg->q,
	    offsetof(struct nasd_priv_count_many, id) +
	    pg->q.n * sizeof(pg->q.id[0]), page_counted, t) == 0)
		t->pages++;
	/* the first has all of them read */
	pg->q.read = 0;
	pg->q.n = 0;
}

static bool
page_add(struct table_node *n, void *arg)
{
	const struct tunnel_session *s = container_of(n,
	    const struct tunnel_session, node);
	struct page *pg = arg;

	if (!s->installed || s->orphan)
		return true;
	pg->gre |= s->gre;
	pg->q.id[pg->q.n++] = s->id;
	if (pg->q.n == NASD_PRIV_COUNT_MAX)
		ask_page(pg);
	return true;
}

bool
tunnels_count_all(struct tunnels *t, void (*done)(void *arg), void *arg)
{
	struct page pg = { .tunnels = t, .q = { .read = 1 } };

	if (t->pages > 0)
		return false;
	t->all_counted = done;
	t->all_arg = arg;
	table_each(&t->sessions, page_add, &pg);
	ask_page(&pg);
	if (pg.gre && priv_request(t->priv, NASD_PRIV_GRE_COUNT, NULL, 0,
	    gre_counted, t) == 0)
		t->pages++;
	return t->pages > 0;
}

const struct tunnel_counters *
tunnel_counters(const struct tunnel_session *s)
{
	return s->counted ? &s->count : NULL;
}

/* ---- rate limits ---- */

static void
rated(void *arg, int status, const void *body, size_t len, int fd)
{
	struct rate_request *r = arg;

	(void)body;
	(void)len;
	(void)fd;
	LIST_REMOVE(r, link);
	r->done(r->arg, r->owner, status);
	free(r);
}

int
tunnels_rate(struct tunnels *t, const struct tunnel_rate *list, unsigned n,
    tunnel_rated *done, void *arg, uint64_t owner)
{
	struct nasd_priv_rates q = { .n = n };
	struct rate_request *r;
	int err;

	if (n > TUNNEL_RATES_MAX)
		return -E2BIG;
	for (unsigned i = 0; i < n; i++) {
		q.one[i].id = list[i].session->id;
		q.one[i].rate = list[i].rate;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return -ENOMEM;
	*r = (struct rate_request){ .done = done, .arg = arg,
	    .owner = owner };
	err = priv_request(t->priv, NASD_PRIV_RATES, &q,
	    offsetof(struct nasd_priv_rates, one) + n * sizeof(q.one[0]),
	    rated, r);
	if (err != 0)
		free(r);
	else
		LIST_INSERT_HEAD(&t->rates, r, link);
	return err;
}
