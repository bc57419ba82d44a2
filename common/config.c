/* edge.ini into a checked struct: one table of names, one line number. */
#include "common/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/handle.h"

enum {
	MAX_FILE = 1 << 20,	/* ours: no edge.ini is that long [bytes] */
	DEVICE_LEN = 15,	/* IFNAMSIZ - 1 */
	DNS_NAME_LEN = 253,	/* RFC 1035 2.3.4 */
	LABEL_LEN = 63,		/* RFC 1035 2.3.4 */
	TRACE_DEF_MB = 64,	/* ours */
	TRACE_MAX_MB = 1 << 20, /* ours: 1 TiB */
};

enum kind { PATH, FQDN, DEVICE, SWITCH, SHARDS, HEP, MEGABYTES };

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
	{"certificate.access",   "key",   PATH, offsetof(struct edge_config, certificate[EDGE_CERT_ACCESS].key)},
	{"certificate.webconf",  "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_WEBCONF].chain)},
	{"certificate.webconf",  "key",   PATH, offsetof(struct edge_config, certificate[EDGE_CERT_WEBCONF].key)},
	{"certificate.av-auth",  "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_AV_AUTH].chain)},
	{"certificate.av-auth",  "key",   PATH, offsetof(struct edge_config, certificate[EDGE_CERT_AV_AUTH].key)},
	{"certificate.internal", "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_INTERNAL].chain)},
	{"certificate.internal", "key",   PATH, offsetof(struct edge_config, certificate[EDGE_CERT_INTERNAL].key)},
	{"certificate.turn",     "chain", PATH, offsetof(struct edge_config, certificate[EDGE_CERT_TURN].chain)},
	{"certificate.turn",     "key",   PATH, offsetof(struct edge_config, certificate[EDGE_CERT_TURN].key)},
	{"trust", "public",        PATH, offsetof(struct edge_config, trust.public_roots)},
	{"trust", "internal",      PATH, offsetof(struct edge_config, trust.internal_ca)},
	{"trust", "operator-keys", PATH, offsetof(struct edge_config, trust.operator_keys)},
	{"trust", "internal-crl",  PATH, offsetof(struct edge_config, trust.internal_crl)},
	{"trust", "internal_cn_fallback", SWITCH, offsetof(struct edge_config, trust.internal_cn_fallback)},
	{"trace", "hep",  HEP,       offsetof(struct edge_config, trace.hep)},
	{"trace", "dir",  PATH,      offsetof(struct edge_config, trace.dir)},
	{"trace", "size", MEGABYTES, offsetof(struct edge_config, trace.size_mb)},
};
/* clang-format on */

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static const char *const services[] = {"access", "webconf", "av", "replica"};

static const struct {
	const char *text;
	enum edge_tls_profile profile;
} profiles[] = {{"modern", EDGE_TLS_MODERN}, {"lync2013", EDGE_TLS_LYNC2013}};

struct parser {
	struct edge_config *c;
	struct edge_slice text; /* what inih has not seen yet */
	unsigned line;
	bool seen[SETTINGS];
	bool *limit_seen;
	enum edge_err err;
	char *why;
	size_t why_cap;
};

/* The first fault counts. Returns 0, which is inih's word for failure. */
static int EDGE_PRINTF(3, 4)
	fail(struct parser *p, enum edge_err err, const char *fmt, ...)
{
	va_list ap;
	int len;

	if (p->err)
		return 0;
	p->err = err;
	len = snprintf(p->why, p->why_cap, "line %u: ", p->line);
	if (len < 0 || (size_t)len >= p->why_cap)
		return 0;
	va_start(ap, fmt);
	vsnprintf(p->why + len, p->why_cap - (size_t)len, fmt, ap);
	va_end(ap);
	return 0;
}

static bool is_word(const char *s, const char *more)
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

	if (!len || len > DNS_NAME_LEN || !is_word(s, "-."))
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

static int keep(struct parser *p, char **at, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return fail(p, EDGE_ENOMEM, "out of memory");
	free(*at);
	*at = copy;
	return 1;
}

static int set_fqdn(struct parser *p, char **at, const char *value)
{
	if (!keep(p, at, value))
		return 0;
	for (char *c = *at; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	if (!is_dns_name(*at))
		return fail(p, EDGE_EFORMAT, "\"%s\" is not a host name",
			    value);
	return 1;
}

static int set_path(struct parser *p, char **at, const char *value)
{
	if (value[0] != '/')
		return fail(p, EDGE_EFORMAT, "\"%s\" is not an absolute path",
			    value);
	return keep(p, at, value);
}

static int set_device(struct parser *p, char **at, const char *value)
{
	size_t len = strlen(value);

	if (!len || len > DEVICE_LEN || strpbrk(value, "/ \t"))
		return fail(p, EDGE_EFORMAT, "\"%s\" is not a device name",
			    value);
	return keep(p, at, value);
}

static int set_switch(struct parser *p, bool *at, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return fail(p, EDGE_EFORMAT, "\"%s\" is neither yes nor no",
			    value);
	*at = !strcmp(value, "yes");
	return 1;
}

static int set_hep(struct parser *p, char **at, const char *value)
{
	struct edge_addr a;

	if (edge_addr_parse_port(&a, edge_slice_str(value)) || !a.port)
		return fail(p, EDGE_EFORMAT, "\"%s\" is not address:port",
			    value);
	return keep(p, at, value);
}

static int set_number(struct parser *p, const struct edge_limit_row *r,
		      uint64_t *at, const char *value)
{
	uint64_t v;

	if (!edge_slice_u64(edge_slice_str(value), UINT64_MAX, &v))
		return fail(p, EDGE_EFORMAT, "\"%s\" is not a number", value);
	if (v < r->min || v > r->max)
		return fail(p, EDGE_ERANGE,
			    "%s = %s is outside of %llu..%llu %s", r->name,
			    value, (unsigned long long)r->min,
			    (unsigned long long)r->max, r->unit);
	*at = v;
	return 1;
}

static int set_shards(struct parser *p, unsigned *at, const char *value)
{
	static const struct edge_limit_row row = {
		"shards", 0, 0, EDGE_HANDLE_SHARDS, "loops", "DESIGN 5"};
	uint64_t v = 0;

	if (!set_number(p, &row, &v, value))
		return 0;
	*at = (unsigned)v;
	return 1;
}

static int set(struct parser *p, const struct setting *s, const char *value)
{
	static const struct edge_limit_row size = {
		"size", 1, TRACE_DEF_MB, TRACE_MAX_MB, "MiB", "ours"};
	void *at = (char *)p->c + s->at;

	switch (s->kind) {
	case PATH:
		return set_path(p, at, value);
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
		return set_number(p, &size, at, value);
	}
	return 0;
}

static int add_profile(struct parser *p, const char *name, const char *value)
{
	static const char prefix[] = "profile.";
	struct edge_config *c = p->c;
	const char *listener = name + sizeof(prefix) - 1;
	const size_t room = sizeof(c->profile) / sizeof(c->profile[0]);

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 ||
	    !is_word(listener, "-_."))
		return fail(p, EDGE_EFORMAT, "unknown name [tls] %s", name);
	for (size_t i = 0; i < c->profile_count; i++)
		if (!strcmp(c->profile[i].listener, listener))
			return fail(p, EDGE_EDUP, "[tls] %s given twice", name);
	if (c->profile_count == room)
		return fail(p, EDGE_ELIMIT, "more than %zu profiles", room);
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i].text, value) != 0)
			continue;
		if (!keep(p, &c->profile[c->profile_count].listener, listener))
			return 0;
		c->profile[c->profile_count++].profile = profiles[i].profile;
		return 1;
	}
	return fail(p, EDGE_EFORMAT, "\"%s\" is neither modern nor lync2013",
		    value);
}

