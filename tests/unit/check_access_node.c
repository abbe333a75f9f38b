/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access nodes' links [draft-navali Figures 4, 6, 7]: what begins a session
 * there, what the root side is asked for, what is kept and delivered, and how
 * it ends. The root side, the client and the tunnel are stand-ins; the link is
 * one end of a socket pair.
 */
#include "tests/unit/session_rig.h"

#include <net/if.h>
#include <sys/socket.h>

#include "common/ip4.h"
#include "common/nd6.h"
#include "common/netlink_watch.h"
#include "common/wire.h"
#include "nasd/access_node.h"
#include "nasd/access_node_int.h"
#include "nasd/fa_hear.h"

#define LINKS	2
#define FA	0x0a0a0a01u
#define COA	0x0a090901u

static struct config_node links[LINKS] = {
	{ .ifname = "lo", .nai = "mn1@example.net" },
	{ .ifname = "an1", .nai = "mn2@example.net", .proactive = true,
	    .has_router = true, .router = { 2, 0, 0, 0, 0, 9 } },
};
static const uint8_t mn_mac[6] = { 2, 0, 0, 0, 0, 0x11 };
static const uint8_t *speaks = mn_mac;

/* ---- the root side ---- */

struct request {
	uint16_t	 type;
	priv_done	*done;
	void		*arg;
	char		 ifname[NASD_PRIV_IFNAME];
};

static struct request queue[16];
static unsigned queued;
static int root_fails;		/* -errno of each request, at once */
static uint64_t packets, carried;	/* what it counts, of what came */
static int link_fd[LINKS], tunnel_fd[LINKS], fa_fd;	/* our ends, or -1 */
static int data_fd[LINKS];
static struct request hears_data[LINKS];	/* unanswered if done */
static unsigned fa_ifindex = 7;

static unsigned
link_of(const char *ifname)
{
	return (strcmp(ifname, links[1].ifname) == 0);
}

static const char *
mac_text(const uint8_t mac[6])
{
	static char text[2][8];
	static unsigned i;

	i = !i;
	snprintf(text[i], sizeof(text[i]), "%02x", mac[5]);
	return (text[i]);
}

static int
request(uint16_t type, const void *body, priv_done *done, void *arg)
{
	const struct nasd_priv_node_set *q = body;	/* ifname first */
	static const struct nasd_priv_node_set none;

	switch (type) {
	case NASD_PRIV_FA_OPEN:
		call("hear");
		q = &none;
		break;
	case NASD_PRIV_NODE_OPEN:
		call("open %s", q->ifname);
		break;
	case NASD_PRIV_NODE_HEAR:	/* answered apart from the others */
		hears_data[link_of(q->ifname)] = (struct request){ type, done,
		    arg, "" };
		return (root_fails);
	case NASD_PRIV_NODE_SET:
		call("set %s %u to %u", q->ifname,
		    ntohl(q->coa.s_addr) & 0xff, ntohl(q->ha.s_addr) & 0xff);
		if (q->gre.own != 0)
			call("gre %u %u", q->gre.own, q->gre.peer);
		if (q->carry)
			call("%s %s as %s", q->carry == NASD_PRIV_CARRY_DOWN ?
			    "down" : "carry", mac_text(q->mn),
			    mac_text(q->router));
		break;
	case NASD_PRIV_NODE_DEL:
		call("unset %s", q->ifname);
		break;
	case NASD_PRIV_NODE_COUNT:
		call("count %s", q->ifname);
		break;
	}
	if (root_fails != 0)
		return (root_fails);
	if (done == NULL)
		return (0);
	ck_assert_uint_lt(queued, sizeof(queue) / sizeof(queue[0]));
	queue[queued] = (struct request){ type, done, arg, "" };
	memcpy(queue[queued++].ifname, q->ifname, sizeof(q->ifname));
	return (0);
}

static int
pair(int *ours)
{
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	if (*ours != -1)
		close(*ours);
	*ours = fd[0];
	return (fd[1]);
}

static void
answer_data(unsigned link, int status)
{
	struct request r = hears_data[link];

	ck_assert_ptr_nonnull(r.done);
	hears_data[link].done = NULL;
	r.done(r.arg, status, NULL, 0, status != 0 ? -1 :
	    pair(&data_fd[link]));
}

/* The oldest request is answered; a tunnel is made with a socket. */
static void
answer_with(int status, bool made)
{
	struct nasd_priv_node_opened opened = { .mtu = 1500,
	    .mac = { 2, 0, 0, 0, 0, 1 } };
	struct nasd_priv_node_was_set was = { .made = made };
	struct nasd_priv_counted counted = { .rx_bytes = 700,
	    .tx_bytes = 70, .rx_packets = packets, .tx_packets = 1,
	    .rx_dropped = 6, .rx_carried = carried };
	const struct nasd_priv_fa_opened fa = { .ifindex = fa_ifindex,
	    .own.s_addr = htonl(0x0a0a0a02), .ifname = "up0" };
	struct request r = queue[0];
	unsigned i = link_of(r.ifname);

	ck_assert_uint_gt(queued, 0);
	memmove(&queue[0], &queue[1], --queued * sizeof(queue[0]));
	if (status != 0)
		r.done(r.arg, status, NULL, 0, -1);
	else if (r.type == NASD_PRIV_FA_OPEN)
		r.done(r.arg, 0, &fa, sizeof(fa), fa_fd == -1 ?
		    pair(&fa_fd) : dup(fa_fd));
	else if (r.type == NASD_PRIV_NODE_OPEN)
		r.done(r.arg, 0, &opened, sizeof(opened), pair(&link_fd[i]));
	else if (r.type == NASD_PRIV_NODE_SET)
		r.done(r.arg, 0, &was, sizeof(was),
		    made ? pair(&tunnel_fd[i]) : -1);
	else
		r.done(r.arg, 0, &counted, sizeof(counted), -1);
}

static void
answer(void)
{
	answer_with(0, true);
}

static void
answer_all(void)
{
	while (queued > 0)
		answer_with(0, false);
}

/* What goes into a tunnel: a packet socket's, which socket pairs are not. */
static uint8_t delivered[512];

ssize_t
sendto(int fd, const void *packet, size_t len, int flags,
    const struct sockaddr *to, socklen_t to_len)
{
	(void)fd;
	(void)flags;
	(void)to;
	(void)to_len;
	ck_assert_uint_le(len, sizeof(delivered));
	memcpy(delivered, packet, len);
	call("deliver %zu", len);
	return ((ssize_t)len);
}

/* What comes from an agent's link, which may be down. */
static bool fa_down;

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	m->msg_controllen = 0;
	if (!fa_down)
		return (recv(fd, m->msg_iov->iov_base, m->msg_iov->iov_len,
		    flags));
	errno = ENETDOWN;
	return (-1);
}

/* ---- what is said on the link ---- */

static void
hear(void)
{
	ck_assert_int_ne(event_base_loop(engine.base, EVLOOP_NONBLOCK), -1);
}

static void
put(unsigned link, const uint8_t *packet, size_t len)
{
	uint8_t frame[14 + 256] = { 0x33, 0x33, 0, 0, 0, 1 };

	memcpy(frame + 6, speaks, 6);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	memcpy(frame + 14, packet, len);
	ck_assert_int_eq(send(link_fd[link], frame, 14 + len, 0),
	    (ssize_t)(14 + len));
	hear();
}

/* Its detection of an address that ends so. */
static void
say_ns(unsigned link, uint8_t last)
{
	struct nd6 nd = { .target = { .s6_addr = { 0xfe, 0x80,
	    [15] = last } } };
	uint8_t buf[ND6_PACKET_MAX];
	int len;

	nd.dst = nd6_group(&nd.target);
	len = nd6_encode(&nd, buf, sizeof(buf));
	ck_assert_int_gt(len, 0);
	put(link, buf, (size_t)len);
}

static void
say_rs(unsigned link)
{
	static const struct in6_addr none, routers = { .s6_addr = { 0xff, 2,
	    [15] = 2 } };
	uint8_t buf[ND6_HEADER_LEN + 8] = { [ND6_HEADER_LEN] = 133 };
	size_t len = nd6_close(buf, 8, &none, &routers);

	put(link, buf, len);
}

/* Out of the tunnel: whose link-layer address the router's is. */
static void
say_ra(unsigned link, uint8_t last)
{
	static const struct in6_addr nodes = { .s6_addr = { 0xff, 2,
	    [15] = 1 } }, router = { .s6_addr = { 0xfe, 0x80, [15] = 1 } };
	struct icmp6_ra ra = { .hop_limit = 64, .router_lifetime = 1800,
	    .has_lladdr = true, .lladdr = { 2, 0, 0, 0, 0, last } };
	uint8_t buf[ND6_HEADER_LEN + 128];
	int n = icmp6_ra_encode(&ra, buf + ND6_HEADER_LEN, 128);
	size_t len;

	ck_assert_int_gt(n, 0);
	len = nd6_close(buf, (size_t)n, &router, &nodes);
	ck_assert_int_eq(send(tunnel_fd[link], buf, len, 0), (ssize_t)len);
	hear();
}

