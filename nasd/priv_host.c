/* SPDX-License-Identifier: BSD-2-Clause */
/* See priv_host.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net/if.h>
#include <net/if_arp.h>
#include <linux/if_tunnel.h>

#include "common/gre_keys.h"
#include "common/netlink.h"
#include "common/sysctl.h"
#include "nasd/priv_host.h"

#define IPV6_MIN_MTU	1280
#define SIT_OVERHEAD	20
#define GRE_OVERHEAD	28	/* with a key */
#define ETHER_MTU	1500

/* ifname is "all" or was found in the kernel: no slashes. ARP is IPv4's. */
static int
sysctl_path(char *path, size_t cap, const char *ifname, const char *key)
{
	int n = snprintf(path, cap, "/proc/sys/net/ipv%c/conf/%s/%s",
	    strncmp(key, "arp_", 4) == 0 ? '4' : '6', ifname, key);

	return n > 0 && (size_t)n < cap ? 0 : -ENAMETOOLONG;
}

int
host_sysctl_set(const char *ifname, const char *key, char value)
{
	char path[128];
	int err = sysctl_path(path, sizeof(path), ifname, key);

	return err != 0 ? err : sysctl_set(path, value);
}

int
host_sysctl_get(const char *ifname, const char *key)
{
	char path[128];
	int err = sysctl_path(path, sizeof(path), ifname, key);

	return err != 0 ? err : sysctl_get(path);
}

static uint32_t
mtu_less(struct in_addr coa, struct in_addr ha, int overhead)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr = coa };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = ha,
	    .sin_port = htons(434) };
	int fd, mtu = ETHER_MTU;
	socklen_t len = sizeof(mtu);

	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0) {
		if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
		    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
		    getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len) != 0)
			mtu = ETHER_MTU;
		close(fd);
	}
	mtu -= overhead;
	return mtu < IPV6_MIN_MTU ? IPV6_MIN_MTU : (uint32_t)mtu;
}

uint32_t
host_tunnel_mtu(struct in_addr coa, struct in_addr ha)
{
	return mtu_less(coa, ha, SIT_OVERHEAD);
}

uint32_t
host_gre_mtu(struct in_addr coa, struct in_addr ha)
{
	return mtu_less(coa, ha, GRE_OVERHEAD);
}

int
host_ifindex(const char *ifname, unsigned short type)
{
	struct ifreq ifr = { 0 };
	unsigned ifindex;
	int fd, err = 0;

	if (memchr(ifname, '\0', IF_NAMESIZE) == NULL || *ifname == '\0' ||
	    strchr(ifname, '/') != NULL || ifname[0] == '.')
		return -EINVAL;
	if ((ifindex = nl_ifindex(ifname)) == 0)
		return -ENODEV;
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return -errno;
	strcpy(ifr.ifr_name, ifname);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) != 0)
		err = -errno;
	else if (ifr.ifr_hwaddr.sa_family != type)
		err = -EPERM;
	close(fd);
	return err != 0 ? err : (int)ifindex;
}

int
host_mtu(const char *ifname)
{
	struct ifreq ifr = { 0 };
	int fd, mtu;

	if (strlen(ifname) >= sizeof(ifr.ifr_name))
		return -EINVAL;
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return -errno;
	strcpy(ifr.ifr_name, ifname);
	mtu = ioctl(fd, SIOCGIFMTU, &ifr) == 0 ? ifr.ifr_mtu : -errno;
	close(fd);
	return mtu;
}

static bool
tunnel_parm(const char *ifname, struct ip_tunnel_parm *parm)
{
	struct ifreq ifr = { 0 };
	int fd, r;

	if (strlen(ifname) >= sizeof(ifr.ifr_name))
		return false;
	strcpy(ifr.ifr_name, ifname);
	ifr.ifr_data = (char *)parm;
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return false;
	r = ioctl(fd, SIOCGETTUNNEL, &ifr);
	close(fd);
	return r == 0;
}

bool
host_is_sit(const char *ifname, struct in_addr local, struct in_addr remote)
{
	struct ip_tunnel_parm parm = { .name = "" };

	return tunnel_parm(ifname, &parm) &&
	    parm.iph.protocol == IPPROTO_IPV6 &&
	    parm.iph.saddr == local.s_addr && parm.iph.daddr == remote.s_addr;
}

bool
host_is_gre(const char *ifname, struct in_addr local, struct in_addr remote,
    const struct gre_keys *keys)
{
	struct ip_tunnel_parm parm = { .name = "" };

	if (!tunnel_parm(ifname, &parm) ||
	    parm.iph.protocol != IPPROTO_GRE ||
	    parm.iph.saddr != local.s_addr || parm.iph.daddr != remote.s_addr)
		return false;
	return keys == NULL || (ntohl(parm.i_key) == keys->own &&
	    ntohl(parm.o_key) == keys->peer);
}
