/* host.h - what only the machine knows: the time, chance, who its user is */
#ifndef QF_HOST_H
#define QF_HOST_H

#include "core/step.h"

/* Milliseconds since boot, sleep included, for timers. */
uint64_t qf_host_mono_ms(void);
struct qf_now qf_host_now(void);
/* What stands behind the system's clock: enum qf_clock_quality. */
uint8_t qf_host_clock_quality(void);
/* From the kernel; waits only in the first moments after boot. */
uint64_t qf_host_random(void);
/* As many files open as the machine lets this process have; each connection is
 * one. */
void qf_host_raise_files(void);
uint64_t qf_host_files_max(void);
/* How many cores this process may use. */
unsigned qf_host_cores(void);
/* Where others may reach a socket that listens on `host` ("::" and "0.0.0.0"
 * are everywhere): 16 bytes each, IPv4 mapped, at most QF_HERE_ADDRESSES_MAX;
 * NULL: nowhere, or out of memory. */
struct qf_shared *qf_host_addresses(const char *host);
/* $USER if it will do as a person's name, "someone" otherwise. */
void qf_host_user(char out[QF_USER_NAME_BYTES_MAX + 1]);

#endif
