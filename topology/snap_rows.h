/* Inside snap*.c: how each fact is written and read, one row a key. */
#ifndef TOPOLOGY_SNAP_ROWS_H
#define TOPOLOGY_SNAP_ROWS_H

#include <stdio.h>

#include "topology/facts.h"
#include "topology/field.h"
#include "topology/topology.h"

struct topo_snap_in {
	struct topo_facts facts;
	struct topo_arena *arena;
	struct topo *t;
	bool default_routing; /* routing=default was read */
};

struct topo_snap_group; /* listeners that share a fact */

struct topo_snap_row {
	const char *key;
	/* the value only; "-" for nothing */
	void (*put)(FILE *out, const struct topo *t,
		    const struct topo_snap_row *row);
	bool (*take)(struct topo_snap_in *in, struct edge_slice value,
		     const struct topo_snap_row *row);
	size_t at;    /* offset of the field in struct topo */
	unsigned bit; /* enum topo_trust */
	bool is_new;  /* snapshots of earlier versions lack it */
	const struct topo_snap_group *group;
	const struct topo_field *fields; /* of the struct at `at` */
};

/** Ends with a row without key; take works in this order. */
const struct topo_snap_row *topo_snap_rows(void);

/* Rows about policy, in snap_policy.c. */
void topo_snap_put_domains(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row);
bool topo_snap_take_domains(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row);
void topo_snap_put_default(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row);
bool topo_snap_take_default(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row);
void topo_snap_put_next_hop(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row);
bool topo_snap_take_next_hop(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row);
void topo_snap_put_trust(FILE *out, const struct topo *t,
			 const struct topo_snap_row *row);
bool topo_snap_take_trust(struct topo_snap_in *in, struct edge_slice s,
			  const struct topo_snap_row *row);
void topo_snap_put_federation(FILE *out, const struct topo *t,
			      const struct topo_snap_row *row);
bool topo_snap_take_federation(struct topo_snap_in *in, struct edge_slice s,
			       const struct topo_snap_row *row);
void topo_snap_put_settings(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row);
bool topo_snap_take_settings(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row);
void topo_snap_put_proxy(FILE *out, const struct topo *t,
			 const struct topo_snap_row *row);
bool topo_snap_take_proxy(struct topo_snap_in *in, struct edge_slice s,
			  const struct topo_snap_row *row);
void topo_snap_put_route(FILE *out, const struct topo *t,
			 const struct topo_snap_row *row);
bool topo_snap_take_route(struct topo_snap_in *in, struct edge_slice s,
			  const struct topo_snap_row *row);
void topo_snap_put_lifetime(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row);
bool topo_snap_take_lifetime(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row);

/* Rows about partners, in snap_partners.c. */
void topo_snap_put_allowed(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row);
bool topo_snap_take_allowed(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row);
void topo_snap_put_levels(FILE *out, const struct topo *t,
			  const struct topo_snap_row *row);
bool topo_snap_take_levels(struct topo_snap_in *in, struct edge_slice s,
			   const struct topo_snap_row *row);
void topo_snap_put_monitored(FILE *out, const struct topo *t,
			     const struct topo_snap_row *row);
bool topo_snap_take_monitored(struct topo_snap_in *in, struct edge_slice s,
			      const struct topo_snap_row *row);
void topo_snap_put_blocked(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row);
bool topo_snap_take_blocked(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row);

/* Rows about XMPP, in snap_xmpp.c. */
void topo_snap_put_xmpp_names(FILE *out, const struct topo *t,
			      const struct topo_snap_row *row);
bool topo_snap_take_xmpp_names(struct topo_snap_in *in, struct edge_slice s,
			       const struct topo_snap_row *row);
void topo_snap_put_dialback(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row);
bool topo_snap_take_dialback(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row);

/* A row that is a struct's properties, "key=value" each: snap_fields.c. */
void topo_snap_put_fields(FILE *out, const struct topo *t,
			  const struct topo_snap_row *row);
bool topo_snap_take_fields(struct topo_snap_in *in, struct edge_slice s,
			   const struct topo_snap_row *row);
/** The same inside another fact, with any separator. */
void topo_snap_print_fields(FILE *out, const struct topo_field *fields,
			    const void *from, char sep);
bool topo_snap_read_fields(struct topo_snap_in *in, struct edge_slice *s,
			   const struct topo_field *fields, void *into,
			   char sep);

/* Keys with a running part: host.<fqdn>, av.member.NNN, registrar.NNN,
 * provider.NNN, xmpp.partner.NNN. */
void topo_snap_put_hosts(FILE *out, const struct topo *t);
void topo_snap_put_av_members(FILE *out, const struct topo *t);
void topo_snap_put_registrars(FILE *out, const struct topo *t);
void topo_snap_put_providers(FILE *out, const struct topo *t);
void topo_snap_put_xmpp(FILE *out, const struct topo *t);
/* On false *at is the fact that is wrong, or NULL when one is missing. */
bool topo_snap_take_hosts(struct topo_snap_in *in, const struct topo_fact **at);
bool topo_snap_take_av_members(struct topo_snap_in *in,
			       const struct topo_fact **at);
bool topo_snap_take_registrars(struct topo_snap_in *in,
			       const struct topo_fact **at);
bool topo_snap_take_providers(struct topo_snap_in *in,
			      const struct topo_fact **at);

bool topo_snap_take_xmpp(struct topo_snap_in *in, const struct topo_fact **at);

/* Pieces that all files read with. */
/* Facts "<prefix>NNN", numbered from 000 without a gap: an item each. */
struct topo_snap_running {
	const char *prefix;
	size_t size; /* of an item [bytes] */
	bool (*take)(struct topo_snap_in *in, struct edge_slice s, void *item);
};
/** The items, *count of them; NULL: malformed (*at) or no memory. */
void *topo_snap_take_running(struct topo_snap_in *in,
			     const struct topo_snap_running *r, size_t *count,
			     const struct topo_fact **at);
bool topo_snap_lit(struct edge_slice *s, const char *text);
/** Up to the separator or the end, which may come next; never empty. */
bool topo_snap_word(struct edge_slice *s, uint8_t sep, struct edge_slice *out);
bool topo_snap_name(struct topo_snap_in *in, struct edge_slice s,
		    const char **out);
/** "-" leaves *out as it is. */
bool topo_snap_text(struct topo_snap_in *in, struct edge_slice s,
		    const char **out);
/** List with blanks between; names: each must be a canonical name. */
bool topo_snap_list(struct topo_snap_in *in, struct edge_slice s, bool names,
		    struct topo_names *out);
/** Items of a list, "-" gives 0; SIZE_MAX: too long. */
size_t topo_snap_count(struct edge_slice s, uint8_t sep);
/** A host by name with its HOSTS addresses, if there are any. */
struct topo_host topo_snap_host(const struct topo *t, const char *fqdn);
/** "a,b" or "a b" -> hosts; "-" -> none. */
bool topo_snap_hosts(struct topo_snap_in *in, struct edge_slice s, uint8_t sep,
		     const struct topo_host **out, size_t *count);

#endif
