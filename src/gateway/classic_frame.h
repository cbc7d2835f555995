/* classic_frame.h - fields, frames and flags of the original's protocol
 *
 * Each function reads one thing from the front of `in`, which may have come in
 * any pieces. MORE: it is not all there, and nothing was taken. BAD: no more of
 * it can come to any good.
 *
 * A field is four digits and as many characters; a frame is four digits and as
 * many digits 0 or 1; where a length is expected, '-' and three digits are a
 * flag.
 */
#ifndef QF_CLASSIC_FRAME_H
#define QF_CLASSIC_FRAME_H

#include "classic_code.h"

enum {
	QF_CLASSIC_PORT_DIGITS = 5,
	QF_CLASSIC_NAME_CHARS_MAX = 200,
	/* More than this unread says nothing that was asked for. */
	QF_CLASSIC_IN_BYTES_MAX = 4 + 4 + QF_CLASSIC_BITS_MAX,
};

enum qf_classic_got {
	QF_CLASSIC_MORE,
	QF_CLASSIC_GOT,
	QF_CLASSIC_BAD,
};

enum qf_classic_say {
	QF_CLASSIC_TEXT,   /* bits */
	QF_CLASSIC_LEAVE,  /* -001 */
	QF_CLASSIC_RENAME, /* -002 and bits */
	QF_CLASSIC_OTHER,  /* means nothing to us: -004 with its field, ... */
};

struct qf_classic_item {
	enum qf_classic_say say;
	struct qf_bytes bits; /* borrowed */
};

/* The five digits of the first connection: a port other than 0. */
enum qf_classic_got qf_classic_get_port(struct qf_bytes *in, uint16_t *port);
/* A field that is a number of up to four digits. */
enum qf_classic_got qf_classic_get_number(struct qf_bytes *in,
                                          unsigned *number);
/* A field that is a name. Its length counts characters, not bytes; bytes that
 * are no UTF-8 count as one each. */
enum qf_classic_got qf_classic_get_name(struct qf_bytes *in,
                                        struct qf_bytes *name);
enum qf_classic_got qf_classic_get_item(struct qf_bytes *in,
                                        struct qf_classic_item *item);

/* The text is ASCII, of at most 9999 characters. */
void qf_classic_put_field(struct qf_buf *to, const char *text);
void qf_classic_put_number(struct qf_buf *to, unsigned number);

#endif
