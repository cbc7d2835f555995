/* node_links.c - the node's links: dials, doubles, turns, arrivals
 *
 * A link comes up; with a second one to the same key the older must answer a
 * probe within QF_PROBE_MS or go. Both alive: of two that were dialled from
 * both sides the smaller key's stays, of two from one side the newer
 * (sync.md, amendment 9); in that case only the side that dialled decides, as
 * the two ends may have seen them come up in another order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_state.h"
#include "wire.h"

_Static_assert(QF_LINKS_MAX == 1 << 14, "a place is 14 bits of a hash");

/* Fibonacci hashing (Knuth 6.4). */
static uint16_t *place_of(struct qf_node *n, qf_conn conn)
{
	return &n->link_places[conn * 0x9E3779B97F4A7C15 >> 50];
}

/* A place that is out of date costs a look through the list. */
struct qf_node_link *qf_node_link(struct qf_node *n, qf_conn conn)
{
	uint16_t *place = place_of(n, conn);

	if (*place < n->link_count && n->links[*place].conn == conn)
		return &n->links[*place];
	for (size_t i = 0; i < n->link_count; i++)
		if (n->links[i].conn == conn) {
			*place = (uint16_t)i;
			return &n->links[i];
		}
	return NULL;
}

/* The newest link to a key, other than `except`. */
static struct qf_node_link *find_key(struct qf_node *n,
                                     const struct qf_key *key, qf_conn except)
{
	for (size_t i = n->link_count; i-- > 0;)
		if (n->links[i].conn != except &&
		    qf_key_equal(&n->links[i].key, key))
			return &n->links[i];
	return NULL;
}

/* People were told of this key by another of its links. */
static bool told_by_another(const struct qf_node *n,
                            const struct qf_node_link *l)
{
	for (size_t i = 0; i < n->link_count; i++)
		if (n->links[i].greeted && n->links[i].conn != l->conn &&
		    qf_key_equal(&n->links[i].key, &l->key))
			return true;
	return false;
}

static void drop(qf_conn conn, enum qf_cause cause, const char *why,
                 struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_DROP);

	if (!fx)
		return;
	fx->worker = qf_conn_worker(conn);
	fx->conn = conn;
	fx->cause = cause;
	fx->text = strdup(why);
}

void qf_node_drop(qf_conn conn, const char *why, struct qf_effects *out)
{
	drop(conn, QF_CAUSE_OTHER, why, out);
}

void qf_node_spare(qf_conn conn, struct qf_effects *out)
{
	drop(conn, QF_CAUSE_SPARE, QF_BYE_SPARE, out);
}

void qf_node_probe(qf_conn conn, struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_PROBE);

	if (!fx)
		return;
	fx->worker = qf_conn_worker(conn);
	fx->conn = conn;
}

static void news_of_link(struct qf_node *n, const struct qf_node_link *l,
                         enum qf_news_kind kind, bool quiet, char *text,
                         struct qf_effects *out)
{
	struct qf_news news = {
		.kind = kind,
		.key = l->key,
		.address = l->address,
		.outbound = l->outbound,
		.text = text,
		.quiet = quiet,
	};

	memcpy(news.name, l->name, sizeof news.name);
	qf_node_news(n, &news, out);
}

/* People learn when an address is somebody else's than it was. */
static void compare_with_remembered(struct qf_node *n,
                                    const struct qf_node_link *l,
                                    struct qf_effects *out)
{
	char words[QF_WORDS_BYTES_MAX];

	for (size_t i = 0; i < n->peer_count; i++) {
		const struct qf_peer *p = &n->peers[i];

		if (!l->outbound || p->address.port != l->address.port ||
		    strcmp(p->address.host, l->address.host) ||
		    qf_key_equal(&p->key, &l->key))
			continue;
		qf_key_words(&l->key, words);
		qf_node_notice(n, out,
		               "%s port %u was %s's; now another key "
		               "answers there: %s. If that is right, "
		               "/forget %s",
		               l->address.host, l->address.port, p->name, words,
		               p->name);
		return;
	}
}

/* The session learns by which tag its peer would offer our common room. */
static void tell_direct(struct qf_node *n, const struct qf_node_link *l,
                        struct qf_effects *out)
{
	struct qf_effect *fx;
	struct qf_direct d;

