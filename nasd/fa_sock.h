/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How foreign agents on our links are heard [PROTOCOLS 11.6, D185, D214]: what
 * they relay is for home addresses that the host does not have yet, or for
 * everybody, so that no UDP socket of its own has it, or not for sure. A packet
 * socket has it, one an agent and on its link: of port 434 alone, and what the
 * agent advertises. The UDP socket must not have it a second time. Opened and
 * set by the root side, which nobody can undo.
 */
#ifndef NASD_FA_SOCK_H
#define NASD_FA_SOCK_H

#include <netinet/in.h>

/* BPF_MAXINSNS is far away. */
#define FA_SOCK_MAX	256

/* The socket, or -errno. What is read from it are whole IPv4 packets. */
int	 fa_sock_open(unsigned ifindex, struct in_addr fa);
/* A UDP socket hears nothing of them any more: n addresses, at least one and at
 * most FA_SOCK_MAX. 0 or -errno. */
int	 fa_sock_mute(int fd, const struct in_addr *fas, unsigned n);

#endif
