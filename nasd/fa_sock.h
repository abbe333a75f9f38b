/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How foreign agents on our links are heard [PROTOCOLS 11.6, D185]: what they
 * relay is for home addresses that the host does not have yet, or for
 * everybody, so that no UDP socket of its own has it, or not for sure. A packet
 * socket has it, of those agents and port 434 alone; and the UDP socket must
 * not have it a second time. Opened and set by the root side, which nobody can
 * undo.
 */
#ifndef NASD_FA_SOCK_H
#define NASD_FA_SOCK_H

#include <netinet/in.h>

/* BPF_MAXINSNS is far away. */
#define FA_SOCK_MAX	256

/* n addresses, at least one and at most FA_SOCK_MAX. The socket, or -errno.
 * What is read from it are whole IPv4 packets. */
int	 fa_sock_open(const struct in_addr *fas, unsigned n);
/* A UDP socket hears nothing of them any more. 0 or -errno. */
int	 fa_sock_mute(int fd, const struct in_addr *fas, unsigned n);

#endif
