/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens what needs privilege, before nasd forks and drops it. */
#ifndef NASD_SOCKETS_H
#define NASD_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/dhcp6.h"
#include "nasd/acct_files.h"
#include "nasd/home_bounds.h"

#define SOCKETS_MAX_PPPOE	64

struct nasd_config;

/* What a packet socket of an access interface hears. */
enum nasd_socket {
	NASD_SOCKET_DISCOVERY,
	NASD_SOCKET_SESSION,	/* PPPoE frames of sessions */
	NASD_SOCKET_VLANS,	/* PADIs with tags, and nothing else */
};

struct nasd_sockets {
	int	plugin;			/* listening */
	int	control;		/* listening */
	int	mip;			/* UDP 434 of the care-of address */
	int	icmp6;			/* raw */
	int	coa;			/* UDP 3799, or -1 */
	int	dhcp6;			/* UDP 547, or -1 */
	struct dhcp6_duid duid;		/* of the DHCPv6 server */
	int	pppoe[SOCKETS_MAX_PPPOE];	/* AF_PACKET, by interface */
	int	stray[SOCKETS_MAX_PPPOE];	/* of session frames, or -1 */
	int	vlans[SOCKETS_MAX_PPPOE];	/* of tagged PADIs, or -1 */
	uint8_t	mac[SOCKETS_MAX_PPPOE][6];
	int	mtu[SOCKETS_MAX_PPPOE];
	struct acct_files acct;		/* the accounting spool's */
	int	state[2];		/* state file, or -1 */
	uint8_t	boot_id[16];		/* the kernel's */
	struct home_own own;		/* IPv6 addresses */
};

/* 0, or -1 after saying on the log which failed; then none is open. */
int	 nasd_sockets_open(struct nasd_sockets *, const struct nasd_config *);
/* A packet socket of an interface: a descriptor or -errno. */
int	 nasd_sockets_pppoe(const char *ifname, enum nasd_socket,
    uint8_t mac[6], int *mtu);
void	 nasd_sockets_close(struct nasd_sockets *);

#endif
