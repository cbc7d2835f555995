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

#include "chart.h"
#include "diagnosis.h"
#include "direct.h"
#include "err.h"
#include "keep.h"
#include "keyset.h"
#include "page.h"
#include "people.h"
#include "post.h"
#include "room.h"
#include "skew.h"
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

/* What a client asks. Strings are owned, NUL-terminated. Who is a name, a name
 * and short key ("ana·k7f"), or a whole key. `guest` says who speaks through
 * this node, `to` which guest of the other node is meant, if not its person,
 * and `tags` what IRC clients add; each may be NULL. `near` is a guest of this
 * node who is called as `who`, or as what stands before its '@'; then `tags`
 * are for it. */
enum qf_command_kind {
	QF_CMD_SAY,  /* room, type, text, nonce */
	QF_CMD_JOIN, /* room; guest: for that one; number: not 0: only to read,
	              * so that our person is no more in it than before */
	QF_CMD_PART, /* room */
	QF_CMD_MSG,  /* who ("zoe@ana": her guest), or NULL: at this node; type,
	              * text, nonce */
	QF_CMD_CONNECT,  /* address, or who: a contact, which must show its key
	                  */
	QF_CMD_HOST,     /* address.port, 0: any; listen there from now on, at
	                  * the host that the node was told at its start */
	QF_CMD_IRC_HOST, /* address.port, 0: any; listen there too */
	QF_CMD_DISCONNECT, /* no links, no listening, no dialling */
	QF_CMD_NAME,       /* text: our name from now on */
	QF_CMD_AWAY,       /* text: why, or NULL */
	QF_CMD_BACK,
	QF_CMD_WHO,      /* room, or NULL: everyone */
	QF_CMD_MAP,      /* everyone, and who is linked with whom */
	QF_CMD_CONTACTS, /* who is remembered */
	QF_CMD_CONTACT,  /* remember: text is the name, key, address */
	QF_CMD_FORGET,   /* text: a name, key or address */
	QF_CMD_STATUS,
	QF_CMD_DOCTOR, /* what is in the way; takes some seconds */
	/* of the original program (gateway/classic.h) */
	QF_CMD_CLASSIC_HOST, /* address, room: let them in there */
	QF_CMD_CLASSIC_CALL, /* address, room: go to one that listens */
	QF_CMD_CLASSIC,      /* by its gateway: it is called text from now on;
	                      * room and address of where it is */
	/* of a visitor of the page */
	QF_CMD_ENTER, /* as a guest: text is the name, nonce the ticket */
	QF_CMD_OWN,   /* as the owner: nonce is the secret of the link */
	/* of the owner, about the page */
	QF_CMD_INVITE, /* room; links for guests */
	QF_CMD_GUI,    /* a link for the owner */
	QF_CMD_GUESTS,
	QF_CMD_REMOVE, /* text: a guest */
	QF_CMD_PAGE,   /* text: open, closed or off */
	QF_CMD_TELL,   /* payload, to all workers or the one of conn `number` */
	QF_CMD_MARK,   /* the same to all; text has read up to ms `number`,
	                * or 0: all that begin with text are forgotten */
	QF_CMD_ALONE,  /* the room of our key and itself, for guests */
	QF_CMD_SETTLE, /* answered when all that was said before is on disk */
	QF_CMD_PASS,   /* payload, to conn `number`, which may be gone */
};

struct qf_command {
	enum qf_command_kind kind;
	uint64_t request; /* echoed in the answer */
	char *room;
	char *text;
	char *who;
	char *guest;
	char *to;
	char *tags;
	/* MSG: a guest here who is called as `who`, and the tags if that is
	 * whom it is for, which takes both out; or NULL */
	char *near;
	char *near_tags;
	bool near_absent; /* it will come again */
	/* TELL, MARK, PASS: owned, nothing to the core */
	struct qf_shared *payload;
	uint64_t number; /* JOIN; TELL: a conn, or 0; MARK: ms; PASS: a conn */
	uint8_t type;    /* enum qf_type */
	bool has_nonce;
	struct qf_nonce nonce;
	struct qf_address address;
	struct qf_key key; /* CONTACT */
};

