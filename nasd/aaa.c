/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions' questions and records as RADIUS attributes: what aaa.h promises.
 * radius/client.c carries them; which session state follows is session_fsm's.
 *
 * RFC 2865 5 (authentication), RFC 2866 5 and RFC 2869 5 (accounting), RFC
 * 3162 2 and RFC 6911 2 (IPv6), X.S0011-005-C (the home agent, the mobile
 * node's key; of that also WiMAX); netmip4(7) says the same for operators.
 * Credentials are aaa_cred.c's, EAP's rounds aaa_eap.c's.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#define LOG_MODULE "aaa"
#include "common/log.h"
#include "nasd/aaa.h"
#include "nasd/aaa_int.h"
#include "nasd/acct.h"
#include "nasd/line_id.h"
#include "radius/client.h"
#include "radius/mobile.h"

#define NTP_TO_UNIX	2208988800u	/* seconds from 1900 to 1970 */
#define PORT_VIRTUAL	5
#define PORT_ETHERNET	15
#define PORT_PPPOEOE	32		/* and over VLAN, QinQ: RFC 4603 */
#define INTERIM_MIN	60		/* RFC 2869 2.1 */
#define VENDOR_DSLFORUM	3561		/* RFC 4679 */
#define DSLFORUM_CIRCUIT_ID 1
#define DSLFORUM_REMOTE_ID 2
#define MS_PRIMARY_DNS	28		/* RFC 2548 2.5.1 */
#define MS_SECONDARY_DNS 29		/* RFC 2548 2.5.2 */
#define MODE_TAG	"netmip4:"

/* What does not fit is cut off. */
void
aaa_copy_str(char *dst, size_t cap, const char *s)
{
	size_t n = strnlen(s, cap - 1);

	memcpy(dst, s, n);
	dst[n] = '\0';
}

struct aaa *
aaa_new(struct radius_client *client, struct acct *acct, const char *nas_id,
    struct in_addr nas_ip)
{
	struct aaa *a = calloc(1, sizeof(*a));

	if (a == NULL || (a->nas_id = strdup(nas_id)) == NULL) {
		free(a);
		return NULL;
	}
	a->client = client;
	a->acct = acct;
	a->nas_ip = nas_ip;
	LIST_INIT(&a->requests);
	return a;
}

void
aaa_request_free(struct aaa_request *r)
{
	LIST_REMOVE(r, link);
	free(r);
}

void
aaa_cancel(struct aaa_request *r)
{
	radius_cancel(r->req);
	aaa_request_free(r);
}

void
aaa_set_client(struct aaa *a, struct radius_client *client)
{
	a->client = client;
}

void
aaa_free(struct aaa *a)
{
	struct aaa_request *r;

	if (a == NULL)
		return;
	while ((r = LIST_FIRST(&a->requests)) != NULL)
		aaa_cancel(r);
	free(a->nas_id);
	free(a);
}

struct aaa_request *
aaa_request_new(struct aaa *a, const char *subject, void *arg)
{
	struct aaa_request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->aaa = a;
	r->client = a->client;
	r->arg = arg;
	if (subject != NULL)
		aaa_copy_str(r->subject, sizeof(r->subject), subject);
	LIST_INSERT_HEAD(&a->requests, r, link);
	return r;
}

static void
add_line_id(struct radius_attrs *as, unsigned id, const struct line_id *line)
{
	if (line != NULL && line->len > 0)
		radius_add_data(as, id, VENDOR_DSLFORUM, line->b, line->len);
}

static uint32_t
port_type(const struct aaa_who *who)
{
	if (who->ethernet)
		return PORT_ETHERNET;
	return who->port_id != NULL ? PORT_PPPOEOE + who->vlan_tags :
	    PORT_VIRTUAL;
}

/* What every packet says of a session and of us. */
void
aaa_add_who(struct radius_attrs *as, const struct aaa *a,
    const struct aaa_who *who)
{
	radius_add_str(as, PW_USER_NAME, who->user);
	radius_add_ip4(as, PW_NAS_IP_ADDRESS, 0, a->nas_ip);
	radius_add_str(as, PW_NAS_IDENTIFIER, a->nas_id);
	radius_add_u32(as, PW_NAS_PORT, who->nas_port);
	radius_add_u32(as, PW_NAS_PORT_TYPE, port_type(who));
	radius_add_str(as, PW_NAS_PORT_ID_STRING, who->port_id);
	radius_add_u32(as, PW_SERVICE_TYPE, PW_FRAMED);
	if (!who->ethernet)
		radius_add_u32(as, PW_FRAMED_PROTOCOL, PW_PPP);
	radius_add_str(as, PW_CALLING_STATION_ID, who->calling);
	radius_add_str(as, PW_CALLED_STATION_ID, who->called);
	radius_add_str(as, PW_ACCT_SESSION_ID, who->session_id);
	radius_add_str(as, PW_CONNECT_INFO, who->ethernet ? "DHCPv6" :
	    who->port_id != NULL ? "PPPoE" : "PPP");
	/* The care-of address, where access routers are looked for. */
	radius_add_ip4(as, RADIUS_3GPP2_FA, RADIUS_VENDOR_3GPP2, a->nas_ip);
	if (who->ip4.s_addr != INADDR_ANY)
		radius_add_ip4(as, PW_FRAMED_IP_ADDRESS, 0, who->ip4);
	add_line_id(as, DSLFORUM_CIRCUIT_ID, who->circuit);
	add_line_id(as, DSLFORUM_REMOTE_ID, who->remote);
}

/* Filter-Id "netmip4:unique" and "netmip4:shared" are the prefix mode; any
 * other is what it says. */
static void
read_filter_ids(struct aaa_grant *g, const struct radius_attrs *as,
    const char *subject)
{
	const VALUE_PAIR *vp = radius_find(as, PW_FILTER_ID, 0);

	for (; vp != NULL; vp = radius_find_next(vp)) {
		const char *s = vp->strvalue;

		if (strncasecmp(s, MODE_TAG, sizeof(MODE_TAG) - 1) != 0) {
			if (g->filter_id[0] == '\0')
				aaa_copy_str(g->filter_id,
				    sizeof(g->filter_id), s);
			continue;
		}
		s += sizeof(MODE_TAG) - 1;
		if (strcasecmp(s, "unique") == 0)
			g->mode = AAA_MODE_UNIQUE;
		else if (strcasecmp(s, "shared") == 0)
			g->mode = AAA_MODE_SHARED;
		else
			log_warnx(subject, "Filter-Id \"%s\": neither "
			    MODE_TAG "unique nor " MODE_TAG "shared",
			    vp->strvalue);
	}
}

static void
read_classes(struct aaa_grant *g, const struct radius_attrs *as)
{
	const VALUE_PAIR *vp = radius_find(as, PW_CLASS, 0);

	for (; vp != NULL && g->n_class < AAA_CLASSES;
	    vp = radius_find_next(vp)) {
		struct aaa_class *c = &g->class[g->n_class++];
		size_t len;
		const uint8_t *v = radius_value(vp, &len);

		c->len = (uint8_t)len;
		memcpy(c->data, v, len);
	}
}

/* A subscriber would ask itself, or everybody. */
static bool
is_server(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) &&
	    !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_V4MAPPED(a);
}

