/* node_state.h - what the parts of the node share: node*.c only
 *
 * node.c        step, commits, posts
 * node_links.c  links, dials, turns
 * node_arrivals.c what links bring, on its way to disk
 * node_found.c  nodes found nearby, and the network changed
 * node_push.c   what links push, name and are asked for
 * node_mesh.c   whom to dial, and which links are to spare
 * node_client.c commands and their answers
 * node_hosting.c where it listens
 * node_contacts.c who is remembered
 * node_status.c what it tells of itself
 * node_rooms.c  rooms joined and left, and what we say in them
 * node_clock.c  what time it is in each room
 * node_drafts.c what is said while no time is known
 * node_doctor.c what is in the way of finding others
 * node_people.c presence, names, the rooms of two keys
 * node_classics.c guests by way of the original's protocol
 * node_guests.c guests of the page
 */
#ifndef QF_NODE_STATE_H
#define QF_NODE_STATE_H

#include "batch.h"
#include "early.h"
#include "guests.h"
#include "idmap.h"
#include "list.h"
#include "mesh.h"
#include "node.h"
#include "presence.h"
#include "replica.h"
#include "wants.h"

struct qf_node_link {
	qf_conn conn;
	struct qf_key key;
	bool outbound;
	uint64_t dial; /* its number, 0: inbound */
	bool greeted;  /* HELLO came: people were told */
	bool was_here; /* through others, and no person asked for this link */
	qf_conn older; /* the link to the same key that must answer, or 0 */
	struct qf_address address;
	char over[QF_INTERFACE_CHARS + 1]; /* the interface, or "" */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t since_ms;
	struct qf_clock clock;      /* of the peer */
	struct qf_traffic *traffic; /* NULL: nobody counts it */
	uint64_t envelopes;         /* that it brought, */
	uint64_t repeated;          /* and those that were here already */
	/* Something that it brought waits (early.h), that with this ticket
	 * last; 0: nothing. Until then DONE counts to what came before it, and
	 * the answer of the newest event waits as well. */
	uint64_t behind;
	uint64_t before;
	uint64_t newest; /* the number of that event */
};

/* Someone to be told when keep `number` is committed: a link (DONE, count) or
 * a client (answer). Ascending by number. */
struct qf_owed_word {
	uint64_t number;
	qf_conn conn;
	uint64_t event;           /* ARRIVED's number, which it answers */
	uint64_t count;           /* envelopes that are committed then */
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
	uint64_t draft; /* it is one still, on its way as `number`; or 0 */
};

struct qf_node_classic {
	qf_conn conn;
	struct qf_classic_status is;
};

/* A client that asked what is in the way. */
struct qf_patient {
	qf_conn conn;
	struct qf_answer *answer;
};

enum { QF_PATIENTS_MAX = 16 };

struct qf_node {
	const struct qf_identity *id;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	bool named;   /* by its options: what is loaded does not count */
	bool is_kept; /* the store has that name */
	unsigned workers;
	bool is_hub;
	bool dial_remembered;
	bool begun; /* a step was made */
	bool stopping;
	bool stopped; /* STOPPED was said */
	bool offline; /* asked to have no links, until asked otherwise */
	struct qf_address listening; /* port 0: not; the host stays */
	struct qf_address irc[QF_IRC_PORTS_MAX]; /* there too */
	size_t irc_count;
	uint8_t addresses[QF_HERE_ADDRESSES_MAX * QF_HERE_ADDRESS_BYTES];
	size_t address_bytes; /* where others reach us */
	qf_conn host_conn;    /* who asked to listen elsewhere, or 0 */
	struct qf_answer *host_answer;
	uint64_t random;
	uint64_t past; /* our numbers up to here may have been used */

	uint64_t built_ms;     /* of this program */
	uint8_t quality;       /* of our clock */
	struct qf_clock clock; /* ours, as rooms were judged by it */
	struct qf_clock shown; /* what workers tell of it */
	bool shows;            /* they were told */
	uint64_t skew_said_ms; /* mono, when people were; 0: never */

