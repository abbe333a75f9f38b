/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A subscriber's session, the tables of all of them, and the only way one
 * ends. session_fsm.c decides, session_act.c carries out, session_in.c turns
 * what modules report into events; session_show.c is what nasctl sees.
 */
#ifndef NASD_SESSION_H
#define NASD_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "common/gre_keys.h"
#include "common/iid.h"
#include "common/log.h"
#include "common/table.h"
#include "common/timers.h"
#include "nasd/aaa.h"
#include "nasd/line_id.h"
#include "nasd/nasd_config.h"
#include "nasd/session_fsm.h"
#include "nasd/timeline.h"
#include "nasd/tunnel.h"

struct access;
struct dhcp6_link;
struct engine;
struct ether;
struct event;
struct mip_reg;
struct mip_reg_request;
struct mip_result;
struct node_link;
struct pppd_link;
struct plug_auth;
struct plug_eap;
struct plug_ipv4;
struct pppoe_link;
struct ra_iface;
struct session_eap;

#define SESSION_ID_STRLEN	17	/* 16 hexadecimal digits and a NUL */
#define SESSION_WHY		160
#define SESSION_CALLING		32
#define SESSION_CALLED		97	/* port id, colon, service */
#define SESSION_RECENT		64	/* ended sessions remembered */
#define SESSION_POLL_S		30	/* between readings of the counters */
#define SESSION_EVENT_QUEUE	4

struct session {
	struct engine		*engine;
	const struct access	*access;	/* what kind it is */
	uint32_t		 nr;		/* also the link id of its
						 * pppd; never 0 */
	char			 id[SESSION_ID_STRLEN];	/* Acct-Session-Id */
	char			 subject[96];	/* for log lines */
	struct table_node	 by_nr, by_nai, by_ifname, by_ip4;
	bool			 in_nai, in_ifname, in_ip4;

	enum session_state	 state;
	mono_t			 state_since;
	mono_t			 budget_end;
	struct timer		 state_timer;
	struct timer		 timeout;	/* Session-Timeout */
	struct timer		 poll;		/* counters, interims, idle */
	bool			 busy;		/* carrying out actions */
	struct {
		enum session_event	ev;
		char			*detail;	/* or NULL */
	} queue[SESSION_EVENT_QUEUE];
	unsigned		 queued;
	mono_t			 asks_since;	/* of AAA, a minute */
	unsigned		 asks;
	bool			 dirty;		/* other than its record */
	struct session		*dirty_next;	/* to be written soon */
	bool			 listed;	/* as one of these */
	bool			 saved;		/* has one in the state file */
	mono_t			 count_saved;	/* counters in it, when */
	bool			 was_up;	/* under an earlier nasd */
	bool			 resumable;	/* and its link is back */
	enum session_cause	 cause;
	char			 why[SESSION_WHY];	/* it ended */

	/* Access side: of PPP links (access_ppp.h), ... */
	struct pppoe_link	*pppoe;
	struct pppd_link	*link;
	bool			 starting;	/* a pppd is asked for */
	pid_t			 pid;		/* of the one we started */
	uint32_t		 hello_pid;	/* who said to be that */
	struct event		*exit_ev;	/* it ends, and is no child */
	/* of Ethernet links (access_ether.h), with DHCPv6, ... */
	struct ether		*ether;
	struct dhcp6_link	*dhcp6;		/* the kind's */
	struct node_link	*node;		/* of access nodes, or NULL */
	struct in_addr		 old_coa;	/* theirs, an earlier nasd's */
	/* ... and of all kinds. */
	bool			 carrier_lost;
	bool			 ipv6_up;
	bool			 ipv4_up;
	char			 ifname[16];	/* pppN */
	char			 device[16];	/* access interface */
	char			 port_id[VLAN_PORT_ID];	/* it, by its tags */
	unsigned		 vlan_tags;	/* taken off on demand */
	char			 calling[SESSION_CALLING];
	char			 service[64];
	uint16_t		 pppoe_sid;
	unsigned		 mru;		/* asked for; 0: not PPPoE */
	struct line_id		 circuit_id, remote_id;
	bool			 has_own, insists;
	struct iid		 own, local;	/* peer's wish; our side's */

	/* AAA. */
	char			 user[PLUG_NAME];
	const char		*auth_by;	/* pap, chap, ...; NULL: none */
	const struct plug_auth	*auth;		/* during AUTHENTICATE only */
	struct session_eap	*eap;		/* a conversation, or NULL */
	uint16_t		 eap_mtu;	/* 0: EAP was not agreed on */
	int			 eap_id;	/* last identifier; -1: none */
	struct timer		 eap_again;	/* reauthentication */
	struct aaa_request	*aaa_req;
	bool			 granted;
	mono_t			 granted_at;	/* Session-Timeout's start */
	struct aaa_grant	 grant;
	bool			 accounting;	/* Start sent, Stop not */
	bool			 stopping;	/* Stop waits for counters */
	bool			 came_up;
	mono_t			 up_since;
	mono_t			 interim_due;
	mono_t			 note_due;	/* for a Stop, if nasd dies */
	mono_t			 idle_since;
	struct tunnel_counters	 count;
	struct tunnel_counters	 before;	/* of its interface, not its */
	bool			 has_before;
	uint64_t		 carried;	/* of its interface, at most */

