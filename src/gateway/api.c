/* api.c - the API gateway: JSON, one object a line, both ways
 *
 * The happy path of a request: its line is parsed (api_request.c); what is for
 * the core becomes a command that is pending until its answer comes; what asks
 * for a room becomes a view (api_views.c). Answers and news are formatted as
 * they come and wait in one buffer, so that what a status does not tell comes
 * as news after it; views are asked for lines only when the client takes them,
 * in turn.
 *
 * A client can fail: a bad line is answered with an error; too many requests
 * without an answer, or answers that are not taken, stop the reading; news
 * that is not taken is dropped and counted; a line that never ends closes it,
 * and so does asking on and on while nothing is read: what is posted comes by
 * connections of others, whose reading nobody stops.
 */
#include "api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "api_account.h"
#include "api_format.h"
#include "api_pending.h"
#include "api_request.h"
#include "api_views.h"
#include "api_whom.h"
#include "hall_people.h"

enum {
	PENDING_MAX = 64,            /* requests without their answer */
	DUE_BYTES = 64 * 1024,       /* that stop the reading of requests */
	NEWS_BYTES_MAX = 256 * 1024, /* due, above which news is dropped */
	/* In wait: more than can come in before whoever reads it has stopped.
	 */
	IN_BYTES_MAX = 2 * QF_API_LINE_BYTES_MAX,
};

/* Who is there. A guest may ask what the table of requests allows it, in rooms
 * that this node is in; a visitor may only say who it is. */
enum role { OWNER, GUEST, VISITOR, HEIR };

struct qf_api {
	qf_conn conn;
	struct qf_carry *carry;
	struct qf_hall *hall; /* or NULL */
	bool accounts;        /* may be asked about */
	bool waits;           /* the next line, until the hall is ready */
	enum role role;
	struct qf_viewer viewer; /* GUEST */
	struct qf_nonce secret;  /* HEIR: of the link for an owner */
	bool watches;
	bool over;

	struct qf_buf in;  /* not yet read: part of a line, or lines in wait */
	size_t seen;       /* of it, without a newline */
	struct qf_buf due; /* answers and news */
	uint64_t missed;   /* news that was dropped */

	uint64_t last_number;
	struct qf_pendings pending;
	struct qf_views views;
};

struct qf_api *qf_api_new(qf_conn conn, struct qf_carry *carry)
{
	struct qf_api *a = calloc(1, sizeof *a);

	if (!a)
		return NULL;
	a->conn = conn;
	a->carry = carry;
	qf_views_init(&a->views, conn, carry, &a->due, &a->last_number);
	return a;
}

struct qf_api *qf_api_new_visitor(qf_conn conn, struct qf_carry *carry,
                                  const struct qf_nonce *owner,
                                  struct qf_api_lines *lines,
                                  struct qf_hall *hall)
{
	struct qf_api *a = qf_api_new(conn, carry);

	if (!a)
		return NULL;
	a->views.lines = lines;
	a->hall = hall;
	a->role = owner ? HEIR : VISITOR;
	if (owner)
		a->secret = *owner;
	return a;
}

void qf_api_accounts(struct qf_api *a, struct qf_hall *hall)
{
	a->hall = hall;
	a->accounts = true;
}

/* As whom others at this node know the guest, or NULL. */
static struct qf_hall_person *self_of(const struct qf_api *a)
{
	return a->hall ? qf_hall_visitor(a->hall, a->conn) : NULL;
}

void qf_api_free(struct qf_api *a)
{
	struct qf_hall_person *self = a ? self_of(a) : NULL;

	if (!a)
		return;
	if (self)
		self->api = NULL;
	qf_views_fini(&a->views);
	qf_pendings_fini(&a->pending);
	qf_buf_fini(&a->in);
	qf_buf_fini(&a->due);
	free(a);
}

static void refuse(struct qf_api *a, int64_t re, const char *code,
                   const char *say, const char *hint)
{
	qf_format_error(&a->due, re, code, say, hint);
}

/* The last thing that the client is told. */
static void close_client(struct qf_api *a, const char *code, const char *say,
                         const char *hint)
{
	refuse(a, -1, code, say, hint);
	a->over = true;
	qf_buf_fini(&a->in);
	a->seen = 0;
}

/* Requests */

static void do_command(struct qf_api *a, struct qf_api_request *r)
{
	struct qf_event *ev = qf_carry_tell(a->carry, QF_EV_COMMAND, a->conn);

	if (!ev)
		return;
	r->command->request = ++a->last_number;
	a->carry->bad |= !qf_pendings_add(&a->pending, a->last_number,
	                                  r->command->kind, r);
	ev->command = r->command;
	r->command = NULL;
}

