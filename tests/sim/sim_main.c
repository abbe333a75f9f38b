/* SPDX-License-Identifier: BSD-2-Clause */
/* netmip4-sim: many schedules, each from its own seed, and a report. */
#include "tests/sim/sim_way.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

/* The worlds that each seed is for. */
enum { MAIN, WAYS, WORLDS };
static const char *const worlds[] = { "main", "ways" };

struct options {
	int		only;		/* of the worlds; WORLDS: both */
	uint64_t	seed;
	uint64_t	schedules;
	unsigned	users, steps;
	bool		trace, quiet, keep_going;
};

static volatile sig_atomic_t stopped;

static void
usage(FILE *f)
{
	fputs("usage: netmip4-sim [option...]\n"
"\n"
"Runs the NetMIP4 client, the home agent and foreign agents through many\n"
"schedules of loss, movement, restarts and attack, and checks after every step\n"
"what must hold.\n"
"Exit status: 0 all held, 1 one did not, 2 usage.\n"
"\n"
"  --seed N        seed of the first schedule; each next one has the next\n"
"                  number (1)\n"
"  --schedules N   how many (1000)\n"
"  --sessions N    subscribers of a schedule (drawn: 1 to 6)\n"
"  --steps N       things that happen to them from outside (drawn: 20 to 80)\n"
"  --only WORLD    main, or ways: that of foreign agents and GRE (main, and for\n"
"                  every second seed ways)\n"
"  --keep-going    not only to the first one that fails: say which fail\n"
"  --trace         print every event, with its virtual time\n"
"  --quiet         no progress\n"
"  --help          this\n"
"\n"
"SIGINT and SIGTERM end it after the schedule that it is at; it says how to go\n"
"on from there.\n", f);
}

static bool
number(const char *s, uint64_t most, uint64_t *n)
{
	char *end;

	*n = strtoull(s, &end, 0);
	return *s >= '0' && *s <= '9' && *end == '\0' && *n <= most;
}

static bool
world_name(const char *s, int *which)
{
	for (*which = 0; *which < WORLDS; ++*which)
		if (strcmp(s, worlds[*which]) == 0)
			return true;
	return false;
}

static int
parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "schedules", required_argument, NULL, 'n' },
		{ "sessions", required_argument, NULL, 'u' },
		{ "steps", required_argument, NULL, 'e' },
		{ "only", required_argument, NULL, 'o' },
		{ "keep-going", no_argument, NULL, 'k' },
		{ "trace", no_argument, NULL, 't' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t n = 0;
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 's')
			ok = number(optarg, UINT64_MAX, &o->seed);
		else if (c == 'n')
			ok = number(optarg, UINT64_MAX, &o->schedules);
		else if (c == 'u' || c == 'e')
			ok = number(optarg, 10000000, &n);
		else if (c == 'o')
			ok = world_name(optarg, &o->only);
		else if (c == 'k')
			o->keep_going = true;
		else if (c == 't')
			o->trace = true;
		else if (c == 'q')
			o->quiet = true;
		else if (c == 'h') {
			usage(stdout);
			exit(0);
		} else
			return -1;
		if (c == 'u')
			o->users = (unsigned)n;
		else if (c == 'e')
			o->steps = (unsigned)n;
	}
	return ok && optind == argc ? 0 : -1;
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static void
report(const struct counts *c, uint64_t schedules, double took)
{
	printf("%llu schedules, %llu steps in %.1f s: %.0f schedules, %.0f "
	    "steps a second\n", (unsigned long long)schedules,
	    (unsigned long long)c->steps, took, (double)schedules / took,
	    (double)c->steps / took);
#define P(name)	printf(" " #name " %llu,", (unsigned long long)c->name)
	printf("%.0f virtual hours;", (double)c->virtual_ms / 3600e3);
	P(sessions); P(came_up); P(renewed); P(moved); P(readdressed);
	putchar('\n');
	P(revoked); P(rev_acked); P(expired); P(mismatch); P(denied);
	P(lost_reg); P(stale_wins);
	putchar('\n');
	P(held_down); P(failed_over); P(redirected); P(abandoned); P(drains);
	P(looked_up); P(shed); P(in_use);
	putchar('\n');
	P(sent); P(lost); P(dup); P(restarts); P(partitions); P(clock_steps);
	P(dp_failed); P(attacks);
	putchar('\n');
	P(an_sessions); P(an_resumed); P(exported); P(imported); P(detached);
	P(never_came); P(tunnels_lost);
	P(addresses); P(claims);
	putchar('\n');
	P(probed); P(taken); P(duplicates); P(defended); P(addr_expired);
	putchar('\n');
	P(line_sessions); P(line_resumed); P(line_messages); P(leased);
	P(renewed_leases); P(released); P(declined); P(refused);
	P(no_binding); P(hostile_asks);
#undef P
	putchar('\n');
}

