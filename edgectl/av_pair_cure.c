/* scp, cert assign or cert stage, and no copy of a key is left behind. */
#include "edgectl/av_pair_cure.h"

#include <stdio.h>
#include <string.h>

#include "edgectl/quote.h"

static const char *file_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A word of scp; false: nobody should paste it. */
static bool at_host(struct ctl_quoted *out, const char *host, const char *path)
{
	char word[CTL_QUOTED];
	const int n = snprintf(word, sizeof(word), "%s:%s", host, path);

	return n > 0 && (size_t)n < sizeof(word) && ctl_quote(out, word);
}

void ctl_av_pair_use(struct ctl_cure *out, enum ctl_hands hands,
		     const char *tool, const struct ctl_av_pair *p)
{
	struct ctl_quoted chain, key;

	if (!ctl_quote(&chain, p->chain) || !ctl_quote(&key, p->key)) {
		out->left_out++;
		return;
	}
	if (p->effective)
		ctl_cure_add(out, hands,
			     "%s cert stage --use av-auth --chain %s --key %s "
			     "--effective %s",
			     tool, chain.text, key.text, p->effective);
	else
		ctl_cure_add(out, hands,
			     "%s cert assign av-auth %s--chain %s --key %s",
			     tool, p->is_now ? "--now " : "", chain.text,
			     key.text);
}

void ctl_av_pair_share(struct ctl_cure *out, const struct ctl_av_pair *p,
		       const char *member)
{
	char chain[CTL_QUOTED], key[CTL_QUOTED];
	struct ctl_av_pair there = *p;
	struct ctl_quoted from[2], to;

	if (!at_host(&from[0], p->host, p->chain) ||
	    !at_host(&from[1], p->host, p->key) ||
	    !at_host(&to, member, "/root/")) {
		out->left_out++;
		return;
	}
	(void)snprintf(chain, sizeof(chain), "/root/%s", file_of(p->chain));
	(void)snprintf(key, sizeof(key), "/root/%s", file_of(p->key));
	there.chain = chain;
	there.key = key;
	ctl_cure_add(out, CTL_ON_MEMBER,
		     "scp -3 -p %s %s %s # from where both can be reached",
		     from[0].text, from[1].text, to.text);
	ctl_av_pair_use(out, CTL_ON_MEMBER, "edgectl", &there);
	if (ctl_quote(&from[0], chain) && ctl_quote(&from[1], key))
		ctl_cure_add(out, CTL_ON_MEMBER, "rm %s %s", from[0].text,
			     from[1].text);
}

void ctl_av_pair_fetch(struct ctl_cure *out, const char *tool,
		       const char *member, const char *self)
{
	static const struct ctl_av_pair here = {
		.chain = "/root/CHAIN", .key = "/root/KEY", .is_now = true};
	struct ctl_quoted from, to;

	if (!at_host(&from, member, "") || !at_host(&to, self, "/root/")) {
		out->left_out++;
		return;
	}
	ctl_cure_add(out, CTL_ON_MEMBER,
		     "edgectl cert list # at %.*s: CHAIN and KEY of av-auth",
		     (int)strlen(from.text) - 1, from.text);
	ctl_cure_add(out, CTL_ON_EDGE,
		     "scp -3 -p %sCHAIN %sKEY %s # from where both can be "
		     "reached",
		     from.text, from.text, to.text);
	ctl_av_pair_use(out, CTL_ON_EDGE, tool, &here);
	ctl_cure_add(out, CTL_ON_EDGE, "rm %s %s", here.chain, here.key);
}
