/* direct.h - the room of two keys: its id, its keys, its sealed bodies
 *
 * room_id = BLAKE2b-256 (pers "QF1dm") of the two node keys, the smaller
 * first. The secret is X25519 of both, as libsodium converts Ed25519 keys; tag
 * key and body key are BLAKE2b-256 (key = secret, pers "QF1dmtag",
 * "QF1dmbody"). So both ends know the room without a word, and nobody else can
 * serve it.
 *
 * A sealed body is a nonce and XChaCha20-Poly1305 of (u32 length, body, zeros
 * up to a power of two of at least 32), bound to the header but for its body
 * hash. The nonce is BLAKE2b-192 (key = body key, pers "QF1dmnonce") of header
 * and body: it needs no chance, and no two envelopes have the same header.
 * key_id is BLAKE2b-128 (pers "QF1dmid") of the body key, since the cipher
 * alone does not commit to its key.
 */
#ifndef QF_DIRECT_H
#define QF_DIRECT_H

#include "envelope.h"

struct qf_direct {
	struct qf_room_id room;
	struct qf_key me;
	struct qf_key other;
	struct qf_hash tag_key;
	struct qf_hash body_key;
	uint8_t key_id[QF_KEY_ID_BYTES];
};

/* False: the other key is not one that a secret can be shared with. */
bool qf_direct_init(struct qf_direct *d, const struct qf_identity *me,
                    const struct qf_key *other);
void qf_direct_fini(struct qf_direct *d); /* wipes the keys */

/* Append the sealed body of an envelope with this header; sets its key_id and
 * body_len. False: too long, and nothing was appended. */
bool qf_direct_seal(const struct qf_hash *body_key,
                    const uint8_t key_id[QF_KEY_ID_BYTES],
                    struct qf_header *head, struct qf_bytes body,
                    struct qf_buf *to);
/* Append the body of a sealed envelope. False: not sealed with this key. */
bool qf_direct_open(const struct qf_hash *body_key,
                    const uint8_t key_id[QF_KEY_ID_BYTES],
                    const struct qf_envelope *e, struct qf_buf *to);
/* What one of that room says; NULL: of an open room, where bodies are clear.
 * `opened` is for its bytes. False: it is not under the room's key, or it
 * cannot be understood. */
bool qf_direct_body(const struct qf_direct *d, const struct qf_envelope *e,
                    struct qf_buf *opened, struct qf_body *body);

#endif
