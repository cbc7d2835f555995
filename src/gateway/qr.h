/* qr.h - a link as a QR code, in characters */
#ifndef QF_QR_H
#define QF_QR_H

#include <jansson.h>

#include "core/bytes.h"

/* For a terminal: append lines of half blocks, black on white whatever the
 * terminal's colours are. False: it is too long for a code, and nothing was
 * appended. */
bool qf_qr_put(struct qf_buf *to, const char *text);
/* For whoever draws it: a string for each row of modules, '#' or '.', and no
 * white around it. None: it is too long. */
json_t *qf_qr_json(const char *text);

#endif
