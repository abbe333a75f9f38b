/* SPDX-License-Identifier: BSD-2-Clause */
/* What conf.h promises; common/conf.c says how mistakes are reported. */
#include "config.h"
#include "radius/conf.h"

#include <errno.h>
#include <string.h>

cfg_opt_t radius_server_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_INT("auth-port", 1812, CFGF_NONE),
	CFG_INT("acct-port", 1813, CFGF_NONE),
	CFG_STR("secret-file", NULL, CFGF_NONE),
	CFG_INT("timeout", 2000, CFGF_NONE),
	CFG_INT("tries", 3, CFGF_NONE),
	CFG_BOOL("require-message-authenticator", cfg_false, CFGF_NONE),
	CFG_END()
};

static void
read_address(struct conf *c, cfg_t *sec, struct in_addr *addr)
{
	int err = conf_ipv4(c, sec, "address", addr);
	uint32_t a = ntohl(addr->s_addr);

	if (err == -ENOENT)
		conf_error(c, sec, "address", "missing");
	else if (err == 0 && (a == 0 || a >> 28 >= 0xe))
		conf_error(c, sec, "address", "not a unicast address");
}

static void
read_server(struct conf *c, cfg_t *sec, struct radius_server_conf *s)
{
	uint32_t port;
	int len;

	radius_server_conf_init(s);
	strncpy(s->name, cfg_title(sec), sizeof(s->name) - 1);
	read_address(c, sec, &s->address);
	if (conf_uint(c, sec, "auth-port", 1, 65535, &port) == 0)
		s->auth_port = (uint16_t)port;
	if (conf_uint(c, sec, "acct-port", 1, 65535, &port) == 0)
		s->acct_port = (uint16_t)port;
	conf_uint(c, sec, "timeout", 100, 60000, &s->timeout_ms);
	conf_uint(c, sec, "tries", 1, 20, &s->tries);
	s->ma = cfg_getbool(sec, "require-message-authenticator") ?
	    RADIUS_MA_REQUIRED : RADIUS_MA_IF_PRESENT;
	len = conf_secret_file(c, sec, "secret-file", s->secret.data,
	    sizeof(s->secret.data));
	if (len == -ENOENT)
		conf_error(c, sec, "secret-file", "missing");
	s->secret.len = len > 0 ? (size_t)len : 0;
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

	if (n > RADIUS_SERVERS) {
		conf_error(c, sec, "server", "more than %d", RADIUS_SERVERS);
		n = RADIUS_SERVERS;
	}
	for (unsigned i = 0; i < n; i++)
		read_server(c, cfg_getnsec(sec, "server", i), &rc->server[i]);
	rc->n_servers = n;
	check_twins(c, sec, rc);
}
