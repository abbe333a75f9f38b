/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of access nodes' links and tunnels; see priv_node.c, which asks for
 * them, and priv_node_ppp.c for those of PPP links.
 */
#include "nasd/priv_node_int.h"

#include <errno.h>
#include <string.h>

#include "nasd/priv_node_ppp.h"
#include "nasd/priv_ops.h"

#define LOG_MODULE "plane"
#include "common/log.h"

#define N_PRIOS	(PRIO_2 - PRIO_GLOBAL_1 + 1)

/* Those of an operator stay, and then so does the qdisc that they are in. */
struct prios {
	bool	ours[N_PRIOS], guard, others;
};

static void
see_prio(void *arg, uint16_t prio)
{
	struct prios *p = arg;

	if (prio >= PRIO_GLOBAL_1 && prio <= PRIO_2)
		p->ours[prio - PRIO_GLOBAL_1] = true;
	else if (prio == PRIO_GUARD)
		p->guard = true;
	else
		p->others = true;
}

static struct prios
prios_of(struct nodes *ns, unsigned ifindex)
{
	struct prios p = { .others = false };

	if (nl_filter_prios(ns->nl, ifindex, see_prio, &p) != 0)
		p.others = true;
	return p;
}

static void
del_ours(struct nodes *ns, unsigned ifindex, const struct prios *p)
{
	for (unsigned i = 0; i < N_PRIOS; i++)
		if (p->ours[i])
			nl_filter_del(ns->nl, ifindex,
			    (uint16_t)(PRIO_GLOBAL_1 + i), NL_IGN_NOENT);
}

static void
take_local(void *arg, uint16_t prio, uint64_t packets)
{
	uint64_t *local = arg;

	if (prio == PRIO_LOCAL_1 || prio == PRIO_LOCAL_1 + 1)
		*local += packets;
}

/* Where somebody has removed the filters there is what was read last. */
void
node_bridge_count(struct nodes *ns, struct node *n)
{
	uint64_t local = 0;

	if (n->link != 0 && n->prio != 0 && nl_filter_counts(ns->nl, n->link,
	    false, take_local, &local) == 0 && local > n->local)
		n->local = local;
}

/* The next filters begin anew. */
static void
keep_count(struct nodes *ns, struct node *n)
{
	node_bridge_count(ns, n);
	n->past_local += n->local;
	n->local = 0;
}

void
node_bridge_stop(struct nodes *ns, struct node *n)
{
	const struct prios p = prios_of(ns, n->link);
	const struct prios down = prios_of(ns, n->tunnel);
	int err;

	keep_count(ns, n);
	nl_begin(ns->nl);
	del_ours(ns, n->link, &p);
	for (uint16_t prio = PRIO_1; n->ppp && prio <= PRIO_2; prio++)
		nl_filter_out_del(ns->nl, n->link, prio, NL_IGN_NOENT);
	if (!p.others && !p.guard)
		nl_clsact_del(ns->nl, n->link, NL_IGN_NOENT);
	if (n->tunnel != 0 && n->gre.own != 0)
		del_ours(ns, n->tunnel, &down);
	else if (n->tunnel != 0)
		nl_clsact_del(ns->nl, n->tunnel, NL_IGN_NOENT);
	if ((err = nl_commit(ns->nl, NULL, 0)) != 0) {
		errno = -err;
		log_warn(n->ifname, "bridge not wholly removed");
	}
	n->prio = 0;
}

int
node_bridge_guard(struct nodes *ns, unsigned link, bool ppp)
{
	if (prios_of(ns, link).guard)
		return 0;
	nl_begin(ns->nl);
	nl_clsact_add(ns->nl, link, NL_IGN_EXIST);
	if (ppp)
		node_ppp_close(ns->nl, link, PRIO_GUARD);
	else
		nl_filter_drop4(ns->nl, link, PRIO_GUARD);
	return nl_commit(ns->nl, NULL, 0);
}

