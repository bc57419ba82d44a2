/* Pairs in and out of files; who may read a key. */
#include "edgectl/cert_pair.h"

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
	(void)snprintf(out->chain, sizeof(out->chain), "%s/%s-chain.pem",
		       out->folder, name);
	(void)snprintf(out->key, sizeof(out->key), "%s/%s.key", out->folder,
		       name);
	(void)snprintf(out->old_chain, sizeof(out->old_chain),
		       "%s/%s-chain.pem.previous", out->folder, name);
	(void)snprintf(out->old_key, sizeof(out->old_key), "%s/%s.key.previous",
		       out->folder, name);
	out->gid = group_of(groups[use]);
	return CTL_GOOD;
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

enum ctl_exit ctl_cert_place_put(struct ctl *c, const struct ctl_cert_place *p,
				 const struct ctl_cert_pair *pair,
				 bool as_previous)
{
	const char *chain = as_previous ? p->old_chain : p->chain;
	const char *key = as_previous ? p->old_key : p->key, *at = key;
	struct ctl_file_rights r = {0640, geteuid(), p->gid};
	enum edge_err err;

	err = ctl_file_put(key, &r, edge_slice(pair->key, pair->key_len));
	r.mode = 0644;
	if (!err) {
		at = chain;
		err = ctl_file_put(chain, &r,
				   edge_slice(pair->chain, pair->chain_len));
	}
	if (!err)
		err = ctl_file_sync(chain);
	return err ? ctl_fail(c, err, "CTL-007", at, "%s", ctl_reason(err))
		   : CTL_GOOD;
}
