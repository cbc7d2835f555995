/* here.h - what a node says of itself, and what is said when a link of it ends
 *
 * A record is all that others know of a node that they have no link with. The
 * node alone signs it, and each has a version above that of the one before. It
 * names, among other things, the links that the node vouches for.
 *
 * A report is signed by the other end of such a link: there is none. It is
 * about one version of the record; a later one may claim the link again.
 *
 * On the wire (integers big-endian, a varint length before names and texts):
 *
 *   record  32 key, u64 version, u8 state, name, text, u16 port,
 *           u8 n, n * 16 addresses, u8 n, n * 32 edges, u8 n, n * 8 rooms,
 *           64 signature of BLAKE2b-256 (pers "QF1here", all before it)
 *   report  32 reporter, 32 subject, u64 version,
 *           64 signature of BLAKE2b-256 (pers "QF1gone", all before it)
 *
 * Each has one form: edges and rooms ascend strictly, only who is away has a
 * text, and who has left has no port, addresses, edges or rooms, and is no hub.
 * The state is the lower half of its byte. Of the upper half the highest bit
 * says that it is a hub: a node that is always on, as far as it knows. The
 * others mean nothing yet, and are passed on as they came. Both are signed as a
 * root is (identity.h); by their personalisations none of the three can pass
 * for another.
 *
 * Pure. A qf_here only borrows: its spans point into what it was read from.
 */
#ifndef QF_HERE_H
#define QF_HERE_H

#include "batch.h"
#include "bytes.h"
#include "identity.h"
#include "limits.h"

enum {
	QF_HERE_TEXT_BYTES_MAX = 200, /* wire: why someone is away */
	QF_HERE_ADDRESSES_MAX = 4,    /* wire */
	QF_HERE_EDGES_MAX = 16,       /* wire */
	QF_HERE_ROOMS_MAX = 64,       /* wire */
	QF_HERE_ADDRESS_BYTES = 16,   /* IPv6, or IPv4 mapped into it */
	QF_HERE_ROOM_BYTES = 8,       /* the beginning of a room id */
	QF_HERE_BYTES_MAX = QF_KEY_BYTES + 8 + 1 + 2 + QF_USER_NAME_BYTES_MAX +
	                    2 + QF_HERE_TEXT_BYTES_MAX + 2 + 3 +
	                    QF_HERE_ADDRESSES_MAX * QF_HERE_ADDRESS_BYTES +
	                    QF_HERE_EDGES_MAX * QF_KEY_BYTES +
	                    QF_HERE_ROOMS_MAX * QF_HERE_ROOM_BYTES +
	                    QF_SIG_BYTES,
	QF_GONE_BYTES = 2 * QF_KEY_BYTES + 8 + QF_SIG_BYTES,
};

/* Above the state, in its byte. */
enum { QF_HERE_HUB = 0x80 };

/* Room is left above it for ever. */
#define QF_HERE_VERSION_MAX (UINT64_MAX >> 1)

enum qf_here_state {
	QF_HERE_HERE = 1,
	QF_HERE_AWAY = 2,
	QF_HERE_LEFT = 3, /* said so; the last word of a process */
};

struct qf_here {
	struct qf_key key;
	uint64_t version; /* 1 to QF_HERE_VERSION_MAX */
	enum qf_here_state state;
	bool is_hub;
	uint16_t port;        /* where it listens, 0: it does not */
	struct qf_bytes name; /* 1 to QF_USER_NAME_BYTES_MAX, UTF-8 */
	struct qf_bytes text; /* UTF-8 */
	struct qf_bytes addresses;
	struct qf_bytes edges; /* keys of nodes that it has a link with */
	struct qf_bytes rooms; /* open rooms that it is in */
	struct qf_bytes whole; /* as on the wire; set by qf_here_get() */
};

struct qf_gone {
	struct qf_key reporter;
	struct qf_key subject;
	uint64_t version; /* of the subject's record */
	uint8_t sig[QF_SIG_BYTES];
};

/* Append a record, signed; id is that of h->key. What is not in its one form
 * is our bug. */
void qf_here_put(struct qf_buf *to, const struct qf_here *h,
                 const struct qf_identity *id);
/* Read one. What is malformed makes the cursor bad. The signature is not looked
 * at, nor is the name more than UTF-8 (qf_user_name_check() is the caller's:
 * its tables may be older than the sender's). */
void qf_here_get(struct qf_cursor *c, struct qf_here *h);
/* Who is to have signed what. h was read by qf_here_get(). */
void qf_here_signed(const struct qf_here *h, struct qf_checked *out);
/* Costs some 40 us. */
bool qf_here_verify(const struct qf_here *h);
/* The same but for version and signature. */
bool qf_here_same(const struct qf_here *a, const struct qf_here *b);
size_t qf_here_edge_count(const struct qf_here *h);
void qf_here_edge(const struct qf_here *h, size_t i, struct qf_key *out);
/* Which edge is to that key, or -1. */
int qf_here_edge_to(const struct qf_here *h, const struct qf_key *key);
bool qf_here_in_room(const struct qf_here *h,
                     const uint8_t room[QF_HERE_ROOM_BYTES]);

/* Sign a report of id's own: sets the reporter and the signature. */
void qf_gone_sign(struct qf_gone *g, const struct qf_identity *id);
void qf_gone_put(struct qf_buf *to, const struct qf_gone *g);
void qf_gone_get(struct qf_cursor *c, struct qf_gone *g);
void qf_gone_signed(const struct qf_gone *g, struct qf_checked *out);
bool qf_gone_verify(const struct qf_gone *g);

#endif
