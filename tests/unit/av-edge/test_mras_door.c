/* The door of A/V authentication: sockets, trust, caps, rate, drain. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/av-edge/mras_fixture.h"
#include "tests/unit/av-edge/mras_world.h"

static struct mras_world w;

static void setup(void)
{
	mras_world_init(&w, "");
}

static void teardown(void)
{
	mras_world_fini(&w);
}

static void ask(struct sip_peer *p, const char *status)
{
	mras_world_send(p, mras_test_message(&(struct mras_test_message){0}));
	(void)sip_peer_expect(p, status);
}

START_TEST(door_gives_credentials_to_a_trusted_server)
{
	mras_world_dial(&w, &w.peer, w.fe01);
	ask(&w.peer, "SIP/2.0 200 OK");
	ck_assert(mras_test_has(w.peer.msg.body, "reasonPhrase=\"OK\""));
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_ACCEPTED), 1);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SECURED), 1);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_OK), 1);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_MINTED), 1);
	ck_assert_uint_eq(mras_door_connections(w.door), 1);
}
END_TEST

START_TEST(door_counts_refusals_by_phrase)
{
	static char body[MRAS_TEST_TEXT];

	mras_test_body(body, "sip:alice@contoso.com", "sip:bob@contoso.com",
		       "");
	mras_world_dial(&w, &w.peer, w.fe01);
	mras_world_send(&w.peer, mras_test_message(&(struct mras_test_message){
					 .body = body}));
	(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_FORBIDDEN), 1);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_OK), 0);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_MINTED), 0);
}
END_TEST

START_TEST(door_tells_a_stranger_403_and_closes)
{
	mras_world_dial(&w, &w.peer, w.stranger);
	ask(&w.peer, "SIP/2.0 403 Forbidden");
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_DISTRUSTED), 1);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SIP_403), 1);
	ck_assert_uint_eq(mras_door_connections(w.door), 0);
}
END_TEST

START_TEST(door_wants_a_certificate)
{
	sip_peer_dial(&w.peer, w.nobody, &w.at);
	sip_peer_wait_closed(&w.peer);
	mras_world_wait(&w, AVE_STAT_MRAS_FAILED, 1);
	mras_world_wait_count(&w, 0);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SECURED), 0);
}
END_TEST

/* Trust is that of the topology now, not of when the connection was made. */
START_TEST(door_refuses_who_is_not_trusted_any_more)
{
	mras_world_dial(&w, &w.peer, w.fe01);
	ask(&w.peer, "SIP/2.0 200 OK");
	w.topo.trusted_count = 0;
	mras_world_look(&w);
	ask(&w.peer, "SIP/2.0 403 Forbidden");
	sip_peer_wait_closed(&w.peer);
}
END_TEST

START_TEST(door_mints_with_the_keys_it_looks_at)
{
	struct edge_slice user;
	uint8_t token[MRAS_TOKEN_LEN];
	struct mras_token t;

	mras_world_dial(&w, &w.peer, w.fe01);
	ck_assert_int_eq(
		mras_keys_derive(&w.ring.v[0].keys, edge_slice_str("another")),
		EDGE_OK);
	mras_world_look(&w);
	ask(&w.peer, "SIP/2.0 200 OK");
	user = mras_test_element(w.peer.msg.body, "username", 0);
	ck_assert_uint_eq(mras_test_base64(token, sizeof(token), user),
			  sizeof(token));
	ck_assert(mras_token_decode(&t, edge_slice(token, sizeof(token))));
	ck_assert_uint_eq(t.kid, w.ring.v[0].keys.kid);
	w.ring.count = 0;
	mras_world_look(&w);
	ask(&w.peer, "SIP/2.0 200 OK");
	ck_assert(mras_test_has(w.peer.msg.body, "Internal Server Error"));
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_INTERNAL), 1);
}
END_TEST

START_TEST(door_lets_in_as_many_as_its_limits_say)
{
	struct sip_peer second;

	mras_world_fini(&w);
	mras_world_init(&w, "av.mras_connections = 1");
	mras_world_dial(&w, &w.peer, w.fe01);
	sip_peer_init(&second, w.loop);
	sip_peer_dial(&second, w.fe01, &w.at);
	sip_peer_wait_closed(&second);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_TURNED_AWAY), 1);
	ask(&w.peer, "SIP/2.0 200 OK");
	sip_peer_close(&w.peer);
	mras_world_wait_count(&w, 0);
	sip_peer_dial(&second, w.fe01, &w.at);
	sip_peer_wait_secured(&second);
	sip_peer_fini(&second);
}
END_TEST

