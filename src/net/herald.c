/* herald.c - our end of the process that speaks mDNS (mdns.h) */
#include "herald.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockaddr.h"

enum {
	DELAY_MIN_MS = 1000,
	DELAY_MAX_MS = 60000,
	LONG_LIFE_MS = 60000, /* what ends after it was no fault of the start */
};

void qf_herald_init(struct qf_herald *h, const struct qf_hint *hint,
                    uint64_t now_ms)
{
	*h = (struct qf_herald){ .fd = -1,
		                 .hint = *hint,
		                 .due_ms = now_ms,
		                 .delay_ms = DELAY_MIN_MS };
}

static void bury(struct qf_herald *h)
{
	if (h->fd < 0)
		return;
	close(h->fd);
	h->fd = -1;
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
}

void qf_herald_fini(struct qf_herald *h)
{
	bury(h);
}

/* It has had its chance: later, if it did not live long. */
static void restart_later(struct qf_herald *h, uint64_t now_ms)
{
	bury(h);
	if (now_ms - h->started_ms > LONG_LIFE_MS)
		h->delay_ms = DELAY_MIN_MS;
	h->due_ms = now_ms + h->delay_ms;
	h->delay_ms *= 2;
	if (h->delay_ms > DELAY_MAX_MS)
		h->delay_ms = DELAY_MAX_MS;
}

static int spawn(struct qf_herald *h, int end)
{
	char hint[QF_HINT_TEXT_BYTES];
	char *argv[] = { "quickfi", QF_HERALD_VERB, hint, NULL };
	char *environment[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	qf_hint_text(&h->hint, hint);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	for (int fd = 0; fd < QF_HERALD_FD; fd++)
		posix_spawn_file_actions_addopen(&files, fd, "/dev/null",
		                                 O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, end, QF_HERALD_FD);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	/* Ctrl-C is for those who have a terminal. */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
	                                        POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn(&h->pid, "/proc/self/exe", &files, &attr, argv,
	                 environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void start(struct qf_herald *h)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	               ends))
		return;
	if (!spawn(h, ends[1]))
		h->fd = ends[0];
	else
		close(ends[0]);
	close(ends[1]);
}

void qf_herald_tick(struct qf_herald *h, uint64_t now_ms)
{
	if (now_ms < h->due_ms)
		return;
	h->started_ms = now_ms;
	h->due_ms = UINT64_MAX;
	h->len = 0;
	h->skips = false;
	start(h);
	if (h->fd < 0)
		restart_later(h, now_ms);
	else
		qf_herald_publish(h, &h->at);
}

void qf_herald_publish(struct qf_herald *h, const struct qf_address *at)
{
	char line[sizeof at->host + 16];
	int len;

	h->at = *at;
	if (h->fd < 0)
		return;
	len = snprintf(line, sizeof line, "%u %s\n", at->port, at->host);
	/* A child that does not read is about to be missed anyway. */
	send(h->fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool qf_herald_line(const char *line, struct qf_hint *hint,
                    struct qf_address *address)
{
	char text[QF_HINT_TEXT_BYTES] = "";
	struct qf_sockaddr numeric;
	char *end;
	unsigned long port;

	*address = (struct qf_address){ 0 };
	if (strnlen(line, sizeof text) < sizeof text)
		return false;
	memcpy(text, line, sizeof text - 1);
	line += sizeof text - 1;
	if (*line++ != ' ' || !qf_hint_from_text(hint, text) || *line < '1' ||
	    *line > '9')
		return false;
	port = strtoul(line, &end, 10);
	if (port > UINT16_MAX || *end++ != ' ' ||
	    strlen(end) > QF_HOST_BYTES_MAX)
		return false;
	address->port = (uint16_t)port;
	strcpy(address->host, end);
	return qf_address_numeric(address, &numeric);
}

static void take(struct qf_herald *h, char c,
                 void (*found)(void *ctx, const struct qf_hint *hint,
                               const struct qf_address *address),
                 void *ctx)
{
	struct qf_address address;
	struct qf_hint hint;

	if (c != '\n') {
		h->skips |= h->len + 1 == sizeof h->line;
		if (!h->skips)
			h->line[h->len++] = c;
		return;
	}
	h->line[h->len] = '\0';
	if (!h->skips && qf_herald_line(h->line, &hint, &address))
		found(ctx, &hint, &address);
	h->len = 0;
	h->skips = false;
}

void qf_herald_read(struct qf_herald *h, uint64_t now_ms,
                    void (*found)(void *ctx, const struct qf_hint *hint,
                                  const struct qf_address *address),
                    void *ctx)
{
	char some[4096];
	ssize_t len = recv(h->fd, some, sizeof some, MSG_DONTWAIT);

	if (!len || (len < 0 && errno != EAGAIN && errno != EINTR)) {
		restart_later(h, now_ms);
		return;
	}
	for (ssize_t i = 0; i < len; i++)
		take(h, some[i], found, ctx);
}
