/* address.c - where a node listens, as people write it */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool refuse(char *why, size_t cap, const char *sentence)
{
	snprintf(why, cap, "%s", sentence);
	return false;
}

static bool parse_port(const char *text, uint16_t *out)
{
	unsigned port = 0;

	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = port * 10 + (unsigned)(*text - '0');
	}
	*out = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* The letters of names, of IPv4 and IPv6, and of a scope ("fe80::1%wlan0").
 * Bytes above ASCII are left to the resolver. */
static bool host_letters(const char *host)
{
	for (; *host; host++) {
		unsigned char c = (unsigned char)*host;
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		             (c >= 'A' && c <= 'Z') || c >= 0x80;

		if (!plain && !strchr(".-_:%", c))
			return false;
	}
	return true;
}

/* With or without a scope, which only this machine can judge. */
static bool is_v6(const char *host)
{
	char bare[INET6_ADDRSTRLEN] = "";
	struct in6_addr at;
	size_t len = strcspn(host, "%");

	if (len >= sizeof bare)
		return false;
	memcpy(bare, host, len);
	return inet_pton(AF_INET6, bare, &at) == 1;
}

/* Cut "[V6]", "[V6]:PORT", "HOST:PORT" in two, in place; what has two colons
 * and no brackets is an IPv6 address. *port is NULL where none is given. */
static bool split(char *text, char **host, char **port)
{
	char *colon = strchr(text, ':');

	*host = text;
	*port = NULL;
	if (*text == '[') {
		char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return false;
		*host = text + 1;
		*end = 0;
		if (end[1])
			*port = end + 2;
		return is_v6(*host);
	}
	if (!colon || strchr(colon + 1, ':'))
		return !colon || is_v6(text);
	*colon = 0;
	*port = colon + 1;
	return true;
}

bool qf_address_parse(const char *text, struct qf_address *out, char *why,
                      size_t cap)
{
	char copy[sizeof out->host + 16];
	char *host, *port;

	*out = (struct qf_address){ .port = QF_PORT_DEFAULT };
	if (strlen(text) >= sizeof copy)
		return refuse(why, cap, "the address is too long");
	strcpy(copy, text);
	if (!split(copy, &host, &port))
		return refuse(why, cap,
		              "an address is HOST, HOST:PORT or [IPv6]:PORT");
	if (!*host)
		return refuse(why, cap, "the address names no host");
	if (strlen(host) > QF_HOST_BYTES_MAX)
		return refuse(why, cap, "the name of the host is too long");
	if (!host_letters(host))
		return refuse(why, cap,
		              "the name of the host has a character that "
		              "no host has");
	if (port && !parse_port(port, &out->port))
		return refuse(why, cap,
		              "the port must be a number from 1 to 65535");
	strcpy(out->host, host);
	return true;
}
