/* edge.ini into a checked struct: lines, limits and options. */
#include "common/config_parser.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 20 /* ours: no edge.ini is that long [bytes] */ };

static const char *const services[] = {"access", "webconf", "av", "replica"};

int edge_config_fail(struct edge_config_parser *p, enum edge_err err,
		     const char *fmt, ...)
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

/* Length of "access." in "access.name"; 0 for anything else. */
static size_t service_prefix(const char *name)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		size_t len = strlen(services[i]);

		if (!strncmp(name, services[i], len) && name[len] == '.' &&
		    edge_config_is_word(name + len + 1, "_"))
			return len + 1;
	}
	return 0;
}

/* No row has this name: fine only when it is another service's business. */
static int pass_over(struct edge_config_parser *p, const char *section,
		     const char *name)
{
	size_t len = service_prefix(name);
	bool own = !len;

	for (size_t i = 0; !own && i < p->c->limit_count; i++)
		own = !strncmp(p->c->limit_rows[i].name, name, len);
	for (size_t i = 0; !own && i < p->c->option_count; i++)
		own = !strncmp(p->c->option_rows[i].name, name, len);
	if (own)
		return edge_config_fail(p, EDGE_EFORMAT, "unknown name [%s] %s",
					section, name);
	return 1;
}

static int add_limit(struct edge_config_parser *p, const char *name,
		     const char *value)
{
	static const struct edge_limit_row any = {"", 0, 0, UINT64_MAX, "", ""};
	struct edge_config *c = p->c;
	uint64_t ignored;

	for (size_t i = 0; i < c->limit_count; i++) {
		if (strcmp(c->limit_rows[i].name, name) != 0)
			continue;
		if (p->limit_seen[i])
			return edge_config_fail(p, EDGE_EDUP, "%s given twice",
						name);
		p->limit_seen[i] = true;
		return edge_config_number(p, &c->limit_rows[i], &c->limits[i],
					  value);
	}
	return pass_over(p, "limits", name) &&
	       edge_config_number(p, &any, &ignored, value);
}

static int add_option(struct edge_config_parser *p, const char *name,
		      const char *value)
{
	struct edge_config *c = p->c;

	for (size_t i = 0; i < c->option_count; i++) {
		if (strcmp(c->option_rows[i].name, name) != 0)
			continue;
		if (c->options[i])
			return edge_config_fail(p, EDGE_EDUP, "%s given twice",
						name);
		return edge_config_keep(p, &c->options[i], value);
	}
	return pass_over(p, "options", name);
}

/* inih's handler: 1 goes on, 0 is an error. */
static int on_name(void *arg, const char *section, const char *name,
		   const char *value)
{
	struct edge_config_parser *p = arg;

	if (p->err)
		return 0;
	if (!strcmp(section, "limits"))
		return add_limit(p, name, value);
	if (!strcmp(section, "options"))
		return add_option(p, name, value);
	return edge_config_setting(p, section, name, value);
}

/* inih's reader, as fgets: so the line number is ours and no line is cut. */
static char *next_line(char *buf, int cap, void *arg)
{
	struct edge_config_parser *p = arg;
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
		return edge_config_fail(p, EDGE_EFORMAT, "NUL byte"), NULL;
	/* a full buffer without newline would make inih glue the next line on
	 */
	if (!edge_slice_copy(buf, (size_t)cap - 1, line))
		return edge_config_fail(p, EDGE_ELIMIT, "longer than %d bytes",
					cap - 2),
		       NULL;
	return buf;
}

/* first_bad is inih's: a line that it refused, or that on_name did. */
static void check_syntax(struct edge_config_parser *p, int first_bad)
{
	if (first_bad < 0)
		edge_config_fail(p, EDGE_ENOMEM, "out of memory");
	if (first_bad <= 0 || (p->err && (unsigned)first_bad >= p->line))
		return;
	p->err = EDGE_OK; /* it went on after its own fault: that one counts */
	p->line = (unsigned)first_bad;
	edge_config_fail(p, EDGE_EFORMAT, "neither [section] nor name = value");
}

