/* irc_caps.h - what an IRC client may ask for beyond the old protocol
 *
 * One table has every capability; a connection holds those that it was granted
 * as bits.
 */
#ifndef QF_IRC_CAPS_H
#define QF_IRC_CAPS_H

#include "core/bytes.h"

/* bit, name, value for CAP LS 302 (NULL: none) */
#define QF_IRC_MECHANISMS "PLAIN,EXTERNAL,SCRAM-SHA-256"

#define QF_IRC_CAPS(X)                                                         \
	X(ACCOUNT_NOTIFY, "account-notify", NULL)                              \
	X(ACCOUNT_TAG, "account-tag", NULL)                                    \
	X(AWAY_NOTIFY, "away-notify", NULL)                                    \
	X(BATCH, "batch", NULL)                                                \
	X(CAP_NOTIFY, "cap-notify", NULL)                                      \
	X(CHGHOST, "chghost", NULL)                                            \
	X(REGISTRATION, "draft/account-registration", "before-connect")        \
	X(CHATHISTORY, "draft/chathistory", NULL)                              \
	X(PLAYBACK, "draft/event-playback", NULL)                              \
	X(REDACTION, "draft/message-redaction", NULL)                          \
	X(MULTILINE, "draft/multiline", "max-bytes=4096,max-lines=32")         \
	X(READ_MARKER, "draft/read-marker", NULL)                              \
	X(ECHO, "echo-message", NULL)                                          \
	X(EXTENDED_JOIN, "extended-join", NULL)                                \
	X(EXTENDED_MONITOR, "extended-monitor", NULL)                          \
	X(INVITE_NOTIFY, "invite-notify", NULL)                                \
	X(LABELS, "labeled-response", NULL)                                    \
	X(TAGS, "message-tags", NULL)                                          \
	X(MULTI_PREFIX, "multi-prefix", NULL)                                  \
	X(SASL, "sasl", QF_IRC_MECHANISMS)                                     \
	X(TIME, "server-time", NULL)                                           \
	X(SETNAME, "setname", NULL)                                            \
	X(STANDARD_REPLIES, "standard-replies", NULL)                          \
	X(HOST_NAMES, "userhost-in-names", NULL)

enum qf_irc_cap_number {
#define X(bit, name, value) QF_IRC_NUMBER_##bit,
	QF_IRC_CAPS(X)
#undef X
		QF_IRC_CAP_COUNT
};

enum qf_irc_cap {
#define X(bit, name, value) QF_IRC_CAP_##bit = 1 << QF_IRC_NUMBER_##bit,
	QF_IRC_CAPS(X)
#undef X
};

/* Change *caps as a list ("a -b c") wants; false: one is not known, and nothing
 * has changed. */
bool qf_irc_caps_change(uint32_t *caps, const char *list);
/* Append the name, and the value if it is told to, of the first one from `at`
 * that is in `caps`; the next `at`, or -1: there is none. */
int qf_irc_caps_next(uint32_t caps, int at, bool values, struct qf_buf *to);

#endif
