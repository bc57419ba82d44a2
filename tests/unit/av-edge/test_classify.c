/* First bytes: the rules of AV 1.2 in their order. */
#include "av-edge/classify.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

static const struct datagram {
	const char *what, *hex;
	enum ave_kind kind;
} datagrams[] = {
	{"Allocate", "000300081112131415161718191a1b1c1d1e1f20000f000472c64bc6",
	 AVE_KIND_MST},
	{"rule 1 before rule 4",
	 "000300082112a44215161718191a1b1c1d1e1f20000f000472c64bc6",
	 AVE_KIND_MST},
	{"length lies",
	 "000300091112131415161718191a1b1c1d1e1f20000f000472c64bc6",
	 AVE_KIND_OTHER},
	{"top bits set",
	 "800300081112131415161718191a1b1c1d1e1f20000f000472c64bc6",
	 AVE_KIND_OTHER},
	{"another cookie",
	 "000300081112131415161718191a1b1c1d1e1f20000f000472c64bc7",
	 AVE_KIND_OTHER},
	{"Binding", "000100002112a442000102030405060708090a0b", AVE_KIND_RFC},
	{"Binding, odd length", "000100012112a442000102030405060708090a0b00",
	 AVE_KIND_OTHER},
	{"Binding, length lies", "000100042112a442000102030405060708090a0b",
	 AVE_KIND_OTHER},
	{"ChannelData", "4000000161", AVE_KIND_CHANNEL},
	{"its last number", "7fff000161", AVE_KIND_CHANNEL},
	{"Multiplexed TURN", "ff10000861626364656667686970",
	 AVE_KIND_MULTIPLEXED},
	{"RTP", "800000010000000100000001", AVE_KIND_OTHER},
	{"DTLS", "16fefd0000000000", AVE_KIND_OTHER},
	{"three bytes", "400000", AVE_KIND_OTHER},
	{"nothing", "", AVE_KIND_OTHER},
};

START_TEST(datagram_is_of_its_kind)
{
	const struct datagram *d = &datagrams[_i];

	ck_assert_msg(ave_classify(vector_bytes(d->hex)) == d->kind, "%s",
		      d->what);
}
END_TEST

static const struct stream {
	const char *hex;
	enum ave_opening opening;
} streams[] = {
	{"", AVE_OPENING_SHORT},
	{"160301002d010000290301", AVE_OPENING_SHORT},
	{"160301002d010000290301"
	 "c1fcd5a36d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb"
	 "00000200180100",
	 AVE_OPENING_PSEUDO_TLS},
	{"1603010200010001fc0303", AVE_OPENING_TLS},
	{"1603", AVE_OPENING_SHORT},
	{"1602", AVE_OPENING_BAD},
	{"02", AVE_OPENING_SHORT},
	{"0200", AVE_OPENING_MST},
	{"0300", AVE_OPENING_MST},
	{"0201", AVE_OPENING_BAD},
	{"000100002112a4", AVE_OPENING_SHORT},
	{"000100002112a442", AVE_OPENING_RFC},
	{"000100002112a443", AVE_OPENING_BAD},
	{"0103", AVE_OPENING_SHORT},
	{"474554202f", AVE_OPENING_BAD}, /* GET / */
	{"04", AVE_OPENING_BAD},
	{"40000000", AVE_OPENING_BAD},
};

START_TEST(stream_opens_as_it_is)
{
	const struct stream *s = &streams[_i];

	ck_assert_msg(ave_classify_stream(vector_bytes(s->hex)) == s->opening,
		      "%s", s->hex);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("classify");
	TCase *tc = tcase_create("first bytes");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, datagram_is_of_its_kind, 0,
			    sizeof(datagrams) / sizeof(datagrams[0]));
	tcase_add_loop_test(tc, stream_opens_as_it_is, 0,
			    sizeof(streams) / sizeof(streams[0]));
	suite_add_tcase(s, tc);
	return s;
}
