/* The names of edge.ini: one table, and what each kind of value may be. */
#include "common/config_parser.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/handle.h"

enum {
	DEVICE_LEN = 15,	/* IFNAMSIZ - 1 */
	DNS_NAME_LEN = 253,	/* RFC 1035 2.3.4 */
	LABEL_LEN = 63,		/* RFC 1035 2.3.4 */
	TRACE_MAX_MB = 1 << 20, /* ours: 1 TiB */
};

enum kind {
	PATH,
	KEY,
	FQDN,
	DEVICE,
	SWITCH,
	SHARDS,
	HEP,
	MEGABYTES,
	ADDRESSES,
	NETWORKS,
	MANAGE,
};

/* clang-format off */
static const struct setting {
	const char *section, *name;
	enum kind kind;
	size_t at; /* of the member in struct edge_config */
} settings[] = {
	{"local", "fqdn",            FQDN,   offsetof(struct edge_config, fqdn)},
	{"local", "state",           PATH,   offsetof(struct edge_config, state)},
	{"local", "run",             PATH,   offsetof(struct edge_config, run)},
	{"local", "resolv",          PATH,   offsetof(struct edge_config, resolv)},
	{"local", "shards",          SHARDS, offsetof(struct edge_config, shards)},
	{"local", "lab",             SWITCH, offsetof(struct edge_config, lab)},
	{"local", "device_external", DEVICE, offsetof(struct edge_config, device_external)},
	{"local", "device_internal", DEVICE, offsetof(struct edge_config, device_internal)},
	{"certificate.access",   "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_ACCESS].chain)},
	{"certificate.access",   "key",   KEY,  offsetof(struct edge_config, certificate[EDGE_CERT_ACCESS].key)},
	{"certificate.webconf",  "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_WEBCONF].chain)},
	{"certificate.webconf",  "key",   KEY,  offsetof(struct edge_config, certificate[EDGE_CERT_WEBCONF].key)},
	{"certificate.av-auth",  "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_AV_AUTH].chain)},
	{"certificate.av-auth",  "key",   KEY,  offsetof(struct edge_config, certificate[EDGE_CERT_AV_AUTH].key)},
	{"certificate.internal", "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_INTERNAL].chain)},
	{"certificate.internal", "key",   KEY,  offsetof(struct edge_config, certificate[EDGE_CERT_INTERNAL].key)},
	{"certificate.turn",     "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_TURN].chain)},
	{"certificate.turn",     "key",   KEY,  offsetof(struct edge_config, certificate[EDGE_CERT_TURN].key)},
	{"trust", "public",        PATH, offsetof(struct edge_config, trust.public_roots)},
	{"trust", "internal",      PATH, offsetof(struct edge_config, trust.internal_ca)},
	{"trust", "operator-keys", PATH, offsetof(struct edge_config, trust.operator_keys)},
	{"trust", "internal-crl",  PATH, offsetof(struct edge_config, trust.internal_crl)},
	{"trust", "internal_cn_fallback", SWITCH, offsetof(struct edge_config, trust.internal_cn_fallback)},
	{"trace", "hep",  HEP,       offsetof(struct edge_config, trace.hep)},
	{"trace", "dir",  PATH,      offsetof(struct edge_config, trace.dir)},
	{"trace", "size", MEGABYTES, offsetof(struct edge_config, trace.size_mb)},
	{"network", "outside-gateway", ADDRESSES, offsetof(struct edge_config, network.outside_gateway)},
	{"network", "inside-gateway", ADDRESSES, offsetof(struct edge_config, network.inside_gateway)},
	{"network", "inside", NETWORKS, offsetof(struct edge_config, network.inside)},
	{"network", "ntp", ADDRESSES, offsetof(struct edge_config, network.ntp)},
	{"network", "manage", MANAGE, offsetof(struct edge_config, network.manage)},
	{"network", "legacy_media_range", SWITCH, offsetof(struct edge_config, network.media_range)},
	{"public", "access",  ADDRESSES, offsetof(struct edge_config, public_at.access)},
	{"public", "webconf", ADDRESSES, offsetof(struct edge_config, public_at.webconf)},
	{"public", "av",      ADDRESSES, offsetof(struct edge_config, public_at.av)},
};
/* clang-format on */

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static_assert(sizeof(settings) / sizeof(settings[0]) <= EDGE_CONFIG_SETTINGS,
	      "room in the parser");

static const struct {
	const char *text;
	enum edge_tls_profile profile;
} profiles[] = {{"modern", EDGE_TLS_MODERN}, {"lync2013", EDGE_TLS_LYNC2013}};

bool edge_config_is_word(const char *s, const char *more)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t len;

	for (len = 0; s[len]; len++)
		if (!strchr(plain, s[len]) && !strchr(more, s[len]))
			return false;
	return len > 0;
}

static bool is_dns_name(const char *s)
{
	size_t len = strlen(s), label = 0;

	if (!len || len > DNS_NAME_LEN || !edge_config_is_word(s, "-."))
		return false;
	for (; *s; s++) {
		bool at_end = !s[1] || s[1] == '.';

		if ((*s == '.' || *s == '-') && (!label || at_end))
			return false;
		label = *s == '.' ? 0 : label + 1;
		if (label > LABEL_LEN)
			return false;
	}
	return true;
}

int edge_config_keep(struct edge_config_parser *p, char **at, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return edge_config_fail(p, EDGE_ENOMEM, "out of memory");
	free(*at);
	*at = copy;
	return 1;
}

static int set_fqdn(struct edge_config_parser *p, char **at, const char *value)
{
	if (!edge_config_keep(p, at, value))
		return 0;
	for (char *c = *at; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	if (!is_dns_name(*at))
		return edge_config_fail(p, EDGE_EFORMAT,
					"\"%s\" is not a host name", value);
	return 1;
}

static int set_path(struct edge_config_parser *p, char **at, const char *value)
{
	if (value[0] != '/')
		return edge_config_fail(p, EDGE_EFORMAT,
					"\"%s\" is not an absolute path",
					value);
	return edge_config_keep(p, at, value);
}

static int set_device(struct edge_config_parser *p, char **at,
		      const char *value)
{
	size_t len = strlen(value);

	if (!len || len > DEVICE_LEN || strpbrk(value, "/ \t"))
		return edge_config_fail(p, EDGE_EFORMAT,
					"\"%s\" is not a device name", value);
	return edge_config_keep(p, at, value);
}

static int set_switch(struct edge_config_parser *p, bool *at, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return edge_config_fail(p, EDGE_EFORMAT,
					"\"%s\" is neither yes nor no", value);
	*at = !strcmp(value, "yes");
	return 1;
}

static int set_hep(struct edge_config_parser *p, char **at, const char *value)
{
	struct edge_addr a;

	if (edge_addr_parse_port(&a, edge_slice_str(value)) || !a.port)
		return edge_config_fail(p, EDGE_EFORMAT,
					"\"%s\" is not address:port", value);
	return edge_config_keep(p, at, value);
}

int edge_config_number(struct edge_config_parser *p,
		       const struct edge_limit_row *r, uint64_t *at,
		       const char *value)
{
	uint64_t v;

	if (!edge_slice_u64(edge_slice_str(value), UINT64_MAX, &v))
		return edge_config_fail(p, EDGE_EFORMAT,
					"\"%s\" is not a number", value);
	if (v < r->min || v > r->max)
		return edge_config_fail(
			p, EDGE_ERANGE, "%s = %s is outside of %llu..%llu %s",
			r->name, value, (unsigned long long)r->min,
			(unsigned long long)r->max, r->unit);
	*at = v;
	return 1;
}

static int set_shards(struct edge_config_parser *p, unsigned *at,
		      const char *value)
{
	static const struct edge_limit_row row = {
		"shards", 0, 0, EDGE_HANDLE_SHARDS, "loops", "DESIGN 5"};
	uint64_t v = 0;

	if (!edge_config_number(p, &row, &v, value))
		return 0;
	*at = (unsigned)v;
	return 1;
}

static int set(struct edge_config_parser *p, const struct setting *s,
	       const char *value)
{
	static const struct edge_limit_row size = {
		"size", 1, EDGE_CONFIG_TRACE_MB, TRACE_MAX_MB, "MiB", "ours"};
	void *at = (char *)p->c + s->at;

	switch (s->kind) {
	case PATH:
		return set_path(p, at, value);
	case KEY:
		return edge_config_set_key(p, at, value);
	case FQDN:
		return set_fqdn(p, at, value);
	case DEVICE:
		return set_device(p, at, value);
	case SWITCH:
		return set_switch(p, at, value);
	case SHARDS:
		return set_shards(p, at, value);
	case HEP:
		return set_hep(p, at, value);
	case MEGABYTES:
		return edge_config_number(p, &size, at, value);
	case ADDRESSES:
	case NETWORKS:
		return edge_config_nets(p, at, value, s->kind == NETWORKS);
	case MANAGE:
		return edge_config_manage(p, at, value);
	}
	return 0;
}

/* Listeners of all services whose TLS profile may be set. */
static const char *const listeners[] = {"access-client",     "access-inside",
					"access-federation", "webconf-client",
					"webconf-inside",    "avauth-inside",
					"av-turn",	     "replica",
					"xmpp-outside",	     "xmpp-inside"};

/* each at most once, so all of them have room */
_Static_assert(sizeof(listeners) / sizeof(listeners[0]) <=
		       sizeof(((struct edge_config *)0)->profile) /
			       sizeof(((struct edge_config *)0)->profile[0]),
	       "more listeners than profiles");

static bool is_listener(const char *name)
{
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++)
		if (!strcmp(listeners[i], name))
			return true;
	return false;
}

static int add_profile(struct edge_config_parser *p, const char *name,
		       const char *value)
{
	static const char prefix[] = "profile.";
	struct edge_config *c = p->c;
	const char *listener = name + sizeof(prefix) - 1;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 ||
	    !edge_config_is_word(listener, "-_."))
		return edge_config_fail(p, EDGE_EFORMAT,
					"unknown name [tls] %s", name);
	if (!is_listener(listener))
		return edge_config_fail(p, EDGE_EFORMAT,
					"[tls] %s: no such listener", name);
	for (size_t i = 0; i < c->profile_count; i++)
		if (!strcmp(c->profile[i].listener, listener))
			return edge_config_fail(p, EDGE_EDUP,
						"[tls] %s given twice", name);
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i].text, value) != 0)
			continue;
		if (!edge_config_keep(p, &c->profile[c->profile_count].listener,
				      listener))
			return 0;
		c->profile[c->profile_count++].profile = profiles[i].profile;
		return 1;
	}
	return edge_config_fail(p, EDGE_EFORMAT,
				"\"%s\" is neither modern nor lync2013", value);
}