	struct qf_presence presence;
	bool away;
	char away_text[QF_HERE_TEXT_BYTES_MAX + 1];

	struct qf_replica **replicas;
	size_t replica_count;
	size_t replica_cap;
	struct qf_idmap by_room; /* -> index in replicas */

	struct qf_node_link *links;
	size_t link_count;
	size_t link_cap;
	/* By a hash of conn: where in the list it was last. */
	uint16_t link_places[QF_LINKS_MAX];
	uint64_t envelopes; /* that links brought, those that are gone, too */
	uint64_t repeated;
	unsigned next_worker; /* for dials */

	struct qf_mesh mesh;
	bool mesh_stale;      /* something has changed since it looked */
	uint64_t mesh_due_ms; /* the soonest that it looks again */
	uint64_t scout_ms;    /* when to dial next who is not needed, */
	uint64_t found_ms;    /* or was found nearby */
	struct qf_peerbook book;
	struct qf_peer *peers; /* remembered, QF_PEERS_MAX */
	size_t peer_count;

	uint64_t keep_number;      /* of the last keep made */
	uint64_t committed_number; /* all up to here are on disk */
	struct qf_idmap pending;   /* id on its way to disk -> keep number */
	struct qf_wants wants;     /* named by links, and not here */
	struct qf_early early;     /* here, and before its turn */
	struct qf_owed_word *owed;
	size_t owed_count;
	size_t owed_first;
	size_t owed_cap;

	struct qf_said *said; /* ring of QF_NONCES_MAX, grown as needed */
	size_t said_count;
	size_t said_cap;
	size_t said_next;
	struct qf_idmap nonces; /* nonce -> index in said */

	struct qf_draft *drafts; /* ascending by number */
	size_t draft_count;
	size_t draft_cap;
	uint64_t draft_number; /* the last that was given */

	struct qf_node_classic *classics;
	size_t classic_count;
	size_t classic_cap;
	bool classics_warned; /* people were told what they can read */
	struct qf_page page;
	struct qf_buf marks; /* loaded, and not told yet (node_marks.c) */
	struct qf_guests guests;
	unsigned
		guests_told; /* news of them since the first that is not over */
	uint64_t guests_due_ms; /* when that is; 0: there was none */

	bool explains;     /* why it is alone, if it is */
	uint64_t alone_ms; /* when it looks why it is alone; 0: it is not,
	                    * UINT64_MAX: it has */
	bool examines;     /* EXAM was asked for */
	bool diagnosed;    /* as alone as it is, */
	struct qf_diagnosis diagnosis; /* this is why */
	struct qf_patient patients[QF_PATIENTS_MAX];
	size_t patient_count;

	char *trouble;          /* why the store does not commit, or NULL */
	uint64_t copies_due_ms; /* 0: no count has changed */
	struct qf_now now;
};

/* All functions append to out; out->bad is the only failure. */
/* Every room has all up to there. */
uint64_t qf_node_last_lsn(const struct qf_node *n);
struct qf_replica *qf_node_replica(struct qf_node *n,
                                   const struct qf_room_id *id);
/* A keep effect with its number, to be filled in; NULL: out of memory. */
struct qf_keep *qf_node_keep(struct qf_node *n, enum qf_keep_kind kind,
                             struct qf_effects *out);
/* Tell at the commit of its number; now, if that has been. Takes the answer. */
void qf_node_owe_word(struct qf_node *n, struct qf_owed_word word,
                      struct qf_effects *out);
void qf_node_owe(struct qf_node *n, uint64_t number, qf_conn conn,
                 struct qf_answer *answer, struct qf_effects *out);
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
/* Whom we remember by that key, or NULL. */
struct qf_peer *qf_node_peer(struct qf_node *n, const struct qf_key *key);
/* Remember for `connect` and `forget`. When it is full the oldest goes that
 * nobody asked for, and only who was asked for pushes out such a one. */
void qf_node_add_peer(struct qf_node *n, const struct qf_peer *peer);

