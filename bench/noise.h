/* noise.h - the side of Noise that begins, as a browser does it (core/noise.h)
 *
 * The answer is not checked: the bench knows whom it has dialled. Memory: the
 * caller's.
 */
#ifndef NOISE_H
#define NOISE_H

#include <openssl/evp.h>

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

/* Append what their next message says; a thread opens all of its own with one
 * opener. By OpenSSL, which takes a third of libsodium's time. */
EVP_CIPHER_CTX *noise_opener_new(void); /* NULL: out of memory */
bool noise_open(EVP_CIPHER_CTX *opener, struct qf_noise *n,
                struct qf_bytes sealed, struct qf_buf *plain);

#endif
