/* Keys that systemd hands over: key = credential:NAME of edge.ini. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_parser.h"

enum { NAME_LEN = 255 /* NAME_MAX: systemd's names are file names */ };

static const char prefix[] = "credential:";

const char *edge_config_credential(const char *key)
{
	const size_t len = sizeof(prefix) - 1;

	return key && !strncmp(key, prefix, len) ? key + len : NULL;
}

static bool is_name(const char *s)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const size_t len = strlen(s);

	return len && len <= NAME_LEN && *s != '.' && strspn(s, known) == len;
}

int edge_config_set_key(struct edge_config_parser *p, char **at,
			const char *value)
{
	const char *name = edge_config_credential(value);

	if (name && !is_name(name))
		return edge_config_fail(
			p, EDGE_EFORMAT,
			"\"%s\": want credential:NAME of letters, digits, "
			"\".\", \"_\" and \"-\"",
			value);
	if (!name && value[0] != '/')
		return edge_config_fail(
			p, EDGE_EFORMAT,
			"\"%s\" is neither an absolute path nor "
			"credential:NAME",
			value);
	return edge_config_keep(p, at, value);
}

enum edge_err edge_config_find_credentials(struct edge_config *c,
					   const char *folder)
{
	for (size_t i = 0; folder && i < EDGE_CERT_USES; i++) {
		char **key = &c->certificate[i].key, *path;
		const char *name = edge_config_credential(*key);
		size_t len;

		if (!name)
			continue;
		len = strlen(folder) + 1 + strlen(name) + 1;
		path = malloc(len);
		if (!path)
			return EDGE_ENOMEM;
		snprintf(path, len, "%s/%s", folder, name);
		free(*key);
		*key = path;
	}
	return EDGE_OK;
}