/* node_links.c */
void qf_node_link_event(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out);
bool qf_node_is_linked(struct qf_node *n, const struct qf_key *key);
void qf_node_renamed(struct qf_node *n, const struct qf_key *key,
                     const char *name, struct qf_effects *out);
void qf_node_drop(qf_conn conn, const char *why, struct qf_effects *out);
/* The mesh gives that link up. */
void qf_node_spare(qf_conn conn, struct qf_effects *out);
void qf_node_probe(qf_conn conn, struct qf_effects *out);
void qf_node_next_turns(struct qf_node *n, struct qf_replica *r,
                        struct qf_effects *out);
struct qf_node_link *qf_node_link(struct qf_node *n, qf_conn conn);

/* node_arrivals.c */
void qf_node_arrived(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out);
/* What has waited for its turn goes on. */
void qf_node_arrivals_tick(struct qf_node *n, struct qf_effects *out);

/* node_push.c */
void qf_node_push_event(struct qf_node *n, const struct qf_event *ev,
                        struct qf_effects *out);
/* That link pushed what was here already. */
void qf_node_repeated(struct qf_replica *r, qf_conn conn,
                      struct qf_effects *out);
/* Links learn how much of what they named is here. */
void qf_node_tell_had(struct qf_node *n, struct qf_effects *out);
void qf_node_push_tick(struct qf_node *n, struct qf_effects *out);
void qf_node_push_down(struct qf_node *n, qf_conn conn);

/* node_found.c */
void qf_node_found(struct qf_node *n, const struct qf_event *ev,
                   struct qf_effects *out);
void qf_node_changed(struct qf_node *n, const struct qf_event *ev,
                     struct qf_effects *out);

/* node_mesh.c */
void qf_node_dial_due(struct qf_node *n, struct qf_effects *out);
void qf_node_mesh_tick(struct qf_node *n, struct qf_effects *out);
uint64_t qf_node_mesh_wake(const struct qf_node *n);
/* The last link with a hub is gone. */
void qf_node_hub_lost(struct qf_node *n, const struct qf_key *key);
/* A person asks for a link: dial wherever that key may be found. */
void qf_node_reach(struct qf_node *n, const struct qf_key *key,
                   struct qf_effects *out);
/* The i-th place where a person says that it listens; false: no more. */
bool qf_node_address_of(const struct qf_person *p, size_t i,
                        struct qf_address *out);
/* Where we may be reached, the i-th; false: there are no more. */
bool qf_node_own_address(const struct qf_node *n, size_t i,
                         struct qf_address *out);

/* node_clock.c */
/* Before all else in a step: our clock may have moved. */
void qf_node_clock_now(struct qf_node *n, struct qf_effects *out);
/* A peer has that room in common with us. */
void qf_node_clock_met(struct qf_node *n, struct qf_replica *r, qf_conn conn,
                       struct qf_effects *out);
void qf_node_clock_heard(struct qf_node *n, const struct qf_event *ev,
                         struct qf_effects *out);
void qf_node_clock_gone(struct qf_node *n, qf_conn conn);
/* It shows a time before this program was built. */
bool qf_node_clock_is_wrong(const struct qf_node *n);
/* What has to be added to our clock there, and the time that this makes. */
int64_t qf_node_correction(const struct qf_node *n, const struct qf_replica *r);
uint64_t qf_node_time(const struct qf_node *n, const struct qf_replica *r);
/* That time for what is seen first now; 0: it is not known. */
uint64_t qf_node_seen(const struct qf_node *n, const struct qf_replica *r);

/* node_drafts.c */
/* We say that in a room: an envelope, or while no time is known a draft. NULL:
 * out of memory. */
struct qf_keep *qf_node_utter(struct qf_node *n, struct qf_replica *r,
                              uint8_t type, struct qf_bytes body,
                              const struct qf_nonce *nonce,
                              struct qf_effects *out);
/* What waits in that room is signed, if it need not wait. */
void qf_node_sign_drafts(struct qf_node *n, struct qf_replica *r,
                         struct qf_effects *out);

