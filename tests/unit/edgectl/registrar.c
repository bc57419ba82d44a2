/* One connection, one request after the other; blocking, in its thread. */
#include "tests/unit/edgectl/registrar.h"

#include <check.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 16384 };

struct registrar {
	SSL_CTX *tls;
	int fd;
	struct edge_addr address;
	pthread_t thread;
	bool is_joined;
	const struct registrar_row *rows;
	size_t count, seen;
	char request[REGISTRAR_SEEN][REQUEST_MAX];
};

/* A whole request; false: the client has gone. */
static bool read_request(SSL *ssl, char *out)
{
	size_t len = 0;

	for (;;) {
		const char *end, *length;
		int n = SSL_read(ssl, out + len, (int)(REQUEST_MAX - 1 - len));

		if (n <= 0)
			return false;
		len += (size_t)n;
		out[len] = '\0';
		end = strstr(out, "\r\n\r\n");
		length = strcasestr(out, "\r\nContent-Length:");
		if (end && length &&
		    len >= (size_t)(end + 4 - out) +
				    strtoul(length + 17, NULL, 10))
			return true;
	}
}

/* Lines of the request that an answer repeats. */
static size_t copy_lines(char *out, size_t cap, const char *request)
{
	static const char *const names[] = {
		"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
	size_t len = 0;

	for (const char *line = request; *line != '\r';) {
		const char *end = strstr(line, "\r\n") + 2;

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (!strncasecmp(line, names[i], strlen(names[i])))
				len += (size_t)snprintf(
					out + len, cap - len, "%.*s",
					(int)(end - line), line);
		line = end;
	}
	return len;
}

static void answer(SSL *ssl, const struct registrar_row *row,
		   const char *request)
{
	char out[2 * REQUEST_MAX];
	const char *body = row->body ? row->body : "";
	const char *headers = row->headers ? row->headers : "";
	size_t len;

	if (row->status == 2) {
		SSL_write(ssl, headers, (int)strlen(headers));
		return;
	}
	len = (size_t)snprintf(out, sizeof(out), "SIP/2.0 %u Phrase\r\n",
			       row->status);
	len += copy_lines(out + len, sizeof(out) - len, request);
	len += (size_t)snprintf(out + len, sizeof(out) - len,
				"%sContent-Length: %zu\r\n\r\n%s", headers,
				strlen(body), body);
	SSL_write(ssl, out, (int)len);
}

static void serve(struct registrar *r, SSL *ssl)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!read_request(ssl, r->request[r->seen]))
			return;
		r->seen++;
		if (r->rows[i].status == 1)
			return;
		if (r->rows[i].status)
			answer(ssl, &r->rows[i], r->request[r->seen - 1]);
	}
	while (read_request(ssl, r->request[REGISTRAR_SEEN - 1]))
		;
}

static void *run(void *arg)
{
	struct registrar *r = arg;
	int fd = accept(r->fd, NULL, NULL);
	SSL *ssl = SSL_new(r->tls);

	if (fd >= 0 && ssl && SSL_set_fd(ssl, fd) && SSL_accept(ssl) > 0)
		serve(r, ssl);
	SSL_free(ssl);
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct registrar *registrar_start(struct certs *certs, const char *name,
				  const struct registrar_row *rows,
				  size_t count)
{
	struct registrar *r = calloc(1, sizeof(*r));
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	char file[64];

	ck_assert_ptr_nonnull(r);
	ck_assert_uint_lt(count, REGISTRAR_SEEN);
	r->rows = rows;
	r->count = count;
	r->tls = SSL_CTX_new(TLS_server_method());
	snprintf(file, sizeof(file), "%s.pem", name);
	ck_assert_int_eq(SSL_CTX_use_certificate_chain_file(
				 r->tls, certs_path(certs, file)),
			 1);
	snprintf(file, sizeof(file), "%s.key", name);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(r->tls,
						     certs_path(certs, file),
						     SSL_FILETYPE_PEM),
			 1);
	r->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert(!bind(r->fd, (struct sockaddr *)&sa, sizeof(sa)) &&
		  !listen(r->fd, 1) &&
		  !getsockname(r->fd, (struct sockaddr *)&sa, &len));
	ck_assert(
		!edge_addr_from_sockaddr(&r->address, (struct sockaddr *)&sa));
	ck_assert(!pthread_create(&r->thread, NULL, run, r));
	return r;
}

struct edge_addr registrar_address(const struct registrar *r)
{
	return r->address;
}

static void join(struct registrar *r)
{
	if (!r->is_joined)
		pthread_join(r->thread, NULL);
	r->is_joined = true;
}

const char *registrar_seen(struct registrar *r, size_t n)
{
	join(r);
	return n < r->seen ? r->request[n] : "";
}

void registrar_stop(struct registrar *r)
{
	shutdown(r->fd, SHUT_RDWR);
	join(r);
	close(r->fd);
	SSL_CTX_free(r->tls);
	free(r);
}
