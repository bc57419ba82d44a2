/* av-edge/mail.c: what the control thread tells a worker. */
#include "av-edge/mail.h"

#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/worker_world.h"

START_TEST(mail_merges_and_frees_what_is_replaced)
{
	struct ave_mail *a = ave_mail_new(), *b = ave_mail_new();
	struct ave_outlook *last = outlook(false);
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	a->outlook = outlook(false);
	a->fds[1] = fd[0];
	b->outlook = last;
	b->fds[1] = fd[1];
	b->ends[2] = true;
	ave_mail_merge(a, b);
	ck_assert_ptr_eq(a->outlook, last);
	ck_assert_int_eq(a->fds[1], fd[1]);
	ck_assert(a->ends[2] && !a->ends[1]);
	ck_assert_int_eq(outlooks, 1);
	ck_assert_int_eq(close(fd[0]), -1); /* closed with the old one */
	ave_mail_free(a);
	ave_mail_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mail");
	TCase *t = tcase_create("merge");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, mail_merges_and_frees_what_is_replaced);
	suite_add_tcase(s, t);
	return s;
}
