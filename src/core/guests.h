/* guests.h - who is here through this node: by the page, without a key
 *
 * A guest has a name that nobody else here has, and a ticket that its page
 * made: who comes again with it takes the name over from a connection that may
 * be dead, and is no newcomer. What is said to it alone belongs to the ticket,
 * by its hash, for the ticket itself is the page's secret. What a guest may say
 * in a while is limited.
 *
 * Memory: begins as zeroes; fini releases.
 */
#ifndef QF_GUESTS_H
#define QF_GUESTS_H

#include "step.h"

enum {
	QF_GUESTS_MAX = 4096,
	QF_TICKETS_MAX = 1024, /* of who was in, or was removed */
	QF_GUEST_BURST = 20,   /* says at once, and then */
	QF_GUEST_SAY_MS = 500, /* one each that long */
};

struct qf_guest {
	qf_conn conn;
	struct qf_nonce ticket;
	char name[QF_USER_NAME_BYTES_MAX + 1];
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t since_ms;  /* mono */
	uint64_t named_lsn; /* the newest when it took the name */
	uint64_t quiet_ms;  /* mono: what it said is forgiven by then */
};

struct qf_ticket {
	struct qf_nonce is;
	bool removed;
};

struct qf_guests {
	struct qf_guest *list;
	size_t count;
	size_t cap;
	struct qf_ticket tickets[QF_TICKETS_MAX]; /* a ring */
	size_t ticket_count;
	size_t ticket_next;
};

void qf_guests_fini(struct qf_guests *g);
struct qf_guest *qf_guests_at(struct qf_guests *g, qf_conn conn);
struct qf_guest *qf_guests_named(struct qf_guests *g, const char *name);
struct qf_guest *qf_guests_with(struct qf_guests *g,
                                const struct qf_nonce *ticket);
/* NULL: out of memory. There is room, and the name is good and free. */
struct qf_guest *qf_guests_add(struct qf_guests *g, qf_conn conn,
                               const struct qf_nonce *ticket, const char *name,
                               uint64_t lsn, uint64_t now_ms);
/* lsn: the newest. Who has the name already has it as long as before. */
void qf_guests_rename(struct qf_guest *guest, const char *name, uint64_t lsn);
/* BLAKE2b-256 of the ticket, pers "QF1guest". */
void qf_guest_mark(const struct qf_guest *guest, struct qf_hash *out);
void qf_guests_drop(struct qf_guests *g, struct qf_guest *guest);
/* What is known of a ticket, or NULL: a newcomer's. */
const struct qf_ticket *qf_guests_ticket(const struct qf_guests *g,
                                         const struct qf_nonce *ticket);
void qf_guests_refuse(struct qf_guests *g, const struct qf_nonce *ticket);
/* It says something. False: it has said too much. */
bool qf_guest_says(struct qf_guest *guest, uint64_t now_ms);

#endif
