/* bound.h - a place between two keys, as short as it can be said
 *
 * A bound belongs to the gap below the key that it names first: it is above
 * one key and not above the next. In a gap that time has made, the number with
 * the most zeros at its end will do, and on the wire the zeros are counted
 * instead of sent; only where two keys have the same hlc does it need some of
 * the id.
 *
 * On the wire (docs/wire.md), relative to the bound before it:
 *   u8      zeros at the end of the hlc (low 6 bits, up to 62), 0x40: an id
 *           follows, 0x80: a class follows and the hlc counts from 0; or
 *           0xff: the end, and nothing follows
 *   u8      the class, if so
 *   varint  (hlc >> zeros) - (last hlc >> zeros)
 *   u8, ..  length of the id's beginning, 1 to 32, and its bytes, if so
 */
#ifndef QF_BOUND_H
#define QF_BOUND_H

#include "keyset.h"

enum { QF_BOUND_END = 0xff };

struct qf_bound {
	uint8_t class; /* QF_BOUND_END: after everything, the rest is zero */
	uint64_t hlc;
	uint8_t id_len; /* of the beginning that counts; the rest is zero */
	struct qf_hash id;
};

int qf_bound_compare(const struct qf_bound *a, const struct qf_bound *b);

/* `last` is the bound before it, at first zero, and becomes this one. Bounds
 * in ascending order are the shortest, but any order will do; whoever needs
 * one checks it. */
void qf_bound_put(struct qf_buf *to, const struct qf_bound *b,
                  struct qf_bound *last);
/* False, and the cursor bad: malformed. */
bool qf_bound_get(struct qf_cursor *c, struct qf_bound *b,
                  struct qf_bound *last);

/* The shortest bound that has rank keys below it: at 0 the beginning of all
 * keys, at the count the end. */
struct qf_bound qf_bound_at(const struct qf_snapshot *s, size_t rank);
/* How many keys lie below it. */
size_t qf_bound_rank(const struct qf_snapshot *s, const struct qf_bound *b);

#endif
