/* One shard on the test's own thread, clients around it, and a desk that does
 * what the test says. */
#include "tests/unit/webconf-edge/shard_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/support/topo_fixture.h"
#include "webconf-edge/events.h"

enum { KID = 3 };

struct shard_world shard_w;

/* -- the log ------------------------------------------------------------ */

/* WC 4.9 and 8 test 19: eight bytes of the nonce are all that is shown. */
static void check_redaction(void)
{
	char mac[2 * 8 + 1], nonce[2 * 8 + 1];

	edge_hex(mac, edge_slice(shard_w.token + PSOM_TOKEN_LEN - 8, 8));
	edge_hex(nonce, edge_slice(shard_w.token + 36 + 8, 8));
	for (unsigned i = 0; i < heard_count(); i++) {
		const char *line = heard_line(i);

		ck_assert_msg(!strstr(line, SHARD_INNER), "%s", line);
		ck_assert_msg(!strstr(line, mac), "%s", line);
		ck_assert_msg(!strstr(line, nonce), "%s", line);
		if (!shard_w.shared.logs_uri)
			ck_assert_msg(!strstr(line, "5D3747"), "%s", line);
	}
}

/* -- the world ---------------------------------------------------------- */

static void on_mail(void *msg, void *arg)
{
	(void)arg;
	ck_assert_uint_lt(shard_w.mail_count, SHARD_MAILS);
	shard_w.mails[shard_w.mail_count++] = msg;
	edge_loop_stop(shard_w.loop);
}

static void make_keys(struct psom_keys *out)
{
	struct topo_keyring *ring = NULL;

	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	ring->count = 1;
	snprintf(ring->keys[0].kid, sizeof(ring->keys[0].kid), "%u", KID);
	memset(ring->keys[0].key, 0x5a, sizeof(ring->keys[0].key));
	ring->keys[0].not_after_s = UINT32_MAX;
	ck_assert_int_eq(psom_keys_from(out, ring), EDGE_OK);
	topo_keyring_free(ring);
}

const struct topo *shard_topo(void)
{
	struct topo t = topo_fixture();

	return held_topo_new(&t);
}

static void make_shared(void)
{
	const struct edge_admit_limits l = {.total = 1000,
					    .per_source = 1000,
					    .handshakes_per_source = 1000,
					    .sources = 1000};

	for (int i = 0; i < WCE_LIMIT_COUNT; i++)
		shard_w.limits[i] = wce_config_rows.limits[i].def;
	shard_w.limits[WCE_LIMIT_ACCEPT_RATE] = 1000;
	shard_w.limits[WCE_LIMIT_ACCEPT_BURST] = 1000;
	shard_w.shared =
		(struct wce_shared){.limits = shard_w.limits, .shard_count = 1};
	ck_assert_int_eq(wce_stats_new(&shard_w.shared.stats, 2), EDGE_OK);
	ck_assert_int_eq(edge_admit_new(&shard_w.shared.admit, &l), EDGE_OK);
	ck_assert_int_eq(edge_recent_new(&shard_w.shared.refusals, 20),
			 EDGE_OK);
}

static void make_certs(void)
{
	shard_w.certs = certs_new();
	certs_make_usual(shard_w.certs);
	certs_make(
		shard_w.certs, "fe01",
		&(struct cert_spec){.issuer = "ca", .san = "DNS:" SHARD_MCU});
	shard_w.client_tls = ep1_tls(shard_w.certs, NULL, EP1_TLS_CLIENT);
	shard_w.mcu_tls = ep1_tls(shard_w.certs, "fe01", EP1_TLS_CLIENT);
	shard_w.inside_tls = ep1_tls(shard_w.certs, "edge", EP1_TLS_INSIDE);
}

static void make_shard(void)
{
	struct wce_shard_plan p = {
		.shared = &shard_w.shared,
		.topo = shard_topo(),
		.tls = ep1_tls(shard_w.certs, "edge", EP1_TLS_OUTSIDE),
		.keys = calloc(1, sizeof(*p.keys)),
		.fd = {ep1_listen(&shard_w.at), -1},
	};

	ck_assert_ptr_nonnull(p.keys);
	make_keys(p.keys);
	make_keys(&shard_w.keys);
	ck_assert_int_eq(wce_shard_new(&shard_w.shard, &p), EDGE_OK);
	shard_w.loop = shard_w.shard->loop;
	ck_assert_int_eq(edge_mailbox_new(&shard_w.box, shard_w.loop, 1024,
					  on_mail, wce_mail_free, NULL),
			 EDGE_OK);
	shard_w.shared.desk = shard_w.box;
}

static void on_leg_event(struct edge_conn *c, enum edge_conn_event ev,
			 void *arg)
{
	(void)c;
	(void)arg;
	if (ev == EDGE_CONN_SECURED)
		shard_w.leg_secured++;
	edge_loop_stop(shard_w.loop);
}

