/* Messages of rtnetlink(7) into the view of the network. */
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "edgectl/net_view.h"

enum { ATTRS = 64 };

struct attrs {
	const struct nlattr *v[ATTRS];
};

static int on_attr(const struct nlattr *a, void *arg)
{
	struct attrs *all = arg;
	uint16_t type = mnl_attr_get_type(a);

	if (type < ATTRS)
		all->v[type] = a;
	return MNL_CB_OK;
}

static struct attrs attrs_of(const struct nlmsghdr *h, unsigned head)
{
	struct attrs all = {0};

	mnl_attr_parse(h, head, on_attr, &all);
	return all;
}

static bool has_u32(const struct attrs *a, unsigned type, uint32_t *out)
{
	if (!a->v[type] || mnl_attr_get_payload_len(a->v[type]) < sizeof(*out))
		return false;
	*out = mnl_attr_get_u32(a->v[type]);
	return true;
}

static uint32_t u32_or(const struct attrs *a, unsigned type, uint32_t other)
{
	uint32_t v = other;

	(void)has_u32(a, type, &v);
	return v;
}

/* As it is on the wire of that family; :: and 0.0.0.0 have no family. */
static bool has_addr(const struct attrs *a, unsigned type, uint8_t family,
		     struct edge_addr *out)
{
	size_t len = family == AF_INET ? 4 : 16;
	struct edge_addr at = {.family = family};

	if (!a->v[type] || mnl_attr_get_payload_len(a->v[type]) < len)
		return false;
	memcpy(at.ip, mnl_attr_get_payload(a->v[type]), len);
	if (!memcmp(at.ip, (uint8_t[16]){0}, 16))
		at.family = 0;
	*out = at;
	return true;
}

static bool is_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

static void take_link(struct ctl_net_view *v, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	struct attrs a = attrs_of(h, sizeof(*m));
	struct ctl_net_link *l = &v->link[v->links];
	size_t len;

	if (v->links == CTL_NET_LINKS) {
		v->is_cut = true;
		return;
	}
	if (!a.v[IFLA_IFNAME])
		return;
	*l = (struct ctl_net_link){
		.index = m->ifi_index,
		.is_up =
			(m->ifi_flags & IFF_UP) && (m->ifi_flags & IFF_RUNNING),
		.is_loopback = m->ifi_flags & IFF_LOOPBACK,
		.rp_filter = -1,
		.forward4 = -1,
		.forward6 = -1,
	};
	len = mnl_attr_get_payload_len(a.v[IFLA_IFNAME]);
	len = len < sizeof(l->name) ? len : sizeof(l->name) - 1;
	memcpy(l->name, mnl_attr_get_payload(a.v[IFLA_IFNAME]), len);
	v->links++;
}

static void take_addr(struct ctl_net_view *v, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	struct attrs a = attrs_of(h, sizeof(*m));
	struct ctl_net_addr *at = &v->addr[v->addrs];
	struct edge_addr own;

	if (!is_ip(m->ifa_family) ||
	    (!has_addr(&a, IFA_LOCAL, m->ifa_family, &own) &&
	     !has_addr(&a, IFA_ADDRESS, m->ifa_family, &own)))
		return;
	if (v->addrs == CTL_NET_ADDRS) {
		v->is_cut = true;
		return;
	}
	*at = (struct ctl_net_addr){
		.at = own, .bits = m->ifa_prefixlen, .link = (int)m->ifa_index};
	v->addrs++;
}

/* Of several next hops the first one stands for all. */
static void take_first_hop(struct ctl_net_route *r, const struct nlattr *hops)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(hops);
	size_t len = mnl_attr_get_payload_len(hops);
	struct attrs a = {0};

	if (len < sizeof(*hop) || hop->rtnh_len < sizeof(*hop) ||
	    hop->rtnh_len > len)
		return;
	r->link = hop->rtnh_ifindex;
	mnl_attr_parse_payload(hop + 1, hop->rtnh_len - sizeof(*hop), on_attr,
			       &a);
	(void)has_addr(&a, RTA_GATEWAY, r->family, &r->via);
}

