/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbours: show.c shows the answers, main.c asks for them. */
#include "config.h"
#include "nasctl/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nasctl/password.h"
#include "nasctl/show.h"

#define TEST_MS		20000	/* a request's 14 s and more */
#define CHECK_MS	15000	/* a program's 10 s and more */
#define WORDS_MAX	3	/* of a command */
#define CONTEXT_MAX	16384	/* bytes; twice what one can have */

static command_args args_none, args_list, args_session, args_terminate,
    args_level, args_name, args_radius_test, args_reload, args_restart,
    args_shutdown, args_import;

#define LIST_ARGS	"[columns COL,...] [order [-]COL] [match COL REGEX]"

const struct command commands[] = {
	{ "show sessions", LIST_ARGS, "the sessions there are",
	    PROG_NASCTL, args_list, show_list, "sessions",
	    "id,ifname,username,calling-sid,state,uptime,home-address,"
	    "home-agent,reg-left,prefix-mode,rx-bytes,tx-bytes;"
	    "access,rate-down,rate-up" },
	{ "show session", "ID|USER|IFNAME", "one session and its timeline",
	    PROG_NASCTL, args_session, show_session, NULL, NULL },
	{ "show recent", LIST_ARGS, "sessions that have ended",
	    PROG_NASCTL, args_list, show_list, "sessions",
	    ";id,number,ifname,username,calling-sid,state,came-up,ended,"
	    "terminate-cause" },
	{ "show interfaces", LIST_ARGS, "where subscribers dial in",
	    PROG_NASCTL, args_list, show_list, "interfaces",
	    "interface,origin,parent,vlan,inner-vlan,mtu,served,sessions" },
	{ "show home-agents", LIST_ARGS, "home agents and registrations",
	    PROG_NASCTL, args_list, show_list, "home_agents",
	    "name,address,state,drained,priority,weight,registrations,"
	    "waiting,rtt-us,hold-down,times-down;sessions-accepted,"
	    "sessions-refused,sessions-redirected,sessions-unanswered,"
	    "probes,sent,accepted,denied,no-reply,clock-offset,"
	    "waited-most" },
	{ "show radius", LIST_ARGS, "RADIUS servers",
	    PROG_NASCTL | PROG_HACTL, args_list, show_list, "servers",
	    "name,address,transport,auth-state,acct-state,priority,weight,"
	    "rtt-ms,sent,retrans,timeouts,accepts,rejects,challenges,"
	    "acct-responses,in-flight;auth-port,acct-port,state,malformed,"
	    "bad-attribute,bad-authenticator,bad-message-authenticator,"
	    "foreign-proxy-state,stray,send-errors" },
	{ "show dynamic-authorization", LIST_ARGS,
	    "who sends CoA and Disconnect, and what became of it",
	    PROG_NASCTL, args_list, show_list, "clients",
	    "client,address,disconnects,coas,acks,naks,duplicates,"
	    "dropped;malformed,bad-authenticator,"
	    "bad-message-authenticator,no-message-authenticator,"
	    "no-timestamp,stale,busy,send-errors" },
	{ "show accounting", "", "accounting records and their spool",
	    PROG_NASCTL, args_none, show_object, NULL, NULL },
	{ "show bindings", LIST_ARGS, "the bindings there are",
	    PROG_HACTL, args_list, show_list, "bindings",
	    "nai,home-address,unique,care-of,lifetime,left,peer,pool;"
	    "home-prefix,since,state,revocation,kind,addresses,probing,"
	    "encapsulation,gre-key-in,gre-key-out" },
	{ "show pools", LIST_ARGS, "prefix pools and how full they are",
	    PROG_HACTL, args_list, show_list, "pools",
	    "name,prefix,mode,used,held,reserved,denied,capacity;"
	    "reclaimed" },
	{ "show exits", LIST_ARGS, "6to4, and what was dropped there",
	    PROG_HACTL, args_list, show_list, "exits",
	    "exit,device,state,remote,rx-packets,tx-packets,in-spoofed,"
	    "in-address,in-embedded,in-source,in-destination,in-not-relay;"
	    "address,out-address,out-embedded,out-source" },
	{ "show home-links", LIST_ARGS, "links on which addresses are held",
	    PROG_HACTL, args_list, show_list, "home_links",
	    "link,state,lladdr,probing,held,answered,defended,duplicates,"
	    "conflicts;address,groups,probed,failed,received,malformed,"
	    "sent,send-failed" },
	{ "show users", LIST_ARGS, "subscribers of whom something is known",
	    PROG_HACTL, args_list, show_list, "users",
	    "nai,source,state,keys,pool,home,waiting,left;peer,why" },
	{ "show visitors", LIST_ARGS, "the mobile nodes that visit",
	    PROG_FADCTL, args_list, show_list, "visitors",
	    "home-address,nai,home-agent,link,lladdr,state,reverse,"
	    "lifetime,left;care-of,co-located,revocation,since" },
	{ "show pending", LIST_ARGS, "requests that wait for a home agent",
	    PROG_FADCTL, args_list, show_list, "pending",
	    "home-address,nai,home-agent,link,lladdr,lifetime" },
	{ "show links", LIST_ARGS, "links with mobile nodes",
	    PROG_FADCTL, args_list, show_list, "links",
	    "link,address,requests,solicitations,adverts,malformed,"
	    "not-ours,send-failed;sequence" },
	{ "show statistics", "", "counters",
	    PROG_ALL, args_none, show_object, NULL, NULL },
	{ "show violations", LIST_ARGS, "what was refused, from whom and why",
	    PROG_ALL, args_list, show_list, "violations",
	    "peer,address,reason,answer,count,last;ago" },
	{ "show version", "", "the daemon's version",
	    PROG_ALL, args_none, show_object, NULL, NULL },
	{ "radius test", "[USER [SERVER]]",
	    "try RADIUS: a user, whose password is asked for, or all servers",
	    PROG_NASCTL, args_radius_test, show_radius_test, "servers",
	    NULL },
	{ "terminate", "ID|USER|IFNAME|CALLING-SID|all [soft|hard]",
	    "end sessions: soft (default) lets PPP say goodbye",
	    PROG_NASCTL, args_terminate, show_object, NULL, NULL },
	{ "terminate", "HOME-ADDRESS", "end a visit",
	    PROG_FADCTL, args_session, show_object, NULL, NULL },
	{ "drain home-agent", "NAME", "no new registrations there",
	    PROG_NASCTL, args_name, show_object, NULL, NULL },
	{ "drain", "", "take no new subscribers",
	    PROG_ALL, args_none, show_object, NULL, NULL },
	{ "undrain home-agent", "NAME", "new registrations there again",
	    PROG_NASCTL, args_name, show_object, NULL, NULL },
	{ "undrain", "", "take new subscribers again",
	    PROG_ALL, args_none, show_object, NULL, NULL },
	{ "renew", "HOME-AGENT|all",
	    "renew all registrations at a home agent that has lost them",
	    PROG_NASCTL, args_name, show_object, NULL, NULL },
	{ "export", "ID|NAI|LINK",
	    "what another access node is to know of a mobile node",
	    PROG_NASCTL, args_session, show_context, NULL, NULL },
	{ "unexport", "ID|NAI|LINK", "it does not go there after all",
	    PROG_NASCTL, args_session, show_object, NULL, NULL },
	{ "import", "LINK [FILE|-]",
	    "register a mobile node that another one has exported",
	    PROG_NASCTL, args_import, show_object, NULL, NULL },
	{ "reload", "[--plan | --force]",
	    "go by the configuration as it is now, or say what that means",
	    PROG_NASCTL, args_reload, show_changes, "changes",
	    "key,change,from,to,effect,sessions,destructive;line" },
	{ "restart", "", "start nasd anew; sessions stay",
	    PROG_NASCTL | COMMAND_SPELT, args_restart, show_object, NULL,
	    NULL },
	{ "shutdown", "soft|hard",
	    "end nasd: after its last session, or with all of them",
	    PROG_NASCTL | COMMAND_SPELT, args_shutdown, show_object, NULL,
	    NULL },
	{ "revoke", "NAI", "end a binding; its access router is told",
	    PROG_HACTL, args_session, show_object, NULL, NULL },
	{ "flush users", "NAI|all", "forget what look-ups said",
	    PROG_HACTL, args_session, show_object, NULL, NULL },
	{ "log level", "[MODULE] error|warn|info|debug",
	    "what the daemon logs, until it is restarted",
	    PROG_ALL, args_level, show_object, NULL, NULL },
};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