static void on_leg(unsigned ready, void *arg)
{
	struct edge_conn_plan p = wce_conn_plan(&shard_w.shared, shard_w.loop);
	const int fd = accept4(shard_w.leg_fd, NULL, NULL,
			       SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ready;
	(void)arg;
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(shard_w.leg_count, SHARD_LEGS);
	p.tls = shard_w.inside_tls;
	p.fn = on_leg_event;
	ck_assert_int_eq(
		edge_conn_accept(&shard_w.legs[shard_w.leg_count++], &p, fd),
		EDGE_OK);
}

static void setup(void)
{
	memset(&shard_w, 0, sizeof(shard_w));
	setenv("EDGE_LOG_LEVEL", "debug", 1);
	edge_log_open("test");
	heard_start(wce_events);
	edge_log_clock(NULL);
	make_shared();
	make_certs();
	make_shard();
	shard_w.leg_fd = ep1_listen(&shard_w.leg_at);
	ck_assert_int_eq(edge_loop_watch(shard_w.loop, shard_w.leg_fd,
					 EDGE_LOOP_READ, on_leg, NULL),
			 EDGE_OK);
}

static void check_counts(void)
{
	const struct wce_shared *s = &shard_w.shared;

	ck_assert_uint_eq(atomic_load(&s->clients), 0);
	ck_assert_uint_eq(atomic_load(&s->preauth), 0);
	ck_assert_uint_eq(atomic_load(&s->handshakes), 0);
	ck_assert_uint_eq(atomic_load(&s->paired), 0);
	ck_assert_uint_eq(atomic_load(&s->throttled), 0);
	ck_assert_uint_eq(edge_admit_count(s->admit), 0);
	ck_assert_uint_eq(edge_admit_handshakes(s->admit), 0);
}

static void teardown(void)
{
	for (unsigned i = shard_w.legs_given; i < shard_w.leg_count; i++)
		edge_conn_close(shard_w.legs[i]);
	edge_loop_unwatch(shard_w.loop, shard_w.leg_fd);
	close(shard_w.leg_fd);
	for (unsigned i = 0; i < shard_w.mail_count; i++)
		wce_mail_free(shard_w.mails[i]);
	shard_w.shared.desk = NULL;
	edge_mailbox_free(shard_w.box);
	wce_shard_free(shard_w.shard);
	check_counts();
	check_redaction();
	ck_assert_int_eq(held_topo_count(), 0);
	psom_keys_fini(&shard_w.keys);
	edge_tls_drop(shard_w.client_tls);
	edge_tls_drop(shard_w.mcu_tls);
	edge_tls_drop(shard_w.inside_tls);
	edge_admit_free(shard_w.shared.admit);
	edge_recent_free(shard_w.shared.refusals);
	edge_stats_free(shard_w.shared.stats);
	certs_free(shard_w.certs);
	heard_stop();
}

TCase *shard_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}

/* -- clients ------------------------------------------------------------ */

static const char *either(const char *a, const char *b)
{
	return a ? a : b;
}

static void make_token(const struct shard_hello *h)
{
	const uint64_t now = (uint64_t)time(NULL);
	struct psom_key key = shard_w.keys.keys[0];
	struct psom_token t = {
		.issued_s = (uint32_t)(now + (uint64_t)(int64_t)h->issued_s),
		.nonce = {h->nonce, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7,
			  0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7},
	};

	t.expires_s = t.issued_s + (uint32_t)(h->life_s ? h->life_s : 300);
	ck_assert(psom_token_for(
		&t,
		edge_slice_str(either(h->token_mcu, either(h->mcu, SHARD_MCU))),
		edge_slice_str(
			either(h->token_uri, either(h->uri, SHARD_URI)))));
	if (h->kid)
		key.kid = h->kid;
	psom_token_make(shard_w.token, &key, &t);
	if (h->has_bad_mac)
		shard_w.token[PSOM_TOKEN_LEN - 1] ^= 1;
}

struct edge_slice shard_hello(const struct shard_hello *h)
{
	static uint8_t bytes[PSOM_HEADER_LEN + PSOM_BODY_MAX];
	struct psom_put w;

	make_token(h);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_HELLO);
	psom_put_number(&w, PSOM_TAG_VERSION,
			h->version ? h->version : PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_TOKEN,
		       edge_slice(shard_w.token, PSOM_TOKEN_LEN));
	psom_put_bytes(&w, PSOM_TAG_MCU,
		       edge_slice_str(either(h->mcu, SHARD_MCU)));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE,
		       edge_slice_str(either(h->uri, SHARD_URI)));
	psom_put_bytes(&w, PSOM_TAG_INNER,
		       edge_slice_str(either(h->inner, SHARD_INNER)));
	return psom_put_end(&w);
}

void shard_dial(struct ep1_peer *p)
{
	ep1_peer_dial(p, shard_w.loop, shard_w.client_tls, &shard_w.at);
	ep1_wait_secured(p);
}

