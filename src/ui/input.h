/* input.h - lines that come in through a descriptor, one at a time
 *
 * A line ends with a newline, perhaps behind a carriage return, or with the
 * end of the input. Of a line that is longer than a message may be the rest is
 * passed over, and the line is said to be too long.
 *
 * Memory: the caller owns the struct; a line lives until the next call.
 */
#ifndef QF_INPUT_H
#define QF_INPUT_H

#include "gateway/reply.h"

enum qf_input_got {
	QF_INPUT_LINE,
	QF_INPUT_LONG, /* a line over QF_TEXT_BYTES_MAX, without its text */
	QF_INPUT_WAIT, /* read more first */
	QF_INPUT_END,
};

struct qf_input {
	int fd;
	struct qf_buf in;
	size_t used;     /* of it, by lines that were given */
	bool skips;      /* the rest of a line that is too long */
	bool ended;      /* nothing more will be read */
	uint64_t number; /* of the line that was given last, from 1 */
};

void qf_input_init(struct qf_input *i, int fd);
void qf_input_fini(struct qf_input *i);
/* The descriptor is readable. QF_E_IO: errno says why. */
int qf_input_read(struct qf_input *i);
/* Where lines may be appended that come by another way. */
struct qf_buf *qf_input_more(struct qf_input *i);
/* What was read and not given yet. */
struct qf_bytes qf_input_rest(const struct qf_input *i);
enum qf_input_got qf_input_next(struct qf_input *i, struct qf_bytes *line);

#endif
