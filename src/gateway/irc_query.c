/* irc_query.c - who is where, who is away, and what this server is */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "irc_state.h"

/* WHO and WHOX: one line of either, about a guest or a person. */

struct who {
	const char *room; /* or "*" */
	const char *user;
	char host[QF_HOST_TEXT_BYTES];
	const char *nick;
	const char *account;
	const char *real;
	char flags[8];
	bool far;
};

struct who_how {
	const char *fields; /* of WHOX, or NULL */
	char token[8];
};

static struct who_how read_how(const struct qf_irc_line *l)
{
	struct who_how how = { 0 };
	char *comma;

	if (l->count < 2 || l->params[1][0] != '%')
		return how;
	how.fields = l->params[1] + 1;
	comma = strchr(l->params[1], ',');
	if (comma) {
		*comma = '\0';
		snprintf(how.token, sizeof how.token, "%s", comma + 1);
	}
	if (!how.token[0])
		strcpy(how.token, "0");
	return how;
}

static const char *field(const struct qf_irc *irc, const struct who *w,
                         const struct who_how *how, char letter)
{
	switch (letter) {
	case 't':
		return how->token;
	case 'c':
		return w->room;
	case 'u':
		return w->user;
	case 'i':
		return "255.255.255.255"; /* addresses are not told */
	case 'h':
		return w->host;
	case 's':
		return irc->hall->server;
	case 'n':
		return w->nick;
	case 'f':
		return w->flags;
	case 'd':
		return w->far ? "1" : "0";
	case 'l':
		return "0";
	case 'a':
		return w->account ? w->account : "0";
	case 'o':
		return "n/a";
	default:
		return NULL;
	}
}

static void put_whox(struct qf_irc *irc, const struct who *w,
                     const struct who_how *how)
{
	char text[QF_IRC_LINE_BYTES] = "";
	size_t len = 0;

	for (const char *order = "tcuihsnfdlao"; *order; order++) {
		if (!strchr(how->fields, *order) || len >= sizeof text - 1)
			continue;
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
		                        len ? " " : "",
		                        field(irc, w, how, *order));
	}
	if (strchr(how->fields, 'r') && len < sizeof text - 1)
		snprintf(text + len, sizeof text - len, "%s:%s", len ? " " : "",
		         w->real);
	qf_irc_numeric(irc, 354, "%s", text);
}

static void put_who(struct qf_irc *irc, const struct who *w,
                    const struct who_how *how)
{
	if (how->fields)
		put_whox(irc, w, how);
	else
		qf_irc_numeric(irc, 352, "%s %s %s %s %s %s :%d %s", w->room,
		               w->user, w->host, irc->hall->server, w->nick,
		               w->flags, w->far ? 1 : 0, w->real);
}

static void who_guest(struct qf_irc *irc, const struct qf_guest *g,
                      const struct qf_hall_room *r, const struct who_how *how)
{
	struct who w = {
		.room = r ? r->name : "*",
		.user = g->user,
		.nick = g->nick,
		.account = g->account,
		.real = g->real,
	};

	memcpy(w.host, irc->hall->host, sizeof w.host);
	snprintf(w.flags, sizeof w.flags, "%s%s%s", g->away ? "G" : "H",
	         r ? qf_irc_prefix(g, r) : "", g->bot ? "B" : "");
	put_who(irc, &w, how);
}

static void who_person(struct qf_irc *irc, const struct qf_hall_person *p,
                       const char *room, const struct who_how *how)
{
	struct who w = {
		.room = room,
		.user = qf_hall_person_user(p),
		.nick = p->nick,
		.real = p->name,
		.far = !qf_hall_is_near(irc->hall, p),
	};

	qf_hall_person_host(p, w.host);
	strcpy(w.flags, p->away ? "G" : "H");
	put_who(irc, &w, how);
}

static void end_who(struct qf_irc *irc, const char *mask)
{
	qf_irc_numeric(irc, 315, "%s :End of /WHO list", mask);
}