static void
read_rdnss(struct aaa_grant *g, const struct radius_attrs *as,
    const char *subject)
{
	const VALUE_PAIR *vp = radius_find(as, PW_DNS_SERVER_IPV6_ADDRESS, 0);
	struct in6_addr a;
	const uint8_t *v;
	size_t len;

	for (; vp != NULL && g->n_rdnss < AAA_RDNSS;
	    vp = radius_find_next(vp)) {
		if ((v = radius_value(vp, &len)) == NULL || len != sizeof(a))
			continue;
		memcpy(&a, v, len);
		if (is_server(&a))
			g->rdnss[g->n_rdnss++] = a;
		else
			log_warnx(subject, "DNS-Server-IPv6-Address is no "
			    "server's: not used");
	}
}

static void
read_ipv6(struct aaa_grant *g, const struct radius_attrs *as,
    const char *subject)
{
	const VALUE_PAIR *vp;
	const uint8_t *v;
	size_t len;

	vp = radius_find(as, PW_FRAMED_INTERFACE_ID, 0);
	if (vp != NULL && ((v = radius_value(vp, &len)) == NULL ||
	    len != sizeof(g->iid.b))) {
		log_warnx(subject, "Framed-Interface-Id of a wrong length: "
		    "not used");
	} else if (vp != NULL) {
		memcpy(g->iid.b, v, len);
		g->has_iid = !iid_is_reserved(g->iid);
		if (!g->has_iid)
			log_warnx(subject, "Framed-Interface-Id is a reserved "
			    "one: not used");
	}
	read_rdnss(g, as, subject);
	/* The home agent assigns the prefix. */
	if (radius_find(as, PW_FRAMED_IPV6_PREFIX, 0) != NULL)
		log_warnx(subject, "Framed-IPv6-Prefix in the Access-Accept "
		    "is not used");
}

