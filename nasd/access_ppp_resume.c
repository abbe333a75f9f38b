/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPP links of an earlier nasd [PROTOCOLS D115, D116]: PPPoE's side of one is
 * made anew, its pppd is watched, and its plugin comes back by itself.
 *
 * Such a pppd is nobody's child: the root side makes sure which process it is
 * and sends a descriptor of it, which tells its end.
 */
#define LOG_MODULE "session"
#include "nasd/access_ppp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/access.h"
#include "nasd/access_ppp_dhcp6.h"
#include "nasd/access_ppp_node.h"
#include "nasd/engine.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"
#include "nasd/vlans.h"

static void
take_pppoe(struct session *s, const struct session_rec *r)
{
	struct engine *e = s->engine;
	struct pppoe_wish w = { .sid = r->pppoe_sid, .service = s->service };
	const struct vlan *v = vlans_by_name(e->vlans, r->device);
	struct pppoe *pppoe = v != NULL ? v->pppoe : NULL;
	unsigned i;

	if (!r->has_mac || r->pppoe_sid == 0)
		return;
	memcpy(w.mac, r->mac, sizeof(w.mac));
	for (i = 0; i < e->cfg->n_pppoe; i++)
		if (strcmp(e->cfg->pppoe[i].ifname, r->device) == 0)
			pppoe = e->pppoe[i];
	if (pppoe == NULL)
		return;
	s->pppoe = pppoe_link_restore(pppoe, &w);
	if (s->pppoe != NULL)
		pppoe_link_set_owner(s->pppoe, s);
}

/* ---- its process ---- */

struct adoption {
	struct engine	*engine;
	uint32_t	 nr;
};

void
access_ppp_unwatch(struct session *s)
{
	int fd;

	if (s->exit_ev == NULL)
		return;
	/* The root side has the same file open: closing the descriptor first
	 * would leave it in the event loop's set for ever. */
	fd = event_get_fd(s->exit_ev);
	event_free(s->exit_ev);
	close(fd);
	s->exit_ev = NULL;
}

static void
process_ended(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	struct nasd_priv_pppd_exit x = { .pid = s->pid, .link_id = s->nr };
	struct nasd_priv_pppd_stop req = { .pid = s->pid };

	(void)fd;
	(void)what;
	access_ppp_unwatch(s);
	/* Which is how the root side hears that it is gone. */
	(void)priv_request(s->engine->priv, NASD_PRIV_PPPD_STOP, &req,
	    sizeof(req), NULL, NULL);
	access_ppp_exit(s->engine, &x);
}

static void
adopted(void *arg, int status, const void *body, size_t len, int fd)
{
	struct adoption a = *(struct adoption *)arg;
	struct session *s = session_find_nr(&a.engine->sessions, a.nr);

	(void)body;
	(void)len;
	free(arg);
	if (s == NULL || s->exit_ev != NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (status != -ESRCH && fd == -1) {	/* it lives, for all we know */
		log_errorx(s->subject, "its pppd can not be watched");
		return;
	}
	if (status != 0) {
		s->pid = 0;
		s->carrier_lost = true;
		session_event(s, SESSION_EV_LINK_GONE,
		    "while nasd was away");
		return;
	}
	s->exit_ev = event_new(a.engine->base, fd, EV_READ, process_ended, s);
	if (s->exit_ev == NULL || event_add(s->exit_ev, NULL) != 0) {
		log_errorx(s->subject, "out of memory to watch its pppd");
		if (s->exit_ev == NULL)
			close(fd);
		access_ppp_unwatch(s);
	}
}

static void
adopt(struct session *s)
{
	struct nasd_priv_pppd_adopt q = { .pid = s->pid, .link_id = s->nr };
	struct adoption *a = malloc(sizeof(*a));

	if (a == NULL)
		return;
	*a = (struct adoption){ s->engine, s->nr };
	if (priv_request(s->engine->priv, NASD_PRIV_PPPD_ADOPT, &q, sizeof(q),
	    adopted, a) != 0)
		free(a);
}

void
access_ppp_restore(struct session *s, const struct session_rec *r)
{
	take_pppoe(s, r);
	if (s->pid > 0)
		adopt(s);
}

/* Is what it has as its address, or part of it, what it was given, where it was
 * given something? */
static bool
has_its_own(const struct session *s, const struct plug_hello *h)
{
	switch (s->access->kind) {
	case ACCESS_PPP_DHCP6:
		return access_ppp_dhcp6_resumes(s);
	case ACCESS_PPP_NODE:
		return access_ppp_node_resumes(s);
	default:
		return iid_equal(h->remote, s->iid);
	}
}

bool
access_ppp_resumes(const struct session *s, const struct plug_hello *h)
{
	if (s->pid > 0 && (uint32_t)s->pid != h->pid)
		return false;
	return s->was_up && h->state == PLUG_LINK_OPEN && s->reg != NULL &&
	    s->ha != NULL && s->accounting && has_its_own(s, h);
}
