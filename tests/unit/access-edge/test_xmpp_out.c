/* access-edge/xmpp_out.c, xmpp_out_talk.c, xmpp_resolve.c, xmpp_proxy.c: our
 * streams to a partner's server that the test plays. */
#include "access-edge/xmpp_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/xmpp_in.h"
#include "access-edge/xmpp_proxy.h"
#include "access-edge/xmpp_resolve.h"
#include "access-edge/xmpp_room.h"
#include "common/dns.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_far.h"

#define THEIR_HEADER                                            \
	"<stream:stream xmlns='jabber:server' xmlns:stream="    \
	"'http://etherx.jabber.org/streams' xmlns:db="          \
	"'jabber:server:dialback' from='fabrikam.com' id='s7' " \
	"version='1.0'><stream:features/>"

static struct xmpp_far far;

static void setup(void)
{
	far = (struct xmpp_far){0};
}

static void teardown(void)
{
	xmpp_far_close(&far);
}

static void send_out(struct xmpp_end *g, const char *id)
{
	xmpp_say(g, "<message from='a@contoso.com' to='b@fabrikam.com' id='");
	xmpp_say(g, id);
	xmpp_say(g, "'><body>hi</body></message>");
}

START_TEST(xmpp_out_proves_itself_by_a_key_and_sends)
{
	struct xmpp_end *g, *p;
	char want[128], key[ACC_DIALBACK_KEY_LEN];

	xmpp_far_open(&far);
	g = xmpp_gateway("fe01.corp");
	send_out(g, "m1");
	p = xmpp_taken(far.listener);
	xmpp_hears(p, "from='contoso.com' to='fabrikam.com' version='1.0'>");
	ck_assert_ptr_null(strstr(p->text, " id="));
	xmpp_say(p, THEIR_HEADER);
	ck_assert_int_eq(acc_dialback_key(&core.dialback, key, "fabrikam.com",
					  "contoso.com", edge_slice_str("s7")),
			 EDGE_OK);
	snprintf(want, sizeof(want), ">%s</db:result>", key);
	xmpp_hears(p, want);
	ck_assert_ptr_null(strstr(p->text, "<message"));
	/* a verdict about others is none */
	xmpp_say(p, "<db:result from='fabrikam.com' to='contoso.com' "
		    "type='valid'/>");
	xmpp_hears(p, "<message from='a@contoso.com' to='b@fabrikam.com' "
		      "id='m1'><body>hi</body></message>");
	send_out(g, "m2"); /* on the same stream */
	xmpp_hears(p, "id='m2'");
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_DIALLED), 1);
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_OUT_DIALBACK), 1);
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_STANZAS_OUT), 2);
	/* what is said to us on it is nobody's */
	xmpp_say(p, "<message from='b@fabrikam.com' to='a@contoso.com' "
		    "id='back'/>");
	xmpp_turn(20);
	ck_assert(heard("ACC_EV_XMPP_DROPPED"));
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_DROPPED + ACC_XMPP_R_NOT_READY), 1);
	ck_assert_ptr_null(strstr(g->text, "id='back'"));
}
END_TEST

START_TEST(xmpp_out_comes_back_when_it_fails)
{
	static const struct {
		const char *said, *reason;
	} rows[] = {
		{"<db:result from='fabrikam.com' to='contoso.com' "
		 "type='invalid'/>",
		 "dialback_key"},
		{"<db:result from='litware.example' to='contoso.com' "
		 "type='valid'/>",
		 "out_of_order"},
		{"<stream:error><host-unknown "
		 "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
		 "</stream:error>",
		 "remote_error"},
		{"</stream:stream>", "remote_closed"},
		{"<!-- x -->", "restricted_xml"},
	};
	struct xmpp_end *g, *p;

	xmpp_far_open(&far);
	g = xmpp_gateway("fe01.corp");
	send_out(g, "m1");
	p = xmpp_taken(far.listener);
	xmpp_say(p, THEIR_HEADER);
	xmpp_hears(p, "</db:result>");
	xmpp_say(p, rows[_i].said);
	xmpp_hears(g, "id='m1' type='error'");
	ck_assert_ptr_nonnull(strstr(g->text, "<remote-server-timeout "));
	ck_assert_msg(heard(rows[_i].reason), "%s", heard_all());
	xmpp_is_over(p);
	/* and is left alone for a while */
	send_out(g, "m2");
	xmpp_hears(g, "id='m2' type='error'");
	ck_assert(heard("reason=remote_rests"));
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_DIALLED), 1);
}
END_TEST

