/* room.h - which room a name means, and the key that its links match by
 *
 * An open room ("#lobby") is whoever can reach the network. Its id is
 * BLAKE2b-256 (pers "QF1open") of its folded name, its tag key BLAKE2b-256
 * (pers "QF1tagkey") of its id.
 *
 * Folding (rooms and people alike) is Unicode NFC with full case folding, by
 * utf8proc; unassigned, control, format, private-use, white-space and
 * default-ignorable characters and the Braille blank (U+2800) are refused, so
 * that two nodes with different Unicode tables never disagree and no name can
 * pass for another by an invisible character.
 */
#ifndef QF_ROOM_H
#define QF_ROOM_H

#include "envelope.h"

enum { QF_TAG_BYTES = 16, QF_EXPORTER_BYTES = 32 };

struct qf_tag {
	uint8_t b[QF_TAG_BYTES];
};

/* Fold a name into out (NUL-terminated, cap bytes with it). QF_E_MALFORMED:
 * not UTF-8, empty or a refused character; QF_E_LIMIT: too long. */
int qf_name_fold(struct qf_bytes name, char *out, size_t cap);
/* The same for names that are told apart by their looks alone: folded, and
 * letters that look as those of ASCII do (lookalike.h) are those. */
int qf_name_look(struct qf_bytes name, char *out, size_t cap);
/* '#' and 1 to 63 more bytes, no comma; the folded name into out. */
int qf_room_name_fold(struct qf_bytes name,
                      char out[QF_ROOM_NAME_BYTES_MAX + 1]);
/* A person's name: 1 to 32 characters, no spaces, has no middle dot, does not
 * begin with '#' or
 * '/', and does not fold to "system". The name itself is kept as typed (NFC)
 * in out, which has room for QF_USER_NAME_BYTES_MAX + 1; its fold fits in as
 * much. */
int qf_user_name_check(struct qf_bytes name, char *out);
bool qf_utf8_valid(struct qf_bytes text);

void qf_room_id_open(struct qf_room_id *id, const char *folded);
void qf_room_tag_key(const struct qf_room_id *id, struct qf_hash *key);
bool qf_room_id_equal(const struct qf_room_id *a, const struct qf_room_id *b);

/* sync.md 4.4: BLAKE2b-128(key = tag key, "QF tag" || exporter || role), where
 * role is 0 for the TLS client's offer and 1 for the server's. */
void qf_room_tag(const struct qf_hash *tag_key,
                 const uint8_t exporter[QF_EXPORTER_BYTES], uint8_t role,
                 struct qf_tag *out);
/* sync.md 1.4: the link's key for fingerprints in this room,
 * BLAKE2b-256 (key = exporter, pers "QF1recon") of the room id: the first
 * half keys the sums, the second the short ids. */
void qf_room_recon_key(const struct qf_room_id *id,
                       const uint8_t exporter[QF_EXPORTER_BYTES],
                       struct qf_hash *out);

#endif
