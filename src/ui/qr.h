/* qr.h - links for guests, as QR codes and in words */
#ifndef QF_UI_QR_H
#define QF_UI_QR_H

#include <stdio.h>

#include "gateway/reply.h"

/* links is a LINKS. */
void qf_qr_print(FILE *to, const struct qf_reply *links);

#endif
