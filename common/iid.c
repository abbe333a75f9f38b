/* SPDX-License-Identifier: BSD-2-Clause */
/* Interface identifiers and home addresses; see common/iid.h. */
#include "common/iid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rnd.h"

#define UNIVERSAL	0x02	/* of the first byte [RFC 4291 appendix A] */

bool
iid_is_zero(struct iid iid)
{
	static const struct iid zero;

	return iid_equal(iid, zero);
}

bool
iid_equal(struct iid a, struct iid b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

bool
iid_is_reserved(struct iid iid)
{
	/* Subnet anycast: fdff:ffff:ffff:ff80 and up [RFC 5453]. */
	static const uint8_t anycast[] =
	    { 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	/* IANA's Ethernet block, of which RFC 6543 took one for Proxy Mobile
	 * IPv6: 0200:5eff:fe00:0000 to 0200:5eff:feff:ffff. */
	static const uint8_t ethernet[] = { 0x02, 0x00, 0x5e, 0xff, 0xfe };

	if (iid_is_zero(iid))
		return true;
	if (memcmp(iid.b, anycast, sizeof(anycast)) == 0)
		return iid.b[7] >= 0x80;
	return memcmp(iid.b, ethernet, sizeof(ethernet)) == 0;
}

struct iid
iid_random(void)
{
	struct iid iid;

	do {
		/* Can not fail but in a sandbox that forgot it: then nothing
		 * can be trusted. */
		if (rnd_bytes(iid.b, sizeof(iid.b)) != 0)
			abort();
		iid.b[0] &= (uint8_t)~UNIVERSAL;
	} while (iid_is_reserved(iid));
	return iid;
}

const char *
iid_str(struct iid iid, char buf[static IID_STRLEN])
{
	snprintf(buf, IID_STRLEN, "%02x%02x:%02x%02x:%02x%02x:%02x%02x",
	    iid.b[0], iid.b[1], iid.b[2], iid.b[3], iid.b[4], iid.b[5],
	    iid.b[6], iid.b[7]);
	return buf;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
iid_parse(const char *s, struct iid *iid)
{
	struct iid out;

	for (unsigned group = 0; group < 4; group++) {
		unsigned v = 0, digits = 0;
		int d;

		for (; (d = hex_digit(*s)) >= 0; s++) {
			if (++digits > 4)
				return -EINVAL;
			v = v << 4 | (unsigned)d;
		}
		if (digits == 0 || *s != (group < 3 ? ':' : '\0'))
			return -EINVAL;
		s++;
		out.b[2 * group] = (uint8_t)(v >> 8);
		out.b[2 * group + 1] = (uint8_t)v;
	}
	*iid = out;
	return 0;
}

struct iid
iid_of(const struct in6_addr *a)
{
	struct iid iid;

	memcpy(iid.b, a->s6_addr + 8, sizeof(iid.b));
	return iid;
}

struct in6_addr
iid_join(const struct in6_addr *prefix, struct iid iid)
{
	struct in6_addr a = *prefix;

	memcpy(a.s6_addr + 8, iid.b, sizeof(iid.b));
	return a;
}

bool
hoa_is_valid(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) &&
	    !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_LINKLOCAL(a) &&
	    !IN6_IS_ADDR_V4MAPPED(a);
}