/* ---- fixtures ---- */

/* The kernel tells; it has had carrier so often. */
static uint32_t ups;

static void
link_is(const char *name, bool carrier, bool gone)
{
	const struct nl_watch_link l = { .name = name, .gone = gone,
		.ifindex = 7, .up = true, .carrier = carrier, .ups = ups };

	access_nodes_link_is(engine.nodes, &l);
}

static void
make(bool fresh)
{
	engine.nodes = access_nodes_new(&engine);
	ck_assert_ptr_nonnull(engine.nodes);
	if (fresh)
		called("open lo;open an1;");
}

static void
set_up(void)
{
	setup();
	for (unsigned i = 0; i < LINKS; i++) {
		links[i].sa = (struct mip4_sa){ .spi = 512 + i,
		    .alg = MIP4_ALG_HMAC_MD5, .key_len = 16,
		    .key = "the mobile node" };
		ck_assert_int_eq(mip4_sa_prepare(&links[i].sa), 0);
		link_fd[i] = tunnel_fd[i] = data_fd[i] = -1;
		hears_data[i].done = NULL;
	}
	cfg.node = links;
	cfg.n_node = LINKS;
	cfg.coas.first.s_addr = htonl(0x0a090001);
	cfg.coas.last.s_addr = htonl(0x0a0900ff);
	node_request = request;
	queued = 0;
	root_fails = 0;
	packets = 7;
	carried = 0;
	ups = 1;
	fa_fd = -1;
	links[0].n_ha = 0;
	links[0].idle_s = 0;
	engine.base = event_base_new();
	make(true);
	answer();
	answer();
	called("");
	access_nodes_resumed(engine.nodes);
	called("unset lo;unset an1;");
}

static void
tear_down(void)
{
	unsigned i;

	access_nodes_free(engine.nodes);
	engine.nodes = NULL;
	event_base_free(engine.base);
	engine.base = NULL;
	for (i = 0; i < LINKS; i++) {
		mip4_sa_wipe(&links[i].sa);
		if (link_fd[i] != -1)
			close(link_fd[i]);
		if (tunnel_fd[i] != -1)
			close(tunnel_fd[i]);
		if (data_fd[i] != -1)
			close(data_fd[i]);
	}
	node_request = NULL;
	teardown();
}

static struct session *
session_at(unsigned link)
{
	return (session_find(&engine.sessions, links[link].ifname));
}

/* What "show access-nodes" says of one. */
static int64_t
shown(unsigned link, const char *key)
{
	json_t *all = access_nodes_json(engine.nodes);
	const json_t *v = json_object_get(json_array_get(all, link), key);
	int64_t n;

	ck_assert_ptr_nonnull(v);
	n = json_is_integer(v) ? json_integer_value(v) :
	    json_is_string(v) || json_is_true(v);
	json_decref(all);
	return (n);
}

/* The home agent says yes. */
static void
confirm(struct session *s)
{
	struct mip_result r = { .outcome = MIP_REGISTERED, .lifetime = 1800,
	    .gre = answered_gre, .text = "text" };

	mip_ev->registered(s, &r);
}

static struct session *
bring_it_up(void)
{
	struct session *s;

	say_ns(0, 1);
	answer();
	s = session_at(0);
	ck_assert_ptr_nonnull(s);
	confirm(s);
	answer_with(0, false);
	ck_assert_int_eq(s->state, SESSION_UP);
	forget_calls();
	return (s);
}

/* What is left of it ends. */
static void
let_go(unsigned link)
{
	struct session *s = session_at(link);

	answer_all();
	if (s != NULL && s->reg != NULL)
		deregistered(s);
	answer_all();
	ck_assert_ptr_null(session_at(link));
	if (s != NULL)
		ck_assert_ptr_nonnull(strstr(calls, link == 0 ? "unset lo;" :
		    "unset an1;"));
	forget_calls();
}

static void
end_it(unsigned link)
{
	session_event(session_at(link), SESSION_EV_TERMINATE, NULL);
	let_go(link);
}

/* ---- what begins a session ---- */

START_TEST(figure_6)
{
	struct session *s;

	say_ns(0, 1);
	called("set lo 1 to 1;down 11 as 01;");	/* and no way from it */
	s = session_at(0);
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_eq(s->access, access_of_kind(ACCESS_NODE));
	ck_assert_str_eq(s->calling, "02-00-00-00-00-11");
	answer();
	called("rrq mn1@example.net shared;");
	ck_assert_int_eq(asked_kind, MIP_NODE);
	ck_assert_uint_eq(ntohl(asked_coa.s_addr), 0x0a090001);
	ck_assert_uint_eq(asked_after, 0);
	ck_assert_uint_eq(asked_sa.spi, 512);
	ck_assert_int_eq(shown(0, "bridged"), 0);
	confirm(s);
	called("set lo 1 to 1;carry 11 as 01;");
	ck_assert_int_eq(s->state, SESSION_INSTALLING);
	answer_with(0, false);
	called("deliver 64;acct 0;");
	ck_assert_uint_eq(delivered[40], 135);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_int_eq(shown(0, "bridged"), 1);
	say_ns(0, 2);			/* that passes by itself */
	called("");
	end_it(0);
}
END_TEST

/* Packets to it have a key before the registration is asked for, and the bridge
 * has both; another one of the home agent's is told, too. */
START_TEST(in_gre)
{
	struct mip_result r = { .outcome = MIP_REGISTERED, .lifetime = 1800,
	    .gre = { 4711, 8 } };
	struct session *s;

	has[0].gre = true;
	answered_gre = (struct gre_keys){ 4711, 7 };
	say_ns(0, 1);
	called("set lo 1 to 1;gre 4711 0;");
	answer();
	called("rrq mn1@example.net shared;gre-key 4711;");
	s = session_at(0);
	ck_assert_ptr_nonnull(s);
	confirm(s);
	called("set lo 1 to 1;gre 4711 7;carry 11 as 01;");
	answer_with(0, false);
	forget_calls();
	mip_ev->changed(s, &r);
	ck_assert_ptr_nonnull(strstr(calls, "gre 4711 8;carry 11 as 01;"));
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	end_it(0);
	answered_gre = (struct gre_keys){ 0, 0 };
	has[0].gre = false;
}
END_TEST

/* 48 is nothing for a foreign agent [RFC 6245 4.1]; and nothing comes through
 * it before there is a home address. */
START_TEST(not_in_gre_behind_a_foreign_agent)
{
	has[0].gre = true;
	links[0].via_fa.s_addr = htonl(FA);
	links[0].coa.s_addr = htonl(COA);
	say_ns(0, 1);
	ck_assert_ptr_null(strstr(calls, "down"));
	answer_all();
	ck_assert_ptr_nonnull(strstr(calls, "rrq mn1@example.net shared;"));
	ck_assert_ptr_null(strstr(calls, "gre"));
	has[0].gre = false;
	links[0].via_fa.s_addr = links[0].coa.s_addr = INADDR_ANY;
	end_it(0);
}
END_TEST

/* ---- a foreign agent that is learnt ---- */

/* As set_up does, but for the first link. */
static void
make_learning(uint32_t coa)
{
	access_nodes_free(engine.nodes);
	engine.nodes = NULL;
	links[0].coa.s_addr = htonl(coa);
	links[0].via_fa.s_addr = htonl(FA);
	links[0].lifetime = 300;
	engine.fas = fa_hears_new(&engine);
	ck_assert_ptr_nonnull(engine.fas);
	called("hear;");
	answer();
	make(true);
	answer();
	answer();
	access_nodes_resumed(engine.nodes);
	forget_calls();
}

static void
no_learning(void)
{
	fa_hears_free(engine.fas);
	engine.fas = NULL;
	links[0].via_fa.s_addr = links[0].coa.s_addr = INADDR_ANY;
	links[0].lifetime = 0;
	links[0].proactive = false;
	close(fa_fd);
	fa_fd = -1;
}

static void
from_agent(struct ip4_packet *p)
{
	uint8_t buf[128];
	size_t len;

	p->src.s_addr = htonl(FA);
	p->dst.s_addr = htonl(INADDR_ALLHOSTS_GROUP);
	len = ip4_write(p, buf, sizeof(buf));
	ck_assert_uint_gt(len, 0);
	ck_assert_int_eq(send(fa_fd, buf, len, 0), (ssize_t)len);
	hear();
}

