/* SPDX-License-Identifier: BSD-2-Clause */
/* See session_rig.h. */
#include "tests/unit/session_rig.h"

struct engine engine;
struct nasd_config cfg;
struct config_ha has[3];
mono_t now;
char calls[4096];
int handles;
bool fail_next;
bool spool_full;
aaa_done *auth_done;
aaa_eap_done *eap_done;
uint8_t eap_sent[1500];
const struct mip_events *mip_ev;
struct iid asked_iid;
const char *asked_service;
struct in_addr asked_ha, asked_coa;
uint16_t asked_lifetime;
enum mip_kind asked_kind;
uint64_t asked_after;
bool moves_on;			/* the last one is another client's now */
int (*node_request)(uint16_t type, const void *body, priv_done *done,
    void *arg);
int64_t patience;
struct mip_agent_events agent_ev;
void *agent_arg;
tunnel_done *install_done;
tunnel_counted *count_done;
uint32_t count_owner;
unsigned count_due;
struct tunnel_counters all_counted;
priv_done *start_done, *adopt_done;
void *adopt_arg, *adopt_older;
void *start_arg;
struct icmp6_ra advertised;
struct aaa_usage stopped;

void
call(const char *fmt, ...)
{
	size_t len = strlen(calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(calls + len, sizeof(calls) - len, fmt, ap);
	va_end(ap);
	len = strlen(calls);
	snprintf(calls + len, sizeof(calls) - len, ";");
}


void *
handle(const char *kind, void *arg)
{
	struct handle *h;

	if (fail_next) {
		fail_next = false;
		return (NULL);
	}
	h = malloc(sizeof(*h));
	ck_assert_ptr_nonnull(h);
	*h = (struct handle){ kind, arg };
	handles++;
	return (h);
}

void
drop(void *h, const char *kind)
{
	ck_assert_str_eq(((struct handle *)h)->kind, kind);
	free(h);
	handles--;
}

/* The stand-ins. */

struct aaa_who asked_who, acct_who;
char asked_secret[256];

struct aaa_request *
aaa_authenticate(struct aaa *a, const struct aaa_who *who,
    const struct plug_auth *auth, const char *subject, aaa_done *done,
    void *arg)
{
	(void)a;
	(void)subject;
	snprintf(asked_secret, sizeof(asked_secret), "%.*s",
	    auth->secret_len, (const char *)auth->secret);
	asked_who = *who;
	call("auth %s", who->user);
	auth_done = done;
	return (handle("aaa", arg));
}

struct aaa_request *
aaa_eap(struct aaa *a, const struct aaa_who *who, const struct aaa_eap *e,
    const char *subject, aaa_eap_done *done, void *arg)
{
	(void)a;
	(void)subject;
	call("eap-ask %s len %zu state %zu server %d mtu %u", who->user,
	    e->len, e->state_len, e->server.set ? e->server.port : -1,
	    e->mtu);
	eap_done = done;
	return (handle("aaa", arg));
}

void
aaa_cancel(struct aaa_request *r)
{
	call("auth-cancel");
	drop(r, "aaa");
}

void
aaa_account(struct aaa *a, enum aaa_acct kind, const struct aaa_who *who,
    const struct aaa_usage *use)
{
	(void)a;
	acct_who = *who;
	call("acct %d", kind);
	if (kind == AAA_ACCT_STOP)
		stopped = *use;
}

bool
acct_admits(struct acct *a)
{
	(void)a;
	return (!spool_full);
}

bool spool_knows;

bool
acct_knows(const struct acct *a, const char *sid)
{
	(void)a;
	(void)sid;
	return (spool_knows);
}

bool
acct_has_room(const struct acct *a)
{
	(void)a;
	return (!spool_full);
}

bool granted_key;
struct aaa_grant granted;	/* and this, in all */
struct mip4_sa asked_sa;		/* key_len 0: none */

struct mip_reg *
mip_reg_new(struct mip_client *c, const struct mip_reg_request *r,
    const struct mip_events *ev, void *arg)
{
	(void)c;
	call("rrq %s%s", r->nai, r->unique ? "" : " shared");
	if (r->gre)
		call("gre-key %u", r->gre_key);
	mip_ev = ev;
	asked_iid = r->iid;
	asked_sa = r->mn_ha != NULL ? *r->mn_ha : (struct mip4_sa){ 0 };
	asked_service = r->service;
	asked_ha = r->ha.addr;
	asked_coa = r->coa;
	asked_lifetime = r->lifetime;
	asked_kind = r->kind;
	asked_after = r->after_id;
	moves_on = false;
	patience = r->budget_ms;
	ck_assert_int_gt(r->budget_ms, 0);
	ck_assert_int_lt(r->budget_ms, SESSION_BUDGET_MS);
	return (handle("reg", arg));
}

uint32_t
mip_client_new_gre(const struct mip_client *c)
{
	(void)c;
	return (4711);
}

struct gre_keys answered_gre;	/* in replies */

/* What a client before this one has left. */
struct mip_saved mip_left;

void
mip_reg_save(const struct mip_reg *r, struct mip_saved *v)
{
	(void)r;
	*v = mip_left;
}

struct mip_reg *
mip_reg_resume(struct mip_client *c, const struct mip_reg_request *r,
    const struct mip_saved *v, const struct mip_events *ev, void *arg)
{
	(void)c;
	call("resume %s%s", r->nai, v->bound ? " bound" : "");
	if (v->gre.own != 0)
		call("gre-key %u %u", v->gre.own, v->gre.peer);
	mip_ev = ev;
	asked_ha = r->ha.addr;
	asked_coa = r->coa;
	asked_kind = r->kind;
	moves_on = v->moved;
	mip_left = *v;
	return (handle("reg", arg));
}

void
mip_reg_set_mn_ha(struct mip_reg *r, const struct mip4_sa *sa)
{
	(void)r;
	asked_sa = *sa;
	call("mn-ha %u", (unsigned)sa->spi);
}

bool
mip_reg_renew(struct mip_reg *r)
{
	(void)r;
	call("renew");
	return (true);
}

bool
mip_reg_anew(struct mip_reg *r, struct in_addr coa, uint16_t lifetime,
    int64_t ms)
{
	(void)r;
	call("anew %u %u", ntohl(coa.s_addr) & 0xff, lifetime);
	if (ms != 0)
		call("in %u ms", (unsigned)ms);
	return (true);
}

void
mip_client_relayed(struct mip_client *c, struct in_addr fa,
    const uint8_t *data, size_t len)
{
	(void)c;
	(void)data;
	call("relayed %zu by %u", len, ntohl(fa.s_addr) & 0xff);
}

void
mip_reg_move_on(struct mip_reg *r)
{
	(void)r;
	moves_on = true;
	call("move-on");
}

bool
mip_reg_stay(struct mip_reg *r)
{
	bool did = moves_on;

	(void)r;
	moves_on = false;
	call("stay");
	return (did);
}

bool
mip_reg_moves_on(const struct mip_reg *r)
{
	(void)r;
	return (moves_on);
}

void
mip_reg_deregister(struct mip_reg *r)
{
	(void)r;
	call("dereg");
}

void
mip_reg_abandon(struct mip_reg *r)
{
	call("abandon");
	drop(r, "reg");
}

void
mip_client_watch(struct mip_client *c, const struct mip_agent_events *ev,
    void *arg)
{
	(void)c;
	agent_ev = *ev;
	agent_arg = arg;
}

struct mip_left left_one;
uint32_t left_nr;

void
mip_client_each_left(struct mip_client *c, void (*fn)(void *, uint32_t,
    const struct mip_left *), void *arg)
{
	(void)c;
	if (left_nr != 0)
		fn(arg, left_nr, &left_one);
}

int
mip_client_take_left(struct mip_client *c, uint32_t nr,
    const struct mip_left *l)
{
	(void)c;
	call("left %u %s at %u by %s, %s %u, %lld ms", nr, l->nai,
	    ntohl(l->ha.addr.s_addr) & 0xff, l->subject,
	    l->mn_ha != NULL ? (const char *)l->mn_ha->key : "no key",
	    l->saved.clock_offset,
	    (long long)mono_diff_ms(l->saved.expires, now));
	return (0);
}

void
mip_client_hold(struct mip_client *c, struct in_addr ha, bool held)
{
	(void)c;
	call("%s %u", held ? "hold" : "release", ntohl(ha.s_addr) & 0xff);
}

void
mip_client_rekey(struct mip_client *c, const struct mip_ha *ha)
{
	(void)c;
	(void)ha;
}

void
mip_client_probe(struct mip_client *c, const struct mip_ha *ha)
{
	(void)c;
	call("probe %u", ntohl(ha->addr.s_addr) & 0xff);
}

uint32_t
mip_reg_left(const struct mip_reg *r)
{
	(void)r;
	return (1234);
}

char prepared[16];

void
tunnels_prepare(struct tunnels *t, const char *ifname, const char *subject)
{
	(void)t;
	(void)subject;
	snprintf(prepared, sizeof(prepared), "%s", ifname);
}

struct tunnel_session *
tunnel_session_new(struct tunnels *t, const char *ifname, const char *subject,
    struct in_addr ha, const struct in6_addr *hoa, unsigned plen,
    struct in_addr ip4, struct gre_keys gre, tunnel_done *done, void *arg)
{
	(void)t;
	(void)subject;
	(void)ha;
	(void)hoa;
	if (ip4.s_addr != INADDR_ANY)
		call("pass %08x", ntohl(ip4.s_addr));
	if (gre.own != 0)
		call("gre %u %u", gre.own, gre.peer);
	call("install %s/%u", ifname, plen);
	install_done = done;
	return (handle("tunnel", arg));
}

void
tunnel_session_free(struct tunnel_session *t)
{
	call("uninstall");
	drop(t, "tunnel");
}

unsigned
tunnel_mtu(const struct tunnel_session *t)
{
	(void)t;
	return (1480);
}

struct tunnel_counters counted_before;

const struct tunnel_counters *
tunnel_before(const struct tunnel_session *t)
{
	(void)t;
	return (&counted_before);
}

unsigned link_mtu;

unsigned
tunnel_link_mtu(const struct tunnel_session *t)
{
	(void)t;
	return (link_mtu);
}

int
tunnel_count(struct tunnel_session *t, tunnel_counted *done, void *arg,
    uint32_t owner)
{
	(void)t;
	ck_assert_ptr_eq(arg, &engine);
	if (fail_next) {
		fail_next = false;
		return (-ENOMEM);
	}
	call("count");
	ck_assert_uint_eq(count_due, 0);
	count_done = done;
	count_owner = owner;
	count_due = 1;
	return (0);
}

bool tunnel_pending;

bool
tunnel_is_pending(const struct tunnel_session *t)
{
	return (t != NULL && tunnel_pending);
}

const struct tunnel_counters *
tunnel_counters(const struct tunnel_session *t)
{
	(void)t;
	return (&all_counted);
}

tunnel_rated *rate_done;
uint64_t rate_owner;
struct rate rate_asked[2];
unsigned rates_due;

int
tunnels_rate(struct tunnels *t, const struct tunnel_rate *list, unsigned n,
    tunnel_rated *done, void *arg, uint64_t owner)
{
	(void)t;
	(void)arg;
	if (fail_next) {
		fail_next = false;
		return (-ENOMEM);
	}
	call("rates %u", n);
	ck_assert_uint_le(n, 2);
	for (unsigned i = 0; i < n; i++)
		rate_asked[i] = list[i].rate;
	rate_done = done;
	rate_owner = owner;
	rates_due++;
	return (0);
}

struct ra_iface *
ra_start(struct ra *ra, unsigned ifindex, const char *subject,
    const struct icmp6_ra *content, ra_step *step, void *arg)
{
	(void)ra;
	(void)ifindex;
	(void)subject;
	(void)step;
	call("ra");
	advertised = *content;
	return (handle("ra", arg));
}

void
ra_update(struct ra_iface *r, const struct icmp6_ra *content)
{
	(void)r;
	call("ra-update");
	advertised = *content;
}

void
ra_stop(struct ra_iface *r, bool farewell)
{
	call(farewell ? "ra-stop farewell" : "ra-stop");
	drop(r, "ra");
}

/* DHCPv6: dhcp6_ev and dhcp6_arg are whom it would tell. */

const struct dhcp6_events *dhcp6_ev;
void *dhcp6_arg;
struct dhcp6_link_conf dhcp6_conf;
struct dhcp6_lease dhcp6_given;
bool dhcp6_asks;		/* somebody waits for an answer */
bool dhcp6_fails;
void (*between_runs)(bool second);

struct dhcp6_link *
dhcp6_start(struct dhcp6 *d, unsigned ifindex, const char *subject,
    const struct dhcp6_link_conf *conf, const struct dhcp6_events *ev,
    void *arg)
{
	(void)d;
	call("dhcp6 %s on %u", subject, ifindex);
	if (dhcp6_fails)
		return (NULL);
	dhcp6_conf = *conf;
	dhcp6_ev = ev;
	dhcp6_arg = arg;
	return (handle("dhcp6", arg));
}

void
dhcp6_stop(struct dhcp6 *d, struct dhcp6_link *l)
{
	(void)d;
	call("dhcp6-stop");
	drop(l, "dhcp6");
}

void
dhcp6_link_configure(struct dhcp6_link *l, const struct dhcp6_link_conf *conf)
{
	(void)l;
	dhcp6_conf = *conf;
}

void
dhcp6_link_assign(struct dhcp6_link *l, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	(void)l;
	dhcp6_asks = false;
	call("assign %s", inet_ntop(AF_INET6, addr, text, sizeof(text)));
}

void
dhcp6_link_refuse(struct dhcp6_link *l, const char *text)
{
	(void)l;
	if (dhcp6_asks)
		call("dhcp6-refuse %s", text);
	dhcp6_asks = false;
}

mono_t dhcp6_limit;

void
dhcp6_link_limit(struct dhcp6_link *l, mono_t at)
{
	(void)l;
	dhcp6_limit = at;
}

void
dhcp6_link_withdraw(struct dhcp6_link *l)
{
	(void)l;
	call("dhcp6-withdraw");
}

bool
dhcp6_link_lease(const struct dhcp6_link *l, struct dhcp6_lease *lease)
{
	(void)l;
	*lease = dhcp6_given;
	return (lease->client.len > 0);
}

int
dhcp6_link_restore(struct dhcp6_link *l, const struct dhcp6_lease *lease)
{
	(void)l;
	call("dhcp6-restore %u", (unsigned)lease->iaid);
	return (lease->client.len > 0 ? 0 : -EINVAL);
}

const char *
dhcp6_end_text(enum dhcp6_end_cause cause)
{
	return (cause == DHCP6_END_RELEASED ? "released" : "another");
}

void
pppd_link_ipv4(struct pppd_link *l, const struct plug_ipv4 *q)
{
	(void)l;
	call("ipv4 %08x dns %08x %08x", ntohl(q->peer), ntohl(q->dns[0]),
	    ntohl(q->dns[1]));
}

void
pppd_link_auth_result(struct pppd_link *l, const struct plug_auth_result *q)
{
	(void)l;
	call("auth-result %d %s", q->accept, q->text);
}

void
pppd_link_eap(struct pppd_link *l, const void *packet, uint16_t len)
{
	const uint8_t *p = packet;

	(void)l;
	ck_assert_uint_ge(len, 4);
	memcpy(eap_sent, p, len);
	call("eap code %d len %d", p[0], len);
}

void
pppd_link_assign(struct pppd_link *l, struct iid iid)
{
	char buf[IID_STRLEN];

	(void)l;
	call("assign %s", iid_str(iid, buf));
}

void
pppd_link_refuse(struct pppd_link *l, const char *reason)
{
	(void)l;
	(void)reason;
	call("refuse");
}

void
pppd_link_close(struct pppd_link *l, bool hard, const char *reason)
{
	(void)l;
	(void)reason;
	call(hard ? "close hard" : "close");
}

void
pppd_link_name(struct pppd_link *l, uint32_t link_id)
{
	(void)l;
	(void)link_id;
}

void
pppd_link_drop(struct pppd_link *l)
{
	call("drop");
	drop(l, "link");
}

unsigned settled;

void
pppoe_link_set_owner(struct pppoe_link *l, void *owner)
{
	((struct handle *)(void *)l)->arg = owner;
}

void *
pppoe_link_owner(const struct pppoe_link *l)
{
	return (((const struct handle *)(const void *)l)->arg);
}

void
pppoe_link_ready(struct pppoe_link *l)
{
	(void)l;
	call("pads");
}

void
pppoe_link_refuse(struct pppoe_link *l, const char *why)
{
	(void)why;
	call("pads-error");
	drop(l, "pppoe");
}

void
pppoe_link_free(struct pppoe_link *l)
{
	call("padt");
	drop(l, "pppoe");
}

void
pppoe_link_settled(struct pppoe_link *l)
{
	(void)l;
	settled++;
}

struct pppoe_link *
pppoe_link_restore(struct pppoe *e, const struct pppoe_wish *w)
{
	(void)e;
	call("pppoe %04x", w->sid);
	return (handle("pppoe", NULL));
}

void
pppoe_link_mac(const struct pppoe_link *l, uint8_t mac[PPPOE_MAC_LEN])
{
	(void)l;
	memset(mac, 2, PPPOE_MAC_LEN);
}

void
pppoe_quiet(struct pppoe *e, int ms)
{
	(void)e;
	(void)ms;
	call("quiet");
}

struct vlan *
vlans_by_name(const struct vlans *vs, const char *ifname)
{
	(void)vs;
	(void)ifname;
	return (NULL);
}

/* Those called "nvN..." are such. */
unsigned
vlans_port_id(const struct vlans *vs, const char *ifname,
    char id[static VLAN_PORT_ID])
{
	bool is = strncmp(ifname, "nv", 2) == 0;

	(void)vs;
	snprintf(id, VLAN_PORT_ID, "%s", is ? "acc0.100.7" : ifname);
	return (is ? 2 : 0);
}

void
vlans_quiet(struct vlans *vs, int ms)
{
	(void)vs;
	(void)ms;
}

bool
engine_takes_sessions(const struct engine *e)
{
	return (!e->stopping);
}

void
engine_take_global(struct engine *e, bool was_read)
{
	(void)e;
	call("global %d", was_read);
}

mono_t
pppoe_link_padr_at(const struct pppoe_link *l)
{
	(void)l;
	return (now);
}

int
priv_request(struct priv_client *p, uint16_t type, const void *body,
    size_t len, priv_done *done, void *arg)
{
	const struct nasd_priv_pppd_stop *stop = body;	/* pid first */

	(void)p;
	(void)len;
	if (type >= NASD_PRIV_NODE_OPEN && type <= NASD_PRIV_FA_OPEN)
		return (node_request != NULL ? node_request(type, body, done,
		    arg) : 0);
	if (type == NASD_PRIV_PPPD_START) {
		call("pppd");
		start_done = done;
		start_arg = arg;
	} else if (type == NASD_PRIV_PPPD_STOP) {
		call("kill %d", (int)stop->pid);
	} else if (type == NASD_PRIV_PPPD_ADOPT) {
		call("adopt %d", (int)stop->pid);
		adopt_done = done;
		adopt_older = adopt_arg;
		adopt_arg = arg;
	}
	return (0);
}

/* What drives a session. */

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (now);
}

