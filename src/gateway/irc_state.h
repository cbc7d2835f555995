/* irc_state.h - what the parts of an IRC connection share: irc*.c only
 *
 * irc.c           bytes, lines, the order in which they are done
 * irc_out.c       what is said to a client, and labels
 * irc_commands.c  which command is which
 * irc_register.c  who somebody is, capabilities, the end
 * irc_channel.c   rooms as channels
 * irc_talk.c      messages
 * irc_lines.c     one message of several lines
 * irc_query.c     who is where
 * irc_watch.c     names that somebody waits for
 * irc_history.c   what was said before
 * irc_marker.c    how far somebody has read
 * irc_sasl.c      accounts
 * irc_relay.c     one line for several guests
 * irc_story.c     what is relayed when a hall changes
 * irc_people.c    what is relayed of persons of other nodes
 * irc_post.c      what is relayed of a room's posts
 * irc_shown.c     how an envelope reads
 */
#ifndef QF_IRC_STATE_H
#define QF_IRC_STATE_H

#include "hall_people.h"
#include "irc.h"
#include "irc_caps.h"
#include "irc_line.h"
#include "sheet.h"
#include "tell.h"

enum {
	QF_IRC_TALKS_MAX = 64, /* messages on their way to the disk */
	QF_IRC_WATCHED_MAX = 100,
	QF_IRC_JOINED_MAX = 200,
	QF_IRC_TARGETS_MAX = 4,
	QF_IRC_HISTORY_MAX = 1000,
	QF_IRC_PING_MS = 90000,
	QF_IRC_SILENT_MS = 60000,   /* after a ping */
	QF_IRC_GREETING_MS = 60000, /* to register */
	QF_IRC_BURST_MS = 10000,    /* that may be owed for lines */
	QF_IRC_LINES_BYTES = 4096,  /* of one message of several lines */
	QF_IRC_LINES_COUNT = 32,
};

/* Asked of the core and not answered yet. */
struct qf_irc_pending {
	uint64_t number;
	void (*then)(struct qf_irc *irc, struct qf_irc_pending *p,
	             struct qf_answer *a);
	bool talk;              /* the next message need not wait for it */
	bool echoed;            /* it came back as a post */
	bool quiet;             /* a notice: no error answers it */
	uint64_t unread;        /* lsn: stored, and not back as a post; or 0 */
	struct qf_room_id room; /* talk: in a channel; unread: where; else
	                         * zeros */
	char target[QF_ROOM_NAME_BYTES_MAX + 80]; /* as it was typed */
};

/* A message of several lines while it is typed. */
struct qf_irc_lines {
	char ref[64];
	char label[QF_IRC_LABEL_BYTES + 1];
	char target[QF_ROOM_NAME_BYTES_MAX + 80];
	char command[8];
	struct qf_buf tags; /* client's */
	struct qf_buf text;
	struct qf_buf joins; /* where a line goes on in the next: text */
	unsigned count;
	bool refused; /* that was said; the rest of it means nothing */
};

/* Who it says it is, until it is a guest. */
struct qf_irc_entrant {
	char from[64];
	char nick[QF_NICK_BYTES_MAX + 1]; /* "": not said yet, or refused */
	char user[QF_USER_BYTES_MAX + 1];
	char real[QF_REAL_BYTES_MAX + 1];
};

struct qf_irc_history; /* irc_history.c */
struct qf_irc_sasl;    /* irc_sasl.c */

struct qf_irc {
	qf_conn conn;
	struct qf_hall *hall;
	struct qf_guest *guest; /* NULL: not registered */
	struct qf_irc *beside;  /* the same guest's next on this worker */
	struct qf_irc_entrant *entrant; /* NULL: it was let in */
	bool secure;
	bool proven;
	struct qf_key proof;

	char *account; /* NULL: none */
	uint32_t caps;
	bool caps_302;
	bool choosing; /* between CAP LS and CAP END */
	bool claiming; /* its claim is on its way */
	bool counted;  /* among the unknown */
	bool lost;     /* no more comes */
	bool over;
	bool told_quit; /* QUIT was told for it */

	struct qf_buf in;
	size_t seen;   /* of it, without a newline */
	bool skipping; /* the rest of a line that is too long */
	struct qf_owed out;
	bool due;

	char *label; /* of the command being done, or NULL */
	bool labelled;
	bool one_batch;      /* the reply is a batch already */
	bool acting;         /* a command is being done */
	struct qf_buf reply; /* with a label: what answers it */
	uint64_t batches;    /* opened ever */

