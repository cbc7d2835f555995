/* regrets.h - what was taken back in a room, by whoever had said it
 *
 * An envelope of QF_TYPE_REDACT claims that another is not to be shown. The
 * claim holds if both are of the same author, and of the same guest of it.
 * Claims are noted without the lines that they are about, which may be older
 * than all that was read, or not here yet.
 *
 * Members of a room make claims as they like, so the oldest are forgotten: of
 * the newest, between half of QF_REGRETS_MAX and all of it are known.
 */
#ifndef QF_REGRETS_H
#define QF_REGRETS_H

#include "direct.h"
#include "idmap.h"

enum { QF_REGRETS_MAX = 65536 };

struct qf_regrets {
	uint64_t seed;
	struct qf_idmap newer; /* hashes of claims, up to half of the maximum */
	struct qf_idmap older; /* as many, noted before those, or none */
	uint64_t lsn;          /* all claims up to there were noted */
};

/* seed: as qf_idmap_init() has it. */
void qf_regrets_init(struct qf_regrets *r, uint64_t seed);
void qf_regrets_fini(struct qf_regrets *r);
/* Ascending by lsn; what was noted already, or is no claim, is passed over.
 * direct: of the room, NULL: it is open. QF_E_NOMEM: nothing changed. */
int qf_regrets_note(struct qf_regrets *r, const struct qf_direct *direct,
                    const struct qf_envelope *e, uint64_t lsn);
bool qf_regrets_has(const struct qf_regrets *r, const struct qf_direct *direct,
                    const struct qf_envelope *e);

#endif