/* F and T, and others' flags. */
static void
advertise(unsigned lifetime, unsigned seq, unsigned reg, unsigned flags,
    uint32_t coa)
{
	uint8_t icmp[20];
	struct ip4_packet p = { .ttl = 1, .proto = IPPROTO_ICMP,
	    .data = icmp, .len = sizeof(icmp) };
	struct wire_w w;

	wire_w_init(&w, icmp, sizeof(icmp));
	wire_w_u32(&w, 0x09100000);
	wire_w_u16(&w, 2);
	wire_w_u16(&w, (uint16_t)lifetime);
	wire_w_u16(&w, 16 << 8 | 10);
	wire_w_u16(&w, (uint16_t)seq);
	wire_w_u16(&w, (uint16_t)reg);
	wire_w_u16(&w, (uint16_t)((0x11 | flags) << 8));
	wire_w_u32(&w, coa);
	wire_w_put_u16(&w, 2, ip4_fold(ip4_sum(0, icmp, sizeof(icmp))));
	from_agent(&p);
}

/* Nothing begins before it is known, and then at once. */
START_TEST(agent_learnt)
{
	struct session *s;

	make_learning(INADDR_ANY);
	say_ns(0, 1);
	called("");
	ck_assert_ptr_null(session_at(0));
	ck_assert_int_eq(shown(0, "mobile_node"), 1);
	wait_ms(1000);
	called("deliver 28;");		/* a solicitation */
	ck_assert_uint_eq(delivered[8], 1);
	ck_assert_uint_eq(delivered[15], 2);	/* from ours */
	ck_assert_uint_eq(delivered[20], 10);
	advertise(300, 5, 200, 0x40, COA);
	called("");
	wait_ms(1000);
	advertise(300, 6, 200, 0, COA);
	called("hear;set lo 0 to 1;");
	answer_with(0, false);		/* on the same link */
	answer_with(0, false);
	called("rrq mn1@example.net shared;");
	ck_assert_uint_eq(ntohl(asked_coa.s_addr), COA);
	ck_assert_uint_eq(asked_lifetime, 200);
	s = session_at(0);
	confirm(s);
	answer_with(0, true);
	ck_assert_int_eq(s->state, SESSION_UP);
	forget_calls();

	wait_ms(1000);
	advertise(300, 7, 1800, 0, COA);
	called("");
	wait_ms(1000);
	advertise(300, 0, 1800, 0, COA);
	called("anew 1 300;");
	wait_ms(1000);
	advertise(300, 1, 1800, 0, COA + 1);
	called("anew 2 300;");
	/* It has been restarted, and takes nobody yet; or offers nothing. */
	wait_ms(1000);
	advertise(300, 0, 0, 0, COA + 1);
	called("anew 2 300;");
	wait_ms(1000);
	advertise(300, 1, 1800, 0, INADDR_ANY);
	called("");
	wait_ms(1000);
	advertise(300, 0, 1800, 0, COA + 1);
	called("anew 2 300;");
	/* It has gone to another link: tunnels have their ways there. */
	wait_ms(1000);
	fa_ifindex++;
	fa_hears_look(engine.fas, links[0].via_fa);
	called("hear;");
	close(fa_fd);
	fa_fd = -1;
	answer();
	called("set lo 0 to 1;carry 11 as 01;");
	answer_with(0, false);
	/* Whoever is there stays, and nobody else comes. */
	wait_ms(1000);
	advertise(0, 2, 1800, 0, COA + 1);
	ck_assert_int_eq(s->state, SESSION_UP);
	end_it(0);
	say_ns(0, 1);
	ck_assert_ptr_null(session_at(0));
	no_learning();
}
END_TEST

/* It has forgotten ten, whom it does not take all at once. */
START_TEST(agent_of_many)
{
	struct access_nodes *many = calloc(1, sizeof(*many) +
	    10 * sizeof(many->link[0]));
	unsigned n = 10;

	ck_assert_ptr_nonnull(many);
	make_learning(INADDR_ANY);
	advertise(300, 5, 200, 0, COA);
	many->engine = &engine;
	many->n = n;
	for (unsigned i = 0; i < n; i++) {
		many->link[i].all = many;
		many->link[i].cfg = &links[0];
		many->link[i].coa.s_addr = htonl(COA);
	}
	say_ns(0, 1);
	answer_all();
	/* The first is nobody's. */
	for (unsigned i = 1; i < n; i++)
		many->link[i].session = session_at(0);
	forget_calls();
	access_nodes_agent(many, links[0].via_fa, fa_hears_agent(engine.fas,
	    links[0].via_fa), FA_REBOOTED);
	called("anew 1 200;anew 1 200;anew 1 200;anew 1 200;"
	    "anew 1 200;in 100 ms;anew 1 200;in 100 ms;"
	    "anew 1 200;in 100 ms;anew 1 200;in 100 ms;"
	    "anew 1 200;in 200 ms;");
	free(many);
	end_it(0);
	no_learning();
}
END_TEST

/* Nor first requests of so many. */
START_TEST(agent_waited_for_by_many)
{
	struct access_nodes *many = calloc(1, sizeof(*many) +
	    5 * sizeof(many->link[0]));
	struct node_link *last = &many->link[4];
	const struct fa_agent *agent;

	ck_assert_ptr_nonnull(many);
	make_learning(INADDR_ANY);
	advertise(300, 5, 200, 0, COA);
	agent = fa_hears_agent(engine.fas, links[0].via_fa);
	link_is("an1", true, false);
	answer_all();
	many->engine = &engine;
	many->n = 5;
	for (unsigned i = 0; i < 5; i++) {
		many->link[i].all = many;
		many->link[i].cfg = &links[0];
		many->link[i].coa.s_addr = htonl(COA);
		many->link[i].session = session_at(1);
	}
	last->session = NULL;
	access_node_init(last);
	access_node_event(last, NODE_EV_RESUMED);
	last->fsm.open = true;
	last->fsm.state = NODE_WAITING;
	forget_calls();
	access_nodes_agent(many, links[0].via_fa, agent, FA_FREE);
	access_nodes_agent(many, links[0].via_fa, agent, FA_FREE);
	called("");
	wait_ms(99);
	called("");
	wait_ms(1);
	ck_assert_ptr_nonnull(last->session);
	ck_assert_int_eq(last->fsm.state, NODE_ATTACHED);
	end_it(0);
	/* It may have gone meanwhile: then for the next time. */
	wait_ms(1000);
	last->fsm.state = NODE_WAITING;
	access_nodes_agent(many, links[0].via_fa, agent, FA_FREE);
	advertise(0, 6, 200, 0, COA);
	wait_ms(1000);
	ck_assert_ptr_null(last->session);
	ck_assert_int_eq(last->fsm.state, NODE_WAITING);
	forget_calls();
	end_it(1);
	free(many);
	no_learning();
}
END_TEST

/* Of one whose care-of address is configured nothing is awaited and nothing
 * taken; but that it has forgotten everybody counts. */
START_TEST(agent_configured)
{
	struct session *s;

	make_learning(COA);
	say_ns(0, 1);
	called("set lo 0 to 1;");
	answer_with(0, false);
	called("rrq mn1@example.net shared;");
	ck_assert_uint_eq(ntohl(asked_coa.s_addr), COA);
	s = session_at(0);
	confirm(s);
	answer_with(0, true);
	forget_calls();
	advertise(30, 5, 100, 0x40, COA + 1);
	wait_ms(1000);
	advertise(30, 6, 100, 0, COA + 2);
	called("");
	wait_ms(1000);
	advertise(30, 0, 100, 0, COA + 2);
	called("anew 1 300;");
	wait_ms(31000);
	wait_ms(1000);
	ck_assert_ptr_null(strstr(calls, "deliver"));
	ck_assert_ptr_null(strstr(calls, "anew"));
	ck_assert_int_eq(s->state, SESSION_UP);
	end_it(0);
	no_learning();
}
END_TEST

/* Who waits for it and goes is not who comes. */
START_TEST(agent_waited_for)
{
	make_learning(INADDR_ANY);
	link_is("lo", true, false);
	say_ns(0, 1);
	ck_assert_int_eq(shown(0, "mobile_node"), 1);
	link_is("lo", false, false);
	ck_assert_int_eq(shown(0, "mobile_node"), 0);
	advertise(300, 0, 1800, 0, COA);
	ck_assert_ptr_null(session_at(0));
	say_ns(0, 1);
	ck_assert_ptr_nonnull(session_at(0));
	answer_all();
	end_it(0);
	no_learning();
}
END_TEST

