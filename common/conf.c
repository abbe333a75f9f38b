/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads configuration files and reads typed values. Neighbours: conf_scan.c
 * knows the lines; conf_text.c copies what stays; conf_key.c and conf_log.c
 * read the sections the daemons share.
 */
#include "config.h"
#include "common/conf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/conf_files.h"
#include "common/conf_scan.h"

#define LOG_MODULE "conf"
#include "common/log.h"

#define CONF_FILE_MAX	(4 << 20)	/* bytes */
#define CONF_SECRET_MAX	4096		/* bytes of a key file */

/*
 * libconfuse's own complaints. Its message names the option, if any, in
 * quotes behind the word "option".
 */
static void __attribute__((format(printf, 2, 0)))
parser_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char msg[512];
	char key[128];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	msg[strcspn(msg, "\r\n")] = '\0';
	if (strstr(msg, "option '") == NULL ||
	    sscanf(strstr(msg, "option '"), "option '%127[^']", key) != 1)
		snprintf(key, sizeof(key), "%s",
		    cfg_name(cfg) != NULL && strcmp(cfg_name(cfg), "root") ?
		    cfg_name(cfg) : "syntax");
	log_errorx(NULL, "%s:%d: %s: %s",
	    cfg->filename != NULL ? cfg->filename : "?", cfg->line, key, msg);
}

static void
scan_error(void *arg, unsigned line, const char *key, const char *what,
    unsigned other)
{
	struct conf *c = arg;

	c->errors++;
	if (other == 0)
		log_errorx(NULL, "%s:%u: %s: %s", c->file, line, key, what);
	else
		log_errorx(NULL, "%s:%u: %s: %s, first in line %u", c->file,
		    line, key, what, other);
}

/* 0 if the text of n bytes has no NUL: it would hide the rest from one of the
 * two readers. */
static int
check_text(const char *file, const char *text, size_t n)
{
	const char *nul = memchr(text, '\0', n), *p;
	unsigned line = 1;

	if (nul == NULL)
		return (0);
	for (p = text; p < nul; p++)
		line += *p == '\n';
	log_errorx(NULL, "%s:%u: syntax: a NUL byte", file, line);
	return (-EINVAL);
}

/* Of the files that were kept. */
static int
kept_file(const struct conf_files *files, const char *file, char **text)
{
	const struct conf_kept *k = conf_files_find(files, file);

	if (k == NULL)
		return (-ENOENT);
	*text = malloc(k->len + 2);
	if (*text == NULL)
		return (-ENOMEM);
	memcpy(*text, k->data, k->len);
	memcpy(*text + k->len, "\n", 2);
	return (0);
}

/* The whole file with a newline and a NUL behind it; -EINVAL after saying
 * why. */
