/* SPDX-License-Identifier: BSD-2-Clause */
/* See fa_hear.h. Under it fa_sock.c, by the root side; only reads and hands
 * on. */
#define LOG_MODULE "node"
#include "nasd/fa_hear.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>

#include "common/ctl_json.h"
#include "common/ip4.h"
#include "common/log.h"
#include "common/packet_aux.h"
#include "common/priv.h"
#include "nasd/access_node.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_ops.h"

#define READ_TURN	64	/* packets read at once */
#define AGAIN_MS	5000	/* until it is looked for again */
#define LEAST_MS	1000
#define TTL_NEAR	1
#define ALL_ROUTERS	0xe0000002	/* 224.0.0.2 */

struct fa_hear {
	struct engine	*engine;
	struct in_addr	 fa, own;
	char		 name[INET_ADDRSTRLEN];
	bool		 learns;
	unsigned	 ifindex;		/* 0: not heard */
	char		 ifname[NASD_PRIV_IFNAME];
	struct event	*ev;
	bool		 asking, said;
	mono_t		 asked;
	struct timer	 t_again;
	uint64_t	 malformed;
	struct fa_agent	 agent;
};

struct fa_hears {
	unsigned	n;
	struct fa_hear	one[];
};

static mono_t
now(const struct fa_hear *h)
{
	return clock_mono(h->engine->clock);
}

/* ---- what is heard ---- */

static void
packet(struct fa_hear *h, const uint8_t *buf, size_t len, bool summed)
{
	struct ip4_packet p;

	if (ip4_read(&p, buf, len, summed) != IP4_OK)
		h->malformed++;
	else if (p.proto == IPPROTO_UDP)
		mip_client_relayed(h->engine->mip, p.src, p.data, p.len);
	else
		fa_agent_hear(&h->agent, p.data, p.len, p.ttl);
}

/* One packet; false: there is none. */
static bool
receive(struct fa_hear *h, int fd)
{
	struct packet_aux aux;
	uint8_t buf[2048];
	ssize_t n = packet_aux_receive(fd, buf, sizeof(buf), NULL, &aux);

	if (n < 0)
		return false;
	if ((size_t)n > sizeof(buf))
		h->malformed++;
	else
		packet(h, buf, (size_t)n, aux.summed);
	return true;
}

/* ---- its socket ---- */

static void
look_again(struct fa_hear *h, int64_t ms)
{
	if (timer_set(&h->engine->timers, &h->t_again, mono_add_ms(now(h),
	    ms)) != 0)
		log_errorx(h->name, "out of memory for a timer");
}

static void
close_socket(struct fa_hear *h)
{
	int fd;

	h->ifindex = 0;
	if (h->ev == NULL)
		return;
	fd = event_get_fd(h->ev);
	event_free(h->ev);
	close(fd);
	h->ev = NULL;
}

/* Its interface has gone, or is down. */
static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct fa_hear *h = arg;
	unsigned i;

	(void)what;
	for (i = 0; i < READ_TURN && receive(h, fd); i++)
		;
	if (i == READ_TURN || errno == EAGAIN || errno == EWOULDBLOCK)
		return;
	log_info(h->name, "foreign agent not heard on %s: %s", h->ifname,
	    strerror(errno));
	close_socket(h);
	look_again(h, LEAST_MS);
}

static void
not_there(struct fa_hear *h, const char *why)
{
	close_socket(h);
	if (!h->said)
		log_warnx(h->name, "foreign agent can not be heard: %s", why);
	h->said = true;
	look_again(h, AGAIN_MS);
}

static void
hear_on(struct fa_hear *h, const struct nasd_priv_fa_opened *r, int fd)
{
	close_socket(h);
	h->ev = event_new(h->engine->base, fd, EV_READ | EV_PERSIST, readable,
	    h);
	if (h->ev == NULL || event_add(h->ev, NULL) != 0) {
		if (h->ev != NULL)
			event_free(h->ev);
		h->ev = NULL;
		close(fd);
		not_there(h, "out of memory");
		return;
	}
	h->ifindex = r->ifindex;
	memcpy(h->ifname, r->ifname, sizeof(h->ifname));
	h->said = false;
	log_info(h->name, "foreign agent on %s", h->ifname);
	fa_agent_start(&h->agent);
	access_nodes_agent_on(h->engine->nodes, h->fa);
}

static void
was_opened(void *arg, int status, const void *body, size_t len, int fd)
{
	struct fa_hear *h = arg;
	struct nasd_priv_fa_opened r;

	h->asking = false;
	if (status != 0 || fd == -1 || len != sizeof(r)) {
		not_there(h, strerror(-status));
		return;
	}
	memcpy(&r, body, sizeof(r));
	h->own = r.own;
	r.ifname[sizeof(r.ifname) - 1] = '\0';
	if (h->ev != NULL && h->ifindex == r.ifindex)
		close(fd);
	else
		hear_on(h, &r, fd);
}

static void
look(struct fa_hear *h)
{
	const struct nasd_priv_fa_open q = { .fa = h->fa };

	if (h->asking)
		return;
	h->asked = now(h);
	timer_cancel(&h->engine->timers, &h->t_again);
	h->asking = priv_request(h->engine->priv, NASD_PRIV_FA_OPEN, &q,
	    sizeof(q), was_opened, h) == 0;
	if (!h->asking)
		look_again(h, AGAIN_MS);
}

static void
look_soon(struct fa_hear *h)
{
	if (mono_diff_ms(now(h), h->asked) >= LEAST_MS)
		look(h);
}

static void
again_fire(struct timer *t)
{
	look(container_of(t, struct fa_hear, t_again));
}

