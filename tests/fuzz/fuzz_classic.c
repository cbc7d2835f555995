/* fuzz_classic.c - one that speaks the original's protocol, or anything at all
 *
 * The first byte says which side we are, how it is cut into pieces, and whether
 * it greets well first. What the node puts out meanwhile has to be what the
 * original can read: whole frames of seven-bit text.
 */
#include <sodium.h>

#include "far_classic.h"

enum { WE_CALL = 1, GREETS = 2, TALKS = 4, PIECE_SHIFT = 3 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(__attribute__((unused)) int *argc,
                         __attribute__((unused)) char ***argv)
{
	return sodium_init() < 0 ? -1 : 0;
}

static void assert_readable(struct far_classic *f)
{
	while (far_hear(f))
		;
	assert(!far_unread(f).len);
}

/* What it sends is said in the room by somebody else too. */
static void talk(struct far_classic *f, struct qf_bytes text)
{
	struct qf_body body = { .name = qf_bytes("ana", 3), .text = text };

	if (text.len > 3000)
		text.len = 3000;
	body.text = text;
	if (text.len && qf_utf8_valid(text))
		far_post(f, &f->other, QF_TYPE_TEXT, &body);
}

/* A port and a name are read before there is a session. */
static void read_apart(struct qf_bytes in)
{
	struct qf_bytes port = in, name;
	uint16_t number = 0;

	if (qf_classic_get_port(&port, &number) == QF_CLASSIC_GOT)
		assert(number && in.len - port.len == QF_CLASSIC_PORT_DIGITS);
	if (qf_classic_get_name(&in, &name) == QF_CLASSIC_GOT)
		assert(name.len <= 4 * QF_CLASSIC_NAME_CHARS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct far_classic f;
	struct qf_bytes in;
	uint8_t how;

	if (!size)
		return 0;
	how = data[0];
	in = qf_bytes(data + 1, size - 1);
	read_apart(in);
	far_begin(&f, how & WE_CALL ? QF_CLASSIC_CLIENT : QF_CLASSIC_HOST);
	if (how & GREETS && how & WE_CALL)
		far_host(&f, 50, 7919, "Hana");
	else if (how & GREETS)
		far_greet(&f, "Tom");
	f.piece = how >> PIECE_SHIFT;
	far_feed(&f, in);
	if (how & TALKS)
		talk(&f, in);
	if (how & GREETS)
		assert_readable(&f);
	f.now_ms += QF_CLASSIC_GREETING_MS;
	far_pull(&f);
	assert(how & GREETS || qf_classic_entered(f.classic) ||
	       !qf_classic_reads(f.classic));
	far_end(&f);
	return 0;
}
