/* mdns.c - the process that publishes and browses _quickfi._tcp by mDNS
 *
 * Proven by experiment with libavahi-core 0.8: all flags are 0 and wide-area
 * lookups are off, or a crafted packet ends the process; addresses are our own
 * to publish, under a host name of our own, or next to an avahi-daemon nothing
 * is ever registered. A service is resolved as long as it is there, for it may
 * move to another address; there are at most RESOLVERS_MAX of them, and the
 * oldest goes first.
 */
#include "mdns.h"

#include <avahi-common/domain.h>
#include <avahi-common/malloc.h>
#include <avahi-common/simple-watch.h>
#include <avahi-core/core.h>
#include <avahi-core/log.h>
#include <avahi-core/lookup.h>
#include <avahi-core/publish.h>
#include <errno.h>
#include <grp.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "herald.h"
#include "interfaces.h"

enum {
	RESOLVERS_MAX = 256,
	NOBODY = 65534,
	LABEL_BYTES = 24, /* "qf-" and some of the hint */
};

#define SERVICE "_quickfi._tcp"

struct resolved {
	AvahiSServiceResolver *resolver;
	AvahiIfIndex interface;
	AvahiProtocol protocol;
	char name[AVAHI_LABEL_MAX];
};

struct mdns {
	AvahiSimplePoll *poll;
	AvahiServer *server;
	AvahiSEntryGroup *group;
	bool runs; /* the server */
	char hint[QF_HINT_TEXT_BYTES];
	char label[LABEL_BYTES];
	struct qf_address at; /* port 0: publish nothing */
	char line[QF_HOST_BYTES_MAX + 16];
	size_t len;
	struct resolved resolved[RESOLVERS_MAX]; /* a ring */
	size_t next;
};

/* Where that user does not exist, in a container, root is not much of one. */
static bool become_nobody(void)
{
	if (geteuid() ||
	    (!setgroups(0, NULL) && !setgid(NOBODY) && !setuid(NOBODY)))
		return true;
	return errno == EPERM || errno == EINVAL;
}

static void confine(void)
{
	const struct rlimit none = { 0, 0 };
	struct landlock_ruleset_attr files = {
		/* Everything that the first version knows: bits 0 to 12. */
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	};
	int rules;

	if (!become_nobody())
		exit(EXIT_FAILURE);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	rules = (int)syscall(SYS_landlock_create_ruleset, &files, sizeof files,
	                     0);
	if (rules < 0)
		return; /* a kernel without it */
	syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
}

static void say_nothing(AvahiLogLevel level, const char *text)
{
	(void)level;
	(void)text;
}

/* Publishing */

static void group_changed(AvahiServer *server, AvahiSEntryGroup *group,
                          AvahiEntryGroupState state, void *ctx)
{
	/* Names are made of the hint, so they collide with nobody's. */
	(void)server;
	(void)group;
	(void)state;
	(void)ctx;
}

static void add_address(struct mdns *m, const struct qf_interface *i,
                        const char *host)
{
	AvahiAddress a = { .proto = avahi_af_to_proto(i->family) };

	if (i->family == AF_INET)
		a.data.ipv4.address = i->v4.s_addr;
	else
		memcpy(a.data.ipv6.address, &i->v6, sizeof i->v6);
	avahi_server_add_address(m->server, m->group, (AvahiIfIndex)i->index,
	                         AVAHI_PROTO_UNSPEC, AVAHI_PUBLISH_NO_REVERSE,
	                         host, &a);
}

static void publish(struct mdns *m)
{
	char txt[QF_HINT_TEXT_BYTES + 2];
	char host[LABEL_BYTES + 8];
	struct qf_interfaces all;

	if (!m->runs || !m->group)
		return;
	avahi_s_entry_group_reset(m->group);
	if (!m->at.port)
		return;
	qf_interfaces_read(&all, m->at.host);
	snprintf(txt, sizeof txt, "h=%s", m->hint);
	snprintf(host, sizeof host, "%s.local", m->label);
	for (size_t i = 0; i < all.count; i++)
		add_address(m, &all.list[i], host);
	avahi_server_add_service(m->server, m->group, AVAHI_IF_UNSPEC,
	                         AVAHI_PROTO_UNSPEC, 0, m->label, SERVICE, NULL,
	                         host, m->at.port, "v=1", txt, NULL);
	avahi_s_entry_group_commit(m->group);
}

static void server_changed(AvahiServer *server, AvahiServerState state,
                           void *ctx)
{
	struct mdns *m = ctx;

	m->server = server;
	m->runs = state == AVAHI_SERVER_RUNNING;
	if (!m->group)
		m->group = avahi_s_entry_group_new(server, group_changed, m);
	publish(m);
}

/* Browsing */

