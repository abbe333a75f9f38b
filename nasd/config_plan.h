/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a new configuration changes, and when each change acts. Pure: compares
 * two lists of conf_items.h and knows the class of every key. Neighbours:
 * config_apply.c makes the one that runs like the new one; reload.c asks for
 * both.
 */
#ifndef NASD_CONFIG_PLAN_H
#define NASD_CONFIG_PLAN_H

#include <stdbool.h>
#include <stddef.h>

struct conf_item;
struct conf_items;

enum config_effect {
	CONFIG_LIVE,		/* at once */
	CONFIG_NEXT,		/* for sessions that begin */
	CONFIG_RESTART,		/* not before nasd is started again */
};
const char *config_effect_str(enum config_effect);

/* Which of the sessions that there are it concerns. */
enum config_touch {
	CONFIG_TOUCH_NONE,
	CONFIG_TOUCH_ALL,
	CONFIG_TOUCH_PPPOE,	/* those of the interface in the title */
	CONFIG_TOUCH_PROFILE,	/* those whose Filter-Id is the title */
	CONFIG_TOUCH_HA,	/* those at the home agent in the title */
};

struct config_class {
	const char		*path;		/* as of conf_items.h */
	enum config_effect	 effect;
	enum config_touch	 touch;
	/* Sessions lose something when such a section is taken away. */
	bool			 ends;
};
/* NULL: not classed. It then needs a restart. */
const struct config_class *config_class(const char *path);

enum config_kind { CONFIG_ADDED, CONFIG_REMOVED, CONFIG_CHANGED };
const char *config_kind_str(enum config_kind);

struct config_change {
	enum config_kind	 kind;
	const struct conf_item	*from;		/* NULL: ADDED */
	const struct conf_item	*to;		/* NULL: REMOVED */
	enum config_effect	 effect;
	unsigned		 sessions;	/* it concerns */
	bool			 destructive;
};

struct config_plan {
	struct config_change	*change;
	size_t			 n;
};

/* Asked for each change that touches sessions: how many there are. */
typedef unsigned config_count(void *arg, enum config_touch,
    const char *title);

/* Both lists must outlive the plan. radius_fixed: servers can not be changed
 * while nasd runs. 0 or -ENOMEM. */
int	 config_plan_make(struct config_plan *, const struct conf_items *old,
    const struct conf_items *new, bool radius_fixed, config_count *,
    void *arg);
void	 config_plan_free(struct config_plan *);
/* Does something act now, or for new sessions, whose path begins so? */
bool	 config_plan_acts(const struct config_plan *, const char *path);
bool	 config_plan_destructive(const struct config_plan *);
/* The change that an item is part of: its own, or its section's. NULL:
 * none. */
const struct config_change *config_plan_find(const struct config_plan *,
    const struct conf_item *);

#endif
