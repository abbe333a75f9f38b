/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines: put together in one buffer, written by one write(2) or send(2),
 * so that the lines of a daemon's two processes do not mix. Neighbours: every
 * module logs by log.h; conf_log.c sets it up from the configuration.
 */
#include "config.h"
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX	2048	/* less than PIPE_BUF: written whole or not */
#define LOG_WAIT_MS	1000	/* for a reader of stderr, once */
#define LOG_MODULES_MAX	32
#define LOG_MODULE_LEN	16

/* Where a process logs is a property of the process, like its stderr: the one
 * piece of state at file scope in libcommon. */
static struct {
	char		program[32];
	enum log_dest	dest;
	bool		tags;		/* <N> for the journal */
	enum log_level	level;
	struct {
		char		name[LOG_MODULE_LEN];
		enum log_level	level;
	}		module[LOG_MODULES_MAX];
	unsigned	n_modules;
	const char *const *known;	/* NULL: any module may be */
	const char	*syslog_path;
	int		fd;		/* to the syslog daemon */
	unsigned	lost;		/* lines since nobody reads */
	char		*copy;		/* of errors: log_copy_errors */
	size_t		copy_left;
} logger = { .program = "netmip4", .level = LOG_L_INFO, .fd = -1,
    .syslog_path = "/dev/log" };

static const struct {
	const char	*name;
	char		 letter;
	int		 priority;	/* of syslog(3) */
} levels[] = {
	[LOG_L_ERROR]	= { "error", 'E', LOG_ERR },
	[LOG_L_WARN]	= { "warn", 'W', LOG_WARNING },
	[LOG_L_INFO]	= { "info", 'I', LOG_INFO },
	[LOG_L_DEBUG]	= { "debug", 'D', LOG_DEBUG },
};

/* $JOURNAL_STREAM is inherited by whatever a service starts; it counts only if
 * it names our stderr [systemd.exec(5)]. */
static bool
is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (env == NULL || sscanf(env, "%llu:%llu", &dev, &ino) != 2)
		return (false);
	return (fstat(STDERR_FILENO, &st) == 0 &&
	    (unsigned long long)st.st_dev == dev &&
	    (unsigned long long)st.st_ino == ino);
}

void
log_syslog_path(const char *path)
{
	logger.syslog_path = path;
}

/* To the syslog daemon, by the socket that was opened at the start; a new one
 * is possible only where its path still is (not in an empty root). */
static int
syslog_open(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (logger.fd == -1)
		logger.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0);
	strncpy(sun.sun_path, logger.syslog_path, sizeof(sun.sun_path) - 1);
	if (logger.fd == -1)
		return (-1);
	return (connect(logger.fd, (struct sockaddr *)&sun, sizeof(sun)));
}

void
log_init(const char *program, enum log_dest dest)
{
	const time_t t = time(NULL);
	struct tm tm;

	snprintf(logger.program, sizeof(logger.program), "%s", program);
	logger.dest = dest;
	logger.tags = is_journal();
	/* Zone data are read now: later there is an empty root directory and a
	 * system call filter. */
	tzset();
	(void)localtime_r(&t, &tm);
	if (dest == LOG_TO_SYSLOG)
		(void)syslog_open();
}

static enum log_level
find_level(const char *level)
{
	enum log_level l;

	for (l = LOG_L_ERROR; l <= LOG_L_DEBUG; l++)
		if (strcmp(levels[l].name, level) == 0)
			break;
	return (l);
}

void
log_know(const char *const *modules)
{
	logger.known = modules;
}

int
log_check_level(const char *module, const char *level)
{
	const char *const *m = logger.known;

	if (find_level(level) > LOG_L_DEBUG)
		return (-EINVAL);
	if (module == NULL)
		return (0);
	if (*module == '\0' || strlen(module) >= LOG_MODULE_LEN)
		return (-EINVAL);
	while (m != NULL && *m != NULL && strcmp(*m, module) != 0)
		m++;
	return (m != NULL && *m == NULL ? -ENOENT : 0);
}

