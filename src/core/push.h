/* push.h - which links of a room push what is new, and which only name it
 *
 * Plumtree (Leitao et al., Epidemic Broadcast Trees, SRDS 2007). A link is
 * eager at first: what is new is pushed on it, both ways. When it brings what
 * was here already, it becomes lazy: from then on what is new is only named on
 * it. So the eager links of a room become a tree, over which everything comes
 * once; lazy ones show when a part of that tree is gone (wants.h). The last
 * eager link stays eager. A backlog that a reconciliation has found goes to
 * nobody in this way: talks sum it up again (talk.h).
 *
 * Pure; one for each room of the node.
 */
#ifndef QF_PUSH_H
#define QF_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qf_push_link {
	uint64_t conn;
	bool lazy;
};

struct qf_push {
	struct qf_push_link *links;
	size_t count;
	size_t cap;
	size_t lazy; /* of them */
};

/* Begins as zeroes. */
void qf_push_fini(struct qf_push *p);
/* That link carries the room, too. QF_E_NOMEM: nothing changed. */
int qf_push_join(struct qf_push *p, uint64_t conn);
void qf_push_leave(struct qf_push *p, uint64_t conn);
/* It brought what was here. True: it is lazy from now on. */
bool qf_push_prune(struct qf_push *p, uint64_t conn);
/* What became of it by the other end's will, or because we need it. */
void qf_push_set(struct qf_push *p, uint64_t conn, bool lazy);
/* NULL: it does not carry the room. */
const struct qf_push_link *qf_push_link(const struct qf_push *p, uint64_t conn);

#endif
