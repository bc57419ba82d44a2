/* edge.ini: defaults, every name, and a refusal with its line for the rest. */
#include "common/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

static const struct edge_limit_row limits[] = {
	{"access.accept_rate", 1, 500, 10000, "1/s", "AE 5"},
	{"access.handshake_ms", 100, 10000, 60000, "ms", "AE 5"}};
static const struct edge_option_row options[] = {
	{"access.diagnostics", "on", "AE 4.1"}, {"access.motd", NULL, "ours"}};
static const struct edge_config_rows rows = {limits, 2, options, 2};

static struct edge_config *parse(const char *text)
{
	struct edge_config *c = NULL;
	char why[200] = "";
	enum edge_err err = edge_config_parse(&c, edge_slice_str(text), &rows,
					      why, sizeof(why));

	ck_assert_msg(!err, "%s", why);
	return c;
}

START_TEST(config_has_its_defaults_when_empty)
{
	struct edge_config *c = parse("# nothing\n\n; nothing at all");

	ck_assert_ptr_null(c->fqdn);
	ck_assert_str_eq(c->state, "/var/lib/lync-edge");
	ck_assert_str_eq(c->run, "/run/lync-edge");
	ck_assert_str_eq(c->resolv, "/etc/resolv.conf");
	ck_assert_uint_eq(c->shards, 0);
	ck_assert(!c->lab && !c->trust.internal_cn_fallback);
	ck_assert(c->network.media_range && !c->network.inside);
	ck_assert_ptr_null(c->certificate[EDGE_CERT_TURN].key);
	ck_assert_uint_eq(c->limits[0], 500);
	ck_assert_uint_eq(c->limits[1], 10000);
	ck_assert_int_eq(edge_config_profile(c, "access-client"),
			 EDGE_TLS_MODERN);
	ck_assert_str_eq(edge_config_option(c, "access.diagnostics"), "on");
	ck_assert_ptr_null(edge_config_option(c, "access.motd"));
	ck_assert_ptr_null(edge_config_option(c, "access.absent"));
	edge_config_free(c);
	edge_config_free(NULL);
}
END_TEST

static const char full[] =
	"\xef\xbb\xbf[local]\n"
	"  fqdn = Edge01.Contoso.COM\n"
	"  state = /s\n"
	"run=/r\r\n"
	"resolv = /etc/netns/x/resolv.conf ; outside\n"
	"shards = 2\n"
	"lab = yes\n"
	"device_external = eth0\n"
	"device_internal = eth1.100\n"
	"[certificate.access]\nchain = /a.pem\nkey = /a.key\n"
	"[certificate.webconf]\nchain = /w.pem\nkey = /w.key\n"
	"[certificate.av-auth]\nchain = /v.pem\nkey = /v.key\n"
	"[certificate.internal]\nchain = /i.pem\nkey = /i.key\n"
	"[certificate.turn]\nkey = /t.key\nchain = /t.pem\n"
	"[trust]\npublic = /p\ninternal = /q\noperator-keys = /o\n"
	"internal-crl = /c\ninternal_cn_fallback = yes\n"
	"[tls]\nprofile.access-client = lync2013\nprofile.access-inside = "
	"modern\n"
	"[network]\noutside-gateway = 192.0.2.1, 2001:db8::1\n"
	"inside-gateway = 172.16.20.1\ninside = 10.20.0.0/16, fd00::/8\n"
	"ntp = 192.0.2.123\nlegacy_media_range = no\n"
	"manage = 22 from 10.20.0.0/24, 2222 from  fd00::1\n"
	"[public]\naccess = 203.0.113.21\nwebconf = 203.0.113.31\n"
	"av = 203.0.113.41,203.0.113.42\n"
	"[trace]\nhep = [2001:db8::1]:9060\ndir = /t\nsize = 10\n"
	"[limits]\naccess.accept_rate = 1\nwebconf.anything = 7\n"
	"[options]\naccess.motd = hello world\nav.mode = x\n";

