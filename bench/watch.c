/* watch.c - what a process has used so far, as the kernel counts it */
#include "watch.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void look_at_thread(struct watch *w, const char *dir, pid_t tid)
{
	struct watched *t = &w->threads[w->count];
	char path[96];
	FILE *f;

	*t = (struct watched){ .tid = tid };
	snprintf(path, sizeof path, "%s/%d/schedstat", dir, tid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%" SCNu64, &t->cpu_ns) != 1)
		t->cpu_ns = 0;
	if (f)
		fclose(f);
	snprintf(path, sizeof path, "%s/%d/comm", dir, tid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%15s", t->name) != 1)
		t->name[0] = 0;
	if (f)
		fclose(f);
	w->cpu_ns += t->cpu_ns;
	w->count++;
}

static uint64_t resident(const char *proc)
{
	unsigned long pages = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, "%s/statm", proc);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

int watch_look(struct watch *w, pid_t pid)
{
	char proc[32], dir[40];
	struct dirent *at;
	DIR *tasks;

	*w = (struct watch){ 0 };
	snprintf(proc, sizeof proc, "/proc/%d", pid ? pid : getpid());
	snprintf(dir, sizeof dir, "%s/task", proc);
	tasks = opendir(dir);
	if (!tasks)
		return 0;
	while ((at = readdir(tasks)) && w->count < WATCH_THREADS_MAX)
		if (at->d_name[0] != '.')
			look_at_thread(w, dir, atoi(at->d_name));
	closedir(tasks);
	w->resident_bytes = resident(proc);
	return 1;
}

uint64_t watch_used(const struct watch *before, const struct watched *thread)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->threads[i].tid == thread->tid)
			return thread->cpu_ns - before->threads[i].cpu_ns;
	return thread->cpu_ns;
}

uint64_t watch_busiest(const struct watch *before, const struct watch *after)
{
	uint64_t most = 0;

	for (size_t i = 0; i < after->count; i++) {
		uint64_t used = watch_used(before, &after->threads[i]);

		if (used > most)
			most = used;
	}
	return most;
}
