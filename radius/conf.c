/* SPDX-License-Identifier: BSD-2-Clause */
/* What conf.h promises; common/conf.c says how mistakes are reported. */
#include "config.h"
#include "radius/conf.h"

#include <errno.h>
#include <string.h>

#include "radius/conf_tls.h"

#define TLS_SECRET	"radsec"	/* RFC 6614 2.3 */

cfg_opt_t radius_server_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("transport", "udp", CFGF_NONE),
	CFG_INT("auth-port", 1812, CFGF_NONE),
	CFG_INT("acct-port", 1813, CFGF_NONE),
	CFG_BOOL("authentication", cfg_true, CFGF_NONE),
	CFG_BOOL("accounting", cfg_true, CFGF_NONE),
	CFG_STR("secret-file", NULL, CFGF_NONE),
	CFG_INT("timeout", 2000, CFGF_NONE),
	CFG_INT("tries", 3, CFGF_NONE),
	CFG_INT("priority", 0, CFGF_NONE),
	CFG_INT("weight", 1, CFGF_NONE),
	CFG_BOOL("status-server", cfg_false, CFGF_NONE),
	CFG_BOOL("require-message-authenticator", cfg_false, CFGF_NONE),
	CFG_INT("tls-port", 2083, CFGF_NONE),
	CFG_STR("tls-name", NULL, CFGF_NONE),
	CFG_STR("ca-file", NULL, CFGF_NONE),
	CFG_STR("certificate-file", NULL, CFGF_NONE),
	CFG_STR("key-file", NULL, CFGF_NONE),
	CFG_END()
};

static void
read_port(struct conf *c, cfg_t *sec, const char *key, uint16_t *port)
{
	uint32_t v;

	if (conf_uint(c, sec, key, 1, 65535, &v) == 0)
		*port = (uint16_t)v;
}

void
radius_conf_secret(struct conf *c, cfg_t *sec, struct radius_secret *secret)
{
	int len = conf_secret_file(c, sec, "secret-file", secret->data,
	    sizeof(secret->data));

	if (len == -ENOENT)
		conf_error(c, sec, "secret-file", "missing");
	secret->len = len > 0 ? (size_t)len : 0;
}

static void
read_udp(struct conf *c, cfg_t *sec, struct radius_server_conf *s)
{
	read_port(c, sec, "auth-port", &s->auth_port);
	read_port(c, sec, "acct-port", &s->acct_port);
	radius_conf_secret(c, sec, &s->secret);
}

static void
read_tls(struct conf *c, cfg_t *sec, struct radius_server_conf *s)
{
	const char *name = cfg_getstr(sec, "tls-name");

	s->transport = RADIUS_TLS;
	read_port(c, sec, "tls-port", &s->auth_port);
	s->acct_port = s->auth_port;
	if (cfg_getstr(sec, "secret-file") != NULL)
		conf_error(c, sec, "secret-file", "not with transport tls: "
		    "there the secret is \"" TLS_SECRET "\" [RFC 6614 2.3]");
	s->secret.len = sizeof(TLS_SECRET) - 1;
	memcpy(s->secret.data, TLS_SECRET, s->secret.len);
	if (name != NULL && strlen(name) >= sizeof(s->tls_name))
		conf_error(c, sec, "tls-name", "too long");
	else if (name != NULL)
		strcpy(s->tls_name, name);
	s->tls = conf_tls(c, sec);
}

static void
read_server(struct conf *c, cfg_t *sec, struct radius_server_conf *s,
    unsigned place)
{
	const char *transport = cfg_getstr(sec, "transport");

	radius_server_conf_init(s);
	strncpy(s->name, cfg_title(sec), sizeof(s->name) - 1);
	if (s->name[0] == '\0')
		conf_error(c, sec, NULL, "has no name");
	conf_host4(c, sec, "address", &s->address);
	if (strcmp(transport, "tls") == 0)
		read_tls(c, sec, s);
	else if (strcmp(transport, "udp") == 0)
		read_udp(c, sec, s);
	else
		conf_error(c, sec, "transport", "\"%s\": udp or tls",
		    transport);
	s->auth = cfg_getbool(sec, "authentication");
	s->acct = cfg_getbool(sec, "accounting");
	conf_uint(c, sec, "timeout", 100, 60000, &s->timeout_ms);
	conf_uint(c, sec, "tries", 1, 20, &s->tries);
	/* without one they are asked in the order of the file */
	conf_uint(c, sec, "priority", 0, 65535, &s->priority);
	if (s->priority == 0)
		s->priority = place;
	conf_uint(c, sec, "weight", 1, 65535, &s->weight);
	s->status_server = cfg_getbool(sec, "status-server");
	s->ma = cfg_getbool(sec, "require-message-authenticator") ?
	    RADIUS_MA_REQUIRED : RADIUS_MA_IF_PRESENT;
}

/* Two of one address would be asked twice. */
static void
check_twins(struct conf *c, cfg_t *sec, const struct radius_conf *rc)
{
	for (unsigned i = 0; i < rc->n_servers; i++)
		for (unsigned k = 0; k < i; k++) {
			const struct radius_server_conf *a = &rc->server[i];
			const struct radius_server_conf *b = &rc->server[k];

			if (a->address.s_addr == b->address.s_addr &&
			    a->address.s_addr != INADDR_ANY &&
			    a->transport == b->transport &&
			    a->auth_port == b->auth_port)
				conf_error(c, cfg_getnsec(sec, "server", i),
				    "address", "server \"%s\" has it already",
				    b->name);
		}
}

void
radius_conf_servers(struct conf *c, cfg_t *sec, struct radius_conf *rc)
{
	unsigned n = cfg_size(sec, "server");
	bool auth = false;

	if (n > RADIUS_SERVERS) {
		conf_error(c, sec, "server", "more than %d", RADIUS_SERVERS);
		n = RADIUS_SERVERS;
	}
	for (unsigned i = 0; i < n; i++) {
		read_server(c, cfg_getnsec(sec, "server", i), &rc->server[i],
		    i + 1);
		auth = auth || rc->server[i].auth;
	}
	rc->n_servers = n;
	check_twins(c, sec, rc);
	if (n > 0 && !auth)
		conf_error(c, sec, "server", "none is for authentication");
	conf_uint(c, sec, "hold-down", 1, 86400, &rc->dead_s);
	conf_uint(c, sec, "probe-interval", 100, 3600000, &rc->probe_ms);
	conf_uint(c, sec, "probe-answers", 1, 100, &rc->probe_answers);
}

bool
radius_conf_has_tls(const struct radius_conf *rc)
{
	for (unsigned i = 0; i < rc->n_servers; i++)
		if (rc->server[i].transport == RADIUS_TLS)
			return true;
	return false;
}
