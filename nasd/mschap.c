/* SPDX-License-Identifier: BSD-2-Clause */
/* See mschap.h. */
#include "nasd/mschap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S_DIGITS	40		/* hexadecimal */
#define ERROR_AUTH	691		/* authentication failure */
#define ERROR_MAX	65535
#define TEXT_MAX	253		/* of an attribute */

/* The text of an attribute, without the identifier in front of it. */
static void
text_of(char out[TEXT_MAX + 1], const void *attr, size_t len)
{
	const char	*text = attr;

	out[0] = '\0';
	if (attr == NULL || len < 2 || len > TEXT_MAX)
		return;
	memcpy(out, text + 1, len - 1);
	out[len - 1] = '\0';
}

bool
mschap_success(char *out, size_t cap, const void *attr, size_t len,
    const char *message)
{
	char	text[TEXT_MAX + 1];

	text_of(text, attr, len);
	if (strncmp(text, "S=", 2) != 0 || strspn(text + 2,
	    "0123456789ABCDEFabcdef") < S_DIGITS)
		return false;
	snprintf(out, cap, "%.*s%s%s", 2 + S_DIGITS, text,
	    message[0] != '\0' ? " M=" : "", message);
	return true;
}

static unsigned
error_code(const char *text)
{
	unsigned long	e;

	if (strncmp(text, "E=", 2) != 0)
		return ERROR_AUTH;
	e = strtoul(text + 2, NULL, 10);
	return e == 0 || e > ERROR_MAX ? ERROR_AUTH : (unsigned)e;
}

void
mschap_failure(char *out, size_t cap, const void *attr, size_t len,
    const uint8_t challenge[MSCHAP_CHALLENGE], const char *message)
{
	char		text[TEXT_MAX + 1], hex[2 * MSCHAP_CHALLENGE + 1];
	const char	*m;

	text_of(text, attr, len);
	if (message[0] == '\0') {
		m = strstr(text, " M=");
		message = m != NULL ? m + 3 : "Access denied";
	}
	for (size_t i = 0; i < MSCHAP_CHALLENGE; i++)
		snprintf(hex + 2 * i, 3, "%02X", challenge[i]);
	snprintf(out, cap, "E=%u R=0 C=%s V=3 M=%s", error_code(text), hex,
	    message);
}
