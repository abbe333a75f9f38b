/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root side of a reload: reads the configuration again, hands it over, and
 * takes it as its own when the engine says so. Neighbours: reload.c, the
 * engine's side; config_apply.c, which both go by.
 */
#ifndef NASD_PRIV_RELOAD_H
#define NASD_PRIV_RELOAD_H

#include <stddef.h>
#include <stdint.h>

struct config_pppoe;
struct nasd_config;
struct plane;

struct priv_reload {
	struct nasd_config	*cfg;		/* that runs */
	struct nasd_config	*next;		/* read last, or NULL */
	uint32_t		 serial;	/* of next */
};

/* Reads the file again. What is wrong with it is written to errors; else *fd
 * is what conf_files_receive reads. 0 or -errno of neither. */
int	 priv_reload_read(struct priv_reload *, char *errors, size_t size,
    int *fd);
/* An interface that next has. NULL: none. */
const struct config_pppoe *priv_reload_interface(const struct priv_reload *,
    const char *ifname);
/* next, if it is still the one of that serial, is the configuration from now
 * on. 0, -ESTALE, or as config_apply. */
int	 priv_reload_take(struct priv_reload *, uint32_t serial,
    struct plane *);
void	 priv_reload_free(struct priv_reload *);

#endif
