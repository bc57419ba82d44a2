/* Slots of a use, edge.ini, and the way back. */
#include "edgectl/cert_change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "edgectl/cert_names.h"
#include "edgectl/cert_services.h"
#include "edgectl/settings.h"

static enum ctl_exit fail_changing(const struct ctl_cert_change *h)
{
	return ctl_fail(h->c, EDGE_EREFUSED, "CTL-007", h->place.folder,
			"another edgectl is changing it");
}

/* One call after the other: both would take the same slot. A folder that is
 * not there yet is locked when it is made. */
static enum ctl_exit lock_place(struct ctl_cert_change *h)
{
	h->lock = open(h->place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->lock < 0 && errno == ENOENT)
		return CTL_GOOD;
	if (h->lock >= 0 && !flock(h->lock, LOCK_EX | LOCK_NB))
		return CTL_GOOD;
	if (h->lock >= 0 && errno == EWOULDBLOCK)
		return fail_changing(h);
	return ctl_fail(h->c, EDGE_ESYS, "CTL-007", h->place.folder, "%s",
			ctl_reason(EDGE_ESYS));
}

static enum ctl_exit copy_names(struct ctl_cert_change *h)
{
	const struct edge_config *k = h->c->config;
	const char *chain = k->certificate[h->use].chain;
	const char *key = k->certificate[h->use].key;

	h->was_chain = chain ? strdup(chain) : NULL;
	h->was_key = key ? strdup(key) : NULL;
	return (chain && !h->was_chain) || (key && !h->was_key) ? CTL_IO
								: CTL_GOOD;
}

/* What takes turns with the pair in use. */
static enum ctl_exit find_slots(struct ctl_cert_change *h)
{
	enum ctl_exit exit = ctl_cert_place_find(h->c, &h->place, h->use);
	struct ctl_cert_files other = {0};
	const char *at;

	if (!exit)
		exit = lock_place(h);
	if (exit)
		return exit;
	h->was_slot = ctl_cert_place_slot(&h->place, h->was_chain, h->was_key);
	h->slot = ctl_cert_place_free(&h->place, h->was_chain, h->was_key);
	other.chain = h->place.slot[h->slot].chain;
	other.key = h->place.slot[h->slot].key;
	if (ctl_cert_pair_read(&h->older, &other, &at))
		ctl_cert_pair_fini(&h->older);
	return CTL_GOOD;
}

enum ctl_exit ctl_cert_change_begin(struct ctl_cert_change *h, struct ctl *c,
				    enum edge_cert_use use)
{
	enum ctl_exit exit = ctl_config(c);

	*h = (struct ctl_cert_change){
		.c = c, .use = use, .name = ctl_cert_use_name(use), .lock = -1};
	if (!exit)
		exit = copy_names(h);
	return exit ? exit : find_slots(h);
}

static enum ctl_exit make_place(struct ctl_cert_change *h)
{
	const bool was_locked = h->lock >= 0;
	enum ctl_exit exit = ctl_cert_place_make(h->c, &h->place);

	if (exit || was_locked)
		return exit;
	exit = lock_place(h);
	if (!exit && !access(h->place.slot[h->slot].chain, F_OK))
		exit = fail_changing(h);
	return exit;
}

static enum ctl_exit name_files(struct ctl_cert_change *h, const char *chain,
				const char *key)
{
	char section[64];
	const struct ctl_ini_set sets[] = {{section, "chain", chain},
					   {section, "key", key}};

	(void)snprintf(section, sizeof(section), "certificate.%s", h->name);
	return ctl_settings_set(h->c, sets, 2);
}

const char *ctl_cert_change_trust(const struct ctl_cert_change *h)
{
	return h->use == EDGE_CERT_INTERNAL ? h->c->config->trust.internal_ca
					    : h->c->config->trust.public_roots;
}

static const char *side_of(const struct ctl_cert_change *h)
{
	return h->use == EDGE_CERT_INTERNAL ? "internal" : "public";
}

