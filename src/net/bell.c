/* bell.c - how a thread that sleeps is woken */
#include "bell.h"

#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/err.h"
#include "host.h"

int qf_bell_init(struct qf_bell *b)
{
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	atomic_init(&b->rung, false);
	return b->fd < 0 ? QF_E_IO : QF_OK;
}

void qf_bell_fini(struct qf_bell *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

/* Both exchanges are on one variable. If this one finds true, the sleeper's
 * comes later and sees all that was done before this; if it finds false, the
 * descriptor wakes the sleeper. */
void qf_bell_ring(struct qf_bell *b)
{
	if (!atomic_exchange(&b->rung, true))
		eventfd_write(b->fd, 1);
}

void qf_bell_answer(struct qf_bell *b)
{
	eventfd_t times;

	eventfd_read(b->fd, &times);
	atomic_exchange(&b->rung, false);
}

static int poll_ms(uint64_t until_ms)
{
	uint64_t now_ms = qf_host_mono_ms();

	if (until_ms == UINT64_MAX)
		return -1;
	if (until_ms <= now_ms)
		return 0;
	return until_ms - now_ms > INT_MAX ? INT_MAX : (int)(until_ms - now_ms);
}

void qf_bell_wait(struct qf_bell *b, uint64_t until_ms)
{
	struct pollfd fd = { .fd = b->fd, .events = POLLIN };

	poll(&fd, 1, poll_ms(until_ms));
	qf_bell_answer(b);
}
