/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pppd plugin: options, the life of the link, and the conversation with
 * nasd. Its other parts are peer_auth.c (PAP, CHAP), peer_eap.c,
 * ipv6cp_hold.c (the held Configure-Request) and ipcp_gate.c; it has no policy
 * of its own, nasd decides.
 *
 * pppd is one process and one loop, which must never wait: nasd's answers are
 * looked for from a timer (pppd before 2.5.3 calls nobody for a descriptor),
 * often while an answer is due and once a second otherwise.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pppd-plugin/compat.h"
#include "pppd-plugin/plugin.h"

#define SOCKET_DEFAULT	"/run/netmip4/plugin.sock"
#define POLL_IDLE_MS	1000
#define POLL_MIN_MS	2
#define POLL_MAX_MS	20
#define HOLD_DEFAULT_S	20
#define ALONE_DEFAULT_S	600
/* Our own Configure-Requests end after 30 s (10 times 3 s). */
#define HOLD_MAX_S	25

#define EXPORT		__attribute__((visibility("default")))

static struct plugin	self = {
	.hold_s = HOLD_DEFAULT_S,
	.alone_s = ALONE_DEFAULT_S,
};
/* Written by a signal handler, hence not in the struct. */
static volatile sig_atomic_t	got_signal;
static void	(*next_snoop_recv)(unsigned char *, int);

static nm_option	options[] = {
	{ .name = (char *)(uintptr_t)"netmip4-socket", .type = o_string,
	    .addr = &self.socket_path,
	    .description = (char *)(uintptr_t)"nasd's plugin socket",
	    .flags = OPT_PRIV | OPT_PRIO },
	{ .name = (char *)(uintptr_t)"netmip4-link", .type = o_int,
	    .addr = &self.link_id,
	    .description = (char *)(uintptr_t)"nasd's number of this link",
	    .flags = OPT_PRIV | OPT_PRIO },
	{ .name = (char *)(uintptr_t)"netmip4-hold", .type = o_int,
	    .addr = &self.hold_s,
	    .description = (char *)(uintptr_t)"seconds to wait for nasd",
	    .flags = OPT_PRIO | OPT_LIMITS,
	    .upper_limit = HOLD_MAX_S, .lower_limit = 1 },
	{ .name = (char *)(uintptr_t)"netmip4-alone", .type = o_int,
	    .addr = &self.alone_s,
	    .description = (char *)(uintptr_t)"seconds to live without nasd",
	    .flags = OPT_PRIO | OPT_LLIMIT, .lower_limit = 0 },
	{ .name = NULL },
};

EXPORT char	pppd_version[] = NM_PPPD_VERSION;
EXPORT void	plugin_init(void);

struct plugin *
plugin_self(void)
{
	return &self;
}

