/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and checks sections "ethernet", links without PPP of one subscriber
 * each, and "dhcpv6", the server on them. Neighbours: nasd_config.c. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "nasd/nai.h"
#include "nasd/nasd_config.h"

cfg_opt_t nasd_config_ether_opts[] = {
	CFG_STR("user", "%i", CFGF_NONE),
	CFG_STR("password-file", NULL, CFGF_NONE),
	CFG_BOOL("access-line-ids", cfg_false, CFGF_NONE),
	CFG_END()
};

cfg_opt_t nasd_config_dhcp6_opts[] = {
	CFG_STR("register", "solicit", CFGF_NONE),
	CFG_BOOL("rapid-commit", cfg_true, CFGF_NONE),
	CFG_INT("preference", 0, CFGF_NONE),
	CFG_INT("sol-max-rt", 0, CFGF_NONE),
	CFG_END()
};

void
nasd_config_dhcp6(struct conf *c, struct config_dhcp6 *d)
{
	static const char *const when[] = { "solicit", "request", NULL };
	cfg_t *sec = cfg_getsec(c->cfg, "dhcpv6");

	d->on_request = conf_word(c, sec, "register", when) == 1;
	d->rapid_commit = cfg_getbool(sec, "rapid-commit");
	conf_uint(c, sec, "preference", 0, 255, &d->preference);
	conf_uint(c, sec, "sol-max-rt", 0, 86400, &d->sol_max_rt);
	if (d->sol_max_rt > 0 && d->sol_max_rt < 60)
		conf_error(c, sec, "sol-max-rt",
		    "0 or at least 60 seconds [RFC 8415 21.24]");
}

static void
read_one(struct conf *c, cfg_t *sec, struct nasd_config *cf,
    struct config_ether *e)
{
	const char *name = cfg_title(sec), *user = cfg_getstr(sec, "user");
	const char *wrong = nai_template_error(user);

	if (name[0] == '\0' || strpbrk(name, "/ ") != NULL ||
	    strlen(name) >= sizeof(e->ifname)) {
		conf_error(c, sec, NULL, "\"%s\" is no interface name", name);
		return;
	}
	strcpy(e->ifname, name);
	if (nasd_config_pppoe(cf, name) != NULL)
		conf_error(c, sec, NULL, "%s is a section pppoe already",
		    name);
	if (strstr(user, "%u") != NULL)
		conf_error(c, sec, "user", "%%u is what this is to make");
	else if (wrong != NULL)
		conf_error(c, sec, "user", "%s", wrong);
	e->user = nasd_config_copy(c, user);
	if (cfg_getstr(sec, "password-file") != NULL) {
		int len = conf_secret_file(c, sec, "password-file",
		    e->password, sizeof(e->password));

		e->password_len = len > 0 ? (size_t)len : 0;
	}
	e->line_ids = cfg_getbool(sec, "access-line-ids");
}

void
nasd_config_ethers(struct conf *c, struct nasd_config *cf)
{
	unsigned n = cfg_size(c->cfg, "ethernet"), i;

	cf->ether = calloc(n > 0 ? n : 1, sizeof(*cf->ether));
	if (cf->ether == NULL) {
		conf_error(c, NULL, "ethernet", "out of memory");
		return;
	}
	if (n > CONFIG_ETHERS)
		conf_error(c, NULL, "ethernet", "more than %d links",
		    CONFIG_ETHERS);
	cf->n_ether = n;
	for (i = 0; i < n; i++)
		read_one(c, cfg_getnsec(c->cfg, "ethernet", i), cf,
		    &cf->ether[i]);
}

void
nasd_config_ethers_free(struct nasd_config *cf)
{
	unsigned i;

	for (i = 0; i < cf->n_ether; i++) {
		free(cf->ether[i].user);
		explicit_bzero(cf->ether[i].password,
		    sizeof(cf->ether[i].password));
	}
	free(cf->ether);
}

const struct config_ether *
nasd_config_ether(const struct nasd_config *cf, const char *ifname)
{
	unsigned i;

	for (i = 0; i < cf->n_ether; i++)
		if (strcmp(cf->ether[i].ifname, ifname) == 0)
			return &cf->ether[i];
	return NULL;
}