	if (!qf_direct_init(&d, n->id, &l->key))
		return;
	fx = qf_effects_add(out, QF_FX_DIRECT);
	if (fx) {
		fx->worker = qf_conn_worker(l->conn);
		fx->conn = l->conn;
		fx->direct = qf_node_copy_direct(&d, out);
	}
	qf_direct_fini(&d);
}

/* Why it failed, as people are told. */
static void set_why(struct qf_dial *d, enum qf_cause cause, const char *text)
{
	const char *who = d->name[0] ? d->name : d->address.host;

	if (cause == QF_CAUSE_KEY)
		snprintf(d->why, sizeof d->why,
		         "another key than %s's answers there; it was refused. "
		         "If that is right, /forget %s and connect again",
		         who, who);
	else
		snprintf(d->why, sizeof d->why, "%s",
		         text ? text : "no answer");
}

/* That address is ours: it is not dialled again, and whoever asked is told. */
static void rest_with_ourselves(struct qf_node *n, struct qf_dial *d,
                                struct qf_effects *out)
{
	struct qf_news news = { .kind = QF_NEWS_DIAL_FAILED,
		                .address = d->address,
		                .text = d->why };

	qf_dial_rest(d, &n->id->key);
	set_why(d, QF_CAUSE_OTHER, "that is this node itself");
	qf_node_news(n, &news, out);
}

static bool was_here(const struct qf_node *n, const struct qf_key *key)
{
	const struct qf_person *p = qf_presence_find(&n->presence, key);

	return p && p->shown;
}

static void link_up(struct qf_node *n, struct qf_event *ev,
                    struct qf_effects *out)
{
	struct qf_dial *d = NULL;
	struct qf_node_link *older;
	struct qf_node_link l = {
		.conn = ev->conn,
		.key = ev->key,
		.outbound = ev->outbound,
		.dial = ev->outbound ? ev->number : 0,
		.address = ev->address,
		.since_ms = n->now.mono_ms,
	};

	if (ev->text)
		memccpy(l.over, ev->text, 0, sizeof l.over - 1);
	if (ev->outbound)
		d = qf_peerbook_find(&n->book, ev->number);
	if (qf_key_equal(&ev->key, &n->id->key)) {
		if (d)
			rest_with_ourselves(n, d, out);
		l.dial = 0;
		qf_node_drop(ev->conn, "that is this node itself", out);
	} else if (n->link_count >= QF_LINKS_MAX) {
		qf_node_drop(ev->conn, "too many links here", out);
	} else if (n->offline) {
		qf_node_drop(ev->conn, "disconnected", out);
	} else if (d) {
		l.address = d->address;
		qf_dial_linked(d, &ev->key);
	}
	if (!qf_list_room(&n->links, n->link_count, &n->link_cap,
	                  sizeof *n->links)) {
		out->bad = true;
		return;
	}
	l.was_here = was_here(n, &ev->key) && !(d && d->asked);
	older = find_key(n, &ev->key, ev->conn);
	if (older) {
		l.older = older->conn;
		qf_node_probe(older->conn, out);
	}
	l.traffic = ev->traffic;
	ev->traffic = NULL;
	n->links[n->link_count++] = l;
	n->mesh_stale = true;
	if (!qf_key_equal(&ev->key, &n->id->key)) {
		qf_presence_link_up(&n->presence, &ev->key, ev->outbound,
		                    n->now.mono_ms);
		qf_peerbook_stir(&n->book, &ev->key, n->now.mono_ms);
		qf_node_dial_due(n, out);
		tell_direct(n, &l, out);
	}
	compare_with_remembered(n, &l, out);
}

static void keep_peer(struct qf_node *n, const struct qf_peer *peer,
                      struct qf_effects *out)
{
	struct qf_keep *k = qf_node_keep(n, QF_KEEP_PEER, out);

	qf_node_add_peer(n, peer);
	if (k)
		k->peer = *peer;
}

/* Whoever is remembered is remembered by the newest name. */
void qf_node_renamed(struct qf_node *n, const struct qf_key *key,
                     const char *name, struct qf_effects *out)
{
	struct qf_peer *known = qf_node_peer(n, key);
	struct qf_peer peer;

	for (size_t i = 0; i < n->link_count; i++)
		if (qf_key_equal(&n->links[i].key, key))
			snprintf(n->links[i].name, sizeof n->links[i].name,
			         "%s", name);
	for (size_t i = 0; i < n->book.count; i++)
		if (n->book.dials[i].expects_key &&
		    qf_key_equal(&n->book.dials[i].key, key))
			snprintf(n->book.dials[i].name,
			         sizeof n->book.dials[i].name, "%s", name);
	if (!known || !strcmp(known->name, name))
		return;
	peer = *known;
	snprintf(peer.name, sizeof peer.name, "%s", name);
	keep_peer(n, &peer, out);
}

