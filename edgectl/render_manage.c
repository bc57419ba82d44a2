/* topology render nftables: who manages the host must not be shut out. */
#include <dirent.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "edgectl/render.h"

/* SSH_CONNECTION is "THEIRS PORT OURS PORT"; sshd(8) writes it. */
static bool parse_session(const char *text, struct edge_addr *from,
			  uint16_t *port)
{
	const char *last = strrchr(text, ' ');
	size_t len = strcspn(text, " ");
	uint64_t n;

	if (!last || edge_addr_parse(from, edge_slice(text, len), 0) ||
	    !edge_slice_u64(edge_slice_str(last + 1), UINT16_MAX, &n))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool lets_in(const char *list, const char *session)
{
	struct edge_addr from, net;
	uint16_t port, want;
	unsigned bits;

	if (!parse_session(session, &from, &want))
		return false;
	while (edge_config_next_manage(&list, &port, &net, &bits))
		if (port == want && edge_addr_in_prefix(&from, &net, bits))
			return true;
	return false;
}

/* Who works over SSH and loads the filter would shut himself out. */
static void warn_of_lockout(const struct ctl_render *r,
			    const struct ctl_managing *told)
{
	if (!told->session || !*told->session || told->has_own_rules ||
	    lets_in(r->manage, told->session))
		return;
	ctl_find(r->c, TOPO_WARN, "FW-007", "SSH_CONNECTION",
		 "this is a session over SSH (%.60s), and \"%.120s\" does not "
		 "let it in: with the filter loaded this session, or the next "
		 "one, is shut out",
		 told->session, r->manage);
}

/* As the filter includes it; without a line in it nobody is let in. */
static bool is_rules(DIR *d, const char *name)
{
	struct stat st;

	return !fnmatch("in-*.nft", name, 0) &&
	       !fstatat(dirfd(d), name, &st, 0) && S_ISREG(st.st_mode) &&
	       st.st_size > 0;
}

bool ctl_nft_has_own_rules(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d)))
		found = is_rules(d, e->d_name);
	if (d)
		(void)closedir(d);
	return found;
}

enum ctl_exit ctl_render_manage(struct ctl_render *r,
				const struct ctl_managing *told)
{
	r->manage = told->option ? told->option : r->c->config->network.manage;
	if (r->manage && !edge_config_is_manage(r->manage))
		return ctl_usage(r->c,
				 "--manage wants none, or ports and networks "
				 "as \"22 from 10.0.0.0/24\", not \"%.80s\"",
				 r->manage);
	if (!r->manage && !told->has_own_rules)
		return ctl_fail(r->c, EDGE_EUSAGE, "FW-007", "[network] manage",
				"nobody is named who manages this host over "
				"the network: with the filter loaded nobody "
				"could");
	if (!r->manage)
		r->manage = "none";
	warn_of_lockout(r, told);
	return CTL_GOOD;
}