int64_t
plugin_now(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint32_t
plugin_txn(struct plugin *p)
{
	if (++p->txn == 0)
		p->txn = 1;
	return p->txn;
}

void
plugin_reason(struct plugin *p, const char *why)
{
	if (p->reason[0] == '\0')
		snprintf(p->reason, sizeof(p->reason), "%s", why);
}

bool
held_packet_put(struct held_packet *h, const uint8_t *pkt, int len)
{
	if (len < 0 || len > HELD_MAX)
		return false;
	memcpy(h->pkt, pkt, (size_t)len);
	h->len = len;
	return true;
}

void
held_packet_drop(struct held_packet *h)
{
	explicit_bzero(h, sizeof(*h));	/* a PAP password may be in it */
}

/* When to look again. The wait grows with the time already waited, so that
 * a quick answer is not kept lying and a slow one costs few wake-ups. */
static int
poll_interval(const struct plugin *p, int64_t now)
{
	int64_t	since, ms;

	if (p->nasd.fd < 0 && now < p->nasd.retry_at)
		return p->nasd.retry_at - now < POLL_IDLE_MS ?
		    (int)(p->nasd.retry_at - now) : POLL_IDLE_MS;
	if (p->fd_watched || p->nasd.fd < 0)
		return p->auth.held.held || p->v6.held.held ||
		    p->eap.deadline != 0 ? POLL_IDLE_MS / 4 : POLL_IDLE_MS;
	if (p->eap.waiting)
		since = p->eap.since;
	else if (p->auth.held.held)
		since = p->auth.held.since;
	else if (p->v6.held.held)
		since = p->v6.held.since;
	else
		return POLL_IDLE_MS;
	ms = (now - since) / 8;
	if (ms < POLL_MIN_MS)
		return POLL_MIN_MS;
	return ms > POLL_MAX_MS ? POLL_MAX_MS : (int)ms;
}

static void	poll_nasd(void *);

static void
arm_poll(struct plugin *p)
{
	int	ms = poll_interval(p, plugin_now());

	if (p->poll_armed)
		nm_untimeout(poll_nasd);
	p->poll_armed = true;
	nm_timeout(poll_nasd, ms / 1000, ms % 1000 * 1000);
}

static void
disarm_poll(struct plugin *p)
{
	if (p->poll_armed)
		nm_untimeout(poll_nasd);
	p->poll_armed = false;
}

void
plugin_wake(struct plugin *p)
{
	if (p->begun)
		arm_poll(p);
}

static void
work(struct plugin *p)
{
	int64_t	now = plugin_now();

	nasd_client_poll(&p->nasd, now);
	peer_auth_expire(p, now);
	peer_eap_expire(p, now);
	ipv6cp_hold_expire(p, now);
	if (p->alone_s > 0 && !p->forsaken &&
	    nasd_client_away(&p->nasd, now) >= (int64_t)p->alone_s * 1000) {
		p->forsaken = true;
		nm_warn("nasd did not come back");
		plugin_reason(p, "nasd did not come back");
		lcp_close(0, p->reason);
	}
}

static void
poll_nasd(void *arg)
{
	(void)arg;
	self.poll_armed = false;
	work(&self);
	plugin_wake(&self);
}

static void
on_readable(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	work(&self);
}

static void
watch_fd(struct plugin *p)
{
	if (add_fd_callback == NULL || p->nasd.fd < 0)
		return;
	add_fd_callback(p->nasd.fd, on_readable, NULL);
	p->fd_watched = true;
}


void
plugin_send(struct plugin *p, const struct plug_msg *m)
{
	(void)nasd_client_send(&p->nasd, m, plugin_now());
}

static enum plug_link_state
link_state(const struct plugin *p)
{
	if (p->v6.up)
		return PLUG_LINK_OPEN;
	if (p->v6.held.held)
		return PLUG_LINK_HELD;
	return p->authed ? PLUG_LINK_AUTHED : PLUG_LINK_NEW;
}

static void
copy_text(char *dst, size_t size, const char *src)
{
	size_t	len = src == NULL ? 0 : strnlen(src, size - 1);

	memcpy(dst, src == NULL ? "" : src, len);
	dst[len] = '\0';
}

static void
send_hello(struct plugin *p)
{
	struct plug_msg		m = { .type = PLUG_HELLO };
	struct plug_hello	*h = &m.hello;

	h->version = PLUG_VERSION;
	h->link_id = p->link_id != 0 ? p->link_id : p->given_id;
	h->pid = (uint32_t)getpid();
	h->state = link_state(p);
	h->pppoe_sid = (uint16_t)nm_session_number();
	copy_text(h->ifname, sizeof(h->ifname), nm_ifname());
	copy_text(h->device, sizeof(h->device), nm_devnam());
	copy_text(h->peer, sizeof(h->peer), nm_remote_number());
	if (p->authed)
		copy_text(h->user, sizeof(h->user), nm_peer_authname());
	h->local = p->v6.local;
	h->remote = p->v6.remote;
	plugin_send(p, &m);
}

static void
send_reason(struct plugin *p, enum plug_type type, const char *why)
{
	struct plug_msg	m = { .type = type };

	copy_text(m.reason.text, sizeof(m.reason.text), why);
	plugin_send(p, &m);
}

static void
on_connected(void *arg)
{
	struct plugin	*p = arg;

	watch_fd(p);
	send_hello(p);
	peer_auth_ask(p);
	peer_eap_ask(p);
	ipv6cp_hold_ask(p);
	ipcp_gate_announce(p);
}

static void
on_lost(void *arg, const char *why)
{
	(void)arg;
	nm_warn("no connection to nasd: %s", why);
}

static void
on_closing(void *arg, int fd)
{
	struct plugin	*p = arg;

	if (p->fd_watched && remove_fd != NULL)
		remove_fd(fd);
	p->fd_watched = false;
	peer_eap_lost(p);
}

static void
end_link(void *arg)
{
	(void)arg;
	lcp_close(0, self.reason);
}

/* LCP is closed from pppd's loop, where it has its lower layer: before that
 * pppd forgets that it was to close, and lives on with an LCP that never
 * begins. */
static void
close_link(struct plugin *p, const struct plug_reason *q)
{
	nm_info("nasd ends the %s: %q", q->hard ? "link" : "IPv6 session",
	    q->text);
	plugin_reason(p, q->text);
	if (!q->hard) {
		ipv6cp_hold_close(p, q->text);
		return;
	}
	nm_untimeout(end_link);
	nm_timeout(end_link, 0, 0);
}

static void
on_message(void *arg, const struct plug_msg *m)
{
	struct plugin	*p = arg;

	switch (m->type) {
	case PLUG_HELLO:
		nm_debug("connected to nasd");
		/* What to call ourselves, should we have to come back. */
		p->given_id = m->hello.link_id;
		return;
	case PLUG_AUTH_RESULT:
		if (!peer_eap_result(p, m->txn, &m->auth_result))
			peer_auth_result(p, m->txn, &m->auth_result);
		return;
	case PLUG_EAP:
		peer_eap_packet(p, m->txn, &m->eap);
		return;
	case PLUG_IID_ASSIGN:
		ipv6cp_hold_assign(p, m->txn, m->iid_assign.remote);
		return;
	case PLUG_IID_REFUSE:
		ipv6cp_hold_refused(p, m->txn, m->reason.text);
		return;
	case PLUG_IPV4:
		ipcp_gate_set(p, &m->ipv4);
		return;
	case PLUG_CLOSE:
		close_link(p, &m->reason);
		return;
	case PLUG_AUTH:
	case PLUG_IID_REQ:
	case PLUG_UP:
	case PLUG_DOWN:
	case PLUG_BYE:
		break;
	}
	nm_debug("unexpected %s of nasd's", plug_type_str(m->type));
}

static const struct nasd_client_events	nasd_events = {
	.connected = on_connected,
	.message = on_message,
	.lost = on_lost,
	.closing = on_closing,
};

/* pppd's exit status says little over PPPoE; what we know goes first. */
static const char *
end_reason(const struct plugin *p)
{
	if (p->reason[0] != '\0')
		return p->reason;
	if (got_signal != 0)
		return "pppd was told to end";
	switch (nm_status()) {
	case EXIT_PEER_DEAD:
		return "peer does not answer LCP echos";
	case EXIT_HANGUP:
		return "hangup, the link is lost";
	case EXIT_PEER_AUTH_FAILED:
		return "authentication failed";
	case EXIT_NEGOTIATION_FAILED:
		return "LCP negotiation failed";
	case EXIT_IDLE_TIMEOUT:
		return "idle";
	case EXIT_CONNECT_TIME:
		return "session time is over";
	}
	return "link ended";
}

/* A Terminate-Request of the peer's leaves no other trace in pppd. */
static void
on_snoop_recv(unsigned char *pkt, int len)
{
	if (next_snoop_recv != NULL)
		next_snoop_recv(pkt, len);
	if (len > PPP_HDRLEN && PPP_PROTOCOL(pkt) == PPP_LCP &&
	    pkt[PPP_HDRLEN] == TERMREQ && self.begun)
		plugin_reason(&self, "peer ended the link");
}

static void
link_begins(struct plugin *p)
{
	p->begun = true;
	p->forsaken = false;
	p->given_id = 0;
	p->authed = false;
	p->reason[0] = '\0';
	peer_auth_reset(p);
	peer_eap_reset(p);
	ipv6cp_hold_reset(p);
	ipcp_gate_reset(p);
	/* What nasd can not check must not be offered. */
	if (lcp_wantoptions[0].chap_mdtype & MDTYPE_MICROSOFT)
		nm_debug("MS-CHAP of version 1 is not offered");
	lcp_wantoptions[0].chap_mdtype &= MDTYPE_MD5 | MDTYPE_MICROSOFT_V2;
	if (lcp_wantoptions[0].chap_mdtype == MDTYPE_NONE)
		lcp_wantoptions[0].neg_chap = 0;
	nasd_client_init(&p->nasd, p->socket_path != NULL ? p->socket_path :
	    SOCKET_DEFAULT, &nasd_events, p);
	work(p);
	arm_poll(p);
}

static void
link_ends(struct plugin *p)
{
	if (!p->begun)
		return;
	p->begun = false;
	disarm_poll(p);
	nm_untimeout(end_link);
	send_reason(p, PLUG_BYE, end_reason(p));
	nasd_client_close(&p->nasd);
	peer_auth_reset(p);
	peer_eap_reset(p);
	ipv6cp_hold_reset(p);
	ipcp_gate_reset(p);
}

/* Nothing that was held can still be answered, and who comes next has to say
 * so again. pppd has taken the network protocols down before. */
static void
lcp_went_down(struct plugin *p)
{
	p->authed = false;
	peer_auth_reset(p);
	ipv6cp_hold_reset(p);
	ipcp_gate_reset(p);
}

static void
on_phase(void *arg, int phase_now)
{
	(void)arg;
	/* At the first ESTABLISH a session socket is bound and the interface
	 * has its name. */
	if (phase_now == PHASE_ESTABLISH && !self.begun)
		link_begins(&self);
	else if (phase_now == PHASE_ESTABLISH)
		lcp_went_down(&self);
	else if (phase_now == PHASE_DEAD)
		link_ends(&self);
}

static void
on_exit_notify(void *arg, int status_now)
{
	(void)arg;
	(void)status_now;
	link_ends(&self);
}

/* Runs inside pppd's signal handler: remember, nothing else. */
static void
on_signal(void *arg, int sig)
{
	(void)arg;
	got_signal = sig;
}

static void
on_auth_up(void *arg, int unused)
{
	(void)arg;
	(void)unused;
	self.authed = true;
}

void
plugin_init(void)
{
	nm_add_options(options);
	peer_auth_init(&self);
	peer_eap_init(&self);
	ipv6cp_hold_init(&self);
	ipcp_gate_init(&self);
	next_snoop_recv = snoop_recv_hook;
	snoop_recv_hook = on_snoop_recv;
	nm_on_phase(on_phase);
	nm_on_exit(on_exit_notify);
	nm_on_signal(on_signal);
	nm_on_auth_up(on_auth_up);
}