static void who_room(struct qf_irc *irc, const struct qf_hall_room *r,
                     const struct who_how *how)
{
	const struct qf_hall *h = irc->hall;
	bool within = qf_hall_is_in(irc->guest, r);

	for (size_t i = 0; i < r->member_count; i++)
		if (within || !r->members[i]->invisible)
			who_guest(irc, r->members[i], r, how);
	for (size_t i = 0; i < h->person_count; i++)
		if (qf_hall_is_among(h->persons[i].rooms, r))
			who_person(irc, &h->persons[i], r->name, how);
}

static bool share_a_room(const struct qf_guest *a, const struct qf_guest *b)
{
	for (size_t i = 0; i < a->room_count; i++)
		if (qf_hall_is_in(b, a->rooms[i]))
			return true;
	return false;
}

static bool shares_a_room(const struct qf_hall_person *p,
                          const struct qf_guest *g)
{
	for (size_t i = 0; i < g->room_count; i++)
		if (qf_hall_is_among(p->rooms, g->rooms[i]))
			return true;
	return false;
}

/* A mask finds neither a guest who wishes for that nor whoever is at this node
 * but not by IRC, unless they meet in some room. */
void qf_irc_who(struct qf_irc *irc, struct qf_irc_line *l)
{
	const struct qf_hall *h = irc->hall;
	const char *mask = l->count && *l->params[0] ? l->params[0] : "*";
	char folded[2 * QF_NICK_BYTES_MAX];
	const struct qf_hall_room *r = qf_hall_room(h, mask);
	struct who_how how = read_how(l);
	bool exact = !strpbrk(mask, "*?");

	/* Of operators there are none. */
	if (l->count > 1 && !strcmp(l->params[1], "o")) {
		end_who(irc, mask);
		return;
	}
	if (r) {
		who_room(irc, r, &how);
		end_who(irc, mask);
		return;
	}
	if (qf_name_look(qf_bytes(mask, strlen(mask)), folded, sizeof folded))
		folded[0] = '\0';
	for (size_t i = 0; i < h->guest_count; i++) {
		const struct qf_guest *g = h->guests[i];

		if (qf_irc_mask(folded, g->folded) &&
		    (exact || !g->invisible || g == irc->guest ||
		     share_a_room(g, irc->guest)))
			who_guest(irc, g, NULL, &how);
	}
	for (size_t i = 0; i < h->person_count; i++) {
		const struct qf_hall_person *p = &h->persons[i];

		if (qf_irc_mask(folded, p->folded) &&
		    (exact || !qf_hall_is_near(h, p) ||
		     shares_a_room(p, irc->guest)))
			who_person(irc, p, "*", &how);
	}
	end_who(irc, mask);
}

/* WHOIS */

struct rooms {
	struct qf_irc *irc;
	const char *nick; /* whose they are */
	char text[400];
};

static void give_rooms(struct rooms *all)
{
	if (all->text[0])
		qf_irc_numeric(all->irc, 319, "%s :%s", all->nick, all->text);
	all->text[0] = '\0';
}

static void add_room(struct rooms *all, const char *prefix, const char *name)
{
	size_t len = strlen(all->text);

	if (len > sizeof all->text - QF_ROOM_NAME_BYTES_MAX - 4) {
		give_rooms(all);
		len = 0;
	}
	snprintf(all->text + len, sizeof all->text - len, "%s%s%s",
	         len ? " " : "", prefix, name);
}

static void put_rooms(struct qf_irc *irc, const struct qf_guest *g)
{
	struct rooms all = { .irc = irc, .nick = g->nick };

	for (size_t i = 0; i < g->room_count; i++) {
		const struct qf_hall_room *r = g->rooms[i];

		if (!g->invisible || g == irc->guest ||
		    qf_hall_is_in(irc->guest, r))
			add_room(&all, qf_irc_prefix(g, r), r->name);
	}
	give_rooms(&all);
}

