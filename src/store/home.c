/* home.c - the directory that is one node: its lock, its key, its database */
#include "home.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "dir.h"

/* Every path made here is shorter than HOME, a slash and such a name. */
enum { NAME_BYTES_MAX = 15, CERTIFICATE_BYTES_MAX = 16384 };

/* Where a sentence goes when something fails. */
struct why {
	char *at;
	size_t cap;
};

__attribute__((format(printf, 3, 4))) static int fail(struct why why, int rc,
                                                      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why.at, why.cap, format, args);
	va_end(args);
	return rc;
}

static int code_of_errno(void)
{
	bool denied = errno == EACCES || errno == EPERM || errno == EROFS;

	return denied ? QF_E_DENIED : QF_E_IO;
}

/* What the system said about that path. */
static int fail_at(struct why why, const char *path, const char *what)
{
	return fail(why, code_of_errno(), "%s %s: %s", what, path,
	            strerror(errno));
}

static int make_one_dir(char *path)
{
	if (!mkdir(path, 0700))
		return qf_dir_sync_parent(path);
	return errno == EEXIST ? 0 : -1;
}

/* mkdir -p, for us alone, and still there after a power cut. Only what is
 * missing is tried, so parents on read-only disks do no harm. */
static int make_dir(char *path)
{
	char *slash = strrchr(path, '/');
	int rc;

	if (!make_one_dir(path))
		return 0;
	if (errno != ENOENT || !slash || slash == path)
		return -1;
	*slash = '\0';
	rc = make_dir(path);
	*slash = '/';
	return rc ? rc : make_one_dir(path);
}

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *user_dir(void)
{
	const char *dir = from_environment("HOME");
	const struct passwd *user;

	if (dir)
		return dir;
	user = getpwuid(geteuid());
	return user ? user->pw_dir : NULL;
}

/* XDG Base Directory Specification: a relative $XDG_DATA_HOME is ignored. */
static int choose_dir(const char *dir, char *out, size_t cap, struct why why)
{
	const char *base = from_environment("XDG_DATA_HOME");
	const char *tail = "";
	int len;

	if (!dir)
		dir = from_environment("QUICKFI_HOME");
	if (!dir && base && *base == '/') {
		dir = base;
		tail = "/quickfi";
	} else if (!dir) {
		dir = user_dir();
		tail = "/.local/share/quickfi";
	}
	if (!dir || !*dir)
		return fail(why, QF_E_NOTFOUND,
		            "there is no home directory to keep anything in");
	len = snprintf(out, cap, "%s%s", dir, tail);
	if (len < 0 || (size_t)len >= cap)
		return fail(why, QF_E_LIMIT,
		            "the path of the home directory is too long");
	while (len > 1 && out[len - 1] == '/')
		out[--len] = '\0';
	return QF_OK;
}

static int judge(const char *dir, int fd, struct why why)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_at(why, dir, "cannot look at");
	if (st.st_uid != geteuid())
		return fail(why, QF_E_DENIED, "%s belongs to somebody else",
		            dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(why, QF_E_DENIED,
		            "others may write to %s (chmod 700 would help)",
		            dir);
	if (faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS))
		return fail_at(why, dir, "cannot write to");
	return QF_OK;
}

static int settle(struct qf_home *h, const char *path, struct why why)
{
	char *real = realpath(path, NULL);
	int rc = QF_OK;

	if (!real)
		return fail_at(why, path, "cannot look at");
	if (strlen(real) >= sizeof h->dir)
		rc = fail(why, QF_E_LIMIT,
		          "the path of the home directory is too long");
	else
		strcpy(h->dir, real);
	free(real);
	return rc;
}

