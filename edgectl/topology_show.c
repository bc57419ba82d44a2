/* topology show, diff, list: what the store holds. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "edgectl/ctl.h"
#include "edgectl/facts.h"
#include "topology/diff.h"
#include "topology/store.h"
#include "topology/utc.h"

static enum ctl_exit open_store(struct ctl *c, struct topo_store **out)
{
	enum ctl_exit exit = ctl_config(c);
	enum edge_err err;

	if (exit)
		return exit;
	err = topo_store_open(out, c->config->state);
	if (err == EDGE_ENOTFOUND)
		return ctl_fail(c, err, "CTL-009", c->config->state,
				"no replica folder");
	return err ? ctl_fail(c, err, "CTL-003", c->config->state, "%s",
			      ctl_reason(err))
		   : CTL_GOOD;
}

/* A SEQ given, else the current one. */
static enum ctl_exit choose(struct ctl *c, const struct topo_store *s,
			    const char *text, uint64_t *seq)
{
	enum edge_err err;

	if (text)
		return ctl_number(c, "SEQ", text, seq) ? CTL_GOOD : CTL_USAGE;
	err = topo_store_seq(s, seq);
	if (err)
		return ctl_fail(c, err, "CTL-003", "replica/current", "%s",
				ctl_reason(err));
	if (!*seq)
		return ctl_fail(c, EDGE_ENOTFOUND, "CTL-009", c->config->state,
				"no current version");
	return CTL_GOOD;
}

static enum ctl_exit load(struct ctl *c, const struct topo_store *s,
			  uint64_t seq, const struct topo **out)
{
	enum edge_err err;
	char why[256] = "";

	err = topo_store_load(s, seq, out, why, sizeof(why));
	return err ? ctl_fail(c, err == EDGE_EAUTH ? EDGE_EFORMAT : err,
			      err == EDGE_ENOTFOUND ? "CTL-012" : "CTL-003",
			      "the store", "version %" PRIu64 ": %s", seq, why)
		   : CTL_GOOD;
}

static void tell_meta(struct ctl *c, const struct topo_meta *m)
{
	char at[TOPO_UTC_STRLEN];

	topo_utc_print(at, m->imported_s);
	ctl_put_number(c, "seq", m->seq);
	ctl_put_text(c, "signature", m->signature);
	ctl_put_text(c, "sha256", m->source_sha256);
	ctl_put_text(c, "imported_at", at);
	ctl_put_text(c, "signer", m->signer);
	ctl_put_text(c, "source", m->source);
	ctl_put_text(c, "reason", m->reason);
	ctl_say(c, "%-14s %" PRIu64 ", %s at %s by %s", "version", m->seq,
		m->reason, at, m->by);
	ctl_say(c, "%-14s %s, signer %s", "from", m->source, m->signer);
	ctl_say(c, "%-14s %s, sha256 %s", "topology", m->signature,
		m->source_sha256);
}

static enum ctl_exit show_facts(struct ctl *c, const struct topo_store *s,
				uint64_t seq, bool exact)
{
	const struct topo *t = NULL;
	enum ctl_exit exit = load(c, s, seq, &t);
	uint8_t *text = NULL;
	enum edge_err err;
	size_t len;

	topo_drop(t); /* verified: what follows is what daemons read */
	if (exit)
		return exit;
	err = topo_store_read(s, seq, "topology.snap", &text, &len);
	if (err)
		return ctl_fail(c, err, "CTL-003", "topology.snap", "%s",
				ctl_reason(err));
	ctl_facts_print(c, edge_slice(text, len), exact);
	free(text);
	return CTL_GOOD;
}

static enum ctl_exit show(struct ctl *c, const struct topo_store *s,
			  const char *text, bool facts)
{
	enum ctl_exit exit;
	struct topo_meta m;
	enum edge_err err;
	char why[256] = "";
	uint64_t seq = 0;

	exit = choose(c, s, text, &seq);
	if (exit)
		return exit;
	if (facts)
		return show_facts(c, s, seq, true);
	err = topo_store_meta(s, seq, &m, why, sizeof(why));
	if (err)
		return ctl_fail(c, err,
				err == EDGE_ENOTFOUND ? "CTL-012" : "CTL-003",
				"the store", "%s", why);
	tell_meta(c, &m);
	return show_facts(c, s, seq, false);
}

enum ctl_exit ctl_topology_show(struct ctl *c, int argc, char **argv)
{
	bool facts = false;
	const struct ctl_option options[] = {{"facts", NULL, &facts}};
	enum ctl_exit exit = ctl_options(c, options, 1, &argc, argv);
	struct topo_store *s = NULL;