static void
read_address(const struct radius_attrs *as, unsigned id, unsigned vendor,
    struct in_addr *addr)
{
	const VALUE_PAIR *vp = radius_find(as, id, vendor);

	if (vp != NULL && vp->type == PW_TYPE_IPADDR)
		addr->s_addr = htonl(vp->lvalue);
}

static void
read_ipv4(struct aaa_grant *g, const struct radius_attrs *as)
{
	read_address(as, PW_FRAMED_IP_ADDRESS, 0, &g->ip4);
	read_address(as, MS_PRIMARY_DNS, VENDOR_MICROSOFT, &g->dns[0]);
	read_address(as, MS_SECONDARY_DNS, VENDOR_MICROSOFT, &g->dns[1]);
}

/* Several are a list, the one to be asked first in front. */
static void
read_home_agents(struct aaa_grant *g, const struct radius_attrs *as)
{
	const VALUE_PAIR *vp = radius_find(as, RADIUS_3GPP2_HA,
	    RADIUS_VENDOR_3GPP2);

	for (; vp != NULL && g->n_home_agents < AAA_HOME_AGENTS;
	    vp = radius_find_next(vp))
		if (vp->type == PW_TYPE_IPADDR && vp->lvalue != INADDR_ANY)
			g->home_agent[g->n_home_agents++].s_addr =
			    htonl(vp->lvalue);
}

/* Bits a second; RADIUS knows none above 4.29 Gbit/s. */
static void
read_rates(struct aaa_grant *g, const struct radius_attrs *as)
{
	uint32_t v;

	if (radius_get_vendor_u32(as, RADIUS_WISPR_UP, RADIUS_VENDOR_WISPR,
	    &v))
		g->rate_up_bps = v;
	if (radius_get_vendor_u32(as, RADIUS_WISPR_DOWN, RADIUS_VENDOR_WISPR,
	    &v))
		g->rate_down_bps = v;
}

static void
read_grant(struct aaa_grant *g, const struct radius_attrs *as,
    const struct aaa_request *r)
{
	aaa_copy_str(g->user, sizeof(g->user), r->user);
	radius_get_str(as, PW_USER_NAME, g->user, sizeof(g->user));
	aaa_read_reply(g, as, NULL);
	radius_get_str(as, PW_FRAMED_IPV6_POOL, g->pool, sizeof(g->pool));
	read_home_agents(g, as);
	radius_get_u32(as, PW_SESSION_TIMEOUT, &g->session_timeout);
	radius_get_u32(as, PW_IDLE_TIMEOUT, &g->idle_timeout);
	radius_get_u32(as, PW_ACCT_INTERIM_INTERVAL, &g->interim_s);
	if (g->interim_s != 0 && g->interim_s < INTERIM_MIN)
		g->interim_s = INTERIM_MIN;
	read_filter_ids(g, as, r->subject);
	read_rates(g, as);
	read_ipv4(g, as);
	read_ipv6(g, as, r->subject);
	read_classes(g, as);
}

/* The user's mobile-home key [D65]. NULL, or why there is none though there
 * should be: such a user is not let in without it. */
static const char *
read_keys(struct aaa_grant *g, const struct radius_attrs *as, char *why,
    size_t cap)
{
	switch (radius_mn_ha(as, RADIUS_FOR_NAS, &g->mn_ha, why, cap)) {
	case RADIUS_KEY_NONE:
		break;
	case RADIUS_KEY_GOOD:
		g->has_mn_ha = true;
		break;
	case RADIUS_KEY_BROKEN:
		return why;
	}
	return NULL;
}

/*
 * What we can not provide must be treated as a rejection [RFC 2865 5.6, 5.7]:
 * whoever is granted a login is not granted a network. NULL if all is well.
 */
static const char *
unsupported(const struct radius_attrs *as)
{
	uint32_t v;

	if (radius_get_u32(as, PW_SERVICE_TYPE, &v) && v != PW_FRAMED)
		return "Access-Accept for another service than Framed";
	if (radius_get_u32(as, PW_FRAMED_PROTOCOL, &v) && v != PW_PPP)
		return "Access-Accept for another protocol than PPP";
	return NULL;
}

const char *
aaa_read_accept(struct aaa_request *r, const struct radius_attrs *reply,
    struct aaa_grant *g, char *why, size_t cap)
{
	const char *bad = unsupported(reply);