void
node_bridge_unguard(struct nodes *ns, unsigned link)
{
	struct prios p = prios_of(ns, link);

	nl_begin(ns->nl);
	if (p.guard)
		nl_filter_del4(ns->nl, link, PRIO_GUARD, NL_IGN_NOENT);
	if (!p.others)
		nl_clsact_del(ns->nl, link, NL_IGN_NOENT);
	(void)nl_commit(ns->nl, NULL, 0);
}

static void
put_ways(struct nodes *ns, const struct node *n, uint16_t prio,
    const struct nasd_priv_node_set *q)
{
	const bool both = q->carry == NASD_PRIV_CARRY_BOTH;
	const uint8_t *mn = n->ppp ? NULL : q->mn;

	nl_clsact_add(ns->nl, n->link, NL_IGN_EXIST);
	nl_clsact_add(ns->nl, n->tunnel, NL_IGN_EXIST);
	if (both) {
		nl_redirect_global(ns->nl, n->link,
		    (uint16_t)(prio - 2 * PRIO_PAIR), mn, n->tunnel);
		nl_redirect_local(ns->nl, n->link,
		    (uint16_t)(prio - PRIO_PAIR), mn, n->tunnel);
	}
	if (n->ppp) {
		node_ppp_bridge(ns->nl, n->link, prio, n->tunnel, n->device,
		    both);
		return;
	}
	if (both)
		nl_bridge_up(ns->nl, n->link, prio, q->mn, n->tunnel);
	nl_bridge_down(ns->nl, n->tunnel, prio, q->mn, q->router, n->link);
}

/* The new ones come before the old ones go. */
int
node_bridge_carry(struct nodes *ns, struct node *n,
    const struct nasd_priv_node_set *q)
{
	uint16_t prio = n->prio == PRIO_1 ? PRIO_2 : PRIO_1;
	int err;

	if (n->prio != 0 && n->carry == q->carry &&
	    memcmp(n->mn, q->mn, sizeof(n->mn)) == 0 &&
	    memcmp(n->router, q->router, sizeof(n->router)) == 0)
		return 0;
	keep_count(ns, n);
	nl_begin(ns->nl);
	put_ways(ns, n, prio, q);
	if (n->prio != 0) {
		nl_filter_del(ns->nl, n->link,
		    (uint16_t)(n->prio - 2 * PRIO_PAIR), NL_IGN_NOENT);
		nl_filter_del(ns->nl, n->link,
		    (uint16_t)(n->prio - PRIO_PAIR), NL_IGN_NOENT);
		nl_filter_del(ns->nl, n->link, n->prio, n->ppp ||
		    n->carry == NASD_PRIV_CARRY_DOWN ? NL_IGN_NOENT : 0);
		nl_filter_del(ns->nl, n->tunnel, n->prio, 0);
		if (n->ppp)
			nl_filter_out_del(ns->nl, n->link, n->prio, 0);
	}
	if ((err = nl_commit(ns->nl, NULL, 0)) != 0) {
		node_bridge_stop(ns, n);
		return err;
	}
	n->prio = prio;
	n->carry = q->carry;
	memcpy(n->mn, q->mn, sizeof(n->mn));
	memcpy(n->router, q->router, sizeof(n->router));
	return 0;
}

/* One of a pair, and of none the other. */
static bool
has_only(const struct prios *p, unsigned i)
{
	for (unsigned other = !i; other < N_PRIOS; other += PRIO_PAIR)
		if (p->ours[other])
			return false;
	return p->ours[PRIO_1 - PRIO_GLOBAL_1 + i];
}

/* They are replaced by the next ones, whatever they say. */
void
node_bridge_found(struct nodes *ns, struct node *n)
{
	const struct prios up = prios_of(ns, n->link);
	const struct prios down = prios_of(ns, n->tunnel);

	for (unsigned i = 0; i < PRIO_PAIR; i++)
		if (has_only(&up, i) && has_only(&down, i))
			n->prio = (uint16_t)(PRIO_1 + i);
	memset(n->mn, 0, sizeof(n->mn));
	n->carry = NASD_PRIV_CARRY_NONE;
	if (n->prio == 0)
		node_bridge_stop(ns, n);
}
