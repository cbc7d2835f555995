/* stranger.h - a peer made of wire.md alone, which does what it is told
 *
 * Blocking, with limits: a wait that takes too long ends the link and says
 * so. What goes out is given as bytes, right or wrong; what comes in are
 * frames. The first end stays, with its words: "bye: REASON" where the other
 * side said why, "alert: ..." where TLS did, "closed" or "reset" otherwise.
 *
 * Memory: the caller owns the struct. A frame lives until the next is heard.
 */
#ifndef STRANGER_H
#define STRANGER_H

#include <openssl/ssl.h>

#include "core/wire.h"

enum stranger_proof {
	STRANGER_ED25519,
	STRANGER_LONG_ED25519, /* in a certificate of 20 KB */
	STRANGER_P256,
	STRANGER_RSA,
	STRANGER_NOTHING,
};

/* How it shows itself. All zero is as a node does. */
struct stranger_look {
	enum stranger_proof proof;
	const char *alpn; /* NULL: quickfi/1; "": none */
	int version;      /* of TLS; 0: 1.3 */
};

struct stranger {
	struct qf_identity me;
	int fd;
	SSL *ssl; /* NULL: TCP alone */
	uint8_t exporter[QF_EXPORTER_BYTES];
	struct qf_buf in;
	size_t used; /* of it, by the frame that was given last */
	char end[QF_REASON_BYTES_MAX + 32]; /* "": it has not ended */

	/* In the room, after stranger_enter(). */
	struct qf_room_id room;
	struct qf_tag my_tag;
	struct qf_tag their_tag;
	uint64_t their_handle;
};

enum { STRANGER_HANDLE = 5 }; /* by which it calls its one room */

/* TCP to 127.0.0.1. Whoever it is, the seed decides. Where it comes from, place
 * does: the last three bytes of an address of 127/8, or where a node of this
 * machine would come from. */
enum { STRANGER_NEXT_DOOR = 1 };
void stranger_init(struct stranger *s, uint16_t port, uint64_t seed,
                   uint32_t place);
void stranger_fini(struct stranger *s);
/* False: there is no link, and the end says why. A server may end what seems
 * to be a link for what it thinks of a certificate. */
bool stranger_shake(struct stranger *s, const struct stranger_look *look);

/* Bytes as they are, inside TLS if there is any. */
void stranger_say(struct stranger *s, struct qf_bytes bytes);
void stranger_say_frame(struct stranger *s, uint8_t type,
                        struct qf_bytes payload);
/* The next frame. False: the end. */
bool stranger_hear(struct stranger *s, struct qf_frame *frame);
/* Pass over what comes, until it is of that type. */
bool stranger_hear_type(struct stranger *s, uint8_t type,
                        struct qf_frame *frame);
/* Hear whatever comes until the link ends. */
void stranger_outlive(struct stranger *s, int seconds);
/* Whether the other side has read all that was said and goes on. */
bool stranger_is_welcome(struct stranger *s);

void stranger_greet(struct stranger *s);
/* The tags of one room and of nothing else. */
void stranger_offer(struct stranger *s, const char *room);
/* Its room, as one that has nothing. */
void stranger_open(struct stranger *s);
/* Greet and open an open room from both sides. False: the end. */
bool stranger_enter(struct stranger *s, const char *room);

#endif
