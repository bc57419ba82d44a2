/* Our counters under the names of the product's; AE 4.5. */
#ifndef ACCESS_EDGE_PRODUCT_H
#define ACCESS_EDGE_PRODUCT_H

#include "access-edge/stats.h"

enum acc_product_kind { ACC_PRODUCT_TOTAL, ACC_PRODUCT_RATE };

struct acc_product_row {
	enum acc_product_kind kind;
	const char *object, *counter;
	unsigned rows[8]; /* enum acc_stat + 1; 0 ends */
};

enum { ACC_PRODUCTS = 32, ACC_PRODUCT_EVERY_MS = 10000 };

/* The last two looks at the counters. Thread: control. */
struct acc_product {
	uint64_t sum[ACC_PRODUCTS];
	double rate[ACC_PRODUCTS]; /* [1/s] */
	uint64_t at_ms;		   /* 0: never looked */
};

/** Ends with a row without object. */
const struct acc_product_row *acc_product_rows(void);
/** Look again: rates are those since the last look. */
void acc_product_look(struct acc_product *p, const struct edge_stats *s,
		      uint64_t now_ms);
/** Value of that row: a rate of the last look, or the sum now. */
double acc_product_value(const struct acc_product *p,
			 const struct edge_stats *s, size_t row);

#endif