bool qf_node_is_linked(struct qf_node *n, const struct qf_key *key)
{
	/* Whoever disconnects has no links, though some have yet to end. */
	return !n->offline && find_key(n, key, 0);
}

static void link_hello(struct qf_node *n, const struct qf_event *ev,
                       struct qf_effects *out)
{
	struct qf_node_link *l = qf_node_link(n, ev->conn);
	struct qf_peer peer = { .seen_ms = n->now.wall_ms };
	struct qf_dial *d;

	if (!l || qf_key_equal(&l->key, &n->id->key))
		return;
	if (ev->text)
		memccpy(l->name, ev->text, 0, sizeof l->name - 1);
	if (!l->outbound)
		l->address.port = ev->address.port;
	l->greeted = true;
	qf_node_clock_heard(n, ev, out);
	if (!told_by_another(n, l))
		news_of_link(n, l, QF_NEWS_LINK_UP, l->was_here, NULL, out);
	if (!l->address.port)
		return;
	peer.key = l->key;
	peer.address = l->address;
	d = qf_peerbook_find(&n->book, l->dial);
	/* Who shows a new key each time is not asked for with each. */
	peer.asked = d && d->asked && !d->known;
	if (peer.asked)
		d->known = true;
	memcpy(peer.name, l->name, sizeof peer.name);
	keep_peer(n, &peer, out);
}

static void dial_after(struct qf_node *n, const struct qf_node_link *l)
{
	struct qf_dial *d = qf_peerbook_find(&n->book, l->dial);
	const struct qf_node_link *other = find_key(n, &l->key, l->conn);

	if (d && other)
		qf_dial_rest(d, &l->key);
	else if (d)
		qf_peerbook_lost(&n->book, d, n->now.mono_ms);
	if (other)
		return;
	qf_peerbook_lost_key(&n->book, &l->key, n->now.mono_ms);
	if (qf_node_is_hub(n, &l->key))
		qf_node_hub_lost(n, &l->key);
}

static void link_down(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	struct qf_node_link *l = qf_node_link(n, ev->conn);

	for (size_t i = 0; i < n->replica_count; i++) {
		qf_turn_over(&n->replicas[i]->turn, ev->conn);
		qf_node_next_turns(n, n->replicas[i], out);
	}
	qf_node_clock_gone(n, ev->conn);
	qf_node_push_down(n, ev->conn);
	if (!l)
		return;
	if (l->greeted && !told_by_another(n, l))
		news_of_link(n, l, QF_NEWS_LINK_DOWN,
		             ev->cause == QF_CAUSE_SPARE, ev->text, out);
	if (!qf_key_equal(&l->key, &n->id->key)) {
		qf_presence_link_down(&n->presence, &l->key, l->outbound);
		dial_after(n, l);
	}
	qf_traffic_unref(l->traffic);
	*l = n->links[--n->link_count];
	n->mesh_stale = true;
}

/* The older of two links answered its probe: one of them goes. */
static void link_alive(struct qf_node *n, const struct qf_event *ev,
                       struct qf_effects *out)
{
	struct qf_node_link *older = qf_node_link(n, ev->conn);
	struct qf_node_link *newer = NULL;
	bool ours_stays;

	for (size_t i = 0; i < n->link_count && !newer; i++)
		if (n->links[i].older == ev->conn)
			newer = &n->links[i];
	if (!older || !newer)
		return;
	newer->older = 0;
	if (older->outbound == newer->outbound) {
		if (older->outbound)
			qf_node_drop(older->conn, "a newer link took over",
			             out);
		return;
	}
	ours_stays = memcmp(n->id->key.b, older->key.b, sizeof n->id->key.b) <
	             0;
	qf_node_drop(older->outbound == ours_stays ? newer->conn : older->conn,
	             "another link to you stays", out);
}

static void dial_failed(struct qf_node *n, const struct qf_event *ev,
                        struct qf_effects *out)
{
	struct qf_dial *d = qf_peerbook_find(&n->book, ev->number);
	struct qf_news news = { .kind = QF_NEWS_DIAL_FAILED };

