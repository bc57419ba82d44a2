/* Who manages the host, as cures say it. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/fw_world.h"

static struct fw_world *f;

static void setup(void)
{
	f = fw_world_new();
}

static void teardown(void)
{
	fw_world_free(f);
}

static const struct {
	const char *session, *who, *want;
	uint16_t port;
} managing[] = {
	{NULL, NULL, "none", 0},
	{"10.20.30.9 5000 172.16.20.21 22", NULL, "22 from 10.20.30.9", 0},
	{"fd00::9 5000 fd00::21 2222", "sshd, pid 7", "2222 from fd00::9", 22},
	{NULL, "sshd, pid 7", "2222 from NETWORK", 2222},
	{NULL, "systemd, pid 1", "22 from NETWORK", 22},
	{NULL, "nginx, pid 9", "none", 8080},
	{"", "sshd, pid 7", "22 from NETWORK", 22},
	{"';reboot' 5000 172.16.20.21 22", NULL, "none", 0},
	{"10.20.30.9 5000 172.16.20.21 x", NULL, "none", 0},
};

START_TEST(fw_manage_knows_who_manages_the_host)
{
	char text[CTL_FW_MANAGE];

	if (managing[_i].who) {
		f->sockets.v[0] = (struct ctl_socket){.is_tcp = true};
		f->sockets.v[0].at.port = managing[_i].port;
		(void)snprintf(f->sockets.v[0].who, sizeof(f->sockets.v[0].who),
			       "%s", managing[_i].who);
		f->sockets.count = 1;
	}
	ctl_fw_manage(text, &f->sockets, managing[_i].session);
	ck_assert_str_eq(text, managing[_i].want);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fw_manage");
	TCase *tc = tcase_create("who");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, fw_manage_knows_who_manages_the_host, 0,
			    sizeof(managing) / sizeof(*managing));
	suite_add_tcase(s, tc);
	return s;
}