static bool
is_prefix(const char *word, const char *of)
{
	return (*word != '\0' && strncmp(word, of, strlen(word)) == 0);
}

/* Word i of a command, copied into buf. NULL when it has fewer. */
static const char *
word_of(const struct command *c, size_t i, char buf[static 32])
{
	const char *p = c->words;
	size_t n;

	for (; i > 0; i--) {
		p = strchr(p, ' ');
		if (p == NULL)
			return (NULL);
		p++;
	}
	n = strcspn(p, " ");
	memcpy(buf, p, n);
	buf[n] = '\0';
	return (buf);
}

static const char *const list_words[] = { "columns", "order", "match" };

static const char *
list_word(const char *word)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < 3; i++)
		if (is_prefix(word, list_words[i]))
			found = list_words[i];
	return (found);
}

/* Which commands are still possible. */
struct choice {
	bool	 in[48];
};

_Static_assert(sizeof(commands) / sizeof(commands[0]) <= 48, "choice.in");

static bool
fits(const struct command *c, const char *word, const char *of)
{
	return ((c->programs & COMMAND_SPELT) != 0 ? strcmp(word, of) == 0 :
	    is_prefix(word, of));
}

/* Keeps those whose word i fits: exactly if one does, else by prefix. Returns
 * the number of different words that fit. */
