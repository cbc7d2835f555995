/* channel.h - one TLS connection as bytes in and bytes out
 *
 * No sockets: whoever has one reads from it into the channel and writes what
 * the channel leaves in `wire`, whatever a call returned, since alerts must go
 * out too. A channel keeps no bytes of its own; OpenSSL keeps a part of a
 * record at most.
 */
#ifndef QF_CHANNEL_H
#define QF_CHANNEL_H

#include "core/bytes.h"
#include "core/room.h"
#include "route.h"
#include "tls.h"

enum qf_channel_got {
	QF_CHANNEL_OVER = -1, /* for ever; `why` says why */
	QF_CHANNEL_DRY,       /* all of `in` was taken, more is needed */
	QF_CHANNEL_SOME,      /* call again */
};

struct qf_channel {
	struct ssl_st *ssl;
	bool shaken;         /* the handshake is done */
	enum qf_route route; /* what it agreed on: a node, web, or MORE */
	bool proven;         /* a node, and the next two hold */
	struct qf_key peer;
	uint8_t exporter[QF_EXPORTER_BYTES];
	bool broken; /* TLS itself failed: no word more, not even goodbye */
	bool over;
	char *why; /* for people: "it does not speak TLS"; NULL: none */

	struct qf_bytes *in; /* during a call */
	struct qf_buf *wire;
};

/* NULL: out of memory. A client's first bytes come with the first read of
 * nothing. */
struct qf_channel *qf_channel_new(const struct qf_tls *tls, bool client);
void qf_channel_free(struct qf_channel *ch); /* NULL is fine */
/* The SHA-256 of the certificate that the peer showed; false: it showed none.
 * That it has the key was proven, nothing else of it. */
bool qf_channel_cert(const struct qf_channel *ch, struct qf_key *sha256);
/* Take from the front of `in`, append at most one record to `plain`. Bytes
 * come only after `shaken`. A client accepts nobody but a node. */
enum qf_channel_got qf_channel_read(struct qf_channel *ch, struct qf_bytes *in,
                                    struct qf_buf *plain, struct qf_buf *wire);
/* False: the channel is over. */
bool qf_channel_write(struct qf_channel *ch, struct qf_bytes plain,
                      struct qf_buf *wire);
/* We shall say no more: the peer knows that nothing was cut off. */
void qf_channel_end(struct qf_channel *ch, struct qf_buf *wire);

/* For tls.c: the BIO by which OpenSSL reaches `in` and `wire`. NULL: out of
 * memory. */
struct bio_method_st *qf_channel_bytes(void);

#endif
