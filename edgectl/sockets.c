/* Reads /proc/net and, for the programs, /proc/PID/fd. */
#include "edgectl/sockets.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LISTENING = 0x0a, UNCONNECTED = 0x07 /* TCP_LISTEN, TCP_CLOSE */ };
enum { LINE = 512, PATH_LEN = 300, FIRST_EPHEMERAL = 32768 };

/* Words of the kernel's own byte order, eight hex digits each. */
static bool parse_address(struct edge_addr *at, struct edge_slice hex,
			  uint8_t family)
{
	size_t words = family == AF_INET ? 1 : 4;
	struct edge_slice one;
	uint64_t n;

	*at = (struct edge_addr){.family = family};
	for (size_t i = 0; i < words; i++) {
		uint32_t w;

		if (!edge_take(&hex, 8, &one) || !edge_slice_hex(one, &n))
			return false;
		w = (uint32_t)n;
		memcpy(at->ip + i * 4, &w, 4);
	}
	if (!memcmp(at->ip, (uint8_t[16]){0}, 16))
		at->family = 0;
	return !edge_slice_len(hex);
}

static bool parse_end(struct edge_addr *at, struct edge_slice word,
		      uint8_t family)
{
	struct edge_slice address;
	uint64_t port;

	if (!edge_take_until(&word, ':', &address) ||
	    !parse_address(at, address, family) ||
	    !edge_slice_hex(word, &port) || port > UINT16_MAX)
		return false;
	at->port = (uint16_t)port;
	return true;
}

/* sl local remote state queues timer retransmits uid timeout inode ... */
bool ctl_socket_parse(struct ctl_socket *out, const char *line, bool is_tcp,
		      uint8_t family)
{
	struct edge_slice rest = edge_slice_str(line), word[10];
	struct ctl_socket s = {.is_tcp = is_tcp, .family = family};
	struct edge_addr far;
	uint64_t state;

	for (size_t i = 0; i < 10; i++) {
		rest = edge_slice_trim(rest);
		if (!edge_take_until(&rest, ' ', &word[i])) {
			word[i] = rest;
			rest.p = rest.end;
		}
	}
	if (!parse_end(&s.at, word[1], family) ||
	    !parse_end(&far, word[2], family) ||
	    !edge_slice_hex(word[3], &state) ||
	    !edge_slice_u64(word[9], UINT64_MAX, &s.inode) || !s.at.port)
		return false;
	if (state != (is_tcp ? LISTENING : UNCONNECTED) || far.family)
		return false;
	*out = s;
	return true;
}

static bool is_loopback(const struct edge_addr *at)
{
	return at->family && edge_addr_classify(at) == EDGE_ADDR_LOOPBACK;
}

static void read_file(struct ctl_sockets *all, const char *name, bool is_tcp,
		      uint8_t family)
{
	char path[PATH_LEN], line[LINE];
	struct ctl_socket s;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/net/%s", name);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (all->count == CTL_SOCKETS ||
		    !ctl_socket_parse(&s, line, is_tcp, family) ||
		    is_loopback(&s.at))
			continue;
		if (is_tcp || s.at.port < all->first_ephemeral)
			all->v[all->count++] = s;
	}
	if (f)
		(void)fclose(f);
}

static void name_owner(struct ctl_sockets *all, const char *pid, uint64_t inode)
{
	char path[PATH_LEN], comm[17] = "?";
	FILE *f;

	for (size_t i = 0; i < all->count; i++) {
		struct ctl_socket *s = &all->v[i];

		if (s->inode != inode || *s->who)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
		f = fopen(path, "re");
		if (f && fgets(comm, sizeof(comm), f))
			comm[strcspn(comm, "\n")] = '\0';
		if (f)
			(void)fclose(f);
		(void)snprintf(s->who, sizeof(s->who), "%s, pid %.20s", comm,
			       pid);
	}
}

static void look_at(struct ctl_sockets *all, const char *pid)
{
	char path[PATH_LEN], to[64];
	const struct dirent *e;
	uint64_t inode;
	ssize_t n;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		n = readlinkat(dirfd(d), e->d_name, to, sizeof(to) - 1);
		to[n > 0 ? n : 0] = '\0';
		if (!strncmp(to, "socket:[", 8) &&
		    edge_slice_u64(edge_slice(to + 8, strcspn(to + 8, "]")),
				   UINT64_MAX, &inode))
			name_owner(all, pid, inode);
	}
	if (d)
		(void)closedir(d);
}

static void name_owners(struct ctl_sockets *all)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strspn(e->d_name, "0123456789") == strlen(e->d_name))
			look_at(all, e->d_name);
	if (d)
		(void)closedir(d);
}

static uint16_t first_ephemeral(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	char line[64] = "";
	long n = FIRST_EPHEMERAL;

	if (f && fgets(line, sizeof(line), f))
		n = strtol(line, NULL, 10);
	if (f)
		(void)fclose(f);
	return n > 0 && n <= UINT16_MAX ? (uint16_t)n : FIRST_EPHEMERAL;
}

void ctl_sockets_read(struct ctl_sockets *s)
{
	s->count = 0;
	s->first_ephemeral = first_ephemeral();
	read_file(s, "tcp", true, AF_INET);
	read_file(s, "tcp6", true, AF_INET6);
	read_file(s, "udp", false, AF_INET);
	read_file(s, "udp6", false, AF_INET6);
	name_owners(s);
}

bool ctl_socket_hears(const struct ctl_socket *s, const struct edge_addr *to,
		      bool is_tcp)
{
	if (s->is_tcp != is_tcp || s->at.port != to->port)
		return false;
	if (s->at.family)
		return edge_addr_same_ip(&s->at, to);
	return s->family == to->family || s->family == AF_INET6;
}