static size_t
narrow(struct choice *ch, size_t i, const char *word)
{
	struct choice exact = { { false } }, prefix = { { false } };
	char buf[32], seen[32] = "";
	size_t n_exact = 0, n = 0, c;
	const char *w;

	for (c = 0; c < n_commands; c++) {
		w = ch->in[c] ? word_of(&commands[c], i, buf) : NULL;
		if (w == NULL || !fits(&commands[c], word, w))
			continue;
		prefix.in[c] = true;
		if (strcmp(w, seen) != 0)
			n++;
		strcpy(seen, w);
		if (strcmp(w, word) == 0) {
			exact.in[c] = true;
			n_exact++;
		}
	}
	*ch = n_exact > 0 ? exact : prefix;
	return (n_exact > 0 ? 1 : n);
}

/* "session" and "sessions" have their beginning in common; what follows tells
 * them apart: nothing or a list's words are for the list. */
static size_t
tell_apart(struct choice *ch, int argc, char **argv)
{
	const bool list = argc == 0 || list_word(argv[0]) != NULL;
	size_t c, n = 0, others = 0;

	for (c = 0; c < n_commands; c++) {
		if (!ch->in[c])
			continue;
		n++;
		others += strncmp(commands[c].words, "show session", 12) != 0;
	}
	if (n != 2 || others > 0)
		return (n);
	for (c = 0; c < n_commands; c++)
		if (ch->in[c] && (commands[c].parse == args_list) != list)
			ch->in[c] = false;
	return (1);
}

/* The words that could have stood at place i. */
static void
say_choice(const struct choice *ch, size_t i, FILE *err)
{
	char buf[32], seen[32] = "";
	const char *w;
	size_t c;

	for (c = 0; c < n_commands; c++) {
		w = ch->in[c] ? word_of(&commands[c], i, buf) : NULL;
		if (w == NULL || strcmp(w, seen) == 0)
			continue;
		fprintf(err, " %s", w);
		strcpy(seen, w);
	}
	fputc('\n', err);
}

/* Of those left, the one that has no further word. last: no word follows, so
 * that longer ones do not count. */
static bool
is_whole(const struct choice *ch, size_t words, bool last,
    const struct command **cmd)
{
	char buf[32];
	size_t c, n = 0, whole = 0;

	for (c = 0; c < n_commands; c++) {
		if (!ch->in[c])
			continue;
		n++;
		if (word_of(&commands[c], words, buf) != NULL)
			continue;
		whole++;
		*cmd = &commands[c];
	}
	return (whole == 1 && (n == 1 || last));
}

