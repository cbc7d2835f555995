/* irc_channel.c - rooms as the channels of IRC
 *
 * A JOIN: the core joins the room, unless this worker carries it already; the
 * worker asks for its pair, so that posts come; then all workers are told. What
 * they hear after that goes to the new member as well. Its answer ends with the
 * names, of guests and of persons of other nodes.
 *
 * Rooms are open and have no operators. Whoever came into an empty one is
 * shown with an '@', and may no more than others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irc_state.h"

enum { NAMES_BYTES = 400 };

const char *qf_irc_prefix(const struct qf_guest *g,
                          const struct qf_hall_room *r)
{
	return r->opener == g->conn ? "@" : "";
}

/* Each of a list of targets is a command of its own; what else was said goes
 * with all. True: they were taken apart. */
static bool take_apart(struct qf_irc *irc, const struct qf_irc_line *l)
{
	char *list = l->params[0];

	if (!strchr(list, ','))
		return false;
	for (char *next, *one = list; one; one = next) {
		next = strchr(one, ',');
		if (next)
			*next++ = '\0';
		if (!*one)
			continue;
		if (l->count > 1)
			qf_irc_step(irc, "%s %s :%s", l->command, one,
			            l->params[l->count - 1]);
		else
			qf_irc_step(irc, "%s %s", l->command, one);
	}
	return true;
}

static void no_such_channel(struct qf_irc *irc, const char *name)
{
	qf_irc_numeric(irc, 403, "%s :No such channel", *name ? name : "*");
}

static void not_in(struct qf_irc *irc, const char *name)
{
	qf_irc_numeric(irc, 442, "%s :You're not on that channel", name);
}

/* The room of that name that guests are in; otherwise that was answered. */
static struct qf_hall_room *existing(struct qf_irc *irc, const char *name)
{
	struct qf_hall_room *r = qf_hall_room(irc->hall, name);

	if (r && r->member_count)
		return r;
	if (qf_hall_has_room(irc->hall, name))
		not_in(irc, name);
	else
		no_such_channel(irc, name);
	return NULL;
}

static struct qf_hall_room *own_room(struct qf_irc *irc, const char *name)
{
	struct qf_hall_room *r = existing(irc, name);

	if (r && !qf_hall_is_in(irc->guest, r)) {
		not_in(irc, r->name);
		return NULL;
	}
	return r;
}

/* NAMES */

struct names {
	struct qf_irc *irc;
	const char *room;
	char text[NAMES_BYTES + QF_MASK_BYTES + 2];
};

static void give_names(struct names *n)
{
	if (n->text[0])
		qf_irc_numeric(n->irc, 353, "= %s :%s", n->room, n->text);
	n->text[0] = '\0';
}

static void add_name(struct names *n, const char *prefix, const char *name)
{
	size_t len = strlen(n->text);

	if (len + strlen(prefix) + strlen(name) > NAMES_BYTES) {
		give_names(n);
		len = 0;
	}
	snprintf(n->text + len, sizeof n->text - len, "%s%s%s", len ? " " : "",
	         prefix, name);
}

static void put_names(struct qf_irc *irc, const struct qf_hall_room *r)
{
	const struct qf_hall *h = irc->hall;
	struct names n = { .irc = irc, .room = r->name };
	bool whole = qf_irc_has(irc, QF_IRC_CAP_HOST_NAMES);
	bool within = qf_hall_is_in(irc->guest, r);
	char mask[QF_MASK_BYTES];

	for (size_t i = 0; i < r->member_count; i++) {
		const struct qf_guest *g = r->members[i];

		if (g->invisible && !within)
			continue;
		if (whole)
			qf_hall_mask(h, g, mask);
		add_name(&n, qf_irc_prefix(g, r), whole ? mask : g->nick);
	}
	for (size_t i = 0; i < h->person_count; i++) {
		const struct qf_hall_person *p = &h->persons[i];

		if (!qf_hall_is_among(p->rooms, r))
			continue;
		if (whole)
			qf_hall_person_mask(p, mask);
		add_name(&n, "", whole ? mask : p->nick);
	}
	give_names(&n);
}

