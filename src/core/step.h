/* step.h - the seam of the core: what it is told, and what it tells
 *
 * The core thread gathers events, steps the node, and carries out its effects
 * in order. Time comes in with each step, randomness with the node's seed. In
 * this way a test plays a whole network in one process.
 *
 * A conn is a connection on some worker, a link to a peer or a client of a
 * gateway: 16 bits of worker, 48 of its own count, never 0 and never reused
 * while a process lives.
 *
 * Ownership: an event or effect owns what it points to (references, strings)
 * unless the field says borrowed. qf_event_fini() and qf_effect_fini() release
 * what was not taken; taking is setting the pointer to NULL.
 */
#ifndef QF_STEP_H
#define QF_STEP_H

#include "direct.h"
#include "err.h"
#include "keep.h"
#include "keyset.h"
#include "people.h"
#include "post.h"
#include "room.h"
#include "tail.h"

typedef uint64_t qf_conn;

static inline unsigned qf_conn_worker(qf_conn conn)
{
	return (unsigned)(conn >> 48);
}

struct qf_now {
	uint64_t mono_ms; /* since boot, for timers */
	uint64_t wall_ms; /* Unix, for stamps */
};

/* What a client asks. `text`, `room` and `who` are owned, NUL-terminated. Who
 * is a name, a name and short key ("ana·k7f"), or a whole key. */
enum qf_command_kind {
	QF_CMD_SAY,     /* room, type, text, nonce */
	QF_CMD_JOIN,    /* room */
	QF_CMD_PART,    /* room */
	QF_CMD_MSG,     /* who, type, text, nonce */
	QF_CMD_CONNECT, /* address, or who: a contact, which must show its key
	                 */
	QF_CMD_HOST,    /* address.port, 0: any; listen there from now on */
	QF_CMD_DISCONNECT, /* no links, no listening, no dialling */
	QF_CMD_NAME,       /* text: our name from now on */
	QF_CMD_AWAY,       /* text: why, or NULL */
	QF_CMD_BACK,
	QF_CMD_WHO,      /* room, or NULL: everyone */
	QF_CMD_CONTACTS, /* who is remembered */
	QF_CMD_CONTACT,  /* remember: text is the name, key, address */
	QF_CMD_FORGET,   /* text: a name, key or address */
	QF_CMD_STATUS,
};

struct qf_command {
	enum qf_command_kind kind;
	uint64_t request; /* echoed in the answer */
	char *room;
	char *text;
	char *who;
	uint8_t type; /* enum qf_type */
	bool has_nonce;
	struct qf_nonce nonce;
	struct qf_address address;
	struct qf_key key; /* CONTACT */
};

/* What the core is told. */
enum qf_event_kind {
	/* by a worker, of a link */
	QF_EV_LINK_UP,     /* the handshake is done */
	QF_EV_LINK_HELLO,  /* the peer said its name and port */
	QF_EV_LINK_DOWN,   /* gone, text says why */
	QF_EV_LINK_ALIVE,  /* answered a probe */
	QF_EV_DIAL_FAILED, /* number is the dial, text says why */
	QF_EV_FOLLOW,      /* conn wants the pair of room */
	QF_EV_TURN_ASKED,  /* link wants to reconcile room */
	QF_EV_TURN_OVER,   /* it has, or will not */
	QF_EV_ARRIVED,     /* verified envelopes of room, number: see below */
	QF_EV_HERE,        /* payload: what it says of presence, verified */
	QF_EV_DIRECT,      /* it offers the room of its key and ours */
	QF_EV_PROGRESS,    /* the peer has all of room up to lsn `number` */
	/* by a worker, of a client */
	QF_EV_COMMAND,
	QF_EV_CLIENT_DOWN,
	/* by the store */
	QF_EV_COMMITTED,     /* keeps, with their lsns */
	QF_EV_NOT_COMMITTED, /* text says why; it will be tried again */
	/* by the process */
	QF_EV_TICK,          /* time has passed */
	QF_EV_LISTENING,     /* address: where, for people and HELLO */
	QF_EV_NOT_LISTENING, /* text says why, or NULL: as it was told */
	QF_EV_STOP,
};

struct qf_event {
	enum qf_event_kind kind;
	qf_conn conn;
	/* ARRIVED: the count of envelopes that the link has carried so far,
	 * these included; DONE answers with it. */
	uint64_t number;
	struct qf_room_id room;
	struct qf_key key;         /* LINK_UP */
	bool outbound;             /* LINK_UP: we dialled, as `number` */
	struct qf_address address; /* LINK_UP, LINK_HELLO, LISTENING */
	char *text;
	struct qf_shared *payload;      /* HERE */
	struct qf_envelope **envelopes; /* ARRIVED */
	size_t envelope_count;
	struct qf_command *command;
	struct qf_keep *keeps; /* COMMITTED */
	size_t keep_count;
};

/* What a client is answered. */
enum qf_answer_kind {
	QF_ANS_STORED,  /* say: id, lsn, hlc, room; again if repeated */
	QF_ANS_DONE,    /* anything else that worked; text may say how */
	QF_ANS_REFUSED, /* code, text, hint */
	QF_ANS_STATUS,
	QF_ANS_PEOPLE,   /* of WHO */
	QF_ANS_CONTACTS, /* of CONTACTS */
};

/* Someone who is here, ourselves first. */
struct qf_person_status {
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	bool self;
	bool linked; /* with us; otherwise through others */
	bool away;
	char text[QF_HERE_TEXT_BYTES_MAX + 1]; /* why away */
	struct qf_address address; /* where it says that it listens */
	uint64_t since_ms;         /* mono */
};

