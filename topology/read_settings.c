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
	r->scope_site = NULL;
}

static void on_anchor_key(struct topo_reader *r, const struct topo_element *el)
{
	const struct topo_attr *a = topo_attr_find(el, "ScopeClass");

	if (!a)
		return;
	r->scope_is_global = edge_slice_ieq_str(a->value, "Global");
	r->scope_is_site = edge_slice_ieq_str(a->value, "Site");
}

static void on_entry_key(struct topo_reader *r, const struct topo_element *el)
{
	r->scope_site = topo_attr_str(r, el, "SiteId");
}

/* Settings elements we read. Global scope only, but for MediaRelaySettings,
 * which a site may have of its own. */
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
	{"XmppAllowedPartners", TOPO_SETTING_XMPP},
	{"XmppAllowedPartner", TOPO_SETTING_XMPP},
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
			(setting == TOPO_SETTING_RELAY && r->scope_is_site);

	r->setting = setting;
	r->row = NULL;
	r->lifetime = NULL;
	r->srv_routing = false;
	if (setting == TOPO_SETTING_NONE || !in_scope) {
		topo_read_unknown(r, TOPO_UNKNOWN_ELEMENT, el->line, el->name);
		r->levels[r->depth].place = TOPO_AT_UNKNOWN;
		return;
	}
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

/* Rows of lists. */

static void provider_row(struct topo_reader *r, const struct topo_element *el,
			 const char *kind)
{
	r->row = topo_read_name_row(r, &r->d->providers, el->line);
	if (r->row)
		r->row->kind = kind;
}

static void open_row(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft *d = r->d;

	if (strcmp(el->name, "AllowedDomain") == 0)
		r->row = topo_read_name_row(r, &d->allowed, el->line);
	else if (strcmp(el->name, "BlockedDomain") == 0)
		r->row = topo_read_name_row(r, &d->blocked, el->line);
	else if (strcmp(el->name, "HostingProvider") == 0)
		provider_row(r, el, "hosting");
	else if (strcmp(el->name, "PublicProvider") == 0)
		provider_row(r, el, "public");
	else if (strcmp(el->name, "SimpleUrl") == 0)
		r->row = topo_read_name_row(r, &d->simple_urls, el->line);
	else if (strcmp(el->name, "XmppAllowedPartner") == 0)
		r->row = topo_read_name_row(r, &d->xmpp_partners, el->line);
}

/* Fields: attribute or child element, both spellings are accepted. */

static const char *keep(struct topo_reader *r, struct edge_slice value)
{
	return topo_arena_str(&r->d->arena, edge_slice_trim(value));
}

static void put_access(struct topo_reader *r, const char *name,
		       struct edge_slice value)
{
	struct topo_access_settings *a = &r->d->access;
	const struct {
		const char *name;
		bool *out;
	} bools[] = {
		{"AllowOutsideUsers", &a->outside_users},
		{"AllowAnonymousUsers", &a->anonymous_users},
		{"AllowFederatedUsers", &a->federated_users},
		{"EnablePartnerDiscovery", &a->discovery},
		{"IsPublicProvider", &a->route_is_public},
		{"KeepCrlsUpToDateForPeers", &a->keep_crls},
		{"MarkSourceVerifiableOnOutgoingMessages", &a->mark_verifiable},
		{"EnableArchivingDisclaimer", &a->archiving_disclaimer},
	};
	uint64_t n;

	for (size_t i = 0; i < sizeof(bools) / sizeof(*bools); i++)
		if (strcmp(name, bools[i].name) == 0) {
			topo_read_bool(r, name, value, bools[i].out);
			return;
		}
	if (strcmp(name, "DefaultRouteFqdn") == 0)
		a->default_route = value.p < value.end ? keep(r, value) : NULL;
	else if (strcmp(name, "VerificationLevel") == 0)
		a->route_verification = keep(r, value);
	else if (strcmp(name, "OutgoingTlsCountForFederatedPartners") == 0 &&
		 edge_slice_u64(edge_slice_trim(value), 4, &n) && n)
		a->tls_count = (unsigned)n; /* TO 1.9: 1-4 */
	else
		topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, 0, name);
}

/* AE 3.2, with its ranges; what the Edge has no use for is not counted. */
static void put_proxy(struct topo_reader *r, const char *name,
		      struct edge_slice value)
{
	struct topo_proxy_settings *p = &r->d->proxy;
	const struct {
		const char *name;
		uint64_t min, max;
		unsigned *out;
	} rows[] = {
		{"MaxClientMessageBodySizeKb", TOPO_CLIENT_BODY_MIN_KB,
		 TOPO_CLIENT_BODY_MAX_KB, &p->client_body_kb},
		{"MaxServerMessageBodySizeKb", TOPO_SERVER_BODY_MIN_KB,
		 TOPO_SERVER_BODY_MAX_KB, &p->server_body_kb},
		{"OutgoingTlsCount", 1, 4, &p->tls_count},
		{"MaxKeepAliveInterval", 1, TOPO_KEEP_ALIVE_MAX_MIN,
		 &p->keep_alive_min},
	};
	bool offers = true;
	uint64_t n;