/* node_doctor.c */
void qf_node_cmd_doctor(struct qf_node *n, const struct qf_event *ev,
                        struct qf_effects *out);
void qf_node_examined(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out);
void qf_node_doctor_tick(struct qf_node *n, struct qf_effects *out);
/* What only the node knows. */
void qf_node_facts(const struct qf_node *n, struct qf_facts *f);
/* Why nobody is found, borrowed; NULL: it is not known, or not so. */
const struct qf_finding *qf_node_finding(const struct qf_node *n);

/* node_people.c */
bool qf_node_people_init(struct qf_node *n);
/* Say anew what we are; part of it has changed. */
void qf_node_self(struct qf_node *n);
void qf_node_people_tick(struct qf_node *n, struct qf_effects *out);
/* Whom the command means; false: it was refused. */
bool qf_node_meant(struct qf_node *n, const struct qf_event *ev,
                   struct qf_key *key, struct qf_effects *out);
/* The key in whose room with ours a MSG belongs, and `to`, if it is for a
 * guest; false: it was refused. */
bool qf_node_addressed(struct qf_node *n, const struct qf_event *ev,
                       struct qf_key *key, struct qf_effects *out);
bool qf_node_name_taken(struct qf_node *n, const char *name);
/* It says that it is a hub, or did when it was here. */
bool qf_node_is_hub(const struct qf_node *n, const struct qf_key *key);
/* What they are called, or were; "": nobody knows. */
const char *qf_node_name_of(struct qf_node *n, const struct qf_key *key);
/* Who is here, of one room or of all (NULL), into the answer; false: no
 * memory. */
bool qf_node_people(struct qf_node *n, const struct qf_room_id *id,
                    struct qf_answer *a);
/* The same of all, and the links between them. */
bool qf_node_map(struct qf_node *n, struct qf_answer *a);
/* The room that we share with a key, joined; NULL: there is none, or it is new
 * and the node knows `most` already. */
struct qf_replica *qf_node_direct(struct qf_node *n, const struct qf_key *other,
                                  size_t most, struct qf_effects *out);

/* node_classics.c */
void qf_node_cmd_classic(struct qf_node *n, struct qf_event *ev,
                         struct qf_effects *out);
void qf_node_cmd_classic_host(struct qf_node *n, struct qf_event *ev,
                              struct qf_effects *out);
void qf_node_cmd_classic_call(struct qf_node *n, struct qf_event *ev,
                              struct qf_effects *out);
/* What came of the last two. */
void qf_node_classic_event(struct qf_node *n, struct qf_event *ev,
                           struct qf_effects *out);
void qf_node_classic_gone(struct qf_node *n, qf_conn conn,
                          struct qf_effects *out);
/* Let nobody in any more, and send away who is here. */
void qf_node_classics_end(struct qf_node *n, struct qf_effects *out);
/* A guest other than `but` has that name. */
bool qf_node_is_classic(const struct qf_node *n, const char *name, qf_conn but);
/* Those of a room, or of all (NULL), into the answer; false: no memory. */
bool qf_node_fill_classics(const struct qf_node *n, const char *room,
                           struct qf_answer *a);
/* We say that in a room: tell people if guests there cannot read it so. */
void qf_node_classics_hear(struct qf_node *n, const char *room,
                           const char *text, struct qf_effects *out);

/* node_guests.c */
/* To each worker: a guest who is not one of IRC, and its name, or NULL: it is
 * gone. It comes into the room, unless that is NULL. */
void qf_node_tell_visitor(struct qf_node *n, qf_conn conn,
                          enum qf_visitor_way way, const char *name,
                          const struct qf_room_id *room,
                          struct qf_effects *out);
/* It came into that room, if it is a guest of the page. True: it is. */
bool qf_node_guest_enters(struct qf_node *n, qf_conn conn,
                          const struct qf_room_id *room,
                          struct qf_effects *out);
/* Too much at once, for a guest. */
void qf_node_refuse_haste(struct qf_node *n, const struct qf_event *ev,
                          struct qf_effects *out);
