/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authentication, authorization and accounting, as sessions see it: RADIUS
 * attributes on one side (radius/), plain values on the other.
 */
#ifndef NASD_AAA_H
#define NASD_AAA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>
#include <netinet/in.h>

#include "common/iid.h"
#include "common/mip4_auth.h"
#include "common/plugproto.h"

struct aaa;
struct aaa_request;
struct acct;
struct line_id;
struct radius_client;

/* What identifies a session to RADIUS in every packet. Strings may be NULL,
 * and must live until the call returns. */
struct aaa_who {
	const char	*user;
	const char	*session_id;	/* Acct-Session-Id, also in Access */
	const char	*calling;	/* Calling-Station-Id: MAC */
	const char	*called;	/* Called-Station-Id: port_id:service */
	const char	*port_id;	/* NAS-Port-Id: access interface, or
					 * parent.outer.inner */
	unsigned	 vlan_tags;	/* 0 to 2 that we know of */
	bool		 ethernet;	/* without PPP */
	uint32_t	 nas_port;
	const struct line_id *circuit, *remote;	/* RFC 4679; may be NULL */
	const char	*ifname;	/* pppN */
	struct in_addr	 ip4;		/* 0: none */
};

enum aaa_mode { AAA_MODE_UNSET, AAA_MODE_UNIQUE, AAA_MODE_SHARED };

#define AAA_CLASS_MAX	253
#define AAA_CLASSES	4
#define AAA_RDNSS	4
#define AAA_DNS		2
#define AAA_HOME_AGENTS	8

struct aaa_class {
	uint8_t	len;
	uint8_t	data[AAA_CLASS_MAX];
};

/* What an Access-Accept says. May hold a key: aaa_grant_wipe it. */
struct aaa_grant {
	struct in_addr	home_agent[AAA_HOME_AGENTS];	/* best one first */
	unsigned	n_home_agents;
	enum aaa_mode	mode;
	bool		has_iid;	/* Framed-Interface-Id */
	struct iid	iid;
	char		user[PLUG_NAME]; /* User-Name of the Accept, or ours */
	struct in_addr	ip4;		/* Framed-IP-Address; 0: none */
	struct in_addr	dns[AAA_DNS];	/* MS-Primary-DNS-Server, -Secondary- */
	char		pool[254];	/* Framed-IPv6-Pool */
	char		filter_id[64];	/* first one that is no prefix mode */
	uint64_t	rate_up_bps;	/* WISPr-Bandwidth-Max-Up: from the */
	uint64_t	rate_down_bps;	/* subscriber, and to it. 0: no limit */
	char		reply[PLUG_TEXT]; /* Reply-Message */
	uint32_t	session_timeout, idle_timeout;	/* seconds, 0: none */
	uint32_t	interim_s;			/* 0: not given */
	struct in6_addr	rdnss[AAA_RDNSS];
	unsigned	n_rdnss;
	struct aaa_class *class;	/* n_class of at most AAA_CLASSES; of */
	unsigned	n_class;	/* who has the grant, NULL: none */
	bool		has_mn_ha;	/* a mobile-home association */
	struct mip4_sa	mn_ha;		/* not prepared; alg is not RADIUS's */
	bool		must_encrypt;	/* MS-MPPE-Encryption-Policy */
	uint8_t		key_len;	/* MS-MPPE-*-Key, as we send; 0: none */
	uint8_t		send_key[PLUG_KEY];
	uint8_t		recv_key[PLUG_KEY];
};

/* Forgets the keys of the link's encryption: they are used once. */
static inline void
aaa_grant_wipe_mppe(struct aaa_grant *g)
{
	explicit_bzero(g->send_key, sizeof(g->send_key));
	explicit_bzero(g->recv_key, sizeof(g->recv_key));
	g->key_len = 0;
}

static inline void
aaa_grant_wipe(struct aaa_grant *g)
{
	mip4_sa_wipe(&g->mn_ha);
	g->has_mn_ha = false;
	aaa_grant_wipe_mppe(g);
}

enum aaa_verdict { AAA_ACCEPT, AAA_REJECT, AAA_NO_REPLY, AAA_CHALLENGE };

