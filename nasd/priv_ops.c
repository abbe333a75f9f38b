/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root side's table of requests: each handler checks what the engine says
 * against the configuration before priv_pppd.c and priv_plane.c act. Under it
 * common/priv.h's server, which has checked the lengths; priv_ops_access.c has
 * the handlers for access interfaces.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/priv.h"
#include "nasd/nasd_config.h"
#include "nasd/pppoe.h"
#include "nasd/priv_host.h"
#include "nasd/priv_node.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_ops_int.h"
#include "nasd/priv_plane.h"
#include "nasd/priv_pppd.h"
#include "nasd/priv_program.h"
#include "nasd/priv_reload.h"
#include "nasd/priv_sysctl.h"
#include "nasd/priv_vlan.h"

_Static_assert(NASD_PRIV_COUNT_MAX * sizeof(struct nasd_priv_counted) <=
    PRIV_MSG_MAX, "the answer to count many");

#define LOG_MODULE "priv"
#include "common/log.h"

/* A configured one, or a VLAN's of one. */
static const struct config_pppoe *
access_interface(const struct nasd_priv *np, const char *ifname)
{
	const struct config_pppoe *cp;

	if (memchr(ifname, '\0', NASD_PRIV_IFNAME) == NULL)
		return NULL;
	cp = nasd_config_pppoe(np->cfg, ifname);
	return cp != NULL ? cp : vlan_devs_config(np->vlans, ifname);
}

/* The interface's MTU may have shrunk since the engine was told. */
static uint32_t
mru_now(const char *ifname, uint32_t mru)
{
	int most = host_mtu(ifname) - PPPOE_OVERHEAD;

	if (mru <= PPPOE_MRU || most >= (int)mru)
		return mru;
	return most > PPPOE_MRU ? (uint32_t)most : PPPOE_MRU;
}

static int
op_pppd_start(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_pppd_start q;
	struct nasd_priv_pppd_started reply;
	const struct config_pppoe *access;
	int pid;

	memcpy(&q, c->body, sizeof(q));
	/* 0xffff is reserved [RFC 2516 4]; a peer's address has no group bit */
	if ((access = access_interface(np, q.ifname)) == NULL)
		return -EPERM;
	if (q.sid == 0 || q.sid == 0xffff || (q.mac[0] & 1) != 0 ||
	    q.mru < PPPOE_MRU || (q.mru > PPPOE_MRU &&
	    q.mru > access->max_mru))
		return -EINVAL;
	q.mru = mru_now(q.ifname, q.mru);
	if ((pid = pppds_spawn(np->pppds, &q)) < 0)
		return pid;
	reply.pid = pid;
	return priv_reply(c, &reply, sizeof(reply));
}

static int
op_pppd_stop(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_pppd_stop q;

	memcpy(&q, c->body, sizeof(q));
	return pppds_signal(np->pppds, q.pid, q.kill ? SIGKILL : SIGTERM);
}

static int
op_pppd_adopt(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_pppd_adopt q;

	memcpy(&q, c->body, sizeof(q));
	return pppds_adopt(np->pppds, q.pid, q.link_id, &c->fd);
}

static int
op_end(struct priv_call *c)
{
	struct nasd_priv *np = c->state;

	np->over = true;
	return 0;
}

static int
op_check(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	pid_t pid;

	if (np->check != 0)
		return -EBUSY;
	np->checked = false;
	if ((pid = program_check_start(np->program)) < 0)
		return (int)pid;
	np->check = pid;
	return 0;
}

static int
op_restart(struct priv_call *c)
{
	struct nasd_priv *np = c->state;

	if (!np->checked)
		return -EPERM;
	np->restart = true;
	return 0;
}

static int
op_session_prepare(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_session_prepare q;

	memcpy(&q, c->body, sizeof(q));
	return plane_session_prepare(np->plane, &q);
}

static int
op_session_add(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_session_add q;
	struct nasd_priv_session_added reply = { 0 };
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = plane_session_add(np->plane, &q, &reply)) != 0)
		return err;
	err = host_mtu(q.ifname);
	reply.link_mtu = err > 0 ? (uint32_t)err : 0;
	return priv_reply(c, &reply, sizeof(reply));
}

static int
op_session_del(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_session_del q;

	memcpy(&q, c->body, sizeof(q));
	return plane_session_del(np->plane, q.id);
}

static int
op_tunnel_check(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_tunnel_check q;
	struct nasd_priv_tunnel_checked reply = { 0 };
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = plane_tunnel_check(np->plane, q.ha, &reply.made)) != 0)
		return err;
	return priv_reply(c, &reply, sizeof(reply));
}

