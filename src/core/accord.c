/* accord.c - two neighbours find out where their rosters differ */
#include "accord.h"

#include <string.h>

#include "err.h"

enum {
	PREFIX_BYTES = 8,
	ENTRY_BYTES = PREFIX_BYTES + 8 + 2 + 1,
	ENTRY_REACHABLE = 1,
};

struct entry {
	uint64_t prefix;
	uint64_t version;
	uint16_t gone;
	bool reachable;
};

static void digest_of(struct qf_roster *r, struct qf_sum *out)
{
	const struct qf_sum *sums = qf_roster_sums(r);
	struct qf_hash hash;

	qf_hash_data(&hash, "QF1parts", sums, QF_ROSTER_PARTS * sizeof *sums);
	memcpy(out->b, hash.b, sizeof out->b);
}

void qf_accord_digest(struct qf_roster *r, enum qf_parcel_to to,
                      const struct qf_key *key, struct qf_parcels *out)
{
	struct qf_sum digest;

	digest_of(r, &digest);
	qf_parcels_begin(out, to, key, QF_PARCEL_DIGEST);
	qf_put_raw(&out->bytes, digest.b, sizeof digest.b);
	qf_parcels_end(out);
}

/* Once a round, and only if the roster can be made equal. */
static bool due(const struct qf_roster *r, uint64_t *from_ms, uint64_t now_ms)
{
	if (r->count == QF_PERSONS_MAX || now_ms < *from_ms)
		return false;
	*from_ms = now_ms + QF_ACCORD_ROUND_MS;
	return true;
}

static int take_digest(struct qf_accord *a, struct qf_roster *r,
                       const struct qf_key *peer, struct qf_cursor *c,
                       uint64_t now_ms, struct qf_parcels *out)
{
	struct qf_sum theirs, ours;

	qf_get_raw(c, theirs.b, sizeof theirs.b);
	if (!qf_cursor_done(c))
		return QF_E_MALFORMED;
	if (!due(r, &a->digest_ms, now_ms))
		return QF_OK;
	digest_of(r, &ours);
	a->listing = memcmp(ours.b, theirs.b, sizeof ours.b) != 0;
	a->listed_to = 0;
	if (!a->listing)
		return QF_OK;
	qf_parcels_begin(out, QF_PARCEL_TO_ONE, peer, QF_PARCEL_SUMS);
	qf_put_raw(&out->bytes, r->sums, sizeof r->sums);
	qf_parcels_end(out);
	return QF_OK;
}

static void entry_put(struct qf_buf *to, const struct qf_roster_row *row)
{
	const struct qf_person *p = row->person;

	qf_put_u64(to, row->prefix);
	qf_put_u64(to, p->here.version);
	qf_put_u16(to, p->gone);
	qf_put_u8(to, p->reachable ? ENTRY_REACHABLE : 0);
}

static void list_begin(const struct qf_key *peer, uint64_t from,
                       struct qf_parcels *out)
{
	qf_parcels_begin(out, QF_PARCEL_TO_ONE, peer, QF_PARCEL_LIST);
	qf_put_u64(&out->bytes, from);
}

/* All that we know of keys that begin from..to; how many those are. */
static size_t list_put(const struct qf_roster *r, const struct qf_key *peer,
                       uint64_t from, uint64_t to, struct qf_parcels *out)
{
	size_t first = qf_roster_row(r, from);
	size_t i = first;

	list_begin(peer, from, out);
	for (; i < r->count && r->rows[i].prefix <= to; i++) {
		const struct qf_roster_row *row = &r->rows[i];

		if (out->bytes.len + ENTRY_BYTES + PREFIX_BYTES >
		    QF_PARCEL_BYTES_MAX) {
			qf_put_u64(&out->bytes, row->prefix - 1);
			list_begin(peer, row->prefix, out);
		}
		entry_put(&out->bytes, row);
	}
	qf_put_u64(&out->bytes, to);
	qf_parcels_end(out);
	return i - first;
}

static int take_sums(struct qf_accord *a, struct qf_roster *r,
                     const struct qf_key *peer, struct qf_cursor *c,
                     uint64_t now_ms, struct qf_parcels *out)
{
	const uint64_t width = (UINT64_MAX / QF_ROSTER_PARTS) + 1;
	struct qf_sum theirs[QF_ROSTER_PARTS];
	const struct qf_sum *ours;

	qf_get_raw(c, theirs, sizeof theirs);
	if (!qf_cursor_done(c))
		return QF_E_MALFORMED;
	if (!due(r, &a->sums_ms, now_ms))
		return QF_OK;
	ours = qf_roster_sums(r);
	a->wants = 0;
	for (size_t i = 0; i < QF_ROSTER_PARTS; i++)
		if (memcmp(&ours[i], &theirs[i], sizeof ours[i]))
			a->wants += list_put(r, peer, i * width,
			                     i * width + (width - 1), out);
	return QF_OK;
}

static bool entry_get(struct qf_cursor *c, struct entry *e)
{
	uint8_t flags;

	e->prefix = qf_get_u64(c);
	e->version = qf_get_u64(c);
	e->gone = qf_get_u16(c);
	flags = qf_get_u8(c);
	e->reachable = flags & ENTRY_REACHABLE;
	return !c->bad && !(flags & ~ENTRY_REACHABLE);
}

/* A LIST being compared with the rows that it should have. */
struct compared {
	const struct qf_roster *roster;
	size_t row; /* the first that is not compared yet */
	struct qf_parcels *news;
	struct qf_buf wanted; /* prefixes */
};