static uint64_t
fake_ntp(void *arg)
{
	(void)arg;
	return (0);
}

static const struct clock fake_clock = { fake_mono, fake_ntp, NULL };

void
wait_ms(int64_t ms)
{
	now = mono_add_ms(now, ms);
	timers_run(&engine.timers, now);
}

void
home_agents(unsigned n)
{
	ha_watch_free(engine.ha_watch);
	cfg.n_ha = n;
	engine.ha_watch = ha_watch_new(&cfg, NULL, &engine.timers,
	    &fake_clock);
	ck_assert_ptr_nonnull(engine.ha_watch);
}

void
setup(void)
{
	static char names[3][4] = { "ha1", "ha2", "ha3" };
	unsigned i;

	memset(&engine, 0, sizeof(engine));
	memset(&cfg, 0, sizeof(cfg));
	memset(has, 0, sizeof(has));
	now = (mono_t){ 1000000000 };
	cfg.ha = has;
	for (i = 0; i < 3; i++) {
		has[i].name = names[i];
		has[i].priority = i + 1;
		has[i].weight = 1;
		has[i].n_sa = 1;
		has[i].addr.s_addr = htonl(0xc6336401 + i);
	}
	cfg.nai = (char *)(uintptr_t)"%u";
	cfg.radius_ha = true;
	cfg.access.max_sessions = 100;
	cfg.ra = (struct config_ra){ 1800, 7200, 3600 };
	engine.cfg = &cfg;
	engine.clock = &fake_clock;
	timers_init(&engine.timers);
	ck_assert_int_eq(sessions_init(&engine.sessions), 0);
	engine.ha_watch = NULL;
	memset(&granted, 0, sizeof(granted));
	rates_due = 0;
	home_agents(1);
	log_set_level(NULL, "error");
	calls[0] = '\0';
	handles = 0;
	count_due = 0;
	fail_next = false;
	moves_on = false;
}

