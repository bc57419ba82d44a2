/* The session over SSH, in a folder that stands for /proc. */
#include "edgectl/ssh_session.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"

static char proc[32];
static struct ctl_ssh_session s;

static void setup(void)
{
	strcpy(proc, "/tmp/edge-proc-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(proc));
}

static void teardown(void)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", proc);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *name, const char *text, size_t len)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", proc, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

/* A process, its network among them: "net:[1]". */
static void process(const char *pid, const char *stat, const char *network)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", proc, pid);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/ns", proc, pid);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/ns/net", proc, pid);
	ck_assert_int_eq(symlink(network, path), 0);
	(void)snprintf(path, sizeof(path), "%s/stat", pid);
	put(path, stat, strlen(stat));
}

#define ENVIRON(pid, text) put(pid "/environ", text, sizeof(text) - 1)
#define SESSION		   "10.20.30.9 5000 172.16.20.21 22"

/* sshd, a shell, sudo, a shell of root. */
static void family(void)
{
	process("self", "90 (edgectl) S 80 80", "net:[1]");
	process("80", "80 (bash) S 70 70", "net:[1]");
	ENVIRON("80", "HOME=/root\0OLD_SSH_CONNECTION=1 2 3 4\0");
	process("70", "70 (a ) S 9 (b) S 60 60", "net:[1]");
	ENVIRON("70", "HOME=/root\0");
	process("60", "60 (bash) S 50 50", "net:[1]");
	ENVIRON("60", "A=b\0SSH_CONNECTION=" SESSION "\0Z=\0");
}

START_TEST(ssh_session_is_of_the_nearest_that_has_it)
{
	family();
	ck_assert_str_eq(ctl_ssh_session(&s, NULL, proc, 80), SESSION);
	ENVIRON("80", "SSH_CONNECTION=10.9.9.9 1 10.9.9.1 22\0");
	ck_assert_str_eq(ctl_ssh_session(&s, NULL, proc, 80),
			 "10.9.9.9 1 10.9.9.1 22");
	ck_assert_str_eq(ctl_ssh_session(&s, SESSION, proc, 80), SESSION);
}
END_TEST

START_TEST(ssh_session_of_nobody_is_none)
{
	char text[CTL_SSH_SESSION + 1] = "";

	ck_assert_ptr_null(ctl_ssh_session(&s, NULL, proc, 80));
	family();
	ENVIRON("60", "A=b\0SSH_CONNECTION=\0");
	ck_assert_ptr_null(ctl_ssh_session(&s, NULL, proc, 80));
	ck_assert_ptr_null(ctl_ssh_session(&s, NULL, proc, 1));
	ck_assert_ptr_null(ctl_ssh_session(&s, "", proc, 80));
	memset(text, '1', CTL_SSH_SESSION);
	ck_assert_ptr_null(ctl_ssh_session(&s, text, proc, 80));
}
END_TEST

/* Who is his own parent is not followed for ever. */
START_TEST(ssh_session_ends_where_parents_do)
{
	process("80", "80 (bash) S 80 80", "net:[1]");
	ck_assert_ptr_null(ctl_ssh_session(&s, NULL, proc, 80));
	put("80/stat", "80 (bash", 8);
	ck_assert_ptr_null(ctl_ssh_session(&s, NULL, proc, 80));
	put("80/stat", "80 (bash)", 9);
	ck_assert_ptr_null(ctl_ssh_session(&s, NULL, proc, 80));
}
END_TEST

START_TEST(ssh_session_of_another_network_is_none)
{
	char path[128];

	family();
	(void)snprintf(path, sizeof(path), "%s/70/ns/net", proc);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("net:[2]", path), 0);
	ck_assert_ptr_null(ctl_ssh_session(&s, NULL, proc, 80));
	/* nobody may see which one it is */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_str_eq(ctl_ssh_session(&s, NULL, proc, 80), SESSION);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("edgectl/ssh_session");
	TCase *t = tcase_create("parents");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ssh_session_is_of_the_nearest_that_has_it);
	tcase_add_test(t, ssh_session_of_nobody_is_none);
	tcase_add_test(t, ssh_session_ends_where_parents_do);
	tcase_add_test(t, ssh_session_of_another_network_is_none);
	suite_add_tcase(suite, t);
	return suite;
}
