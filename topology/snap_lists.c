/* Facts with running keys: HOSTS names, A/V addresses of the pool, Registrar
 * clusters. */
#include <string.h>

#include "topology/name.h"
#include "topology/snap.h"
#include "topology/snap_rows.h"

bool topo_snap_lit(struct edge_slice *s, const char *text)
{
	struct edge_slice rest = *s, head;

	if (!edge_take(&rest, strlen(text), &head) ||
	    !edge_slice_eq_str(head, text))
		return false;
	*s = rest;
	return true;
}

bool topo_snap_word(struct edge_slice *s, uint8_t sep, struct edge_slice *out)
{
	if (!edge_take_until(s, sep, out)) {
		*out = *s;
		s->p = s->end;
	} else if (s->p == s->end) {
		return false; /* separator at the end */
	}
	return out->p < out->end;
}

bool topo_snap_name(struct topo_snap_in *in, struct edge_slice s,
		    const char **out)
{
	if (!topo_name_is_canonical(s))
		return false;
	*out = topo_arena_str(in->arena, s);
	return *out;
}

size_t topo_snap_count(struct edge_slice s, uint8_t sep)
{
	size_t n = 1;

	if (edge_slice_eq_str(s, "-"))
		return 0;
	for (; s.p < s.end; s.p++)
		n += *s.p == sep;
	return n <= TOPO_SNAP_LIST_MAX ? n : SIZE_MAX;
}

struct topo_host topo_snap_host(const struct topo *t, const char *fqdn)
{
	const struct topo_host *h = topo_find_host(t, edge_slice_str(fqdn));
	struct topo_host host = {.fqdn = fqdn};

	if (h) {
		host.addrs = h->addrs;
		host.addr_count = h->addr_count;
	}
	return host;
}

bool topo_snap_hosts(struct topo_snap_in *in, struct edge_slice s, uint8_t sep,
		     const struct topo_host **out, size_t *count)
{
	size_t n = topo_snap_count(s, sep);
	struct topo_host *v;
	struct edge_slice word;
	const char *fqdn;

	if (n == SIZE_MAX)
		return false;
	v = topo_arena_array(in->arena, n, sizeof(*v));
	if (!v)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!topo_snap_word(&s, sep, &word) ||
		    !topo_snap_name(in, word, &fqdn))
			return false;
		v[i] = topo_snap_host(in->t, fqdn);
	}
	*out = v;
	*count = n;
	return true;
}

/* Facts whose key begins with prefix: they lie together. */
static struct topo_facts with_prefix(const struct topo_facts *f,
				     const char *prefix)
{
	struct topo_facts some = {0};

	for (size_t i = 0; i < f->count; i++) {
		if (strncmp(f->v[i].key, prefix, strlen(prefix)) != 0)
			continue;
		if (!some.count)
			some.v = &f->v[i];
		some.count++;
	}
	return some;
}

void topo_snap_put_hosts(FILE *out, const struct topo *t)
{
	char text[EDGE_ADDR_STRLEN];

	for (size_t i = 0; i < t->host_count; i++) {
		(void)fprintf(out, "host.%s\t", t->hosts[i].fqdn);
		for (size_t k = 0; k < t->hosts[i].addr_count; k++) {
			edge_addr_print_ip(&t->hosts[i].addrs[k], false, text);
			(void)fprintf(out, "%s%s", k ? "," : "", text);
		}
		(void)fputc('\n', out);
	}
}

static bool take_addrs(struct topo_snap_in *in, struct edge_slice s,
		       struct topo_host *h)
{
	size_t n = topo_snap_count(s, ',');
	struct edge_addr *v;
	struct edge_slice word;

	if (!n || n > TOPO_SNAP_ADDRS_MAX)
		return false;
	v = topo_arena_array(in->arena, n, sizeof(*v));
	if (!v)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!topo_snap_word(&s, ',', &word) ||
		    edge_addr_parse(&v[i], word, 0) || !v[i].family)
			return false;
	h->addrs = v;
	h->addr_count = n;
	return true;
}

