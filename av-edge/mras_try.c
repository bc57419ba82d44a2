/* One ask, whose words count for nothing but where the relay is. */
#include "av-edge/mras_try.h"

#include <stdio.h>
#include <stdlib.h>

static enum mras_phrase answer(struct edge_put *w, const struct mras_mint *c,
			       struct mras_request *r)
{
	struct mras_minted minted = {0};
	char who[MRAS_IDENTITY_MAX];

	if (r->count != 1)
		return MRAS_NOT_SUPPORTED;
	snprintf(who, sizeof(who), "sip:edgectl@%s", c->topo->pool);
	r->asks[0].identity = edge_slice_str(who);
	r->asks[0].minutes = MRAS_TRY_MINUTES;
	return mras_mint_all(w, &minted, c, r);
}

enum mras_phrase mras_try(struct edge_put *w, const struct mras_mint *c,
			  struct edge_slice body)
{
	struct mras_request *r = calloc(1, sizeof(*r));
	const struct edge_put begin = *w;
	enum mras_phrase phrase = MRAS_INTERNAL;

	if (r)
		phrase = mras_xml_read(r, body);
	if (!phrase)
		phrase = answer(w, c, r);
	if (phrase && r) {
		*w = begin;
		mras_xml_open(w, r, phrase);
		mras_xml_close(w);
	}
	free(r);
	return phrase;
}
