/* A desk on the test's own loop, data MCUs around it, and a box for what it
 * posts to its shards. */
#include "tests/unit/webconf-edge/desk_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/tally.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/support/topo_fixture.h"
#include "webconf-edge/events.h"

struct desk_world desk_w;

/* -- the world ---------------------------------------------------------- */

const struct topo *desk_topo(bool with_fe01)
{
	static const struct topo_trusted trusted[] = {
		{.fqdn = "fe01.contoso.net",
		 .listeners = TOPO_TRUST_SIP | TOPO_TRUST_WEBCONF},
		{.fqdn = "fe02.contoso.net", .listeners = TOPO_TRUST_WEBCONF},
		{.fqdn = "dir01.contoso.net", .listeners = TOPO_TRUST_SIP},
	};
	struct topo t = topo_fixture();

	t.webconf_name = desk_w.name ? desk_w.name : t.webconf_name;
	t.trusted = with_fe01 ? trusted : trusted + 1;
	t.trusted_count = with_fe01 ? 3 : 2;
	t.listen[TOPO_PORT_WEBCONF_CLIENT] =
		(struct topo_listen){.present = true,
				     .addr = {.family = AF_INET,
					      .ip = {198, 51, 100, 5},
					      .port = 444},
				     .count = 1,
				     .protocol = "tls"};
	return held_topo_new(&t);
}

static void post(void *arg, unsigned shard, struct wce_mail *m)
{
	ck_assert_ptr_eq(arg, &desk_w);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_lt(desk_w.mail_count, DESK_MAILS);
	desk_w.mail_shards[desk_w.mail_count] = shard;
	desk_w.mails[desk_w.mail_count++] = m;
	edge_loop_stop(desk_w.loop);
}

static void make_certs(void)
{
	desk_w.certs = certs_new();
	certs_make_usual(desk_w.certs);
	certs_make(desk_w.certs, "inside",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:edge01.contoso.net"});
	certs_make(desk_w.certs, "fe01",
		   &(struct cert_spec){.issuer = "ca",
				       .eku = CERT_EKU_SERVER,
				       .san = "DNS:fe01.contoso.net,"
					      "DNS:old.contoso.net,"
					      "DNS:dir01.contoso.net"});
	certs_make(desk_w.certs, "fe02",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:fe02.contoso.net"});
	certs_make(desk_w.certs, "stranger",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:stranger.contoso.net"});
}

static void make_desk(void)
{
	struct wce_desk_plan p = {
		.shared = &desk_w.shared,
		.loop = desk_w.loop,
		.topo = desk_topo(true),
		.tls = ep1_tls(desk_w.certs, "inside", EP1_TLS_INSIDE),
		.policy = &desk_w.policy,
		.post = post,
		.post_arg = &desk_w,
	};

	p.fd = ep1_listen(&desk_w.at);
	ck_assert_int_eq(wce_desk_new(&desk_w.desk, &p), EDGE_OK);
}

void desk_restart(void)
{
	wce_desk_free(desk_w.desk);
	make_desk();
}

static void setup(void)
{
	memset(&desk_w, 0, sizeof(desk_w));
	heard_start(wce_events);
	edge_log_clock(NULL);
	for (int i = 0; i < WCE_LIMIT_COUNT; i++)
		desk_w.limits[i] = wce_config_rows.limits[i].def;
	desk_w.limits[WCE_LIMIT_WANT_MS] = 10;
	desk_w.shared = (struct wce_shared){.limits = desk_w.limits,
					    .shard_count = DESK_SHARDS};
	ck_assert_int_eq(wce_stats_new(&desk_w.shared.stats, DESK_SHARDS + 1),
			 EDGE_OK);
	make_certs();
	ck_assert_int_eq(edge_loop_new(&desk_w.loop), EDGE_OK);
	make_desk();
}

static void teardown(void)
{
	wce_desk_free(desk_w.desk);
	for (unsigned i = 0; i < desk_w.mail_count; i++)
		wce_mail_free(desk_w.mails[i]);
	edge_loop_free(desk_w.loop);
	ck_assert_int_eq(held_topo_count(), 0);
	edge_stats_free(desk_w.shared.stats);
	certs_free(desk_w.certs);
	heard_stop();
}

TCase *desk_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}

/* -- data MCUs ---------------------------------------------------------- */

void desk_dial(struct ep1_peer *p, const char *certificate)
{
	struct edge_tls *tls =
		ep1_tls(desk_w.certs, certificate, EP1_TLS_CLIENT);

	ep1_peer_dial(p, desk_w.loop, tls, &desk_w.at);
	edge_tls_drop(tls);
	ep1_wait_secured(p);
}

void desk_send_register(struct ep1_peer *p, const struct desk_mcu *m)
{
	const uint8_t instance[PSOM_INSTANCE_LEN] = {m->instance};
	uint8_t bytes[512];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_REGISTER);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_NAME, edge_slice_str(m->name));
	psom_put_bytes(&w, PSOM_TAG_INSTANCE,
		       edge_slice(instance, sizeof(instance)));
	psom_put_number(&w, PSOM_TAG_GENERATION, m->generation);
	psom_put_number(&w, PSOM_TAG_CAPACITY, m->capacity);
	psom_put_number(&w, PSOM_TAG_LEGS, m->legs);
	ep1_peer_send(p, psom_put_end(&w));
}