START_TEST(config_takes_every_name_of_the_design)
{
	struct edge_config *c = parse(full);

	ck_assert_str_eq(c->fqdn, "edge01.contoso.com");
	ck_assert_str_eq(c->state, "/s");
	ck_assert_str_eq(c->run, "/r");
	ck_assert_str_eq(c->resolv, "/etc/netns/x/resolv.conf");
	ck_assert_uint_eq(c->shards, 2);
	ck_assert(c->lab && c->trust.internal_cn_fallback);
	ck_assert_str_eq(c->device_external, "eth0");
	ck_assert_str_eq(c->device_internal, "eth1.100");
	ck_assert_str_eq(c->certificate[EDGE_CERT_ACCESS].chain, "/a.pem");
	ck_assert_str_eq(c->certificate[EDGE_CERT_WEBCONF].key, "/w.key");
	ck_assert_str_eq(c->certificate[EDGE_CERT_AV_AUTH].key, "/v.key");
	ck_assert_str_eq(c->certificate[EDGE_CERT_INTERNAL].chain, "/i.pem");
	ck_assert_str_eq(c->certificate[EDGE_CERT_TURN].key, "/t.key");
	ck_assert_str_eq(c->trust.public_roots, "/p");
	ck_assert_str_eq(c->trust.internal_ca, "/q");
	ck_assert_str_eq(c->trust.operator_keys, "/o");
	ck_assert_str_eq(c->trust.internal_crl, "/c");
	ck_assert_int_eq(edge_config_profile(c, "access-client"),
			 EDGE_TLS_LYNC2013);
	ck_assert_int_eq(edge_config_profile(c, "access-inside"),
			 EDGE_TLS_MODERN);
	ck_assert_str_eq(c->trace.hep, "[2001:db8::1]:9060");
	ck_assert_str_eq(c->trace.dir, "/t");
	ck_assert_uint_eq(c->trace.size_mb, 10);
	ck_assert_uint_eq(c->limits[0], 1);
	ck_assert_str_eq(edge_config_option(c, "access.motd"), "hello world");
	edge_config_free(c);
}
END_TEST

START_TEST(config_lists_of_networks_are_read_one_by_one)
{
	static const char *const want[] = {"10.20.0.0/16", "fd00::/8"};
	struct edge_config *c = parse(full);
	const char *list = c->network.inside;
	char text[EDGE_ADDR_STRLEN], one[EDGE_ADDR_STRLEN + 8];
	struct edge_addr net;
	unsigned bits;

	for (size_t i = 0; i < 2; i++) {
		ck_assert(edge_config_next_net(&list, &net, &bits));
		edge_addr_print_ip(&net, false, text);
		snprintf(one, sizeof(one), "%s/%u", text, bits);
		ck_assert_str_eq(one, want[i]);
	}
	ck_assert(!edge_config_next_net(&list, &net, &bits));
	list = c->public_at.av;
	ck_assert(edge_config_next_net(&list, &net, &bits));
	ck_assert_uint_eq(bits, 32);
	ck_assert(edge_config_next_net(&list, &net, &bits));
	ck_assert(!edge_config_next_net(&list, &net, &bits));
	list = NULL;
	ck_assert(!edge_config_next_net(&list, &net, &bits));
	ck_assert_str_eq(c->network.outside_gateway, "192.0.2.1, 2001:db8::1");
	ck_assert_str_eq(c->network.inside_gateway, "172.16.20.1");
	ck_assert_str_eq(c->network.ntp, "192.0.2.123");
	ck_assert(!c->network.media_range);
	ck_assert_str_eq(c->network.manage,
			 "22 from 10.20.0.0/24, 2222 from  fd00::1");
	ck_assert_str_eq(c->public_at.access, "203.0.113.21");
	ck_assert_str_eq(c->public_at.webconf, "203.0.113.31");
	edge_config_free(c);
}
END_TEST