/* What the core is told. */
enum qf_event_kind {
	/* by a worker, of a link */
	QF_EV_LINK_UP,     /* the handshake is done */
	QF_EV_LINK_HELLO,  /* the peer said its name, port and clock */
	QF_EV_LINK_DOWN,   /* gone, text says why */
	QF_EV_LINK_ALIVE,  /* answered a probe */
	QF_EV_LINK_CLOCK,  /* its clock is another than it was */
	QF_EV_DIAL_FAILED, /* number is the dial, text says why */
	QF_EV_FOLLOW,      /* conn wants the pair of room */
	QF_EV_TURN_ASKED,  /* link wants to reconcile room; number 1: only to
	                    * sum it up, when nobody does */
	QF_EV_TURN_OVER,   /* it has, or will not */
	QF_EV_ARRIVED,     /* verified envelopes of room, number: see below */
	QF_EV_HERE,        /* payload: what it says of presence, verified */
	QF_EV_DIRECT,      /* it offers the room of its key and ours */
	QF_EV_NAMED,       /* keys of room: it has them. number: names so far */
	QF_EV_GRAFTED,     /* it wants these keys, and all that is new */
	QF_EV_PRUNED,      /* it wants what is new in room only named */
	QF_EV_PROGRESS,    /* the peer has all of room up to lsn `number` */
	/* by a worker, of a client */
	QF_EV_COMMAND,
	QF_EV_CLIENT_DOWN,
	/* by the store */
	QF_EV_COMMITTED,     /* keeps, with their lsns */
	QF_EV_NOT_COMMITTED, /* text says why; it will be tried again */
	/* by the process */
	QF_EV_TICK,          /* time has passed */
	QF_EV_QUALITY,       /* number: what the system's clock is worth */
	QF_EV_LISTENING,     /* address: where, for people and HELLO */
	QF_EV_NOT_LISTENING, /* text says why, or NULL: as it was told */
	QF_EV_IRC,           /* of IRC_HOST: address, or text says why not */
	QF_EV_CLASSIC,      /* of CLASSIC_HOST: address, or text says why not */
	QF_EV_CLASSIC_LOST, /* of CLASSIC_CALL: address, text says why */
	QF_EV_FOUND,        /* address, hint, number: how, enum qf_found_by */
	QF_EV_CHANGED,      /* payload: where others reach us from now on, as
	                     * LISTENING has it; number: not 0, some address
	                     * or the network behind it is gone */
	QF_EV_EXAMINED,     /* facts, or NULL: it could not be looked */
	QF_EV_STOP,
};

/* How a node was found that may be worth a dial. */
enum qf_found_by {
	QF_FOUND_MDNS,
	QF_FOUND_BEACON,
	QF_FOUND_PROBE, /* addresses of this network, asked one by one */
};

/* How guests who speak through this node came to it, other than by IRC. */
enum qf_visitor_way {
	QF_VISITOR_PAGE,
	QF_VISITOR_CLASSIC, /* in plain text that anybody on the way may read */
};

/* Why a link or a dial ended, for the node; its text is for people. */
enum qf_cause {
	QF_CAUSE_OTHER,
	QF_CAUSE_SPARE, /* the mesh of one side gave it up */
	QF_CAUSE_KEY,   /* another key than the expected one answered */
};

struct qf_event {
	enum qf_event_kind kind;
	qf_conn conn;
	/* ARRIVED: the count of envelopes that the link has carried so far,
	 * these included; DONE answers it. */
	uint64_t number;
	struct qf_room_id room;
	struct qf_key key;         /* LINK_UP */
	bool outbound;             /* LINK_UP: we dialled, as `number` */
	struct qf_address address; /* LINK_UP, LINK_HELLO, LISTENING, FOUND */
	struct qf_clock clock;     /* LINK_HELLO, LINK_CLOCK */
	struct qf_hint hint;       /* FOUND */
	char *text; /* LINK_UP: the interface that it goes over, or NULL */
	enum qf_cause cause;            /* LINK_DOWN, DIAL_FAILED */
	struct qf_shared *payload;      /* HERE, LISTENING, CHANGED */
	struct qf_traffic *traffic;     /* LINK_UP: one reference, or NULL */
	struct qf_envelope **envelopes; /* ARRIVED */
	size_t envelope_count;
	bool live;              /* ARRIVED: they were pushed as they came */
	bool backlog;           /* ARRIVED: a reconciliation found them */
	struct qf_setkey *keys; /* NAMED, GRAFTED */
	size_t key_count;
	struct qf_command *command;
	struct qf_keep *keeps; /* COMMITTED */
	size_t keep_count;
	struct qf_facts *facts; /* EXAMINED: owned */
};

