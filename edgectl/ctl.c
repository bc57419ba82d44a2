/* Settings, options and findings, shared by the verbs. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edgectl/ctl.h"
#include "edgectl/clean.h"

enum edge_err ctl_init(struct ctl *c)
{
	*c = (struct ctl){.config_path = CTL_CONFIG,
			  .now_s = (uint64_t)time(NULL)};
	c->doc = json_object();
	c->findings = json_array();
	if (!c->doc || !c->findings ||
	    json_object_set_new(c->doc, "findings", c->findings)) {
		json_decref(c->doc);
		return EDGE_ENOMEM;
	}
	return EDGE_OK;
}

void ctl_fini(struct ctl *c)
{
	edge_config_free(c->config);
	json_decref(c->doc);
}

enum ctl_exit ctl_done(struct ctl *c, enum ctl_exit status)
{
	if (status == CTL_GOOD && c->warnings)
		status = CTL_WARNINGS;
	if (!c->json)
		return status;
	ctl_put_number(c, "exit", status);
	if (json_dumpf(c->doc, stdout, JSON_INDENT(1)) || putchar('\n') < 0)
		return CTL_IO;
	return status;
}

static const struct ctl_option *find_option(const struct ctl_option *o,
					    size_t count, const char *name,
					    size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(o[i].name) == len && !strncmp(o[i].name, name, len))
			return &o[i];
	return NULL;
}

/* One "--name[=value]"; *i moves on when the value is the next word. */
static enum ctl_exit take_option(struct ctl *c, const struct ctl_option *o,
				 int argc, char **argv, int *i)
{
	const char *word = argv[*i], *equal = strchr(word, '=');

	if (o->is_set) {
		if (equal)
			return ctl_usage(c, "--%s takes no value", o->name);
		*o->is_set = true;
		return CTL_GOOD;
	}
	if (!o->value || (!equal && *i + 1 >= argc))
		return ctl_usage(c, "--%s wants a value", o->name);
	*o->value = equal ? equal + 1 : argv[++*i];
	return CTL_GOOD;
}

enum ctl_exit ctl_options(struct ctl *c, const struct ctl_option *options,
			  size_t count, int *argc, char **argv)
{
	const struct ctl_option common[] = {
		{"json", NULL, &c->json},
		{"config", &c->config_path, NULL},
	};
	int left = 0;
	bool ended = false;

	for (int i = 0; i < *argc; i++) {
		const char *word = argv[i];
		const struct ctl_option *o;
		size_t len;

		if (ended || strncmp(word, "--", 2) != 0) {
			argv[left++] = argv[i];
			continue;
		}
		ended = !word[2];
		if (ended)
			continue;
		len = strcspn(word + 2, "=");
		o = find_option(options, count, word + 2, len);
		if (!o)
			o = find_option(common, 2, word + 2, len);
		if (!o)
			return ctl_usage(c, "unknown option %.60s", word);
		if (take_option(c, o, *argc, argv, &i))
			return CTL_USAGE;
	}
	*argc = left;
	return CTL_GOOD;
}

enum ctl_exit ctl_usage(struct ctl *c, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_find(c, TOPO_ERROR, "CTL-001", "edgectl", "%s", text);
	return CTL_USAGE;
}

bool ctl_number(struct ctl *c, const char *what, const char *text,
		uint64_t *out)
{
	if (edge_slice_u64(edge_slice_str(text), INT64_MAX, out) && *out)
		return true;
	ctl_usage(c, "%s \"%.40s\": want a whole number from 1", what, text);
	return false;
}

enum ctl_exit ctl_config(struct ctl *c)
{
	enum edge_err err;
	char why[256] = "";

	if (c->config)
		return CTL_GOOD;
	err = edge_config_load(&c->config, c->config_path, NULL, why,
			       sizeof(why));
	if (err)
		return ctl_fail(c, err, "CTL-002", c->config_path, "%s",
				*why ? why : ctl_reason(err));
	return CTL_GOOD;
}

const char *ctl_self(struct ctl *c, const char *given)
{
	char host[256];

	if (given)
		return given;
	if (ctl_config(c))
		return NULL;
	if (c->config->fqdn)
		return c->config->fqdn;
	if (!gethostname(host, sizeof(host)) && strchr(host, '.')) {
		c->config->fqdn = strdup(host);
		return c->config->fqdn;
	}
	ctl_fail(
		c, EDGE_EFORMAT, "CTL-002", c->config_path,
		"no fqdn in [local], and the system's host name has no domain");
	return NULL;
}

enum ctl_exit ctl_exit_of(enum edge_err err)
{
	switch ((int)err) {
	case EDGE_OK:
		return CTL_GOOD;
	case EDGE_EUSAGE:
		return CTL_USAGE;
	case EDGE_EREFUSED:
		return CTL_REFUSED;
	case EDGE_EAUTH:
		return CTL_SIGNATURE;
	case EDGE_EOLDER:
		return CTL_OLDER;
	case EDGE_EFORMAT:
	case EDGE_ELIMIT:
	case EDGE_ERANGE:
	case EDGE_EDUP:
		return CTL_INVALID;
	default:
		return CTL_IO;
	}
}

const char *ctl_reason(enum edge_err err)
{
	return err == EDGE_ESYS ? strerror(errno) : edge_err_str(err);
}

void ctl_say(const struct ctl *c, const char *fmt, ...)
{
	char *text;
	va_list ap;

	if (c->json)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		ctl_clean_lines(
			text); /* names of a topology, answers of others */
	puts(text ? text : "out of memory");
	free(text);
}

void ctl_put(struct ctl *c, const char *name, struct json_t *value)
{
	if (json_object_set_new(c->doc, name, value))
		json_object_set_new(c->doc, "incomplete", json_true());
}

void ctl_put_text(struct ctl *c, const char *name, const char *value)
{
	ctl_put(c, name, value ? json_string(value) : json_null());
}

void ctl_put_number(struct ctl *c, const char *name, uint64_t value)
{
	ctl_put(c, name, json_integer((json_int_t)value));
}