static void
tell_command(const struct options *o, int only, const char *what,
    uint64_t seed, uint64_t schedules)
{
	printf("%s: netmip4-sim --seed %llu --schedules %llu", what,
	    (unsigned long long)seed, (unsigned long long)schedules);
	if (only != WORLDS)
		printf(" --only %s", worlds[only]);
	if (o->users != 0)
		printf(" --sessions %u", o->users);
	if (o->steps != 0)
		printf(" --steps %u", o->steps);
}

static bool
run_world(const struct options *o, int which, struct world *w)
{
	return which == MAIN ? world_run(w, o->users, o->steps) : way_run(w);
}

/* The failed one again, this time with its last events kept. */
static void
tell_failure(const struct options *o, int which, uint64_t seed)
{
	struct counts counts = { 0 };
	struct world *w = calloc(1, sizeof(*w));
	unsigned i, first;

	if (w == NULL || (w->lines = calloc(TRACE_LINES, TRACE_LEN)) == NULL)
		abort();
	w->seed = seed;
	w->counts = &counts;
	run_world(o, which, w);
	first = w->n_lines > TRACE_LINES ? w->n_lines - TRACE_LINES : 0;
	for (i = first; i < w->n_lines; i++)
		puts(w->lines[i % TRACE_LINES]);
	printf("seed %llu, step %llu: %s\n", (unsigned long long)seed,
	    (unsigned long long)counts.steps, w->why);
	tell_command(o, which, "again", seed, 1);
	puts(" --trace");
	fflush(stdout);
	free(w->lines);
	free(w);
}

/* Which one has failed; WORLDS: none. */
static int
one(const struct options *o, uint64_t seed, struct counts *counts)
{
	struct world *w;
	int which;
	bool ok;

	/* Twice as many of the first as of the second, in all. */
	for (which = 0; which < WORLDS; which++) {
		if (o->only != WORLDS ? o->only != which :
		    which == WAYS && seed % 2 != 0)
			continue;
		if ((w = calloc(1, sizeof(*w))) == NULL)
			abort();
		w->seed = seed;
		w->counts = counts;
		w->trace = o->trace;
		ok = run_world(o, which, w);
		free(w);
		if (!ok)
			break;
	}
	return which;
}

static void
progress(const struct options *o, uint64_t done, uint64_t failed, double took)
{
	fprintf(stderr, "%llu of %llu schedules, %llu failed, %.0f s, next "
	    "seed %llu\n", (unsigned long long)done,
	    (unsigned long long)o->schedules, (unsigned long long)failed,
	    took, (unsigned long long)(o->seed + done));
}

/* Returns how many failed. */
static uint64_t
run(const struct options *o)
{
	struct counts counts = { 0 };
	double began = seconds(), said = began;
	uint64_t done = 0, failed = 0;
	int which;

	while (done < o->schedules && stopped == 0) {
		which = one(o, o->seed + done++, &counts);
		if (which != WORLDS) {
			failed++;
			tell_failure(o, which, o->seed + done - 1);
			if (!o->keep_going)
				break;
		}
		if (!o->quiet && seconds() - said >= 10) {
			said = seconds();
			progress(o, done, failed, said - began);
		}
	}
	report(&counts, done, seconds() - began);
	if (failed > 0)
		printf("%llu failed\n", (unsigned long long)failed);
	if (stopped != 0 && done < o->schedules) {
		tell_command(o, o->only, "to go on", o->seed + done,
		    o->schedules - done);
		puts(o->keep_going ? " --keep-going" : "");
	}
	return failed;
}

int
main(int argc, char **argv)
{
	struct options o = { .only = WORLDS, .seed = 1,
	    .schedules = 1000 };
	struct sigaction sa = { .sa_handler = stop };

	if (parse(&o, argc, argv) != 0) {
		usage(stderr);
		return 2;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	log_set_level(NULL, "error");
	return run(&o) > 0 ? 1 : 0;
}
