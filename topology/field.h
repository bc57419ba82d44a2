/* Properties of policy, one row each: how exports and cmdlets name it, how a
 * fact names it, what it may be, where it is kept. */
#ifndef TOPOLOGY_FIELD_H
#define TOPOLOGY_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

enum topo_field_kind {
	TOPO_FIELD_KNOWN,   /* of no use here: read over, not counted */
	TOPO_FIELD_BOOL,    /* bool */
	TOPO_FIELD_NOT,	    /* bool, kept the other way round */
	TOPO_FIELD_NUMBER,  /* unsigned */
	TOPO_FIELD_SECONDS, /* unsigned [s]; a number or a duration */
	TOPO_FIELD_LEVEL,   /* enum topo_verification */
	TOPO_FIELD_TRUST,   /* enum topo_xmpp_trust */
	TOPO_FIELD_MODE,    /* enum topo_xmpp_mode */
	TOPO_FIELD_TEXT,    /* const char *; facts hold it when it is a name */
};

struct topo_field {
	const char *name; /* "MarkForMonitoring" */
	const char *key;  /* in a fact; NULL: not in the row's own fact */
	enum topo_field_kind kind;
	size_t at;	   /* offset in the struct of its table */
	unsigned min, max; /* of a number */
};

/* Each ends with a row without name. */
extern const struct topo_field topo_access_fields[];  /* AE 3.1 */
extern const struct topo_field topo_proxy_fields[];   /* AE 3.2 */
extern const struct topo_field topo_partner_fields[]; /* AE 3.4 */
extern const struct topo_field topo_provider_fields[];
extern const struct topo_field topo_xmpp_fields[]; /* AE 6.1 */
extern const struct topo_field topo_gateway_fields[];

/** By the export's name, exactly; NULL: not known. */
const struct topo_field *topo_field_find(const struct topo_field *rows,
					 const char *name);
/** Reads all but TEXT; false leaves *into: no such word, out of range. */
bool topo_field_take(const struct topo_field *f, void *into,
		     struct edge_slice value);
void topo_field_set_bool(const struct topo_field *f, void *into, bool value);
bool topo_field_bool(const struct topo_field *f, const void *from);
unsigned topo_field_number(const struct topo_field *f, const void *from);
/** LEVEL, TRUST, MODE: the word, as the export spells it. */
const char *topo_field_word(const struct topo_field *f, const void *from);
const char *topo_field_text(const struct topo_field *f, const void *from);

/** Seconds of "PT8H", "P1DT2H30M" or "08:00:00"; 0: neither, or over 30 d. */
unsigned topo_duration(struct edge_slice s);

#endif
