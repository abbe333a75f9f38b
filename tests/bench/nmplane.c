/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * had's data plane alone: its tunnels, its client of the root side, and the
 * root side itself, in two processes as ever; what asks for routes does so in
 * bursts, as registrations come, and has a window of them unanswered. What
 * lab/bench routes compares with nmroutes by the clock.
 *
 *   nmplane CONFIG CARE-OF-ADDRESS COUNT
 *
 * Prefixes as nmroutes has them. Prints the seconds from the first request to
 * the last answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/timers.h"
#include "had/had_config.h"
#include "had/priv_ops.h"
#include "had/tunnel.h"

#define BURST	64		/* datagrams that had reads at once */
#define WINDOW	256

struct plane {
	struct event_base	*base;
	struct event		*more;
	struct dataplane	*dp;
	struct timers		 timers;
	struct in_addr		 coa;
	uint32_t		 count, asked, answered, failed;
};

static void
answered(void *arg, struct dp_route *route, int status)
{
	struct plane *p = arg;

	(void)route;
	p->failed += status != 0;
	if (++p->answered == p->count)
		event_base_loopbreak(p->base);
	else if (p->asked < p->count)
		event_active(p->more, EV_TIMEOUT, 0);
}

static void
ask(struct plane *p)
{
	struct dp_entry e = { .len = 64, .coa = p->coa };
	uint32_t n = p->asked++;
	int status;

	(void)inet_pton(AF_INET6, "2001:db8:100::", &e.prefix);
	e.prefix.s6_addr[5] = (uint8_t)(n >> 16);
	e.prefix.s6_addr[6] = (uint8_t)(n >> 8);
	e.prefix.s6_addr[7] = (uint8_t)n;
	if (!p->dp->add(p->dp, &e, answered, p, &status)) {
		fprintf(stderr, "nmplane: %s\n", strerror(-status));
		exit(1);
	}
}

static void
more(evutil_socket_t fd, short what, void *arg)
{
	struct plane *p = arg;
	unsigned n;

	(void)fd;
	(void)what;
	for (n = 0; n < BURST && p->asked < p->count &&
	    p->asked - p->answered < WINDOW; n++)
		ask(p);
	if (n == BURST)
		event_active(p->more, EV_TIMEOUT, 0);
}

static void
gone(void *arg)
{
	(void)arg;
	fprintf(stderr, "nmplane: the root side has ended\n");
	exit(1);
}

static int
engine(struct plane *p, int sock)
{
	struct priv_client *priv;
	mono_t begun;

	p->base = event_base_new();
	timers_init(&p->timers);
	priv = priv_client_new(p->base, sock, NULL, gone, NULL);
	p->dp = tunnel_kernel_new(priv, &p->timers, &clock_system);
	p->more = event_new(p->base, -1, 0, more, p);
	begun = clock_mono(&clock_system);
	event_active(p->more, EV_TIMEOUT, 0);
	event_base_dispatch(p->base);
	printf("%.6f\n", (double)(clock_mono(&clock_system).ns - begun.ns) /
	    1e9);
	fflush(stdout);
	if (p->failed > 0)
		fprintf(stderr, "nmplane: %" PRIu32 " failed\n", p->failed);
	event_free(p->more);
	p->dp->free(p->dp);
	timers_free(&p->timers);
	priv_client_free(priv);
	event_base_free(p->base);
	return p->failed > 0;
}

int
main(int argc, char **argv)
{
	struct plane p = { .count = 0 };
	struct priv_server server;
	struct had_config *conf;
	struct priv_state *state;
	int sock, status;
	bool is_engine;

	if (argc != 4 || inet_pton(AF_INET, argv[2], &p.coa) != 1 ||
	    (p.count = (uint32_t)strtoul(argv[3], NULL, 10)) == 0) {
		fprintf(stderr, "usage: nmplane CONFIG COA COUNT\n");
		return 2;
	}
	conf = had_config_load(argv[1], false);
	state = conf ? priv_ops_new(conf, &server) : NULL;
	if (!state || priv_ops_start(state))
		return 1;
	status = priv_fork(&server, &is_engine, &sock);
	if (status == 0 && is_engine)
		status = engine(&p, sock);
	priv_ops_free(state);
	had_config_free(conf);
	return status < 0 ? 1 : status;
}
