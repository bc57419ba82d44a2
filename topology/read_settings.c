/* Settings of an export, found by payload: TO 1.9. */
#include <string.h>

#include "topology/read.h"

/* The walk to the payload. */

static void on_set(struct topo_reader *r, const struct topo_element *el)
{
	(void)el;
	r->d->container = "DocItemSet";
}

static void on_item(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_name *n =
		topo_read_name_row(r, &r->d->items, el->line);
	const char *name = topo_attr_str(r, el, "Name");

	r->item = name ? name : "";
	if (n)
		n->name = r->item;
}

static void on_anchor(struct topo_reader *r, const struct topo_element *el)
{
	(void)el;
	r->scope_is_global = true;
	r->scope_is_site = false;
	r->scope_is_service = false;
	r->scope_site = NULL;
	r->scope_service = NULL;
	r->scope_pool = NULL;
}

static void on_anchor_key(struct topo_reader *r, const struct topo_element *el)
{
	const struct topo_attr *a = topo_attr_find(el, "ScopeClass");

	if (!a)
		return;
	r->scope_is_global = edge_slice_ieq_str(a->value, "Global");
	r->scope_is_site = edge_slice_ieq_str(a->value, "Site");
	r->scope_is_service = edge_slice_ieq_str(a->value, "Service");
}

static void on_entry_key(struct topo_reader *r, const struct topo_element *el)
{
	const char *name = topo_attr_str(r, el, "Name");
	const char *colon = name ? strrchr(name, ':') : NULL;

	r->scope_site = topo_attr_str(r, el, "SiteId");
	r->scope_service = NULL;
	r->scope_pool = colon ? colon + 1 : name;
}

static void on_entry_service(struct topo_reader *r,
			     const struct topo_element *el)
{
	r->scope_service = topo_read_service_id(r, el);
}

/* Settings elements we read. Global scope only, but for MediaRelaySettings,
 * which a site may have of its own, and ProxySettings, which a service may. */
/* clang-format off */
static const struct {
	const char *name;
	enum topo_setting setting;
} settings[] = {
	{"AccessEdgeSettings", TOPO_SETTING_ACCESS},
	{"AllowedDomains", TOPO_SETTING_ALLOWED},
	{"BlockedDomains", TOPO_SETTING_BLOCKED},
	{"HostingProviders", TOPO_SETTING_PROVIDERS},
	{"PublicProviders", TOPO_SETTING_PROVIDERS},
	{"HostingProvider", TOPO_SETTING_PROVIDERS},
	{"PublicProvider", TOPO_SETTING_PROVIDERS},
	{"MediaRelaySettings", TOPO_SETTING_RELAY},
	{"ProxySettings", TOPO_SETTING_PROXY},
	{"ProxyConfiguration", TOPO_SETTING_PROXY},
	{"SimpleUrlConfiguration", TOPO_SETTING_URLS},
	{"AllowedDomain", TOPO_SETTING_ALLOWED},
	{"BlockedDomain", TOPO_SETTING_BLOCKED},
	{"XmppAllowedPartners", TOPO_SETTING_XMPP},
	{"XmppAllowedPartner", TOPO_SETTING_XMPP},
	{"XmppGatewaySettings", TOPO_SETTING_GATEWAY},
	{"XmppGatewayConfiguration", TOPO_SETTING_GATEWAY},
};
/* clang-format on */

static enum topo_setting setting_of(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return settings[i].setting;
	return TOPO_SETTING_NONE;
}

static void new_lifetime(struct topo_reader *r)
{
	struct topo_draft_lifetime *n = topo_read_row(r, sizeof(*n));

	r->lifetime = n;
	if (!n)
		return;
	n->site = r->scope_is_global ? NULL : r->scope_site;
	n->next = r->d->lifetimes;
	r->d->lifetimes = n;
}

static void on_setting(struct topo_reader *r, const struct topo_element *el)
{
	enum topo_setting setting = setting_of(el->name);
	bool in_scope = r->scope_is_global ||
			(setting == TOPO_SETTING_RELAY && r->scope_is_site) ||
			(setting == TOPO_SETTING_PROXY && r->scope_is_service);

	r->setting = setting;
	r->row = NULL;
	r->lifetime = NULL;
	r->srv_routing = false;
	if (setting == TOPO_SETTING_NONE || !in_scope) {
		topo_read_unknown(r, TOPO_UNKNOWN_ELEMENT, el->line, el->name);
		r->levels[r->depth].place = TOPO_AT_UNKNOWN;
		return;
	}
	topo_read_policy_start(r);
	if (setting == TOPO_SETTING_ACCESS)
		r->d->has_access = true;
	if (setting == TOPO_SETTING_RELAY)
		new_lifetime(r);
	topo_read_setting_start(r, el);
}