static void whois_guest(struct qf_irc *irc, const struct qf_guest *g)
{
	const struct qf_hall *h = irc->hall;
	uint64_t active = g->active_ms ? g->active_ms : g->since_ms;

	qf_irc_numeric(irc, 311, "%s %s %s * :%s", g->nick, g->user, h->host,
	               g->real);
	if (g->account)
		qf_irc_numeric(irc, 330, "%s %s :is logged in as", g->nick,
		               g->account);
	put_rooms(irc, g);
	qf_irc_numeric(irc, 312, "%s %s :a guest of the node of %s, by IRC",
	               g->nick, h->server, h->name);
	if (g->away)
		qf_irc_numeric(irc, 301, "%s :%s", g->nick, g->away);
	if (g->bot)
		qf_irc_numeric(irc, 335, "%s :is a bot", g->nick);
	if (g == irc->guest)
		qf_irc_numeric(irc, 378, "%s :is connecting from %s", g->nick,
		               g->from);
	if (g->secure)
		qf_irc_numeric(irc, 671, "%s :is using a secure connection",
		               g->nick);
	qf_irc_numeric(irc, 317, "%s %llu %llu :seconds idle, signon time",
	               g->nick,
	               (unsigned long long)(h->now.wall_ms > active
	                                            ? h->now.wall_ms - active
	                                            : 0) /
	                       1000,
	               (unsigned long long)g->since_ms / 1000);
}

static void put_person_rooms(struct qf_irc *irc, const struct qf_hall_person *p)
{
	const struct qf_hall *h = irc->hall;
	struct rooms all = { .irc = irc, .nick = p->nick };

	for (size_t i = 0; i < h->room_count; i++)
		if (h->rooms[i]->folded[0] &&
		    qf_hall_is_among(p->rooms, h->rooms[i]))
			add_room(&all, "", h->rooms[i]->name);
	give_rooms(&all);
}

static void whois_person(struct qf_irc *irc, const struct qf_hall_person *p)
{
	const struct qf_hall *h = irc->hall;
	char host[QF_HOST_TEXT_BYTES], words[QF_WORDS_BYTES_MAX];

	qf_hall_person_host(p, host);
	qf_key_words(&p->key, words);
	qf_irc_numeric(irc, 311, "%s %s %s * :%s", p->nick,
	               qf_hall_person_user(p), host, p->name);
	put_person_rooms(irc, p);
	if (p->visitor)
		qf_irc_numeric(irc, 312, "%s %s :a guest of the node of %s, %s",
		               p->nick, h->server, h->name,
		               p->way == QF_VISITOR_PAGE
		                       ? "by its page"
		                       : "by the original program");
	else if (p->far)
		qf_irc_numeric(irc, 312, "%s %s :a guest of the node %s",
		               p->nick, host, words);
	else if (qf_hall_is_self(h, p))
		qf_irc_numeric(irc, 312, "%s %s :this node itself: %s", p->nick,
		               h->server, words);
	else
		qf_irc_numeric(irc, 312, "%s %s :a node of QuickFi: %s",
		               p->nick, host, words);
	if (p->away)
		qf_irc_numeric(irc, 301, "%s :%s", p->nick, p->away);
	/* How guests of others reach their nodes, those alone know. */
	if (!p->far && (!p->visitor || p->way != QF_VISITOR_CLASSIC))
		qf_irc_numeric(irc, 671, "%s :is using a secure connection",
		               p->nick);
}

void qf_irc_whois(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *nick = l->count ? l->params[l->count - 1] : "";
	const struct qf_guest *g;
	const struct qf_hall_person *p;

	if (!*nick) {
		qf_irc_numeric(irc, 431, ":No nickname given");
		return;
	}
	g = qf_hall_named(irc->hall, nick);
	p = g ? NULL : qf_hall_person_named(irc->hall, nick);
	if (g)
		whois_guest(irc, g);
	else if (p)
		whois_person(irc, p);
	else
		qf_irc_numeric(irc, 401, "%s :No such nick", nick);
	qf_irc_numeric(irc, 318, "%s :End of /WHOIS list", g ? g->nick : nick);
}

