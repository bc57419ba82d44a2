/* edgectl/probe_end.c: what is said of a federation port that asks for our
 * certificate, by what it does when there is none. */
#include <check.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edgectl/probe_tls.h"
#include "edgectl/probe_walk.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

static struct certs *certs;
static struct ctl_probe_run run;
static const struct ctl_probe_plan plan = {.domain = "contoso.com", .ms = 400};

/* One connection of a server that asks for a certificate. */
struct server {
	int fd, version, verify;
	const char *says; /* after the first bytes; NULL: nothing, and waits */
	struct edge_addr at;
	pthread_t thread;
};

static void setup(void)
{
	char why[160] = "";

	signal(SIGPIPE, SIG_IGN); /* as the verb does */
	certs = certs_new();
	certs_make(certs, "ca", &(struct cert_spec){.is_ca = true});
	certs_make(certs, "leaf",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:sip.contoso.com"});
	run = (struct ctl_probe_run){.plan = &plan};
	run.tree = ctl_probe_tree_new("federation");
	ck_assert_ptr_nonnull(run.tree);
	ck_assert(!ctl_probe_roots_new(&run.roots, certs_path(certs, "ca.pem"),
				       why, sizeof(why)));
}

static void teardown(void)
{
	ctl_probe_roots_free(run.roots);
	ctl_probe_tree_free(run.tree);
	certs_free(certs);
}

static SSL_CTX *context(const struct server *s)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate_chain_file(tls, certs_path(certs, "leaf.pem"));
	SSL_CTX_use_PrivateKey_file(tls, certs_path(certs, "leaf.key"),
				    SSL_FILETYPE_PEM);
	SSL_CTX_set_max_proto_version(tls, s->version);
	SSL_CTX_set_verify(tls, s->verify, NULL);
	return tls;
}

/* A status line stands above the lines of the question. */
static void answer(const struct server *s, SSL *ssl, const char *question)
{
	const char *lines = strstr(question, "\r\n");
	char out[4096];

	(void)snprintf(out, sizeof(out), "%s%s", s->says,
		       !strncmp(s->says, "SIP", 3) && lines ? lines : "");
	SSL_write(ssl, out, (int)strlen(out));
}

static void *serve(void *arg)
{
	const struct server *s = arg;
	int fd = accept(s->fd, NULL, NULL);
	SSL_CTX *tls = context(s);
	SSL *ssl = SSL_new(tls);
	char in[2048] = "";

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, in, sizeof(in) - 1) > 0)
		answer(s, ssl, in);
	/* the alert is read before the connection ends */
	shutdown(fd, SHUT_WR);
	while (recv(fd, in, sizeof(in), 0) > 0)
		;
	SSL_free(ssl);
	SSL_CTX_free(tls);
	close(fd);
	return NULL;
}

/* One that says nothing stays, too. */
static void *sit(void *arg)
{
	const struct server *s = arg;
	int fd = accept(s->fd, NULL, NULL);
	SSL_CTX *tls = context(s);
	SSL *ssl = SSL_new(tls);
	char in[2048];

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		while (SSL_read(ssl, in, sizeof(in)) > 0)
			;
	SSL_free(ssl);
	SSL_CTX_free(tls);
	close(fd);
	return NULL;
}

static void start(struct server *s)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);

	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert(!bind(s->fd, (struct sockaddr *)&sa, sizeof(sa)) &&
		  !listen(s->fd, 1) &&
		  !getsockname(s->fd, (struct sockaddr *)&sa, &len));
	ck_assert(!edge_addr_from_sockaddr(&s->at, (struct sockaddr *)&sa));
	ck_assert(!pthread_create(&s->thread, NULL, s->says ? serve : sit, s));
}

/* The node that says the last word. */
static const struct ctl_probe_node *probe(struct server *s)
{
	start(s);
	ctl_probe_end(&run, CTL_PROBE_ROOT, CTL_PROBE_FEDERATION,
		      "sip.contoso.com", &s->at);
	pthread_join(s->thread, NULL);
	close(s->fd);
	ck_assert_uint_gt(run.tree->count, 1);
	return &run.tree->nodes[run.tree->count - 1];
}

enum { DEMANDS = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };

static const struct {
	int version, verify;
	const char *says, *saw; /* saw NULL: it is as it should be */
} rows[] = {
	{TLS1_3_VERSION, DEMANDS, "", NULL},
	{TLS1_2_VERSION, DEMANDS, "", NULL},
	{TLS1_3_VERSION, SSL_VERIFY_PEER, "SIP/2.0 403 Forbidden", NULL},
	{TLS1_2_VERSION, SSL_VERIFY_PEER, "SIP/2.0 200 OK", NULL},
	{TLS1_3_VERSION, SSL_VERIFY_PEER, "HTTP/1.1 400 Bad Request\r\n\r\n",
	 "the answer is not SIP"},
	{TLS1_2_VERSION, SSL_VERIFY_PEER, "HTTP/1.1 400 Bad Request\r\n\r\n",
	 "the answer is not SIP"},
	{TLS1_3_VERSION, SSL_VERIFY_PEER, NULL, "no answer in time"},
	{TLS1_3_VERSION, SSL_VERIFY_NONE, NULL,
	 "the server does not ask for a certificate"},
};

START_TEST(federation_is_judged_by_what_follows_our_missing_certificate)
{
	struct server s = {.version = rows[_i].version,
			   .verify = rows[_i].verify,
			   .says = rows[_i].says};
	const struct ctl_probe_node *n = probe(&s);

	if (!rows[_i].saw) {
		ck_assert_msg(n->state == CTL_PROBE_GOOD, "%s: %s", n->text,
			      n->saw);
		ck_assert_ptr_nonnull(strstr(n->text, "mutual TLS"));
		return;
	}
	ck_assert_msg(n->state == CTL_PROBE_BAD, "%s", n->text);
	ck_assert_str_eq(n->id, "PROBE-208");
	ck_assert_str_eq(n->saw, rows[_i].saw);
}
END_TEST

START_TEST(federation_alert_is_told_in_its_words)
{
	struct server s = {
		.version = TLS1_3_VERSION, .verify = DEMANDS, .says = ""};
	const struct ctl_probe_node *n = probe(&s);

	ck_assert_msg(strstr(n->text, "certificate required"), "%s", n->text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("probe_end");
	TCase *c = tcase_create("federation");

	tcase_set_timeout(c, 30);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(
		c, federation_is_judged_by_what_follows_our_missing_certificate,
		0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(c, federation_alert_is_told_in_its_words);
	suite_add_tcase(s, c);
	return s;
}