static bool is_guest(const struct qf_api *a)
{
	return a->role == GUEST || a->role == VISITOR;
}

static bool is_here(struct qf_api *a, const struct qf_room_id *id)
{
	const struct qf_carried *room = qf_carry_find(a->carry, id);

	return room && !room->direct && !room->left;
}

/* Why it may not ask that, or NULL. */
static const char *forbids(struct qf_api *a, const struct qf_api_request *r)
{
	bool enters = r->verb == QF_API_COMMAND &&
	              r->command->kind == QF_CMD_ENTER;

	if ((a->role == VISITOR || a->role == HEIR) && !enters)
		return "say first who you are";
	if (is_guest(a) && !r->guests)
		return "that is for the owner of this node";
	if (a->role == OWNER && enters)
		return "you are in already";
	if (qf_api_is_account(r) && !a->accounts)
		return "accounts are not for the page";
	return NULL;
}

static void do_enter(struct qf_api *a, struct qf_api_request *r)
{
	if (a->role == HEIR) {
		r->command->kind = QF_CMD_OWN;
		r->command->nonce = a->secret;
	} else if (!r->command->text) {
		refuse(a, r->re, "bad-request", "who are you?", "give a name");
		return;
	} else if (a->hall && (qf_hall_named(a->hall, r->command->text) ||
	                       qf_account_find(a->hall, r->command->text))) {
		refuse(a, r->re, "taken", "that name is taken",
		       "choose another one");
		return;
	}
	do_command(a, r);
}

/* True: it is nothing that this client may ask, and was refused. */
static bool forbidden(struct qf_api *a, const struct qf_api_request *r)
{
	const char *why = forbids(a, r);

	if (why)
		refuse(a, r->re, "not-allowed", why, NULL);
	else if (a->role == GUEST && r->room[0] == '@' &&
	         r->verb != QF_API_HISTORY && r->room[1])
		refuse(a, r->re, "not-allowed",
		       "a guest follows all rooms of two, or none",
		       "follow @, or ask for the history of this one");
	else if (a->role == GUEST && r->room[0] == '#' &&
	         !is_here(a, &r->room_id))
		refuse(a, r->re, "unknown-room", "this node is not there",
		       "ask its owner to join it");
	else
		return false;
	return true;
}

static void do_account(struct qf_api *a, struct qf_api_request *r)
{
	char text[QF_ACCOUNT_TEXT_BYTES];

	if (!qf_api_account_text(a->hall, r, text)) {
		refuse(a, r->re, r->code, r->say, r->hint);
		return;
	}
	a->carry->bad |= !qf_pendings_add(&a->pending, ++a->last_number,
	                                  QF_CMD_TELL, r);
	qf_account_keep(a->hall, a->conn, a->last_number, r->command->to, text);
	if (!strcmp(text, QF_ACCOUNT_GONE))
		qf_account_unread(a->hall, r->command->to);
}

/* A guest here has the name, or an account. What is written in another way is
 * still ours. */
static bool is_anothers(const struct qf_hall *h, const char *name)
{
	return h && !qf_nick_equal(h->name, name) &&
	       (qf_hall_named(h, name) || qf_account_find(h, name));
}

static void do_name(struct qf_api *a, struct qf_api_request *r)
{
	char say[QF_USER_NAME_BYTES_MAX + 40];

	if (!is_anothers(a->hall, r->command->text)) {
		do_command(a, r);
		return;
	}
	snprintf(say, sizeof say, "%.*s is already taken as a username",
	         QF_USER_NAME_BYTES_MAX, r->command->text);
	refuse(a, r->re, "taken", say, "choose another");
}

static void do_msg(struct qf_api *a, struct qf_api_request *r)
{
	a->carry->bad |= !qf_api_whom(
		a->hall, a->role == GUEST ? &a->viewer : NULL, r->command);
	do_command(a, r);
}

/* What is said to a guest alone comes from the hall, which reads such rooms
 * once for all. */
static void follow_whispers(struct qf_api *a, struct qf_api_request *r)
{
	struct qf_hall_person *self = self_of(a);

	if (!self) {
		refuse(a, r->re, "not-allowed",
		       "nothing is said to guests alone here", NULL);
		return;
	}
	self->api = r->verb == QF_API_FOLLOW ? a : NULL;
	if (self->api)
		qf_format_reached(&a->due, r->re, "following", r->room, 0, 0,
		                  false);
	else
		qf_format_done(&a->due, r->re, r->room);
}

static bool is_whispers(const struct qf_api *a, const struct qf_api_request *r)
{
	return a->role == GUEST && !strcmp(r->room, "@");
}

