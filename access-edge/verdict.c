/* A decision as a value, with the way it was reached. */
#include "access-edge/verdict.h"

#include <ctype.h>
#include <string.h>

enum { ROW_LEN = 96 }; /* ours: of a row as it is shown */

const char *acc_check_name(enum acc_check c)
{
	static const char *const names[ACC_CHECK_COUNT] = {
#define ACC_CHECK(id, name) [ACC_CHECK_##id] = name,
#include "access-edge/verdict.def"
#undef ACC_CHECK
	};

	return c < ACC_CHECK_COUNT ? names[c] : "?";
}

const char *acc_verification_name(enum topo_verification level)
{
	static const char *const names[TOPO_VERIFICATIONS] = {
		[TOPO_VERIFY_SOURCE] = "UseSourceVerification",
		[TOPO_VERIFY_ALWAYS] = "AlwaysVerifiable",
		[TOPO_VERIFY_NEVER] = "AlwaysUnverifiable",
	};

	return level < TOPO_VERIFICATIONS ? names[level] : "?";
}

void acc_verdict_step(struct acc_verdict *v, enum acc_check check,
		      struct edge_slice row, const char *outcome)
{
	if (v->count < ACC_STEPS)
		v->steps[v->count++] = (struct acc_step){check, row, outcome};
}

enum acc_reason acc_verdict_end(struct acc_verdict *v, enum acc_reason reason)
{
	v->reason = reason;
	return reason;
}

/* A row is what a peer wrote or an administrator. */
static void put_row(struct edge_put *w, struct edge_slice row)
{
	if (edge_slice_len(row) > ROW_LEN)
		row.end = row.p + ROW_LEN;
	edge_put_u8(w, '[');
	for (; row.p < row.end; row.p++)
		edge_put_u8(w, isalnum(*row.p) || strchr(".-_:*", *row.p)
				       ? *row.p
				       : '?');
	edge_put_u8(w, ']');
}

void acc_verdict_print(const struct acc_verdict *v, char out[ACC_RULE_LEN])
{
	struct edge_put w = edge_put(out, ACC_RULE_LEN - 1);
	size_t len = 0;

	for (size_t i = 0; i < v->count && !w.overflow; i++) {
		const struct acc_step *s = &v->steps[i];

		if (i)
			edge_put_u8(&w, ',');
		edge_put_str(&w, acc_check_name(s->check));
		if (edge_slice_len(s->row))
			put_row(&w, s->row);
		edge_put_u8(&w, '=');
		edge_put_str(&w, s->outcome);
		if (!w.overflow)
			len = edge_put_len(&w);
	}
	if (!len)
		out[len++] = '-';
	out[len] = '\0';
}
