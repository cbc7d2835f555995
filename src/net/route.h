/* route.h - who comes by the one port: told from the first bytes
 *
 * A node says so in TLS by ALPN, and so does a browser. Whoever says nothing
 * of the kind is known by the first bytes, in TLS or in plain text: a method
 * of HTTP is the web, anything else is taken for IRC.
 *
 * Pure.
 */
#ifndef QF_ROUTE_H
#define QF_ROUTE_H

#include "core/bytes.h"

enum qf_route {
	QF_ROUTE_MORE, /* not to be told yet */
	QF_ROUTE_TLS,  /* a handshake begins */
	QF_ROUTE_NODE,
	QF_ROUTE_WEB,
	QF_ROUTE_IRC,
};

#define QF_ALPN     "quickfi/1"
#define QF_ALPN_WEB "http/1.1"

/* Of the ALPN that was agreed upon; with none, or a strange one, MORE. */
enum qf_route qf_route_alpn(struct qf_bytes name);
/* Of what came first; `secured`: within TLS, which does not nest. */
enum qf_route qf_route_bytes(struct qf_bytes first, bool secured);

#endif
