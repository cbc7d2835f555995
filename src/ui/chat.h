/* chat.h - a conversation at a screen: what it holds while it goes on
 *
 * For chat.c, which runs it, orders.c, which does what is asked with a slash,
 * and answers.c, which prints what the node answers to that.
 */
#ifndef QF_CHAT_H
#define QF_CHAT_H

#include "input.h"
#include "known.h"
#include "leaving.h"
#include "marks.h"
#include "own.h"
#include "rooms.h"
#include "saying.h"
#include "screen.h"
#include "stall.h"

enum {
	QF_CHAT_PAST_LINES = 10,
	QF_CHAT_ASKED_MAX = 16,
	QF_CHAT_WORD_BYTES = 256,
	QF_CHAT_KEY_BYTES = 64,
};

struct qf_chat;
struct qf_asked;
struct qf_serve_options;

/* What the node says to a request; the last time, `asked` is forgotten after
 * it. */
typedef void qf_asked_take(struct qf_chat *c, const struct qf_asked *asked,
                           const struct qf_reply *reply);

struct qf_asked {
	uint64_t re;
	qf_asked_take *take;
	char word[QF_CHAT_WORD_BYTES]; /* what it is about */
	uint64_t port;
};

struct qf_chat {
	struct qf_stream *stream;
	const struct qf_serve_options *serves; /* of a node of ours */
	struct qf_screen screen;
	struct qf_terminal terminal;
	bool at_terminal;
	struct qf_input input;
	struct qf_rooms rooms;
	struct qf_saying saying;
	struct qf_own own;
	struct qf_known known;
	struct qf_known contacts; /* whoever of them is not here */
	struct qf_marks marks;
	struct qf_leaving leaving;
	struct qf_stall stall;
	struct qf_asked asked[QF_CHAT_ASKED_MAX];
	size_t asked_count;
	char key[QF_CHAT_KEY_BYTES]; /* of this node */
	uint64_t links;
	int history_day;           /* of the line that /history printed last */
	uint64_t history_above_ms; /* and its time */
	bool all_read;             /* the input has ended, or /quit was typed */
	bool refused;              /* a line was no text, or too long */
	uint64_t grace_ms;
};

/* Expect answers to the request whose id this returns. They are asked one at a
 * time, so there is room. */
uint64_t qf_chat_ask(struct qf_chat *c, qf_asked_take *take,
                     struct qf_bytes word, uint64_t port);
/* We are in that room from now on, and do not only read it. */
void qf_chat_come_in(struct qf_chat *c, const char *room);
/* That room is not read or spoken to any more, nor are copies of what was said
 * there counted. Another is spoken to if that one was. */
void qf_chat_drop(struct qf_chat *c, struct qf_rooms_room *room);
/* The request could not be made: rc is not QF_OK. True: it was. */
bool qf_chat_asked(struct qf_chat *c, int rc);
void qf_chat_say(struct qf_chat *c, const struct qf_saying_way *way,
                 struct qf_bytes text);
/* What the node says against it, behind `before`. */
void qf_chat_refused(struct qf_chat *c, const char *before,
                     const struct qf_reply *error);

#endif
