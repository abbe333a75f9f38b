/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Privilege separation. A daemon forks: the parent ("priv") stays root and
 * serves typed requests, each checked again by its handler; the child
 * ("engine") gives up everything and reads the network. Between them a
 * SOCK_SEQPACKET pair, messages of one event in one datagram, descriptors by
 * SCM_RIGHTS.
 *
 * Never a path or a command line crosses this boundary.
 */
#ifndef COMMON_PRIV_H
#define COMMON_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;

#define PRIV_MSG_MAX	8192	/* bytes of a request's or reply's body */

struct priv_ctx;	/* root side's own */

/* A request, and what its handler says to it. */
struct priv_call {
	void		*state;		/* the server's */
	const void	*body;
	size_t		 len;		/* of it, bytes */
	void		*out;		/* the reply's body, PRIV_MSG_MAX at
					 * most */
	size_t		 out_len;	/* 0 on entry */
	int		 fd;		/* -1 on entry; sent along, and closed
					 * then */
};
/* On the root side. 0 or -errno, which the engine gets as the status. */
typedef int priv_handler(struct priv_call *);
/* Sets the reply's body. 0, for the handler to return. */
int	 priv_reply(struct priv_call *, const void *body, size_t len);

struct priv_op {
	uint16_t	 type;		/* of the request */
	const char	*name;		/* for the log */
	size_t		 min_len;	/* of the body, bytes */
	size_t		 max_len;
	priv_handler	*handle;
	/* The handler only prepares; what is prepared by several such requests
	 * in a row is carried out at once, by the server's commit. It replies
	 * with a status alone. */
	bool		 together;
};

#define PRIV_TOGETHER	128	/* at most */

struct priv_server {
	const struct priv_op *ops;
	size_t		 n_ops;
	void		*state;		/* for the handlers */
	/* Carries out what the handlers of n requests have prepared, of which
	 * status[i] is the i-th one's, 0 or -errno; to be replaced by the one
	 * that the engine shall get. Only with an op "together". */
	void		(*commit)(void *state, int *status, size_t n);
	/* Called in priv when a child process that a handler started has
	 * ended; may call priv_notify. */
	void		(*child_exit)(void *state, struct priv_ctx *, pid_t,
			    int status);
	/* The engine has gone: undo what it left. Children of the handlers
	 * may be waited for here; those that end are reaped after it. */
	void		(*engine_gone)(void *state);
	/* Called once before the first request, with the context to notify
	 * through. */
	void		(*start)(void *state, struct priv_ctx *);
};

/* Sends an unrequested message to the engine. 0, -EMSGSIZE, or -errno when
 * the engine is gone or does not read (it is killed then). */
int	 priv_notify(struct priv_ctx *, uint16_t type, const void *body,
    size_t len);

/*
 * Forks. In the parent serves until the engine ends, then returns its exit
 * status (>= 0, for exit()) and sets *engine false. In the child returns 0,
 * sets *engine true and *sock to its end of the pair. -errno on failure.
 * SIGTERM, SIGINT and SIGHUP to the parent are passed on to the engine, which
 * is killed when it does not end within ten seconds of the first two. An
 * engine killed by signal N gives the status 128 + N, and a line in the log.
 */
int	 priv_fork(const struct priv_server *, bool *engine, int *sock);
/* For a handler that forks: in the child, before exec. The parent blocks the
 * signals it waits for, and a mask survives exec. (With posix_spawn, give an
 * empty POSIX_SPAWN_SETSIGMASK.) */
void	 priv_child_reset(void);

/*
 * The engine's side: asynchronous, in order. Status and body of the reply go
 * to done; fd is -1 or the receiver's to close.
 */
struct priv_client;
typedef void priv_done(void *arg, int status, const void *body, size_t len,
    int fd);
typedef void priv_note(void *arg, uint16_t type, const void *body, size_t len);

/* note gets what priv_notify sent. gone: priv has ended, the engine should
 * too. */
/* Owns sock. gone may free the client. */
struct priv_client *priv_client_new(struct event_base *, int sock,
    priv_note *note, void (*gone)(void *arg), void *arg);
void	 priv_client_free(struct priv_client *);
/* Queues a request; done may be NULL. -ENOMEM, -EMSGSIZE, -EPIPE (priv has
 * ended), or 0: then done is called exactly once and never from within this
 * call, unless the client is freed before; status is -EPIPE when priv ends
 * before it answers. body is only valid in done, and aligned for any type. */
int	 priv_request(struct priv_client *, uint16_t type, const void *body,
    size_t len, priv_done *done, void *arg);
/* What priv has not answered yet. When it has not for 5 s, that is logged, and
 * again when it does [D147]. */
struct priv_waiting {
	unsigned	unanswered;	/* requests */
	int64_t		oldest_ms;	/* how long ago the oldest was sent */
	uint64_t	silences;	/* how often it was said */
};
void	 priv_client_waiting(const struct priv_client *,
    struct priv_waiting *);
/* Other than 5 s; for tests. */
void	 priv_client_set_patience(struct priv_client *, int64_t ms);
/* priv_request, waiting for the reply (start-up only): its status. *out_len is
 * the room at out on entry and the reply's length on return; out, out_len and
 * fd may be NULL. Notes and earlier replies are delivered meanwhile. */
int	 priv_request_sync(struct priv_client *, uint16_t type,
    const void *body, size_t len, void *out, size_t *out_len, int *fd);

/*
 * Gives up everything: groups, user, capabilities, new privileges; chroot to
 * dir, which must be root's alone to write (NULL: none). As non-root (tests)
 * only what is possible. -errno, after logging which step failed.
 */
int	 priv_drop(const char *user, const char *chroot_dir);
/*
 * Whether priv_drop will find this user, for -n and before anything is
 * started; said with file and line of the configuration if not. 0 or -ENOENT.
 */
int	 priv_check_user(const char *file, unsigned line, const char *user);
/*
 * Installs the seccomp filter of an engine: sockets (new ones only datagram,
 * and TCP over IPv4 where that is needed), memory, time, epoll and files
 * already open. Opening a file gives EACCES, since libc does that on its own
 * account; anything else kills: no exec, no fork, no ptrace. After priv_drop,
 * as the last thing before the loop: what loads files (OpenSSL's providers,
 * getaddrinfo) comes before it.
 */
int	 priv_seccomp(bool tcp);

#endif
