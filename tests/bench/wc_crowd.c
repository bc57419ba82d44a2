/* Clients of the Web Conferencing bench: a session each, through the proxy. */
#include "tests/bench/wc_crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/crypto.h"
#include "tests/bench/wc_mcu.h"
#include "webconf-edge/psom_login.h"

enum {
	FRAME_MAX = 2048,
	CLIENTS_MAX = 65536,
	NOTES_MAX = 1 << 20,
	FIRST_LEN = 32,		  /* bytes that come back before one is in */
	CONFERENCE_CLIENTS = 500, /* WC 4.7: 1000 at most */
	KID = 7,
	TOKEN_LIFE_S = 300,
};

enum client_state { SHAKING, GREETING, FIRST, IN };

struct client {
	struct wc_crowd *crowd;
	struct bench_peer *peer;
	enum client_state state;
	uint64_t begun_ns;
	size_t got;
	unsigned place; /* in the list */
};

struct wc_crowd {
	struct wc_crowd_plan plan;
	struct bench_loop *loop;
	struct psom_keys keys;
	enum wc_what what;
	size_t len;
	unsigned busy, turn; /* the first so many do it */
	struct client *clients[CLIENTS_MAX];
	unsigned count, dialling, tokens, to_come;
	struct wc_notes notes;
};

/* -- who comes ------------------------------------------------------------ */

static void read_key(struct wc_crowd *c)
{
	static struct topo_keyring ring;
	struct topo_key *key = ring.keys;

	if (strlen(c->plan.key) != 2 * sizeof(key->key))
		bench_die("key");
	for (size_t i = 0; i < sizeof(key->key); i++) {
		const char pair[3] = {c->plan.key[2 * i],
				      c->plan.key[2 * i + 1]};

		key->key[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	snprintf(key->kid, sizeof(key->kid), "%d", KID);
	key->not_after_s = UINT32_MAX;
	ring.count = 1;
	if (psom_keys_from(&c->keys, &ring))
		bench_die("key");
}

static void greet(struct client *c)
{
	struct wc_crowd *crowd = c->crowd;
	const uint64_t now_s = (uint64_t)time(NULL);
	struct psom_token token = {
		.issued_s = (uint32_t)now_s,
		.expires_s = (uint32_t)now_s + TOKEN_LIFE_S,
	};
	const struct edge_slice mcu = edge_slice_str(crowd->plan.mcu);
	uint8_t signed_token[PSOM_TOKEN_LEN], bytes[FRAME_MAX];
	char conference[96];
	struct edge_slice hello;
	struct psom_put w;

	snprintf(conference, sizeof(conference),
		 "sip:bench@contoso.com;gruu;opaque=app:conf:data-conf:id:%08u",
		 crowd->tokens++ / CONFERENCE_CLIENTS);
	edge_random(token.nonce, sizeof(token.nonce));
	if (!psom_token_for(&token, mcu, edge_slice_str(conference)))
		bench_die("token");
	psom_token_make(signed_token, psom_keys_current(&crowd->keys, now_s),
			&token);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_HELLO);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_TOKEN,
		       edge_slice(signed_token, sizeof(signed_token)));
	psom_put_bytes(&w, PSOM_TAG_MCU, mcu);
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str(conference));
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str("7301884412"));
	hello = psom_put_end(&w);
	bench_peer_send(c->peer, (const char *)hello.p, edge_slice_len(hello));
}

static void say_first(struct client *c)
{
	c->state = FIRST;
	bench_peer_send(c->peer, wc_filler, FIRST_LEN);
}

static void begin(struct client *c)
{
	if (c->state != SHAKING)
		return; /* a ticket has come */
	if (!c->crowd->plan.key) {
		say_first(c);
		return;
	}
	c->state = GREETING;
	greet(c);
}

/* How many bytes the answer took; 0: more are to come. */
static size_t on_greeted(struct client *c, const char *in, size_t len)
{
	struct psom_frame f;
	size_t used;
	enum psom_verdict verdict = psom_frame_decode(
		&f, &used, edge_slice((const uint8_t *)in, len),
		PSOM_LEG_CLIENT, PSOM_FROM_EDGE);

	if (verdict == PSOM_MORE)
		return 0;
	if (verdict != PSOM_FINE || f.type != PSOM_HELLO_OK) {
		fprintf(stderr, "HELLO is answered: verdict %d, code %u\n",
			verdict,
			(unsigned)psom_frame_number(&f, PSOM_TAG_CODE));
		exit(1);
	}
	say_first(c);
	return used;
}

/* -- who is in ------------------------------------------------------------ */

static void list(struct client *c)
{
	struct wc_crowd *crowd = c->crowd;

	if (crowd->count == CLIENTS_MAX)
		bench_die("too many clients");
	c->state = IN;
	c->place = crowd->count;
	crowd->clients[crowd->count++] = c;
}

static void unlist(struct client *c)
{
	struct wc_crowd *crowd = c->crowd;
	struct client *last = crowd->clients[--crowd->count];

	crowd->clients[c->place] = last;
	last->place = c->place;
}

static void note_time(struct client *c)
{
	struct wc_notes *n = &c->crowd->notes;

	if (n->ns_count < NOTES_MAX)
		n->ns[n->ns_count++] = (uint32_t)(bench_now_ns() - c->begun_ns);
}