START_TEST(xmpp_out_lets_no_more_wait_than_so_many)
{
	struct xmpp_end *g;

	xmpp_far_open(&far);
	xmpp_limits[ACC_LIMIT_XMPP_WAITING] = 2;
	g = xmpp_gateway("fe01.corp");
	send_out(g, "m1");
	send_out(g, "m2");
	send_out(g, "m3");
	xmpp_hears(g, "id='m3' type='error'");
	ck_assert_ptr_null(strstr(g->text, "id='m1'"));
	ck_assert_ptr_nonnull(strstr(g->text, "<resource-constraint "));
}
END_TEST

/* The stream that waits for its verdict gets it. */
static struct xmpp_end *established(void)
{
	struct xmpp_end *p = xmpp_taken(far.listener);

	xmpp_say(p, THEIR_HEADER);
	xmpp_hears(p, "</db:result>");
	xmpp_say(p, "<db:result from='fabrikam.com' to='contoso.com' "
		    "type='valid'/>");
	return p;
}

/* It reads nothing: its gateway is held up for a moment, then its stanzas come
 * back, and what is kept for it stays below the cap. */
START_TEST(xmpp_out_of_a_slow_partner_comes_back)
{
	struct xmpp_end *g, *p;
	struct acc_xmpp_link *l;
	char *text;

	xmpp_far_open(&far);
	xmpp_limits[ACC_LIMIT_XMPP_SLOW_MS] = 100;
	xmpp_limits[ACC_LIMIT_XMPP_OUT_QUEUE] = 262144;
	g = xmpp_gateway("fe01.corp");
	send_out(g, "m1");
	p = established();
	xmpp_hears(p, "id='m1'");
	l = xmpp_newest();
	text = malloc(32001);
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', 32000);
	text[32000] = '\0';
	for (int i = 0; i < 2000 && !strstr(g->text, "<resource-constraint ");
	     i++) {
		xmpp_say(g, "<message from='a@contoso.com' "
			    "to='b@fabrikam.com' id='big'><body>");
		xmpp_say(g, text);
		xmpp_say(g, "</body></message>");
		xmpp_seen(g);
		ck_assert_uint_le(edge_conn_queued(l->conn), 262144);
	}
	free(text);
	xmpp_hears(g, "<resource-constraint ");
	ck_assert(heard("reason=queue"));
	/* and when it reads again, it gets what is for it */
	do {
		xmpp_forget(p);
		xmpp_seen(p);
	} while (p->len || edge_conn_queued(l->conn));
	xmpp_forget(p);
	send_out(g, "later");
	xmpp_hears(p, "id='later'");
}
END_TEST

enum { BIG_LEN = 1 << 20 };

/* A long stanza of the gateway's; nothing is written before the loop turns. */
static void send_big(struct acc_xmpp_link *gateway)
{
	static char text[BIG_LEN];
	struct acc_xmpp_item i = {.kind = ACC_XMPP_ELEMENT,
				  .ns = ACC_NS_SERVER,
				  .name = "message"};

	memset(text, ' ', sizeof(text));
	i.from = edge_slice_str("a@contoso.com");
	i.to = edge_slice_str("b@fabrikam.com");
	i.bytes = edge_slice(text, sizeof(text));
	acc_xmpp_outward(gateway, &i);
}

static uint64_t returned(void)
{
	return xmpp_stat(ACC_STAT_XMPP_BOUNCED + ACC_XMPP_R_QUEUE);
}

/* Its queue is long, and then not quite so long: its gateway has waited, and
 * does not wait again before it is short. */