void qf_node_guests_tick(struct qf_node *n, struct qf_effects *out);
/* To each worker: who may come in by the page. */
void qf_node_tell_page(struct qf_node *n, struct qf_effects *out);
void qf_node_page_tick(struct qf_node *n, struct qf_effects *out);
void qf_node_guest_gone(struct qf_node *n, qf_conn conn,
                        struct qf_effects *out);
void qf_node_cmd_enter(struct qf_node *n, struct qf_event *ev,
                       struct qf_effects *out);
void qf_node_cmd_own(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out);
void qf_node_cmd_invite(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out);
void qf_node_cmd_gui(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out);
void qf_node_cmd_guests(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out);
void qf_node_cmd_remove(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out);
void qf_node_cmd_page(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out);

/* node_client.c */
void qf_node_command(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out);
/* An answer for the command of the event. */
struct qf_answer *qf_node_answer(const struct qf_event *ev,
                                 enum qf_answer_kind kind,
                                 struct qf_effects *out);
/* It is given at once; NULL: out of memory, which was noted. */
void qf_node_give(struct qf_node *n, const struct qf_event *ev,
                  struct qf_answer *a, struct qf_effects *out);
void qf_node_done(struct qf_node *n, const struct qf_event *ev,
                  struct qf_effects *out);
void qf_node_refuse(struct qf_node *n, const struct qf_event *ev,
                    const char *code, const char *text, const char *hint,
                    struct qf_effects *out);
/* Why nobody is found, for an answer, or NULL. */
struct qf_finding *qf_node_copy_finding(const struct qf_node *n,
                                        struct qf_effects *out);
/* To each worker: our name and port, for HELLO, and where our person is. */
void qf_node_tell_self(struct qf_node *n, struct qf_effects *out);
/* A TELL to all workers, done. */
void qf_node_tell_all(struct qf_node *n, const struct qf_event *ev,
                      struct qf_effects *out);

/* node_hosting.c */
void qf_node_cmd_host(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out);
void qf_node_cmd_host_irc(struct qf_node *n, struct qf_event *ev,
                          struct qf_effects *out);
void qf_node_cmd_disconnect(struct qf_node *n, struct qf_event *ev,
                            struct qf_effects *out);
/* A worker tells how it went to listen as it was asked to. */
void qf_node_answer_port(struct qf_node *n, const struct qf_event *ev,
                         struct qf_effects *out);
void qf_node_irc(struct qf_node *n, struct qf_event *ev,
                 struct qf_effects *out);
/* Where others reach us from now on; NULL: nowhere. */
void qf_node_addresses(struct qf_node *n, const struct qf_shared *addresses);
/* A step that the host command waits for has been made. */
void qf_node_listening(struct qf_node *n, struct qf_event *ev,
                       struct qf_effects *out);

/* node_contacts.c */
void qf_node_cmd_connect(struct qf_node *n, struct qf_event *ev,
                         struct qf_effects *out);
void qf_node_cmd_contacts(struct qf_node *n, struct qf_event *ev,
                          struct qf_effects *out);
void qf_node_cmd_contact(struct qf_node *n, struct qf_event *ev,
                         struct qf_effects *out);
void qf_node_cmd_forget(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out);

/* node_status.c */
void qf_node_cmd_status(struct qf_node *n, struct qf_event *ev,
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
/* Join a room, new or known; NULL: out of memory. */
struct qf_replica *qf_node_join(struct qf_node *n, const struct qf_room_id *id,
                                const char *name, enum qf_joined how,
                                struct qf_effects *out);
/* A copy for an effect; NULL of NULL. */
struct qf_direct *qf_node_copy_direct(const struct qf_direct *d,
                                      struct qf_effects *out);
void qf_node_tell_room(struct qf_node *n, const struct qf_replica *r,
                       struct qf_effects *out);

/* node_marks.c */
void qf_node_tell_marks(struct qf_node *n, struct qf_effects *out);
void qf_node_cmd_mark(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out);

#endif