static void tell(const char *hint, uint16_t port, const AvahiAddress *a,
                 AvahiIfIndex interface)
{
	char line[QF_HERALD_LINE_MAX], text[AVAHI_ADDRESS_STR_MAX];
	char scope[IF_NAMESIZE + 1] = "", name[IF_NAMESIZE];
	int len;

	avahi_address_snprint(text, sizeof text, a);
	if (a->proto == AVAHI_PROTO_INET6 && a->data.ipv6.address[0] == 0xfe &&
	    (a->data.ipv6.address[1] & 0xc0) == 0x80 &&
	    if_indextoname((unsigned)interface, name))
		snprintf(scope, sizeof scope, "%%%s", name);
	len = snprintf(line, sizeof line, "%s %u %s%s\n", hint, port, text,
	               scope);
	/* What has no room is found by its beacon, or the next time. */
	if (len > 0 && (size_t)len < sizeof line)
		send(QF_HERALD_FD, line, (size_t)len,
		     MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void resolved(AvahiSServiceResolver *resolver, AvahiIfIndex interface,
                     AvahiProtocol protocol, AvahiResolverEvent event,
                     const char *name, const char *type, const char *domain,
                     const char *host, const AvahiAddress *a, uint16_t port,
                     AvahiStringList *txt, AvahiLookupResultFlags flags,
                     void *ctx)
{
	struct mdns *m = ctx;
	AvahiStringList *found = avahi_string_list_find(txt, "h");
	char *key = NULL, *value = NULL;
	struct qf_hint hint;

	(void)resolver;
	(void)protocol;
	(void)name;
	(void)type;
	(void)domain;
	(void)host;
	(void)flags;
	if (event != AVAHI_RESOLVER_FOUND || !a || !port || !found ||
	    avahi_string_list_get_pair(found, &key, &value, NULL))
		return;
	if (value && qf_hint_from_text(&hint, value) &&
	    strcmp(value, m->hint) != 0)
		tell(value, port, a, interface);
	avahi_free(key);
	avahi_free(value);
}

static struct resolved *find(struct mdns *m, AvahiIfIndex interface,
                             AvahiProtocol protocol, const char *name)
{
	for (size_t i = 0; i < RESOLVERS_MAX; i++) {
		struct resolved *r = &m->resolved[i];

		if (r->resolver && r->interface == interface &&
		    r->protocol == protocol && !strcmp(r->name, name))
			return r;
	}
	return NULL;
}

static void let_go(struct resolved *r)
{
	if (r->resolver)
		avahi_s_service_resolver_free(r->resolver);
	*r = (struct resolved){ 0 };
}

static void browsed(AvahiSServiceBrowser *browser, AvahiIfIndex interface,
                    AvahiProtocol protocol, AvahiBrowserEvent event,
                    const char *name, const char *type, const char *domain,
                    AvahiLookupResultFlags flags, void *ctx)
{
	struct mdns *m = ctx;
	struct resolved *r;

	(void)browser;
	(void)flags;
	if (event != AVAHI_BROWSER_NEW && event != AVAHI_BROWSER_REMOVE)
		return;
	if (!name || !strcmp(name, m->label))
		return;
	r = find(m, interface, protocol, name);
	if (event == AVAHI_BROWSER_REMOVE && r)
		let_go(r);
	if (event == AVAHI_BROWSER_REMOVE || r)
		return;
	r = &m->resolved[m->next++ % RESOLVERS_MAX];
	let_go(r);
	r->interface = interface;
	r->protocol = protocol;
	memccpy(r->name, name, 0, sizeof r->name - 1);
	r->resolver = avahi_s_service_resolver_new(
		m->server, interface, protocol, name, type, domain,
		AVAHI_PROTO_UNSPEC, 0, resolved, m);
}

/* What we are told: "PORT HOST", a line each. */

static void told(struct mdns *m)
{
	char *host;
	unsigned long port = strtoul(m->line, &host, 10);

	m->at = (struct qf_address){ .port = (uint16_t)port };
	if (*host == ' ')
		memccpy(m->at.host, host + 1, 0, sizeof m->at.host - 1);
	publish(m);
}

static void on_told(AvahiWatch *watch, int fd, AvahiWatchEvent event, void *ctx)
{
	struct mdns *m = ctx;
	char some[512];
	ssize_t len = recv(fd, some, sizeof some, MSG_DONTWAIT);

	(void)watch;
	(void)event;
	if (!len)
		avahi_simple_poll_quit(m->poll);
	for (ssize_t i = 0; i < len; i++) {
		if (some[i] != '\n' && m->len + 1 < sizeof m->line) {
			m->line[m->len++] = some[i];
			continue;
		}
		m->line[m->len] = '\0';
		m->len = 0;
		told(m);
	}
}

static bool start(struct mdns *m)
{
	const AvahiPoll *api = avahi_simple_poll_get(m->poll);
	AvahiServerConfig config;
	int error;

	avahi_server_config_init(&config);
	config.host_name = avahi_strdup(m->label);
	config.publish_hinfo = 0;
	config.publish_addresses = 0;
	config.publish_workstation = 0;
	config.publish_domain = 0;
	config.enable_wide_area = 0;
	m->server = avahi_server_new(api, &config, server_changed, m, &error);
	avahi_server_config_free(&config);
	return m->server &&
	       api->watch_new(api, QF_HERALD_FD, AVAHI_WATCH_IN, on_told, m) &&
	       avahi_s_service_browser_new(m->server, AVAHI_IF_UNSPEC,
	                                   AVAHI_PROTO_UNSPEC, SERVICE, NULL, 0,
	                                   browsed, m);
}

int qf_mdns_run(const char *hint)
{
	static struct mdns m;
	struct qf_hint checked;

	if (!qf_hint_from_text(&checked, hint))
		return EXIT_FAILURE;
	confine();
	strcpy(m.hint, hint);
	snprintf(m.label, sizeof m.label, "qf-%.16s", hint);
	avahi_set_log_function(say_nothing);
	m.poll = avahi_simple_poll_new();
	if (!m.poll || !start(&m))
		return EXIT_FAILURE;
	avahi_simple_poll_loop(m.poll);
	/* Others learn at once that we are gone. */
	avahi_server_free(m.server);
	avahi_simple_poll_free(m.poll);
	return EXIT_SUCCESS;
}
