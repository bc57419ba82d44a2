/* OPTIONS of our own to a next-hop member on an idle connection; AE 2.9. */
#include "access-edge/probe.h"

#include <stdio.h>

#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/txn.h"
#include "access-edge/upstream.h"
#include "common/crypto.h"

enum { PROBE_TEXT = 1200 };

static void on_silent(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_txn *x = acc_txn_of_timer(t);
	struct acc_link *l = acc_linktab_find(x->shard->links, x->to);

	(void)now_ms;
	acc_txn_free(x);
	if (l)
		acc_upstream_silent(l);
}

static int print_probe(char out[PROBE_TEXT], const struct acc_link *l,
		       const char *member, edge_handle id, uint64_t hash)
{
	const struct topo *t = l->shard->view.topo;
	char sent_by[EDGE_ADDR_STRLEN];

	edge_addr_print(&l->source.local, sent_by);
	return snprintf(out, PROBE_TEXT,
			"OPTIONS sip:%s:%u;transport=tls SIP/2.0\r\n"
			"Via: SIP/2.0/TLS %s;branch=z9hG4bK%08X.%016llX\r\n"
			"Max-Forwards: 0\r\n"
			"From: <sip:%s>;tag=%08x\r\n"
			"To: <sip:%s>\r\n"
			"Call-ID: %016llx%08x\r\n"
			"CSeq: 1 OPTIONS\r\n"
			"Content-Length: 0\r\n\r\n",
			member, l->source.remote.port, sent_by, id,
			(unsigned long long)hash, t->self, edge_random_u32(),
			member, (unsigned long long)hash, edge_random_u32());
}

void acc_probe_send(struct acc_link *l, const char *member)
{
	struct acc_shard *s = l->shard;
	char text[PROBE_TEXT];
	struct acc_txn *x;
	struct acc_txn_plan plan = {.msg = s->desk.msg};
	uint64_t hash;
	int len;

	edge_random(&hash, sizeof(hash));
	/* parsed once without its id, which only the table can give */
	len = print_probe(text, l, member, 0, hash);
	plan.head_len = (size_t)len;
	if (len <= 0 || len >= PROBE_TEXT ||
	    edge_sip_msg_parse(s->desk.msg, s->desk.arena,
			       edge_slice(text, (size_t)len), (size_t)len) ||
	    acc_txn_new(&x, s->txns, &plan))
		return;
	x->loop_hash = hash;
	len = print_probe(text, l, member, x->id, hash);
	if (!acc_link_send(l, edge_slice(text, (size_t)len))) {
		acc_txn_free(x);
		return;
	}
	acc_txn_written(x, l->source.cid, l, edge_slice(text, (size_t)len),
			(size_t)len);
	acc_txn_timer(x, acc_shard_limit(s, ACC_LIMIT_CONNECT_MS), on_silent);
}
