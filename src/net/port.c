/* port.c - the sockets that others come in by: one of TCP, one of this home */
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096 }; /* the kernel may allow less */

static int listen_at(const struct qf_sockaddr *at)
{
	int flags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(at->at.ss_family, flags, 0);
	int on = 1, off = 0, error;

	if (fd < 0)
		return -1;
	/* A port in TIME_WAIT after a restart is free enough. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->at.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (!bind(fd, (const struct sockaddr *)&at->at, at->len) &&
	    !listen(fd, BACKLOG))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int listen_any(uint16_t port)
{
	struct qf_sockaddr v6 = { .len = sizeof(struct sockaddr_in6) };
	struct qf_sockaddr v4 = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in6 *in6 = (void *)&v6.at;
	struct sockaddr_in *in4 = (void *)&v4.at;
	int fd;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in4->sin_family = AF_INET;
	in4->sin_port = htons(port);
	fd = listen_at(&v6);
	return fd < 0 && errno != EADDRINUSE ? listen_at(&v4) : fd;
}

static int listen_host(const char *host, uint16_t port)
{
	struct qf_address a = { .port = port };
	struct qf_sockaddr at;

	if (!host)
		return listen_any(port);
	memccpy(a.host, host, 0, sizeof a.host - 1);
	if (!strcmp(host, "localhost"))
		strcpy(a.host, "127.0.0.1");
	if (qf_address_numeric(&a, &at))
		return listen_at(&at);
	errno = EADDRNOTAVAIL;
	return -1;
}

static int failed(int error, const char *host, uint16_t port, char *why,
                  size_t cap)
{
	bool all = !host || !strcmp(host, "::") || !strcmp(host, "0.0.0.0");
	const char *where = all ? "this machine" : host;

	if (error == EADDRINUSE)
		snprintf(why, cap, "port %u of %s is taken by another program",
		         port, where);
	else if (error == EADDRNOTAVAIL)
		snprintf(why, cap, "%s is not an address of this machine",
		         where);
	else
		snprintf(why, cap, "listening on port %u of %s failed: %s",
		         port, where, strerror(error));
	if (error == EACCES)
		return QF_E_DENIED;
	return error == EADDRINUSE || error == EADDRNOTAVAIL ? QF_E_TAKEN
	                                                     : QF_E_IO;
}

int qf_port_tcp(const char *host, uint16_t port, enum qf_port_rule rule,
                int *fd, struct qf_address *at, bool *moved, char *why,
                size_t cap)
{
	struct qf_sockaddr name = { .len = sizeof name.at };

	*moved = false;
	*fd = listen_host(host, port);
	if (*fd < 0 && errno == EADDRINUSE && rule == QF_PORT_PREFER) {
		*fd = listen_host(host, 0);
		*moved = *fd >= 0;
	}
	if (*fd < 0)
		return failed(errno, host, port, why, cap);
	getsockname(*fd, (struct sockaddr *)&name.at, &name.len);
	qf_address_of((struct sockaddr *)&name.at, at);
	return QF_OK;
}

/* sockaddr_un holds 107 bytes. A longer path is reached by way of an open
 * descriptor of its directory. */
static bool local_name(const char *dir, const char *name, int dir_fd,
                       struct sockaddr_un *out)
{
	size_t cap = sizeof out->sun_path;

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((size_t)snprintf(out->sun_path, cap, "%s/%s", dir, name) < cap)
		return true;
	return (size_t)snprintf(out->sun_path, cap, "/proc/self/fd/%d/%s",
	                        dir_fd, name) < cap;
}

static int listen_local(const char *dir, const char *name, int dir_fd)
{
	struct sockaddr_un at;
	int fd;

	if (!local_name(dir, name, dir_fd, &at)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	unlinkat(dir_fd, name, 0);
	/* Linux makes the file with the mode of the socket, so that there is
	 * no moment in which others may connect. */
	if (!fchmod(fd, S_IRUSR | S_IWUSR) &&
	    !bind(fd, (struct sockaddr *)&at, sizeof at) &&
	    !listen(fd, BACKLOG))
		return fd;
	close(fd);
	return -1;
}

int qf_port_local(const char *dir, const char *name, int *fd, char *why,
                  size_t cap)
{
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	*fd = dir_fd < 0 ? -1 : listen_local(dir, name, dir_fd);
	if (*fd < 0)
		snprintf(why, cap, "%s/%s cannot be made: %s", dir, name,
		         strerror(errno));
	if (dir_fd >= 0)
		close(dir_fd);
	return *fd < 0 ? QF_E_IO : QF_OK;
}

void qf_port_unlink(const char *dir, const char *name)
{
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd < 0)
		return;
	unlinkat(dir_fd, name, 0);
	close(dir_fd);
}
