/* Who may be a peer: rows of networks, sorted so that the longest prefix that
 * holds an address is found first. */
#include "av-edge/policy.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOWEST_PORT = 1024, /* AV 6.4: below are services of hosts */
	EDGE_UDP = 3478,    /* but for those of other edges */
	EDGE_TCP = 443,
	LENGTHS = 2 * 129, /* prefixes of each family */
	V4_BITS = 32,
	V6_BITS = 128,
};

/* What a row says of its addresses; of two for one network the later in this
 * list counts. */
enum word {
	WORD_ALLOW,
	WORD_DENY,
	WORD_MEMBER, /* relayed ports and those of an edge */
	WORD_OWN,    /* relayed ports */
};

/* An address as two numbers: one comparison finds a row. */
struct place {
	uint64_t high, low;
};

struct row {
	struct place net;
	uint8_t family, bits, word;
};

/* Rows of one length lie together. */
struct group {
	struct place mask;
	uint8_t family, bits;
	size_t first, count;
};

struct ave_policy {
	struct row *rows; /* by family, longest first, then by address */
	size_t count, cap;
	struct group groups[LENGTHS];
	size_t group_count;
	struct edge_addr *listeners;
	size_t listener_count;
	uint16_t port_low, port_high;
};

/* clang-format off */
/* AV 6.4, in its order */
static const struct words {
	uint8_t family, ip[16];
	uint8_t bits, word;
} fixed[] = {
	/* family   network                      bits  word */
	{AF_INET,  {0},                             8, WORD_DENY},
	{AF_INET,  {127},                           8, WORD_DENY},
	{AF_INET,  {169, 254},                     16, WORD_DENY},
	{AF_INET,  {224},                           4, WORD_DENY},
	{AF_INET,  {240},                           4, WORD_DENY},
	{AF_INET6, {0},                           128, WORD_DENY},
	{AF_INET6, {[15] = 1},                    128, WORD_DENY},
	{AF_INET6, {0xfe, 0x80},                   10, WORD_DENY},
	{AF_INET6, {0xff},                          8, WORD_DENY},
	{AF_INET,  {10},                            8, WORD_DENY},
	{AF_INET,  {172, 16},                      12, WORD_DENY},
	{AF_INET,  {192, 168},                     16, WORD_DENY},
	{AF_INET,  {100, 64},                      10, WORD_DENY},
	{AF_INET,  {192, 0, 0},                    24, WORD_DENY},
	{AF_INET,  {198, 18},                      15, WORD_DENY},
	{AF_INET6, {0xfc},                          7, WORD_DENY},
	/* ours: NAT64 of somebody's own network, RFC 8215 */
	{AF_INET6, {0, 0x64, 0xff, 0x9b, 0, 1},    48, WORD_DENY},
	/* ours: RFC 3879, once what fc00::/7 is now */
	{AF_INET6, {0xfe, 0xc0},                   10, WORD_DENY},
};
static const struct words lab[] = {
	{AF_INET,  {127},                           8, WORD_ALLOW},
	{AF_INET6, {[15] = 1},                    128, WORD_ALLOW},
};
/* clang-format on */

enum { FIXED = sizeof(fixed) / sizeof(fixed[0]) };
enum { LAB = sizeof(lab) / sizeof(lab[0]) };

/* -- making --------------------------------------------------------------- */

static struct place place_of(const uint8_t ip[16])
{
	struct place a = {0};

	for (unsigned i = 0; i < 8; i++) {
		a.high = a.high << 8 | ip[i];
		a.low = a.low << 8 | ip[8 + i];
	}
	return a;
}

static uint64_t ones(unsigned bits)
{
	return bits ? UINT64_MAX << (64 - (bits > 64 ? 64 : bits)) : 0;
}

static struct place mask_of(unsigned bits)
{
	return (struct place){ones(bits), ones(bits > 64 ? bits - 64 : 0)};
}

static struct place within(struct place a, struct place mask)
{
	return (struct place){a.high & mask.high, a.low & mask.low};
}

static struct row row_of(const struct words *w)
{
	return (struct row){within(place_of(w->ip), mask_of(w->bits)),
			    w->family, w->bits, w->word};
}

static void add(struct ave_policy *p, const struct words *w)
{
	p->rows[p->count++] = row_of(w);
}

