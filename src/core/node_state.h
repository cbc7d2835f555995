/* node_state.h - what the parts of the node share: node*.c only
 *
 * node.c        step, commits, posts
 * node_links.c  links, dials, turns, arrivals
 * node_client.c commands and their answers
 * node_rooms.c  rooms joined and left, and what we say in them
 * node_people.c presence, names, the rooms of two keys
 */
#ifndef QF_NODE_STATE_H
#define QF_NODE_STATE_H

#include "batch.h"
#include "idmap.h"
#include "list.h"
#include "node.h"
#include "presence.h"
#include "replica.h"

struct qf_node_link {
	qf_conn conn;
	struct qf_key key;
	bool outbound;
	uint64_t dial; /* its number, 0: inbound */
	bool greeted;  /* HELLO came: people were told */
	qf_conn older; /* the link to the same key that must answer, or 0 */
	struct qf_address address;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t since_ms;
};

/* Someone to be told when keep `number` is committed: a link (DONE, count) or
 * a client (answer). Ascending by number. */
struct qf_owed_word {
	uint64_t number;
	qf_conn conn;
	uint64_t count;
	struct qf_answer *answer; /* NULL: a link's */
};

/* A say that a client may repeat. */
struct qf_said {
	struct qf_nonce nonce;
	struct qf_hash id;
	struct qf_room_id room;
	uint64_t hlc;
	uint64_t lsn; /* 0: on its way, as keep `number` */
	uint64_t number;
};

struct qf_node {
	const struct qf_identity *id;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	bool named;   /* by its options: what is loaded does not count */
	bool is_kept; /* the store has that name */
	unsigned workers;
	bool dial_remembered;
	bool begun; /* a step was made */
	bool stopping;
	bool stopped; /* STOPPED was said */
	bool offline; /* asked to have no links, until asked otherwise */
	struct qf_address listening;
	uint8_t addresses[QF_HERE_ADDRESSES_MAX * QF_HERE_ADDRESS_BYTES];
	size_t address_bytes; /* where others reach us */
	qf_conn host_conn;    /* who asked to listen elsewhere, or 0 */
	struct qf_answer *host_answer;
	uint64_t random;

	struct qf_presence presence;
	bool away;
	char away_text[QF_HERE_TEXT_BYTES_MAX + 1];

	struct qf_replica **replicas;
	size_t replica_count;
	size_t replica_cap;

	struct qf_node_link *links;
	size_t link_count;
	size_t link_cap;
	unsigned next_worker; /* for dials */

	struct qf_peerbook book;
	struct qf_peer *peers; /* remembered, QF_PEERS_MAX */
	size_t peer_count;

	uint64_t keep_number;      /* of the last keep made */
	uint64_t committed_number; /* all up to here are on disk */
	struct qf_idmap pending;   /* id on its way to disk -> keep number */
	struct qf_owed_word *owed;
	size_t owed_count;
	size_t owed_first;
	size_t owed_cap;

	struct qf_said *said; /* ring of QF_NONCES_MAX, grown as needed */
	size_t said_count;
	size_t said_cap;
	size_t said_next;
	struct qf_idmap nonces; /* nonce -> index in said */

	char *trouble;          /* why the store does not commit, or NULL */
	uint64_t copies_due_ms; /* 0: no count has changed */
	struct qf_now now;
};

/* All functions append to out; out->bad is the only failure. */
struct qf_replica *qf_node_replica(struct qf_node *n,
                                   const struct qf_room_id *id);
/* A keep effect with its number, to be filled in; NULL: out of memory. */
struct qf_keep *qf_node_keep(struct qf_node *n, enum qf_keep_kind kind,
                             struct qf_effects *out);
/* Tell at the commit of `number`; now, if that has been. Takes the answer. */
void qf_node_owe(struct qf_node *n, uint64_t number, qf_conn conn,
                 uint64_t count, struct qf_answer *answer,
                 struct qf_effects *out);
/* To every worker; each gets a copy of what *news says. */
void qf_node_news(struct qf_node *n, const struct qf_news *news,
                  struct qf_effects *out);