static int
op_count(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_count q;
	struct nasd_priv_counted reply;
	int err;

	memcpy(&q, c->body, sizeof(q));
	if ((err = plane_count(np->plane, q.id, &reply)) != 0)
		return err;
	return priv_reply(c, &reply, sizeof(reply));
}

static int
op_count_many(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_count_many q;
	struct nasd_priv_counted one;
	uint8_t *p = c->out;
	int err;

	memcpy(&q, c->body, c->len);
	if (q.n > NASD_PRIV_COUNT_MAX ||
	    c->len != offsetof(struct nasd_priv_count_many, id) +
	    q.n * sizeof(q.id[0]))
		return -EINVAL;
	if (q.read && (err = plane_count_all(np->plane)) != 0)
		return err;
	for (uint32_t i = 0; i < q.n; i++) {
		if (plane_counted(np->plane, q.id[i], &one) != 0)
			continue;
		memcpy(p, &one, sizeof(one));
		p += sizeof(one);
	}
	c->out_len = (size_t)(p - (uint8_t *)c->out);
	return 0;
}

static int
op_gre_count(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_gre_counted reply = {
		.dropped = plane_gre_dropped(np->plane),
	};

	return priv_reply(c, &reply, sizeof(reply));
}

static int
op_rates(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_rates q;

	memcpy(&q, c->body, c->len);
	if (q.n > NASD_PRIV_RATES_MAX || c->len !=
	    offsetof(struct nasd_priv_rates, one) + q.n * sizeof(q.one[0]))
		return -EINVAL;
	return plane_rates(np->plane, q.one, q.n);
}

static int
op_conf_read(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_conf_read reply = { 0 };
	int err;

	err = priv_reload_read(&np->reload, reply.errors,
	    sizeof(reply.errors), &c->fd);
	if (err != 0)
		return err;
	reply.serial = np->reload.serial;
	return priv_reply(c, &reply, sizeof(reply));
}

static int
op_conf_take(struct priv_call *c)
{
	struct nasd_priv *np = c->state;
	struct nasd_priv_conf_take q;

	memcpy(&q, c->body, sizeof(q));
	return priv_reload_take(&np->reload, q.serial, np->plane);
}

#define OP(type, name, body, handle)					\
	{ type, name, sizeof(struct body), sizeof(struct body), handle, false }

static const struct priv_op ops[] = {
	OP(NASD_PRIV_PPPD_START, "start pppd", nasd_priv_pppd_start,
	    op_pppd_start),
	OP(NASD_PRIV_PPPD_STOP, "stop pppd", nasd_priv_pppd_stop,
	    op_pppd_stop),
	OP(NASD_PRIV_SESSION_PREPARE, "prepare session",
	    nasd_priv_session_prepare, op_session_prepare),
	OP(NASD_PRIV_SESSION_ADD, "add session", nasd_priv_session_add,
	    op_session_add),
	OP(NASD_PRIV_SESSION_DEL, "delete session", nasd_priv_session_del,
	    op_session_del),
	OP(NASD_PRIV_TUNNEL_CHECK, "check tunnel", nasd_priv_tunnel_check,
	    op_tunnel_check),
	OP(NASD_PRIV_COUNT, "count", nasd_priv_count, op_count),
	OP(NASD_PRIV_PPPD_ADOPT, "adopt pppd", nasd_priv_pppd_adopt,
	    op_pppd_adopt),
	{ NASD_PRIV_GRE_COUNT, "count GRE", 0, 0, op_gre_count, false },
	{ NASD_PRIV_END, "end", 0, 0, op_end, false },
	{ NASD_PRIV_CHECK, "check program", 0, 0, op_check, false },
	{ NASD_PRIV_RESTART, "restart", 0, 0, op_restart, false },
	{ NASD_PRIV_COUNT_MANY, "count many",
	    offsetof(struct nasd_priv_count_many, id),
	    sizeof(struct nasd_priv_count_many), op_count_many, false },
	{ NASD_PRIV_RATES, "rates", offsetof(struct nasd_priv_rates, one),
	    sizeof(struct nasd_priv_rates), op_rates, false },
	{ NASD_PRIV_CONF_READ, "read configuration", 0, 0, op_conf_read,
	    false },
	OP(NASD_PRIV_CONF_TAKE, "take configuration", nasd_priv_conf_take,
	    op_conf_take),
	OP(NASD_PRIV_PPPOE_OPEN, "open interface", nasd_priv_pppoe_open,
	    priv_op_pppoe_open),
	OP(NASD_PRIV_VLAN_OPEN, "open VLAN", nasd_priv_vlan, priv_op_vlan_open),
	OP(NASD_PRIV_VLAN_CLOSE, "close VLAN", nasd_priv_vlan,
	    priv_op_vlan_close),
	OP(NASD_PRIV_VLAN_LIST, "list VLANs", nasd_priv_vlan_list,
	    priv_op_vlan_list),
	OP(NASD_PRIV_NODE_OPEN, "open access node's link",
	    nasd_priv_node_name, priv_op_node_open),
	OP(NASD_PRIV_NODE_HEAR, "hear access node's link",
	    nasd_priv_node_name, priv_op_node_hear),
	OP(NASD_PRIV_NODE_SET, "set access node's tunnel",
	    nasd_priv_node_set, priv_op_node_set),
	OP(NASD_PRIV_NODE_DEL, "delete access node's tunnel",
	    nasd_priv_node_name, priv_op_node_del),
	OP(NASD_PRIV_NODE_COUNT, "count access node", nasd_priv_node_name,
	    priv_op_node_count),
	{ NASD_PRIV_NODE_SWEEP, "sweep access nodes", 0, 0, priv_op_node_sweep,
	    false },
	OP(NASD_PRIV_FA_OPEN, "hear foreign agent", nasd_priv_fa_open,
	    priv_op_fa_open),
};

