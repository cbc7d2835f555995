/* limits.h - every maximum that a stranger could otherwise choose
 *
 * Sizes are in bytes, times in milliseconds; docs/wire.md names those that
 * both ends must agree on (marked "wire").
 */
#ifndef QF_LIMITS_H
#define QF_LIMITS_H

enum {
	QF_BODY_BYTES_MAX = 65536,       /* wire: a sealed body */
	QF_FRAME_BYTES_MAX = 72 * 1024,  /* wire: type and payload */
	QF_BATCH_BYTES_MAX = 64 * 1024,  /* wire: a MSG of two or more */
	QF_RECON_BYTES_MAX = 64 * 1024,  /* wire: a RECON payload */
	QF_BATCH_LEAVES_MAX = 256,       /* wire: envelopes below one root */
	QF_PATH_MAX = 8,                 /* wire: log2 of the above */
	QF_ROOM_NAME_BYTES_MAX = 64,     /* wire: UTF-8, with its '#' */
	QF_USER_NAME_CHARS_MAX = 32,     /* wire: code points */
	QF_USER_NAME_BYTES_MAX = 128,    /* wire */
	QF_GUEST_ID_BYTES_MAX = 64,      /* wire */
	QF_CLIENT_TAGS_BYTES_MAX = 4608, /* wire: of IRC clients */
	QF_TEXT_BYTES_MAX = 65000, /* wire: what fits beside names; with tags */
	QF_REASON_BYTES_MAX = 200, /* wire: why a link is closed */
	QF_TAGS_MAX = 1024,        /* wire: rooms offered in one TAGS */
	QF_CLOCKS_MAX = 15,        /* of others, asked for a room's time */
	QF_DRAFTS_MAX = 4096,      /* said while our clock is wrong */

	QF_ROOMS_MAX = 1000,
	QF_LINKS_MAX = 16384,
	QF_IRC_PORTS_MAX = 8, /* beside the one port */
	QF_PEERS_MAX = 1024,  /* addresses to dial; peers nobody asked for */
	QF_ADDRESSES_EACH_MAX = 8, /* of one peer that are remembered */
	QF_FOUND_MAX = 256,    /* of these, found nearby and not linked yet */
	QF_NONCES_MAX = 16384, /* says that can be repeated safely */

	QF_WHY_BYTES_MAX = 640, /* why a dial failed, two names in it */
	QF_OWED_MAX = 4096,     /* ranges or ids owed to one peer */
	QF_OLDER_MAX = 4096,    /* envelopes owed that live waits for */
	QF_WANTS_MAX = 1 << 17, /* names of what is not here, of all links */
	QF_PUSH_COUNT_MAX = 64, /* sent unasked per reconciliation */
	QF_PUSH_BYTES_MAX = 256 * 1024,
	QF_RING_FRAMES_MAX = 1024, /* recent frames kept a room, worker */
	QF_RING_BYTES_MAX = 4 << 20,
	QF_RINGS_FRAMES_MAX = 16384, /* the same, of all rooms together */
	QF_RINGS_BYTES_MAX = 16 << 20,
	QF_ROOTS_MAX = 1024,          /* checked batch roots remembered */
	QF_COPIES_WATCHED_MAX = 4096, /* own envelopes whose copies count */
	QF_COPIES_PEERS_MAX = 16384,  /* who has how much of a room */

	QF_CLASSICS_MAX = 256,           /* guests by the original's protocol */
	QF_CLASSIC_NAME_BYTES_MAX = 32,  /* what they are called here */
	QF_CLASSIC_CALLERS_MAX = 64,     /* let in, and not come back yet */
	QF_CLASSIC_CALLERS_EACH_MAX = 4, /* of one address */
	QF_CLASSIC_SAYS_MAX = 256,       /* of one, on their way to disk */
	QF_CLASSIC_GREETING_MS = 10000,  /* to say who it is */
	QF_CLASSIC_STUCK_MS = 60000,     /* a frame that it does not take */

	QF_API_LINE_BYTES_MAX = 128 * 1024,
	QF_API_ROOMS_MAX = 64,     /* rooms one client follows */
	QF_MARKERS_MAX = 10000,    /* read markers of all who came by IRC */
	QF_MARKERS_EACH_MAX = 500, /* of one of them */
	QF_ACCOUNTS_MAX = 10000,   /* of all who come by IRC */
	QF_READER_BYTES_MAX = 255, /* whose it is, and of what */
	QF_HISTORY_MAX = 1000000,  /* lines one history answer may have */

	QF_OFFENDERS_MAX = 256, /* keys, and places, that are remembered */
	QF_QUEUE_MS = 20000, /* longest wait for a handshake, if one offended */
	QF_HELLO_BYTES_MAX = 4096, /* of TLS, that wait so long */

	QF_GREETING_MS = 30000, /* silence before HELLO or TLS ends */
	QF_PING_MS = 15000,
	QF_DEAD_MS = 40000,
	QF_UNACKED_MS = 8000, /* TCP data out, no ACK: dead */
	QF_PROBE_MS = 1000,   /* the older of two links answers */
	QF_TURN_MS = 5000,    /* longest wait to reconcile */
	QF_SETTLE_MS = 1000,  /* longest that live waits for it */
	QF_ACK_MS = 1000,
	QF_REDIAL_MIN_MS = 500,
	QF_REDIAL_MAX_MS = 60000,
	QF_DIAL_MS = 5000,
	QF_BEACONS_A_SECOND = 20, /* wire: of all nodes of a network */
	QF_BEACON_MS = 1000,      /* wire: a node's shortest wait */
	QF_BEACON_MAX_MS = 60000,
	QF_MERGE_AHEAD_MS = 600000, /* sync.md 2, rule 3 */
	QF_STAMP_LEAD_MS = 1000,    /* for a millisecond of their own */
	QF_SKEW_MS = 600000,        /* clocks that differ more disagree */
	QF_SKEW_YEARS = 5,          /* after the build no clock is believed */
	QF_CLOCK_MS = 60000,        /* how often a peer is asked the time */

	/* More than anybody has said between a copy of a home and its end. */
	QF_SEQ_MARGIN = 1 << 20,
};

/* Sequence numbers of ours stay below what JSON can carry; those above are not
 * ours to continue. */
#define QF_SEQ_MAX (INT64_C(1) << 53)

#define QF_PORT_DEFAULT 9999
#define QF_PORT_IRC     6667 /* that most clients try */

/* wire: the last millisecond that a stamp can name, in the year 10889. */
#define QF_STAMP_MS_MAX ((UINT64_C(1) << 48) - 1)

#endif
