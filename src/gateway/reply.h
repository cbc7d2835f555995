/* reply.h - the client's side of the API: requests written, replies read
 *
 * For ui/, which knows neither JSON nor the core. Request functions append one
 * line; docs/api.md has the meaning of each. A reply keeps its line as it
 * came, so that it can be passed on unchanged.
 *
 * Memory: the caller owns a reply. Its strings belong to it and live until
 * fini; `line` is borrowed from whoever parsed. An absent string is empty, an
 * absent number 0. Strings have no newline or control character removed: what
 * people wrote is made safe where it is shown.
 */
#ifndef QF_REPLY_H
#define QF_REPLY_H

#include "core/bytes.h"
#include "core/err.h"
#include "core/keep.h"
#include "core/limits.h"

/* Requests. `id` comes back as the reply's `re`. */
void qf_request_plain(struct qf_buf *to, uint64_t id, const char *verb);
void qf_request_room(struct qf_buf *to, uint64_t id, const char *verb,
                     const char *room);
/* follow and history */
void qf_request_last(struct qf_buf *to, uint64_t id, const char *verb,
                     const char *room, uint64_t last);
/* follow, from where another connection ended */
void qf_request_after(struct qf_buf *to, uint64_t id, const char *room,
                      uint64_t after);
/* QF_E_MALFORMED: not UTF-8, or with a zero byte; QF_E_LIMIT: longer than a
 * message, or than a line, may be. Then nothing was appended. */
int qf_request_say(struct qf_buf *to, uint64_t id, const char *room,
                   struct qf_bytes text, const struct qf_nonce *nonce);
/* The same as an action: "* ana waves". */
int qf_request_act(struct qf_buf *to, uint64_t id, const char *room,
                   struct qf_bytes text, const struct qf_nonce *nonce);
/* The same to one person: a name, a name and short key, or a whole key. */
int qf_request_msg(struct qf_buf *to, uint64_t id, const char *who,
                   struct qf_bytes text, const struct qf_nonce *nonce);
void qf_request_connect(struct qf_buf *to, uint64_t id,
                        const struct qf_address *address);
void qf_request_name(struct qf_buf *to, uint64_t id, const char *name);
/* One field, as somebody typed it: connect or forget with "who", connect with
 * "address", away with "why". Fails as qf_request_say() does. */
int qf_request_field(struct qf_buf *to, uint64_t id, const char *verb,
                     const char *field, struct qf_bytes value);
void qf_request_host(struct qf_buf *to, uint64_t id, uint16_t port);
/* A further port, for IRC clients. */
void qf_request_irc_host(struct qf_buf *to, uint64_t id, uint16_t port);
/* Host and connect for what speaks the original's protocol, in that room. */
void qf_request_classic_host(struct qf_buf *to, uint64_t id, uint16_t port,
                             const char *room);
void qf_request_classic_call(struct qf_buf *to, uint64_t id,
                             const struct qf_address *address,
                             const char *room);

#define QF_REPLIES(X)                                                          \
	X(STORED, "stored")                                                    \
	X(QUEUED, "queued")                                                    \
	X(DONE, "done")                                                        \
	X(ERROR, "error")                                                      \
	X(TEXT, "text")                                                        \
	X(RENAME, "rename")                                                    \
	X(TAKEN_BACK, "taken-back")                                            \
	X(FOLLOWING, "following")                                              \
	X(END, "end")                                                          \
	X(DIGEST, "digest")                                                    \
	X(STATUS, "status")                                                    \
	X(LINKED, "linked")                                                    \
	X(UNLINKED, "unlinked")                                                \
	X(UNREACHABLE, "unreachable")                                          \
	X(TROUBLE, "trouble")                                                  \
	X(TROUBLE_OVER, "trouble-over")                                        \
	X(COPIES, "copies")                                                    \
	X(CLOCK, "clock")                                                      \
	X(NOTICE, "notice")                                                    \
	X(MISSED, "missed")                                                    \
	X(PEOPLE, "people")                                                    \
	X(MAP, "map")                                                          \
	X(DOCTOR, "doctor")                                                    \
	X(CONTACTS, "contacts")                                                \
	X(CAME, "came")                                                        \
	X(LEFT, "left")                                                        \
	X(LOST, "lost")                                                        \
	X(RENAMED, "renamed")                                                  \
	X(AWAY, "away")                                                        \
	X(BACK, "back")                                                        \
	X(SELF, "self")                                                        \
	X(LISTENING, "listening")                                              \
	X(CLASSIC_CAME, "classic-came")                                        \
	X(CLASSIC_LEFT, "classic-left")                                        \
	X(CLASSIC_RENAMED, "classic-renamed")                                  \
	X(CLASSIC_LISTENING, "classic-listening")                              \
	X(IRC_LISTENING, "irc-listening")                                      \
	X(LINKS, "links")                                                      \
	X(GUESTS, "guests")                                                    \
	X(GUEST_CAME, "guest-came")                                            \
	X(GUEST_LEFT, "guest-left")                                            \
	X(GUESTS_CHANGED, "guests-changed")                                    \
	X(ENTERED, "entered")

enum qf_reply_kind {
	QF_REPLY_OTHER, /* from a later version: to be passed over */
#define X(name, text) QF_REPLY_##name,
	QF_REPLIES(X)
#undef X
};