START_TEST(door_lets_in_as_many_of_a_source_as_its_limits_say)
{
	struct sip_peer second;

	mras_world_fini(&w);
	mras_world_init(&w, "av.mras_per_source = 1");
	mras_world_dial(&w, &w.peer, w.fe01);
	sip_peer_init(&second, w.loop);
	sip_peer_dial(&second, w.fe01, &w.at);
	sip_peer_wait_closed(&second);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_TURNED_AWAY), 1);
	sip_peer_fini(&second);
}
END_TEST

START_TEST(door_says_503_above_its_rate)
{
	char text[1024];

	mras_world_fini(&w);
	mras_world_init(&w, "av.mras_rate = 1\nav.mras_burst = 1");
	mras_world_dial(&w, &w.peer, w.fe01);
	ask(&w.peer, "SIP/2.0 200 OK");
	ask(&w.peer, "SIP/2.0 503 Service Unavailable");
	ck_assert_str_eq(sip_peer_header(&w.peer.msg, "Retry-After", 0, text),
			 "30");
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SIP_503), 1);
	ck_assert(!w.peer.closed);
}
END_TEST

START_TEST(door_lets_strangers_use_up_nothing)
{
	mras_world_fini(&w);
	mras_world_init(&w, "av.mras_rate = 1\nav.mras_burst = 1");
	for (int i = 0; i < 3; i++) {
		mras_world_dial(&w, &w.peer, w.stranger);
		ask(&w.peer, "SIP/2.0 403 Forbidden");
		sip_peer_wait_closed(&w.peer);
	}
	mras_world_dial(&w, &w.peer, w.fe01);
	ask(&w.peer, "SIP/2.0 200 OK");
}
END_TEST

START_TEST(door_takes_new_settings)
{
	struct edge_config *other;
	char why[128];
	struct sip_peer second;

	mras_world_dial(&w, &w.peer, w.fe01);
	ck_assert_int_eq(edge_config_parse(&other,
					   edge_slice_str("[limits]\n"
							  "av.mras_connections"
							  " = 1\n"),
					   &ave_config_rows, why, sizeof(why)),
			 EDGE_OK);
	mras_door_settings(w.door, other);
	edge_config_free(other);
	sip_peer_init(&second, w.loop);
	sip_peer_dial(&second, w.fe01, &w.at);
	sip_peer_wait_closed(&second);
	sip_peer_fini(&second);
}
END_TEST

START_TEST(door_drains)
{
	struct sip_peer busy, late;
	struct edge_slice m;

	sip_peer_init(&busy, w.loop);
	sip_peer_init(&late, w.loop);
	mras_world_dial(&w, &w.peer, w.fe01);
	mras_world_dial(&w, &busy, w.fe01);
	m = mras_test_message(&(struct mras_test_message){0});
	ask(&busy, "SIP/2.0 200 OK");
	/* half a request, and a keep-alive behind which it is known to be in */
	mras_world_send(&busy, edge_slice_str("\r\n\r\n"));
	mras_world_send(&busy, edge_slice(m.p, 100));
	mras_world_wait(&w, AVE_STAT_MRAS_KEEP_ALIVES, 1);
	turns_for(w.loop, 50);
	mras_door_drain(w.door);
	sip_peer_wait_closed(&w.peer);
	ck_assert(!busy.closed);
	mras_world_send(&busy, (struct edge_slice){m.p + 100, m.end});
	(void)sip_peer_expect(&busy, "SIP/2.0 503 Service Unavailable");
	sip_peer_wait_closed(&busy);
	mras_world_wait_count(&w, 0);
	sip_peer_dial(&late, w.fe01, &w.at);
	sip_peer_wait_closed(&late);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_ACCEPTED), 2);
	sip_peer_fini(&busy);
	sip_peer_fini(&late);
}
END_TEST

START_TEST(door_moves_to_another_socket)
{
	struct edge_addr peer, old = w.at;
	char why[128] = "";
	int fd;

	mras_world_dial(&w, &w.peer, w.fe01);
	ck_assert_msg(!mras_door_bind(&fd, &w.topo, "", why, sizeof(why)), "%s",
		      why);
	edge_sock_names(fd, &w.at, &peer);
	ck_assert(!edge_addr_eq(&w.at, &old));
	ck_assert_int_eq(mras_door_open(w.door, fd), EDGE_OK);
	ask(&w.peer, "SIP/2.0 200 OK"); /* who was in stays */
	sip_peer_close(&w.peer);
	mras_world_dial(&w, &w.peer, w.fe01);
	ask(&w.peer, "SIP/2.0 200 OK");
	sip_peer_close(&w.peer);
	sip_peer_dial(&w.peer, w.fe01, &old);
	sip_peer_wait_closed(&w.peer);
}
END_TEST