static bool is_wanted(const struct rtmsg *m)
{
	return is_ip(m->rtm_family) && !(m->rtm_flags & RTM_F_CLONED) &&
	       (m->rtm_type == RTN_UNICAST || m->rtm_type == RTN_UNREACHABLE ||
		m->rtm_type == RTN_BLACKHOLE || m->rtm_type == RTN_PROHIBIT ||
		m->rtm_type == RTN_THROW);
}

static void take_route(struct ctl_net_view *v, const struct nlmsghdr *h)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct attrs a = attrs_of(h, sizeof(*m));
	struct ctl_net_route r = {
		.family = m->rtm_family,
		.protocol = m->rtm_protocol,
		.is_unicast = m->rtm_type == RTN_UNICAST,
		.type = m->rtm_type,
		.is_throw = m->rtm_type == RTN_THROW,
		.bits = m->rtm_dst_len,
		.table = u32_or(&a, RTA_TABLE, m->rtm_table),
		.metric = u32_or(&a, RTA_PRIORITY, 0),
		.link = (int)u32_or(&a, RTA_OIF, 0),
	};

	if (!is_wanted(m) || r.table == RT_TABLE_LOCAL ||
	    r.bits > (m->rtm_family == AF_INET ? 32 : 128))
		return;
	(void)has_addr(&a, RTA_DST, r.family, &r.net);
	(void)has_addr(&a, RTA_GATEWAY, r.family, &r.via);
	if (a.v[RTA_MULTIPATH])
		take_first_hop(&r, a.v[RTA_MULTIPATH]);
	if (v->routes == CTL_NET_ROUTES)
		v->is_cut = true;
	else
		v->route[v->routes++] = r;
}

/* Does anything but the source decide? */
static bool is_plain(const struct fib_rule_hdr *m, const struct attrs *a)
{
	static const unsigned others[] = {
		FRA_IIFNAME,   FRA_OIFNAME,  FRA_FWMARK,      FRA_TUN_ID,
		FRA_UID_RANGE, FRA_IP_PROTO, FRA_SPORT_RANGE, FRA_DPORT_RANGE,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (a->v[others[i]])
			return false;
	return m->action == FR_ACT_TO_TBL && !m->tos && !m->dst_len &&
	       !(m->flags & FIB_RULE_INVERT) &&
	       u32_or(a, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX) == UINT32_MAX &&
	       (!a->v[FRA_L3MDEV] ||
		!mnl_attr_get_payload_len(a->v[FRA_L3MDEV]) ||
		!mnl_attr_get_u8(a->v[FRA_L3MDEV]));
}

static void take_rule(struct ctl_net_view *v, const struct nlmsghdr *h)
{
	const struct fib_rule_hdr *m = mnl_nlmsg_get_payload(h);
	struct attrs a = attrs_of(h, sizeof(*m));
	struct ctl_net_rule r = {
		.family = m->family,
		.is_plain = is_plain(m, &a),
		.bits = m->src_len,
		.priority = u32_or(&a, FRA_PRIORITY, 0),
		.table = u32_or(&a, FRA_TABLE, m->table),
	};

	if (!is_ip(r.family) || r.bits > (r.family == AF_INET ? 32 : 128) ||
	    (r.bits && !has_addr(&a, FRA_SRC, r.family, &r.from)))
		return;
	if (v->rules == CTL_NET_RULES)
		v->is_cut = true;
	else
		v->rule[v->rules++] = r;
}

static const struct {
	uint16_t type;
	size_t head;
	void (*take)(struct ctl_net_view *v, const struct nlmsghdr *h);
} kinds[] = {
	{RTM_NEWLINK, sizeof(struct ifinfomsg), take_link},
	{RTM_NEWADDR, sizeof(struct ifaddrmsg), take_addr},
	{RTM_NEWROUTE, sizeof(struct rtmsg), take_route},
	{RTM_NEWRULE, sizeof(struct fib_rule_hdr), take_rule},
};

void ctl_net_view_decode(struct ctl_net_view *v, const void *bytes, size_t len)
{
	const struct nlmsghdr *h = bytes;
	int left = (int)len;

	/* libmnl takes a length above INT_MAX for a short one */
	for (; mnl_nlmsg_ok(h, left) && h->nlmsg_len <= (unsigned)left;
	     h = mnl_nlmsg_next(h, &left))
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (h->nlmsg_type == kinds[i].type &&
			    mnl_nlmsg_get_payload_len(h) >= kinds[i].head)
				kinds[i].take(v, h);
}
