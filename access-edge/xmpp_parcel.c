/* A stanza that is to reach a partner. */
#include "access-edge/xmpp_parcel.h"

#include <stdlib.h>
#include <string.h>

#include "access-edge/xmpp_filter.h"
#include "access-edge/xmpp_say.h"

enum { BOUNCE_MAX = 65536 /* two JIDs and an id, escaped [bytes] */ };

static struct edge_slice keep(struct edge_put *w, struct edge_slice s)
{
	const uint8_t *at = w->p;

	edge_put_slice(w, s);
	return edge_slice(at, edge_slice_len(s));
}

static enum edge_err make(struct acc_xmpp_parcel **out,
			  const struct acc_xmpp_item *i,
			  struct edge_slice bytes)
{
	const size_t len = edge_slice_len(i->from) + edge_slice_len(i->to) +
			   edge_slice_len(i->id) + edge_slice_len(bytes);
	struct acc_xmpp_parcel *p = calloc(1, sizeof(*p) + len);
	struct edge_put w;

	if (!p)
		return EDGE_ENOMEM;
	w = edge_put(p->memory, len);
	p->from = keep(&w, i->from);
	p->to = keep(&w, i->to);
	p->id = keep(&w, i->id);
	p->bytes = keep(&w, bytes);
	memcpy(p->name, i->name, sizeof(p->name));
	*out = p;
	return EDGE_OK;
}

enum edge_err acc_xmpp_parcel_new(struct acc_xmpp_parcel **out,
				  const struct acc_xmpp_item *i,
				  edge_handle gateway)
{
	enum edge_err err = make(out, i, i->bytes);

	if (err)
		return err;
	(*out)->gateway = gateway;
	(*out)->is_answer = acc_xmpp_is_answer(i);
	return EDGE_OK;
}

enum edge_err acc_xmpp_parcel_bounce(struct acc_xmpp_parcel **out,
				     const struct acc_xmpp_item *i,
				     enum acc_xmpp_reason r)
{
	const struct acc_xmpp_bounce b = {i->name, i->from, i->to, i->id, r};
	char *buf = malloc(BOUNCE_MAX);
	struct edge_put w = edge_put(buf, BOUNCE_MAX);
	enum edge_err err = EDGE_ENOMEM;

	if (!buf)
		return EDGE_ENOMEM;
	acc_xmpp_put_bounce(&w, &b);
	if (edge_slice_len(edge_put_done(&w)))
		err = make(out, i, edge_put_done(&w));
	free(buf);
	if (!err)
		(*out)->is_answer = true;
	return err;
}

void acc_xmpp_parcel_free(struct acc_xmpp_parcel *p)
{
	free(p);
}
