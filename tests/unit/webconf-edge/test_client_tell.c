/* webconf-edge/client_tell.c: the line a session leaves, and what is kept of
 * refusals; WC 4.9. */
#include "webconf-edge/client_tell.h"

#include <stdio.h>
#include <string.h>

#include "common/crypto.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/shard_world.h"

static struct ep1_peer peer, leg, others[5];

static void init(void)
{
	peer = leg = (struct ep1_peer){0};
	memset(others, 0, sizeof(others));
}

static void fini(void)
{
	ep1_peer_fini(&peer);
	ep1_peer_fini(&leg);
	for (int i = 0; i < 5; i++)
		ep1_peer_fini(&others[i]);
}

static const char *line_of(const char *event)
{
	for (unsigned i = 0; i < heard_count(); i++)
		if (strstr(heard_line(i), event))
			return heard_line(i);
	ck_abort_msg("no line %s", event);
	return NULL;
}

static void has(const char *line, const char *key, const char *value)
{
	char words[256];

	snprintf(words, sizeof(words), " %s%s", key, value);
	ck_assert_msg(strstr(line, words) != NULL, "%s not in %s", words, line);
}

/* The fields of WC 4.9, in their order. */
START_TEST(client_tell_session_has_all_fields)
{
	static const char *const fields[] = {
		" sid=",	  " state_end=",   " end=",
		" code=",	  " detail=",	   " client=",
		" tls=",	  " sni=",	   " kid=",
		" nonce=",	  " mcu=",	   " conf=",
		" leg_port=",	  " t_tls_ms=",	   " t_open_ms=",
		" t_pair_ms=",	  " t_assign_ms=", " t_total_ms=",
		" c2m_bytes=",	  " m2c_bytes=",   " c2m_stall_ms=",
		" m2c_stall_ms=", " trunc=",	   " ktls=",
	};
	const edge_handle h = shard_pair(&peer, &leg);
	char sid[33], nonce[17], conf[17], client[EDGE_ADDR_STRLEN], port[8];
	uint8_t hash[PSOM_CONF_HASH_LEN];
	const char *line, *at;

	edge_hex(sid, edge_slice(shard_client(h)->session, 16));
	edge_hex(nonce, edge_slice(shard_w.token + 36, 8));
	ck_assert(psom_conf_hash(hash, edge_slice_str(SHARD_URI)));
	edge_hex(conf, edge_slice(hash, 8));
	edge_addr_print(edge_conn_local(peer.conn), client);
	snprintf(port, sizeof(port), "%u", edge_conn_local(leg.conn)->port);
	ep1_peer_send_pattern(&peer, 321);
	ep1_take_pattern(&leg, 321);
	ep1_peer_shut(&peer);
	ep1_peer_shut(&leg);
	shard_wait_empty();
	line = at = line_of("WCE_EV_SESSION");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const char *next = strstr(at, fields[i]);

		ck_assert_msg(next != NULL, "%s in %s", fields[i], line);
		at = next;
	}
	has(line, "sid=", sid);
	has(line, "client=", client);
	has(line, "nonce=", nonce);
	has(line, "conf=", conf);
	has(line, "mcu=", SHARD_MCU);
	has(line, "leg_port=", port);
	has(line, "tls=", "TLSv1.3/TLS_");
	has(line, "sni=", "- ");
	has(line, "kid=", "3");
	has(line, "c2m_bytes=", "321");
	has(line, "m2c_bytes=", "0");
	has(line, "end=", "eof");
	ck_assert_uint_eq(heard_with("WCE_EV_SESSION"), 1); /* one a session */
	ck_assert_uint_eq(heard_with("WCE_EV_REFUSED"), 0);
}
END_TEST

START_TEST(client_tell_paired_hashes_the_conference)
{
	shard_pair(&peer, &leg);
	has(line_of("WCE_EV_PAIRED"), "uri=", "-");
	ck_assert_uint_eq(shard_stat(WCE_STAT_SESSIONS), 1);
	ck_assert_uint_eq(shard_stat(WCE_STAT_PAIR_1) +
				  shard_stat(WCE_STAT_PAIR_10) +
				  shard_stat(WCE_STAT_PAIR_100) +
				  shard_stat(WCE_STAT_PAIR_MORE),
			  1);
	ck_assert_uint_eq(shard_stat(WCE_STAT_HANDSHAKE_10) +
				  shard_stat(WCE_STAT_HANDSHAKE_100) +
				  shard_stat(WCE_STAT_HANDSHAKE_1000) +
				  shard_stat(WCE_STAT_HANDSHAKE_MORE),
			  1);
}
END_TEST

START_TEST(client_tell_paired_shows_it_when_told_so)
{
	shard_w.shared.logs_uri = true;
	shard_pair(&peer, &leg);
	has(line_of("WCE_EV_PAIRED"), "uri=", SHARD_URI);
	ep1_peer_reset(&peer);
	shard_wait_empty();
	ck_assert_ptr_null(strstr(line_of("WCE_EV_SESSION"), "5D3747"));
}
END_TEST

/* A refused one whose token was good leaves its line as well. */
START_TEST(client_tell_refused_session_leaves_both_lines)
{
	const edge_handle h = shard_join(&peer);

	shard_refuse(h, WCE_REASON_MCU_FULL);
	ep1_take_reject(&peer, 503);
	has(line_of("WCE_EV_REFUSED"), "detail=", "MCU_FULL");
	has(line_of("WCE_EV_SESSION"),
	    "state_end=", "waiting end=mcu_full code=503 ");
	has(line_of("WCE_EV_SESSION"), "mcu=", SHARD_MCU);
}
END_TEST