	/* Registration. */
	char			 nai[MIP4_NAI_MAX + 1];
	const struct config_ha	*ha;
	struct in_addr		 old_ha;	/* an earlier nasd's, where
						 * ours has none such */
	const struct config_ha	*ha_next;	/* to ask instead, or NULL */
	uint64_t		 ha_tried;	/* by number; this time */
	unsigned		 ha_redirects;	/* followed, this time */
	struct mip_reg		*reg;
	bool			 registered;	/* once at least */
	bool			 deregistering;
	bool			 unique;	/* to be asked for */
	bool			 hoa_unique;	/* U, granted */
	struct iid		 iid;		/* for the peer */
	struct in6_addr		 hoa;
	struct in_addr		 home;		/* IPv4, behind a foreign
						 * agent; else 0 */
	struct in6_addr		 old_prefix;	/* to be deprecated, or :: */
	bool			 iid_kept;
	uint8_t			 code;
	uint16_t		 lifetime;
	unsigned		 tries;
	struct gre_keys		 gre;		/* of the last registration */

	/* Data plane. */
	struct tunnel_session	*tunnel;
	struct rate		 rate;		/* granted */
	bool			 rated;		/* and in force */
	uint32_t		 rate_asked;	/* number of the request */
	bool			 changing;	/* by a CoA-Request */
	bool			 rate_changing;	/* from rate_was, in force */
	struct rate		 rate_was;
	struct ra_iface		*ra;

	struct timeline		 timeline;
};

/* What is remembered of a session that ended. */
struct session_past {
	uint32_t		 nr;
	char			 id[SESSION_ID_STRLEN];
	char			*user;
	char			 ifname[16];
	char			 calling[32];
	char			 why[SESSION_WHY];
	bool			 came_up;
	enum session_cause	 cause;
	struct timeline		 timeline;
};

struct sessions {
	uint32_t		 boot;		/* random, of this run */
	uint32_t		 last_nr;
	struct table		 by_nr, by_nai, by_ifname, by_ip4;
	struct session_past	*past[SESSION_RECENT];
	unsigned		 n_past;	/* ever */
	/* Statistics. */
	uint64_t		 started, came_up, failed;
	uint64_t		 ended[SESSION_CAUSE_NAS_REBOOT + 1];
	uint64_t		 unexpected;
	uint64_t		 ip4_refused;	/* logins, for their address */
	struct log_limit	 refusals;	/* of plugins' HELLOs */
};

int	 sessions_init(struct sessions *);
/* Frees all sessions at once (SHUTDOWN has been tried before). */
void	 sessions_free(struct sessions *);
size_t	 sessions_count(const struct sessions *);
/* Posts an event to all. */
void	 sessions_post(struct sessions *, enum session_event);

/* A number that is nobody's, nor was: the engine's state file knows. */
uint32_t sessions_next_nr(struct engine *);
/* A session in STARTING, its timeline begun at `since`. NULL: no memory. */
struct session *session_new(struct engine *, const struct access *,
    mono_t since);
/* One of an earlier nasd, with its number and id, in RESUMING. */
struct session *session_restore(struct engine *, const struct access *,
    uint32_t nr, const char *id);
/* The only destructor; releases everything in any state. */
void	 session_free(struct session *);

struct session *session_find_nr(const struct sessions *, uint32_t nr);
/* By Acct-Session-Id. */
struct session *session_find_id(const struct sessions *, const char *id);
/* By a session's id, interface or user (then the newest); for people: users
 * are searched one by one. NULL if there is none. */
struct session *session_find(struct sessions *, const char *what);
/* Another session of this one's NAI; live: only one that isn't ending. */
struct session *session_rival(const struct session *, bool live);
/* Tells one that waits for it that this one's registration is gone. */
void	 session_tell_rival(struct session *);
void	 session_set_user(struct session *, const char *user);
/* By the configuration's template [D23]. As nai_expand: 0 or -errno. */
int	 session_set_nai(struct session *, const char *template);
int	 session_put_nai(struct session *, const char *nai);
void	 session_set_ifname(struct session *, const char *ifname);
/* A MAC address as Calling-Station-Id has it. */
void	 session_calling(char text[static SESSION_CALLING],
    const uint8_t mac[6]);
