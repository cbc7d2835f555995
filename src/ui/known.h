/* known.h - whom a screen knows by name, and how it calls them
 *
 * Names are labels, keys decide. A name that two keys have, or that looks like
 * another's, is shown with the short key, "ana·k7f", and so is one that could
 * be read as a word of the program's own.
 *
 * Memory: the caller owns the struct.
 */
#ifndef QF_KNOWN_H
#define QF_KNOWN_H

#include <stdio.h>

#include "gateway/reply.h"

enum {
	QF_KNOWN_MAX = 4096,
	QF_KNOWN_KEY_BYTES = 52,
	QF_KNOWN_SHORT_BYTES = 8,
};

struct qf_known_person {
	char key[QF_KNOWN_KEY_BYTES + 1];
	char key_short[QF_KNOWN_SHORT_BYTES + 1];
	char name[QF_USER_NAME_BYTES_MAX + 1];
	char look[QF_USER_NAME_BYTES_MAX + 1]; /* as names are compared */
	bool sure; /* it was its name when it was last heard of */
};

struct qf_known {
	struct qf_known_person *people;
	size_t count;
	size_t cap;
};

void qf_known_fini(struct qf_known *k);
/* Someone has that name; if not `sure`, at some time in the past. True: it was
 * called `old` before. */
bool qf_known_put(struct qf_known *k, struct qf_bytes key,
                  struct qf_bytes key_short, struct qf_bytes name, bool sure,
                  char old[QF_USER_NAME_BYTES_MAX + 1]);
/* Everyone in an answer that lists people, as they are called now. */
void qf_known_put_all(struct qf_known *k, const struct qf_reply *people);
/* Everyone in an answer that lists contacts, as they were called at last. */
void qf_known_put_contacts(struct qf_known *k, const struct qf_reply *contacts);
const struct qf_known_person *qf_known_find(const struct qf_known *k,
                                            struct qf_bytes key);
/* What somebody typed: a name in either case, with or without its short key,
 * or a whole key. */
bool qf_known_is_meant(struct qf_bytes who, struct qf_bytes key,
                       struct qf_bytes key_short, struct qf_bytes name);
/* The one whom somebody means who typed that, or NULL: nobody, or several. */
const struct qf_known_person *qf_known_meant(const struct qf_known *k,
                                             struct qf_bytes who);
/* The name, safe for a terminal, with the short key where it has to be. known
 * may be NULL. */
void qf_known_print(const struct qf_known *k, FILE *to, struct qf_bytes key,
                    struct qf_bytes key_short, struct qf_bytes name);
/* How that person is reached: "through ana, 3 links away", or, who is linked
 * with us, "over wlan0". */
void qf_known_print_way(const struct qf_known *k, FILE *to,
                        const struct qf_reply_person *p);
/* Somebody could take it for "System" or a guest's, or not see where it ends.
 */
bool qf_known_is_doubtful(struct qf_bytes name);

#endif
