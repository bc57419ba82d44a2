/* CPU time of processes, as the scheduler counts it. */
#ifndef TESTS_BENCH_CPU_H
#define TESTS_BENCH_CPU_H

#include <stdint.h>

/** ns on a CPU of all threads of all processes; pids: "12,34". */
uint64_t bench_cpu_ns(const char *pids);

#endif