static const struct command *
find_command(enum program prog, int *argc, char ***argv, FILE *err)
{
	const struct command *cmd = NULL;
	struct choice ch, before;
	size_t c, i, n;

	for (c = 0; c < n_commands; c++)
		ch.in[c] = (commands[c].programs & (unsigned)prog) != 0;
	for (i = 0; i < WORDS_MAX; i++) {
		if (is_whole(&ch, i, *argc == 0, &cmd))
			return (cmd);
		if (*argc == 0) {
			fputs("more words are needed, one of:", err);
			say_choice(&ch, i, err);
			return (NULL);
		}
		before = ch;
		n = narrow(&ch, i, (*argv)[0]);
		if (n > 1)
			n = tell_apart(&ch, *argc - 1, *argv + 1);
		if (n != 1) {
			fprintf(err, "%s: %s:", (*argv)[0], n == 0 ?
			    "no such word, one of" : "ambiguous, one of");
			say_choice(n == 0 ? &before : &ch, i, err);
			return (NULL);
		}
		--*argc;
		++*argv;
	}
	return (is_whole(&ch, i, *argc == 0, &cmd) ? cmd : NULL);
}

static int
usage(const struct request *r, FILE *err)
{
	fprintf(err, "usage: %s%s%s\n", r->command->words,
	    *r->command->args != '\0' ? " " : "", r->command->args);
	return (-EINVAL);
}

static int
args_none(struct request *r, int argc, char **argv, FILE *err)
{
	(void)argv;
	return (argc == 0 ? 0 : usage(r, err));
}

static int
take_columns(struct request *r, const char *list, FILE *err)
{
	char *p, *save = NULL;

	free(r->columns);
	r->n_columns = 0;
	r->columns = strdup(list);
	if (r->columns == NULL)
		return (-EINVAL);
	for (p = strtok_r(r->columns, ",", &save); p != NULL;
	    p = strtok_r(NULL, ",", &save)) {
		if (r->n_columns == COLUMNS_MAX)
			return (usage(r, err));
		r->column[r->n_columns++] = p;
	}
	return (r->n_columns > 0 ? 0 : usage(r, err));
}

static int
args_list(struct request *r, int argc, char **argv, FILE *err)
{
	const char *word;
	int used, e = 0;

	for (; argc > 0 && e == 0; argc -= used, argv += used) {
		word = list_word(argv[0]);
		used = word == list_words[2] ? 3 : 2;
		if (word == NULL) {
			fprintf(err, "%s: no such word, one of: columns "
			    "order match\n", argv[0]);
			return (-EINVAL);
		}
		if (argc < used)
			return (usage(r, err));
		if (word == list_words[0]) {
			e = take_columns(r, argv[1], err);
		} else if (word == list_words[1]) {
			r->order = argv[1];
		} else {
			r->match_column = argv[1];
			r->match_regex = argv[2];
		}
	}
	return (e);
}

/* Strings go to the daemon as JSON, which is UTF-8. */
static int
put_string(struct request *r, const char *key, const char *value, FILE *err)
{
	if (json_object_set_new(r->args, key, json_string(value)) == 0)
		return (0);
	fprintf(err, "%s: not UTF-8\n", key);
	return (-EINVAL);
}

static int
args_session(struct request *r, int argc, char **argv, FILE *err)
{
	if (argc != 1)
		return (usage(r, err));
	return (put_string(r, "id", argv[0], err));
}

static int
args_name(struct request *r, int argc, char **argv, FILE *err)
{
	if (argc != 1)
		return (usage(r, err));
	return (put_string(r, "name", argv[0], err));
}

static int
args_restart(struct request *r, int argc, char **argv, FILE *err)
{
	r->timeout_ms = CHECK_MS;
	return (args_none(r, argc, argv, err));
}

/* The password comes from the terminal, or the first line of what is not one:
 * command lines can be seen by others. */
static int
args_radius_test(struct request *r, int argc, char **argv, FILE *err)
{
	char password[PASSWORD_MAX];
	int e;

	r->timeout_ms = TEST_MS;
	if (argc > 2)
		return (usage(r, err));
	if (argc == 0)
		return (0);
	if (argc == 2 && put_string(r, "server", argv[1], err) != 0)
		return (-EINVAL);
	if (password_read(password, argv[0]) != 0) {
		fprintf(err, "no password on standard input, or one longer "
		    "than %d bytes\n", PASSWORD_MAX - 1);
		return (-EINVAL);
	}
	e = put_string(r, "user", argv[0], err);
	if (e == 0)
		e = put_string(r, "password", password, err);
	memset(password, 0, sizeof(password));
	return (e);
}

