/* attacks.c - single tries of a stranger, and how each must end */
#include "attacks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forge.h"

/* Instead of TLS. */

static void random_bytes(struct stranger *s)
{
	struct qf_buf b = { 0 };

	put_chance(&b, 20000);
	b.at[0] = 0x51; /* never the beginning of a handshake */
	say(s, &b);
}

static void web_request(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_raw(&b, "GET / HTTP/1.1\r\nHost: lobby\r\n\r\n", 31);
	say(s, &b);
}

static void random_handshake(struct stranger *s)
{
	static const uint8_t head[] = { 0x16, 3, 1, 0x40, 0 };
	struct qf_buf b = { 0 };

	qf_put_raw(&b, head, sizeof head);
	put_chance(&b, 16384);
	say(s, &b);
}

static void half_a_handshake(struct stranger *s)
{
	static const uint8_t head[] = { 0x16, 3, 1, 2, 0, 1, 0 };
	struct qf_buf b = { 0 };

	qf_put_raw(&b, head, sizeof head);
	say(s, &b);
}

/* TLS of another kind. */

static void shake(struct stranger *s, struct stranger_look look)
{
	stranger_shake(s, &look);
}

static void old_tls(struct stranger *s)
{
	shake(s, (struct stranger_look){ .version = TLS1_2_VERSION });
}

/* Frames, from one who has not said that it would speak in frames. */
static void other_alpn(struct stranger *s)
{
	shake(s, (struct stranger_look){ .alpn = "quickfi/2" });
	stranger_greet(s);
}

static void no_alpn(struct stranger *s)
{
	shake(s, (struct stranger_look){ .alpn = "" });
	stranger_greet(s);
}

static void no_certificate(struct stranger *s)
{
	shake(s, (struct stranger_look){ .proof = STRANGER_NOTHING });
}

static void p256_certificate(struct stranger *s)
{
	shake(s, (struct stranger_look){ .proof = STRANGER_P256 });
}

static void rsa_certificate(struct stranger *s)
{
	shake(s, (struct stranger_look){ .proof = STRANGER_RSA });
}

static void long_certificate(struct stranger *s)
{
	shake(s, (struct stranger_look){ .proof = STRANGER_LONG_ED25519 });
}

/* Bytes between the records of a link that is up. */
static void garbage_in_tls(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_raw(&b, "\x17\x03\x03\x00\x80", 5);
	put_chance(&b, 128);
	if (write(s->fd, b.at, b.len) != (ssize_t)b.len)
		abort();
	qf_buf_fini(&b);
}

static void many_key_updates(struct stranger *s)
{
	for (int i = 0; i < 500; i++) {
		SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED);
		SSL_do_handshake(s->ssl);
	}
	stranger_greet(s);
}

/* Frames that are none, or come out of turn. */

static void no_greeting(struct stranger *s)
{
	say_number(s, QF_FRAME_PING, 1);
}

static void frame_of_no_length(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u32(&b, 0);
	say(s, &b);
}

static void frame_without_end(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u32(&b, QF_FRAME_BYTES_MAX + 1);
	qf_put_u8(&b, QF_FRAME_PING);
	say(s, &b);
}

static void frame_of_four_gigabytes(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u32(&b, UINT32_MAX);
	put_chance(&b, 20000);
	say(s, &b);
}

static void longest_frame_of_later(struct stranger *s)
{
	struct qf_buf b = { 0 };

	put_chance(&b, QF_FRAME_BYTES_MAX - 1);
	say_payload(s, 0x80, &b);
}

static void unknown_frame(struct stranger *s)
{
	struct qf_buf b = { 0 };

	say_payload(s, QF_FRAME_LATER + 1, &b);
}

static void names_of_no_room(struct stranger *s)
{
	struct qf_setkey key = { .hlc = 1 };
	struct qf_buf b = { 0 };

	qf_ids_put(&b, QF_FRAME_IHAVE, 77, &key, 1);
	say(s, &b);
}