static void do_request(struct qf_api *a, struct qf_api_request *r)
{
	struct qf_news news = { .kind = QF_NEWS_NOTICE };

	if (forbidden(a, r))
		return;
	switch (r->verb) {
	case QF_API_COMMAND:
		if (r->command->kind == QF_CMD_ENTER)
			do_enter(a, r);
		else if (r->command->kind == QF_CMD_NAME)
			do_name(a, r);
		else if (r->command->kind == QF_CMD_MSG)
			do_msg(a, r);
		else
			do_command(a, r);
		break;
	case QF_API_HISTORY:
	case QF_API_DIGEST:
	case QF_API_FOLLOW:
		if (is_whispers(a, r))
			follow_whispers(a, r);
		else
			qf_views_begin(&a->views, r);
		break;
	case QF_API_UNFOLLOW:
		if (is_whispers(a, r))
			follow_whispers(a, r);
		else
			qf_views_end(&a->views, r);
		break;
	case QF_API_WATCH:
		a->watches = true;
		qf_format_done(&a->due, r->re, NULL);
		news.text = (char *)a->carry->story;
		if (news.text && !is_guest(a))
			qf_format_news(&a->due, &news, NULL);
		break;
	case QF_API_ACCOUNT:
		do_account(a, r);
		break;
	case QF_API_ACCOUNTS:
		qf_format_accounts(&a->due, r->re, a->hall);
		break;
	}
}

static bool asks_of_accounts(const struct qf_api_request *r)
{
	return qf_api_is_account(r) ||
	       (r->verb == QF_API_COMMAND && r->command->kind == QF_CMD_NAME);
}

/* False: it has to wait until all accounts are known. */
static bool do_line(struct qf_api *a, struct qf_bytes line)
{
	struct qf_api_request r;

	if (qf_api_request_blank(line))
		return true;
	if (!qf_api_request_parse(&r, line))
		refuse(a, r.re, r.code, r.say, r.hint);
	else if (asks_of_accounts(&r) && a->accounts && !a->hall->ready)
		a->waits = true;
	else
		do_request(a, &r);
	qf_api_request_fini(&r);
	return !a->waits;
}

bool qf_api_reads(const struct qf_api *a)
{
	size_t asked = a->pending.count + qf_views_unanswered(&a->views);

	return !a->over && !a->waits && asked < PENDING_MAX &&
	       a->due.len < DUE_BYTES;
}

/* Read whole lines as long as more may be asked. */
static void read_lines(struct qf_api *a)
{
	size_t used = 0;

	while (qf_api_reads(a) && a->in.len > a->seen) {
		const uint8_t *line = a->in.at + used;
		const uint8_t *newline = memchr(a->in.at + a->seen, '\n',
		                                a->in.len - a->seen);
		size_t len = newline ? (size_t)(newline - line)
		                     : a->in.len - used;

		if (len > QF_API_LINE_BYTES_MAX) {
			close_client(a, "limit", "a line is too long",
			             "a line has at most 131,072 bytes");
			return;
		}
		if (!newline) {
			a->seen = a->in.len;
			break;
		}
		if (!do_line(a, qf_bytes(line, len)))
			break;
		used += len + 1;
		a->seen = used;
	}
	qf_buf_drop_front(&a->in, used);
	a->seen -= used;
}

void qf_api_bytes(struct qf_api *a, struct qf_bytes in)
{
	if (a->over)
		return;
	qf_put_raw(&a->in, in.at, in.len);
	if (a->in.bad)
		a->carry->bad = true;
	read_lines(a);
	if (a->in.len > IN_BYTES_MAX)
		close_client(a, "limit", "too much was asked at once",
		             "wait for answers");
}

/* What the core tells */

static void stored(struct qf_api *a, const struct qf_pending *p,
                   const struct qf_answer *ans)
{
	const struct qf_carried *room = qf_carry_find(a->carry, &ans->room);

	if (p->kind == QF_CMD_TELL) { /* an account is no message */
		qf_format_done(&a->due, p->re, NULL);
		return;
	}
	qf_format_stored(&a->due, p->re, room ? room->name : p->room,
	                 room ? room->direct : NULL, p->whom, ans);
}

static void queued(struct qf_api *a, const struct qf_pending *p,
                   const struct qf_answer *ans)
{
	const struct qf_carried *room = qf_carry_find(a->carry, &ans->room);

	qf_format_queued(&a->due, p->re, room ? room->name : p->room,
	                 ans->draft);
}

static void entered(struct qf_api *a, const struct qf_pending *p,
                    const struct qf_answer *ans)
{
	const struct qf_hall_person *self = self_of(a);

	a->role = p->kind == QF_CMD_OWN ? OWNER : GUEST;
	if (a->role == GUEST)
		a->views.viewer = &a->viewer;
	a->viewer.named_lsn = ans->lsn;
	if (self) {
		qf_viewer_id(&self->mark, a->viewer.id);
		strcpy(a->viewer.name, self->name);
	}
	qf_format_entered(&a->due, p->re, ans, a->carry);
}

