/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the prefixes and the encapsulation of a section "home-agent" of
 * nasd.conf. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "nasd/home_bounds.h"
#include "nasd/nasd_config.h"

#define KEY		"prefixes"
#define LEN_MIN		3	/* 2000::/3 is all there is of global ones */
#define LEN_MAX		64

static void
read_one(struct conf *c, cfg_t *sec, unsigned i, struct config_ha *ha)
{
	struct home_prefix *p = &ha->prefix[ha->n_prefix];
	const char *text = cfg_getnstr(sec, KEY, i);

	if (conf_nprefix6(c, sec, KEY, i, &p->addr, &p->len) != 0)
		return;
	if (p->len < LEN_MIN || p->len > LEN_MAX)
		conf_error(c, sec, KEY, "\"%s\": /%d to /%d", text, LEN_MIN,
		    LEN_MAX);
	else if (!home_bounds_is_usable(&p->addr))
		conf_error(c, sec, KEY, "\"%s\": no place for home addresses",
		    text);
	else
		ha->n_prefix++;
}

void
nasd_config_prefixes(struct conf *c, cfg_t *sec, struct config_ha *ha)
{
	const unsigned n = cfg_size(sec, KEY);
	unsigned i;

	ha->prefix = calloc(n > 0 ? n : 1, sizeof(*ha->prefix));
	if (ha->prefix == NULL) {
		conf_error(c, sec, KEY, "out of memory");
		return;
	}
	for (i = 0; i < n; i++)
		read_one(c, sec, i, ha);
}

void
nasd_config_encapsulation(struct conf *c, cfg_t *sec, struct config_ha *ha)
{
	const char *is = cfg_getstr(sec, "encapsulation");

	ha->gre = strcmp(is, "gre") == 0;
	if (!ha->gre && strcmp(is, "sit") != 0)
		conf_error(c, sec, "encapsulation", "\"%s\": sit or gre", is);
}
