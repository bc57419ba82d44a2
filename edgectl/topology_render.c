/* topology render: the packet filter, the table of ports, the public zone. */
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sock.h"
#include "edgectl/ports.h"
#include "edgectl/render.h"
#include "edgectl/ssh_session.h"
#include "topology/file.h"
#include "topology/store.h"

static const struct kind {
	const char *name;
	ctl_render_fn *fn;
	bool wants_host;
} kinds[] = {
	{"nftables", ctl_render_nft, true},
	{"ports", ctl_render_ports, false},
	{"dns", ctl_render_dns, false},
};

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* Of edge.ini, else the device that has the address. */
static enum ctl_exit find_devices(struct ctl_render *r)
{
	const struct edge_config *c = r->c->config;
	const char *given[] = {c->device_external, c->device_internal};
	const struct edge_addr *at[] = {
		&r->topo->listen[TOPO_PORT_ACCESS_CLIENT].addr,
		&r->topo->internal};
	char text[EDGE_ADDR_STRLEN];

	for (int i = 0; i < CTL_SIDES; i++) {
		if (given[i])
			(void)snprintf(r->device[i], sizeof(r->device[i]), "%s",
				       given[i]);
		if (given[i] || edge_sock_device(at[i], r->device[i]))
			continue;
		edge_addr_print_ip(at[i], false, text);
		return ctl_fail(r->c, EDGE_EFORMAT, "NET-006", text,
				"no device has %s, and edge.ini does not name "
				"one",
				text);
	}
	return CTL_GOOD;
}

static enum edge_err replace(const char *path, struct edge_slice text)
{
	const char *slash = strrchr(path, '/');
	char *folder =
		slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	enum edge_err err = folder ? EDGE_OK : EDGE_ENOMEM;
	int dir = -1;

	if (!err)
		err = topo_dir_open(&dir, AT_FDCWD, folder);
	if (!err) {
		err = topo_file_replace(dir, slash ? slash + 1 : path, 0644,
					text);
		close(dir);
	}
	free(folder);
	return err;
}

static enum ctl_exit write_out(struct ctl *c, const char *path,
			       struct edge_slice text)
{
	if (path) {
		enum edge_err err = replace(path, text);

		return err ? ctl_fail(c, err, "CTL-007", path, "%s",
				      ctl_reason(err))
			   : CTL_GOOD;
	}
	if (c->json) {
		ctl_put(c, "text",
			json_stringn((const char *)text.p,
				     edge_slice_len(text)));
		return CTL_GOOD;
	}
	return fwrite(text.p, 1, edge_slice_len(text), stdout) ==
			       edge_slice_len(text)
		       ? CTL_GOOD
		       : ctl_fail(c, EDGE_ESYS, "CTL-007", "standard output",
				  "%s", ctl_reason(EDGE_ESYS));
}

/* Not among the rendering, which may be on its way into a file. */
static void say_who_manages(const struct ctl_render *r, bool has_own_rules)
{
	if (!r->c->json)
		(void)fprintf(stderr, "let in to manage this host: %s%s\n",
			      r->manage,
			      has_own_rules ? ", and whom " CTL_NFT_OPERATOR
					      "/in-*.nft let in"
					    : "");
}

/* What the packet filter wants to know of this host. */
static enum ctl_exit find_host(struct ctl_render *r, const char *manage)
{
	struct ctl_ssh_session session;
	const struct ctl_managing told = {
		.option = manage,
		.session = ctl_ssh_session(&session, getenv("SSH_CONNECTION"),
					   "/proc", getppid()),
		.has_own_rules = ctl_nft_has_own_rules(CTL_NFT_OPERATOR),
	};
	enum ctl_exit exit = find_devices(r);

	if (!exit)
		exit = ctl_render_manage(r, &told);
	if (!exit)
		say_who_manages(r, told.has_own_rules);
	return exit;
}

static enum ctl_exit render(struct ctl_render *r, const struct kind *k,
			    const char *path)
{
	enum ctl_exit exit = CTL_GOOD;
	char *text = NULL;
	size_t len = 0;

	r->out = open_memstream(&text, &len);
	if (!r->out)
		return ctl_fail(r->c, EDGE_ENOMEM, "CTL-007", "memory", "%s",
				ctl_reason(EDGE_ENOMEM));
	k->fn(r);
	if (fclose(r->out))
		exit = ctl_fail(r->c, EDGE_ENOMEM, "CTL-007", "memory", "%s",
				ctl_reason(EDGE_ENOMEM));
	else
		exit = write_out(r->c, path, edge_slice(text, len));
	free(text);
	return exit;
}

static enum ctl_exit load_topology(struct ctl_render *r)
{
	struct topo_store *s = NULL;
	char why[256] = "";
	enum edge_err err = topo_store_open(&s, r->c->config->state);

	if (!err)
		err = topo_store_current(s, &r->topo, why, sizeof(why));
	topo_store_free(s);
	return err ? ctl_fail(r->c, err, "CTL-009", r->c->config->state, "%s",
			      *why ? why : "no topology in the store")
		   : CTL_GOOD;
}

enum ctl_exit ctl_topology_render(struct ctl *c, int argc, char **argv)
{
	const char *path = NULL, *manage = NULL;
	struct ctl_render r = {.c = c};
	const struct ctl_option options[] = {{"out", &path, NULL},
					     {"manage", &manage, NULL},
					     {"csv", NULL, &r.is_csv}};
	enum ctl_exit exit = ctl_options(c, options, 3, &argc, argv);
	const struct kind *k = NULL;

	if (exit)
		return exit;
	k = argc == 1 ? kind_named(argv[0]) : NULL;
	if (!k)
		return ctl_usage(c, "topology render wants nftables, ports or "
				    "dns");
	if (r.is_csv && k->fn != ctl_render_ports)
		return ctl_usage(c, "--csv is for ports");
	if (manage && !k->wants_host)
		return ctl_usage(c, "--manage is for nftables");
	exit = ctl_config(c);
	if (!exit)
		exit = load_topology(&r);
	if (!exit && k->wants_host)
		exit = find_host(&r, manage);
	if (!exit)
		exit = render(&r, k, path);
	topo_drop(r.topo);
	return exit;
}
