/* faulty_disk.h - a disk that fails, stalls or loses power when it is told to
 *
 * A VFS of SQLite that passes everything on to the real one and counts what
 * may fail. It becomes the default, so that the store uses it unawares.
 *
 * Each file remembers what its unsynced writes have overwritten. A power cut
 * takes those writes back; a process that is merely killed leaves them.
 */
#ifndef QF_FAULTY_DISK_H
#define QF_FAULTY_DISK_H

#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum disk_op {
	DISK_OPEN = 1,
	DISK_READ = 2,
	DISK_WRITE = 4,
	DISK_SYNC = 8,
	DISK_TRUNCATE = 16,
	DISK_DELETE = 32,
	DISK_LOCK = 64, /* of any kind; letting go never fails */
	DISK_MAP = 128,
	DISK_ANY = 255,
};

enum disk_fault {
	DISK_FAILS, /* once */
	DISK_FULL,  /* once, for what takes room */
	DISK_TEARS, /* once; half of what is written gets there */
	DISK_DIES,  /* then and ever after */
	DISK_STALLS /* once, until disk_go_on() */
};

struct disk_undo {
	struct disk_undo *before;
	sqlite3_int64 size; /* of the file */
	sqlite3_int64 at;
	int len;
	uint8_t bytes[];
};

struct disk_file {
	sqlite3_file base;
	struct disk_file *next;
	bool database; /* not a log beside one */
	struct disk_undo *undo;
	/* The file of the real VFS follows. */
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	struct disk_file *files;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool armed;
	unsigned ops; /* which may fail */
	bool database_only;
	enum disk_fault fault;
	unsigned left; /* how many go well */
	bool hit;
	bool stalled;
} disk = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static inline sqlite3_file *disk_real(sqlite3_file *f)
{
	return (sqlite3_file *)((struct disk_file *)f + 1);
}

/* The fault, if it is this operation's turn to have one. */
static inline bool disk_struck(enum disk_op op, bool database,
                               enum disk_fault *fault)
{
	bool struck = false;

	pthread_mutex_lock(&disk.lock);
	*fault = disk.fault;
	if (disk.armed && disk.ops & op && (database || !disk.database_only) &&
	    (!disk.hit || disk.fault == DISK_DIES)) {
		struck = disk.hit || disk.left == 0;
		disk.left -= !struck;
		disk.hit = struck;
	}
	if (struck && disk.fault == DISK_STALLS) {
		disk.stalled = true;
		pthread_cond_broadcast(&disk.changed);
		while (disk.stalled)
			pthread_cond_wait(&disk.changed, &disk.lock);
		struck = false;
	}
	if (struck)
		errno = *fault == DISK_FULL ? ENOSPC : EIO;
	pthread_mutex_unlock(&disk.lock);
	return struck;
}

static inline bool disk_fails(sqlite3_file *f, enum disk_op op)
{
	enum disk_fault fault;

	return disk_struck(op, ((struct disk_file *)f)->database, &fault);
}

/* From the n-th operation of these kinds on, n >= 1. */
static inline void disk_arm(enum disk_fault fault, unsigned ops, unsigned n)
{
	pthread_mutex_lock(&disk.lock);
	disk.armed = true;
	disk.fault = fault;
	disk.ops = ops;
	disk.left = n - 1;
	disk.hit = false;
	pthread_mutex_unlock(&disk.lock);
}

/* True if the fault came to pass. */
static inline bool disk_disarm(void)
{
	bool hit;

	pthread_mutex_lock(&disk.lock);
	disk.armed = false;
	hit = disk.hit;
	pthread_mutex_unlock(&disk.lock);
	return hit;
}

static inline void disk_wait_until_stalled(void)
{
	pthread_mutex_lock(&disk.lock);
	while (!disk.stalled)
		pthread_cond_wait(&disk.changed, &disk.lock);
	pthread_mutex_unlock(&disk.lock);
}

static inline void disk_go_on(void)
{
	pthread_mutex_lock(&disk.lock);
	disk.stalled = false;
	pthread_cond_broadcast(&disk.changed);
	pthread_mutex_unlock(&disk.lock);
}

static inline void disk_synced(struct disk_file *f)
{
	while (f->undo) {
		struct disk_undo *before = f->undo->before;

		free(f->undo);
		f->undo = before;
	}
}

/* What is at that place now, to be put back if the power goes. */
static inline void disk_remember(sqlite3_file *file, sqlite3_int64 at, int len)
{
	struct disk_file *f = (struct disk_file *)file;
	sqlite3_file *real = disk_real(file);
	struct disk_undo *undo = calloc(1, sizeof *undo + (size_t)len);

	assert_non_null(undo);
	real->pMethods->xFileSize(real, &undo->size);
	undo->at = at;
	undo->len = len;
	if (len)
		real->pMethods->xRead(real, undo->bytes, len, at);
	undo->before = f->undo;
	f->undo = undo;
}

/* The files lose what was not synced; close them afterwards. */
static inline void disk_power_cut(void)
{
	for (struct disk_file *f = disk.files; f; f = f->next) {
		sqlite3_file *real = disk_real(&f->base);

		while (f->undo) {
			struct disk_undo *undo = f->undo;

			if (undo->len)
				real->pMethods->xWrite(real, undo->bytes,
				                       undo->len, undo->at);
			real->pMethods->xTruncate(real, undo->size);
			f->undo = undo->before;
			free(undo);
		}
	}
}

static inline int disk_close(sqlite3_file *file)
{
	struct disk_file *f = (struct disk_file *)file;
	struct disk_file **at = &disk.files;

	pthread_mutex_lock(&disk.lock);
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	pthread_mutex_unlock(&disk.lock);
	disk_synced(f);
	return disk_real(file)->pMethods->xClose(disk_real(file));
}