static void put_topic(struct qf_irc *irc, const struct qf_hall_room *r)
{
	if (!r->topic)
		return;
	qf_irc_numeric(irc, 332, "%s :%s", r->name, r->topic);
	qf_irc_numeric(irc, 333, "%s %s %llu", r->name, r->topic_by,
	               (unsigned long long)(r->topic_hlc >> 16) / 1000);
}

static void put_marker(struct qf_irc *irc, const struct qf_hall_room *r)
{
	char whose[256], at[32] = "*";
	uint64_t ms;

	if (!qf_irc_has(irc, QF_IRC_CAP_READ_MARKER))
		return;
	qf_irc_reader(irc, r->folded, whose, sizeof whose);
	ms = qf_hall_marker(irc->hall, whose);
	if (ms)
		qf_irc_time(ms, at);
	qf_irc_say(irc, ":%s MARKREAD %s %s%s", irc->hall->server, r->name,
	           ms ? "timestamp=" : "", at);
}

/* Rooms of two keys have no name. */
static bool is_open(const struct qf_hall_room *r)
{
	return r->folded[0];
}

void qf_irc_names(struct qf_irc *irc, struct qf_irc_line *l)
{
	const struct qf_hall *h = irc->hall;
	const struct qf_hall_room *r;

	if (l->count && take_apart(irc, l))
		return;
	if (!l->count) {
		for (size_t i = 0; i < h->room_count; i++)
			if (is_open(h->rooms[i]))
				put_names(irc, h->rooms[i]);
		qf_irc_numeric(irc, 366, "* :End of /NAMES list");
		return;
	}
	r = qf_hall_room(h, l->params[0]);
	if (r)
		put_names(irc, r);
	qf_irc_numeric(irc, 366, "%s :End of /NAMES list",
	               r               ? r->name
	               : *l->params[0] ? l->params[0]
	                               : "*");
}

/* JOIN */

/* After its topic, which stands in the room's past. */
static void entered(struct qf_irc *irc, struct qf_irc_pending *p,
                    struct qf_answer *a)
{
	struct qf_hall_room *r = qf_hall_room(irc->hall, p->target);

	(void)a;
	if (!r || !irc->guest || !qf_hall_is_in(irc->guest, r))
		return;
	put_topic(irc, r);
	put_marker(irc, r);
	put_names(irc, r);
	qf_irc_numeric(irc, 366, "%s :End of /NAMES list", r->name);
	qf_irc_replay(irc, r);
}

static void wait_loaded(struct qf_irc *irc, struct qf_irc_pending *p,
                        struct qf_answer *a);

static void joined(struct qf_irc *irc, struct qf_irc_pending *p,
                   struct qf_answer *a)
{
	struct qf_hall_room *r = qf_hall_room(irc->hall, p->target);

	(void)a;
	if (r && irc->guest && qf_hall_is_in(irc->guest, r))
		wait_loaded(irc, p, a);
}

/* The answer to a pending that nothing but qf_irc_loaded() gives. */
static void wait_loaded(struct qf_irc *irc, struct qf_irc_pending *p,
                        struct qf_answer *a)
{
	struct qf_hall_room *r = qf_hall_room(irc->hall, p->target);
	struct qf_irc_pending *wait;

	if (r->loaded) {
		entered(irc, p, a);
		return;
	}
	wait = qf_irc_ask(irc, wait_loaded);
	if (wait)
		memcpy(wait->target, p->target, sizeof wait->target);
}

void qf_irc_entered(struct qf_irc *irc, const struct qf_hall_room *r)
{
	struct qf_irc_pending p = { 0 };

	snprintf(p.target, sizeof p.target, "%s", r->name);
	wait_loaded(irc, &p, NULL);
}

