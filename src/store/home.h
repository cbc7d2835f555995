/* home.h - the directory that is one node: its lock, its key, its database
 *
 * HOME/lock   flock()ed by the process that is the node; others attach
 * HOME/key    the 32-byte Ed25519 seed, mode 0600
 * HOME/certificate  what browsers and IRC clients are shown, with its key, as
 *             PEM (net/tls.h), mode 0600
 * HOME/store  the SQLite database (store.h; mend.h when it is damaged)
 * HOME/socket the API, made by net/
 * HOME/will   what the node was started with (will.h)
 *
 * The directory is made with mode 0700. One that belongs to somebody else, or
 * that others may write to, is refused: whoever can put files there can put
 * another key there.
 */
#ifndef QF_HOME_H
#define QF_HOME_H

#include "core/bytes.h"
#include "core/identity.h"

enum { QF_HOME_ASIDE_MAX = 4096 + 32 };

struct qf_home {
	char dir[4096 - 16]; /* absolute, without symbolic links */
	int lock_fd;         /* -1: not ours */
};

/* Find (dir may be NULL: $QUICKFI_HOME, $XDG_DATA_HOME/quickfi or
 * ~/.local/share/quickfi) and make the directory. `why` gets a sentence when
 * it fails. */
int qf_home_open(struct qf_home *h, const char *dir, char *why, size_t cap);
/* Become the node of this home. QF_E_TAKEN: another process is. */
int qf_home_lock(struct qf_home *h, char *why, size_t cap);
/* Somebody deleted it while it was ours: what is written now is lost. */
bool qf_home_gone(const struct qf_home *h);
/* The last thing that a stopping node does. */
void qf_home_unlock(struct qf_home *h);
/* HOME/name into out; false if that is too long. */
bool qf_home_path(const struct qf_home *h, const char *name, char *out,
                  size_t cap);
/* It has been a node before. */
bool qf_home_has_key(const struct qf_home *h);
/* Load the seed, or make and durably write one; the caller holds the lock. A
 * key that is there and cannot be used is an error, never a new key. */
int qf_home_identity(const struct qf_home *h, struct qf_identity *id, char *why,
                     size_t cap);

/* HOME/certificate, by who holds the lock. Read it whole: QF_E_NOTFOUND, it is
 * not there. Write it durably: it is the old one or the new one. Keep it aside
 * under another name, which `aside` gets. */
int qf_home_certificate(const struct qf_home *h, struct qf_buf *pem, char *why,
                        size_t cap);
int qf_home_set_certificate(const struct qf_home *h, struct qf_bytes pem,
                            char *why, size_t cap);
int qf_home_shelve_certificate(const struct qf_home *h,
                               char aside[QF_HOME_ASIDE_MAX], char *why,
                               size_t cap);

#endif
