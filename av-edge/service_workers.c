/* The packet workers as the control thread handles them. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "av-edge/events.h"
#include "av-edge/service_state.h"
#include "common/tls.h"

enum {
	KEPT_MS = 50,	   /* ours: a full mailbox is tried again */
	FILES_SPARE = 256, /* ours: descriptors that are no datagram sockets */
};

/* -- batches ------------------------------------------------------------ */

/* Any worker may get all the allocations; two families each. What the system
 * lets us open is the end of it. */
static uint32_t sockets_wanted(const struct edge_config *c)
{
	uint64_t n = 2 * c->limits[AVE_LIMIT_ALLOCATIONS] + AVE_DOORS;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur > FILES_SPARE && n > files.rlim_cur - FILES_SPARE)
		n = files.rlim_cur - FILES_SPARE;
	return n < AVE_BATCH_SOCKETS ? (uint32_t)n : AVE_BATCH_SOCKETS;
}

enum edge_err ave_service_make_batches(struct ave_service *v)
{
	const uint32_t sockets = sockets_wanted(v->config);
	enum edge_err err = EDGE_OK;

	for (unsigned i = 0; i < v->house.worker_count && !err; i++)
		err = ave_batch_new(&v->batch[i], v->settings.batch, sockets);
	if (err) {
		snprintf(v->why, sizeof(v->why),
			 "no packet batch of the kind %s: %s",
			 ave_batch_kind_name(v->settings.batch),
			 err == EDGE_ESYS ? strerror(errno)
					  : edge_err_str(err));
		return err;
	}
	v->kind = ave_batch_kind_of(v->batch[0]);
	if (v->settings.batch == AVE_BATCH_AUTO && v->kind != AVE_BATCH_RING)
		edge_event(AVE_EV_RING_MISSING, "batch=%s",
			   ave_batch_kind_name(v->kind));
	return EDGE_OK;
}

/* -- threads ------------------------------------------------------------ */

static enum edge_err start_one(struct ave_service *v, unsigned i)
{
	const struct ave_outlook_source s = ave_service_source(v);
	struct ave_worker_plan p = {
		.index = i,
		.house = &v->house,
		.batch = v->batch[i],
		.tls = v->keys.turn ? edge_tls_hold(v->keys.turn) : NULL,
	};
	enum edge_err err;

	v->batch[i] = NULL;
	err = v->fast ? ave_fast_path_share(&p.fast, v->fast, i,
					    v->house.worker_count)
		      : EDGE_OK;
	ave_doors_give(p.fds, &v->doors, i);
	if (!err)
		err = ave_outlook_new(&p.outlook, &s);
	if (err) {
		ave_worker_plan_drop(&p);
		return err;
	}
	return ave_worker_start(&v->worker[i], &p);
}

enum edge_err ave_service_start_workers(struct ave_service *v)
{
	enum edge_err err = EDGE_OK;

	for (unsigned i = 0; i < v->house.worker_count && !err; i++)
		err = start_one(v, i);
	if (!err)
		edge_event(AVE_EV_WORKERS, "workers=%u batch=%s",
			   v->house.worker_count, ave_batch_kind_name(v->kind));
	return err;
}

void ave_service_stop_workers(struct ave_service *v)
{
	edge_wheel_stop(&v->kept_timer);
	for (unsigned i = 0; i < AVE_WORKERS; i++) {
		ave_worker_stop(v->worker[i]);
		ave_batch_free(v->batch[i]);
		v->worker[i] = NULL;
		v->batch[i] = NULL;
	}
	ave_service_free_mails(v->kept);
}

/* -- mail --------------------------------------------------------------- */

struct ave_outlook_source ave_service_source(const struct ave_service *v)
{
	return (struct ave_outlook_source){
		.topo = v->topo,
		.config = v->config,
		.inside = &v->inside,
		.ring = &v->keys.ring,
		.is_draining = v->is_draining,
	};
}

void ave_service_free_mails(struct ave_mail *mail[AVE_WORKERS])
{
	for (unsigned i = 0; i < AVE_WORKERS; i++) {
		ave_mail_free(mail[i]);
		mail[i] = NULL;
	}
}

enum edge_err ave_service_make_mails(struct ave_mail *out[AVE_WORKERS],
				     const struct ave_service *v,
				     const struct ave_outlook_source *s)
{
	enum edge_err err = EDGE_OK;

	for (unsigned i = 0; i < v->house.worker_count && !err; i++) {
		out[i] = ave_mail_new();
		err = out[i] ? ave_outlook_new(&out[i]->outlook, s)
			     : EDGE_ENOMEM;
	}
	if (err)
		ave_service_free_mails(out);
	return err;
}

/* false: it is still kept */
static bool offer(struct ave_service *v, unsigned i)
{
	struct ave_mail *m = v->kept[i];

	if (!m)
		return true;
	v->kept[i] = NULL; /* once posted it is the worker's */
	if (ave_worker_post(v->worker[i], m) == EDGE_OK)
		return true;
	v->kept[i] = m;
	return false;
}

static void offer_kept(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_service *v =
		(struct ave_service *)(void *)((char *)t -
					       offsetof(struct ave_service,
							kept_timer));
	bool is_done = true;

	for (unsigned i = 0; i < v->house.worker_count; i++)
		is_done &= offer(v, i);
	if (!is_done)
		edge_wheel_start(edge_loop_wheel(v->control), t,
				 now_ms + KEPT_MS, offer_kept);
}

void ave_service_post(struct ave_service *v, struct ave_mail *mail[AVE_WORKERS])
{
	for (unsigned i = 0; i < v->house.worker_count; i++) {
		if (!mail[i])
			continue;
		if (v->kept[i])
			ave_mail_merge(v->kept[i], mail[i]);
		else
			v->kept[i] = mail[i];
		mail[i] = NULL;
		if (!offer(v, i))
			edge_event(AVE_EV_MAILBOX_FULL, "worker=%u", i);
	}
	offer_kept(&v->kept_timer, edge_loop_now_ms(v->control));
}

void ave_service_post_again(struct ave_service *v)
{
	const struct ave_outlook_source s = ave_service_source(v);
	struct ave_mail *mail[AVE_WORKERS] = {NULL};

	if (ave_service_make_mails(mail, v, &s))
		edge_event(AVE_EV_MEMORY, "for=outlook");
	else
		ave_service_post(v, mail);
}
