/* diagnosis.c - why nobody is found here, from what a machine can see of it */
#include "diagnosis.h"

#include <stdarg.h>
#include <stdio.h>

static struct qf_finding *add(struct qf_diagnosis *d, const char *code,
                              const char *sentence, const char *advice)
{
	struct qf_finding *f = &d->list[d->count++];

	*f = (struct qf_finding){ .code = code };
	snprintf(f->sentence, sizeof f->sentence, "%s", sentence);
	snprintf(f->advice, sizeof f->advice, "%s", advice);
	return f;
}

__attribute__((format(printf, 2, 3))) static void
evidence(struct qf_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->evidence, sizeof f->evidence, format, args);
	va_end(args);
}

static void no_network(struct qf_diagnosis *d)
{
	evidence(add(d, "no-network",
	             "This machine is on no network: only programs on it can "
	             "be reached.",
	             "Join a Wi-Fi or plug in a cable. If there is none, one "
	             "machine can make it: nmcli device wifi hotspot"),
	         "no interface but loopback is up, runs and has an address");
}

static void vpn(const struct qf_facts *f, struct qf_diagnosis *d)
{
	struct qf_finding *found = add(
		d, "vpn",
		"A VPN takes what is meant for the network that you are "
		"on.",
		"");

	evidence(found, "packets to the neighbours of %s leave by %s",
	         f->address, f->tunnel);
	snprintf(found->advice, sizeof found->advice,
	         "Let the VPN leave the local network alone, or switch it off: "
	         "ip link set %s down",
	         f->tunnel);
}

static void firewall(const struct qf_facts *f, struct qf_diagnosis *d)
{
	struct qf_finding *found = add(
		d, "firewall",
		"A firewall on this machine drops what others send to it.", "");
	unsigned port = f->port ? f->port : QF_PORT_DEFAULT;
	char *advice = found->advice;
	size_t cap = sizeof found->advice;

	found->likely = f->firewall != QF_FIREWALL_NFT;
	if (f->firewall == QF_FIREWALL_UFW) {
		evidence(found, "ufw is enabled in /etc/ufw/ufw.conf");
		snprintf(advice, cap,
		         "ufw allow %u/tcp; ufw allow 9999/udp; ufw allow "
		         "5353/udp",
		         port);
	} else if (f->firewall == QF_FIREWALL_FIREWALLD) {
		evidence(found, "firewalld is running");
		snprintf(advice, cap,
		         "firewall-cmd --permanent --add-service=mdns "
		         "--add-port=%u/tcp --add-port=9999/udp; firewall-cmd "
		         "--reload",
		         port);
	} else {
		evidence(found, "the nft chain %s drops or rejects packets",
		         f->chain);
		snprintf(
			advice, cap,
			"nft insert rule %s udp dport '{ 5353, 9999 }' accept; "
			"nft insert rule %s tcp dport %u accept",
			f->chain, f->chain, port);
	}
}

static void multicast(const struct qf_facts *f, struct qf_diagnosis *d)
{
	evidence(add(d, "multicast",
	             "This network filters multicast, by which nodes find each "
	             "other at once.",
	             "Nothing has to be done: each address was asked instead, "
	             "which takes longer. Sooner is: quickfi connect ADDRESS"),
	         "%u answered when asked alone, none when all were asked",
	         f->swept);
}

static void nobody(const struct qf_facts *f, struct qf_diagnosis *d)
{
	struct qf_finding *found;

	if (f->neighbours) {
		found = add(d, "nobody",
		            "Others are on this network, but no QuickFi "
		            "answers there.",
		            "Start quickfi there. If it runs: quickfi doctor "
		            "there; or from here: quickfi connect ADDRESS");
		evidence(found, "%u machines of it answer ARP", f->neighbours);
		found->likely = true;
		return;
	}
	found = add(d, "isolation",
	            "Either nobody else is on this network, or it keeps its "
	            "guests apart (client isolation).",
	            "Ask the other to run quickfi doctor: if both see nobody, "
	            "the network isolates. Then use another one: nmcli device "
	            "wifi hotspot");
	evidence(found, "no machine but perhaps the router answers ARP");
	found->likely = true;
}

/* Two machines know what one cannot. */
static void isolation(const struct qf_facts *f, struct qf_diagnosis *d)
{
	struct qf_finding *found = add(
		d, "isolation",
		"This network keeps its guests apart (client isolation).",
		"Nothing has to be done while somebody passes on what is "
		"said. Faster is a network of your own: nmcli device wifi "
		"hotspot");

	evidence(found, "%s has a link with %s at %s; this machine gets none",
	         f->apart.witness, f->apart.name, f->apart.address.host);
	found->likely = !f->apart.is_sure;
}

static void subnet(const struct qf_facts *f, struct qf_diagnosis *d)
{
	struct qf_finding *found = add(
		d, "subnet",
		"The others may be on another network, beyond a router: "
		"nodes look only around them.",
		"Once, on one of the two: quickfi connect ADDRESS");

	evidence(found,
	         "this machine is %s; compare the first numbers of "
	         "theirs",
	         f->address);
	found->likely = true;
}

static void node(const struct qf_facts *f, struct qf_diagnosis *d)
{
	if (f->port_taken)
		evidence(add(d, "port",
		             "Another program has the port of QuickFi, so "
		             "nodes that are told only your address do not "
		             "find you.",
		             "ss -lptn 'sport = :9999' names it; or tell them "
		             "the port too: HOST:PORT"),
		         "port 9999 of this machine can not be had");
	if (f->others)
		evidence(add(d, "version",
		             "Another version of QuickFi is near, and does not "
		             "understand this one.",
		             "Compare quickfi --version here and there, and "
		             "take the newer one on both"),
		         "%u packets of it came in", f->others);
	if (f->clock_wrong)
		evidence(add(d, "clock",
		             "The clock of this machine is far off; messages "
		             "wait for a time that others agree on.",
		             "timedatectl set-time 'YYYY-MM-DD HH:MM'"),
		         "it shows a time before this program was built");
}

void qf_diagnose(const struct qf_facts *f, struct qf_diagnosis *out)
{
	bool alone = !f->heard && !f->swept && !f->links;

	out->count = 0;
	if (!f->networks)
		no_network(out);
	if (f->networks && f->tunnel[0])
		vpn(f, out);
	if (f->firewall && (alone || f->firewall == QF_FIREWALL_NFT))
		firewall(f, out);
	if (f->networks && f->swept && !f->heard)
		multicast(f, out);
	if (f->networks && f->apart.name[0] && !f->tunnel[0] &&
	    f->firewall != QF_FIREWALL_NFT)
		isolation(f, out);
	if (f->networks && alone && !f->tunnel[0])
		nobody(f, out);
	if (f->networks && alone)
		subnet(f, out);
	node(f, out);
}
