/* Words copied, for a verb may move them. */
#include "tests/unit/edgectl/verb.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>

struct certs *verb_folder(void)
{
	struct certs *folder = certs_new();

	certs_write(folder, "edge.ini",
		    "[local]\nfqdn = edge01.corp.contoso.com\n"
		    "state = /nonexistent\n");
	return folder;
}

enum ctl_exit verb_call(ctl_verb_fn *fn, struct certs *folder,
			const char *const words[VERB_WORDS], const char **id)
{
	static char copy[VERB_WORDS][128], found[32];
	char *argv[VERB_WORDS];
	const char *first;
	struct ctl c;
	enum ctl_exit exit;
	int n = 0;

	for (; n < VERB_WORDS && words[n]; n++) {
		snprintf(copy[n], sizeof(copy[n]), "%s",
			 *words[n] == '@' ? certs_path(folder, words[n] + 1)
					  : words[n]);
		argv[n] = copy[n];
	}
	ck_assert(!ctl_init(&c));
	c.json = true;
	c.config_path = certs_path(folder, "edge.ini");
	exit = fn(&c, n, argv);
	first = json_string_value(
		json_object_get(json_array_get(c.findings, 0), "id"));
	snprintf(found, sizeof(found), "%s", first ? first : "");
	*id = found;
	ctl_fini(&c);
	return exit;
}
