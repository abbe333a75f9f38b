/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session's rate limits: what its grant means, and their way through
 * tunnel.c into the kernel, behind the data path and before the session is
 * said to be installed. session_coa.c changes them later.
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
	s->rate = p != NULL ? p->rate : (struct rate){ 0 };
	s->rate.down_bps = granted(s, "WISPr-Bandwidth-Max-Down",
	    g->rate_down_bps, s->rate.down_bps);
	s->rate.up_bps = granted(s, "WISPr-Bandwidth-Max-Up",
	    g->rate_up_bps, s->rate.up_bps);
}

static bool
is_limited(const struct session *s)
{
	return s->rate.down_bps != 0 || s->rate.up_bps != 0;
}

static void
failed(struct session *s, int error)
{
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
	s->rated = is_limited(s);
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
	s->rated = false;
	s->rate_asked++;
	ask(s);
}