static void answer(struct qf_api *a, const struct qf_pending *p,
                   const struct qf_answer *ans)
{
	const char *room = p->room[0] ? p->room : NULL;

	if (p->kind == QF_CMD_TELL && ans->kind != QF_ANS_REFUSED) {
		qf_format_done(&a->due, p->re, NULL);
		return;
	}
	switch (ans->kind) {
	case QF_ANS_STORED:
		stored(a, p, ans);
		break;
	case QF_ANS_QUEUED:
		queued(a, p, ans);
		break;
	case QF_ANS_DONE:
		qf_format_done(&a->due, p->re, room);
		break;
	case QF_ANS_REFUSED:
		refuse(a, p->re, ans->code, ans->text ? ans->text : "",
		       ans->hint);
		break;
	case QF_ANS_ENTERED:
		entered(a, p, ans);
		break;
	default:
		if (ans->kind == QF_ANS_STATUS)
			ans->status->story = a->carry->story;
		qf_format_answer(&a->due, p->re, room, ans);
	}
}

static void told_answer(struct qf_api *a, const struct qf_answer *ans)
{
	struct qf_pending p;

	if (qf_pendings_take(&a->pending, ans->request, &p))
		answer(a, &p, ans);
	else
		qf_views_joined(&a->views, ans);
}

static void told_news(struct qf_api *a, const struct qf_news *n)
{
	const struct qf_carried *room = qf_carry_find(a->carry, &n->room);

	/* Who is in a room is asked for, and a guest may not know of all. */
	if (n->kind == QF_NEWS_PERSON && n->change == QF_CHANGE_ROOMS)
		return;
	/* Whoever waits for a line to be stored may know why it takes long. */
	if (is_guest(a) && qf_news_is_private(n, room))
		return;
	if (!a->watches &&
	    !(n->kind == QF_NEWS_TROUBLE && qf_pendings_say(&a->pending)))
		return;
	if (a->due.len >= NEWS_BYTES_MAX) {
		a->missed++;
		return;
	}
	qf_format_news(&a->due, n, room ? room->name : NULL);
}

void qf_api_told(struct qf_api *a, struct qf_effect *fx)
{
	switch (fx->kind) {
	case QF_FX_ANSWER:
		told_answer(a, fx->answer);
		break;
	case QF_FX_PAIR:
		qf_views_paired(&a->views, fx);
		break;
	case QF_FX_ROOM:
		qf_views_room(&a->views);
		break;
	case QF_FX_NEWS:
		told_news(a, fx->news);
		break;
	case QF_FX_DROP:
		close_client(a, "closed", fx->text ? fx->text : "",
		             "connect again");
		break;
	default:
		break;
	}
	read_lines(a);
}

void qf_api_got(struct qf_api *a, struct qf_read *read)
{
	qf_views_got(&a->views, read);
	read_lines(a);
}

void qf_api_whisper(struct qf_api *a, const struct qf_carried *room,
                    const struct qf_envelope *e, uint64_t lsn)
{
	if (a->over)
		return;
	if (a->due.len >= NEWS_BYTES_MAX)
		close_client(a, "limit", "too much waits to be read",
		             "connect again");
	else
		qf_format_envelope(&a->due, -1, room->name, room->direct,
		                   &a->viewer, e, lsn);
}

/* What the client is given */

static void give_due(struct qf_api *a, struct qf_buf *to, size_t want)
{
	struct qf_buf *from = &a->due;
	size_t used = 0;

	if (from->bad)
		to->bad = true;
	while (used < from->len && to->len < want) {
		const uint8_t *line = from->at + used;
		const uint8_t *newline = memchr(line, '\n', from->len - used);
		size_t len = (size_t)(newline - line) + 1;

		qf_put_raw(to, line, len);
		used += len;
	}
	qf_buf_drop_front(from, used);
	if (!from->len && !from->bad)
		qf_buf_fini(from);
}

void qf_api_pull(struct qf_api *a, struct qf_buf *to, size_t want)
{
	a->waits = a->waits && !a->hall->ready;
	/* What is taken makes room to read on, and that may be answered. */
	do {
		give_due(a, to, want);
		read_lines(a);
	} while (a->due.len && to->len < want);
	if (a->missed && !a->due.len) {
		qf_format_missed(to, a->missed);
		a->missed = 0;
	}
	if (!a->over)
		qf_views_give(&a->views, to, want);
}

bool qf_api_over(const struct qf_api *a)
{
	return a->over && !a->due.len;
}