START_TEST(xmpp_out_of_a_slow_partner_holds_once)
{
	const uint32_t cap = 64 * BIG_LEN;
	struct xmpp_end *g, *p;
	struct acc_xmpp_link *l, *gateway;

	xmpp_far_open(&far);
	xmpp_limits[ACC_LIMIT_XMPP_SLOW_MS] = 60000;
	xmpp_limits[ACC_LIMIT_XMPP_OUT_QUEUE] = cap;
	g = xmpp_gateway("fe01.corp");
	gateway = xmpp_newest();
	send_out(g, "m1");
	p = established();
	xmpp_hears(p, "id='m1'");
	l = xmpp_newest();
	for (int i = 0; i < 64 && !gateway->held; i++)
		send_big(gateway);
	ck_assert(gateway->held);
	acc_xmpp_link_release(gateway, ACC_XMPP_HOLD_QUEUE); /* time is up */
	send_big(gateway);
	ck_assert_uint_eq(returned(), 0);
	send_big(gateway);
	ck_assert_uint_eq(returned(), 1);
	while (edge_conn_above_high_water(l->conn)) {
		xmpp_forget(p);
		xmpp_seen(p);
	}
	ck_assert_uint_gt(edge_conn_queued(l->conn), cap / 16);
	while (!edge_conn_above_high_water(l->conn))
		send_big(gateway);
	ck_assert(!gateway->held);
	ck_assert_uint_eq(returned(), 1);
	send_big(gateway);
	ck_assert_uint_eq(returned(), 2);
	while (edge_conn_queued(l->conn)) {
		xmpp_forget(p);
		xmpp_seen(p);
	}
	for (int i = 0; i < 64 && !gateway->held; i++)
		send_big(gateway);
	ck_assert(gateway->held);
}
END_TEST

/* Its verdict about the key on e: the id is that of the partner's stream. */
static void authority_says(struct xmpp_end *authority, struct xmpp_end *e,
			   const char *type)
{
	char id[ACC_XMPP_STREAM_ID_LEN];
	const char *at = strstr(e->text, " id='");

	ck_assert_ptr_nonnull(at);
	snprintf(id, sizeof(id), "%s", at + 5);
	ck_assert_ptr_nonnull(strstr(authority->text, id));
	xmpp_say(authority, "<db:verify from='fabrikam.com' "
			    "to='contoso.com' id='");
	xmpp_say(authority, id);
	xmpp_say(authority, "' type='");
	xmpp_say(authority, type);
	xmpp_say(authority, "'/>");
}

/* Who proves himself needs one of his partner's places then. */
START_TEST(xmpp_out_finds_a_partners_places_taken)
{
	struct xmpp_end *e, *authority;

	xmpp_far_open(&far);
	xmpp_topo.xmpp_gateway.partner_connections = 1;
	xmpp_partner_open("fabrikam.com");
	xmpp_newest()->partner = &xmpp_topo.xmpp[_i]; /* as if proved */
	e = xmpp_partner_open("fabrikam.com");
	xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>k"
		    "</db:result>");
	authority = xmpp_taken(far.listener);
	xmpp_say(authority, THEIR_HEADER);
	xmpp_hears(authority, ">k</db:verify>");
	authority_says(authority, e, "valid");
	if (_i) { /* another's */
		xmpp_hears(e, "type='valid'");
		return;
	}
	xmpp_hears(e, "type='error'");
	xmpp_is_over(e);
	ck_assert_ptr_nonnull(strstr(e->text, "<resource-constraint "));
	ck_assert(heard("reason=partner_connections"));
}
END_TEST

/* A partner's key: his domain's server is asked, and the stream is as good as
 * the answer. Both of them are the test. */
