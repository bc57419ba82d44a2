/* Inside the reader: elements as they come, the draft as it grows. */
#ifndef TOPOLOGY_READ_H
#define TOPOLOGY_READ_H

#include "topology/draft.h"
#include "topology/field.h"
#include "topology/finding.h"
#include "topology/xml.h"

struct topo_attr {
	const char *name; /* unqualified */
	struct edge_slice value;
};

struct topo_element {
	const char *ns, *name; /* ns "" when there is none */
	const struct topo_attr *attrs;
	size_t attr_count;
	unsigned line;
};

/* Where in a document we are; one a level of the element stack. */
enum topo_place {
	TOPO_AT_START,
	TOPO_AT_TOPOLOGY,
	TOPO_AT_DOMAINS,
	TOPO_AT_SITES,
	TOPO_AT_SITE,
	TOPO_AT_SITE_NAME,
	TOPO_AT_ROUTE,
	TOPO_AT_CLUSTERS,
	TOPO_AT_CLUSTER,
	TOPO_AT_MACHINES,
	TOPO_AT_MACHINE,
	TOPO_AT_SQLS,
	TOPO_AT_SQL,
	TOPO_AT_SQL_ID,
	TOPO_AT_SERVICES,
	TOPO_AT_SERVICE,
	TOPO_AT_DEPS,
	TOPO_AT_DEP,
	TOPO_AT_INSTALLED,
	TOPO_AT_INSTALLED_SQL,
	TOPO_AT_PORTS,
	TOPO_AT_WEB_SERVICE,
	TOPO_AT_BUILDER,
	TOPO_AT_NEW,
	TOPO_AT_ITEMS,
	TOPO_AT_ITEM, /* and anything in it that is not yet a payload */
	TOPO_AT_ANCHOR,
	TOPO_AT_ANCHOR_KEY,
	TOPO_AT_DICTIONARY,
	TOPO_AT_ENTRY,
	TOPO_AT_ENTRY_KEY,
	TOPO_AT_VALUE,
	TOPO_AT_SETTING, /* a settings element and all below it */
	TOPO_AT_LEAF,	 /* known, nothing in it is ours */
	TOPO_AT_UNKNOWN, /* skipped with all below it */
};

enum topo_setting {
	TOPO_SETTING_NONE,
	TOPO_SETTING_ACCESS,
	TOPO_SETTING_ALLOWED,
	TOPO_SETTING_BLOCKED,
	TOPO_SETTING_PROVIDERS,
	TOPO_SETTING_RELAY,
	TOPO_SETTING_URLS,
	TOPO_SETTING_XMPP,
	TOPO_SETTING_GATEWAY,
	TOPO_SETTING_PROXY,
};

enum { TOPO_READ_TEXT_MAX = 4096 }; /* ours: of one element [bytes] */

struct topo_reader;

struct topo_read_level {
	enum topo_place place;
	void (*end)(struct topo_reader *r);
	bool has_child;
	char name[64]; /* of a settings element, for its text */
};

struct topo_reader {
	struct topo_draft *d;
	struct topo_findings *f;
	struct topo_read_level levels[TOPO_XML_DEPTH_MAX + 1];
	size_t depth;
	bool fatal; /* a finding says why; nothing more is read */
	char text[TOPO_READ_TEXT_MAX];
	size_t text_len;
	/* rows being filled */
	struct topo_draft_site *site;
	struct topo_draft_cluster *cluster;
	struct topo_draft_machine *machine;
	struct topo_draft_service *service;
	struct topo_draft_dep *dep;
	const char *sql_name, *sql_guid;
	struct topo_draft_name *row; /* a simple URL */
	struct topo_draft_lifetime *lifetime;
	/* properties go into this struct by this table; into NULL: no row */
	const struct topo_field *fields;
	void *into;
	unsigned row_line;
	struct topo_draft_xmpp *partner; /* takes AdditionalDomains; or NULL */
	/* where in an export */
	const char *item, *topology_item;
	/* of the entry's key, NULL: not there; the service by its id or, behind
	 * the last colon of the key's Name, by its pool */
	const char *scope_site, *scope_service, *scope_pool;
	bool scope_is_global, scope_is_site, scope_is_service, srv_routing;
	enum topo_setting setting;
};

/* Events from the parser, in document order. */
void topo_read_start(struct topo_reader *r, const struct topo_element *el);
void topo_read_text(struct topo_reader *r, struct edge_slice text);
void topo_read_end(struct topo_reader *r);

/* For the row functions. */
const struct topo_attr *topo_attr_find(const struct topo_element *el,
				       const char *name);
/** Copy of an attribute; NULL when absent. */
const char *topo_attr_str(struct topo_reader *r, const struct topo_element *el,
			  const char *name);
/** "true" "1" "false" "0"; anything else leaves *out and is counted. */
void topo_read_bool(struct topo_reader *r, const char *name,
		    struct edge_slice value, bool *out);
void topo_attr_bool(struct topo_reader *r, const struct topo_element *el,
		    const char *name, bool *out);
/** TOPO-VER-001: count it, remember the first five. */
void topo_read_unknown(struct topo_reader *r, enum topo_unknown_kind kind,
		       unsigned line, const char *name);
/** A row's memory; NULL sets r->fatal. */
void *topo_read_row(struct topo_reader *r, size_t size);
struct topo_draft_name *topo_read_name_row(struct topo_reader *r,
					   struct topo_draft_names *list,
					   unsigned line);

/* read_topology.c: starts and ends of published and draft rows. */
struct topo_read_rule {
	enum topo_place parent;
	char ns;	  /* one letter of TO 1.2; '*' any */
	const char *name; /* NULL: any */
	enum topo_place place;
	void (*start)(struct topo_reader *r, const struct topo_element *el);
	void (*end)(struct topo_reader *r);
	const char *attrs; /* known ones, blanks between; NULL: any */
};
const struct topo_read_rule *topo_read_topology_rules(void);
/** "site:role:instance" of a ServiceId. */
const char *topo_read_service_id(struct topo_reader *r,
				 const struct topo_element *el);
/** After the last element: names of machines, labels of services. */
void topo_read_finish(struct topo_reader *r);

/* read_settings.c: the walk to a settings element and through it. */
const struct topo_read_rule *topo_read_settings_rules(void);
/** A settings element: on_start for each level, on_text for leaves. */
void topo_read_setting_start(struct topo_reader *r,
			     const struct topo_element *el);
void topo_read_setting_text(struct topo_reader *r, const char *name,
			    struct edge_slice text);

/* read_policy.c: what the settings of policy hold. */
/** A settings element begins: where its own properties go. */
void topo_read_policy_start(struct topo_reader *r);
/** An element in it, itself included: does it begin a row of a list? */
void topo_read_policy_row(struct topo_reader *r, const struct topo_element *el);
/** One property, from an attribute or a leaf. */
void topo_read_policy_put(struct topo_reader *r, const char *name,
			  struct edge_slice value);

#endif
