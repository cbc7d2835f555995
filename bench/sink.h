/* sink.h - a link whose other end throws all away
 *
 * A session that is even in a room, and the TLS of its link: what is due is
 * pulled and sealed as for a socket, and then forgotten. Both were brought up
 * in memory with a peer that has gone since.
 */
#ifndef SINK_H
#define SINK_H

#include "core/session.h"
#include "net/channel.h"

struct sink {
	struct qf_session session;
	struct qf_channel *channel;
};

/* In the carry of its worker, as the conn. The room is in it already. */
void sink_init(struct sink *s, const struct qf_tls *tls, struct qf_carry *carry,
               const struct qf_room_id *room, qf_conn conn);
void sink_fini(struct sink *s);
/* Seal all that is due, in one record as a link does. */
void sink_pull(struct sink *s, struct qf_buf *plain, struct qf_buf *wire);
/* Answer what sessions of a carry ask as a core with an empty room does. */
void sink_answer(struct qf_carry *carry, struct qf_session *s);

#endif
