/* The reader of XMPP streams: total; how the bytes are cut makes no difference;
 * an element written anew says the same again on a stream of ours. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/xmpp_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { SEEN_MAX = 1 << 20 };

static const struct acc_xmpp_xml_limits limits = {10000, 16};
static const char header[] = "<stream:stream xmlns='jabber:server' "
			     "xmlns:stream='http://etherx.jabber.org/streams'>";

/* What was told of one feeding, as bytes; returns how it ended. */
struct seen {
	uint8_t *bytes;
	size_t len;
	enum acc_xmpp_kind end;
};

static void add(struct seen *s, struct edge_slice part)
{
	if (edge_slice_len(part) + 1 > SEEN_MAX - s->len)
		return;
	if (edge_slice_len(part))
		memcpy(s->bytes + s->len, part.p, edge_slice_len(part));
	s->len += edge_slice_len(part);
	s->bytes[s->len++] = '|';
}

/* Law: what is written anew is an element that is written the same again. */
static void again(const struct acc_xmpp_item *first)
{
	const struct acc_xmpp_item *i;
	struct acc_xmpp_xml *x;

	assert(edge_slice_len(first->bytes) <= 2 * limits.stanza_len);
	assert(first->mark < edge_slice_len(first->bytes));
	if (edge_slice_len(first->bytes) > limits.stanza_len)
		return;
	assert(acc_xmpp_xml_new(&x, &limits) == EDGE_OK);
	acc_xmpp_xml_feed(x, edge_slice_str(header));
	assert(acc_xmpp_xml_next(x)->kind == ACC_XMPP_HEADER);
	assert(acc_xmpp_xml_next(x)->kind == ACC_XMPP_NOTHING);
	acc_xmpp_xml_feed(x, first->bytes);
	i = acc_xmpp_xml_next(x);
	assert(i->kind == ACC_XMPP_ELEMENT);
	assert(edge_slice_eq(i->bytes, first->bytes));
	assert(i->ns == first->ns && strcmp(i->name, first->name) == 0);
	assert(edge_slice_eq(i->from, first->from));
	assert(edge_slice_eq(i->to, first->to));
	assert(edge_slice_eq(i->text, first->text));
	assert(i->mark == first->mark && i->part_count == first->part_count);
	assert(!acc_xmpp_xml_has_rest(x));
	acc_xmpp_xml_free(x);
}

static void read_all(struct seen *s, struct acc_xmpp_xml *x)
{
	for (;;) {
		const struct acc_xmpp_item *i = acc_xmpp_xml_next(x);

		s->end = i->kind;
		if (i->kind != ACC_XMPP_HEADER && i->kind != ACC_XMPP_ELEMENT)
			return;
		add(s, edge_slice_str(i->name));
		add(s, i->from);
		add(s, i->text);
		add(s, i->bytes);
		for (size_t n = 0; n < i->part_count; n++) {
			add(s, edge_slice_str(i->parts[n].name));
			add(s, edge_slice_str(i->parts[n].text));
		}
		if (i->kind == ACC_XMPP_ELEMENT)
			again(i);
	}
}

static void feed(struct seen *s, const uint8_t *p, size_t len, size_t step)
{
	struct acc_xmpp_xml *x;

	assert(acc_xmpp_xml_new(&x, &limits) == EDGE_OK);
	s->len = 0;
	s->end = ACC_XMPP_NOTHING;
	for (size_t at = 0; at < len && s->end == ACC_XMPP_NOTHING;
	     at += step) {
		acc_xmpp_xml_feed(
			x,
			edge_slice(p + at, len - at < step ? len - at : step));
		read_all(s, x);
	}
	acc_xmpp_xml_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct seen whole, cut;

	if (!whole.bytes)
		whole.bytes = malloc(SEEN_MAX);
	if (!cut.bytes)
		cut.bytes = malloc(SEEN_MAX);
	assert(whole.bytes && cut.bytes);
	if (!len)
		return 0;
	feed(&whole, p, len, len);
	feed(&cut, p, len, 1 + p[len - 1] % 13);
	assert(whole.end == cut.end && whole.len == cut.len);
	assert(memcmp(whole.bytes, cut.bytes, cut.len) == 0);
	return 0;
}
