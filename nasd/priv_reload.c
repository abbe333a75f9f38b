/* SPDX-License-Identifier: BSD-2-Clause */
/* See priv_reload.h [D93]. */
#include "config.h"
#define LOG_MODULE "priv"
#include "nasd/priv_reload.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/conf_files.h"
#include "common/log.h"
#include "nasd/config_apply.h"
#include "nasd/config_plan.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_plane.h"
#include "radius/conf.h"

int
priv_reload_read(struct priv_reload *r, char *errors, size_t size, int *fd)
{
	struct conf_files files = { 0 };
	int err;

	priv_reload_free(r);
	log_copy_errors(errors, size);
	r->next = nasd_config_read(r->cfg->file, &files, &err);
	log_copy_errors(NULL, 0);
	err = 0;
	if (r->next != NULL) {
		r->serial++;
		err = conf_files_send(&files);
	}
	conf_files_free(&files);
	if (err < 0)
		return err;
	if (r->next != NULL)
		*fd = err;
	return 0;
}

const struct config_pppoe *
priv_reload_interface(const struct priv_reload *r, const char *ifname)
{
	unsigned i;

	for (i = 0; r->next != NULL && i < r->next->n_pppoe; i++)
		if (strcmp(r->next->pppoe[i].ifname, ifname) == 0)
			return &r->next->pppoe[i];
	return NULL;
}

/* Sessions are the engine's to count. */
static unsigned
nobody(void *arg, enum config_touch touch, const char *title)
{
	(void)arg;
	(void)touch;
	(void)title;
	return 0;
}

int
priv_reload_take(struct priv_reload *r, uint32_t serial, struct plane *plane)
{
	struct nasd_config *cf = r->cfg;
	struct config_plan plan;
	unsigned n = cf->n_ha;
	bool log;
	int err;

	if (r->next == NULL || serial != r->serial)
		return -ESTALE;
	err = config_plan_make(&plan, &cf->items, &r->next->items,
	    radius_conf_has_tls(&cf->radius) ||
	    radius_conf_has_tls(&r->next->radius), nobody, NULL);
	if (err != 0)
		return err;
	log = config_plan_acts(&plan, "log.");
	err = config_apply(cf, r->next, &plan);
	config_plan_free(&plan);
	priv_reload_free(r);
	if (err != 0)
		return err;
	if (log)
		nasd_config_log_levels(cf);
	for (; n < cf->n_ha; n++)
		plane_add_home_agent(plane, cf->ha[n].addr);
	log_info(NULL, "configuration taken anew");
	return 0;
}

void
priv_reload_free(struct priv_reload *r)
{
	nasd_config_free(r->next);
	r->next = NULL;
}
