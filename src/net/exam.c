/* exam.c - looks at this machine and its networks, for diagnosis.h */
#include "exam.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crier.h"
#include "host.h"
#include "port.h"
#include "sweep.h"

enum {
	LISTEN_MS = 1500, /* what all nodes have to answer, and to say HERE */
	LAST_MS = 500,    /* after the last address was asked */
	STEP_MS = 10,
	NODES_MAX = 64,
};

struct exam {
	struct qf_facts *facts;
	struct qf_interfaces all;
	struct qf_crier crier;
	struct qf_hint hint; /* made up: whoever has it is nobody */
	struct qf_hint nodes[NODES_MAX];
	size_t count;
	int stop_fd;
};

/* The route to a neighbour of that address begins there, or should. */
static void try_route(struct exam *x, const struct qf_interface *i)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(QF_PORT_DEFAULT),
		                  .sin_addr = i->v4 };
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof from;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr ^= htonl(3);
	if (fd < 0)
		return;
	if (!connect(fd, (struct sockaddr *)&to, sizeof to) &&
	    !getsockname(fd, (struct sockaddr *)&from, &len))
		for (size_t k = 0; k < x->all.count; k++)
			if (x->all.list[k].family == AF_INET &&
			    x->all.list[k].v4.s_addr == from.sin_addr.s_addr &&
			    x->all.list[k].index != i->index)
				strcpy(x->facts->tunnel, x->all.list[k].name);
	close(fd);
}

static void look_at_interfaces(struct exam *x)
{
	uint32_t wide = htonl(0xfffffff8); /* a neighbour is three bits away */
	struct qf_facts *f = x->facts;

	qf_interfaces_read(&x->all, "::");
	for (size_t i = 0; i < x->all.count; i++) {
		const struct qf_interface *at = &x->all.list[i];

		if (at->loopback || at->tunnel)
			continue;
		f->networks++;
		if (at->family != AF_INET)
			continue;
		if (!f->address[0])
			inet_ntop(AF_INET, &at->v4, f->address,
			          sizeof f->address);
		if (!(at->mask.s_addr & ~wide))
			try_route(x, at);
	}
}

static bool has_line(const char *path, const char *wanted)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof line, file))
		found = !strncmp(line, wanted, strlen(wanted));
	fclose(file);
	return found;
}

/* "table inet filter {" and "chain input {" are told apart by their first
 * words; a chain counts if it has the hook for what comes in. */
static void read_rules(FILE *rules, struct qf_facts *f)
{
	char line[512], table[64] = "", chain[32] = "";
	bool hooked = false;

	while (fgets(line, sizeof line, rules)) {
		char *at = line + strspn(line, "\t ");

		if (sscanf(at, "table %63[^{]", table) == 1 ||
		    sscanf(at, "chain %31[^{ ]", chain) == 1)
			hooked = false;
		hooked |= strstr(at, "hook input") != NULL;
		if (!hooked || f->firewall ||
		    !(strstr(at, "policy drop") || strstr(at, " drop") ||
		      strstr(at, " reject")))
			continue;
		f->firewall = QF_FIREWALL_NFT;
		snprintf(f->chain, sizeof f->chain, "%s%s", table, chain);
	}
}

static void look_at_firewall(struct qf_facts *f)
{
	FILE *rules;

	if (has_line("/etc/ufw/ufw.conf", "ENABLED=yes"))
		f->firewall = QF_FIREWALL_UFW;
	else if (!access("/run/firewalld", F_OK))
		f->firewall = QF_FIREWALL_FIREWALLD;
	if (f->firewall || geteuid())
		return;
	rules = popen("PATH=/usr/sbin:/sbin:/usr/bin:/bin "
	              "nft list ruleset 2>/dev/null",
	              "re");
	if (!rules)
		return;
	read_rules(rules, f);
	pclose(rules);
}

static bool is_ours(const struct exam *x, const struct qf_sockaddr *from)
{
	const struct sockaddr_in6 *v6 = (const void *)&from->at;
	const struct sockaddr_in *v4 = (const void *)&from->at;

	for (size_t i = 0; i < x->all.count; i++)
		if (from->at.ss_family == AF_INET
		            ? x->all.list[i].v4.s_addr == v4->sin_addr.s_addr
		            : !memcmp(&x->all.list[i].v6, &v6->sin6_addr,
		                      sizeof v6->sin6_addr))
			return true;
	return false;
}

