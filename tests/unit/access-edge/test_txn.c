/* access-edge/txn.c: keys, lists, limits. */
#include "access-edge/txn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/linktab.h"
#include "access-edge/upstream.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"

static struct shards f;
static struct acc_shard *s;
static struct acc_link *client, *other, *member;
static char text[4096];

static struct acc_link *make_link(enum acc_link_kind kind)
{
	struct acc_link *l = calloc(1, sizeof(*l));

	ck_assert_ptr_nonnull(l);
	l->shard = s;
	l->kind = kind;
	LIST_INIT(&l->asked);
	LIST_INIT(&l->asking);
	ck_assert_int_eq(acc_linktab_put(s->links, l), EDGE_OK);
	return l;
}

static void drop_link(struct acc_link *l)
{
	struct acc_txn *x;

	while ((x = LIST_FIRST(&l->asked)))
		acc_txn_free(x);
	while ((x = LIST_FIRST(&l->asking)))
		acc_txn_free(x);
	acc_linktab_drop(s->links, l->source.cid);
	free(l);
}

static void setup(void)
{
	shards_init(&f);
	f.limits[ACC_LIMIT_LINK_TRANSACTIONS] = 3;
	s = shards_still(&f);
	client = make_link(ACC_LINK_CLIENT);
	other = make_link(ACC_LINK_CLIENT);
	member = make_link(ACC_LINK_UPSTREAM);
}

static void teardown(void)
{
	drop_link(client);
	drop_link(other);
	drop_link(member);
	ck_assert_uint_eq(acc_txntab_count(s->txns), 0);
	ck_assert_uint_eq(atomic_load(&s->gauges.transactions), 0);
	shards_fini(&f);
}

/* One request onto the desk. */
static const struct edge_sip_msg *request(const char *method, unsigned cseq,
					  const char *via, const char *tag)
{
	int n = snprintf(text, sizeof(text),
			 "%s sip:bob@contoso.com SIP/2.0\r\n"
			 "Via: SIP/2.0/TLS 192.0.2.10:50012%s\r\n"
			 "From: <sip:alice@contoso.com>;tag=%s\r\n"
			 "To: <sip:bob@contoso.com>\r\n"
			 "CSeq: %u %s\r\n"
			 "Call-ID: one\r\n"
			 "Max-Forwards: 70\r\n"
			 "Content-Length: 4\r\n\r\nbody",
			 method, via, tag, cseq, method);

	ck_assert_int_eq(edge_sip_msg_parse(s->desk.msg, s->desk.arena,
					    edge_slice(text, (size_t)n),
					    (size_t)n - 4),
			 EDGE_OK);
	return s->desk.msg;
}

static uint64_t key(const char *method, unsigned cseq, const char *via,
		    edge_handle cid)
{
	return acc_txn_key(s->txns, request(method, cseq, via, "a"), cid);
}

#define BRANCH ";branch=z9hG4bKabc"

START_TEST(txn_key_has_the_branch)
{
	ck_assert_uint_eq(key("INVITE", 1, BRANCH, 7),
			  key("INVITE", 1, BRANCH, 7));
	ck_assert_uint_ne(key("INVITE", 1, BRANCH, 7),
			  key("INVITE", 1, BRANCH "d", 7));
	/* with a branch the rest does not count */
	ck_assert_uint_eq(key("INVITE", 1, BRANCH, 7),
			  key("INVITE", 2, BRANCH, 7));
	ck_assert_uint_ne(key("INVITE", 1, BRANCH, 7),
			  key("MESSAGE", 1, BRANCH, 7));
}
END_TEST

START_TEST(txn_key_has_the_connection)
{
	ck_assert_uint_ne(key("INVITE", 1, BRANCH, 7),
			  key("INVITE", 1, BRANCH, 8));
	ck_assert_uint_ne(key("INVITE", 1, "", 7), key("INVITE", 1, "", 8));
}
END_TEST

START_TEST(txn_key_without_branch_has_the_rest)
{
	static const char *const bare[] = {"", ";branch=z9hG4bK",
					   ";branch=old"};
	uint64_t one = key("INVITE", 1, bare[_i], 7);

	ck_assert_uint_eq(one, key("INVITE", 1, bare[_i], 7));
	ck_assert_uint_ne(one, key("INVITE", 2, bare[_i], 7));
	ck_assert_uint_ne(one, key("INVITE", 1, ";x", 7));
	ck_assert_uint_ne(
		one,
		acc_txn_key(s->txns, request("INVITE", 1, bare[_i], "b"), 7));
}
END_TEST

