/* tls.h - how nodes prove to each other who they are: contexts, certificates
 *
 * Nodes: TLS 1.3 with X25519. Both sides show a self-signed Ed25519 certificate
 * made from the node's seed at each start; its key is the peer, and nothing
 * else in it counts: no name, no date, because there may be no clock worth the
 * name and no authority. The protocol is named by ALPN "quickfi/1". No tickets,
 * no early data. channel.h is one connection.
 *
 * The same port serves others, which may use TLS 1.2 and are shown a P-256
 * certificate if they know no Ed25519. People compare its fingerprint, so it is
 * made once and kept, as PEM: the private key, and the certificate. A browser
 * is never asked for a certificate (ALPN "http/1.1"); anyone else is, may show
 * one of any kind or none, and what it is good for is its gateway's to say.
 *
 * Threads: immutable once made, shared by all workers.
 */
#ifndef QF_TLS_H
#define QF_TLS_H

#include "core/bytes.h"
#include "core/identity.h"

#define QF_EXPORTER "EXPORTER-QuickFi-recon"

struct qf_tls {
	struct ssl_ctx_st *server;
	struct ssl_ctx_st *client;
	struct bio_method_st *bytes; /* channel.c: how a channel reads */
	/* SHA-256 of the P-256 certificate, as browsers show it */
	char fingerprint[3 * 32];
};

/* A new P-256 key and its certificate are appended. QF_E_NOMEM: OpenSSL cannot
 * do it, which in practice means that. */
int qf_tls_make_pem(struct qf_buf *pem);
/* QF_E_MALFORMED: the PEM is not what the above makes. QF_E_NOMEM. */
int qf_tls_init(struct qf_tls *tls, const uint8_t seed[QF_SEED_BYTES],
                struct qf_bytes pem);
void qf_tls_fini(struct qf_tls *tls);

#endif
