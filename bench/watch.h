/* watch.h - what a process has used so far, as the kernel counts it
 *
 * Nanoseconds on a core of each of its threads, from schedstat; resident
 * memory; a process of our own or another.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { WATCH_THREADS_MAX = 64 };

struct watch {
	struct watched {
		pid_t tid;
		char name[16];
		uint64_t cpu_ns;
	} threads[WATCH_THREADS_MAX];
	size_t count;
	uint64_t cpu_ns; /* of all */
	uint64_t resident_bytes;
};

/* 0 is ourselves. False: there is no such process. */
int watch_look(struct watch *w, pid_t pid);
/* What a thread of the later look has used since the earlier one. */
uint64_t watch_used(const struct watch *before, const struct watched *thread);
/* What the busiest thread has used from one look to the next. */
uint64_t watch_busiest(const struct watch *before, const struct watch *after);

#endif
