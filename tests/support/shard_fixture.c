/* Shards of access-edge in one process, with the world around them. */
#include "tests/support/shard_fixture.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access-edge/crew.h"
#include "access-edge/events.h"
#include "access-edge/route_token.h"
#include "common/peer_cache.h"
#include "common/recent.h"
#include "common/revocation.h"
#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/support/topo_fixture.h"

static const char *const member_names[SHARDS_MEMBERS] = {"dir01.contoso.net",
							 "dir02.contoso.net"};

/* -- sockets ------------------------------------------------------------ */

static struct edge_addr loopback(unsigned host)
{
	return (struct edge_addr){.family = AF_INET,
				  .ip = {127, 0, 0, (uint8_t)host}};
}

static int listen_on(struct edge_addr *at)
{
	struct edge_addr peer;
	int fd;

	if (edge_sock_listen(&fd, at, NULL, false) != EDGE_OK)
		return -1;
	edge_sock_names(fd, at, &peer);
	return fd;
}

static void on_hop(unsigned ready, void *arg)
{
	struct shards *f = arg;

	(void)ready;
	for (unsigned m = 0; m < SHARDS_MEMBERS; m++) {
		int fd = f->hop_fd[m] < 0 ? -1
					  : accept4(f->hop_fd[m], NULL, NULL,
						    SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		if (f->hop_refuses) {
			close(fd);
			continue;
		}
		ck_assert_uint_lt(f->hop_count, SHARDS_HOPS);
		f->hop_member[f->hop_count] = m;
		sip_peer_init(&f->hops[f->hop_count], f->loop);
		sip_peer_accept(&f->hops[f->hop_count++], f->hop_tls, fd);
	}
}

void shards_hop_listen(struct shards *f, unsigned member, bool on)
{
	struct edge_addr at = f->member_addrs[member];

	if (!on) {
		edge_loop_unwatch(f->loop, f->hop_fd[member]);
		close(f->hop_fd[member]);
		f->hop_fd[member] = -1;
		return;
	}
	at.port = f->hop_port;
	f->hop_fd[member] = listen_on(&at);
	ck_assert_int_ge(f->hop_fd[member], 0);
	ck_assert_int_eq(edge_loop_watch(f->loop, f->hop_fd[member],
					 EDGE_LOOP_READ, on_hop, f),
			 EDGE_OK);
}

/* Both members on one port: the second may find it taken. */
static void open_hops(struct shards *f)
{
	for (int tries = 0; tries < 20; tries++) {
		struct edge_addr a = loopback(1), b = loopback(2);

		f->hop_fd[0] = listen_on(&a);
		b.port = a.port;
		f->hop_fd[1] = listen_on(&b);
		if (f->hop_fd[0] >= 0 && f->hop_fd[1] >= 0) {
			f->hop_port = a.port;
			return;
		}
		for (int m = 0; m < SHARDS_MEMBERS; m++)
			if (f->hop_fd[m] >= 0)
				close(f->hop_fd[m]);
	}
	ck_abort_msg("no port for both members");
}

static void watch_hops(struct shards *f)
{
	for (int m = 0; m < SHARDS_MEMBERS; m++)
		if (f->hop_fd[m] >= 0)
			ck_assert_int_eq(edge_loop_watch(f->loop, f->hop_fd[m],
							 EDGE_LOOP_READ, on_hop,
							 f),
					 EDGE_OK);
}

/* -- certificates ------------------------------------------------------- */

static struct edge_tls *tls(struct shards *f, const char *name,
			    enum edge_tls_ask ask, bool is_client)
{
	char chain[64], key[64], why[256] = "";
	struct edge_tls_recipe r = {.ask = ask, .is_client = is_client};
	struct edge_tls *t = NULL;

	if (ask != EDGE_TLS_ASK_NONE)
		r.trust = certs_path(f->certs, "ca.pem");
	if (name) {
		snprintf(chain, sizeof(chain), "%s.pem", name);
		snprintf(key, sizeof(key), "%s.key", name);
		r.chain = certs_path(f->certs, chain);
		r.key = certs_path(f->certs, key);
	}
	ck_assert_msg(edge_tls_new(&t, &r, why, sizeof(why)) == EDGE_OK, "%s",
		      why);
	return t;
}

struct edge_tls *shards_tls(struct shards *f, const char *name, bool is_client)
{
	return tls(f, name, EDGE_TLS_ASK_REQUIRED, is_client);
}

static void make_certs(struct shards *f)
{
	f->certs = certs_new();
	certs_make_usual(f->certs);
	certs_make(f->certs, "inside",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:edge01.contoso.net"});
	certs_make(f->certs, "director",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:dirpool.contoso.net,"
					      "DNS:dir01.contoso.net"});
	certs_make(f->certs, "stranger",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:stranger.contoso.net"});
	certs_make(f->certs, "partner",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:sip.fabrikam.com",
				       .cdp = "URI:" SHARDS_CRL});
	f->partner_tls = tls(f, "partner", EDGE_TLS_ASK_REQUIRED, true);
	f->client_tls = tls(f, NULL, EDGE_TLS_ASK_REQUIRED, true);
	f->inside_tls = tls(f, "director", EDGE_TLS_ASK_REQUIRED, true);
	f->stranger_tls = tls(f, "stranger", EDGE_TLS_ASK_REQUIRED, true);
	f->hop_tls = tls(f, "director", EDGE_TLS_ASK_REQUIRED, false);
}

/* -- the edge ----------------------------------------------------------- */

static void make_admission(struct shards *f)
{
	const struct edge_admit_limits l = {
		.total = 1000,
		.per_source = 1000,
		.handshakes_per_source = 1000,
		.sources = 1000,
		.penalty_ms = 60000,
		.fail_count = 10,
		.fail_window_ms = 60000,
		.fail_block_ms = 60000,
	};

	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		ck_assert_int_eq(edge_admit_new(&f->shared.admit[k], &l),
				 EDGE_OK);
}

void shards_init(struct shards *f)
{
	memset(f, 0, sizeof(*f));
	heard_start(acc_events);
	for (int i = 0; i < ACC_LIMIT_COUNT; i++)
		f->limits[i] = acc_config_rows.limits[i].def;
	f->limits[ACC_LIMIT_UNSIGNED_RATE] = 1000;
	f->limits[ACC_LIMIT_UNSIGNED_BURST] = 1000;
	f->limits[ACC_LIMIT_UNSIGNED_REQUESTS] = 1000;
	f->limits[ACC_LIMIT_MAILBOX] = 1024;
	f->shared = (struct acc_shared){
		.limits = f->limits,
		.options = {.double_record_route = true, .keep_alive_s = 300},
		.boot = 0x1234,
	};
	make_admission(f);
	ck_assert_int_eq(edge_recent_new(&f->shared.refusals, 10), EDGE_OK);
	ck_assert_int_eq(
		edge_revocation_new(&f->shared.revocation,
				    &(struct edge_revocation_limits){0}),
		EDGE_OK);
	ck_assert_int_eq(
		edge_peer_cache_new(&f->shared.certificates,
				    &(struct edge_peer_cache_limits){0}),
		EDGE_OK);
	f->shared.policy[ACC_LISTEN_PARTNER].wants_revocation = true;
	make_certs(f);
	open_hops(f);
	for (unsigned m = 0; m < SHARDS_MEMBERS; m++) {
		f->member_addrs[m] = loopback(m + 1);
		f->members[m] = (struct topo_host){member_names[m],
						   &f->member_addrs[m], 1};
	}
}

const struct topo *shards_topo(struct shards *f, unsigned first_member,
			       unsigned member_count, uint64_t seq)
{
	struct topo t = topo_fixture();
	struct topo_cluster *c = &f->clusters[f->cluster_count++];

	ck_assert_uint_le(f->cluster_count, SHARDS_TOPOS);
	*c = (struct topo_cluster){
		.fqdn = "dirpool.contoso.net",
		.port = f->hop_port,
		.is_next_hop = true,
		.is_registrar = true,
		.is_director = true,
		.members = &f->members[first_member],
		.member_count = member_count,
		.pool = {.fqdn = "dirpool.contoso.net"},
	};
	t.seq = seq;
	t.internal = loopback(1);
	t.registrars = c;
	t.registrar_count = 1;
	t.access.tls_count = 1;
	t.access.anonymous_users = true;
	t.access.keep_crls = !f->checks_nobody;
	t.listen[TOPO_PORT_ACCESS_CLIENT].addr = f->client_at[0];
	t.listen[TOPO_PORT_ACCESS_INSIDE].addr = f->inside_at[0];
	t.listen[TOPO_PORT_ACCESS_FEDERATION].addr = f->partner_at[0];
	if (f->amend)
		f->amend(&t);
	return held_topo_new(&t);
}

static void make_plan(struct shards *f, unsigned i, struct acc_shard_plan *p)
{
	const struct acc_route_key key = {
		.kid = "k1", .key = {1, 2, 3}, .not_after_s = UINT64_MAX};

	*p = (struct acc_shard_plan){
		.index = i,
		.shared = &f->shared,
		.topo = topo_hold(f->topo),
		.tls = {tls(f, "edge", EDGE_TLS_ASK_NONE, false),
			tls(f, "inside", EDGE_TLS_ASK_REQUIRED, false),
			tls(f, "edge", EDGE_TLS_ASK_REQUIRED, false)},
		.tls_out = tls(f, "inside", EDGE_TLS_ASK_REQUIRED, true),
		.tls_partner = tls(f, "edge", EDGE_TLS_ASK_REQUIRED, true),
	};
	ck_assert_int_eq(acc_route_keys_new(&p->keys, &key, 1), EDGE_OK);
	memcpy(p->fds, f->door_fds[i], sizeof(p->fds));
}

static void make_shared(struct shards *f, unsigned count)
{
	f->shared.shard_count = count;
	ck_assert_int_eq(acc_stats_new(&f->shared.stats, count), EDGE_OK);
	for (unsigned i = 0; i < count; i++) {
		f->client_at[i] = f->inside_at[i] = loopback(1);
		f->partner_at[i] = loopback(1);
		f->door_fds[i][ACC_LISTEN_CLIENT] = listen_on(&f->client_at[i]);
		f->door_fds[i][ACC_LISTEN_INSIDE] = listen_on(&f->inside_at[i]);
		f->door_fds[i][ACC_LISTEN_PARTNER] =
			listen_on(&f->partner_at[i]);
	}
	f->topo = shards_topo(f, 0, SHARDS_MEMBERS, 1);
}

void shards_start(struct shards *f, unsigned count)
{
	struct acc_shard_plan plans[SHARDS_MAX];

	ck_assert_int_eq(edge_loop_new(&f->loop), EDGE_OK);
	make_shared(f, count);
	for (unsigned i = 0; i < count; i++)
		make_plan(f, i, &plans[i]);
	watch_hops(f);
	ck_assert_int_eq(acc_crew_new(&f->crew, &f->shared, plans), EDGE_OK);
	shards_wait_hops(f, count * SHARDS_MEMBERS);
}

struct acc_shard *shards_still(struct shards *f)
{
	struct acc_shard_plan plan;

	make_shared(f, 1);
	make_plan(f, 0, &plan);
	ck_assert_int_eq(acc_shard_new(&f->still, &plan), EDGE_OK);
	f->shared.shard[0] = f->still;
	f->loop = f->still->loop;
	watch_hops(f);
	return f->still;
}

void shards_fini(struct shards *f)
{
	acc_crew_free(f->crew, &f->shared);
	for (unsigned i = 0; i < f->hop_count; i++)
		sip_peer_fini(&f->hops[i]);
	for (int m = 0; m < SHARDS_MEMBERS; m++) {
		if (f->hop_fd[m] < 0)
			continue;
		if (f->loop)
			edge_loop_unwatch(f->loop, f->hop_fd[m]);
		close(f->hop_fd[m]);
	}
	if (f->still)
		acc_shard_free(f->still);
	else
		edge_loop_free(f->loop);
	topo_drop(f->topo);
	ck_assert_int_eq(held_topo_count(), 0);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		ck_assert_uint_eq(edge_admit_count(f->shared.admit[k]), 0);
		edge_admit_free(f->shared.admit[k]);
	}
	edge_recent_free(f->shared.refusals);
	edge_revocation_free(f->shared.revocation);
	edge_peer_cache_free(f->shared.certificates);
	edge_stats_free(f->shared.stats);
	edge_tls_drop(f->partner_tls);
	edge_tls_drop(f->client_tls);
	edge_tls_drop(f->inside_tls);
	edge_tls_drop(f->stranger_tls);
	edge_tls_drop(f->hop_tls);
	certs_free(f->certs);
	heard_stop();
}

