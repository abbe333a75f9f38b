/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPPoE discovery: the socket, the links, and what the owner wants of them.
 * Frames and the cookie are pppoe_proto.c's, how soon an offer goes out
 * pppoe_delay.c's, answers pppoe_send.c's, the table of links is
 * pppoe_links.c's, and pppoe_shared.c has what all interfaces share.
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

#include <linux/if_packet.h>

#define LOG_MODULE "pppoe"
#include "nasd/pppoe_links.h"

#define FRAMES_MAX	64	/* a turn */
/* Sessions of a station that may have ended lately, beside those it has: a
 * start is a process, and log lines. */
#define RESTING_MAX	8
#define STRAY_RATE	10	/* PADTs a second to peers we do not know */

/* ---- PADI ---- */

/* Whether as many are starting as the machine is thought to finish. */
static bool
is_busy(const struct pppoe *e)
{
	return e->starting >= e->max_starting ||
	    e->shared->starting >= e->shared->params.max_starting;
}

static bool
is_full(const struct pppoe *e)
{
	const struct pppoe_shared_params *p = &e->shared->params;

	return e->links >= e->max_sessions || p->load(p->arg) >=
	    p->max_sessions;
}

/* Who has a share: a station of an interface. No padding. */
struct station {
	uint8_t	mac[PPPOE_MAC_LEN];
	char	ifname[sizeof(((struct pppoe *)NULL)->ifname)];
};

static struct station
station_of(const struct pppoe *e, const uint8_t *mac)
{
	struct station	st;

	memcpy(st.mac, mac, sizeof(st.mac));
	memcpy(st.ifname, e->ifname, sizeof(st.ifname));
	return st;
}

/* What is refused for one reason takes nothing from the other limits, so that
 * a station without a share of its own left does not use up everyone's, and a
 * flood of new ones not everyone's own share [common/rate_limit.h]. */
static bool
padi_allowed(struct pppoe *e, const uint8_t *mac, mono_t now)
{
	struct rate_sketch	*by_mac = &e->shared->padi_by_mac;
	const struct station	 st = station_of(e, mac);

	if (!rate_sketch_has(by_mac, &st, sizeof(st), e->mac_rate, now)) {
		e->n.mac_limited++;
		return false;
	}
	if (!rate_limit_allows(&e->padi_rate, now) ||
	    !rate_limit_allows(&e->shared->padi_rate, now)) {
		e->n.padi_limited++;
		return false;
	}
	rate_sketch_take(by_mac, &st, sizeof(st), e->mac_rate, now);
	return true;
}

static void
on_padi(struct pppoe *e, const struct pppoe_packet *k, mono_t now)
{
	const struct pppoe_shared_params *p = &e->shared->params;
	int			ms;

	e->n.padi++;
	if (e->shared->closed) {
		e->n.closed++;
		return;
	}
	/* Another concentrator may have it, or have room (5.2). */
	if (!pppoe_service_offered((const char *const *)e->services,
	    &k->service)) {
		e->n.no_service++;
		return;
	}
	if (is_full(e)) {
		e->n.full++;
		return;
	}
	if (is_busy(e)) {
		e->n.starting_full++;
		return;
	}
	ms = pppoe_delays_at(&p->delays, p->load(p->arg));
	if (ms == PPPOE_NO_PADO) {
		e->n.too_busy++;
		return;
	}
	if (padi_allowed(e, k->src, now))
		pppoe_send_pado(e, k, now, ms);
}

/* ---- PADR ---- */

static bool
padr_allowed(struct pppoe *e, const uint8_t *mac, mono_t now)
{
	struct rate_sketch	*by_mac = &e->shared->padr_by_mac;
	const struct station	 st = station_of(e, mac);

	if (!rate_sketch_has(by_mac, &st, sizeof(st), e->mac_rate, now)) {
		e->n.mac_limited++;
		return false;
	}
	if (!rate_limit_allows(&e->padr_rate, now)) {
		e->n.padr_limited++;
		return false;
	}
	rate_sketch_take(by_mac, &st, sizeof(st), e->mac_rate, now);
	return true;
}

/* Why there is no place for this station, or NULL. */
static const char *
no_room(struct pppoe *e, const struct pppoe_packet *k)
{
	const struct pppoe_station	*st = pppoe_links_station(e, k->src);

	if (is_full(e)) {
		e->n.full++;
		return "no session left";
	}
	if (st != NULL && (st->n >= e->max_per_mac ||
	    st->n + st->resting >= e->max_per_mac + RESTING_MAX)) {
		e->n.per_mac++;
		return "too many sessions of this station";
	}
	return NULL;
}