void
teardown(void)
{
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	ck_assert_int_eq(handles, 0);
	ck_assert_uint_eq(count_due, 0);
	ha_watch_free(engine.ha_watch);
	ck_assert_uint_eq(engine.timers.n, 0);
	sessions_free(&engine.sessions);
	timers_free(&engine.timers);
}

/* What discovery tells of a PADR. */
int
wanted(struct pppoe_link *l, const char *service)
{
	const struct pppoe_wish wish = {
		.link_id = 7, .ifname = "acc0", .sid = 5,
		.mac = { 2, 0, 0, 0, 0, 1 }, .mru = 1500, .service = service,
		.circuit_id = { 9, "eth 1/2:3" }, .remote_id = { 2, "r1" },
	};

	return (access_ppp_discovery.wanted(&engine, l, &wish));
}

/* A session whose pppd has been started. */
struct session *
dial(int pid)
{
	struct pppoe_link *l = handle("pppoe", NULL);
	struct nasd_priv_pppd_started reply = { .pid = pid };
	struct session *s;

	ck_assert_int_eq(wanted(l, "internet"), 0);
	s = pppoe_link_owner(l);
	ck_assert_ptr_nonnull(s);
	start_done(start_arg, 0, &reply, sizeof(reply), -1);
	return (s);
}