/* -- waiting ------------------------------------------------------------ */

unsigned shards_live_hops(const struct shards *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->hop_count; i++)
		n += f->hops[i].secured && !f->hops[i].closed;
	return n;
}

struct wanted {
	struct shards *f;
	size_t row;
	uint64_t value;
	struct sip_peer *found;
};

static bool has_hops(void *arg)
{
	const struct wanted *w = arg;

	return shards_live_hops(w->f) == w->value;
}

void shards_wait_hops(struct shards *f, unsigned count)
{
	struct wanted w = {.f = f, .value = count};

	sip_peer_wait(f->loop, has_hops, &w, "next-hop connections");
}

static bool hop_has_message(void *arg)
{
	struct wanted *w = arg;

	for (unsigned i = 0; i < w->f->hop_count; i++)
		if (sip_peer_has_message(&w->f->hops[i]))
			w->found = &w->f->hops[i];
	return w->found != NULL;
}

struct sip_peer *shards_hop_with_message(struct shards *f)
{
	struct wanted w = {.f = f};

	sip_peer_wait(f->loop, hop_has_message, &w, "a message at the hop");
	return w.found;
}

uint64_t shards_stat(struct shards *f, size_t row)
{
	return edge_stats_sum(f->shared.stats, row);
}

static bool has_stat(void *arg)
{
	const struct wanted *w = arg;

	return shards_stat(w->f, w->row) == w->value;
}

