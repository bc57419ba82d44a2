/* Settings of policy: lists of partners, switches, the XMPP gateway. Each
 * property goes where the table of its object says. AE 3, 6.1. */
#include <stddef.h>
#include <string.h>

#include "common/crypto.h"
#include "topology/read.h"

/* A name alone, as blocked domains have it. */
static const struct topo_field name_fields[] = {
	{"Domain", NULL, TOPO_FIELD_TEXT,
	 .at = offsetof(struct topo_draft_name, name)},
	{"Identity", NULL, TOPO_FIELD_TEXT,
	 .at = offsetof(struct topo_draft_name, name)},
	{.name = "Comment"},
	{.name = NULL},
};

static void fill(struct topo_reader *r, const struct topo_field *fields,
		 void *into, unsigned line)
{
	r->fields = fields;
	r->into = into;
	r->row_line = line;
	r->partner = NULL;
}

/* AE 3.2: of the global scope, or of one service. */
static struct topo_proxy_settings *proxy_of_scope(struct topo_reader *r)
{
	struct topo_draft_proxy *n;

	if (!r->scope_is_service)
		return &r->d->proxy;
	n = topo_read_row(r, sizeof(*n));
	if (!n)
		return NULL;
	n->service = r->scope_service;
	n->pool = r->scope_pool;
	n->is = topo_proxy_default();
	n->next = r->d->proxies;
	r->d->proxies = n;
	return &n->is;
}

void topo_read_policy_start(struct topo_reader *r)
{
	fill(r, NULL, NULL, 0);
	if (r->setting == TOPO_SETTING_ACCESS)
		fill(r, topo_access_fields, &r->d->access, 0);
	else if (r->setting == TOPO_SETTING_PROXY)
		fill(r, topo_proxy_fields, proxy_of_scope(r), 0);
	else if (r->setting == TOPO_SETTING_GATEWAY)
		fill(r, topo_gateway_fields, &r->d->gateway, 0);
}

/* Rows of lists. */

static void open_allowed(struct topo_reader *r, unsigned line)
{
	struct topo_draft_partner *n = topo_read_row(r, sizeof(*n));

	if (!n)
		return;
	n->is = topo_partner_default();
	n->line = line;
	*r->d->allowed_tail = n;
	r->d->allowed_tail = &n->next;
	fill(r, topo_partner_fields, &n->is, line);
}

static void open_blocked(struct topo_reader *r, unsigned line)
{
	struct topo_draft_name *n = topo_read_name_row(r, &r->d->blocked, line);

	if (n)
		fill(r, name_fields, n, line);
}

static void open_provider(struct topo_reader *r, unsigned line, bool is_public)
{
	struct topo_draft_provider *n = topo_read_row(r, sizeof(*n));

	if (!n)
		return;
	n->is = topo_provider_default(is_public);
	n->line = line;
	*r->d->providers_tail = n;
	r->d->providers_tail = &n->next;
	fill(r, topo_provider_fields, &n->is, line);
}

static void open_hosting(struct topo_reader *r, unsigned line)
{
	open_provider(r, line, false);
}

static void open_public(struct topo_reader *r, unsigned line)
{
	open_provider(r, line, true);
}

static void open_xmpp(struct topo_reader *r, unsigned line)
{
	struct topo_draft_xmpp *n = topo_read_row(r, sizeof(*n));

	if (!n)
		return;
	n->is = topo_xmpp_partner_default();
	n->more.tail = &n->more.head;
	n->line = line;
	*r->d->xmpp_tail = n;
	r->d->xmpp_tail = &n->next;
	fill(r, topo_xmpp_fields, &n->is, line);
	r->partner = n;
}

/* clang-format off */
static const struct {
	enum topo_setting setting;
	const char *name;
	void (*open)(struct topo_reader *r, unsigned line);
} rows[] = {
	{TOPO_SETTING_ALLOWED, "AllowedDomain", open_allowed},
	{TOPO_SETTING_BLOCKED, "BlockedDomain", open_blocked},
	{TOPO_SETTING_PROVIDERS, "HostingProvider", open_hosting},
	{TOPO_SETTING_PROVIDERS, "PublicProvider", open_public},
	{TOPO_SETTING_XMPP, "XmppAllowedPartner", open_xmpp},
};
/* clang-format on */

