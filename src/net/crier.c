/* crier.c - the sockets that beacons go out and come in by */
#include "crier.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

enum {
	TTL_OF_NEIGHBOURS = 255,
	PACKET_BYTES_MAX = 64, /* longer is not ours */
};

#define GROUP_V4 "224.0.0.199"
#define GROUP_V6 "ff02::1"

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof value);
}

static int open_v4(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
	set(fd, IPPROTO_IP, IP_MULTICAST_TTL, TTL_OF_NEIGHBOURS);
	set(fd, IPPROTO_IP, IP_TTL, TTL_OF_NEIGHBOURS);
	set(fd, IPPROTO_IP, IP_RECVTTL, 1);
	if (!bind(fd, (const struct sockaddr *)&at, sizeof at))
		return fd;
	close(fd);
	return -1;
}

static int open_v6(uint16_t port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
		                   .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, TTL_OF_NEIGHBOURS);
	set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL_OF_NEIGHBOURS);
	set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	if (!bind(fd, (const struct sockaddr *)&at, sizeof at))
		return fd;
	close(fd);
	return -1;
}

void qf_crier_open(struct qf_crier *c)
{
	*c = (struct qf_crier){ 0 };
	c->fds[QF_HEAR_V4] = open_v4(QF_PORT_DEFAULT);
	c->fds[QF_SPEAK_V4] = open_v4(0);
	c->fds[QF_HEAR_V6] = open_v6(QF_PORT_DEFAULT);
	c->fds[QF_SPEAK_V6] = open_v6(0);
}

void qf_crier_close(struct qf_crier *c)
{
	for (int i = 0; i < QF_CRIER_SOCKETS; i++)
		if (c->fds[i] >= 0)
			close(c->fds[i]);
}

/* Where it is joined already, that fails and changes nothing. */
void qf_crier_join(struct qf_crier *c, const struct qf_interfaces *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct ip_mreqn v4 = { .imr_ifindex = (int)all->list[i].index };
		struct ipv6_mreq v6 = {
			.ipv6mr_interface = all->list[i].index
		};

		inet_pton(AF_INET, GROUP_V4, &v4.imr_multiaddr);
		inet_pton(AF_INET6, GROUP_V6, &v6.ipv6mr_multiaddr);
		if (all->list[i].family == AF_INET)
			setsockopt(c->fds[QF_HEAR_V4], IPPROTO_IP,
			           IP_ADD_MEMBERSHIP, &v4, sizeof v4);
		else
			setsockopt(c->fds[QF_HEAR_V6], IPPROTO_IPV6,
			           IPV6_JOIN_GROUP, &v6, sizeof v6);
	}
}

/* `way` names the interface and the address to send from. */
static void send_to(struct qf_crier *c, struct qf_sockaddr *to,
                    const struct qf_beacon *b, const void *way, size_t len)
{
	bool v6 = to->at.ss_family == AF_INET6;
	uint8_t packet[QF_BEACON_BYTES];
	struct iovec data = { packet, sizeof packet };
	union {
		struct cmsghdr first;
		char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { 0 };
	struct msghdr m = { .msg_name = &to->at,
		            .msg_namelen = to->len,
		            .msg_iov = &data,
		            .msg_iovlen = 1 };

	qf_beacon_put(b, packet);
	if (len) {
		control.first.cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
		control.first.cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
		control.first.cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(&control.first), way, len);
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(len);
	}
	/* Where it can not be sent now, the next may. */
	sendmsg(c->fds[v6 ? QF_SPEAK_V6 : QF_SPEAK_V4], &m, MSG_NOSIGNAL);
}

static void cry_v4(struct qf_crier *c, const struct qf_interface *i,
                   const struct qf_beacon *b)
{
	struct in_pktinfo way = { .ipi_ifindex = (int)i->index,
		                  .ipi_spec_dst = i->v4 };
	struct qf_sockaddr to = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *v4 = (void *)&to.at;

	v4->sin_family = AF_INET;
	v4->sin_port = htons(QF_PORT_DEFAULT);
	inet_pton(AF_INET, GROUP_V4, &v4->sin_addr);
	send_to(c, &to, b, &way, sizeof way);
}

static void cry_v6(struct qf_crier *c, const struct qf_interface *i,
                   const struct qf_beacon *b)
{
	struct in6_pktinfo way = { .ipi6_addr = i->v6,
		                   .ipi6_ifindex = i->index };
	struct qf_sockaddr to = { .len = sizeof(struct sockaddr_in6) };
	struct sockaddr_in6 *v6 = (void *)&to.at;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(QF_PORT_DEFAULT);
	v6->sin6_scope_id = i->index;
	inet_pton(AF_INET6, GROUP_V6, &v6->sin6_addr);
	send_to(c, &to, b, &way, sizeof way);
}

void qf_crier_cry(struct qf_crier *c, const struct qf_interfaces *all,
                  const struct qf_beacon *b)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].family == AF_INET)
			cry_v4(c, &all->list[i], b);
		else if (IN6_IS_ADDR_LINKLOCAL(&all->list[i].v6) ||
		         all->list[i].loopback)
			cry_v6(c, &all->list[i], b);
}

void qf_crier_tell(struct qf_crier *c, const struct qf_sockaddr *to,
                   const struct qf_beacon *b)
{
	struct qf_sockaddr copy = *to;

	send_to(c, &copy, b, NULL, 0);
}

static int ttl_of(struct msghdr *m)
{
	int ttl = 0;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h))
		if ((h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_TTL) ||
		    (h->cmsg_level == IPPROTO_IPV6 &&
		     h->cmsg_type == IPV6_HOPLIMIT))
			memcpy(&ttl, CMSG_DATA(h), sizeof ttl);
	return ttl;
}

bool qf_crier_hear(struct qf_crier *c, enum qf_crier_socket which,
                   enum qf_beacon_read *read, struct qf_beacon *b,
                   struct qf_sockaddr *from)
{
	uint8_t packet[PACKET_BYTES_MAX];
	struct iovec data = { packet, sizeof packet };
	union {
		struct cmsghdr first;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr m = { .msg_name = &from->at,
		            .msg_namelen = sizeof from->at,
		            .msg_iov = &data,
		            .msg_iovlen = 1,
		            .msg_control = &control,
		            .msg_controllen = sizeof control };
	ssize_t len = recvmsg(c->fds[which], &m, MSG_DONTWAIT);

	if (len < 0)
		return false;
	from->len = m.msg_namelen;
	*read = ttl_of(&m) == TTL_OF_NEIGHBOURS
	                ? qf_beacon_get(qf_bytes(packet, (size_t)len), b)
	                : QF_BEACON_ALIEN;
	return true;
}
