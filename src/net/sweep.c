/* sweep.c - the addresses of our own networks, one after the other */
#include "sweep.h"

#include <arpa/inet.h>

enum { NARROW = 255 }; /* the hosts of a /24 */

static bool is_named(const struct qf_sweep *s, uint32_t first)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->nets[i].first == first)
			return true;
	return false;
}

void qf_sweep_begin(struct qf_sweep *s, const struct qf_interfaces *all)
{
	*s = (struct qf_sweep){ 0 };
	for (size_t i = 0; i < all->count && s->count < QF_SWEEP_NETS; i++) {
		const struct qf_interface *at = &all->list[i];
		uint32_t self = ntohl(at->v4.s_addr);
		uint32_t hosts = ~ntohl(at->mask.s_addr);

		if (hosts > NARROW)
			hosts = NARROW;
		if (at->family != AF_INET || at->loopback || at->tunnel ||
		    hosts < 2 || is_named(s, self & ~hosts))
			continue;
		s->nets[s->count].first = self & ~hosts;
		s->nets[s->count].last = self | hosts;
		s->nets[s->count++].self = self;
	}
}

bool qf_sweep_next(struct qf_sweep *s, struct in_addr *out)
{
	while (s->net < s->count) {
		uint32_t at = s->nets[s->net].first + ++s->next;

		if (at >= s->nets[s->net].last) {
			s->net++;
			s->next = 0;
		} else if (at != s->nets[s->net].self) {
			out->s_addr = htonl(at);
			return true;
		}
	}
	return false;
}
