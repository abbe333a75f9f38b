/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPPoE discovery: the socket, the links, and what the owner wants of them.
 * Frames and the cookie are pppoe_proto.c's, the table of links is
 * pppoe_links.c's.
 *
 * A PADI costs one frame and no memory. Only a PADR with a cookie of ours,
 * which proves that the station receives what is sent to its address, makes a
 * link: starting, until the owner says that the session socket is bound; then
 * ready; at the end resting, so that late frames of the old session meet no
 * new one of the same id.
 */
#include "config.h"
#include <errno.h>
#include <event2/event.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_MODULE "pppoe"
#include "nasd/pppoe_links.h"

#define FRAMES_MAX	64	/* a turn */
/* Sessions of a station that may have ended lately, beside those it has: a
 * start is a process, and log lines. */
#define RESTING_MAX	8

/* ---- sending ---- */

static void
transmit(struct pppoe *e, const struct pppoe_answer *a, uint64_t *counter)
{
	uint8_t	frame[PPPOE_FRAME_MAX];
	int	len = pppoe_build(a, frame);

	if (len > 0 && send(e->fd, frame, (size_t)len, MSG_DONTWAIT) == len)
		(*counter)++;
	else	/* the peer repeats itself */
		e->n.send_errors++;
}

static struct pppoe_answer
answer_to_link(const struct pppoe_link *l, enum pppoe_code code)
{
	struct pppoe_answer	a = {
		.dst = l->mac, .src = l->pppoe->mac, .code = code,
		.sid = l->sid,
	};

	if (l->has_uniq)
		a.host_uniq = (struct pppoe_tag){ l->kept, l->uniq_len };
	if (l->has_relay)
		a.relay = (struct pppoe_tag){ l->kept + l->uniq_len,
		    l->relay_len };
	return a;
}

static struct pppoe_answer
answer_to_packet(const struct pppoe *e, const struct pppoe_packet *k,
    enum pppoe_code code)
{
	return (struct pppoe_answer){
		.dst = k->src, .src = e->mac, .code = code,
		.service = k->service, .host_uniq = k->host_uniq,
		.relay = k->relay, .ac_name = e->ac_name,
	};
}

static void
send_pads(struct pppoe_link *l)
{
	struct pppoe_answer	a = answer_to_link(l, PPPOE_PADS);

	a.service = (struct pppoe_tag){ (const uint8_t *)l->service,
	    l->service_len };
	a.ac_name = l->pppoe->ac_name;
	transmit(l->pppoe, &a, &l->pppoe->n.pads);
}

static void
send_padt(struct pppoe_link *l)
{
	struct pppoe_answer	a = answer_to_link(l, PPPOE_PADT);

	a.ac_name = l->pppoe->ac_name;
	transmit(l->pppoe, &a, &l->pppoe->n.padt_out);
}

/* PADS with session id 0 and an error [RFC 2516 5.4]. */
static void
send_refusal(struct pppoe_link *l, const char *why)
{
	struct pppoe_answer	a = answer_to_link(l, PPPOE_PADS);

	a.sid = 0;
	a.service = (struct pppoe_tag){ (const uint8_t *)l->service,
	    l->service_len };
	a.ac_name = l->pppoe->ac_name;
	a.error = PPPOE_TAG_SYSTEM_ERR;
	a.error_text = why;
	transmit(l->pppoe, &a, &l->pppoe->n.refused);
}

static void
refuse_packet(struct pppoe *e, const struct pppoe_packet *k,
    enum pppoe_tag_type error, const char *why)
{
	struct pppoe_answer	a = answer_to_packet(e, k, PPPOE_PADS);

	a.error = error;
	a.error_text = why;
	transmit(e, &a, &e->n.refused);
}

/* ---- PADI ---- */

static void
on_padi(struct pppoe *e, const struct pppoe_packet *k, mono_t now)
{
	struct pppoe_answer	a;
	uint8_t			cookie[PPPOE_COOKIE_LEN];

	e->n.padi++;
	/* Another concentrator may have it, or have room (5.2). */
	if (!pppoe_service_offered((const char *const *)e->services,
	    &k->service)) {
		e->n.no_service++;
		return;
	}
	if (e->links >= e->max_sessions) {
		e->n.full++;
		return;
	}
	if (!pppoe_rate_allows(&e->padi_rate, now)) {
		e->n.padi_limited++;
		return;
	}
	if (pppoe_cookie(e->key, k->src, e->ifname, now, cookie) != 0)
		return;
	a = answer_to_packet(e, k, PPPOE_PADO);
	a.services = (const char *const *)e->services;
	a.cookie = (struct pppoe_tag){ cookie, sizeof(cookie) };
	transmit(e, &a, &e->n.pado);
}

/* ---- PADR ---- */

