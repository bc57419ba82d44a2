/* policy show: who may talk to us, in the cmdlets' words. AE 3, 6.1. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/policy.h"
#include "topology/field.h"

/* One property: its row in the object's table, or made by a function. */
struct property {
	const char *name;
	const char *zero; /* number: what 0 means; NULL: 0 */
	json_t *(*make)(const struct topo *t, const void *item);
};

/* One list of objects, or one object. */
struct view {
	const char *cmdlet, *what;
	const struct topo_field *fields;
	const struct property *properties;
	const char *identity; /* property that is it; NULL: "Global" */
	size_t size;	      /* of an item [bytes] */
	const void *(*items)(const struct topo *t, size_t *count);
	bool (*is_in)(const void *item); /* NULL: all are */
};

/* What tables cannot tell. */

static json_t *routing_method(const struct topo *t, const void *item)
{
	(void)item;
	return json_string(t->access.default_route ? "UseDefaultRouting"
						   : "UseDnsSrvRouting");
}

static json_t *additional_domains(const struct topo *t, const void *item)
{
	const struct topo_xmpp_partner *p = item;
	json_t *list = json_array();

	(void)t;
	for (size_t i = 0; i < p->more.count; i++)
		json_array_append_new(list, json_string(p->more.v[i]));
	return list;
}

/* A secret: whether there is one. */
static json_t *passphrase(const struct topo *t, const void *item)
{
	(void)item;
	return json_string(t->xmpp_gateway.dialback_key ? "(secret)"
							: "(not set)");
}

static const void *one_access(const struct topo *t, size_t *count)
{
	*count = 1;
	return &t->access;
}

static const void *one_proxy(const struct topo *t, size_t *count)
{
	*count = 1;
	return &t->proxy;
}

static const void *one_gateway(const struct topo *t, size_t *count)
{
	*count = 1;
	return &t->xmpp_gateway;
}

static const void *all_allowed(const struct topo *t, size_t *count)
{
	*count = t->allowed_count;
	return t->allowed;
}

static const void *all_blocked(const struct topo *t, size_t *count)
{
	*count = t->blocked_count;
	return t->blocked;
}

static const void *all_providers(const struct topo *t, size_t *count)
{
	*count = t->provider_count;
	return t->providers;
}

static const void *all_xmpp(const struct topo *t, size_t *count)
{
	*count = t->xmpp_count;
	return t->xmpp;
}

static bool is_public(const void *item)
{
	return ((const struct topo_provider *)item)->is_public;
}

static bool is_hosting(const void *item)
{
	return !is_public(item);
}

/* Properties in the order in which the cmdlets print them. */

static const char not_set[] = "(not set)";

