/* hall_people.h - persons of nodes and visitors, and where guests see them
 *
 * A part of the hall, which owns them. A pointer to one of them is good until
 * somebody comes or goes.
 *
 * Threads: one worker's.
 */
#ifndef QF_HALL_PEOPLE_H
#define QF_HALL_PEOPLE_H

#include "hall.h"
#include "viewer.h"

enum { QF_HALL_FAR_MAX = 1024 }; /* guests of other nodes */

struct qf_api;

/* A person of a node, of another or of this one; or a visitor: a guest of this
 * node who did not come by IRC; or a guest of another node, who has spoken. */
struct qf_hall_person {
	struct qf_key key; /* the node's */
	qf_conn visitor;   /* 0: none */
	bool far;          /* a guest of another node */
	uint64_t heard_ms; /* mono: far, when it has spoken last */
	size_t far_count;  /* a node's: so many of its guests are here */
	enum qf_visitor_way way;
	struct qf_hash mark; /* of the page, what it is known by; or zeroes */
	struct qf_api
		*api; /* who reads here what is said to it alone, or NULL */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	char nick[QF_USER_NAME_BYTES_MAX + 20]; /* as IRC may show it */
	char folded[QF_USER_NAME_BYTES_MAX + 20];
	char *away; /* NULL: here */
	/* As in a record (core/here.h), or NULL. */
	struct qf_shared *rooms; /* where guests see the person, */
	struct qf_shared *said;  /* and where its node says that it is */
};

/* seed: as qf_idmap_init() has it. */
void qf_hall_people_init(struct qf_hall *h, uint64_t seed);
void qf_hall_people_fini(struct qf_hall *h);

struct qf_hall_person *qf_hall_person(const struct qf_hall *h,
                                      const struct qf_key *key);
struct qf_hall_person *qf_hall_visitor(const struct qf_hall *h, qf_conn conn);
/* By the name that its lines have. */
struct qf_hall_person *qf_hall_visitor_called(const struct qf_hall *h,
                                              const char *name);
/* The last guest of the page who was called so and went, or NULL. */
const struct qf_hall_absent *qf_hall_absent(const struct qf_hall *h,
                                            const char *name);
/* By the mark of a guest of the page. */
struct qf_hall_person *qf_hall_visitor_marked(const struct qf_hall *h,
                                              const struct qf_hash *mark);
struct qf_hall_person *qf_hall_person_named(const struct qf_hall *h,
                                            const char *nick);
/* A guest of that node. */
struct qf_hall_person *qf_hall_far(const struct qf_hall *h,
                                   const struct qf_key *node,
                                   const char *guest);
/* Somebody came, or has another name now; NULL: out of memory. */
struct qf_hall_person *qf_hall_meet(struct qf_hall *h, const struct qf_key *key,
                                    const char *name);
/* mark: of one of the page, or NULL. */
struct qf_hall_person *qf_hall_meet_visitor(struct qf_hall *h, qf_conn conn,
                                            const struct qf_hash *mark,
                                            const char *name);
struct qf_hall_person *qf_hall_meet_far(struct qf_hall *h,
                                        const struct qf_key *node,
                                        const char *guest);
void qf_hall_part(struct qf_hall *h, struct qf_hall_person *p);
/* From now on seen in these rooms, and no others; NULL: in none. */
void qf_hall_see(struct qf_hall *h, struct qf_hall_person *p,
                 struct qf_shared *rooms);
/* How many persons are seen in the room. */
size_t qf_hall_attended(const struct qf_hall *h, const struct qf_room_id *id);
/* The person of this node; and whoever is at it, visitors as well. */
bool qf_hall_is_self(const struct qf_hall *h, const struct qf_hall_person *p);
bool qf_hall_is_near(const struct qf_hall *h, const struct qf_hall_person *p);
/* What stands between name and node in the mask. */
const char *qf_hall_person_user(const struct qf_hall_person *p);
/* The part of the mask that stands for the node, and "nick!node@host". */
void qf_hall_person_host(const struct qf_hall_person *p,
                         char out[QF_HOST_TEXT_BYTES]);
void qf_hall_person_mask(const struct qf_hall_person *p,
                         char out[QF_MASK_BYTES]);
/* Is it among those of a person? */
bool qf_hall_is_among(const struct qf_shared *rooms,
                      const struct qf_hall_room *r);

/* A person has that name, here or on another node. */
bool qf_hall_is_persons(const struct qf_hall *h, const char *nick);

#endif
