/* irc_register.c - who an IRC client is, what it can do, and how it goes */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "irc_state.h"

/* Capabilities */

static void put_caps(struct qf_irc *irc, const char *verb, uint32_t caps,
                     bool values)
{
	char head[160];
	struct qf_buf list;
	size_t room;
	int at = 0, next;

	snprintf(head, sizeof head, ":%s CAP %s %s", irc->hall->server,
	         qf_irc_nick(irc), verb);
	room = strlen(head) + strlen(" * :\r\n");
	qf_buf_init(&list, 0);
	while (at >= 0) {
		struct qf_buf one;

		qf_buf_init(&one, 0);
		next = qf_irc_caps_next(caps, at, values, &one);
		if (values && list.len + one.len + room > QF_IRC_LINE_BYTES) {
			qf_put_u8(&list, 0);
			qf_irc_say(irc, "%s * :%s", head, (char *)list.at);
			qf_buf_clear(&list);
		}
		if (next >= 0 && list.len)
			qf_put_u8(&list, ' ');
		qf_put_raw(&list, one.at, one.len);
		qf_buf_fini(&one);
		at = next;
	}
	qf_put_u8(&list, 0);
	if (list.bad)
		irc->hall->carry->bad = true;
	else
		qf_irc_say(irc, "%s :%s", head, (char *)list.at);
	qf_buf_fini(&list);
}

static void cap_ls(struct qf_irc *irc, const char *version)
{
	bool values = version && atoi(version) >= 302;

	if (values) {
		irc->caps_302 = true;
		irc->caps |= QF_IRC_CAP_CAP_NOTIFY;
	}
	if (!irc->guest)
		irc->choosing = true;
	put_caps(irc, "LS", UINT32_MAX, values);
}

static void cap_req(struct qf_irc *irc, const char *list)
{
	uint32_t before = irc->caps;
	bool good = qf_irc_caps_change(&irc->caps, list);
	size_t len = strlen(list);

	/* Who said 302 is told of changes. */
	if (irc->caps_302 && !qf_irc_has(irc, QF_IRC_CAP_CAP_NOTIFY)) {
		irc->caps = before;
		good = false;
	}
	if (!irc->guest)
		irc->choosing = true;
	while (len && list[len - 1] == ' ')
		len--;
	qf_irc_say(irc, ":%s CAP %s %s :%.*s", irc->hall->server,
	           qf_irc_nick(irc), good ? "ACK" : "NAK", (int)len, list);
}

static void cap_end(struct qf_irc *irc)
{
	if (irc->guest)
		return;
	irc->choosing = false;
	qf_irc_sasl_abort(irc);
	qf_irc_try_claim(irc);
}

void qf_irc_cap(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *verb = l->params[0];

	if (!strcasecmp(verb, "LS"))
		cap_ls(irc, l->count > 1 ? l->params[1] : NULL);
	else if (!strcasecmp(verb, "LIST"))
		put_caps(irc, "LIST", irc->caps, false);
	else if (!strcasecmp(verb, "REQ"))
		cap_req(irc, l->count > 1 ? l->params[1] : "");
	else if (!strcasecmp(verb, "END"))
		cap_end(irc);
	else
		qf_irc_numeric(irc, 410, "%s :Invalid CAP command", verb);
}

/* The name */

void qf_irc_pass(struct qf_irc *irc, struct qf_irc_line *l)
{
	if (irc->guest)
		qf_irc_numeric(irc, 462, ":You may not reregister");
	else if (!l->count)
		qf_irc_need_more(irc, "PASS");
	/* Nobody has to know a password here. */
}

static void refuse_nick(struct qf_irc *irc, const char *nick)
{
	qf_irc_numeric(irc, 433, "%s :Nickname is already in use", nick);
}

/* A name with an account is its account's. */
static bool is_anothers(const struct qf_irc *irc, const char *nick)
{
	return qf_account_find(irc->hall, nick) &&
	       !(irc->account && qf_nick_equal(irc->account, nick));
}

/* The owner of an account may still show to be that. */
static bool is_persons(const struct qf_irc *irc, const char *nick)
{
	return qf_hall_is_persons(irc->hall, nick) &&
	       !qf_account_find(irc->hall, nick);
}