void
hello(struct session *s, const char *ifname)
{
	struct plug_hello h = { .link_id = s->nr,
	    .pid = s->pid > 0 ? (uint32_t)s->pid : 77,
	    .state = PLUG_LINK_NEW };

	snprintf(h.ifname, sizeof(h.ifname), "%s", ifname);
	ck_assert_ptr_eq(access_ppp_plugin.hello(&engine, handle("link", NULL),
	    &h), s);
}

void
auth(struct session *s, const char *user)
{
	struct plug_auth a = { .kind = PLUG_AUTH_PAP };

	snprintf(a.user, sizeof(a.user), "%s", user);
	access_ppp_plugin.auth(s, &a);
}

void
verdict(struct session *s, enum aaa_verdict v, const char *ha,
    enum aaa_mode mode)
{
	struct aaa_grant g = granted;
	void *req = s->aaa_req;

	g.mode = mode;
	strcpy(g.pool, "homes");
	if (ha != NULL)
		g.n_home_agents = (unsigned)inet_pton(AF_INET, ha,
		    &g.home_agent[0]);
	if (granted_key) {
		g.has_mn_ha = true;
		g.mn_ha = (struct mip4_sa){ .spi = 512, .key_len = 16 };
		memcpy(g.mn_ha.key, "never to be told", 16);
	}
	drop(req, "aaa");
	auth_done(s, v, v == AAA_ACCEPT ? &g : NULL, "text");
	aaa_grant_wipe(&g);
}

