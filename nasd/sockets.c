/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets nasd is given at its start: see sockets.h. */
#include "config.h"
#define LOG_MODULE "main"
#include "nasd/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/ctl.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/mip4.h"
#include "nasd/dhcp6.h"
#include "nasd/dhcp6_duid.h"
#include "nasd/fa_sock.h"
#include "nasd/nasd_config.h"
#include "nasd/pppd_link.h"
#include "nasd/vlan_filter.h"

#define FLAGS	(SOCK_CLOEXEC | SOCK_NONBLOCK)
#define LOCK_MS		5000
#define LOCK_PAUSE_MS	50

static int
open_udp(struct in_addr addr, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = addr,
	};
	char buf[INET_ADDRSTRLEN];
	int fd = socket(AF_INET, SOCK_DGRAM | FLAGS, 0);

	if (fd != -1 && bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return fd;
	log_error(NULL, "UDP %s port %d", inet_ntop(AF_INET, &addr, buf,
	    sizeof(buf)), port);
	if (fd != -1)
		close(fd);
	return -1;
}

static int
open_icmp6(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | FLAGS, IPPROTO_ICMPV6);

	if (fd == -1)
		log_error(NULL, "raw ICMPv6 socket");
	return fd;
}

static uint16_t
type_of(enum nasd_socket hears)
{
	switch (hears) {
	case NASD_SOCKET_DISCOVERY:
		return ETH_P_PPP_DISC;
	case NASD_SOCKET_SESSION:
		return ETH_P_PPP_SES;
	case NASD_SOCKET_VLANS:
		break;
	}
	return ETH_P_ALL;
}

static int
open_packet(const char *ifname, enum nasd_socket hears, uint8_t mac[6],
    int *mtu)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(type_of(hears)),
	};
	struct ifreq ifr = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | FLAGS, 0), err;

	if (fd == -1)
		goto fail;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	ll.sll_ifindex = (int)if_nametoindex(ifname);
	if (ll.sll_ifindex == 0 || ioctl(fd, SIOCGIFHWADDR, &ifr) == -1 ||
	    (hears == NASD_SOCKET_VLANS && vlan_filter(fd) != 0) ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)) == -1)
		goto fail;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
		errno = EPROTOTYPE;	/* PPPoE is over Ethernet only */
		goto fail;
	}
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	*mtu = ioctl(fd, SIOCGIFMTU, &ifr) == 0 ? ifr.ifr_mtu : 0;
	return fd;
fail:
	err = errno;
	log_error(NULL, "PPPoE on interface %s", ifname);
	if (fd != -1)
		close(fd);
	errno = err;
	return -1;
}

int
nasd_sockets_pppoe(const char *ifname, enum nasd_socket hears,
    uint8_t mac[6], int *mtu)
{
	int fd = open_packet(ifname, hears, mac, mtu);

	return fd != -1 ? fd : errno != 0 ? -errno : -ENODEV;
}

static int
make_dir_of(const char *path)
{
	char *copy = strdup(path);
	int error = -ENOMEM;

	if (copy != NULL)
		error = daemon_mkdir(dirname(copy));
	free(copy);
	if (error != 0)
		log_errorx(NULL, "directory of %s: %s", path,
		    strerror(-error));
	return error;
}

static int
open_listeners(struct nasd_sockets *s, const struct nasd_config *cf)
{
	if (make_dir_of(cf->plugin_socket) != 0 ||
	    make_dir_of(cf->control_socket) != 0)
		return -1;
	s->plugin = pppd_server_listen(cf->plugin_socket);
	if (s->plugin < 0) {
		log_errorx(NULL, "%s: %s", cf->plugin_socket,
		    s->plugin == -EADDRINUSE ? "another nasd serves it" :
		    strerror(-s->plugin));
		return -1;
	}
	s->control = ctl_listen(cf->control_socket, cf->control_group);
	if (s->control < 0) {
		log_errorx(NULL, "%s: %s", cf->control_socket,
		    s->control == -EADDRINUSE ? "another nasd serves it" :
		    strerror(-s->control));
		return -1;
	}
	return 0;
}

static int
open_pppoe(struct nasd_sockets *s, const struct nasd_config *cf, unsigned i)
{
	const struct config_pppoe *p = &cf->pppoe[i];

	s->pppoe[i] = open_packet(p->ifname, NASD_SOCKET_DISCOVERY,
	    s->mac[i], &s->mtu[i]);
	if (s->pppoe[i] == -1)
		return -1;
	if (p->end_strays)
		s->stray[i] = open_packet(p->ifname, NASD_SOCKET_SESSION,
		    s->mac[i], &s->mtu[i]);
	if (p->end_strays && s->stray[i] == -1)
		return -1;
	if (p->vlan.ranges.n > 0)
		s->vlans[i] = open_packet(p->ifname, NASD_SOCKET_VLANS,
		    s->mac[i], &s->mtu[i]);
	return p->vlan.ranges.n > 0 && s->vlans[i] == -1 ? -1 : 0;
}

