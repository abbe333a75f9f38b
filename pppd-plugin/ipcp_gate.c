/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 beside IPv6, where nasd has it [PROTOCOLS D134, D136]: the peer's
 * address is nasd's word, given to pppd's own IPCP by ip_choose_hook. Without
 * one the link has no IPCP. Its Configure-Request waits until nasd has assigned
 * the identifier, for then the interface has its source filter: nothing of the
 * peer's passes before. Neighbours: ipv6cp_hold.c, which opens the gate, and
 * peer_auth.c, whose hook says which address is allowed.
 */
#include <netinet/in.h>

#include "pppd-plugin/compat.h"
#include "pppd-plugin/plugin.h"

#define CODE_CONF_REQ	1
#define CODE_CONF_REJ	4

static void	(*ipcp_input)(int, unsigned char *, int);
static void	(*next_choose)(uint32_t *);

static void
tell(struct plugin *p)
{
	struct plug_msg	m = { .type = PLUG_IPV4 };

	m.ipv4.up = p->v4.up;
	m.ipv4.peer = p->v4.peer;
	plugin_send(p, &m);
}

void
ipcp_gate_announce(struct plugin *p)
{
	if (p->v4.up)
		tell(p);
}

/* What pppd's own options say, as long as nasd says nothing. */
static void
restore(struct ipcp_gate *g)
{
	if (!g->known)
		return;
	ipcp_protent.enabled_flag = g->enabled;
	ipcp_wantoptions[0].hisaddr = g->own_peer;
	ipcp_wantoptions[0].accept_remote = g->own_accept;
	memcpy(ipcp_allowoptions[0].dnsaddr, g->own_dns, sizeof(g->own_dns));
}

void
ipcp_gate_reset(struct plugin *p)
{
	struct ipcp_gate	*g = &p->v4;

	if (!g->known) {	/* options are read by now */
		g->known = true;
		g->enabled = ipcp_protent.enabled_flag;
		g->own_peer = ipcp_wantoptions[0].hisaddr;
		g->own_accept = ipcp_wantoptions[0].accept_remote;
		memcpy(g->own_dns, ipcp_allowoptions[0].dnsaddr,
		    sizeof(g->own_dns));
	}
	restore(g);
	g->governed = g->open = g->up = false;
	g->packets = 0;
	g->peer = 0;
	held_packet_drop(&g->held);
}

void
ipcp_gate_set(struct plugin *p, const struct plug_ipv4 *q)
{
	struct ipcp_gate	*g = &p->v4;

	/* Once more authenticated in mid-life changes no address. */
	if (g->governed && g->peer == q->peer)
		return;
	g->governed = true;
	g->peer = q->peer;
	ipcp_protent.enabled_flag = g->enabled && q->peer != 0;
	/* 0: its own options' */
	for (int i = 0; i < PLUG_DNS; i++)
		if (q->dns[i] != 0)
			ipcp_allowoptions[0].dnsaddr[i] = q->dns[i];
	if (q->peer != 0 && !g->enabled)
		nm_warn("nasd grants IPv4, and pppd is told to have none");
}

/* nasd has made the data path. */
void
ipcp_gate_open(struct plugin *p)
{
	struct ipcp_gate	*g = &p->v4;
	struct held_packet	h = g->held;

	if (!g->governed || g->open)
		return;
	g->open = true;
	held_packet_drop(&g->held);
	if (h.held)
		ipcp_input(0, h.pkt, h.len);
}

bool
ipcp_gate_allows(const struct plugin *p, uint32_t addr)
{
	return p->v4.peer != 0 && addr == p->v4.peer;
}

/* pppd answers a peer that never agrees for as long as it asks. */
static bool
is_endless(struct ipcp_gate *g, const unsigned char *pkt)
{
	if (g->up || pkt[0] < CODE_CONF_REQ || pkt[0] > CODE_CONF_REJ ||
	    ++g->packets <= HOLD_MAX_PACKETS)
		return false;
	nm_warn("IPCP refused: its negotiation does not come to an end");
	ipcp_protent.enabled_flag = 0;	/* and is Protocol-Rejected now */
	ipcp_protent.close(0, (char *)(uintptr_t)"no end in sight");
	return true;
}

static void
on_ipcp(int unit, unsigned char *pkt, int len)
{
	struct ipcp_gate	*g = &plugin_self()->v4;

	if (g->governed && len > 0 && is_endless(g, pkt))
		return;
	if (!g->governed || g->open || len < 1 || pkt[0] != CODE_CONF_REQ) {
		ipcp_input(unit, pkt, len);
		return;
	}
	/* The newest is the one to be answered. */
	if (held_packet_put(&g->held, pkt, len))
		g->held.held = true;
}

static void
on_choose(uint32_t *addr)
{
	const struct ipcp_gate	*g = &plugin_self()->v4;

	if (g->governed)
		*addr = g->peer;
	if (next_choose != NULL)
		next_choose(addr);
}

static void
on_up(void *arg, int unused)
{
	struct plugin	*p = plugin_self();

	(void)arg;
	(void)unused;
	if (!p->begun || !p->v4.governed || p->v4.up)
		return;
	p->v4.up = true;
	p->v4.packets = 0;
	tell(p);
}

static void
on_down(void *arg, int unused)
{
	struct plugin	*p = plugin_self();

	(void)arg;
	(void)unused;
	if (!p->v4.up)
		return;
	p->v4.up = false;
	tell(p);
}

void
ipcp_gate_init(struct plugin *p)
{
	memset(&p->v4, 0, sizeof(p->v4));
	ipcp_input = ipcp_protent.input;
	ipcp_protent.input = on_ipcp;
	next_choose = ip_choose_hook;
	ip_choose_hook = on_choose;
	nm_on_ip_up(on_up);
	nm_on_ip_down(on_down);
}
