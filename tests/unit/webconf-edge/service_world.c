/* The whole service on loopback, a data MCU and clients around it. */
#include "tests/unit/webconf-edge/service_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/heard.h"
#include "tests/support/topo_fixture.h"
#include "topology/snap.h"
#include "webconf-edge/events.h"

#define FE01 "fe01.contoso.net"
#define URI  "sip:alice@contoso.com;gruu;opaque=app:conf:data-conf:id:5D37"

static const struct topo_trusted trusted[] = {
	{.fqdn = FE01, .listeners = TOPO_TRUST_WEBCONF}};

struct certs *files;
struct topo t;
const struct topo *topo;
struct edge_config *config, *other;
struct edge_loop *loop;
struct wce_service *v;
struct edge_tls *client_tls;
static struct edge_tls *mcu_tls;
struct ep1_peer control, leg, peer, second;
char state[64], why[512];
static int files_open;

int count_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Ports that were free just now: two at a time, so that they differ. */
void choose_doors(void)
{
	struct edge_addr outside, inside;
	const int one = ep1_listen(&outside), two = ep1_listen(&inside);

	close(one);
	close(two);
	t.listen[TOPO_PORT_WEBCONF_CLIENT] =
		(struct topo_listen){.present = true,
				     .addr = outside,
				     .count = 1,
				     .protocol = "tls"};
	t.listen[TOPO_PORT_WEBCONF_INSIDE] =
		(struct topo_listen){.present = true,
				     .addr = inside,
				     .count = 1,
				     .protocol = "mtls"};
}

const struct topo *snapshot(void)
{
	const struct topo *made = NULL;
	char *text = NULL;
	size_t len = 0;

	ck_assert_int_eq(topo_snap_encode(&text, &len, &t), EDGE_OK);
	ck_assert_msg(topo_snap_decode(&made, edge_slice(text, len), t.seq, why,
				       sizeof(why)) == EDGE_OK,
		      "%s", why);
	free(text);
	return made;
}

struct edge_config *settings(const char *leaf, const char *more)
{
	const char *at = certs_path(files, "");
	struct edge_config *c = NULL;
	char text[2048];

	snprintf(text, sizeof(text),
		 "[local]\nlab = yes\nshards = 2\nstate = %s\n"
		 "[certificate.webconf]\nchain = %s/%s.pem\nkey = %s/%s.key\n"
		 "[certificate.internal]\nchain = %s/edge.pem\n"
		 "key = %s/edge.key\n[trust]\ninternal = %s/ca.pem\n%s",
		 state, at, leaf, at, leaf, at, at, at, more);
	ck_assert_msg(edge_config_parse(&c, edge_slice_str(text),
					&wce_config_rows, why,
					sizeof(why)) == EDGE_OK,
		      "%s", why);
	return c;
}

void write_keys(unsigned kid, unsigned byte)
{
	char file[128];
	FILE *f;

	snprintf(file, sizeof(file), "%s/secrets", state);
	(void)mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/secrets/psom.keys", state);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%u ", kid);
	for (int i = 0; i < PSOM_KEY_LEN; i++)
		fprintf(f, "%02x", byte);
	fprintf(f, " 2020-01-01T00:00:00Z 2099-01-01T00:00:00Z\n");
	fclose(f);
	ck_assert_int_eq(chmod(file, 0600), 0);
}

