/* direct.c - the room of two keys: its id, its keys, its sealed bodies */
#include "direct.h"

#include <sodium.h>
#include <string.h>

enum {
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	SEAL_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	AROUND_BYTES = NONCE_BYTES + SEAL_BYTES,
	LENGTH_BYTES = 4,
	PADDED_MIN = 32,
	PADDED_MAX = QF_BODY_BYTES_MAX - AROUND_BYTES,
	BOUND_BYTES = QF_HEADER_BYTES - QF_HASH_BYTES,
};

static void personal(uint8_t out[16], const char *pers)
{
	memset(out, 0, 16);
	memccpy(out, pers, 0, 16);
}

static void derive(uint8_t *out, size_t len, const char *pers,
                   const uint8_t *key, size_t key_len, const void *data,
                   size_t data_len)
{
	uint8_t pad[16];

	personal(pad, pers);
	crypto_generichash_blake2b_salt_personal(out, len, data, data_len, key,
	                                         key_len, NULL, pad);
}

static void room_of(struct qf_room_id *out, const struct qf_key *a,
                    const struct qf_key *b)
{
	uint8_t both[2 * QF_KEY_BYTES];
	bool ordered = memcmp(a->b, b->b, QF_KEY_BYTES) < 0;

	memcpy(both, ordered ? a->b : b->b, QF_KEY_BYTES);
	memcpy(both + QF_KEY_BYTES, ordered ? b->b : a->b, QF_KEY_BYTES);
	derive(out->b, sizeof out->b, "QF1dm", NULL, 0, both, sizeof both);
}

bool qf_direct_init(struct qf_direct *d, const struct qf_identity *me,
                    const struct qf_key *other)
{
	uint8_t mine[crypto_scalarmult_SCALARBYTES];
	uint8_t theirs[crypto_scalarmult_BYTES];
	uint8_t secret[crypto_scalarmult_BYTES];
	bool shared;

	*d = (struct qf_direct){ .me = me->key, .other = *other };
	room_of(&d->room, &me->key, other);
	crypto_sign_ed25519_sk_to_curve25519(mine, me->secret);
	shared = !crypto_sign_ed25519_pk_to_curve25519(theirs, other->b) &&
	         !crypto_scalarmult(secret, mine, theirs);
	if (shared) {
		derive(d->tag_key.b, QF_HASH_BYTES, "QF1dmtag", secret,
		       sizeof secret, NULL, 0);
		derive(d->body_key.b, QF_HASH_BYTES, "QF1dmbody", secret,
		       sizeof secret, NULL, 0);
		derive(d->key_id, sizeof d->key_id, "QF1dmid", NULL, 0,
		       d->body_key.b, QF_HASH_BYTES);
	}
	sodium_memzero(mine, sizeof mine);
	sodium_memzero(secret, sizeof secret);
	return shared;
}

void qf_direct_fini(struct qf_direct *d)
{
	sodium_memzero(d, sizeof *d);
}

/* What of the header the seal is bound to: all that stands before the hash of
 * the body, which is the last field. */
static void bound_bytes(const struct qf_header *head, uint8_t out[BOUND_BYTES])
{
	uint8_t whole[QF_HEADER_BYTES];

	qf_header_encode(head, whole);
	memcpy(out, whole, BOUND_BYTES);
}

static void nonce_of(const struct qf_hash *body_key,
                     const uint8_t bound[BOUND_BYTES], const uint8_t *padded,
                     size_t len, uint8_t out[NONCE_BYTES])
{
	crypto_generichash_blake2b_state state;
	uint8_t pad[16];

	personal(pad, "QF1dmnonce");
	crypto_generichash_blake2b_init_salt_personal(
		&state, body_key->b, QF_HASH_BYTES, NONCE_BYTES, NULL, pad);
	crypto_generichash_blake2b_update(&state, bound, BOUND_BYTES);
	crypto_generichash_blake2b_update(&state, padded, len);
	crypto_generichash_blake2b_final(&state, out, NONCE_BYTES);
}

static size_t padded_len(size_t body_len)
{
	size_t len = PADDED_MIN;

	while (len < LENGTH_BYTES + body_len)
		len *= 2;
	return len < PADDED_MAX ? len : PADDED_MAX;
}

bool qf_direct_seal(const struct qf_hash *body_key,
                    const uint8_t key_id[QF_KEY_ID_BYTES],
                    struct qf_header *head, struct qf_bytes body,
                    struct qf_buf *to)
{
	size_t len = padded_len(body.len);
	uint8_t bound[BOUND_BYTES];
	struct qf_buf padded;
	uint8_t *out;

	if (LENGTH_BYTES + body.len > len)
		return false;
	qf_buf_init(&padded, 0);
	qf_put_u32(&padded, (uint32_t)body.len);
	qf_put_raw(&padded, body.at, body.len);
	out = qf_buf_room(&padded, len - padded.len);
	if (out) {
		memset(out, 0, len - padded.len);
		padded.len = len;
		out = qf_buf_room(to, len + AROUND_BYTES);
	}
	if (out) {
		memcpy(head->key_id, key_id, QF_KEY_ID_BYTES);
		head->body_len = (uint32_t)(len + AROUND_BYTES);
		bound_bytes(head, bound);
		nonce_of(body_key, bound, padded.at, len, out);
		crypto_aead_xchacha20poly1305_ietf_encrypt(
			out + NONCE_BYTES, NULL, padded.at, len, bound,
			sizeof bound, NULL, out, body_key->b);
		to->len += len + AROUND_BYTES;
	}
	qf_buf_fini(&padded);
	return out;
}

bool qf_direct_open(const struct qf_hash *body_key,
                    const uint8_t key_id[QF_KEY_ID_BYTES],
                    const struct qf_envelope *e, struct qf_buf *to)
{
	size_t len = e->head.body_len, start = to->len;
	uint8_t bound[BOUND_BYTES];
	struct qf_cursor c;
	uint32_t body_len;
	uint8_t *out;

	if (len < AROUND_BYTES + PADDED_MIN ||
	    memcmp(e->head.key_id, key_id, QF_KEY_ID_BYTES))
		return false;
	bound_bytes(&e->head, bound);
	out = qf_buf_room(to, len - AROUND_BYTES);
	if (!out ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(
		    out, NULL, NULL, e->body + NONCE_BYTES, len - NONCE_BYTES,
		    bound, sizeof bound, e->body, body_key->b))
		return false;
	c = qf_cursor(qf_bytes(out, len - AROUND_BYTES));
	body_len = qf_get_u32(&c);
	if (body_len > qf_cursor_left(&c))
		return false;
	memmove(out, c.at, body_len);
	to->len = start + body_len;
	return true;
}

static bool is_clear(const struct qf_envelope *e)
{
	static const uint8_t none[QF_KEY_ID_BYTES];

	return !memcmp(e->head.key_id, none, sizeof none);
}

bool qf_direct_body(const struct qf_direct *d, const struct qf_envelope *e,
                    struct qf_buf *opened, struct qf_body *body)
{
	if (!d)
		return is_clear(e) && qf_body_decode(body, qf_envelope_body(e));
	return qf_direct_open(&d->body_key, d->key_id, e, opened) &&
	       qf_body_decode(body, qf_buf_bytes(opened));
}
