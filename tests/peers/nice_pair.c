/* Two libnice agents that meet through a relay only, in the dialect of Lync.
 *   nice_pair udp|tls|tcp SERVER PORT USER PASSWORD PACKETS ADDRESS [ADDRESS]
 * USER and PASSWORD as A/V authentication hands them out (base64). tls is
 * pseudo-TLS. PACKETS go each way and must come unaltered, each once. The
 * second agent lives on the second ADDRESS, if there is one. Prints one line
 * a step; exit status 0 when all is well. */
#include <inttypes.h>
#include <nice/agent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/peers/packets.h"

enum {
	TICK_MS = 2,
	EACH_TICK = 4,
	QUIET_S = 60, /* without any progress: given up */
	CLOSE_S = 5,
};

struct pair;

struct end {
	struct pair *pair;
	struct end *other;
	NiceAgent *agent;
	guint stream;
	const char *name;
	bool is_gathered, is_ready;
	uint32_t sent;
	struct packets got;
};

struct pair {
	GMainLoop *loop;
	struct end end[2];
	uint32_t packets;
	bool is_done;
	bool is_stream; /* relay reached by TCP, so relayed address is TCP */
	gint64 progress_us;
	int status;
};

struct server {
	const char *kind, *host, *user, *password;
	guint port;
};

static void give_up(struct pair *p, const char *what)
{
	if (p->status)
		return;
	printf("failed: %s\n", what);
	for (int i = 0; i < 2; i++)
		printf("end %d: gathered %d ready %d sent %" PRIu32
		       " got %" PRIu32 "\n",
		       i, p->end[i].is_gathered, p->end[i].is_ready,
		       p->end[i].sent, p->end[i].got.next);
	p->status = 1;
	g_main_loop_quit(p->loop);
}

static void moved(struct pair *p)
{
	p->progress_us = g_get_monotonic_time();
}

/* A check that libnice could not place, or, once it closes, what the relay
 * says: it hands those on too. */
static bool is_ours(const struct pair *p, const uint8_t *bytes, size_t len)
{
	return !p->is_done && len && bytes[0] == PACKET_FIRST;
}

static void received(NiceAgent *agent, guint stream, guint component, guint len,
		     gchar *bytes, gpointer arg)
{
	struct end *e = arg;

	(void)agent, (void)stream, (void)component;
	if (!is_ours(e->pair, (const uint8_t *)bytes, len))
		return;
	moved(e->pair);
	if (!packets_take(&e->got, (const uint8_t *)bytes, len,
			  e->other->name[0]))
		give_up(e->pair, "a packet is doubled or altered");
}

/* Is the pair in use relay to relay? */
static bool is_relayed(struct end *e)
{
	NiceCandidate *local = NULL, *remote = NULL;
	char text[2][NICE_ADDRESS_STRING_LEN];

	if (!nice_agent_get_selected_pair(e->agent, e->stream, 1, &local,
					  &remote))
		return false;
	nice_address_to_string(&local->addr, text[0]);
	nice_address_to_string(&remote->addr, text[1]);
	printf("%s: %s:%u -> %s:%u types %d %d transports %d %d\n", e->name,
	       text[0], nice_address_get_port(&local->addr), text[1],
	       nice_address_get_port(&remote->addr), local->type, remote->type,
	       local->transport, remote->transport);
	return local->type == NICE_CANDIDATE_TYPE_RELAYED;
}

static bool push(struct end *e)
{
	uint8_t b[PACKET_MAX];
	size_t len;

	if (e->sent == e->pair->packets ||
	    e->sent - e->other->got.next >= PACKET_WINDOW)
		return false;
	len = packet_make(b, e->sent, e->name[0]);
	if (nice_agent_send(e->agent, e->stream, 1, (guint)len,
			    (const gchar *)b) != (gint)len)
		return false; /* a full stream: later */
	e->sent++;
	return true;
}

static gboolean tick(gpointer arg)
{
	struct pair *p = arg;
	struct end *e = p->end;

	if (g_get_monotonic_time() - p->progress_us >
	    (gint64)QUIET_S * G_USEC_PER_SEC) {
		give_up(p, "nothing moves");
		return FALSE;
	}
	if (!e[0].is_ready || !e[1].is_ready)
		return TRUE;
	for (int i = 0; i < 2; i++)
		for (int n = 0; n < EACH_TICK && push(&e[i]); n++)
			;
	if (e[0].got.next < p->packets || e[1].got.next < p->packets)
		return TRUE;
	p->is_done = true;
	g_main_loop_quit(p->loop);
	return FALSE;
}

static void state_changed(NiceAgent *agent, guint stream, guint component,
			  guint state, gpointer arg)
{
	struct end *e = arg;

	(void)agent, (void)stream, (void)component;
	moved(e->pair);
	printf("%s: %s\n", e->name, nice_component_state_to_string(state));
	if (state == NICE_COMPONENT_STATE_FAILED)
		give_up(e->pair, "an agent has failed");
	if (state == NICE_COMPONENT_STATE_READY && !e->is_ready) {
		e->is_ready = true;
		if (!is_relayed(e))
			give_up(e->pair, "the pair is not relayed");
	}
}