static void
take_line_id(struct line_id *id, const struct pppoe_tag *tag)
{
	id->len = (uint8_t)tag->len;
	if (tag->len > 0)
		memcpy(id->b, tag->p, tag->len);
}

static struct pppoe_wish
wish_of(const struct pppoe *e, const struct pppoe_link *l,
    const struct pppoe_packet *k, uint32_t id)
{
	struct pppoe_wish	w = {
		.link_id = id, .ifname = e->ifname, .sid = l->sid,
		.service = l->service, .mru = PPPOE_MRU,
	};

	memcpy(w.mac, l->mac, sizeof(w.mac));
	if (l->payload_echo != 0)
		w.mru = l->payload_echo < e->max_payload ? l->payload_echo :
		    e->max_payload;
	if (e->line_ids) {
		take_line_id(&w.circuit_id, &k->circuit_id);
		take_line_id(&w.remote_id, &k->remote_id);
	}
	return w;
}

static void
start_link(struct pppoe *e, const struct pppoe_packet *k, mono_t now)
{
	struct pppoe_link	*l = pppoe_links_new(e, k, now);
	struct pppoe_wish	 w;
	int			 rc;

	if (l == NULL) {
		pppoe_refuse_packet(e, k, PPPOE_TAG_SYSTEM_ERR,
		    "out of resources");
		return;
	}
	w = wish_of(e, l, k, ++e->last_id);
	rc = e->events.wanted(e->arg, l, &w);
	if (rc == 0)
		return;
	if (log_limited(&e->limit, now.ns / 1000000, NULL))
		log_warnx(e->ifname, "session refused: %s", strerror(-rc));
	pppoe_send_refusal(l, "no session can be started now");
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
	if (!padr_allowed(e, k->src, now))
		return;
	/* One that we have answered before may still ask for that again. */
	if (e->shared->closed && pppoe_links_repeated(e, k, now) == NULL) {
		e->n.closed++;
		pppoe_refuse_packet(e, k, PPPOE_TAG_SYSTEM_ERR,
		    "no new sessions now");
		return;
	}
	if (k->service.len > PPPOE_SERVICE_MAX ||
	    !pppoe_service_offered((const char *const *)e->services,
	    &k->service)) {
		e->n.no_service++;
		pppoe_refuse_packet(e, k, PPPOE_TAG_SERVICE_ERR,
		    "no such service here");
		return;
	}
	l = pppoe_links_repeated(e, k, now);
	if (l != NULL) {
		e->n.repeated++;
		if (l->ready)
			pppoe_send_pads(l);
		return;
	}
	why = no_room(e, k);
	if (why != NULL)
		pppoe_refuse_packet(e, k, PPPOE_TAG_SYSTEM_ERR, why);
	else if (is_busy(e))
		/* Unanswered: it repeats itself, and soon; told of an error
		 * many clients give up. */
		e->n.starting_full++;
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

/* ---- sessions that are none ---- */

void
pppoe_session_seen(struct pppoe *e, const uint8_t mac[PPPOE_MAC_LEN],
    uint16_t sid)
{
	const struct pppoe_link	*l = pppoe_links_by_sid(e, sid);

	if (l != NULL && memcmp(l->mac, mac, PPPOE_MAC_LEN) == 0)
		return;
	/* While an id rests, last frames of its session may come. */
	if (sid == 0 || (mac[0] & 1) != 0 ||
	    (l == NULL && pppoe_sids_used(&e->sids, sid)))
		return;
	e->n.strays++;
	if (mono_before(clock_mono(e->clock), e->quiet_until))
		return;
	if (rate_limit_allows(&e->stray_rate, clock_mono(e->clock)))
		pppoe_send_stray_padt(e, mac, sid);
}

_Static_assert(PPPOE_SECRET_LEN == PPPOE_KEY_LEN, "cookies' key");

void
pppoe_set_secret(struct pppoe *e, const uint8_t secret[PPPOE_SECRET_LEN])
{
	memcpy(e->key, secret, sizeof(e->key));
}

void
pppoe_quiet(struct pppoe *e, int ms)
{
	e->quiet_until = mono_add_ms(clock_mono(e->clock), ms);
}

/* ---- the socket ---- */

void
pppoe_input(struct pppoe *e, const uint8_t *frame, size_t len)
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
		struct sockaddr_ll	from = { 0 };
		socklen_t		len = sizeof(from);
		ssize_t			n = recvfrom(fd, frame, sizeof(frame),
					    MSG_DONTWAIT | MSG_TRUNC,
					    (struct sockaddr *)&from, &len);

		if (n < 0) {
			/* ENETDOWN says that the interface went down, once. */
			if (errno != EAGAIN && errno != EINTR)
				log_warn(e->ifname, "receive");
			return;
		}
		/* A VLAN that has no interface here: the kernel has taken its
		 * tag off, so an answer would go to nobody who asked. */
		if (from.sll_pkttype == PACKET_OTHERHOST)
			e->n.other_vlan++;
		else if ((size_t)n > sizeof(frame))
			e->n.oversize++;
		else
			pppoe_input(e, frame, (size_t)n);
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
	l->pads_at = clock_mono(e->clock);
	pppoe_links_settle(l, l->pads_at);
	pppoe_send_pads(l);
	snprintf(detail, sizeof(detail), "session 0x%04x", l->sid);
	e->events.step(e->arg, l, "pads", detail);
}

