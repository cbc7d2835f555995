/* limits.h - every maximum that a stranger could otherwise choose
 *
 * Sizes are in bytes, times in milliseconds; docs/wire.md names those that
 * both ends must agree on (marked "wire").
 */
#ifndef QF_LIMITS_H
#define QF_LIMITS_H

enum {
	QF_BODY_BYTES_MAX = 65536,      /* wire: a sealed body */
	QF_FRAME_BYTES_MAX = 72 * 1024, /* wire: type and payload */
	QF_BATCH_BYTES_MAX = 64 * 1024, /* wire: a MSG of two or more */
	QF_RECON_BYTES_MAX = 64 * 1024, /* wire: a RECON payload */
	QF_BATCH_LEAVES_MAX = 256,      /* wire: envelopes below one root */
	QF_PATH_MAX = 8,                /* wire: log2 of the above */
	QF_ROOM_NAME_BYTES_MAX = 64,    /* wire: UTF-8, with its '#' */
	QF_USER_NAME_CHARS_MAX = 32,    /* wire: code points */
	QF_USER_NAME_BYTES_MAX = 128,   /* wire */
	QF_GUEST_ID_BYTES_MAX = 64,     /* wire */
	QF_TEXT_BYTES_MAX = 65000,      /* wire: what fits beside a name */
	QF_REASON_BYTES_MAX = 200,      /* wire: why a link is closed */
	QF_TAGS_MAX = 1024,             /* wire: rooms offered in one TAGS */

	QF_ROOMS_MAX = 1000,
	QF_LINKS_MAX = 16384,
	QF_PEERS_MAX = 1024,   /* remembered addresses */
	QF_NONCES_MAX = 16384, /* says that can be repeated safely */

	QF_WHY_BYTES_MAX = 640, /* why a dial failed, two names in it */
	QF_OWED_MAX = 4096,     /* ranges or ids owed to one peer */
	QF_PUSH_COUNT_MAX = 64, /* sent unasked per reconciliation */
	QF_PUSH_BYTES_MAX = 256 * 1024,
	QF_RING_FRAMES_MAX = 1024, /* recent frames kept a room, worker */
	QF_RING_BYTES_MAX = 4 << 20,
	QF_ROOTS_MAX = 1024,          /* checked batch roots remembered */
	QF_COPIES_WATCHED_MAX = 4096, /* own envelopes whose copies count */

	QF_API_LINE_BYTES_MAX = 128 * 1024,
	QF_API_ROOMS_MAX = 64,    /* rooms one client follows */
	QF_HISTORY_MAX = 1000000, /* lines one history answer may have */

	QF_GREETING_MS = 30000, /* silence before HELLO or TLS ends */
	QF_PING_MS = 15000,
	QF_DEAD_MS = 40000,
	QF_UNACKED_MS = 8000, /* TCP data out, no ACK: dead */
	QF_PROBE_MS = 1000,   /* the older of two links answers */
	QF_TURN_MS = 5000,    /* longest wait to reconcile */
	QF_ACK_MS = 1000,
	QF_REDIAL_MIN_MS = 500,
	QF_REDIAL_MAX_MS = 60000,
	QF_DIAL_MS = 5000,
	QF_MERGE_AHEAD_MS = 600000, /* sync.md 2, rule 3 */
};

#define QF_PORT_DEFAULT 9999

#endif
