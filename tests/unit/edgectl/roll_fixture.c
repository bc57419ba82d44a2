#include "tests/unit/edgectl/roll_fixture.h"

#include <check.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "topology/utc.h"

static void copy(struct roll *r, const char *from, const char *to)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(certs_path(r->certs, from), "r");

	ck_assert(text && f);
	ck_assert_uint_gt(fread(text, 1, 65535, f), 0);
	fclose(f);
	certs_write(r->certs, to, text);
	free(text);
}

static void make(struct roll *r, int i, const char *name, int days)
{
	char file[32];

	certs_make(r->certs, name,
		   &(struct cert_spec){.from_days = -1, .to_days = days});
	snprintf(file, sizeof(file), "%s.pem", name);
	snprintf(r->spki[i], sizeof(r->spki[i]), "%s", roll_spki(r, file));
}

static struct ctl_cert *read_cert(struct roll *r, const char *file)
{
	struct ctl_cert *x = calloc(1, sizeof(*x));
	const struct ctl_cert_files files = {
		.chain = certs_path(r->certs, file)};
	char why[256];

	ck_assert_ptr_nonnull(x);
	if (!ctl_cert_read(x, &files, (int64_t)r->now_s, why, sizeof(why)))
		return x;
	free(x);
	return NULL;
}

const char *roll_spki(struct roll *r, const char *file)
{
	static char spki[65];
	struct ctl_cert *x = read_cert(r, file);

	snprintf(spki, sizeof(spki), "%s", x ? x->spki_sha256 : "");
	free(x);
	return spki;
}

void roll_ini(struct roll *r)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "[local]\nstate = %s\nrun = %s\n"
		 "[certificate.av-auth]\nchain = %s\nkey = %s\n"
		 "[trust]\npublic = %s\n",
		 certs_path(r->certs, "state"), certs_path(r->certs, "run"),
		 certs_path(r->certs, "av.pem"), certs_path(r->certs, "av.key"),
		 certs_path(r->certs, "other.pem"));
	certs_write(r->certs, "edge.ini", text);
}

void roll_init(struct roll *r)
{
	struct ctl_cert *x;

	memset(r, 0, sizeof(*r));
	r->now_s = (uint64_t)time(NULL);
	r->certs = certs_new();
	make(r, ROLL_OLD, "old", 20);
	make(r, ROLL_NEW, "new", 60);
	make(r, ROLL_NEXT, "next", 60);
	make(r, ROLL_OTHER, "other", 60);
	certs_make(r->certs, "ed",
		   &(struct cert_spec){.issuer = "other",
				       .is_ed25519 = true,
				       .to_days = 60});
	copy(r, "old.pem", "av.pem");
	copy(r, "old.key", "av.key");
	ck_assert_int_eq(chmod(certs_path(r->certs, "av.key"), 0640), 0);
	roll_ini(r);
	x = read_cert(r, "av.pem");
	ck_assert_ptr_nonnull(x);
	r->old_ends_s = x->ends_s;
	free(x);
}

void roll_fini(struct roll *r)
{
	ctl_fini(&r->c);
	certs_free(r->certs);
}

static void begin(struct roll *r)
{
	ctl_fini(&r->c);
	ck_assert(!ctl_init(&r->c));
	r->c.json = true;
	r->c.now_s = r->now_s;
	r->c.config_path = certs_path(r->certs, "edge.ini");
}

enum ctl_exit roll_run(struct roll *r, ctl_verb_fn *fn, ...)
{
	char words[ROLL_WORDS][512], *argv[ROLL_WORDS];
	const char *word;
	int argc = 0;
	va_list ap;

	begin(r);
	va_start(ap, fn);
	while ((word = va_arg(ap, const char *))) {
		const char *at = strchr(word, '@');

		ck_assert_int_lt(argc, ROLL_WORDS);
		if (at)
			snprintf(words[argc], sizeof(words[argc]), "%.*s%s",
				 (int)(at - word), word,
				 certs_path(r->certs, at + 1));
		else
			snprintf(words[argc], sizeof(words[argc]), "%s", word);
		argv[argc] = words[argc];
		argc++;
	}
	va_end(ap);
	return fn(&r->c, argc, argv);
}

enum ctl_exit roll_stage(struct roll *r, const char *name, int64_t effective_s)
{
	char utc[TOPO_UTC_STRLEN], chain[64], key[64];

	topo_utc_print(utc, (uint64_t)effective_s);
	snprintf(chain, sizeof(chain), "@%s.pem", name);
	snprintf(key, sizeof(key), "@%s.key", name);
	return roll_run(r, ctl_cert_stage, "--use", "av-auth", "--chain", chain,
			"--key", key, "--effective", utc, (char *)NULL);
}

static const char *member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

const char *roll_findings(const struct roll *r)
{
	static char text[512];
	struct edge_put w = edge_put(text, sizeof(text) - 1);
	json_t *f;
	size_t i;

	json_array_foreach(r->c.findings, i, f)
	{
		const char *level = member(f, "level");

		if (!strcmp(member(f, "id"), "CTL-009"))
			continue;
		if (edge_put_len(&w))
			edge_put_u8(&w, ' ');
		edge_put_u8(&w, (uint8_t)(level[0] - 'a' + 'A'));
		edge_put_u8(&w, ':');
		edge_put_str(&w, member(f, "id"));
	}
	text[edge_put_len(&w)] = '\0';
	return text;
}

const char *roll_saw(const struct roll *r, const char *id)
{
	json_t *f;
	size_t i;

	json_array_foreach(
		r->c.findings, i,
		f) if (!strcmp(member(f, "id"), id)) return member(f, "saw");
	return "";
}

const char *roll_text(const struct roll *r, const char *name)
{
	return member(r->c.doc, name);
}

const char *roll_role(const struct roll *r, const char *role)
{
	json_t *all = json_object_get(r->c.doc, "certificates"), *x;
	size_t i;

	json_array_foreach(
		all, i, x) if (!strcmp(member(x, "role"),
				       role)) return member(x, "spki_sha256");
	return "";
}

void roll_watch(struct roll *r, const char *chain, const char *key)
{
	const char *files[] = {chain, key};

	r->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	ck_assert_int_ge(r->watch, 0);
	for (size_t i = 0; i < 2; i++) {
		/* closing, too, so that openings are not told as one */
		r->watched[i] = inotify_add_watch(
			r->watch, certs_path(r->certs, files[i]),
			IN_OPEN | IN_CLOSE);
		ck_assert_int_ge(r->watched[i], 0);
	}
}

void roll_opened(struct roll *r, unsigned out[2])
{
	uint8_t bytes[64 * sizeof(struct inotify_event)];
	ssize_t n = read(r->watch, bytes, sizeof(bytes)); /* no names in it */
	struct inotify_event e;

	ck_assert_int_ge(n, 0);
	close(r->watch);
	out[0] = out[1] = 0;
	for (ssize_t at = 0; at < n; at += (ssize_t)sizeof(e)) {
		memcpy(&e, bytes + at, sizeof(e));
		for (size_t k = 0; k < 2; k++)
			out[k] += e.wd == r->watched[k] && (e.mask & IN_OPEN);
	}
}

bool roll_is_there(struct roll *r, const char *file)
{
	return !access(certs_path(r->certs, file), F_OK);
}

unsigned roll_mode(struct roll *r, const char *file)
{
	struct stat st;

	ck_assert_int_eq(stat(certs_path(r->certs, file), &st), 0);
	return st.st_mode & 07777;
}
