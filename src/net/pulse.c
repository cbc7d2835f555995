/* pulse.c - whether the other end of a TCP connection still takes our bytes */
#include "pulse.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/limits.h"

enum {
	LOOK_MS = 1000,          /* how much too early a wait may have begun */
	WINDOW_BYTES_MIN = 1460, /* with less it is about to be closed */
};

/* False: the kernel does not tell. */
static bool look(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof *info;

	/* One that does not tell the window leaves it open. */
	*info = (struct tcp_info){ .tcpi_snd_wnd = UINT32_MAX };
	return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len);
}

/* What the kernel has of ours: sent, or (with the network gone from under it)
 * not even that. */
static bool owes(const struct tcp_info *info)
{
	return info->tcpi_unacked || info->tcpi_notsent_bytes;
}

void qf_pulse_send(struct qf_pulse *p, int fd, uint64_t now_ms)
{
	struct tcp_info info;

	if (!p->since_ms || (now_ms >= p->since_ms + LOOK_MS &&
	                     look(fd, &info) && !owes(&info)))
		p->since_ms = now_ms;
}

uint64_t qf_pulse_wake(const struct qf_pulse *p)
{
	return p->since_ms ? p->since_ms + QF_UNACKED_MS : UINT64_MAX;
}

bool qf_pulse_lost(struct qf_pulse *p, int fd, bool unsent, uint64_t now_ms)
{
	struct tcp_info info;

	if (now_ms < qf_pulse_wake(p) || !look(fd, &info))
		return false;
	if (!unsent && !owes(&info))
		p->since_ms = 0;
	else if (info.tcpi_snd_wnd < WINDOW_BYTES_MIN)
		p->since_ms = now_ms;
	else if (info.tcpi_last_ack_recv < QF_UNACKED_MS)
		p->since_ms = now_ms - info.tcpi_last_ack_recv;
	else
		return true;
	return false;
}
