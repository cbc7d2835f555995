/* tls.h - how nodes prove to each other who they are: contexts, certificates
 *
 * TLS 1.3 with X25519. Both sides show a self-signed Ed25519 certificate made
 * from the node's seed at each start; its key is the peer, and nothing else in
 * it counts: no name, no date, because there may be no clock worth the name
 * and no authority. The protocol is named by ALPN "quickfi/1". No tickets, no
 * early data. channel.h is one connection.
 *
 * Threads: immutable once made, shared by all workers.
 */
#ifndef QF_TLS_H
#define QF_TLS_H

#include "core/identity.h"

#define QF_ALPN     "quickfi/1"
#define QF_EXPORTER "EXPORTER-QuickFi-recon"

struct qf_tls {
	struct ssl_ctx_st *server;
	struct ssl_ctx_st *client;
	struct bio_method_st *bytes; /* channel.c: how a channel reads */
};

/* QF_E_NOMEM: OpenSSL cannot do it, which in practice means that. */
int qf_tls_init(struct qf_tls *tls, const uint8_t seed[QF_SEED_BYTES]);
void qf_tls_fini(struct qf_tls *tls);

#endif