	if (bad == NULL)
		bad = read_keys(g, reply, why, cap);
	if (bad != NULL)
		return bad;
	read_grant(g, reply, r);
	aaa_read_mppe(g, reply, r->subject);
	return NULL;
}

/* NULL, or what is wrong with an Access-Accept. */
static const char *
accepted(struct aaa_request *r, const struct radius_attrs *reply,
    struct aaa_grant *g, char *why, size_t cap)
{
	const char *bad = aaa_read_accept(r, reply, g, why, cap);

	if (bad == NULL && r->kind == PLUG_AUTH_MSCHAPV2 &&
	    !aaa_mschap_success(g, reply))
		bad = "Access-Accept without MS-CHAP2-Success";
	return bad;
}

static void
authenticated(void *arg, enum radius_result result,
    const struct radius_attrs *reply)
{
	struct aaa_request *r = arg;
	struct aaa *a = r->aaa;
	struct aaa_class class[AAA_CLASSES];
	struct aaa_grant g = { .mode = AAA_MODE_UNSET, .class = class };
	enum aaa_verdict verdict = AAA_REJECT;
	char key_why[96], text[PLUG_TEXT];
	const char *why = NULL;
	aaa_done *done;
	void *done_arg;

	if (result == RADIUS_ACCEPTED)
		why = accepted(r, reply, &g, key_why, sizeof(key_why));
	if (result == RADIUS_SILENT) {
		a->silent++;
		verdict = AAA_NO_REPLY;
		aaa_copy_str(text, sizeof(text), AAA_SILENCE);
	} else if (result == RADIUS_ACCEPTED && why == NULL) {
		a->accepts++;
		verdict = AAA_ACCEPT;
		aaa_copy_str(text, sizeof(text), g.reply);
	} else {
		/* A challenge: PAP and CHAP have no second round [RFC 2865
		 * 4.4]. */
		a->rejects++;
		if (why != NULL)
			log_warnx(r->subject, "%s: taken for a rejection",
			    why);
		aaa_read_reply(&g, reply, why != NULL ? AAA_DENIED : NULL);
		aaa_copy_str(text, sizeof(text), g.reply);
		if (r->kind == PLUG_AUTH_MSCHAPV2)
			aaa_mschap_failure(&g, reply, r->challenge);
	}
	/* The caller may do anything now, freeing us excepted. */
	done = r->done;
	done_arg = r->arg;
	aaa_request_free(r);
	done(done_arg, verdict, &g, text);
	aaa_grant_wipe(&g);
}

struct aaa_request *
aaa_authenticate(struct aaa *a, const struct aaa_who *who,
    const struct plug_auth *pa, const char *subject, aaa_done *done,
    void *arg)
{
	struct aaa_request *r = aaa_request_new(a, subject, arg);
	struct aaa_who w = *who;
	struct radius_attrs as;

	if (r == NULL)
		return NULL;
	if (w.user == NULL)
		w.user = pa->user;
	aaa_copy_str(r->user, sizeof(r->user), w.user);
	r->done = done;
	r->kind = pa->kind;
	memcpy(r->challenge, pa->challenge, sizeof(r->challenge));
	radius_attrs_init(&as, radius_client_dict(a->client));
	aaa_add_who(&as, a, &w);
	if (!aaa_add_credentials(&as, pa)) {
		log_warnx(subject, "credentials that RADIUS can not carry");
		as.err = true;
	}
	r->req = radius_send(a->client, RADIUS_ACCESS_REQUEST, &as,
	    authenticated, r);
	if (r->req == NULL) {
		aaa_request_free(r);
		return NULL;
	}
	return r;
}

/* Octets as RFC 2866 5.3 and RFC 2869 5.1 divide them. */
static void
add_octets(struct radius_attrs *as, uint64_t n, unsigned low, unsigned giga)
{
	radius_add_u32(as, low, (uint32_t)n);
	if (n >> 32 != 0)
		radius_add_u32(as, giga, (uint32_t)(n >> 32));
}