bool topo_snap_take_hosts(struct topo_snap_in *in, const struct topo_fact **at)
{
	struct topo_facts some = with_prefix(&in->facts, "host.");
	struct topo_host *v =
		topo_arena_array(in->arena, some.count, sizeof(*v));

	if (!v)
		return false;
	for (size_t i = 0; i < some.count; i++) {
		*at = &some.v[i];
		v[i].fqdn = some.v[i].key + strlen("host.");
		if (!topo_name_is_canonical(edge_slice_str(v[i].fqdn)) ||
		    !take_addrs(in, some.v[i].value, &v[i]))
			return false;
	}
	in->t->hosts = v;
	in->t->host_count = some.count;
	return true;
}

static bool is_numbered(const struct topo_facts *some, size_t i,
			const char *prefix)
{
	char want[32];

	(void)snprintf(want, sizeof(want), "%s%03zu", prefix, i);
	return i <= TOPO_SNAP_RUNNING_MAX && strcmp(some->v[i].key, want) == 0;
}

void *topo_snap_take_running(struct topo_snap_in *in,
			     const struct topo_snap_running *r, size_t *count,
			     const struct topo_fact **at)
{
	struct topo_facts some = with_prefix(&in->facts, r->prefix);
	char *v = topo_arena_array(in->arena, some.count, r->size);

	*at = NULL;
	for (size_t i = 0; v && i < some.count; i++) {
		*at = &some.v[i];
		if (!is_numbered(&some, i, r->prefix) ||
		    !r->take(in, some.v[i].value, v + i * r->size))
			return NULL;
	}
	*count = some.count;
	return v;
}

void topo_snap_put_av_members(FILE *out, const struct topo *t)
{
	char text[EDGE_ADDR_STRLEN];

	for (size_t i = 0; i < t->av_member_count; i++) {
		edge_addr_print_ip(&t->av_members[i], false, text);
		(void)fprintf(out, "av.member.%03zu\t%s\n", i, text);
	}
}

static bool take_av_member(struct topo_snap_in *in, struct edge_slice s,
			   void *item)
{
	struct edge_addr *a = item;

	(void)in;
	return edge_addr_parse(a, s, 0) == EDGE_OK && a->family;
}

/* None in a pool of one, and in snapshots older than this fact. */
bool topo_snap_take_av_members(struct topo_snap_in *in,
			       const struct topo_fact **at)
{
	static const struct topo_snap_running running = {
		"av.member.", sizeof(struct edge_addr), take_av_member};

	in->t->av_members = topo_snap_take_running(in, &running,
						   &in->t->av_member_count, at);
	return in->t->av_members;
}

void topo_snap_put_registrars(FILE *out, const struct topo *t)
{
	for (size_t i = 0; i < t->registrar_count; i++) {
		const struct topo_cluster *c = &t->registrars[i];

		(void)fprintf(out,
			      "registrar.%03zu\t%s:%u director=%s members=", i,
			      c->fqdn, c->port, c->is_director ? "yes" : "no");
		for (size_t k = 0; k < c->member_count; k++)
			(void)fprintf(out, "%s%s", k ? "," : "",
				      c->members[k].fqdn);
		(void)fprintf(out, "%s\n", c->member_count ? "" : "-");
	}
}

static bool take_registrar(struct topo_snap_in *in, struct edge_slice s,
			   void *item)
{
	struct topo_cluster *c = item;
	struct edge_slice name, port, director;
	uint64_t n;

	if (!edge_take_until(&s, ':', &name) ||
	    !edge_take_until(&s, ' ', &port) ||
	    !edge_slice_u64(port, UINT16_MAX, &n) ||
	    !topo_snap_lit(&s, "director=") ||
	    !edge_take_until(&s, ' ', &director) ||
	    !topo_snap_lit(&s, "members=") ||
	    !topo_snap_name(in, name, &c->fqdn))
		return false;
	c->port = (uint16_t)n;
	c->is_director = edge_slice_eq_str(director, "yes");
	c->is_registrar = true;
	c->pool = topo_snap_host(in->t, c->fqdn);
	return (c->is_director || edge_slice_eq_str(director, "no")) &&
	       topo_snap_hosts(in, s, ',', &c->members, &c->member_count);
}

bool topo_snap_take_registrars(struct topo_snap_in *in,
			       const struct topo_fact **at)
{
	static const struct topo_snap_running running = {
		"registrar.", sizeof(struct topo_cluster), take_registrar};
	struct topo *t = in->t;
	struct topo_cluster *v =
		topo_snap_take_running(in, &running, &t->registrar_count, at);

	if (!v || !t->registrar_count)
		return false;
	v[0].is_next_hop = true;
	t->registrars = v;
	return true;
}