START_TEST(xmpp_out_asks_about_a_partners_key)
{
	static const char *const answers[] = {"valid", "invalid", "error"};
	struct xmpp_end *g, *e, *authority;
	static struct topo_xmpp_partner now;
	struct acc_xmpp_link *in;

	xmpp_far_open(&far);
	g = xmpp_gateway("fe01.corp");
	e = xmpp_partner_open("fabrikam.com");
	in = xmpp_newest();
	xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>their-key"
		    "</db:result>");
	authority = xmpp_taken(far.listener);
	xmpp_say(authority, THEIR_HEADER);
	xmpp_hears(authority, ">their-key</db:verify>");
	ck_assert_ptr_nonnull(strstr(authority->text,
				     "<db:verify from='contoso.com' "
				     "to='fabrikam.com' id='"));
	authority_says(authority, e, answers[_i]);
	xmpp_hears(e, _i == 0	? "type='valid'"
		      : _i == 1 ? "type='invalid'"
				: "type='error'");
	if (_i) {
		xmpp_is_over(e);
		return;
	}
	xmpp_say(e, "<message from='b@fabrikam.com' to='a@contoso.com' "
		    "id='in1'/>");
	xmpp_hears(g, "id='in1' xmlns:le='urn:lync-edge:xmpp:1' "
		      "le:verified='true' le:partner-type='Federated' "
		      "le:auth='dialback'/>");
	/* that another one of ours is not proved to takes nothing away */
	core.is_draining = true;
	xmpp_say(e, "<db:result from='fabrikam.com' to='litware.com'>k"
		    "</db:result>");
	xmpp_hears(e, "<db:result from='litware.com' to='fabrikam.com' "
		      "type='error'>");
	core.is_draining = false;
	xmpp_forget(e);
	/* what is not relayed goes back on a stream of ours */
	xmpp_say(e, "<message from='b@fabrikam.com' to='a@contoso.com' "
		    "type='groupchat' id='in2'/>");
	authority = xmpp_taken(far.listener);
	xmpp_say(authority, THEIR_HEADER);
	xmpp_hears(authority, "</db:result>");
	xmpp_say(authority, "<db:result from='fabrikam.com' to='contoso.com' "
			    "type='valid'/>");
	xmpp_hears(authority, "<message from='a@contoso.com' "
			      "to='b@fabrikam.com' id='in2' type='error'>");
	ck_assert_ptr_null(strstr(g->text, "in2"));
	/* and it was proved in the clear */
	ck_assert_ptr_eq(in->partner, &xmpp_topo.xmpp[0]);
	now = xmpp_topo.xmpp[0];
	now.tls = TOPO_XMPP_REQUIRED;
	xmpp_topo.xmpp = &now;
	xmpp_topo.xmpp_count = 1;
	acc_xmpp_in_topology(in);
	xmpp_is_over(e);
	ck_assert(heard("reason=partner_mode"));
}
END_TEST

START_TEST(xmpp_out_asks_no_longer_than_is_allowed)
{
	struct xmpp_end *e;

	xmpp_far_open(&far);
	xmpp_limits[ACC_LIMIT_XMPP_DIALBACK_MS] = 200;
	e = xmpp_partner_open("fabrikam.com");
	xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>k"
		    "</db:result>");
	xmpp_taken(far.listener); /* says nothing */
	xmpp_hears(e, "type='error'");
	xmpp_is_over(e);
	ck_assert(heard("reason=dialback_time"));
}
END_TEST

/* What was proved by a key in the clear ends where a certificate is wanted. */
START_TEST(xmpp_out_new_topology_ends_what_was_proved_otherwise)
{
	static struct topo_xmpp_partner now;
	struct xmpp_end *g, *p;
	struct acc_xmpp_link *l;

	xmpp_far_open(&far);
	g = xmpp_gateway("fe01.corp");
	send_out(g, "m1");
	p = established();
	xmpp_hears(p, "id='m1'");
	l = xmpp_newest();
	now = xmpp_topo.xmpp[0];
	xmpp_topo.xmpp = &now;
	xmpp_topo.xmpp_count = 1;
	acc_xmpp_out_topology(l);
	ck_assert(!l->is_over);
	ck_assert_ptr_eq(l->partner, &now);
	now.tls = TOPO_XMPP_REQUIRED;
	acc_xmpp_out_topology(l);
	xmpp_is_over(p);
	ck_assert_ptr_nonnull(strstr(p->text, "<not-authorized "));
	ck_assert(heard("reason=partner_mode"));
}
END_TEST

/* However often it is said: one key is asked about at a time, for as long as
 * there is somebody who wants to know. */
