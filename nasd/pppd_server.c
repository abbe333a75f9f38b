/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plugin server's socket: see pppd_link.h. Neighbour: pppd_link.c, what a
 * connection says. Strangers, which have not said HELLO yet, have a bounded
 * number of places, of which the oldest is given up for a newcomer.
 */
#define _GNU_SOURCE	/* accept4 */
#include "config.h"
#define LOG_MODULE "plugin"
#include "nasd/pppd_link_int.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/table.h"

#define BACKLOG		128
#define STRANGERS_MAX	64
#define ACCEPT_PAUSE_MS	100
#define ACCEPT_MAX	16	/* a turn */

bool
pppd_server_may_log(struct pppd_server *s)
{
	return log_limited(&s->limit, clock_mono(s->clock).ns / 1000000,
	    NULL);
}

void
pppd_links_add(struct pppd_links *list, struct pppd_link *l)
{
	TAILQ_INSERT_TAIL(&list->list, l, list);
	list->n++;
}

void
pppd_links_remove(struct pppd_links *list, struct pppd_link *l)
{
	TAILQ_REMOVE(&list->list, l, list);
	list->n--;
}

static void
add_stranger(struct pppd_server *s, int fd)
{
	struct pppd_link	*oldest;

	if (pppd_link_new(s, fd) == NULL)
		return;
	s->n.accepted++;
	if (s->strangers.n <= STRANGERS_MAX)
		return;
	oldest = TAILQ_FIRST(&s->strangers.list);
	s->n.crowded++;
	if (pppd_server_may_log(s))
		log_warnx(oldest->name, "closed: too many connections without "
		    "a HELLO");
	pppd_link_drop(oldest);
}

static void
on_accept_again(struct timer *t)
{
	struct pppd_server	*s = container_of(t, struct pppd_server,
				    accept_again);

	event_add(s->accept_ev, NULL);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct pppd_server	*s = arg;
	int			 i, c;

	(void)what;
	for (i = 0; i < ACCEPT_MAX; i++) {
		c = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (c >= 0) {
			add_stranger(s, c);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR ||
		    errno == ECONNABORTED)
			return;
		/* No descriptor left: it would stay readable for ever. */
		s->n.accept_errors++;
		if (pppd_server_may_log(s))
			log_warn(NULL, "accept");
		event_del(s->accept_ev);
		timer_set(s->timers, &s->accept_again,
		    mono_add_ms(clock_mono(s->clock), ACCEPT_PAUSE_MS));
		return;
	}
}

int
pppd_server_listen(const char *path)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	mode_t			mask;
	int			fd, rc;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	rc = daemon_unlink_stale(path, SOCK_SEQPACKET);
	if (rc != 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0177);
	rc = bind(fd, (const struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rc == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

struct pppd_server *
pppd_server_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, int fd, const struct pppd_link_events *events,
    void *arg)
{
	struct pppd_server	*s = calloc(1, sizeof(*s));

	if (s == NULL) {
		close(fd);
		return NULL;
	}
	s->base = base;
	s->timers = timers;
	s->clock = clock;
	s->events = *events;
	s->arg = arg;
	s->fd = fd;
	TAILQ_INIT(&s->strangers.list);
	TAILQ_INIT(&s->known.list);
	s->accept_again.fire = on_accept_again;
	s->limit = (struct log_limit){ .rate = 1, .burst = 10 };
	s->accept_ev = event_new(base, fd, EV_READ | EV_PERSIST, on_accept, s);
	if (s->accept_ev == NULL || event_add(s->accept_ev, NULL) != 0) {
		pppd_server_free(s);
		return NULL;
	}
	return s;
}

void
pppd_server_free(struct pppd_server *s)
{
	if (s == NULL)
		return;
	while (!TAILQ_EMPTY(&s->strangers.list))
		pppd_link_drop(TAILQ_FIRST(&s->strangers.list));
	while (!TAILQ_EMPTY(&s->known.list))
		pppd_link_drop(TAILQ_FIRST(&s->known.list));
	timer_cancel(s->timers, &s->accept_again);
	if (s->accept_ev != NULL)
		event_free(s->accept_ev);
	close(s->fd);
	free(s);
}

static json_t *
by_type(const uint64_t *n)
{
	json_t	*o = json_object();
	int	 i;

	for (i = PLUG_HELLO; i <= PLUG_LAST; i++)
		if (n[i] != 0)
			json_object_set_new(o, plug_type_str(
			    (enum plug_type)i), json_integer((json_int_t)n[i]));
	return o;
}

json_t *
pppd_server_stats(const struct pppd_server *s)
{
	const struct pppd_counters	*n = &s->n;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}",
	    "links", (json_int_t)s->known.n,
	    "unidentified", (json_int_t)s->strangers.n,
	    "accepted", (json_int_t)n->accepted,
	    "identified", (json_int_t)n->identified,
	    "refused", (json_int_t)n->refused,
	    "timed_out", (json_int_t)n->timed_out,
	    "crowded_out", (json_int_t)n->crowded,
	    "bad", (json_int_t)n->bad,
	    "other_version", (json_int_t)n->other_version,
	    "accept_errors", (json_int_t)n->accept_errors,
	    "received", by_type(n->in), "sent", by_type(n->out));
}