void
log_copy_errors(char *buf, size_t size)
{
	logger.copy = buf;
	logger.copy_left = buf != NULL ? size : 0;
	if (buf != NULL)
		*buf = '\0';
}

/* Whole lines, or none. */
static void
copy_error(const char *subject, const char *text)
{
	int n;

	n = snprintf(logger.copy, logger.copy_left, "%s%s%s\n",
	    subject != NULL ? subject : "", subject != NULL ? ": " : "",
	    text);
	if (n < 0 || (size_t)n >= logger.copy_left) {
		*logger.copy = '\0';
		logger.copy_left = 0;
		return;
	}
	logger.copy += n;
	logger.copy_left -= (size_t)n;
}

int
log_set_level(const char *module, const char *level)
{
	enum log_level l = find_level(level);
	int err = log_check_level(module, level);
	unsigned i;

	if (err != 0)
		return (err);
	if (module == NULL) {
		logger.level = l;
		return (0);
	}
	for (i = 0; i < logger.n_modules; i++)
		if (strcmp(logger.module[i].name, module) == 0)
			break;
	if (i == LOG_MODULES_MAX)
		return (-ENOSPC);
	if (i == logger.n_modules)
		strcpy(logger.module[logger.n_modules++].name, module);
	logger.module[i].level = l;
	return (0);
}

bool
log_enabled(enum log_level level, const char *module)
{
	unsigned i;

	for (i = 0; i < logger.n_modules; i++)
		if (strcmp(logger.module[i].name, module) == 0)
			return (level <= logger.module[i].level);
	return (level <= logger.level);
}

/* A line under construction; what does not fit is left out. */
struct line {
	size_t	n;
	char	s[LOG_LINE_MAX];
};

static void
put_byte(struct line *l, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	if (c >= 0x20 && c < 0x7f) {
		if (l->n < sizeof(l->s) - 1)
			l->s[l->n++] = (char)c;
	} else if (l->n + 4 < sizeof(l->s)) {
		l->s[l->n++] = '\\';
		l->s[l->n++] = 'x';
		l->s[l->n++] = hex[c >> 4];
		l->s[l->n++] = hex[c & 15];
	}
}

static void
put_str(struct line *l, const char *s)
{
	while (*s != '\0')
		put_byte(l, (unsigned char)*s++);
}

