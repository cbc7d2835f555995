/* pulse.c - whether the other end of a TCP connection still takes our bytes */
#include "pulse.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/limits.h"

void qf_pulse_sent(struct qf_pulse *p, uint64_t now_ms)
{
	if (!p->since_ms)
		p->since_ms = now_ms;
}

uint64_t qf_pulse_wake(const struct qf_pulse *p)
{
	return p->since_ms ? p->since_ms + QF_UNACKED_MS : UINT64_MAX;
}

bool qf_pulse_lost(struct qf_pulse *p, int fd, bool unsent, uint64_t now_ms)
{
	/* A kernel that does not tell the window leaves it open. */
	struct tcp_info info = { .tcpi_snd_wnd = 1 };
	socklen_t len = sizeof info;

	if (now_ms < qf_pulse_wake(p) ||
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return false;
	if (!info.tcpi_unacked && !unsent)
		p->since_ms = 0;
	else if (!info.tcpi_unacked || !info.tcpi_snd_wnd)
		p->since_ms = now_ms;
	else if (info.tcpi_last_ack_recv < QF_UNACKED_MS)
		p->since_ms = now_ms - info.tcpi_last_ack_recv;
	else
		return true;
	return false;
}
