/* interfaces.c - the networks of this machine: interfaces that run, addresses
 */
#include "interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool take(const struct ifaddrs *from, struct qf_interface *out)
{
	const struct sockaddr_in *v4 = (const void *)from->ifa_addr;
	const struct sockaddr_in *mask = (const void *)from->ifa_netmask;
	const struct sockaddr_in6 *v6 = (const void *)from->ifa_addr;

	if (!v4 || !(from->ifa_flags & IFF_UP) ||
	    !(from->ifa_flags & IFF_RUNNING))
		return false;
	*out = (struct qf_interface){
		.index = if_nametoindex(from->ifa_name),
		.loopback = from->ifa_flags & IFF_LOOPBACK,
		.tunnel = from->ifa_flags & IFF_POINTOPOINT,
		.family = v4->sin_family,
	};
	memccpy(out->name, from->ifa_name, 0, sizeof out->name - 1);
	if (out->family == AF_INET) {
		out->v4 = v4->sin_addr;
		if (mask)
			out->mask = mask->sin_addr;
	} else if (out->family == AF_INET6) {
		out->v6 = v6->sin6_addr;
	}
	return out->index &&
	       (out->family == AF_INET || out->family == AF_INET6);
}

static bool is_reached(const struct qf_interface *i, const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (!strcmp(host, "::"))
		return true;
	if (!strcmp(host, "0.0.0.0"))
		return i->family == AF_INET;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return i->family == AF_INET && i->v4.s_addr == v4.s_addr;
	return i->family == AF_INET6 && inet_pton(AF_INET6, host, &v6) == 1 &&
	       !memcmp(&v6, &i->v6, sizeof v6);
}

static void leave_out_loopback(struct qf_interfaces *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++)
		if (!all->list[i].loopback)
			all->list[kept++] = all->list[i];
	if (kept)
		all->count = kept;
}

void qf_interfaces_read(struct qf_interfaces *all, const char *host)
{
	struct ifaddrs *found;

	*all = (struct qf_interfaces){ 0 };
	if (getifaddrs(&found))
		return;
	for (const struct ifaddrs *i = found;
	     i && all->count < QF_INTERFACES_MAX; i = i->ifa_next) {
		struct qf_interface *to = &all->list[all->count];

		if (take(i, to) && is_reached(to, host))
			all->count++;
	}
	freeifaddrs(found);
	leave_out_loopback(all);
}

/* An IPv4 address may come inside IPv6, and that of a link alone names it. */
static bool has(const struct ifaddrs *i, const struct qf_sockaddr *own)
{
	const struct sockaddr_in6 *v6 = (const void *)i->ifa_addr;
	const struct sockaddr_in *v4 = (const void *)i->ifa_addr;
	const struct sockaddr_in6 *own6 = (const void *)&own->at;
	const struct sockaddr_in *own4 = (const void *)&own->at;

	if (!i->ifa_addr)
		return false;
	if (v4->sin_family == AF_INET && own->at.ss_family == AF_INET)
		return v4->sin_addr.s_addr == own4->sin_addr.s_addr;
	if (own->at.ss_family != AF_INET6)
		return false;
	if (v4->sin_family == AF_INET)
		return IN6_IS_ADDR_V4MAPPED(&own6->sin6_addr) &&
		       !memcmp(own6->sin6_addr.s6_addr + 12, &v4->sin_addr,
		               sizeof v4->sin_addr);
	return v6->sin6_family == AF_INET6 &&
	       !memcmp(&v6->sin6_addr, &own6->sin6_addr,
	               sizeof v6->sin6_addr) &&
	       (!own6->sin6_scope_id ||
	        own6->sin6_scope_id == v6->sin6_scope_id);
}

bool qf_interface_with(const struct qf_sockaddr *own, char name[IF_NAMESIZE])
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		found = has(i, own);
		if (found)
			snprintf(name, IF_NAMESIZE, "%s", i->ifa_name);
	}
	freeifaddrs(all);
	return found;
}

static bool same(const struct qf_interface *a, const struct qf_interface *b)
{
	return a->index == b->index && a->family == b->family &&
	       a->v4.s_addr == b->v4.s_addr &&
	       a->mask.s_addr == b->mask.s_addr &&
	       !memcmp(&a->v6, &b->v6, sizeof a->v6);
}

bool qf_interfaces_lost(const struct qf_interfaces *before,
                        const struct qf_interfaces *now)
{
	for (size_t i = 0; i < before->count; i++) {
		bool there = false;

		for (size_t k = 0; k < now->count && !there; k++)
			there = same(&before->list[i], &now->list[k]);
		if (!there)
			return true;
	}
	return false;
}

int qf_interfaces_watch(void)
{
	struct sockaddr_nl at = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
		             RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	                NETLINK_ROUTE);

	if (fd < 0 || !bind(fd, (const struct sockaddr *)&at, sizeof at))
		return fd;
	close(fd);
	return -1;
}

/* What was lost for want of room (ENOBUFS) was a change, too. */
void qf_interfaces_watched(int fd)
{
	char some[8192];

	while (recv(fd, some, sizeof some, MSG_DONTWAIT) > 0)
		continue;
}
