/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A RADIUS server under a test's hand, and a world for the client whose time
 * the test turns: packets over the loopback interface are there as soon as
 * they are sent, so nothing waits. Its sums are made here and not by radius/.
 */
#ifndef TESTS_UNIT_FAKE_RADIUS_H
#define TESTS_UNIT_FAKE_RADIUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/clock.h"
#include "common/timers.h"
#include "radius/client.h"

struct event_base;

struct fake {
	int		 fd;
	uint16_t	 port;
	const char	*secret;
};

struct fake_request {
	uint8_t			pkt[RADIUS_MAX];
	size_t			len;
	struct sockaddr_in	from;
};

struct world {
	struct event_base	*base;
	struct timers		 timers;
	struct clock		 clock;
	mono_t			 now;
	struct radius_dict	*dict;
	struct radius_conf	 conf;
	struct fake		 fake[2];
	struct radius_client	*client;
};

/* Two servers are open; n of them are configured (auth and acct on one port,
 * 2 tries, 2 s, dead time 60 s). */
void	world_init(struct world *, unsigned n);
void	world_free(struct world *);
/* Lets the client read what has come. */
void	world_pump(struct world *);
/* Time passes, timers run. */
void	world_advance(struct world *, int64_t ms);

/* The next request, false when there is none. */
bool	fake_recv(struct fake *, struct fake_request *);
enum { FAKE_MA = 1, FAKE_BAD_VECTOR = 2, FAKE_BAD_MA = 4 };
void	fake_reply(struct fake *, const struct fake_request *, uint8_t code,
    const void *attrs, size_t len, unsigned flags);
/* The same as bytes, at most RADIUS_MAX; their number. */
size_t	fake_make_reply(const struct fake *, const struct fake_request *,
    uint8_t code, const void *attrs, size_t len, unsigned flags, uint8_t *);
/* Appends an attribute that is salted for this request [RFC 2868 3.5], one of
 * 3GPP2's or, with its continuation byte, of WiMAX's. */
void	fake_put_salted(const struct fake *, const struct fake_request *,
    uint8_t *buf, size_t *len, uint32_t vendor, uint8_t type,
    const void *value, size_t value_len);
/* The value of an attribute of a request; NULL when it is not there. vendor
 * 0, or a vendor's whose Vendor-Specific has one attribute. */
const uint8_t *fake_attr(const struct fake_request *, uint32_t vendor,
    uint8_t type, size_t *len);
uint32_t fake_u32(const struct fake_request *, uint8_t type);
/* Checks the sums of a request, Message-Authenticator first. */
bool	fake_authentic(const struct fake *, const struct fake_request *);

#endif