static void add_addr(struct ave_policy *p, const struct edge_addr *a,
		     unsigned bits, enum word word)
{
	const unsigned width = a->family == AF_INET ? V4_BITS : V6_BITS;
	struct words w = {.family = a->family, .word = (uint8_t)word};

	if (!a->family)
		return;
	w.bits = (uint8_t)(bits > width ? width : bits);
	memcpy(w.ip, a->ip, sizeof(w.ip));
	add(p, &w);
}

static bool is_loopback(const struct edge_addr *a)
{
	return edge_addr_classify(a) == EDGE_ADDR_LOOPBACK;
}

static void add_rows(struct ave_policy *p, const struct ave_policy_plan *plan)
{
	for (size_t i = 0; i < FIXED; i++)
		add(p, &fixed[i]);
	for (size_t i = 0; plan->inside && i < plan->inside->count; i++) {
		const struct ave_network *n = &plan->inside->v[i];

		if (!plan->is_lab || !is_loopback(&n->net))
			add_addr(p, &n->net, n->bits, WORD_DENY);
	}
	for (size_t i = 0; i < plan->member_count; i++)
		add_addr(p, &plan->members[i], V6_BITS, WORD_MEMBER);
	for (size_t i = 0; i < plan->own_count; i++)
		if (!plan->is_lab || !is_loopback(&plan->own[i]))
			add_addr(p, &plan->own[i], V6_BITS, WORD_OWN);
}

static int compare(struct place a, struct place b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return (a.low > b.low) - (a.low < b.low);
}

static int by_place(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int d = x->family - y->family;

	if (!d)
		d = y->bits - x->bits;
	if (!d)
		d = compare(x->net, y->net);
	return d;
}

static int by_place_and_word(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int d = by_place(a, b);

	return d ? d : y->word - x->word;
}

static bool is_lab_row(const struct row *r)
{
	for (size_t i = 0; i < LAB; i++) {
		const struct row l = row_of(&lab[i]);

		if (!by_place(r, &l))
			return true;
	}
	return false;
}

/* The lab's own words take the place of the fixed ones. */
static void relax(struct ave_policy *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_lab_row(&p->rows[i]))
			p->rows[i].word = WORD_ALLOW;
}

static void sort(struct ave_policy *p)
{
	size_t kept = 0;

	qsort(p->rows, p->count, sizeof(*p->rows), by_place_and_word);
	for (size_t i = 0; i < p->count; i++) {
		const struct row r = p->rows[i];
		struct group *g = &p->groups[p->group_count];

		if (kept && !by_place(&p->rows[kept - 1], &r))
			continue;
		if (!kept || g[-1].family != r.family || g[-1].bits != r.bits) {
			*g = (struct group){mask_of(r.bits), r.family, r.bits,
					    kept, 0};
			p->group_count++;
		}
		p->groups[p->group_count - 1].count++;
		p->rows[kept++] = r;
	}
	p->count = kept;
}

static enum edge_err copy_listeners(struct ave_policy *p,
				    const struct ave_policy_plan *plan)
{
	const size_t size = plan->listener_count * sizeof(*p->listeners);

	if (!size)
		return EDGE_OK;
	p->listeners = malloc(size);
	if (!p->listeners)
		return EDGE_ENOMEM;
	memcpy(p->listeners, plan->listeners, size);
	p->listener_count = plan->listener_count;
	return EDGE_OK;
}

enum edge_err ave_policy_new(struct ave_policy **out,
			     const struct ave_policy_plan *plan)
{
	struct ave_policy *p = calloc(1, sizeof(*p));
	enum edge_err err = EDGE_ENOMEM;

	if (!p)
		return err;
	p->port_low = plan->port_low;
	p->port_high = plan->port_high;
	p->cap = FIXED + (plan->inside ? plan->inside->count : 0) +
		 plan->member_count + plan->own_count;
	p->rows = calloc(p->cap, sizeof(*p->rows));
	if (p->rows)
		err = copy_listeners(p, plan);
	if (err) {
		ave_policy_free(p);
		return err;
	}
	add_rows(p, plan);
	if (plan->is_lab)
		relax(p);
	sort(p);
	*out = p;
	return EDGE_OK;
}

void ave_policy_free(struct ave_policy *p)
{
	if (!p)
		return;
	free(p->rows);
	free(p->listeners);
	free(p);
}