/* Nobody is served meanwhile: who comes behind a switch, where no carrier goes
 * down, does not find his place taken by who has gone. */
START_TEST(agent_waited_for_in_turn)
{
	static const uint8_t first[6] = { 2, 0, 0, 0, 0, 0x21 };
	struct session *s;

	make_learning(INADDR_ANY);
	speaks = first;
	say_ns(0, 1);
	speaks = mn_mac;
	say_ns(0, 2);
	ck_assert_int_eq(shown(0, "waiting_gave_way"), 1);
	advertise(300, 0, 1800, 0, COA);
	s = session_at(0);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->calling, "02-00-00-00-00-11");
	/* Whoever has a session has the place. */
	speaks = first;
	say_ns(0, 1);
	speaks = mn_mac;
	ck_assert_int_eq(shown(0, "waiting_gave_way"), 1);
	ck_assert_int_eq(shown(0, "dropped_other_node"), 1);
	answer_all();
	end_it(0);
	no_learning();
}
END_TEST

/* On no link of ours: it is looked for again and again. */
START_TEST(agent_not_there)
{
	links[0].via_fa.s_addr = htonl(FA);
	engine.fas = fa_hears_new(&engine);
	called("hear;");
	answer_with(-EHOSTUNREACH, false);
	wait_ms(4999);
	called("");
	wait_ms(1);
	called("hear;");
	answer_with(-EHOSTUNREACH, false);
	fa_hears_look(engine.fas, links[0].via_fa);
	called("");
	wait_ms(1000);
	fa_hears_look(engine.fas, links[0].via_fa);
	fa_hears_look(engine.fas, links[0].via_fa);
	called("hear;");
	answer();
	wait_ms(500);
	ck_assert(!fa_agent_offers(fa_hears_agent(engine.fas,
	    links[0].via_fa), false));
	no_learning();
}
END_TEST

static void
fa_link_again(void)
{
	close(fa_fd);
	fa_fd = -1;
	answer();
}

/* Its link was down for a moment. */
START_TEST(agent_link_down)
{
	make_learning(INADDR_ANY);
	fa_down = true;
	advertise(300, 5, 200, 0, COA);
	fa_down = false;
	called("");
	wait_ms(999);
	ck_assert_ptr_null(strstr(calls, "hear;"));
	wait_ms(1);
	ck_assert_ptr_nonnull(strstr(calls, "hear;"));
	fa_link_again();
	advertise(300, 5, 1800, 0, COA);
	ck_assert(fa_agent_offers(fa_hears_agent(engine.fas,
	    links[0].via_fa), true));
	no_learning();
}
END_TEST

/* It comes to another link, and the old one stays: no session begins that would
 * look for it. */
START_TEST(agent_elsewhere)
{
	make_learning(INADDR_ANY);
	advertise(2, 5, 200, 0, COA);
	wait_ms(2000);
	forget_calls();
	wait_ms(1000);
	called("deliver 28;");
	wait_ms(1250);
	ck_assert_ptr_nonnull(strstr(calls, "hear;"));
	fa_ifindex = 8;
	fa_link_again();
	advertise(300, 0, 1800, 0, COA);
	ck_assert(fa_agent_offers(fa_hears_agent(engine.fas,
	    links[0].via_fa), true));
	fa_ifindex = 7;
	no_learning();
}
END_TEST

START_TEST(agent_heard)
{
	static const uint8_t body[30];
	struct ip4_packet p = { .ttl = 64, .proto = IPPROTO_UDP,
	    .sport = 434, .dport = 434, .data = body, .len = sizeof(body) };
	json_t *all, *one;

	make_learning(INADDR_ANY);
	from_agent(&p);
	called("relayed 30 by 1;");
	ck_assert_int_eq(send(fa_fd, body, sizeof(body), 0), sizeof(body));
	hear();
	called("");
	advertise(300, 9, 1800, 0, COA);
	all = fa_hears_json(engine.fas);
	one = json_array_get(all, 0);
	ck_assert_str_eq(json_string_value(json_object_get(one, "interface")),
	    "up0");
	ck_assert_str_eq(json_string_value(json_object_get(one,
	    "care_of_address")), "10.9.9.1");
	ck_assert_int_eq(json_integer_value(json_object_get(one, "sequence")),
	    9);
	ck_assert_int_eq(json_integer_value(json_object_get(one, "malformed")),
	    1);
	json_decref(all);
	no_learning();
}
END_TEST

START_TEST(router_solicitation)
{
	say_rs(0);
	called("set lo 1 to 1;down 11 as 01;");
	ck_assert_ptr_nonnull(session_at(0));
	end_it(0);
}
END_TEST

/* What it sends beyond its link; the filter's work is done. */
static void
send_data(unsigned link)
{
	uint8_t frame[54] = { 2, 0, 0, 0, 0, 0x77 };

	memcpy(frame + 6, speaks, 6);
	ck_assert_int_eq(send(data_fd[link], frame, sizeof(frame),
	    MSG_DONTWAIT), (ssize_t)sizeof(frame));
	hear();
}

/* It asks for nothing: it has had all it needs from an earlier nasd. */
START_TEST(quiet_mobile_node)
{
	answer_data(0, 0);
	send_data(0);
	called("set lo 1 to 1;down 11 as 01;");
	ck_assert_str_eq(session_at(0)->calling, "02-00-00-00-00-11");
	ck_assert_int_eq(shown(0, "packets_not_bridged"), 1);
	/* What is bridged is not heard. */
	ck_assert_int_eq(send(data_fd[0], "", 1, MSG_NOSIGNAL), -1);
	ck_assert_ptr_null(hears_data[0].done);
	answer_all();
	end_it(0);
	/* Who was sent away is not heard by it, either. */
	answer_data(0, 0);
	send_data(0);
	wait_ms(29999);
	hear();
	send_data(0);
	ck_assert_int_eq(shown(0, "packets_not_bridged"), 1);
	wait_ms(500);
	send_data(0);
	ck_assert_ptr_nonnull(session_at(0));
	ck_assert_int_eq(shown(0, "packets_not_bridged"), 2);
	answer_all();
	end_it(0);
}
END_TEST

/* Of a flood as much is read as is of use, and nothing that is old. */
START_TEST(much_data)
{
	unsigned i;

	answer_data(0, 0);
	engine.stopping = true;
	send_data(0);
	ck_assert_int_eq(shown(0, "packets_not_bridged"), 1);
	ck_assert_int_eq(shown(0, "mobile_node"), 0);
	for (i = 0; i < 10; i++)
		send_data(0);
	wait_ms(499);
	hear();
	ck_assert_int_eq(shown(0, "packets_not_bridged"), 1);
	engine.stopping = false;
	wait_ms(1);
	hear();
	ck_assert_int_eq(shown(0, "packets_not_bridged"), 1);
	ck_assert_ptr_null(session_at(0));
	send_data(0);
	ck_assert_ptr_nonnull(session_at(0));
	answer_all();
	end_it(0);
}
END_TEST

START_TEST(data_not_heard)
{
	answer_data(0, -ENODEV);
	link_is("lo", false, true);
	called("");
	link_is("lo", true, false);
	called("open lo;");
	answer();
	/* Its answer comes when the interface has gone again. */
	link_is("lo", false, true);
	answer_data(0, 0);
	ck_assert_int_eq(send(data_fd[0], "", 1, MSG_NOSIGNAL), -1);
	answer_data(1, 0);
	link_is("an1", true, true);
	ck_assert_int_eq(send(data_fd[1], "", 1, MSG_NOSIGNAL), -1);
}
END_TEST

/* Others' key is not asked for, nor is there one of another name. */
START_TEST(keys)
{
	const struct in_addr ha = { 0 };

	ck_assert_ptr_eq(access_nodes_key(engine.nodes, "mn2@Example.NET", 15,
	    ha), &links[1].sa);
	ck_assert_ptr_null(access_nodes_key(engine.nodes, "mn3@example.net",
	    15, ha));
}
END_TEST

START_TEST(its_home_agent)
{
	links[0].ha[0] = has[1].addr;
	links[0].n_ha = 1;
	home_agents(2);
	say_ns(0, 1);
	called("set lo 1 to 2;down 11 as 01;");
	end_it(0);
}
END_TEST