/* Why there can be none on a link that begins one by itself, or NULL. */
const char *session_refusal(const struct engine *);
/* Is the identifier that the peer wishes for one that it may have? */
bool	 session_own_usable(const struct session *);
/* Class attributes, which are copied, in place of those there are. */
void	 session_set_classes(struct session *, const struct aaa_class *,
    unsigned n);
/* The access interface, and by which name RADIUS knows it. */
void	 session_set_device(struct session *, const char *device);

/* Lets session_fsm decide, and carries it out. May free the session. detail
 * may be NULL. An event posted while actions of the same session run is
 * queued until they have. */
void	 session_event(struct session *, enum session_event,
    const char *detail);
/* Carries out the actions of a decision (session_act.c). True when the session
 * is gone. */
bool	 session_act(struct session *, uint32_t actions);
/* What the home agent is asked for, in all requests of this session. */
void	 session_reg_request(const struct session *,
    struct mip_reg_request *);
/* How much of s->hoa is the subscriber's: 64 bits, or all 128 of them. */
unsigned session_plen(const struct session *);
/* For the peer's packets: what fits both the PPP link, as LCP has made it, and
 * the tunnel. Bytes. */
uint32_t session_ra_mtu(const struct session *);
/* Adds a step to the timeline: key, format, ... */
#define session_step(s, ...)						\
	timeline_add(&(s)->timeline, session_now(s), __VA_ARGS__)
mono_t	 session_now(const struct session *);

/* session_ha.c */
/* The home agent to begin with. False: there is none. */
bool	 session_ha_choose(struct session *);
/* s->ha, or the next one in its place, is about to be asked; how long to
 * wait for it. */
void	 session_ha_ask(struct session *, int64_t *patience_ms);
/* How a first registration has ended; sets s->ha_next if another agent is to
 * be asked. */
void	 session_ha_result(struct session *, const struct mip_result *);

/* session_rate.c */
/* The limits that a grant means: its own, or else its profile's. */
void	 session_rate_granted(struct session *);
/* The data path is there: if it is to be limited asks for that, and says
 * INSTALLED or INSTALL_FAILED when it is. False: nothing to wait for. */
bool	 session_rate_install(struct session *);
/* The kernel may have others, after a change that failed: they are asked for
 * once more, and if they can not be had the session ends or lives on without,
 * as the configuration says. */
void	 session_rate_lost(struct session *);
/* The configuration is another one than this by now: sessions follow their
 * profiles. */
void	 session_rate_profiles(struct sessions *,
    const struct nasd_config *old);

/* session_eap.c */
/* A message of the plugin's. */
void	 session_eap_input(struct session *, const struct plug_eap *);
/* Begins a conversation in place of one that runs. */
void	 session_eap_begin(struct session *);
/* The session takes whom the server has accepted: now the peer is told. */
void	 session_eap_passed(struct session *);
/* Ends one; there need be none. The peer hears of it only if its server has
 * decided: that it has failed. */
void	 session_eap_stop(struct session *);

/* session_acct.c */
/* Fills what identifies the session to RADIUS; called is a buffer for it. */
void	 session_who(const struct session *, struct aaa_who *, char *called,
    size_t len);
void	 session_account_start(struct session *);
/* Reads the counters and sends the Stop, then posts COUNTED. */
void	 session_account_stop(struct session *);
void	 session_count(struct session *);
/* What has been read, of the session of a number, if it is still there; or
 * -errno. */
void	 session_counted(void *engine, uint32_t nr, int error,
    const struct tunnel_counters *);
/* Takes over what tunnels_count_all has read. */
void	 sessions_counted(struct sessions *);
/* Goes on with an earlier nasd's: interims, idle time. */
void	 session_account_resume(struct session *);
/* Of a session that is freed: sends a Stop that is still owed, with the
 * figures there are. */
void	 session_account_lost(struct session *);
void	 session_poll_fire(struct timer *);
/* Idle-Timeout or interval have changed; interim: the latter, from now. */
void	 session_account_retime(struct session *, bool interim);

/* session_ipv4.c */
/* Takes the IPv4 address of its grant. NULL, or why it can not have it, for
 * which there is room in text. */
#define SESSION_WHY_IPV4	80
const char *session_ipv4_take(struct session *,
    char text[static SESSION_WHY_IPV4]);
/* An earlier nasd's has it already. */
void	 session_ipv4_resume(struct session *);
void	 session_ipv4_leave(struct session *);
/* Tells the plugin, before an accepting answer. */
void	 session_ipv4_tell(struct session *);
/* The plugin tells what IPCP does. */
void	 session_ipv4_input(struct session *, const struct plug_ipv4 *);
/* As nasctl sees it; a new reference. */
json_t	*session_ipv4_json(const struct session *);

/* session_show.c; a new reference each. */
json_t	*session_json(const struct session *);
json_t	*session_json_full(const struct session *);
json_t	*session_past_json(const struct session_past *);
json_t	*sessions_stats_json(const struct sessions *);

#endif