/* Length of "access." in "access.name"; 0 for anything else. */
static size_t service_prefix(const char *name)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		size_t len = strlen(services[i]);

		if (!strncmp(name, services[i], len) && name[len] == '.' &&
		    is_word(name + len + 1, "_"))
			return len + 1;
	}
	return 0;
}

/* No row has this name: fine only when it is another service's business. */
static int pass_over(struct parser *p, const char *section, const char *name)
{
	size_t len = service_prefix(name);
	bool own = !len;

	for (size_t i = 0; !own && i < p->c->limit_count; i++)
		own = !strncmp(p->c->limit_rows[i].name, name, len);
	for (size_t i = 0; !own && i < p->c->option_count; i++)
		own = !strncmp(p->c->option_rows[i].name, name, len);
	if (own)
		return fail(p, EDGE_EFORMAT, "unknown name [%s] %s", section,
			    name);
	return 1;
}

static int add_limit(struct parser *p, const char *name, const char *value)
{
	static const struct edge_limit_row any = {"", 0, 0, UINT64_MAX, "", ""};
	struct edge_config *c = p->c;
	uint64_t ignored;

	for (size_t i = 0; i < c->limit_count; i++) {
		if (strcmp(c->limit_rows[i].name, name) != 0)
			continue;
		if (p->limit_seen[i])
			return fail(p, EDGE_EDUP, "%s given twice", name);
		p->limit_seen[i] = true;
		return set_number(p, &c->limit_rows[i], &c->limits[i], value);
	}
	return pass_over(p, "limits", name) &&
	       set_number(p, &any, &ignored, value);
}