	if (strcmp(name, "EnableWhiteSpaceKeepAlive") == 0) {
		topo_read_bool(r, name, value, &offers);
		p->no_white_space = !offers;
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(name, rows[i].name) != 0)
			continue;
		if (edge_slice_u64(edge_slice_trim(value), rows[i].max, &n) &&
		    n >= rows[i].min)
			*rows[i].out = (unsigned)n;
		else
			topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, 0, name);
		return;
	}
}

static void put_partner(struct topo_reader *r, const char *name,
			struct edge_slice value)
{
	if (!r->row)
		return;
	if (strcmp(name, "Domain") == 0)
		r->row->name = keep(r, value);
	else if (strcmp(name, "ProxyFqdn") == 0)
		r->row->proxy = value.p < value.end ? keep(r, value) : NULL;
	else if (strcmp(name, "MarkForMonitoring") != 0)
		topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, r->row->line,
				  name);
}

static void put_provider(struct topo_reader *r, const char *name,
			 struct edge_slice value)
{
	bool enabled = true;

	if (!r->row)
		return;
	if (strcmp(name, "Name") == 0 || strcmp(name, "Identity") == 0) {
		r->row->name = keep(r, value);
	} else if (strcmp(name, "ProxyFqdn") == 0) {
		r->row->proxy = keep(r, value);
	} else if (strcmp(name, "VerificationLevel") == 0) {
		r->row->verification = keep(r, value);
	} else if (strcmp(name, "Enabled") == 0) {
		topo_read_bool(r, name, value, &enabled);
		r->row->disabled = !enabled;
	}
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
	r->lifetime->seconds = topo_read_duration(edge_slice_trim(value));
	if (!r->lifetime->seconds)
		topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, 0, name);
}

static void put(struct topo_reader *r, const char *name,
		struct edge_slice value)
{
	switch (r->setting) {
	case TOPO_SETTING_NONE:
		return;
	case TOPO_SETTING_ACCESS:
		put_access(r, name, value);
		return;
	case TOPO_SETTING_ALLOWED:
	case TOPO_SETTING_BLOCKED:
	case TOPO_SETTING_XMPP:
		put_partner(r, name, value);
		return;
	case TOPO_SETTING_PROVIDERS:
		put_provider(r, name, value);
		return;
	case TOPO_SETTING_PROXY:
		put_proxy(r, name, value);
		return;
	case TOPO_SETTING_RELAY:
		put_relay(r, name, value);
		return;
	case TOPO_SETTING_URLS:
		put_url(r, name, value);
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
	if (strcmp(el->name, "UseDnsSrvRouting") == 0)
		r->srv_routing = true;
	if (strcmp(el->name, "AllowAllKnownDomains") == 0)
		r->d->access.discovery = true; /* TO 1.9 */
	open_row(r, el);
	for (size_t i = 0; i < el->attr_count; i++)
		put(r, el->attrs[i].name, el->attrs[i].value);
}

void topo_read_setting_text(struct topo_reader *r, const char *name,
			    struct edge_slice text)
{
	put(r, name, text);
}

/* Durations: xs:duration without years and months, or [d.]hh:mm:ss. */

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 }; /* [s] */
enum { LIFETIME_MAX = 30 * DAY };		/* ours [s] */

static unsigned unit_seconds(uint8_t unit, bool in_time)
{
	switch (unit) {
	case 'D':
		return in_time ? 0 : DAY;
	case 'H':
		return in_time ? HOUR : 0;
	case 'M':
		return in_time ? MINUTE : 0;
	case 'S':
		return in_time ? 1 : 0;
	default:
		return 0;
	}
}

static unsigned xs_duration(struct edge_slice s)
{
	const uint8_t *digits = s.p;
	bool in_time = false;
	uint64_t sum = 0, n;
	unsigned unit;

	for (; s.p < s.end; s.p++) {
		if (*s.p >= '0' && *s.p <= '9')
			continue;
		if (*s.p == 'T' && !in_time && digits == s.p) {
			in_time = true;
			digits = s.p + 1;
			continue;
		}
		unit = unit_seconds(*s.p, in_time);
		if (!unit ||
		    !edge_slice_u64(edge_slice(digits, (size_t)(s.p - digits)),
				    LIFETIME_MAX, &n))
			return 0;
		sum += n * unit;
		digits = s.p + 1;
	}
	return digits == s.end && sum <= LIFETIME_MAX ? (unsigned)sum : 0;
}

static unsigned clock_duration(struct edge_slice s)
{
	struct edge_slice part;
	uint64_t days = 0, h, m, sec;

	if (edge_slice_find(s, '.') &&
	    (!edge_take_until(&s, '.', &part) ||
	     !edge_slice_u64(part, LIFETIME_MAX / DAY, &days)))
		return 0;
	if (!edge_take_until(&s, ':', &part) || !edge_slice_u64(part, 23, &h) ||
	    !edge_take_until(&s, ':', &part) || !edge_slice_u64(part, 59, &m) ||
	    !edge_slice_u64(s, 59, &sec))
		return 0;
	sec += days * DAY + h * HOUR + m * MINUTE;
	return sec <= LIFETIME_MAX ? (unsigned)sec : 0;
}

unsigned topo_read_duration(struct edge_slice s)
{
	if (s.p < s.end && *s.p == 'P') {
		s.p++;
		return xs_duration(s);
	}
	return clock_duration(s);
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
	{TOPO_AT_ENTRY, 'f', "Key", TOPO_AT_LEAF, on_entry_key, NULL, NULL},
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