void shards_wait_stat(struct shards *f, size_t row, uint64_t value)
{
	struct wanted w = {.f = f, .row = row, .value = value};
	char name[128];

	edge_stats_name(f->shared.stats, row, name, sizeof(name));
	sip_peer_wait(f->loop, has_stat, &w, name);
}

static bool has_no_transactions(void *arg)
{
	const struct shards *f = arg;
	uint32_t n = 0;

	for (unsigned i = 0; i < f->shared.shard_count; i++)
		n += atomic_load(&f->shared.shard[i]->gauges.transactions);
	return n == 0;
}

void shards_wait_no_transactions(struct shards *f)
{
	sip_peer_wait(f->loop, has_no_transactions, f,
		      "the end of all transactions");
}

/* -- users -------------------------------------------------------------- */

void shards_dial_client(struct shards *f, struct sip_peer *p, unsigned shard)
{
	sip_peer_init(p, f->loop);
	sip_peer_dial(p, f->client_tls, &f->client_at[shard]);
	sip_peer_wait_secured(p);
}

void shards_dial_partner(struct shards *f, struct sip_peer *p, unsigned shard)
{
	sip_peer_init(p, f->loop);
	sip_peer_dial(p, f->partner_tls, &f->partner_at[shard]);
	sip_peer_wait_secured(p);
}

