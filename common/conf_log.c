/* SPDX-License-Identifier: BSD-2-Clause */
/* The section log { dest level module NAME { level } } of both daemons. */
#include "config.h"
#include "common/conf.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"

static cfg_opt_t module_opts[] = {
	CFG_STR("level", NULL, CFGF_NONE),
	CFG_END()
};

cfg_opt_t conf_log_opts[] = {
	CFG_STR("dest", "stderr", CFGF_NONE),
	CFG_STR("level", "info", CFGF_NONE),
	CFG_SEC("module", module_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

static void
set_level(struct conf *c, cfg_t *sec, const char *module)
{
	const char *level = cfg_getstr(sec, "level");
	int err;

	if (level == NULL) {
		conf_error(c, sec, "level", "missing");
		return;
	}
	err = c->dry ? log_check_level(module, level) :
	    log_set_level(module, level);
	if (err == -ENOENT)
		conf_error(c, sec, NULL, "no module \"%s\"", module);
	else if (err == -ENOSPC)
		conf_error(c, sec, NULL, "too many modules");
	else if (err != 0)
		conf_error(c, sec, "level", "\"%s\" for %s: one of error, "
		    "warn, info, debug", level,
		    module != NULL ? module : "all");
}

int
conf_log(struct conf *c, cfg_t *log, const char *program, bool debug)
{
	const char *dest = cfg_getstr(log, "dest");
	const unsigned before = c->errors;
	unsigned i;

	if (strcmp(dest, "stderr") != 0 && strcmp(dest, "syslog") != 0)
		conf_error(c, log, "dest", "\"%s\": stderr or syslog", dest);
	set_level(c, log, NULL);
	for (i = 0; i < cfg_size(log, "module"); i++)
		set_level(c, cfg_getnsec(log, "module", i),
		    cfg_title(cfg_getnsec(log, "module", i)));
	if (c->errors != before)
		return (-EINVAL);
	if (c->dry)
		return (0);
	if (debug)
		log_set_level(NULL, "debug");
	log_init(program, strcmp(dest, "syslog") == 0 && !debug ?
	    LOG_TO_SYSLOG : LOG_TO_STDERR);
	return (0);
}
