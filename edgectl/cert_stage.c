/* cert stage: a new A/V authentication certificate beside the current one,
 * from its time on used instead; TO 5.4. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/cert_pair.h"
#include "edgectl/cert_roll.h"
#include "topology/utc.h"

static enum ctl_exit refuse(const struct ctl_roll_job *j, const char *id,
			    const char *text)
{
	return ctl_fail(j->c, EDGE_EFORMAT, id, "the new certificate", "%s",
			text);
}

static enum ctl_exit check_new(const struct ctl_roll_job *j, const char *why)
{
	const struct ctl_cert *x = &j->new;
	const int64_t from = j->times.effective_s;

	if (!x->has_key)
		return refuse(j, "CERT-001", why);
	if (!x->key_matches)
		return refuse(j, "CERT-002",
			      "the key does not belong to the certificate");
	if (strncmp(x->key_type, "RSA ", 4) && strncmp(x->key_type, "EC ", 3))
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-001",
				"the new certificate",
				"key type %s, want RSA or EC for A/V tokens",
				x->key_type);
	if (x->begins_s > from)
		return refuse(j, "CERT-009",
			      "not valid yet at its effective time");
	if (x->ends_s <= from + j->times.lifetime_s)
		return ctl_fail(
			j->c, EDGE_EFORMAT, "CERT-009", "the new certificate",
			"ends at %s, before its first tokens do", x->not_after);
	return CTL_GOOD;
}

static enum ctl_exit check_times(const struct ctl_roll_job *j)
{
	char effective[32], latest[32];

	ctl_roll_print(effective, j->times.effective_s);
	ctl_roll_print(latest, ctl_roll_latest(&j->times));
	switch (ctl_roll_judge(&j->times)) {
	case CTL_ROLL_TOO_LATE:
		return ctl_fail(j->c, EDGE_ERANGE, "CERT-008", ctl_roll_place,
				"effective %s, the old one ends %s; latest "
				"good time: %s",
				effective, j->old.not_after, latest);
	case CTL_ROLL_LATE:
		ctl_find(j->c, TOPO_WARN, "CERT-007", ctl_roll_place,
			 "effective %s, the old one ends %s; latest good "
			 "time: %s",
			 effective, j->old.not_after, latest);
		break;
	case CTL_ROLL_GOOD:
		break;
	}
	return CTL_GOOD;
}

/* With the owner of like, and no more rights than it has. */
static enum edge_err put_file(const char *path, const char *like, mode_t mode,
			      struct edge_slice bytes)
{
	struct ctl_file_rights r;
	enum edge_err err = ctl_file_rights(&r, like);

	if (err)
		return err;
	r.mode &= mode;
	return ctl_file_put(path, &r, bytes);
}

/* Without the line of a time that it was staged for before. */
static struct edge_slice certificates(const struct ctl_cert_pair *p)
{
	struct edge_slice text = edge_slice(p->chain, p->chain_len), line;
	uint64_t before;

	if (topo_roll_head_parse(&before, text) == EDGE_OK)
		(void)edge_take_until(&text, '\n', &line);
	return text;
}

/* The line of the time, then the chain. */
static enum edge_err put_chain(const struct ctl_roll_job *j,
			       const struct ctl_cert_pair *p)
{
	char head[TOPO_ROLL_HEAD];
	const size_t cap = p->chain_len + sizeof(head);
	uint8_t *whole = malloc(cap);
	enum edge_err err;
	struct edge_put w;

	if (!whole)
		return EDGE_ENOMEM;
	topo_roll_head(head, (uint64_t)j->times.effective_s);
	w = edge_put(whole, cap);
	edge_put_str(&w, head);
	edge_put_slice(&w, certificates(p));
	err = put_file(j->roll.staged.chain, j->roll.chain, 0644,
		       edge_put_done(&w));
	free(whole);
	return err;
}

/* The chain last: it is what counts. One that is replaced goes first, so that
 * no chain ever stands beside the key of another; both were read before, since
 * they may be what is replaced, for another time. */
static enum edge_err put_both(const struct ctl_roll_job *j,
			      const struct ctl_cert_pair *p, const char **at)
{
	enum edge_err err;

	*at = j->roll.staged.chain;
	if (j->roll.has_staged && unlink(*at))
		return EDGE_ESYS;
	*at = j->roll.staged.key;
	err = put_file(*at, j->roll.key, 0640, edge_slice(p->key, p->key_len));
	if (err)
		return err;
	*at = j->roll.staged.chain;
	err = put_chain(j, p);
	return err ? err : ctl_file_sync(*at);
}