static bool is_new(struct exam *x, const struct qf_hint *hint)
{
	for (size_t i = 0; i < x->count; i++)
		if (qf_hint_equal(&x->nodes[i], hint))
			return false;
	if (x->count == NODES_MAX)
		return false;
	x->nodes[x->count++] = *hint;
	return true;
}

static void hear(struct exam *x, enum qf_crier_socket which, unsigned *count)
{
	enum qf_beacon_read read;
	struct qf_sockaddr from;
	struct qf_beacon b;

	while (qf_crier_hear(&x->crier, which, &read, &b, &from)) {
		if (read == QF_BEACON_OTHER)
			x->facts->others++;
		if (read == QF_BEACON_GOOD && !is_ours(x, &from) &&
		    !qf_hint_equal(&b.hint, &x->hint) && is_new(x, &b.hint))
			(*count)++;
	}
}

/* What comes in during that time; false: nobody wants to know any more. */
static bool listen_for(struct exam *x, uint64_t ms, unsigned *count)
{
	uint64_t until_ms = qf_host_mono_ms() + ms, now_ms;
	struct pollfd fds[QF_CRIER_SOCKETS + 1];

	while ((now_ms = qf_host_mono_ms()) < until_ms) {
		for (int i = 0; i < QF_CRIER_SOCKETS; i++)
			fds[i] = (struct pollfd){ x->crier.fds[i], POLLIN, 0 };
		fds[QF_CRIER_SOCKETS] = (struct pollfd){ x->stop_fd, POLLIN,
			                                 0 };
		poll(fds, QF_CRIER_SOCKETS + 1, (int)(until_ms - now_ms));
		if (fds[QF_CRIER_SOCKETS].revents)
			return false;
		for (int i = 0; i < QF_CRIER_SOCKETS; i++)
			if (fds[i].revents)
				hear(x, i, count);
	}
	return true;
}

static void ask_all(struct exam *x)
{
	struct qf_beacon b = { .kind = QF_BEACON_ASK, .hint = x->hint };

	qf_crier_join(&x->crier, &x->all);
	qf_crier_cry(&x->crier, &x->all, &b);
}

static void ask_each(struct exam *x)
{
	struct qf_beacon b = { .kind = QF_BEACON_ASK, .hint = x->hint };
	struct qf_sockaddr to = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *v4 = (void *)&to.at;
	struct qf_sweep sweep;

	v4->sin_family = AF_INET;
	v4->sin_port = htons(QF_PORT_DEFAULT);
	qf_sweep_begin(&sweep, &x->all);
	while (qf_sweep_next(&sweep, &v4->sin_addr)) {
		qf_crier_tell(&x->crier, &to, &b);
		if (!listen_for(x, STEP_MS, &x->facts->swept))
			return;
	}
	listen_for(x, LAST_MS, &x->facts->swept);
}

/* Those whom the kernel has found while they were asked. */
static void count_neighbours(struct qf_facts *f)
{
	FILE *arp = fopen("/proc/net/arp", "re");
	char line[256];
	unsigned flags;

	if (!arp)
		return;
	while (fgets(line, sizeof line, arp))
		if (sscanf(line, "%*s %*s %x", &flags) == 1 && flags & 2)
			f->neighbours++;
	fclose(arp);
}

static void look_at_port(struct qf_facts *f)
{
	struct qf_address at;
	char why[256];
	bool moved;
	int fd;

	if (!qf_port_tcp(NULL, QF_PORT_DEFAULT, QF_PORT_INSIST, &fd, &at,
	                 &moved, why, sizeof why))
		close(fd);
	else
		f->port_taken = true;
}

void qf_exam_run(struct qf_facts *out, int stop_fd)
{
	struct exam x = { .facts = out, .stop_fd = stop_fd };
	uint64_t random = qf_host_random();

	*out = (struct qf_facts){ 0 };
	memcpy(x.hint.b, &random, sizeof random);
	look_at_interfaces(&x);
	look_at_firewall(out);
	look_at_port(out);
	if (!out->networks)
		return;
	qf_crier_open(&x.crier);
	ask_all(&x);
	if (listen_for(&x, LISTEN_MS, &out->heard) && !out->heard)
		ask_each(&x);
	qf_crier_close(&x.crier);
	count_neighbours(out);
}