	if (!d)
		return;
	qf_peerbook_failed(&n->book, d, n->now.mono_ms);
	n->mesh_stale = true;
	set_why(d, ev->cause, ev->text);
	if (d->heard || (d->quiet && !(d->asked && ev->cause == QF_CAUSE_KEY)))
		return;
	d->heard = true;
	news.address = d->address;
	memcpy(news.name, d->name, sizeof news.name);
	news.text = d->why;
	qf_node_news(n, &news, out);
}

/* Takes the snapshot. */
static void tell_turn(const struct qf_replica *r, qf_conn conn,
                      struct qf_snapshot *all, struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_TURN);

	if (!fx) {
		qf_snapshot_unref(all);
		return;
	}
	fx->worker = qf_conn_worker(conn);
	fx->conn = conn;
	fx->room = r->id;
	fx->snapshot = all;
}

void qf_node_next_turns(struct qf_node *n, struct qf_replica *r,
                        struct qf_effects *out)
{
	qf_conn conn;

	while ((conn = qf_turn_next(&r->turn, n->now.mono_ms))) {
		struct qf_snapshot *all = qf_replica_snapshot(r);

		if (!all)
			out->bad = true;
		tell_turn(r, conn, all, out);
	}
}

/* Its node keeps its own turn while it waits for ours. Of a circle of nodes
 * that wait so for the next, one has a greater key than that, so none is
 * closed. Who takes too long with its turn lets nobody be refused. */
static bool is_refused(struct qf_node *n, const struct qf_replica *r,
                       qf_conn conn)
{
	const struct qf_node_link *l = qf_node_link(n, conn);

	return l && !l->outbound &&
	       qf_turn_busy(&r->turn, conn, n->now.mono_ms) &&
	       memcmp(l->key.b, n->id->key.b, sizeof l->key.b) > 0;
}

static void turn_asked(struct qf_node *n, const struct qf_event *ev,
                       struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);

	if (!r)
		return;
	if (!ev->number && is_refused(n, r, ev->conn))
		tell_turn(r, ev->conn, NULL, out);
	else if (qf_turn_ask(&r->turn, ev->conn, !ev->number, n->now.mono_ms))
		out->bad = true;
	qf_node_next_turns(n, r, out);
}

static void turn_over(struct qf_node *n, const struct qf_event *ev,
                      struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);

	if (!r)
		return;
	qf_turn_over(&r->turn, ev->conn);
	qf_node_next_turns(n, r, out);
}

/* It sent what it knows of who is here. */
static void here(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	struct qf_node_link *l = qf_node_link(n, ev->conn);
	int err;

	if (!l || !ev->payload)
		return;
	n->mesh_stale = true;
	err = qf_presence_take(&n->presence, &l->key,
	                       qf_bytes(ev->payload->at, ev->payload->len),
	                       true, n->now.mono_ms);
	if (err == QF_E_MALFORMED)
		qf_node_drop(ev->conn, "malformed HERE", out);
}

/* It offers the room of its key and ours, so it has something there. Strangers
 * can make keys, so half of the rooms stay for what we ask for ourselves. */
static void direct(struct qf_node *n, const struct qf_event *ev,
                   struct qf_effects *out)
{
	struct qf_node_link *l = qf_node_link(n, ev->conn);

	if (l)
		qf_node_direct(n, &l->key, QF_ROOMS_MAX / 2, out);
}

void qf_node_link_event(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out)
{
	switch (ev->kind) {
	case QF_EV_LINK_UP:
		link_up(n, ev, out);
		break;
	case QF_EV_LINK_HELLO:
		link_hello(n, ev, out);
		break;
	case QF_EV_LINK_DOWN:
		link_down(n, ev, out);
		break;
	case QF_EV_LINK_ALIVE:
		link_alive(n, ev, out);
		break;
	case QF_EV_LINK_CLOCK:
		qf_node_clock_heard(n, ev, out);
		break;
	case QF_EV_DIAL_FAILED:
		dial_failed(n, ev, out);
		break;
	case QF_EV_TURN_ASKED:
		turn_asked(n, ev, out);
		break;
	case QF_EV_HERE:
		here(n, ev, out);
		break;
	case QF_EV_DIRECT:
		direct(n, ev, out);
		break;
	case QF_EV_NAMED:
	case QF_EV_GRAFTED:
	case QF_EV_PRUNED:
		qf_node_push_event(n, ev, out);
		break;
	case QF_EV_TURN_OVER:
		turn_over(n, ev, out);
		break;
	default:
		qf_node_arrived(n, ev, out);
	}
}
