/* resolv.conf by people, or by systemd-resolved, which writes it anew. */
#include "edgectl/resolv_cure.h"

#include <stdio.h>
#include <string.h>

#include "edgectl/cure_ini.h"
#include "edgectl/quote.h"

enum { DNS_PORT = 53 };

static bool is_stub_address(const struct edge_addr *a)
{
	return a->family == AF_INET && a->ip[0] == 127 && !a->ip[1] &&
	       !a->ip[2] && (a->ip[3] == 53 || a->ip[3] == 54);
}

enum ctl_resolv_kind ctl_resolv_kind_of(const char *path,
					const struct edge_addr *server,
					size_t count)
{
	static const char made[] = "/run/systemd/resolve/";

	for (size_t i = 0; i < count; i++)
		if (is_stub_address(&server[i]))
			return CTL_RESOLV_STUB;
	return strncmp(path, made, sizeof(made) - 1) != 0 ? CTL_RESOLV_PLAIN
							  : CTL_RESOLV_MADE;
}

/* Another file from now on; a service may read no other folder until it starts
 * again. */
static void use_file(struct ctl_cure *k, const struct ctl_resolv *r,
		     const char *file)
{
	const struct ctl_ini_set set = {"local", "resolv", file};

	ctl_cure_section(k, r->config, set.section);
	ctl_cure_set(k, r->config, &set);
}

/* Beside edge.ini; false: the whole path has no room. */
static bool own_file(char out[CTL_QUOTED], const struct ctl_resolv *r)
{
	const char *slash = strrchr(r->config, '/');
	const int n =
		snprintf(out, CTL_QUOTED, "%.*sresolv.conf",
			 slash ? (int)(slash + 1 - r->config) : 0, r->config);

	return n > 0 && n < CTL_QUOTED;
}

static void print_server(char out[EDGE_ADDR_STRLEN], const struct edge_addr *a)
{
	if (a->port == DNS_PORT || !a->port)
		edge_addr_print_ip(a, false, out);
	else
		edge_addr_print(a, out);
}

/* A file of ours with the servers that stay. */
static void make_file(struct ctl_cure *k, const struct ctl_resolv *r)
{
	char file[CTL_QUOTED], text[EDGE_ADDR_STRLEN];
	struct ctl_quoted q;

	if (!own_file(file, r) || !ctl_quote(&q, file)) {
		k->left_out++;
		return;
	}
	for (size_t i = 0; i < r->out_count; i++) {
		print_server(text, &r->out[i]);
		ctl_cure_add(k, CTL_ON_EDGE, "echo 'nameserver %s' %s %s", text,
			     i ? ">>" : ">", q.text);
	}
	if (!r->out_count)
		ctl_cure_add(k, CTL_ON_EDGE,
			     "echo 'nameserver ADDRESS' > %s # ADDRESS: of a "
			     "server outside",
			     q.text);
	use_file(k, r, file);
}

void ctl_resolv_cure_none(struct ctl_cure *k, const struct ctl_resolv *r)
{
	struct ctl_quoted path;

	if (r->kind == CTL_RESOLV_PLAIN && !ctl_quote(&path, r->path))
		k->left_out++;
	else if (r->kind == CTL_RESOLV_PLAIN)
		ctl_cure_add(k, CTL_ON_EDGE,
			     "echo 'nameserver ADDRESS' >> %s # ADDRESS: of a "
			     "server outside",
			     path.text);
	else if (r->kind == CTL_RESOLV_STUB && r->has_uplinks)
		use_file(k, r, CTL_RESOLV_UPLINKS);
	else
		make_file(k, r);
	ctl_cure_restart(k, CTL_ON_EDGE, "access-edge");
}

static void take_out(struct ctl_cure *k, const char *path, const char *server)
{
	char pattern[2 * EDGE_ADDR_STRLEN];
	struct ctl_quoted file;

	ctl_cure_pattern(pattern, sizeof(pattern), server);
	if (ctl_quote(&file, path))
		ctl_cure_add(
			k, CTL_ON_EDGE,
			"sed -i -E --follow-symlinks "
			"'/^\\s*nameserver\\s+\\[?%s\\]?(:[0-9]+)?\\s*$/d' %s",
			pattern, file.text);
	else
		k->left_out++;
	ctl_cure_add(k, CTL_ON_EDGE, "systemctl reload access-edge");
}

void ctl_resolv_cure_inside(struct ctl_cure *k, const struct ctl_resolv *r,
			    const struct edge_addr *server)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(server, false, text);
	if (r->kind == CTL_RESOLV_PLAIN) {
		take_out(k, r->path, text);
		return;
	}
	make_file(k, r);
	ctl_cure_add(k, CTL_ON_EDGE,
		     "systemctl restart access-edge # and take %s out of DNS= "
		     "in the network settings of this host",
		     text);
}