void qf_irc_whowas(struct qf_irc *irc, struct qf_irc_line *l)
{
	const struct qf_hall *h = irc->hall;
	const char *nick = l->count ? l->params[0] : "";
	long left = l->count > 1 ? atol(l->params[1]) : 0;
	char mask[2 * QF_NICK_BYTES_MAX];
	bool any = false;

	if (!*nick) {
		qf_irc_numeric(irc, 431, ":No nickname given");
		return;
	}
	if (qf_name_look(qf_bytes(nick, strlen(nick)), mask, sizeof mask))
		mask[0] = '\0';
	if (left <= 0)
		left = QF_WAS_MAX;
	for (size_t i = 0; i < QF_WAS_MAX && left; i++) {
		size_t at = (h->was_next + QF_WAS_MAX - 1 - i) % QF_WAS_MAX;
		const struct qf_hall_was *w = &h->was[at];
		char when[32];

		if (!w->nick || !qf_irc_mask(mask, w->folded))
			continue;
		qf_irc_time(w->until_ms, when);
		qf_irc_numeric(irc, 314, "%s %s %s * :%s", w->nick, w->user,
		               h->host, w->real);
		qf_irc_numeric(irc, 312, "%s %s :%s", w->nick, h->server, when);
		any = true;
		left--;
	}
	if (!any)
		qf_irc_numeric(irc, 406, "%s :There was no such nickname",
		               nick);
	qf_irc_numeric(irc, 369, "%s :End of WHOWAS", nick);
}

/* Small questions */

static void add_word(char *text, size_t cap, const char *word)
{
	size_t len = strlen(text);

	if (len + strlen(word) + 2 < cap)
		snprintf(text + len, cap - len, "%s%s", len ? " " : "", word);
}

void qf_irc_ison(struct qf_irc *irc, struct qf_irc_line *l)
{
	char text[400] = "";

	for (size_t i = 0; i < l->count; i++) {
		char *save = NULL;
		char *word = strtok_r(l->params[i], " ", &save);

		for (; word; word = strtok_r(NULL, " ", &save)) {
			const struct qf_guest *g = qf_hall_named(irc->hall,
			                                         word);
			const struct qf_hall_person *p;

			if (g)
				add_word(text, sizeof text, g->nick);
			else if ((p = qf_hall_person_named(irc->hall, word)))
				add_word(text, sizeof text, p->nick);
		}
	}
	qf_irc_numeric(irc, 303, ":%s", text);
}

static void put_userhost(const struct qf_hall_person *p, char *out, size_t cap)
{
	char host[QF_MASK_BYTES];

	qf_hall_person_host(p, host);
	snprintf(out, cap, "%s=%s%s@%s", p->nick, p->away ? "-" : "+",
	         qf_hall_person_user(p), host);
}

void qf_irc_userhost(struct qf_irc *irc, struct qf_irc_line *l)
{
	char text[400] = "", one[2 * QF_MASK_BYTES];

	for (size_t i = 0; i < l->count && i < 5; i++) {
		const struct qf_guest *g = qf_hall_named(irc->hall,
		                                         l->params[i]);
		const struct qf_hall_person *p = qf_hall_person_named(
			irc->hall, l->params[i]);

		if (g)
			snprintf(one, sizeof one, "%s=%s%s@%s", g->nick,
			         g->away ? "-" : "+", g->user, irc->hall->host);
		else if (p)
			put_userhost(p, one, sizeof one);
		else
			continue;
		add_word(text, sizeof text, one);
	}
	qf_irc_numeric(irc, 302, ":%s", text);
}

static void away_told(struct qf_irc *irc, struct qf_irc_pending *p,
                      struct qf_answer *a)
{
	(void)p;
	(void)a;
	if (irc->guest && irc->guest->away)
		qf_irc_numeric(irc, 306, ":You have been marked as being away");
	else
		qf_irc_numeric(irc, 305,
		               ":You are no longer marked as being "
		               "away");
}

static const char *fit_text(char *text, size_t max)
{
	text[qf_irc_fit(qf_bytes(text, strlen(text)), max)] = '\0';
	return text;
}