static void prune_of_no_room(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_number_put(&b, QF_FRAME_PRUNE, 77);
	say(s, &b);
}

static void had_more_than_was_named(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_number_put(&b, QF_FRAME_HAD, 1);
	say(s, &b);
}

/* A kind of news of presence that there is not. */
static void here_of_noise(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u8(&b, 99);
	qf_put_u32(&b, 7);
	say_payload(s, QF_FRAME_HERE, &b);
}

static void half_a_frame(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u32(&b, 1000);
	qf_put_u8(&b, QF_FRAME_TAGS);
	put_chance(&b, 500);
	say(s, &b);
}

static void hello_of_noise(struct stranger *s)
{
	struct qf_buf b = { 0 };

	put_chance(&b, 300);
	say_payload(s, QF_FRAME_HELLO, &b);
}

static void hello_with_escapes(struct stranger *s)
{
	struct qf_hello hello = { .version = QF_WIRE_VERSION,
		                  .name = qf_bytes("a\x1b[2Jna\n", 9) };
	struct qf_buf b = { 0 };

	qf_hello_put(&b, &hello);
	say(s, &b);
}

static void goodbye(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_bye_put(&b, "that was all");
	say(s, &b);
}

static void goodbye_of_noise(struct stranger *s)
{
	struct qf_buf b = { 0 };

	put_chance(&b, 500);
	say_payload(s, QF_FRAME_BYE, &b);
}

static void tags_out_of_order(struct stranger *s)
{
	struct qf_buf b = { 0 };

	for (int i = 8; i; i--) {
		qf_put_u64(&b, (uint64_t)i);
		qf_put_u64(&b, 0);
	}
	say_payload(s, QF_FRAME_TAGS, &b);
}

static void too_many_tags(struct stranger *s)
{
	struct qf_buf b = { 0 };

	for (uint64_t i = 0; i < QF_TAGS_MAX + 1; i++) {
		qf_put_u64(&b, i);
		qf_put_u64(&b, 0);
	}
	say_payload(s, QF_FRAME_TAGS, &b);
}

static void a_part_of_a_tag(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u64(&b, 1);
	say_payload(s, QF_FRAME_TAGS, &b);
}

static void tags_again_and_again(struct stranger *s)
{
	for (int i = 0; i < 2000; i++)
		stranger_offer(s, "#lobby");
}

static void open_of_another_room(struct stranger *s)
{
	struct qf_open open = { .handle = 9 };
	struct qf_buf b = { 0 };

	qf_open_put(&b, &open);
	say(s, &b);
}

/* In a room. */

static void open_again(struct stranger *s)
{
	struct qf_open open = { .handle = STRANGER_HANDLE + 1,
		                .tag = s->their_tag };
	struct qf_buf b = { 0 };

	qf_open_put(&b, &open);
	say(s, &b);
}

static void open_without_end(struct stranger *s)
{
	struct qf_open open = { .handle = STRANGER_HANDLE,
		                .tag = s->their_tag };
	struct qf_buf b = { 0 };

	for (int i = 0; i < 1000; i++)
		qf_open_put(&b, &open);
	say(s, &b);
}

static void later(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_number_put(&b, QF_FRAME_LATER, STRANGER_HANDLE);
	say(s, &b);
}

static void recon_of_another_room(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_varint(&b, 99);
	say_payload(s, QF_FRAME_RECON, &b);
}

static void recon_of_noise(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_varint(&b, STRANGER_HANDLE);
	qf_put_u8(&b, 0x3f);
	put_chance(&b, 2000);
	say_payload(s, QF_FRAME_RECON, &b);
}

static void recon_for_ever(struct stranger *s)
{
	for (int i = 0; i < 200; i++) {
		struct qf_buf b = { 0 };

		put_sum(&b);
		say_payload(s, QF_FRAME_RECON, &b);
	}
}