/* ---- solicitations ---- */

static void
solicit(void *arg)
{
	static const uint8_t lladdr[6] = { 0x01, 0x00, 0x5e, 0, 0, 2 };
	struct fa_hear *h = arg;
	uint8_t icmp[FA_SOLICIT_LEN], buf[IP4_HEADER + FA_SOLICIT_LEN];
	const struct ip4_packet p = {
		.src = h->own, .dst = { htonl(ALL_ROUTERS) },
		.ttl = TTL_NEAR, .proto = IPPROTO_ICMP,
		.data = icmp, .len = sizeof(icmp),
	};
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)h->ifindex, .sll_halen = sizeof(lladdr),
	};
	size_t len;

	if (h->ev == NULL)
		return;
	memcpy(to.sll_addr, lladdr, sizeof(lladdr));
	fa_advert_solicit(icmp);
	len = ip4_write(&p, buf, sizeof(buf));
	if (len == 0 || sendto(event_get_fd(h->ev), buf, len, MSG_DONTWAIT,
	    (const struct sockaddr *)&to, sizeof(to)) == -1)
		log_debug(h->name, "solicitation not sent: %s",
		    strerror(errno));
	/* Who does not answer may be on another link by now. */
	if (h->agent.n_solicited > 1)
		look_soon(h);
}

/* ---- all ---- */

static void
happened(void *arg, enum fa_event what)
{
	struct fa_hear *h = arg;

	access_nodes_agent(h->engine->nodes, h->fa, &h->agent, what);
}

static struct fa_hear *
find(const struct fa_hears *hs, struct in_addr fa)
{
	for (unsigned i = 0; hs != NULL && i < hs->n; i++)
		if (hs->one[i].fa.s_addr == fa.s_addr)
			return (struct fa_hear *)&hs->one[i];
	return NULL;
}

static void
add(struct fa_hears *hs, struct engine *e, struct in_addr fa)
{
	struct fa_hear *h = &hs->one[hs->n++];

	h->engine = e;
	h->fa = fa;
	inet_ntop(AF_INET, &fa, h->name, sizeof(h->name));
	h->t_again.fire = again_fire;
	h->agent = (struct fa_agent){ .timers = &e->timers,
		.clock = e->clock, .subject = h->name, .event = happened,
		.solicit = solicit, .arg = h };
}

struct fa_hears *
fa_hears_new(struct engine *e)
{
	const struct nasd_config *cf = e->cfg;
	struct fa_hears *hs = calloc(1, sizeof(*hs) +
	    cf->n_node * sizeof(hs->one[0]));

	if (hs == NULL)
		return NULL;
	for (unsigned i = 0; i < cf->n_node; i++) {
		const struct config_node *n = &cf->node[i];

		if (n->via_fa.s_addr == INADDR_ANY)
			continue;
		if (find(hs, n->via_fa) == NULL)
			add(hs, e, n->via_fa);
		find(hs, n->via_fa)->learns |= n->coa.s_addr == INADDR_ANY;
	}
	for (unsigned i = 0; i < hs->n; i++) {
		hs->one[i].agent.passive = !hs->one[i].learns;
		look(&hs->one[i]);
	}
	return hs;
}

void
fa_hears_free(struct fa_hears *hs)
{
	if (hs == NULL)
		return;
	for (unsigned i = 0; i < hs->n; i++) {
		fa_agent_stop(&hs->one[i].agent);
		timer_cancel(&hs->one[i].engine->timers, &hs->one[i].t_again);
		close_socket(&hs->one[i]);
	}
	free(hs);
}

void
fa_hears_look(struct fa_hears *hs, struct in_addr fa)
{
	struct fa_hear *h = find(hs, fa);

	if (h != NULL)
		look_soon(h);
}

const struct fa_agent *
fa_hears_agent(const struct fa_hears *hs, struct in_addr fa)
{
	const struct fa_hear *h = find(hs, fa);

	return h != NULL && h->learns ? &h->agent : NULL;
}

/* ---- for nasctl ---- */

static void
put_agent(json_t *o, const struct fa_agent *a)
{
	const uint8_t flags = a->known ? a->last.flags : 0;

	json_object_update_new(o, json_pack("{s:b, s:o, s:i, s:i, s:i, s:b,"
	    " s:b, s:b, s:b}",
	    "known", a->known,
	    "care_of_address", a->coa.s_addr != INADDR_ANY ?
	    ctl_ipv4(a->coa) : json_null(),
	    "registration_lifetime", a->known ? a->last.reg_lifetime : 0,
	    "sequence", a->last.sequence,
	    "left", (int)fa_agent_left(a),
	    "busy", (flags & FA_ADVERT_B) != 0,
	    "reverse_tunnels", (flags & FA_ADVERT_T) != 0,
	    "gre", (flags & FA_ADVERT_G) != 0,
	    "registration_required", (flags & FA_ADVERT_R) != 0));
	for (int c = 0; c < FA_C_COUNT; c++)
		json_object_set_new(o, fa_counter_key(c),
		    json_integer((json_int_t)a->count[c]));
}

json_t *
fa_hears_json(const struct fa_hears *hs)
{
	json_t *list = json_array(), *o;

	for (unsigned i = 0; hs != NULL && i < hs->n; i++) {
		const struct fa_hear *h = &hs->one[i];

		o = json_pack("{s:s, s:o, s:b, s:I}", "foreign_agent", h->name,
		    "interface", h->ifindex != 0 ? json_string(h->ifname) :
		    json_null(), "learns", h->learns,
		    "malformed", (json_int_t)h->malformed);
		put_agent(o, &h->agent);
		json_array_append_new(list, o);
	}
	return list;
}
