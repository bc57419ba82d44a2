/* Reads passwords from files, never from the command line. */
#include "edgectl/test_input.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/crypto.h"

/* It goes into SIP headers, XML and quoted strings as it is. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || strchr("<>\"'&\\,;", *s))
			return false;
	return true;
}

static bool is_address(const char *uri)
{
	const char *at = strchr(uri, '@');

	return at && at > uri + 4 && at[1] && !strchr(at + 1, '@') &&
	       is_plain(uri);
}

static bool read_line(char *out, size_t cap, const char *path)
{
	FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	bool good = file && fgets(out, (int)cap, file);

	if (file && file != stdin)
		(void)fclose(file);
	if (good)
		out[strcspn(out, "\r\n")] = '\0';
	return good && *out;
}

enum ctl_exit ctl_person_check(struct ctl *c, struct ctl_person *p)
{
	const char *given = p->aor;
	int n;

	if (!given || !p->password_file)
		return ctl_usage(c,
				 "--%s-sip-address and --%s-password-file are "
				 "wanted",
				 p->role, p->role);
	n = snprintf(p->uri, sizeof(p->uri), "%s%s",
		     strncmp(given, "sip:", 4) ? "sip:" : "", given);
	if (n < 0 || (size_t)n >= sizeof(p->uri) || !is_address(p->uri))
		return ctl_usage(c, "\"%.80s\": want sip:USER@DOMAIN", given);
	p->aor = p->uri;
	n = p->given_name
		    ? snprintf(p->name, sizeof(p->name), "%s", p->given_name)
		    : snprintf(p->name, sizeof(p->name), "%.*s",
			       (int)strcspn(p->uri + 4, "@"), p->uri + 4);
	if (n <= 0 || (size_t)n >= sizeof(p->name) ||
	    strpbrk(p->name, "\"\r\n"))
		return ctl_usage(c, "--%s-name \"%.80s\" cannot be sent",
				 p->role, p->name);
	if (!read_line(p->password, sizeof(p->password), p->password_file))
		return ctl_fail(c, EDGE_ENOTFOUND, "TEST-005", p->password_file,
				"no password of %s in its first line", p->aor);
	return CTL_GOOD;
}

void ctl_person_fini(struct ctl_person *p)
{
	edge_wipe(p->password, sizeof(p->password));
}

/* Names that DNS is never asked for; false: it is none of them. */
static bool find_inside(struct edge_addr *out, bool *is_known,
			struct edge_slice host, const struct topo *t)
{
	const struct topo_host *h =
		t->host_count ? topo_find_host(t, host) : NULL;

	*is_known = true;
	if (topo_is_our_machine(t, host))
		*out = t->internal;
	else if (h && h->addr_count)
		*out = h->addrs[0];
	else
		*is_known = false;
	return *is_known || topo_is_inside_name(t, host);
}

bool ctl_input_resolve(struct edge_addr *out, const char *host, uint16_t port,
		       const struct topo *t)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	bool good = false;

	if (find_inside(out, &good, edge_slice_str(host), t)) {
		out->port = port;
		return good && port;
	}
	if (!port || getaddrinfo(host, NULL, &hints, &found))
		return false;
	for (int v6 = 0; v6 < 2 && !good; v6++)
		for (struct addrinfo *a = found; a && !good; a = a->ai_next)
			good = a->ai_family == (v6 ? AF_INET6 : AF_INET) &&
			       !edge_addr_from_sockaddr(out, a->ai_addr);
	freeaddrinfo(found);
	out->port = port;
	return good;
}

bool ctl_input_server(struct edge_addr *out, const char *given,
		      const struct topo *t)
{
	uint16_t port = t->listen[TOPO_PORT_ACCESS_CLIENT].addr.port;
	const char *colon = given ? strrchr(given, ':') : NULL;
	char host[256];
	uint64_t n;

	if (!given)
		return ctl_input_resolve(out, t->access_name, port, t);
	if (!edge_addr_parse_port(out, edge_slice_str(given)))
		return true;
	if (colon && !memchr(given, ':', (size_t)(colon - given))) {
		if (!edge_slice_u64(edge_slice_str(colon + 1), 65535, &n) ||
		    !edge_slice_copy(
			    host, sizeof(host),
			    edge_slice(given, (size_t)(colon - given))))
			return false;
		return ctl_input_resolve(out, host, (uint16_t)n, t);
	}
	return ctl_input_resolve(out, given, port, t);
}
