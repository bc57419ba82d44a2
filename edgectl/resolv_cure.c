/* resolv.conf by people, or by systemd-resolved, which writes it anew. */
#include "edgectl/resolv_cure.h"

#include <stdio.h>
#include <string.h>

#include "edgectl/cure_ini.h"

enum { PATH = 200, DNS_PORT = 53 };

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

/* Beside edge.ini. */
static void own_file(char out[PATH], const struct ctl_resolv *r)
{
	const char *slash = strrchr(r->config, '/');

	(void)snprintf(out, PATH, "%.*sresolv.conf",
		       slash ? (int)(slash + 1 - r->config) : 0, r->config);
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
	char file[PATH], text[EDGE_ADDR_STRLEN];

	own_file(file, r);
	for (size_t i = 0; i < r->out_count; i++) {
		print_server(text, &r->out[i]);
		ctl_cure_add(k, CTL_ON_EDGE, "echo 'nameserver %s' %s %s", text,
			     i ? ">>" : ">", file);
	}
	if (!r->out_count)
		ctl_cure_add(k, CTL_ON_EDGE,
			     "echo 'nameserver ADDRESS' > %s # ADDRESS: of a "
			     "server outside",
			     file);
	use_file(k, r, file);
}

void ctl_resolv_cure_none(struct ctl_cure *k, const struct ctl_resolv *r)
{
	if (r->kind == CTL_RESOLV_PLAIN)
		ctl_cure_add(k, CTL_ON_EDGE,
			     "echo 'nameserver ADDRESS' >> %s # ADDRESS: of a "
			     "server outside",
			     r->path);
	else if (r->kind == CTL_RESOLV_STUB && r->has_uplinks)
		use_file(k, r, CTL_RESOLV_UPLINKS);
	else
		make_file(k, r);
	ctl_cure_restart(k, CTL_ON_EDGE, "access-edge");
}

void ctl_resolv_cure_inside(struct ctl_cure *k, const struct ctl_resolv *r,
			    const struct edge_addr *server)
{
	char text[EDGE_ADDR_STRLEN], pattern[2 * EDGE_ADDR_STRLEN];

	edge_addr_print_ip(server, false, text);
	if (r->kind == CTL_RESOLV_PLAIN) {
		ctl_cure_pattern(pattern, sizeof(pattern), text);
		ctl_cure_add(
			k, CTL_ON_EDGE,
			"sed -i -E --follow-symlinks "
			"'/^\\s*nameserver\\s+\\[?%s\\]?(:[0-9]+)?\\s*$/d' "
			"%s",
			pattern, r->path);
		ctl_cure_add(k, CTL_ON_EDGE, "systemctl reload access-edge");
		return;
	}
	make_file(k, r);
	ctl_cure_add(k, CTL_ON_EDGE,
		     "systemctl restart access-edge # and take %s out of DNS= "
		     "in the network settings of this host",
		     text);
}
