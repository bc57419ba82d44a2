/* Pairs in and out of files; who may read a key. */
#include "edgectl/cert_pair.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto.h"
#include "edgectl/settings.h"

/* Groups as the packages make them: a service's own, and one for what several
 * services use. */
static const char shared_group[] = "edge-cert";
static const char *const groups[EDGE_CERT_USES] = {
	[EDGE_CERT_ACCESS] = "access-edge",
	[EDGE_CERT_WEBCONF] = "webconf-edge",
	[EDGE_CERT_AV_AUTH] = "av-edge",
	[EDGE_CERT_INTERNAL] = shared_group,
	[EDGE_CERT_TURN] = "av-edge",
};

enum edge_err ctl_cert_pair_read(struct ctl_cert_pair *out,
				 const struct ctl_cert_files *from,
				 const char **at)
{
	enum edge_err err = ctl_file_read(&out->chain, &out->chain_len,
					  from->chain, CTL_FILE_PEM_MAX);

	*at = from->chain;
	if (err)
		return err;
	*at = from->key;
	return ctl_file_read(&out->key, &out->key_len, from->key,
			     CTL_FILE_PEM_MAX);
}

enum ctl_exit ctl_cert_pair_take(struct ctl *c, struct ctl_cert_pair *out,
				 struct ctl_cert_files *from, const char *place)
{
	const char *at;
	enum edge_err err = ctl_cert_pair_read(out, from, &at);

	from->pair = out;
	if (!err)
		return CTL_GOOD;
	if (err == EDGE_ENOTFOUND)
		err = EDGE_ESYS;
	return ctl_fail(c, at == from->key ? EDGE_EFORMAT : err, "CERT-001",
			place, "%s: %s", at, ctl_reason(err));
}

void ctl_cert_pair_fini(struct ctl_cert_pair *p)
{
	if (p->key)
		edge_wipe(p->key, p->key_len);
	free(p->key);
	free(p->chain);
	*p = (struct ctl_cert_pair){0};
}

bool ctl_cert_pair_eq(const struct ctl_cert_pair *a,
		      const struct ctl_cert_pair *b)
{
	return a->chain_len == b->chain_len && a->key_len == b->key_len &&
	       a->key_len && edge_ct_eq(a->key, b->key, a->key_len) &&
	       edge_ct_eq(a->chain, b->chain, a->chain_len);
}

static gid_t group_of(const char *name)
{
	const struct group *g = getgrnam(name);

	return g ? g->gr_gid : getegid();
}

enum ctl_exit ctl_cert_place_find(struct ctl *c, struct ctl_cert_place *out,
				  enum edge_cert_use use)
{
	const char *name = ctl_cert_use_name(use);
	const enum ctl_exit exit = ctl_settings_beside(
		c, out->folder, sizeof(out->folder), "certs");

	if (exit)
		return exit;
	/* the folder leaves room for the longest name */
	for (size_t i = 0; i < CTL_CERT_SLOTS; i++) {
		struct ctl_cert_slot *slot = &out->slot[i];
		const char *end = i ? "-2" : "";

		(void)snprintf(slot->chain, sizeof(slot->chain),
			       "%s/%s%s-chain.pem", out->folder, name, end);
		(void)snprintf(slot->key, sizeof(slot->key), "%s/%s%s.key",
			       out->folder, name, end);
	}
	out->gid = group_of(groups[use]);
	return CTL_GOOD;
}

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	if (!a)
		return false;
	return !strcmp(a, b) || (!stat(a, &x) && !stat(b, &y) &&
				 x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

size_t ctl_cert_place_slot(const struct ctl_cert_place *p, const char *chain,
			   const char *key)
{
	size_t i = 0;

	while (i < CTL_CERT_SLOTS && !(is_same(chain, p->slot[i].chain) &&
				       is_same(key, p->slot[i].key)))
		i++;
	return i;
}

size_t ctl_cert_place_free(const struct ctl_cert_place *p, const char *chain,
			   const char *key)
{
	/* a chain may lie there alone, its key be a credential of systemd */
	return is_same(chain, p->slot[0].chain) || is_same(key, p->slot[0].key)
		       ? 1
		       : 0;
}

enum ctl_exit ctl_cert_place_make(struct ctl *c, const struct ctl_cert_place *p)
{
	const struct group *g = getgrnam(shared_group);
	struct stat st;

	if (!stat(p->folder, &st) && S_ISDIR(st.st_mode))
		return CTL_GOOD;
	if (!mkdir(p->folder, 0700) &&
	    (!g || !chown(p->folder, geteuid(), g->gr_gid)) &&
	    !chmod(p->folder, g ? 0750 : 0755) && !ctl_file_sync(p->folder))
		return CTL_GOOD;
	return ctl_fail(c, EDGE_ESYS, "CTL-007", p->folder, "%s",
			ctl_reason(EDGE_ESYS));
}

static enum edge_err take_away(const struct ctl_cert_slot *s)
{
	return (unlink(s->key) && errno != ENOENT) ||
			       (unlink(s->chain) && errno != ENOENT)
		       ? EDGE_ESYS
		       : EDGE_OK;
}

enum ctl_exit ctl_cert_place_put(struct ctl *c, const struct ctl_cert_place *p,
				 const struct ctl_cert_pair *pair, size_t slot)
{
	const struct ctl_cert_slot *s = &p->slot[slot];
	struct ctl_file_rights r = {0640, geteuid(), p->gid};
	const char *at = s->key;
	enum edge_err err;

	if (!pair->key)
		return take_away(s) ? ctl_fail(c, EDGE_ESYS, "CTL-007", at,
					       "%s", ctl_reason(EDGE_ESYS))
				    : CTL_GOOD;
	err = ctl_file_put(s->key, &r, edge_slice(pair->key, pair->key_len));
	r.mode = 0644;
	if (!err) {
		at = s->chain;
		err = ctl_file_put(s->chain, &r,
				   edge_slice(pair->chain, pair->chain_len));
	}
	if (!err)
		err = ctl_file_sync(s->chain);
	return err ? ctl_fail(c, err, "CTL-007", at, "%s", ctl_reason(err))
		   : CTL_GOOD;
}
