/* SPDX-License-Identifier: BSD-2-Clause */
/* What only the whole configuration can tell: things named twice, missing
 * parts, values that have to fit each other. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <string.h>

#include "common/conf.h"
#include "nasd/ha_select.h"
#include "nasd/nai.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_pppd.h"
#include "nasd/sockets.h"
#include "radius/client.h"

static void
check_pppoe(struct conf *c, const struct nasd_config *cf)
{
	unsigned i;

	if (cf->n_pppoe > SOCKETS_MAX_PPPOE)
		conf_error(c, NULL, "pppoe", "more than %d interfaces",
		    SOCKETS_MAX_PPPOE);
	for (i = 0; i < cf->n_pppoe; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "pppoe", i);
		const char *name = cfg_title(sec);

		if (name[0] == '\0' || strpbrk(name, "/ ") != NULL ||
		    strlen(name) >= sizeof(cf->pppoe[i].ifname))
			conf_error(c, sec, NULL, "\"%s\" is no interface name",
			    name);
		if (cf->pppoe[i].ac_name[0] == '\0' ||
		    strlen(cf->pppoe[i].ac_name) > 255)
			conf_error(c, sec, "ac-name",
			    "must have 1 to 255 characters");
	}
}

static void
check_pppd(struct conf *c, const struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "pppd");
	bool keys = true;
	unsigned i;

	if (cf->pppd.path[0] != '/')
		conf_error(c, sec, "path", "must begin with /");
	if (cf->pppd.auth[0] == NULL)
		conf_error(c, sec, "auth", "must name one at least");
	for (i = 0; cf->pppd.auth[i] != NULL; i++) {
		const char *auth = cf->pppd.auth[i];

		if (pppd_auth_option(auth) == NULL)
			conf_error(c, sec, "auth",
			    "\"%s\": pap, chap, mschapv2 or eap", auth);
		keys &= strcmp(auth, "mschapv2") == 0 ||
		    strcmp(auth, "eap") == 0;
	}
	if (cf->pppd.mppe && !keys)
		conf_error(c, sec, "require-mppe",
		    "keys come with mschapv2 and eap only");
	for (i = 0; cf->pppd.options[i] != NULL; i++)
		if (i == CONFIG_PPPD_OPTIONS) {
			conf_error(c, sec, "options", "more than %d",
			    CONFIG_PPPD_OPTIONS);
			break;
		}
}

static void
check_keys(struct conf *c, cfg_t *sec, const struct config_ha *ha)
{
	unsigned i, k;

	for (i = 0; i < ha->n_sa; i++)
		for (k = 0; k < i; k++)
			if (ha->sa[i].spi == ha->sa[k].spi)
				conf_error(c, cfg_getnsec(sec, "key", i), NULL,
				    "SPI %u twice", (unsigned)ha->sa[i].spi);
}

static void
check_has(struct conf *c, const struct nasd_config *cf)
{
	unsigned i, k;

	if (cf->n_ha == 0)
		conf_error(c, NULL, "home-agent", "none is configured");
	if (cf->n_ha > HA_SELECT_MAX)
		conf_error(c, NULL, "home-agent", "more than %d",
		    HA_SELECT_MAX);
	for (i = 0; i < cf->n_ha; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "home-agent", i);

		check_keys(c, sec, &cf->ha[i]);
		if (cf->ha[i].name[0] == '\0')
			conf_error(c, sec, NULL, "has no name");
		if (cf->ha[i].addr.s_addr == cf->coa.s_addr)
			conf_error(c, sec, "address",
			    "is our care-of-address");
		for (k = 0; k < i; k++)
			if (cf->ha[i].addr.s_addr == cf->ha[k].addr.s_addr)
				conf_error(c, sec, "address",
				    "home agent \"%s\" has it already",
				    cf->ha[k].name);
	}
}

static void
check_radius(struct conf *c, const struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "radius");
	unsigned i;

	if (cf->radius.n_servers == 0) {
		conf_error(c, sec, "server", "no RADIUS server");
		return;
	}
	for (i = 0; i < cf->radius.n_servers; i++)
		if (cf->radius.server[i].acct)
			return;
	conf_error(c, sec, "server", "none is for accounting");
}

static void
check_nai(struct conf *c, const struct nasd_config *cf)
{
	const char *wrong = nai_template_error(cf->nai);

	if (wrong != NULL)
		conf_error(c, NULL, "nai", "%s", wrong);
}

void
nasd_config_check(struct conf *c, const struct nasd_config *cf)
{
	if (cf->nas_id[0] == '\0' || strlen(cf->nas_id) > 253)
		conf_error(c, NULL, "nas-identifier",
		    "must have 1 to 253 characters");
	check_nai(c, cf);
	conf_socket_path(c, c->cfg, "plugin-socket");
	conf_socket_path(c, c->cfg, "control-socket");
	check_pppoe(c, cf);
	check_pppd(c, cf);
	check_radius(c, cf);
	check_has(c, cf);
}
