/* Where a partner is: SRV, targets in RFC 2782's order, addresses. */
#include "access-edge/outbound_find.h"

#include <stdio.h>
#include <string.h>

#include "common/crypto.h"

enum { FEDERATION_PORT = 5061, SRV_NAME = 2 * EDGE_DNS_NAME_LEN };

const char *acc_finding_peer(const struct acc_finding *f)
{
	static const char none[EDGE_DNS_NAME_LEN];

	return f->target ? f->targets[f->target - 1].name : none;
}

bool acc_finding_next(struct acc_finding *f, struct edge_addr *out)
{
	if (f->addr == f->addr_count)
		return false;
	*out = f->addrs[f->addr++];
	return true;
}

/* -- addresses ---------------------------------------------------------- */

/* Whoever owns a domain says where its servers are: not inside, not here. In a
 * lab all may be on one host. */
static bool may_be_dialled(const struct acc_shard *s, const struct edge_addr *a)
{
	if (s->shared->is_lab && edge_addr_classify(a) == EDGE_ADDR_LOOPBACK)
		return true;
	return !topo_is_inside_address(s->view.topo, a) &&
	       (edge_addr_is_public(a) || s->shared->is_lab);
}

static void on_addr(const struct edge_dns_answer *a, void *arg)
{
	struct acc_finding *f = arg;

	f->is_asking = false;
	f->addr = f->addr_count = 0;
	for (size_t i = 0; !a->err && i < a->addr_count; i++)
		if (f->addr_count < ACC_FIND_ADDRS &&
		    may_be_dialled(f->shard, &a->addr[i]))
			f->addrs[f->addr_count++] = a->addr[i];
	f->found(f->arg, ACC_REASON_PARTNER_ADDRESS);
}

bool acc_finding_more(struct acc_finding *f)
{
	const struct acc_target *t;

	if (f->is_asking)
		return true;
	if (f->target == f->target_count || !f->shard->dns ||
	    f->shard->is_ending)
		return false;
	t = &f->targets[f->target++];
	f->is_asking = true;
	edge_dns_addr(f->shard->dns, t->name, t->port, on_addr, f);
	return true;
}

/* -- SRV ---------------------------------------------------------------- */

/* RFC 2782: among those of one priority by chance, in proportion to weight. */
static size_t pick(const struct edge_dns_srv *rows, const bool *used,
		   size_t first, size_t end)
{
	uint32_t sum = 0, at;

	for (size_t i = first; i < end; i++)
		sum += used[i] ? 0 : rows[i].weight + 1u;
	at = sum ? edge_random_u32() % sum : 0;
	for (size_t i = first; i < end; i++) {
		uint32_t w = used[i] ? 0 : rows[i].weight + 1u;

		if (w && at < w)
			return i;
		at -= w;
	}
	return end;
}

static void add_target(struct acc_finding *f, const char *name, uint16_t port)
{
	struct acc_target *t = &f->targets[f->target_count++];

	memcpy(t->name, name, strnlen(name, sizeof(t->name) - 1) + 1);
	t->port = port;
}

/* Those that policy lets us dial; why: of the last that it does not. */
static enum acc_reason take_targets(struct acc_finding *f,
				    const struct edge_dns_srv *rows,
				    size_t count)
{
	bool used[EDGE_DNS_RECORDS_MAX] = {false};
	enum acc_reason why = ACC_REASON_PARTNER_SRV;

	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1;
		     end < count && rows[end].priority == rows[first].priority;)
			end++;
		for (size_t n = first;
		     n < end && f->target_count < ACC_FIND_TARGETS; n++) {
			size_t i = pick(rows, used, first, end);
			enum acc_reason one;

			if (i == end)
				break;
			used[i] = true;
			one = acc_destination_target(&f->shard->view, f->to,
						     rows[i].target);
			if (one)
				why = one;
			else
				add_target(f, rows[i].target, rows[i].port);
		}
	}
	return f->target_count ? ACC_REASON_OK : why;
}

static void on_srv(const struct edge_dns_answer *a, void *arg)
{
	struct acc_finding *f = arg;
	enum acc_reason why = ACC_REASON_PARTNER_DNS;

	f->is_asking = false;
	if (a->err == EDGE_ENOTFOUND || a->err == EDGE_EDENIED)
		why = ACC_REASON_PARTNER_SRV;
	else if (!a->err)
		why = take_targets(f, a->srv, a->srv_count);
	if (why || !acc_finding_more(f))
		f->found(f->arg, why ? why : ACC_REASON_PARTNER_DNS);
}

void acc_finding_begin(struct acc_finding *f)
{
	char name[SRV_NAME];

	if (!f->shard->dns) {
		f->found(f->arg, ACC_REASON_PARTNER_DNS);
		return;
	}
	if (!f->to->by_srv) {
		add_target(f, f->to->name, FEDERATION_PORT);
		(void)acc_finding_more(f);
		return;
	}
	snprintf(name, sizeof(name), "_sipfederationtls._tcp.%s", f->to->name);
	f->is_asking = true;
	edge_dns_srv(f->shard->dns, name, on_srv, f);
}
