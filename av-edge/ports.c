/* Relayed ports in use: one word a port, changed by compare and swap. */
#include "av-edge/ports.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/crypto.h"

enum {
	PORTS = 65536,
	FAMILIES = 2,
	PORT_SHIFT = 48, /* of a token: its port on top, then randomness */
	FAMILY_BIT = 47,
};

/* A port's word: FREE, TAKEN, or the second until which it is kept, as
 * quarantine or for a token. */
static const uint32_t FREE = 0;
static const uint32_t TAKEN = UINT32_MAX;
static const uint32_t RESERVED = UINT32_C(1) << 31; /* with the second */

struct table {
	_Atomic uint32_t word[PORTS];
	_Atomic uint64_t token[PORTS]; /* of a RESERVED one */
	_Atomic uint64_t owner[PORTS]; /* the same */
};

struct ave_ports {
	_Atomic uint32_t range; /* low << 16 | high */
	_Atomic size_t taken;
	struct table table[FAMILIES];
};

enum edge_err ave_ports_set_range(struct ave_ports *p, uint16_t low,
				  uint16_t high)
{
	if (!low || low > high)
		return EDGE_ERANGE;
	atomic_store(&p->range, (uint32_t)low << 16 | high);
	return EDGE_OK;
}

enum edge_err ave_ports_new(struct ave_ports **out, uint16_t low, uint16_t high)
{
	struct ave_ports *p = calloc(1, sizeof(*p));
	enum edge_err err;

	if (!p)
		return EDGE_ENOMEM;
	err = ave_ports_set_range(p, low, high);
	if (err) {
		free(p);
		return err;
	}
	*out = p;
	return EDGE_OK;
}

void ave_ports_free(struct ave_ports *p)
{
	free(p);
}

static unsigned index_of(uint8_t family)
{
	return family == AF_INET6;
}

/* Rounded up: what is kept is kept long enough. */
static uint32_t second(uint64_t ms)
{
	return (uint32_t)((ms + 999) / 1000) & ~RESERVED;
}

static bool is_over(uint32_t word, uint64_t now_ms)
{
	return word == FREE ||
	       (word != TAKEN &&
		(word & ~RESERVED) <= (uint32_t)(now_ms / 1000));
}

static bool seize(struct table *t, uint16_t port, uint64_t now_ms)
{
	uint32_t word = atomic_load(&t->word[port]);

	return is_over(word, now_ms) &&
	       atomic_compare_exchange_strong(&t->word[port], &word, TAKEN);
}

static uint64_t new_token(unsigned family, uint16_t port)
{
	uint64_t t;

	edge_random(&t, sizeof(t));
	t &= (UINT64_C(1) << FAMILY_BIT) - 1;
	return (uint64_t)port << PORT_SHIFT | (uint64_t)family << FAMILY_BIT |
	       t;
}

/* The port behind an even one, or nothing. */
static uint64_t keep_next(struct table *t, uint16_t port,
			  const struct ave_port_wish *w)
{
	const uint16_t next = (uint16_t)(port + 1);
	uint64_t token;

	if (!seize(t, next, w->now_ms))
		return 0;
	token = new_token(index_of(w->family), next);
	atomic_store(&t->token[next], token);
	atomic_store(&t->owner[next], w->owner);
	atomic_store(
		&t->word[next],
		RESERVED | second(w->now_ms + UINT64_C(1000) * w->reserved_s));
	return token;
}

enum edge_err ave_ports_take(uint16_t *port, uint64_t *token,
			     struct ave_ports *p, const struct ave_port_wish *w)
{
	const uint32_t range = atomic_load(&p->range);
	const uint32_t low = range >> 16, high = range & 0xffff;
	const uint32_t count = high - low + 1, start = w->random;
	struct table *t = &p->table[index_of(w->family)];

	for (uint32_t n = 0; n < count; n++) {
		const uint16_t at =
			(uint16_t)(low + (start % count + n) % count);
		uint64_t kept = 0;

		if (w->even && at & 1)
			continue;
		if (w->reserve && at == high)
			continue;
		if (!seize(t, at, w->now_ms))
			continue;
		if (w->reserve && !(kept = keep_next(t, at, w))) {
			atomic_store(&t->word[at], FREE);
			continue;
		}
		atomic_fetch_add(&p->taken, 1);
		*port = at;
		*token = kept;
		return EDGE_OK;
	}
	return EDGE_ELIMIT;
}

enum edge_err ave_ports_claim(uint16_t *port, struct ave_ports *p,
			      uint64_t token, const struct ave_port_wish *w)
{
	const uint16_t at = (uint16_t)(token >> PORT_SHIFT);
	struct table *t = &p->table[index_of(w->family)];
	uint32_t word = atomic_load(&t->word[at]);

	/* The word changes with each reservation, by its second at least: what
	 * fits the token before the swap still does. */
	if (word == TAKEN || !(word & RESERVED) || is_over(word, w->now_ms) ||
	    atomic_load(&t->token[at]) != token ||
	    atomic_load(&t->owner[at]) != w->owner ||
	    !atomic_compare_exchange_strong(&t->word[at], &word, TAKEN))
		return EDGE_ENOTFOUND;
	atomic_store(&t->token[at], 0);
	atomic_fetch_add(&p->taken, 1);
	*port = at;
	return EDGE_OK;
}

void ave_ports_give(struct ave_ports *p, uint8_t family, uint16_t port,
		    uint64_t free_ms)
{
	atomic_store(&p->table[index_of(family)].word[port],
		     free_ms ? second(free_ms) : FREE);
	atomic_fetch_sub(&p->taken, 1);
}

bool ave_ports_is_idle(const struct ave_ports *p, uint8_t family, uint16_t port)
{
	const uint32_t range = atomic_load(&p->range);

	return port >= range >> 16 && port <= (range & 0xffff) &&
	       atomic_load(&p->table[index_of(family)].word[port]) != TAKEN;
}

size_t ave_ports_count(const struct ave_ports *p)
{
	return atomic_load(&p->taken);
}
