/* SPDX-License-Identifier: BSD-2-Clause */
/* See load_key.h. */
#include "load_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
load_number(const char *s, uint64_t least, uint64_t most, uint64_t *v)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (*s < '0' || *s > '9' || *end != '\0' || errno != 0 || n < least ||
	    n > most)
		return false;
	*v = n;
	return true;
}

static int
read_key(const char *file, struct mip4_sa *sa)
{
	char line[MIP4_KEY_MAX + 2];
	FILE *f = fopen(file, "re");
	char *got;

	if (!f)
		return -errno;
	got = fgets(line, sizeof(line), f);
	fclose(f);
	if (!got)
		return -EINVAL;
	sa->key_len = strcspn(line, "\n");
	if (sa->key_len > MIP4_KEY_MAX)
		return -EMSGSIZE;
	memcpy(sa->key, line, sa->key_len);
	return 0;
}

int
load_key(const struct load_key *k, struct mip4_sa *sa)
{
	int err;

	memset(sa, 0, sizeof(*sa));
	sa->spi = (uint32_t)k->spi;
	err = mip4_alg_parse(k->algorithm, &sa->alg);
	if (err) {
		fprintf(stderr, "%s: no such algorithm\n", k->algorithm);
		return err;
	}
	err = read_key(k->file, sa);
	if (err == 0)
		err = mip4_sa_prepare(sa);
	if (err)
		fprintf(stderr, "%s: %s\n", k->file, strerror(-err));
	return err;
}
