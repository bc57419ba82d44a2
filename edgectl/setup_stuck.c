/* Out of a roll-over of the A/V key that does not go on: which way is open
 * depends on what the two pairs are. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "edgectl/cert_file.h"
#include "edgectl/cert_roll.h"
#include "edgectl/quote.h"
#include "edgectl/setup.h"

/* What a look at one pair tells. */
struct look {
	bool is_read;	/* its certificate */
	bool is_whole;	/* and its key belongs to it */
	bool is_before; /* its end */
};

static struct look look_at(const struct ctl_setup *s, const char *chain,
			   const char *key)
{
	const struct ctl_cert_files files = {
		.chain = chain, .key = key, .skips_chain = true};
	struct ctl_cert *x = calloc(1, sizeof(*x));
	struct look out = {false};
	char why[256];

	if (x &&
	    !ctl_cert_read(x, &files, (int64_t)s->c->now_s, why, sizeof(why)))
		out = (struct look){true, x->has_key && x->key_matches,
				    x->ends_s > (int64_t)s->c->now_s};
	free(x);
	return out;
}

/* A key alone is moved before its chain. */
static struct look look_at_staged(const struct ctl_setup *s,
				  const struct topo_roll *staged)
{
	const char *key = s->c->config->certificate[EDGE_CERT_AV_AUTH].key;

	return look_at(s, staged->chain,
		       access(staged->key, F_OK) ? key : staged->key);
}

/* The pair of edge.ini is what is left. */
static void remove_staged(struct ctl_setup *s, const struct ctl_quoted *chain,
			  const struct ctl_quoted *key)
{
	ctl_cure_add(&s->left, CTL_ON_EDGE, "rm -f %s %s", chain->text,
		     key->text);
	s->is_again = true;
}

/* Before its time, for the pair that is in use until then is of no use. */
static void use_staged(struct ctl_setup *s, const struct ctl_quoted *chain,
		       const struct ctl_quoted *key, bool may_stage)
{
	char now[32];

	ctl_roll_print(now, (int64_t)s->c->now_s);
	if (may_stage) {
		ctl_setup_left(s, CTL_ON_EDGE,
			       "cert stage --use av-auth --chain %s --key %s "
			       "--effective %s",
			       chain->text, key->text, now);
		return;
	}
	/* nothing is assigned beside a staged one */
	ctl_cure_add(&s->left, CTL_ON_EDGE, "mv %s %s.next", chain->text,
		     chain->text);
	ctl_cure_add(&s->left, CTL_ON_EDGE, "mv %s %s.next", key->text,
		     key->text);
	ctl_setup_left(s, CTL_ON_EDGE,
		       "cert assign av-auth --chain %s.next --key %s.next",
		       chain->text, key->text);
	ctl_cure_add(&s->left, CTL_ON_EDGE, "rm -f %s.next %s.next",
		     chain->text, key->text);
}

static void tell_way(struct ctl_setup *s, const struct topo_roll *staged,
		     bool is_known)
{
	const char *chain = s->c->config->certificate[EDGE_CERT_AV_AUTH].chain;
	const char *key = s->c->config->certificate[EDGE_CERT_AV_AUTH].key;
	const struct look old = look_at(s, chain, key);
	const struct look next = look_at_staged(s, staged);
	const bool is_over = staged->effective_s <= s->c->now_s;
	struct ctl_quoted qc, qk;

	if (!ctl_quote(&qc, staged->chain) || !ctl_quote(&qk, staged->key))
		s->left.left_out++;
	else if (!is_known || !next.is_whole ||
		 (is_over ? !old.is_read : !next.is_before))
		remove_staged(s, &qc, &qk);
	else if (is_over)
		ctl_setup_left(s, CTL_ON_EDGE, "cert drop-previous --force");
	else
		use_staged(s, &qc, &qk, old.is_read && old.is_before);
}

void ctl_setup_tell_stuck(struct ctl_setup *s, const char *why)
{
	const char *chain = s->c->config->certificate[EDGE_CERT_AV_AUTH].chain;
	const char *key = s->c->config->certificate[EDGE_CERT_AV_AUTH].key;
	struct topo_roll *staged = calloc(1, sizeof(*staged));
	enum edge_err err = EDGE_ENOMEM;
	bool is_known = false;

	ctl_find(s->c, TOPO_ERROR, "CERT-012", "av-auth", "%s", why);
	if (staged) {
		err = topo_roll_load(staged, chain, key, NULL, 0);
		is_known = !err;
	}
	if (err == EDGE_EFORMAT || err == EDGE_ELIMIT)
		err = topo_roll_name(staged, chain, key);
	if (!err) /* else it cannot be read, which the finding says */
		tell_way(s, staged, is_known);
	free(staged);
}