static void
read_boot_id(uint8_t id[16])
{
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	unsigned n = 0;
	const char *p;

	memset(id, 0, 16);
	if (fd == -1 || read(fd, text, sizeof(text) - 1) <= 0)
		log_warn(NULL, "the kernel has no boot id");
	if (fd != -1)
		close(fd);
	for (p = text; n < 16 && sscanf(p, "%2hhx", &id[n]) == 1; n++)
		p += p[2] == '-' ? 3 : 2;
}

/* A nasd whose root side was killed may take a moment to go. */
static int
lock_state(int fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	unsigned ms;

	for (ms = 0; flock(fd, LOCK_EX | LOCK_NB) == -1;
	    ms += LOCK_PAUSE_MS) {
		if (errno != EWOULDBLOCK || ms >= LOCK_MS)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* There are keys in them. */
static int
open_state(struct nasd_sockets *s, const struct nasd_config *cf)
{
	char path[4096];
	struct stat st;
	int i;

	if (cf->state_dir[0] == '\0')
		return 0;
	if (make_dir_of(cf->state_dir) != 0)
		return -1;
	if ((mkdir(cf->state_dir, 0700) == -1 && errno != EEXIST) ||
	    stat(cf->state_dir, &st) == -1)
		goto fail;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0) {
		log_errorx(NULL, "%s: must be a directory that only root "
		    "may enter", cf->state_dir);
		return -1;
	}
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/sessions.%d", cf->state_dir,
		    i);
		s->state[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC |
		    O_NOFOLLOW, 0600);
		if (s->state[i] == -1)
			goto fail;
	}
	if (lock_state(s->state[0]) == 0)
		return 0;
	log_errorx(NULL, "%s: another nasd uses it", cf->state_dir);
	return -1;
fail:
	log_error(NULL, "%s", cf->state_dir);
	return -1;
}

static int
open_dhcp6(struct nasd_sockets *s, const struct nasd_config *cf)
{
	int fd;

	if (cf->n_ether == 0 && cf->ppp != CONFIG_PPP_DHCP6)
		return 0;
	if (dhcp6_duid_load(cf->state_dir, &s->duid) != 0)
		return -1;
	fd = dhcp6_socket();
	if (fd >= 0) {
		s->dhcp6 = fd;
		return 0;
	}
	errno = -fd;
	log_error(NULL, "UDP port 547 of IPv6, for DHCPv6");
	return -1;
}

/* Foreign agents have sockets of their own (fa_hear.c). One may be listed more
 * than once. */
static int
mute_fas(struct nasd_sockets *s, const struct nasd_config *cf)
{
	struct in_addr fas[CONFIG_NODES];
	unsigned n = 0, i;

	for (i = 0; i < cf->n_node; i++)
		if (cf->node[i].via_fa.s_addr != INADDR_ANY)
			fas[n++] = cf->node[i].via_fa;
	if (n == 0)
		return 0;
	if ((errno = -fa_sock_mute(s->mip, fas, n)) == 0)
		return 0;
	log_error(NULL, "filter of foreign agents");
	return -1;
}

static int
open_all(struct nasd_sockets *s, const struct nasd_config *cf)
{
	const struct in_addr any = { INADDR_ANY };
	unsigned i;

	read_boot_id(s->boot_id);
	home_bounds_read_own(&s->own);
	if (open_state(s, cf) != 0)
		return -1;
	/* Each access node has a care-of address of its own. */
	s->mip = open_udp(cf->n_node > 0 || cf->ppp == CONFIG_PPP_NODE ? any :
	    cf->coa, MIP4_PORT);
	if (s->mip == -1 || mute_fas(s, cf) != 0)
		return -1;
	if (cf->dae.n_clients > 0 && (s->coa = open_udp(cf->dae.address,
	    cf->dae.port)) == -1)
		return -1;
	s->icmp6 = open_icmp6();
	if (s->icmp6 == -1)
		return -1;
	if (open_dhcp6(s, cf) != 0)
		return -1;
	for (i = 0; i < cf->n_pppoe; i++)
		if (open_pppoe(s, cf, i) != 0)
			return -1;
	if (acct_files_open(&s->acct, cf->acct.spool) != 0)
		return -1;
	/* Last: they replace what an earlier nasd left. */
	return open_listeners(s, cf);
}

int
nasd_sockets_open(struct nasd_sockets *s, const struct nasd_config *cf)
{
	memset(s, 0xff, sizeof(*s));	/* all descriptors -1 */
	if (open_all(s, cf) == 0)
		return 0;
	nasd_sockets_close(s);
	return -1;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
nasd_sockets_close(struct nasd_sockets *s)
{
	unsigned i;

	close_one(&s->plugin);
	close_one(&s->control);
	close_one(&s->mip);
	close_one(&s->icmp6);
	close_one(&s->coa);
	close_one(&s->dhcp6);
	acct_files_close(&s->acct);
	close_one(&s->state[0]);
	close_one(&s->state[1]);
	for (i = 0; i < SOCKETS_MAX_PPPOE; i++) {
		close_one(&s->pppoe[i]);
		close_one(&s->stray[i]);
		close_one(&s->vlans[i]);
	}
}
