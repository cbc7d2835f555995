/* page.c - who may come in by the page that a node serves, and by which link */
#include "page.h"

#include <stdio.h>
#include <string.h>

#include "base64.h"

#define WEEK_MS (7 * UINT64_C(86400000))

static const char *const state_names[] = {
	[QF_PAGE_OPEN] = "open",
	[QF_PAGE_CLOSED] = "closed",
	[QF_PAGE_OFF] = "off",
};

static void derive(struct qf_hash *out, const char *pers,
                   const uint8_t seed[QF_SEED_BYTES], uint64_t a, uint64_t b)
{
	uint8_t from[QF_SEED_BYTES + 2 * sizeof(uint64_t)];

	memcpy(from, seed, QF_SEED_BYTES);
	for (size_t i = 0; i < sizeof a; i++) {
		from[QF_SEED_BYTES + i] = (uint8_t)(a >> 8 * i);
		from[QF_SEED_BYTES + sizeof a + i] = (uint8_t)(b >> 8 * i);
	}
	qf_hash_data(out, pers, from, sizeof from);
}

static struct qf_nonce secret_of(const struct qf_hash *h)
{
	struct qf_nonce n;

	memcpy(n.b, h->b, sizeof n.b);
	return n;
}

void qf_page_init(struct qf_page *p, const uint8_t seed[QF_SEED_BYTES])
{
	struct qf_hash h;

	*p = (struct qf_page){ .state = QF_PAGE_OPEN };
	derive(&h, "QF1page", seed, 0, 0);
	memcpy(p->secret.b, h.b, sizeof p->secret.b);
	qf_noise_public(&p->secret, &p->public);
}

bool qf_page_turn(struct qf_page *p, const uint8_t seed[QF_SEED_BYTES],
                  uint64_t wall_ms)
{
	uint64_t week = 1 + wall_ms / WEEK_MS;
	struct qf_hash h;

	if (week == p->week)
		return false;
	p->week = week;
	for (uint64_t i = 0; i < QF_PAGE_WEEKS; i++) {
		derive(&h, "QF1guests", seed, week - i, 0);
		p->guests[i] = secret_of(&h);
	}
	return true;
}

struct qf_nonce qf_page_own(struct qf_page *p,
                            const uint8_t seed[QF_SEED_BYTES], uint64_t chance)
{
	struct qf_hash h;

	derive(&h, "QF1owner", seed, ++p->owners_ever, chance);
	if (p->owner_count == QF_PAGE_OWNERS_MAX)
		qf_page_use(p, &p->owners[0]);
	p->owners[p->owner_count] = secret_of(&h);
	return p->owners[p->owner_count++];
}

bool qf_page_use(struct qf_page *p, const struct qf_nonce *owner)
{
	for (size_t i = 0; i < p->owner_count; i++) {
		if (memcmp(p->owners[i].b, owner->b, sizeof owner->b) != 0)
			continue;
		p->owner_count--;
		memmove(&p->owners[i], &p->owners[i + 1],
		        (p->owner_count - i) * sizeof p->owners[i]);
		return true;
	}
	return false;
}

void qf_page_shared(const struct qf_nonce *secret, struct qf_noise_key *out)
{
	struct qf_hash h;

	qf_hash_data(&h, "QF1shared", secret->b, sizeof secret->b);
	memcpy(out->b, h.b, sizeof out->b);
}

/* What a fragment may hold as it is: RFC 3986, and not our own dot. */
static void put_room(struct qf_buf *to, const char *room)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~";
	char hex[4];

	for (; *room; room++) {
		if (strchr(plain, *room)) {
			qf_put_u8(to, (uint8_t)*room);
			continue;
		}
		snprintf(hex, sizeof hex, "%%%02X", (uint8_t)*room);
		qf_put_raw(to, hex, 3);
	}
}

void qf_page_link(const struct qf_page *p, const struct qf_address *at,
                  bool owner, const struct qf_nonce *secret, const char *room,
                  char out[QF_PAGE_LINK_BYTES_MAX])
{
	uint8_t both[QF_NOISE_KEY_BYTES + QF_NONCE_BYTES];
	bool six = strchr(at->host, ':');
	struct qf_buf text;
	char head[QF_HOST_BYTES_MAX + 32];

	memcpy(both, p->public.b, QF_NOISE_KEY_BYTES);
	memcpy(both + QF_NOISE_KEY_BYTES, secret->b, QF_NONCE_BYTES);
	qf_buf_init(&text, QF_PAGE_LINK_BYTES_MAX - 1);
	snprintf(head, sizeof head, "http://%s%s%s:%u/#%c", six ? "[" : "",
	         at->host, six ? "]" : "", at->port, owner ? 'o' : 'g');
	qf_put_raw(&text, head, strlen(head));
	qf_base64_put(&text, qf_bytes(both, sizeof both), QF_BASE64_LINK);
	if (room && strcmp(room, "#lobby") != 0) {
		qf_put_u8(&text, '.');
		put_room(&text, room + 1);
	}
	if (text.len)
		memcpy(out, text.at, text.len);
	out[text.len] = 0;
	qf_buf_fini(&text);
}

const char *qf_page_state_name(enum qf_page_state state)
{
	return state_names[state];
}

bool qf_page_state_parse(const char *name, enum qf_page_state *out)
{
	for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++) {
		if (strcmp(state_names[i], name) != 0)
			continue;
		*out = (enum qf_page_state)i;
		return true;
	}
	return false;
}
