/* Partners of the edge of shard_fixture. */
#include "tests/support/partner_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access-edge/flows.h"
#include "access-edge/inbound.h"
#include "common/sock.h"

enum { A = 1, SRV = 33, SERVFAIL = 2 };

static const struct topo_partner allowed[] = {
	{.domain = "fabrikam.com",
	 .proxy_fqdn = "sip.fabrikam.com",
	 .verification = TOPO_VERIFY_ALWAYS},
	{.domain = "listed.test"},
};
static const char *const blocked[] = {"adatum.com"};
static const struct topo_provider providers[] = {
	{.name = "IM",
	 .proxy_fqdn = "fed.im.test",
	 .is_public = true,
	 .is_enabled = true,
	 .level = TOPO_VERIFY_ALWAYS},
	{.name = "Off", .proxy_fqdn = "fed.off.test"},
};

void partners_amend(struct topo *t)
{
	t->allowed = allowed;
	t->allowed_count = sizeof(allowed) / sizeof(*allowed);
	t->blocked = blocked;
	t->blocked_count = 1;
	t->providers = providers;
	t->provider_count = sizeof(providers) / sizeof(*providers);
	t->access.discovery = true;
	t->access.discovered_rate = 1000;
	t->access.limits_contacts = true;
	t->access.contacts_max = 1000;
}

/* -- DNS ---------------------------------------------------------------- */

static void add_row(struct partners *p, const char *name, uint16_t type,
		    int rcode, const char *value)
{
	ck_assert_uint_lt(p->row_count, PARTNER_ROWS);
	p->rows[p->row_count++] =
		(struct fake_dns_row){name, type, rcode, 300, value};
}

static void add_srv(struct partners *p, const char *domain, unsigned priority,
		    unsigned port, const char *target)
{
	char *value = p->values[p->row_count];

	snprintf(value, sizeof(*p->values), "%u 0 %u %s", priority, port,
		 target);
	add_row(p, domain, SRV, 0, value);
}

static void make_rows(struct partners *p)
{
	static const char *const here[] = {"first.listed.test",
					   "second.listed.test", "sip.new.test",
					   "fed.im.test"};
	static const char *const many[][2] = {
		{"_sipfederationtls._tcp.d0.test", "sip.d0.test"},
		{"_sipfederationtls._tcp.d1.test", "sip.d1.test"},
		{"_sipfederationtls._tcp.d2.test", "sip.d2.test"},
		{"_sipfederationtls._tcp.d3.test", "sip.d3.test"},
		{"_sipfederationtls._tcp.d4.test", "sip.d4.test"},
		{"_sipfederationtls._tcp.d5.test", "sip.d5.test"},
		{"_sipfederationtls._tcp.d6.test", "sip.d6.test"},
		{"_sipfederationtls._tcp.d7.test", "sip.d7.test"},
	};
	unsigned first = p->doors[0].at.port, second = p->doors[1].at.port;

	add_srv(p, "_sipfederationtls._tcp.listed.test", 10, first,
		"first.listed.test");
	add_srv(p, "_sipfederationtls._tcp.listed.test", 20, second,
		"second.listed.test");
	add_srv(p, "_sipfederationtls._tcp.new.test", 0, first, "sip.new.test");
	add_srv(p, "_sipfederationtls._tcp.far.test", 0, first, "sip.new.test");
	add_srv(p, "_sipfederationtls._tcp.lost.test", 0, first,
		"sip.lost.test");
	add_srv(p, "_sipfederationtls._tcp.off.test", 0, first, "fed.off.test");
	add_srv(p, "_sipfederationtls._tcp.im.test", 0, first, "fed.im.test");
	add_srv(p, "_sipfederationtls._tcp.slow.test", 0, first,
		"one.slow.test");
	add_srv(p, "_sipfederationtls._tcp.slow.test", 1, first,
		"two.slow.test");
	add_row(p, "one.slow.test", A, FAKE_DNS_SILENT, NULL);
	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++)
		add_srv(p, many[i][0], 0, first, many[i][1]);
	add_row(p, "_sipfederationtls._tcp.fails.test", SRV, SERVFAIL, NULL);
	for (size_t i = 0; i < sizeof(here) / sizeof(*here); i++)
		add_row(p, here[i], A, 0, "127.0.0.1");
}

