/* The [options] of this service as values, and limits that belong together. */
#include "av-edge/settings.h"

#include <stdio.h>
#include <string.h>

#include "av-edge/limits.h"
#include "common/crypto.h"
#include "common/sip/msg.h"
#include "topology/utc.h"

enum {
	MS_VERSION_MIN = 1,
	MS_VERSION_MAX = 4, /* AV 1.9 */
	LOW_PORTS_END = 1023,
};

static const struct edge_option_row *row(enum ave_option which)
{
	return &ave_config_rows.options[which];
}

static const char *word(const struct edge_config *c, enum ave_option which)
{
	const char *text = edge_config_option(c, row(which)->name);

	return text ? text : "";
}

/* A realm goes on the wire as it is: printable, and no quotes, which some
 * clients strip and some keep (AV 0.6). */
static bool take_realm(struct ave_settings *out, const char *text)
{
	size_t len = strlen(text);

	if (!len || len > AVE_REALM_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '"')
			return false;
	memcpy(out->realm, text, len + 1);
	return true;
}

static bool take_version(struct ave_settings *out, const char *text)
{
	uint64_t n;

	if (!edge_slice_u64(edge_slice_str(text), MS_VERSION_MAX, &n) ||
	    n < MS_VERSION_MIN)
		return false;
	out->ms_version = (uint32_t)n;
	return true;
}

static bool take_batch(struct ave_settings *out, const char *text)
{
	static const enum ave_batch_kind kinds[] = {
		AVE_BATCH_AUTO, AVE_BATCH_RING, AVE_BATCH_EPOLL};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(text, ave_batch_kind_name(kinds[i]))) {
			out->batch = kinds[i];
			return true;
		}
	return false;
}

static bool take_rfc(struct ave_settings *out, const char *text)
{
	out->has_rfc = !strcmp(text, "yes");
	return out->has_rfc || !strcmp(text, "no");
}

static bool take_fast_path(struct ave_settings *out, const char *text)
{
	out->has_fast_path = !strcmp(text, "xdp");
	return out->has_fast_path || !strcmp(text, "off");
}

static bool take_format(struct ave_settings *out, const char *text)
{
	bool is_ms2 = !strcmp(text, "ms2");

	out->token_format = is_ms2 ? MRAS_MS2 : MRAS_EDGE;
	return is_ms2 || !strcmp(text, "edge");
}

/* The next word of a list, which blanks and commas part. */
static bool next_word(struct edge_slice *rest, struct edge_slice *word)
{
	while (rest->p != rest->end && (*rest->p == ' ' || *rest->p == ','))
		rest->p++;
	word->p = rest->p;
	while (rest->p != rest->end && *rest->p != ' ' && *rest->p != ',')
		rest->p++;
	word->end = rest->p;
	return word->p != word->end;
}

static bool is_none(const char *text)
{
	return !strcmp(text, "none");
}

/* ADDRESS or ADDRESS/BITS, and nothing set behind those bits: a network that
 * is not what it looks like is a mistake. */
static bool read_network(struct ave_network *out, struct edge_slice word)
{
	struct edge_slice ip = word; /* word: what is left, the bits */
	const bool has_bits = edge_take_until(&word, '/', &ip);
	struct edge_addr host;
	uint64_t n;

	if (edge_addr_parse(&host, ip, 0) != EDGE_OK || !host.family)
		return false;
	n = host.family == AF_INET ? 32 : 128;
	if (has_bits && !edge_slice_u64(word, n, &n))
		return false;
	*out = (struct ave_network){host, (unsigned)n};
	return ave_network_is_whole(out) && ave_policy_is_private(out);
}

static bool take_networks(struct ave_settings *out, const char *text)
{
	struct edge_slice rest = edge_slice_str(is_none(text) ? "" : text);
	struct edge_slice word;

	while (next_word(&rest, &word))
		if (out->peer_network_count == AVE_PEER_NETWORKS ||
		    !read_network(
			    &out->peer_networks[out->peer_network_count++],
			    word))
			return false;
	return is_none(text) || out->peer_network_count;
}