static void
put_head(struct line *l, enum log_level level)
{
	struct timespec ts;
	struct tm tm;

	if (logger.tags) {
		l->n = (size_t)snprintf(l->s, sizeof(l->s), "<%d>",
		    levels[level].priority);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	l->n = strftime(l->s, sizeof(l->s), "%Y-%m-%dT%H:%M:%S", &tm);
	l->n += (size_t)snprintf(l->s + l->n, sizeof(l->s) - l->n,
	    ".%03dZ %c ", (int)(ts.tv_nsec / 1000000), levels[level].letter);
}

/* A reader that has stopped must not stop us: it is waited for a little, and
 * then no more until it reads again. */
static bool
takes(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return (poll(&p, 1, logger.lost > 0 ? 0 : LOG_WAIT_MS) != 0);
}

/* As syslog(3) writes it, which can not be told to wait no longer. */
static bool
syslog_line(const struct line *l, enum log_level level)
{
	const time_t now = time(NULL);
	char buf[LOG_LINE_MAX + 96];
	struct tm tm;
	int n;

	localtime_r(&now, &tm);
	n = snprintf(buf, sizeof(buf), "<%d>", LOG_DAEMON |
	    levels[level].priority);
	n += (int)strftime(buf + n, sizeof(buf) - (size_t)n, "%b %e %T ",
	    &tm);
	n += snprintf(buf + n, sizeof(buf) - (size_t)n, "%s[%d]: %.*s",
	    logger.program, (int)getpid(), (int)l->n, l->s);
	if (!takes(logger.fd))
		return (false);
	if (send(logger.fd, buf, (size_t)n, MSG_NOSIGNAL) != -1)
		return (true);
	return (errno != EAGAIN && syslog_open() == 0 &&
	    send(logger.fd, buf, (size_t)n, MSG_NOSIGNAL) != -1);
}

static bool
stderr_line(struct line *l)
{
	if (!takes(STDERR_FILENO))
		return (false);
	l->s[l->n++] = '\n';
	/* Nobody can be told of another error. */
	return (write(STDERR_FILENO, l->s, l->n) != -1 || errno != EAGAIN);
}

static bool
put_line(struct line *l, enum log_level level)
{
	return (logger.dest == LOG_TO_SYSLOG ? syslog_line(l, level) :
	    stderr_line(l));
}

/* What was lost is told before the first line that is not. */
static bool
put_lost(void)
{
	struct line l = { .n = 0 };

	if (logger.dest == LOG_TO_STDERR)
		put_head(&l, LOG_L_WARN);
	l.n += (size_t)snprintf(l.s + l.n, sizeof(l.s) - l.n, "%s[log]: "
	    "%u lines were lost: nobody read them", logger.program,
	    logger.lost);
	if (!put_line(&l, LOG_L_WARN))
		return (false);
	logger.lost = 0;
	return (true);
}

static void
emit(struct line *l, enum log_level level)
{
	if ((logger.lost > 0 && !put_lost()) || !put_line(l, level))
		logger.lost++;
}

void
log_at(enum log_level level, const char *module, const char *subject, int err,
    const char *fmt, ...)
{
	const int saved = errno;
	char text[LOG_LINE_MAX];
	struct line l = { .n = 0 };
	va_list ap;

	if (!log_enabled(level, module))
		return;
	if (logger.dest == LOG_TO_STDERR)
		put_head(&l, level);
	put_str(&l, logger.program);
	put_byte(&l, '[');
	put_str(&l, module);
	put_byte(&l, ']');
	if (subject != NULL && *subject != '\0') {
		put_byte(&l, ' ');
		put_str(&l, subject);
	}
	put_str(&l, ": ");
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_str(&l, text);
	if (level == LOG_L_ERROR && logger.copy_left > 0)
		copy_error(subject, text);
	if (err != 0) {
		put_str(&l, ": ");
		put_str(&l, strerror(err));
	}
	emit(&l, level);
	errno = saved;
}

/* Bytes that one of the network takes when escaped. */
static size_t
escaped_len(unsigned char c)
{
	return (c == '\\' ? 2 : c >= 0x20 && c < 0x7f ? 1 : 4);
}

const char *
log_str(char *buf, size_t size, const void *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = bytes;
	size_t all = 0, n = 0;
	size_t i, room;

	if (size == 0)
		return (buf);
	for (i = 0; i < len && all < size; i++)
		all += escaped_len(p[i]);
	room = all < size ? size - 1 : size > 4 ? size - 4 : 0;
	for (i = 0; i < len && n + escaped_len(p[i]) <= room; i++) {
		if (escaped_len(p[i]) == 1) {
			buf[n++] = (char)p[i];
			continue;
		}
		buf[n++] = '\\';
		if (p[i] == '\\') {
			buf[n++] = '\\';
			continue;
		}
		buf[n++] = 'x';
		buf[n++] = hex[p[i] >> 4];
		buf[n++] = hex[p[i] & 15];
	}
	if (i < len)
		for (i = 0; i < 3 && n + 1 < size; i++)
			buf[n++] = '.';
	buf[n] = '\0';
	return (buf);
}

bool
log_limited(struct log_limit *l, long long now_ms, unsigned *swallowed)
{
	const unsigned long long full = (unsigned long long)l->burst * 1000;
	unsigned long long tokens = l->tokens_milli;

	if (!l->started) {
		tokens = full;
		l->started = true;
	} else if (now_ms > l->last_ms) {
		/* milliseconds times lines a second are milli-tokens */
		tokens += (unsigned long long)(now_ms - l->last_ms) * l->rate;
	}
	l->last_ms = now_ms;
	if (tokens > full)
		tokens = full;
	if (tokens < 1000) {
		l->tokens_milli = (unsigned)tokens;
		l->swallowed++;
		return (false);
	}
	l->tokens_milli = (unsigned)(tokens - 1000);
	if (swallowed != NULL)
		*swallowed = l->swallowed;
	l->swallowed = 0;
	return (true);
}