static void renamed(struct qf_irc *irc, struct qf_irc_pending *p,
                    struct qf_answer *a)
{
	(void)a;
	if (irc->guest && strcmp(irc->guest->nick, p->target))
		refuse_nick(irc, p->target);
}

static void ask_rename(struct qf_irc *irc, const char *nick)
{
	struct qf_tell t = { .kind = QF_TELL_NICK,
		             .count = 1,
		             .words = { nick } };

	qf_irc_tell(irc, &t, renamed);
	if (irc->pending_count)
		snprintf(irc->pending[irc->pending_count - 1].target,
		         sizeof irc->pending->target, "%s", nick);
}

void qf_irc_nick_cmd(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *nick = l->count ? l->params[0] : "";
	char shown[QF_NICK_BYTES_MAX + 1];

	if (!*nick) {
		qf_irc_numeric(irc, 431, ":No nickname given");
	} else if (!qf_nick_is_good(nick)) {
		qf_irc_cut(shown, sizeof shown, nick);
		qf_irc_numeric(irc, 432, "%s :Erroneous nickname",
		               strchr(nick, ' ') || *nick == ':' ? "*" : shown);
	} else if (is_persons(irc, nick) ||
	           (irc->guest && is_anothers(irc, nick))) {
		refuse_nick(irc, nick);
	} else if (irc->entrant) {
		snprintf(irc->entrant->nick, sizeof irc->entrant->nick, "%s",
		         nick);
		qf_irc_try_claim(irc);
	} else if (irc->guest && strcmp(irc->guest->nick, nick)) {
		ask_rename(irc, nick);
	}
}

/* A user's name is for other people's eyes only, but it stands in every line
 * before what they say. */
static void take_user(struct qf_irc_entrant *e, const char *name)
{
	size_t len = 0;

	for (; *name && len < QF_USER_BYTES_MAX; name++)
		if (*name > ' ' && *name < 0x7f && !strchr("!@:*?,#", *name))
			e->user[len++] = *name;
	e->user[len] = '\0';
	if (!len)
		strcpy(e->user, "user");
}

void qf_irc_user(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_irc_entrant *e = irc->entrant;
	size_t len;

	if (!e) {
		qf_irc_numeric(irc, 462, ":You may not reregister");
		return;
	}
	if (l->count < 4 || !l->params[0][0] || !l->params[3][0]) {
		qf_irc_need_more(irc, "USER");
		return;
	}
	take_user(e, l->params[0]);
	len = qf_irc_fit(qf_bytes(l->params[3], strlen(l->params[3])),
	                 QF_REAL_BYTES_MAX);
	memcpy(e->real, l->params[3], len);
	e->real[len] = '\0';
	qf_irc_try_claim(irc);
}

/* What is supported */

