/* av-edge/fast_path.c and its program, run by the kernel on packets made here.
 * Loading needs CAP_BPF: as another user than root only what is refused is
 * tested, and the journey av_fast_path tests the rest. */
#include "av-edge/fast_path.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/bpf.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "av-edge/fast_path_object.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/fast_frame.h"

enum {
	LO = 1, /* the device of that number is there always */
	CHANNEL = 0x4001,
	OTHER = 0x4002,
	PAID_S = 1000, /* of a pool: much longer than what is sent */
};

static struct bpf_object *object;
static int program, keys, slots, pools;
static struct ave_fast_device devices[AVE_SIDES] = {{LO, 1500}, {LO, 1500}};
static const uint8_t client_mac[6] = {2, 0, 0, 0, 0, 7}, peer_mac[6] = {2, 9};

static struct ave_fast_way way;

static void set_up_object(void)
{
	object = bpf_object__open_mem(fast_path_object,
				      sizeof(fast_path_object), NULL);
	ck_assert_ptr_nonnull(object);
	ck_assert(!bpf_map__set_max_entries(
		bpf_object__find_map_by_name(object, "fast_keys"), 8));
	ck_assert(!bpf_map__set_max_entries(
		bpf_object__find_map_by_name(object, "fast_slots"), 2));
	ck_assert(!bpf_map__set_max_entries(
		bpf_object__find_map_by_name(object, "fast_pools"), 2));
	ck_assert_msg(!bpf_object__load(object), "the kernel refuses it");
	program = bpf_program__fd(
		bpf_object__find_program_by_name(object, "fast_path"));
	keys = bpf_object__find_map_fd_by_name(object, "fast_keys");
	slots = bpf_object__find_map_fd_by_name(object, "fast_slots");
	pools = bpf_object__find_map_fd_by_name(object, "fast_pools");
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct edge_addr at(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

/* As a worker does, both ends heard of. */
static void put(uint32_t place)
{
	struct fast_slot s;
	struct fast_pool pool = {0};

	ck_assert_int_eq(ave_fast_entry(&s, &way, devices, place), EDGE_OK);
	for (uint32_t d = 0; d < FAST_DIRS; d++) {
		const uint32_t value = place << 1 | d;

		s.way[d].until_ns = UINT64_MAX;
		s.seen[d].at_ns = now_ns();
		s.seen[d].is_begun = 1;
		memcpy(s.seen[d].near, frame_own_mac, sizeof(frame_own_mac));
		memcpy(s.seen[d].far, d ? peer_mac : client_mac,
		       sizeof(frame_own_mac));
		ck_assert(!bpf_map_update_elem(keys, &s.way[d].from, &value,
					       BPF_ANY));
	}
	ave_fast_pool_fill(&pool, (struct ave_fast_rate){10000, 262144});
	ck_assert(!bpf_map_update_elem(slots, &place, &s, BPF_ANY));
	ck_assert(!bpf_map_update_elem(pools, &place, &pool, BPF_ANY));
}

static void set_up(void)
{
	set_up_object();
	way = (struct ave_fast_way){
		.client = at("198.51.100.7", 4000),
		.server = at("192.0.2.41", 3478),
		.relayed = at("192.0.2.41", 50001),
		.peer = at("203.0.113.9", 6000),
		.channel = CHANNEL,
	};
	put(0);
}

static void tear_down(void)
{
	bpf_object__close(object);
}

static struct fast_slot slot(uint32_t place)
{
	struct fast_slot s;

	ck_assert(!bpf_map_lookup_elem(slots, &place, &s));
	return s;
}

static void set_slot(const struct fast_slot *s)
{
	const uint32_t place = 0;

	ck_assert(!bpf_map_update_elem(slots, &place, s, BPF_ANY));
}

/* -- packets -----------------------------------------------------------------
 */

static struct frame from_client(uint16_t channel, const char *text)
{
	uint8_t bytes[FRAME_ROOM];
	const size_t len = strlen(text), head = channel ? 4 : 0;

	frame_put16(bytes, channel);
	frame_put16(bytes + 2, (unsigned)len);
	memcpy(bytes + head, text, len);
	return frame_make(&way.client, &way.server, client_mac,
			  edge_slice(bytes, head + len));
}

static struct frame from_peer(const char *text)
{
	return frame_make(&way.peer, &way.relayed, peer_mac,
			  edge_slice_str(text));
}

/* What the program says; f becomes what it made of it. */
static int run_at(struct frame *f, uint32_t device)
{
	struct frame out = {.len = 0};
	struct xdp_md ctx = {.data_end = (uint32_t)f->len,
			     .ingress_ifindex = device};
	struct bpf_test_run_opts o = {
		.sz = sizeof(o),
		.data_in = f->p,
		.data_size_in = (uint32_t)f->len,
		.data_out = out.p,
		.data_size_out = FRAME_ROOM,
		.ctx_in = &ctx,
		.ctx_size_in = sizeof(ctx),
	};

	ck_assert_int_eq(bpf_prog_test_run_opts(program, &o), 0);
	out.len = o.data_size_out;
	*f = out;
	return (int)o.retval;
}

static int run(struct frame *f)
{
	return run_at(f, LO);
}

static const char *const texts[] = {"four", "fives", "sixsix", "a longer one",
				    "\x80\x01\xff\xff\xff\xff\xff\xff"};

START_TEST(program_takes_the_header_off)
{
	struct frame f = from_client(CHANNEL, texts[_i]);

	ck_assert(frame_is_summed(&f));
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	frame_is_sent(&f, &way.relayed, &way.peer, peer_mac,
		      edge_slice_str(texts[_i]));
	ck_assert(frame_is_summed(&f));
	ck_assert_uint_eq(slot(0).seen[FAST_TO_PEER].packets, 1);
	ck_assert_uint_eq(slot(0).seen[FAST_TO_PEER].bytes, strlen(texts[_i]));
}
END_TEST

START_TEST(program_puts_the_header_on)
{
	struct frame f = from_peer(texts[_i]),
		     want = from_client(CHANNEL, texts[_i]);

	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	frame_is_sent(&f, &way.server, &way.client, client_mac,
		      edge_slice(want.p + FRAME_HEADS, want.len - FRAME_HEADS));
	ck_assert(frame_is_summed(&f));
	ck_assert_uint_eq(slot(0).seen[FAST_TO_CLIENT].packets, 1);
	ck_assert_uint_eq(slot(0).seen[FAST_TO_CLIENT].bytes,
			  strlen(texts[_i]));
}
END_TEST

START_TEST(program_leaves_bare_ones_bare)
{
	struct frame f;

	way.channel = 0;
	put(0);
	f = from_client(0, texts[_i]);
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	frame_is_sent(&f, &way.relayed, &way.peer, peer_mac,
		      edge_slice_str(texts[_i]));
	ck_assert(frame_is_summed(&f));
	f = from_peer(texts[_i]);
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	frame_is_sent(&f, &way.server, &way.client, client_mac,
		      edge_slice_str(texts[_i]));
	ck_assert(frame_is_summed(&f));
}
END_TEST

START_TEST(program_goes_on_without_a_sum_that_was_not_made)
{
	struct frame f = from_client(CHANNEL, "some");

	frame_put16(f.p + 40, 0);
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	ck_assert_uint_eq(frame_get16(f.p + 40), 0);
	f = from_peer("some");
	frame_put16(f.p + 40, frame_folded(frame_add(17 + 12, f.p + 26,
						     8))); /* pseudo header */
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	ck_assert_uint_eq(frame_get16(f.p + 40), 0);
}
END_TEST

START_TEST(program_does_not_mend_a_wrong_sum)
{
	struct frame f = from_client(CHANNEL, "some");

	f.p[FRAME_HEADS + 5] ^= 1;
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	ck_assert(!frame_is_summed(&f));
}
END_TEST

START_TEST(program_goes_from_one_relayed_address_to_another)
{
	const struct ave_fast_way first = way;
	struct frame f, want;

	way.peer = at("192.0.2.41", 50002);
	put(0);
	way = (struct ave_fast_way){
		.client = at("198.51.100.8", 4008),
		.server = first.server,
		.relayed = way.peer,
		.peer = first.relayed,
		.channel = OTHER,
	};
	put(1);
	want = from_client(OTHER, "through both");
	way = first;
	f = from_client(CHANNEL, "through both");
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	way.client = at("198.51.100.8", 4008);
	frame_is_sent(&f, &way.server, &way.client, client_mac,
		      edge_slice(want.p + FRAME_HEADS, want.len - FRAME_HEADS));
	ck_assert(frame_is_summed(&f));
	ck_assert_uint_eq(slot(0).seen[FAST_TO_PEER].packets, 1);
	ck_assert_uint_eq(slot(1).seen[FAST_TO_CLIENT].packets, 1);
	/* who says on the wire that he is a relayed address is not heard */
	f = frame_make(&first.relayed,
		       &(struct edge_addr){AF_INET, {192, 0, 2, 41}, 50002},
		       peer_mac, edge_slice_str("forged"));
	ck_assert_int_eq(run(&f), XDP_PASS);
}
END_TEST

START_TEST(program_learns_where_the_sender_is)
{
	struct frame f = from_client(CHANNEL, "some");

	f.p[11] = 0x99;
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	f = from_peer("back");
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	ck_assert_uint_eq(f.p[5], 0x99);
}
END_TEST

/* -- what is not for it -----------------------------------------------------
 */

static void other_protocol(struct frame *f)
{
	f->p[23] = 6;
}

static void other_family(struct frame *f)
{
	frame_put16(f->p + 12, 0x86dd);
}

static void options(struct frame *f)
{
	f->p[14] = 0x46;
}

static void first_fragment(struct frame *f)
{
	frame_put16(f->p + 20, 0x2000);
}

static void last_fragment(struct frame *f)
{
	frame_put16(f->p + 20, 0x0010);
}

static void no_time_left(struct frame *f)
{
	f->p[22] = 1;
}

static void longer_datagram(struct frame *f)
{
	frame_put16(f->p + 38, frame_get16(f->p + 38) + 1);
}

static void longer_packet(struct frame *f)
{
	frame_put16(f->p + 16, frame_get16(f->p + 16) + 1);
	frame_put16(f->p + 38, frame_get16(f->p + 38) + 1);
}

static void short_datagram(struct frame *f)
{
	frame_put16(f->p + 38, 7);
}

static void to_all(struct frame *f)
{
	memset(f->p, 0xff, 6);
}

static void other_channel(struct frame *f)
{
	f->p[FRAME_HEADS + 1] ^= 2;
}

static void longer_channel_data(struct frame *f)
{
	f->p[FRAME_HEADS + 3]++;
}

static void shorter_channel_data(struct frame *f)
{
	f->p[FRAME_HEADS + 3]--;
}

static void other_client(struct frame *f)
{
	f->p[35]++;
}

static void cut_in_the_header(struct frame *f)
{
	f->len = 41;
}

static void (*const damages[])(struct frame *f) = {
	other_protocol,
	other_family,
	options,
	first_fragment,
	last_fragment,
	no_time_left,
	longer_datagram,
	longer_packet,
	short_datagram,
	to_all,
	other_channel,
	longer_channel_data,
	shorter_channel_data,
	other_client,
	cut_in_the_header,
};

START_TEST(program_passes_what_is_no_plain_datagram)
{
	struct frame f = from_client(CHANNEL, "some text"), was;

	damages[_i](&f);
	was = f;
	ck_assert_int_eq(run(&f), XDP_PASS);
	ck_assert_uint_eq(f.len, was.len);
	ck_assert_mem_eq(f.p, was.p, was.len);
	ck_assert_uint_eq(slot(0).seen[FAST_TO_PEER].packets, 0);
}
END_TEST

START_TEST(program_passes_what_has_ended)
{
	struct fast_slot s = slot(0);
	struct frame f = from_client(CHANNEL, "some");

	s.way[FAST_TO_PEER].until_ns = now_ns() - 10000000; /* a tick */
	set_slot(&s);
	ck_assert_int_eq(run(&f), XDP_PASS);
	f = from_peer("some");
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	s.way[FAST_TO_CLIENT].until_ns = 0;
	set_slot(&s);
	f = from_peer("some");
	ck_assert_int_eq(run(&f), XDP_PASS);
}
END_TEST

START_TEST(program_passes_what_comes_in_elsewhere)
{
	struct fast_slot s = slot(0);
	struct frame f = from_client(CHANNEL, "some");

	s.way[FAST_TO_PEER].in = LO + 1;
	set_slot(&s);
	ck_assert_int_eq(run(&f), XDP_PASS);
}
END_TEST

START_TEST(program_passes_until_the_other_end_was_heard)
{
	struct fast_slot s = slot(0);
	struct frame f = from_client(CHANNEL, "some");

	s.seen[FAST_TO_CLIENT].at_ns = 0;
	set_slot(&s);
	ck_assert_int_eq(run(&f), XDP_PASS);
	s = slot(0);
	s.seen[FAST_TO_CLIENT].at_ns =
		now_ns() - (FAST_HOP_S + 1) * UINT64_C(1000000000);
	set_slot(&s);
	f = from_client(CHANNEL, "some");
	ck_assert_int_eq(run(&f), XDP_PASS);
	f = from_peer("here I am");
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	f = from_client(CHANNEL, "some");
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
}
END_TEST

/* first, last: how long ago [ns]; 0: never */
static const struct {
	uint64_t first, last;
	int said;
} waits[] = {
	{0, 0, XDP_PASS},
	{500000000, 2000000, XDP_REDIRECT}, /* a lull */
	{500000000, 1, XDP_PASS},
	{2000000000, 1, XDP_REDIRECT}, /* none for long */
};

START_TEST(program_begins_in_a_lull_or_at_last)
{
	struct fast_slot s = slot(0);
	struct fast_seen *seen = &s.seen[FAST_TO_PEER];
	struct frame f = from_client(CHANNEL, "some");
	const uint64_t now = now_ns();

	seen->is_begun = 0;
	seen->first_ns = waits[_i].first ? now - waits[_i].first : 0;
	/* what has just come is so to say ahead: the kernel takes its time */
	seen->last_ns = waits[_i].last == 1 ? now + 100000000
			: waits[_i].last    ? now - waits[_i].last
					    : 0;
	set_slot(&s);
	ck_assert_int_eq(run(&f), waits[_i].said);
	f = from_peer("this way has begun");
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
}
END_TEST

START_TEST(program_passes_what_would_be_too_long)
{
	char text[1473] = "";
	struct frame f;

	memset(text, 'x', 1468); /* 1500 with all headers */
	f = from_peer(text);
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	ck_assert_uint_eq(f.len, 1514);
	text[1468] = 'x';
	f = from_peer(text);
	ck_assert_int_eq(run(&f), XDP_PASS);
}
END_TEST

START_TEST(program_passes_what_speaks_to_the_relay)
{
	uint8_t message[40] = {0, 4, 0,	   20,	 [20] = 0, 0x0f,
			       0, 4, 0x72, 0xc6, 0x4b,	   0xc6};
	const struct edge_slice said = edge_slice(message, sizeof(message));
	struct frame f;

	way.channel = 0;
	put(0);
	f = frame_make(&way.client, &way.server, client_mac, said);
	ck_assert_int_eq(run(&f), XDP_PASS);
	f = frame_make(&way.peer, &way.relayed, peer_mac, said);
	ck_assert_int_eq(run(&f), XDP_PASS);
	message[3] = 19; /* no message any more */
	f = frame_make(&way.peer, &way.relayed, peer_mac, said);
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
}
END_TEST

START_TEST(program_passes_what_is_over_its_bandwidth)
{
	const uint32_t place = 0;
	struct fast_pool p = {.burst_ns = 1000000000};
	struct frame f = from_client(CHANNEL, "four");

	p.paid_ns = now_ns() + PAID_S * UINT64_C(1000000000);
	ck_assert(!bpf_map_update_elem(pools, &place, &p, BPF_ANY));
	ck_assert_int_eq(run(&f), XDP_PASS);
	p.paid_ns = 0; /* so long ago: a burst is there, no more */
	p.ns_per_byte = UINT64_C(200000000) << FAST_NS_SHIFT; /* 5 bytes */
	ck_assert(!bpf_map_update_elem(pools, &place, &p, BPF_ANY));
	f = from_client(CHANNEL, "four");
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	f = from_peer("four"); /* of the same bucket; into debt, once */
	ck_assert_int_eq(run(&f), XDP_REDIRECT);
	f = from_client(CHANNEL, "four");
	ck_assert_int_eq(run(&f), XDP_PASS);
}
END_TEST

/* -- opening ----------------------------------------------------------------
 */

START_TEST(opening_says_what_is_refused)
{
	static const char *const devices_of[][2] = {
		{"lo", ""}, {"", "lo"}, {"no-such", "lo"}};
	struct ave_fast_path_plan p = {.flows = 16};
	struct ave_fast_path *f;
	char why[128] = "";

	/* lo has no driver that takes one */
	p.device[AVE_OUTSIDE] = devices_of[_i][0];
	p.device[AVE_INSIDE] = devices_of[_i][1];
	ck_assert_int_ne(ave_fast_path_open(&f, &p, why, sizeof(why)), EDGE_OK);
	ck_assert_str_ne(why, "");
}
END_TEST

static TCase *program_tests(void)
{
	TCase *t = tcase_create("program");
	const int texts_count = sizeof(texts) / sizeof(*texts);

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, program_takes_the_header_off, 0, texts_count);
	tcase_add_loop_test(t, program_puts_the_header_on, 0, texts_count);
	tcase_add_loop_test(t, program_leaves_bare_ones_bare, 0, texts_count);
	tcase_add_test(t, program_goes_on_without_a_sum_that_was_not_made);
	tcase_add_test(t, program_does_not_mend_a_wrong_sum);
	tcase_add_test(t, program_goes_from_one_relayed_address_to_another);
	tcase_add_test(t, program_learns_where_the_sender_is);
	tcase_add_loop_test(t, program_passes_what_is_no_plain_datagram, 0,
			    sizeof(damages) / sizeof(*damages));
	tcase_add_test(t, program_passes_what_has_ended);
	tcase_add_test(t, program_passes_what_comes_in_elsewhere);
	tcase_add_test(t, program_passes_until_the_other_end_was_heard);
	tcase_add_loop_test(t, program_begins_in_a_lull_or_at_last, 0,
			    sizeof(waits) / sizeof(*waits));
	tcase_add_test(t, program_passes_what_would_be_too_long);
	tcase_add_test(t, program_passes_what_speaks_to_the_relay);
	tcase_add_test(t, program_passes_what_is_over_its_bandwidth);
	return t;
}

Suite *test_suite(void)
{
	Suite *s = suite_create("fast_path");
	TCase *t = tcase_create("opening");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, opening_says_what_is_refused, 0, 3);
	suite_add_tcase(s, t);
	if (geteuid() == 0)
		suite_add_tcase(s, program_tests());
	return s;
}