START_TEST(client_tell_stranger_leaves_one_line)
{
	shard_dial(&peer);
	ep1_peer_send(&peer,
		      shard_hello(&(struct shard_hello){.has_bad_mac = true}));
	ep1_take_reject(&peer, 401);
	has(line_of("WCE_EV_REFUSED"),
	    "state=", "opening reason=bad_mac code=401 detail=BAD_MAC ");
	ck_assert_uint_eq(heard_with("WCE_EV_SESSION"), 0);
}
END_TEST

/* Peer text is escaped; it can be neither a field nor a line of its own. */
START_TEST(client_tell_escapes_what_a_client_says)
{
	const struct shard_hello h = {.mcu = "a b=c\\d\"e\xc3\xa9"};

	shard_dial(&peer);
	ep1_peer_send(&peer, shard_hello(&h));
	shard_refuse(shard_take(WCE_MAIL_ASK)->client,
		     WCE_REASON_NOT_REGISTERED);
	ep1_take_reject(&peer, 503);
	ck_assert_ptr_null(strstr(line_of("WCE_EV_SESSION"), "a b=c"));
	ck_assert_ptr_nonnull(strstr(line_of("WCE_EV_SESSION"), "mcu=a\\x20b"));
}
END_TEST

/* So is whom it wanted, cut to what a name needs. */
START_TEST(client_tell_shows_whom_a_client_wanted)
{
	static const struct {
		const char *sni, *shown;
	} rows[] = {
		{"wc.contoso.com", "wc.contoso.com "},
		{"a b=c\r\n", "a\\x20b=c\\x0d\\x0a "},
		{"a-name.that.is.much.longer.than.any.name.of.an.edge.would."
		 "ever.be.contoso.com",
		 "a-name.that.is.much.longer.than.any.name.of.an.edge.would.ev"
		 "... "},
	};

	ep1_peer_dial_named(&peer, shard_w.loop, shard_w.client_tls,
			    &shard_w.at, rows[_i].sni);
	ep1_wait_secured(&peer);
	ep1_peer_send(&peer, shard_hello(&(struct shard_hello){0}));
	shard_refuse(shard_take(WCE_MAIL_ASK)->client,
		     WCE_REASON_NOT_REGISTERED);
	ep1_take_reject(&peer, 503);
	has(line_of("WCE_EV_SESSION"), "sni=", rows[_i].shown);
}
END_TEST

/* Of the same reason and source one line a second; the counter has all. */
START_TEST(client_tell_holds_lines_back)
{
	for (int i = 0; i < 5; i++) {
		shard_dial(&others[i]);
		ep1_peer_send(&others[i], shard_hello(&(struct shard_hello){
						  .has_bad_mac = true}));
		ep1_take_reject(&others[i], 401);
	}
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_BAD_MAC), 5);
	ck_assert_uint_ge(heard_with("WCE_EV_REFUSED"), 1);
	ck_assert_uint_lt(heard_with("WCE_EV_REFUSED"), 5);
}
END_TEST

static char kept[4][EDGE_RECENT_LINE + 1];
static unsigned kept_count;

static void keep(const char *line, void *arg)
{
	(void)arg;
	if (kept_count < 4)
		snprintf(kept[kept_count], sizeof(kept[0]), "%s", line);
	kept_count++;
}

START_TEST(client_tell_keeps_refusals_for_the_operator)
{
	kept_count = 0;
	shard_dial(&peer);
	ep1_peer_send(&peer, shard_hello(&(struct shard_hello){.kid = 9}));
	ep1_take_reject(&peer, 401);
	edge_recent_each(shard_w.shared.refusals, keep, NULL);
	ck_assert_uint_eq(kept_count, 1);
	ck_assert_ptr_nonnull(strstr(kept[0], "{\"client\":\"127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(kept[0],
				     "\"state\":\"opening\",\"reason\":"
				     "\"unknown_key\",\"code\":401,"
				     "\"detail\":\"UNKNOWN_KEY\"}"));
}
END_TEST

START_TEST(client_tell_refused_at_the_door)
{
	const struct edge_addr from = {
		.family = AF_INET, .ip = {192, 0, 2, 9}, .port = 77};

	for (int i = 0; i < 3; i++)
		wce_client_tell_refused(shard_w.shard, WCE_STAT_REJECTED_RATE,
					"rate", &from);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECTED_RATE), 3);
	ck_assert_uint_eq(heard_with("WCE_EV_LINK_REFUSED"), 1);
	has(line_of("WCE_EV_LINK_REFUSED"),
	    "client=", "192.0.2.9:77 reason=rate ");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("client_tell");
	TCase *t = shard_case(s, "client_tell");

	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, client_tell_session_has_all_fields);
	tcase_add_test(t, client_tell_paired_hashes_the_conference);
	tcase_add_test(t, client_tell_paired_shows_it_when_told_so);
	tcase_add_test(t, client_tell_refused_session_leaves_both_lines);
	tcase_add_test(t, client_tell_stranger_leaves_one_line);
	tcase_add_test(t, client_tell_escapes_what_a_client_says);
	tcase_add_loop_test(t, client_tell_shows_whom_a_client_wanted, 0, 3);
	tcase_add_test(t, client_tell_holds_lines_back);
	tcase_add_test(t, client_tell_keeps_refusals_for_the_operator);
	tcase_add_test(t, client_tell_refused_at_the_door);
	return s;
}