static void end_setting(struct topo_reader *r)
{
	struct topo_access_settings *a = &r->d->access;

	/* TO 1.8: the two routing methods exclude each other */
	if (r->setting == TOPO_SETTING_ACCESS && r->srv_routing)
		a->default_route = NULL;
	if (r->setting == TOPO_SETTING_ACCESS && a->default_route)
		a->discovery = false;
	r->setting = TOPO_SETTING_NONE;
}

/* Fields: attribute or child element, both spellings are accepted. */

static const char *keep(struct topo_reader *r, struct edge_slice value)
{
	return topo_arena_str(&r->d->arena, edge_slice_trim(value));
}

static void put_url(struct topo_reader *r, const char *name,
		    struct edge_slice value)
{
	if (!r->row)
		return;
	if (strcmp(name, "ActiveUrl") == 0)
		r->row->name = keep(r, value);
	else if (strcmp(name, "Component") == 0)
		r->row->kind = keep(r, value);
}

static void put_relay(struct topo_reader *r, const char *name,
		      struct edge_slice value)
{
	if (strcmp(name, "MaxTokenLifetime") != 0 || !r->lifetime)
		return;
	r->lifetime->seconds = topo_duration(edge_slice_trim(value));
	if (!r->lifetime->seconds)
		topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, 0, name);
}

static void put(struct topo_reader *r, const char *name,
		struct edge_slice value)
{
	switch (r->setting) {
	case TOPO_SETTING_NONE:
		return;
	case TOPO_SETTING_RELAY:
		put_relay(r, name, value);
		return;
	case TOPO_SETTING_URLS:
		put_url(r, name, value);
		return;
	case TOPO_SETTING_ACCESS:
	case TOPO_SETTING_ALLOWED:
	case TOPO_SETTING_BLOCKED:
	case TOPO_SETTING_PROVIDERS:
	case TOPO_SETTING_PROXY:
	case TOPO_SETTING_XMPP:
	case TOPO_SETTING_GATEWAY:
		topo_read_policy_put(r, name, value);
		return;
	}
}

void topo_read_setting_start(struct topo_reader *r,
			     const struct topo_element *el)
{
	struct topo_read_level *level = &r->levels[r->depth];
	size_t len = strlen(el->name);

	if (len < sizeof(level->name))
		memcpy(level->name, el->name, len + 1);
	if (r->setting == TOPO_SETTING_URLS &&
	    strcmp(el->name, "SimpleUrl") == 0)
		r->row = topo_read_name_row(r, &r->d->simple_urls, el->line);
	topo_read_policy_row(r, el);
	for (size_t i = 0; i < el->attr_count; i++)
		put(r, el->attrs[i].name, el->attrs[i].value);
}

void topo_read_setting_text(struct topo_reader *r, const char *name,
			    struct edge_slice text)
{
	put(r, name, text);
}

/* u inside a topology is the draft's inline simple URLs. */
/* clang-format off */
static const struct topo_read_rule rules[] = {
	{TOPO_AT_START, '*', "DocItemSet", TOPO_AT_ITEMS, on_set, NULL, NULL},
	{TOPO_AT_ITEMS, '*', "DocItem", TOPO_AT_ITEM, on_item, NULL, NULL},
	{TOPO_AT_ITEM, 'f', "AnchoredXml", TOPO_AT_ANCHOR, on_anchor, NULL, NULL},
	{TOPO_AT_ITEM, '*', NULL, TOPO_AT_ITEM, NULL, NULL, NULL},
	{TOPO_AT_ANCHOR, 'f', "Key", TOPO_AT_ANCHOR_KEY, on_anchor_key, NULL, NULL},
	{TOPO_AT_ANCHOR_KEY, 'f', "SchemaId", TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_ANCHOR_KEY, 'f', "AuthorityId", TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_ANCHOR, 'f', "Dictionary", TOPO_AT_DICTIONARY, NULL, NULL, NULL},
	{TOPO_AT_DICTIONARY, 'f', "Item", TOPO_AT_ENTRY, NULL, NULL, NULL},
	{TOPO_AT_ENTRY, 'f', "Key", TOPO_AT_ENTRY_KEY, on_entry_key, NULL, NULL},
	{TOPO_AT_ENTRY_KEY, '*', "ServiceId", TOPO_AT_LEAF, on_entry_service, NULL, NULL},
	{TOPO_AT_ENTRY_KEY, '*', NULL, TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_ENTRY, 'f', "Value", TOPO_AT_VALUE, NULL, NULL, NULL},
	{TOPO_AT_VALUE, 's', NULL, TOPO_AT_SETTING, on_setting, end_setting, NULL},
	{TOPO_AT_TOPOLOGY, 'u', "SimpleUrlConfiguration", TOPO_AT_SETTING, on_setting, end_setting, NULL},
	{.ns = 0},
};
/* clang-format on */

const struct topo_read_rule *topo_read_settings_rules(void)
{
	return rules;
}
