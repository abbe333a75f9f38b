/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmradius: Access-Requests by PAP through our client, as many at once as it is
 * told, to one server; how many a second were answered.
 *
 *	nmradius -D dictionary -k secret-file -s ADDRESS -u USER
 *	    -p password-file [-n count] [-w at-once]
 *
 * Prints "rate N /s", "accepted N count" and "other N count".
 */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/timers.h"
#include "radius/client.h"

struct load {
	struct radius_client	*client;
	struct radius_dict	*dict;
	const char		*user;
	struct radius_secret	 password;
	unsigned		 count, sent, accepted, other;
	volatile bool		 stop;
};

/* A file's first line. */
static bool
read_line(const char *path, struct radius_secret *out)
{
	char line[RADIUS_SECRET + 2] = "";
	FILE *f = fopen(path, "r");
	bool ok = f != NULL && fgets(line, sizeof(line), f) != NULL;

	if (f != NULL)
		fclose(f);
	out->len = strcspn(line, "\n");
	if (out->len > sizeof(out->data))
		return false;
	memcpy(out->data, line, out->len);
	return ok;
}

static void done(void *, enum radius_result, const struct radius_attrs *);

static void
ask(struct load *l)
{
	struct radius_attrs as;

	radius_attrs_init(&as, l->dict);
	radius_add_str(&as, PW_USER_NAME, l->user);
	radius_add_data(&as, PW_USER_PASSWORD, 0, l->password.data,
	    l->password.len);
	l->sent++;
	if (radius_send(l->client, RADIUS_ACCESS_REQUEST, &as, done, l) == NULL)
		done(l, RADIUS_SILENT, NULL);
}

static void
done(void *arg, enum radius_result result, const struct radius_attrs *reply)
{
	struct load *l = arg;

	(void)reply;
	if (result == RADIUS_ACCEPTED)
		l->accepted++;
	else
		l->other++;
	if (l->sent < l->count)
		ask(l);
	else if (l->accepted + l->other == l->count)
		l->stop = true;
}

static int
run(struct load *l, const struct radius_conf *conf, unsigned at_once)
{
	struct event_base *base = event_base_new();
	struct timers timers;
	mono_t begun;
	double s;

	timers_init(&timers);
	l->client = radius_client_new(base, &timers, &clock_system, l->dict,
	    conf);
	if (l->client == NULL)
		return EXIT_FAILURE;
	begun = clock_mono(&clock_system);
	for (unsigned i = 0; i < at_once && l->sent < l->count; i++)
		ask(l);
	daemon_run(base, &timers, &clock_system, &l->stop);
	s = (double)mono_diff_us(clock_mono(&clock_system), begun) / 1e6;
	printf("rate %.1f /s\naccepted %u count\nother %u count\n",
	    l->count / s, l->accepted, l->other);
	radius_client_free(l->client);
	timers_free(&timers);
	event_base_free(base);
	return l->other == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
usage(void)
{
	fprintf(stderr, "usage: nmradius -D dictionary -k secret-file"
	    " -s address -u user\n"
	    "\t-p password-file [-n count] [-w at-once]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	struct load l = { .count = 10000 };
	struct radius_server_conf *s;
	struct radius_conf conf;
	unsigned at_once = 64;
	bool ok = true;
	int c;

	log_init("nmradius", LOG_TO_STDERR);
	radius_conf_init(&conf);
	conf.n_servers = 1;
	s = &conf.server[0];
	radius_server_conf_init(s);
	strcpy(s->name, "server");
	while ((c = getopt(argc, argv, "D:k:n:p:s:u:w:")) != -1)
		switch (c) {
		case 'D':
			l.dict = radius_dict_load(optarg);
			break;
		case 'k':
			ok = ok && read_line(optarg, &s->secret);
			break;
		case 'n':
			l.count = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			ok = ok && read_line(optarg, &l.password);
			break;
		case 's':
			ok = ok && inet_pton(AF_INET, optarg, &s->address) == 1;
			break;
		case 'u':
			l.user = optarg;
			break;
		case 'w':
			at_once = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	if (!ok || l.dict == NULL || l.user == NULL || s->secret.len == 0 ||
	    s->address.s_addr == 0 || l.count == 0 || at_once == 0)
		return usage();
	c = run(&l, &conf, at_once);
	radius_dict_free(l.dict);
	return c;
}
