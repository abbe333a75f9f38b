/* SPDX-License-Identifier: BSD-2-Clause */
/* Section "ipv4 { ... }" of nasd.conf: IPv4 beside IPv6 [PROTOCOLS D134]. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <arpa/inet.h>

#include "common/conf.h"
#include "common/ip4.h"
#include "nasd/nasd_config.h"

/* libconfuse wants it writable. */
static char no_servers[] = "{}";

cfg_opt_t nasd_config_ipv4_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR_LIST("dns-servers", no_servers, CFGF_NONE),
	CFG_END()
};

static void
read_servers(struct conf *c, cfg_t *sec, struct config_ipv4 *v)
{
	unsigned n = cfg_size(sec, "dns-servers");
	const char *text;

	if (n > CONFIG_DNS) {
		conf_error(c, sec, "dns-servers", "IPCP knows of %d only",
		    CONFIG_DNS);
		n = CONFIG_DNS;
	}
	for (unsigned i = 0; i < n; i++) {
		text = cfg_getnstr(sec, "dns-servers", i);
		if (inet_pton(AF_INET, text, &v->dns[i]) != 1 ||
		    !ip4_is_host(v->dns[i]))
			conf_error(c, sec, "dns-servers",
			    "\"%s\" is no host's IPv4 address", text);
	}
}

void
nasd_config_ipv4(struct conf *c, struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "ipv4");
	struct config_ipv4 *v = &cf->ipv4;

	read_servers(c, sec, v);
	if (cfg_getstr(sec, "address") == NULL) {
		if (cfg_size(sec, "dns-servers") > 0)
			conf_error(c, sec, "dns-servers",
			    "of no use without an address");
		return;
	}
	conf_host4(c, sec, "address", &v->address);
	if (cf->ppp == CONFIG_PPP_NODE)		/* PROTOCOLS D175 */
		conf_error(c, sec, "address", "there is no IPv4 with "
		    "ppp-addresses = access-node");
	if (nasd_config_ha(cf, v->address) != NULL)
		conf_error(c, sec, "address", "is a home agent's");
}

/* What the NAS itself talks to must not become a subscriber's, for pppd would
 * route it to that link, nor an access node's behind a foreign agent. */
const char *
config_ipv4_unusable(const struct nasd_config *cf, struct in_addr addr)
{
	const struct radius_conf *r = &cf->radius;
	uint32_t a = addr.s_addr;
	unsigned i;

	if (!ip4_is_host(addr))
		return "is no host's address";
	if (a == cf->ipv4.address.s_addr || a == cf->coa.s_addr)
		return "is our own";
	for (i = 0; i < cf->n_ha; i++)
		if (a == cf->ha[i].addr.s_addr)
			return "is a home agent's";
	for (i = 0; i < r->n_servers; i++)
		if (a == r->server[i].address.s_addr)
			return "is a RADIUS server's";
	for (i = 0; i < cf->dae.n_clients; i++)
		if (a == cf->dae.client[i].address.s_addr)
			return "is a RADIUS client's";
	return NULL;
}