static inline int disk_read(sqlite3_file *f, void *to, int len,
                            sqlite3_int64 at)
{
	if (disk_fails(f, DISK_READ))
		return SQLITE_IOERR_READ;
	return disk_real(f)->pMethods->xRead(disk_real(f), to, len, at);
}

static inline int disk_write(sqlite3_file *f, const void *from, int len,
                             sqlite3_int64 at)
{
	bool database = ((struct disk_file *)f)->database;
	sqlite3_file *real = disk_real(f);
	enum disk_fault fault;
	bool struck = disk_struck(DISK_WRITE, database, &fault);

	if (!struck || fault == DISK_TEARS) {
		int done = struck ? len / 2 : len;

		disk_remember(f, at, done);
		if (real->pMethods->xWrite(real, from, done, at))
			return SQLITE_IOERR_WRITE;
	}
	if (!struck)
		return SQLITE_OK;
	return fault == DISK_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static inline int disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	sqlite3_int64 now = 0;

	if (disk_fails(f, DISK_TRUNCATE))
		return SQLITE_IOERR_TRUNCATE;
	disk_real(f)->pMethods->xFileSize(disk_real(f), &now);
	if (size < now)
		disk_remember(f, size, (int)(now - size));
	return disk_real(f)->pMethods->xTruncate(disk_real(f), size);
}

/* The power only goes when it is told to, so the real disk need not hurry. */
static inline int disk_sync(sqlite3_file *f, int flags)
{
	(void)flags;
	if (disk_fails(f, DISK_SYNC))
		return SQLITE_IOERR_FSYNC;
	disk_synced((struct disk_file *)f);
	return SQLITE_OK;
}

static inline int disk_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return disk_real(f)->pMethods->xFileSize(disk_real(f), size);
}

static inline int disk_lock(sqlite3_file *f, int level)
{
	if (disk_fails(f, DISK_LOCK))
		return SQLITE_IOERR_LOCK;
	return disk_real(f)->pMethods->xLock(disk_real(f), level);
}

static inline int disk_unlock(sqlite3_file *f, int level)
{
	return disk_real(f)->pMethods->xUnlock(disk_real(f), level);
}

static inline int disk_check_lock(sqlite3_file *f, int *out)
{
	return disk_real(f)->pMethods->xCheckReservedLock(disk_real(f), out);
}

static inline int disk_control(sqlite3_file *f, int what, void *arg)
{
	return disk_real(f)->pMethods->xFileControl(disk_real(f), what, arg);
}

static inline int disk_sector_size(sqlite3_file *f)
{
	return disk_real(f)->pMethods->xSectorSize(disk_real(f));
}

static inline int disk_traits(sqlite3_file *f)
{
	return disk_real(f)->pMethods->xDeviceCharacteristics(disk_real(f));
}

static inline int disk_shm_map(sqlite3_file *f, int page, int size, int extend,
                               void volatile **out)
{
	if (disk_fails(f, DISK_MAP))
		return SQLITE_IOERR_SHMMAP;
	return disk_real(f)->pMethods->xShmMap(disk_real(f), page, size, extend,
	                                       out);
}

static inline int disk_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	if (flags & SQLITE_SHM_LOCK && disk_fails(f, DISK_LOCK))
		return SQLITE_IOERR_SHMLOCK;
	return disk_real(f)->pMethods->xShmLock(disk_real(f), at, n, flags);
}

static inline void disk_shm_barrier(sqlite3_file *f)
{
	disk_real(f)->pMethods->xShmBarrier(disk_real(f));
}

static inline int disk_shm_unmap(sqlite3_file *f, int delete)
{
	return disk_real(f)->pMethods->xShmUnmap(disk_real(f), delete);
}

static const sqlite3_io_methods disk_methods = {
	.iVersion = 2,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_file_size,
	.xLock = disk_lock,
	.xUnlock = disk_unlock,
	.xCheckReservedLock = disk_check_lock,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector_size,
	.xDeviceCharacteristics = disk_traits,
	.xShmMap = disk_shm_map,
	.xShmLock = disk_shm_lock,
	.xShmBarrier = disk_shm_barrier,
	.xShmUnmap = disk_shm_unmap,
};

static inline int disk_open(sqlite3_vfs *vfs, const char *name,
                            sqlite3_file *file, int flags, int *out_flags)
{
	struct disk_file *f = (struct disk_file *)file;
	enum disk_fault fault;
	int rc;

	(void)vfs;
	*f = (struct disk_file){ .database = flags & SQLITE_OPEN_MAIN_DB };
	if (disk_struck(DISK_OPEN, f->database, &fault))
		return SQLITE_CANTOPEN;
	rc = disk.real->xOpen(disk.real, name, disk_real(file), flags,
	                      out_flags);
	if (rc)
		return rc;
	f->base.pMethods = &disk_methods;
	pthread_mutex_lock(&disk.lock);
	f->next = disk.files;
	disk.files = f;
	pthread_mutex_unlock(&disk.lock);
	return SQLITE_OK;
}

static inline int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	enum disk_fault fault;

	(void)vfs;
	if (disk_struck(DISK_DELETE, false, &fault))
		return SQLITE_IOERR_DELETE;
	return disk.real->xDelete(disk.real, name, sync);
}

/* From now on it is the disk that everyone gets. */
static inline void disk_insert(void)
{
	if (disk.real)
		return;
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.zName = "faulty";
	disk.vfs.szOsFile += (int)sizeof(struct disk_file);
	disk.vfs.xOpen = disk_open;
	disk.vfs.xDelete = disk_delete;
	assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

#endif
