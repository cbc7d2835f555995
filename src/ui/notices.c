/* notices.c - sentences of ours: who and where this node is, and its news */
#include "notices.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "known.h"
#include "print.h"

void qf_notice_port(FILE *to, struct qf_bytes address, uint64_t port)
{
	fprintf(to, "%llu", (unsigned long long)port);
	if (!address.len || qf_reply_is(address, "::") ||
	    qf_reply_is(address, "0.0.0.0"))
		return;
	fputs(" of ", to);
	qf_print_word(to, address);
}

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
	fprintf(to, "%slistening on port ", prefix);
	qf_notice_port(to, status->listening, port);
	if (wanted_port && wanted_port != port)
		fprintf(to, " (%llu was taken)",
		        (unsigned long long)wanted_port);
	fputc('\n', to);
}

static void say_address(FILE *to, const char *prefix, const char *host,
                        uint64_t port)
{
	bool v6 = strchr(host, ':');

	fprintf(to, "%sothers reach it with: quickfi --connect ", prefix);
	if (port == QF_PORT_DEFAULT)
		fprintf(to, "%s\n", host);
	else
		fprintf(to, v6 ? "[%s]:%llu\n" : "%s:%llu\n", host,
		        (unsigned long long)port);
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

static void say_interface(FILE *to, const char *prefix, const struct ifaddrs *i,
                          uint64_t port)
{
	bool v6 = i->ifa_addr->sa_family == AF_INET6;
	char host[NI_MAXHOST];

	if (!getnameinfo(i->ifa_addr,
	                 v6 ? sizeof(struct sockaddr_in6)
	                    : sizeof(struct sockaddr_in),
	                 host, sizeof host, NULL, 0, NI_NUMERICHOST))
		say_address(to, prefix, host, port);
}

static void say_interfaces(FILE *to, const char *prefix, uint64_t port,
                           bool v4_alone)
{
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (is_of_use(i) &&
		    (!v4_alone || i->ifa_addr->sa_family == AF_INET))
			say_interface(to, prefix, i, port);
	freeifaddrs(all);
}

/* Nothing where it listens for this machine alone. */
static void say_addresses(FILE *to, const char *prefix,
                          const struct qf_reply *status)
{
	uint64_t port = status->listening_port;
	char host[NI_MAXHOST];

	snprintf(host, sizeof host, "%.*s", (int)status->listening.len,
	         (const char *)status->listening.at);
	if (!port || !strcmp(host, "::1") || !strncmp(host, "127.", 4))
		return;
	if (!strcmp(host, "::") || !strcmp(host, "0.0.0.0"))
		say_interfaces(to, prefix, port, *host == '0');
	else
		say_address(to, prefix, host, port);
}

static void say_trouble(FILE *to, const char *prefix, struct qf_bytes why)
{
	fprintf(to, "%snot stored yet: ", prefix);
	qf_print_word(to, why);
	fputc('\n', to);
}

void qf_notice_place(FILE *to, const char *prefix,
                     const struct qf_reply *status, uint64_t wanted_port)
{
	say_listening(to, prefix, status, wanted_port);
	say_addresses(to, prefix, status);
	if (status->notice.len) {
		fputs(prefix, to);
		qf_print_word(to, status->notice);
		fputc('\n', to);
	}
	if (status->trouble.len)
		say_trouble(to, prefix, status->trouble);
}

void qf_notice_status(FILE *to, const char *prefix,
                      const struct qf_reply *status, uint64_t wanted_port)
{
	fprintf(to, "%syou are ", prefix);
	qf_print_word(to, status->name);
	fprintf(to, ", and the words of your key are ");
	qf_print_word(to, status->words);
	fputc('\n', to);
	qf_notice_place(to, prefix, status, wanted_port);
}

static void say_peer(FILE *to, const struct qf_reply_link *link)
{
	qf_known_print(NULL, to, link->key, link->key_short, link->name);
	fputs(" at ", to);
	qf_print_word(to, link->address);
}

void qf_notice_link(FILE *to, const char *prefix,
                    const struct qf_reply_link *link)
{
	fprintf(to, "%slinked with ", prefix);
	say_peer(to, link);
	fputs(", whose words are ", to);
	qf_print_word(to, link->words);
	fputc('\n', to);
}

void qf_notice_unreachable(FILE *to, const char *prefix,
                           const struct qf_reply_dial *dial)
{
	fputs(prefix, to);
	qf_print_word(to, dial->address);
	fprintf(to, " port %llu cannot be reached: ",
	        (unsigned long long)dial->port);
	qf_print_word(to, dial->why);
	fputc('\n', to);
}

static void print_classic(FILE *to, const char *prefix, struct qf_bytes name)
{
	fputs(prefix, to);
	qf_print_word(to, name);
	fputs(" (classic)", to);
}

static void say_classic_came(FILE *to, const char *prefix,
                             const struct qf_reply *news)
{
	print_classic(to, prefix, news->name);
	fputs(" is here, from ", to);
	qf_print_word(to, news->address);
	fputs("; all that is said in ", to);
	qf_print_word(to, news->room);
	fputs(" reaches it with a key of 14 bits, which is no secret", to);
}

static void say_classics(FILE *to, const char *prefix,
                         const struct qf_reply *news)
{
	if (!news->port) {
		fprintf(to, "%sno longer waiting for classic programs", prefix);
		return;
	}
	fprintf(to, "%sWaiting for classic programs on port: ", prefix);
	qf_notice_port(to, news->address, news->port);
	fputs("; what they read and write is not private (their key is 14 bits "
	      "long)",
	      to);
}

static void say_irc(FILE *to, const char *prefix, const struct qf_reply *news)
{
	if (!news->port) {
		fprintf(to, "%sno longer listening on ports of IRC", prefix);
		return;
	}
	fprintf(to, "%sIRC clients are let in on port ", prefix);
	qf_notice_port(to, news->address, news->port);
	fputs(" too", to);
}

void qf_notice_news(FILE *to, const char *prefix, const struct qf_reply *news)
{
	struct qf_reply_link link = qf_reply_link(news);

	switch (news->kind) {
	case QF_REPLY_LINKED:
		qf_notice_link(to, prefix, &link);
		return;
	case QF_REPLY_UNLINKED:
		fprintf(to, "%sno longer linked with ", prefix);
		say_peer(to, &link);
		fputs(": ", to);
		qf_print_word(to, news->why);
		break;
	case QF_REPLY_UNREACHABLE:
		qf_notice_unreachable(
			to, prefix,
			&(struct qf_reply_dial){ .address = news->address,
		                                 .port = news->port,
		                                 .why = news->why });
		return;
	case QF_REPLY_TROUBLE:
		say_trouble(to, prefix, news->say);
		return;
	case QF_REPLY_TROUBLE_OVER:
		fprintf(to, "%sstored again", prefix);
		break;
	case QF_REPLY_CLOCK:
	case QF_REPLY_NOTICE:
		fputs(prefix, to);
		qf_print_word(to, news->say);
		break;
	case QF_REPLY_MISSED:
		fprintf(to, "%s%llu pieces of news were missed", prefix,
		        (unsigned long long)news->count);
		break;
	case QF_REPLY_CLASSIC_CAME:
		say_classic_came(to, prefix, news);
		break;
	case QF_REPLY_CLASSIC_LEFT:
		print_classic(to, prefix, news->name);
		fputs(" has left", to);
		break;
	case QF_REPLY_IRC_LISTENING:
		say_irc(to, prefix, news);
		break;
	case QF_REPLY_CLASSIC_LISTENING:
		say_classics(to, prefix, news);
		break;
	default:
		return;
	}
	fputc('\n', to);
}
