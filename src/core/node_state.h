/* node_state.h - what the parts of the node share: node*.c only
 *
 * node.c        step, commits, posts
 * node_links.c  links, dials, turns, arrivals
 * node_client.c commands and their answers
 */
#ifndef QF_NODE_STATE_H
#define QF_NODE_STATE_H

#include "batch.h"
#include "idmap.h"
#include "list.h"
#include "node.h"
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
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	unsigned workers;
	bool dial_remembered;
	bool begun; /* a step was made */
	bool stopping;
	bool stopped; /* STOPPED was said */
	struct qf_address listening;
	uint64_t random;

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
void qf_node_dial_due(struct qf_node *n, struct qf_effects *out);
void qf_node_next_turns(struct qf_node *n, struct qf_replica *r,
			struct qf_effects *out);

/* node_client.c */
void qf_node_tell_room(struct qf_node *n, const struct qf_replica *r,
		       struct qf_effects *out);
void qf_node_command(struct qf_node *n, struct qf_event *ev,
		     struct qf_effects *out);

#endif
