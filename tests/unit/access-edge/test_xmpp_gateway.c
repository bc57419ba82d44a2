/* access-edge/xmpp_gateway.c: who serves whom, and what comes back. */
#include "access-edge/xmpp_gateway.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access-edge/xmpp_proxy.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_world.h"

enum { USERS = 300 };

static int silent[6];

static const char *serves(int user, const char *resource)
{
	char jid[64];
	struct acc_xmpp_link *l;

	snprintf(jid, sizeof(jid), "user%d@contoso.com%s", user, resource);
	l = acc_xmpp_gateway_choose(&core, edge_slice_str(jid));
	return l ? l->domain : NULL;
}

/* A user keeps his gateway while others come and go, and all have some. */
START_TEST(xmpp_gateway_keeps_its_users)
{
	const char *names[] = {"fe01.corp", "fe02.corp", "fe03.corp"};
	char before[USERS][ACC_XMPP_DOMAIN_LEN];
	unsigned of[3] = {0};
	struct xmpp_end *gone;

	ck_assert_ptr_null(serves(0, ""));
	gone = xmpp_gateway(names[0]);
	xmpp_gateway(names[1]);
	xmpp_gateway(names[2]);
	for (int u = 0; u < USERS; u++) {
		snprintf(before[u], sizeof(before[u]), "%s", serves(u, ""));
		ck_assert_str_eq(before[u], serves(u, "/resource"));
		for (int n = 0; n < 3; n++)
			of[n] += strcmp(before[u], names[n]) == 0;
	}
	for (int n = 0; n < 3; n++)
		ck_assert_uint_ge(of[n], USERS / 6);
	close(gone->fd);
	gone->fd = -1;
	xmpp_turn(50);
	ck_assert_uint_eq(acc_xmpp_gateway_count(&core), 2);
	for (int u = 0; u < USERS; u++)
		ck_assert(strcmp(before[u], names[0]) == 0 ||
			  strcmp(before[u], serves(u, "")) == 0);
	ck_assert_str_eq(
		acc_xmpp_gateway_choose(&core, edge_slice_str("X@contoso.com"))
			->domain,
		acc_xmpp_gateway_choose(&core, edge_slice_str("x@contoso.com"))
			->domain);
}
END_TEST

START_TEST(xmpp_gateway_is_told_what_cannot_go)
{
	static const struct {
		const char *text, *error, *kept;
	} rows[] = {
		{"<message from='a@contoso.com' to='x@stranger.example'/>",
		 "remote-server-not-found", "\"domain\":\"stranger.example\""},
		{"<message from='a@fabrikam.com' to='b@fabrikam.com'/>",
		 "not-allowed", "\"reason\":\"not_own\""},
		{"<message from='a@contoso.com' to='b@fabrikam.com' "
		 "type='groupchat'/>",
		 "service-unavailable", "\"reason\":\"stanza_kind\""},
		/* no resolver here: it cannot be found */
		{"<message from='a@contoso.com' to='b@fabrikam.com'/>",
		 "remote-server-not-found", "\"reason\":\"remote_name\""},
	};
	struct xmpp_end *g = xmpp_gateway("fe01.corp");

	xmpp_forget(g);
	xmpp_say(g, rows[_i].text);
	xmpp_hears(g, rows[_i].error);
	ck_assert_ptr_nonnull(strstr(g->text, "to='a@"));
	ck_assert(heard("way=out"));
	ck_assert(xmpp_kept("\"role\":\"xmpp-out\""));
	ck_assert(xmpp_kept(rows[_i].kept));
}
END_TEST

/* An error that cannot be delivered is answered by none. */
START_TEST(xmpp_gateway_is_told_nothing_of_errors)
{
	struct xmpp_end *g = xmpp_gateway("fe01.corp");

	xmpp_forget(g);
	xmpp_say(g, "<message from='a@contoso.com' to='x@stranger.example' "
		    "type='error'/>"
		    "<message from='a@contoso.com' to='x@stranger.example' "
		    "id='next'/>");
	xmpp_hears(g, "id='next'");
	ck_assert_ptr_eq(strstr(g->text, "<message"), g->text);
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_DROPPED + ACC_XMPP_R_NOT_PARTNER), 1);
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_BOUNCED + ACC_XMPP_R_NOT_PARTNER), 1);
}
END_TEST