static void say_named(struct stranger *s, uint8_t type)
{
	struct qf_named named = { .short_id = chance(), .count = 1 };
	struct qf_buf b = { 0 };

	qf_named_put(&b, type, STRANGER_HANDLE, &named, 1);
	say(s, &b);
}

static void have_too_early(struct stranger *s)
{
	say_named(s, QF_FRAME_HAVE);
}

static void want_what_was_not_named(struct stranger *s)
{
	say_named(s, QF_FRAME_WANT);
}

static void ack_of_what_was_not_sent(struct stranger *s)
{
	say_number(s, QF_FRAME_ACK, UINT64_MAX);
}

static void ping_of_noise(struct stranger *s)
{
	struct qf_buf b = { 0 };

	for (int i = 0; i < 11; i++)
		qf_put_u8(&b, 0xff);
	say_payload(s, QF_FRAME_PING, &b);
}

static void pong_unasked(struct stranger *s)
{
	static const struct qf_face face;
	struct qf_buf b;

	qf_buf_init(&b, 0);
	qf_pong_put(&b, 7, &face);
	stranger_say(s, qf_buf_bytes(&b));
	qf_buf_fini(&b);
}

/* Envelopes. */

static void good_message(struct stranger *s)
{
	struct qf_header head = forge_header(s);
	struct qf_frame frame;
	uint64_t n;

	say_msg(s, QF_MSG_ASKS_ACK,
	        forge_text(s, &head, "a stranger says hello"));
	while (stranger_hear_type(s, QF_FRAME_ACK, &frame))
		if (qf_number_get(frame.payload, &n) && n == 1)
			return;
}

static void bad_signature(struct stranger *s)
{
	struct qf_header head = forge_header(s);
	struct qf_envelope *e = forge_text(s, &head, "forged");

	e->proof.sig[20] ^= 1;
	say_msg(s, 0, e);
}

static void somebody_elses_name(struct stranger *s)
{
	struct qf_header head = forge_header(s);

	head.author.b[0] ^= 1;
	say_msg(s, 0, forge_text(s, &head, "forged"));
}

static void message_of_another_room(struct stranger *s)
{
	struct qf_header head = forge_header(s);

	qf_room_id_open(&head.room, "#elsewhere");
	say_msg(s, 0, forge_text(s, &head, "not for here"));
}

static void sealed_message(struct stranger *s)
{
	struct qf_header head = forge_header(s);

	memset(head.key_id, 7, sizeof head.key_id);
	say_msg(s, 0, forge_text(s, &head, "sealed"));
}

static void control_message(struct stranger *s)
{
	struct qf_header head = forge_header(s);

	head.class = QF_CLASS_CONTROL;
	say_msg(s, 0, forge_text(s, &head, "obey"));
}

static void message_of_a_closed_room(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u8(&b, 0);
	qf_put_varint(&b, 99);
	say_payload(s, QF_FRAME_MSG, &b);
}

static void half_a_message(struct stranger *s)
{
	struct qf_header head = forge_header(s);
	struct qf_buf b = { 0 };

	put_msg(&b, 0, forge_text(s, &head, "cut"));
	b.len -= 3;
	say_payload(s, QF_FRAME_MSG, &b);
}

static void message_with_a_tail(struct stranger *s)
{
	struct qf_header head = forge_header(s);
	struct qf_buf b = { 0 };

	put_msg(&b, 0, forge_text(s, &head, "and more"));
	qf_put_u64(&b, 0);
	say_payload(s, QF_FRAME_MSG, &b);
}

static void unknown_flags(struct stranger *s)
{
	struct qf_header head = forge_header(s);

	say_msg(s, 0x80, forge_text(s, &head, "flags"));
}

