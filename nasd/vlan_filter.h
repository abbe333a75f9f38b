/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes a packet socket of all protocols hear tagged PADIs only. */
#ifndef NASD_VLAN_FILTER_H
#define NASD_VLAN_FILTER_H

/* Before it is bound, and for ever: who has the descriptor can not take it
 * off. Outer tags come beside the frames (PACKET_AUXDATA). 0, or -1 with
 * errno. */
int	 vlan_filter(int fd);

#endif