void
iid_req(struct session *s, const char *iid, bool insists)
{
	struct plug_iid_req r = { .has_iid = iid != NULL,
	    .insists = insists };

	if (iid != NULL)
		ck_assert_int_eq(iid_parse(iid, &r.iid), 0);
	ck_assert_int_eq(iid_parse("1:1:1:1", &r.local), 0);
	access_ppp_plugin.iid_req(s, &r);
}

void
reply(struct session *s, enum mip_outcome out, const char *hoa, bool unique)
{
	struct mip_result r = { .outcome = out, .lifetime = 1800,
	    .unique = unique, .gre = answered_gre, .text = "text" };

	if (hoa != NULL)
		ck_assert_int_eq(inet_pton(AF_INET6, hoa, &r.hoa), 1);
	mip_ev->registered(s, &r);
}

void
refusal(struct session *s, uint8_t code, const char *to)
{
	struct mip_result r = { .outcome = MIP_DENIED, .code = code,
	    .text = "text" };

	if (to != NULL)
		ck_assert_int_eq(inet_pton(AF_INET, to, &r.redirect), 1);
	mip_ev->registered(s, &r);
}

/* The last byte of the home agent that was asked last. */
unsigned
asked(void)
{
	return (ntohl(asked_ha.s_addr) & 0xff);
}

