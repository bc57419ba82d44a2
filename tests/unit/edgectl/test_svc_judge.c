/* Listeners and Data MCUs as the services tell of them. */
#include "edgectl/svc_judge.h"

#include <check.h>
#include <jansson.h>
#include <string.h>

#include "tests/support/suite.h"

static json_t *status;

static void setup(void)
{
	status = json_loads("{\"listeners\":["
			    "{\"name\":\"a\",\"address\":\"192.0.2.41:443\","
			    "\"protocol\":\"tcp\",\"state\":\"draining\"},"
			    "{\"name\":\"b\",\"address\":\"192.0.2.41:443\","
			    "\"protocol\":\"udp\",\"state\":\"open\"},"
			    "{\"name\":\"c\",\"address\":3}, 7]}",
			    0, NULL);
	ck_assert_ptr_nonnull(status);
}

static void teardown(void)
{
	json_decref(status);
}

static const char *state(const char *protocol, uint8_t last)
{
	const struct topo_listen l = {
		.present = true,
		.addr = {.family = AF_INET,
			 .ip = {192, 0, 2, last},
			 .port = 443},
		.protocol = protocol,
	};

	return ctl_svc_door_state(status, &l);
}

START_TEST(door_is_found_by_address_and_protocol)
{
	ck_assert_str_eq(state("tcp", 41), "draining");
	ck_assert_str_eq(state("udp", 41), "open");
	ck_assert_ptr_null(state("tls", 41));
	ck_assert_ptr_null(state("tcp", 42));
	json_object_del(status, "listeners");
	ck_assert_ptr_null(state("tcp", 41));
}
END_TEST

START_TEST(doors_are_one_a_kind)
{
	for (size_t i = 0; i < CTL_SVC_DOORS; i++) {
		ck_assert_ptr_nonnull(ctl_svc_doors[i].name);
		for (size_t k = 0; k < i; k++)
			ck_assert_int_ne(ctl_svc_doors[i].kind,
					 ctl_svc_doors[k].kind);
	}
}
END_TEST

static const struct {
	const char *row;
	enum ctl_mcu_state state;
} mcus[] = {
	{"{\"state\":\"up\"}", CTL_MCU_UP},
	{"{\"state\":\"draining\"}", CTL_MCU_UP},
	{"{\"state\":\"down\"}", CTL_MCU_DOWN},
	{"{\"state\":\"not registered\"}", CTL_MCU_ABSENT},
	{"{}", CTL_MCU_ABSENT},
};

START_TEST(mcu_is_up_down_or_absent)
{
	json_t *o = json_loads(mcus[_i].row, 0, NULL);

	ck_assert_int_eq(ctl_svc_mcu_state(o), mcus[_i].state);
	json_decref(o);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/svc_judge");
	TCase *t = tcase_create("svc");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, door_is_found_by_address_and_protocol);
	tcase_add_test(t, doors_are_one_a_kind);
	tcase_add_loop_test(t, mcu_is_up_down_or_absent, 0,
			    sizeof(mcus) / sizeof(*mcus));
	suite_add_tcase(s, t);
	return s;
}
