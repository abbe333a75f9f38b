/* SPDX-License-Identifier: BSD-2-Clause */
/* Modules of nasd that lines have no use for: what is asked of them all the
 * same is answered as where they are not in use. Beside sim_stand.c. */
#include "tests/sim/sim_line.h"

#include <net/if.h>
#include <stdio.h>

#include "nasd/access.h"
#include "nasd/access_node.h"
#include "nasd/left_save.h"
#include "nasd/pppoe.h"
#include "nasd/vlans.h"

/* Libc's: of interfaces the kernel is not asked. Lines come by ethers_link_is. */
unsigned
if_nametoindex(const char *ifname)
{
	(void)ifname;
	return 0;
}

const struct access *
access_of_kind(unsigned kind)
{
	return kind == ACCESS_ETHER ? &access_ether : NULL;
}

void
access_nothing(struct session *s)
{
	(void)s;
}

json_t *
access_one_json(const char *name, const char *origin, int mtu, bool served,
    unsigned sessions)
{
	(void)name;
	(void)origin;
	(void)mtu;
	(void)served;
	(void)sessions;
	return NULL;
}

void
session_eap_begin(struct session *s)
{
	(void)s;
}

void
session_eap_passed(struct session *s)
{
	(void)s;
}

void
session_eap_stop(struct session *s)
{
	(void)s;
}

const char *
session_ipv4_take(struct session *s, char text[static SESSION_WHY_IPV4])
{
	(void)s;
	(void)text;
	return NULL;
}

void
session_ipv4_resume(struct session *s)
{
	(void)s;
}

void
session_ipv4_leave(struct session *s)
{
	(void)s;
}

const struct config_ha *
nasd_config_ha(const struct nasd_config *cfg, struct in_addr addr)
{
	unsigned i;

	for (i = 0; i < cfg->n_ha; i++)
		if (cfg->ha[i].addr.s_addr == addr.s_addr)
			return &cfg->ha[i];
	return NULL;
}

const struct config_profile *
nasd_config_profile(const struct nasd_config *cfg, const char *name)
{
	(void)cfg;
	(void)name;
	return NULL;
}

unsigned
vlans_port_id(const struct vlans *vs, const char *ifname,
    char id[static VLAN_PORT_ID])
{
	(void)vs;
	snprintf(id, VLAN_PORT_ID, "%s", ifname);
	return 0;
}

void
vlans_quiet(struct vlans *vs, int ms)
{
	(void)vs;
	(void)ms;
}

void
pppoe_quiet(struct pppoe *p, int ms)
{
	(void)p;
	(void)ms;
}

bool
engine_takes_sessions(const struct engine *e)
{
	return !container_of(e, const struct lines, e)->drained;
}

void
engine_take_global(struct engine *e, bool was_read)
{
	(void)e;
	(void)was_read;
}

void
left_save_all(struct engine *e, struct statelog *log)
{
	(void)e;
	(void)log;
}

void
left_restore(struct engine *e, const struct session_rec *r, bool other_boot)
{
	(void)e;
	(void)r;
	(void)other_boot;
}

void
access_nodes_save(const struct access_nodes *nodes, struct statelog *log)
{
	(void)nodes;
	(void)log;
}

void
access_nodes_load(struct access_nodes *nodes, const uint8_t *body, size_t len)
{
	(void)nodes;
	(void)body;
	(void)len;
}