/* A session whose registration is out. */
struct session *
register_it(int pid, const char *user)
{
	struct session *s = dial(pid);

	hello(s, "lo");
	auth(s, user);
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, "a:b:c:d", false);
	forget_calls();
	return (s);
}

void
link_up(struct session *s)
{
	struct plug_up up = { .remote = s->iid };

	access_ppp_plugin.up(s, &up);
}

void
link_gone(struct session *s, const char *reason)
{
	drop(s->link, "link");
	access_ppp_plugin.gone(s, reason);
}

void
pppd_exit(uint32_t nr, int pid)
{
	struct nasd_priv_pppd_exit x = { .pid = pid, .link_id = nr };

	access_ppp_exit(&engine, &x);
}

void
give_up(struct session *s, int pid)
{
	uint32_t nr = s->nr;

	session_event(s, SESSION_EV_TERMINATE, NULL);
	if (s->reg != NULL) {
		drop(s->reg, "reg");
		mip_ev->deregistered(s, true);
	}
	link_gone(s, "ended");
	pppd_exit(nr, pid);
}

void
deregistered(struct session *s)
{
	drop(s->reg, "reg");
	mip_ev->deregistered(s, true);
}

void
counted(uint64_t rx, int error)
{
	counted_of(rx, rx, error);
}

