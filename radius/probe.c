/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radius-probe: asks RADIUS servers as nasd does, or (lookup) had, once, and
 * says what came back. A subscriber's password is read from standard input.
 *
 *	radius-probe -k secret-file -s ADDRESS[:AUTH-PORT[:ACCT-PORT]] [-s ...]
 *	    [-D dictionary] [-m] [-t ms] [-n tries] [-v]
 *	    pap|chap|lookup|start|interim|stop USER ["Name = value" ...]
 *
 * Exit status: 0 accepted, 1 rejected, 2 usage, 3 no answer.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/clock.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/timers.h"
#include "radius/client.h"
#include "radius/mobile.h"

#define EXIT_REJECTED	1
#define EXIT_USAGE	2
#define EXIT_SILENT	3

#define SERVICE_CALL_CHECK	10	/* RFC 2865 5.6 */

struct probe {
	struct radius_conf	 conf;
	struct radius_secret	 secret;
	const char		*dict_file;
	struct radius_dict	*dict;
	bool			 verbose;
	volatile bool		 stop;
	int			 status;
};

static int
usage(void)
{
	fprintf(stderr, "usage: radius-probe -k secret-file"
	    " -s address[:auth-port[:acct-port]] [-s ...]\n"
	    "\t[-D dictionary] [-m] [-t ms] [-n tries] [-v]\n"
	    "\tpap|chap|lookup|start|interim|stop user"
	    " [\"Name = value\" ...]\n");
	return EXIT_USAGE;
}

/* The first line of a file, without its end. Its length, or -errno. */
static int
read_line(FILE *f, uint8_t *buf, size_t cap)
{
	char line[512];
	size_t n;

	if (f == NULL)
		return -errno;
	if (fgets(line, sizeof(line), f) == NULL)
		return -EINVAL;
	n = strcspn(line, "\r\n");
	if (n > cap)
		return -EMSGSIZE;
	memcpy(buf, line, n);
	OPENSSL_cleanse(line, sizeof(line));
	return (int)n;
}

static int
read_secret(struct probe *p, const char *file)
{
	FILE *f = fopen(file, "r");
	int n = read_line(f, p->secret.data, sizeof(p->secret.data));

	if (f != NULL)
		fclose(f);
	if (n <= 0) {
		fprintf(stderr, "%s: no secret in it\n", file);
		return -EINVAL;
	}
	p->secret.len = (size_t)n;
	return 0;
}

static int
add_server(struct probe *p, const char *arg)
{
	struct radius_server_conf *s = &p->conf.server[p->conf.n_servers];
	char addr[INET_ADDRSTRLEN] = "";

	if (p->conf.n_servers == RADIUS_SERVERS)
		return -E2BIG;
	radius_server_conf_init(s);
	if (sscanf(arg, "%15[0-9.]:%hu:%hu", addr, &s->auth_port,
	    &s->acct_port) < 1 ||
	    inet_pton(AF_INET, addr, &s->address) != 1)
		return -EINVAL;
	memcpy(s->name, addr, sizeof(addr));
	p->conf.n_servers++;
	return 0;
}

static void
add_chap(struct radius_attrs *as, const uint8_t *pw, size_t len)
{
	uint8_t challenge[16], sum[17], in[1 + RADIUS_PASSWORD + 16];

	RAND_bytes(challenge, sizeof(challenge));
	RAND_bytes(sum, 1);
	/* RFC 1994 4.1: MD5 over identifier, secret, challenge. */
	in[0] = sum[0];
	memcpy(in + 1, pw, len);
	memcpy(in + 1 + len, challenge, sizeof(challenge));
	EVP_Digest(in, 1 + len + sizeof(challenge), sum + 1, NULL, EVP_md5(),
	    NULL);
	radius_add_data(as, PW_CHAP_PASSWORD, 0, sum, sizeof(sum));
	radius_add_data(as, PW_CHAP_CHALLENGE, 0, challenge,
	    sizeof(challenge));
	OPENSSL_cleanse(in, sizeof(in));
}

/* What is to be sent; the packet's code or -EINVAL. */
static int
build(const char *what, struct radius_attrs *as)
{
	static const char *const acct[] = { "start", "stop", "interim" };
	uint8_t pw[RADIUS_PASSWORD];
	int n;

	for (uint32_t i = 0; i < sizeof(acct) / sizeof(acct[0]); i++)
		if (strcmp(what, acct[i]) == 0) {
			radius_add_u32(as, PW_ACCT_STATUS_TYPE, i + 1);
			return RADIUS_ACCT_REQUEST;
		}
	if (strcmp(what, "lookup") == 0) {
		radius_add_u32(as, PW_SERVICE_TYPE, SERVICE_CALL_CHECK);
		return RADIUS_ACCESS_REQUEST;
	}
	if (strcmp(what, "pap") != 0 && strcmp(what, "chap") != 0)
		return -EINVAL;
	n = read_line(stdin, pw, sizeof(pw));
	if (n < 0) {
		fprintf(stderr, "no password on standard input\n");
		return -EINVAL;
	}
	if (strcmp(what, "pap") == 0)
		radius_add_data(as, PW_USER_PASSWORD, 0, pw, (size_t)n);
	else
		add_chap(as, pw, (size_t)n);
	OPENSSL_cleanse(pw, sizeof(pw));
	return RADIUS_ACCESS_REQUEST;
}

