/* Keys of TLS session tickets: this hour's and the last one's. */
#include "common/ticket.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct slot {
	struct edge_ticket_key key;
	uint64_t made_s;
	bool is_set;
};

struct edge_tickets {
	pthread_mutex_t lock;
	struct slot current, previous;
};

enum edge_err edge_tickets_new(struct edge_tickets **out)
{
	struct edge_tickets *t = calloc(1, sizeof(*t));

	if (!t)
		return EDGE_ENOMEM;
	pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return EDGE_OK;
}

void edge_tickets_free(struct edge_tickets *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	explicit_bzero(t, sizeof(*t));
	free(t);
}

static enum edge_err rotate(struct edge_tickets *t, uint64_t now_s)
{
	struct slot fresh = {.made_s = now_s, .is_set = true};
	ssize_t got = getrandom(&fresh.key, sizeof(fresh.key), 0);

	if (got != (ssize_t)sizeof(fresh.key))
		return EDGE_ESYS;
	t->previous = t->current;
	t->current = fresh;
	explicit_bzero(&fresh, sizeof(fresh));
	return EDGE_OK;
}

enum edge_err edge_tickets_current(struct edge_ticket_key *out,
				   struct edge_tickets *t, uint64_t now_s)
{
	enum edge_err err = EDGE_OK;

	pthread_mutex_lock(&t->lock);
	if (!t->current.is_set ||
	    now_s - t->current.made_s >= EDGE_TICKET_LIFE_S)
		err = rotate(t, now_s);
	if (!err)
		*out = t->current.key;
	pthread_mutex_unlock(&t->lock);
	return err;
}

static bool slot_fits(const struct slot *s, const uint8_t *name, uint64_t now_s)
{
	return s->is_set && now_s - s->made_s < 2 * EDGE_TICKET_LIFE_S &&
	       memcmp(s->key.name, name, EDGE_TICKET_NAME_LEN) == 0;
}

bool edge_tickets_find(struct edge_tickets *t,
		       const uint8_t name[EDGE_TICKET_NAME_LEN], uint64_t now_s,
		       struct edge_ticket_key *out, bool *is_old)
{
	const struct slot *s = NULL;

	pthread_mutex_lock(&t->lock);
	if (slot_fits(&t->current, name, now_s))
		s = &t->current;
	else if (slot_fits(&t->previous, name, now_s))
		s = &t->previous;
	if (s) {
		*out = s->key;
		*is_old = s == &t->previous ||
			  now_s - s->made_s >= EDGE_TICKET_LIFE_S;
	}
	pthread_mutex_unlock(&t->lock);
	return s != NULL;
}
