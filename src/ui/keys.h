/* keys.h - what a terminal sends, cut into keys that an editor can take
 *
 * A terminal sends characters, control characters, and sequences that begin
 * with an escape. Each whole key is turned into the few characters that mean
 * it to an emacs-like editor: an arrow is Ctrl-P, Ctrl-N, Ctrl-F or Ctrl-B.
 * What means nothing is passed over, so that it is not typed into the line.
 *
 * Pure, but for the locale's way to write characters.
 */
#ifndef QF_KEYS_H
#define QF_KEYS_H

#include <wchar.h>

#include "gateway/reply.h"

enum { QF_KEY_CHARS_MAX = 2 };

/* The key at the front: how many bytes it is, 0 if it is not whole yet. *count
 * characters mean it, 0 if nothing does. */
size_t qf_keys_next(struct qf_bytes from, wchar_t out[QF_KEY_CHARS_MAX],
                    size_t *count);
/* How many bytes at the front are plain text, whole characters of it. */
size_t qf_keys_plain(struct qf_bytes from);

#endif
