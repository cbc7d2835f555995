/* wire.h - frames between nodes, as bytes and as structs
 *
 * docs/wire.md is the specification. On the stream a frame is a u32 length
 * (of what follows, 1 to QF_FRAME_BYTES_MAX), a type byte, a payload. Types
 * from 0x80 are for later and skipped when unknown; others end the link.
 *
 * A handle is the sender's small number for a room on this link: frames name
 * a room by the number that their sender gave it in OPEN.
 */
#ifndef QF_WIRE_H
#define QF_WIRE_H

#include "reconcile.h"
#include "room.h"

enum qf_frame_type {
	QF_FRAME_HELLO = 1, /* first on a link, once */
	QF_FRAME_TAGS = 2,  /* rooms offered; again after each later join */
	QF_FRAME_OPEN = 3,  /* a matched room: handle and summary */
	QF_FRAME_RECON = 4, /* handle, reconcile.h payload */
	QF_FRAME_HAVE = 5,  /* what the peer lacks, named */
	QF_FRAME_WANT = 6,  /* of what was named or listed, send this */
	QF_FRAME_MSG = 7,   /* envelopes of one root, batch.h */
	QF_FRAME_ACK = 8,   /* so many that you sent or named are stored */
	QF_FRAME_PING = 9,
	QF_FRAME_PONG = 10,
	QF_FRAME_BYE = 11,   /* why the link ends */
	QF_FRAME_HERE = 12,  /* who is here, parcel.h */
	QF_FRAME_IHAVE = 13, /* what is new here, by id */
	QF_FRAME_GRAFT = 14, /* push what is new, and these of what you named */
	QF_FRAME_PRUNE = 15, /* push no more, name */
	QF_FRAME_HAD = 16,   /* so many that you named by IHAVE are stored */
	QF_FRAME_LATER = 17, /* to the first RECON: OPEN comes again */
};

enum {
	QF_WIRE_VERSION = 2,
	QF_FRAME_HEAD_BYTES = 5,
	/* In the first byte of a MSG payload, before the handle. */
	QF_MSG_ANSWERS = 1,  /* to a WANT, in the order of HAVEs */
	QF_MSG_ASKS_ACK = 2, /* now, not within a second */
	QF_MSG_LIVE = 4,     /* new at the sender: pushed as it came */
};

struct qf_frame {
	uint8_t type;
	struct qf_bytes payload; /* borrowed */
};

/* Split the next frame off `in`. 1: there it is, *used bytes; 0: more bytes
 * are needed; QF_E_LIMIT: the length is zero or too long. */
int qf_frame_split(struct qf_bytes in, struct qf_frame *out, size_t *used);
/* Begin a frame; what is appended until qf_frame_end(mark) is its payload. */
size_t qf_frame_begin(struct qf_buf *to, uint8_t type);
void qf_frame_end(struct qf_buf *to, size_t mark);

/* What the sender's clock shows: u64 Unix milliseconds, u8 quality. */
struct qf_face {
	uint64_t ms;     /* at most QF_STAMP_MS_MAX */
	uint8_t quality; /* enum qf_clock_quality */
};

/* u8 version, u16 port, name with its length (a varint), the clock; nothing
 * after it, as in all payloads. */
struct qf_hello {
	uint8_t version;      /* QF_WIRE_VERSION */
	uint16_t port;        /* where the sender listens, 0: it does not */
	struct qf_bytes name; /* UTF-8; qf_user_name_check() is the caller's */
	struct qf_face face;
};

/* Varint handle, 16 bytes tag, varints have_from and count, 32 bytes root. */
struct qf_open {
	uint64_t handle;
	struct qf_tag tag;  /* as the receiver offered it */
	uint64_t have_from; /* 0: nothing is pruned */
	uint64_t count;
	struct qf_hash root; /* qf_snapshot_digest() */
};

/* Entries of HAVE and WANT, after a varint handle and a varint of how many. A
 * short id is a 0 and a u64. A range, half open and not empty, is a varint
 * count * 2 + 1 and two bounds, each relative to the bound before it in the
 * frame; in HAVE it says how many envelopes lie in it. */
struct qf_named {
	bool range;
	uint64_t short_id; /* if not a range */
	struct qf_bound from;
	struct qf_bound to;
	uint64_t count; /* 1 if not a range; 0 in WANT ranges */
};

void qf_hello_put(struct qf_buf *to, const struct qf_hello *h);
bool qf_hello_get(struct qf_bytes payload, struct qf_hello *h);
/* Nothing but tags, 16 bytes each: strictly ascending, padded with random ones
 * by the caller, at most QF_TAGS_MAX. */
void qf_tags_put(struct qf_buf *to, const struct qf_tag *tags, size_t n);
bool qf_tags_get(struct qf_bytes payload, struct qf_bytes *tags, size_t *n);
void qf_open_put(struct qf_buf *to, const struct qf_open *o);
bool qf_open_get(struct qf_bytes payload, struct qf_open *o);
/* type: HAVE or WANT. At most QF_OWED_MAX entries; the whole frame keeps
 * within QF_FRAME_BYTES_MAX or get/put says so (bad). */
void qf_named_put(struct qf_buf *to, uint8_t type, uint64_t handle,
                  const struct qf_named *named, size_t n);
/* Calls each in order; false from it stops, and what came so far was good.
 * False: malformed, perhaps after some calls. */
bool qf_named_get(struct qf_bytes payload, uint8_t type, uint64_t *handle,
                  bool (*each)(void *ctx, const struct qf_named *named),
                  void *ctx);
/* IHAVE and GRAFT: varint handle, then for each envelope of content its hlc
 * (u64) and id; 1 to QF_BATCH_LEAVES_MAX of them. Keys that were got have no
 * lsn. */
void qf_ids_put(struct qf_buf *to, uint8_t type, uint64_t handle,
                const struct qf_setkey *keys, size_t n);
bool qf_ids_get(struct qf_bytes payload, uint64_t *handle,
                struct qf_setkey keys[QF_BATCH_LEAVES_MAX], size_t *n);
/* A varint: ACK and HAD how many, PING any number, PRUNE and LATER a
 * handle. */
void qf_number_put(struct qf_buf *to, uint8_t type, uint64_t number);
bool qf_number_get(struct qf_bytes payload, uint64_t *number);
/* A PONG: the varint of the PING, and the clock as it is now. */
void qf_pong_put(struct qf_buf *to, uint64_t token, const struct qf_face *face);
bool qf_pong_get(struct qf_bytes payload, uint64_t *token,
                 struct qf_face *face);
/* UTF-8 without a length, at most QF_REASON_BYTES_MAX. */
/* The one reason that nodes know too: the mesh gives the link up (wire.md 10).
 */
#define QF_BYE_SPARE "others will do"

void qf_bye_put(struct qf_buf *to, const char *reason);
bool qf_bye_get(struct qf_bytes payload, struct qf_bytes *reason);

#endif
