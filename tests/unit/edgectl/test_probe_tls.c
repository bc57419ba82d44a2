/* edgectl/probe_tls.c, probe_line.c: what is seen of a server's certificate,
 * however the handshake ends; answers, silence and noise on a line. */
#include <check.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edgectl/probe_line.h"
#include "edgectl/probe_tls.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

static struct certs *certs;
static struct ctl_probe_roots *roots;

struct server {
	int fd;
	const char *name; /* of its certificate */
	int version;	  /* and no newer; 0: any */
	bool asks;
	pthread_t thread;
};

static void setup(void)
{
	char why[160] = "";

	signal(SIGPIPE, SIG_IGN); /* as the verb does */
	certs = certs_new();
	certs_make(certs, "ca", &(struct cert_spec){.is_ca = true});
	certs_make(certs, "other", &(struct cert_spec){.is_ca = true});
	ck_assert(!ctl_probe_roots_new(&roots, certs_path(certs, "ca.pem"), why,
				       sizeof(why)));
	ck_assert_str_eq(why, "");
}

static void teardown(void)
{
	ctl_probe_roots_free(roots);
	certs_free(certs);
}

static void *serve(void *arg)
{
	const struct server *s = arg;
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	char file[64], byte;
	SSL *ssl;

	snprintf(file, sizeof(file), "%s.pem", s->name);
	SSL_CTX_use_certificate_chain_file(tls, certs_path(certs, file));
	snprintf(file, sizeof(file), "%s.key", s->name);
	SSL_CTX_use_PrivateKey_file(tls, certs_path(certs, file),
				    SSL_FILETYPE_PEM);
	if (s->version)
		SSL_CTX_set_max_proto_version(tls, s->version);
	if (s->asks)
		SSL_CTX_set_verify(
			tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			NULL);
	ssl = SSL_new(tls);
	SSL_set_fd(ssl, s->fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1)
		SSL_write(ssl, "SIP/1.0", 7);
	SSL_free(ssl);
	SSL_CTX_free(tls);
	close(s->fd);
	return NULL;
}

/* A line to such a server, with what was seen of it. */
static enum edge_err look(struct ctl_probe_line *l, struct ctl_probe_seen *seen,
			  struct server *s)
{
	int pair[2];

	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	s->fd = pair[1];
	*l = (struct ctl_probe_line){.fd = pair[0], .ms = 10000};
	ck_assert(!pthread_create(&s->thread, NULL, serve, s));
	return ctl_probe_tls_new(
		&l->tls, seen,
		&(struct ctl_probe_shake){.roots = roots,
					  .fd = l->fd,
					  .name = "sip.contoso.com",
					  .until_ms =
						  ctl_probe_now_ms() + l->ms});
}

static void end(struct ctl_probe_line *l, struct server *s)
{
	ctl_probe_line_close(l);
	pthread_join(s->thread, NULL);
}

static const struct {
	struct cert_spec spec;
	bool has_name, is_chained, is_valid;
	const char *names;
} leaves[] = {
	{{.issuer = "ca", .san = "DNS:sip.contoso.com,DNS:av.contoso.com"},
	 true,
	 true,
	 true,
	 "sip.contoso.com, av.contoso.com"},
	{{.issuer = "ca", .san = "DNS:av.contoso.com"},
	 false,
	 true,
	 true,
	 "av.contoso.com"},
	{{.issuer = "ca", .san = "DNS:*.contoso.com"},
	 false,
	 true,
	 true,
	 "*.contoso.com"},
	{{.issuer = "ca", .cn = "sip.contoso.com"}, false, true, true, ""},
	{{.issuer = "ca",
	  .san = "DNS:sip.contoso.com",
	  .from_days = -9,
	  .to_days = -2},
	 true,
	 true,
	 false,
	 "sip.contoso.com"},
	{{.issuer = "ca",
	  .san = "DNS:sip.contoso.com",
	  .from_days = 2,
	  .to_days = 9},
	 true,
	 true,
	 false,
	 "sip.contoso.com"},
	{{.issuer = "other", .san = "DNS:sip.contoso.com"},
	 true,
	 false,
	 true,
	 "sip.contoso.com"},
	{{.san = "DNS:sip.contoso.com"}, true, false, true, "sip.contoso.com"},
	{{.issuer = "ca", .san = "DNS:sip.contoso.com", .eku = CERT_EKU_MAIL},
	 true,
	 false,
	 true,
	 "sip.contoso.com"},
	{{.issuer = "other", .san = "DNS:a", .from_days = -9, .to_days = -2},
	 false,
	 false,
	 false,
	 "a"},
	{{.issuer = "ca", .raw_dns = "a\x1b\0b", .raw_dns_len = 4},
	 false,
	 true,
	 true,
	 "a??b"},
};

