/* regrets.c - what was taken back in a room, by whoever had said it */
#include "regrets.h"

#include <string.h>

#include "err.h"

void qf_regrets_init(struct qf_regrets *r, uint64_t seed)
{
	*r = (struct qf_regrets){ .seed = seed };
	qf_idmap_init(&r->newer, seed);
	qf_idmap_init(&r->older, seed);
}

void qf_regrets_fini(struct qf_regrets *r)
{
	qf_idmap_fini(&r->newer);
	qf_idmap_fini(&r->older);
}

static void claim_of(const struct qf_hash *id, const struct qf_key *author,
                     struct qf_bytes guest, struct qf_hash *out)
{
	uint8_t claim[QF_HASH_BYTES + QF_KEY_BYTES + QF_GUEST_ID_BYTES_MAX];

	memcpy(claim, id->b, QF_HASH_BYTES);
	memcpy(claim + QF_HASH_BYTES, author->b, QF_KEY_BYTES);
	if (guest.len)
		memcpy(claim + QF_HASH_BYTES + QF_KEY_BYTES, guest.at,
		       guest.len);
	qf_hash_data(out, "QF1regret", claim,
	             QF_HASH_BYTES + QF_KEY_BYTES + guest.len);
}

/* Half of them go at once, so that no order of all need be kept. */
static void make_place(struct qf_regrets *r)
{
	if (r->newer.count < QF_REGRETS_MAX / 2)
		return;
	qf_idmap_fini(&r->older);
	r->older = r->newer;
	qf_idmap_init(&r->newer, r->seed);
}

static int note(struct qf_regrets *r, const struct qf_envelope *e,
                const struct qf_body *body)
{
	struct qf_hash of, claim;
	struct qf_bytes why;

	if (!qf_body_redacts(body, &of, &why))
		return QF_OK;
	claim_of(&of, &e->head.author, body->guest, &claim);
	make_place(r);
	return qf_idmap_set(&r->newer, claim.b, 1);
}

int qf_regrets_note(struct qf_regrets *r, const struct qf_direct *direct,
                    const struct qf_envelope *e, uint64_t lsn)
{
	struct qf_buf opened;
	struct qf_body body;
	int rc = QF_OK;

	if (lsn <= r->lsn)
		return QF_OK;
	qf_buf_init(&opened, QF_BODY_BYTES_MAX);
	if (e->head.type == QF_TYPE_REDACT &&
	    qf_direct_body(direct, e, &opened, &body))
		rc = note(r, e, &body);
	qf_buf_fini(&opened);
	if (!rc)
		r->lsn = lsn;
	return rc;
}

bool qf_regrets_has(const struct qf_regrets *r, const struct qf_direct *direct,
                    const struct qf_envelope *e)
{
	struct qf_hash claim;
	struct qf_buf opened;
	struct qf_body body;
	uint64_t none;
	bool has = false;

	if (!r->newer.count)
		return false;
	qf_buf_init(&opened, QF_BODY_BYTES_MAX);
	if (qf_direct_body(direct, e, &opened, &body)) {
		claim_of(&e->id, &e->head.author, body.guest, &claim);
		has = qf_idmap_get(&r->newer, claim.b, &none) ||
		      qf_idmap_get(&r->older, claim.b, &none);
	}
	qf_buf_fini(&opened);
	return has;
}
