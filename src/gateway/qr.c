/* qr.c - a link as a QR code, in characters */
#include "qr.h"

#include <qrencode.h>
#include <string.h>

enum { QUIET = 2 }; /* modules of white around it; readers need no more */

static bool is_black(const QRcode *qr, int x, int y)
{
	x -= QUIET;
	y -= QUIET;
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
	       qr->data[y * qr->width + x] & 1;
}

static void put(struct qf_buf *to, const char *text)
{
	qf_put_raw(to, text, strlen(text));
}

static QRcode *encode(const char *text)
{
	return QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
}

json_t *qf_qr_json(const char *text)
{
	json_t *rows = json_array();
	QRcode *qr = encode(text);
	char row[177]; /* the largest code that there is */

	for (int y = 0; qr && y < qr->width; y++) {
		for (int x = 0; x < qr->width; x++)
			row[x] = qr->data[y * qr->width + x] & 1 ? '#' : '.';
		json_array_append_new(rows,
		                      json_stringn(row, (size_t)qr->width));
	}
	QRcode_free(qr);
	return rows;
}

bool qf_qr_put(struct qf_buf *to, const char *text)
{
	static const char *const halves[] = { " ", "▄", "▀", "█" };
	QRcode *qr = encode(text);

	if (!qr)
		return false;
	for (int y = 0; y < qr->width + 2 * QUIET; y += 2) {
		put(to, "\033[38;5;16;48;5;231m");
		for (int x = 0; x < qr->width + 2 * QUIET; x++)
			put(to, halves[is_black(qr, x, y) * 2 +
			               is_black(qr, x, y + 1)]);
		put(to, "\033[0m\n");
	}
	QRcode_free(qr);
	return true;
}
