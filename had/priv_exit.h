/* SPDX-License-Identifier: BSD-2-Clause */
/* The root side of the 6to4 exit: devices, filters, routes, counters, all of
 * the configuration; the engine can only ask for the counters. */
#ifndef HAD_PRIV_EXIT_H
#define HAD_PRIV_EXIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "had/exit.h"

struct had_config;
struct nl;

struct had_priv_exit {
	uint32_t	up;		/* the device is there */
	uint32_t	pad;
	uint64_t	rx_packets, tx_packets;	/* before the filters, and
						 * behind them */
	uint64_t	drop[EXIT_N_DROPS];
};

struct had_priv_exits {
	struct had_priv_exit	dev[EXIT_N_DEVICES];
};

/* 0 or -errno, after logging and undoing what was done. */
int	 priv_exit_up(struct nl *, const struct had_config *);
void	 priv_exit_down(struct nl *, const struct had_config *);
void	 priv_exit_count(struct nl *, const struct had_config *,
    struct had_priv_exits *);
/* A device of ours, or of an earlier run. */
bool	 priv_exit_is_device(const char *name);

#endif