static void setup(void)
{
	const struct cert_spec mcu = {.issuer = "ca", .san = "DNS:" FE01};

	heard_start(wce_events);
	edge_log_clock(NULL);
	*why = '\0';
	control = leg = peer = second = (struct ep1_peer){0};
	snprintf(state, sizeof(state), "/tmp/edge-wce-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	write_keys(1, KEY_BYTE);
	files = certs_new();
	certs_make_usual(files);
	certs_make(files, "fe01", &mcu);
	certs_make(files, "next",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:next.contoso.com"});
	client_tls = ep1_tls(files, NULL, EP1_TLS_CLIENT);
	mcu_tls = ep1_tls(files, "fe01", EP1_TLS_CLIENT);
	t = topo_fixture();
	t.access.tls_count = 1;
	t.token_lifetime_s = 28800;
	t.av_public =
		(struct edge_addr){.family = AF_INET, .ip = {127, 0, 0, 1}};
	t.trusted = trusted;
	t.trusted_count = 1;
	choose_doors();
	topo = snapshot();
	config = settings("edge", "");
	other = NULL;
	files_open = count_files();
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(wce_service_new(&v), EDGE_OK);
}

void remove_state(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/secrets/psom.keys", state);
	unlink(path);
	snprintf(path, sizeof(path), "%s/secrets", state);
	rmdir(path);
	rmdir(state);
}

static void teardown(void)
{
	wce_service_stop(v);
	ep1_peer_fini(&control);
	ep1_peer_fini(&leg);
	ep1_peer_fini(&peer);
	ep1_peer_fini(&second);
	edge_loop_free(loop); /* as the daemon: what lingers is counted still */
	wce_service_free(v);
	ck_assert_int_eq(count_files(), files_open);
	edge_config_free(config);
	edge_config_free(other);
	edge_tls_drop(client_tls);
	edge_tls_drop(mcu_tls);
	topo_drop(topo);
	certs_free(files);
	remove_state();
	heard_stop();
}

enum edge_err open_it(void)
{
	return wce_service_open(v, loop, config, topo);
}

void start(void)
{
	ck_assert_msg(open_it() == EDGE_OK, "%s", heard_all());
	ck_assert_int_eq(wce_service_start(v), EDGE_OK);
}

const struct edge_addr *outside(void)
{
	return &t.listen[TOPO_PORT_WEBCONF_CLIENT].addr;
}

const struct edge_addr *inside(void)
{
	return &t.listen[TOPO_PORT_WEBCONF_INSIDE].addr;
}

/* -- a data MCU and a client -------------------------------------------- */

static void put_self(struct psom_put *w)
{
	static const uint8_t instance[PSOM_INSTANCE_LEN] = {1};

	psom_put_number(w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(w, PSOM_TAG_NAME, edge_slice_str(FE01));
	psom_put_bytes(w, PSOM_TAG_INSTANCE,
		       edge_slice(instance, sizeof(instance)));
}

static void mcu_up(void)
{
	uint8_t bytes[256];
	struct psom_frame f;
	struct psom_put w;

	ep1_peer_dial(&control, loop, mcu_tls, inside());
	ep1_wait_secured(&control);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_REGISTER);
	put_self(&w);
	psom_put_number(&w, PSOM_TAG_GENERATION, 1);
	psom_put_number(&w, PSOM_TAG_CAPACITY, 10);
	psom_put_number(&w, PSOM_TAG_LEGS, 0);
	ep1_peer_send(&control, psom_put_end(&w));
	ep1_take(&control, PSOM_REGISTER_OK, &f);
}

static bool has_parked(void *arg)
{
	(void)arg;
	return v->desk->parked_count;
}

static void park(void)
{
	uint8_t bytes[256];
	struct psom_put w;

	ep1_peer_dial(&leg, loop, mcu_tls, inside());
	ep1_wait_secured(&leg);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_OFFER);
	put_self(&w);
	ep1_peer_send(&leg, psom_put_end(&w));
	ep1_wait(loop, has_parked, NULL, "a parked leg");
}

static void say_hello(struct ep1_peer *p, unsigned kid, unsigned byte)
{
	const uint64_t now = (uint64_t)time(NULL);
	struct psom_token k = {.issued_s = (uint32_t)now,
			       .expires_s = (uint32_t)now + 300};
	uint8_t token[PSOM_TOKEN_LEN], bytes[512];
	struct psom_key key = {.kid = (uint8_t)kid};
	struct psom_put w;

	memset(key.key, (int)byte, sizeof(key.key));
	ck_assert_int_eq(
		edge_mac_new(&key.mac, edge_slice(key.key, sizeof(key.key))),
		EDGE_OK);
	ck_assert(
		psom_token_for(&k, edge_slice_str(FE01), edge_slice_str(URI)));
	psom_token_make(token, &key, &k);
	edge_mac_free(key.mac);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_HELLO);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_TOKEN, edge_slice(token, sizeof(token)));
	psom_put_bytes(&w, PSOM_TAG_MCU, edge_slice_str(FE01));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str(URI));
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str("7301884412"));
	ep1_peer_send(p, psom_put_end(&w));
}

void knock(struct ep1_peer *p, unsigned kid, unsigned byte)
{
	ep1_peer_dial(p, loop, client_tls, outside());
	ep1_wait_secured(p);
	say_hello(p, kid, byte);
}

void pair(void)
{
	uint8_t bytes[64];
	struct psom_frame f;
	struct psom_put w;

	mcu_up();
	park();
	knock(&peer, 1, KEY_BYTE);
	ep1_take(&leg, PSOM_ASSIGN, &f);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_ASSIGN_OK);
	psom_put_bytes(&w, PSOM_TAG_SESSION, f.value[PSOM_TAG_SESSION]);
	ep1_peer_send(&leg, psom_put_end(&w));
	ep1_take(&peer, PSOM_HELLO_OK, &f);
}

void talk(void)
{
	ep1_peer_send_pattern(&peer, 50000);
	ep1_take_pattern(&leg, 50000);
	ep1_peer_send_pattern(&leg, 50000);
	ep1_take_pattern(&peer, 50000);
}

TCase *service_case(Suite *s, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	suite_add_tcase(s, c);
	return c;
}
