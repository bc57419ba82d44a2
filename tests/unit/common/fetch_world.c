/* An outside in small: a resolver and a web server on loopback, a loop. */
#include "tests/unit/common/fetch_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { A = 1, AAAA = 28, SERVFAIL = 2, TEXTS = 4 };

/* clang-format off */
static const struct fake_dns_row names[] = {
	{"web.example.com", A, 0, 300, "127.0.0.1"},
	{"web2.example.com", A, 0, 300, "127.0.0.1"},
	{"no.example.com", A, SERVFAIL, 0, NULL},
	{"silent.example.com", A, FAKE_DNS_SILENT, 0, NULL},
	{"private.example.com", A, 0, 300, "10.0.0.1"},
	{"mixed.example.com", A, 0, 300, "10.0.0.1"},
	{"mixed.example.com", A, 0, 300, "127.0.0.1"},
};
/* clang-format on */

static bool is_inside_name(struct edge_slice name, void *arg)
{
	static const char suffix[] = ".inside.com";
	const size_t len = edge_slice_len(name), want = sizeof(suffix) - 1;

	(void)arg;
	return len >= want &&
	       edge_slice_ieq_str(edge_slice(name.end - want, want), suffix);
}

static void resolv_write(struct fetch_world *w)
{
	FILE *f;
	int fd;

	strcpy(w->resolv, "/tmp/edge-resolv-XXXXXX");
	fd = mkstemp(w->resolv);
	ck_assert_int_ge(fd, 0);
	f = fdopen(fd, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "nameserver 127.0.0.1:%u\n", fake_dns_port(w->dns_server));
	fclose(f);
}

void fetch_world_open(struct fetch_world *w, const struct fake_http_row *rows,
		      size_t count)
{
	struct edge_dns_plan p = {.cache_records = 8,
				  .negative_s = 300,
				  .ttl_max_s = 3600,
				  .timeout_ms = 2000,
				  .is_lab = true,
				  .is_inside = is_inside_name};

	memset(w, 0, sizeof(*w));
	w->dns_server = fake_dns_start(names, sizeof(names) / sizeof(names[0]));
	w->web = fake_http_start(rows, count);
	resolv_write(w);
	ck_assert_int_eq(edge_loop_new(&w->loop), EDGE_OK);
	p.loop = w->loop;
	p.resolv = w->resolv;
	ck_assert_int_eq(
		edge_addr_parse(&p.local, edge_slice_str("127.0.0.1"), 0),
		EDGE_OK);
	ck_assert_int_eq(edge_dns_new(&w->dns, &p), EDGE_OK);
	w->plan = (struct edge_get_plan){.loop = w->loop,
					 .dns = w->dns,
					 .local = p.local,
					 .is_lab = true};
}

void fetch_world_close(struct fetch_world *w)
{
	edge_dns_free(w->dns);
	edge_loop_free(w->loop);
	fake_http_stop(w->web);
	fake_dns_stop(w->dns_server);
	unlink(w->resolv);
}

const char *fetch_world_url(const struct fetch_world *w, const char *format)
{
	static char texts[TEXTS][FETCH_WORLD_TEXT];
	static unsigned next;
	char *text = texts[next++ % TEXTS];
	const char *at = strstr(format, "%u");

	ck_assert_ptr_nonnull(at);
	snprintf(text, FETCH_WORLD_TEXT, "%.*s%u%s", (int)(at - format), format,
		 fake_http_port(w->web), at + 2);
	return text;
}

void fetch_world_take(const struct edge_get_answer *a, void *arg)
{
	struct fetch_got *g = arg;

	g->calls++;
	g->err = a->err;
	g->status = a->status;
	g->len = edge_slice_len(a->body);
	snprintf(g->body, sizeof(g->body), "%.*s", (int)g->len,
		 g->len ? (const char *)a->body.p : "");
	if (g->loop)
		edge_loop_stop(g->loop);
}

struct wanted {
	const struct fetch_got *got;
	unsigned calls;
};

static bool has_come(void *arg)
{
	const struct wanted *w = arg;

	return w->got->calls >= w->calls;
}

void fetch_world_wait(struct fetch_world *w, const struct fetch_got *g,
		      unsigned calls)
{
	turns_until(w->loop, has_come, &(struct wanted){g, calls},
		    FETCH_WORLD_MS, "an answer");
}