static void
add_addresses(struct radius_attrs *as, const struct aaa_usage *u)
{
	if (!iid_is_zero(u->iid))
		radius_add_data(as, PW_FRAMED_INTERFACE_ID, 0, u->iid.b,
		    sizeof(u->iid.b));
	if (u->has_hoa) {
		/* A shared prefix (plen 128) is nobody's own. */
		if (u->plen == 64)
			radius_add_prefix6(as, PW_FRAMED_IPV6_PREFIX, &u->hoa,
			    u->plen);
		radius_add_data(as, PW_FRAMED_IPV6_ADDRESS, 0, &u->hoa,
		    sizeof(u->hoa));
	}
	if (u->home_agent.s_addr != 0)
		radius_add_ip4(as, RADIUS_3GPP2_HA, RADIUS_VENDOR_3GPP2,
		    u->home_agent);
	for (unsigned i = 0; i < u->n_class; i++)
		radius_add_data(as, PW_CLASS, 0, u->class[i].data,
		    u->class[i].len);
}

static void
add_usage(struct radius_attrs *as, const struct aaa_usage *u)
{
	radius_add_u32(as, PW_ACCT_SESSION_TIME, u->seconds);
	/* Received on the port: the subscriber's upstream. */
	add_octets(as, u->rx_bytes, PW_ACCT_INPUT_OCTETS,
	    PW_ACCT_INPUT_GIGAWORDS);
	add_octets(as, u->tx_bytes, PW_ACCT_OUTPUT_OCTETS,
	    PW_ACCT_OUTPUT_GIGAWORDS);
	radius_add_u32(as, PW_ACCT_INPUT_PACKETS, (uint32_t)u->rx_packets);
	radius_add_u32(as, PW_ACCT_OUTPUT_PACKETS, (uint32_t)u->tx_packets);
}

static uint32_t
unix_seconds(const struct aaa *a)
{
	return ntp_seconds(clock_ntp(radius_client_clock(a->client))) -
	    NTP_TO_UNIX;
}

/* What we call a record, RADIUS, and the spool. */
static const struct {
	enum acct_kind	kind;
	uint32_t	status;
} acct_kinds[] = {
	[AAA_ACCT_START] = { ACCT_START, PW_STATUS_START },
	[AAA_ACCT_INTERIM] = { ACCT_INTERIM, PW_STATUS_ALIVE },
	[AAA_ACCT_STOP] = { ACCT_STOP, PW_STATUS_STOP },
	[AAA_ACCT_NOTE] = { ACCT_NOTE, PW_STATUS_ALIVE },
};

void
aaa_account(struct aaa *a, enum aaa_acct kind, const struct aaa_who *who,
    const struct aaa_usage *u)
{
	struct radius_attrs as;

	radius_attrs_init(&as, radius_client_dict(a->client));
	radius_add_u32(&as, PW_ACCT_STATUS_TYPE, acct_kinds[kind].status);
	aaa_add_who(&as, a, who);
	radius_add_u32(&as, PW_ACCT_AUTHENTIC, PW_RADIUS);
	radius_add_u32(&as, PW_EVENT_TIMESTAMP, unix_seconds(a));
	add_addresses(&as, u);
	if (kind != AAA_ACCT_START)
		add_usage(&as, u);
	if (kind == AAA_ACCT_STOP && u->cause != 0)
		radius_add_u32(&as, PW_ACCT_TERMINATE_CAUSE, u->cause);
	acct_put(a->acct, acct_kinds[kind].kind, who->session_id, &as);
}

void
aaa_account_nas(struct aaa *a, bool on, const char *id)
{
	struct radius_attrs as;

	radius_attrs_init(&as, radius_client_dict(a->client));
	radius_add_u32(&as, PW_ACCT_STATUS_TYPE, on ?
	    PW_ACCOUNTING_ON : PW_ACCOUNTING_OFF);
	radius_add_ip4(&as, PW_NAS_IP_ADDRESS, 0, a->nas_ip);
	radius_add_str(&as, PW_NAS_IDENTIFIER, a->nas_id);
	radius_add_str(&as, PW_ACCT_SESSION_ID, id);
	radius_add_u32(&as, PW_EVENT_TIMESTAMP, unix_seconds(a));
	if (!on)
		radius_add_u32(&as, PW_ACCT_TERMINATE_CAUSE,
		    AAA_CAUSE_NAS_REBOOT);
	acct_put(a->acct, on ? ACCT_ON : ACCT_OFF, id, &as);
}

json_t *
aaa_stats(const struct aaa *a)
{
	json_t *o = radius_stats(a->client);

	json_object_set_new(o, "accepts", json_integer((json_int_t)a->accepts));
	json_object_set_new(o, "rejects", json_integer((json_int_t)a->rejects));
	json_object_set_new(o, "challenges",
	    json_integer((json_int_t)a->challenges));
	json_object_set_new(o, "no_reply", json_integer((json_int_t)a->silent));
	return o;
}
