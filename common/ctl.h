/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control socket: Unix stream, one JSON object a line each way.
 *
 *   -> {"id": 1, "cmd": "show sessions", "args": {...}}
 *   <- {"id": 1, "status": "ok", "data": ...}
 *   <- {"id": 1, "status": "error", "code": "no-match", "message": "..."}
 *
 * code: usage, no-match, denied, busy, internal. A line is at most
 * CTL_LINE_MAX bytes towards the daemon. Idle connections are closed after
 * CTL_IDLE_S seconds, and there are at most CTL_CONN_MAX of them: a new one
 * beyond replaces the one idle longest. Replies that are not read are kept up
 * to a limit; beyond it the one that has been asked for first is dropped with
 * its connection.
 */
#ifndef COMMON_CTL_H
#define COMMON_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct ctl;
struct event_base;
struct timeval;

#define CTL_LINE_MAX	65536
#define CTL_CONN_MAX	64
#define CTL_IDLE_S	60

/*
 * A command's handler. args is {} when there are none. Returns the reply's
 * data (ownership passes), or NULL after setting *code and *message (static
 * or until the next call).
 */
typedef json_t *ctl_handler(void *arg, const json_t *args, const char **code,
    const char **message);

struct ctl_cmd {
	const char	*name;		/* "show sessions" */
	ctl_handler	*handle;
};

/* Opens the listening socket at path: mode 0660, owner root, group as named
 * (NULL: root's). Removes a stale socket; -EADDRINUSE when a daemon answers
 * on it. Returns the descriptor or -errno. Before privileges are dropped. */
int	 ctl_listen(const char *path, const char *group);
/* Serves commands on a listening descriptor, which it owns unless NULL is
 * returned. cmds stays the caller's and must outlive it. */
struct ctl *ctl_new(struct event_base *, int fd, const struct ctl_cmd *cmds,
    size_t n, void *arg);
void	 ctl_free(struct ctl *);
/* wait is asked before a command is handled: true when what it is to tell is
 * still on its way. The request then waits for ctl_resume, which answers all
 * that wait; not from within a handler or wait. */
typedef bool ctl_wait(void *arg, const char *cmd);
void	 ctl_set_wait(struct ctl *, ctl_wait *);
void	 ctl_resume(struct ctl *);
/* Within a handler, for an answer that takes its time: the handler returns
 * NULL, and whoever has it calls ctl_answer once, also when nobody waits any
 * more. The connection's next request is read then. NULL: no memory. */
struct ctl_later;
struct ctl_later *ctl_defer(struct ctl *);
/* Within the handler: it has an answer after all. */
void	 ctl_not_later(struct ctl_later *);
/* Not within the handler. data's ownership passes; NULL: an error, with code
 * and message. */
void	 ctl_answer(struct ctl_later *, json_t *data, const char *code,
    const char *message);
/* For connections accepted from now on, instead of CTL_IDLE_S (tests). */
void	 ctl_set_idle(struct ctl *, const struct timeval *);
/* The same for those that do not read their reply, instead of ten seconds. */
void	 ctl_set_slow(struct ctl *, const struct timeval *);
unsigned ctl_connections(const struct ctl *);

/* Client: one request, one reply (a new reference), waiting timeout_ms at
 * most. args may be NULL, and stays the caller's. NULL with *err set:
 * -ECONNREFUSED, -ENOENT, -EACCES, -ETIMEDOUT, -EPROTO (it hung up or sent
 * nonsense), -ENOMEM. */
json_t	*ctl_call(const char *path, const char *cmd, json_t *args,
    int timeout_ms, int *err);

#endif