void qf_node_notice(struct qf_node *n, struct qf_effects *out,
                    const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The nonce as a key of an idmap. */
void qf_nonce_key(const struct qf_nonce *nonce,
                  uint8_t out[QF_IDMAP_KEY_BYTES]);
struct qf_said *qf_node_said(struct qf_node *n, const struct qf_nonce *nonce);
/* NULL: out of memory. */
struct qf_said *qf_node_add_said(struct qf_node *n,
                                 const struct qf_nonce *nonce);
/* Remember for `connect` and `forget`; the oldest goes when it is full. */
void qf_node_add_peer(struct qf_node *n, const struct qf_peer *peer);

/* node_links.c */
void qf_node_link_event(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out);
void qf_node_drop(qf_conn conn, const char *why, struct qf_effects *out);
void qf_node_dial_due(struct qf_node *n, struct qf_effects *out);
void qf_node_next_turns(struct qf_node *n, struct qf_replica *r,
                        struct qf_effects *out);

/* node_people.c */
bool qf_node_people_init(struct qf_node *n);
/* Say anew what we are; part of it has changed. */
void qf_node_self(struct qf_node *n);
void qf_node_people_tick(struct qf_node *n, struct qf_effects *out);
/* Whom the command means; false: it was refused. */
bool qf_node_meant(struct qf_node *n, const struct qf_event *ev,
                   struct qf_key *key, struct qf_effects *out);
bool qf_node_name_taken(struct qf_node *n, const char *name);
/* Dial wherever that key may be found. */
void qf_node_reach(struct qf_node *n, const struct qf_key *key);
/* Who is here, of one room or of all (NULL), into the answer; false: no
 * memory. */
bool qf_node_people(struct qf_node *n, const struct qf_room_id *id,
                    struct qf_answer *a);
/* The room that we share with a key, joined; NULL: there is none, or we are in
 * too many. */
struct qf_replica *qf_node_direct(struct qf_node *n, const struct qf_key *other,
                                  struct qf_effects *out);

/* node_client.c: an answer for the command of the event */
struct qf_answer *qf_node_answer(const struct qf_event *ev,
                                 enum qf_answer_kind kind,
                                 struct qf_effects *out);
void qf_node_done(struct qf_node *n, const struct qf_event *ev,
                  struct qf_effects *out);
void qf_node_refuse(struct qf_node *n, const struct qf_event *ev,
                    const char *code, const char *text, const char *hint,
                    struct qf_effects *out);
/* node_rooms.c */
void qf_node_cmd_join(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out);
void qf_node_cmd_part(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out);
void qf_node_cmd_say(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out);
void qf_node_cmd_msg(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out);
void qf_node_cmd_name(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out);
/* Our own name is remembered as a peer's is, with no address; the number of
 * the keep. */
uint64_t qf_node_keep_name(struct qf_node *n, struct qf_effects *out);
/* The folded name and id of the command's room; false: it was refused. */
bool qf_node_command_room(struct qf_node *n, const struct qf_event *ev,
                          char folded[QF_ROOM_NAME_BYTES_MAX + 1],
                          struct qf_room_id *id, struct qf_effects *out);
/* Join a room that we are not in, new or known; NULL: out of memory. */
struct qf_replica *qf_node_join(struct qf_node *n, const struct qf_room_id *id,
                                const char *name, struct qf_effects *out);
/* A step that the host command waits for has been made. */
void qf_node_listening(struct qf_node *n, struct qf_event *ev,
                       struct qf_effects *out);
/* To each worker: our name and port, for HELLO. */
void qf_node_tell_self(struct qf_node *n, struct qf_effects *out);
/* A copy for an effect; NULL of NULL. */
struct qf_direct *qf_node_copy_direct(const struct qf_direct *d,
                                      struct qf_effects *out);
void qf_node_tell_room(struct qf_node *n, const struct qf_replica *r,
                       struct qf_effects *out);
void qf_node_command(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out);

#endif
