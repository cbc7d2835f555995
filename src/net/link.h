/* link.h - a byte stream to a peer: TCP, TLS, frames, and the talk over it
 *
 *   SHAKING  TLS; ends with LINK_UP, or DIAL_FAILED if we dialled
 *   TALKING  frames go to the session, and what is pulled from it goes out
 *   ENDING   the core knows; what was written last (a BYE, an alert) may still
 *            arrive, so we wait for the other side to close, for LINGER_MS
 *
 * A link can fail: no handshake or no HELLO in QF_GREETING_MS; bytes that are
 * no frames; a session that closes; silence, which the session judges; bytes
 * of ours that nobody acknowledged for QF_UNACKED_MS; the socket itself.
 *
 * Threads: one worker's.
 */
#ifndef QF_LINK_H
#define QF_LINK_H

#include "channel.h"
#include "core/session.h"
#include "pulse.h"
#include "socket.h"

enum qf_link_state { QF_LINK_SHAKING, QF_LINK_TALKING, QF_LINK_ENDING };

/* What the core asked for (step.h, DIAL). */
struct qf_dialled {
	uint64_t number;
	struct qf_address address;
	bool expects_key;
	struct qf_key key;
};

struct qf_link {
	struct qf_socket socket; /* first: the desk knows sockets */
	uv_timer_t timer;
	uint64_t timer_ms; /* when it rings; UINT64_MAX: it does not */
	enum qf_link_state state;
	bool outbound;
	struct qf_dialled dialled; /* if outbound */

	struct qf_channel channel;
	struct qf_buf partial;     /* the beginning of a frame */
	struct qf_session session; /* from TALKING on */
	bool has_session;
	uint64_t since_ms; /* of the state */
	struct qf_pulse pulse;
};

/* Takes a connected socket; dialled is NULL for an accepted one. On an error
 * the descriptor is still the caller's. QF_E_NOMEM, QF_E_LIMIT. */
int qf_link_open(struct qf_desk *desk, int fd,
                 const struct qf_dialled *dialled);
bool qf_link_is(const struct qf_socket *s);

#endif
