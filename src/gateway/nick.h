/* nick.h - names as guests may have them, and as all names are compared */
#ifndef QF_NICK_H
#define QF_NICK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/envelope.h"

enum {
	QF_NICK_BYTES_MAX = 64, /* QF_GUEST_ID_BYTES_MAX */
	QF_NICK_CHARS_MAX = 32,
};

/* May a guest have it? Not if it is no nick for IRC. */
bool qf_nick_is_good(const char *nick);
/* As names are compared, with letters that look alike; false: it is none. */
bool qf_nick_fold(const char *name, char *out, size_t cap);
/* The key of a folded name in tables. */
void qf_nick_key(const char *folded, struct qf_hash *out);
/* Folded names are equal, whatever folds to nothing excepted. */
bool qf_nick_equal(const char *a, const char *b);
/* As it may stand in a line of IRC, whatever a node says it is. */
void qf_nick_show(const char *name, char *out, size_t cap);

#endif