static int
read_file(const char *file, char **text)
{
	struct stat st;
	size_t n;
	FILE *f;
	int fd, err;

	/* Non-blocking: a FIFO must not hold us up. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return (-errno);
	if ((f = fdopen(fd, "r")) == NULL) {
		err = -errno;
		close(fd);
		return (err);
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		fclose(f);
		log_errorx(NULL, "%s: not a regular file", file);
		return (-EINVAL);
	}
	if (st.st_size > CONF_FILE_MAX) {
		fclose(f);
		log_errorx(NULL, "%s: longer than %d bytes", file,
		    CONF_FILE_MAX);
		return (-EINVAL);
	}
	*text = malloc((size_t)st.st_size + 2);
	if (*text == NULL) {
		fclose(f);
		return (-ENOMEM);
	}
	n = fread(*text, 1, (size_t)st.st_size, f);
	fclose(f);
	if (check_text(file, *text, n) != 0) {
		free(*text);
		*text = NULL;
		return (-EINVAL);
	}
	memcpy(*text + n, "\n", 2);
	return (0);
}

/* libconfuse makes sections that may be there once before it reads, and they
 * do not know the file. False: no memory. */
static bool
name_file(cfg_t *cfg, const char *file)
{
	cfg_opt_t *o;

	cfg->filename = strdup(file);
	if (cfg->filename == NULL)
		return (false);
	for (o = cfg->opts; o->name != NULL; o++)
		if (o->type == CFGT_SEC && cfg_opt_size(o) > 0 &&
		    !name_file(cfg_opt_getnsec(o, 0), file))
			return (false);
	return (true);
}

static int
parse_text(struct conf *c, const char *text, cfg_opt_t *opts)
{
	FILE *f;
	bool named;
	int err;

	/* Unknown keys are known by now; going on finds the other mistakes. */
	c->cfg = cfg_init(opts, c->errors > 0 ? CFGF_IGNORE_UNKNOWN :
	    CFGF_NONE);
	if (c->cfg == NULL)
		return (-ENOMEM);
	cfg_set_error_function(c->cfg, parser_error);
	named = name_file(c->cfg, c->file);
	f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	if (f == NULL || !named) {
		err = -ENOMEM;
	} else {
		err = cfg_parse_fp(c->cfg, f) == CFG_SUCCESS ? 0 : -EINVAL;
		if (err == -EINVAL)
			c->errors++;
	}
	if (f != NULL)
		fclose(f);
	return (err);
}

int
conf_load(struct conf *c, const char *file, cfg_opt_t *opts)
{
	return (conf_load_files(c, file, opts, NULL, false));
}

int
conf_load_files(struct conf *c, const char *file, cfg_opt_t *opts,
    struct conf_files *files, bool dry)
{
	char *text = NULL;
	int err;

	*c = (struct conf){ .file = file, .files = files, .dry = dry };
	err = files != NULL && files->sealed ?
	    kept_file(files, file, &text) : read_file(file, &text);
	if (err == 0 && files != NULL)
		err = conf_files_add(files, file, text, strlen(text) - 1);
	if (err != 0) {
		if (err != -EINVAL)
			log_errorx(NULL, "%s: %s", file, strerror(-err));
		c->errors++;
		free(text);
		return (err);
	}
	c->scan = conf_scan(text, opts, scan_error, c);
	err = c->scan == NULL ? -ENOMEM : c->scan->too_deep ? -EINVAL :
	    parse_text(c, text, opts);
	free(text);
	if (err == -ENOMEM)
		log_errorx(NULL, "%s: out of memory", file);
	if (err != 0)
		conf_free(c);
	else
		conf_scan_pair(c->scan, c->cfg);
	return (err);
}

void
conf_free(struct conf *c)
{
	if (c->cfg != NULL)
		cfg_free(c->cfg);
	conf_scan_free(c->scan);
	c->cfg = NULL;
	c->scan = NULL;
}

unsigned
conf_line(const struct conf *c, cfg_t *sec, const char *key)
{
	unsigned line = conf_scan_line(c->scan, sec != NULL ? sec : c->cfg,
	    key);

	return (line > 0 ? line : 1);
}

static void __attribute__((format(printf, 5, 0)))
report(struct conf *c, enum log_level level, cfg_t *sec, const char *key,
    const char *fmt, va_list ap)
{
	unsigned line = conf_line(c, sec, key);
	char msg[512];

	if (key == NULL)
		key = sec != NULL && sec != c->cfg ? cfg_name(sec) : "file";
	vsnprintf(msg, sizeof(msg), fmt, ap);
	log_at(level, LOG_MODULE, NULL, 0, "%s:%u: %s: %s", c->file,
	    line, key, msg);
}

void
conf_error(struct conf *c, cfg_t *sec, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(c, LOG_L_ERROR, sec, key, fmt, ap);
	va_end(ap);
	c->errors++;
}

void
conf_warn(struct conf *c, cfg_t *sec, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(c, LOG_L_WARN, sec, key, fmt, ap);
	va_end(ap);
}

static const char *
get_str(cfg_t *sec, const char *key)
{
	cfg_opt_t *opt = cfg_getopt(sec, key);

	if (opt == NULL || opt->type != CFGT_STR || cfg_opt_size(opt) == 0)
		return (NULL);
	return (cfg_opt_getstr(opt));
}

int
conf_ipv4(struct conf *c, cfg_t *sec, const char *key, struct in_addr *addr)
{
	const char *s = get_str(sec, key);

	if (s == NULL)
		return (-ENOENT);
	if (inet_pton(AF_INET, s, addr) == 1)
		return (0);
	conf_error(c, sec, key, "\"%s\" is no IPv4 address", s);
	return (-EINVAL);
}

void
conf_host4(struct conf *c, cfg_t *sec, const char *key, struct in_addr *addr)
{
	int err = conf_ipv4(c, sec, key, addr);
	uint32_t a = ntohl(addr->s_addr);

	if (err == -ENOENT)
		conf_error(c, sec, key, "missing");
	else if (err == 0 && (a == 0 || a >> 28 >= 0xe))
		conf_error(c, sec, key, "not a unicast address");
}

int
conf_ipv6(struct conf *c, cfg_t *sec, const char *key, struct in6_addr *addr)
{
	const char *s = get_str(sec, key);

	if (s == NULL)
		return (-ENOENT);
	if (inet_pton(AF_INET6, s, addr) == 1)
		return (0);
	conf_error(c, sec, key, "\"%s\" is no IPv6 address", s);
	return (-EINVAL);
}

/* "ADDRESS/LENGTH" with all bits behind the length zero. */
static int
parse_prefix6(const char *s, struct in6_addr *addr, unsigned *len)
{
	char buf[INET6_ADDRSTRLEN];
	const char *slash = strchr(s, '/');
	unsigned long l, i;
	char *end;

	if (slash == NULL || (size_t)(slash - s) >= sizeof(buf) ||
	    !isdigit((unsigned char)slash[1]))
		return (-EINVAL);
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = '\0';
	l = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || l > 128 || inet_pton(AF_INET6, buf, addr) != 1)
		return (-EINVAL);
	for (i = l; i < 128; i++)
		if (addr->s6_addr[i / 8] & (0x80 >> i % 8))
			return (-EDOM);
	*len = (unsigned)l;
	return (0);
}

