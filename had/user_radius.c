/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What user_radius.h promises; radius/client.c does the asking. The request
 * has no credentials: the home agent does not log anybody in, it wants to know
 * what is known. Service-Type says so [RFC 2865 5.6].
 */
#include "config.h"
#define LOG_MODULE "lookup"
#include "had/user_radius.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/log.h"
#include "had/had_config.h"
#include "had/reg.h"
#include "radius/client.h"
#include "radius/mobile.h"

#define PORT_VIRTUAL	5	/* RFC 2865 5.41 */

struct question {
	LIST_ENTRY(question)	 link;
	struct user_radius	*owner;
	struct user_entry	*entry;
	struct radius_request	*req;
	char			 nai[];		/* for the log */
};

struct user_radius {
	const struct had_config	*conf;
	struct reg		*reg;
	struct radius_client	*client;
	LIST_HEAD(, question)	 questions;
};

static void
question_free(struct question *q)
{
	LIST_REMOVE(q, link);
	free(q);
}

/* Framed-IPv6-Prefix, a /64, or Framed-IPv6-Address. NULL, or what is
 * wrong. */
static const char *
read_fixed(const struct radius_attrs *as, struct user_home *h, bool *prefix)
{
	const VALUE_PAIR *vp = radius_find(as, PW_FRAMED_IPV6_PREFIX, 0);
	const uint8_t *v;
	size_t len;

	*prefix = vp != NULL;
	if (vp == NULL)
		vp = radius_find(as, PW_FRAMED_IPV6_ADDRESS, 0);
	if (vp == NULL)
		return NULL;
	v = radius_value(vp, &len);
	if (*prefix) {
		if (v == NULL || len < 2 || v[1] != 64)
			return "Framed-IPv6-Prefix: not a /64";
		v += 2;
		len -= 2;
	} else if (v == NULL || len != sizeof(h->addr)) {
		return "Framed-IPv6-Address: not an address";
	}
	/* Of a prefix the zeros at its end may be left out [RFC 3162 2.3]. */
	memcpy(&h->addr, v, len < 8 || !*prefix ? len : 8);
	h->fixed = true;
	return NULL;
}

/* Finds the pool: by its name, and around what is fixed. */
static const char *
read_home(const struct radius_attrs *as, struct pools *pools,
    struct user_home *h)
{
	char name[64] = "";
	const char *wrong;
	struct pool *p;
	bool prefix;
	size_t i;

	if (radius_get_str(as, PW_FRAMED_IPV6_POOL, name, sizeof(name))) {
		for (i = 0; i < pools->n && !h->pool; i++)
			if (strcmp(pools->pool[i].name, name) == 0)
				h->pool = &pools->pool[i];
		if (!h->pool)
			return "Framed-IPv6-Pool: no such pool";
	}
	wrong = read_fixed(as, h, &prefix);
	if (wrong || !h->fixed)
		return wrong;
	p = pool_of(pools, &h->addr);
	if (!p || (h->pool && h->pool != p))
		return p ? "home outside of Framed-IPv6-Pool" :
		    "home in none of our pools";
	if (p->mode == POOL_UNIQUE)
		memset(h->addr.s6_addr + 8, 0, 8);
	else if (prefix)
		return "Framed-IPv6-Prefix in a shared pool";
	h->pool = p;
	return NULL;
}

void
user_radius_read(const struct radius_attrs *as, enum mip4_alg alg,
    struct pools *pools, struct user_answer *out)
{
	const char *wrong;

	memset(out, 0, sizeof(*out));
	out->state = USER_BROKEN;
	if (radius_mn_ha(as, RADIUS_FOR_HA, &out->sa, out->why,
	    sizeof(out->why)) == RADIUS_KEY_BROKEN)
		return;
	out->sa.alg = alg;
	wrong = read_home(as, pools, &out->home);
	if (!wrong) {
		out->state = USER_KNOWN;
		return;
	}
	mip4_sa_wipe(&out->sa);
	memset(&out->home, 0, sizeof(out->home));
	snprintf(out->why, sizeof(out->why), "%s", wrong);
}

static void
done(void *arg, enum radius_result result, const struct radius_attrs *reply)
{
	struct question *q = arg;
	struct user_entry *e = q->entry;
	struct user_answer a = { .state = USER_REJECTED };

	if (result == RADIUS_ACCEPTED)
		user_radius_read(reply, q->owner->conf->lookup.alg,
		    q->owner->reg->pools, &a);
	else if (result == RADIUS_SILENT)
		a.state = USER_SILENT;
	if (a.state == USER_BROKEN)
		log_warnx(q->nai, "Access-Accept not to be used: %s", a.why);
	else
		log_debug(q->nai, "%s%s", user_state_str(a.state),
		    a.sa.key_len > 0 ? ", with a key" : "");
	question_free(q);
	user_lookup_answer(e, &a);
	mip4_sa_wipe(&a.sa);
}

static void *
ask(void *arg, struct user_entry *e, const char *nai, size_t len)
{
	struct user_radius *u = arg;
	struct question *q = calloc(1, sizeof(*q) + len + 1);
	struct radius_attrs as;

	if (!q)
		return NULL;
	q->owner = u;
	q->entry = e;
	memcpy(q->nai, nai, len);
	radius_attrs_init(&as, radius_client_dict(u->client));
	radius_add_data(&as, PW_USER_NAME, 0, nai, len);
	radius_add_u32(&as, PW_SERVICE_TYPE, u->conf->lookup.service_type);
	radius_add_ip4(&as, PW_NAS_IP_ADDRESS, 0, u->conf->address);
	radius_add_str(&as, PW_NAS_IDENTIFIER, u->conf->lookup.nas_id);
	radius_add_u32(&as, PW_NAS_PORT_TYPE, PORT_VIRTUAL);
	radius_add_ip4(&as, RADIUS_3GPP2_HA, RADIUS_VENDOR_3GPP2,
	    u->conf->address);
	q->req = radius_send(u->client, RADIUS_ACCESS_REQUEST, &as, done, q);
	if (!q->req) {
		free(q);
		return NULL;
	}
	LIST_INSERT_HEAD(&u->questions, q, link);
	return q;
}

static void
cancel(void *arg, void *question)
{
	struct question *q = question;

	(void)arg;
	radius_cancel(q->req);
	question_free(q);
}

static void
judge(void *arg, const struct reg_packet *pkt)
{
	struct user_radius *u = arg;

	reg_input_again(u->reg, pkt);
}

static const struct user_lookup_ops ops = { ask, cancel, judge };

struct user_radius *
user_radius_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, const struct radius_dict *dict,
    const struct had_config *conf, struct reg *reg)
{
	struct user_radius *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->conf = conf;
	u->reg = reg;
	LIST_INIT(&u->questions);
	reg->radius = u;
	u->client = radius_client_new(base, timers, clock, dict,
	    &conf->lookup.radius);
	reg->lookup = user_lookup_new(&conf->lookup.params, clock, &ops, u);
	if (!u->client || !reg->lookup) {
		user_radius_free(u);
		return NULL;
	}
	return u;
}

void
user_radius_free(struct user_radius *u)
{
	if (!u)
		return;
	user_lookup_free(u->reg->lookup);
	u->reg->lookup = NULL;
	u->reg->radius = NULL;
	radius_client_free(u->client);
	free(u);
}

json_t *
user_radius_stats(const struct user_radius *u)
{
	return radius_stats(u->client);
}