static void
started(void *state, struct priv_ctx *ctx)
{
	struct nasd_priv *np = state;

	(void)ctx;
	pppds_start(np->pppds);
	plane_start(np->plane);
	vlan_devs_start(np->vlans);
	nodes_start(np->nodes);
}

static void
check_ended(struct nasd_priv *np, struct priv_ctx *ctx, int status)
{
	struct nasd_priv_checked note = {
		.status = program_check_result(np->program, status),
	};

	np->check = 0;
	np->checked = note.status == 0;
	if (priv_notify(ctx, NASD_PRIV_NOTE_CHECKED, &note,
	    sizeof(note)) != 0)
		log_debug(NULL, "program checked, nobody to tell");
}

static void
child_exit(void *state, struct priv_ctx *ctx, pid_t pid, int status)
{
	struct nasd_priv *np = state;
	struct nasd_priv_pppd_exit note;
	int err;

	if (pid == np->check) {
		check_ended(np, ctx, status);
		return;
	}
	if (pppds_exited(np->pppds, pid, status, &note) != 0)
		return;
	err = priv_notify(ctx, NASD_PRIV_NOTE_PPPD_EXIT, &note, sizeof(note));
	if (err != 0)
		log_debug(NULL, "pppd %d has ended, nobody to tell", (int)pid);
}

static void
engine_gone(void *state)
{
	struct nasd_priv *np = state;

	/* Killed, or to come back: sessions live on, and packets pass. */
	if (!np->over)
		return;
	/* pppds first: while they say goodbye their links still work */
	pppds_stop(np->pppds);
	plane_clear(np->plane);
	vlan_devs_clear(np->vlans);
	nodes_clear(np->nodes);
	sysctls_restore(np->sysctls);
}

struct nasd_priv *
nasd_priv_new(struct nasd_config *cfg,
    const struct nasd_program *program)
{
	struct nasd_priv *np;
	int err;

	if ((np = calloc(1, sizeof(*np))) == NULL)
		return NULL;
	np->cfg = cfg;
	np->reload.cfg = cfg;
	np->program = program;
	if ((np->pppds = pppds_new(cfg)) == NULL ||
	    (np->sysctls = sysctls_new(cfg->state_dir)) == NULL ||
	    (np->plane = plane_new(cfg, np->sysctls)) == NULL ||
	    (np->vlans = vlan_devs_new(cfg)) == NULL ||
	    (np->nodes = nodes_new(cfg, np->sysctls)) == NULL) {
		err = errno;
		nasd_priv_free(np);
		errno = err;
		return NULL;
	}
	return np;
}

bool
nasd_priv_restarts(const struct nasd_priv *np)
{
	return np->restart;
}

void
nasd_priv_free(struct nasd_priv *np)
{
	if (np == NULL)
		return;
	priv_reload_free(&np->reload);
	plane_free(np->plane);
	vlan_devs_free(np->vlans);
	nodes_free(np->nodes);
	sysctls_free(np->sysctls);
	pppds_free(np->pppds);
	free(np);
}

void
nasd_priv_server(struct nasd_priv *np, struct priv_server *srv)
{
	*srv = (struct priv_server){
		.ops = ops,
		.n_ops = sizeof(ops) / sizeof(ops[0]),
		.state = np,
		.child_exit = child_exit,
		.engine_gone = engine_gone,
		.start = started,
	};
}
