/* presence.h - who is here, who came, who left and who was lost
 *
 * Link state, as routers keep it (OSPF, RFC 2328), for people. Each node signs
 * a record of itself and of the links that it has (here.h); records are
 * flooded, and everyone finds out alone whom a path of links leads to
 * (roster.h). There is no lease a person and no heartbeat: a quiet network
 * costs one digest for each link and QF_PRESENCE_DIGEST_MS (accord.h). Of two
 * neighbours
 *
 *   - the one that dialled claims the link, so a hub's record stays small. One
 *     with more links than fit claims some, and whoever accepted another and
 *     sees that it is not claimed claims it;
 *   - either reports a claim of the other while they have no link: it has
 *     ended, or is of a time before a restart. The report ends the claim until
 *     a newer record makes it anew. A node that is reported and still has the
 *     link makes a new record as soon as it hears from there again.
 *
 * So what is believed of two nodes that can be reached is true as soon as all
 * has arrived: either would have said otherwise.
 *
 * Pace. A node makes at most one record a second, save for five in a row. What
 * has come is passed on almost at once (flood.h). The pace is kept where
 * changes begin, not at each hop: a second at each of six hops would be six.
 * What one neighbour may bring is bounded by QF_PRESENCE_NEWS_MS; what was over
 * that comes with a later digest.
 *
 * A payload may be dropped when a link is slow; the digest makes up for it.
 *
 * Versions. One that is used twice would be seen differently here and there
 * for good. A node that begins behind what others remember of it, for its
 * clock stood later once, may hear from one of them of a record that was not
 * its last: what is above that may have been used as well. So it leaps, by
 * some weeks and by chance.
 *
 * Memory: the caller owns the struct; the identity is borrowed. Out of memory
 * sets `bad`, and the process must end. Persons live until the next take or
 * tick. Pure; all times are the caller's.
 */
#ifndef QF_PRESENCE_H
#define QF_PRESENCE_H

#include "accord.h"
#include "idmap.h"
#include "people.h"
#include "room.h"

enum {
	QF_PRESENCE_DIGEST_MS = 15000,
	QF_PRESENCE_RECORD_MS = 1000, /* between records of our own, */
	QF_PRESENCE_RECORDS = 5,      /* but so many in a row */
	QF_PRESENCE_LOOK_MS = 50,     /* between looks at who is reachable */
	QF_PRESENCE_NEWS_MS = 4,      /* a piece of news from one neighbour, */
	QF_PRESENCE_NEWS = 8192,      /* but so many at once */
};

/* All links with one key. */
struct qf_neighbour {
	struct qf_key key;
	unsigned accepted;
	unsigned dialled;
	struct qf_accord accord;
	uint64_t news_ms;  /* the pace of what it brings */
	uint64_t disputed; /* it reported that version of ours, or 0 */
};

struct qf_presence {
	const struct qf_identity *id;
	struct qf_roster roster;
	struct qf_person *me; /* in it, never linked */

	/* What our next record says but for edges, and where it points. */
	struct qf_here mine;
	uint8_t name[QF_USER_NAME_BYTES_MAX];
	uint8_t text[QF_HERE_TEXT_BYTES_MAX];
	uint8_t addresses[QF_HERE_ADDRESSES_MAX * QF_HERE_ADDRESS_BYTES];
	uint8_t rooms[QF_HERE_ROOMS_MAX * QF_HERE_ROOM_BYTES];
	uint64_t version_min; /* it has at least that */
	uint64_t leap;        /* above what we do not remember having said */
	bool unsaid;          /* something in it may be new */
	bool again;           /* it is to be made, new or not */
	uint64_t record_ms;   /* the pace of records */

	struct qf_neighbour *neighbours;
	size_t neighbour_count;
	size_t neighbour_cap;
	size_t accepted_count;  /* of them, with a link that we accepted */
	struct qf_idmap by_key; /* key -> index in neighbours */

	struct qf_flood flood;
	struct qf_parcels out;

	struct qf_people people;

	bool stale;         /* more is known than was looked at */
	uint64_t looked_ms; /* when everyone was looked at last */
	uint64_t look_ms;   /* when to look again all the same */
	uint64_t digest_ms; /* when the next is due */
	bool bad;
};

/* mine: name (checked), state, text, port, addresses and rooms (in any order)
 * are copied, here as later; it may be p->mine, changed. QF_E_NOMEM: nothing is
 * left to fini. */
int qf_presence_init(struct qf_presence *p, const struct qf_identity *id,
                     const struct qf_here *mine, uint64_t seed, uint64_t now_ms,
                     uint64_t wall_ms);
void qf_presence_fini(struct qf_presence *p);

/* What we say of ourselves from now on. With QF_HERE_LEFT nothing but the name
 * counts, and the next tick says it without delay. */
void qf_presence_self(struct qf_presence *p, const struct qf_here *mine);
/* A link to a key, not our own, came up or went down; several are counted. */
void qf_presence_link_up(struct qf_presence *p, const struct qf_key *peer,
                         bool outbound, uint64_t now_ms);
void qf_presence_link_down(struct qf_presence *p, const struct qf_key *peer,
                           bool outbound);
/* A payload came from a neighbour. Signatures of what is new are checked, some
 * 40 us each, unless `verified` says that qf_presence_verify() has. A payload
 * from who is none is ignored. QF_E_MALFORMED: the peer broke a rule and
 * should go; what came before in the payload counts. */
int qf_presence_take(struct qf_presence *p, const struct qf_key *peer,
                     struct qf_bytes payload, bool verified, uint64_t now_ms);
/* All that is signed in a payload is well formed and signed by whom it names;
 * what the worker has checked before, on whichever link, costs nothing, and
 * what it has not counts in roots->checks. For workers: touches nothing else.
 */
bool qf_presence_verify(struct qf_bytes payload, struct qf_roots *roots);

/* Do what is due: after events, and when qf_presence_wake() says so. Then, and
 * before anything else, send and tell all that came of it. */
void qf_presence_tick(struct qf_presence *p, uint64_t now_ms, uint64_t wall_ms);
uint64_t qf_presence_wake(const struct qf_presence *p);
/* The next payload to be sent now; false: there is none. */
bool qf_presence_next(struct qf_presence *p, struct qf_parcel *out);
/* The next change that people are told; false: there is none. */
bool qf_presence_change(struct qf_presence *p, struct qf_change *out);

/* A person of whom something is known, here (`shown`) or not; or NULL. */
const struct qf_person *qf_presence_find(const struct qf_presence *p,
                                         const struct qf_key *key);
/* The next of the others who are here, from *at = 0 on; NULL: no more. Of one
 * room (QF_HERE_ROOM_BYTES of its id) unless that is NULL. */
const struct qf_person *qf_presence_each(const struct qf_presence *p,
                                         const uint8_t *room, size_t *at);
/* The same of those with that folded name: is it taken, and who is meant? */
const struct qf_person *qf_presence_named(const struct qf_presence *p,
                                          const char *folded, size_t *at);

#endif
