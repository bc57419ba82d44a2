/* Records to publish and to take away. */
#include "edgectl/dns_cure.h"

#include <stdio.h>
#include <string.h>

enum { LIST = 200 };

static void cure_address(struct ctl_cure *k, const struct ctl_dns_want *w,
			 const struct edge_addr *at, bool is_removed)
{
	const char *type = at->family == AF_INET6 ? "AAAA" : "A";
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(at, false, text);
	if (is_removed)
		ctl_cure_add(k, CTL_ON_DNS, "delete %s. IN %s %s", w->name,
			     type, text);
	else
		ctl_cure_add(k, CTL_ON_DNS, "%s. 3600 IN %s %s", w->name, type,
			     text);
}

static void cure_addresses(struct ctl_cure *k, const struct ctl_dns_want *w,
			   bool may_have_more)
{
	for (size_t i = 0; i < w->got_count && !may_have_more; i++)
		if (!ctl_dns_has(w->at, w->at_count, &w->got[i]))
			cure_address(k, w, &w->got[i], true);
	for (size_t i = 0; i < w->at_count; i++)
		if (!ctl_dns_has(w->got, w->got_count, &w->at[i]))
			cure_address(k, w, &w->at[i], false);
	if (!w->at_count && !w->is_unwanted)
		ctl_cure_add(k, CTL_ON_DNS,
			     "%s. 3600 IN A ADDRESS (that the NAT gives it)",
			     w->name);
}

static void cure_services(struct ctl_cure *k, const struct ctl_dns_want *w)
{
	for (size_t i = 0; i < w->srv_count; i++)
		ctl_cure_add(k, CTL_ON_DNS, "delete %s. IN SRV %u %u %u %s.",
			     w->name, w->srv[i].priority, w->srv[i].weight,
			     w->srv[i].port, w->srv[i].target);
	if (!w->is_unwanted)
		ctl_cure_end(k, CTL_ON_DNS, "%s. 3600 IN SRV 0 0 %u %s.",
			     w->name, w->port, w->target);
}

/* As many as have room. */
static void print_answer(char out[LIST], const struct ctl_dns_want *w)
{
	char text[EDGE_ADDR_STRLEN];
	size_t len = 0;

	*out = '\0';
	for (size_t i = 0; i < w->got_count; i++) {
		edge_addr_print_ip(&w->got[i], false, text);
		if (len + strlen(text) + sizeof(", , ...") > LIST) {
			(void)snprintf(out + len, LIST - len, ", ...");
			return;
		}
		len += (size_t)snprintf(out + len, LIST - len, "%s%s",
					len ? ", " : "", text);
	}
}

/* What DNS answers is not for edge.ini before somebody has said that it is
 * right: his balancer's, or nobody's whom he knows. */
static void cure_balanced(struct ctl_cure *k, const struct ctl_dns_want *w,
			  const char *config)
{
	char list[LIST];

	print_answer(list, w);
	ctl_cure_add(k, CTL_ON_EDGE,
		     "# is %s your balancer? Then nothing but \"%s = %s\" in "
		     "[public] of %.100s; if not, in the zone:",
		     list, w->setting, list, config);
	cure_addresses(k, w, false);
}

void ctl_dns_cure(struct ctl_cure *k, const struct ctl_dns_want *w,
		  enum ctl_dns_verdict verdict, const char *config)
{
	if (verdict == CTL_DNS_BALANCED)
		cure_balanced(k, w, config);
	else if (w->is_srv)
		cure_services(k, w);
	else
		cure_addresses(k, w, w->may_have_more);
}
