/* spoken.h - who said the newest lines of a room: only they may take them back
 *
 * A ring of QF_SPOKEN_MAX lines, made when the first is noted. Guests are known
 * by their name at that node, as everyone is shown them. A name may pass from
 * one guest to another: of a line that was heard here its tenure tells whose it
 * was, and of one by an account that has the name, that it was that account's.
 *
 * Threads: one worker's.
 */
#ifndef QF_SPOKEN_H
#define QF_SPOKEN_H

#include "core/identity.h"
#include "core/limits.h"

enum { QF_SPOKEN_MAX = 1024 };

struct qf_speaker {
	struct qf_key author;
	char guest[QF_GUEST_ID_BYTES_MAX + 1]; /* "": the author itself */
};

/* What is known of one line besides. */
struct qf_speech {
	uint64_t lsn;
	uint64_t tenure; /* of who said it; 0: of nobody who is here */
	bool by_account; /* by the account of its name */
};

struct qf_spoken_line;

/* Begins as zeroes. */
struct qf_spoken {
	struct qf_spoken_line *lines;
	size_t count;
	size_t next;
};

void qf_spoken_fini(struct qf_spoken *s);
/* QF_E_NOMEM: nothing changed. */
int qf_spoken_note(struct qf_spoken *s, const struct qf_hash *id,
                   const struct qf_speaker *by, const struct qf_speech *speech);
/* It is among the newest lines. */
bool qf_is_spoken(const struct qf_spoken *s, const struct qf_hash *id);
/* It is among the newest lines, and theirs. */
bool qf_spoken_by(const struct qf_spoken *s, const struct qf_hash *id,
                  const struct qf_speaker *by);
/* As it was noted, or NULL: it is not among the newest lines. Until the next
 * is noted. */
const struct qf_speech *qf_spoken_speech(const struct qf_spoken *s,
                                         const struct qf_hash *id);

#endif
