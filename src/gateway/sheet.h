/* sheet.h - lines that many are told, written once
 *
 * What many are told in the same words stands on a sheet; each of them keeps
 * only from where to where it is owed that. What is one's own comes behind it.
 * Lines that follow each other on a sheet are one stretch, so whoever hears one
 * room by one worker has nothing copied, however much there is in a turn.
 *
 * Memory: a sheet goes with the last who is owed of it. Who does not pull holds
 * one at most.
 * Threads: one worker's.
 */
#ifndef QF_SHEET_H
#define QF_SHEET_H

#include "core/bytes.h"

struct qf_sheet; /* counted by who is owed of it, and by who writes on it */

struct qf_stretch {
	struct qf_sheet *sheet; /* NULL: nowhere */
	uint32_t from, len;
};

/* What somebody is owed: the stretch, then its own bytes. */
struct qf_owed {
	struct qf_stretch first;
	struct qf_buf own;
};

/* Write on the open sheet, or on a new one; *open is NULL before the first.
 * The stretch is held until it is dropped. False: out of memory. */
bool qf_sheet_write(struct qf_sheet **open, struct qf_bytes lines,
                    struct qf_stretch *out);
void qf_stretch_drop(struct qf_stretch *p);
void qf_sheet_drop(struct qf_sheet *s); /* NULL is fine */

/* own.bad: out of memory. */
void qf_owed_put(struct qf_owed *o, struct qf_bytes lines);
void qf_owed_put_stretch(struct qf_owed *o, const struct qf_stretch *p);
size_t qf_owed_bytes(const struct qf_owed *o);
/* All of it, there or in `to`; valid until it is cleared or put to. */
struct qf_bytes qf_owed_all(const struct qf_owed *o, struct qf_buf *to);
void qf_owed_clear(struct qf_owed *o);

#endif