/* Why there is no place for this station, or NULL. */
static const char *
no_room(struct pppoe *e, const struct pppoe_packet *k)
{
	const struct pppoe_station	*st = pppoe_links_station(e, k->src);

	if (e->links >= e->max_sessions) {
		e->n.full++;
		return "no session left";
	}
	if (st != NULL && (st->n >= e->max_per_mac ||
	    st->n + st->resting >= e->max_per_mac + RESTING_MAX)) {
		e->n.per_mac++;
		return "too many sessions of this station";
	}
	if (e->starting >= e->max_starting) {
		e->n.starting_full++;
		return "busy, try again";
	}
	return NULL;
}

static void
start_link(struct pppoe *e, const struct pppoe_packet *k, mono_t now)
{
	struct pppoe_link	*l = pppoe_links_new(e, k, now);
	int			 rc;

	if (l == NULL) {
		refuse_packet(e, k, PPPOE_TAG_SYSTEM_ERR, "out of resources");
		return;
	}
	rc = e->events.wanted(e->arg, l, ++e->last_id, e->ifname, l->sid,
	    l->mac, l->service);
	if (rc == 0)
		return;
	if (log_limited(&e->limit, now.ns / 1000000, NULL))
		log_warnx(e->ifname, "session refused: %s", strerror(-rc));
	send_refusal(l, "no session can be started now");
	pppoe_links_rest(l);
}

static void
on_padr(struct pppoe *e, const struct pppoe_packet *k, mono_t now)
{
	struct pppoe_link	*l;
	const char		*why;

	e->n.padr++;
	if (!pppoe_cookie_valid(e->key, k->src, e->ifname, now, &k->cookie)) {
		/* Unanswered: the address may be anyone's. */
		e->n.bad_cookie++;
		if (log_limited(&e->limit, now.ns / 1000000, NULL))
			log_warnx(e->ifname, "PADR without a valid cookie");
		return;
	}
	if (k->service.len > PPPOE_SERVICE_MAX ||
	    !pppoe_service_offered((const char *const *)e->services,
	    &k->service)) {
		e->n.no_service++;
		refuse_packet(e, k, PPPOE_TAG_SERVICE_ERR,
		    "no such service here");
		return;
	}
	l = pppoe_links_repeated(e, k, now);
	if (l != NULL) {
		e->n.repeated++;
		if (l->ready)
			send_pads(l);
		return;
	}
	why = no_room(e, k);
	if (why != NULL)
		refuse_packet(e, k, PPPOE_TAG_SYSTEM_ERR, why);
	else
		start_link(e, k, now);
}

/* ---- PADT ---- */

static void
on_padt(struct pppoe *e, const struct pppoe_packet *k)
{
	struct pppoe_link	*l = pppoe_links_by_sid(e, k->sid);

	if (l == NULL || memcmp(l->mac, k->src, PPPOE_MAC_LEN) != 0) {
		e->n.foreign_padt++;
		return;
	}
	e->n.padt_in++;
	if (l->peer_left)
		return;
	l->peer_left = true;
	e->events.step(e->arg, l, "padt-received", NULL);
	e->events.terminated(e->arg, l);
}

/* ---- the socket ---- */