static bool set_defaults(struct edge_config *c,
			 const struct edge_config_rows *rows)
{
	c->state = strdup("/var/lib/lync-edge");
	c->run = strdup("/run/lync-edge");
	c->resolv = strdup("/etc/resolv.conf");
	c->trace.size_mb = EDGE_CONFIG_TRACE_MB;
	c->network.media_range = true;
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
	struct edge_config_parser p = {
		.text = text, .why = why, .why_cap = why_cap};

	p.c = calloc(1, sizeof(*p.c));
	p.limit_seen = calloc((rows ? rows->limit_count : 0) + 1,
			      sizeof(*p.limit_seen));
	if (!p.c || !p.limit_seen || !set_defaults(p.c, rows)) {
		edge_config_fail(&p, EDGE_ENOMEM, "out of memory");
		goto out;
	}
	if (edge_slice_len(text) > MAX_FILE) {
		edge_config_fail(&p, EDGE_ELIMIT, "longer than %d bytes",
				 MAX_FILE);
		goto out;
	}
	check_syntax(&p, ini_parse_stream(next_line, &p, on_name, &p));
	edge_config_check_pairs(&p);
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
	struct edge_config *c = NULL;
	char *mem = NULL;
	enum edge_err err = read_file(&text, &mem, path);

	if (err)
		snprintf(why, why_cap, "%s: %s", path,
			 err == EDGE_ESYS ? strerror(errno)
					  : edge_err_str(err));
	else
		err = edge_config_parse(&c, text, rows, why, why_cap);
	free(mem);
	if (err)
		return err;
	err = edge_config_find_credentials(c, getenv("CREDENTIALS_DIRECTORY"));
	if (err)
		edge_config_free(c);
	else
		*out = c;
	return err;
}

void edge_config_free(struct edge_config *c)
{
	if (!c)
		return;
	edge_config_free_settings(c);
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

static enum edge_err want(const char *value, const char *section,
			  const char *name, char *why, size_t why_cap)
{
	if (value)
		return EDGE_OK;
	(void)snprintf(why, why_cap, "edge.ini lacks [%s] %s", section, name);
	return EDGE_ENOTFOUND;
}

enum edge_err edge_config_want_certificate(const struct edge_config *c,
					   enum edge_cert_use use, char *why,
					   size_t why_cap)
{
	static const char *const sections[EDGE_CERT_USES] = {
		[EDGE_CERT_ACCESS] = "certificate.access",
		[EDGE_CERT_WEBCONF] = "certificate.webconf",
		[EDGE_CERT_AV_AUTH] = "certificate.av-auth",
		[EDGE_CERT_INTERNAL] = "certificate.internal",
		[EDGE_CERT_TURN] = "certificate.turn",
	};
	enum edge_err err = want(c->certificate[use].chain, sections[use],
				 "chain", why, why_cap);

	if (!err)
		err = want(c->certificate[use].key, sections[use], "key", why,
			   why_cap);
	if (err || !edge_config_credential(c->certificate[use].key))
		return err;
	(void)snprintf(why, why_cap,
		       "[%s] key = %s: systemd gave no credentials; its unit "
		       "wants LoadCredential=",
		       sections[use], c->certificate[use].key);
	return EDGE_ENOTFOUND;
}

enum edge_err edge_config_want_internal(const struct edge_config *c, char *why,
					size_t why_cap)
{
	enum edge_err err = edge_config_want_certificate(c, EDGE_CERT_INTERNAL,
							 why, why_cap);

	return err ? err
		   : want(c->trust.internal_ca, "trust", "internal", why,
			  why_cap);
}

const char *edge_config_option(const struct edge_config *c, const char *name)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (!strcmp(c->option_rows[i].name, name))
			return c->options[i] ? c->options[i]
					     : c->option_rows[i].def;
	return NULL;
}