/* The link is enough; who is there is known later. */
START_TEST(proactive)
{
	struct session *s;

	link_is("lo", true, false);
	called("");			/* is not */
	link_is("an1", true, false);
	called("set an1 2 to 1;");
	s = session_at(1);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->calling, "");
	answer();
	confirm(s);
	called("rrq mn2@example.net shared;acct 0;");
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_int_eq(shown(1, "bridged"), 0);
	say_ns(1, 1);
	called("set an1 2 to 1;carry 11 as 09;");
	ck_assert_str_eq(s->calling, "02-00-00-00-00-11");
	say_ns(1, 2);			/* not asked for twice */
	called("");
	answer_with(0, false);
	called("deliver 64;deliver 64;");
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_int_eq(shown(1, "bridged"), 1);
	/* It is ended, and comes again by itself, but not at once. */
	end_it(1);
	wait_ms(29999);
	called("");
	wait_ms(1);
	called("set an1 2 to 1;");
	end_it(1);
	link_is("an1", false, false);
	wait_ms(30000);
	called("");
}
END_TEST

/* It is made anew for whoever comes, and waits for nobody to ask for it. */
START_TEST(proactive_tunnel_lost)
{
	struct session *s;

	link_is("an1", true, false);
	s = session_at(1);
	answer();
	confirm(s);
	ck_assert_int_eq(s->state, SESSION_UP);
	s->node->tunnel = 77;
	forget_calls();
	access_nodes_tunnel_lost(engine.nodes, 77);
	called("set an1 2 to 1;");
	say_ns(1, 1);			/* before there is an answer */
	called("set an1 2 to 1;carry 11 as 09;");
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_int_eq(shown(1, "bridged"), 1);
	end_it(1);
}
END_TEST

/* Accounting says who it is also where it speaks before there is an answer to
 * the link's own registration. */
START_TEST(proactive_and_early)
{
	struct session *s;

	link_is("an1", true, false);
	answer();
	s = session_at(1);
	say_ns(1, 1);
	ck_assert_int_eq(s->state, SESSION_REGISTERING);
	confirm(s);
	ck_assert_str_eq(s->calling, "02-00-00-00-00-11");
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	end_it(1);
	link_is("an1", false, false);
	wait_ms(30000);
}
END_TEST

START_TEST(not_served)
{
	engine.stopping = true;
	say_ns(0, 1);
	called("");
	ck_assert_int_eq(shown(0, "mobile_node"), 0);
	engine.stopping = false;
	cfg.access.max_sessions = 0;
	say_ns(0, 1);
	ck_assert_ptr_null(session_at(0));
	cfg.access.max_sessions = 100;
	say_ns(0, 1);
	ck_assert_ptr_nonnull(session_at(0));
	end_it(0);
}
END_TEST

/* ---- what is kept ---- */

START_TEST(eight_are_kept)
{
	struct session *s;
	unsigned i;

	for (i = 1; i <= 9; i++)
		say_ns(0, (uint8_t)i);
	s = session_at(0);
	answer();
	confirm(s);
	forget_calls();
	answer_with(0, false);
	called("deliver 64;deliver 64;deliver 64;deliver 64;deliver 64;"
	    "deliver 64;deliver 64;deliver 64;acct 0;");
	ck_assert_uint_eq(delivered[40 + 8 + 15], 8);	/* in order */
	ck_assert_int_eq(shown(0, "dropped_nothing_kept"), 1);
	end_it(0);
}
END_TEST

START_TEST(two_seconds)
{
	struct session *s;

	say_ns(0, 1);
	s = session_at(0);
	answer();
	wait_ms(1500);
	say_ns(0, 2);
	confirm(s);
	wait_ms(500);
	forget_calls();
	answer_with(0, false);
	called("deliver 64;acct 0;");
	ck_assert_uint_eq(delivered[40 + 8 + 15], 2);
	ck_assert_int_eq(shown(0, "packets_too_late"), 1);
	end_it(0);
}
END_TEST

/* ---- what the tunnel says ---- */

/* The home agent's link-layer address is the router's [draft-navali 5.2.2]. */
START_TEST(router_address)
{
	struct session *s = bring_it_up();

	say_ra(0, 0x77);
	called("set lo 1 to 1;carry 11 as 77;");
	answer_with(0, false);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_int_eq(shown(0, "bridged"), 1);
	say_ra(0, 0x77);
	called("");
	end_it(0);
	/* That was this one's. */
	wait_ms(30000);
	(void)bring_it_up();
	session_event(session_at(0), SESSION_EV_TERMINATE_HARD, NULL);
	let_go(0);
}
END_TEST

/* Before anybody is bridged there is nothing to change; then it counts. */
/* Somebody has removed the tunnel, or set it down. */
START_TEST(tunnel_lost)
{
	struct session *s = bring_it_up();

	s->node->tunnel = 77;
	access_nodes_tunnel_lost(engine.nodes, 78);
	called("");
	access_nodes_tunnel_lost(engine.nodes, 77);
	called("set lo 1 to 1;carry 11 as 01;");
	answer();
	called("");
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert(s->node->node.passing);
	/* The last one that is removed is our own. */
	s->node->tunnel = 77;
	session_event(s, SESSION_EV_TERMINATE, NULL);
	answer_all();
	forget_calls();
	access_nodes_tunnel_lost(engine.nodes, 77);
	called("");
	let_go(0);
	access_nodes_tunnel_lost(engine.nodes, 77);
	access_nodes_tunnel_lost(NULL, 77);
}
END_TEST

START_TEST(router_address_early)
{
	struct session *s;

	say_ns(0, 1);
	answer();
	forget_calls();
	say_ra(0, 0x77);
	called("");
	s = session_at(0);
	confirm(s);
	called("set lo 1 to 1;carry 11 as 77;");
	wait_ms(1000);
	say_ra(0, 0x78);		/* while that is on its way */
	called("set lo 1 to 1;carry 11 as 78;");
	answer_with(0, false);
	ck_assert_int_eq(s->state, SESSION_INSTALLING);
	answer_with(0, false);
	ck_assert_int_eq(s->state, SESSION_UP);
	end_it(0);
}
END_TEST

/* ---- how it ends ---- */

/* A home agent that knows nothing of IPv6 [5.2.1]: no service. */
START_TEST(useless)
{
	struct session *s;

	say_ns(0, 1);
	answer();
	s = session_at(0);
	forget_calls();
	reply(s, MIP_USELESS, NULL, false);
	ck_assert_ptr_null(strstr(calls, "carry"));
	ck_assert_ptr_null(strstr(calls, "deliver"));
	ck_assert_ptr_nonnull(strstr(calls, "dereg"));
	let_go(0);
	/* Nor is it tried at the pace of solicitations. */
	say_ns(0, 2);
	called("");
	wait_ms(5000);
	say_ns(0, 3);
	called("set lo 1 to 1;down 11 as 01;");
	end_it(0);
}
END_TEST

/* An address of its is another's: the home agent revokes it [D32]. */
START_TEST(revoked)
{
	struct session *s = bring_it_up();

	session_event(s, SESSION_EV_REVOKED, NULL);
	ck_assert_ptr_nonnull(strstr(calls, "set lo 1 to 1;"));
	ck_assert_ptr_null(strstr(calls, "carry"));
	ck_assert_int_eq(shown(0, "bridged"), 0);
	forget_calls();
	say_ns(0, 2);			/* it is ending */
	called("");
	let_go(0);
	say_ns(0, 3);
	called("");
	ck_assert_int_eq(shown(0, "dropped_while_detached"), 1);
	ck_assert_int_eq(shown(0, "mobile_node"), 0);
	wait_ms(30000);
	say_ns(0, 4);
	called("set lo 1 to 1;down 11 as 01;");
	end_it(0);
}
END_TEST

/* What was kept is nobody's then. */
START_TEST(ended_before)
{
	struct session *s;

	say_ns(0, 1);
	answer();
	s = session_at(0);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	let_go(0);
	wait_ms(30000);
	say_ns(0, 2);
	answer();
	s = session_at(0);
	confirm(s);
	forget_calls();
	answer_with(0, false);
	called("deliver 64;acct 0;");
	ck_assert_uint_eq(delivered[40 + 8 + 15], 2);
	end_it(0);
}
END_TEST

/* The answer to what was asked for a session that has gone is nobody's. */
START_TEST(answer_too_late)
{
	char byte;

	say_ns(0, 1);
	session_event(session_at(0), SESSION_EV_TERMINATE_HARD, NULL);
	ck_assert_ptr_null(session_at(0));
	forget_calls();
	answer();			/* with a socket, which is closed */
	called("");
	ck_assert_int_eq(recv(tunnel_fd[0], &byte, 1, MSG_DONTWAIT), 0);
	ck_assert_int_eq(shown(0, "bridged"), 0);
}
END_TEST

START_TEST(counters)
{
	struct session *s = bring_it_up();

	session_count(s);
	answer();
	ck_assert_uint_eq(s->count.rx_dropped, 6);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	ck_assert_ptr_nonnull(strstr(calls, "count lo;"));
	let_go(0);
	ck_assert_uint_eq(stopped.rx_bytes, 700);
	ck_assert_uint_eq(stopped.tx_packets, 1);
}
END_TEST

