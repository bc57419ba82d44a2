/* Lines of /proc/net, as the kernel writes them. */
#include <check.h>
#include <string.h>

#include "edgectl/sockets.h"
#include "tests/support/suite.h"

#define TAIL " 00000000:00000000 00:00000000 00000000     0        0 4711 1 "

static const struct {
	const char *line;
	bool is_tcp;
	uint8_t family;
	const char *at; /* NULL: no listener */
} lines[] = {
	/* clang-format off */
	{"   0: 0100007F:0035 00000000:0000 0A" TAIL, true, AF_INET, "127.0.0.1:53"},
	{"   1: 00000000:0016 00000000:0000 0A" TAIL, true, AF_INET, "0.0.0.0:22"},
	{"   2: 150200C0:01BB 076433C6:9C40 01" TAIL, true, AF_INET, NULL},
	{"   3: 150200C0:0D96 00000000:0000 07" TAIL, false, AF_INET, "192.0.2.21:3478"},
	{"   4: 150200C0:0D96 076433C6:9C40 07" TAIL, false, AF_INET, NULL},
	{"   5: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A" TAIL, true, AF_INET6, "0.0.0.0:22"},
	{"   6: B80D0120000000000000000001000000:0016 00000000000000000000000000000000:0000 0A" TAIL, true, AF_INET6, "[2001:db8::1]:22"},
	{"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", true, AF_INET, NULL},
	{"   0: 0100007F:0035 00000000:0000", true, AF_INET, NULL},
	{"   0: 0100007F00:0035 00000000:0000 0A" TAIL, true, AF_INET, NULL},
	{"", true, AF_INET, NULL},
	/* clang-format on */
};

START_TEST(sockets_line_is_a_listener_or_not)
{
	struct ctl_socket s;
	char text[EDGE_ADDR_STRLEN];
	bool is = ctl_socket_parse(&s, lines[_i].line, lines[_i].is_tcp,
				   lines[_i].family);

	ck_assert(is == (lines[_i].at != NULL));
	if (!is)
		return;
	edge_addr_print(&s.at, text);
	ck_assert_str_eq(text, lines[_i].at);
	ck_assert_uint_eq(s.inode, 4711);
}
END_TEST

START_TEST(sockets_hear_their_address_or_any)
{
	struct edge_addr four, six;
	struct ctl_socket s = {.is_tcp = true, .family = AF_INET};

	ck_assert(!edge_addr_parse(&four, edge_slice_str("192.0.2.21"), 443));
	ck_assert(!edge_addr_parse(&six, edge_slice_str("2001:db8::1"), 443));
	s.at.port = 443;
	ck_assert(ctl_socket_hears(&s, &four, true));
	ck_assert(!ctl_socket_hears(&s, &six, true));
	ck_assert(!ctl_socket_hears(&s, &four, false));
	s.family = AF_INET6; /* [::] takes both */
	ck_assert(ctl_socket_hears(&s, &four, true));
	s.at = six;
	ck_assert(!ctl_socket_hears(&s, &four, true));
	ck_assert(ctl_socket_hears(&s, &six, true));
	six.port = 444;
	ck_assert(!ctl_socket_hears(&s, &six, true));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sockets");
	TCase *tc = tcase_create("proc");

	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, sockets_line_is_a_listener_or_not, 0,
			    sizeof(lines) / sizeof(*lines));
	tcase_add_test(tc, sockets_hear_their_address_or_any);
	suite_add_tcase(s, tc);
	return s;
}
