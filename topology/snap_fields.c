/* Properties of a struct as a fact, in the order of its table. */
#include "topology/snap_rows.h"

static void print_field(FILE *out, const struct topo_field *f, const void *from)
{
	const char *text;

	switch (f->kind) {
	case TOPO_FIELD_BOOL:
	case TOPO_FIELD_NOT:
		(void)fputs(topo_field_bool(f, from) ? "yes" : "no", out);
		return;
	case TOPO_FIELD_NUMBER:
	case TOPO_FIELD_SECONDS:
		(void)fprintf(out, "%u", topo_field_number(f, from));
		return;
	case TOPO_FIELD_LEVEL:
	case TOPO_FIELD_TRUST:
	case TOPO_FIELD_MODE:
		(void)fputs(topo_field_word(f, from), out);
		return;
	case TOPO_FIELD_TEXT:
		text = topo_field_text(f, from);
		(void)fputs(text ? text : "-", out);
		return;
	case TOPO_FIELD_KNOWN:
		return;
	}
}

void topo_snap_print_fields(FILE *out, const struct topo_field *fields,
			    const void *from, char sep)
{
	bool any = false;

	for (; fields->name; fields++) {
		if (!fields->key)
			continue;
		if (any)
			(void)fputc(sep, out);
		(void)fprintf(out, "%s=", fields->key);
		print_field(out, fields, from);
		any = true;
	}
}

/* 0 is "not said", as a struct that nobody filled has it. */
static bool is_zero(const struct topo_field *f, struct edge_slice value)
{
	return (f->kind == TOPO_FIELD_NUMBER ||
		f->kind == TOPO_FIELD_SECONDS) &&
	       edge_slice_eq_str(value, "0");
}

static bool read_field(struct topo_snap_in *in, const struct topo_field *f,
		       void *into, struct edge_slice value)
{
	bool is_yes = edge_slice_eq_str(value, "yes");

	switch (f->kind) {
	case TOPO_FIELD_BOOL:
	case TOPO_FIELD_NOT:
		if (!is_yes && !edge_slice_eq_str(value, "no"))
			return false;
		topo_field_set_bool(f, into, is_yes);
		return true;
	case TOPO_FIELD_TEXT:
		if (edge_slice_eq_str(value, "-"))
			return true;
		return topo_snap_name(
			in, value,
			(const char **)(void *)((char *)into + f->at));
	case TOPO_FIELD_NUMBER:
	case TOPO_FIELD_SECONDS:
	case TOPO_FIELD_LEVEL:
	case TOPO_FIELD_TRUST:
	case TOPO_FIELD_MODE:
	case TOPO_FIELD_KNOWN:
		break;
	}
	if (is_zero(f, value)) {
		*(unsigned *)(void *)((char *)into + f->at) = 0;
		return true;
	}
	return topo_field_take(f, into, value);
}

bool topo_snap_read_fields(struct topo_snap_in *in, struct edge_slice *s,
			   const struct topo_field *fields, void *into,
			   char sep)
{
	struct edge_slice word;

	for (; fields->name; fields++) {
		if (!fields->key)
			continue;
		if (!topo_snap_lit(s, fields->key) || !topo_snap_lit(s, "=") ||
		    !topo_snap_word(s, (uint8_t)sep, &word) ||
		    !read_field(in, fields, into, word))
			return false;
	}
	return true;
}

void topo_snap_put_fields(FILE *out, const struct topo *t,
			  const struct topo_snap_row *row)
{
	topo_snap_print_fields(out, row->fields, (const char *)t + row->at,
			       ' ');
}

bool topo_snap_take_fields(struct topo_snap_in *in, struct edge_slice s,
			   const struct topo_snap_row *row)
{
	return topo_snap_read_fields(in, &s, row->fields,
				     (char *)in->t + row->at, ' ') &&
	       s.p == s.end;
}
