/* What one sleep and wake-up costs the one who sleeps, on this machine: an
 * eventfd is read on one core and written on another, every GAP us.
 *   bench_wake READER_CORE WRITER_CORE GAP_US WAKES */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pin(unsigned core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("sched_setaffinity");
		exit(1);
	}
}

static void sleeper(int fd, uint64_t wakes)
{
	uint64_t seen = 0, value, begin;
	struct rusage use;

	begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	while (seen < wakes && read(fd, &value, sizeof(value)) > 0)
		seen += value;
	begin = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	getrusage(RUSAGE_SELF, &use);
	printf("{\"wake_us\": %.2f}\n",
	       (double)begin / 1e3 / (double)(use.ru_nvcsw + 1));
}

static void waker(int fd, uint64_t gap_ns, uint64_t wakes)
{
	const uint64_t one = 1;
	uint64_t due = clock_ns(CLOCK_MONOTONIC);

	for (uint64_t n = 0; n < wakes; n++) {
		due += gap_ns;
		while (clock_ns(CLOCK_MONOTONIC) < due)
			;
		if (write(fd, &one, sizeof(one)) < 0)
			exit(1);
	}
}

int main(int argc, char **argv)
{
	int fd = eventfd(0, 0), status = 1;
	uint64_t wakes;

	if (argc != 5 || fd < 0)
		return 2;
	wakes = strtoull(argv[4], NULL, 10);
	if (!fork()) {
		pin((unsigned)atoi(argv[1]));
		sleeper(fd, wakes);
		return 0;
	}
	pin((unsigned)atoi(argv[2]));
	waker(fd, strtoull(argv[3], NULL, 10) * 1000, wakes);
	wait(&status);
	return status;
}
