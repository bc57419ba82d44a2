/* access-edge/mail.c: a mail owns what it carries. */
#include "access-edge/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/view.h"
#include "tests/support/held_topo.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

START_TEST(mail_copies_its_bytes)
{
	char text[] = "SIP/2.0 200 OK";
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_DELIVER, edge_slice_str(text));

	ck_assert_ptr_nonnull(m);
	memset(text, 'x', sizeof(text));
	ck_assert_uint_eq(m->len, 14);
	ck_assert_mem_eq(m->bytes, "SIP/2.0 200 OK", 14);
	ck_assert_int_eq(m->kind, ACC_MAIL_DELIVER);
	ck_assert_int_eq(m->fds[0], -1);
	ck_assert_int_eq(m->fds[1], -1);
	acc_mail_free(m);
	acc_mail_free(NULL);
}
END_TEST

START_TEST(mail_closes_what_nobody_took)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));
	const struct topo t = topo_fixture();
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_ptr_nonnull(m);
	m->fds[ACC_LISTEN_INSIDE] = fd;
	m->topo = held_topo_new(&t);
	acc_mail_free(m);
	ck_assert_int_eq(held_topo_count(), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(mail_copies_options_with_their_text)
{
	char tags[] = "privacy";
	struct acc_options o = {.keep_alive_s = 7, .proxy_require = tags};
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_OPTIONS, edge_slice(NULL, 0));

	ck_assert_ptr_nonnull(m);
	m->options = acc_mail_copy_options(&o);
	ck_assert_ptr_nonnull(m->options);
	memset(tags, 'x', sizeof(tags));
	ck_assert_str_eq(m->options->proxy_require, "privacy");
	ck_assert_uint_eq(m->options->keep_alive_s, 7);
	acc_mail_free(m); /* nobody took it */
	o.proxy_require = NULL;
	m = acc_mail_new(ACC_MAIL_OPTIONS, edge_slice(NULL, 0));
	ck_assert_ptr_nonnull(m);
	m->options = acc_mail_copy_options(&o);
	ck_assert_ptr_null(m->options->proxy_require);
	acc_mail_free(m);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mail");
	TCase *t = tcase_create("mail");

	tcase_set_timeout(t, 5);
	tcase_add_test(t, mail_copies_its_bytes);
	tcase_add_test(t, mail_closes_what_nobody_took);
	tcase_add_test(t, mail_copies_options_with_their_text);
	suite_add_tcase(s, t);
	return s;
}