static void body_too_long(struct stranger *s)
{
	struct qf_buf b = { 0 };

	qf_put_u8(&b, 0);
	qf_put_varint(&b, STRANGER_HANDLE);
	qf_put_raw(&b, s->me.key.b, sizeof s->me.key.b);
	qf_put_u8(&b, 0);
	qf_put_u8(&b, 0);
	put_chance(&b, QF_SIG_BYTES);
	qf_put_varint(&b, 0);
	qf_put_raw(&b, "\x01\x01\x01", 3);
	qf_put_varint(&b, 1);
	qf_put_varint(&b, 1);
	qf_put_u64(&b, 0);
	qf_put_u64(&b, 0);
	qf_put_varint(&b, QF_BODY_BYTES_MAX + 1);
	put_chance(&b, QF_BODY_BYTES_MAX + 1);
	say_payload(s, QF_FRAME_MSG, &b);
}

/* Members of the set, whatever one may think of them (wire.md 3). */

static void say_body(struct stranger *s, struct qf_header head,
                     struct qf_buf *body)
{
	say_msg(s, 0, forge_sealed(s, &head, qf_buf_bytes(body)));
	qf_buf_fini(body);
}

static void strange_members(struct stranger *s)
{
	static const uint64_t stamps[] = { 0, 1, UINT64_MAX - 1, UINT64_MAX };
	struct qf_header head;

	for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
		head = forge_header(s);
		head.hlc = stamps[i];
		head.seq = stamps[i] ? stamps[i] : 1;
		say_msg(s, 0, forge_text(s, &head, "out of time"));
	}
	for (int type = 0; type < 256; type += 51) {
		head = forge_header(s);
		head.type = (uint8_t)type;
		say_msg(s, 0,
		        forge_text(s, &head,
		                   "\x1b]0;owned\x07\xe2\x80\xaeuoy"));
	}
}

static void text_that_is_none(struct stranger *s)
{
	struct qf_buf body = { 0 };

	qf_put_u8(&body, 2);
	qf_put_bytes(&body, qf_bytes("\xff\xfe\x80", 3));
	say_body(s, forge_header(s), &body);
	qf_buf_init(&body, 0);
	put_chance(&body, 1000);
	say_body(s, forge_header(s), &body);
	qf_buf_init(&body, 0);
	say_body(s, forge_header(s), &body);
}

static void longest_body(struct stranger *s)
{
	struct qf_buf body = { 0 };

	put_chance(&body, QF_BODY_BYTES_MAX);
	say_body(s, forge_header(s), &body);
}

static void one_message_a_hundred_times(struct stranger *s)
{
	struct qf_header head = forge_header(s);
	struct qf_envelope *e = forge_text(s, &head, "once");

	for (int i = 0; i < 100; i++)
		say_msg(s, QF_MSG_ASKS_ACK, qf_envelope_ref(e));
	qf_envelope_unref(e);
}

#define NAMED(function) #function, function