int edge_config_setting(struct edge_config_parser *p, const char *section,
			const char *name, const char *value)
{
	bool section_known = false;

	if (!strcmp(section, "tls"))
		return add_profile(p, name, value);
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].section, section) != 0)
			continue;
		section_known = true;
		if (strcmp(settings[i].name, name) != 0)
			continue;
		if (p->seen[i])
			return edge_config_fail(p, EDGE_EDUP,
						"[%s] %s given twice", section,
						name);
		p->seen[i] = true;
		return set(p, &settings[i], value);
	}
	return section_known
		       ? edge_config_fail(p, EDGE_EFORMAT,
					  "unknown name [%s] %s", section, name)
		       : edge_config_fail(p, EDGE_EFORMAT,
					  "unknown section [%s]", section);
}

void edge_config_check_pairs(struct edge_config_parser *p)
{
	for (size_t i = 0; i < SETTINGS && !p->err; i++) {
		size_t other = i + 1;

		if (strcmp(settings[i].name, "chain") != 0 ||
		    p->seen[i] == p->seen[other])
			continue;
		edge_config_fail(p, EDGE_EFORMAT, "[%s] has %s but no %s",
				 settings[i].section,
				 p->seen[i] ? "chain" : "key",
				 p->seen[i] ? "key" : "chain");
	}
}

void edge_config_free_settings(struct edge_config *c)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		void *at = (char *)c + settings[i].at;

		switch (settings[i].kind) {
		case PATH:
		case KEY:
		case FQDN:
		case DEVICE:
		case HEP:
		case ADDRESSES:
		case NETWORKS:
		case MANAGE:
			free(*(char **)at);
			break;
		case SWITCH:
		case SHARDS:
		case MEGABYTES:
			break;
		}
	}
}