static void put_isupport(struct qf_irc *irc)
{
	static const char *const lines[] = {
		"AWAYLEN=200 BOT=B CASEMAPPING=ascii CHANLIMIT=#:200 "
		"CHANMODES=b,,,nt CHANNELLEN=64 CHANTYPES=# CHATHISTORY=1000 "
		"ELIST=CMNTU HOSTLEN=24",
		"KICKLEN=200 LINELEN=512 MAXLIST=b:1 MAXTARGETS=4 "
		"MODES=4 MONITOR=100 MSGREFTYPES=msgid,timestamp NAMELEN=200 "
		"NETWORK=QuickFi NICKLEN=32",
		"PREFIX=(ov)@+ SAFELIST "
		"TARGMAX=JOIN:,LIST:,MONITOR:,NAMES:1,NOTICE:4,PART:,"
		"PRIVMSG:4,TAGMSG:4,WHOIS:1 TOPICLEN=390 USERLEN=16 UTF8ONLY "
		"WHOX",
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		qf_irc_numeric(irc, 5, "%s :are supported by this server",
		               lines[i]);
}

static void put_lusers(struct qf_irc *irc)
{
	const struct qf_hall *h = irc->hall;
	size_t total = h->guest_count, rooms = 0;

	for (size_t i = 0; i < h->room_count; i++)
		rooms += h->rooms[i]->member_count > 0;
	qf_irc_numeric(irc, 251,
	               ":There are %zu users and %zu invisible on 1 servers",
	               total - h->invisible_count, h->invisible_count);
	qf_irc_numeric(irc, 252, "0 :operator(s) online");
	qf_irc_numeric(irc, 253, "%u :unknown connection(s)",
	               atomic_load(h->unknown));
	qf_irc_numeric(irc, 254, "%zu :channels formed", rooms);
	qf_irc_numeric(irc, 255, ":I have %zu clients and 0 servers", total);
	qf_irc_numeric(irc, 265, "%zu %zu :Current local users %zu, max %zu",
	               total, h->guest_max, total, h->guest_max);
	qf_irc_numeric(irc, 266, "%zu %zu :Current global users %zu, max %zu",
	               total, h->guest_max, total, h->guest_max);
}

static void counted(struct qf_irc *irc, struct qf_irc_pending *p,
                    struct qf_answer *a)
{
	(void)p;
	(void)a;
	put_lusers(irc);
}

/* Who came before is counted, through whatever worker. */
void qf_irc_lusers(struct qf_irc *irc, struct qf_irc_line *l)
{
	(void)l;
	qf_irc_settle(irc, counted);
}

void qf_irc_motd(struct qf_irc *irc, struct qf_irc_line *l)
{
	static const char *const text[] = {
		"This is a node of QuickFi: its rooms are your channels.",
		"What is said is kept here and on every node of the room.",
		"/list shows the rooms; #lobby is for everyone.",
	};
	const char *server = irc->hall->server;

	if (l && l->count && strcasecmp(l->params[0], server) &&
	    !qf_irc_mask(l->params[0], server)) {
		qf_irc_numeric(irc, 402, "%s :No such server", l->params[0]);
		return;
	}
	qf_irc_numeric(irc, 375, ":- %s Message of the day -", server);
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		qf_irc_numeric(irc, 372, ":- %s", text[i]);
	qf_irc_numeric(irc, 376, ":End of /MOTD command");
}

void qf_irc_version(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *server = irc->hall->server;

	if (l->count && strcasecmp(l->params[0], server) &&
	    !qf_irc_mask(l->params[0], server)) {
		qf_irc_numeric(irc, 402, "%s :No such server", l->params[0]);
		return;
	}
	qf_irc_numeric(irc, 351,
	               "quickfi-%s. %s :encrypted chat for everyone "
	               "on the same network",
	               QF_VERSION, server);
	put_isupport(irc);
}

static void welcome(struct qf_irc *irc)
{
	const struct qf_hall *h = irc->hall;
	char mask[QF_MASK_BYTES], since[32];

	qf_hall_mask(h, irc->guest, mask);
	qf_irc_time(h->begun_ms, since);
	qf_irc_numeric(irc, 1, ":Welcome to QuickFi, %s", mask);
	qf_irc_numeric(irc, 2, ":Your host is %s, running version quickfi-%s",
	               h->server, QF_VERSION);
	qf_irc_numeric(irc, 3, ":This node has been here since %s", since);
	qf_irc_numeric(irc, 4, "%s quickfi-%s BTi bnt", h->server, QF_VERSION);
	put_isupport(irc);
	put_lusers(irc);
	qf_irc_motd(irc, NULL);
}

/* Another connection of the same guest is in that room, so this one is too. */
static void show_room(struct qf_irc *irc, const struct qf_hall_room *r)
{
	const struct qf_guest *g = irc->guest;
	char mask[QF_MASK_BYTES];

	qf_hall_mask(irc->hall, g, mask);
	if (qf_irc_has(irc, QF_IRC_CAP_EXTENDED_JOIN))
		qf_irc_say(irc, ":%s JOIN %s %s :%s", mask, r->name,
		           g->account ? g->account : "*", g->real);
	else
		qf_irc_say(irc, ":%s JOIN %s", mask, r->name);
	qf_irc_entered(irc, r);
}

static void claimed(struct qf_irc *irc, struct qf_irc_pending *p,
                    struct qf_answer *a)
{
	(void)p;
	(void)a;
	irc->claiming = false;
	if (!irc->guest) {
		refuse_nick(irc, irc->entrant->nick);
		irc->entrant->nick[0] = '\0';
		return;
	}
	free(irc->entrant);
	irc->entrant = NULL;
	if (irc->counted)
		atomic_fetch_sub(irc->hall->unknown, 1);
	irc->counted = false;
	welcome(irc);
	for (size_t i = 0; i < irc->guest->room_count; i++)
		show_room(irc, irc->guest->rooms[i]);
}

static void claim(struct qf_irc *irc, const struct qf_irc_entrant *e)
{
	struct qf_tell t = {
		.kind = QF_TELL_CLAIM,
		.flags = irc->secure ? QF_TELL_SECURE : 0,
		.count = 5,
		.words = { e->nick, e->user, e->real, e->from,
		           irc->account ? irc->account : "" },
	};

	irc->claiming = true;
	qf_irc_tell(irc, &t, claimed);
}

void qf_irc_try_claim(struct qf_irc *irc)
{
	struct qf_irc_entrant *e = irc->entrant;

	if (!e || irc->claiming || irc->choosing || !e->nick[0] || !e->user[0])
		return;
	if (is_anothers(irc, e->nick)) {
		refuse_nick(irc, e->nick);
		e->nick[0] = '\0';
		return;
	}
	claim(irc, e);
}

/* The end, and whether somebody is still there */

/* `then` when every worker has done and written what was told it before. */
static void await_all(struct qf_irc *irc, void (*then)(struct qf_irc *))
{
	struct qf_tell t = { .kind = QF_TELL_BARRIER,
		             .number = ++irc->barrier };

	irc->flushes = irc->hall->workers;
	irc->flushed = then;
	qf_irc_tell(irc, &t, NULL);
}

void qf_irc_flushed(struct qf_irc *irc, uint64_t barrier)
{
	if (irc->barrier != barrier || !irc->flushes)
		return;
	if (--irc->flushes)
		return;
	irc->flushed(irc);
	qf_irc_go_on(irc);
}

static void end_quit(struct qf_irc *irc)
{
	qf_irc_close(irc, "Quit");
}

static void quitted(struct qf_irc *irc, struct qf_irc_pending *p,
                    struct qf_answer *a)
{
	(void)p;
	(void)a;
	await_all(irc, end_quit);
}

/* Others hear of it first, so that the name is free when the connection ends.
 */
void qf_irc_quit(struct qf_irc *irc, struct qf_irc_line *l)
{
	char why[QF_IRC_LINE_BYTES] = "Quit";
	struct qf_tell t = { .kind = QF_TELL_QUIT,
		             .count = 1,
		             .words = { why } };

	if (!irc->guest) {
		qf_irc_close(irc, "Quit");
		return;
	}
	if (l->count && l->params[0][0])
		snprintf(why, sizeof why, "Quit: %s", l->params[0]);
	irc->told_quit = true;
	qf_irc_tell(irc, &t, quitted);
}

static void give_pong(struct qf_irc *irc)
{
	qf_irc_say(irc, ":%s PONG %s :%s", irc->hall->server, irc->hall->server,
	           irc->pong);
	free(irc->pong);
	irc->pong = NULL;
}

static void settled(struct qf_irc *irc, struct qf_irc_pending *p,
                    struct qf_answer *a)
{
	(void)p;
	(void)a;
	await_all(irc, give_pong);
}

static void all_read(struct qf_irc *irc)
{
	qf_irc_settle(irc, settled);
}

/* Whoever hears a PONG knows that all that was said and done before can be
 * read by all others, whoever said it: every worker has read what had come,
 * it is on disk, and every worker has written what was due then. */
void qf_irc_ping(struct qf_irc *irc, struct qf_irc_line *l)
{
	if (!l->count) {
		qf_irc_need_more(irc, "PING");
		return;
	}
	irc->pong = strdup(l->params[0]);
	if (!irc->pong) {
		irc->hall->carry->bad = true;
		return;
	}
	if (!irc->guest) {
		give_pong(irc);
		return;
	}
	await_all(irc, all_read);
}

void qf_irc_pong(struct qf_irc *irc, struct qf_irc_line *l)
{
	(void)irc;
	(void)l; /* any line is a sign of life */
}