const struct attack attacks[] = {
	{ NAMED(random_bytes), TCP, "left" },
	{ NAMED(web_request), TCP, "closed" },
	{ NAMED(random_handshake), TCP, "closed" },
	{ NAMED(half_a_handshake), TCP, "left" },
	{ NAMED(old_tls), TCP, "alert: tlsv1 alert protocol version" },
	{ NAMED(other_alpn), TCP, "left" },
	{ NAMED(no_alpn), TCP, "left" },
	{ NAMED(no_certificate), TCP,
	  "alert: tlsv13 alert certificate required" },
	{ NAMED(p256_certificate), TCP, "alert: " },
	{ NAMED(rsa_certificate), TCP, "alert: " },
	{ NAMED(long_certificate), TCP, "alert: " },
	{ NAMED(garbage_in_tls), TLS, "alert: " },
	{ NAMED(many_key_updates), TLS, "open" },

	{ NAMED(no_greeting), TLS, "bye: no HELLO" },
	{ NAMED(frame_of_no_length), TLS, "bye: a frame of impossible length" },
	{ NAMED(frame_without_end), GREETED,
	  "bye: a frame of impossible length" },
	{ NAMED(frame_of_four_gigabytes), TLS,
	  "bye: a frame of impossible length" },
	{ NAMED(hello_of_noise), TLS, "bye: malformed HELLO" },
	{ NAMED(hello_with_escapes), TLS, "open" },
	{ NAMED(stranger_greet), GREETED,
	  "bye: a frame that has no place here" },
	{ NAMED(longest_frame_of_later), GREETED, "open" },
	{ NAMED(unknown_frame), GREETED,
	  "bye: a frame that has no place here" },
	{ NAMED(names_of_no_room), GREETED, "bye: malformed IHAVE or GRAFT" },
	{ NAMED(prune_of_no_room), GREETED, "bye: malformed PRUNE" },
	{ NAMED(had_more_than_was_named), GREETED,
	  "bye: it had what was not named" },
	{ NAMED(here_of_noise), GREETED, "bye: malformed HERE" },
	{ NAMED(half_a_frame), GREETED, "left" },
	{ NAMED(goodbye), GREETED, "closed" },
	{ NAMED(goodbye_of_noise), GREETED, "closed" },
	{ NAMED(tags_out_of_order), GREETED, "bye: malformed TAGS" },
	{ NAMED(too_many_tags), GREETED, "bye: malformed TAGS" },
	{ NAMED(a_part_of_a_tag), GREETED, "bye: malformed TAGS" },
	{ NAMED(tags_again_and_again), GREETED, "open" },
	{ NAMED(later), GREETED, "bye: malformed LATER" },
	{ NAMED(open_of_another_room), GREETED,
	  "bye: OPEN of a room that did not" },

	{ NAMED(open_again), IN_ROOM, "bye: a room was opened twice" },
	{ NAMED(open_without_end), IN_ROOM, "bye: a room was opened twice" },
	{ NAMED(later), IN_ROOM, "bye: LATER out of turn" },
	{ NAMED(recon_of_another_room), IN_ROOM,
	  "bye: RECON of a room that is not" },
	{ NAMED(recon_of_noise), IN_ROOM, "bye: malformed reconciliation" },
	/* The second is out of turn, or the first is read and malformed. */
	{ NAMED(recon_for_ever), IN_ROOM, "bye: " },
	{ NAMED(have_too_early), IN_ROOM, "bye: something named out of turn" },
	{ NAMED(want_what_was_not_named), IN_ROOM,
	  "bye: something wanted that was" },
	{ NAMED(ack_of_what_was_not_sent), IN_ROOM,
	  "bye: an ACK of what was not" },
	{ NAMED(ping_of_noise), IN_ROOM, "bye: malformed PING" },
	{ NAMED(pong_unasked), IN_ROOM, "open" },

	{ NAMED(good_message), IN_ROOM, "open" },
	{ NAMED(bad_signature), IN_ROOM,
	  "bye: a signature is not its author's" },
	{ NAMED(somebody_elses_name), IN_ROOM,
	  "bye: a signature is not its author" },
	{ NAMED(message_of_another_room), IN_ROOM,
	  "bye: a signature is not its" },
	{ NAMED(sealed_message), IN_ROOM,
	  "bye: an envelope that has no place" },
	{ NAMED(control_message), IN_ROOM,
	  "bye: an envelope that has no place" },
	{ NAMED(message_of_a_closed_room), IN_ROOM, "bye: malformed MSG" },
	{ NAMED(half_a_message), IN_ROOM, "bye: malformed MSG" },
	{ NAMED(message_with_a_tail), IN_ROOM, "bye: malformed MSG" },
	{ NAMED(unknown_flags), IN_ROOM, "bye: malformed MSG" },
	{ NAMED(body_too_long), IN_ROOM, "bye: malformed MSG" },
	{ NAMED(strange_members), IN_ROOM, "open" },
	{ NAMED(text_that_is_none), IN_ROOM, "open" },
	{ NAMED(longest_body), IN_ROOM, "open" },
	{ NAMED(one_message_a_hundred_times), IN_ROOM, "open" },
	{ NULL, NULL, TCP, NULL },
};