START_TEST(xmpp_out_asks_once_for_a_pair)
{
	struct xmpp_end *e, *authority;

	xmpp_far_open(&far);
	e = xmpp_partner_open("fabrikam.com");
	for (int i = 0; i < 20; i++)
		xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>k"
			    "</db:result>");
	authority = xmpp_taken(far.listener);
	xmpp_say(authority, THEIR_HEADER);
	xmpp_hears(authority, ">k</db:verify>");
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_DIALLED_VERIFY), 1);
	ck_assert_uint_eq(core.streams, 2);
	close(e->fd);
	e->fd = -1;
	xmpp_is_over(authority);
	ck_assert_uint_eq(core.streams, 0);
	ck_assert_uint_eq(edge_admit_count(core.questions), 0);
}
END_TEST

START_TEST(xmpp_out_asks_only_so_much_for_one_source)
{
	struct xmpp_end *e;

	xmpp_far_open(&far);
	xmpp_limits[ACC_LIMIT_XMPP_HANDSHAKES] = 3;
	xmpp_topo.xmpp_gateway.connections = 4; /* one question of four */
	acc_xmpp_room_set(&core);
	e = xmpp_partner_open("fabrikam.com");
	xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>k"
		    "</db:result>");
	xmpp_taken(far.listener);
	e = xmpp_partner_open("fabrikam.com");
	xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>k"
		    "</db:result>");
	xmpp_hears(e, "type='error'");
	xmpp_is_over(e);
	ck_assert_ptr_nonnull(strstr(e->text, "<resource-constraint "));
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_DIALLED_VERIFY), 1);
}
END_TEST

/* A server that is not there is not dialled again at once. */
START_TEST(xmpp_out_lets_a_question_rest)
{
	xmpp_far_open(&far);
	close(far.listener);
	far.listener = -1;
	for (int i = 0; i < 3; i++) {
		struct xmpp_end *e = xmpp_partner_open("fabrikam.com");

		xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>k"
			    "</db:result>");
		xmpp_hears(e, "type='error'");
		xmpp_is_over(e);
	}
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_DIALLED_VERIFY), 1);
}
END_TEST

START_TEST(xmpp_resolve_dials_no_address_of_the_inside)
{
	struct edge_addr inside[1], a;
	const struct topo_host hosts[] = {
		{.fqdn = "fe01.contoso.net", .addrs = inside, .addr_count = 1}};

	xmpp_topo.hosts = hosts;
	xmpp_topo.host_count = 1;
	ck_assert_int_eq(
		edge_addr_parse(&inside[0], edge_slice_str("10.20.30.21"), 0),
		EDGE_OK);
	ck_assert_int_eq(
		edge_addr_parse(&a, edge_slice_str("10.20.30.21"), 5269),
		EDGE_OK);
	ck_assert(!acc_xmpp_address_is_fit(&xmpp_topo, &a));
	a.ip[3]++;
	ck_assert(acc_xmpp_address_is_fit(&xmpp_topo, &a));
	a = xmpp_topo.internal;
	ck_assert(!acc_xmpp_address_is_fit(&xmpp_topo, &a));
	a = xmpp_topo.listen[TOPO_PORT_XMPP_OUTSIDE].addr;
	ck_assert(!acc_xmpp_address_is_fit(&xmpp_topo, &a));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_out");
	TCase *t = xmpp_world_case(s, "out");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, xmpp_out_proves_itself_by_a_key_and_sends);
	tcase_add_loop_test(t, xmpp_out_comes_back_when_it_fails, 0, 5);
	tcase_add_test(t, xmpp_out_lets_no_more_wait_than_so_many);
	tcase_add_test(t, xmpp_out_of_a_slow_partner_comes_back);
	tcase_add_test(t, xmpp_out_of_a_slow_partner_holds_once);
	tcase_add_loop_test(t, xmpp_out_asks_about_a_partners_key, 0, 3);
	tcase_add_loop_test(t, xmpp_out_finds_a_partners_places_taken, 0, 2);
	tcase_add_test(t, xmpp_out_asks_no_longer_than_is_allowed);
	tcase_add_test(t, xmpp_out_new_topology_ends_what_was_proved_otherwise);
	tcase_add_test(t, xmpp_out_asks_once_for_a_pair);
	tcase_add_test(t, xmpp_out_asks_only_so_much_for_one_source);
	tcase_add_test(t, xmpp_out_lets_a_question_rest);
	tcase_add_test(t, xmpp_resolve_dials_no_address_of_the_inside);
	return s;
}
