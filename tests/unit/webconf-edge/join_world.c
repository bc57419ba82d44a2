/* Clients, legs and MCUs of the tests of webconf-edge/join.c. */
#include "tests/unit/webconf-edge/join_world.h"

struct ep1_peer control, other, legs[JOIN_LEGS];
edge_handle a, b, c;

static void init(void)
{
	control = other = (struct ep1_peer){0};
	for (int i = 0; i < JOIN_LEGS; i++)
		legs[i] = (struct ep1_peer){0};
	a = desk_client(0, 1);
	b = desk_client(1, 2);
	c = desk_client(0, 3);
}

static void fini(void)
{
	ep1_peer_fini(&control);
	ep1_peer_fini(&other);
	for (int i = 0; i < JOIN_LEGS; i++)
		ep1_peer_fini(&legs[i]);
}

void ask(edge_handle client, uint8_t nonce)
{
	desk_ask(client, (struct desk_ask){
				 .conference = 1, .nonce = nonce, .source = 1});
}

void done(edge_handle client)
{
	desk_mail(WCE_MAIL_DONE, client);
	desk_read_mails();
}

void send_conf_end(struct ep1_peer *p, const char *uri)
{
	uint8_t bytes[600];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_CONF_END);
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str(uri));
	ep1_peer_send(p, psom_put_end(&w));
	desk_sync(p);
}

TCase *join_case(Suite *s, const char *name)
{
	TCase *t = desk_case(s, name);

	tcase_add_checked_fixture(t, init, fini);
	return t;
}
