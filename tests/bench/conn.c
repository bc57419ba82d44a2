/* Prints what a TLS connection costs here: CPU of a full handshake [us], memory
 * of an idle one [bytes], CPU to pass a message from one to another [us]. The
 * other ends live in a child process, so they do not count. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/conn.h"
#include "common/loop.h"
#include "common/sock.h"
#include "common/tls.h"
#include "tests/support/certs.h"

enum { CONNS = 2000, MESSAGES = 20000, MESSAGE_LEN = 700 };

struct bench {
	struct edge_loop *loop;
	struct edge_conn_plan plan;
	struct edge_conn *conns[CONNS];
	size_t accepted, secured;
	uint64_t passed;
	int listen_fd, order; /* order: a byte written tells the child to go */
	double cpu_us;
	long rss;
};

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long rss_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size = 0, resident = 0;

	if (f && fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * sysconf(_SC_PAGESIZE);
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* The child: blocking OpenSSL, one connection after the other. */
static SSL *client_open(SSL_CTX *ctx, const struct edge_addr *to)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(to, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(ctx);

	must(fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0,
	     "connect");
	edge_sock_set_nodelay(fd);
	SSL_set_fd(ssl, fd);
	must(SSL_connect(ssl) == 1, "SSL_connect");
	return ssl;
}

static void read_exactly(SSL *ssl, size_t len)
{
	char buf[65536];

	while (len) {
		int n = SSL_read(ssl, buf,
				 (int)(len < sizeof(buf) ? len : sizeof(buf)));

		must(n > 0, "SSL_read");
		len -= (size_t)n;
	}
}

static void wait_order(int fd)
{
	char byte;

	must(read(fd, &byte, 1) == 1, "order");
}

/* Message after message on 0, out again on 1, window of them under way. */
static void pass(SSL *in, SSL *out, unsigned window)
{
	char message[MESSAGE_LEN];

	memset(message, 'm', sizeof(message));
	for (unsigned i = 0; i < MESSAGES; i += window) {
		for (unsigned w = 0; w < window; w++)
			must(SSL_write(in, message, sizeof(message)) > 0,
			     "SSL_write");
		read_exactly(out, (size_t)MESSAGE_LEN * window);
	}
}

static void child(const struct edge_addr *to, int order)
{
	static SSL *ssl[CONNS];
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	for (size_t i = 0; i < CONNS; i++) {
		ssl[i] = client_open(ctx, to);
		if (i == 0) /* the first one pays for all first things */
			wait_order(order);
	}
	wait_order(order);
	pass(ssl[0], ssl[1], 1);
	wait_order(order);
	pass(ssl[0], ssl[1], 10);
	wait_order(order);
	exit(0);
}

static void go(struct bench *b)
{
	b->cpu_us = cpu_us();
	b->rss = rss_bytes();
	must(write(b->order, "g", 1) == 1, "order");
}

static void report(const char *what, double value, const char *unit)
{
	printf("%-44s %9.1f %s\n", what, value, unit);
	fflush(stdout);
}

static void on_passed(struct bench *b)
{
	const char *what = b->passed == MESSAGES
				   ? "message passed on, one at a time"
				   : "message passed on, ten at a time";

	if (b->passed % MESSAGES)
		return;
	report(what, (cpu_us() - b->cpu_us) / MESSAGES, "us CPU");
	go(b);
	if (b->passed == 2 * (uint64_t)MESSAGES)
		edge_loop_stop(b->loop);
}

static void on_data(struct bench *b, struct edge_conn *c)
{
	struct edge_slice in = edge_conn_input(c);
	size_t whole = edge_slice_len(in) / MESSAGE_LEN;

	for (size_t i = 0; i < whole; i++, in.p += MESSAGE_LEN)
		must(!edge_conn_write(b->conns[1],
				      edge_slice(in.p, MESSAGE_LEN)),
		     "write");
	edge_conn_consume(c, whole * MESSAGE_LEN);
	for (size_t i = 0; i < whole; i++) {
		b->passed++;
		on_passed(b);
	}
}

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct bench *b = arg;

	if (ev == EDGE_CONN_DATA)
		on_data(b, c);
	if (ev != EDGE_CONN_SECURED)
		return;
	b->secured++;
	if (b->secured == 1)
		go(b);
	if (b->secured < CONNS)
		return;
	report("full handshake", (cpu_us() - b->cpu_us) / (CONNS - 1),
	       "us CPU");
	report("idle connection", (double)(rss_bytes() - b->rss) / (CONNS - 1),
	       "bytes RSS");
	go(b);
}

static void on_accept(unsigned ready, void *arg)
{
	struct bench *b = arg;
	int fd = accept4(b->listen_fd, NULL, NULL, SOCK_NONBLOCK);

	(void)ready;
	if (fd < 0)
		return;
	must(!edge_conn_accept(&b->conns[b->accepted++], &b->plan, fd),
	     "accept");
}

static void serve(struct bench *b, struct certs *certs)
{
	char why[256] = "";
	const struct edge_tls_recipe recipe = {
		.chain = certs_path(certs, "bench.pem"),
		.key = certs_path(certs, "bench.key")};

	must(!edge_loop_new(&b->loop), "loop");
	must(!edge_tls_new(&b->plan.tls, &recipe, why, sizeof(why)), why);
	b->plan.loop = b->loop;
	b->plan.fn = on_event;
	b->plan.arg = b;
	must(!edge_loop_watch(b->loop, b->listen_fd, EDGE_LOOP_READ, on_accept,
			      b),
	     "watch");
	must(!edge_loop_run(b->loop), "run");
	for (size_t i = 0; i < b->accepted; i++)
		edge_conn_close(b->conns[i]);
	edge_loop_free(b->loop);
	edge_tls_drop(b->plan.tls);
}

int main(void)
{
	static struct bench b = {.plan = {.in_cap = 131072,
					  .out_cap = 2 << 20,
					  .high_water = 1 << 20,
					  .low_water = 1 << 18,
					  .handshake_ms = 10000,
					  .stall_ms = 30000}};
	struct certs *certs = certs_new();
	struct edge_addr at, none;
	int order[2];
	pid_t pid;

	certs_make(certs, "bench", &(struct cert_spec){.rsa_bits = 2048});
	must(!edge_addr_parse(&at, edge_slice_str("127.0.0.1"), 0), "address");
	must(!edge_sock_listen(&b.listen_fd, &at, NULL, false), "listen");
	edge_sock_names(b.listen_fd, &at, &none);
	must(pipe(order) == 0, "pipe");
	pid = fork();
	if (pid == 0) {
		close(order[1]);
		child(&at, order[0]);
	}
	close(order[0]);
	b.order = order[1];
	serve(&b, certs);
	close(b.listen_fd);
	waitpid(pid, NULL, 0);
	certs_free(certs);
	return 0;
}