int qf_home_open(struct qf_home *h, const char *dir, char *why, size_t cap)
{
	struct why to = { why, cap };
	char path[sizeof h->dir];
	int fd;
	int rc;

	*h = (struct qf_home){ .lock_fd = -1 };
	if ((rc = choose_dir(dir, path, sizeof path, to)))
		return rc;
	if (make_dir(path))
		return fail_at(to, path, "cannot make the directory");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		return fail(to, QF_E_IO, "%s is not a directory", path);
	if (fd < 0)
		return fail_at(to, path, "cannot open");
	rc = judge(path, fd, to);
	close(fd);
	return rc ? rc : settle(h, path, to);
}

bool qf_home_path(const struct qf_home *h, const char *name, char *out,
                  size_t cap)
{
	int len = snprintf(out, cap, "%s/%s", h->dir, name);

	return len >= 0 && (size_t)len < cap;
}

/* For names that always fit. */
static void path_of(const struct qf_home *h, const char *name,
                    char out[sizeof h->dir + 1 + NAME_BYTES_MAX])
{
	qf_home_path(h, name, out, sizeof h->dir + 1 + NAME_BYTES_MAX);
}

/* The number is for people who look into the file, so a full disk is no reason
 * to fail. */
static void write_pid(int fd)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
		return;
}

static int taken(int fd, const char *dir, struct why why)
{
	char text[24] = "";

	if (pread(fd, text, sizeof text - 1, 0) > 0 && atol(text) > 0)
		return fail(why, QF_E_TAKEN,
		            "process %ld is the node of %s already", atol(text),
		            dir);
	return fail(why, QF_E_TAKEN,
	            "another process is the node of %s already", dir);
}

/* The file stays when the lock goes: who unlinks a lock file takes it from
 * whoever has opened it in the meantime. */
int qf_home_lock(struct qf_home *h, char *why, size_t cap)
{
	struct why to = { why, cap };
	char path[sizeof h->dir + 1 + NAME_BYTES_MAX];
	int rc = QF_OK;
	int fd;

	path_of(h, "lock", path);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_at(to, path, "cannot open");
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		rc = errno == EWOULDBLOCK ? taken(fd, h->dir, to)
		                          : fail_at(to, path, "cannot lock");
		close(fd);
		return rc;
	}
	write_pid(fd);
	h->lock_fd = fd;
	return QF_OK;
}

bool qf_home_gone(const struct qf_home *h)
{
	struct stat st;

	return h->lock_fd >= 0 && !fstat(h->lock_fd, &st) && st.st_nlink == 0;
}

void qf_home_unlock(struct qf_home *h)
{
	if (h->lock_fd >= 0)
		close(h->lock_fd);
	h->lock_fd = -1;
}

static int read_seed(int fd, const char *path, uint8_t seed[QF_SEED_BYTES],
                     struct why why)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_at(why, path, "cannot look at");
	if (!S_ISREG(st.st_mode) || st.st_size != QF_SEED_BYTES)
		return fail(why, QF_E_MALFORMED,
		            "%s is not a key: it should be a file of %d bytes. "
		            "If there is a copy of it, put that back. Without "
		            "one, move it away, and a new key is made: then "
		            "others see a new person, and private messages and "
		            "accounts that were sealed to the old key are lost",
		            path, QF_SEED_BYTES);
	if (pread(fd, seed, QF_SEED_BYTES, 0) != QF_SEED_BYTES)
		return fail_at(why, path, "cannot read");
	/* Copied from somewhere, perhaps. */
	if (st.st_mode & 077 && fchmod(fd, 0600))
		return fail_at(why, path, "cannot make private");
	return QF_OK;
}

static int write_file(const char *path, struct qf_bytes bytes)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags, 0600);
	ssize_t done;

	if (fd < 0)
		return -1;
	errno = ENOSPC; /* unless write() says otherwise */
	done = write(fd, bytes.at, bytes.len);
	if (done != (ssize_t)bytes.len || fchmod(fd, 0600) || fsync(fd)) {
		int saved = errno;

		close(fd);
		unlink(path);
		errno = saved;
		return -1;
	}
	return close(fd);
}

