/* route.c - who comes by the one port: told from the first bytes */
#include "route.h"

#include <string.h>

enum { TLS_HANDSHAKE = 0x16 };

static bool is_word(struct qf_bytes name, const char *word)
{
	return name.len == strlen(word) && !memcmp(name.at, word, name.len);
}

enum qf_route qf_route_alpn(struct qf_bytes name)
{
	if (is_word(name, QF_ALPN))
		return QF_ROUTE_NODE;
	if (is_word(name, QF_ALPN_WEB))
		return QF_ROUTE_WEB;
	return QF_ROUTE_MORE;
}

static enum qf_route as_text(struct qf_bytes first)
{
	static const char *const methods[] = { "GET ", "HEAD ", "POST ",
		                               "OPTIONS " };
	enum qf_route found = QF_ROUTE_IRC;

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		size_t len = strlen(methods[i]);
		size_t same = first.len < len ? first.len : len;

		if (memcmp(first.at, methods[i], same))
			continue;
		if (same == len)
			return QF_ROUTE_WEB;
		found = QF_ROUTE_MORE;
	}
	return found;
}

enum qf_route qf_route_bytes(struct qf_bytes first, bool secured)
{
	if (!first.len)
		return QF_ROUTE_MORE;
	if (first.at[0] == TLS_HANDSHAKE && !secured)
		return QF_ROUTE_TLS;
	return as_text(first);
}