/* -- judging -------------------------------------------------------------- */

static const struct row *find(const struct ave_policy *p, const struct group *g,
			      struct place net)
{
	size_t low = g->first, high = g->first + g->count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const int d = compare(net, p->rows[mid].net);

		if (!d)
			return &p->rows[mid];
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static enum word look_up(const struct ave_policy *p, const struct edge_addr *a)
{
	const struct place at = place_of(a->ip);

	for (size_t i = 0; i < p->group_count; i++) {
		const struct group *g = &p->groups[i];
		const struct row *found =
			g->family == a->family ? find(p, g, within(at, g->mask))
					       : NULL;

		if (found)
			return (enum word)found->word;
	}
	return WORD_ALLOW;
}

static bool is_relayed_port(const struct ave_policy *p, uint16_t port)
{
	return p->port_low <= port && port <= p->port_high;
}

static bool is_edge_port(uint16_t port)
{
	return port == EDGE_TCP || port == EDGE_UDP;
}

static bool is_listener(const struct ave_policy *p, const struct edge_addr *a)
{
	for (size_t i = 0; i < p->listener_count; i++)
		if (edge_addr_eq(&p->listeners[i], a))
			return true;
	return false;
}

/* any: is there a port that would be let through? */
static bool allows(const struct ave_policy *p, const struct edge_addr *a,
		   bool any)
{
	if (!any && is_listener(p, a))
		return false;
	switch (look_up(p, a)) {
	case WORD_ALLOW:
		return any || a->port >= LOWEST_PORT || is_edge_port(a->port);
	case WORD_MEMBER:
		return any || is_relayed_port(p, a->port) ||
		       is_edge_port(a->port);
	case WORD_OWN:
		return any || is_relayed_port(p, a->port);
	case WORD_DENY:
		break;
	}
	return false;
}

/* Where an IPv6 address may carry an IPv4 address: within a network, from a
 * byte on, some with their bits turned. */
/* clang-format off */
static const struct disguise {
	uint8_t net[16], bits, at[4], turned;
} disguises[] = {
	/* network                           bits  bytes              xor   source */
	{{[10] = 0xff, 0xff},                  96, {12, 13, 14, 15},    0}, /* RFC 4291 2.5.5.2 */
	{{0},                                  96, {12, 13, 14, 15},    0}, /* RFC 4291 2.5.5.1 */
	{{0x00, 0x64, 0xff, 0x9b},             96, {12, 13, 14, 15},    0}, /* RFC 6052 2.1 */
	{{0x20, 0x02},                         16, {2, 3, 4, 5},        0}, /* RFC 3056 */
	{{0x20, 0x01, 0, 0},                   32, {4, 5, 6, 7},        0}, /* RFC 4380: server */
	{{0x20, 0x01, 0, 0},                   32, {12, 13, 14, 15}, 0xff}, /* and client */
};
/* clang-format on */

static bool carries(struct edge_addr *out, const struct edge_addr *a,
		    const struct disguise *d)
{
	if (compare(within(place_of(a->ip), mask_of(d->bits)),
		    place_of(d->net)) != 0)
		return false;
	*out = (struct edge_addr){.family = AF_INET, .port = a->port};
	for (int i = 0; i < 4; i++)
		out->ip[i] = a->ip[d->at[i]] ^ d->turned;
	return true;
}

static bool judge(const struct ave_policy *p, const struct edge_addr *peer,
		  bool any)
{
	struct edge_addr inner;

	if (!peer->family || !allows(p, peer, any))
		return false;
	if (peer->family != AF_INET6)
		return true;
	/* ::1 of a lab carries nothing */
	if (is_loopback(peer))
		return true;
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++)
		if (carries(&inner, peer, &disguises[i]) &&
		    !allows(p, &inner, any))
			return false;
	return true;
}

enum ave_reason ave_policy_judge(const struct ave_policy *p,
				 const struct edge_addr *peer)
{
	return judge(p, peer, false) ? AVE_FINE : AVE_PEER_DENIED;
}

enum ave_reason ave_policy_judge_ip(const struct ave_policy *p,
				    const struct edge_addr *peer)
{
	return judge(p, peer, true) ? AVE_FINE : AVE_PEER_DENIED;
}