/* All of it under another name first, so that its name never means half of
 * it. */
static int put_file(const struct qf_home *h, const char *name,
                    struct qf_bytes bytes, struct why why)
{
	char path[sizeof h->dir + 1 + NAME_BYTES_MAX];
	char fresh[sizeof path + 4];

	path_of(h, name, path);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	if (write_file(fresh, bytes))
		return fail_at(why, fresh, "cannot write");
	if (rename(fresh, path) || qf_dir_sync(h->dir))
		return fail_at(why, path, "cannot write");
	return QF_OK;
}

static int make_seed(const struct qf_home *h, uint8_t seed[QF_SEED_BYTES],
                     struct why why)
{
	if (getrandom(seed, QF_SEED_BYTES, 0) != QF_SEED_BYTES)
		return fail(why, QF_E_IO, "the system gives no random bytes");
	return put_file(h, "key", qf_bytes(seed, QF_SEED_BYTES), why);
}

bool qf_home_has_key(const struct qf_home *h)
{
	char path[sizeof h->dir + 1 + NAME_BYTES_MAX];

	path_of(h, "key", path);
	return !access(path, F_OK);
}

int qf_home_identity(const struct qf_home *h, struct qf_identity *id, char *why,
                     size_t cap)
{
	struct why to = { why, cap };
	char path[sizeof h->dir + 1 + NAME_BYTES_MAX];
	uint8_t seed[QF_SEED_BYTES];
	int fd;
	int rc;

	path_of(h, "key", path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		rc = read_seed(fd, path, seed, to);
		close(fd);
	} else if (errno == ENOENT) {
		rc = make_seed(h, seed, to);
	} else {
		rc = fail_at(to, path, "cannot read");
	}
	if (!rc)
		qf_identity_init(id, seed);
	explicit_bzero(seed, sizeof seed);
	return rc;
}

static int read_pem(int fd, const char *path, struct qf_buf *pem,
                    struct why why)
{
	uint8_t *to = qf_buf_room(pem, CERTIFICATE_BYTES_MAX);
	struct stat st;
	ssize_t got;

	if (!to)
		return fail(why, QF_E_NOMEM, "out of memory");
	got = pread(fd, to, CERTIFICATE_BYTES_MAX, 0);
	if (got < 0 || fstat(fd, &st))
		return fail_at(why, path, "cannot read");
	if (st.st_mode & 077 && fchmod(fd, 0600))
		return fail_at(why, path, "cannot make private");
	pem->len += (size_t)got;
	return QF_OK;
}

int qf_home_certificate(const struct qf_home *h, struct qf_buf *pem, char *why,
                        size_t cap)
{
	struct why to = { why, cap };
	char path[sizeof h->dir + 1 + NAME_BYTES_MAX];
	int fd;
	int rc;

	path_of(h, "certificate", path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return QF_E_NOTFOUND;
	if (fd < 0)
		return fail_at(to, path, "cannot read");
	rc = read_pem(fd, path, pem, to);
	close(fd);
	return rc;
}

int qf_home_set_certificate(const struct qf_home *h, struct qf_bytes pem,
                            char *why, size_t cap)
{
	return put_file(h, "certificate", pem, (struct why){ why, cap });
}

int qf_home_shelve_certificate(const struct qf_home *h,
                               char aside[QF_HOME_ASIDE_MAX], char *why,
                               size_t cap)
{
	char path[sizeof h->dir + 1 + NAME_BYTES_MAX];
	unsigned i = 1;

	path_of(h, "certificate", path);
	do
		snprintf(aside, QF_HOME_ASIDE_MAX, "%s.damaged-%u", path, i++);
	while (!access(aside, F_OK));
	if (rename(path, aside) || qf_dir_sync(h->dir))
		return fail_at((struct why){ why, cap }, path,
		               "cannot keep aside");
	return QF_OK;
}
