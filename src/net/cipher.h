/* cipher.h - what the page and the node encrypt with, by OpenSSL
 *
 * libsodium's ChaCha20-Poly1305 takes three times as long for a kilobyte or
 * more, for OpenSSL knows what this processor has. Where OpenSSL will not do
 * it, libsodium does.
 *
 * Memory: the caller owns the struct. Threads: one worker's.
 */
#ifndef QF_CIPHER_H
#define QF_CIPHER_H

#include "core/noise.h"

void qf_cipher_init(struct qf_noise_cipher *c);
void qf_cipher_fini(struct qf_noise_cipher *c);

#endif
