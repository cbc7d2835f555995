/* link.h - a byte stream to a peer: TCP, TLS, frames, and the talk over it
 *
 *   SHAKING  TLS, if we dialled; ends with LINK_UP or DIAL_FAILED
 *   TALKING  frames go to the session, and what is pulled from it goes out
 *   ENDING   the core knows; what was written last (a BYE, an alert) may still
 *            arrive, so we wait for the other side to close, for LINGER_MS
 *
 * A peer that broke the protocol is refused for a while (penalty.h): after the
 * handshake, that is ENDING at once, with a BYE, and the core never hears of
 * it.
 *
 * A link can fail: no handshake or no HELLO in QF_GREETING_MS; bytes that are
 * no frames; a session that closes; silence, which the session judges; bytes
 * of ours that nobody acknowledged for QF_UNACKED_MS; the socket itself.
 *
 * Threads: one worker's.
 */
#ifndef QF_LINK_H
#define QF_LINK_H

#include "core/session.h"
#include "pulse.h"
#include "socket.h"

enum qf_link_state { QF_LINK_SHAKING, QF_LINK_TALKING, QF_LINK_ENDING };

/* What the core asked for (step.h, DIAL and CLASSIC_CALL). */
struct qf_dialled {
	uint64_t number;
	struct qf_address address;
	bool expects_key;
	struct qf_key key;
	/* of a classic host: the address of its first port, and where it goes
	 */
	struct qf_address asked;
	char room[QF_ROOM_NAME_BYTES_MAX + 1];
};

struct qf_link {
	struct qf_socket *socket;
	enum qf_link_state state;
	bool outbound;
	bool has_session;
	bool waits; /* in line: what is in `partial` may be frames */
	struct qf_pulse pulse;
	struct qf_traffic *traffic; /* from TALKING on; shared with the core */
	struct qf_session session;  /* from TALKING on */
	uint64_t since_ms;          /* of the state */
	TAILQ_ENTRY(qf_link) line;  /* the desk's */
	/* The beginning of a frame, or, if it waits, frames. */
	struct qf_buf partial;
	struct qf_dialled dialled; /* if outbound */
};

/* Takes a socket that connected. On an error the descriptor is still the
 * caller's. QF_E_NOMEM, QF_E_LIMIT. */
int qf_link_open(struct qf_desk *desk, int fd,
                 const struct qf_dialled *dialled);
/* A visitor has proven that it is a node (door.h); its socket becomes a link.
 * QF_E_NOMEM: it is what it was. */
int qf_link_adopt(struct qf_socket *s);

/* Before the desk's turn: those in line have their share of it. */
void qf_link_feed(struct qf_desk *desk);

#endif
