/* dir.h - a directory whose entries are to be on the disk
 *
 * What was made, renamed or removed in one is there after a power failure only
 * once the directory itself was written.
 */
#ifndef QF_DIR_H
#define QF_DIR_H

/* 0, or -1 with errno. */
int qf_dir_sync(const char *path);
/* The one that a path lies in. */
int qf_dir_sync_parent(const char *path);

#endif