static void make_dns(struct partners *p)
{
	FILE *file;
	int fd;

	make_rows(p);
	p->dns = fake_dns_start(p->rows, p->row_count);
	snprintf(p->resolv, sizeof(p->resolv), "/tmp/edge-resolv-XXXXXX");
	fd = mkstemp(p->resolv);
	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "nameserver 127.0.0.1:%u\n", fake_dns_port(p->dns));
	fclose(file);
	snprintf(p->f->shared.resolv, sizeof(p->f->shared.resolv), "%s",
		 p->resolv);
	p->f->shared.is_lab = true; /* addresses of DNS may be loopback */
}

/* -- doors -------------------------------------------------------------- */

static void on_door(unsigned ready, void *arg)
{
	struct partner_door *d = arg;
	int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)ready;
	if (fd < 0)
		return;
	if (d->refuses) {
		close(fd);
		return;
	}
	ck_assert_uint_lt(d->count, PARTNER_CAME);
	sip_peer_init(&d->came[d->count], d->of->f->loop);
	sip_peer_accept(&d->came[d->count++], d->tls, fd);
}

static void bind_door(struct partner_door *d)
{
	struct edge_addr peer;

	ck_assert_int_eq(edge_sock_listen(&d->fd, &d->at, NULL, false),
			 EDGE_OK);
	edge_sock_names(d->fd, &d->at, &peer);
}

void partner_door_open(struct partner_door *d, bool open)
{
	struct edge_loop *loop = d->of->f->loop;

	if (!open) {
		edge_loop_unwatch(loop, d->fd);
		close(d->fd);
		d->fd = -1;
		return;
	}
	if (d->fd < 0)
		bind_door(d);
	ck_assert_int_eq(
		edge_loop_watch(loop, d->fd, EDGE_LOOP_READ, on_door, d),
		EDGE_OK);
}

void partner_door_show(struct partner_door *d, const char *name)
{
	if (d->tls)
		edge_tls_drop(d->tls);
	d->tls = shards_tls(d->of->f, name, false);
}