void qf_irc_away(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_tell t = { .kind = QF_TELL_AWAY,
		             .count = 1,
		             .words = { "" } };

	if (l->count)
		t.words[0] = fit_text(l->params[0], QF_AWAY_BYTES_MAX);
	qf_irc_tell(irc, &t, away_told);
}

void qf_irc_setname(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_tell t = { .kind = QF_TELL_SETNAME, .count = 1 };

	if (!*l->params[0] || strlen(l->params[0]) > QF_REAL_BYTES_MAX) {
		qf_irc_fail(irc, "SETNAME INVALID_REALNAME :Realname is not "
		                 "valid");
		return;
	}
	t.words[0] = l->params[0];
	qf_irc_tell(irc, &t, NULL);
}

void qf_irc_help(struct qf_irc *irc, struct qf_irc_line *l)
{
	static const char *const text[] = {
		"Rooms are channels: /join #lobby, /list, /names, /topic.",
		"/msg NAME TEXT is for one alone, here or on another node.",
		"What was said is kept; your client may ask for it, or is",
		"shown the last lines of a room that it joins.",
		"/helpop COMMAND says what a command is for.",
	};
	const char *about = l->count && *l->params[0] ? l->params[0] : "*";
	const char *command = qf_irc_help_on(about);
	bool all = !strcmp(about, "*") || !strcasecmp(about, "index");

	if (!all && !command) {
		qf_irc_numeric(irc, 524, "%s :There is no help on that", about);
		return;
	}
	qf_irc_numeric(irc, 704, "%s :QuickFi, by IRC", about);
	for (size_t i = 0; all && i < sizeof text / sizeof *text; i++)
		qf_irc_numeric(irc, 705, "%s :%s", about, text[i]);
	if (command)
		qf_irc_numeric(irc, 705, "%s :%s %s", about, about, command);
	qf_irc_numeric(irc, 706, "%s :End of /HELP", about);
}

/* Questions about a server are about this one. False: about another, and that
 * was answered. */
static bool is_here(struct qf_irc *irc, const struct qf_irc_line *l)
{
	const struct qf_hall *h = irc->hall;

	if (!l->count || !strcasecmp(l->params[0], h->server) ||
	    qf_irc_mask(l->params[0], h->server) ||
	    qf_hall_named(h, l->params[0]))
		return true;
	qf_irc_numeric(irc, 402, "%s :No such server", l->params[0]);
	return false;
}

void qf_irc_info(struct qf_irc *irc, struct qf_irc_line *l)
{
	if (!is_here(irc, l))
		return;
	qf_irc_numeric(irc, 371,
	               ":QuickFi %s, encrypted chat for everyone on "
	               "the same network",
	               QF_VERSION);
	qf_irc_numeric(irc, 374, ":End of /INFO list");
}

void qf_irc_time_cmd(struct qf_irc *irc, struct qf_irc_line *l)
{
	char now[32];

	if (!is_here(irc, l))
		return;
	qf_irc_time(irc->hall->now.wall_ms, now);
	qf_irc_numeric(irc, 391, "%s :%s", irc->hall->server, now);
}

void qf_irc_admin(struct qf_irc *irc, struct qf_irc_line *l)
{
	if (!is_here(irc, l))
		return;
	qf_irc_numeric(irc, 256, "%s :Administrative info", irc->hall->server);
	qf_irc_numeric(irc, 257, ":This is the node of %s", irc->hall->name);
	qf_irc_numeric(irc, 258, ":on your own network");
	qf_irc_numeric(irc, 259, ":ask them");
}

/* Nodes are no servers of IRC, so nothing stands here; `quickfi map` shows who
 * is linked with whom. */
void qf_irc_links(struct qf_irc *irc, struct qf_irc_line *l)
{
	(void)l;
	qf_irc_numeric(irc, 365, "* :End of /LINKS list");
}

void qf_irc_oper(struct qf_irc *irc, struct qf_irc_line *l)
{
	(void)l;
	qf_irc_numeric(irc, 491, ":No O-lines for your host");
}