START_TEST(door_is_not_opened_without_a_view_or_while_draining)
{
	const struct mras_door_plan plan = {
		.loop = w.loop, .config = w.config, .stats = w.stats};
	struct mras_door *d;
	char why[128];
	int fd;

	ck_assert_int_eq(mras_door_new(&d, &plan), EDGE_OK);
	ck_assert_int_eq(mras_door_bind(&fd, &w.topo, NULL, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(mras_door_open(d, fd), EDGE_ESTATE);
	ck_assert_int_eq(close(fd), -1); /* taken over */
	mras_door_free(d);
	mras_door_drain(w.door);
	ck_assert_int_eq(mras_door_bind(&fd, &w.topo, NULL, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(mras_door_open(w.door, fd), EDGE_ESTATE);
}
END_TEST

START_TEST(bind_says_what_is_in_the_way)
{
	struct topo t = w.topo;
	char why[256] = "";
	int fd = -1;

	t.listen[TOPO_PORT_AVAUTH].addr = w.at;
	ck_assert_int_eq(mras_door_bind(&fd, &t, NULL, why, sizeof(why)),
			 EDGE_ESYS);
	ck_assert_ptr_nonnull(strstr(why, "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(why, "in use"));
	t.listen[TOPO_PORT_AVAUTH].addr.port = 0;
	ck_assert_int_eq(mras_door_bind(&fd, &t, "nosuch0", why, sizeof(why)),
			 EDGE_ESYS);
	ck_assert_ptr_nonnull(strstr(why, "device nosuch0"));
	t.listen[TOPO_PORT_AVAUTH].present = false;
	ck_assert_int_eq(mras_door_bind(&fd, &t, NULL, why, sizeof(why)),
			 EDGE_ENOTFOUND);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(door_moves_with_its_row_of_the_topology_only)
{
	struct topo a = mras_test_topo(), b = a;

	ck_assert(!mras_door_moves(&a, &b));
	b.listen[TOPO_PORT_AV_INSIDE_TCP].addr.port++;
	ck_assert(!mras_door_moves(&a, &b));
	b.listen[TOPO_PORT_AVAUTH].addr.port++;
	ck_assert(mras_door_moves(&a, &b));
	b.listen[TOPO_PORT_AVAUTH].present = false;
	ck_assert(mras_door_moves(&a, &b));
	ck_assert(mras_door_moves(&b, &a));
	a.listen[TOPO_PORT_AVAUTH].present = false;
	ck_assert(!mras_door_moves(&a, &b));
}
END_TEST

START_TEST(tls_names_what_is_missing)
{
	struct edge_config *c;
	struct edge_tls *tls = NULL;
	char text[512], why[256] = "";

	ck_assert_int_eq(edge_config_parse(&c, edge_slice_str("[local]\n"),
					   &ave_config_rows, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(mras_door_tls(&tls, c, why, sizeof(why)),
			 EDGE_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "[certificate.internal] chain"));
	edge_config_free(c);
	snprintf(text, sizeof(text),
		 "[certificate.internal]\nchain = %s\nkey = /no/such.key\n"
		 "[trust]\ninternal = %s\n",
		 certs_path(w.certs, "edge01.pem"),
		 certs_path(w.certs, "ca.pem"));
	ck_assert_int_eq(edge_config_parse(&c, edge_slice_str(text),
					   &ave_config_rows, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(mras_door_tls(&tls, c, why, sizeof(why)), EDGE_ETLS);
	ck_assert_ptr_nonnull(strstr(why, "such.key"));
	ck_assert_ptr_null(tls);
	edge_config_free(c);
}
END_TEST

START_TEST(free_ends_connections)
{
	mras_world_dial(&w, &w.peer, w.fe01);
	mras_door_free(w.door);
	w.door = NULL;
	sip_peer_wait_closed(&w.peer);
	mras_door_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_door");
	TCase *t = tcase_create("door");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, door_gives_credentials_to_a_trusted_server);
	tcase_add_test(t, door_counts_refusals_by_phrase);
	tcase_add_test(t, door_tells_a_stranger_403_and_closes);
	tcase_add_test(t, door_wants_a_certificate);
	tcase_add_test(t, door_refuses_who_is_not_trusted_any_more);
	tcase_add_test(t, door_mints_with_the_keys_it_looks_at);
	tcase_add_test(t, door_lets_in_as_many_as_its_limits_say);
	tcase_add_test(t, door_lets_in_as_many_of_a_source_as_its_limits_say);
	tcase_add_test(t, door_says_503_above_its_rate);
	tcase_add_test(t, door_lets_strangers_use_up_nothing);
	tcase_add_test(t, door_takes_new_settings);
	tcase_add_test(t, door_drains);
	tcase_add_test(t, door_moves_to_another_socket);
	tcase_add_test(t, door_is_not_opened_without_a_view_or_while_draining);
	tcase_add_test(t, bind_says_what_is_in_the_way);
	tcase_add_test(t, door_moves_with_its_row_of_the_topology_only);
	tcase_add_test(t, tls_names_what_is_missing);
	tcase_add_test(t, free_ends_connections);
	suite_add_tcase(s, t);
	return s;
}