	if (exit)
		return exit;
	if (argc > 1)
		return ctl_usage(c, "topology show wants one SEQ at most");
	exit = open_store(c, &s);
	if (!exit)
		exit = show(c, s, argc ? argv[0] : NULL, facts);
	topo_store_free(s);
	return exit;
}

static void tell_diff(struct ctl *c, const struct topo_diff *d)
{
	json_t *list = json_array();
	char line[4096];

	for (size_t i = 0; i < d->fact_count; i++) {
		const struct topo_fact_change *f = &d->facts[i];

		topo_fact_change_print(f, line, sizeof(line));
		ctl_say(c, "%s", line);
		json_array_append_new(list,
				      json_pack("{s:s, s:s?, s:s?}", "key",
						f->key, "before", f->before,
						"after", f->after));
	}
	if (!d->fact_count)
		ctl_say(c, "no difference");
	ctl_put(c, "changes", list);
}

static enum ctl_exit diff(struct ctl *c, const struct topo_store *s,
			  const char *a, const char *b)
{
	const struct topo *before = NULL, *after = NULL;
	struct topo_diff *d = NULL;
	uint64_t from = 0, to = 0;
	enum ctl_exit exit;
	enum edge_err err;

	exit = choose(c, s, a, &from);
	if (!exit)
		exit = choose(c, s, b, &to);
	if (!exit)
		exit = load(c, s, from, &before);
	if (!exit)
		exit = load(c, s, to, &after);
	if (exit)
		goto out;
	err = topo_diff_new(&d, before, after);
	if (err)
		exit = ctl_fail(c, err, "CTL-003", "the versions", "%s",
				ctl_reason(err));
	else
		tell_diff(c, d);
out:
	topo_diff_free(d);
	topo_drop(before);
	topo_drop(after);
	return exit;
}

enum ctl_exit ctl_topology_diff(struct ctl *c, int argc, char **argv)
{
	enum ctl_exit exit = ctl_options(c, NULL, 0, &argc, argv);
	struct topo_store *s = NULL;

	if (exit)
		return exit;
	if (argc < 1 || argc > 2)
		return ctl_usage(c, "topology diff wants A and B, or A for the "
				    "difference to the current version");
	exit = open_store(c, &s);
	if (!exit)
		exit = diff(c, s, argv[0], argc > 1 ? argv[1] : NULL);
	topo_store_free(s);
	return exit;
}

static void tell_version(struct ctl *c, json_t *list, const struct topo_meta *m,
			 bool is_current)
{
	char at[TOPO_UTC_STRLEN];

	topo_utc_print(at, m->imported_s);
	ctl_say(c, "%c %6" PRIu64 "  %s  %.8s  %-20.20s %-24.24s %s",
		is_current ? '*' : ' ', m->seq, at, m->source_sha256, m->signer,
		m->source, m->reason);
	json_array_append_new(
		list, json_pack("{s:I, s:b, s:s, s:s, s:s, s:s, s:s}", "seq",
				(json_int_t)m->seq, "current", is_current,
				"imported_at", at, "sha256", m->source_sha256,
				"signer", m->signer, "source", m->source,
				"reason", m->reason));
}

static enum ctl_exit list_all(struct ctl *c, const struct topo_store *s)
{
	json_t *list = json_array();
	uint64_t *seqs = NULL, current;
	struct topo_meta m;
	size_t count = 0;
	enum edge_err err;
	char why[256] = "";

	err = topo_store_seq(s, &current);
	if (!err)
		err = topo_store_list(s, &seqs, &count);
	ctl_say(c, "  %6s  %-20s  %-8s  %-20s %-24s %s", "seq", "imported",
		"sha256", "signer", "source", "reason");
	for (size_t i = 0; !err && i < count; i++) {
		if (topo_store_meta(s, seqs[i], &m, why, sizeof(why)))
			ctl_find(c, TOPO_WARN, "CTL-003", "the store",
				 "version %" PRIu64 ": %s", seqs[i], why);
		else
			tell_version(c, list, &m, seqs[i] == current);
	}
	free(seqs);
	ctl_put(c, "versions", list);
	return err ? ctl_fail(c, err, "CTL-003", "the store", "%s",
			      ctl_reason(err))
		   : CTL_GOOD;
}

enum ctl_exit ctl_topology_list(struct ctl *c, int argc, char **argv)
{
	enum ctl_exit exit = ctl_options(c, NULL, 0, &argc, argv);
	struct topo_store *s = NULL;

	if (exit)
		return exit;
	if (argc)
		return ctl_usage(c, "topology list wants no words");
	exit = open_store(c, &s);
	if (!exit)
		exit = list_all(c, s);
	topo_store_free(s);
	return exit;
}
