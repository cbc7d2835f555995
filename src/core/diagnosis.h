/* diagnosis.h - why nobody is found here, from what a machine can see of it
 *
 * net/exam.h gathers the facts; here they become findings, the gravest first,
 * each with a sentence, what speaks for it, and what to do. What one machine
 * alone can not know is said as likely.
 *
 * Pure.
 */
#ifndef QF_DIAGNOSIS_H
#define QF_DIAGNOSIS_H

#include "keep.h"

enum { QF_FINDINGS_MAX = 12, QF_FINDING_BYTES = 640 };

/* A packet filter that drops some of what comes in. */
enum qf_firewall {
	QF_FIREWALL_NONE, /* or it can not be read */
	QF_FIREWALL_NFT,
	QF_FIREWALL_UFW,
	QF_FIREWALL_FIREWALLD,
};

/* Somebody of our own network who does not answer us. */
struct qf_apart {
	char name[QF_USER_NAME_BYTES_MAX + 1];    /* "": nobody */
	char witness[QF_USER_NAME_BYTES_MAX + 1]; /* linked with both */
	struct qf_address address;
	bool is_sure; /* the witness dialled them */
};

struct qf_facts {
	unsigned networks; /* interfaces that run, but for loopback */
	char address[64];  /* ours on the first */
	enum qf_firewall firewall;
	char chain[96];  /* of nft: family, table and chain that drop */
	char tunnel[64]; /* where packets to our own network go instead, or ""
	                  */
	unsigned heard;  /* nodes that answered what was said to all */
	unsigned swept;  /* nodes that answered only when asked alone */
	unsigned others; /* packets of another version of QuickFi */
	unsigned neighbours; /* machines that answered at all */
	bool port_taken;     /* by another program than our node */
	uint16_t port;       /* where our node listens; 0: none does */
	bool clock_wrong;
	unsigned links; /* of our node */
	struct qf_apart apart;
};

struct qf_finding {
	const char *code; /* static: "no-network", ... */
	bool likely;      /* it can not be known from here */
	char sentence[QF_FINDING_BYTES];
	char evidence[QF_FINDING_BYTES];
	char advice[QF_FINDING_BYTES];
};

struct qf_diagnosis {
	struct qf_finding list[QF_FINDINGS_MAX];
	size_t count; /* 0: nothing is in the way */
};

void qf_diagnose(const struct qf_facts *f, struct qf_diagnosis *out);

#endif
