/* SPDX-License-Identifier: BSD-2-Clause */
/* had.conf(5), section "exit": the way between home addresses and the rest of
 * IPv6 where it is not ordinary routing. */
#include "config.h"
#define LOG_MODULE "config"
#include "had/had_config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MTU_MIN		1280	/* RFC 8200 5 */
#define MTU_MAX		65515

cfg_opt_t had_config_exit_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("relay", NULL, CFGF_NONE),
	CFG_BOOL("direct", cfg_true, CFGF_NONE),
	CFG_STR_LIST("routes", NULL, CFGF_NODEFAULT),
	CFG_INT("metric", 1024, CFGF_NONE),
	CFG_INT("mtu", 0, CFGF_NODEFAULT),
	CFG_END()
};

static void
check_address(struct conf *c, cfg_t *sec, const char *key, struct in_addr a)
{
	if (!exit_is_global(a))
		conf_error(c, sec, key, "private and special addresses have "
		    "no 6to4 prefix");
}

static void
load_relay(struct conf *c, struct had_config *h, cfg_t *sec)
{
	struct exit_conf *x = &h->exit;
	size_t i;
	int err;

	err = conf_ipv4(c, sec, "relay", &x->relay);
	if (err == -ENOENT && !x->direct)
		conf_error(c, sec, "relay", "missing, as it is not direct");
	if (err)
		return;
	check_address(c, sec, "relay", x->relay);
	if (x->relay.s_addr == x->address.s_addr)
		conf_error(c, sec, "relay", "our own address");
	for (i = 0; i < h->n_peers; i++)
		if (h->peers[i].addr.s_addr == x->relay.s_addr)
			conf_error(c, sec, "relay", "is peer \"%s\"",
			    h->peers[i].name);
}

/* All of IPv6, if nothing else is said. */
static void
load_routes(struct conf *c, struct had_config *h, cfg_t *sec)
{
	struct exit_conf *x = &h->exit;
	unsigned n = cfg_size(sec, "routes"), i;

	if (n > 0 && x->relay.s_addr == INADDR_ANY)
		conf_error(c, sec, "routes", "without a relay");
	if (x->relay.s_addr == INADDR_ANY)
		return;
	x->routes = conf_array(c, n, sizeof(*x->routes));
	if (!x->routes)
		return;
	x->n_routes = n ? n : 1;
	for (i = 0; i < n; i++)
		(void)conf_nprefix6(c, sec, "routes", i, &x->routes[i].addr,
		    &x->routes[i].len);
}

static void
load_6to4(struct conf *c, struct had_config *h, cfg_t *sec)
{
	struct exit_conf *x = &h->exit;

	x->on = true;
	x->address = h->address;
	x->direct = cfg_getbool(sec, "direct");
	x->mtu = h->tunnel_mtu;
	x->metric = 1024;
	(void)conf_ipv4(c, sec, "address", &x->address);
	check_address(c, sec, "address", x->address);
	conf_uint(c, sec, "mtu", MTU_MIN, MTU_MAX, &x->mtu);
	conf_uint(c, sec, "metric", 1, UINT32_MAX, &x->metric);
	load_relay(c, h, sec);
	load_routes(c, h, sec);
	if (h->dataplane == HAD_DATAPLANE_NONE)
		conf_error(c, sec, NULL, "needs dataplane type kernel");
}

void
had_config_exit(struct conf *c, struct had_config *h)
{
	unsigned n = cfg_size(c->cfg, "exit"), i;

	for (i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "exit", i);

		if (strcmp(cfg_title(sec), "6to4") == 0)
			load_6to4(c, h, sec);
		else
			conf_error(c, sec, NULL, "the only kind is \"6to4\"");
	}
}

void
had_config_free_exit(struct had_config *h)
{
	free(h->exit.routes);
}