void qf_irc_loaded(struct qf_irc *irc, struct qf_hall_room *r)
{
	for (size_t i = 0; i < irc->pending_count; i++) {
		struct qf_answer a = { .kind = QF_ANS_DONE,
			               .request = irc->pending[i].number };
		struct qf_effect fx = { .kind = QF_FX_ANSWER, .answer = &a };

		if (irc->pending[i].then == wait_loaded &&
		    qf_hall_room(irc->hall, irc->pending[i].target) == r) {
			qf_irc_told(irc, &fx);
			return;
		}
	}
}

static void tell_join(struct qf_irc *irc, const char *name)
{
	struct qf_tell t = { .kind = QF_TELL_JOIN,
		             .count = 1,
		             .words = { name } };
	struct qf_room_id id;
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_carried *room;
	struct qf_event *ev;

	qf_room_name_fold(qf_bytes(name, strlen(name)), folded);
	qf_room_id_open(&id, folded);
	room = qf_carry_find(irc->hall->carry, &id);
	if (!room || !room->has_tail) {
		ev = qf_carry_tell(irc->hall->carry, QF_EV_FOLLOW, irc->conn);
		if (ev)
			ev->room = id;
	}
	qf_irc_tell(irc, &t, joined);
	if (irc->pending_count)
		snprintf(irc->pending[irc->pending_count - 1].target,
		         sizeof irc->pending->target, "%s", name);
}

static void core_joined(struct qf_irc *irc, struct qf_irc_pending *p,
                        struct qf_answer *a)
{
	if (a->kind == QF_ANS_REFUSED)
		qf_irc_numeric(irc, 405, "%s :%s", p->target,
		               a->text ? a->text : "It cannot be joined");
	else
		tell_join(irc, p->target);
}

static void part_all(struct qf_irc *irc)
{
	const struct qf_guest *g = irc->guest;

	for (size_t i = 0; i < g->room_count; i++)
		qf_irc_step(irc, "PART %s", g->rooms[i]->name);
}

void qf_irc_join(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *name = l->params[0];
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_irc_pending *p;
	struct qf_hall_room *r;
	struct qf_command *c;

	l->count = 1; /* there are no keys */
	if (take_apart(irc, l))
		return;
	if (!strcmp(name, "0")) {
		part_all(irc);
		return;
	}
	if (qf_room_name_fold(qf_bytes(name, strlen(name)), folded)) {
		no_such_channel(irc, name);
		return;
	}
	r = qf_hall_room(irc->hall, name);
	if (r && qf_hall_is_in(irc->guest, r))
		return;
	if (irc->guest->room_count == QF_IRC_JOINED_MAX) {
		qf_irc_numeric(irc, 405,
		               "%s :You have joined too many "
		               "channels",
		               name);
		return;
	}
	p = qf_irc_ask(irc, core_joined);
	if (!p)
		return;
	snprintf(p->target, sizeof p->target, "%s", name);
	c = qf_irc_command(irc, QF_CMD_JOIN, p->number);
	if (c && (!(c->room = strdup(name)) ||
	          !(c->guest = strdup(irc->guest->nick))))
		irc->hall->carry->bad = true;
}

void qf_irc_part(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_tell t = { .kind = QF_TELL_PART, .count = 2 };
	struct qf_hall_room *r;

	if (take_apart(irc, l))
		return;
	r = own_room(irc, l->params[0]);
	if (!r)
		return;
	t.words[0] = r->name;
	t.words[1] = l->count > 1 ? l->params[1] : "";
	qf_irc_tell(irc, &t, NULL);
}

/* TOPIC */

static void topic_set(struct qf_irc *irc, struct qf_irc_pending *p,
                      struct qf_answer *a)
{
	if (a->kind == QF_ANS_REFUSED)
		qf_irc_numeric(irc, 482, "%s :%s", p->target,
		               a->text ? a->text : "It cannot be changed");
}

