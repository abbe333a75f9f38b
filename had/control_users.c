/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subscribers of whom something is known, by configuration or by a look-up,
 * for hactl(8). Which key is never shown: its SPI and algorithm are.
 */
#include "config.h"
#include "had/control_users.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/ctl_json.h"
#include "common/mip4_ext.h"
#include "had/had_config.h"
#include "had/reg.h"
#include "had/user_lookup.h"
#include "had/user_radius.h"

#define USERS_MAX	10000	/* in one answer */

json_t *
control_nai(const void *nai, size_t len)
{
	char s[MIP4_NAI_MAX + 1];
	const uint8_t *b = nai;
	json_t *j = json_stringn(nai, len);
	size_t i;

	if (j)
		return j;
	for (i = 0; i < len; i++)
		s[i] = b[i] < 0x80 ? (char)b[i] : '?';
	return json_stringn(s, len);
}

/* "SPI 512, hmac-md5" of each association; "" for none. */
static json_t *
keys(const struct mip4_sa *sa, size_t n)
{
	char s[160] = "";
	size_t i, at = 0;

	for (i = 0; i < n && at < sizeof(s) - 40; i++)
		at += (size_t)snprintf(s + at, sizeof(s) - at,
		    "%sSPI %u %s", i > 0 ? ", " : "", (unsigned)sa[i].spi,
		    mip4_alg_str(sa[i].alg));
	return json_string(s);
}

static json_t *
user(const void *nai, size_t len, const char *source,
    const struct user_home *h, json_t *sas)
{
	char home[INET6_ADDRSTRLEN] = "";

	if (h->fixed)
		inet_ntop(AF_INET6, &h->addr, home, sizeof(home));
	return json_pack("{s:o, s:s, s:o, s:s, s:s}",
	    "nai", control_nai(nai, len),
	    "source", source,
	    "keys", sas,
	    "pool", h->pool ? h->pool->name : "",
	    "home", home);
}

static bool
show(void *arg, const struct user_view *v)
{
	json_t *list = arg;
	json_t *o = user(v->nai, v->nai_len, "radius", v->home,
	    keys(v->sa, v->sa ? 1 : 0));

	json_object_update_new(o, json_pack("{s:s, s:s, s:i, s:I, s:s}",
	    "state", v->asking ? "asking" : user_state_str(v->state),
	    "peer", v->peer,
	    "waiting", (int)v->waiting,
	    "left", (json_int_t)v->left_s,
	    "why", v->why ? v->why : ""));
	json_array_append_new(list, o);
	return json_array_size(list) < USERS_MAX;
}

static json_t *
configured(const struct user *u)
{
	json_t *o = user(u->nai, u->nai_len, "configuration", &u->home,
	    keys(u->sas, u->n_sas));

	json_object_update_new(o, json_pack("{s:s, s:s, s:i, s:i, s:s}",
	    "state", user_state_str(USER_KNOWN),
	    "peer", "",
	    "waiting", 0,
	    "left", 0,
	    "why", ""));
	return o;
}

json_t *
control_show_users(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;
	json_t *list = json_array();
	size_t i;

	(void)args;
	(void)code;
	(void)message;
	for (i = 0; i < r->conf->n_users && i < USERS_MAX; i++)
		json_array_append_new(list, configured(&r->conf->users[i]));
	if (r->lookup)
		user_lookup_each(r->lookup, show, list);
	return json_pack("{s:o}", "users", list);
}

json_t *
control_flush_users(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;
	const char *id = ctl_arg(args, "id");
	size_t n;

	if (!r->lookup) {
		*code = "no-match";
		*message = "had looks nobody up";
		return NULL;
	}
	if (!id) {
		*code = "usage";
		*message = "args: id (a network access identifier, or all)";
		return NULL;
	}
	n = user_lookup_flush(r->lookup, strcmp(id, "all") == 0 ? NULL : id);
	if (n == 0 && strcmp(id, "all") != 0) {
		*code = "no-match";
		*message = "nothing is kept of such a subscriber";
		return NULL;
	}
	return json_pack("{s:I}", "flushed", (json_int_t)n);
}

json_t *
control_show_radius(void *arg, const json_t *args, const char **code,
    const char **message)
{
	struct reg *r = arg;

	(void)args;
	if (r->radius)
		return user_radius_stats(r->radius);
	*code = "no-match";
	*message = "had looks nobody up";
	return NULL;
}

json_t *
control_lookup_stats(const struct reg *r)
{
	const struct user_lookup_stats *s;

	if (!r->lookup)
		return NULL;
	s = user_lookup_stats(r->lookup);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
	    " s:I}",
	    "asked", (json_int_t)s->asked,
	    "known", (json_int_t)s->known,
	    "rejected", (json_int_t)s->rejected,
	    "broken", (json_int_t)s->broken,
	    "silent", (json_int_t)s->silent,
	    "stale_used", (json_int_t)s->stale,
	    "evicted", (json_int_t)s->evicted,
	    "replaced", (json_int_t)s->replaced,
	    "busy", (json_int_t)s->busy,
	    "kept", (json_int_t)user_lookup_kept(r->lookup),
	    "waiting", (json_int_t)user_lookup_waiting(r->lookup));
}