	uint64_t last_number;
	struct qf_irc_pending *pending; /* in the order of asking; NULL when
	                                 * nothing is */
	size_t pending_count;
	size_t pending_cap;
	size_t talks;
	char **steps; /* what is left of the command, a line each */
	size_t step_count;
	size_t step_cap;
	char *pong;       /* what is to be said when others have read all */
	unsigned flushes; /* workers that have not passed the barrier */
	uint64_t barrier;
	void (*flushed)(struct qf_irc *irc); /* when all have */

	struct qf_irc_lines *lines; /* NULL: none are being typed */
	struct qf_irc_history *history;
	struct qf_irc_sasl *sasl; /* NULL: nothing was tried */
	char **watched;
	size_t watched_count;
	size_t watched_cap;

	uint64_t heard_ms; /* mono */
	uint64_t begun_ms; /* mono */
	bool pinged;
	bool speaks;      /* in the run of lines that is being given */
	bool troubled;    /* it was told that what it said is not stored yet */
	bool trusted;     /* it may type as fast as it likes */
	uint64_t paid_ms; /* mono: what it typed is paid for up to then */
};

/* irc.c */
/* The connection of this worker that is conn, or NULL. */
struct qf_irc *qf_irc_line(const struct qf_hall *h, qf_conn conn);
/* An ask that is answered with `then`; NULL: out of memory. */
struct qf_irc_pending *qf_irc_ask(struct qf_irc *irc,
                                  void (*then)(struct qf_irc *,
                                               struct qf_irc_pending *,
                                               struct qf_answer *));
/* A command for the core that answers a pending; NULL: out of memory. */
struct qf_command *qf_irc_command(struct qf_irc *irc, enum qf_command_kind kind,
                                  uint64_t number);
/* To all workers; `then` when they have it. */
void qf_irc_tell(struct qf_irc *irc, const struct qf_tell *t,
                 void (*then)(struct qf_irc *, struct qf_irc_pending *,
                              struct qf_answer *));
/* `then` when all that anybody said before is on disk, and all that was told
 * before is known to this worker. */
void qf_irc_settle(struct qf_irc *irc,
                   void (*then)(struct qf_irc *, struct qf_irc_pending *,
                                struct qf_answer *));