static void set_topic(struct qf_irc *irc, struct qf_hall_room *r,
                      const char *text)
{
	struct qf_irc_pending *p = qf_irc_ask(irc, topic_set);
	struct qf_command *c;

	if (!p)
		return;
	p->room = r->id;
	snprintf(p->target, sizeof p->target, "%s", r->name);
	c = qf_irc_command(irc, QF_CMD_SAY, p->number);
	if (!c)
		return;
	c->type = QF_TYPE_TOPIC;
	c->room = strdup(r->folded);
	c->text = strndup(text, qf_irc_fit(qf_bytes(text, strlen(text)),
	                                   QF_TOPIC_BYTES_MAX));
	c->guest = strdup(irc->guest->nick);
	if (!c->room || !c->text || !c->guest)
		irc->hall->carry->bad = true;
}

void qf_irc_topic(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_hall_room *r;

	if (l->count > 1) {
		r = own_room(irc, l->params[0]);
		if (r)
			set_topic(irc, r, l->params[1]);
		return;
	}
	r = existing(irc, l->params[0]);
	if (r && r->topic)
		put_topic(irc, r);
	else if (r)
		qf_irc_numeric(irc, 331, "%s :No topic is set", r->name);
}

/* LIST */

/* One condition of ELIST; those of time are in minutes. */
static bool time_fits(const char *how, uint64_t since_ms, uint64_t now_ms)
{
	uint64_t limit = strtoull(how + 1, NULL, 10) * 60000;
	uint64_t age = now_ms > since_ms ? now_ms - since_ms : 0;

	if (!since_ms)
		return false;
	return *how == '<' ? age < limit : age > limit;
}

/* A room as LIST tells of it. */
struct listed {
	const char *name;
	const char *folded;
	size_t users;
	const struct qf_hall_room *r; /* NULL: no guest was in it yet */
};

static const char *topic_of(const struct listed *it)
{
	return it->r && it->r->topic ? it->r->topic : "";
}

static bool fits(const struct qf_irc *irc, const struct listed *it,
                 const char *how)
{
	char mask[QF_ROOM_NAME_BYTES_MAX + 1];
	uint64_t now = irc->hall->now.wall_ms;
	bool not = *how == '!';

	if (*how == '<')
		return it->users < strtoull(how + 1, NULL, 10);
	if (*how == '>')
		return it->users > strtoull(how + 1, NULL, 10);
	if (*how == 'C' && (how[1] == '<' || how[1] == '>'))
		return time_fits(how + 1, it->r ? it->r->since_ms : 0, now);
	if (*how == 'T' && (how[1] == '<' || how[1] == '>'))
		return time_fits(how + 1,
		                 *topic_of(it) ? it->r->topic_hlc >> 16 : 0,
		                 now);
	if (qf_name_fold(qf_bytes(how + not, strlen(how + not )), mask,
	                 sizeof mask))
		return false;
	return qf_irc_mask(mask, it->folded) != not ;
}

/* Names are any of them, conditions all. */
static bool is_listed(const struct qf_irc *irc, const struct listed *it,
                      const char *wanted)
{
	bool any_name = false, named = false;
	char one[QF_ROOM_NAME_BYTES_MAX * 2];

	while (*wanted) {
		size_t len = strcspn(wanted, ",");

		if (len && len < sizeof one) {
			bool fit;

			memcpy(one, wanted, len);
			one[len] = '\0';
			fit = fits(irc, it, one);
			if (strchr("<>!", *one) || strpbrk(one, "<>")) {
				if (!fit)
					return false;
			} else {
				any_name = true;
				named |= fit;
			}
		}
		wanted += len + (wanted[len] == ',');
	}
	return !any_name || named;
}

static void list_one(struct qf_irc *irc, const struct listed *it,
                     const char *wanted)
{
	if (is_listed(irc, it, wanted))
		qf_irc_numeric(irc, 322, "%s %zu :%s", it->name, it->users,
		               topic_of(it));
}

