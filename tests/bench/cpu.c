/* CPU time of processes, as the scheduler counts it. */
#include "tests/bench/cpu.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/peer.h"

static uint64_t of_thread(unsigned long pid, const char *thread)
{
	char path[128];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%lu/task/%.32s/schedstat", pid,
		 thread);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		bench_die(path);
	fclose(f);
	return ns;
}

static uint64_t of_process(unsigned long pid)
{
	char path[64];
	struct dirent *e;
	uint64_t sum = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%lu/task", pid);
	d = opendir(path);
	if (!d)
		bench_die(path);
	while ((e = readdir(d)))
		if (*e->d_name != '.')
			sum += of_thread(pid, e->d_name);
	closedir(d);
	return sum;
}

uint64_t bench_cpu_ns(const char *pids)
{
	uint64_t sum = 0;
	char *end;

	while (*pids) {
		sum += of_process(strtoul(pids, &end, 10));
		pids = *end ? end + 1 : end;
	}
	return sum;
}
