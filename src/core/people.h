/* people.h - what people are told of who came, left and was lost
 *
 * Everyone on the roster is looked at whenever it may have changed. Who became
 * reachable came. Who no longer is has left if the newest record says so,
 * otherwise was lost, and is forgotten in the end.
 *
 * A new record speaks for itself, and so does a farewell. A loss has to last
 * for QF_PEOPLE_SETTLE_MS before it is told, and so has a return by an old
 * record: a link that is dialled again at once, or halves that meet and have
 * not yet told each other everything, would otherwise tell of losses and
 * returns that were none.
 */
#ifndef QF_PEOPLE_H
#define QF_PEOPLE_H

#include "flood.h"

enum {
	QF_PEOPLE_SETTLE_MS = 600,
	QF_PEOPLE_FORGET_MS = 600000,
};

enum qf_change_kind {
	QF_CHANGE_CAME,
	QF_CHANGE_LEFT,
	QF_CHANGE_LOST,
	QF_CHANGE_RENAMED,
	QF_CHANGE_AWAY, /* or away for another reason */
	QF_CHANGE_BACK,
	QF_CHANGE_ROOMS, /* perhaps in others now; told after all else */
};

struct qf_change {
	enum qf_change_kind kind;
	const struct qf_person *person; /* borrowed from the roster */
	char old_name[QF_USER_NAME_BYTES_MAX + 1]; /* RENAMED */
};

struct qf_people {
	struct qf_change *changes; /* oldest first, from `first` */
	size_t first;
	size_t count;
	size_t cap;
	bool bad; /* out of memory: the process must end */
};

/* Begins as zeroes. */
void qf_people_fini(struct qf_people *w);
/* Find out who can be reached from `me`, and what is to be told of it. When to
 * look again even if nothing more is known; UINT64_MAX: not then. */
uint64_t qf_people_look(struct qf_people *w, struct qf_roster *r,
                        const struct qf_person *me, struct qf_flood *flood,
                        uint64_t now_ms);
/* Forget who has been out of reach longest, for the sake of another; false:
 * nobody is. */
bool qf_people_make_room(struct qf_roster *r, const struct qf_person *me,
                         struct qf_flood *flood);
/* The next change; false: there is none. */
bool qf_people_next(struct qf_people *w, struct qf_change *out);

#endif
