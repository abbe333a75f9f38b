/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See priv_sysctl.h. The file has a line with the machine's boot id, and then
 * one for each switch: the interface's index, or 0 for "all", its name, the
 * switch, what it was and what it was set to. It is written before a switch is
 * set: who is killed in between leaves a line that says what is true. An
 * interface that is made anew has another index, and its own switches.
 * Neighbour: priv_host.c, which sets them.
 */
#include "nasd/priv_sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>

#include "common/netlink.h"
#include "nasd/priv_host.h"

#define LOG_MODULE "plane"
#include "common/log.h"

#define BOOT_ID_PATH	"/proc/sys/kernel/random/boot_id"
#define BOOT_ID		36
#define KEY_MAX		24
#define TEXT_MAX	128

struct switched {
	unsigned	ifindex;		/* 0: "all" */
	char		ifname[IF_NAMESIZE];
	char		key[KEY_MAX];
	char		was, is;
};

struct sysctls {
	char		 boot_id[BOOT_ID + 1];
	char		 path[4096], next[4096];	/* "": no file */
	struct switched	*sw;
	size_t		 n;
};

static unsigned
index_of(const char *ifname)
{
	return strcmp(ifname, "all") == 0 ? 0 : nl_ifindex(ifname);
}

/* The same, not another one of that name. */
static bool
is_there(const struct switched *w)
{
	return index_of(w->ifname) == w->ifindex &&
	    (w->ifindex != 0 || strcmp(w->ifname, "all") == 0);
}

static struct switched *
find(struct sysctls *s, const char *ifname, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->sw[i].ifname, ifname) == 0 &&
		    strcmp(s->sw[i].key, key) == 0)
			return &s->sw[i];
	return NULL;
}

static struct switched *
append(struct sysctls *s)
{
	struct switched *more = realloc(s->sw, (s->n + 1) * sizeof(*more));

	if (more == NULL)
		return NULL;
	s->sw = more;
	memset(&more[s->n], 0, sizeof(*more));
	return &more[s->n++];
}

/* ---- the file ---- */

static void
put_lines(const struct sysctls *s, FILE *f)
{
	fprintf(f, "%s\n", s->boot_id);
	for (size_t i = 0; i < s->n; i++) {
		const struct switched *w = &s->sw[i];

		fprintf(f, "%u %s %s %c %c\n", w->ifindex, w->ifname, w->key,
		    w->was, w->is);
	}
}

/* Whole, or as it was before. */
static void
save(const struct sysctls *s)
{
	bool good;
	FILE *f;

	if (s->path[0] == '\0')
		return;
	if (s->n == 0) {
		(void)unlink(s->path);
		return;
	}
	if ((f = fopen(s->next, "we")) == NULL) {
		log_warn(NULL, "%s: switches of this host will not be set "
		    "back if nasd is killed", s->next);
		return;
	}
	put_lines(s, f);
	good = ferror(f) == 0;
	if (fclose(f) != 0 || !good || rename(s->next, s->path) != 0)
		log_warn(NULL, "%s: switches of this host will not be set "
		    "back if nasd is killed", s->path);
}

static bool
take_line(struct sysctls *s, const char *line)
{
	struct switched got = { .ifindex = 0 }, *w;

	if (sscanf(line, "%u %15s %23s %c %c", &got.ifindex, got.ifname,
	    got.key, &got.was, &got.is) != 5 ||
	    strpbrk(got.ifname, "/") != NULL || strpbrk(got.key, "/.") != NULL)
		return false;
	if (!is_there(&got) || find(s, got.ifname, got.key) != NULL)
		return true;
	if ((w = append(s)) != NULL)
		*w = got;
	return w != NULL;
}

static void
load(struct sysctls *s)
{
	FILE *f = s->path[0] != '\0' ? fopen(s->path, "re") : NULL;
	char line[TEXT_MAX];

	if (f == NULL)
		return;
	if (fgets(line, sizeof(line), f) != NULL &&
	    strncmp(line, s->boot_id, BOOT_ID) == 0)
		while (fgets(line, sizeof(line), f) != NULL)
			if (!take_line(s, line))
				log_warnx(NULL, "%s: a line is damaged",
				    s->path);
	fclose(f);
}

static void
read_boot_id(struct sysctls *s)
{
	int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || read(fd, s->boot_id, BOOT_ID) != BOOT_ID)
		memset(s->boot_id, '-', BOOT_ID);
	if (fd != -1)
		close(fd);
}

struct sysctls *
sysctls_new(const char *state_dir)
{
	struct sysctls *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	read_boot_id(s);
	if (state_dir[0] != '\0') {
		snprintf(s->path, sizeof(s->path), "%s/sysctls", state_dir);
		snprintf(s->next, sizeof(s->next), "%s/sysctls.new",
		    state_dir);
	}
	load(s);
	return s;
}

void
sysctls_free(struct sysctls *s)
{
	if (s == NULL)
		return;
	free(s->sw);
	free(s);
}

/* ---- switches ---- */

/* Of an interface that was made anew the old value means nothing. */
static int
remember(struct sysctls *s, const char *ifname, const char *key, char value)
{
	struct switched *w = find(s, ifname, key);
	int was;

	if (w != NULL && is_there(w) && w->is == value)
		return 0;
	if ((was = host_sysctl_get(ifname, key)) < 0)
		return was;
	if (w == NULL && was == value)
		return 0;
	if (w == NULL && (w = append(s)) == NULL)
		return -ENOMEM;
	snprintf(w->ifname, sizeof(w->ifname), "%s", ifname);
	snprintf(w->key, sizeof(w->key), "%s", key);
	w->ifindex = index_of(ifname);
	w->was = (char)was;
	w->is = value;
	save(s);
	return 0;
}

int
sysctls_change(struct sysctls *s, const char *ifname, const char *key,
    char value)
{
	int err = remember(s, ifname, key, value);

	if (err == -ENOMEM)
		log_errorx(ifname, "out of memory to set %s back", key);
	return host_sysctl_set(ifname, key, value);
}

void
sysctls_restore(struct sysctls *s)
{
	for (size_t i = s->n; i-- > 0;) {
		const struct switched *w = &s->sw[i];

		if (w->was == w->is || !is_there(w) ||
		    host_sysctl_get(w->ifname, w->key) != w->is)
			continue;
		if (host_sysctl_set(w->ifname, w->key, w->was) == 0)
			log_info(w->ifname, "%s is %c again", w->key, w->was);
	}
	s->n = 0;
	save(s);
}
