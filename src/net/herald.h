/* herald.h - our end of the process that speaks mDNS (mdns.h)
 *
 * libavahi-core has been crashed by a single packet, so it lives in a child
 * that has no key and no file: this program, run again under a verb that
 * nobody types. It is told on which port we listen, and writes a line for each
 * node that it finds. When it ends it is started again, later each time that
 * it ends soon.
 *
 * Threads: one.
 */
#ifndef QF_HERALD_H
#define QF_HERALD_H

#include <sys/types.h>

#include "core/step.h"

enum { QF_HERALD_LINE_MAX = 128 };

#define QF_HERALD_VERB "__mdns"
enum { QF_HERALD_FD = 3 }; /* the child's end of the socket pair */

struct qf_herald {
	pid_t pid;
	int fd; /* -1: it does not run */
	struct qf_hint hint;
	struct qf_address at; /* what it publishes */
	char line[QF_HERALD_LINE_MAX];
	size_t len;
	bool skips; /* the rest of a line that was too long */
	uint64_t started_ms;
	uint64_t due_ms; /* when it is to be started; UINT64_MAX: it runs */
	uint64_t delay_ms;
};

void qf_herald_init(struct qf_herald *h, const struct qf_hint *hint,
                    uint64_t now_ms);
void qf_herald_fini(struct qf_herald *h);
/* What to say of us; the same once more is what to say on other networks. */
void qf_herald_publish(struct qf_herald *h, const struct qf_address *at);
/* Start it, if that is due. */
void qf_herald_tick(struct qf_herald *h, uint64_t now_ms);
/* Its descriptor is readable: each node in what it wrote is given to `found`.
 */
void qf_herald_read(struct qf_herald *h, uint64_t now_ms,
                    void (*found)(void *ctx, const struct qf_hint *hint,
                                  const struct qf_address *address),
                    void *ctx);

/* A line, without its end: "HINT PORT ADDRESS", all numeric. */
bool qf_herald_line(const char *line, struct qf_hint *hint,
                    struct qf_address *address);

#endif
