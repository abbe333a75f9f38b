/* SPDX-License-Identifier: BSD-2-Clause */
/* See pppoe_delay.h. */
#include <errno.h>
#include <string.h>

#include "nasd/pppoe_delay.h"

/* A decimal number and nothing else up to end; -EINVAL or -ERANGE. */
static int
number(const char *text, const char *end, long max, long *value)
{
	long	v = 0;

	if (text == end)
		return -EINVAL;
	for (; text != end; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (*text - '0');
		if (v > max)
			return -ERANGE;
	}
	*value = v;
	return 0;
}

int
pppoe_delays_add(struct pppoe_delays *d, const char *text)
{
	const char	*end = text + strlen(text);
	const char	*colon = strchr(text, ':');
	long		 ms = PPPOE_NO_PADO, sessions = 0;
	size_t		 len = (size_t)((colon != NULL ? colon : end) - text);
	int		 rc = 0;

	if (len != 2 || memcmp(text, "-1", 2) != 0)
		rc = number(text, text + len, PPPOE_DELAY_MS_MAX, &ms);
	if (rc == 0 && colon != NULL)
		rc = number(colon + 1, end, 65534L * 64, &sessions);
	if (rc != 0)
		return rc;
	if (d->n > 0 && (unsigned)sessions <= d->step[d->n - 1].sessions)
		return -EEXIST;
	if (d->n == PPPOE_DELAYS_MAX)
		return -ENOSPC;
	d->step[d->n].sessions = (unsigned)sessions;
	d->step[d->n].ms = (int)ms;
	d->n++;
	return 0;
}

int
pppoe_delays_at(const struct pppoe_delays *d, unsigned sessions)
{
	unsigned	i = d->n;

	while (i-- > 0)
		if (sessions >= d->step[i].sessions)
			return d->step[i].ms;
	return 0;
}