START_TEST(tls_tells_each_fault_of_a_certificate)
{
	struct server s = {.name = "leaf"};
	struct ctl_probe_seen seen;
	struct ctl_probe_line l;

	certs_make(certs, "leaf", &leaves[_i].spec);
	ck_assert(!look(&l, &seen, &s));
	ck_assert(seen.has_certificate && !seen.asks_for_ours);
	ck_assert_str_eq(seen.version, "TLS 1.3");
	ck_assert_str_eq(seen.names, leaves[_i].names);
	ck_assert_int_eq(seen.has_name, leaves[_i].has_name);
	ck_assert_msg(leaves[_i].is_chained == !*seen.chain, "%s", seen.chain);
	ck_assert_msg(leaves[_i].is_valid == !*seen.validity, "%s",
		      seen.validity);
	end(&l, &s);
}
END_TEST

START_TEST(tls_counts_days_left)
{
	const struct cert_spec spec = {.issuer = "ca",
				       .san = "DNS:sip.contoso.com",
				       .from_days = -1,
				       .to_days = 5};
	struct server s = {.name = "leaf", .version = TLS1_2_VERSION};
	struct ctl_probe_seen seen;
	struct ctl_probe_line l;

	certs_make(certs, "leaf", &spec);
	ck_assert(!look(&l, &seen, &s));
	ck_assert_str_eq(seen.version, "TLS 1.2");
	ck_assert(seen.days_left == 4 || seen.days_left == 5);
	end(&l, &s);
}
END_TEST

