/* doctor, family DNS: what clients and partners find outside. No name of the
 * inside is ever asked for. */
#include "edgectl/doctor_dns.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/dns_ask.h"
#include "edgectl/dns_cure.h"
#include "edgectl/doctor_svc.h"
#include "edgectl/resolv_cure.h"
#include "edgectl/stranger.h"
#include "topology/file.h"
#include "topology/hosts.h"

enum { RESOLV_MAX = 64 * 1024, SAW = 300 };

struct job {
	struct ctl_doctor *d;
	struct ctl_local outside;
	char real[PATH_MAX];			 /* of the file */
	struct edge_addr named[CTL_DNS_SERVERS]; /* in it */
	size_t named_count;
	struct edge_addr server[CTL_DNS_SERVERS]; /* of those, to be asked */
	size_t server_count;
	char names[200]; /* of the servers */
	bool is_said;	 /* why nobody is asked */
	struct ctl_dns_wants wants;
};

/* -- the servers --------------------------------------------------------- */

/* By the inside although the world lies outside: with a default route inside
 * that is NET's to say. */
static bool is_inside(const struct job *j, const struct edge_addr *server)
{
	struct edge_addr world = ctl_stranger(AF_INET);
	const struct edge_addr *internal = &j->d->topo->internal;

	world.port = 53;
	if (topo_is_inside_address(j->d->topo, server))
		return true;
	return topo_hosts_route(server, internal) == TOPO_HOSTS_INSIDE &&
	       topo_hosts_route(&world, internal) != TOPO_HOSTS_INSIDE;
}

/* What the cures go by. */
static struct ctl_resolv resolv_of(const struct job *j)
{
	return (struct ctl_resolv){
		.kind = ctl_resolv_kind_of(j->real, j->named, j->named_count),
		.config = j->d->c->config_path,
		.path = j->d->c->config->resolv,
		.has_uplinks = !access(CTL_RESOLV_UPLINKS, R_OK),
		.out = j->server,
		.out_count = j->server_count,
	};
}

static void tell_inside(struct job *j, const struct edge_addr *server)
{
	const struct ctl_resolv r = resolv_of(j);
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(server, false, text);
	ctl_resolv_cure_inside(&j->d->cure, &r, server);
	ctl_doctor_bad(j->d, TOPO_ERROR, "DNS-011", text,
		       "%s names %s, which lies inside", r.path, text);
	j->is_said = true;
}

static void tell_none(struct job *j, const char *saw)
{
	const struct ctl_resolv r = resolv_of(j);

	ctl_resolv_cure_none(&j->d->cure, &r);
	ctl_doctor_bad(j->d, TOPO_ERROR, "DNS-010", r.path, "%s", saw);
	j->is_said = true;
}

/* This host itself, whom nobody outside asks. */
static bool is_this_host(const struct job *j, const struct edge_addr *server)
{
	return edge_addr_classify(server) == EDGE_ADDR_LOOPBACK &&
	       !j->d->c->config->lab;
}

/* Those that may be asked. */
static void sort_servers(struct job *j)
{
	for (size_t i = 0; i < j->named_count; i++) {
		char text[EDGE_ADDR_STRLEN];

		edge_addr_print_ip(&j->named[i], false, text);
		if (is_this_host(j, &j->named[i]) || is_inside(j, &j->named[i]))
			continue;
		snprintf(j->names + strlen(j->names),
			 sizeof(j->names) - strlen(j->names), "%s%s",
			 j->server_count ? ", " : "", text);
		j->server[j->server_count++] = j->named[i];
	}
	for (size_t i = 0; i < j->named_count; i++)
		if (!is_this_host(j, &j->named[i]) &&
		    is_inside(j, &j->named[i]))
			tell_inside(j, &j->named[i]);
}

static void read_servers(struct job *j)
{
	const char *path = j->d->c->config->resolv;
	uint8_t *text = NULL;
	size_t len = 0;
	enum edge_err err;

	if (!realpath(path, j->real)) /* links are as good, here */
		snprintf(j->real, sizeof(j->real), "%s", path);
	err = topo_file_read(&text, &len, AT_FDCWD, j->real, RESOLV_MAX);
	if (!err)
		j->named_count =
			ctl_resolv_parse(j->named, edge_slice(text, len));
	free(text);
	sort_servers(j);
	if (!j->server_count && !j->is_said)
		tell_none(j, err ? ctl_reason(err)
				 : "no nameserver line with a server outside");
}