/* What is link-local, and what was kept, keeps no session alive [D221]. */
START_TEST(idle)
{
	struct session *s;

	links[0].idle_s = 40;
	s = bring_it_up();		/* one solicitation was kept */
	carried = 3;
	wait_ms(39000);
	answer();
	wait_ms(39000);
	answer();			/* nothing since */
	ck_assert_int_eq(s->state, SESSION_UP);
	wait_ms(1000);
	answer();
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	let_go(0);
	s = bring_it_up();
	carried = 1;
	wait_ms(39000);
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	wait_ms(1000);
	answer();
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_IDLE_TIMEOUT);
	let_go(0);
}
END_TEST

/* Of one that is never answered nothing is left. */
START_TEST(reading_out_at_the_end)
{
	session_count(bring_it_up());
	ck_assert_uint_eq(queued, 1);
	queued = 0;
	end_it(0);
}
END_TEST

/* ---- the link ---- */

START_TEST(carrier)
{
	struct session *s;

	link_is("lo", true, false);
	s = bring_it_up();
	link_is("lo", false, false);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_LOST_CARRIER);
	ck_assert_ptr_nonnull(strstr(calls, "dereg"));
	let_go(0);
	link_is("lo", true, false);
	say_ns(0, 1);			/* at once */
	called("set lo 1 to 1;down 11 as 01;");
	end_it(0);
}
END_TEST

START_TEST(interface_goes)
{
	char byte;

	link_is("lo", true, false);
	(void)bring_it_up();
	link_is("lo", false, true);
	ck_assert_int_eq(session_at(0)->state, SESSION_CLOSING);
	let_go(0);
	ck_assert_int_eq(shown(0, "open"), 0);
	/* Nobody holds its socket any more. */
	ck_assert_int_eq(recv(link_fd[0], &byte, 1, MSG_DONTWAIT), 0);
	link_is("lo", true, false);
	called("open lo;");
	link_is("lo", true, false);
	called("");			/* it is being opened */
	answer();
	called("unset lo;");
	say_ns(0, 1);
	called("set lo 1 to 1;down 11 as 01;");
	end_it(0);
}
END_TEST

/* ---- the root side fails ---- */

START_TEST(not_opened)
{
	link_is("lo", true, true);
	link_is("lo", true, false);
	called("open lo;");
	answer_with(-ENODEV, false);
	ck_assert_int_eq(shown(0, "open"), 0);
	root_fails = -ENOMEM;
	link_is("lo", true, false);
	called("open lo;");
	root_fails = 0;
	link_is("lo", true, false);
	called("open lo;");		/* once more */
	answer();
	ck_assert_int_eq(shown(0, "open"), 1);
}
END_TEST

/* What it was good for so far, and when it is tried again. */
static void
failed(const char *what)
{
	struct session *s = session_at(0);

	ck_assert_msg(s == NULL || s->state == SESSION_CLOSING, "%s", what);
	ck_assert_int_eq(shown(0, "bridged"), 0);
	let_go(0);
	say_ns(0, 1);
	called("");
	wait_ms(5000);
}

START_TEST(address_fails)
{
	say_ns(0, 1);
	answer_with(-EADDRINUSE, false);
	failed("address");
	root_fails = -ENOMEM;
	say_ns(0, 1);
	root_fails = 0;
	failed("address, at once");
}
END_TEST

START_TEST(bridge_fails)
{
	say_ns(0, 1);
	answer();
	confirm(session_at(0));
	answer_with(-EINVAL, false);
	failed("bridge");
	say_ns(0, 1);
	answer();
	root_fails = -ENOMEM;
	confirm(session_at(0));
	root_fails = 0;
	failed("bridge, at once");
}
END_TEST

START_TEST(change_fails)
{
	(void)bring_it_up();
	say_ra(0, 0x77);
	answer_with(-EINVAL, false);
	failed("change");
	(void)bring_it_up();
	root_fails = -ENOMEM;
	say_ra(0, 0x78);
	root_fails = 0;
	failed("change, at once");
}
END_TEST

/* Without its counters, but it ends. */
START_TEST(count_fails)
{
	struct session *s = bring_it_up();

	root_fails = -ENOMEM;
	session_event(s, SESSION_EV_TERMINATE, NULL);
	root_fails = 0;
	let_go(0);
	wait_ms(30000);
	s = bring_it_up();
	session_event(s, SESSION_EV_TERMINATE, NULL);
	answer_with(-ENODEV, false);
	let_go(0);
}
END_TEST

/* ---- movement ---- */

static const char *code, *message;

static json_t *
export(unsigned link)
{
	mip_left = (struct mip_saved){ .bound = true, .lifetime = 1800,
	    .last_id = 0xe5a1b2c300000007 };
	return (access_nodes_export(session_at(link), &code, &message));
}

static json_t *
import(const char *link, const json_t *context)
{
	return (access_nodes_import(engine.nodes, link, context, &code,
	    &message));
}

/* The other one has registered it: the home agent says so. */
static void
moved_away(void)
{
	session_event(session_at(0), SESSION_EV_REVOKED, NULL);
	let_go(0);
}

static json_t *
unexport(const char *what)
{
	return (access_nodes_unexport(engine.nodes, session_find(
	    &engine.sessions, what), what, &code, &message));
}

START_TEST(exported_by_mistake)
{
	struct session *s = bring_it_up();
	json_t *o;

	ck_assert_ptr_null(unexport(s->id));
	ck_assert_str_eq(code, "denied");
	json_decref(export(0));
	forget_calls();
	o = unexport(s->id);
	ck_assert_str_eq(json_string_value(json_object_get(o, "session")),
	    s->id);
	ck_assert_str_eq(json_string_value(json_object_get(o, "link")), "lo");
	json_decref(o);
	called("stay;");
	ck_assert_int_eq(shown(0, "exported"), 0);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_ptr_null(unexport(s->id));
	ck_assert_str_eq(code, "denied");
	end_it(0);
}
END_TEST

/* Its session has ended, and it is heard again at once. */
START_TEST(mark_taken_back)
{
	json_t *o;

	(void)bring_it_up();
	json_decref(export(0));
	moved_away();
	ck_assert_ptr_null(unexport("an1"));
	ck_assert_str_eq(code, "no-match");
	ck_assert_ptr_null(unexport("mn2@example.net"));
	ck_assert_int_eq(shown(0, "exported"), 1);
	say_ns(0, 1);
	ck_assert_ptr_null(session_at(0));
	o = unexport("mn1@Example.NET");
	ck_assert_ptr_nonnull(o);
	ck_assert(json_is_null(json_object_get(o, "session")));
	ck_assert_str_eq(json_string_value(json_object_get(o, "link")), "lo");
	json_decref(o);
	ck_assert_int_eq(shown(0, "exported"), 0);
	ck_assert_ptr_null(unexport("lo"));
	ck_assert_str_eq(code, "no-match");
	ck_assert_ptr_null(session_at(0));
	say_ns(0, 1);
	ck_assert_ptr_nonnull(session_at(0));
	answer_all();
	end_it(0);
}
END_TEST

/* A link that registers by itself does so again. */
START_TEST(mark_taken_back_proactive)
{
	link_is("an1", true, false);
	called("set an1 2 to 1;");
	answer_all();
	json_decref(export(1));
	session_event(session_at(1), SESSION_EV_REVOKED, NULL);
	let_go(1);
	wait_ms(60000);
	ck_assert_ptr_null(session_at(1));
	json_decref(unexport("an1"));
	ck_assert_ptr_nonnull(session_at(1));
	answer_all();
	end_it(1);
	/* Or before it would have. */
	wait_ms(60000);
	ck_assert_ptr_nonnull(session_at(1));
	answer_all();
	json_decref(export(1));
	session_event(session_at(1), SESSION_EV_REVOKED, NULL);
	let_go(1);
	json_decref(unexport("an1"));
	ck_assert_ptr_nonnull(session_at(1));
	answer_all();
	end_it(1);
}
END_TEST

START_TEST(exported)
{
	struct session *s = bring_it_up();
	json_t *o = export(0);

	ck_assert_ptr_nonnull(o);
	called("move-on;");
	ck_assert_str_eq(json_string_value(json_object_get(o, "nai")),
	    "mn1@example.net");
	ck_assert_int_eq(shown(0, "exported"), 1);
	json_decref(o);
	ck_assert_int_eq(s->state, SESSION_UP);
	moved_away();
}
END_TEST

