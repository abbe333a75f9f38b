/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "radius test": servers tried on an operator's behalf, by the client that
 * sessions use. A user's name and password as an Access-Request with PAP, or
 * Status-Server [RFC 5997] to every port of every server.
 */
#ifndef NASD_RADIUS_TEST_H
#define NASD_RADIUS_TEST_H

#include <jansson.h>
#include <netinet/in.h>

struct radius_client;
struct radius_tests;

/* nas_id is the caller's and must stay. NULL: no memory. */
struct radius_tests *radius_tests_new(struct radius_client *,
    const char *nas_id, struct in_addr nas_ip);
/* Those under way end with an error. */
void	 radius_tests_free(struct radius_tests *);
/* Those to come ask another client. */
void	 radius_tests_set_client(struct radius_tests *, struct radius_client *);

/* data's ownership passes; NULL: an error. */
typedef void radius_tested(void *arg, json_t *data, const char *code,
    const char *message);

/* args: {"user", "password"[, "server"]} or {}. done comes once, later; NULL,
 * or what is wrong with *code set, and then it does not. */
const char *radius_test(struct radius_tests *, const json_t *args,
    const char **code, radius_tested *, void *arg);

#endif
