/* hall.h - guests and the rooms they are in: the same on every worker
 *
 * A guest is somebody who came to this node through IRC. The core does not
 * know guests: whatever changes among them is told (tell.h) to all workers,
 * each in the same order, and each worker's hall changes in the same way. A
 * name is therefore taken by whoever's claim comes first in that order.
 *
 * Beside them a hall knows the persons of nodes, and who came to this node in
 * another way, by the names that they go by here. A guest cannot have the name
 * of a person who is here; a person who comes when a guest has it already is
 * called by it and the short key.
 *
 * What stands here is data and how it is found; what is said about a change is
 * irc_story.c's and irc_people.c's, and posts of rooms are irc_post.c's.
 *
 * Memory: new/free; guests and rooms are the hall's.
 * Threads: one worker's.
 */
#ifndef QF_HALL_H
#define QF_HALL_H

#include "core/carry.h"
#include "core/idmap.h"
#include "nick.h"
#include "sheet.h"
#include "spoken.h"
#include "tries.h"

enum {
	QF_HOST_TEXT_BYTES = 24,
	QF_MASK_BYTES = 192, /* nick!user@host */
	QF_USER_BYTES_MAX = 16,
	QF_REAL_BYTES_MAX = 200,
	QF_AWAY_BYTES_MAX = 200,
	QF_TOPIC_BYTES_MAX = 390,
	QF_WAS_MAX = 128,    /* whom WHOWAS remembers */
	QF_ABSENT_MAX = 256, /* guests of the page who may come again */
	QF_CONNS_MAX = 16,   /* of one guest */
	QF_SAYING_WAYS = 16, /* in which a line is made, by capabilities */
};

struct qf_irc;

struct qf_guest {
	qf_conn conn;
	char *nick;
	char *folded;
	char *user;
	char *real;
	char *from;    /* the address, as text */
	char *account; /* NULL: none */
	char *away;    /* NULL: here */
	bool secure;
	bool bot;
	bool invisible;
	bool no_ctcp;
	uint64_t tenure;    /* of its name: a number that no other had */
	uint64_t named_lsn; /* the newest when it took the name */
	uint64_t since_ms;
	uint64_t active_ms;
	struct qf_hall_room **rooms;
	size_t room_count;
	size_t room_cap;
	uint64_t mark;  /* the hall's, when it was last counted */
	unsigned conns; /* its connections, on all workers; one account's may be
	                 * several */
	struct qf_irc *irc; /* the first of those on this worker, or NULL */
};

struct qf_hall_room {
	struct qf_room_id id;
	char name[QF_ROOM_NAME_BYTES_MAX + 1]; /* as first typed */
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_guest **members; /* in the order in which they came */
	size_t member_count;
	size_t member_cap;
	qf_conn opener; /* who came into it when it was empty, or 0 */
	uint64_t since_ms;
	char *topic; /* NULL: none */
	char *topic_by;
	uint64_t topic_hlc;
	uint64_t newest_ms; /* when the last message in it was said, or 0 */

	bool own;           /* of our key and our key */
	uint64_t quiet_lsn; /* up to here it is read, and nobody is told */
	bool following;     /* its pair was asked for */
	bool fresh;         /* all of it is new to everyone here */
	bool loaded;        /* the newest of its past has been read */
	uint64_t cursor;    /* all posts up to here were given to the members */
	bool reading;       /* the store, for what the tail lost */
	uint64_t known;     /* the newest lsn when that was asked */
	bool older;         /* there is more than the newest */
	/* What is not to be shown (irc_post.c); it grows as the store does, by
	 * each that was taken back. */
	struct qf_idmap gone;
	struct qf_spoken spoken;
};

/* Somebody who was here. */
struct qf_hall_was {
	char *nick, *folded, *user, *real;
	uint64_t until_ms;
};

/* A guest of the page who went, as a phone does whenever it sleeps. */
struct qf_hall_absent {
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_hash mark; /* hall_people.h */
};

/* Where an account has read up to, by target. */
struct qf_hall_marker {
	char *whose; /* account and folded target, a line each */
	uint64_t ms;
};

struct qf_hall_options {
	unsigned worker;
	unsigned workers;
	const char *server; /* NULL: "quickfi" */
	unsigned replay;    /* lines shown at a join */
	unsigned line_ms;   /* what a line costs who types it; 0: nothing */
	bool no_plain;      /* of other machines only who uses TLS is let in */
	const char *const *trusted; /* addresses that pay nothing; borrowed */
	size_t trusted_count;
	atomic_uint *unknown; /* connections that have not registered, of all */
	uint8_t seed[QF_HASH_BYTES]; /* of chance */
};

