/* cert drop-previous: what was staged takes the place of the old pair. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "edgectl/cert_roll.h"
#include "edgectl/file_put.h"

static enum ctl_exit may_drop(const struct ctl_roll_job *j, bool force)
{
	const int64_t over = ctl_roll_over_at(&j->times);
	char text[32];

	if (!j->roll.has_staged)
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-012", ctl_roll_place,
				"nothing is staged, so there is no previous");
	if (!j->roll.is_effective) {
		ctl_roll_print(text, j->times.effective_s);
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-012", ctl_roll_place,
				"the staged one is not in use before %s", text);
	}
	if (topo_roll_is_half_dropped(&j->roll.staged, j->c->now_s))
		return CTL_GOOD; /* tokens of the previous one have ended */
	if (!force && over > (int64_t)j->c->now_s) {
		ctl_roll_print(text, over);
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-012", ctl_roll_place,
				"tokens of the previous one count until %s",
				text);
	}
	return CTL_GOOD;
}

/* The key first; a call that was killed between both is taken up again. */
static enum ctl_exit move_pair(struct ctl_roll_job *j)
{
	const struct ctl_roll *r = &j->roll;
	enum edge_err err = EDGE_OK;

	if (rename(r->staged.key, r->key) && errno != ENOENT)
		err = EDGE_ESYS;
	if (!err && rename(r->staged.chain, r->chain))
		err = EDGE_ESYS;
	if (!err)
		err = ctl_file_sync(r->key);
	if (!err)
		err = ctl_file_sync(r->chain);
	return err ? ctl_fail(j->c, err, "CTL-007", r->chain, "%s",
			      ctl_reason(err))
		   : CTL_GOOD;
}

/* The staged pair must be whole, or half dropped. */
static enum ctl_exit check_staged(struct ctl_roll_job *j)
{
	struct ctl_cert_files files = {.chain = j->roll.staged.chain,
				       .key = j->roll.staged.key,
				       .skips_chain = true};
	char why[256] = "";
	enum edge_err err;

	if (topo_roll_is_half_dropped(&j->roll.staged, j->c->now_s))
		files.key = j->roll.key;
	err = ctl_cert_read(&j->new, &files, (int64_t)j->c->now_s, why,
			    sizeof(why));
	if (err || !j->new.has_key)
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-001", ctl_roll_place,
				"%s", why);
	if (!j->new.key_matches)
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-002", ctl_roll_place,
				"%s does not belong to %s", files.key,
				files.chain);
	return CTL_GOOD;
}

static enum ctl_exit drop(struct ctl_roll_job *j, bool force)
{
	enum ctl_exit exit = ctl_roll_begin(j);

	if (!exit)
		exit = may_drop(j, force);
	if (!exit)
		exit = check_staged(j);
	if (!exit)
		exit = move_pair(j);
	if (exit)
		return exit;
	ctl_say(j->c, "dropped: %s, spki_sha256 %s", j->old.subject,
		j->old.spki_sha256);
	ctl_say(j->c, "%s and %s are the current pair", j->roll.chain,
		j->roll.key);
	ctl_put_text(j->c, "dropped", j->old.spki_sha256);
	ctl_put_text(j->c, "spki_sha256", j->new.spki_sha256);
	ctl_roll_reload(j->c);
	return CTL_GOOD;
}

enum ctl_exit ctl_cert_drop_previous(struct ctl *c, int argc, char **argv)
{
	const char *use = NULL;
	bool force = false;
	const struct ctl_option options[] = {
		{"use", &use, NULL},
		{"force", NULL, &force},
	};
	enum ctl_exit exit = ctl_options(c, options, 2, &argc, argv);
	struct ctl_roll_job *j;

	if (!exit)
		exit = ctl_roll_only_av_auth(c, use);
	if (exit)
		return exit;
	if (argc)
		return ctl_usage(c, "cert drop-previous wants no words");
	j = calloc(1, sizeof(*j));
	if (!j)
		return CTL_IO;
	j->c = c;
	exit = drop(j, force);
	free(j);
	return exit;
}
