/* SPDX-License-Identifier: BSD-2-Clause */
/* Between fad_config.c (what is of the agent and its links) and
 * fad_config_known.c (what is of home agents and mobile nodes). */
#ifndef FAD_FAD_CONFIG_INT_H
#define FAD_FAD_CONFIG_INT_H

#include "common/conf.h"
#include "fad/fad_config.h"

/* A key "gre". */
enum fad_gre fad_config_word_gre(struct conf *, cfg_t *sec);
extern cfg_opt_t fad_config_home_agent_opts[];
extern cfg_opt_t fad_config_mobile_node_opts[];
void	 fad_config_known(struct conf *, struct fad_config *);
void	 fad_config_known_free(struct fad_config *);

#endif