void qf_irc_list(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *wanted = l->count ? l->params[0] : "";
	const struct qf_hall *h = irc->hall;

	qf_irc_numeric(irc, 321, "Channel :Users  Name");
	for (size_t i = 0; i < h->room_count; i++) {
		const struct qf_hall_room *r = h->rooms[i];
		struct listed it = { r->name, r->folded,
			             r->member_count +
			                     qf_hall_attended(h, &r->id),
			             r };

		if (r->member_count)
			list_one(irc, &it, wanted);
	}
	for (size_t i = 0; i < h->carry->room_count; i++) {
		const struct qf_carried *c = h->carry->rooms[i];
		const struct qf_hall_room *r = qf_hall_room_by_id(h, &c->id);
		struct listed it = { c->name, c->name,
			             qf_hall_attended(h, &c->id), r };

		if (!c->direct && !c->left && !(r && r->member_count))
			list_one(irc, &it, wanted);
	}
	qf_irc_numeric(irc, 323, ":End of /LIST");
}

/* INVITE, KICK, MODE */

static void invited(struct qf_irc *irc, struct qf_irc_pending *p,
                    struct qf_answer *a)
{
	char *room = strchr(p->target, ' ');
	const struct qf_guest *g;

	(void)a;
	*room++ = '\0';
	g = qf_hall_named(irc->hall, p->target);
	qf_irc_numeric(irc, 341, "%s %s", p->target, room);
	if (g && g->away)
		qf_irc_numeric(irc, 301, "%s :%s", g->nick, g->away);
}

void qf_irc_invite(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_tell t = { .kind = QF_TELL_INVITE, .count = 2 };
	const struct qf_hall_room *r;
	const struct qf_guest *g;

	if (!l->count) {
		qf_irc_numeric(irc, 337, ":End of /INVITE list");
		return;
	}
	if (l->count < 2) {
		qf_irc_need_more(irc, "INVITE");
		return;
	}
	g = qf_hall_named(irc->hall, l->params[0]);
	if (!g) {
		qf_irc_numeric(irc, 401, "%s :No such nick", l->params[0]);
		return;
	}
	r = own_room(irc, l->params[1]);
	if (!r)
		return;
	if (qf_hall_is_in(g, r)) {
		qf_irc_numeric(irc, 443, "%s %s :is already on channel",
		               g->nick, r->name);
		return;
	}
	t.words[0] = g->nick;
	t.words[1] = r->name;
	qf_irc_tell(irc, &t, invited);
	if (irc->pending_count)
		snprintf(irc->pending[irc->pending_count - 1].target,
		         sizeof irc->pending->target, "%s %s", g->nick,
		         r->name);
}

static void no_operator(struct qf_irc *irc, const char *name)
{
	qf_irc_numeric(irc, 482,
	               "%s :Open rooms have no operators: everyone "
	               "has the same rights",
	               name);
}

void qf_irc_kick(struct qf_irc *irc, struct qf_irc_line *l)
{
	const struct qf_hall_room *r = own_room(irc, l->params[0]);

	if (r)
		no_operator(irc, r->name);
}

/* Whom a mode is meant for; false: there is no such member, and that was
 * answered. */
static bool is_member(struct qf_irc *irc, const struct qf_hall_room *r,
                      const char *nick)
{
	const struct qf_guest *g = qf_hall_named(irc->hall, nick);
	const struct qf_hall_person *p = qf_hall_person_named(irc->hall, nick);

	if (!g && !p)
		qf_irc_numeric(irc, 401, "%s :No such nick", nick);
	else if (g ? !qf_hall_is_in(g, r) : !qf_hall_is_among(p->rooms, r))
		qf_irc_numeric(irc, 441, "%s %s :is not on that channel",
		               g ? g->nick : p->nick, r->name);
	else
		return true;
	return false;
}

