/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logging to stderr, syslog or the journal. Every line names its module and,
 * where it has one, its subject: a session ("s12 alice@example.net pppd0"), a
 * peer, a device. A source file says which module it is before it includes
 * this: #define LOG_MODULE "pppoe".
 *
 * Secrets never go into a log. Strings from the network are written with
 * everything but printable ASCII escaped.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_L_ERROR,
	LOG_L_WARN,
	LOG_L_INFO,
	LOG_L_DEBUG,
};

enum log_dest {
	LOG_TO_STDERR,		/* with time stamps; level tags <N> under
				 * systemd ($JOURNAL_STREAM) without them */
	LOG_TO_SYSLOG,
};

#ifndef LOG_MODULE
#define LOG_MODULE "main"
#endif

/* Before privileges are dropped: syslog's socket is opened here. Until it is
 * called everything goes to stderr. A reader that has stopped, of either, is
 * waited for once, for a second; what is lost then is counted. */
void	 log_init(const char *program, enum log_dest);
/* Another socket than /dev/log, which must stay (tests); before log_init. */
void	 log_syslog_path(const char *path);
/* The modules there are, and a NULL: from now on others are refused. */
void	 log_know(const char *const *modules);
/* module NULL: the default level of all. "debug", "info", "warn", "error".
 * 0, -EINVAL for a level, -ENOENT for a module, or -ENOSPC for one module too
 * many. */
int	 log_set_level(const char *module, const char *level);
/* The same, and changes nothing. */
int	 log_check_level(const char *module, const char *level);
/* What is logged as an error is also put here, a line each, as much as there
 * is room for; NULL: no longer. */
void	 log_copy_errors(char *buf, size_t size);
bool	 log_enabled(enum log_level, const char *module);

/* Writes bytes of the network into buf as printable ASCII, the others and the
 * backslash escaped; marks what did not fit with "...". Returns buf. */
const char *log_str(char *buf, size_t size, const void *bytes, size_t len);

/* One line, "had[reg] subject: text: error"; whatever is not printable in it
 * is escaped. Keeps errno. err: an errno value to append as text, or 0.
 * subject may be NULL. */
void	 log_at(enum log_level, const char *module, const char *subject,
    int err, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#define log_error(subj, ...)						\
	log_at(LOG_L_ERROR, LOG_MODULE, subj, errno, __VA_ARGS__)
#define log_errorx(subj, ...)						\
	log_at(LOG_L_ERROR, LOG_MODULE, subj, 0, __VA_ARGS__)
#define log_warn(subj, ...)						\
	log_at(LOG_L_WARN, LOG_MODULE, subj, errno, __VA_ARGS__)
#define log_warnx(subj, ...)						\
	log_at(LOG_L_WARN, LOG_MODULE, subj, 0, __VA_ARGS__)
#define log_info(subj, ...)						\
	log_at(LOG_L_INFO, LOG_MODULE, subj, 0, __VA_ARGS__)
#define log_debug(subj, ...)						\
	do {								\
		if (log_enabled(LOG_L_DEBUG, LOG_MODULE))		\
			log_at(LOG_L_DEBUG, LOG_MODULE, subj, 0, __VA_ARGS__);\
	} while (0)

/* Token bucket for what a stranger can trigger: "rate" lines a second, "burst"
 * at once; counts what it swallowed and says so with the next line let
 * through. log_limited(&l, now_ms) is true when the caller may log. */
struct log_limit {
	unsigned	rate;
	unsigned	burst;
	unsigned	tokens_milli;
	unsigned	swallowed;
	long long	last_ms;
	bool		started;	/* zero to begin with */
};
bool	 log_limited(struct log_limit *, long long now_ms,
    unsigned *swallowed);

#endif