/* TLS 1.3 ends after the client's handshake, 1.2 within it. */
START_TEST(tls_sees_who_asks_for_ours)
{
	struct server s = {.name = "leaf",
			   .version = _i ? TLS1_2_VERSION : TLS1_3_VERSION,
			   .asks = true};
	const struct ctl_probe_ask ask = {.domain = "a", .host = "b"};
	struct ctl_probe_seen seen;
	struct ctl_probe_heard heard;
	struct ctl_probe_line l;
	enum edge_err err;

	certs_make(certs, "leaf",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:sip.contoso.com"});
	err = look(&l, &seen, &s);
	ck_assert(seen.has_certificate && seen.asks_for_ours && seen.has_name);
	ck_assert_int_eq(err, _i ? EDGE_ETLS : EDGE_OK);
	if (!err)
		err = ctl_probe_line_ask(&l, CTL_PROBE_SIP, &ask, &heard);
	ck_assert_int_eq(err, EDGE_ETLS);
	/* a reset may overtake the alert */
	ck_assert_str_ne(_i ? seen.why : l.why, "");
	end(&l, &s);
}
END_TEST

START_TEST(tls_line_tells_what_is_foreign)
{
	struct server s = {.name = "leaf"};
	const struct ctl_probe_ask ask = {.domain = "a", .host = "b"};
	struct ctl_probe_seen seen;
	struct ctl_probe_heard heard;
	struct ctl_probe_line l;

	certs_make(certs, "leaf", &(struct cert_spec){.issuer = "ca"});
	ck_assert(!look(&l, &seen, &s));
	ck_assert_int_eq(ctl_probe_line_ask(&l, CTL_PROBE_SIP, &ask, &heard),
			 EDGE_EFORMAT);
	ck_assert_str_eq(l.why, "the answer is not SIP");
	end(&l, &s);
}
END_TEST

/* ---- without TLS: the other end has spoken before */

static int pair_of(struct ctl_probe_line *l, const char *says, bool is_udp)
{
	int pair[2];

	ck_assert(!socketpair(AF_UNIX, is_udp ? SOCK_DGRAM : SOCK_STREAM, 0,
			      pair));
	*l = (struct ctl_probe_line){.fd = pair[0], .is_udp = is_udp, .ms = 30};
	if (*says)
		ck_assert_int_eq(write(pair[1], says, strlen(says)),
				 (ssize_t)strlen(says));
	return pair[1];
}

static const struct {
	const char *says, *why;
	enum ctl_probe_talk talk;
	enum edge_err err;
	bool ends, is_udp;
} lines[] = {
	{"<stream:stream>", "", CTL_PROBE_XMPP, EDGE_OK, false, false},
	{"<html>", "the answer is not an XMPP stream", CTL_PROBE_XMPP,
	 EDGE_EFORMAT, false, false},
	{"", "no answer within 0.0 s", CTL_PROBE_XMPP, EDGE_ETIMEOUT, false,
	 false},
	{"<str", "no answer within 0.0 s", CTL_PROBE_XMPP, EDGE_ETIMEOUT, false,
	 false},
	{"<str", "closed without an answer", CTL_PROBE_XMPP, EDGE_ECLOSED, true,
	 false},
	{"noise", "no answer within 0.0 s", CTL_PROBE_BINDING, EDGE_ETIMEOUT,
	 false, true},
};

START_TEST(line_tells_answers_silence_and_ends)
{
	const struct ctl_probe_ask ask = {.domain = "a", .host = "b"};
	struct ctl_probe_heard heard;
	struct ctl_probe_line l;
	int other = pair_of(&l, lines[_i].says, lines[_i].is_udp);

	if (lines[_i].ends)
		shutdown(other, SHUT_WR);
	ck_assert_int_eq(ctl_probe_line_ask(&l, lines[_i].talk, &ask, &heard),
			 lines[_i].err);
	ck_assert_str_eq(l.why, lines[_i].why);
	close(other);
	ctl_probe_line_close(&l);
}
END_TEST

START_TEST(tls_line_without_tls_is_told)
{
	struct ctl_probe_line l;
	int other = pair_of(&l, "220 mail.contoso.com\r\n", false);
	struct ctl_probe_seen seen;
	const struct ctl_probe_shake p = {.roots = roots,
					  .fd = l.fd,
					  .name = "a",
					  .until_ms =
						  ctl_probe_now_ms() + 10000};

	ck_assert_int_eq(ctl_probe_tls_new(&l.tls, &seen, &p), EDGE_ETLS);
	ck_assert(!seen.has_certificate && !l.tls);
	ck_assert_str_eq(seen.why, "wrong version number");
	close(other);
	ctl_probe_line_close(&l);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("probe_tls");
	TCase *c = tcase_create("tls");

	tcase_set_timeout(c, 30);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, tls_tells_each_fault_of_a_certificate, 0,
			    sizeof(leaves) / sizeof(*leaves));
	tcase_add_test(c, tls_counts_days_left);
	tcase_add_loop_test(c, tls_sees_who_asks_for_ours, 0, 2);
	tcase_add_test(c, tls_line_tells_what_is_foreign);
	tcase_add_loop_test(c, line_tells_answers_silence_and_ends, 0,
			    sizeof(lines) / sizeof(*lines));
	tcase_add_test(c, tls_line_without_tls_is_told);
	suite_add_tcase(s, c);
	return s;
}