static void
on_frame(struct pppoe *e, const uint8_t *frame, size_t len)
{
	struct pppoe_packet	k;
	mono_t			now = clock_mono(e->clock);
	int			rc = pppoe_parse(&k, frame, len, e->mac);

	if (rc != 0) {
		if (rc == -EOPNOTSUPP)
			e->n.ignored++;
		else
			e->n.malformed++;
		return;
	}
	switch (k.code) {
	case PPPOE_PADI:
		on_padi(e, &k, now);
		return;
	case PPPOE_PADR:
		on_padr(e, &k, now);
		return;
	case PPPOE_PADT:
		on_padt(e, &k);
		return;
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct pppoe	*e = arg;
	uint8_t		 frame[PPPOE_FRAME_MAX];
	int		 i;

	(void)what;
	for (i = 0; i < FRAMES_MAX; i++) {
		ssize_t	n = recv(fd, frame, sizeof(frame),
			    MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0) {
			/* ENETDOWN says that the interface went down, once. */
			if (errno != EAGAIN && errno != EINTR)
				log_warn(e->ifname, "receive");
			return;
		}
		if ((size_t)n > sizeof(frame))
			e->n.oversize++;
		else
			on_frame(e, frame, (size_t)n);
	}
}

/* ---- the owner's side ---- */

void
pppoe_link_ready(struct pppoe_link *l)
{
	struct pppoe	*e = l->pppoe;
	char		 detail[32];

	if (l->ready || l->peer_left)
		return;
	l->ready = true;
	e->starting--;
	l->pads_at = clock_mono(e->clock);
	send_pads(l);
	snprintf(detail, sizeof(detail), "session 0x%04x", l->sid);
	e->events.step(e->arg, l, "pads", detail);
}

void
pppoe_link_refuse(struct pppoe_link *l, const char *why)
{
	if (!l->peer_left)
		send_refusal(l, why);
	pppoe_links_rest(l);
}

void
pppoe_link_free(struct pppoe_link *l)
{
	struct pppoe	*e = l->pppoe;

	if (!l->ready && !l->peer_left) {
		send_refusal(l, "no session");
	} else if (!l->peer_left) {
		send_padt(l);
		e->events.step(e->arg, l, "padt-sent", NULL);
	}
	pppoe_links_rest(l);
}

/* ---- from start to end ---- */

static bool
copy_params(struct pppoe *e, const struct pppoe_params *p)
{
	size_t	i, n = 0;

	snprintf(e->ifname, sizeof(e->ifname), "%s", p->ifname);
	e->max_sessions = p->max_sessions;
	e->max_per_mac = p->max_per_mac;
	e->max_starting = p->max_starting;
	e->padi_rate.rate = p->padi_rate;
	e->ac_name = strdup(p->ac_name);
	while (p->services != NULL && p->services[n] != NULL)
		n++;
	e->services = calloc(n + 1, sizeof(*e->services));
	if (e->ac_name == NULL || e->services == NULL)
		return false;
	for (i = 0; i < n; i++)
		if ((e->services[i] = strdup(p->services[i])) == NULL)
			return false;
	return true;
}

static bool
start(struct pppoe *e, struct event_base *base, const struct pppoe_params *p)
{
	if (pppoe_links_init(e) != 0 || !copy_params(e, p) ||
	    RAND_bytes(e->key, sizeof(e->key)) != 1)
		return false;
	e->ev = event_new(base, e->fd, EV_READ | EV_PERSIST, on_readable, e);
	return e->ev != NULL && event_add(e->ev, NULL) == 0;
}

struct pppoe *
pppoe_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, int fd, const uint8_t mac[PPPOE_MAC_LEN],
    const struct pppoe_params *params, const struct pppoe_events *events,
    void *arg)
{
	struct pppoe	*e = calloc(1, sizeof(*e));

	if (e == NULL) {
		close(fd);
		return NULL;
	}
	e->timers = timers;
	e->clock = clock;
	e->events = *events;
	e->arg = arg;
	e->fd = fd;
	e->limit = (struct log_limit){ .rate = 1, .burst = 10 };
	memcpy(e->mac, mac, PPPOE_MAC_LEN);
	if (!start(e, base, params)) {
		pppoe_free(e);
		return NULL;
	}
	return e;
}

static bool
end_link(struct table_node *n, void *arg)
{
	struct pppoe_link	*l = container_of(n, struct pppoe_link, node);

	(void)arg;
	if (l->ready && !l->peer_left)
		send_padt(l);
	pppoe_links_rest(l);
	return true;
}

void
pppoe_free(struct pppoe *e)
{
	char	**s;

	if (e == NULL)
		return;
	if (e->by_sid.slot != NULL)
		table_each(&e->by_sid, end_link, NULL);
	pppoe_links_fini(e);
	if (e->ev != NULL)
		event_free(e->ev);
	close(e->fd);
	for (s = e->services; s != NULL && *s != NULL; s++)
		free(*s);
	free(e->services);
	free(e->ac_name);
	OPENSSL_cleanse(e->key, sizeof(e->key));
	free(e);
}

json_t *
pppoe_stats(const struct pppoe *e)
{
	const struct {
		const char	*name;
		uint64_t	 value;
	} field[] = {
		{ "sessions", e->links }, { "starting", e->starting },
		{ "stations", table_count(&e->stations) },
		{ "padi", e->n.padi }, { "pado", e->n.pado },
		{ "padr", e->n.padr }, { "pads", e->n.pads },
		{ "padt_received", e->n.padt_in },
		{ "padt_sent", e->n.padt_out },
		{ "malformed", e->n.malformed },
		{ "oversize", e->n.oversize }, { "ignored", e->n.ignored },
		{ "padi_limited", e->n.padi_limited },
		{ "bad_cookie", e->n.bad_cookie },
		{ "no_service", e->n.no_service },
		{ "padr_repeated", e->n.repeated },
		{ "foreign_padt", e->n.foreign_padt },
		{ "full", e->n.full }, { "per_mac_limit", e->n.per_mac },
		{ "starting_limit", e->n.starting_full },
		{ "refused", e->n.refused },
		{ "send_errors", e->n.send_errors },
	};
	json_t	*o = json_pack("{s:s}", "interface", e->ifname);
	size_t	 i;

	for (i = 0; o != NULL && i < sizeof(field) / sizeof(field[0]); i++)
		json_object_set_new(o, field[i].name,
		    json_integer((json_int_t)field[i].value));
	return o;
}