static bool take_ports(struct ave_settings *out, const char *text)
{
	struct edge_slice rest = edge_slice_str(is_none(text) ? "" : text);
	struct edge_slice word;
	uint64_t n;

	while (next_word(&rest, &word)) {
		if (out->peer_port_count == AVE_PEER_PORTS ||
		    !edge_slice_u64(word, LOW_PORTS_END, &n) || !n)
			return false;
		out->peer_ports[out->peer_port_count++] = (uint16_t)n;
	}
	return is_none(text) || out->peer_port_count;
}

/* A pseudonym as the log has it, or who it is. */
static bool is_user(struct edge_slice word)
{
	uint8_t name[MRAS_PSEUDONYM_LEN];
	struct edge_sip_uri u;
	size_t len;

	if (edge_unhex(name, sizeof(name), &len, word) == EDGE_OK)
		return len == sizeof(name);
	return edge_sip_uri_parse(&u, word) == EDGE_OK && u.is_sip &&
	       edge_slice_len(u.user);
}

static bool take_revoked(struct ave_settings *out, const char *text)
{
	struct edge_slice rest = edge_slice_str(is_none(text) ? "" : text);
	struct edge_slice word;

	while (next_word(&rest, &word)) {
		if (out->user_revoked_count == MRAS_REVOKED_USERS ||
		    !is_user(word))
			return false;
		out->users_revoked[out->user_revoked_count++] = word;
	}
	return is_none(text) || out->user_revoked_count;
}

static bool take_not_before(struct ave_settings *out, const char *text)
{
	uint64_t s = 0;

	if (!is_none(text) &&
	    topo_utc_parse(&s, edge_slice_str(text)) != EDGE_OK)
		return false;
	out->not_before_s = (int64_t)s;
	return true;
}

/* clang-format off */
static const struct {
	bool (*take)(struct ave_settings *out, const char *text);
	const char *want;
} takers[AVE_OPTION_COUNT] = {
	[AVE_OPTION_REALM] = {take_realm,
		"1 to 128 printable characters without blank or quote"},
	[AVE_OPTION_MS_VERSION] = {take_version, "1 to 4"},
	[AVE_OPTION_BATCH] = {take_batch, "auto, ring or epoll"},
	[AVE_OPTION_RFC] = {take_rfc, "yes or no"},
	[AVE_OPTION_TOKEN_FORMAT] = {take_format, "edge or ms2"},
	[AVE_OPTION_PEER_NETWORKS] = {take_networks,
		"none, or up to 16 private networks as 10.1.0.0/16"},
	[AVE_OPTION_PEER_PORTS] = {take_ports,
		"none, or up to 16 ports from 1 to 1023"},
	[AVE_OPTION_USERS_REVOKED] = {take_revoked,
		"none, or up to 16 users as sip:alice@contoso.com"},
	[AVE_OPTION_FAST_PATH] = {take_fast_path, "off or xdp"},
	[AVE_OPTION_NOT_BEFORE] = {take_not_before,
		"none, or a time as 2026-07-22T06:00:00Z"},
};

static const enum ave_limit ordered[][2] = {
	{AVE_LIMIT_LIFETIME_MIN_S, AVE_LIMIT_LIFETIME_S},
	{AVE_LIMIT_LIFETIME_S, AVE_LIMIT_LIFETIME_MAX_S},
};
/* clang-format on */

static enum edge_err check_limits(const struct edge_config *c, char *why,
				  size_t cap)
{
	const struct edge_limit_row *rows = ave_config_rows.limits;

	for (size_t i = 0; i < sizeof(ordered) / sizeof(*ordered); i++)
		if (c->limits[ordered[i][0]] > c->limits[ordered[i][1]]) {
			snprintf(why, cap, "[limits] %s is more than %s",
				 rows[ordered[i][0]].name,
				 rows[ordered[i][1]].name);
			return EDGE_ERANGE;
		}
	return EDGE_OK;
}

enum edge_err ave_settings_read(struct ave_settings *out,
				const struct edge_config *c, char *why,
				size_t why_cap)
{
	struct ave_settings s = {0};
	enum edge_err err = EDGE_OK;

	for (int i = 0; i < AVE_OPTION_COUNT && !err; i++) {
		if (takers[i].take(&s, word(c, (enum ave_option)i)))
			continue;
		snprintf(why, why_cap, "[options] %s wants %s",
			 row((enum ave_option)i)->name, takers[i].want);
		err = EDGE_ERANGE;
	}
	if (!err)
		err = check_limits(c, why, why_cap);
	if (!err)
		*out = s;
	return err;
}
