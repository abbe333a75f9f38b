/* SPDX-License-Identifier: BSD-2-Clause */
/* Between fad_config.c (what is of the agent and its links) and
 * fad_config_known.c (what is of home agents and mobile nodes). */
#ifndef FAD_FAD_CONFIG_INT_H
#define FAD_FAD_CONFIG_INT_H

#include "common/conf.h"
#include "fad/fad_config.h"

/* NULL when s is NULL or empty, or after reporting. */
char	*fad_config_dup(struct conf *, const char *s);
/* Of a section, by its title. */
char	*fad_config_name(struct conf *, cfg_t *sec);
/* calloc, at least one element; an error is reported. */
void	*fad_config_array(struct conf *, size_t n, size_t size);

extern cfg_opt_t fad_config_home_agent_opts[];
extern cfg_opt_t fad_config_mobile_node_opts[];
void	 fad_config_known(struct conf *, struct fad_config *);
void	 fad_config_known_free(struct fad_config *);

#endif
