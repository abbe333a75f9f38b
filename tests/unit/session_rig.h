/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of sessions stand on: the session's own code is real, the modules
 * it drives are stand-ins that note what they are asked [session_rig.c], and
 * these functions are what the modules would report.
 */
#ifndef TESTS_UNIT_SESSION_RIG_H
#define TESTS_UNIT_SESSION_RIG_H

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <event2/event.h>

#include "common/icmp6.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/statelog.h"
#include "nasd/access.h"
#include "nasd/access_ppp.h"
#include "nasd/coa_act.h"
#include "nasd/coa_rules.h"
#include "nasd/acct.h"
#include "nasd/dhcp6.h"
#include "nasd/engine.h"
#include "nasd/ha_watch.h"
#include "nasd/left_save.h"
#include "nasd/mip_client.h"
#include "nasd/pppd_link.h"
#include "nasd/pppoe.h"
#include "nasd/ra.h"
#include "nasd/session_in.h"
#include "nasd/session_save.h"
#include "nasd/vlans.h"
#include "tests/unit/test.h"

/* Any handle of a stand-in is one of these. */
struct handle {
	const char	*kind;
	void		*arg;
};

/* What the stand-ins have heard, and what they are to say. */
extern struct engine engine;
extern struct nasd_config cfg;
extern struct config_ha has[3];
extern mono_t now;
extern char calls[4096];
extern int handles;
extern bool fail_next;
extern bool spool_full;
extern aaa_done *auth_done;
extern aaa_eap_done *eap_done;
extern uint8_t eap_sent[1500];
extern const struct mip_events *mip_ev;
extern struct iid asked_iid;
extern const char *asked_service;
extern struct in_addr asked_ha, asked_coa;
extern uint16_t asked_lifetime;
extern enum mip_kind asked_kind;
extern uint64_t asked_after;
extern bool moves_on;
extern int64_t patience;
extern struct mip_agent_events agent_ev;
extern void *agent_arg;
extern tunnel_done *install_done;
extern tunnel_counted *count_done;
extern uint32_t count_owner;
extern unsigned count_due;
extern struct tunnel_counters all_counted;
extern priv_done *start_done, *adopt_done;
extern void *adopt_arg, *adopt_older;
extern void *start_arg;
extern struct icmp6_ra advertised;
extern struct aaa_usage stopped;
extern struct aaa_who asked_who, acct_who;
extern char asked_secret[256];
extern bool spool_knows;
extern bool granted_key;
extern struct aaa_grant granted;
extern struct mip4_sa asked_sa;
extern struct mip_saved mip_left;
extern struct gre_keys answered_gre;
extern struct mip_left left_one;
extern uint32_t left_nr;
extern char prepared[16];
extern struct tunnel_counters counted_before;
extern unsigned link_mtu;
extern bool tunnel_pending;
extern tunnel_rated *rate_done;
extern uint64_t rate_owner;
extern struct rate rate_asked[2];
extern unsigned rates_due;
extern unsigned settled;
extern const struct dhcp6_events *dhcp6_ev;
extern void *dhcp6_arg;
extern struct dhcp6_link_conf dhcp6_conf;
extern struct dhcp6_lease dhcp6_given;
extern bool dhcp6_asks;
extern mono_t dhcp6_limit;
extern bool dhcp6_fails;
extern int state_fd[2], state_own[2];
extern bool another_boot;
extern struct config_pppoe acc0;

#define called(text)	do {						\
	ck_assert_str_eq(calls, text);					\
	calls[0] = '\0';						\
} while (0)
#define forget_calls()	(calls[0] = '\0')

void call(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
void *handle(const char *kind, void *arg);
void drop(void *h, const char *kind);
/* Requests to the root side that are about access nodes; or NULL. */
extern int (*node_request)(uint16_t type, const void *body, priv_done *done,
    void *arg);
/* The clock; home agents ha1 to haN; fixtures. */
void wait_ms(int64_t ms);
void home_agents(unsigned n);
void setup(void);
void teardown(void);
/* Discovery and the plugin report. */
int wanted(struct pppoe_link *l, const char *service);
struct session *dial(int pid);
void hello(struct session *s, const char *ifname);
void auth(struct session *s, const char *user);
/* RADIUS answers. */
void verdict(struct session *s, enum aaa_verdict v, const char *ha,
    enum aaa_mode mode);
/* The plugin, and the home agent. */
void iid_req(struct session *s, const char *iid, bool insists);
void reply(struct session *s, enum mip_outcome out, const char *hoa,
    bool unique);
void refusal(struct session *s, uint8_t code, const char *to);
unsigned asked(void);
struct session *register_it(int pid, const char *user);
void link_up(struct session *s);
void link_gone(struct session *s, const char *reason);
void pppd_exit(uint32_t nr, int pid);
void give_up(struct session *s, int pid);
void deregistered(struct session *s);
void counted(uint64_t rx, int error);
/* The same, of which so many were neither link-local nor dropped. */
void counted_of(uint64_t rx, uint64_t carried, int error);
struct session *bring_up(const char *user);
void finish(struct session *s);
/* nasd goes and comes again: its state file, and nothing else, is what the
 * second one has. */
extern void (*between_runs)(bool second);	/* or NULL */
void first_run(void);
void second_run(void);
void last_run(void);

#endif
