/* The shards of this service, each on its thread. */
#include "access-edge/crew.h"

#include "access-edge/events.h"

static enum edge_err make(void **worker, unsigned index, void *arg)
{
	struct acc_shared *shared = arg;
	struct acc_shard *s = NULL;
	enum edge_err err = acc_shard_new(&s, &shared->plans[index]);

	shared->shard[index] = s;
	*worker = s;
	return err;
}

static struct edge_loop *loop_of(void *worker)
{
	return ((struct acc_shard *)worker)->loop;
}

static struct edge_mailbox *mailbox_of(void *worker)
{
	return ((struct acc_shard *)worker)->mailbox;
}

static void end(void *worker)
{
	struct acc_shard *s = worker;

	acc_shard_free(s);
}

static void on_full(unsigned worker, void *arg)
{
	(void)arg;
	edge_event(ACC_EV_MAILBOX_FULL, "from=control to=%u", worker);
}

enum edge_err acc_crew_new(struct edge_crew **out, struct acc_shared *shared,
			   struct acc_shard_plan *plans)
{
	const struct edge_crew_plan p = {
		.count = shared->shard_count,
		.make = make,
		.loop = loop_of,
		.mailbox = mailbox_of,
		.free = end,
		.drop = acc_mail_free,
		.full = on_full,
		.arg = shared,
	};
	enum edge_err err;

	shared->plans = plans;
	err = edge_crew_new(out, &p);
	shared->plans = NULL;
	for (unsigned i = 0; i < p.count; i++) {
		acc_shard_plan_drop(&plans[i]); /* of those not started */
		if (err)
			shared->shard[i] = NULL;
	}
	return err;
}

void acc_crew_free(struct edge_crew *c, struct acc_shared *shared)
{
	edge_crew_free(c);
	for (unsigned i = 0; i < shared->shard_count; i++)
		shared->shard[i] = NULL;
}
