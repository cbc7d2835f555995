/* disk_shim.c - preloaded: what a node does to its database is written down
 *
 * Of files named store* in the directory $DISK_DIR, and of the directory. Each
 * write, truncation, removal and sync is appended to $DISK_LOG in the order in
 * which they happened; so is each time that a client is told `stored`, just
 * before it is. power_loss.py makes of it what a disk may hold after a power
 * cut at any of these moments.
 *
 * If $DISK_FAULT is a file, the word in it is looked at before each of them:
 * EIO, ENOSPC or EROFS make what they would fail.
 *
 * A record, little-endian:
 *
 *   kind u8, name length u8, data length u32, offset u64, name, data
 *
 * The index beside the log (store-shm) is memory that processes share, and no
 * disk has to keep it: it is passed over.
 */
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 'W', TRUNCATE = 'T', SYNC = 'S', REMOVE = 'U', STORED = '!' };

static const char told[] = "\"on\":\"stored\"";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The function that is called when nothing is preloaded. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* What lies below the directory: "" is itself, NULL no concern of ours. */
static const char *name_of(const char *path)
{
	const char *dir = getenv("DISK_DIR");
	size_t len = dir ? strlen(dir) : 0;

	if (!len || strncmp(path, dir, len))
		return NULL;
	path += len;
	if (!*path)
		return path;
	if (strncmp(path, "/store", 6) || strstr(path, "-shm"))
		return NULL;
	return path + 1;
}

static const char *name_of_fd(int fd, char at[static 4096])
{
	char link[40];
	ssize_t len;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = syscall(SYS_readlink, link, at, 4095);
	if (len < 0)
		return NULL;
	at[len] = '\0';
	return name_of(at);
}

static void record(char kind, const char *name, uint64_t offset,
                   const void *data, size_t len)
{
	static int fd = -1;
	uint8_t head[14] = { (uint8_t)kind, (uint8_t)strlen(name) };
	struct iovec parts[] = { { head, sizeof head },
		                 { (void *)name, strlen(name) },
		                 { (void *)data, len } };
	uint32_t len32 = (uint32_t)len;
	const char *path = getenv("DISK_LOG");
	ssize_t done;

	if (!path)
		return;
	if (fd < 0)
		fd = (int)syscall(SYS_openat, AT_FDCWD, path,
		                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		                  0600);
	memcpy(head + 2, &len32, sizeof len32);
	memcpy(head + 6, &offset, sizeof offset);
	done = syscall(SYS_writev, fd, parts, 3);
	assert(done == (ssize_t)(sizeof head + strlen(name) + len));
}

/* The fault that this kind of operation has now, as errno, or 0. */
static int fault(char kind)
{
	static const struct {
		const char *word;
		int code;
		const char *kinds;
	} faults[] = {
		{ "EIO", EIO, "WTSU" },
		{ "ENOSPC", ENOSPC, "WT" },
		{ "EROFS", EROFS, "WTSU" },
	};
	const char *path = getenv("DISK_FAULT");
	char word[16] = "";
	int fd;

	if (!path)
		return 0;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	syscall(SYS_read, fd, word, sizeof word - 1);
	syscall(SYS_close, fd);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (!strcmp(word, faults[i].word) &&
		    strchr(faults[i].kinds, kind))
			return faults[i].code;
	return 0;
}

/* Fails if that is its fate now. What is true holds the lock until end(). */
static bool begin(char kind, const char *name)
{
	int code;

	if (!name)
		return true;
	pthread_mutex_lock(&lock);
	code = fault(kind);
	if (!code)
		return true;
	pthread_mutex_unlock(&lock);
	errno = code;
	return false;
}

static void end(char kind, const char *name, uint64_t offset, const void *data,
                ssize_t len)
{
	int saved = errno;

	if (!name)
		return;
	if (len >= 0)
		record(kind, name, offset, data, (size_t)len);
	pthread_mutex_unlock(&lock);
	errno = saved;
}

/* SQLite calls the functions of large files. */
ssize_t pwrite64(int fd, const void *from, size_t len, off_t at)
{
	char path[4096];
	const char *name = name_of_fd(fd, path);
	ssize_t done;

	if (!begin(WRITE, name))
		return -1;
	done = REAL(pwrite64)(fd, from, len, at);
	end(WRITE, name, (uint64_t)at, from, done);
	return done;
}

int ftruncate64(int fd, off_t size)
{
	char path[4096];
	const char *name = name_of_fd(fd, path);
	int rc;

	if (!begin(TRUNCATE, name))
		return -1;
	rc = REAL(ftruncate64)(fd, size);
	end(TRUNCATE, name, (uint64_t)size, NULL, rc);
	return rc;
}

/* Nothing here will lose its power, so the real disk need not hurry. */
static int sync_fd(int fd, int (*real)(int fd))
{
	char path[4096];
	const char *name = name_of_fd(fd, path);

	if (!name)
		return real(fd);
	if (!begin(SYNC, name))
		return -1;
	end(SYNC, name, 0, NULL, 0);
	return 0;
}

int fsync(int fd)
{
	return sync_fd(fd, REAL(fsync));
}

int fdatasync(int fd)
{
	return sync_fd(fd, REAL(fdatasync));
}

int unlink(const char *path)
{
	const char *name = name_of(path);
	int rc;

	if (!begin(REMOVE, name))
		return -1;
	rc = REAL(unlink)(path);
	end(REMOVE, name, 0, NULL, rc);
	return rc;
}

/* All that a client is told, if some of it is that something is stored. */
static void tell(const void *data, size_t len)
{
	if (!getenv("DISK_LOG") || !memmem(data, len, told, sizeof told - 1))
		return;
	pthread_mutex_lock(&lock);
	record(STORED, "", 0, data, len);
	pthread_mutex_unlock(&lock);
}

ssize_t write(int fd, const void *from, size_t len)
{
	tell(from, len);
	return REAL(write)(fd, from, len);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	for (int i = 0; i < count; i++)
		tell(parts[i].iov_base, parts[i].iov_len);
	return REAL(writev)(fd, parts, count);
}
