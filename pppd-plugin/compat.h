/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pppd 2.4.9 and 2.5.x under one set of names, nm_*. The only file of the
 * plugin that knows which pppd it is built for: 2.5 has pppdconf.h.
 */
#ifndef PLUGIN_COMPAT_H
#define PLUGIN_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/types.h>

/* 2.4.9 has a bool of its own, an unsigned char. Its structures must keep
 * that; our code must not see it. */
#undef bool
#define bool		pppd_bool

#if __has_include(<pppd/pppdconf.h>)

#undef bool
#define bool		_Bool
#include <net/ppp_defs.h>
#include <pppd/pppdconf.h>
#include <pppd/pppd.h>
#include <pppd/options.h>
#include <pppd/fsm.h>
#include <pppd/lcp.h>
#include <pppd/ccp.h>
#include <pppd/eui64.h>
#include <pppd/ipcp.h>
#include <pppd/ipv6cp.h>
#include <pppd/upap.h>
#include <pppd/chap.h>

#define NM_PPPD_VERSION	PPPD_VERSION
typedef struct option	nm_option;

#define nm_add_options(o)	ppp_add_options(o)
#define nm_timeout(f, s, us)	ppp_timeout(f, NULL, s, us)
#define nm_untimeout(f)		ppp_untimeout(f, NULL)
#define nm_on_phase(f)		ppp_add_notify(NF_PHASE_CHANGE, f, NULL)
#define nm_on_exit(f)		ppp_add_notify(NF_EXIT, f, NULL)
#define nm_on_signal(f)		ppp_add_notify(NF_SIGNALED, f, NULL)
#define nm_on_auth_up(f)	ppp_add_notify(NF_AUTH_UP, f, NULL)
#define nm_on_ipv6_up(f)	ppp_add_notify(NF_IPV6_UP, f, NULL)
#define nm_on_ipv6_down(f)	ppp_add_notify(NF_IPV6_DOWN, f, NULL)
#define nm_on_ip_up(f)		ppp_add_notify(NF_IP_UP, f, NULL)
#define nm_on_ip_down(f)	ppp_add_notify(NF_IP_DOWN, f, NULL)
#define nm_ifname()		ppp_ifname()
#define nm_devnam()		ppp_devnam()
#define nm_remote_number()	ppp_get_remote_number()
#define nm_session_number()	ppp_get_session_number()
#define nm_peer_authname()	ppp_peer_authname(NULL, 0)
#define nm_status()		((int)ppp_status())
#define nm_max_connect(s)	ppp_set_max_connect_time(s)

/* Keys of NM_MPPE_KEY bytes. False in a pppd without MPPE. */
#define NM_MPPE_KEY	16
extern void	mppe_set_keys(unsigned char *send_key, unsigned char *recv_key,
    int keylen) __attribute__((weak));
static inline bool
nm_mppe_keys(uint8_t *send_key, uint8_t *recv_key)
{
	if (mppe_set_keys != NULL)
		mppe_set_keys(send_key, recv_key, NM_MPPE_KEY);
	return mppe_set_keys != NULL;
}

#else

#ifndef INET6
#define INET6	1
#endif
#include <pppd/pppd.h>
#include <pppd/fsm.h>
#include <pppd/lcp.h>
#include <pppd/ccp.h>
#include <pppd/ipcp.h>
#include <pppd/ipv6cp.h>
#include <pppd/upap.h>
#include <pppd/chap-new.h>
#undef bool
#define bool		_Bool

#define NM_PPPD_VERSION	VERSION
typedef option_t	nm_option;

#define nm_add_options(o)	add_options(o)
#define nm_timeout(f, s, us)	timeout(f, NULL, s, us)
#define nm_untimeout(f)		untimeout(f, NULL)
#define nm_on_phase(f)		add_notifier(&phasechange, f, NULL)
#define nm_on_exit(f)		add_notifier(&exitnotify, f, NULL)
#define nm_on_signal(f)		add_notifier(&sigreceived, f, NULL)
#define nm_on_auth_up(f)	add_notifier(&auth_up_notifier, f, NULL)
#define nm_on_ipv6_up(f)	add_notifier(&ipv6_up_notifier, f, NULL)
#define nm_on_ipv6_down(f)	add_notifier(&ipv6_down_notifier, f, NULL)
#define nm_on_ip_up(f)		add_notifier(&ip_up_notifier, f, NULL)
#define nm_on_ip_down(f)	add_notifier(&ip_down_notifier, f, NULL)
#define nm_ifname()		((const char *)ifname)
#define nm_devnam()		((const char *)devnam)
#define nm_remote_number()	((const char *)remote_number)
#define nm_session_number()	ppp_session_number
#define nm_peer_authname()	((const char *)peer_authname)
#define nm_status()		((int)status)
#define nm_max_connect(s)	((void)(maxconnect = (int)(s)))

#define NM_MPPE_KEY	16
extern unsigned char	mppe_send_key[NM_MPPE_KEY] __attribute__((weak));
extern unsigned char	mppe_recv_key[NM_MPPE_KEY] __attribute__((weak));
extern int		mppe_keys_set __attribute__((weak));
static inline bool
nm_mppe_keys(const uint8_t *send_key, const uint8_t *recv_key)
{
	if (&mppe_keys_set == NULL)
		return false;
	memcpy(mppe_send_key, send_key, NM_MPPE_KEY);
	memcpy(mppe_recv_key, recv_key, NM_MPPE_KEY);
	mppe_keys_set = 1;
	return true;
}

#endif

/* Not in installed headers, though exported for pppd's own plugins. */
extern struct protent	eap_protent;
extern void	auth_peer_success(int unit, int protocol, int flavor,
    char *name, int namelen);
extern void	auth_peer_fail(int unit, int protocol);
extern void	output(int unit, unsigned char *pkt, int len);
#ifndef PPP_EAP
#define PPP_EAP		0xc227
#endif

/* Does this pppd bring no link up without MPPE? */
static inline bool
nm_mppe_required(void)
{
	return ccp_protent.enabled_flag && ccp_wantoptions[0].mppe != 0;
}

/* Exported by pppd from 2.5.3 on: f(fd, arg) when fd is readable. Weak, so
 * that a pppd without them is polled instead. */
extern void	add_fd_callback(int fd, void (*f)(int fd, void *arg),
    void *arg) __attribute__((weak));
extern void	remove_fd(int fd) __attribute__((weak));

/* pppd's formats are not printf's (%q quotes a string of the peer's) and take
 * char * in 2.4.9. */
#define nm_debug(fmt, ...)						\
	dbglog((char *)(uintptr_t)("netmip4: " fmt), ##__VA_ARGS__)
#define nm_info(fmt, ...)						\
	info((char *)(uintptr_t)("netmip4: " fmt), ##__VA_ARGS__)
#define nm_warn(fmt, ...)						\
	warn((char *)(uintptr_t)("netmip4: " fmt), ##__VA_ARGS__)
#define nm_error(fmt, ...)						\
	error((char *)(uintptr_t)("netmip4: " fmt), ##__VA_ARGS__)

#endif
