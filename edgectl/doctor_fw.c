/* doctor, family FW: the packet filter as loaded, against the table of ports.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/doctor.h"
#include "edgectl/fw_judge.h"
#include "edgectl/fw_parts.h"
#include "edgectl/net_plan.h"
#include "edgectl/nft_boot.h"
#include "edgectl/render.h"
#include "edgectl/run.h"
#include "edgectl/ssh_session.h"

struct loaded {
	json_t *doc;
	struct ctl_nft *nft;
};

static bool load(struct ctl_doctor *d, struct loaded *l)
{
	struct ctl_run r;
	enum edge_err err = ctl_run(&r, "nft -j list ruleset");
	json_error_t why;

	if (!err && r.status)
		err = EDGE_EDENIED;
	if (!err)
		l->doc = json_loadb(r.out, r.len, 0, &why);
	if (!err)
		err = l->doc ? ctl_nft_new(&l->nft, l->doc) : EDGE_EFORMAT;
	if (err)
		ctl_doctor_bad(d, TOPO_INFO, "FW-006", "nft -j list ruleset",
			       "%s", *r.why ? r.why : edge_err_str(err));
	ctl_run_fini(&r);
	return !err;
}

struct network {
	struct ctl_net_view *view;
	struct ctl_net_plan plan;
};

/* NET has told why a device is not known. */
static bool find_devices(struct ctl_doctor *d, struct network *n)
{
	const struct ctl_net_wants wants =
		ctl_net_wants_of(d->topo, d->c->config);

	if (ctl_net_view_read(&n->view))
		return false;
	ctl_net_plan(&n->plan, &wants, n->view);
	return *n->plan.device[CTL_OUTSIDE] && *n->plan.device[CTL_INSIDE];
}

static void report(struct ctl_doctor *d, const struct ctl_fw_report *r)
{
	for (size_t i = 0; i < r->goods; i++)
		ctl_doctor_good(d, "%s", r->good[i]);
	for (size_t i = 0; i < r->findings; i++) {
		const struct ctl_fw_finding *f = &r->finding[i];

		d->is_firewall_bad |= !strcmp(f->id, "FW-003");
		d->cure = f->cure;
		ctl_doctor_bad(d, f->level, f->id, f->place, "%s", f->saw);
	}
	if (r->left_out) {
		d->cure = r->all;
		ctl_doctor_bad(d, TOPO_WARN, "FW-009", "nftables",
			       "%zu rows and ports more, each of a rule of its "
			       "own",
			       r->left_out);
	}
	d->is_next_hop_blocked = r->is_next_hop_blocked;
	d->is_dns_blocked = r->is_dns_blocked;
	d->is_ntp_blocked = r->is_ntp_blocked;
}

/* A rendering need not be told. */
static bool is_managed(const struct ctl_doctor *d)
{
	return d->c->config->network.manage ||
	       ctl_nft_has_own_rules(CTL_NFT_OPERATOR);
}

static void judge(struct ctl_doctor *d, const struct loaded *l,
		  const struct network *n)
{
	struct ctl_fw_report *r = malloc(sizeof(*r));
	struct ctl_sockets *s = malloc(sizeof(*s));
	struct ctl_ssh_session session;
	char manage[CTL_FW_MANAGE];
	struct ctl_nft_boot boot;
	const struct ctl_fw_view v = {
		.topo = d->topo,
		.config = d->c->config,
		.nft = l->nft,
		.sockets = s,
		.net = n->view,
		.device = {n->plan.device[CTL_OUTSIDE],
			   n->plan.device[CTL_INSIDE]},
		.manage = is_managed(d) ? NULL : manage,
		.boot = ctl_nft_boot_read(&boot) ? &boot : NULL,
	};

	if (r && s) {
		ctl_sockets_read(s);
		ctl_fw_manage(manage, s,
			      ctl_ssh_session(&session,
					      getenv("SSH_CONNECTION"), "/proc",
					      getppid()));
		ctl_fw_judge(r, &v);
		report(d, r);
	}
	free(r);
	free(s);
}

void ctl_doctor_fw(struct ctl_doctor *d)
{
	struct network *n = calloc(1, sizeof(*n));
	struct loaded l = {0};

	if (n && find_devices(d, n) && load(d, &l))
		judge(d, &l, n);
	ctl_nft_free(l.nft);
	json_decref(l.doc);
	if (n)
		free(n->view);
	free(n);
}