/* Roots that came along are for a side that has none yet. */
static enum ctl_exit keep_roots(struct ctl_cert_change *h)
{
	char path[CTL_FILE_PATH];
	const struct ctl_file_rights r = {0644, geteuid(), getegid()};
	const struct ctl_ini_set s = {"trust", side_of(h), path};
	enum edge_err err;

	if (h->roots.p == h->roots.end || ctl_cert_change_trust(h))
		return CTL_GOOD;
	(void)snprintf(path, sizeof(path), "%s/%s-roots.pem", h->place.folder,
		       s.name);
	err = ctl_file_put(path, &r, h->roots);
	if (!err)
		err = ctl_file_sync(path);
	if (err)
		return ctl_fail(h->c, err, "CTL-007", path, "%s",
				ctl_reason(err));
	memcpy(h->kept_roots, path, sizeof(path));
	return ctl_settings_set(h->c, &s, 1);
}

/* Pairs from elsewhere are kept, too, to go back to. */
static enum ctl_exit keep_old(struct ctl_cert_change *h)
{
	h->has_copy = h->was_slot == CTL_CERT_SLOTS && h->old.key;
	return h->has_copy ? ctl_cert_place_put(h->c, &h->place, &h->old,
						1 - h->slot)
			   : CTL_GOOD;
}

/* Roots that came with the pair alone. */
static enum ctl_exit drop_roots(const struct ctl_cert_change *h)
{
	const struct ctl_ini_set s = {"trust", side_of(h), NULL};
	enum ctl_exit exit = CTL_GOOD;

	if (!*h->kept_roots)
		return CTL_GOOD;
	exit = ctl_settings_set(h->c, &s, 1);
	if (!exit)
		(void)unlink(h->kept_roots);
	return exit;
}

/* As it was, when it could not be put in place whole or a service does not
 * want it. */
void ctl_cert_change_undo(struct ctl_cert_change *h)
{
	const struct ctl_cert_pair none = {0};
	enum ctl_exit exit = name_files(h, h->was_chain, h->was_key);

	if (!exit)
		exit = ctl_cert_place_put(h->c, &h->place, &h->older, h->slot);
	if (!exit && h->has_copy)
		exit = ctl_cert_place_put(h->c, &h->place, &none, 1 - h->slot);
	if (!exit)
		exit = drop_roots(h);
	if (!exit)
		exit = ctl_cert_services_reload(h->c, h->use);
	ctl_say(h->c, "%s",
		exit	       ? "what was so before could not be put back "
				 "whole"
		: h->was_chain ? "the one before is back in place"
			       : "nothing is assigned, as before");
	ctl_put_text(h->c, "change", exit ? "failed" : "undone");
}

/* The pair is whole before edge.ini names it, which is one step. */
static enum ctl_exit put_all(struct ctl_cert_change *h)
{
	const struct ctl_cert_slot *to = &h->place.slot[h->slot];
	enum ctl_exit exit = keep_old(h);

	if (!exit && !ctl_cert_pair_eq(&h->new, &h->older))
		exit = ctl_cert_place_put(h->c, &h->place, &h->new, h->slot);
	if (!exit)
		exit = name_files(h, to->chain, to->key);
	return exit ? exit : keep_roots(h);
}

enum ctl_exit ctl_cert_change_put(struct ctl_cert_change *h)
{
	enum ctl_exit exit = make_place(h);

	if (exit)
		return exit;
	exit = put_all(h);
	if (exit)
		ctl_cert_change_undo(h);
	return exit;
}

void ctl_cert_change_fini(struct ctl_cert_change *h)
{
	if (h->lock >= 0)
		(void)close(h->lock);
	h->lock = -1;
	ctl_cert_pair_fini(&h->new);
	ctl_cert_pair_fini(&h->old);
	ctl_cert_pair_fini(&h->older);
	free(h->was_chain);
	free(h->was_key);
	h->was_chain = h->was_key = NULL;
}
