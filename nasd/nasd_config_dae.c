/* SPDX-License-Identifier: BSD-2-Clause */
/* Section "dynamic-authorization" of nasd.conf: who may send Disconnect- and
 * CoA-Requests. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/conf.h"
#include "nasd/nasd_config.h"
#include "radius/conf.h"
#include "radius/dae.h"

static cfg_opt_t client_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("secret-file", NULL, CFGF_NONE),
	CFG_BOOL("disconnect", cfg_true, CFGF_NONE),
	CFG_BOOL("coa", cfg_true, CFGF_NONE),
	CFG_BOOL("require-message-authenticator", cfg_false, CFGF_NONE),
	CFG_BOOL("require-event-timestamp", cfg_false, CFGF_NONE),
	CFG_END()
};

cfg_opt_t nasd_config_dae_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_INT("port", DAE_PORT, CFGF_NONE),
	CFG_INT("window", 300, CFGF_NONE),
	CFG_SEC("client", client_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

static void
read_client(struct conf *c, cfg_t *sec, struct config_dae_client *cl)
{
	strncpy(cl->name, cfg_title(sec), sizeof(cl->name) - 1);
	conf_host4(c, sec, "address", &cl->address);
	cl->disconnect = cfg_getbool(sec, "disconnect");
	cl->coa = cfg_getbool(sec, "coa");
	cl->require_ma = cfg_getbool(sec, "require-message-authenticator");
	cl->require_time = cfg_getbool(sec, "require-event-timestamp");
	radius_conf_secret(c, sec, &cl->secret);
}

/* Whose secret it is that a datagram is signed with, its source says. */
static void
check_twins(struct conf *c, cfg_t *sec, const struct config_dae *d)
{
	for (unsigned i = 0; i < d->n_clients; i++)
		for (unsigned k = 0; k < i; k++)
			if (d->client[i].address.s_addr != INADDR_ANY &&
			    d->client[i].address.s_addr ==
			    d->client[k].address.s_addr)
				conf_error(c, cfg_getnsec(sec, "client", i),
				    "address", "client \"%s\" has it already",
				    d->client[k].name);
}

void
nasd_config_dae(struct conf *c, struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "dynamic-authorization");
	struct config_dae *d = &cf->dae;
	unsigned n = cfg_size(sec, "client");
	uint32_t port;

	if (conf_ipv4(c, sec, "address", &d->address) == -ENOENT)
		d->address = cf->coa;
	if (conf_uint(c, sec, "port", 1, 65535, &port) == 0)
		d->port = (uint16_t)port;
	conf_uint(c, sec, "window", 10, 3600, &d->window_s);
	if (n > CONFIG_DAE_CLIENTS) {
		conf_error(c, sec, "client", "more than %d",
		    CONFIG_DAE_CLIENTS);
		n = CONFIG_DAE_CLIENTS;
	}
	d->n_clients = n;
	for (unsigned i = 0; i < n; i++)
		read_client(c, cfg_getnsec(sec, "client", i), &d->client[i]);
	check_twins(c, sec, d);
}

void
nasd_config_dae_wipe(struct nasd_config *cf)
{
	OPENSSL_cleanse(&cf->dae, sizeof(cf->dae));
}