static bool has_come(void *arg)
{
	const unsigned *before = arg;

	return atomic_load(&shard_w.shared.clients) > *before;
}

int shard_dial_silent(void)
{
	unsigned before = atomic_load(&shard_w.shared.clients);
	int fd = -1;

	ck_assert_int_eq(edge_sock_dial(&fd, NULL, NULL, &shard_w.at), EDGE_OK);
	ep1_wait(shard_w.loop, has_come, &before, "a client");
	return fd;
}

edge_handle shard_join(struct ep1_peer *p)
{
	shard_dial(p);
	ep1_peer_send(p, shard_hello(&(struct shard_hello){0}));
	return shard_take(WCE_MAIL_ASK)->client;
}

edge_handle shard_pair(struct ep1_peer *p, struct ep1_peer *leg)
{
	const edge_handle h = shard_join(p);
	uint8_t session[PSOM_SESSION_LEN];
	struct psom_frame f;

	shard_give_leg(h, leg);
	shard_take_assign(leg, session);
	shard_answer(leg, session, 0, "");
	ep1_take(p, PSOM_HELLO_OK, &f);
	ck_assert(edge_slice_eq(f.value[PSOM_TAG_SESSION],
				edge_slice(session, sizeof(session))));
	return h;
}

/* -- the desk ----------------------------------------------------------- */

static bool has_mail(void *arg)
{
	(void)arg;
	return shard_w.mails_read < shard_w.mail_count;
}

const struct wce_mail *shard_take(enum wce_mail_kind kind)
{
	const struct wce_mail *m;

	ep1_wait(shard_w.loop, has_mail, NULL, "a mail to the desk");
	m = shard_w.mails[shard_w.mails_read++];
	ck_assert_int_eq(m->kind, kind);
	return m;
}

void shard_no_mail(void)
{
	ck_assert_uint_eq(shard_w.mail_count, shard_w.mails_read);
}

void shard_mail(struct wce_mail *m)
{
	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(edge_mailbox_post(shard_w.shard->mailbox, m), EDGE_OK);
}

void shard_refuse(edge_handle client, enum wce_reason why)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_REFUSE, client);

	ck_assert_ptr_nonnull(m);
	m->reason = why;
	shard_mail(m);
}

static bool has_leg(void *arg)
{
	const struct ep1_peer *leg = arg;

	return leg->count[EDGE_CONN_SECURED] &&
	       shard_w.leg_secured == shard_w.leg_count;
}

void shard_give_leg(edge_handle client, struct ep1_peer *leg)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_LEG, client);

	ck_assert_ptr_nonnull(m);
	ep1_peer_dial(leg, shard_w.loop, shard_w.mcu_tls, &shard_w.leg_at);
	ep1_wait(shard_w.loop, has_leg, leg, "a data leg");
	m->leg = shard_w.legs[shard_w.legs_given++];
	ck_assert_int_eq(edge_conn_detach(m->leg), EDGE_OK);
	shard_mail(m);
}

void shard_take_assign(struct ep1_peer *leg, uint8_t session[PSOM_SESSION_LEN])
{
	struct psom_frame f;

	ep1_take(leg, PSOM_ASSIGN, &f);
	memcpy(session, f.value[PSOM_TAG_SESSION].p, PSOM_SESSION_LEN);
}

void shard_answer(struct ep1_peer *leg, const uint8_t *session, unsigned code,
		  const char *more)
{
	uint8_t bytes[512];
	struct edge_slice frame;
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes),
		       code ? PSOM_ASSIGN_NO : PSOM_ASSIGN_OK);
	psom_put_bytes(&w, PSOM_TAG_SESSION,
		       edge_slice(session, PSOM_SESSION_LEN));
	if (code)
		psom_put_number(&w, PSOM_TAG_CODE, code);
	frame = psom_put_end(&w);
	memcpy(bytes + edge_slice_len(frame), more, strlen(more));
	ep1_peer_send(leg,
		      edge_slice(bytes, edge_slice_len(frame) + strlen(more)));
}

/* -- looking ------------------------------------------------------------ */

struct wce_client *shard_client(edge_handle h)
{
	return edge_handles_find(shard_w.shard->clients, h);
}

static bool is_empty(void *arg)
{
	(void)arg;
	return !atomic_load(&shard_w.shared.clients);
}

void shard_wait_empty(void)
{
	ep1_wait(shard_w.loop, is_empty, NULL, "the end of all clients");
}

uint64_t shard_stat(size_t row)
{
	return edge_stats_sum(shard_w.shared.stats, row);
}

struct wanted {
	size_t row;
	uint64_t n;
};

static bool has_stat(void *arg)
{
	const struct wanted *w = arg;

	return shard_stat(w->row) >= w->n;
}

void shard_wait_stat(size_t row, uint64_t n)
{
	struct wanted w = {row, n};
	char name[128];

	edge_stats_name(shard_w.shared.stats, row, name, sizeof(name));
	ep1_wait(shard_w.loop, has_stat, &w, name);
}
