/* edge.ini as lines: finds where a setting stands, puts another text there. */
#include "edgectl/ini_edit.h"

#include <stdlib.h>
#include <string.h>

/* Where things are, as offsets into the text. */
struct found {
	bool has_section, has_name;
	size_t append;		 /* a new setting of the section goes here */
	size_t line, line_end;	 /* of the name, its line end included */
	size_t value, value_end; /* of the name, without blanks and remark */
};

struct text {
	char *p;
	size_t len;
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A remark is a ';' behind a blank: as edge.ini's reader has it. */
static size_t remark(struct edge_slice s)
{
	const size_t len = edge_slice_len(s);

	for (size_t i = 1; i < len; i++)
		if (s.p[i] == ';' && is_blank(s.p[i - 1]))
			return i;
	return len;
}

/* "[name]" and no other. */
static bool is_header(struct edge_slice line, struct edge_slice *name)
{
	line = edge_slice_trim(line);
	return edge_slice_len(line) && *line.p == '[' && line.p++ &&
	       edge_take_until(&line, ']', name);
}

/* "name = value" or "name: value", the value as it stands. */
static bool is_setting(struct edge_slice line, struct edge_slice *name,
		       struct edge_slice *value)
{
	const struct edge_slice t = edge_slice_trim(line);
	const uint8_t *sep = t.p;

	if (!edge_slice_len(t) || strchr(";#[", *t.p))
		return false;
	while (sep < t.end && *sep != '=' && *sep != ':')
		sep++;
	if (sep == t.end)
		return false;
	*name = edge_slice_trim(edge_slice(t.p, (size_t)(sep - t.p)));
	value->p = sep + 1;
	value->end = sep + 1 +
		     remark(edge_slice(sep + 1, (size_t)(t.end - sep - 1)));
	*value = edge_slice_trim(*value);
	return true;
}

static void on_setting(struct found *f, const uint8_t *start,
		       struct edge_slice line, struct edge_slice value)
{
	f->has_name = true;
	f->line = (size_t)(line.p - start);
	f->line_end = (size_t)(line.end - start);
	f->value = (size_t)(value.p - start);
	f->value_end = (size_t)(value.end - start);
}

static struct edge_slice next_line(struct edge_slice *rest)
{
	struct edge_slice line = *rest;

	while (rest->p < rest->end && *rest->p != '\n')
		rest->p++;
	if (rest->p < rest->end)
		rest->p++;
	line.end = rest->p;
	return line;
}

static struct found find(const struct text *t, const struct ctl_ini_set *s)
{
	struct edge_slice rest = edge_slice(t->p, t->len), line, name, value;
	const uint8_t *start = rest.p;
	struct found f = {0};
	bool is_inside = false;

	if (t->len >= 3 && !memcmp(t->p, "\xef\xbb\xbf", 3))
		rest.p += 3;
	while (edge_slice_len(rest)) {
		line = next_line(&rest);
		if (is_header(line, &name)) {
			is_inside = edge_slice_eq_str(name, s->section);
			if (is_inside && !f.has_section)
				f.append = (size_t)(line.end - start);
			f.has_section |= is_inside;
			continue;
		}
		if (!is_inside || !is_setting(line, &name, &value))
			continue;
		f.append = (size_t)(line.end - start);
		if (!f.has_name && edge_slice_eq_str(name, s->name))
			on_setting(&f, start, line, value);
	}
	return f;
}

/* Bytes from..to give way to s. */
static enum edge_err splice(struct text *t, size_t from, size_t to,
			    const char *s)
{
	const size_t n = strlen(s), len = t->len - (to - from) + n;
	char *p = malloc(len + 1);

	if (!p)
		return EDGE_ENOMEM;
	memcpy(p, t->p, from);
	memcpy(p + from, s, n);
	memcpy(p + from + n, t->p + to, t->len - to);
	p[len] = '\0';
	free(t->p);
	*t = (struct text){p, len};
	return EDGE_OK;
}

static const char *line_end(const struct text *t)
{
	const char *n = memchr(t->p, '\n', t->len);

	return n && n > t->p && n[-1] == '\r' ? "\r\n" : "\n";
}

/* What goes in front of the first line of something new. */
static const char *gap(const struct text *t, size_t at, const char *end)
{
	return at && t->p[at - 1] != '\n' ? end : "";
}

static enum edge_err add(struct text *t, const struct found *f,
			 const struct ctl_ini_set *s)
{
	const char *end = line_end(t);
	const size_t at = f->has_section ? f->append : t->len;
	const size_t cap =
		strlen(s->section) + strlen(s->name) + strlen(s->value) + 32;
	char *line = malloc(cap);
	struct edge_put w = edge_put(line, line ? cap - 1 : 0);
	enum edge_err err;

	if (!line)
		return EDGE_ENOMEM;
	edge_put_str(&w, gap(t, at, end));
	if (!f->has_section) {
		edge_put_str(&w, t->len ? end : "");
		edge_put_str(&w, "[");
		edge_put_str(&w, s->section);
		edge_put_str(&w, "]");
		edge_put_str(&w, end);
	}
	edge_put_str(&w, s->name);
	edge_put_str(&w, " = ");
	edge_put_str(&w, s->value);
	edge_put_str(&w, end);
	line[edge_put_len(&w)] = '\0';
	err = splice(t, at, at, line);
	free(line);
	return err;
}

/* A reader would cut it, or take it for something else. */
static bool is_writable(const char *value)
{
	const struct edge_slice s = edge_slice_str(value);
	const size_t len = edge_slice_len(s);

	return len && len < 512 && !strpbrk(value, "\r\n") && *value != ';' &&
	       edge_slice_eq(edge_slice_trim(s), s) && remark(s) == len;
}

static enum edge_err set(struct text *t, const struct ctl_ini_set *s)
{
	const struct found f = find(t, s);

	if (!s->value)
		return f.has_name ? splice(t, f.line, f.line_end, "") : EDGE_OK;
	if (!is_writable(s->value))
		return EDGE_EFORMAT;
	return f.has_name ? splice(t, f.value, f.value_end, s->value)
			  : add(t, &f, s);
}

enum edge_err ctl_ini_edit(char **out, size_t *len, struct edge_slice text,
			   const struct ctl_ini_set *sets, size_t count)
{
	struct text t = {malloc(edge_slice_len(text) + 1),
			 edge_slice_len(text)};
	enum edge_err err = EDGE_OK;

	if (!t.p)
		return EDGE_ENOMEM;
	if (t.len)
		memcpy(t.p, text.p, t.len);
	t.p[t.len] = '\0';
	for (size_t i = 0; !err && i < count; i++)
		err = set(&t, &sets[i]);
	if (err) {
		free(t.p);
		return err;
	}
	*out = t.p;
	*len = t.len;
	return EDGE_OK;
}
