/* SPDX-License-Identifier: BSD-2-Clause */
/* See tunnel_repair.h. link_watch.c tells, priv_tunnel.c does it. */
#include "config.h"
#define LOG_MODULE "tunnel"
#include "nasd/tunnel_repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/table.h"
#include "common/timers.h"
#include "nasd/ha_select.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_tunnel.h"

#define RETRY_MS	1000	/* then twice as long, up to */
#define RETRY_MS_MAX	32000

/* A home agent whose device was doubtful once; 0.0.0.0: GRE's, of all. */
struct doubt {
	struct tunnel_repair	*owner;
	struct in_addr		 ha;
	struct timer		 retry;
	unsigned		 retry_ms;
	bool			 pending;	/* root is asked */
	bool			 again;		/* it may be gone since */
};

struct tunnel_repair {
	struct priv_client	*priv;
	struct timers		*timers;
	const struct clock	*clock;
	uint64_t		 remade, failed;
	unsigned		 n;
	struct doubt		 doubt[HA_SELECT_MAX + 1];	/* GRE's */
};

static void	check(struct doubt *);

static void
retry(struct timer *t)
{
	check(container_of(t, struct doubt, retry));
}

static void
retry_later(struct doubt *d)
{
	struct tunnel_repair *r = d->owner;

	d->retry_ms = d->retry_ms == 0 ? RETRY_MS :
	    d->retry_ms < RETRY_MS_MAX ? d->retry_ms * 2 : RETRY_MS_MAX;
	(void)timer_set(r->timers, &d->retry,
	    mono_add_ms(clock_mono(r->clock), d->retry_ms));
}

static void
checked(void *arg, int status, const void *body, size_t len, int fd)
{
	struct nasd_priv_tunnel_checked reply = { 0 };
	struct doubt *d = arg;
	char s[INET_ADDRSTRLEN];

	(void)fd;
	d->pending = false;
	if (d->ha.s_addr == INADDR_ANY)
		strcpy(s, "GRE");
	else
		inet_ntop(AF_INET, &d->ha, s, sizeof(s));
	/* Not one of ours, or that was one before a reload. */
	if (status == -EPERM || status == -EPIPE)
		return;
	if (status != 0) {
		d->owner->failed++;
		retry_later(d);
		log_warnx(s, "tunnel: its device is gone or down and can not "
		    "be made anew: %s; tried again in %u s", strerror(-status),
		    d->retry_ms / 1000);
		return;
	}
	d->retry_ms = 0;
	if (len == sizeof(reply))
		memcpy(&reply, body, sizeof(reply));
	if (reply.made != 0) {
		d->owner->remade++;
		log_warnx(s, "tunnel: its device was gone or down and has been "
		    "made anew");
	}
	if (d->again)
		check(d);
}

static void
check(struct doubt *d)
{
	const struct nasd_priv_tunnel_check q = { d->ha };

	d->again = d->pending;
	if (d->pending || timer_is_set(&d->retry))
		return;
	if (priv_request(d->owner->priv, NASD_PRIV_TUNNEL_CHECK, &q, sizeof(q),
	    checked, d) == 0)
		d->pending = true;
	else
		retry_later(d);
}

void
tunnel_repair_check(struct tunnel_repair *r, struct in_addr ha)
{
	struct doubt *d;
	unsigned i;

	for (i = 0; i < r->n; i++)
		if (r->doubt[i].ha.s_addr == ha.s_addr)
			break;
	if (i == sizeof(r->doubt) / sizeof(r->doubt[0]))
		return;
	d = &r->doubt[i];
	if (i == r->n) {
		r->n++;
		*d = (struct doubt){ .owner = r, .ha = ha,
		    .retry.fire = retry };
	}
	check(d);
}

void
tunnel_repair_lost(struct tunnel_repair *r, const char *name)
{
	const size_t n = strlen(HA_TUNNEL_NAME);
	char *end;
	unsigned long a;

	if (strcmp(name, HA_TUNNEL_GRE) == 0)
		tunnel_repair_check(r, (struct in_addr){ INADDR_ANY });
	if (strncmp(name, HA_TUNNEL_NAME, n) != 0 || strlen(name + n) != 8)
		return;
	a = strtoul(name + n, &end, 16);
	if (*end == '\0')
		tunnel_repair_check(r, (struct in_addr){ htonl((uint32_t)a) });
}

json_t *
tunnel_repair_json(const struct tunnel_repair *r)
{
	return json_pack("{s:I, s:I}", "remade", (json_int_t)r->remade,
	    "failed", (json_int_t)r->failed);
}

struct tunnel_repair *
tunnel_repair_new(struct priv_client *priv, struct timers *timers,
    const struct clock *clock)
{
	struct tunnel_repair *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->priv = priv;
	r->timers = timers;
	r->clock = clock;
	return r;
}

void
tunnel_repair_free(struct tunnel_repair *r)
{
	unsigned i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		timer_cancel(r->timers, &r->doubt[i].retry);
	free(r);
}
