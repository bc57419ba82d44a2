/* A table of tests, each with the options that it wants. */
#include "edgectl/up_tests.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { ARGS = 6, WORDS = 2 * ARGS + 2, WORD = 1024 };

#define OF(name) offsetof(struct ctl_up_people, name)

static const struct test {
	const char *name, *lacks; /* what is wanted, when it is not there */
	ctl_verb_fn *run;
	bool is_both; /* relays of both sides, which this host reaches */
	struct arg {
		const char *option; /* NULL: no more */
		size_t value;
		bool is_optional;
	} args[ARGS];
} tests[] = {
	{"av-edge",
	 "a user: --user-sip-address and --user-password-file",
	 ctl_test_av_edge,
	 true,
	 {{"--user-sip-address", OF(user), false},
	  {"--user-password-file", OF(user_password), false},
	  {"--user-name", OF(user_name), true}}},
	{"p2p-av",
	 "two users: --user-sip-address, --user-password-file, "
	 "--receiver-sip-address and --receiver-password-file",
	 ctl_test_p2p_av,
	 false,
	 {{"--sender-sip-address", OF(user), false},
	  {"--sender-password-file", OF(user_password), false},
	  {"--sender-name", OF(user_name), true},
	  {"--receiver-sip-address", OF(receiver), false},
	  {"--receiver-password-file", OF(receiver_password), false},
	  {"--receiver-name", OF(receiver_name), true}}},
	{"dataconf",
	 "two participants of a meeting: --sender-join and --receiver-join",
	 ctl_test_dataconf,
	 false,
	 {{"--sender-join", OF(sender_join), false},
	  {"--receiver-join", OF(receiver_join), false}}},
};

enum { TESTS = sizeof(tests) / sizeof(*tests) };

void ctl_up_test_options(struct ctl_up_people *p,
			 struct ctl_option out[CTL_UP_TEST_OPTIONS])
{
	const struct ctl_option all[CTL_UP_TEST_OPTIONS] = {
		{"user-sip-address", &p->user, NULL},
		{"user-name", &p->user_name, NULL},
		{"user-password-file", &p->user_password, NULL},
		{"receiver-sip-address", &p->receiver, NULL},
		{"receiver-name", &p->receiver_name, NULL},
		{"receiver-password-file", &p->receiver_password, NULL},
		{"sender-join", &p->sender_join, NULL},
		{"receiver-join", &p->receiver_join, NULL},
	};

	memcpy(out, all, sizeof(all));
}

enum ctl_exit ctl_up_people_check(struct ctl *c, const struct ctl_up_people *p)
{
	if (!p->user != !p->user_password || (p->user_name && !p->user))
		return ctl_usage(c, "--user-sip-address and "
				    "--user-password-file go together");
	if (!p->receiver != !p->receiver_password ||
	    (p->receiver_name && !p->receiver) || (p->receiver && !p->user))
		return ctl_usage(c, "--receiver-sip-address and "
				    "--receiver-password-file go together, "
				    "with a user to call it");
	if ((p->user_password && !strcmp(p->user_password, "-")) ||
	    (p->receiver_password && !strcmp(p->receiver_password, "-")))
		return ctl_usage(c, "up takes passwords from files alone");
	if (!p->sender_join != !p->receiver_join)
		return ctl_usage(
			c, "--sender-join and --receiver-join go together");
	return CTL_GOOD;
}

static const char *value_of(const struct ctl_up_people *p, const struct arg *a)
{
	const char *v;

	memcpy(&v, (const char *)p + a->value, sizeof(v));
	return v;
}

static bool has_all(const struct test *t, const struct ctl_up_people *p)
{
	for (size_t i = 0; i < ARGS && t->args[i].option; i++)
		if (!t->args[i].is_optional && !value_of(p, &t->args[i]))
			return false;
	return true;
}

/* The words of its command line; -1: one is too long. */
static int words_of(const struct test *t, const struct ctl_up_people *p,
		    char words[WORDS][WORD])
{
	int n = 0;

	for (size_t i = 0; i < ARGS && t->args[i].option; i++) {
		const char *v = value_of(p, &t->args[i]);

		if (!v)
			continue;
		(void)snprintf(words[n++], WORD, "%s", t->args[i].option);
		if (snprintf(words[n++], WORD, "%s", v) >= WORD)
			return -1;
	}
	if (t->is_both) {
		(void)snprintf(words[n++], WORD, "--location");
		(void)snprintf(words[n++], WORD, "both");
	}
	return n;
}

/* With an answer of its own; what it finds counts as ours. */
static json_t *run(struct ctl *c, const struct test *t,
		   const struct ctl_up_people *p)
{
	char words[WORDS][WORD], *argv[WORDS + 1] = {NULL};
	const int argc = words_of(t, p, words);
	struct ctl one = *c;
	enum ctl_exit exit = CTL_USAGE;

	for (int i = 0; i < argc; i++)
		argv[i] = words[i];
	one.doc = json_object();
	ctl_say(c, "test %s", t->name);
	if (argc >= 0)
		exit = t->run(&one, argc, argv);
	c->config = one.config;
	c->errors = one.errors;
	c->warnings = one.warnings;
	if (!json_object_get(one.doc, "result"))
		json_object_set_new(one.doc, "result",
				    json_string(exit ? "Failure" : "Success"));
	return one.doc;
}

void ctl_up_tests(struct ctl *c, const struct ctl_up_people *p,
		  const char *why_none)
{
	json_t *all = json_array();

	for (size_t i = 0; i < TESTS; i++) {
		const struct test *t = &tests[i];
		const char *lacks = why_none	    ? why_none
				    : has_all(t, p) ? NULL
						    : t->lacks;
		json_t *o;

		if (lacks) {
			ctl_say(c, "test %s was not run: %s%s", t->name,
				why_none ? "" : "it wants ", lacks);
			o = json_pack("{s:s, s:s}", "result", "not run",
				      why_none ? "why" : "wants", lacks);
		} else {
			o = run(c, t, p);
		}
		json_object_set_new(o, "test", json_string(t->name));
		json_array_append_new(all, o);
	}
	ctl_put(c, "tests", all);
}
