/* forge.h - what a stranger makes up: envelopes, payloads, mutants
 *
 * All chance comes from one seed, so an attack can be repeated.
 */
#ifndef FORGE_H
#define FORGE_H

#include "core/batch.h"
#include "stranger.h"

void chance_init(uint64_t seed);
uint64_t chance(void);
void put_chance(struct qf_buf *to, size_t len);

/* Send, and release the buffer. */
void say(struct stranger *s, struct qf_buf *bytes);
void say_payload(struct stranger *s, uint8_t type, struct qf_buf *payload);
void say_number(struct stranger *s, uint8_t type, uint64_t number);

/* A RECON of one range with all keys: so many ids that nobody
 * has, or a sum that nobody has. */
void put_list(struct qf_buf *to, size_t ids);
void put_sum(struct qf_buf *to);

/* Of a text that the stranger says in its room now. */
struct qf_header forge_header(const struct stranger *s);
/* Signed, alone below its root, whatever the header says. */
struct qf_envelope *forge_sealed(const struct stranger *s,
                                 const struct qf_header *head,
                                 struct qf_bytes body);
struct qf_envelope *forge_text(const struct stranger *s,
                               const struct qf_header *head, const char *text);
/* The payload of a MSG; takes the envelope. */
void put_msg(struct qf_buf *to, uint8_t flags, struct qf_envelope *e);
void say_msg(struct stranger *s, uint8_t flags, struct qf_envelope *e);

/* A payload of that type that would do on this link. */
void forge_payload(struct stranger *s, uint8_t type, struct qf_buf *to);
/* Change it a little. */
void forge_mutate(struct qf_buf *b);

#endif