void
pppoe_link_refuse(struct pppoe_link *l, const char *why)
{
	if (!l->peer_left)
		pppoe_send_refusal(l, why);
	pppoe_links_rest(l);
}

void
pppoe_link_free(struct pppoe_link *l)
{
	struct pppoe	*e = l->pppoe;

	if (!l->ready && !l->peer_left) {
		pppoe_send_refusal(l, "no session");
	} else if (!l->peer_left) {
		pppoe_send_padt(l);
		e->events.step(e->arg, l, "padt-sent", NULL);
	}
	pppoe_links_rest(l);
}

/* ---- from start to end ---- */

static void
free_names(char *ac_name, char **services)
{
	char	**s;

	for (s = services; s != NULL && *s != NULL; s++)
		free(*s);
	free(services);
	free(ac_name);
}

static bool
copy_params(struct pppoe *e, const struct pppoe_params *p)
{
	size_t	i, n = 0;

	snprintf(e->ifname, sizeof(e->ifname), "%s", p->ifname);
	e->max_sessions = p->max_sessions;
	e->max_per_mac = p->max_per_mac;
	e->max_starting = p->max_starting;
	e->padi_rate.rate = p->padi_rate;
	e->padr_rate.rate = p->padi_rate;
	e->stray_rate.rate = STRAY_RATE;
	e->mac_rate = p->mac_rate;
	e->max_payload = p->max_payload;
	e->line_ids = p->line_ids;
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

int
pppoe_set_params(struct pppoe *e, const struct pppoe_params *p)
{
	char	*ac_name = e->ac_name, **services = e->services;

	if (copy_params(e, p)) {
		free_names(ac_name, services);
		return 0;
	}
	free_names(e->ac_name, e->services);
	e->ac_name = ac_name;
	e->services = services;
	return -ENOMEM;
}

void
pppoe_close(struct pppoe *e)
{
	e->max_sessions = 0;
}

unsigned
pppoe_sessions(const struct pppoe *e)
{
	return e->links;
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
    struct pppoe_shared *shared, const struct pppoe_params *params,
    const struct pppoe_events *events, void *arg)
{
	struct pppoe	*e = calloc(1, sizeof(*e));

	if (e == NULL) {
		close(fd);
		return NULL;
	}
	e->timers = timers;
	e->clock = clock;
	e->shared = shared;
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
		pppoe_send_padt(l);
	pppoe_links_rest(l);
	return true;
}

void
pppoe_free(struct pppoe *e)
{
	if (e == NULL)
		return;
	if (e->by_sid.slot != NULL)
		table_each(&e->by_sid, end_link, NULL);
	pppoe_links_fini(e);
	pppoe_shared_forget(e->shared, e);
	if (e->ev != NULL)
		event_free(e->ev);
	close(e->fd);
	free_names(e->ac_name, e->services);
	OPENSSL_cleanse(e->key, sizeof(e->key));
	free(e);
}

/* Frames for which the socket had no room, since this was asked last. */
static unsigned
missed(int fd)
{
	struct tpacket_stats	st = { .tp_drops = 0 };
	socklen_t		len = sizeof(st);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) != 0)
		return 0;
	return st.tp_drops;
}

json_t *
pppoe_stats(struct pppoe *e)
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
		{ "mac_rate_limited", e->n.mac_limited },
		{ "padr_limited", e->n.padr_limited },
		{ "delayed", e->n.delayed }, { "too_busy", e->n.too_busy },
		{ "other_vlan", e->n.other_vlan },
		{ "drained", e->n.closed },
		{ "missed", e->n.missed += missed(e->fd) },
		{ "strays", e->n.strays }, { "padt_stray", e->n.padt_stray },
	};
	json_t	*o = json_pack("{s:s}", "interface", e->ifname);
	size_t	 i;

	for (i = 0; o != NULL && i < sizeof(field) / sizeof(field[0]); i++)
		json_object_set_new(o, field[i].name,
		    json_integer((json_int_t)field[i].value));
	return o;
}
