/* SPDX-License-Identifier: BSD-2-Clause */
/* The certificates of RADIUS over TLS, as a server's section names them. */
#ifndef RADIUS_CONF_TLS_H
#define RADIUS_CONF_TLS_H

#include "common/conf.h"

struct ssl_ctx_st;

/* Reads ca-file, certificate-file and key-file: before privileges are dropped.
 * One reference, or NULL after reporting what is wrong. */
struct ssl_ctx_st *conf_tls(struct conf *, cfg_t *server);

#endif
