/* host.c - what only the machine knows: the time, chance, who its user is */
#include "host.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

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

uint8_t qf_host_clock_quality(void)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	if (state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC))
		return QF_CLOCK_NTP;
	return access("/sys/class/rtc/rtc0", F_OK) ? QF_CLOCK_NONE
	                                           : QF_CLOCK_RTC;
}

void qf_host_raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	/* Refused or not, the limit that holds is what the status says. */
	setrlimit(RLIMIT_NOFILE, &files);
}

uint64_t qf_host_files_max(void)
{
	struct rlimit files;

	return getrlimit(RLIMIT_NOFILE, &files) ? 0 : files.rlim_cur;
}

unsigned qf_host_cores(void)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof cores, &cores))
		return 1;
	return (unsigned)CPU_COUNT(&cores);
}

uint64_t qf_host_random(void)
{
	uint64_t random;

	/* Up to 256 bytes are never cut short (getrandom(2)). */
	while (getrandom(&random, sizeof random, 0) != sizeof random)
		continue;
	return random;
}

/* An address that others on a network may reach us by. Link-local IPv6 needs a
 * scope that only the other end can know. */
static bool as_bytes(const struct sockaddr *a,
                     uint8_t out[QF_HERE_ADDRESS_BYTES])
{
	const struct sockaddr_in6 *v6 = (const void *)a;
	const struct sockaddr_in *v4 = (const void *)a;

	if (a && a->sa_family == AF_INET) {
		memset(out, 0, 10);
		memset(out + 10, 0xff, 2);
		memcpy(out + 12, &v4->sin_addr, 4);
		return true;
	}
	if (!a || a->sa_family != AF_INET6 ||
	    IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
		return false;
	memcpy(out, &v6->sin6_addr, QF_HERE_ADDRESS_BYTES);
	return true;
}

static size_t all_addresses(uint8_t *out)
{
	struct ifaddrs *all;
	size_t n = 0;

	if (getifaddrs(&all))
		return 0;
	for (const struct ifaddrs *i = all; i && n < QF_HERE_ADDRESSES_MAX;
	     i = i->ifa_next)
		if (i->ifa_flags & IFF_UP && !(i->ifa_flags & IFF_LOOPBACK) &&
		    as_bytes(i->ifa_addr, out + n * QF_HERE_ADDRESS_BYTES))
			n++;
	freeifaddrs(all);
	return n;
}

static size_t one_address(const char *host, uint8_t *out)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = { 0 };

	if (inet_pton(AF_INET, host, &a.v4.sin_addr) == 1)
		a.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &a.v6.sin6_addr) == 1)
		a.any.sa_family = AF_INET6;
	return as_bytes(&a.any, out);
}

struct qf_shared *qf_host_addresses(const char *host)
{
	uint8_t out[QF_HERE_ADDRESSES_MAX * QF_HERE_ADDRESS_BYTES];
	bool all = !strcmp(host, "::") || !strcmp(host, "0.0.0.0");
	size_t n = all ? all_addresses(out) : one_address(host, out);

	return n ? qf_shared_new(out, n * QF_HERE_ADDRESS_BYTES) : NULL;
}

void qf_host_user(char out[QF_USER_NAME_BYTES_MAX + 1])
{
	const char *user = getenv("USER");

	/* In a directory of many domains users are called "ana@domain". */
	if (user &&
	    !qf_user_name_check(qf_bytes(user, strcspn(user, "@")), out))
		return;
	strcpy(out, "someone");
}
