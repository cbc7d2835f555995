/* page.h - who may come in by the page that a node serves, and by which link
 *
 * A link's fragment, which no browser sends, has the public key of the node's
 * page and a secret; page and node then speak Noise (noise.h), so only who has
 * a link that is good gets in, and who listens learns nothing.
 *
 *   http://ADDRESS:PORT/#g KEY SECRET [.ROOM]   a guest's
 *   http://127.0.0.1:PORT/#o KEY SECRET         the owner's, good once
 *
 * (without the spaces; KEY and SECRET are one base64url of 48 bytes.) A
 * guest's secret is made of the node's seed and the week, so nothing has to be
 * remembered, and a link that lies about is good for one to two weeks. An
 * owner's is used up by whoever comes in by it, who is given the next.
 */
#ifndef QF_PAGE_H
#define QF_PAGE_H

#include "identity.h"
#include "keep.h"
#include "noise.h"

enum {
	QF_PAGE_WEEKS = 2,      /* this one and the last */
	QF_PAGE_OWNERS_MAX = 8, /* links that nobody has used yet */
	QF_PAGE_LINK_BYTES_MAX = 512,
};

enum qf_page_state {
	QF_PAGE_OPEN,
	QF_PAGE_CLOSED, /* to who has not been in */
	QF_PAGE_OFF,
};

/* What is behind the fragment: as many bytes as a nonce has. */
struct qf_page {
	enum qf_page_state state;
	struct qf_noise_key secret; /* of the page's static key */
	struct qf_noise_key public;
	uint64_t week;
	struct qf_nonce guests[QF_PAGE_WEEKS]; /* the newest first */
	struct qf_nonce owners[QF_PAGE_OWNERS_MAX];
	size_t owner_count;
	uint64_t owners_ever;
};

void qf_page_init(struct qf_page *p, const uint8_t seed[QF_SEED_BYTES]);
/* True: another week has begun, or the first. */
bool qf_page_turn(struct qf_page *p, const uint8_t seed[QF_SEED_BYTES],
                  uint64_t wall_ms);
/* One more link for the owner; with too many, the oldest is no longer good.
 * chance: no two runs of a node have the same. */
struct qf_nonce qf_page_own(struct qf_page *p,
                            const uint8_t seed[QF_SEED_BYTES], uint64_t chance);
/* True: it was good, and is no more. */
bool qf_page_use(struct qf_page *p, const struct qf_nonce *owner);

/* What Noise is told of a secret. */
void qf_page_shared(const struct qf_nonce *secret, struct qf_noise_key *out);
/* host is an address as people write it, IPv6 without brackets; room is folded,
 * or NULL. */
void qf_page_link(const struct qf_page *p, const struct qf_address *at,
                  bool owner, const struct qf_nonce *secret, const char *room,
                  char out[QF_PAGE_LINK_BYTES_MAX]);
struct qf_page_link {
	char text[QF_PAGE_LINK_BYTES_MAX];
};

const char *qf_page_state_name(enum qf_page_state state);
bool qf_page_state_parse(const char *name, enum qf_page_state *out);

#endif