/* That there is a key, not which. */
static void
show_key(const struct radius_attrs *reply)
{
	struct mip4_sa sa;
	char why[96];

	switch (radius_mn_ha(reply, RADIUS_FOR_NAS, &sa, why, sizeof(why))) {
	case RADIUS_KEY_NONE:
		break;
	case RADIUS_KEY_GOOD:
		printf("MN-HA key: SPI %u, %zu bytes\n", (unsigned)sa.spi,
		    sa.key_len);
		break;
	case RADIUS_KEY_BROKEN:
		printf("MN-HA key: %s\n", why);
		break;
	}
	mip4_sa_wipe(&sa);
}

static void
show(const struct probe *p, const char *verdict,
    const struct radius_attrs *reply)
{
	const VALUE_PAIR *vp = reply != NULL ? reply->list : NULL;
	char text[1200];

	puts(verdict);
	for (; vp != NULL; vp = vp->next)
		if (radius_attr_text(p->dict, vp, text, sizeof(text)))
			puts(text);
	if (reply != NULL)
		show_key(reply);
}

static void
done(void *arg, enum radius_result result, const struct radius_attrs *reply)
{
	struct probe *p = arg;

	switch (result) {
	case RADIUS_ACCEPTED:
		show(p, "accepted", reply);
		p->status = 0;
		break;
	case RADIUS_REJECTED:
		show(p, "rejected", reply);
		p->status = EXIT_REJECTED;
		break;
	case RADIUS_CHALLENGED:
		show(p, "challenged", reply);
		p->status = EXIT_REJECTED;
		break;
	case RADIUS_SILENT:
		show(p, "no answer", NULL);
		p->status = EXIT_SILENT;
		break;
	}
	p->stop = true;
}

static int
run(struct probe *p, int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct radius_client *client;
	struct radius_attrs as;
	struct timers timers;
	json_t *stats;
	int code;

	radius_attrs_init(&as, p->dict);
	radius_add_str(&as, PW_USER_NAME, argv[1]);
	if ((code = build(argv[0], &as)) < 0)
		return usage();
	for (int i = 2; i < argc; i++)
		if (radius_add_text(&as, argv[i]) < 0) {
			fprintf(stderr, "\"%s\": no attribute of the "
			    "dictionary, or no value of it\n", argv[i]);
			return EXIT_USAGE;
		}
	timers_init(&timers);
	client = radius_client_new(base, &timers, &clock_system, p->dict,
	    &p->conf);
	p->status = EXIT_SILENT;
	if (client != NULL && radius_send(client, (enum radius_code)code,
	    &as, done, p) != NULL)
		daemon_run(base, &timers, &clock_system, &p->stop);
	if (client != NULL && p->verbose) {
		stats = radius_stats(client);
		json_dumpf(stats, stderr, JSON_INDENT(2));
		fputc('\n', stderr);
		json_decref(stats);
	}
	radius_client_free(client);
	timers_free(&timers);
	event_base_free(base);
	return p->status;
}

int
main(int argc, char **argv)
{
	struct probe p = { .dict_file = RADIUS_DICTIONARY };
	unsigned timeout = 2000, tries = 2;
	bool require_ma = false;
	int c, status;

	log_init("radius-probe", LOG_TO_STDERR);
	radius_conf_init(&p.conf);
	while ((c = getopt(argc, argv, "D:k:mn:s:t:v")) != -1)
		switch (c) {
		case 'D':
			p.dict_file = optarg;
			break;
		case 'k':
			if (read_secret(&p, optarg) < 0)
				return EXIT_USAGE;
			break;
		case 'm':
			require_ma = true;
			break;
		case 'n':
			tries = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			if (add_server(&p, optarg) < 0)
				return usage();
			break;
		case 't':
			timeout = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'v':
			p.verbose = true;
			break;
		default:
			return usage();
		}
	if (argc - optind < 2 || p.conf.n_servers == 0 || p.secret.len == 0 ||
	    tries == 0 || timeout == 0)
		return usage();
	for (unsigned i = 0; i < p.conf.n_servers; i++) {
		p.conf.server[i].secret = p.secret;
		p.conf.server[i].timeout_ms = timeout;
		p.conf.server[i].tries = tries;
		p.conf.server[i].priority = i;
		p.conf.server[i].ma = require_ma ? RADIUS_MA_REQUIRED :
		    RADIUS_MA_IF_PRESENT;
	}
	if ((p.dict = radius_dict_load(p.dict_file)) == NULL)
		return EXIT_USAGE;
	status = run(&p, argc - optind, argv + optind);
	radius_dict_free(p.dict);
	radius_conf_wipe(&p.conf);
	OPENSSL_cleanse(&p.secret, sizeof(p.secret));
	return status;
}