START_TEST(txn_key_of_ack_and_cancel_is_their_invites)
{
	static const char *const vias[] = {BRANCH, ""};

	ck_assert_uint_eq(key("INVITE", 1, vias[_i], 7),
			  key("ACK", 1, vias[_i], 7));
	ck_assert_uint_eq(key("INVITE", 1, vias[_i], 7),
			  key("CANCEL", 1, vias[_i], 7));
	ck_assert_uint_ne(key("MESSAGE", 1, vias[_i], 7),
			  key("CANCEL", 1, vias[_i], 7));
}
END_TEST

static struct acc_txn *ask(struct acc_link *from, const char *method,
			   const char *via)
{
	const struct edge_sip_msg *m = request(method, 1, via, "a");
	struct acc_txn_plan p = {.from = from, .msg = m};
	struct acc_txn *x = NULL;

	p.head_len = edge_slice_len(m->raw) - 4;
	p.key = from ? acc_txn_key(s->txns, m, from->source.cid) : 0;
	ck_assert_int_eq(acc_txn_new(&x, s->txns, &p), EDGE_OK);
	return x;
}

START_TEST(txn_is_found_by_key_and_id)
{
	struct acc_txn *x = ask(client, "MESSAGE", BRANCH);

	ck_assert_ptr_eq(acc_txn_find(s->txns, x->id), x);
	ck_assert_ptr_eq(acc_txn_find_key(s->txns, x->key), x);
	ck_assert_uint_eq(client->txn_count, 1);
	ck_assert_uint_eq(atomic_load(&s->gauges.transactions), 1);
	acc_txn_free(x);
	ck_assert_uint_eq(client->txn_count, 0);
}
END_TEST

START_TEST(txn_of_two_clients_with_equal_ids_are_two)
{
	struct acc_txn *a = ask(client, "MESSAGE", ""),
		       *b = ask(other, "MESSAGE", "");

	ck_assert_uint_ne(a->key, b->key);
	ck_assert_ptr_eq(acc_txn_find_key(s->txns, a->key), a);
	ck_assert_ptr_eq(acc_txn_find_key(s->txns, b->key), b);
}
END_TEST

START_TEST(txn_orphan_is_not_found_and_not_counted)
{
	struct acc_txn *x = ask(client, "REGISTER", BRANCH);
	uint64_t k = x->key;

	ck_assert_uint_eq(client->registers_in_flight, 1);
	acc_txn_orphan(x);
	acc_txn_orphan(x); /* twice is fine */
	ck_assert_ptr_null(acc_txn_find_key(s->txns, k));
	ck_assert_ptr_eq(acc_txn_find(s->txns, x->id), x);
	ck_assert_uint_eq(client->txn_count, 0);
	ck_assert_uint_eq(client->registers_in_flight, 0);
	acc_txn_free(x);
}
END_TEST

START_TEST(txn_written_keeps_head_and_branch_of_an_invite)
{
	struct acc_txn *x = ask(client, "INVITE", BRANCH);
	struct acc_txn *y = ask(client, "MESSAGE", BRANCH "m");
	const struct edge_slice sent = edge_slice_str("HEADbody");

	acc_txn_written(x, member->source.cid, member, sent, 4);
	acc_txn_written(y, member->source.cid, member, sent, 4);
	ck_assert_int_eq(x->state, ACC_TXN_TRYING);
	ck_assert_uint_eq(x->sent_len, 4);
	ck_assert_mem_eq(x->sent, "HEAD", 4);
	ck_assert_uint_eq(x->request_len, x->request_head_len);
	ck_assert_ptr_null(y->sent);
	acc_txn_unask(x);
	acc_txn_unask(x);
	ck_assert_ptr_eq(LIST_FIRST(&member->asking), y);
	acc_txn_free(y);
	ck_assert(LIST_EMPTY(&member->asking));
}
END_TEST

static unsigned gone_count;

static void gone(struct acc_txn *x)
{
	gone_count++;
	acc_txn_free(x);
}

START_TEST(txn_of_another_shards_link_is_found_by_it)
{
	struct acc_txn *a = ask(client, "MESSAGE", BRANCH "a");
	struct acc_txn *b = ask(client, "MESSAGE", BRANCH "b");
	struct acc_txn *c = ask(client, "MESSAGE", BRANCH "c");

	acc_txn_written(a, 0x10000001, NULL, edge_slice_str("x"), 1);
	acc_txn_written(b, 0x10000002, NULL, edge_slice_str("x"), 1);
	acc_txn_written(c, 0x10000001, NULL, edge_slice_str("x"), 1);
	ck_assert(a->to_is_remote);
	gone_count = 0;
	acc_txn_each_remote(s->txns, 0x10000001, gone);
	ck_assert_uint_eq(gone_count, 2);
	ck_assert_ptr_eq(LIST_FIRST(&client->asked), b);
}
END_TEST

