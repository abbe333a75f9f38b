/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration files: libconfuse parses, this says what is wrong the same way
 * everywhere, "file:line: key: what", and reads the value types the daemons
 * share. A daemon parses into a fresh struct of its own, checks it, and only
 * then uses it.
 */
#ifndef COMMON_CONF_H
#define COMMON_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <confuse.h>
#include <netinet/in.h>

struct conf_files;
struct conf_node;
struct mip4_ext_types;
struct mip4_sa;

/* Counts errors of one load; every one is reported, not only the first. */
struct conf {
	cfg_t		*cfg;
	const char	*file;
	unsigned	 errors;
	struct conf_node *scan;		/* lines: conf_scan.h */
	struct conf_files *files;	/* conf_files.h, or NULL */
	bool		 dry;		/* nothing that is read acts yet */
};

/*
 * Parses file by opts; file must stay. 0, or -EINVAL / -errno after saying why
 * on the log. Unknown keys, options given twice and sections with the same
 * title are errors, too, but leave the rest readable: then it returns 0 with
 * c->errors > 0, so that the caller's own checks still report theirs. Look at
 * c->errors before using anything.
 */
int	 conf_load(struct conf *, const char *file, cfg_opt_t *opts);
/* The same, of files that are kept or have been kept. dry: sets no log levels
 * and the like. */
int	 conf_load_files(struct conf *, const char *file, cfg_opt_t *opts,
    struct conf_files *, bool dry);
void	 conf_free(struct conf *);
/* Reports "file:line: key: what" and counts. The line is that of option key
 * in sec; of sec when key is not in the file, or NULL. sec NULL: top level. */
void	 conf_error(struct conf *, cfg_t *sec, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The line that conf_error would name, at least 1: for what can only be checked
 * later. */
unsigned conf_line(const struct conf *, cfg_t *sec, const char *key);

/* The same for what is unwise but possible: not counted. */
void	 conf_warn(struct conf *, cfg_t *sec, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Each reads the option key of section sec; on a bad value reports, and
 * returns -EINVAL. -ENOENT, silently, if the option is unset (NULL). */
int	 conf_ipv4(struct conf *, cfg_t *sec, const char *key,
    struct in_addr *);
/* The address of a host, which must be there: no multicast, not 0.0.0.0. */
void	 conf_host4(struct conf *, cfg_t *sec, const char *key,
    struct in_addr *);
int	 conf_ipv6(struct conf *, cfg_t *sec, const char *key,
    struct in6_addr *);
/* "2001:db8::/40"; host bits must be zero. */
int	 conf_prefix6(struct conf *, cfg_t *sec, const char *key,
    struct in6_addr *, unsigned *len);
/* The same of a list's i-th value. */
int	 conf_nprefix6(struct conf *, cfg_t *sec, const char *key, unsigned i,
    struct in6_addr *, unsigned *len);
/* Integer with bounds. */
int	 conf_uint(struct conf *, cfg_t *sec, const char *key, uint32_t min,
    uint32_t max, uint32_t *);

/* calloc, of at least one element; NULL after reporting. */
void	*conf_array(struct conf *, size_t n, size_t size);
/* A copy, to be freed; NULL when s is NULL or empty, or after reporting. */
char	*conf_dup(struct conf *, const char *s);
/* The same of a section's title, which must be there. */
char	*conf_name(struct conf *, cfg_t *sec);
/* The same of a list's values: NULL and *n 0 when there are none. An empty one
 * is reported. */
char	**conf_names(struct conf *, cfg_t *sec, const char *key, size_t *n);
void	 conf_names_free(char **names, size_t n);
/* Reports a name that no network device can have. */
void	 conf_device(struct conf *, cfg_t *sec, const char *key,
    const char *name);
/* The place of the value in words, which end with NULL; 0 after reporting which
 * there are. */
unsigned conf_word(struct conf *, cfg_t *sec, const char *key,
    const char *const *words);

/* Reports a path of a Unix socket that none can be bound to; NULL passes. */
void	 conf_socket_path(struct conf *, cfg_t *sec, const char *key);

/* Reads a file that holds one secret: refused unless it is a regular file,
 * owned by root or us, with no rights for others. "0x..." or "hex:..." is
 * hexadecimal, anything else the text of the first line. Returns its length
 * or -EINVAL after reporting; at most cap bytes. */
int	 conf_secret_file(struct conf *, cfg_t *sec, const char *key,
    uint8_t *buf, size_t cap);

/* The same checks of a file that something else reads, a private key's: its
 * descriptor, or -ENOENT, silently, or -EINVAL. */
int	 conf_secret_open(struct conf *, cfg_t *sec, const char *key);

/* Reads section "key "SPI" { algorithm = ... key-file = ... }" into sa, and
 * prepares it: mip4_sa_wipe when done. */
extern cfg_opt_t conf_key_opts[];
int	 conf_key(struct conf *, cfg_t *key_section, struct mip4_sa *);
/* The same of a home agent and a foreign agent or access router at coa, which
 * may say "ha-rk = true": then the file has the home agent's root key, and
 * theirs is derived from it [PROTOCOLS D69]. */
int	 conf_key_fa_ha(struct conf *, cfg_t *key_section, struct in_addr ha,
    struct in_addr coa, struct mip4_sa *);

/* Reads section "extension-type { ... }"; what is not there is the default. */
extern cfg_opt_t conf_ext_opts[];
void	 conf_ext(struct conf *, cfg_t *ext_section, struct mip4_ext_types *);

/* Section "log { dest level module "x" { level } }": sets levels and calls
 * log_init. debug: to stderr at level debug whatever the file says. 0 or
 * -EINVAL after reporting. */
extern cfg_opt_t conf_log_opts[];
int	 conf_log(struct conf *, cfg_t *log_section, const char *program,
    bool debug);

#endif
