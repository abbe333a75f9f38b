/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts that end MS-CHAPv2 [RFC 2759 5, 6], made of what RADIUS says in
 * MS-CHAP2-Success and MS-CHAP-Error [RFC 2548 2.3.3, 2.1.5]. Pure.
 */
#ifndef NASD_MSCHAP_H
#define NASD_MSCHAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSCHAP_CHALLENGE	16
#define MSCHAP2_RESPONSE	49	/* bytes; RFC 2759 4 */

/* "S=... M=message": attr is the value of MS-CHAP2-Success, its identifier in
 * front. message may be empty. False when there is no authenticator response
 * in it, without which the peer ends the link. */
bool	 mschap_success(char *out, size_t cap, const void *attr, size_t len,
    const char *message);
/* "E=... R=0 C=... V=3 M=message": attr is MS-CHAP-Error's value, or NULL. R
 * is 0 whatever the server says: the link ends, there is no second try.
 * Without a message the server's own is used. */
void	 mschap_failure(char *out, size_t cap, const void *attr, size_t len,
    const uint8_t challenge[MSCHAP_CHALLENGE], const char *message);

#endif