static int
read_prefix6(struct conf *c, cfg_t *sec, const char *key, const char *s,
    struct in6_addr *addr, unsigned *len)
{
	int err;

	if (s == NULL)
		return (-ENOENT);
	err = parse_prefix6(s, addr, len);
	if (err == -EDOM)
		conf_error(c, sec, key, "\"%s\" has bits behind its length "
		    "that are not zero", s);
	else if (err != 0)
		conf_error(c, sec, key, "\"%s\" is no IPv6 prefix", s);
	return (err == 0 ? 0 : -EINVAL);
}

int
conf_prefix6(struct conf *c, cfg_t *sec, const char *key,
    struct in6_addr *addr, unsigned *len)
{
	return (read_prefix6(c, sec, key, get_str(sec, key), addr, len));
}

int
conf_nprefix6(struct conf *c, cfg_t *sec, const char *key, unsigned i,
    struct in6_addr *addr, unsigned *len)
{
	return (read_prefix6(c, sec, key, i < cfg_size(sec, key) ?
	    cfg_getnstr(sec, key, i) : NULL, addr, len));
}

int
conf_uint(struct conf *c, cfg_t *sec, const char *key, uint32_t min,
    uint32_t max, uint32_t *value)
{
	cfg_opt_t *opt = cfg_getopt(sec, key);
	long v;

	if (opt == NULL || opt->type != CFGT_INT || cfg_opt_size(opt) == 0)
		return (-ENOENT);
	v = cfg_opt_getnint(opt, 0);
	if (v < (long)min || (unsigned long)v > max) {
		conf_error(c, sec, key, "%ld is not in %u..%u", v, min, max);
		return (-EINVAL);
	}
	*value = (uint32_t)v;
	return (0);
}

void
conf_socket_path(struct conf *c, cfg_t *sec, const char *key)
{
	const size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	const char *s = get_str(sec, key);

	if (s != NULL && (s[0] == '\0' || strlen(s) > max))
		conf_error(c, sec, key, s[0] == '\0' ? "empty" :
		    "longer than %zu bytes", max);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	c = (char)tolower((unsigned char)c);
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

/* A secret's text to bytes: their number, -EINVAL or -EMSGSIZE. */
static int
decode_secret(const char *s, uint8_t *buf, size_t cap)
{
	size_t n = 0;

	if (strncmp(s, "0x", 2) == 0)
		s += 2;
	else if (strncmp(s, "hex:", 4) == 0)
		s += 4;
	else {
		n = strlen(s);
		if (n > cap)
			return (-EMSGSIZE);
		memcpy(buf, s, n);
		return (n > 0 ? (int)n : -EINVAL);
	}
	for (; *s != '\0'; s += 2, n++) {
		if (hex_digit(s[0]) < 0 || hex_digit(s[1]) < 0)
			return (-EINVAL);
		if (n == cap)
			return (-EMSGSIZE);
		buf[n] = (uint8_t)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
	}
	return (n > 0 ? (int)n : -EINVAL);
}

/* NULL if the open file may hold a secret, else what is wrong. */
static const char *
secret_file_wrong(int fd, char *buf, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return (strerror(errno));
	if (!S_ISREG(st.st_mode))
		return ("not a regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(buf, size, "owned by user %u, neither root nor us",
		    (unsigned)st.st_uid);
		return (buf);
	}
	if ((st.st_mode & 077) != 0) {
		snprintf(buf, size,
		    "readable by others (mode %04o); chmod 600",
		    (unsigned)(st.st_mode & 07777));
		return (buf);
	}
	return (NULL);
}

