/* Our counters under the names of the product's. */
#include "access-edge/product.h"

#include "access-edge/reason.h"

/* clang-format off */
#define ROWS(...) ROWS_(__VA_ARGS__, -1, -1, -1, -1, -1, -1, -1)
#define ROWS_(a, b, c, d, e, f, g, ...) \
	{(a) + 1, (b) + 1, (c) + 1, (d) + 1, (e) + 1, (f) + 1, (g) + 1}
static const struct acc_product_row table[] = {
#define PRODUCT(kind, object, counter, ...) \
	{ACC_PRODUCT_##kind, object, counter, ROWS(__VA_ARGS__)},
#include "access-edge/product.def"
#undef PRODUCT
	{ACC_PRODUCT_TOTAL, NULL, NULL, {0}},
};
/* clang-format on */

_Static_assert(sizeof(table) / sizeof(*table) <= ACC_PRODUCTS, "rows");

const struct acc_product_row *acc_product_rows(void)
{
	return table;
}

static uint64_t sum_of(const struct edge_stats *s,
		       const struct acc_product_row *r)
{
	uint64_t n = 0;

	for (size_t i = 0; r->rows[i]; i++)
		n += edge_stats_sum(s, r->rows[i] - 1);
	return n;
}

void acc_product_look(struct acc_product *p, const struct edge_stats *s,
		      uint64_t now_ms)
{
	for (size_t i = 0; table[i].object; i++) {
		uint64_t n = sum_of(s, &table[i]);

		if (p->at_ms && now_ms > p->at_ms)
			p->rate[i] = 1000.0 * (double)(n - p->sum[i]) /
				     (double)(now_ms - p->at_ms);
		p->sum[i] = n;
	}
	p->at_ms = now_ms;
}

double acc_product_value(const struct acc_product *p,
			 const struct edge_stats *s, size_t row)
{
	return table[row].kind == ACC_PRODUCT_RATE
		       ? p->rate[row]
		       : (double)sum_of(s, &table[row]);
}