/* clang-format off */
static const struct property access_edge[] = {
	{.name = "AllowAnonymousUsers"},
	{.name = "AllowFederatedUsers"},
	{.name = "AllowOutsideUsers"},
	{.name = "BeClearingHouse"},
	{.name = "EnablePartnerDiscovery"},
	{.name = "DiscoveredPartnerVerificationLevel"},
	{.name = "EnableArchivingDisclaimer"},
	{.name = "KeepCrlsUpToDateForPeers"},
	{.name = "MarkSourceVerifiableOnOutgoingMessages"},
	{.name = "OutgoingTlsCountForFederatedPartners"},
	{.name = "DnsSrvCacheRecordCount", .zero = not_set},
	{.name = "DiscoveredPartnerStandardRate"},
	{.name = "EnableDiscoveredPartnerContactsLimit"},
	{.name = "MaxContactsPerDiscoveredPartner"},
	{.name = "DiscoveredPartnerReportPeriodMinutes"},
	{.name = "MaxAcceptedCertificatesStored"},
	{.name = "MaxRejectedCertificatesStored"},
	{.name = "CertificatesDeletedPercentage"},
	{.name = "RoutingMethod", .make = routing_method},
	{.name = "DefaultRouteFqdn"},
	{.name = "VerificationLevel"},
	{.name = "IsPublicProvider"},
	{.name = NULL},
}, allowed[] = {
	{.name = "Domain"},
	{.name = "ProxyFqdn"},
	{.name = "VerificationLevel"},
	{.name = "MarkForMonitoring"},
	{.name = NULL},
}, blocked[] = {
	{.name = "Domain"},
	{.name = NULL},
}, public_provider[] = {
	{.name = "Name"},
	{.name = "ProxyFqdn"},
	{.name = "VerificationLevel"},
	{.name = "Enabled"},
	{.name = "NameDecorationDomain"},
	{.name = NULL},
}, hosting_provider[] = {
	{.name = "Name"},
	{.name = "ProxyFqdn"},
	{.name = "VerificationLevel"},
	{.name = "Enabled"},
	{.name = "EnabledSharedAddressSpace"},
	{.name = "HostsOCSUsers"},
	{.name = "IsLocal"},
	{.name = NULL},
}, proxy[] = {
	{.name = "MaxClientMessageBodySizeKb", .zero = not_set},
	{.name = "MaxServerMessageBodySizeKb", .zero = not_set},
	{.name = "OutgoingTlsCount", .zero = not_set},
	{.name = "DnsCacheRecordCount"},
	{.name = "AllowPartnerPollingSubscribes"},
	{.name = "EnableWhiteSpaceKeepAlive"},
	{.name = "MaxKeepAliveInterval", .zero = not_set},
	{.name = NULL},
}, xmpp[] = {
	{.name = "Domain"},
	{.name = "AdditionalDomains", .make = additional_domains},
	{.name = "PartnerType"},
	{.name = "ProxyFqdn"},
	{.name = "TlsNegotiation"},
	{.name = "SaslNegotiation"},
	{.name = "SupportDialbackNegotiation"},
	{.name = "EnableKeepAlive"},
	{.name = "ConnectionLimit", .zero = not_set},
	{.name = NULL},
}, gateway[] = {
	{.name = "ConnectionLimit"},
	{.name = "PartnerConnectionLimit"},
	{.name = "StreamEstablishmentTimeout"},
	{.name = "StreamInactivityTimeout"},
	{.name = "KeepAliveInterval"},
	{.name = "DialbackPassphrase", .make = passphrase},
	{.name = NULL},
};

/* A blocked domain is its name alone. */
static const struct topo_field blocked_fields[] = {
	{"Domain", NULL, TOPO_FIELD_TEXT, .at = 0},
	{.name = NULL},
};

static const struct view views[] = {
	{"CsAccessEdgeConfiguration", "Access Edge",
	 topo_access_fields, access_edge, NULL,
	 sizeof(struct topo_access_settings), one_access, NULL},
	{"CsAllowedDomain", "Allowed domains",
	 topo_partner_fields, allowed, "Domain",
	 sizeof(struct topo_partner), all_allowed, NULL},
	{"CsBlockedDomain", "Blocked domains",
	 blocked_fields, blocked, "Domain",
	 sizeof(const char *), all_blocked, NULL},
	{"CsPublicProvider", "Public providers",
	 topo_provider_fields, public_provider, "Name",
	 sizeof(struct topo_provider), all_providers, is_public},
	{"CsHostingProvider", "Hosting providers",
	 topo_provider_fields, hosting_provider, "Name",
	 sizeof(struct topo_provider), all_providers, is_hosting},
	{"CsProxyConfiguration", "SIP proxy",
	 topo_proxy_fields, proxy, NULL,
	 sizeof(struct topo_proxy_settings), one_proxy, NULL},
	{"CsXmppAllowedPartner", "XMPP partners",
	 topo_xmpp_fields, xmpp, "Domain",
	 sizeof(struct topo_xmpp_partner), all_xmpp, NULL},
	{"CsXmppGatewayConfiguration", "XMPP gateway",
	 topo_gateway_fields, gateway, NULL,
	 sizeof(struct topo_xmpp_gateway), one_gateway, NULL},
};
/* clang-format on */

enum { VIEWS = sizeof(views) / sizeof(*views) };

/* Values: made once as JSON, printed for people from there. */

static json_t *field_value(const struct topo_field *f, const void *item,
			   const char *zero)
{
	const char *text;

	switch (f->kind) {
	case TOPO_FIELD_BOOL:
	case TOPO_FIELD_NOT:
		return json_boolean(topo_field_bool(f, item));
	case TOPO_FIELD_NUMBER:
	case TOPO_FIELD_SECONDS:
		return zero && !topo_field_number(f, item)
			       ? json_null()
			       : json_integer(topo_field_number(f, item));
	case TOPO_FIELD_LEVEL:
	case TOPO_FIELD_TRUST:
	case TOPO_FIELD_MODE:
		return json_string(topo_field_word(f, item));
	case TOPO_FIELD_TEXT:
		text = topo_field_text(f, item);
		return text ? json_string(text) : json_null();
	case TOPO_FIELD_KNOWN:
		break;
	}
	return json_null();
}

