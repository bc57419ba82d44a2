/* Prints what a relayed MiB costs: TLS in, mutual TLS out, CPU of the relay
 * alone [ms]; both ends live in a child process. "copy" relays by
 * edge_conn_write instead of edge_conn_forward, "secret" wipes. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/conn.h"
#include "common/loop.h"
#include "common/sock.h"
#include "common/tls.h"
#include "tests/support/certs.h"

enum { MIB = 1 << 20, QUEUE = 256 * 1024 };

struct bench {
	struct certs *certs;
	struct edge_loop *loop;
	struct edge_conn_plan plan;
	struct edge_tls *tls_in, *tls_out;
	struct edge_conn *in, *out;
	struct edge_addr sink_at;
	int door_fd, sink_fd;
	size_t mib, write_len, passed;
	unsigned turns;
	bool copies;
	struct rusage before;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* -- the ends -------------------------------------------------------------- */

static SSL *shake(SSL_CTX *ctx, int fd, bool is_client)
{
	SSL *ssl = SSL_new(ctx);

	must(ssl && SSL_set_fd(ssl, fd) == 1, "ssl");
	must((is_client ? SSL_connect(ssl) : SSL_accept(ssl)) == 1, "shake");
	return ssl;
}

static void *sink(void *arg)
{
	static uint8_t buf[16384];
	struct bench *b = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int fd;
	SSL *ssl;

	must(SSL_CTX_use_certificate_file(ctx, certs_path(b->certs, "edge.pem"),
					  SSL_FILETYPE_PEM) == 1 &&
		     SSL_CTX_use_PrivateKey_file(
			     ctx, certs_path(b->certs, "edge.key"),
			     SSL_FILETYPE_PEM) == 1 &&
		     SSL_CTX_load_verify_locations(
			     ctx, certs_path(b->certs, "ca.pem"), NULL) == 1,
	     "certificate");
	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	fd = accept(b->sink_fd, NULL, NULL);
	must(fd >= 0, "accept");
	ssl = shake(ctx, fd, false);
	while (SSL_read(ssl, buf, sizeof(buf)) > 0)
		;
	must(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN, "close_notify");
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
	SSL_CTX_free(ctx);
	return NULL;
}

static void ends(struct bench *b)
{
	struct edge_addr at, none;
	struct sockaddr_storage sa;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	uint8_t *bytes = calloc(1, b->write_len);
	pthread_t thread;
	socklen_t len;
	SSL *ssl;
	int fd;

	must(!pthread_create(&thread, NULL, sink, b), "thread");
	edge_sock_names(b->door_fd, &at, &none);
	len = edge_addr_to_sockaddr(&at, &sa);
	fd = socket(sa.ss_family, SOCK_STREAM, 0);
	must(!connect(fd, (struct sockaddr *)&sa, len), "connect");
	ssl = shake(ctx, fd, true);
	for (size_t left = b->mib * MIB; left;) {
		size_t n = left < b->write_len ? left : b->write_len, done;

		must(SSL_write_ex(ssl, bytes, n, &done) == 1, "write");
		left -= done;
	}
	SSL_shutdown(ssl);
	while (SSL_read(ssl, bytes, 1) > 0)
		;
	pthread_join(thread, NULL);
	SSL_free(ssl);
	close(fd);
	free(bytes);
	SSL_CTX_free(ctx);
}

/* -- the relay ------------------------------------------------------------- */

static size_t pass(struct bench *b)
{
	struct edge_slice bytes;

	if (!b->copies)
		return edge_conn_forward(b->in, b->out);
	bytes = edge_conn_input(b->in);
	if (edge_conn_write(b->out, bytes) != EDGE_OK)
		return 0;
	edge_conn_consume(b->in, edge_slice_len(bytes));
	return edge_slice_len(bytes);
}

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct bench *b = arg;

	must(ev != EDGE_CONN_FAILED && ev != EDGE_CONN_TIMEOUT,
	     edge_conn_detail(c));
	if (c == b->in && ev == EDGE_CONN_SECURED)
		getrusage(RUSAGE_SELF, &b->before);
	if (c == b->in && ev == EDGE_CONN_DATA) {
		b->turns++;
		b->passed += pass(b);
		if (edge_conn_above_high_water(b->out) ||
		    edge_conn_buffered(b->in))
			edge_conn_pause(b->in);
	}
	if (c == b->out && ev == EDGE_CONN_DRAINED)
		edge_conn_resume(b->in);
	if (c == b->in && ev == EDGE_CONN_EOF)
		edge_conn_shut(b->out);
	if (c == b->out && ev == EDGE_CONN_EOF)
		edge_loop_stop(b->loop);
}