static void room_mode(struct qf_irc *irc, struct qf_irc_line *l)
{
	const struct qf_hall_room *r = existing(irc, l->params[0]);
	const char *modes = l->count > 1 ? l->params[1] : "";

	if (!r)
		return;
	if (!*modes) {
		qf_irc_numeric(irc, 324, "%s +n", r->name);
		qf_irc_numeric(irc, 329, "%s %llu", r->name,
		               (unsigned long long)r->since_ms / 1000);
		return;
	}
	if (*modes == '+')
		modes++;
	if (l->count == 2 && !strcmp(modes, "b"))
		qf_irc_numeric(irc, 368, "%s :End of channel ban list",
		               r->name);
	else if (l->count == 2 || !strpbrk(modes, "ov") ||
	         is_member(irc, r, l->params[2]))
		no_operator(irc, r->name);
}

/* User modes: bot, invisible, and that no CTCP is wanted. */

static const struct {
	char letter;
	uint8_t flag;
} user_modes[] = {
	{ 'B', QF_TELL_BOT },
	{ 'i', QF_TELL_INVISIBLE },
	{ 'T', QF_TELL_NO_CTCP },
};

enum { USER_MODES = sizeof user_modes / sizeof *user_modes };

static uint8_t flags_of(const struct qf_guest *g)
{
	return (g->bot ? QF_TELL_BOT : 0) |
	       (g->invisible ? QF_TELL_INVISIBLE : 0) |
	       (g->no_ctcp ? QF_TELL_NO_CTCP : 0);
}

static void put_letters(uint8_t flags, char out[USER_MODES + 1])
{
	for (size_t i = 0; i < USER_MODES; i++)
		if (flags & user_modes[i].flag)
			*out++ = user_modes[i].letter;
	*out = '\0';
}

/* Its target has the flags from before. */
static void mode_set(struct qf_irc *irc, struct qf_irc_pending *p,
                     struct qf_answer *a)
{
	uint8_t before = (uint8_t)p->target[0], now;
	char on[USER_MODES + 1], off[USER_MODES + 1];

	(void)a;
	if (!irc->guest)
		return;
	now = flags_of(irc->guest);
	put_letters(now & ~before, on);
	put_letters(before & ~now, off);
	if (*on || *off)
		qf_irc_say(irc, ":%s MODE %s %s%s%s%s", irc->guest->nick,
		           irc->guest->nick, *on ? "+" : "", on,
		           *off ? "-" : "", off);
}

static void user_mode(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_tell t = { .kind = QF_TELL_MODE };
	uint8_t flags = flags_of(irc->guest), before = flags;
	char letters[USER_MODES + 1];
	bool on = true, unknown = false;

	if (l->count < 2) {
		put_letters(flags, letters);
		qf_irc_numeric(irc, 221, "+%s", letters);
		return;
	}
	for (const char *c = l->params[1]; *c; c++) {
		size_t i = 0;

		if (*c == '+' || *c == '-') {
			on = *c == '+';
			continue;
		}
		while (i < USER_MODES && user_modes[i].letter != *c)
			i++;
		if (i == USER_MODES)
			unknown = true;
		else if (on)
			flags |= user_modes[i].flag;
		else
			flags &= (uint8_t)~user_modes[i].flag;
	}
	if (unknown)
		qf_irc_numeric(irc, 501, ":Unknown MODE flag");
	if (flags == before)
		return;
	t.flags = flags;
	qf_irc_tell(irc, &t, mode_set);
	if (irc->pending_count)
		irc->pending[irc->pending_count - 1].target[0] = (char)before;
}

void qf_irc_mode(struct qf_irc *irc, struct qf_irc_line *l)
{
	if (l->params[0][0] == '#')
		room_mode(irc, l);
	else if (qf_nick_equal(l->params[0], irc->guest->nick))
		user_mode(irc, l);
	else if (qf_hall_named(irc->hall, l->params[0]) ||
	         qf_hall_person_named(irc->hall, l->params[0]))
		qf_irc_numeric(irc, 502,
		               ":You cannot see or change the modes "
		               "of others");
	else
		qf_irc_numeric(irc, 401, "%s :No such nick", l->params[0]);
}
