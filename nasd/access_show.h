/* SPDX-License-Identifier: BSD-2-Clause */
/* The interfaces on which subscribers dial in, for nasctl. */
#ifndef NASD_ACCESS_SHOW_H
#define NASD_ACCESS_SHOW_H

#include <jansson.h>

struct engine;

/* A list, of configured ones and VLANs on them. */
json_t	*access_json(struct engine *);

#endif