static void tell_staged(const struct ctl_roll_job *j)
{
	char effective[32], over[32];
	const bool is_now = j->times.effective_s <= (int64_t)j->c->now_s;

	ctl_roll_print(effective, j->times.effective_s);
	ctl_roll_print(over, ctl_roll_over_at(&j->times));
	ctl_say(j->c, "staged: %s, spki_sha256 %s", j->new.subject,
		j->new.spki_sha256);
	ctl_say(j->c, "%s makes tokens with it from %s on%s", ctl_roll_service,
		effective, is_now ? ", that is now" : "");
	ctl_say(j->c,
		"tokens of the old one count until %s; then: edgectl cert "
		"drop-previous",
		over);
	if (!strcmp(j->old.spki_sha256, j->new.spki_sha256))
		ctl_say(j->c, "the key is that of the old one: nothing changes "
			      "for tokens but their end");
	if (j->members)
		ctl_say(j->c,
			"%zu more in the pool: each must have it before %s; "
			"compare with edgectl cert check --pool",
			j->members, effective);
	ctl_put_text(j->c, "chain", j->roll.staged.chain);
	ctl_put_text(j->c, "key", j->roll.staged.key);
	ctl_put_text(j->c, "effective", effective);
	ctl_put_text(j->c, "previous_until", over);
	ctl_put_text(j->c, "spki_sha256", j->new.spki_sha256);
}

static enum ctl_exit may_stage(const struct ctl_roll_job *j)
{
	char old_time[32];

	if (edge_config_credential(j->roll.key))
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-012", ctl_roll_place,
				"key = %s: a next key is staged beside a file; "
				"name one in edge.ini",
				j->roll.key);
	if (!j->roll.is_effective)
		return CTL_GOOD;
	ctl_roll_print(old_time, j->times.effective_s);
	return ctl_fail(j->c, EDGE_EFORMAT, "CERT-012", ctl_roll_place,
			"the one staged for %s is in use, the previous is "
			"still there",
			old_time);
}

static enum ctl_exit judge(struct ctl_roll_job *j,
			   const struct ctl_cert_files *from)
{
	char why[256] = "";
	const enum edge_err err = ctl_cert_read(
		&j->new, from, (int64_t)j->c->now_s, why, sizeof(why));
	enum ctl_exit exit;

	if (err)
		return ctl_fail(j->c, err, "CERT-001", "the new certificate",
				"%s", why);
	exit = check_new(j, why);
	return exit ? exit : check_times(j);
}

/* The bytes that are judged are those that are put in place. */
static enum ctl_exit put_pair(struct ctl_roll_job *j,
			      const struct ctl_cert_files *from)
{
	const char *at = j->roll.chain;
	enum ctl_exit exit = judge(j, from);
	enum edge_err err = EDGE_OK;

	if (exit)
		return exit;
	err = topo_roll_name(&j->roll.staged, j->roll.chain, j->roll.key);
	if (!err)
		err = put_both(j, from->pair, &at);
	return err ? ctl_fail(j->c, err, "CTL-007", at, "%s",
			      err == EDGE_ELIMIT ? "path too long"
						 : ctl_reason(err))
		   : CTL_GOOD;
}

static enum ctl_exit stage(struct ctl_roll_job *j, struct ctl_cert_files *from,
			   uint64_t effective_s)
{
	struct ctl_cert_pair pair = {0};
	enum ctl_exit exit = ctl_roll_begin(j);

	if (!exit)
		exit = may_stage(j);
	if (exit)
		return exit;
	if (effective_s < j->c->now_s)
		effective_s = j->c->now_s; /* TO 5.4: immediately */
	j->times.effective_s = (int64_t)effective_s;
	exit = ctl_cert_pair_take(j->c, &pair, from, "the new certificate");
	if (!exit)
		exit = put_pair(j, from);
	from->pair = NULL;
	ctl_cert_pair_fini(&pair);
	if (exit)
		return exit;
	tell_staged(j);
	ctl_roll_reload(j->c);
	return CTL_GOOD;
}

enum ctl_exit ctl_cert_stage(struct ctl *c, int argc, char **argv)
{
	const char *use = NULL, *effective = NULL;
	struct ctl_cert_files from = {.skips_chain = true};
	const struct ctl_option options[] = {
		{"use", &use, NULL},
		{"chain", &from.chain, NULL},
		{"key", &from.key, NULL},
		{"effective", &effective, NULL},
	};
	enum ctl_exit exit = ctl_options(c, options, 4, &argc, argv);
	uint64_t effective_s = 0;
	struct ctl_roll_job *j;

	if (!exit)
		exit = ctl_roll_only_av_auth(c, use);
	if (exit)
		return exit;
	if (argc || !use || !from.chain || !from.key || !effective)
		return ctl_usage(c, "cert stage wants --use av-auth, --chain "
				    "FILE, --key FILE and --effective UTC");
	if (topo_utc_parse(&effective_s, edge_slice_str(effective)))
		return ctl_usage(c,
				 "--effective \"%.40s\": want "
				 "2026-07-22T06:00:00Z",
				 effective);
	j = calloc(1, sizeof(*j));
	if (!j)
		return CTL_IO;
	j->c = c;
	exit = stage(j, &from, effective_s);
	free(j);
	return exit;
}