static int
args_terminate(struct request *r, int argc, char **argv, FILE *err)
{
	bool hard = argc == 2 && is_prefix(argv[1], "hard");

	if (argc < 1 || argc > 2 ||
	    (argc == 2 && !hard && !is_prefix(argv[1], "soft")))
		return (usage(r, err));
	json_object_set_new(r->args, "hard", json_boolean(hard));
	return (put_string(r, "match", argv[0], err));
}

/* A file, or standard input; more than any context has is not even read. */
static json_t *
read_context(const char *path, FILE *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	char buf[CONTEXT_MAX + 1];
	json_error_t e;
	json_t *o;
	size_t n;
	int bad;

	if (f == NULL) {
		fprintf(err, "%s: %s\n", path, strerror(errno));
		return (NULL);
	}
	errno = 0;
	n = fread(buf, 1, sizeof(buf), f);
	bad = ferror(f) ? errno : 0;
	if (!is_stdin)
		fclose(f);
	if (bad != 0) {
		fprintf(err, "%s: %s\n", path, strerror(bad));
		return (NULL);
	}
	if (n > CONTEXT_MAX) {
		fprintf(err, "%s: longer than %d bytes\n", path, CONTEXT_MAX);
		return (NULL);
	}
	o = json_loadb(buf, n, JSON_REJECT_DUPLICATES, &e);
	if (o == NULL)
		fprintf(err, "%s:%d: no JSON object: %s\n", path, e.line,
		    e.text);
	return (o);
}

static int
args_import(struct request *r, int argc, char **argv, FILE *err)
{
	json_t *context;

	if (argc < 1 || argc > 2)
		return (usage(r, err));
	context = read_context(argc == 2 ? argv[1] : "-", err);
	if (context == NULL)
		return (-EINVAL);
	json_object_set_new(r->args, "context", context);
	return (put_string(r, "link", argv[0], err));
}

static int
args_reload(struct request *r, int argc, char **argv, FILE *err)
{
	bool plan = argc == 1 && strcmp(argv[0], "--plan") == 0;
	bool force = argc == 1 && strcmp(argv[0], "--force") == 0;

	if (argc > 1 || (argc == 1 && !plan && !force))
		return (usage(r, err));
	json_object_set_new(r->args, "plan", json_boolean(plan));
	json_object_set_new(r->args, "force", json_boolean(force));
	return (0);
}

static int
args_shutdown(struct request *r, int argc, char **argv, FILE *err)
{
	bool hard = argc == 1 && is_prefix(argv[0], "hard");

	/* Not by default: each is a surprise to who meant the other. */
	if (argc != 1 || (!hard && !is_prefix(argv[0], "soft")))
		return (usage(r, err));
	json_object_set_new(r->args, "hard", json_boolean(hard));
	return (0);
}

static int
args_level(struct request *r, int argc, char **argv, FILE *err)
{
	static const char *const levels[] = { "error", "warn", "info",
	    "debug" };
	size_t i;

	if (argc < 1 || argc > 2)
		return (usage(r, err));
	for (i = 0; i < 4; i++)
		if (is_prefix(argv[argc - 1], levels[i]))
			break;
	if (i == 4)
		return (usage(r, err));
	if (argc == 2 && put_string(r, "module", argv[0], err) != 0)
		return (-EINVAL);
	return (put_string(r, "level", levels[i], err));
}

int
command_parse(struct request *r, enum program prog, int argc, char **argv,
    FILE *err)
{
	*r = (struct request){ .args = json_object() };
	r->command = find_command(prog, &argc, &argv, err);
	if (r->command == NULL || r->args == NULL)
		return (-EINVAL);
	return (r->command->parse(r, argc, argv, err));
}

void
request_free(struct request *r)
{
	json_decref(r->args);
	free(r->columns);
	*r = (struct request){ 0 };
}