void shards_dial_inside(struct shards *f, struct sip_peer *p, unsigned shard)
{
	sip_peer_init(p, f->loop);
	sip_peer_dial(p, f->inside_tls, &f->inside_at[shard]);
	sip_peer_wait_secured(p);
}

void shards_register(struct sip_peer *p, const char *user, unsigned cseq)
{
	sip_peer_send(p,
		      "REGISTER sip:contoso.com SIP/2.0\n"
		      "Via: SIP/2.0/TLS 192.0.2.10:50012\n"
		      "From: <sip:%s@contoso.com>;tag=%s1;epid=c8ca638a15aa\n"
		      "To: <sip:%s@contoso.com>\n"
		      "Max-Forwards: 70\n"
		      "CSeq: %u REGISTER\n"
		      "Call-ID: reg-%s\n"
		      "Contact: <sip:192.0.2.10:50012;transport=tls>"
		      ";proxy=replace\n"
		      "Content-Length: 0\n\n",
		      user, user, user, cseq, user);
}

static void inner_uri(char *text)
{
	char *open = strchr(text, '<'), *close = strchr(text, '>');

	ck_assert(open && close);
	*close = 0;
	memmove(text, open + 1, strlen(open + 1) + 1);
}

void shards_sign_in(struct shards *f, struct sip_peer *p, const char *user,
		    char route[1024], char contact[1024])
{
	const struct edge_sip_msg *m;
	struct sip_peer *hop;

	shards_register(p, user, 1);
	hop = shards_hop_with_message(f);
	m = sip_peer_expect(hop, "REGISTER ");
	sip_peer_header(m, "Record-Route", 0, route);
	ck_assert_str_ne(route, "");
	sip_peer_header(m, "Contact", 0, contact);
	inner_uri(contact);
	sip_peer_answer(hop, m, "200 OK", "");
	sip_peer_expect(p, "SIP/2.0 200");
}

void shards_request(struct sip_peer *p, const char *method, const char *branch,
		    unsigned cseq, const char *extra)
{
	sip_peer_send(p,
		      "%s sip:bob@contoso.com SIP/2.0\n"
		      "Via: SIP/2.0/TLS 192.0.2.10:50012;branch=%s\n"
		      "From: <sip:alice@contoso.com>;tag=a1\n"
		      "To: <sip:bob@contoso.com>\n"
		      "Max-Forwards: 70\n"
		      "CSeq: %u %s\n"
		      "Call-ID: call-%u\n"
		      "%s"
		      "Content-Length: 0\n\n",
		      method, branch, cseq, method, cseq, extra);
}

void shards_inside_request(struct sip_peer *p, const char *method,
			   const char *branch, const char *route,
			   const char *extra)
{
	sip_peer_send(p,
		      "%s sip:alice@contoso.com SIP/2.0\n"
		      "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=%s\n"
		      "Route: %s\n"
		      "From: <sip:bob@contoso.com>;tag=b1\n"
		      "To: <sip:alice@contoso.com>\n"
		      "Max-Forwards: 70\n"
		      "CSeq: 1 %s\n"
		      "Call-ID: in-%s\n"
		      "%s"
		      "Content-Length: 0\n\n",
		      method, branch, route, method, branch, extra);
}