static int add_option(struct parser *p, const char *name, const char *value)
{
	struct edge_config *c = p->c;

	for (size_t i = 0; i < c->option_count; i++) {
		if (strcmp(c->option_rows[i].name, name) != 0)
			continue;
		if (c->options[i])
			return fail(p, EDGE_EDUP, "%s given twice", name);
		return keep(p, &c->options[i], value);
	}
	return pass_over(p, "options", name);
}

static int add_setting(struct parser *p, const char *section, const char *name,
		       const char *value)
{
	bool section_known = false;

	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].section, section) != 0)
			continue;
		section_known = true;
		if (strcmp(settings[i].name, name) != 0)
			continue;
		if (p->seen[i])
			return fail(p, EDGE_EDUP, "[%s] %s given twice",
				    section, name);
		p->seen[i] = true;
		return set(p, &settings[i], value);
	}
	return section_known
		       ? fail(p, EDGE_EFORMAT, "unknown name [%s] %s", section,
			      name)
		       : fail(p, EDGE_EFORMAT, "unknown section [%s]", section);
}

/* inih's handler: 1 goes on, 0 is an error. */
static int on_name(void *arg, const char *section, const char *name,
		   const char *value)
{
	struct parser *p = arg;

	if (p->err)
		return 0;
	if (!strcmp(section, "tls"))
		return add_profile(p, name, value);
	if (!strcmp(section, "limits"))
		return add_limit(p, name, value);
	if (!strcmp(section, "options"))
		return add_option(p, name, value);
	return add_setting(p, section, name, value);
}

/* inih's reader, as fgets: so the line number is ours and no line is cut. */
static char *next_line(char *buf, int cap, void *arg)
{
	struct parser *p = arg;
	struct edge_slice line;

	if (p->err || !edge_slice_len(p->text))
		return NULL;
	p->line++;
	if (!edge_take_until(&p->text, '\n', &line)) {
		line = p->text;
		p->text.p = p->text.end;
	}
	line = edge_slice_trim(
		line); /* so indented names are no continuation */
	if (edge_slice_find(line, 0))
		return fail(p, EDGE_EFORMAT, "NUL byte"), NULL;
	/* a full buffer without newline would make inih glue the next line on
	 */
	if (!edge_slice_copy(buf, (size_t)cap - 1, line))
		return fail(p, EDGE_ELIMIT, "longer than %d bytes", cap - 2),
		       NULL;
	return buf;
}

/* first_bad is inih's: a line that it refused, or that on_name did. */
static void check_syntax(struct parser *p, int first_bad)
{
	if (first_bad < 0)
		fail(p, EDGE_ENOMEM, "out of memory");
	if (first_bad <= 0 || (p->err && (unsigned)first_bad >= p->line))
		return;
	p->err = EDGE_OK; /* it went on after its own fault: that one counts */
	p->line = (unsigned)first_bad;
	fail(p, EDGE_EFORMAT, "neither [section] nor name = value");
}

static void check_pairs(struct parser *p)
{
	for (size_t i = 0; i < SETTINGS && !p->err; i++) {
		size_t other = i + 1;

		if (strcmp(settings[i].name, "chain") != 0 ||
		    p->seen[i] == p->seen[other])
			continue;
		fail(p, EDGE_EFORMAT, "[%s] has %s but no %s",
		     settings[i].section, p->seen[i] ? "chain" : "key",
		     p->seen[i] ? "key" : "chain");
	}
}

