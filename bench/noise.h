/* noise.h - the side of Noise that begins, as a browser does it (core/noise.h)
 *
 * The answer is not checked: the bench knows whom it has dialled. Memory: the
 * caller's.
 */
#ifndef NOISE_H
#define NOISE_H

#include "core/noise.h"

enum { NOISE_HASH_BYTES = 64 };

struct noise_first {
	uint8_t chain[NOISE_HASH_BYTES];
	struct qf_noise_key once;
};

/* Append the first message, to the node with that key. */
void noise_begin(struct noise_first *f, const char *prologue,
                 const struct qf_noise_key *theirs,
                 const struct qf_noise_key *shared, struct qf_buf *out);
/* What follows their answer, from our side. */
void noise_finish(const struct noise_first *f, struct qf_bytes answer,
                  struct qf_noise *out);

#endif
