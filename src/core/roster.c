/* roster.c - everyone that a node knows of, and who of them can be reached */
#include "roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "list.h"
#include "room.h"

enum {
	PART_SHIFT = 64 - 6, /* the first bits of a key say which of 64 */
	SUMMED_BYTES = QF_SUM_BYTES + QF_KEY_BYTES + 8 + 2,
};

uint64_t qf_key_prefix(const struct qf_key *key)
{
	struct qf_cursor c = qf_cursor(qf_bytes(key->b, sizeof key->b));

	return qf_get_u64(&c);
}

size_t qf_roster_part(uint64_t prefix)
{
	return prefix >> PART_SHIFT;
}

void qf_roster_init(struct qf_roster *r)
{
	*r = (struct qf_roster){ 0 };
}

/* Where links with those who have left lead. */
#define NOWHERE UINT32_MAX

static void person_free(struct qf_person *p)
{
	free(p->reports);
	free(p->record);
	free(p);
}

void qf_roster_fini(struct qf_roster *r)
{
	for (size_t i = 0; i < r->count; i++)
		person_free(r->rows[i].person);
	free(r->rows);
	qf_roster_init(r);
}

/* Each look at who is reachable asks for every edge; so what is compared only
 * multiplies, and the processor has no branch to guess. */
size_t qf_roster_row(const struct qf_roster *r, uint64_t prefix)
{
	size_t i = 0, n = r->count;

	for (; n > 1; n -= n / 2)
		i += n / 2 * (r->rows[i + n / 2 - 1].prefix < prefix);
	return i + (n && r->rows[i].prefix < prefix);
}

struct qf_person *qf_roster_begins(const struct qf_roster *r, uint64_t prefix)
{
	size_t i = qf_roster_row(r, prefix);

	if (i == r->count || r->rows[i].prefix != prefix)
		return NULL;
	return r->rows[i].person;
}

struct qf_person *qf_roster_find(const struct qf_roster *r,
                                 const struct qf_key *key)
{
	struct qf_person *p = qf_roster_begins(r, qf_key_prefix(key));

	return p && qf_key_equal(&p->key, key) ? p : NULL;
}

static int person_add(struct qf_roster *r, const struct qf_key *key,
                      uint64_t now_ms, struct qf_person **out)
{
	uint64_t prefix = qf_key_prefix(key);
	size_t i = qf_roster_row(r, prefix);
	struct qf_person *p;

	if (i < r->count && r->rows[i].prefix == prefix)
		return QF_E_TAKEN;
	if (r->count == QF_PERSONS_MAX)
		return QF_E_LIMIT;
	if (!qf_list_room(&r->rows, r->count, &r->cap, sizeof *r->rows))
		return QF_E_NOMEM;
	p = calloc(1, sizeof *p);
	if (!p)
		return QF_E_NOMEM;
	p->key = *key;
	p->reachable = true;
	p->since_ms = now_ms;
	memmove(&r->rows[i + 1], &r->rows[i], (r->count - i) * sizeof *r->rows);
	r->rows[i] = (struct qf_roster_row){ .prefix = prefix, .person = p };
	r->count++;
	*out = p;
	return QF_OK;
}

/* Names are compared, so there is one way to write each. */
static int names_of(const struct qf_here *h, char *name, char *folded)
{
	if (qf_user_name_check(h->name, name) || strlen(name) != h->name.len ||
	    memcmp(name, h->name.at, h->name.len) ||
	    qf_name_fold(h->name, folded, QF_USER_NAME_BYTES_MAX + 1))
		return QF_E_MALFORMED;
	return QF_OK;
}