static void come_in(struct client *c)
{
	struct wc_crowd *crowd = c->crowd;

	crowd->dialling--;
	crowd->notes.came++;
	crowd->notes.resumed += bench_peer_is_resumed(c->peer);
	if (crowd->what != WC_COME_AND_GO) {
		list(c);
		return;
	}
	note_time(c);
	bench_peer_close(c->peer);
	free(c);
	if (crowd->to_come)
		wc_crowd_open(crowd);
}

static void trip(struct client *c)
{
	c->got = 0;
	c->begun_ns = bench_now_ns();
	bench_peer_send(c->peer, wc_filler, c->crowd->len);
}

static void on_session_bytes(struct client *c, size_t len)
{
	struct wc_crowd *crowd = c->crowd;

	crowd->notes.bytes += len;
	c->got += len;
	if (c->state == FIRST) {
		if (c->got == FIRST_LEN)
			come_in(c);
	} else if (crowd->what == WC_TRIPS && c->got >= crowd->len) {
		crowd->notes.trips++;
		note_time(c);
		if (c->place < crowd->busy)
			trip(c);
	}
}

static size_t on_bytes(struct bench_peer *p, const char *in, size_t len)
{
	struct client *c = bench_peer_arg(p);
	size_t used = 0;

	if (!len) {
		begin(c);
		return 0;
	}
	if (c->state == GREETING) {
		used = on_greeted(c, in, len);
		if (!used)
			return 0;
	}
	if (used < len)
		on_session_bytes(c, len - used);
	return len;
}

static void on_lost(struct bench_peer *p)
{
	struct client *c = bench_peer_arg(p);
	struct wc_crowd *crowd = c->crowd;

	crowd->notes.failed++;
	if (c->state == IN)
		unlist(c);
	else
		crowd->dialling--;
	free(c);
	if (crowd->what == WC_COME_AND_GO && crowd->to_come)
		wc_crowd_open(crowd);
}

static bool on_drained(struct bench_peer *p)
{
	const struct client *c = bench_peer_arg(p);

	if (!c || c->state != IN || c->crowd->what != WC_SEND ||
	    c->place >= c->crowd->busy)
		return false;
	bench_peer_send(p, wc_filler, c->crowd->len);
	return true;
}

/* -- from outside --------------------------------------------------------- */

struct wc_crowd *wc_crowd_new(const struct wc_crowd_plan *p)
{
	const struct bench_tls tls = {.ca = p->ca,
				      .suite = p->suite,
				      .is_client = true,
				      .keeps_ticket = true};
	struct wc_crowd *c = calloc(1, sizeof(*c));

	if (!c)
		bench_die("memory");
	c->plan = *p;
	if (p->key)
		read_key(c);
	c->notes.ns = calloc(NOTES_MAX, sizeof(*c->notes.ns));
	if (!c->notes.ns)
		bench_die("memory");
	c->to_come = UINT32_MAX;
	c->loop = bench_loop_new(&tls, on_bytes, on_lost);
	bench_loop_on_drained(c->loop, on_drained);
	return c;
}

struct bench_loop *wc_crowd_loop(struct wc_crowd *c)
{
	return c->loop;
}

void wc_crowd_open(struct wc_crowd *c)
{
	struct client *one = calloc(1, sizeof(*one));

	if (!one)
		bench_die("memory");
	one->crowd = c;
	one->begun_ns = bench_now_ns();
	one->peer = bench_peer_dial(c->loop, c->plan.from, c->plan.to,
				    c->plan.port, c->plan.name);
	bench_peer_set_arg(one->peer, one);
	c->dialling++;
	c->to_come--;
}

void wc_crowd_limit(struct wc_crowd *c, unsigned sessions)
{
	c->to_come = sessions;
}

void wc_crowd_set(struct wc_crowd *c, enum wc_what what, size_t len,
		  unsigned clients)
{
	c->what = what;
	c->len = len;
	c->busy = clients < c->count ? clients : c->count;
	for (unsigned i = 0; i < c->busy; i++) {
		if (what == WC_TRIPS)
			trip(c->clients[i]);
		if (what == WC_TRIPS || what == WC_SEND)
			bench_peer_push(c->clients[i]->peer);
	}
}

void wc_crowd_say(struct wc_crowd *c, size_t len)
{
	struct bench_peer *p;

	if (!c->count)
		return;
	p = c->clients[c->turn++ % c->count]->peer;
	bench_peer_send(p, wc_filler, len);
	bench_peer_push(p);
}

unsigned wc_crowd_in(const struct wc_crowd *c)
{
	return c->count;
}

unsigned wc_crowd_dialling(const struct wc_crowd *c)
{
	return c->dialling;
}

void wc_crowd_leave(struct wc_crowd *c)
{
	while (c->count) {
		struct client *one = c->clients[c->count - 1];

		unlist(one);
		bench_peer_drop(one->peer);
		free(one);
	}
}

void wc_crowd_note(struct wc_crowd *c)
{
	c->notes = (struct wc_notes){.ns = c->notes.ns};
}

const struct wc_notes *wc_crowd_notes(const struct wc_crowd *c)
{
	return &c->notes;
}
