/* Nothing is forwarded, by the host or by one of its devices. */
#include "edgectl/net_parts.h"

/* One family's switches. */
struct family {
	const char *name, *all, *folder; /* as in /proc/sys */
	int forward;			 /* of all */
	int (*of)(const struct ctl_net_link *l);
};

static int forward4(const struct ctl_net_link *l)
{
	return l->forward4;
}

static int forward6(const struct ctl_net_link *l)
{
	return l->forward6;
}

/* Devices that do although the host as a whole does not. */
static void list_devices(const struct ctl_net_maker *m, const struct family *f,
			 char list[CTL_NET_TEXT])
{
	*list = '\0';
	for (size_t i = 0; f->forward <= 0 && i < m->view->links; i++)
		if (f->of(&m->view->link[i]) > 0)
			ctl_net_join(list, CTL_NET_TEXT / 2, "%s",
				     m->view->link[i].name);
}

/* True: it forwards nothing. */
static bool try_family(struct ctl_net_maker *m, const struct family *f)
{
	char list[CTL_NET_TEXT];
	int finding = -1;

	list_devices(m, f, list);
	if (f->forward > 0)
		finding = ctl_net_found(
			m, "NET-005", TOPO_ERROR, f->all,
			"this host forwards %s between its devices", f->name);
	else if (*list)
		finding = ctl_net_found(
			m, "NET-005", TOPO_ERROR, f->all,
			"%s that comes in by these devices is forwarded: %s",
			f->name, list);
	if (f->forward >= 0)
		ctl_net_step(m, f->forward ? finding : -1, "sysctl -w %s=0",
			     f->all);
	for (size_t i = 0; f->forward <= 0 && i < m->view->links; i++)
		if (f->of(&m->view->link[i]) > 0)
			ctl_net_step(m, finding,
				     "sysctl -w net/%s/conf/%s/forwarding=0",
				     f->folder, m->view->link[i].name);
	return f->forward <= 0 && !*list;
}

void ctl_net_forwarding(struct ctl_net_maker *m)
{
	const struct family four = {"IPv4", "net.ipv4.ip_forward", "ipv4",
				    m->view->forward4, forward4},
			    six = {"IPv6", "net.ipv6.conf.all.forwarding",
				   "ipv6", m->view->forward6, forward6};
	bool good = try_family(m, &four);

	good &= try_family(m, &six);
	if (good)
		ctl_net_good(m, "nothing is forwarded between the sides");
}