START_TEST(txn_leaves_its_queue_when_freed)
{
	struct acc_txn *x = ask(client, "MESSAGE", BRANCH "a");
	struct acc_txn *y = ask(client, "MESSAGE", BRANCH "b");
	struct acc_txn_queue q, more;

	acc_txn_queue_init(&q);
	acc_txn_queue_init(&more);
	acc_txn_queue(x, &q);
	acc_txn_queue(y, &q);
	acc_txn_queue(x, &q); /* to its end */
	ck_assert_uint_eq(q.count, 2);
	ck_assert_ptr_eq(acc_txn_queue_first(&q), y);
	acc_txn_free(y);
	ck_assert_uint_eq(q.count, 1);
	acc_txn_queue_move(&more, &q);
	ck_assert_uint_eq(q.count, 0);
	ck_assert_uint_eq(more.count, 1);
	acc_txn_unqueue(x);
	acc_txn_unqueue(x);
	ck_assert_uint_eq(more.count, 0);
}
END_TEST

START_TEST(txn_limit_is_the_clients)
{
	struct acc_txn *x = NULL;
	struct acc_txn_plan p;

	ask(client, "MESSAGE", BRANCH "a");
	ask(client, "MESSAGE", BRANCH "b");
	ask(client, "MESSAGE", BRANCH "c");
	p = (struct acc_txn_plan){client, s->desk.msg, 10, 1};
	ck_assert_int_eq(acc_txn_new(&x, s->txns, &p), EDGE_ELIMIT);
	ck_assert_uint_eq(client->txn_count, 3);
	ask(other, "MESSAGE", BRANCH "d");
	for (int i = 0; i < 5; i++) /* a server has no such limit */
		acc_txn_orphan(ask(member, "MESSAGE", BRANCH "e"));
	ck_assert_uint_eq(acc_txntab_count(s->txns), 9);
	acc_txntab_free(s->txns);
	ck_assert_int_eq(acc_txntab_new(&s->txns, s, 1), EDGE_OK);
	ck_assert_uint_eq(client->txn_count, 0);
}
END_TEST

START_TEST(txn_table_is_full_at_its_cap)
{
	struct acc_txn *x = NULL;
	struct acc_txn_plan p;

	acc_txntab_free(s->txns);
	ck_assert_int_eq(acc_txntab_new(&s->txns, s, 1), EDGE_OK);
	ask(client, "MESSAGE", BRANCH "a");
	p = (struct acc_txn_plan){other, s->desk.msg, 10, 1};
	ck_assert_int_eq(acc_txn_new(&x, s->txns, &p), EDGE_ELIMIT);
	ck_assert_uint_eq(other->txn_count, 0);
}
END_TEST

START_TEST(txn_probe_has_no_asker)
{
	struct acc_txn *x = ask(NULL, "OPTIONS", BRANCH);

	ck_assert(x->is_probe);
	ck_assert(!x->in_asked);
	acc_txn_free(x);
}
END_TEST

START_TEST(txn_branch_parses_only_ours)
{
	static const char *const bad[] = {
		"",
		"z9hG4bK",
		"z9hG4bK141B394C.197D8EA64377269",
		"z9hG4bK141B394C.197D8EA6437726988",
		"z9hG4bK141B394C-197D8EA643772698",
		"z9hG4bK141B394G.197D8EA643772698",
		"z9hG4bX141B394C.197D8EA643772698",
	};
	edge_handle id = 0;
	uint64_t hash = 0;

	ck_assert(acc_txn_branch_parse(
		edge_slice_str("z9hG4bK141B394C.197D8EA643772698"), &id,
		&hash));
	ck_assert_uint_eq(id, 0x141B394C);
	ck_assert_uint_eq(hash, 0x197D8EA643772698);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!acc_txn_branch_parse(edge_slice_str(bad[i]), &id,
						    &hash),
			      "%s", bad[i]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("txn");
	TCase *t = tcase_create("txn");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, txn_key_has_the_branch);
	tcase_add_test(t, txn_key_has_the_connection);
	tcase_add_loop_test(t, txn_key_without_branch_has_the_rest, 0, 3);
	tcase_add_loop_test(t, txn_key_of_ack_and_cancel_is_their_invites, 0,
			    2);
	tcase_add_test(t, txn_is_found_by_key_and_id);
	tcase_add_test(t, txn_of_two_clients_with_equal_ids_are_two);
	tcase_add_test(t, txn_orphan_is_not_found_and_not_counted);
	tcase_add_test(t, txn_written_keeps_head_and_branch_of_an_invite);
	tcase_add_test(t, txn_of_another_shards_link_is_found_by_it);
	tcase_add_test(t, txn_leaves_its_queue_when_freed);
	tcase_add_test(t, txn_limit_is_the_clients);
	tcase_add_test(t, txn_table_is_full_at_its_cap);
	tcase_add_test(t, txn_probe_has_no_asker);
	tcase_add_test(t, txn_branch_parses_only_ours);
	suite_add_tcase(suite, t);
	return suite;
}