struct qf_hall {
	struct qf_carry *carry; /* borrowed */
	struct qf_now now;
	unsigned worker;
	unsigned workers;
	unsigned replay;
	unsigned line_ms;
	bool no_plain;
	const char *const *trusted;
	size_t trusted_count;
	atomic_uint *unknown;
	bool awaits_posts; /* some line, of what it said (irc.c) */
	char *trouble;   /* why nothing is stored just now; NULL: all is well */
	qf_conn conn;    /* stands for the hall among conns */
	qf_conn telling; /* whose telling is being heard */
	uint64_t last_number;
	char server[64];
	char host[QF_HOST_TEXT_BYTES]; /* of all guests: the node, as text */
	struct qf_key key;             /* this node's */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	char name_folded[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t begun_ms;
	bool ready; /* who has an account is known: guests may come */
	bool asked; /* for the room that this is in */

	struct qf_guest **guests;
	size_t guest_count;
	size_t guest_cap;
	size_t guest_max;    /* so many were there at once */
	uint64_t tenures;    /* that there were */
	uint64_t newest_lsn; /* that this worker has heard of */
	size_t invisible_count;
	struct qf_idmap by_name; /* hash of the folded name -> guest */
	struct qf_idmap by_conn;
	uint64_t mark;

	struct qf_hall_room **rooms;
	size_t room_count;
	size_t room_cap;
	struct qf_idmap by_room; /* id -> room */

	struct qf_hall_person *persons; /* hall_people.h */
	size_t person_count;
	size_t person_cap;
	size_t far_count;
	struct qf_idmap people;   /* what one is known by -> place in persons;
	                           * a name -> how many have it */
	struct qf_idmap attended; /* QF_HERE_ROOM_BYTES of a room's id, then
	                           * zeroes -> how many persons are seen in it
	                           */
	bool people_due; /* somebody is not seen yet where it is said to be */
	size_t people_at;
	uint64_t heard_ms; /* mono: when the silent were looked for last */
	uint64_t again_ms; /* mono: when to read a room again; 0: none failed */
	uint64_t moved_ms; /* mono: what was told of moves is paid for up to
	                    * then */
	struct qf_hall_was was[QF_WAS_MAX];
	size_t was_next;
	struct qf_hall_absent absent[QF_ABSENT_MAX];
	size_t absent_next;
	struct qf_account *accounts; /* accounts.h */
	size_t account_count;
	struct qf_idmap account_by_name; /* folded -> index in accounts */
	struct qf_tries tries; /* of passwords and accounts, by place */
	size_t account_cap;
	uint8_t seed[QF_HASH_BYTES + 8]; /* the last is `drawn` */
	uint64_t drawn;
	struct qf_hall_marker *markers;
	size_t marker_count;
	size_t marker_cap;

	struct qf_irc **lines; /* all connections of this worker, by conn */
	size_t line_count;
	size_t line_cap;
	qf_conn *due; /* whose bytes are to be pulled */
	size_t due_count;
	size_t due_cap;
	struct qf_sheet *sheets[QF_SAYING_WAYS]; /* being written on */
	struct qf_buf making;                    /* what is to stand there */
	qf_conn *flush; /* who waits until this worker has written */
	uint64_t *flush_number;
	size_t flush_count;
	size_t flush_cap, flush_number_cap;
};

/* NULL: out of memory. */
struct qf_hall *qf_hall_new(struct qf_carry *carry,
                            const struct qf_hall_options *options);
void qf_hall_free(struct qf_hall *h);
/* What this node is called, and which it is. */
void qf_hall_self(struct qf_hall *h, const struct qf_key *key);
void qf_hall_name(struct qf_hall *h, const char *name);

/* The same guest by conn, or by a name in any writing; NULL: there is none. */
struct qf_guest *qf_hall_guest(const struct qf_hall *h, qf_conn conn);
struct qf_guest *qf_hall_named(const struct qf_hall *h, const char *nick);
/* NULL: out of memory. */
struct qf_guest *qf_hall_add(struct qf_hall *h, qf_conn conn, const char *nick);
/* One connection more, or less, is this guest. */
void qf_hall_attach(struct qf_hall *h, struct qf_guest *g, qf_conn conn);
void qf_hall_detach(struct qf_hall *h, struct qf_guest *g, qf_conn conn);
/* Out of all rooms, and remembered as one who was here; it has no connection.
 */
void qf_hall_remove(struct qf_hall *h, struct qf_guest *g);
void qf_hall_rename(struct qf_hall *h, struct qf_guest *g, const char *nick);
/* "nick!user@host" */
void qf_hall_mask(const struct qf_hall *h, const struct qf_guest *g,
                  char out[QF_MASK_BYTES]);

struct qf_hall_room *qf_hall_room(const struct qf_hall *h, const char *name);
/* Somebody is in a room of that name: guests, or this node. */
bool qf_hall_has_room(const struct qf_hall *h, const char *name);
struct qf_hall_room *qf_hall_room_by_id(const struct qf_hall *h,
                                        const struct qf_room_id *id);
/* There is none of that id yet. NULL: out of memory. */
struct qf_hall_room *qf_hall_new_room(struct qf_hall *h,
                                      const struct qf_room_id *id,
                                      const char *name);
/* The one of that name, new if need be; NULL: it is no name, or no memory. */
struct qf_hall_room *qf_hall_open(struct qf_hall *h, const char *name);
bool qf_hall_is_in(const struct qf_guest *g, const struct qf_hall_room *r);
void qf_hall_enter(struct qf_hall *h, struct qf_guest *g,
                   struct qf_hall_room *r);
void qf_hall_leave(struct qf_guest *g, struct qf_hall_room *r);

/* The part of a mask that stands for that node. */
void qf_host_of(const struct qf_key *key, char out[QF_HOST_TEXT_BYTES]);

/* What an account or a guest has read, or 0. */
uint64_t qf_hall_marker(const struct qf_hall *h, const char *whose);
/* It only grows; false: it did not. */
bool qf_hall_mark(struct qf_hall *h, const char *whose, uint64_t ms);
/* Forget all whose names begin so. */
void qf_hall_unmark(struct qf_hall *h, const char *begin);
/* False: there are too many others. */
bool qf_hall_may_mark(const struct qf_hall *h, const char *whose);
/* As the core tells at the beginning (core/node_marks.c). */
void qf_hall_mark_all(struct qf_hall *h, struct qf_bytes list);

/* That connection has bytes to be pulled. */
void qf_hall_is_due(struct qf_hall *h, qf_conn conn);
/* The next that has some, once for each time; 0: there is none. */
qf_conn qf_hall_due(struct qf_hall *h);

/* Strings of ours: the new one is owned; NULL stays NULL. */
void qf_text_set(struct qf_hall *h, char **to, const char *text);

#endif
