/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of sessions: by number, by NAI, by interface; their names, by
 * which they are found and logged; and who else has the same NAI. Beside
 * session.c.
 */
#define LOG_MODULE "session"
#include "nasd/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "common/log.h"
#include "nasd/engine.h"
#include "nasd/nai.h"
#include "nasd/session_table.h"
#include "nasd/vlans.h"

static uint64_t
hash_nr(const struct sessions *ss, uint32_t nr)
{
	return table_hash(&ss->by_nr, &nr, sizeof(nr));
}

static uint64_t
hash_str(const struct table *t, const char *str)
{
	return table_hash(t, str, strlen(str));
}

static bool
eq_nr(const struct table_node *n, const void *key)
{
	return container_of(n, struct session, by_nr)->nr ==
	    *(const uint32_t *)key;
}

static bool
eq_ifname(const struct table_node *n, const void *key)
{
	return strcmp(container_of(n, struct session, by_ifname)->ifname,
	    key) == 0;
}

int
sessions_init(struct sessions *ss)
{
	memset(ss, 0, sizeof(*ss));
	ss->refusals = (struct log_limit){ .rate = 1, .burst = 10 };
	if (RAND_bytes((unsigned char *)&ss->boot, sizeof(ss->boot)) != 1)
		return -EIO;
	if (table_init(&ss->by_nr) != 0 || table_init(&ss->by_nai) != 0 ||
	    table_init(&ss->by_ifname) != 0 ||
	    table_init(&ss->by_ip4) != 0) {
		sessions_free(ss);
		return -ENOMEM;
	}
	return 0;
}

size_t
sessions_count(const struct sessions *ss)
{
	return table_count(&ss->by_nr);
}

/* An event may free other sessions than its own (a replaced one), so the walk
 * is over numbers, not nodes. */
struct numbers {
	uint32_t	*nr;
	size_t		 n;
};

static bool
collect(struct table_node *n, void *arg)
{
	struct numbers *all = arg;

	all->nr[all->n++] = container_of(n, struct session, by_nr)->nr;
	return true;
}

void
sessions_post(struct sessions *ss, enum session_event ev)
{
	struct numbers all = { .n = 0 };
	struct session *s;
	size_t i;

	if (sessions_count(ss) == 0)
		return;
	all.nr = calloc(sessions_count(ss), sizeof(*all.nr));
	if (all.nr == NULL) {
		log_errorx(NULL, "out of memory; event %s not posted",
		    session_event_str(ev));
		return;
	}
	table_each(&ss->by_nr, collect, &all);
	for (i = 0; i < all.n; i++)
		if ((s = session_find_nr(ss, all.nr[i])) != NULL)
			session_event(s, ev, NULL);
	free(all.nr);
}

struct session *
session_find_nr(const struct sessions *ss, uint32_t nr)
{
	struct table_node *n = table_find(&ss->by_nr, hash_nr(ss, nr), eq_nr,
	    &nr);

	return n != NULL ? container_of(n, struct session, by_nr) : NULL;
}

struct session *
session_find_id(const struct sessions *ss, const char *id)
{
	struct session *s;
	uint32_t boot, nr;
	int end = 0;

	if (strlen(id) != SESSION_ID_STRLEN - 1 ||
	    sscanf(id, "%8" SCNx32 "%8" SCNx32 "%n", &boot, &nr, &end) != 2 ||
	    end != SESSION_ID_STRLEN - 1)
		return NULL;
	/* Those of an earlier nasd have kept theirs. */
	s = session_find_nr(ss, nr);
	return s != NULL && strcmp(s->id, id) == 0 ? s : NULL;
}

struct by_user {
	const char	*user;
	struct session	*found;
};

/* The newest one: it is the one that lives. */
static bool
match_user(struct table_node *n, void *arg)
{
	struct session *s = container_of(n, struct session, by_nr);
	struct by_user *by = arg;

	if (strcmp(s->user, by->user) == 0 &&
	    (by->found == NULL || by->found->nr < s->nr))
		by->found = s;
	return true;
}

struct session *
session_find(struct sessions *ss, const char *what)
{
	struct by_user by = { .user = what };
	struct session *s = session_find_id(ss, what);
	struct table_node *n;

	if (s != NULL)
		return s;
	n = table_find(&ss->by_ifname, hash_str(&ss->by_ifname, what),
	    eq_ifname, what);
	if (n != NULL)
		return container_of(n, struct session, by_ifname);
	table_each(&ss->by_nr, match_user, &by);
	return by.found;
}

struct rival_key {
	const struct session	*self;
	bool			 live;
};

/* One that is ending matters only while a deregistration of it may come. */
static bool
eq_rival(const struct table_node *n, const void *arg)
{
	const struct session *s = container_of(n, struct session, by_nai);
	const struct rival_key *key = arg;
	bool live = s->state < SESSION_CLOSING;

	if (s == key->self || strcmp(s->nai, key->self->nai) != 0)
		return false;
	return key->live ? live : !live && s->reg != NULL;
}

