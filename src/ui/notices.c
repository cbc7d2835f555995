/* notices.c - sentences of ours: who and where this node is, what happens to it
 */
#include "notices.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "print.h"

enum { PORT_DEFAULT = QF_PORT_DEFAULT };

static void say_listening(FILE *to, const char *prefix,
			  const struct qf_reply *status, uint64_t wanted_port)
{
	uint64_t port = status->listening_port;

	if (!port) {
		fprintf(to,
			"%snot listening: this node is here for a command that "
			"runs for the moment\n",
			prefix);
		return;
	}
	fprintf(to, "%slistening on port %llu", prefix,
		(unsigned long long)port);
	if (wanted_port && wanted_port != port)
		fprintf(to, " (%llu was taken)",
			(unsigned long long)wanted_port);
	fputc('\n', to);
}

/* An address that others on a network may reach us by. Link-local IPv6 needs a
 * scope that only the other end can know. */
static bool is_of_use(const struct ifaddrs *i)
{
	const struct sockaddr_in6 *v6 = (const void *)i->ifa_addr;

	if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
	    i->ifa_flags & IFF_LOOPBACK)
		return false;
	if (i->ifa_addr->sa_family == AF_INET)
		return true;
	return i->ifa_addr->sa_family == AF_INET6 &&
	       !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
}

static void say_address(FILE *to, const char *prefix, const struct sockaddr *at,
			uint64_t port)
{
	bool v6 = at->sa_family == AF_INET6;
	char host[NI_MAXHOST];

	if (getnameinfo(at,
			v6 ? sizeof(struct sockaddr_in6)
			   : sizeof(struct sockaddr_in),
			host, sizeof host, NULL, 0, NI_NUMERICHOST))
		return;
	fprintf(to, "%sothers reach it with: quickfi --connect ", prefix);
	if (port == PORT_DEFAULT)
		fprintf(to, "%s\n", host);
	else
		fprintf(to, v6 ? "[%s]:%llu\n" : "%s:%llu\n", host,
			(unsigned long long)port);
}

static void say_addresses(FILE *to, const char *prefix, uint64_t port)
{
	struct ifaddrs *all;

	if (!port || getifaddrs(&all))
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (is_of_use(i))
			say_address(to, prefix, i->ifa_addr, port);
	freeifaddrs(all);
}

void qf_notice_status(FILE *to, const char *prefix,
		      const struct qf_reply *status, uint64_t wanted_port)
{
	fprintf(to, "%syou are ", prefix);
	qf_print_word(to, status->name);
	fprintf(to, ", and the words of your key are ");
	qf_print_word(to, status->words);
	fputc('\n', to);
	say_listening(to, prefix, status, wanted_port);
	say_addresses(to, prefix, status->listening_port);
}

static void say_peer(FILE *to, const struct qf_reply *news)
{
	if (news->name.len)
		qf_print_word(to, news->name);
	else
		qf_print_word(to, news->key_short);
	fputs(" at ", to);
	qf_print_word(to, news->address);
}

void qf_notice_news(FILE *to, const char *prefix, const struct qf_reply *news)
{
	switch (news->kind) {
	case QF_REPLY_LINKED:
		fprintf(to, "%slinked with ", prefix);
		say_peer(to, news);
		fputs(", whose words are ", to);
		qf_print_word(to, news->words);
		break;
	case QF_REPLY_UNLINKED:
		fprintf(to, "%sno longer linked with ", prefix);
		say_peer(to, news);
		fputs(": ", to);
		qf_print_word(to, news->why);
		break;
	case QF_REPLY_UNREACHABLE:
		fputs(prefix, to);
		qf_print_word(to, news->address);
		fprintf(to, " port %llu cannot be reached: ",
			(unsigned long long)news->port);
		qf_print_word(to, news->why);
		break;
	case QF_REPLY_TROUBLE:
		fprintf(to, "%snot stored yet: ", prefix);
		qf_print_word(to, news->say);
		break;
	case QF_REPLY_TROUBLE_OVER:
		fprintf(to, "%sstored again", prefix);
		break;
	case QF_REPLY_NOTICE:
		fputs(prefix, to);
		qf_print_word(to, news->say);
		break;
	case QF_REPLY_MISSED:
		fprintf(to, "%s%llu pieces of news were missed", prefix,
			(unsigned long long)news->count);
		break;
	default:
		return;
	}
	fputc('\n', to);
}