struct qf_room_status {
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	uint64_t count;
	uint64_t last_lsn;
};

struct qf_link_status {
	qf_conn conn;
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_address address;
	bool outbound;
	uint64_t since_ms; /* mono */
};

/* An address that was asked for and does not answer just now. */
struct qf_dial_status {
	struct qf_address address;
	char name[QF_USER_NAME_BYTES_MAX + 1]; /* who is expected, or "" */
	char why[QF_WHY_BYTES_MAX + 1];
};

struct qf_status {
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_address listening; /* port 0: not */
	uint64_t now_ms;             /* mono */
	uint64_t keeps_waiting;
	char *store_trouble; /* NULL: none */
	struct qf_room_status *rooms;
	size_t room_count;
	struct qf_link_status *links;
	size_t link_count;
	struct qf_dial_status *unreachable;
	size_t unreachable_count;
	size_t peers_known;
};

struct qf_answer {
	enum qf_answer_kind kind;
	uint64_t request;
	struct qf_hash id;
	struct qf_room_id room;
	uint64_t lsn;
	uint64_t hlc;
	const char *code; /* static: "stopping", "bad-room", ... */
	char *text;       /* a sentence */
	const char *hint; /* static: what to do next, or NULL */
	struct qf_status *status;
	uint64_t now_ms; /* PEOPLE: mono */
	struct qf_person_status *people;
	struct qf_peer *contacts;
	size_t count; /* of either */
};

/* What all clients may want to know. */
enum qf_news_kind {
	QF_NEWS_LINK_UP,     /* key, name, address, outbound */
	QF_NEWS_LINK_DOWN,   /* key, name, address, text */
	QF_NEWS_DIAL_FAILED, /* address, text */
	QF_NEWS_TROUBLE,     /* text: why nothing is stored just now */
	QF_NEWS_TROUBLE_OVER,
	QF_NEWS_COPIES,    /* id, room, number: copies of an own envelope */
	QF_NEWS_PERSON,    /* change, key, name; text: old name, or why away */
	QF_NEWS_SELF,      /* name: what we are called from now on */
	QF_NEWS_LISTENING, /* address; port 0: not any more */
	QF_NEWS_NOTICE,    /* text: a sentence for people */
};

struct qf_news {
	enum qf_news_kind kind;
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_address address;
	bool outbound;
	enum qf_change_kind change;
	struct qf_hash id;
	struct qf_room_id room;
	uint64_t number;
	char *text;
};

/* What the core tells. */
enum qf_effect_kind {
	QF_FX_KEEP, /* to the store, in order */
	/* to a worker, of a conn; each answers one event of that conn */
	QF_FX_PAIR, /* of FOLLOW: snapshot with its lsn; joins the worker */
	QF_FX_TURN, /* of TURN_ASKED: a fresh snapshot; go on */
	QF_FX_DONE, /* of ARRIVED: all up to number are committed */
	QF_FX_ANSWER,
	/* to a worker, unasked */
	QF_FX_POST,   /* for a room that the worker joined; may be replaced by
	               * "up to lsn N" when its queue is full (tail.h) */
	QF_FX_ROOM,   /* a room was joined; all workers */
	QF_FX_UNROOM, /* a room was left: offer it no more; all workers */
	QF_FX_DIRECT, /* conn: the room that we share with that link's key */
	QF_FX_HERE,   /* parcel, for links; all workers */
	QF_FX_SELF,   /* name and address.port for HELLO; all workers */
	QF_FX_PROBE,  /* conn must show life within QF_PROBE_MS or go */
	QF_FX_DROP,   /* conn goes, text says why, to the peer too */
	QF_FX_DIAL,   /* number, address, and key if only that one will do */
	QF_FX_NEWS,   /* all workers */
	/* to the process */
	QF_FX_HOST,    /* listen on address.port, answer LISTENING or NOT */
	QF_FX_UNHOST,  /* stop listening, answer NOT_LISTENING */
	QF_FX_STOPPED, /* all that was accepted is stored and answered */
};

struct qf_effect {
	enum qf_effect_kind kind;
	unsigned worker; /* whom it is for */
	qf_conn conn;
	uint64_t number;
	struct qf_room_id room;
	char name[QF_ROOM_NAME_BYTES_MAX + 1]; /* PAIR, ROOM: folded, or '@' and
	                                        * the key of a direct room */
	struct qf_direct *direct; /* PAIR, ROOM of one, DIRECT: owned */
	struct qf_parcel parcel;  /* HERE: one reference */
	struct qf_snapshot *snapshot;
	struct qf_post *post;
	struct qf_told *told; /* PAIR, POST: the room's on that worker */
	struct qf_keep keep;
	struct qf_address address;
	bool expects_key;
	struct qf_key key;
	char *text;
	struct qf_answer *answer;
	struct qf_news *news;
};

struct qf_effects {
	struct qf_effect *list;
	size_t count;
	size_t cap;
	bool bad; /* out of memory: the process must end */
};

void qf_event_fini(struct qf_event *ev);
void qf_command_free(struct qf_command *c);
void qf_answer_free(struct qf_answer *a);
void qf_news_free(struct qf_news *n);
void qf_keep_fini(struct qf_keep *k);
void qf_effect_fini(struct qf_effect *fx);

/* A new, zeroed effect at the end of the list, or NULL (and list->bad). */
struct qf_effect *qf_effects_add(struct qf_effects *list,
                                 enum qf_effect_kind kind);
void qf_effects_clear(struct qf_effects *list); /* memory kept */
void qf_effects_fini(struct qf_effects *list);

#endif