static bool set_defaults(struct edge_config *c,
			 const struct edge_config_rows *rows)
{
	c->state = strdup("/var/lib/lync-edge");
	c->run = strdup("/run/lync-edge");
	c->resolv = strdup("/etc/resolv.conf");
	c->trace.size_mb = TRACE_DEF_MB;
	if (rows) {
		c->limit_rows = rows->limits;
		c->option_rows = rows->options;
	}
	/* one more than needed: calloc(0) may give NULL */
	c->limits =
		calloc((rows ? rows->limit_count : 0) + 1, sizeof(*c->limits));
	c->options = calloc((rows ? rows->option_count : 0) + 1,
			    sizeof(*c->options));
	if (!c->state || !c->run || !c->resolv || !c->limits || !c->options)
		return false;
	c->limit_count = rows ? rows->limit_count : 0;
	c->option_count = rows ? rows->option_count : 0;
	for (size_t i = 0; i < c->limit_count; i++)
		c->limits[i] = c->limit_rows[i].def;
	return true;
}

enum edge_err edge_config_parse(struct edge_config **out,
				struct edge_slice text,
				const struct edge_config_rows *rows, char *why,
				size_t why_cap)
{
	struct parser p = {.text = text, .why = why, .why_cap = why_cap};

	p.c = calloc(1, sizeof(*p.c));
	p.limit_seen = calloc((rows ? rows->limit_count : 0) + 1,
			      sizeof(*p.limit_seen));
	if (!p.c || !p.limit_seen || !set_defaults(p.c, rows)) {
		fail(&p, EDGE_ENOMEM, "out of memory");
		goto out;
	}
	if (edge_slice_len(text) > MAX_FILE) {
		fail(&p, EDGE_ELIMIT, "longer than %d bytes", MAX_FILE);
		goto out;
	}
	check_syntax(&p, ini_parse_stream(next_line, &p, on_name, &p));
	check_pairs(&p);
	if (p.err)
		goto out;
	*out = p.c;
	p.c = NULL;
out:
	free(p.limit_seen);
	edge_config_free(p.c);
	return p.err;
}

static enum edge_err read_file(struct edge_slice *out, char **mem,
			       const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return EDGE_ESYS;
	*mem = malloc(MAX_FILE + 1);
	while (*mem && n && len <= MAX_FILE) {
		n = read(fd, *mem + len, MAX_FILE + 1 - len);
		if (n < 0 && errno != EINTR)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (!*mem)
		return EDGE_ENOMEM;
	*out = edge_slice(*mem, len);
	return n < 0 ? EDGE_ESYS : EDGE_OK;
}

enum edge_err edge_config_load(struct edge_config **out, const char *path,
			       const struct edge_config_rows *rows, char *why,
			       size_t why_cap)
{
	struct edge_slice text = {0};
	char *mem = NULL;
	enum edge_err err = read_file(&text, &mem, path);

	if (err)
		snprintf(why, why_cap, "%s: %s", path,
			 err == EDGE_ESYS ? strerror(errno)
					  : edge_err_str(err));
	else
		err = edge_config_parse(out, text, rows, why, why_cap);
	free(mem);
	return err;
}

void edge_config_free(struct edge_config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < SETTINGS; i++) {
		void *at = (char *)c + settings[i].at;

		switch (settings[i].kind) {
		case PATH:
		case FQDN:
		case DEVICE:
		case HEP:
			free(*(char **)at);
			break;
		case SWITCH:
		case SHARDS:
		case MEGABYTES:
			break;
		}
	}
	for (size_t i = 0; i < c->profile_count; i++)
		free(c->profile[i].listener);
	for (size_t i = 0; i < c->option_count; i++)
		free(c->options[i]);
	free(c->options);
	free(c->limits);
	free(c);
}

enum edge_tls_profile edge_config_profile(const struct edge_config *c,
					  const char *listener)
{
	for (size_t i = 0; i < c->profile_count; i++)
		if (!strcmp(c->profile[i].listener, listener))
			return c->profile[i].profile;
	return EDGE_TLS_MODERN;
}

const char *edge_config_option(const struct edge_config *c, const char *name)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (!strcmp(c->option_rows[i].name, name))
			return c->options[i] ? c->options[i]
					     : c->option_rows[i].def;
	return NULL;
}
