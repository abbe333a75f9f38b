/* SPDX-License-Identifier: BSD-2-Clause */
/* nasctl, hactl and fadctl: one program, three names. Neighbours: command.c
 * knows the commands, common/ctl.h asks the daemon, show.c shows what it
 * says. */
#include "config.h"
#include "nasctl/nasctl.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "common/ctl.h"
#include "nasctl/command.h"
#include "nasctl/output.h"

#define TIMEOUT_MS	10000

#define RUN_DIR		"/run/netmip4"

struct who {
	enum program	 prog;
	const char	*name;
	const char	*daemon;
	const char	*socket;
};

static const struct who whos[] = {
	{ PROG_NASCTL, "nasctl", "nasd", RUN_DIR "/nasd.ctl" },
	{ PROG_HACTL, "hactl", "had", RUN_DIR "/had.ctl" },
	{ PROG_FADCTL, "fadctl", "fad", RUN_DIR "/fad.ctl" },
};

struct options {
	const char	*socket;
	const char	*format;
	int		 exit;		/* at once, unless -1 */
};

static void
help(const struct who *w, FILE *f)
{
	size_t i;

	fprintf(f, "usage: %s [-s socket] [-o table|json|csv] command ...\n",
	    w->name);
	for (i = 0; i < n_commands; i++)
		if (commands[i].programs & (unsigned)w->prog)
			fprintf(f, "  %s%s%s\n      %s\n", commands[i].words,
			    *commands[i].args != '\0' ? " " : "",
			    commands[i].args, commands[i].help);
	fprintf(f, "Words may be shortened. Exit: %d ok, %d no match, %d "
	    "usage, %d %s unreachable, %d it failed.\n", NASCTL_OK,
	    NASCTL_NO_MATCH, NASCTL_USAGE, NASCTL_UNREACHABLE, w->daemon,
	    NASCTL_FAILED);
}

static void
options(struct options *o, const struct who *w, int argc, char **argv,
    FILE *out, FILE *err)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ w->socket, "table", -1 };
	optind = 0;	/* glibc's way to begin anew */
	opterr = 0;
	while (o->exit == -1 &&
	    (c = getopt_long(argc, argv, "+s:o:hV", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'o':
			o->format = optarg;
			if (output_find(optarg) != NULL)
				break;
			fprintf(err, "%s: %s: table, json or csv\n", w->name,
			    optarg);
			o->exit = NASCTL_USAGE;
			break;
		case 'h':
			help(w, out);
			o->exit = NASCTL_OK;
			break;
		case 'V':
			fprintf(out, "%s %s\n", w->name, PACKAGE_VERSION);
			o->exit = NASCTL_OK;
			break;
		default:
			fprintf(err, "%s: %s: no such option, or its argument "
			    "is missing; --help\n", w->name,
			    argv[optind - 1]);
			o->exit = NASCTL_USAGE;
		}
	}
}

static int
unreachable(const struct who *w, const char *path, int e, FILE *err)
{
	const char *why = strerror(-e);

	switch (e) {
	case -ENOENT:
		why = "no such socket; is it running?";
		break;
	case -ECONNREFUSED:
		why = "nobody listens; has it ended?";
		break;
	case -EACCES:
		why = "no permission; the socket is root's and its group's";
		break;
	case -ETIMEDOUT:
		why = "no answer in time";
		break;
	case -EPROTO:
		why = "it hung up, or its answer makes no sense";
		break;
	}
	fprintf(err, "%s: %s at %s: %s\n", w->name, w->daemon, path, why);
	return (NASCTL_UNREACHABLE);
}

/* Each line of a message by itself: what is wrong with a configuration has
 * several. */
static void
say_lines(const char *name, const char *msg, FILE *err)
{
	char line[512];
	size_t n;

	do {
		n = strcspn(msg, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)n, msg);
		fprintf(err, "%s: ", name);
		output_safe(err, line);
		fputc('\n', err);
		msg += n;
	} while (*msg++ == '\n');
}

/* The daemon said no. */
static int
refused(const struct who *w, const json_t *reply, FILE *err)
{
	const char *code = json_string_value(json_object_get(reply, "code"));
	const char *msg = json_string_value(json_object_get(reply,
	    "message"));

	say_lines(w->name, msg != NULL ? msg : "the daemon refused", err);
	if (code != NULL && strcmp(code, "no-match") == 0)
		return (NASCTL_NO_MATCH);
	if (code != NULL && strcmp(code, "usage") == 0)
		return (NASCTL_USAGE);
	return (NASCTL_FAILED);
}

static int
ask(const struct who *w, const struct options *o, const struct request *r,
    FILE *out, FILE *err)
{
	const char *status;
	json_t *reply;
	int e;

	reply = ctl_call(o->socket, r->command->words, r->args,
	    r->timeout_ms > 0 ? r->timeout_ms : TIMEOUT_MS,
	    &e);
	if (reply == NULL)
		return (unreachable(w, o->socket, e, err));
	status = json_string_value(json_object_get(reply, "status"));
	if (status != NULL && strcmp(status, "ok") == 0)
		e = r->command->view(r, json_object_get(reply, "data"),
		    o->format, out, err);
	else
		e = refused(w, reply, err);
	json_decref(reply);
	return (e);
}

/* By the name it was called by; nasctl if that is none of these. */
static const struct who *
who_is(const char *name)
{
	size_t i;

	for (i = 1; i < sizeof(whos) / sizeof(whos[0]); i++)
		if (strstr(name, whos[i].name) != NULL)
			return (&whos[i]);
	return (&whos[0]);
}

int
nasctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = argc > 0 ? slash != NULL ? slash + 1 : argv[0] : "";
	const struct who *w = who_is(name);
	struct options o;
	struct request r;
	int e;

	options(&o, w, argc, argv, out, err);
	if (o.exit != -1)
		return (o.exit);
	if (optind >= argc) {
		help(w, err);
		return (NASCTL_USAGE);
	}
	e = command_parse(&r, w->prog, argc - optind, argv + optind, err);
	e = e != 0 ? NASCTL_USAGE : ask(w, &o, &r, out, err);
	request_free(&r);
	if (fflush(out) != 0 && e == NASCTL_OK)
		e = NASCTL_FAILED;
	return (e);
}
