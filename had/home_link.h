/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A home link: a real link whose prefix is a pool's, on which we stand in for
 * subscribers that are elsewhere. Reads and sends neighbour discovery by a
 * packet socket and joins groups; dad decides.
 */
#ifndef HAD_HOME_LINK_H
#define HAD_HOME_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "had/dad.h"

struct nl_watch_addr;
struct nl_watch_link;
struct clock;
struct event_base;
struct had_config;
struct home_link;
struct timers;

/*
 * All links that pools name, as root: an array of *n that is the caller's to
 * free by home_links_close; *links NULL when there are none. 0 or -errno,
 * after logging what is missing. A packet in front of home_link_start waits.
 */
int	 home_links_open(const struct had_config *, struct home_link **links,
    size_t *n);
void	 home_links_close(struct home_link *, size_t n);
/* In the engine. 0 or -errno. */
int	 home_links_start(struct home_link *, size_t n, struct event_base *,
    struct timers *, const struct clock *);
struct home_link *home_link_at(struct home_link *, size_t i);
/* NULL when there is none of that name. */
struct home_link *home_link_find(struct home_link *, size_t n,
    const char *name);
struct dad *home_link_dad(struct home_link *);
/* What has become of any device, and of any address: it may be the link's. */
void	 home_link_device(struct home_link *, const struct nl_watch_link *);
void	 home_link_addr(struct home_link *, const struct nl_watch_addr *);

struct home_link_info {
	const char	*name;
	struct in6_addr	 address;	/* link-local */
	uint8_t		 lladdr[ND6_LLADDR_LEN];
	bool		 up;
	uint64_t	 received, malformed, sent, send_failed;
};
void	 home_link_info(const struct home_link *, struct home_link_info *);

#endif