/* Both are of one nasd here. */
START_TEST(imported)
{
	struct session *s;
	json_t *o, *done;

	say_ns(0, 1);
	answer();
	o = export(0);			/* with what is kept */
	ck_assert_ptr_nonnull(o);
	moved_away();
	strcpy(links[1].nai, links[0].nai);
	done = import("an1", o);
	ck_assert_ptr_nonnull(done);
	ck_assert_int_eq(json_integer_value(json_object_get(done,
	    "packets")), 1);
	json_decref(done);
	s = session_at(1);
	ck_assert_ptr_nonnull(s);
	/* What is for it may come before the answer does [D200]. */
	called("set an1 2 to 1;down 11 as 01;");
	ck_assert_int_eq(shown(1, "bridged"), 0);
	answer();
	ck_assert_uint_eq(asked_after, 0xe5a1b2c300000007);
	ck_assert_uint_eq(ntohl(asked_coa.s_addr), 0x0a090002);
	confirm(s);
	/* The router's address stays as the mobile node knows it. */
	ck_assert_ptr_nonnull(strstr(calls, "carry 11 as 01;"));
	forget_calls();
	answer_with(0, false);
	called("deliver 64;acct 0;");
	ck_assert_ptr_null(import("an1", o));
	ck_assert_str_eq(code, "busy");
	json_decref(o);
	end_it(1);
	strcpy(links[1].nai, "mn2@example.net");
	/* Of the next one there nothing is known. */
	wait_ms(30000);
	say_ns(1, 1);
	answer();
	ck_assert_uint_eq(asked_after, 0);
	end_it(1);
}
END_TEST

/* With a packet that is kept, to a link where it is to come in a minute. */
static struct session *
import_it(void)
{
	struct session *s;
	json_t *o;

	say_ns(0, 1);
	answer();
	o = export(0);
	ck_assert_ptr_nonnull(o);
	moved_away();
	strcpy(links[1].nai, links[0].nai);
	links[1].proactive = false;
	links[1].import_s = 60;
	json_decref(import("an1", o));
	json_decref(o);
	s = session_at(1);
	ck_assert_ptr_nonnull(s);
	answer();
	confirm(s);
	answer_with(0, false);
	ck_assert_int_eq(s->state, SESSION_UP);
	forget_calls();
	return (s);
}

static void
import_it_no_more(void)
{
	end_it(1);
	strcpy(links[1].nai, "mn2@example.net");
	links[1].proactive = true;
	links[1].import_s = 0;
}

/* It is let go, and nobody is kept out by it. Before it has come there is only
 * what we have said for it [D223]. */
START_TEST(imported_and_never_came)
{
	struct session *s = import_it();

	packets = 1;
	wait_ms(59000);
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	wait_ms(1000);
	answer();
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_IDLE_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(s->why, "never came"));
	let_go(1);
	ck_assert_int_eq(shown(1, "imported_never_came"), 1);
	say_ns(1, 1);
	ck_assert_ptr_nonnull(session_at(1));
	/* Who comes by itself is not awaited. */
	answer();
	confirm(session_at(1));
	answer_with(0, false);
	wait_ms(61000);
	answer_all();
	ck_assert_int_eq(session_at(1)->state, SESSION_UP);
	import_it_no_more();
}
END_TEST

/* 0: it says something; 1: it says something that we do not hear; 2: before the
 * answer to the last question comes; 3, 4: whether it is there does not
 * matter. */
START_TEST(imported_and_came)
{
	struct session *s = import_it();

	packets = 1;
	if (_i == 0)
		say_ns(1, 2);
	if (_i == 1)
		packets = 2;
	if (_i >= 3) {
		access_node_event(s->node, NODE_EV_PACKETS);
		links[1].import_s = _i == 3 ? 0 : 60;
		links[1].proactive = _i == 4;
		link_is("an1", true, false);
		access_node_event(s->node, NODE_EV_AWAIT);
	}
	wait_ms(59000);
	answer_all();
	packets = 1;
	wait_ms(1000);
	if (_i == 2)
		say_ns(1, 2);
	answer_all();
	wait_ms(120000);
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_int_eq(shown(1, "imported_never_came"), 0);
	import_it_no_more();
}
END_TEST

/* At the home agent that it comes from, whatever is configured. */
/* A link that registers whoever is not there does so while it is up [D230]. */
START_TEST(imported_where_nothing_is)
{
	struct session *s = import_it();

	access_node_event(s->node, NODE_EV_PACKETS);
	links[1].proactive = true;
	access_node_event(s->node, NODE_EV_AWAIT);
	if (_i != 0) {
		wait_ms(59000);
		link_is("an1", true, false);
	}
	packets = 1;
	wait_ms(60000);
	answer_all();
	ck_assert_int_eq(s->state, _i == 0 ? SESSION_CLOSING : SESSION_UP);
	if (_i == 0)
		let_go(1);
	else
		import_it_no_more();
	strcpy(links[1].nai, "mn2@example.net");
	links[1].import_s = 0;
}
END_TEST

START_TEST(imported_home_agent)
{
	json_t *o;

	home_agents(2);
	links[0].ha[0] = has[1].addr;
	links[0].n_ha = 1;
	say_ns(0, 1);
	answer();
	o = export(0);
	ck_assert_ptr_nonnull(o);
	moved_away();
	strcpy(links[1].nai, links[0].nai);
	json_decref(import("an1", o));
	called("set an1 2 to 2;down 11 as 01;");
	end_it(1);
	/* Which this one does not know. */
	home_agents(1);
	wait_ms(30000);
	ck_assert_ptr_null(import("an1", o));
	ck_assert_str_eq(code, "denied");
	json_decref(o);
	strcpy(links[1].nai, "mn2@example.net");
}
END_TEST

START_TEST(not_exported)
{
	ck_assert_ptr_null(session_at(0));
	say_ns(0, 1);
	ck_assert_ptr_null(export(0));	/* nothing is asked for yet */
	ck_assert_str_eq(code, "busy");
	answer();
	session_event(session_at(0), SESSION_EV_TERMINATE, NULL);
	ck_assert_ptr_null(export(0));
	ck_assert_str_eq(code, "busy");
	let_go(0);
}
END_TEST

START_TEST(not_imported)
{
	json_t *o;

	(void)bring_it_up();
	o = export(0);
	ck_assert_ptr_nonnull(o);
	ck_assert_ptr_null(import("an1", o));
	ck_assert_str_eq(code, "denied");	/* another mobile node's */
	ck_assert_ptr_null(import("an7", o));
	ck_assert_str_eq(code, "no-match");
	json_object_del(o, "nai");
	ck_assert_ptr_null(import("an1", o));
	ck_assert_str_eq(code, "usage");
	json_decref(o);
	ck_assert_ptr_null(session_at(1));
	end_it(0);
}
END_TEST

/* Exported before it was registered: another home agent is the other node's to
 * ask, also when this one does not answer. */
START_TEST(exported_early)
{
	struct session *s;
	json_t *o;

	home_agents(2);
	say_ns(0, 1);
	answer();
	s = session_at(0);
	o = export(0);
	ck_assert_ptr_nonnull(o);
	json_decref(o);
	forget_calls();
	reply(s, MIP_NO_REPLY, NULL, false);
	ck_assert_ptr_null(strstr(calls, "rrq"));
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	let_go(0);
	/* Who is not exported is registered there. */
	wait_ms(30000);
	say_ns(0, 1);
	answer();
	forget_calls();
	reply(session_at(0), MIP_NO_REPLY, NULL, false);
	ck_assert_ptr_nonnull(strstr(calls, "rrq"));
	end_it(0);
}
END_TEST

/* Who comes to a link that somebody has left is anybody. */
START_TEST(exported_and_gone)
{
	json_t *o;

	link_is("lo", true, false);
	(void)bring_it_up();
	o = export(0);
	ck_assert_ptr_nonnull(o);
	json_decref(o);
	link_is("lo", false, false);
	ck_assert_int_eq(shown(0, "exported"), 0);
	let_go(0);
	say_ns(0, 1);
	called("set lo 1 to 1;down 11 as 01;");
	end_it(0);
}
END_TEST

/* ---- another nasd ---- */

static void
other_nodes(bool second)
{
	if (second) {
		/* A session that is made by resuming has its link. */
		make(false);
		return;
	}
	access_nodes_free(engine.nodes);
	engine.nodes = NULL;
	event_base_free(engine.base);
	engine.base = NULL;
	queued = 0;
}

static struct session *
again(uint32_t nr)
{
	struct session *s;

	between_runs = other_nodes;
	second_run();
	between_runs = NULL;
	s = session_find_nr(&engine.sessions, nr);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(s->state, SESSION_RESUMING);
	return (s);
}

