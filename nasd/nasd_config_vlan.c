/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads what a section "pppoe" says of VLANs on demand. Neighbours:
 * nasd_config.c, which has the table of keys; vlan_tag.c knows the ranges. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <errno.h>
#include <string.h>

#include "common/conf.h"
#include "nasd/vlan_tag.h"

static void
read_range(struct conf *c, cfg_t *sec, struct vlan_ranges *v,
    const char *text)
{
	switch (vlan_ranges_add(v, text)) {
	case 0:
		break;
	case -ERANGE:
		conf_error(c, sec, "vlans", "\"%s\": VLANs are 1 to %d, from "
		    "the lower to the higher", text, VLAN_ID_MAX);
		break;
	case -ENOSPC:
		conf_error(c, sec, "vlans", "more than %d", VLAN_RANGES_MAX);
		break;
	default:
		conf_error(c, sec, "vlans", "\"%s\": neither LOW-HIGH nor "
		    "LOW-HIGH inner LOW-HIGH", text);
	}
}

void
nasd_config_vlans(struct conf *c, cfg_t *sec, struct vlan_limits *l)
{
	const char *type = cfg_getstr(sec, "qinq-type");
	unsigned i;

	l->ranges.qinq_type = VLAN_8021AD;
	if (strcmp(type, "802.1q") == 0)
		l->ranges.qinq_type = VLAN_8021Q;
	else if (strcmp(type, "802.1ad") != 0)
		conf_error(c, sec, "qinq-type",
		    "\"%s\": 802.1ad or 802.1q", type);
	for (i = 0; i < cfg_size(sec, "vlans"); i++)
		read_range(c, sec, &l->ranges, cfg_getnstr(sec, "vlans", i));
	conf_uint(c, sec, "max-vlans", 1, 16384, &l->max);
	conf_uint(c, sec, "vlan-rate", 1, 1000, &l->rate);
	conf_uint(c, sec, "vlan-idle", 5, 86400, &l->idle_s);
}
