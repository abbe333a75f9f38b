/* SPDX-License-Identifier: BSD-2-Clause */
/* iid_parse: what it takes, iid_str writes in a form that means the same. */
#include <string.h>

#include "common/iid.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *s = malloc(len + 1), buf[IID_STRLEN];
	struct iid iid, again;

	if (s == NULL)
		return 0;
	memcpy(s, data, len);
	s[len] = '\0';
	if (iid_parse(s, &iid) == 0) {
		fuzz_assert(strlen(iid_str(iid, buf)) == IID_STRLEN - 1);
		fuzz_assert(iid_parse(buf, &again) == 0);
		fuzz_assert(iid_equal(iid, again));
	}
	free(s);
	return 0;
}