static void meet(struct end *e)
{
	gchar *ufrag = NULL, *password = NULL;
	GSList *candidates;

	nice_agent_get_local_credentials(e->other->agent, e->other->stream,
					 &ufrag, &password);
	nice_agent_set_remote_credentials(e->agent, e->stream, ufrag, password);
	g_free(ufrag);
	g_free(password);
	candidates = nice_agent_get_local_candidates(e->other->agent,
						     e->other->stream, 1);
	if (nice_agent_set_remote_candidates(e->agent, e->stream, 1,
					     candidates) < 1)
		give_up(e->pair, "candidates not taken");
	g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
}

static void gathered(NiceAgent *agent, guint stream, gpointer arg)
{
	struct end *e = arg;
	GSList *all = nice_agent_get_local_candidates(agent, stream, 1);
	char text[NICE_ADDRESS_STRING_LEN];

	moved(e->pair);
	e->is_gathered = true;
	for (GSList *i = all; i; i = i->next) {
		NiceCandidate *c = i->data;

		nice_address_to_string(&c->addr, text);
		printf("%s: candidate type %d transport %d %s:%u\n", e->name,
		       c->type, c->transport, text,
		       nice_address_get_port(&c->addr));
		if (c->type != NICE_CANDIDATE_TYPE_RELAYED)
			give_up(e->pair, "a candidate is not relayed");
	}
	if (!all)
		give_up(e->pair, "no relayed candidate");
	g_slist_free_full(all, (GDestroyNotify)nice_candidate_free);
	if (e->other->is_gathered) {
		meet(e);
		meet(e->other);
	}
}

static NiceRelayType relay_type(const char *kind)
{
	if (!strcmp(kind, "udp"))
		return NICE_RELAY_TYPE_TURN_UDP;
	return !strcmp(kind, "tls") ? NICE_RELAY_TYPE_TURN_TLS
				    : NICE_RELAY_TYPE_TURN_TCP;
}

static bool end_open(struct end *e, const struct server *s, const char *address,
		     bool is_controlling)
{
	NiceAddress local;

	e->agent = nice_agent_new(g_main_loop_get_context(e->pair->loop),
				  NICE_COMPATIBILITY_OC2007R2);
	g_object_set(e->agent, "controlling-mode", is_controlling, "upnp",
		     FALSE, "force-relay", TRUE, "ice-udp", !e->pair->is_stream,
		     "ice-tcp", e->pair->is_stream, NULL);
	nice_address_init(&local);
	if (!nice_address_set_from_string(&local, address) ||
	    !nice_agent_add_local_address(e->agent, &local))
		return false;
	e->stream = nice_agent_add_stream(e->agent, 1);
	if (!e->stream || !nice_agent_set_relay_info(
				  e->agent, e->stream, 1, s->host, s->port,
				  s->user, s->password, relay_type(s->kind)))
		return false;
	g_signal_connect(e->agent, "candidate-gathering-done",
			 G_CALLBACK(gathered), e);
	g_signal_connect(e->agent, "component-state-changed",
			 G_CALLBACK(state_changed), e);
	nice_agent_attach_recv(e->agent, e->stream, 1,
			       g_main_loop_get_context(e->pair->loop), received,
			       e);
	return nice_agent_gather_candidates(e->agent, e->stream);
}

static void closed(GObject *agent, GAsyncResult *result, gpointer arg)
{
	guint *open = arg;

	(void)agent, (void)result;
	--*open;
}

/* Allocations are given back first. */
static void pair_close(struct pair *p)
{
	gint64 end_us = g_get_monotonic_time() + CLOSE_S * G_USEC_PER_SEC;
	guint open = 0;

	for (int i = 0; i < 2; i++)
		if (p->end[i].agent) {
			open++;
			nice_agent_close_async(p->end[i].agent, closed, &open);
		}
	while (open && g_get_monotonic_time() < end_us) {
		g_main_context_iteration(NULL, FALSE);
		g_usleep(TICK_MS * 1000);
	}
	for (int i = 0; i < 2; i++)
		g_clear_object(&p->end[i].agent);
	g_main_loop_unref(p->loop);
}

int main(int argc, char **argv)
{
	static struct pair p = {.end = {{.name = "a"}, {.name = "b"}}};
	struct server s;

	if (argc < 8) {
		fputs("usage: nice_pair udp|tls|tcp SERVER PORT USER PASSWORD "
		      "PACKETS ADDRESS [ADDRESS]\n",
		      stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	s = (struct server){.kind = argv[1],
			    .host = argv[2],
			    .port = (guint)strtoul(argv[3], NULL, 10),
			    .user = argv[4],
			    .password = argv[5]};
	p.packets = (uint32_t)strtoul(argv[6], NULL, 10);
	p.is_stream = strcmp(s.kind, "udp") != 0;
	p.loop = g_main_loop_new(NULL, FALSE);
	moved(&p);
	for (int i = 0; i < 2; i++) {
		p.end[i].pair = &p;
		p.end[i].other = &p.end[1 - i];
	}
	for (int i = 0; i < 2; i++)
		if (!end_open(&p.end[i], &s, argv[argc > 8 ? 7 + i : 7], !i)) {
			fputs("failed: an agent does not start\n", stderr);
			return 1;
		}
	g_timeout_add(TICK_MS, tick, &p);
	g_main_loop_run(p.loop);
	if (!p.status)
		printf("good: %" PRIu32 " packets each way\n", p.packets);
	pair_close(&p);
	return p.status;
}
