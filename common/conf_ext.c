/* SPDX-License-Identifier: BSD-2-Clause */
/* The section extension-type of both daemons: the numbers of the drafts'
 * extensions, which no registry has assigned [PROTOCOLS D3]. */
#include "config.h"
#include "common/conf.h"

#include "common/mip4_ext.h"

/* The defaults are those of MIP4_EXT_TYPES_DEFAULT. */
cfg_opt_t conf_ext_opts[] = {
	CFG_INT("ipv6-hoa-request", 0, CFGF_NODEFAULT),
	CFG_INT("ipv6-hoa-request-skippable", 0, CFGF_NODEFAULT),
	CFG_INT("ipv6-hoa", 0, CFGF_NODEFAULT),
	CFG_INT("ipv6-address", 0, CFGF_NODEFAULT),
	CFG_END()
};

static void
read_type(struct conf *c, cfg_t *sec, const char *key, uint8_t *type)
{
	uint32_t v;

	if (conf_uint(c, sec, key, 1, 255, &v) == 0)
		*type = (uint8_t)v;
}

void
conf_ext(struct conf *c, cfg_t *sec, struct mip4_ext_types *t)
{
	const unsigned before = c->errors;
	const char *why;

	*t = (struct mip4_ext_types)MIP4_EXT_TYPES_DEFAULT;
	read_type(c, sec, "ipv6-hoa-request", &t->hoa_request);
	read_type(c, sec, "ipv6-hoa-request-skippable", &t->hoa_request_skip);
	read_type(c, sec, "ipv6-hoa", &t->hoa);
	read_type(c, sec, "ipv6-address", &t->ipv6_address);
	if (c->errors != before)
		return;
	why = mip4_ext_types_check(t);
	if (why != NULL) {
		conf_error(c, sec, NULL, "%s", why);
		return;
	}
	why = mip4_ext_types_warning(t);
	if (why != NULL)
		conf_warn(c, sec, NULL, "%s", why);
}