START_TEST(xmpp_gateway_that_says_nonsense_is_closed)
{
	struct xmpp_end *g = xmpp_gateway("fe01.corp");

	xmpp_say(g, "<a/>");
	xmpp_is_over(g);
	ck_assert_ptr_nonnull(strstr(g->text, "<policy-violation "));
	ck_assert_uint_eq(acc_xmpp_gateway_count(&core), 0);
}
END_TEST

START_TEST(xmpp_gateway_is_one_of_so_many)
{
	xmpp_limits[ACC_LIMIT_XMPP_GATEWAYS] = 1;
	xmpp_gateway("fe01.corp");
	acc_xmpp_gateway_accept(&core, dup(0), &(struct edge_addr){0});
	ck_assert_uint_eq(acc_xmpp_gateway_count(&core), 1);
	ck_assert(heard("reason=gateways"));
	ck_assert(xmpp_kept("\"reason\":\"gateways\","
			    "\"role\":\"xmpp-gateway\""));
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_REFUSED + ACC_XMPP_R_GATEWAYS), 1);
}
END_TEST

/* Whatever fits its queue: a stanza goes whole, or not at all. */
START_TEST(xmpp_gateway_gets_no_half_of_a_stanza)
{
	static uint8_t junk[262144];
	const struct acc_xmpp_speaker s = {xmpp_topo.xmpp, "fabrikam.com",
					   "contoso.com", true};
	struct acc_xmpp_item i = {.kind = ACC_XMPP_ELEMENT,
				  .ns = ACC_NS_SERVER,
				  .name = "message",
				  .mark = 8,
				  .prefix = "le"};
	struct acc_xmpp_link *g, *l;
	size_t before;

	i.from = edge_slice_str("b@fabrikam.com");
	i.to = edge_slice_str("a@contoso.com");
	i.bytes = edge_slice_str("<message><body>hi</body></message>");
	xmpp_limits[ACC_LIMIT_XMPP_OUT_QUEUE] = sizeof(junk);
	xmpp_gateway("fe01.corp");
	g = xmpp_newest();
	xmpp_partner_open("fabrikam.com");
	l = xmpp_newest();
	xmpp_limits[ACC_LIMIT_XMPP_OUT_QUEUE] = 67108864; /* of later ones */
	memset(junk, ' ', sizeof(junk));
	ck_assert_int_eq(
		acc_xmpp_link_write(g, edge_slice(junk, sizeof(junk) - 100)),
		EDGE_OK);
	before = edge_conn_queued(g->conn);
	acc_xmpp_inward(l, &i, &s);
	ck_assert_uint_eq(edge_conn_queued(g->conn), before);
	ck_assert(heard("reason=queue"));
}
END_TEST

/* Who has said no name takes no place, and there are few of them. */
START_TEST(xmpp_gateway_is_none_without_a_name)
{
	struct edge_addr a = {0}, b = {0};

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str("192.0.2.1"), 1),
			 EDGE_OK);
	ck_assert_int_eq(edge_addr_parse(&b, edge_slice_str("192.0.2.2"), 1),
			 EDGE_OK);
	xmpp_limits[ACC_LIMIT_XMPP_GATEWAYS] = 2;
	for (int i = 0; i < 6; i++) {
		int fds[2];

		ck_assert_int_eq(socketpair(AF_UNIX,
					    SOCK_STREAM | SOCK_NONBLOCK, 0,
					    fds),
				 0);
		silent[i] = fds[0];
		acc_xmpp_gateway_accept(&core, fds[1], &a);
	}
	ck_assert_uint_eq(acc_xmpp_gateway_count(&core), 4);
	xmpp_gateway("fe01.corp");
	xmpp_gateway("fe02.corp");
	ck_assert_uint_eq(acc_xmpp_gateway_count(&core), 6);
	acc_xmpp_gateway_accept(&core, dup(0), &b);
	ck_assert_uint_eq(acc_xmpp_gateway_count(&core), 6);
	for (int i = 0; i < 6; i++)
		close(silent[i]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_gateway");
	TCase *t = xmpp_world_case(s, "gateway");

	tcase_add_test(t, xmpp_gateway_keeps_its_users);
	tcase_add_loop_test(t, xmpp_gateway_is_told_what_cannot_go, 0, 4);
	tcase_add_test(t, xmpp_gateway_is_told_nothing_of_errors);
	tcase_add_test(t, xmpp_gateway_that_says_nonsense_is_closed);
	tcase_add_test(t, xmpp_gateway_is_one_of_so_many);
	tcase_add_test(t, xmpp_gateway_gets_no_half_of_a_stanza);
	tcase_add_test(t, xmpp_gateway_is_none_without_a_name);
	return s;
}