/* It is its guest no more. */
void qf_irc_part_with(struct qf_irc *irc);
/* Another line to be done as part of the command. */
void qf_irc_step(struct qf_irc *irc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void qf_irc_close(struct qf_irc *irc, const char *why);
/* Something that a command waited for has come. */
void qf_irc_go_on(struct qf_irc *irc);
/* This worker has read the room up to lsn: what waited for a post is done.
 * True: the line waits for more. */
bool qf_irc_has_read(struct qf_irc *irc, const struct qf_room_id *room,
                     uint64_t lsn);

/* irc_commands.c */
void qf_irc_do(struct qf_irc *irc, struct qf_irc_line *l);
/* What follows a command, and what it does; NULL: it is none. */
const char *qf_irc_help_on(const char *command);
/* A message that need not wait for the one before. */
bool qf_irc_is_talk(const struct qf_irc_line *l);

/* irc_out.c */
/* A line of text, without its end, as it is: "COMMAND params". */
void qf_irc_say(struct qf_irc *irc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* ":server NUMBER nick rest" */
void qf_irc_numeric(struct qf_irc *irc, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* FAIL: "COMMAND CODE context :sentence" */
void qf_irc_fail(struct qf_irc *irc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void qf_irc_need_more(struct qf_irc *irc, const char *command);
bool qf_irc_has(const struct qf_irc *irc, uint32_t caps);
const char *qf_irc_nick(const struct qf_irc *irc);
void qf_irc_label_begin(struct qf_irc *irc, const char *label);
void qf_irc_label_end(struct qf_irc *irc);
/* Whole lines, tags and ends included; a reply may get a label. */
void qf_irc_put(struct qf_irc *irc, struct qf_bytes lines, bool reply);
/* "qN", new */
void qf_irc_batch_ref(struct qf_irc *irc, char out[24]);
void qf_irc_time(uint64_t ms, char out[32]);
/* False: it is no time as that writes one. */
bool qf_irc_time_read(const char *text, uint64_t *ms);

/* Something that somebody said or did, as each client may be told it. */
struct qf_saying {
	const char *mask;
	const char *command; /* "PRIVMSG #room", "JOIN #room" */
	const char *text;    /* the last parameter, or NULL */
	const char *account; /* NULL: none */
	const char *msgid;   /* NULL: none */
	const char *tags;    /* client's, or NULL */
	const char *joins;   /* text: where lines go on, or NULL */
	uint64_t ms;
	bool bot;
	bool talk;     /* text may be cut in several lines */
	bool measured; /* whether it is one line has been looked at */
	bool one_line;
	struct qf_buf made[QF_SAYING_WAYS]; /* by capabilities, once made */
};
void qf_saying_fini(struct qf_saying *s);
/* It is one line, whatever a client knows of lines. */
bool qf_saying_is_line(struct qf_saying *s);
/* batch: the one that it is part of, or NULL. */
void qf_irc_give(struct qf_irc *irc, struct qf_saying *s, const char *batch,
                 bool reply);

/* Sayings of one line each, none of which it said; made has those that another
 * client was given already. */
void qf_irc_give_all(struct qf_irc *irc, struct qf_saying *const *all,
                     size_t count, struct qf_stretch made[QF_SAYING_WAYS]);

/* irc_register.c */
void qf_irc_cap(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_nick_cmd(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_user(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_pass(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_quit(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_ping(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_pong(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_flushed(struct qf_irc *irc, uint64_t barrier);
void qf_irc_lusers(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_motd(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_version(struct qf_irc *irc, struct qf_irc_line *l);
/* All that it needs is there: claim the name. */
void qf_irc_try_claim(struct qf_irc *irc);

/* irc_channel.c */
void qf_irc_join(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_part(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_topic(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_names(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_list(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_invite(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_kick(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_mode(struct qf_irc *irc, struct qf_irc_line *l);
/* It is in that room, by a command of another connection: who is there, and
 * what was said. */
void qf_irc_entered(struct qf_irc *irc, const struct qf_hall_room *r);
/* The room's past is known now. */
void qf_irc_loaded(struct qf_irc *irc, struct qf_hall_room *r);
const char *qf_irc_prefix(const struct qf_guest *g,
                          const struct qf_hall_room *r);

/* irc_talk.c */
void qf_irc_privmsg(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_notice(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_tagmsg(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_redact(struct qf_irc *irc, struct qf_irc_line *l);
/* The whole of several lines, each part of it ended by a zero byte. */
void qf_irc_say_lines(struct qf_irc *irc, const struct qf_irc_lines *m);
/* Who somebody is in private history: the account, or this connection. */
void qf_irc_id(const struct qf_guest *g, char out[QF_NICK_BYTES_MAX + 24]);
/* What had that lsn and came by its name, or was for it, is this guest's: the
 * name has had the same account since, or this guest has had it. */
bool qf_irc_had_name(const struct qf_hall *h, const struct qf_guest *g,
                     uint64_t lsn);
/* "bob·k7f", where k7f is one other node's: its key, and what its guest is
 * called there. NULL: nobody can be meant. */
const struct qf_key *qf_irc_far_guest(const struct qf_hall *h, const char *nick,
                                      char guest[QF_NICK_BYTES_MAX + 1]);
/* The pending of this connection that a post answers, or NULL: that which was
 * stored at the post's lsn, or (0) one that has no answer yet. */
struct qf_irc_pending *qf_irc_said(struct qf_irc *irc,
                                   const struct qf_room_id *room,
                                   const char *to, uint64_t lsn);
/* What it says cannot be stored just now, or can again: if it is waiting, it is
 * told. */
void qf_irc_troubled(struct qf_irc *irc);
/* The answer to a message: nothing, or why it was refused. */
void qf_irc_was_said(struct qf_irc *irc, struct qf_irc_pending *p,
                     struct qf_answer *a);

/* irc_lines.c */
void qf_irc_batch(struct qf_irc *irc, struct qf_irc_line *l);
/* A line that has a batch's reference: kept until the last one comes, or
 * refused. False: it is none. */
bool qf_irc_take_line(struct qf_irc *irc, const struct qf_irc_line *l);
void qf_irc_lines_free(struct qf_irc *irc);

/* irc_query.c */
void qf_irc_who(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_whois(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_whowas(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_ison(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_userhost(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_away(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_setname(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_help(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_info(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_time_cmd(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_admin(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_links(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_oper(struct qf_irc *irc, struct qf_irc_line *l);

/* irc_watch.c */
void qf_irc_monitor(struct qf_irc *irc, struct qf_irc_line *l);
bool qf_irc_watches(const struct qf_irc *irc, const char *nick);
/* Tell all of this worker who wait for that name. */
void qf_irc_tell_watchers(struct qf_hall *h, const char *nick,
                          const char *mask);

/* irc_sasl.c */
void qf_irc_authenticate(struct qf_irc *irc, struct qf_irc_line *l);
void qf_irc_register(struct qf_irc *irc, struct qf_irc_line *l);
/* The client gives up, if it had begun. */
void qf_irc_sasl_abort(struct qf_irc *irc);
void qf_irc_sasl_free(struct qf_irc *irc);

/* irc_history.c */
void qf_irc_chathistory(struct qf_irc *irc, struct qf_irc_line *l);
/* The last lines of a room that was just joined. */
void qf_irc_replay(struct qf_irc *irc, struct qf_hall_room *r);
void qf_irc_history_pair(struct qf_irc *irc, struct qf_effect *fx);
void qf_irc_history_got(struct qf_irc *irc, struct qf_read *read);
void qf_irc_history_free(struct qf_irc *irc);

/* irc_marker.c */
void qf_irc_markread(struct qf_irc *irc, struct qf_irc_line *l);
/* Who has an account is one reader wherever it connects. */
void qf_irc_reader(const struct qf_irc *irc, const char *target, char *out,
                   size_t cap);

/* irc_relay.c: something that is said to several of this worker */
struct qf_relay {
	struct qf_hall *hall;
	const struct qf_guest *by; /* or NULL: not a guest's doing */
	struct qf_saying saying;
	uint32_t caps; /* only who has them */
	size_t given;  /* to so many lines */
	char mask[QF_MASK_BYTES];
};
/* What g does; what is said of it is yet to be filled in. */
void qf_relay_init(struct qf_relay *r, struct qf_hall *h,
                   const struct qf_guest *g, uint64_t ms);
void qf_relay_fini(struct qf_relay *r);
void qf_relay_line(struct qf_relay *r, struct qf_irc *irc);
void qf_relay_give(struct qf_relay *r, const struct qf_guest *to);
/* except: a guest, or NULL. */
void qf_relay_room(struct qf_relay *r, const struct qf_hall_room *room,
                   const struct qf_guest *except);
/* JOIN, in both forms; real: the name that the longer one has. */
void qf_relay_join(struct qf_relay *r, const struct qf_hall_room *room,
                   const char *real);
/* Whoever else is in the rooms that follow, each once. */
void qf_relay_begin(struct qf_relay *r);
void qf_relay_once(struct qf_relay *r, const struct qf_hall_room *room);
/* Whoever shares a room with the guest who does it. */
void qf_relay_known(struct qf_relay *r);
/* And after one of these who only watches the name, by extended-monitor. */
void qf_relay_watching(struct qf_relay *r, const char *nick);

/* irc_people.c: news of persons of other nodes, and what their guests say */
void qf_hall_person_news(struct qf_hall *h, const struct qf_news *n);
/* A guest has that name now: whoever else went by it has the short key beside
 * it from now on. */
void qf_hall_yield(struct qf_hall *h, const char *nick);
/* Of qf_hall_catch_up(): the persons. */
uint64_t qf_hall_move_people(struct qf_hall *h);
/* A guest who did not come by IRC is here, or gone; of VISITOR. */
void qf_hall_visitor_told(struct qf_hall *h, const struct qf_effect *fx);
/* Another node's guest has spoken in a room, which guests of it see before. */
void qf_hall_heard(struct qf_hall *h, const struct qf_room_id *room,
                   const struct qf_speaker *by, uint64_t said_ms);
/* Who of them has been silent for long is gone; it looks once a minute. */
void qf_hall_forget_silent(struct qf_hall *h);
/* What our own person is called, and where it is; of SELF. */
void qf_hall_self_told(struct qf_hall *h, const struct qf_effect *fx);

/* irc_shown.c: an envelope of a room as it is to be shown */
struct qf_shown {
	char mask[QF_MASK_BYTES];
	char nick[QF_MASK_BYTES];
	char msgid[QF_KEY_TEXT_BYTES];
	const char *text;
	const char *tags;
	const char *to;      /* "" in open rooms */
	const char *from_id; /* see qf_irc_id(); "": open rooms, no account */
	const char *to_id;
	const char *joins;
	char *words;            /* where these six stand */
	struct qf_guest *guest; /* who spoke, if it is one of ours, here */
	const char *account;    /* of one of ours, as it was then; or NULL */
	uint64_t lsn;
	struct qf_hash id;
	struct qf_speaker by;
	uint8_t type;
	uint64_t hlc; /* as shown, see clock.h */
	bool near;    /* this node spoke, for whomever */
	bool ours;    /* a guest of this node spoke */
};
/* False: it is not for guests, and there is nothing to release. */
bool qf_shown_init(struct qf_shown *s, struct qf_hall *h,
                   const struct qf_carried *room, const struct qf_envelope *e,
                   uint64_t lsn);
void qf_shown_fini(struct qf_shown *s);
/* As it is said to `target`; command has cap bytes for "PRIVMSG target". */
void qf_shown_saying(const struct qf_shown *s, const char *target,
                     char *command, size_t cap, struct qf_saying *out);
/* irc_post.c: who said it has taken it back. */
bool qf_is_gone(const struct qf_hall_room *r, const struct qf_shown *s);
/* A pair of the hall's own asking. */
void qf_hall_paired(struct qf_hall *h, struct qf_effect *fx);
/* No more comes of it. */
void qf_hall_lost_room(struct qf_hall *h, const struct qf_room_id *room);
/* Something has become known that guests may have waited for. */
void qf_hall_check_ready(struct qf_hall *h);

#endif
