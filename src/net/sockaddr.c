/* sockaddr.c - where a node listens, as sockets take it */
#include "sockaddr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

bool qf_address_numeric(const struct qf_address *a, struct qf_sockaddr *out)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char port[8];

	snprintf(port, sizeof port, "%u", a->port);
	if (getaddrinfo(a->host, port, &hints, &found))
		return false;
	memcpy(&out->at, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static void of_v6(const struct sockaddr_in6 *from, struct qf_address *out)
{
	out->port = ntohs(from->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&from->sin6_addr)) {
		inet_ntop(AF_INET, from->sin6_addr.s6_addr + 12, out->host,
		          sizeof out->host);
		return;
	}
	/* getnameinfo() knows scopes, and for numbers asks nobody. */
	if (getnameinfo((const struct sockaddr *)from, sizeof *from, out->host,
	                sizeof out->host, NULL, 0, NI_NUMERICHOST))
		strcpy(out->host, "::");
}

void qf_address_of(const struct sockaddr *from, struct qf_address *out)
{
	*out = (struct qf_address){ 0 };
	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)from;

		out->port = ntohs(v4->sin_port);
		inet_ntop(AF_INET, &v4->sin_addr, out->host, sizeof out->host);
	} else if (from->sa_family == AF_INET6) {
		of_v6((const void *)from, out);
	}
}

void qf_place_of(int fd, struct qf_place *out)
{
	static const uint8_t v4_inside[] = { [10] = 0xff, 0xff };
	struct qf_sockaddr from = { .len = sizeof from.at };
	const struct sockaddr_in6 *v6 = (const void *)&from.at;
	const struct sockaddr_in *v4 = (const void *)&from.at;

	*out = (struct qf_place){ 0 };
	if (getpeername(fd, (struct sockaddr *)&from.at, &from.len))
		return;
	if (from.at.ss_family == AF_INET) {
		memcpy(out->b, v4_inside, sizeof v4_inside);
		memcpy(out->b + sizeof v4_inside, &v4->sin_addr,
		       sizeof v4->sin_addr);
	} else if (from.at.ss_family == AF_INET6) {
		memcpy(out->b, &v6->sin6_addr,
		       IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)
		               ? sizeof out->b
		               : sizeof out->b / 2);
	}
}