/* -- findings ------------------------------------------------------------ */

static const char *kind_of(const struct ctl_dns_want *w)
{
	return w->is_srv ? "SRV" : "address";
}

static void tell(struct job *j, const struct ctl_dns_want *w,
		 enum ctl_dns_verdict verdict, const char *saw)
{
	static const char *const ids[][2] = {
		[CTL_DNS_ABSENT] = {"DNS-013", "DNS-015"},
		[CTL_DNS_WRONG] = {"DNS-014", "DNS-016"},
		[CTL_DNS_UNWANTED] = {"DNS-017", "DNS-017"},
		[CTL_DNS_BALANCED] = {"DNS-018", "DNS-018"},
	};
	const bool is_warning = verdict == CTL_DNS_UNWANTED ||
				verdict == CTL_DNS_BALANCED ||
				(verdict == CTL_DNS_ABSENT && w->is_srv);

	ctl_dns_cure(&j->d->cure, w, verdict, j->d->c->config_path);
	ctl_doctor_bad(j->d, is_warning ? TOPO_WARN : TOPO_ERROR,
		       ids[verdict][w->is_srv], w->name, "%s record of %s: %s",
		       kind_of(w), w->name, saw);
}

/* Where packets to the servers leave by another way NET says it. */
static void tell_silence(struct job *j)
{
	struct edge_addr source;
	bool leaves = false;
	char us[EDGE_ADDR_STRLEN];

	for (size_t i = 0; i < j->server_count; i++)
		leaves |= !topo_hosts_source(&source, &j->server[i]) &&
			  !edge_addr_same_ip(&source, &j->d->topo->internal);
	if (!leaves || j->d->is_way_out_bad || j->d->is_dns_blocked)
		return;
	edge_addr_print_ip(&j->outside.local, false, us);
	ctl_cure_add(&j->d->cure, CTL_ON_FIREWALL,
		     "allow udp and tcp %s -> %s port 53 out", us, j->names);
	ctl_doctor_bad(j->d, TOPO_ERROR, "DNS-012", j->names,
		       "no answer to what was asked from %s", us);
}

static void judge(struct job *j)
{
	const bool is_balanced = ctl_dns_is_balanced(&j->wants);
	unsigned good = 0, silent = 0;
	char saw[SAW];

	for (size_t i = 0; i < j->wants.count; i++) {
		const struct ctl_dns_want *w = &j->wants.v[i];
		enum ctl_dns_verdict verdict =
			ctl_dns_judge(w, saw, sizeof(saw));

		if (is_balanced)
			verdict = ctl_dns_balanced(verdict, w);

		if (verdict == CTL_DNS_SILENT)
			silent++;
		else if (verdict != CTL_DNS_GOOD)
			tell(j, w, verdict, saw);
		else if (!w->is_unwanted)
			ctl_doctor_good(j->d, "%s %s", w->name, saw);
		else
			good++;
	}
	if (silent)
		tell_silence(j);
	if (j->wants.left_off)
		ctl_doctor_bad(j->d, TOPO_INFO, "DNS-019", "the SIP domains",
			       "%zu more records were not asked for",
			       j->wants.left_off);
	if (good)
		ctl_doctor_good(j->d,
				"%u names for the inside alone are not "
				"published",
				good);
}

static void ask(struct job *j)
{
	const struct ctl_dns_plan plan = {
		.topo = j->d->topo,
		.server = j->server,
		.server_count = j->server_count,
		.local = j->outside.local,
		.device = j->outside.device,
		.is_lab = j->d->c->config->lab,
	};
	enum edge_err err;

	ctl_dns_list(&j->wants, j->d->topo, j->d->c->config,
		     j->outside.local.family);
	err = ctl_dns_ask(&j->wants, &plan);
	if (!err)
		judge(j);
	else if (err == EDGE_ENOTFOUND)
		tell_none(j, "no nameserver that this host's outside address "
			     "can ask");
	else
		tell_silence(j);
}

void ctl_doctor_dns(struct ctl_doctor *d)
{
	struct job *j = calloc(1, sizeof(*j));

	ctl_dns_hosts(d);
	if (!j)
		return;
	j->d = d;
	ctl_local_outside(&j->outside, d, TOPO_PORT_ACCESS_CLIENT);
	read_servers(j);
	if (j->server_count && j->outside.is_here)
		ask(j);
	free(j);
}
