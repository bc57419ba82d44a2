/* Lines of /proc, limits of a status. */
#include "edgectl/sys_judge.h"

#include <jansson.h>
#include <linux/capability.h>
#include <string.h>

enum {
	SPARE = 1024,	   /* ours: the inside, logs, the store, workers */
	AV_FILES = 262144, /* av-edge asks for no more */
};

/* The rest of the line that begins with the word. */
static bool line_of(struct edge_slice text, const char *word,
		    struct edge_slice *out)
{
	struct edge_slice line, first;

	while (edge_slice_len(text)) {
		if (!edge_take_until(&text, '\n', &line)) {
			line = text;
			text.p = text.end;
		}
		if (edge_take(&line, strlen(word), &first) &&
		    edge_slice_eq_str(first, word)) {
			*out = edge_slice_trim(line);
			return true;
		}
	}
	return false;
}

static struct edge_slice next_word(struct edge_slice *line)
{
	struct edge_slice w = edge_slice_trim(*line), rest = w;

	while (rest.p < rest.end && *rest.p != ' ' && *rest.p != '\t')
		rest.p++;
	w.end = rest.p;
	*line = rest;
	return w;
}

bool ctl_sys_files(uint64_t *out, struct edge_slice limits)
{
	struct edge_slice line, soft;

	if (!line_of(limits, "Max open files", &line))
		return false;
	soft = next_word(&line);
	if (edge_slice_eq_str(soft, "unlimited")) {
		*out = UINT64_MAX;
		return true;
	}
	return edge_slice_u64(soft, UINT64_MAX, out);
}

static bool hex(uint64_t *out, struct edge_slice s)
{
	uint64_t n = 0;

	if (!edge_slice_len(s) || edge_slice_len(s) > 16)
		return false;
	for (; s.p < s.end; s.p++) {
		const char *at = memchr("0123456789abcdef", *s.p, 16);

		if (!at)
			return false;
		n = n << 4 | (uint64_t)(at - "0123456789abcdef");
	}
	*out = n;
	return true;
}

bool ctl_sys_owner(struct ctl_sys_owner *out, struct edge_slice status)
{
	struct edge_slice uids, caps;
	uint64_t mask;

	if (!line_of(status, "Uid:", &uids) ||
	    !line_of(status, "CapEff:", &caps) || !hex(&mask, next_word(&caps)))
		return false;
	(void)next_word(&uids); /* the real one */
	out->may_bind = mask >> CAP_NET_BIND_SERVICE & 1;
	return edge_slice_u64(next_word(&uids), UINT32_MAX, &out->uid);
}

uint64_t ctl_sys_limit(const struct json_t *status, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(status, "limits"), i, row)
	{
		const char *s = json_string_value(json_object_get(row, "name"));

		if (s && !strcmp(s, name))
			return (uint64_t)json_integer_value(
				json_object_get(row, "value"));
	}
	return 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t ctl_sys_files_wanted(enum ctl_daemon daemon,
			      const struct json_t *status)
{
	uint64_t most;

	switch (daemon) {
	case CTL_ACCESS:
		most = ctl_sys_limit(status, "access.connections");
		return most ? most + SPARE +
				       ctl_sys_limit(
					       status,
					       "access.inside_connections") +
				       ctl_sys_limit(
					       status,
					       "access.partner_connections")
			    : 0;
	case CTL_WEBCONF: /* WC 4.8: two a session */
		most = ctl_sys_limit(status, "webconf.sessions");
		return most ? 2 * most + SPARE : 0;
	case CTL_AV: /* a relayed address each; TCP has the client beside */
		most = ctl_sys_limit(status, "av.allocations");
		return most ? least(most + SPARE, AV_FILES) : 0;
	case CTL_REPLICA:
	case CTL_DAEMONS:
		break;
	}
	return 0;
}
