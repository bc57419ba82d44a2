/* Loads vectors named in EDGE_VECTORS and runs them through the reader. */
#include "tests/support/topo_doc.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/snap.h"

void topo_doc_text(struct topo_doc *d, const char *text, size_t len)
{
	*d = (struct topo_doc){.len = len};
	topo_findings_init(&d->findings, "sample");
	d->bytes = malloc(len + 1);
	ck_assert_ptr_nonnull(d->bytes);
	memcpy(d->bytes, text, len);
	d->bytes[len] = '\0';
}

void topo_doc_load(struct topo_doc *d, const char *file)
{
	static char text[1 << 20];
	const char *dir = getenv("EDGE_VECTORS");
	char path[512];
	size_t len;
	FILE *f;

	ck_assert_ptr_nonnull(dir);
	(void)snprintf(path, sizeof(path), "%s/topology/%s", dir, file);
	f = fopen(path, "rb");
	ck_assert_msg(f, "cannot open %s", path);
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	topo_doc_text(d, text, len);
}

void topo_doc_fini(struct topo_doc *d)
{
	topo_drop(d->topo);
	free(d->snap);
	topo_draft_free(d->draft);
	topo_findings_fini(&d->findings);
	topo_hosts_free(d->hosts);
	free(d->bytes);
	*d = (struct topo_doc){0};
}

void topo_doc_replace(struct topo_doc *d, const char *from, const char *to)
{
	char *at = strstr(d->bytes, from);
	size_t n = strlen(from), m = strlen(to);
	char *next;
	size_t head;

	ck_assert_msg(at, "no '%s' in the sample", from);
	head = (size_t)(at - d->bytes);
	next = malloc(d->len - n + m + 1);
	ck_assert_ptr_nonnull(next);
	memcpy(next, d->bytes, head);
	memcpy(next + head, to, m);
	memcpy(next + head + m, at + n, d->len - head - n + 1);
	free(d->bytes);
	d->bytes = next;
	d->len = d->len - n + m;
}

void topo_doc_hosts(struct topo_doc *d, const char *text)
{
	ck_assert_int_eq(
		topo_hosts_parse(&d->hosts, edge_slice_str(text), NULL),
		EDGE_OK);
}

static const char *list_codes(const struct topo_findings *f)
{
	static char list[4096];
	size_t len = 0;

	list[0] = '\0';
	for (size_t i = 0; i < f->count && len < sizeof(list); i++)
		len += (size_t)snprintf(
			list + len, sizeof(list) - len, "%s%c:%s", i ? " " : "",
			"IWEF"[f->items[i].level], f -> items[i].code);
	return list;
}

const char *topo_doc_codes(struct topo_doc *d,
			   const struct topo_check_plan *plan)
{
	enum edge_err err = topo_xml_parse(
		&d->draft, edge_slice(d->bytes, d->len), &d->findings);

	if (!err)
		err = topo_check(d->draft, plan, &d->findings);
	ck_assert_int_eq(err != EDGE_OK, topo_findings_refuse(&d->findings));
	return list_codes(&d->findings);
}

const struct topo *topo_doc_topo(struct topo_doc *d, const char *self)
{
	struct topo_check_plan plan = {
		.self = self, .allow_draft = true, .hosts = d->hosts};
	const char *codes = topo_doc_codes(d, &plan);
	char why[160];

	ck_assert_msg(!topo_findings_refuse(&d->findings), "%s", codes);
	ck_assert_int_eq(topo_snap_build(&d->snap, &d->snap_len, d->draft,
					 &plan, &d->findings),
			 EDGE_OK);
	ck_assert_msg(topo_snap_decode(&d->topo,
				       edge_slice(d->snap, d->snap_len), 7, why,
				       sizeof(why)) == EDGE_OK,
		      "%s", why);
	return d->topo;
}