START_TEST(config_list_of_managers_is_read_one_by_one)
{
	struct edge_config *c = parse(full);
	const char *list = c->network.manage;
	struct edge_addr net;
	uint16_t port;
	unsigned bits;

	ck_assert(edge_config_next_manage(&list, &port, &net, &bits));
	ck_assert_uint_eq(port, 22);
	ck_assert_uint_eq(bits, 24);
	ck_assert_int_eq(net.family, AF_INET);
	ck_assert(edge_config_next_manage(&list, &port, &net, &bits));
	ck_assert_uint_eq(port, 2222);
	ck_assert_uint_eq(bits, 128);
	ck_assert_int_eq(net.family, AF_INET6);
	ck_assert(!edge_config_next_manage(&list, &port, &net, &bits));
	list = "none";
	ck_assert(!edge_config_next_manage(&list, &port, &net, &bits));
	list = NULL;
	ck_assert(!edge_config_next_manage(&list, &port, &net, &bits));
	edge_config_free(c);
}
END_TEST

/* clang-format off */
static const struct { const char *text; enum edge_err err; const char *why; } bad[] = {
	{"[network]\nmanage = 22", EDGE_EFORMAT, "line 2: \"22\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = 0 from 10.0.0.0/8", EDGE_EFORMAT, "line 2: \"0 from 10.0.0.0/8\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = 65536 from 10.0.0.0/8", EDGE_EFORMAT, "line 2: \"65536 from 10.0.0.0/8\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = 22 from 0.0.0.0/0", EDGE_EFORMAT, "line 2: \"22 from 0.0.0.0/0\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = 22 from 10.0.0.1/8", EDGE_EFORMAT, "line 2: \"22 from 10.0.0.1/8\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = 22 of 10.0.0.0/8", EDGE_EFORMAT, "line 2: \"22 of 10.0.0.0/8\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = 22 from", EDGE_EFORMAT, "line 2: \"22 from\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = 22 from 10.0.0.0/8,", EDGE_EFORMAT, "line 2: \"22 from 10.0.0.0/8,\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage = none, 22 from 10.0.0.0/8", EDGE_EFORMAT, "line 2: \"none, 22 from 10.0.0.0/8\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[network]\nmanage =", EDGE_EFORMAT, "line 2: \"\" is neither none nor ports and networks as 22 from 10.0.0.0/24, with commas"},
	{"[local]\nfqdn = a\n[strange]\nx = 1", EDGE_EFORMAT, "line 4: unknown section [strange]"},
	{"x = 1", EDGE_EFORMAT, "line 1: unknown section []"},
	{"[local]\n\nfoo = 1", EDGE_EFORMAT, "line 3: unknown name [local] foo"},
	{"[local]\nfqdn\n", EDGE_EFORMAT, "line 2: neither [section] nor name = value"},
	{"[local\nlab = yes", EDGE_EFORMAT, "line 1: neither [section] nor name = value"},
	{"[local]\nlab = yes\n\nlab = yes", EDGE_EDUP, "line 4: [local] lab given twice"},
	{"[local]\nlab = true", EDGE_EFORMAT, "line 2: \"true\" is neither yes nor no"},
	{"[local]\nlab =", EDGE_EFORMAT, "line 2: \"\" is neither yes nor no"},
	{"[local]\nshards = 17", EDGE_ERANGE, "line 2: shards = 17 is outside of 0..16 loops"},
	{"[local]\nshards = two", EDGE_EFORMAT, "line 2: \"two\" is not a number"},
	{"[local]\nshards = -1", EDGE_EFORMAT, "line 2: \"-1\" is not a number"},
	{"[local]\nstate = var", EDGE_EFORMAT, "line 2: \"var\" is not an absolute path"},
	{"[certificate.turn]\nchain = /c\nkey = credential:", EDGE_EFORMAT, "line 3: \"credential:\": want credential:NAME of letters, digits, \".\", \"_\" and \"-\""},
	{"[certificate.turn]\nchain = /c\nkey = credential:../k", EDGE_EFORMAT, "line 3: \"credential:../k\": want credential:NAME of letters, digits, \".\", \"_\" and \"-\""},
	{"[certificate.turn]\nchain = /c\nkey = k", EDGE_EFORMAT, "line 3: \"k\" is neither an absolute path nor credential:NAME"},
	{"[certificate.turn]\nchain = credential:c\nkey = /k", EDGE_EFORMAT, "line 2: \"credential:c\" is not an absolute path"},
	{"[local]\nfqdn = a_b", EDGE_EFORMAT, "line 2: \"a_b\" is not a host name"},
	{"[local]\nfqdn = -a.b", EDGE_EFORMAT, "line 2: \"-a.b\" is not a host name"},
	{"[local]\nfqdn = a-.b", EDGE_EFORMAT, "line 2: \"a-.b\" is not a host name"},
	{"[local]\nfqdn = a..b", EDGE_EFORMAT, "line 2: \"a..b\" is not a host name"},
	{"[local]\nfqdn = .a", EDGE_EFORMAT, "line 2: \".a\" is not a host name"},
	{"[local]\nfqdn = a.", EDGE_EFORMAT, "line 2: \"a.\" is not a host name"},
	{"[network]\ninside = 10.20.0.0", EDGE_EFORMAT, "line 2: \"10.20.0.0\" is not networks as 10.0.0.0/8, with commas"},
	{"[network]\ninside = 10.20.30.1/24", EDGE_EFORMAT, "line 2: \"10.20.30.1/24\" is not networks as 10.0.0.0/8, with commas"},
	{"[network]\ninside = 10.0.0.0/8,", EDGE_EFORMAT, "line 2: \"10.0.0.0/8,\" is not networks as 10.0.0.0/8, with commas"},
	{"[network]\ninside = 10.0.0.0/33", EDGE_EFORMAT, "line 2: \"10.0.0.0/33\" is not networks as 10.0.0.0/8, with commas"},
	{"[network]\ninside = 0.0.0.0/0", EDGE_EFORMAT, "line 2: \"0.0.0.0/0\" is not networks as 10.0.0.0/8, with commas"},
	{"[network]\nntp = ", EDGE_EFORMAT, "line 2: \"\" is not addresses as 192.0.2.1, with commas"},
	{"[network]\nntp = pool.example", EDGE_EFORMAT, "line 2: \"pool.example\" is not addresses as 192.0.2.1, with commas"},
	{"[public]\nav = 192.0.2.1/32", EDGE_EFORMAT, "line 2: \"192.0.2.1/32\" is not addresses as 192.0.2.1, with commas"},
	{"[local]\ndevice_external = a/b", EDGE_EFORMAT, "line 2: \"a/b\" is not a device name"},
	{"[local]\ndevice_external = sixteen-bytes-xx", EDGE_EFORMAT, "line 2: \"sixteen-bytes-xx\" is not a device name"},
	{"[certificate.foo]\nkey = /a", EDGE_EFORMAT, "line 2: unknown section [certificate.foo]"},
	{"[certificate.turn]\nkey = /a\n", EDGE_EFORMAT, "line 2: [certificate.turn] has key but no chain"},
	{"[certificate.turn]\nchain = /a", EDGE_EFORMAT, "line 2: [certificate.turn] has chain but no key"},
	{"[tls]\nprofile.access-client = ssl3", EDGE_EFORMAT, "line 2: \"ssl3\" is neither modern nor lync2013"},
	{"[tls]\nprofile. = modern", EDGE_EFORMAT, "line 2: unknown name [tls] profile."},
	{"[tls]\nprofile = modern", EDGE_EFORMAT, "line 2: unknown name [tls] profile"},
	{"[tls]\nprofile.replica = modern\nprofile.replica = modern", EDGE_EDUP, "line 3: [tls] profile.replica given twice"},
	{"[trace]\nhep = collector", EDGE_EFORMAT, "line 2: \"collector\" is not address:port"},
	{"[trace]\nhep = 192.0.2.1:0", EDGE_EFORMAT, "line 2: \"192.0.2.1:0\" is not address:port"},
	{"[trace]\nsize = 0", EDGE_ERANGE, "line 2: size = 0 is outside of 1..1048576 MiB"},
	{"[limits]\naccess.accept_rate = 0", EDGE_ERANGE, "line 2: access.accept_rate = 0 is outside of 1..10000 1/s"},
	{"[limits]\naccess.accept_rate = 1k", EDGE_EFORMAT, "line 2: \"1k\" is not a number"},
	{"[limits]\naccess.accept_rate = 99999999999999999999", EDGE_EFORMAT, "line 2: \"99999999999999999999\" is not a number"},
	{"[limits]\naccess.accept_rate = 1\naccess.accept_rate = 1", EDGE_EDUP, "line 3: access.accept_rate given twice"},
	{"[limits]\naccess.accept_rat = 1", EDGE_EFORMAT, "line 2: unknown name [limits] access.accept_rat"},
	{"[limits]\naccept_rate = 1", EDGE_EFORMAT, "line 2: unknown name [limits] accept_rate"},
	{"[limits]\nweb.x = 1", EDGE_EFORMAT, "line 2: unknown name [limits] web.x"},
	{"[limits]\nav. = 1", EDGE_EFORMAT, "line 2: unknown name [limits] av."},
	{"[limits]\nav.ports = many", EDGE_EFORMAT, "line 2: \"many\" is not a number"},
	{"[options]\naccess.foo = 1", EDGE_EFORMAT, "line 2: unknown name [options] access.foo"},
	{"[options]\naccess.motd = a\naccess.motd = b", EDGE_EDUP, "line 3: access.motd given twice"},
	{"[tls]\nprofile.acces-client = modern", EDGE_EFORMAT, "line 2: [tls] profile.acces-client: no such listener"},
	{"[local]\nshards = 99\nlab = 7", EDGE_ERANGE, "line 2: shards = 99 is outside of 0..16 loops"},
	{"[local]\nbroken\nlab = 7", EDGE_EFORMAT, "line 2: neither [section] nor name = value"},
};
/* clang-format on */