void topo_read_policy_row(struct topo_reader *r, const struct topo_element *el)
{
	if (strcmp(el->name, "UseDnsSrvRouting") == 0)
		r->srv_routing = true;
	if (strcmp(el->name, "AllowAllKnownDomains") == 0)
		r->d->access.discovery = true; /* TO 1.9 */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].setting == r->setting &&
		    strcmp(rows[i].name, el->name) == 0)
			rows[i].open(r, el->line);
}

/* AdditionalDomains: one text with separators, or an element each. */

static const char more_name[] = "AdditionalDomain"; /* and its plural */

static bool is_in_more(const struct topo_reader *r, const char *name)
{
	const char *parent = r->depth ? r->levels[r->depth - 1].name : "";
	const char *own = r->levels[r->depth].name;

	return strncmp(name, more_name, strlen(more_name)) == 0 ||
	       strncmp(own, more_name, strlen(more_name)) == 0 ||
	       strncmp(parent, more_name, strlen(more_name)) == 0;
}

static void add_more(struct topo_reader *r, struct edge_slice value)
{
	static const char separators[] = " ,;\t\r\n";
	struct topo_draft_name *n;

	while (value.p < value.end) {
		struct edge_slice word = {value.p, value.p};

		while (word.end < value.end && !strchr(separators, *word.end))
			word.end++;
		value.p = word.end < value.end ? word.end + 1 : word.end;
		if (word.p == word.end)
			continue;
		n = topo_read_name_row(r, &r->partner->more, r->row_line);
		if (n)
			n->name = topo_arena_str(&r->d->arena, word);
	}
}

/* Only what XEP-0185 makes of it is kept. */
static void put_passphrase(struct topo_reader *r, struct edge_slice value)
{
	uint8_t hash[EDGE_SHA256_LEN];
	char hex[2 * EDGE_SHA256_LEN + 1];

	r->d->gateway.dialback_key = NULL;
	if (value.p == value.end)
		return;
	edge_sha256(value, hash);
	edge_hex(hex, edge_slice(hash, sizeof(hash)));
	r->d->gateway.dialback_key =
		topo_arena_str(&r->d->arena, edge_slice_str(hex));
	edge_wipe(hash, sizeof(hash));
	edge_wipe(hex, sizeof(hex));
}

static void put_text(struct topo_reader *r, const struct topo_field *f,
		     struct edge_slice value)
{
	const char **out = (const char **)(void *)((char *)r->into + f->at);

	value = edge_slice_trim(value);
	*out = value.p < value.end ? topo_arena_str(&r->d->arena, value) : NULL;
}

/* Whatever is not a property of the object itself; false: it may be one. */
static bool put_special(struct topo_reader *r, const char *name,
			struct edge_slice value)
{
	if (r->setting == TOPO_SETTING_ACCESS &&
	    strcmp(name, "UseDnsSrvRouting") == 0) {
		topo_read_bool(r, name, value, &r->srv_routing);
		return true;
	}
	if (r->setting == TOPO_SETTING_GATEWAY &&
	    strcmp(name, "DialbackPassphrase") == 0) {
		put_passphrase(r, value);
		return true;
	}
	if (r->partner && is_in_more(r, name)) {
		add_more(r, value);
		return true;
	}
	return false;
}

void topo_read_policy_put(struct topo_reader *r, const char *name,
			  struct edge_slice value)
{
	const struct topo_field *f;

	if (!r->into || put_special(r, name, value))
		return;
	f = topo_field_find(r->fields, name);
	if (f && f->kind == TOPO_FIELD_TEXT)
		put_text(r, f, value);
	else if (!f || !topo_field_take(f, r->into, value))
		topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, r->row_line, name);
}
