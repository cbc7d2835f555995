/* salvage.h - what a damaged database still holds, saved into a new one
 *
 * Row by row: what cannot be read is stepped over, and an envelope counts only
 * if its id and its signature are right, so that nothing damaged is taken
 * along. The damaged one is not written to.
 */
#ifndef QF_SALVAGE_H
#define QF_SALVAGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/identity.h"

/* Make the database `to` of what can be read in `from`; `past` as for
 * qf_store_open(), raised to what `from` says of it. *saved is the number of
 * envelopes. An error is one of `to`, and `why` gets a sentence. */
int qf_salvage(const char *from, const char *to,
               const struct qf_identity *signer, uint64_t past, uint64_t now_ms,
               uint64_t *saved, char *why, size_t cap);

#endif
