/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of control.c that are about subscribers. */
#ifndef HAD_CONTROL_USERS_H
#define HAD_CONTROL_USERS_H

#include <jansson.h>

struct reg;

/* Each is a ctl handler, arg a struct reg. */
json_t	*control_show_users(void *arg, const json_t *args, const char **code,
    const char **message);
json_t	*control_flush_users(void *arg, const json_t *args, const char **code,
    const char **message);
json_t	*control_show_radius(void *arg, const json_t *args, const char **code,
    const char **message);
/* The look-ups' figures; a new reference, or NULL where nobody is asked. */
json_t	*control_lookup_stats(const struct reg *);
/* A NAI is bytes from the network; JSON wants UTF-8. A new reference. */
json_t	*control_nai(const void *nai, size_t len);

#endif