void
counted_of(uint64_t rx, uint64_t carried, int error)
{
	struct tunnel_counters c = { .rx_bytes = rx, .rx_packets = rx,
		.rx_carried = carried };

	ck_assert_uint_eq(count_due, 1);
	count_due = 0;
	count_done(&engine, count_owner, error, &c);
}

/* Up to the state where IPv6CP has opened; lo is an interface everywhere. */
struct session *
bring_up(const char *user)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, user);
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, "a:b:c:d", false);
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	install_done(s, 0);
	link_up(s);
	ck_assert_int_eq(s->state, SESSION_UP);
	return (s);
}

void
finish(struct session *s)
{
	uint32_t nr = s->nr;

	if (count_due)
		counted(0, -ENODEV);
	if (s->reg != NULL)
		deregistered(s);
	if (s->link != NULL)
		link_gone(s, "ended");
	pppd_exit(nr, 100);
	ck_assert_ptr_null(session_find_nr(&engine.sessions, nr));
}

/* nasd goes and comes again: its state file, and nothing else, is what the
 * second one has. */
int state_fd[2], state_own[2];
bool another_boot;
struct config_pppoe acc0 = { .ifname = "acc0" };

static void
open_state(void)
{
	for (unsigned i = 0; i < 2; i++)
		state_own[i] = dup(state_fd[i]);
	engine.state = statelog_new(state_own, session_save_all, &engine);
	ck_assert_ptr_nonnull(engine.state);
}

void
first_run(void)
{
	state_fd[0] = memfd_create("state", 0);
	state_fd[1] = memfd_create("state", 0);
	cfg.pppoe = &acc0;
	engine.pppoe[0] = (struct pppoe *)&acc0;	/* only passed on */
	cfg.n_pppoe = 1;
	memset(&engine.global, 0, sizeof(engine.global));
	open_state();
	ck_assert_int_eq(statelog_begin(engine.state), 0);
}

static bool
free_it(struct table_node *n, void *arg)
{
	(void)arg;
	session_free(container_of(n, struct session, by_nr));
	return (true);
}

void
second_run(void)
{
	statelog_free(engine.state);
	engine.state = NULL;		/* what happens now is not noted */
	table_each(&engine.sessions.by_nr, free_it, NULL);
	sessions_free(&engine.sessions);
	if (between_runs != NULL)
		between_runs(false);
	ck_assert_int_eq(handles, 0);
	if (between_runs != NULL)
		between_runs(true);
	forget_calls();
	ck_assert_int_eq(sessions_init(&engine.sessions), 0);
	engine.base = event_base_new();
	open_state();
	engine.global.boot_id[0] = another_boot;
	session_resume_all(&engine);
}

void
last_run(void)
{
	statelog_free(engine.state);
	engine.state = NULL;
	event_base_free(engine.base);
	engine.base = NULL;
	close(state_fd[0]);
	close(state_fd[1]);
	cfg.n_pppoe = 0;
}
