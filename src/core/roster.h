/* roster.h - everyone that a node knows of, and who of them can be reached
 *
 * A person is a node's newest record (here.h) and the reports about it. The
 * two only grow: a newer record replaces the older and its reports, a report
 * ends one edge of one version for good. So two rosters that were told the
 * same are the same, in whatever order it came. (But for a node that signs two
 * records of one version: that one is seen differently here and there.)
 *
 * Reachable is whom a path of links leads to. A link is there if one of its
 * ends claims it and the other has not reported it gone; who has left has
 * none. Of our own links nothing is believed: `linked` says which there are.
 *
 * Memory: the roster owns its persons. They stay where they are until they
 * are removed. Others write only `linked` and the last two groups of fields.
 */
#ifndef QF_ROSTER_H
#define QF_ROSTER_H

#include "here.h"

enum {
	QF_PERSONS_MAX = 4096,
	QF_ROSTER_PARTS = 64, /* equal parts of all keys, each with a sum */
	QF_SUM_BYTES = 16,
	/* A person as items: what qf_person_put() appends at most. */
	QF_PERSON_BYTES_MAX = 1 + QF_HERE_BYTES_MAX +
	                      QF_HERE_EDGES_MAX * (1 + QF_GONE_BYTES),
};

/* What a row of items consists of: a type, and the record or report. */
enum qf_item_type { QF_ITEM_HERE = 1, QF_ITEM_GONE = 2 };

struct qf_sum {
	uint8_t b[QF_SUM_BYTES];
};

struct qf_person {
	struct qf_key key;
	struct qf_here here; /* its spans lie in memory of the person */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	uint16_t gone;     /* bit i: edge i was reported */
	bool linked;       /* with us */
	bool reachable;    /* as qf_roster_reach() found it; at first true */
	uint64_t since_ms; /* when that changed last */

	/* private */
	uint8_t *record;
	uint8_t (*reports)[QF_SIG_BYTES]; /* an edge each, NULL: none yet */

	/* people.h: what people were told */
	bool shown;              /* as someone who is here */
	uint64_t hidden_version; /* of the record when it was told gone */
	enum qf_here_state told_state;
	bool text_changed; /* since told */
	bool rooms_changed;
	char told_name[QF_USER_NAME_BYTES_MAX + 1];

	/* flood.h: what is to be passed on */
	bool queued;
	bool record_fresh;
	uint16_t reports_fresh; /* bits as in gone */
	struct qf_key source;   /* whom it came from, zero: several, or us */
};

struct qf_roster_row {
	uint64_t prefix; /* the key's first eight bytes */
	struct qf_person *person;
	uint32_t up; /* private: a row nearer to the root of its component */
};

struct qf_roster {
	struct qf_roster_row *rows; /* ascending by prefix, which is unique */
	size_t count;
	size_t cap;
	bool summed; /* since the last qf_roster_reach() */
	struct qf_sum sums[QF_ROSTER_PARTS];
};

uint64_t qf_key_prefix(const struct qf_key *key);
/* The part of the roster that a prefix belongs to. */
size_t qf_roster_part(uint64_t prefix);

void qf_roster_init(struct qf_roster *r);
void qf_roster_fini(struct qf_roster *r);
struct qf_person *qf_roster_find(const struct qf_roster *r,
                                 const struct qf_key *key);
/* The first row whose prefix is not below that; count if none. */
size_t qf_roster_row(const struct qf_roster *r, uint64_t prefix);
/* Whose key begins so, or NULL. */
struct qf_person *qf_roster_begins(const struct qf_roster *r, uint64_t prefix);

/* Keep a copy of a record that is newer than what is known, of a new person
 * perhaps; *out is whose it is. QF_E_MALFORMED: a name that
 * qf_user_name_check() would not let pass as it is; QF_E_LIMIT: full;
 * QF_E_TAKEN: another key begins alike; or QF_E_NOMEM: nothing changed. */
int qf_roster_put(struct qf_roster *r, const struct qf_here *h, uint64_t now_ms,
                  struct qf_person **out);
/* Edge i was reported gone by that signature. QF_E_NOMEM: nothing changed. */
int qf_person_report(struct qf_person *p, size_t edge,
                     const uint8_t sig[QF_SIG_BYTES]);
void qf_roster_remove(struct qf_roster *r, struct qf_person *p);

/* Find out who is reachable from `me`. O(persons and edges). */
void qf_roster_reach(struct qf_roster *r, const struct qf_person *me,
                     uint64_t now_ms);
/* A sum for each part, of who is reachable there: from zeroes, ascending by
 * key, the first half of BLAKE2b-256 (pers "QF1part", the sum so far, 32 key,
 * u64 version, u16 gone). Computed once after each qf_roster_reach(). */
const struct qf_sum *qf_roster_sums(struct qf_roster *r);

/* Append the record, if so, and those reports, as items. */
void qf_person_put(struct qf_buf *to, const struct qf_person *p, bool record,
                   uint16_t reports);

#endif
