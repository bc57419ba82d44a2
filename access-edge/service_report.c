/* What is told now and then: discovered partners, the product's counters. */
#include <stddef.h>

#include "access-edge/events.h"
#include "access-edge/service_state.h"

enum { REPORTED = 10 }; /* ours: discovered partners of a period */

static uint64_t report_ms(const struct acc_service *v)
{
	unsigned min = v->topo->access.report_min;

	return 60000ull * (min ? min : 60);
}

/* AE 3.1 DiscoveredPartnerReportPeriodMinutes */
static void report(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_service *v =
		(struct acc_service *)(void *)((char *)t -
					       offsetof(struct acc_service,
							report_timer));
	struct edge_quota_row rows[REPORTED];
	size_t n = edge_quota_top(v->shared.quota, rows, REPORTED, now_ms);

	for (size_t i = 0; i < n; i++)
		edge_event(ACC_EV_PARTNER_REPORT,
			   "peer=%s messages=%llu too_fast=%llu "
			   "too_many_users=%llu users=%llu",
			   *rows[i].key ? rows[i].key : "(others)",
			   (unsigned long long)rows[i].taken,
			   (unsigned long long)rows[i].refused_rate,
			   (unsigned long long)rows[i].refused_items,
			   (unsigned long long)rows[i].distinct);
	edge_quota_period(v->shared.quota);
	edge_wheel_start(edge_loop_wheel(v->control), t, now_ms + report_ms(v),
			 report);
}

static void look(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_service *v =
		(struct acc_service *)(void *)((char *)t -
					       offsetof(struct acc_service,
							product_timer));

	acc_product_look(&v->product, v->shared.stats, now_ms);
	edge_wheel_start(edge_loop_wheel(v->control), t,
			 now_ms + ACC_PRODUCT_EVERY_MS, look);
}

const struct acc_product *acc_service_product(const struct acc_service *v)
{
	return &v->product;
}

void acc_service_report_start(struct acc_service *v)
{
	uint64_t now = edge_loop_now_ms(v->control);

	edge_wheel_start(edge_loop_wheel(v->control), &v->report_timer,
			 now + report_ms(v), report);
	look(&v->product_timer, now);
}

void acc_service_report_stop(struct acc_service *v)
{
	edge_wheel_stop(&v->report_timer);
	edge_wheel_stop(&v->product_timer);
}