void desk_send_offer(struct ep1_peer *p, const char *name, uint8_t first)
{
	const uint8_t instance[PSOM_INSTANCE_LEN] = {first};
	uint8_t bytes[512];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_OFFER);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_NAME, edge_slice_str(name));
	psom_put_bytes(&w, PSOM_TAG_INSTANCE,
		       edge_slice(instance, sizeof(instance)));
	ep1_peer_send(p, psom_put_end(&w));
}

void desk_up(struct ep1_peer *control, uint16_t legs)
{
	struct psom_frame f;

	desk_dial(control, "fe01");
	desk_send_register(control, &(struct desk_mcu){"fe01.contoso.net", 1, 1,
						       100, legs});
	ep1_take(control, PSOM_REGISTER_OK, &f);
	if (legs)
		(void)ep1_take_number(control, PSOM_WANT, PSOM_TAG_LEGS);
}

void desk_park(struct ep1_peer *leg)
{
	const uint64_t before = desk_stat(WCE_STAT_LEGS_PARKED);

	desk_dial(leg, "fe01");
	desk_send_offer(leg, "fe01.contoso.net", 1);
	desk_wait_stat(WCE_STAT_LEGS_PARKED, before + 1);
}

void desk_sync(struct ep1_peer *control)
{
	static uint64_t echo = 1000;

	ep1_send_number(control, PSOM_PING, PSOM_TAG_ECHO, ++echo);
	ck_assert_uint_eq(ep1_take_number(control, PSOM_PONG, PSOM_TAG_ECHO),
			  echo);
}

struct wce_mcu *desk_mcu(const char *name)
{
	return wce_mcu_find(desk_w.desk, edge_slice_str(name));
}

/* -- shards ------------------------------------------------------------- */

edge_handle desk_client(unsigned shard, unsigned n)
{
	/* shard in the top 4 bits, as common/handle.c has it */
	return (edge_handle)(shard << 28 | (n + 1));
}

static void send_mail(struct wce_mail *m)
{
	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(edge_mailbox_post(desk_w.shared.desk, m), EDGE_OK);
}

void desk_mail(enum wce_mail_kind kind, edge_handle client)
{
	send_mail(wce_mail_new(kind, client));
}

void desk_ask(edge_handle client, struct desk_ask a)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_ASK, client);

	ck_assert_ptr_nonnull(m);
	snprintf(m->ask.mcu, sizeof(m->ask.mcu), "%s",
		 a.mcu ? a.mcu : "fe01.contoso.net");
	m->ask.conference[0] = a.conference;
	if (a.uri)
		ck_assert(psom_conf_hash(m->ask.conference,
					 edge_slice_str(a.uri)));
	m->ask.nonce[0] = a.nonce;
	m->ask.expires_s = (uint64_t)time(NULL) + 300;
	m->ask.source = (struct edge_addr){.family = AF_INET,
					   .ip = {10, 0, 0, a.source}};
	send_mail(m);
}

/* One that is refused at once, whatever the desk's state, is last. */
static bool has_refused(void *arg)
{
	const edge_handle *client = arg;
	const unsigned n = desk_w.mail_count;

	return n && desk_w.mails[n - 1]->client == *client;
}

void desk_read_mails(void)
{
	edge_handle last = desk_client(1, 60000);

	desk_ask(last, (struct desk_ask){.mcu = "nobody", .source = 255});
	ep1_wait(desk_w.loop, has_refused, &last, "the desk");
	wce_mail_free(desk_w.mails[--desk_w.mail_count]);
}

static bool has_mail(void *arg)
{
	(void)arg;
	return desk_w.mails_read < desk_w.mail_count;
}

struct wce_mail *desk_take(enum wce_mail_kind kind, edge_handle client)
{
	struct wce_mail *m;

	ep1_wait(desk_w.loop, has_mail, NULL, "a mail of the desk");
	m = desk_w.mails[desk_w.mails_read];
	ck_assert_int_eq(m->kind, kind);
	ck_assert_uint_eq(m->client, client);
	if (kind != WCE_MAIL_CUT)
		ck_assert_uint_eq(desk_w.mail_shards[desk_w.mails_read],
				  edge_handle_shard(client));
	desk_w.mails_read++;
	return m;
}

void desk_take_refusal(edge_handle client, enum wce_reason why)
{
	const struct wce_mail *m = desk_take(WCE_MAIL_REFUSE, client);

	ck_assert_msg(m->reason == why, "%s instead of %s",
		      wce_reason_name(m->reason), wce_reason_name(why));
}

void desk_no_mail(void)
{
	ck_assert_uint_eq(desk_w.mail_count, desk_w.mails_read);
}

void desk_is_empty(void)
{
	const struct wce_desk *d = desk_w.desk;

	ck_assert_ptr_null(d->seats);
	ck_assert_uint_eq(edge_tally_total(d->sources), 0);
	ck_assert_uint_eq(edge_tally_total(d->conferences), 0);
	ck_assert_uint_eq(edge_tally_keys(d->sources), 0);
	ck_assert_uint_eq(edge_tally_keys(d->conferences), 0);
}

/* -- counters --------------------------------------------------------- */

uint64_t desk_stat(size_t row)
{
	return edge_stats_sum(desk_w.shared.stats, row);
}

struct wanted {
	size_t row;
	uint64_t n;
};

static bool has_stat(void *arg)
{
	const struct wanted *w = arg;

	return desk_stat(w->row) >= w->n;
}

void desk_wait_stat(size_t row, uint64_t n)
{
	struct wanted w = {row, n};
	char name[128];

	edge_stats_name(desk_w.shared.stats, row, name, sizeof(name));
	ep1_wait(desk_w.loop, has_stat, &w, name);
}