struct qf_reply_room {
	struct qf_bytes room, say; /* of our clock there, if it is wrong */
	uint64_t count;
	bool for_guests; /* the person of the node is not in it */
};

struct qf_reply_link {
	struct qf_bytes key, words, key_short, name, address;
	struct qf_bytes over; /* our interface */
	struct qf_bytes link; /* of LINKS */
	uint64_t from, to;    /* of MAP: places among the people */
	struct qf_bytes network;
	uint64_t port;
	bool outbound, hub;
	uint64_t seconds;
	uint64_t rooms, lazy; /* in common; where it names only */
	uint64_t bytes_in, bytes_out;
	uint64_t envelopes, repeated; /* that it brought */
};

/* An address that was asked for and does not answer just now. */
struct qf_reply_dial {
	struct qf_bytes address, name, why;
	uint64_t port;
};

struct qf_reply_worker {
	uint64_t connections, asks, to_core, from_core, delivered, bytes_in,
		bytes_out, lag_us;
};

struct qf_reply_author {
	struct qf_bytes key;
	uint64_t first;
	uint64_t last;
	uint64_t count;
	uint64_t gaps;
	uint64_t forks;
};

struct qf_reply_person {
	struct qf_bytes key, name, key_short, words, why, address, via, over;
	uint64_t port, seconds, hops;
	bool self, linked, away, hub;
};

/* What is in the way of finding others. */
struct qf_reply_finding {
	struct qf_bytes code, say, seen, todo;
	bool likely;
};

struct qf_reply_contact {
	struct qf_bytes name, key, words, address, seen;
	uint64_t port;
};

struct qf_reply_account {
	struct qf_bytes name;
	uint64_t certs; /* how many */
};

/* A guest by way of the original's protocol. */
struct qf_reply_classic {
	struct qf_bytes name, room, address;
	uint64_t port, seconds;
};

struct qf_reply {
	enum qf_reply_kind kind;
	struct qf_bytes line; /* without its newline */
	bool has_re;
	uint64_t re;

	struct qf_bytes room, id, name, old, key, key_short, words, text, how,
		at, guest, digest, address, why, code, say, hint, trouble,
		notice, /* STATUS: of its start, or empty */
		with,   /* the other's key, in a room of two */
		page,   /* LINKS: its state */
		to;     /* STORED: whom a message was for, as it was asked;
	                 * TEXT: the guest of that node, or empty */
	uint64_t hlc, seen_ms, lsn, count, n, port, waiting, drafts, draft,
		peers_known, files_max, envelopes, repeated;
	bool outbound, direct, clock_wrong, quiet;
	struct qf_bytes quality;   /* STATUS: of our clock */
	struct qf_bytes listening; /* STATUS: port 0 is nowhere */
	uint64_t listening_port;

	struct qf_reply_room *rooms;
	size_t room_count;
	struct qf_reply_link *links;
	size_t link_count;
	struct qf_reply_dial *unreachable;
	size_t unreachable_count;
	struct qf_reply_dial *irc; /* where IRC clients may come too */
	size_t irc_count;
	struct qf_reply_worker *workers;
	size_t worker_count;
	struct qf_reply_author *authors;
	size_t author_count;
	struct qf_reply_person *people;
	size_t person_count;
	struct qf_reply_person *guests; /* their names */
	size_t guest_count;
	struct qf_reply_finding *findings;
	size_t finding_count;
	struct qf_reply_finding finding; /* STATUS, PEOPLE: why nobody is here,
	                                  * or empty */
	/* STATUS: somebody near does not answer us, and a neighbour of ours
	 * has a link with them; or empty. */
	struct {
		struct qf_bytes name, witness, address;
		bool sure;
	} apart;
	uint64_t nodes; /* DOCTOR: that answered */
	struct qf_reply_contact *contacts;
	size_t contact_count;
	struct qf_reply_account *accounts;
	size_t account_count;
	struct qf_reply_classic *classics;
	size_t classic_count;

	struct json_t *json; /* what the strings are part of */
};

/* QF_E_MALFORMED: not a reply; QF_E_NOMEM. Then there is nothing to fini. */
int qf_reply_parse(struct qf_reply *r, struct qf_bytes line);
void qf_reply_fini(struct qf_reply *r);
bool qf_reply_is(struct qf_bytes field, const char *text);
/* Of a room, with its place there: TEXT, RENAME or TAKEN_BACK. */
bool qf_reply_is_line(const struct qf_reply *r);
/* What LINKED or UNLINKED is about. */
struct qf_reply_link qf_reply_link(const struct qf_reply *r);

/* What becomes of the account of an IRC client: `verb` is "add" or "passwd",
 * with the password, "cert", with a fingerprint, or "remove", with NULL. Fails
 * as qf_request_say() does. */
int qf_request_account(struct qf_buf *to, uint64_t id, const char *verb,
                       const char *name, const char *word);
/* Remember that contact, as CONTACTS had it. Fails as qf_request_say() does. */
int qf_request_contact(struct qf_buf *to, uint64_t id,
                       const struct qf_reply_contact *contact);

/* Lines of JSON that a command makes of a status by itself. */
void qf_line_listening(struct qf_buf *to, const struct qf_reply *status);
void qf_line_linked(struct qf_buf *to, const struct qf_reply_link *link);
void qf_line_notice(struct qf_buf *to, struct qf_bytes say);
void qf_line_unreachable(struct qf_buf *to, const struct qf_reply_dial *dial);

#endif
