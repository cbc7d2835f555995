/* host.c - what only the machine knows: the time, chance, who its user is */
#include "host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t qf_host_mono_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

struct qf_now qf_host_now(void)
{
	return (struct qf_now){
		.mono_ms = clock_ms(CLOCK_BOOTTIME),
		.wall_ms = clock_ms(CLOCK_REALTIME),
	};
}

uint64_t qf_host_random(void)
{
	uint64_t random;

	/* Up to 256 bytes are never cut short (getrandom(2)). */
	while (getrandom(&random, sizeof random, 0) != sizeof random)
		continue;
	return random;
}

void qf_host_user(char out[QF_USER_NAME_BYTES_MAX + 1])
{
	const char *user = getenv("USER");

	if (user && !qf_user_name_check(qf_bytes(user, strlen(user)), out))
		return;
	strcpy(out, "someone");
}
