/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plugin's connection to nasd: connects, comes back soon after nasd went
 * away, later less often, sends and receives messages (common/plugproto.h).
 * Never blocks.
 * Knows nothing of pppd, so that it is tested without one.
 */
#ifndef PLUGIN_NASD_CLIENT_H
#define PLUGIN_NASD_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/plugproto.h"

struct nasd_client_events {
	/* Connected: the owner sends its HELLO, then what is still open. */
	void	(*connected)(void *arg);
	void	(*message)(void *arg, const struct plug_msg *);
	/* The connection ended or could not be made; why is a text. Once an
	 * outage: a nasd that is away for hours is no log line a second of
	 * each pppd. */
	void	(*lost)(void *arg, const char *why);
	/* fd, until now connected, will be closed. */
	void	(*closing)(void *arg, int fd);
};

struct nasd_client {
	const char			*path;
	const struct nasd_client_events	*events;
	void				*arg;
	int				 fd;		/* -1: none */
	bool				 complained;	/* lost was called */
	int64_t				 retry_at;	/* ms */
	int				 retry_ms;	/* next wait */
	int64_t				 lost_at;	/* ms; 0: it is there */
};

/* path and events must live as long as the client. */
void	nasd_client_init(struct nasd_client *, const char *path,
    const struct nasd_client_events *, void *arg);
/* Does what can be done now: connects if that is due, reads what is there.
 * now: monotonic milliseconds. */
void	nasd_client_poll(struct nasd_client *, int64_t now);
/* Milliseconds since nasd was last heard of, 0 while it is there. */
int64_t	nasd_client_away(const struct nasd_client *, int64_t now);
/* 0; -ENOTCONN; or -errno, after which the connection is closed. */
int	nasd_client_send(struct nasd_client *, const struct plug_msg *,
    int64_t now);
/* Closes without an event. */
void	nasd_client_close(struct nasd_client *);

#endif
