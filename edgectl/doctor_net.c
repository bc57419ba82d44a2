/* doctor, family NET: the plan of the network, judged. */
#include <stdlib.h>
#include <string.h>

#include "edgectl/doctor.h"
#include "edgectl/net_plan.h"
#include "edgectl/units.h"

static void tell(struct ctl_doctor *d, const struct ctl_net_plan *p, size_t i)
{
	const struct ctl_net_finding *f = &p->finding[i];

	for (size_t k = 0; k < p->steps; k++)
		if (p->step[k].finding == (int)i)
			ctl_cure_add(&d->cure, CTL_ON_EDGE, "%s",
				     p->step[k].line);
	if (d->cure.left_out || !strcmp(f->id, "NET-012"))
		ctl_cure_end(&d->cure, CTL_ON_EDGE, "%s net plan --apply",
			     d->tool);
	ctl_doctor_bad(d, f->level, f->id, f->place, "%s", f->saw);
}

/* What the plan has set lives in the kernel alone. */
static void judge_next_start(struct ctl_doctor *d, const struct ctl_net_view *v)
{
	const enum ctl_unit_state state = ctl_net_is_ours(v)
						  ? ctl_unit_state(CTL_UNIT_NET)
						  : CTL_UNIT_UNKNOWN;

	if (state == CTL_UNIT_ENABLED)
		ctl_doctor_good(d, "routes and rules are set again when this "
				   "host starts");
	if (state != CTL_UNIT_DISABLED && state != CTL_UNIT_MASKED)
		return;
	if (state == CTL_UNIT_MASKED)
		ctl_cure_add(&d->cure, CTL_ON_EDGE,
			     "systemctl unmask " CTL_UNIT_NET);
	ctl_cure_add(&d->cure, CTL_ON_EDGE, "systemctl enable " CTL_UNIT_NET);
	ctl_doctor_bad(d, TOPO_WARN, "NET-011", CTL_UNIT_NET,
		       "%s, and what `edgectl net plan --apply` has set is "
		       "gone after the next start of this host",
		       state == CTL_UNIT_MASKED ? "masked" : "not enabled");
}

bool ctl_doctor_is_cut_off(const struct ctl_doctor *d,
			   const struct edge_addr *own, bool is_inside)
{
	for (size_t i = 0; i < d->strays; i++)
		if (edge_addr_same_ip(&d->astray[i], own))
			return true;
	return is_inside ? d->is_way_in_bad : d->is_way_out_bad;
}

void ctl_doctor_net(struct ctl_doctor *d)
{
	const struct ctl_net_wants wants =
		ctl_net_wants_of(d->topo, d->c->config);
	struct ctl_net_plan *p = malloc(sizeof(*p));
	struct ctl_net_view *v = NULL;
	enum edge_err err = p ? ctl_net_view_read(&v) : EDGE_ENOMEM;

	if (err) {
		ctl_doctor_bad(d, TOPO_INFO, "NET-010", "rtnetlink", "%s",
			       ctl_reason(err));
		free(p);
		return;
	}
	ctl_net_plan(p, &wants, v);
	for (size_t i = 0; i < p->goods; i++)
		ctl_doctor_good(d, "%s", p->good[i]);
	for (size_t i = 0; i < p->findings; i++)
		tell(d, p, i);
	judge_next_start(d, v);
	d->is_way_out_bad = p->is_outside_bad;
	d->is_way_in_bad = p->is_inside_bad;
	for (; d->strays < p->strays &&
	       d->strays < sizeof(d->astray) / sizeof(*d->astray);
	     d->strays++)
		d->astray[d->strays] = p->astray[d->strays];
	free(v);
	free(p);
}
