/* Rows of networks, sorted so that the longest prefix that holds an address is
 * found first. */
#include "av-edge/policy_table.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	LENGTHS = 2 * 129, /* prefixes of each family */
	V4_BITS = 32,
	V6_BITS = 128,
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

struct ave_policy_table {
	struct row *rows; /* by family, longest first, then by address */
	size_t count;
	struct group groups[LENGTHS];
	size_t group_count;
};

/* clang-format off */
/* AV 6.4, in its order */
static const struct words {
	uint8_t family, ip[16];
	uint8_t bits, word;
} fixed[] = {
	/* family   network                      bits  word */
	{AF_INET,  {0},                             8, AVE_WORD_DENY},
	{AF_INET,  {127},                           8, AVE_WORD_DENY},
	{AF_INET,  {169, 254},                     16, AVE_WORD_DENY},
	{AF_INET,  {224},                           4, AVE_WORD_DENY},
	{AF_INET,  {240},                           4, AVE_WORD_DENY},
	{AF_INET6, {0},                           128, AVE_WORD_DENY},
	{AF_INET6, {[15] = 1},                    128, AVE_WORD_DENY},
	{AF_INET6, {0xfe, 0x80},                   10, AVE_WORD_DENY},
	{AF_INET6, {0xff},                          8, AVE_WORD_DENY},
	{AF_INET,  {10},                            8, AVE_WORD_PRIVATE},
	{AF_INET,  {172, 16},                      12, AVE_WORD_PRIVATE},
	{AF_INET,  {192, 168},                     16, AVE_WORD_PRIVATE},
	{AF_INET,  {100, 64},                      10, AVE_WORD_PRIVATE},
	{AF_INET,  {192, 0, 0},                    24, AVE_WORD_PRIVATE},
	{AF_INET,  {198, 18},                      15, AVE_WORD_PRIVATE},
	{AF_INET6, {0xfc},                          7, AVE_WORD_PRIVATE},
	/* ours: NAT64 of somebody's own network, RFC 8215 */
	{AF_INET6, {0, 0x64, 0xff, 0x9b, 0, 1},    48, AVE_WORD_DENY},
	/* ours: RFC 3879, once what fc00::/7 is now */
	{AF_INET6, {0xfe, 0xc0},                   10, AVE_WORD_DENY},
};
static const struct words lab[] = {
	{AF_INET,  {127},                           8, AVE_WORD_ALLOW},
	{AF_INET6, {[15] = 1},                    128, AVE_WORD_ALLOW},
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

static void add(struct ave_policy_table *p, const struct words *w)
{
	p->rows[p->count++] = row_of(w);
}

static void add_addr(struct ave_policy_table *p, const struct edge_addr *a,
		     unsigned bits, enum ave_word word)
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

static bool is_in(const struct ave_network *n, const struct ave_network *wider)
{
	return n->bits >= wider->bits &&
	       edge_addr_in_prefix(&n->net, &wider->net, wider->bits);
}

/* What is inside stays so, whatever the operator lists (DESIGN 10). */
static bool is_inside(const struct ave_policy_plan *plan,
		      const struct ave_network *n)
{
	for (size_t i = 0; plan->inside && i < plan->inside->count; i++)
		if (is_in(n, &plan->inside->v[i]))
			return true;
	return false;
}

static void add_rows(struct ave_policy_table *p,
		     const struct ave_policy_plan *plan)
{
	for (size_t i = 0; i < plan->allowed_count; i++)
		if (!is_inside(plan, &plan->allowed[i]))
			add_addr(p, &plan->allowed[i].net,
				 plan->allowed[i].bits, AVE_WORD_LISTED);
	for (size_t i = 0; i < FIXED; i++)
		add(p, &fixed[i]);
	for (size_t i = 0; plan->inside && i < plan->inside->count; i++) {
		const struct ave_network *n = &plan->inside->v[i];

		if (!plan->is_lab || !is_loopback(&n->net))
			add_addr(p, &n->net, n->bits, AVE_WORD_DENY);
	}
	for (size_t i = 0; i < plan->member_count; i++)
		add_addr(p, &plan->members[i], V6_BITS, AVE_WORD_MEMBER);
	for (size_t i = 0; i < plan->own_count; i++)
		if (!plan->is_lab || !is_loopback(&plan->own[i]))
			add_addr(p, &plan->own[i], V6_BITS, AVE_WORD_OWN);
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
static void relax(struct ave_policy_table *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_lab_row(&p->rows[i]))
			p->rows[i].word = AVE_WORD_ALLOW;
}

static void sort(struct ave_policy_table *p)
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

static size_t rows_of(const struct ave_policy_plan *plan)
{
	return FIXED + (plan->inside ? plan->inside->count : 0) +
	       plan->allowed_count + plan->member_count + plan->own_count;
}

enum edge_err ave_policy_table_new(struct ave_policy_table **out,
				   const struct ave_policy_plan *plan)
{
	struct ave_policy_table *p = calloc(1, sizeof(*p));

	if (!p)
		return EDGE_ENOMEM;
	p->rows = calloc(rows_of(plan), sizeof(*p->rows));
	if (!p->rows) {
		free(p);
		return EDGE_ENOMEM;
	}
	add_rows(p, plan);
	if (plan->is_lab)
		relax(p);
	sort(p);
	*out = p;
	return EDGE_OK;
}

void ave_policy_table_free(struct ave_policy_table *p)
{
	if (!p)
		return;
	free(p->rows);
	free(p);
}

/* -- finding -------------------------------------------------------------- */

static const struct row *find(const struct ave_policy_table *p,
			      const struct group *g, struct place net)
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

enum ave_word ave_policy_table_find(const struct ave_policy_table *p,
				    const struct edge_addr *a)
{
	const struct place at = place_of(a->ip);

	for (size_t i = 0; i < p->group_count; i++) {
		const struct group *g = &p->groups[i];
		const struct row *found =
			g->family == a->family ? find(p, g, within(at, g->mask))
					       : NULL;

		if (found)
			return (enum ave_word)found->word;
	}
	return AVE_WORD_ALLOW;
}

bool ave_policy_is_private(const struct ave_network *n)
{
	for (size_t i = 0; i < FIXED; i++) {
		struct ave_network wider = {.net.family = fixed[i].family,
					    .bits = fixed[i].bits};

		memcpy(wider.net.ip, fixed[i].ip, sizeof(wider.net.ip));
		if (fixed[i].word == AVE_WORD_PRIVATE && is_in(n, &wider))
			return true;
	}
	return false;
}