static void
saved(struct session *s)
{
	mip_left = (struct mip_saved){ .bound = true, .lifetime = 1800,
	    .moved = moves_on, .agent_gre = MIP_AGENT_GRE_YES };
	session_save(s);
}

/* The root side still has it; it is asked for what there is. */
START_TEST(resumed)
{
	struct session *s;

	first_run();
	s = bring_it_up();
	saved(s);
	s = again(s->nr);
	ck_assert_ptr_nonnull(strstr(calls, "resume mn1@example.net bound;"));
	ck_assert_int_eq(asked_kind, MIP_NODE);
	ck_assert_uint_eq(mip_left.agent_gre, MIP_AGENT_GRE_YES);
	forget_calls();
	answer();			/* opened, before and after */
	called("");
	answer();
	access_nodes_resumed(engine.nodes);
	called("set lo 1 to 1;carry 11 as 01;renew;unset an1;");
	answer();
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_int_eq(shown(0, "bridged"), 1);
	say_ns(0, 2);
	called("");
	end_it(0);
	last_run();
	engine.base = event_base_new();
}
END_TEST

/* Who is awaited is awaited by the next nasd, too, for as long once more. */
START_TEST(resumed_awaited)
{
	struct session *s;

	first_run();
	s = import_it();
	saved(s);
	if (_i != 0)
		say_ns(1, 2);
	s = again(s->nr);
	answer();
	answer();
	access_nodes_resumed(engine.nodes);
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	packets = 1;
	wait_ms(59000);
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	wait_ms(1000);
	answer_all();
	ck_assert_int_eq(s->state, _i == 0 ? SESSION_CLOSING : SESSION_UP);
	if (_i == 0)
		let_go(1);
	else
		end_it(1);
	strcpy(links[1].nai, "mn2@example.net");
	links[1].proactive = true;
	links[1].import_s = 0;
	last_run();
	engine.base = event_base_new();
}
END_TEST

/* An exported one does not ask for anything again. */
START_TEST(resumed_exported)
{
	struct session *s;
	json_t *o;

	first_run();
	s = bring_it_up();
	o = export(0);
	ck_assert_ptr_nonnull(o);
	json_decref(o);
	saved(s);
	s = again(s->nr);
	ck_assert_int_eq(shown(0, "exported"), 1);
	ck_assert(moves_on);
	access_nodes_resumed(engine.nodes);
	answer();
	answer();
	ck_assert_int_eq(s->state, SESSION_UP);
	answer_all();
	ups = 2;			/* it is its session's */
	link_is("lo", true, false);
	ck_assert_int_eq(shown(0, "exported"), 1);
	end_it(0);
	last_run();
	engine.base = event_base_new();
}
END_TEST

/* Marked still, who may bring it back: nobody but the mobile node, when its
 * session has ended long before [D222]. */
static void
proactive_again(bool marked)
{
	between_runs = other_nodes;
	second_run();
	between_runs = NULL;
	ck_assert_int_eq(shown(0, "exported"), marked);
	answer();
	answer();
	access_nodes_resumed(engine.nodes);
	link_is("lo", true, false);
}

START_TEST(exported_before)
{
	links[0].proactive = true;
	first_run();
	access_nodes_save(engine.nodes, engine.state);
	link_is("lo", true, false);
	say_ns(0, 1);
	answer_all();
	confirm(session_at(0));
	answer_all();
	json_decref(export(0));
	moved_away();
	wait_ms(600000);
	ck_assert_ptr_null(session_at(0));
	proactive_again(true);
	ck_assert_ptr_null(session_at(0));
	ck_assert_int_eq(shown(0, "exported"), 1);
	/* And once more. */
	proactive_again(true);
	ck_assert_ptr_null(session_at(0));
	switch (_i) {
	case 0:				/* it is back */
		say_ns(0, 1);
		break;
	case 1:				/* anybody may be there */
		link_is("lo", false, false);
		link_is("lo", true, false);
		break;
	case 2:				/* who came while there was no nasd */
		ups = 2;
		proactive_again(true);
		break;
	case 3:				/* the machine was started */
		another_boot = true;
		proactive_again(false);
		break;
	case 4:				/* it is another's now */
		strcpy(links[0].nai, "mn3@example.net");
		proactive_again(false);
		break;
	}
	ck_assert_ptr_nonnull(session_at(0));
	ck_assert_int_eq(shown(0, "exported"), 0);
	end_it(0);
	strcpy(links[0].nai, "mn1@example.net");
	another_boot = false;
	links[0].proactive = false;
	last_run();
	engine.base = event_base_new();
}
END_TEST

/* Meanwhile somebody has pulled the plug: it is told before the link is open,
 * or after that. */
static void
unplugged_meanwhile(bool early)
{
	struct session *s;

	link_is("lo", true, false);
	first_run();
	s = bring_it_up();
	saved(s);
	s = again(s->nr);
	if (early)
		link_is("lo", false, false);
	access_nodes_resumed(engine.nodes);
	answer();
	answer();
	if (!early)
		link_is("lo", false, false);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_LOST_CARRIER);
	let_go(0);
	last_run();
	engine.base = event_base_new();
}

START_TEST(resumed_without_carrier)
{
	unplugged_meanwhile(_i != 0);
}
END_TEST

/* It was on its way when nasd was killed. */
START_TEST(not_resumed)
{
	struct session *s;

	first_run();
	say_ns(0, 1);
	answer();
	s = session_at(0);
	mip_left = (struct mip_saved){ .bound = false };
	session_save(s);
	s = again(s->nr);
	access_nodes_resumed(engine.nodes);
	answer();
	answer();
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_NAS_REBOOT);
	let_go(0);
	last_run();
	engine.base = event_base_new();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("access_node");
	TCase *t = tcase_create("access_node");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, figure_6);
	tcase_add_test(t, in_gre);
	tcase_add_test(t, not_in_gre_behind_a_foreign_agent);
	tcase_add_test(t, agent_learnt);
	tcase_add_test(t, agent_of_many);
	tcase_add_test(t, agent_waited_for_by_many);
	tcase_add_test(t, agent_configured);
	tcase_add_test(t, agent_waited_for);
	tcase_add_test(t, agent_waited_for_in_turn);
	tcase_add_test(t, agent_not_there);
	tcase_add_test(t, agent_elsewhere);
	tcase_add_test(t, agent_link_down);
	tcase_add_test(t, agent_heard);
	tcase_add_test(t, router_solicitation);
	tcase_add_test(t, quiet_mobile_node);
	tcase_add_test(t, much_data);
	tcase_add_test(t, data_not_heard);
	tcase_add_test(t, keys);
	tcase_add_test(t, its_home_agent);
	tcase_add_test(t, proactive);
	tcase_add_test(t, proactive_tunnel_lost);
	tcase_add_test(t, proactive_and_early);
	tcase_add_test(t, not_served);
	tcase_add_test(t, eight_are_kept);
	tcase_add_test(t, two_seconds);
	tcase_add_test(t, router_address);
	tcase_add_test(t, tunnel_lost);
	tcase_add_test(t, router_address_early);
	tcase_add_test(t, useless);
	tcase_add_test(t, revoked);
	tcase_add_test(t, ended_before);
	tcase_add_test(t, answer_too_late);
	tcase_add_test(t, counters);
	tcase_add_test(t, idle);
	tcase_add_test(t, reading_out_at_the_end);
	tcase_add_test(t, carrier);
	tcase_add_test(t, interface_goes);
	tcase_add_test(t, not_opened);
	tcase_add_test(t, address_fails);
	tcase_add_test(t, bridge_fails);
	tcase_add_test(t, change_fails);
	tcase_add_test(t, count_fails);
	tcase_add_test(t, exported);
	tcase_add_test(t, exported_by_mistake);
	tcase_add_test(t, mark_taken_back);
	tcase_add_test(t, mark_taken_back_proactive);
	tcase_add_test(t, imported);
	tcase_add_test(t, imported_home_agent);
	tcase_add_test(t, imported_and_never_came);
	tcase_add_loop_test(t, imported_and_came, 0, 5);
	tcase_add_loop_test(t, imported_where_nothing_is, 0, 2);
	tcase_add_test(t, not_exported);
	tcase_add_test(t, not_imported);
	tcase_add_test(t, exported_early);
	tcase_add_test(t, exported_and_gone);
	tcase_add_test(t, resumed);
	tcase_add_test(t, resumed_exported);
	tcase_add_loop_test(t, resumed_awaited, 0, 2);
	tcase_add_loop_test(t, exported_before, 0, 5);
	tcase_add_loop_test(t, resumed_without_carrier, 0, 2);
	tcase_add_test(t, not_resumed);
	suite_add_tcase(suite, t);
	return (test_run(suite));
}
