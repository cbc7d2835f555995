/* envelope.h - one signed message: header, body, proof
 *
 * The header is 151 bytes, hashed to the id (BLAKE2b-256, pers "QF1msg"), and
 * is what a room's set consists of. The body is bound by body_len and
 * body_hash (BLAKE2b-256, pers "QF1body"). An envelope is valid in a room if
 * its header decodes, names that room, fits its body, and some valid proof
 * shows that its author signed the id. Nothing else may decide: no clock, no
 * quota (sync.md 1.4).
 *
 * An envelope is immutable once it has its proof, counted by reference, and
 * may cross threads. The store alone fills in the proof of an own envelope,
 * before anyone else can see it.
 */
#ifndef QF_ENVELOPE_H
#define QF_ENVELOPE_H

#include "bytes.h"
#include "identity.h"
#include "merkle.h"

enum {
	QF_HEADER_BYTES = 151,
	QF_PREV_BYTES = 16,
	QF_KEY_ID_BYTES = 16,
};

enum qf_class {
	QF_CLASS_CONTROL = 0, /* none in open rooms */
	QF_CLASS_CONTENT = 1,
};

/* Unknown types are valid members of the set; a view skips them. */
enum qf_type {
	QF_TYPE_TEXT = 1,
	QF_TYPE_ACTION = 2, /* "/me waves" */
	QF_TYPE_RENAME = 3, /* text is the new name, name the old one */
	QF_TYPE_NOTICE = 4, /* as TEXT, and no program may answer it */
	QF_TYPE_TOPIC = 5,  /* text is the room's topic from now on, or empty */
	QF_TYPE_TAGS = 6,   /* no text: tags alone, such as a reaction */
	QF_TYPE_REDACT = 7, /* text is an id and why: it is not to be shown */
	QF_TYPE_ACCOUNT = 8, /* in the room of our own key: accounts.h */
};

struct qf_room_id {
	uint8_t b[32];
};

struct qf_header {
	struct qf_room_id room;
	uint8_t class;
	uint8_t type;
	struct qf_key author;
	uint64_t hlc;                /* clock.h */
	uint64_t seq;                /* per (author, room), from 1 */
	uint8_t prev[QF_PREV_BYTES]; /* start of the id before it, or zero */
	uint8_t key_id[QF_KEY_ID_BYTES]; /* zero: the body is clear */
	uint32_t body_len;
	struct qf_hash body_hash;
};

struct qf_envelope {
	atomic_uint refs;
	struct qf_hash id;
	struct qf_header head;
	struct qf_proof proof;
	uint64_t seen_ms; /* Unix, when it came here; 0: not known. Local */
	uint8_t body[];   /* head.body_len bytes */
};

/* What a body of ours says; borrowed. Empty where a field is absent. */
struct qf_body {
	struct qf_bytes name; /* the author's, as it was then */
	struct qf_bytes text;
	struct qf_bytes guest; /* who spoke through the author's node */
	struct qf_bytes to;    /* for which guest, in a room of two keys */
	struct qf_bytes tags;  /* of IRC clients, as they write them */
};

void qf_header_encode(const struct qf_header *h, uint8_t out[QF_HEADER_BYTES]);
bool qf_header_decode(struct qf_header *h, struct qf_bytes from);
void qf_header_id(const struct qf_header *h, struct qf_hash *id);
void qf_body_hash(struct qf_bytes body, struct qf_hash *out);

/* A new envelope with one reference: fills in body_len, body_hash and id; its
 * proof is empty. NULL: out of memory or body over QF_BODY_BYTES_MAX. */
struct qf_envelope *qf_envelope_new(const struct qf_header *head,
                                    struct qf_bytes body);
struct qf_envelope *qf_envelope_ref(struct qf_envelope *e);
void qf_envelope_unref(struct qf_envelope *e); /* NULL is fine */
/* The proof leads to a root that the author signed. */
bool qf_envelope_proven(const struct qf_envelope *e);
struct qf_bytes qf_envelope_body(const struct qf_envelope *e);

/* Bodies are fields (tag u8, varint length, bytes), tags ascending, each at
 * most once; unknown tags are skipped. Encode: text valid UTF-8 is the
 * caller's duty; a field over its limit makes the buffer bad. Decode: false if
 * malformed, over a limit or not UTF-8. */
void qf_body_encode(struct qf_buf *to, const struct qf_body *b);
bool qf_body_decode(struct qf_body *b, struct qf_bytes from);
/* Of QF_TYPE_REDACT: the text is an id, and perhaps a space and why. */
bool qf_body_redacts(const struct qf_body *b, struct qf_hash *of,
                     struct qf_bytes *why);

#endif