/* What a client is answered. */
enum qf_answer_kind {
	QF_ANS_STORED,  /* say: id, lsn, hlc, room; again if repeated */
	QF_ANS_QUEUED,  /* say: draft, room; it will be stored */
	QF_ANS_DONE,    /* anything else that worked; text may say how */
	QF_ANS_REFUSED, /* code, text, hint */
	QF_ANS_STATUS,
	QF_ANS_DOCTOR,   /* diagnosis; count: nodes that answered */
	QF_ANS_PEOPLE,   /* of WHO */
	QF_ANS_MAP,      /* people; edges between them */
	QF_ANS_CONTACTS, /* of CONTACTS */
	QF_ANS_CLASSIC,  /* text: the name it got; key: ours */
	QF_ANS_ENTERED,  /* text: the node's name, key, perhaps a token; lsn: a
	                  * guest has had its name since */
	QF_ANS_LINKS,    /* code: the page's state */
	QF_ANS_GUESTS,   /* people: name and since */
};

enum { QF_INTERFACE_CHARS = 15 };

/* Someone who is here, ourselves first. */
struct qf_person_status {
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	bool self;
	bool linked;       /* with us; otherwise through others */
	unsigned hops;     /* the shortest way, 1: linked; 0: none, or self */
	struct qf_key via; /* whom it begins with, if there is one */
	char over[QF_INTERFACE_CHARS + 1]; /* linked: our end of it */
	bool is_hub;                       /* it says that it is always on */
	bool away;
	char text[QF_HERE_TEXT_BYTES_MAX + 1]; /* why away */
	struct qf_address address; /* where it says that it listens */
	uint64_t since_ms;         /* mono */
};