/* text has n bytes and room for one more. */
static int
take_secret(char *text, size_t n, uint8_t *buf, size_t cap)
{
	bool raw;
	int len;

	text[n] = '\0';
	/* Half of raw bytes would be a key, too: a weak one. */
	raw = strlen(text) != n;
	text[strcspn(text, "\r\n")] = '\0';
	len = raw ? -EINVAL : decode_secret(text, buf, cap);
	explicit_bzero(text, n);
	return (len);
}

static int
read_secret(struct conf_files *files, const char *path, int fd, uint8_t *buf,
    size_t cap)
{
	char text[CONF_SECRET_MAX + 1];
	ssize_t n;
	int err = 0;

	n = read(fd, text, sizeof(text) - 1);
	if (n == -1)
		return (-errno);
	if (files != NULL)
		err = conf_files_add(files, path, text, (size_t)n);
	return (err != 0 ? err : take_secret(text, (size_t)n, buf, cap));
}

static int
kept_secret(const struct conf_files *files, const char *path, uint8_t *buf,
    size_t cap)
{
	const struct conf_kept *k = conf_files_find(files, path);
	char text[CONF_SECRET_MAX + 1];

	if (k == NULL || k->len > CONF_SECRET_MAX)
		return (-ENOENT);
	memcpy(text, k->data, k->len);
	return (take_secret(text, k->len, buf, cap));
}

int
conf_secret_open(struct conf *c, cfg_t *sec, const char *key)
{
	const char *path = get_str(sec, key);
	const char *wrong;
	char why[96];
	int fd;

	if (path == NULL)
		return (-ENOENT);
	/* Non-blocking: a FIFO must not hold us up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1) {
		conf_error(c, sec, key, "%s: %s", path, strerror(errno));
		return (-EINVAL);
	}
	wrong = secret_file_wrong(fd, why, sizeof(why));
	if (wrong == NULL)
		return (fd);
	conf_error(c, sec, key, "%s: %s", path, wrong);
	close(fd);
	return (-EINVAL);
}

/* Of a file on the disk. */
static int
secret_on_disk(struct conf *c, cfg_t *sec, const char *key, const char *path,
    uint8_t *buf, size_t cap)
{
	const char *wrong;
	char why[96];
	int fd, len;

	/* Non-blocking: a FIFO must not hold us up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return (-errno);
	wrong = secret_file_wrong(fd, why, sizeof(why));
	len = wrong != NULL ? -EACCES : read_secret(c->files, path, fd, buf,
	    cap);
	close(fd);
	if (wrong == NULL)
		return (len);
	conf_error(c, sec, key, "%s: %s", path, wrong);
	return (-EALREADY);
}

int
conf_secret_file(struct conf *c, cfg_t *sec, const char *key, uint8_t *buf,
    size_t cap)
{
	const char *path = get_str(sec, key);
	int len;

	if (path == NULL)
		return (-ENOENT);
	len = c->files != NULL && c->files->sealed ?
	    kept_secret(c->files, path, buf, cap) :
	    secret_on_disk(c, sec, key, path, buf, cap);
	if (len == -EMSGSIZE)
		conf_error(c, sec, key, "%s: longer than %zu bytes", path,
		    cap);
	else if (len == -EINVAL)
		conf_error(c, sec, key, "%s: no secret in its first line, bad "
		    "hexadecimal digits or a NUL byte", path);
	else if (len < 0 && len != -EALREADY)
		conf_error(c, sec, key, "%s: %s", path, strerror(-len));
	return (len < 0 ? -EINVAL : len);
}