static bool same(struct qf_bytes a, struct qf_bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

/* The spans of a copy point into the copy. */
static void person_renew(struct qf_person *p, uint8_t *record, size_t len)
{
	struct qf_cursor c = qf_cursor(qf_bytes(record, len));
	struct qf_here next;

	qf_here_get(&c, &next);
	assert(qf_cursor_done(&c) && next.version > p->here.version);
	p->text_changed |= !same(p->here.text, next.text);
	p->rooms_changed |= !same(p->here.rooms, next.rooms);
	free(p->record);
	free(p->reports);
	p->record = record;
	p->reports = NULL;
	p->here = next;
	p->gone = 0;
}

int qf_roster_put(struct qf_roster *r, const struct qf_here *h, uint64_t now_ms,
                  struct qf_person **out)
{
	char name[QF_USER_NAME_BYTES_MAX + 1];
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_person *p = qf_roster_find(r, &h->key);
	uint8_t *record;
	int rc = names_of(h, name, folded);

	if (rc)
		return rc;
	record = malloc(h->whole.len);
	if (!record)
		return QF_E_NOMEM;
	memcpy(record, h->whole.at, h->whole.len);
	if (!p && (rc = person_add(r, &h->key, now_ms, &p))) {
		free(record);
		return rc;
	}
	person_renew(p, record, h->whole.len);
	memcpy(p->name, name, sizeof name);
	memcpy(p->folded, folded, sizeof folded);
	*out = p;
	return QF_OK;
}

int qf_person_report(struct qf_person *p, size_t edge,
                     const uint8_t sig[QF_SIG_BYTES])
{
	assert(edge < qf_here_edge_count(&p->here));
	if (!p->reports)
		p->reports = calloc(qf_here_edge_count(&p->here),
		                    sizeof *p->reports);
	if (!p->reports)
		return QF_E_NOMEM;
	memcpy(p->reports[edge], sig, QF_SIG_BYTES);
	p->gone |= (uint16_t)(1u << edge);
	return QF_OK;
}

void qf_roster_remove(struct qf_roster *r, struct qf_person *p)
{
	size_t i = qf_roster_row(r, qf_key_prefix(&p->key));

	assert(i < r->count && r->rows[i].person == p);
	r->count--;
	memmove(&r->rows[i], &r->rows[i + 1], (r->count - i) * sizeof *r->rows);
	person_free(p);
}

/* Components by union and find (Tarjan 1975), paths halved on the way. */
static uint32_t root_of(struct qf_roster_row *rows, uint32_t i)
{
	while (rows[i].up != i) {
		rows[i].up = rows[rows[i].up].up;
		i = rows[i].up;
	}
	return i;
}

static void join(struct qf_roster_row *rows, uint32_t a, uint32_t b)
{
	rows[root_of(rows, a)].up = root_of(rows, b);
}

/* A key that begins like another would be taken for it; but whoever claims a
 * link can as well claim it with that other. */
static void join_claimed(struct qf_roster *r, uint32_t row, uint32_t mine)
{
	const struct qf_person *p = r->rows[row].person;

	for (size_t i = 0; i < qf_here_edge_count(&p->here); i++) {
		struct qf_key key;
		uint64_t prefix;
		size_t other;

		if (p->gone & 1u << i)
			continue;
		qf_here_edge(&p->here, i, &key);
		prefix = qf_key_prefix(&key);
		other = qf_roster_row(r, prefix);
		if (other < r->count && r->rows[other].prefix == prefix &&
		    other != mine && r->rows[other].up != NOWHERE)
			join(r->rows, row, (uint32_t)other);
	}
}

static void join_all(struct qf_roster *r, uint32_t mine)
{
	for (uint32_t i = 0; i < r->count; i++) {
		bool left = r->rows[i].person->here.state == QF_HERE_LEFT;

		r->rows[i].up = left ? NOWHERE : i;
	}
	r->rows[mine].up = mine;
	for (uint32_t i = 0; i < r->count; i++) {
		if (i == mine || r->rows[i].up == NOWHERE)
			continue;
		join_claimed(r, i, mine);
		if (r->rows[i].person->linked)
			join(r->rows, i, mine);
	}
}

void qf_roster_reach(struct qf_roster *r, const struct qf_person *me,
                     uint64_t now_ms)
{
	uint32_t mine = (uint32_t)qf_roster_row(r, qf_key_prefix(&me->key));
	uint32_t root;

	join_all(r, mine);
	root = root_of(r->rows, mine);
	for (uint32_t i = 0; i < r->count; i++) {
		struct qf_person *p = r->rows[i].person;
		bool reachable = p->here.state != QF_HERE_LEFT &&
		                 root_of(r->rows, i) == root;

		if (p->reachable == reachable)
			continue;
		p->reachable = reachable;
		p->since_ms = now_ms;
	}
	r->summed = false;
}

/* A part's sum takes one more person in. */
static void sum_add(struct qf_sum *sum, const struct qf_person *p)
{
	uint8_t bytes[SUMMED_BYTES];
	struct qf_buf b = { .at = bytes, .cap = sizeof bytes };
	struct qf_hash hash;

	qf_put_raw(&b, sum->b, sizeof sum->b);
	qf_put_raw(&b, p->key.b, sizeof p->key.b);
	qf_put_u64(&b, p->here.version);
	qf_put_u16(&b, p->gone);
	assert(b.len == sizeof bytes);
	qf_hash_data(&hash, "QF1part", bytes, sizeof bytes);
	memcpy(sum->b, hash.b, sizeof sum->b);
}

const struct qf_sum *qf_roster_sums(struct qf_roster *r)
{
	if (r->summed)
		return r->sums;
	memset(r->sums, 0, sizeof r->sums);
	for (size_t i = 0; i < r->count; i++)
		if (r->rows[i].person->reachable)
			sum_add(&r->sums[qf_roster_part(r->rows[i].prefix)],
			        r->rows[i].person);
	r->summed = true;
	return r->sums;
}

void qf_person_put(struct qf_buf *to, const struct qf_person *p, bool record,
                   uint16_t reports)
{
	struct qf_gone gone = { .subject = p->key, .version = p->here.version };

	if (record) {
		qf_put_u8(to, QF_ITEM_HERE);
		qf_put_raw(to, p->here.whole.at, p->here.whole.len);
	}
	for (size_t i = 0; i < qf_here_edge_count(&p->here); i++) {
		if (!(reports & 1u << i))
			continue;
		qf_here_edge(&p->here, i, &gone.reporter);
		memcpy(gone.sig, p->reports[i], sizeof gone.sig);
		qf_put_u8(to, QF_ITEM_GONE);
		qf_gone_put(to, &gone);
	}
}
