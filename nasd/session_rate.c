/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session's rate limits: what its grant means, and their way through
 * tunnel.c into the kernel, behind the data path and before the session is
 * said to be installed. coa_act.c changes them later, as does a reload.
 */
#define LOG_MODULE "session"
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "nasd/engine.h"
#include "nasd/session.h"

static uint64_t
granted(const struct session *s, const char *what, uint64_t bps,
    uint64_t profile)
{
	if (bps == 0)
		return profile;
	if (rate_is_valid(bps))
		return bps;
	log_warnx(s->subject, "%s %llu: less than can be done, taken for %u",
	    what, (unsigned long long)bps, (unsigned)RATE_MIN_BPS);
	return RATE_MIN_BPS;
}

/* What the grant means with this profile, or none. */
static struct rate
meant(const struct session *s, const struct config_profile *p)
{
	const struct aaa_grant *g = &s->grant;
	struct rate r = p != NULL ? p->rate : (struct rate){ 0 };

	r.down_bps = granted(s, "WISPr-Bandwidth-Max-Down",
	    g->rate_down_bps, r.down_bps);
	r.up_bps = granted(s, "WISPr-Bandwidth-Max-Up",
	    g->rate_up_bps, r.up_bps);
	return r;
}

void
session_rate_granted(struct session *s)
{
	const struct nasd_config *cfg = s->engine->cfg;
	const struct aaa_grant *g = &s->grant;
	const struct config_profile *p = nasd_config_profile(cfg,
	    g->filter_id);

	if (p == NULL && g->filter_id[0] != '\0' && cfg->n_profile > 0)
		log_warnx(s->subject, "Filter-Id \"%s\": no such profile",
		    g->filter_id);
	s->rate = meant(s, p);
}

static bool
is_limited(const struct session *s)
{
	return s->rate.down_bps != 0 || s->rate.up_bps != 0;
}

static void
failed(struct session *s, int error)
{
	if (s->rate_changing && error == -ENOTRECOVERABLE) {
		session_rate_lost(s);
		return;
	}
	/* Of a change: what was there before is in force. */
	if (s->rate_changing) {
		s->rate_changing = false;
		s->rate = s->rate_was;
		session_step(s, "rate-failed", "%s, as before",
		    strerror(-error));
		log_errorx(s->subject, "its rate limits stay as they were: "
		    "%s", strerror(-error));
		session_event(s, SESSION_EV_INSTALLED, NULL);
		return;
	}
	s->rated = false;
	session_step(s, "rate-failed", "%s", strerror(-error));
	if (s->engine->cfg->unlimited == CONFIG_UNLIMITED_REFUSE) {
		session_event(s, SESSION_EV_INSTALL_FAILED,
		    "its rate can not be limited");
		return;
	}
	log_warnx(s->subject, "its rate can not be limited: %s",
	    strerror(-error));
	session_event(s, SESSION_EV_INSTALLED, NULL);
}

/* owner: the number of the request before the session's. */
static void
rated(void *arg, uint64_t owner, int error)
{
	struct engine *e = arg;
	struct session *s = session_find_nr(&e->sessions, (uint32_t)owner);

	/* Gone, or its data path is another one by now. */
	if (s == NULL || s->rate_asked != (uint32_t)(owner >> 32))
		return;
	if (error != 0) {
		failed(s, error);
		return;
	}
	s->rate_changing = false;
	s->rated = is_limited(s);
	s->dirty = true;
	session_step(s, "rate-limited", "down %llu, up %llu bit/s",
	    (unsigned long long)s->rate.down_bps,
	    (unsigned long long)s->rate.up_bps);
	session_event(s, SESSION_EV_INSTALLED, NULL);
}

static void
ask(struct session *s)
{
	const struct tunnel_rate want = { .session = s->tunnel,
	    .rate = s->rate };
	int error;

	error = tunnels_rate(s->engine->tunnels, &want, 1, rated, s->engine,
	    (uint64_t)s->rate_asked << 32 | s->nr);
	if (error != 0)
		failed(s, error);
}

bool
session_rate_install(struct session *s)
{
	s->rate_changing = false;
	s->rated = false;
	s->rate_asked++;
	if (!is_limited(s))
		return false;
	ask(s);
	return true;
}

void
session_rate_lost(struct session *s)
{
	if (s->tunnel == NULL)
		return;
	session_step(s, "rate-lost", "a change failed");
	s->rate_changing = false;
	s->rated = false;
	s->rate_asked++;
	ask(s);
}

/*
 * Profiles of another configuration.
 */

struct profiles {
	const struct nasd_config *old;
	unsigned		 changed, busy;
};

static void
change(struct session *s, const struct rate *r)
{
	const struct rate was = s->rate;

	s->rate = *r;
	/* Before it is installed, or while that is under way: it will be
	 * asked for. */
	if (s->tunnel == NULL || tunnel_is_pending(s->tunnel))
		return;
	if (!s->rate_changing)
		s->rate_was = was;
	s->rate_changing = s->rated || s->rate_changing;
	s->rate_asked++;
	ask(s);
}

/* A session whose limits are its profile's, or what the Access-Accept has left
 * of them. Others were set by a CoA-Request: they stay. */
static bool
follow(struct table_node *n, void *arg)
{
	struct session *s = container_of(n, struct session, by_nr);
	struct profiles *all = arg;
	const struct config_profile *is, *was;
	struct rate r, then;

	was = nasd_config_profile(all->old, s->grant.filter_id);
	is = nasd_config_profile(s->engine->cfg, s->grant.filter_id);
	if (!s->granted || s->state >= SESSION_CLOSING || was == NULL ||
	    is == NULL || rate_equal(&is->rate, &was->rate))
		return true;
	then = meant(s, was);
	r = meant(s, is);
	if (!rate_equal(&s->rate, &then)) {
		if (!rate_equal(&s->rate, &was->rate))
			return true;
		r = is->rate;
	}
	if (rate_equal(&s->rate, &r))
		return true;
	all->busy += s->changing;
	if (s->changing)
		return true;
	all->changed++;
	change(s, &r);
	return true;
}

void
session_rate_profiles(struct sessions *ss, const struct nasd_config *old)
{
	struct profiles all = { .old = old };

	table_each(&ss->by_nr, follow, &all);
	if (all.changed > 0)
		log_info(NULL, "other rate limits for %u sessions",
		    all.changed);
	if (all.busy > 0)
		log_warnx(NULL, "%u sessions keep their rate limits: they are "
		    "being changed by CoA-Requests", all.busy);
}