static void send(struct qf_parcels *out, const struct qf_person *p, bool record,
                 uint16_t reports)
{
	qf_person_put(qf_parcels_fit(out, QF_PERSON_BYTES_MAX), p, record,
	              reports);
}

/* Rows up to that prefix are of people of whom the other has never heard. */
static void send_unlisted(struct compared *x, uint64_t to)
{
	const struct qf_roster *r = x->roster;

	for (; x->row < r->count && r->rows[x->row].prefix <= to; x->row++) {
		const struct qf_person *p = r->rows[x->row].person;

		if (p->reachable)
			send(x->news, p, true, p->gone);
	}
}

static void compare_both(struct compared *x, const struct qf_person *p,
                         const struct entry *e)
{
	uint64_t version = p->here.version;
	uint16_t only_here = p->gone & (uint16_t)~e->gone;
	uint16_t only_there = e->gone & (uint16_t)~p->gone;

	if (version > e->version)
		send(x->news, p, true, p->gone);
	else if (version < e->version)
		qf_put_u64(&x->wanted, e->prefix);
	else if (only_here)
		send(x->news, p, false, only_here);
	if (version == e->version && only_there)
		qf_put_u64(&x->wanted, e->prefix);
}

static void compare_entry(struct compared *x, const struct entry *e)
{
	const struct qf_roster *r = x->roster;

	if (e->prefix)
		send_unlisted(x, e->prefix - 1);
	if (x->row < r->count && r->rows[x->row].prefix == e->prefix)
		compare_both(x, r->rows[x->row++].person, e);
	else if (e->reachable)
		qf_put_u64(&x->wanted, e->prefix);
}

static bool compare_list(struct compared *x, struct qf_bytes entries,
                         uint64_t from, uint64_t to)
{
	struct qf_cursor c = qf_cursor(entries);
	uint64_t last = 0;

	for (bool first = true; !qf_cursor_done(&c); first = false) {
		struct entry e;

		if (!entry_get(&c, &e) || e.prefix < from || e.prefix > to ||
		    (!first && e.prefix <= last))
			return false;
		compare_entry(x, &e);
		last = e.prefix;
	}
	send_unlisted(x, to);
	return true;
}

static void want(const struct qf_buf *wanted, const struct qf_key *peer,
                 struct qf_parcels *out)
{
	qf_parcels_begin(out, QF_PARCEL_TO_ONE, peer, QF_PARCEL_WANT);
	for (size_t i = 0; i < wanted->len; i += PREFIX_BYTES)
		qf_put_raw(qf_parcels_fit(out, PREFIX_BYTES), wanted->at + i,
		           PREFIX_BYTES);
	qf_parcels_end(out);
	out->bad |= wanted->bad;
}

static int take_list(struct qf_accord *a, struct qf_roster *r,
                     const struct qf_key *peer, struct qf_cursor *c,
                     struct qf_parcels *out)
{
	uint64_t from = qf_get_u64(c);
	size_t left = qf_cursor_left(c);
	struct qf_bytes entries = qf_get_span(
		c, left < PREFIX_BYTES ? 0 : left - PREFIX_BYTES);
	uint64_t to = qf_get_u64(c);
	struct compared x = { .roster = r,
		              .row = qf_roster_row(r, from),
		              .news = out };
	bool good;

	if (!qf_cursor_done(c) || from > to || entries.len % ENTRY_BYTES)
		return QF_E_MALFORMED;
	if (!a->listing || from < a->listed_to)
		return QF_OK;
	a->listing = to < UINT64_MAX;
	a->listed_to = to + 1;
	qf_parcels_begin(out, QF_PARCEL_TO_ONE, peer, QF_PARCEL_NEWS);
	good = compare_list(&x, entries, from, to);
	want(&x.wanted, peer, out);
	qf_buf_fini(&x.wanted);
	return good ? QF_OK : QF_E_MALFORMED;
}

static int take_want(struct qf_accord *a, const struct qf_roster *r,
                     const struct qf_key *peer, struct qf_cursor *c,
                     struct qf_parcels *out)
{
	size_t n = qf_cursor_left(c) / PREFIX_BYTES;

	qf_parcels_begin(out, QF_PARCEL_TO_ONE, peer, QF_PARCEL_NEWS);
	for (; n && a->wants; n--, a->wants--) {
		const struct qf_person *p = qf_roster_begins(r, qf_get_u64(c));

		if (p)
			send(out, p, true, p->gone);
	}
	qf_parcels_end(out);
	qf_get_span(c, n * PREFIX_BYTES);
	return qf_cursor_done(c) ? QF_OK : QF_E_MALFORMED;
}

int qf_accord_take(struct qf_accord *a, struct qf_roster *r,
                   const struct qf_key *peer, enum qf_parcel_kind kind,
                   struct qf_cursor *c, uint64_t now_ms, struct qf_parcels *out)
{
	switch (kind) {
	case QF_PARCEL_DIGEST:
		return take_digest(a, r, peer, c, now_ms, out);
	case QF_PARCEL_SUMS:
		return take_sums(a, r, peer, c, now_ms, out);
	case QF_PARCEL_LIST:
		return take_list(a, r, peer, c, out);
	case QF_PARCEL_WANT:
		return take_want(a, r, peer, c, out);
	default:
		return QF_E_MALFORMED;
	}
}