static void make_certs(struct partners *p)
{
	static const struct {
		const char *name, *san;
	} rows[] = {
		{"listed", "DNS:first.listed.test,DNS:second.listed.test,"
			   "DNS:sip.new.test,DNS:fed.im.test"},
		{"fabrikam", "DNS:edge.fabrikam.com,DNS:sip.fabrikam.com"},
		{"new", "DNS:sip.new.test"},
		{"other", "DNS:sip.other.test"},
		{"im", "DNS:fed.im.test"},
		{"many", "DNS:sip.d0.test,DNS:sip.d1.test,DNS:sip.d2.test,"
			 "DNS:sip.d3.test,DNS:sip.d4.test,DNS:sip.d5.test,"
			 "DNS:sip.d6.test,DNS:sip.d7.test"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		certs_make(p->f->certs, rows[i].name,
			   &(struct cert_spec){.issuer = "ca",
					       .san = rows[i].san});
}

void partners_init(struct partners *p, struct shards *f)
{
	memset(p, 0, sizeof(*p));
	p->f = f;
	f->amend = partners_amend;
	f->shared.options.srv_target_in_domain = true;
	make_certs(p);
	for (int i = 0; i < PARTNER_DOORS; i++) {
		struct partner_door *d = &p->doors[i];

		d->of = p;
		d->at = (struct edge_addr){.family = AF_INET,
					   .ip = {127, 0, 0, 1}};
		bind_door(d);
		partner_door_show(d, "listed");
	}
	make_dns(p);
}

struct acc_shard *partners_begin(struct partners *p)
{
	struct shards *f = p->f;
	struct acc_shard *s = shards_still(f);
	const struct edge_quota_limits l =
		acc_inbound_quota(f->topo, &f->shared);

	ck_assert_int_eq(edge_quota_new(&f->shared.quota, &l), EDGE_OK);
	ck_assert_int_eq(
		edge_lately_new(&f->shared.flows, ACC_FLOWS, ACC_FLOWS_SPAN_MS),
		EDGE_OK);
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_open(&p->doors[i], true);
	shards_wait_hops(f, SHARDS_MEMBERS);
	return s;
}

void partners_fini(struct partners *p)
{
	for (int i = 0; i < PARTNER_DOORS; i++) {
		struct partner_door *d = &p->doors[i];

		for (unsigned k = 0; k < d->count; k++)
			sip_peer_fini(&d->came[k]);
		if (d->fd >= 0)
			partner_door_open(d, false);
		edge_tls_drop(d->tls);
	}
	for (unsigned i = 0; i < p->as_count; i++)
		edge_tls_drop(p->as[i]);
	edge_quota_free(p->f->shared.quota);
	edge_lately_free(p->f->shared.flows);
	p->f->shared.quota = NULL;
	p->f->shared.flows = NULL;
	fake_dns_stop(p->dns);
	unlink(p->resolv);
}

/* -- another topology --------------------------------------------------- */

struct due {
	const struct acc_shard *s;
	uint64_t seq;
};

static bool has_topology(void *arg)
{
	const struct due *d = arg;

	return d->s->view.topo->seq == d->seq;
}

void partners_retopo(struct partners *p, uint64_t seq)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));
	struct due d = {p->f->still, seq};

	ck_assert_ptr_nonnull(m);
	m->topo = shards_topo(p->f, 0, SHARDS_MEMBERS, seq);
	ck_assert(acc_shard_post(p->f->still, 0, m));
	sip_peer_wait(p->f->loop, has_topology, &d, "the topology");
}

/* -- who comes, what is said -------------------------------------------- */

void partner_dial(struct partners *p, struct sip_peer *as, const char *name)
{
	struct edge_tls *tls = shards_tls(p->f, name, true);

	ck_assert_uint_lt(p->as_count, sizeof(p->as) / sizeof(*p->as));
	p->as[p->as_count++] = tls;
	sip_peer_init(as, p->f->loop);
	sip_peer_dial(as, tls, &p->f->partner_at[0]);
	sip_peer_wait_secured(as);
}

struct wanted {
	struct partners *p;
	struct sip_peer *found;
};

static bool has_message(void *arg)
{
	struct wanted *w = arg;

	for (int i = 0; i < PARTNER_DOORS; i++)
		for (unsigned k = 0; k < w->p->doors[i].count; k++)
			if (sip_peer_has_message(&w->p->doors[i].came[k]))
				w->found = &w->p->doors[i].came[k];
	return w->found != NULL;
}

struct sip_peer *partner_with_message(struct partners *p)
{
	struct wanted w = {.p = p};

	sip_peer_wait(p->f->loop, has_message, &w, "a message at a partner");
	return w.found;
}

static void request(struct sip_peer *p, const char *method, const char *branch,
		    const char *from, const char *to)
{
	sip_peer_send(p,
		      "%s sip:%s SIP/2.0\n"
		      "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=%s\n"
		      "From: <sip:%s>;tag=p1\n"
		      "To: <sip:%s>\n"
		      "Max-Forwards: 70\n"
		      "CSeq: 1 %s\n"
		      "Call-ID: fed-%s\n"
		      "Content-Length: 0\n\n",
		      method, to, branch, from, to, method, branch);
}

void partner_request(struct sip_peer *p, const char *method, const char *branch,
		     const char *from, const char *to)
{
	request(p, method, branch, from, to);
}

void partner_inside_request(struct sip_peer *p, const char *method,
			    const char *branch, const char *to)
{
	request(p, method, branch, "alice@contoso.com", to);
}