struct session *
session_rival(const struct session *s, bool live)
{
	struct rival_key key = { .self = s, .live = live };
	const struct table *t = &s->engine->sessions.by_nai;
	struct table_node *n;

	if (!s->in_nai)
		return NULL;
	n = table_find(t, hash_str(t, s->nai), eq_rival, &key);
	return n != NULL ? container_of(n, struct session, by_nai) : NULL;
}

static bool
eq_waiting(const struct table_node *n, const void *arg)
{
	const struct session *s = container_of(n, struct session, by_nai);
	const struct session *self = arg;

	return s != self && s->state == SESSION_WAITING &&
	    strcmp(s->nai, self->nai) == 0;
}

void
session_tell_rival(struct session *s)
{
	const struct table *t = &s->engine->sessions.by_nai;
	struct table_node *n;

	if (!s->in_nai)
		return;
	n = table_find(t, hash_str(t, s->nai), eq_waiting, s);
	if (n != NULL)
		session_event(container_of(n, struct session, by_nai),
		    SESSION_EV_RIVAL_GONE, NULL);
}

/*
 * Names.
 */

void
session_set_subject(struct session *s)
{
	snprintf(s->subject, sizeof(s->subject), "s%" PRIu32 "%s%.64s%s%s",
	    s->nr, s->user[0] != '\0' ? " " : "", s->user,
	    s->ifname[0] != '\0' ? " " : "", s->ifname);
}

/* As RFC 3580 3.21 has it, and with it most RADIUS servers' users. */
void
session_calling(char text[static SESSION_CALLING], const uint8_t mac[6])
{
	snprintf(text, SESSION_CALLING, "%02X-%02X-%02X-%02X-%02X-%02X",
	    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

const char *
session_refusal(const struct engine *e)
{
	if (!engine_takes_sessions(e))
		return "no new sessions";
	if (sessions_count(&e->sessions) >= e->cfg->access.max_sessions)
		return "max-sessions are here already";
	return NULL;
}

bool
session_own_usable(const struct session *s)
{
	return s->has_own && !iid_is_reserved(s->own) &&
	    !iid_equal(s->own, s->local);
}

void
session_set_classes(struct session *s, const struct aaa_class *class,
    unsigned n)
{
	struct aaa_class *copy = NULL;

	if (n > 0 && (copy = calloc(n, sizeof(*copy))) == NULL) {
		log_errorx(s->subject, "out of memory: Class is not kept");
		return;
	}
	if (n > 0)
		memcpy(copy, class, n * sizeof(*copy));
	free(s->grant.class);
	s->grant.class = copy;
	s->grant.n_class = n;
}

void
session_set_user(struct session *s, const char *user)
{
	snprintf(s->user, sizeof(s->user), "%s", user);
	session_set_subject(s);
}

void
session_set_ifname(struct session *s, const char *ifname)
{
	struct table *t = &s->engine->sessions.by_ifname;

	if (s->in_ifname)
		table_remove(t, &s->by_ifname);
	snprintf(s->ifname, sizeof(s->ifname), "%s", ifname);
	s->in_ifname = s->ifname[0] != '\0';
	if (s->in_ifname)
		table_insert(t, &s->by_ifname, hash_str(t, s->ifname));
	session_set_subject(s);
}

void
session_set_device(struct session *s, const char *device)
{
	snprintf(s->device, sizeof(s->device), "%s", device);
	s->vlan_tags = vlans_port_id(s->engine->vlans, s->device, s->port_id);
}

int
session_set_nai(struct session *s, const char *template)
{
	const struct nai_parts parts = {
		.user = s->user, .calling = s->calling,
		.interface = s->port_id,
		.circuit = &s->circuit_id, .remote = &s->remote_id,
	};
	char nai[sizeof(s->nai)];
	int len = nai_expand(nai, sizeof(nai), template, &parts);

	if (len < 0)
		return len;
	nai_normalize(nai, (size_t)len);
	return session_put_nai(s, nai);
}

int
session_put_nai(struct session *s, const char *nai)
{
	struct table *t = &s->engine->sessions.by_nai;

	if (s->in_nai)
		table_remove(t, &s->by_nai);
	snprintf(s->nai, sizeof(s->nai), "%s", nai);
	table_insert(t, &s->by_nai, hash_str(t, s->nai));
	s->in_nai = true;
	return 0;
}

void
session_enter_tables(struct session *s)
{
	struct sessions *ss = &s->engine->sessions;

	table_insert(&ss->by_nr, &s->by_nr, hash_nr(ss, s->nr));
}

void
session_leave_tables(struct session *s)
{
	struct sessions *ss = &s->engine->sessions;

	table_remove(&ss->by_nr, &s->by_nr);
	if (s->in_nai)
		table_remove(&ss->by_nai, &s->by_nai);
	if (s->in_ifname)
		table_remove(&ss->by_ifname, &s->by_ifname);
	session_ipv4_leave(s);
}