static void on_door(unsigned ready, void *arg)
{
	struct bench *b = arg;
	struct edge_addr from;
	int fd;

	(void)ready;
	if (edge_sock_accept(&fd, &from, b->door_fd) != EDGE_OK)
		return;
	b->plan.tls = b->tls_in;
	must(edge_conn_accept(&b->in, &b->plan, fd) == EDGE_OK, "accept");
	b->plan.tls = b->tls_out;
	must(edge_conn_dial(&b->out, &b->plan, NULL, NULL, &b->sink_at,
			    "sip.contoso.com") == EDGE_OK,
	     "dial");
}

static double ms(struct timeval from, struct timeval to)
{
	return (double)(to.tv_sec - from.tv_sec) * 1e3 +
	       (double)(to.tv_usec - from.tv_usec) / 1e3;
}

static void relay(struct bench *b)
{
	struct rusage after;
	double user, sys, mib = (double)b->mib;

	must(edge_loop_watch(b->loop, b->door_fd, EDGE_LOOP_READ, on_door, b) ==
			     EDGE_OK &&
		     edge_loop_run(b->loop) == EDGE_OK,
	     "loop");
	getrusage(RUSAGE_SELF, &after);
	user = ms(b->before.ru_utime, after.ru_utime);
	sys = ms(b->before.ru_stime, after.ru_stime);
	must(b->passed == b->mib * MIB, "bytes lost");
	printf("%s %s\n", edge_conn_tls_version(b->in),
	       edge_conn_tls_suite(b->in));
	printf("ms/MiB %.3f user %.3f sys %.3f, turns/MiB %.1f\n",
	       (user + sys) / mib, user / mib, sys / mib, b->turns / mib);
	edge_loop_unwatch(b->loop, b->door_fd);
	edge_conn_close(b->in);
	edge_conn_close(b->out);
}

/* -- start ----------------------------------------------------------------- */

static void listen_on(int *fd, bool waits)
{
	struct edge_addr at;

	must(edge_addr_parse(&at, edge_slice_str("127.0.0.1"), 0) == EDGE_OK &&
		     edge_sock_listen(fd, &at, NULL, false) == EDGE_OK,
	     "listen");
	if (waits) /* the sink is a simple one */
		must(!fcntl(*fd, F_SETFL, 0), "fcntl");
}

static struct edge_tls *tls(struct bench *b, bool is_client)
{
	struct edge_tls_recipe r = {
		.chain = certs_path(b->certs,
				    is_client ? "relay.pem" : "edge.pem"),
		.key = certs_path(b->certs,
				  is_client ? "relay.key" : "edge.key"),
		.trust = is_client ? certs_path(b->certs, "ca.pem") : NULL,
		.ask = is_client ? EDGE_TLS_ASK_REQUIRED : EDGE_TLS_ASK_NONE,
		.is_client = is_client};
	struct edge_tls *t = NULL;
	char why[200] = "";

	must(edge_tls_new(&t, &r, why, sizeof(why)) == EDGE_OK, why);
	return t;
}

int main(int argc, char **argv)
{
	static const struct edge_peer_policy policy;
	struct bench b = {.mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 256,
			  .write_len = argc > 2 ? strtoul(argv[2], NULL, 10)
						: 65536};
	struct edge_addr none;
	pid_t child;
	int status = 0;

	b.copies = argc > 3 && strstr(argv[3], "copy");
	b.certs = certs_new();
	certs_make_usual(b.certs);
	certs_make(b.certs, "relay", &(struct cert_spec){.issuer = "ca"});
	listen_on(&b.door_fd, false);
	listen_on(&b.sink_fd, true);
	edge_sock_names(b.sink_fd, &b.sink_at, &none);
	child = fork();
	if (!child) {
		ends(&b);
		_exit(0);
	}
	must(edge_loop_new(&b.loop) == EDGE_OK, "loop");
	b.tls_in = tls(&b, false);
	b.tls_out = tls(&b, true);
	b.plan = (struct edge_conn_plan){
		.loop = b.loop,
		.policy = &policy,
		.in_cap = 65536,
		.out_cap = QUEUE,
		.high_water = QUEUE / 2,
		.low_water = QUEUE / 8,
		.handshake_ms = 10000,
		.has_secrets = argc > 3 && strstr(argv[3], "secret"),
		.fn = on_event,
		.arg = &b};
	relay(&b);
	edge_loop_free(b.loop);
	waitpid(child, &status, 0);
	edge_tls_drop(b.tls_in);
	edge_tls_drop(b.tls_out);
	certs_free(b.certs);
	return status != 0;
}
