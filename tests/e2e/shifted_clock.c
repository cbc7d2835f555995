/* shifted_clock.c - preloaded: clocks are off by what a file says */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* Seconds, and the test may change them while the program runs. */
static const volatile struct {
	int64_t wall;
	int64_t passed;
} * shift;

__attribute__((constructor)) static void find_shift(void)
{
	const char *path = getenv("SHIFTED_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		_exit(1);
	shift = at;
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	long rc = syscall(SYS_clock_gettime, id, t);

	if (!rc && shift && id == CLOCK_REALTIME)
		t->tv_sec += shift->wall;
	if (!rc && shift &&
	    (id == CLOCK_BOOTTIME || id == CLOCK_MONOTONIC ||
	     id == CLOCK_MONOTONIC_COARSE))
		t->tv_sec += shift->passed;
	return (int)rc;
}

/* Nothing stands behind it. */
int adjtimex(struct timex *t)
{
	t->status = STA_UNSYNC;
	return TIME_ERROR;
}
