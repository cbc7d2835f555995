/* sweep.h - the addresses of our own networks, one after the other
 *
 * Where nothing else gets through, each neighbour is asked by its address. Of
 * a network that is larger than a /24, only the 256 around us are.
 *
 * Pure.
 */
#ifndef QF_SWEEP_H
#define QF_SWEEP_H

#include "interfaces.h"

enum { QF_SWEEP_NETS = 8 };

struct qf_sweep {
	struct {
		uint32_t first; /* host order, the network's own address */
		uint32_t last;  /* and its broadcast */
		uint32_t self;
	} nets[QF_SWEEP_NETS];
	size_t count;
	size_t net;
	uint32_t next; /* within it, from `first` */
};

void qf_sweep_begin(struct qf_sweep *s, const struct qf_interfaces *all);
/* False: all were named. */
bool qf_sweep_next(struct qf_sweep *s, struct in_addr *out);

#endif
