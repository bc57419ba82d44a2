/* The program in the kernel that serves established flows, and its memory. */
#include "av-edge/fast_path.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "av-edge/fast_path_object.h" /* fast_path.bpf.c, compiled */

struct ave_fast_path {
	struct bpf_object *object;
	int link[AVE_SIDES]; /* -1: none */
	int keys;	     /* the map's; the object's own */
	size_t slots_len, pools_len;
	struct ave_fast_memory memory;
};

/* What went wrong, in words; errno says it too. */
static enum edge_err refuse(char *why, size_t cap, const char *step)
{
	snprintf(why, cap, "%s: %s", step, strerror(errno));
	return EDGE_ESYS;
}

/* -- keys -------------------------------------------------------------------
 */

static enum edge_err bind_key(void *self, const struct fast_key *key,
			      uint32_t value)
{
	const struct ave_fast_path *f = self;

	if (!bpf_map_update_elem(f->keys, key, &value, BPF_NOEXIST))
		return EDGE_OK;
	return errno == EEXIST ? EDGE_EDUP : EDGE_ESYS;
}

static void unbind_key(void *self, const struct fast_key *key)
{
	const struct ave_fast_path *f = self;

	(void)bpf_map_delete_elem(f->keys, key);
}

/* -- loading ----------------------------------------------------------------
 */

static int be_silent(enum libbpf_print_level level, const char *format,
		     va_list values)
{
	(void)level;
	(void)format;
	(void)values;
	return 0;
}

static const struct {
	const char *name;
	uint32_t times; /* of the flows */
} maps[] = {{"fast_keys", FAST_DIRS}, {"fast_slots", 1}, {"fast_pools", 1}};

static bool set_sizes(const struct bpf_object *o, uint32_t flows)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		struct bpf_map *m =
			bpf_object__find_map_by_name(o, maps[i].name);

		if (!m || bpf_map__set_max_entries(m, maps[i].times * flows))
			return false;
	}
	return true;
}

static enum edge_err load(struct ave_fast_path *f, uint32_t flows, char *why,
			  size_t cap)
{
	const struct bpf_object_open_opts how = {
		.sz = sizeof(how), .object_name = "lync_edge_fast"};

	libbpf_set_print(be_silent);
	f->object = bpf_object__open_mem(fast_path_object,
					 sizeof(fast_path_object), &how);
	if (!f->object)
		return refuse(why, cap, "open");
	if (!set_sizes(f->object, flows))
		return refuse(why, cap, "maps");
	if (bpf_object__load(f->object))
		return refuse(why, cap, "load");
	f->keys = bpf_object__find_map_fd_by_name(f->object, "fast_keys");
	return EDGE_OK;
}

/* NULL: errno says why */
static void *shown(const struct bpf_object *o, const char *name, size_t len)
{
	const int fd = bpf_object__find_map_fd_by_name(o, name);
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static enum edge_err show(struct ave_fast_path *f, uint32_t flows, char *why,
			  size_t cap)
{
	f->slots_len = flows * sizeof(struct fast_slot);
	f->pools_len = flows * sizeof(struct fast_pool);
	f->memory.slots = shown(f->object, "fast_slots", f->slots_len);
	f->memory.pools = shown(f->object, "fast_pools", f->pools_len);
	f->memory.count = flows;
	f->memory.self = f;
	f->memory.bind = bind_key;
	f->memory.unbind = unbind_key;
	return f->memory.slots && f->memory.pools ? EDGE_OK
						  : refuse(why, cap, "mmap");
}

/* -- attaching ---------------------------------------------------------------
 */

static uint32_t mtu_of(const char *device)
{
	struct ifreq r = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t mtu = 0;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", device);
	if (fd >= 0 && !ioctl(fd, SIOCGIFMTU, &r))
		mtu = (uint32_t)r.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

/* In the driver: below it, what it costs is that of the sockets. */
static int attach(const struct bpf_object *o, uint32_t device)
{
	const struct bpf_link_create_opts how = {.sz = sizeof(how),
						 .flags = XDP_FLAGS_DRV_MODE};
	const struct bpf_program *p =
		bpf_object__find_program_by_name(o, "fast_path");

	return bpf_link_create(bpf_program__fd(p), (int)device, BPF_XDP, &how);
}

static enum edge_err attach_side(struct ave_fast_path *f, int side,
				 const char *device, char *why, size_t cap)
{
	struct ave_fast_device *d = &f->memory.devices[side];
	char step[IF_NAMESIZE + 16];

	d->index = if_nametoindex(device);
	d->mtu = mtu_of(device);
	if (!d->index || !d->mtu) {
		snprintf(why, cap, "no interface of the name \"%s\"", device);
		return EDGE_ERANGE;
	}
	if (side && d->index == f->memory.devices[0].index)
		return EDGE_OK;
	f->link[side] = attach(f->object, d->index);
	if (f->link[side] >= 0)
		return EDGE_OK;
	snprintf(step, sizeof(step), "attach to %.15s", device);
	return refuse(why, cap, step);
}

enum edge_err ave_fast_path_open(struct ave_fast_path **out,
				 const struct ave_fast_path_plan *p, char *why,
				 size_t why_cap)
{
	struct ave_fast_path *f = calloc(1, sizeof(*f));
	enum edge_err err;

	if (!f) {
		snprintf(why, why_cap, "%s", edge_err_str(EDGE_ENOMEM));
		return EDGE_ENOMEM;
	}
	f->link[AVE_OUTSIDE] = f->link[AVE_INSIDE] = -1;
	err = load(f, p->flows, why, why_cap);
	if (!err)
		err = show(f, p->flows, why, why_cap);
	for (int s = 0; s < AVE_SIDES && !err; s++)
		err = attach_side(f, s, p->device[s], why, why_cap);
	if (err) {
		ave_fast_path_close(f);
		return err;
	}
	*out = f;
	return EDGE_OK;
}

void ave_fast_path_close(struct ave_fast_path *f)
{
	if (!f)
		return;
	for (int s = 0; s < AVE_SIDES; s++)
		if (f->link[s] >= 0)
			close(f->link[s]);
	if (f->memory.slots)
		munmap(f->memory.slots, f->slots_len);
	if (f->memory.pools)
		munmap(f->memory.pools, f->pools_len);
	bpf_object__close(f->object);
	free(f);
}

enum edge_err ave_fast_path_share(struct ave_fast_table **out,
				  struct ave_fast_path *f, unsigned worker,
				  unsigned workers)
{
	return ave_fast_table_new(out, &f->memory, worker, workers);
}
