/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/exits.h. */
#include "config.h"
#include "had/exits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/clock.h"
#include "common/ctl.h"
#include "common/ctl_json.h"
#include "common/priv.h"
#include "common/table.h"
#include "common/timers.h"
#include "had/dad.h"
#include "had/had_config.h"
#include "had/home_link.h"
#include "had/home_plane.h"
#include "had/priv_ops.h"
#include "had/tunnel.h"

#define WAIT_MS		2000	/* for the root side, then it is told that it
				 * does not answer */

static void
waited(struct timer *t)
{
	struct exits *x = container_of(t, struct exits, wait);

	if (x->ctl)
		ctl_resume(x->ctl);
}

int
exits_open(struct exits *x, const struct had_config *conf)
{
	*x = (struct exits){ .conf = conf };
	return home_links_open(conf, &x->links, &x->n_links);
}

static size_t
put_link(const struct exits *x, struct home_plane_link *on,
    const struct pool *p)
{
	if (!p->home_link)
		return 0;
	*on = (struct home_plane_link){ p, home_link_dad(
	    home_link_find(x->links, x->n_links, p->home_link)) };
	return 1;
}

/* The pools that lie on home links. */
static int
wrap(struct exits *x, struct dataplane **dp)
{
	const struct had_config *conf = x->conf;
	struct home_plane_link *on;
	struct dataplane *outer;
	size_t i, n = 0;

	on = calloc(conf->n_pools + conf->n_nodes, sizeof(*on));
	if (!on)
		return -ENOMEM;
	for (i = 0; i < conf->n_pools; i++)
		n += put_link(x, &on[n], &conf->pools[i]);
	for (i = 0; i < conf->n_nodes; i++)
		n += put_link(x, &on[n], &conf->nodes[i].own_link);
	outer = home_plane_new(*dp, on, n);
	free(on);
	if (!outer)
		return -ENOMEM;
	*dp = outer;
	return 0;
}

int
exits_start(struct exits *x, struct event_base *base, struct timers *timers,
    const struct clock *clock, struct priv_client *priv,
    struct dataplane **dp)
{
	int err;

	x->priv = priv;
	x->timers = timers;
	x->clock = clock;
	x->wait.fire = waited;
	if (x->n_links == 0)
		return 0;
	err = home_links_start(x->links, x->n_links, base, timers, clock);
	return err ? err : wrap(x, dp);
}

void
exits_close(struct exits *x)
{
	if (x->timers)
		timer_cancel(x->timers, &x->wait);
	home_links_close(x->links, x->n_links);
	x->links = NULL;
	x->n_links = 0;
}

static json_t *
describe_link(struct home_link *l)
{
	const struct dad *d = home_link_dad(l);
	struct home_link_info i;
	json_t *o;

	home_link_info(l, &i);
	o = json_pack("{s:s, s:s, s:o, s:o}", "link", i.name,
	    "state", i.up ? "up" : "down", "lladdr", ctl_lladdr(i.lladdr),
	    "address", ctl_ipv6(&i.address));
	ctl_count(o, "probing", table_count(&d->addrs) - d->n_defended);
	ctl_count(o, "held", d->n_defended);
	ctl_count(o, "groups", table_count(&d->groups));
	ctl_count(o, "probed", d->stats.probed);
	ctl_count(o, "duplicates", d->stats.duplicates);
	ctl_count(o, "failed", d->stats.failed);
	ctl_count(o, "answered", d->stats.solicitations);
	ctl_count(o, "defended", d->stats.defended);
	ctl_count(o, "conflicts", d->stats.conflicts);
	ctl_count(o, "received", i.received);
	ctl_count(o, "malformed", i.malformed);
	ctl_count(o, "sent", i.sent);
	ctl_count(o, "send_failed", i.send_failed);
	return o;
}

json_t *
exits_home_links(const struct exits *x)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; x && i < x->n_links; i++)
		json_array_append_new(list,
		    describe_link(home_link_at(x->links, i)));
	return list;
}

static json_t *
describe_exit(const struct exit_conf *conf, enum exit_device d,
    const struct had_priv_exit *e)
{
	struct in_addr to = d == EXIT_RELAY ? conf->relay :
	    (struct in_addr){ INADDR_ANY };
	char addr[INET_ADDRSTRLEN], remote[INET_ADDRSTRLEN];
	unsigned i;
	json_t *o;

	inet_ntop(AF_INET, &conf->address, addr, sizeof(addr));
	inet_ntop(AF_INET, &to, remote, sizeof(remote));
	o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "exit", "6to4",
	    "device", exit_device_name(d),
	    "state", e->up ? "up" : "gone", "address", addr,
	    "remote", d == EXIT_RELAY ? remote : "any");
	ctl_count(o, "rx_packets", e->rx_packets);
	ctl_count(o, "tx_packets", e->tx_packets);
	for (i = 0; i < EXIT_N_DROPS; i++)
		ctl_count(o, exit_drop_str((enum exit_drop)i), e->drop[i]);
	return o;
}

static void
counted(void *arg, int status, const void *body, size_t len, int fd)
{
	struct exits *x = arg;

	(void)fd;
	x->counting = false;
	x->counted = status == 0 && len == sizeof(x->counts);
	if (x->counted)
		memcpy(&x->counts, body, len);
	if (x->timers)
		timer_cancel(x->timers, &x->wait);
	if (x->ctl)
		ctl_resume(x->ctl);
}

bool
exits_ask(struct exits *x)
{
	if (!x->counting && x->conf->exit.on && x->priv) {
		x->counted = false;
		x->counting = priv_request(x->priv, HAD_PRIV_EXITS, NULL, 0,
		    counted, x) == 0;
	}
	if (x->counting && x->timers && !timer_is_set(&x->wait))
		(void)timer_set(x->timers, &x->wait,
		    mono_add_ms(clock_mono(x->clock), WAIT_MS));
	return x->counting;
}

json_t *
exits_show(const struct exits *x)
{
	const struct exit_conf *conf = &x->conf->exit;
	json_t *list;
	unsigned d;

	if (!conf->on)
		return json_array();
	if (!x->counted)
		return NULL;
	list = json_array();
	for (d = 0; d < EXIT_N_DEVICES; d++)
		if (exit_has(conf, (enum exit_device)d))
			json_array_append_new(list, describe_exit(conf,
			    (enum exit_device)d, &x->counts.dev[d]));
	return list;
}