static json_t *value_of(const struct view *v, const struct property *p,
			const struct topo *t, const void *item)
{
	const struct topo_field *f;

	if (p->make)
		return p->make(t, item);
	f = topo_field_find(v->fields, p->name);
	return f ? field_value(f, item, p->zero) : json_null();
}

/* "{a.test, b.test}" */
static void say_list(const json_t *list, int width, const char *name)
{
	printf("%-*s : {", width, name);
	for (size_t i = 0; i < json_array_size(list); i++)
		printf("%s%s", i ? ", " : "",
		       json_string_value(json_array_get(list, i)));
	puts("}");
}

static void say(const struct ctl *c, int width, const char *name,
		const json_t *value, const char *zero)
{
	if (json_is_array(value)) {
		if (!c->json)
			say_list(value, width, name);
	} else if (json_is_boolean(value)) {
		ctl_say(c, "%-*s : %s", width, name,
			json_is_true(value) ? "True" : "False");
	} else if (json_is_integer(value)) {
		ctl_say(c, "%-*s : %" JSON_INTEGER_FORMAT, width, name,
			json_integer_value(value));
	} else {
		const char *text = json_string_value(value);

		ctl_say(c, "%-*s : %s", width, name,
			text   ? text
			: zero ? zero
			       : "");
	}
}

static int width_of(const struct view *v)
{
	size_t width = strlen("Identity");

	for (const struct property *p = v->properties; p->name; p++)
		if (strlen(p->name) > width)
			width = strlen(p->name);
	return (int)width;
}

static json_t *tell_item(const struct ctl *c, const struct view *v,
			 const struct topo *t, const void *item)
{
	const struct topo_field *id =
		v->identity ? topo_field_find(v->fields, v->identity) : NULL;
	json_t *o = json_object(), *value;
	int width = width_of(v);

	value = id ? field_value(id, item, NULL) : json_string("Global");
	say(c, width, "Identity", value, NULL);
	json_object_set_new(o, "Identity", value);
	for (const struct property *p = v->properties; p->name; p++) {
		value = value_of(v, p, t, item);
		say(c, width, p->name, value, p->zero);
		json_object_set_new(o, p->name, value);
	}
	ctl_say(c, "%s", "");
	return o;
}

static json_t *tell_view(const struct ctl *c, const struct view *v,
			 const struct topo *t)
{
	json_t *list = json_array();
	size_t count;
	const char *items = v->items(t, &count);

	ctl_say(c, "%s (Get-%s)\n", v->what, v->cmdlet);
	for (size_t i = 0; i < count; i++) {
		const void *item = items + i * v->size;

		if (!v->is_in || v->is_in(item))
			json_array_append_new(list, tell_item(c, v, t, item));
	}
	if (!json_array_size(list))
		ctl_say(c, "(none)\n");
	return list;
}

static void tell(struct ctl *c, const struct topo *t, const char *file)
{
	json_t *o = json_object();

	if (file)
		ctl_say(c, "%s, not imported\n", file);
	else
		ctl_say(c, "version %" PRIu64 "\n", t->seq);
	for (size_t i = 0; i < VIEWS; i++)
		json_object_set_new(o, views[i].cmdlet,
				    tell_view(c, &views[i], t));
	ctl_put_number(c, "seq", t->seq);
	ctl_put(c, "policy", o);
}

enum ctl_exit ctl_policy_show(struct ctl *c, int argc, char **argv)
{
	struct ctl_policy_source source = {0};
	const struct ctl_option options[] = {
		{"topology", &source.file, NULL},
		{"self", &source.self, NULL},
	};
	enum ctl_exit exit = ctl_options(c, options, 2, &argc, argv);
	const struct topo *t = NULL;

	if (exit)
		return exit;
	if (argc || (source.self && !source.file))
		return ctl_usage(c, "policy show wants no words, and --self "
				    "goes with --topology");
	exit = ctl_policy_topology(c, &t, &source);
	if (!exit)
		tell(c, t, source.file);
	topo_drop(t);
	return exit;
}
