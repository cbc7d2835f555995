/* answers.h - what the node answers to an order, printed */
#ifndef QF_ANSWERS_H
#define QF_ANSWERS_H

#include "chat.h"

/* Nothing but a refusal is printed. */
void qf_answer_quietly(struct qf_chat *c, const struct qf_asked *a,
                       const struct qf_reply *reply);
qf_asked_take qf_answer_disconnect, qf_answer_join, qf_answer_page,
	qf_answer_place, qf_answer_part, qf_answer_forget, qf_answer_away,
	qf_answer_back, qf_answer_who, qf_answer_names, qf_answer_whois,
	qf_answer_rooms, qf_answer_contacts, qf_answer_remembered,
	qf_answer_history, qf_answer_connect, qf_answer_connect_name,
	qf_answer_links, qf_answer_guests, qf_answer_map, qf_answer_doctor;

#endif