/* text is for the log; what the peer is told, grant->reply, may be in the
 * form of its protocol. */
typedef void aaa_done(void *arg, enum aaa_verdict, const struct aaa_grant *,
    const char *text);

/* nas_id, nas_ip: NAS-Identifier and NAS-IP-Address. The client and what
 * records go to stay the caller's. */
struct aaa *aaa_new(struct radius_client *, struct acct *, const char *nas_id,
    struct in_addr nas_ip);
void	 aaa_free(struct aaa *);
/* Requests from now on go to another client. */
void	 aaa_set_client(struct aaa *, struct radius_client *);

/* Asks. grant, its classes and text live during the callback only, when the
 * request itself is already gone: it must not be cancelled any more. NULL:
 * could not even be sent (no memory, no server); done is then not called. */
struct aaa_request *aaa_authenticate(struct aaa *, const struct aaa_who *,
    const struct plug_auth *, const char *subject, aaa_done *, void *arg);
void	 aaa_cancel(struct aaa_request *);

/* A server, whatever place it has in the configuration: to that one, and no
 * other, a State means something [RFC 2865 5.24]. */
struct aaa_server {
	bool		 set;
	bool		 tls;
	struct in_addr	 address;
	uint16_t	 port;
};

/* One round of EAP [RFC 3579]: a Response to the server, what it says back. */
struct aaa_eap {
	const uint8_t	*packet;
	size_t		 len;
	const uint8_t	*state;		/* of the challenge it answers */
	size_t		 state_len;
	unsigned	 mtu;		/* longest packet to the peer */
	struct aaa_server server;	/* who gave that challenge */
};

struct aaa_eap_reply {
	const uint8_t	*packet;	/* all of EAP-Message */
	size_t		 len;		/* 0: there was none */
	const uint8_t	*state;
	size_t		 state_len;
	uint32_t	 session_timeout; /* of a challenge; seconds, 0: none */
	struct aaa_server server;
};

/* As aaa_done; the reply is NULL for AAA_NO_REPLY. AAA_CHALLENGE: the
 * conversation goes on. */
typedef void aaa_eap_done(void *arg, enum aaa_verdict,
    const struct aaa_grant *, const struct aaa_eap_reply *, const char *text);

/* As aaa_authenticate; who->user is the peer's identity. */
struct aaa_request *aaa_eap(struct aaa *, const struct aaa_who *,
    const struct aaa_eap *, const char *subject, aaa_eap_done *, void *arg);

enum aaa_acct {
	AAA_ACCT_START,
	AAA_ACCT_INTERIM,
	AAA_ACCT_STOP,
	AAA_ACCT_NOTE,		/* for a Stop, should nasd be killed */
};

/* RFC 2866 5.10 */
enum aaa_cause {
	AAA_CAUSE_USER_REQUEST = 1,
	AAA_CAUSE_LOST_CARRIER = 2,
	AAA_CAUSE_LOST_SERVICE = 3,
	AAA_CAUSE_IDLE_TIMEOUT = 4,
	AAA_CAUSE_SESSION_TIMEOUT = 5,
	AAA_CAUSE_ADMIN_RESET = 6,
	AAA_CAUSE_NAS_ERROR = 9,
	AAA_CAUSE_NAS_REQUEST = 10,
	AAA_CAUSE_NAS_REBOOT = 11,
};

struct aaa_usage {
	uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint32_t	seconds;
	enum aaa_cause	cause;		/* of a Stop */
	bool		has_hoa;
	struct in6_addr	hoa;
	unsigned	plen;		/* 64 or 128 */
	struct iid	iid;
	struct in_addr	home_agent;
	const struct aaa_class *class;	/* copied */
	unsigned	n_class;
};

/* Hands a record to acct.h; nobody waits. */
void	 aaa_account(struct aaa *, enum aaa_acct, const struct aaa_who *,
    const struct aaa_usage *);
/* Accounting-On or -Off; id is not a session's. */
void	 aaa_account_nas(struct aaa *, bool on, const char *id);
json_t	*aaa_stats(const struct aaa *);

#endif
