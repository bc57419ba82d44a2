/* Building answers; nothing here knows a socket or an allocation. */
#include "av-edge/mst_answer.h"

#include <string.h>

void mst_answer_begin(struct mst_answer *a, uint16_t type,
		      struct edge_slice tid)
{
	a->w = edge_put(a->bytes + MST_FRAME_HEAD, MST_ANSWER_MAX);
	mst_begin(&a->w, type, tid);
}

struct edge_slice mst_answer_end(struct mst_answer *a, const struct mst_mac *k,
				 bool is_framed)
{
	struct edge_slice msg = k ? mst_sign(&a->w, k) : mst_end(&a->w);

	if (!is_framed || msg.p == msg.end)
		return msg;
	mst_frame_head(a->bytes, MST_FRAME_CONTROL,
		       (uint16_t)edge_slice_len(msg));
	msg.p -= MST_FRAME_HEAD;
	return msg;
}

void mst_put_challenge(struct edge_put *w, const struct mst_challenge *c)
{
	if (c->version)
		mst_put_u32(w, MST_MS_VERSION, c->version);
	mst_put_error(w, c->code, c->text);
	mst_put_bytes(w, MST_NONCE, c->nonce);
	mst_put_bytes(w, MST_REALM, c->realm);
	if (c->server.family)
		mst_put_addr(w, MST_ALTERNATE_SERVER, &c->server);
}

static size_t challenge_len(const struct mst_challenge *c)
{
	size_t len = MST_LEAST_LEN + 8 + strlen(c->text) + 4 +
		     edge_slice_len(c->nonce) + 4 + edge_slice_len(c->realm);

	if (c->version)
		len += 8;
	if (c->server.family)
		len += c->server.family == AF_INET6 ? 24 : 12;
	return len;
}

bool mst_challenge_fit(struct mst_challenge *c, size_t most)
{
	if (challenge_len(c) > most)
		c->server.family = 0;
	if (challenge_len(c) > most)
		c->version = 0;
	return challenge_len(c) <= most;
}

void mst_put_terms(struct edge_put *w, const struct mst_terms *t)
{
	const struct edge_addr *four = &t->relayed[0], *six = &t->relayed[1];

	mst_put_addr(w, MST_MAPPED_ADDRESS, four->family ? four : six);
	mst_put_addr(w, MST_XOR_MAPPED, &t->client);
	mst_put_u32(w, MST_LIFETIME, t->lifetime_s);
	mst_put_u32(w, MST_BANDWIDTH, t->bandwidth);
	mst_put_u32(w, MST_MS_VERSION, t->version);
	mst_put_sequence(w, t->connection, t->number);
	if (four->family && six->family)
		mst_put_addr(w, MST_ALTERNATE_MAPPED, six);
}

void mst_put_unknown(struct edge_put *w, const uint16_t *numbers, size_t count)
{
	uint8_t list[MST_ATTRS_MAX * 2];
	struct edge_put l = edge_put(list, sizeof(list));

	for (size_t i = 0; i < count + (count & 1); i++)
		edge_put_u16(&l, numbers[i < count ? i : count - 1]);
	mst_put_bytes(w, MST_UNKNOWN, edge_put_done(&l));
}

unsigned mst_code_of(enum ave_reason why)
{
	static const uint16_t codes[AVE_REASONS] = {
		[AVE_MALFORMED] = 400,	   [AVE_WRONG_CONNECTION] = 400,
		[AVE_NO_INTEGRITY] = 401,  [AVE_UNKNOWN_ATTR] = 420,
		[AVE_FAMILY] = 420,	   [AVE_BAD_INTEGRITY] = 431,
		[AVE_NO_USERNAME] = 432,   [AVE_NO_REALM] = 434,
		[AVE_NO_NONCE] = 435,	   [AVE_BAD_TOKEN] = 436,
		[AVE_TOKEN_EXPIRED] = 436, [AVE_TOKEN_SIDE] = 436,
		[AVE_NO_ALLOCATION] = 437, [AVE_STALE_NONCE] = 438,
		[AVE_USER_REVOKED] = 436,  [AVE_NO_DESTINATION] = 440,
		[AVE_PEER_DENIED] = 440,   [AVE_WRONG_USER] = 441,
	};

	return codes[why] ? codes[why] : 500;
}

const char *mst_code_str(unsigned code)
{
	static const struct {
		unsigned code;
		const char *text;
	} rows[] = {
		{300, "Try Alternate"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{420, "Unknown Attribute"},
		{431, "Integrity Check Failure"},
		{432, "Missing Username"},
		{434, "Missing Realm"},
		{435, "Missing Nonce"},
		{436, "Unknown User"},
		{437, "No Binding"},
		{438, "Stale Nonce"},
		{440, "No Destination"},
		{441, "Wrong Username"},
		{500, "Server Error"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			return rows[i].text;
	return "";
}