/* A guest by way of the original's protocol. */
struct qf_classic_status {
	char name[QF_CLASSIC_NAME_BYTES_MAX + 1];
	char room[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_address address;
	uint64_t since_ms; /* mono */
};

struct qf_room_status {
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	uint64_t count;
	uint64_t last_lsn;
	int64_t correction_ms; /* of our clock there */
	bool for_guests;       /* our person is not in it */
};

struct qf_link_status {
	qf_conn conn;
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_address address;
	char over[QF_INTERFACE_CHARS + 1]; /* our interface, or "" */
	bool outbound;
	bool is_hub;       /* it says so */
	uint64_t since_ms; /* mono */
	unsigned rooms;    /* in common, */
	unsigned lazy;     /* and those of them where it only names what is new
	                    */
	uint64_t bytes_in; /* of frames */
	uint64_t bytes_out;
	uint64_t envelopes; /* that it brought, */
	uint64_t repeated;  /* and those of them that were here already */
};

/* An address that was asked for and does not answer just now. */
struct qf_dial_status {
	struct qf_address address;
	char name[QF_USER_NAME_BYTES_MAX + 1]; /* who is expected, or "" */
	char why[QF_WHY_BYTES_MAX + 1];
};

/* A network thread, as seen from outside; it goes on meanwhile. */
struct qf_worker_status {
	uint64_t connections;
	uint64_t asks;      /* of its connections, that wait for the core */
	uint64_t to_core;   /* in the queue to it */
	uint64_t from_core; /* in the queue from it, and before it */
	uint64_t delivered; /* messages sent to peers and clients */
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint64_t lag_us; /* the longest turn of late */
};

/* What a link has carried. Counted by reference: its worker writes, the core
 * reads. */
struct qf_traffic {
	atomic_uint refs;
	_Atomic uint64_t bytes_in; /* of frames, as the other end sent them */
	_Atomic uint64_t bytes_out;
};

struct qf_traffic *qf_traffic_new(void); /* NULL: out of memory */
struct qf_traffic *qf_traffic_ref(struct qf_traffic *t);
void qf_traffic_unref(struct qf_traffic *t); /* NULL is fine */

struct qf_status {
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	bool is_hub;
	struct qf_address listening; /* port 0: not */
	struct qf_address
		irc[QF_IRC_PORTS_MAX]; /* there too, for its clients */
	size_t irc_count;
	uint64_t now_ms; /* mono */
	uint64_t keeps_waiting;
	uint64_t drafts;     /* on disk, and not signed yet */
	uint8_t quality;     /* enum qf_clock_quality */
	bool clock_wrong;    /* it shows a time before the build */
	char *store_trouble; /* NULL: none */
	const char *story;   /* carry.h's; NULL: none */
	struct qf_room_status *rooms;
	size_t room_count;
	struct qf_link_status *links;
	size_t link_count;
	uint64_t envelopes; /* that links have brought since the start, */
	uint64_t repeated;  /* and those of them that were here already */
	struct qf_dial_status *unreachable;
	size_t unreachable_count;
	size_t peers_known;
	struct qf_worker_status *workers; /* by who has threads; may be NULL */
	size_t worker_count;
	uint64_t files_max; /* how many may be open; 0: nobody said */
	struct qf_apart apart;
	struct qf_finding *finding; /* why nobody is found, or NULL */
};

struct qf_answer {
	enum qf_answer_kind kind;
	uint64_t request;
	struct qf_hash id;
	struct qf_room_id room;
	uint64_t lsn;
	uint64_t hlc;
	uint64_t draft;   /* its number */
	const char *code; /* static: "stopping", "bad-room", ... */
	char *text;       /* a sentence */
	const char *hint; /* static: what to do next, or NULL */
	struct qf_status *status;
	struct qf_diagnosis *diagnosis; /* DOCTOR */
	struct qf_finding *finding; /* PEOPLE: why nobody is here, or NULL */
	uint64_t now_ms;            /* PEOPLE: mono */
	struct qf_person_status *people;
	struct qf_chart_link *edges; /* MAP: of `people`, by their places */
	size_t edge_count;
	struct qf_classic_status *classics; /* PEOPLE */
	size_t classic_count;
	struct qf_key key;
	struct qf_peer *contacts;
	struct qf_page_link *links;
	size_t count;          /* of any */
	struct qf_nonce token; /* ENTERED: the owner's next */
	bool has_token;
};

/* What all clients may want to know. */
enum qf_news_kind {
	QF_NEWS_LINK_UP,     /* key, name, address, outbound */
	QF_NEWS_LINK_DOWN,   /* key, name, address, text */
	QF_NEWS_DIAL_FAILED, /* address, text */
	QF_NEWS_TROUBLE,     /* text: why nothing is stored just now */
	QF_NEWS_TROUBLE_OVER,
	QF_NEWS_COPIES,    /* id, room, number: copies of an own envelope */
	QF_NEWS_PERSON,    /* change, key, name; text: old name, or why away;
	                    * CAME, ROOMS: rooms; CAME: away */
	QF_NEWS_SELF,      /* name: what we are called from now on */
	QF_NEWS_LISTENING, /* address; port 0: not any more */
	QF_NEWS_IRC,       /* address: a further port; 0: not any more */
	QF_NEWS_STORED,    /* id, room, hlc, lsn: draft `number` is signed */
	QF_NEWS_CLOCK,     /* room, correction_ms, text: a sentence */
	QF_NEWS_CLASSIC,   /* change (CAME, LEFT, RENAMED), name, address; text:
	                    * the room, or the old name */
	QF_NEWS_CLASSICS,  /* address: they are let in there; port 0: no more */
	QF_NEWS_GUEST_CAME, /* name */
	QF_NEWS_GUEST_LEFT, /* name */
	QF_NEWS_GUESTS, /* number: so many are here, after too many such news */
	QF_NEWS_NOTICE, /* text: a sentence for people */
};

struct qf_news {
	enum qf_news_kind kind;
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_address address;
	bool outbound;
	bool quiet; /* LINK_*: the mesh's doing, nobody came or went by it */
	enum qf_change_kind change;
	bool away;
	struct qf_shared *rooms; /* as in a record (here.h); or NULL */
	struct qf_hash id;
	struct qf_room_id room;
	uint64_t number;
	uint64_t hlc;
	uint64_t lsn;
	int64_t correction_ms; /* of our clock in a room, 0: it is right */
	char *text;
};

/* What the core tells. */
enum qf_effect_kind {
	QF_FX_KEEP, /* to the store, in order */
	/* to a worker, of a conn; each answers one event of that conn */
	QF_FX_PAIR, /* of FOLLOW: snapshot with its lsn; joins the worker. Up
	             * to lsn `number` all rooms hold all that they will */
	QF_FX_TURN, /* of TURN_ASKED: a fresh snapshot; go on. NULL: later */
	QF_FX_DONE, /* of ARRIVED, whose number is `event`: of all that the link
	             * has carried, so many as number are committed */
	QF_FX_ANSWER,
	/* to a worker, unasked */
	QF_FX_POST,    /* for a room that the worker joined; may be replaced by
	                * "up to lsn N" when its queue is full (tail.h) */
	QF_FX_PRUNE,   /* conn: name what is new in room; the peer, too */
	QF_FX_GRAFT,   /* conn: push it; the peer, too, and send these keys */
	QF_FX_SEND,    /* conn: these keys of room, with their lsns */
	QF_FX_HAD,     /* conn: all named by it up to number are committed */
	QF_FX_ROOM,    /* a room was joined; all workers */
	QF_FX_UNROOM,  /* a room was left: offer it no more; all workers */
	QF_FX_DIRECT,  /* conn: the room that we share with that link's key */
	QF_FX_HERE,    /* parcel, for that conn, or all links of all workers */
	QF_FX_SELF,    /* text: our name, and address.port, for HELLO; payload:
	                * the rooms that our person is in, as in a record (here.h);
	                * away: why it is that, or NULL; all workers */
	QF_FX_VISITOR, /* conn, a guest who did not come by IRC: text is its
	                * name, or NULL: it is gone; number: how it came, enum
	                * qf_visitor_way; room: where it comes in, or zeroes;
	                * hash: of the page, what it is known by
	                * (guests.h); all workers */
	QF_FX_CLOCK,   /* the clock for HELLO and PONG; all workers */
	QF_FX_PROBE,   /* conn must show life within QF_PROBE_MS or go */
	QF_FX_DROP,    /* conn goes, text says why, to the peer too */
	QF_FX_DIAL,    /* number, address, and key if only that one will do */
	QF_FX_NEWS,    /* all workers */
	QF_FX_PAGE,    /* who may come in by the page; all workers */
	QF_FX_TELL,    /* payload of a TELL by conn, in one order everywhere */
	QF_FX_MARKS,   /* payload: markers that were loaded; all workers */
	QF_FX_PASS,    /* payload of a PASS to conn */
	/* to the process */
	QF_FX_EXAM,     /* look at this machine, answer EXAMINED */
	QF_FX_HOST,     /* listen on address.port, answer LISTENING or NOT */
	QF_FX_UNHOST,   /* stop listening, answer NOT_LISTENING */
	QF_FX_IRC_HOST, /* listen on address too, answer IRC */
	QF_FX_CLASSIC_HOST,   /* address, name: a room; answer CLASSIC */
	QF_FX_CLASSIC_UNHOST, /* of no effect where nobody listens */
	QF_FX_CLASSIC_CALL,   /* address, name: a room */
	QF_FX_STOPPED,        /* all that was accepted is stored and answered */
};

struct qf_effect {
	enum qf_effect_kind kind;
	unsigned worker; /* whom it is for */
	qf_conn conn;
	uint64_t number;
	uint64_t event; /* DONE */
	struct qf_room_id room;
	/* Each message is several effects, which are copied from thread to
	 * thread, so they are kept short. */
	union {
		struct qf_keep keep; /* KEEP */
		struct {
			/* PAIR, ROOM: folded, or '@' and the key of a direct
			 * room */
			char name[QF_ROOM_NAME_BYTES_MAX + 1];
			struct qf_address address;
			struct qf_clock clock; /* CLOCK */
			/* PAIR: what time it is there, Unix; 0: nobody knows */
			uint64_t room_ms;
			bool expects_key;
			struct qf_key key;
			struct qf_hash hash; /* VISITOR */
			enum qf_cause cause; /* DROP */
		};
	};
	struct qf_direct *direct;  /* PAIR, ROOM of one, DIRECT: owned */
	struct qf_parcel parcel;   /* HERE: one reference */
	struct qf_shared *payload; /* SELF, TELL, MARKS, PASS: one reference */
	struct qf_setkey *keys;    /* GRAFT, SEND: owned */
	size_t key_count;
	struct qf_snapshot *snapshot;
	struct qf_post *post;
	struct qf_told *told; /* PAIR, POST: the room's on that worker */
	char *text;
	char *away; /* SELF */
	struct qf_answer *answer;
	struct qf_news *news;
	struct qf_page *page; /* PAGE: owned */
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