START_TEST(config_refuses_with_the_line_and_the_reason)
{
	struct edge_config *c = NULL;
	char why[200] = "";
	enum edge_err err = edge_config_parse(&c, edge_slice_str(bad[_i].text),
					      &rows, why, sizeof(why));

	ck_assert_str_eq(why, bad[_i].why);
	ck_assert_int_eq(err, bad[_i].err);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(config_refuses_nul_bytes_and_endless_lines)
{
	static char text[5000] = "[local]\nfqdn = a\0b\n";
	struct edge_config *c = NULL;
	char why[200];

	ck_assert_int_eq(edge_config_parse(&c, edge_slice(text, 19), &rows, why,
					   sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_str_eq(why, "line 2: NUL byte");
	memset(text + 8, 'x', sizeof(text) - 9);
	ck_assert_int_eq(edge_config_parse(&c, edge_slice_str(text), &rows, why,
					   sizeof(why)),
			 EDGE_ELIMIT);
	ck_assert(!strncmp(why, "line 2: longer than ", 20));
}
END_TEST

START_TEST(config_cuts_the_reason_to_its_room)
{
	struct edge_config *c = NULL;
	char why[10] = "#########";

	ck_assert_int_eq(
		edge_config_parse(&c, edge_slice_str("x = 1"), &rows, why, 9),
		EDGE_EFORMAT);
	ck_assert_str_eq(why, "line 1: ");
	ck_assert_int_eq(why[9], 0);
	ck_assert_int_eq(
		edge_config_parse(&c, edge_slice_str("x = 1"), &rows, why, 4),
		EDGE_EFORMAT);
	ck_assert_str_eq(why, "lin");
}
END_TEST

START_TEST(config_without_rows_passes_all_services_over)
{
	struct edge_config *c = NULL;
	char why[200];
	static const char text[] = "[limits]\naccess.a = 1\nav.b = 2\n"
				   "[options]\nreplica.c = d\n";

	ck_assert_int_eq(edge_config_parse(&c, edge_slice_str(text), NULL, why,
					   sizeof(why)),
			 EDGE_OK);
	ck_assert_uint_eq(c->limit_count, 0);
	edge_config_free(c);
}
END_TEST

START_TEST(config_load_reads_a_file_or_names_it)
{
	char path[] = "/tmp/edge-config-XXXXXX", why[200] = "";
	struct edge_config *c = NULL;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, full, sizeof(full) - 1), sizeof(full) - 1);
	close(fd);
	ck_assert_int_eq(edge_config_load(&c, path, &rows, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_str_eq(c->state, "/s");
	edge_config_free(c);
	ck_assert_int_eq(unlink(path), 0);
	c = NULL;
	ck_assert_int_eq(edge_config_load(&c, path, &rows, why, sizeof(why)),
			 EDGE_ESYS);
	ck_assert_ptr_null(c);
	ck_assert(!strncmp(why, path, strlen(path)));
	ck_assert_int_eq(
		edge_config_load(&c, "/dev/zero", &rows, why, sizeof(why)),
		EDGE_ELIMIT);
}
END_TEST

/* Each line is wanted in its turn; with all of them nothing is. */
START_TEST(config_says_what_it_lacks)
{
	static const char *const texts[] = {
		"[certificate.access]\nchain = /a\nkey = /b\n",
		"[certificate.internal]\nchain = /a\nkey = /b\n",
		"[trust]\ninternal = /c\n",
	};
	char text[200] = "", why[100] = "";
	struct edge_config *c = parse(text);

	ck_assert_int_eq(edge_config_want_certificate(c, EDGE_CERT_ACCESS, why,
						      sizeof(why)),
			 EDGE_ENOTFOUND);
	ck_assert_str_eq(why, "edge.ini lacks [certificate.access] chain");
	c->certificate[EDGE_CERT_ACCESS].chain = strdup("/a");
	ck_assert_int_eq(edge_config_want_certificate(c, EDGE_CERT_ACCESS, why,
						      sizeof(why)),
			 EDGE_ENOTFOUND);
	ck_assert_str_eq(why, "edge.ini lacks [certificate.access] key");
	for (size_t i = 0; i < 3; i++) {
		static const char *const wanted[] = {
			"edge.ini lacks [certificate.internal] chain",
			"edge.ini lacks [certificate.internal] chain",
			"edge.ini lacks [trust] internal"};

		edge_config_free(c);
		c = parse(text);
		ck_assert_int_eq(edge_config_want_internal(c, why, sizeof(why)),
				 EDGE_ENOTFOUND);
		ck_assert_str_eq(why, wanted[i]);
		strcat(text, texts[i]);
	}
	edge_config_free(c);
	c = parse(text);
	ck_assert_int_eq(edge_config_want_certificate(c, EDGE_CERT_ACCESS, why,
						      sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(edge_config_want_internal(c, why, sizeof(why)),
			 EDGE_OK);
	edge_config_free(c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("good");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, config_has_its_defaults_when_empty);
	tcase_add_test(t, config_takes_every_name_of_the_design);
	tcase_add_test(t, config_lists_of_networks_are_read_one_by_one);
	tcase_add_test(t, config_list_of_managers_is_read_one_by_one);
	tcase_add_test(t, config_without_rows_passes_all_services_over);
	tcase_add_test(t, config_load_reads_a_file_or_names_it);
	tcase_add_test(t, config_says_what_it_lacks);
	suite_add_tcase(s, t);
	t = tcase_create("bad");
	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, config_refuses_with_the_line_and_the_reason, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, config_refuses_nul_bytes_and_endless_lines);
	tcase_add_test(t, config_cuts_the_reason_to_its_room);
	suite_add_tcase(s, t);
	return s;
}
