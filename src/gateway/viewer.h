/* viewer.h - who looks at a room of two keys, and what in it is theirs
 *
 * Guests speak in the rooms of their node's key, each of them alone with one
 * other. What this node said of them stands in the tags of the body, `from` and
 * `to`: a guest of the page is "p:" and its mark there (core/guests.h), one by
 * IRC is named by irc_talk.c. What another node's people say is for a name, so
 * only for who had it when that came.
 */
#ifndef QF_VIEWER_H
#define QF_VIEWER_H

#include "core/direct.h"
#include "core/room.h"

enum { QF_VIEWER_ID_BYTES = 2 + QF_KEY_TEXT_BYTES };

/* A guest of the page. */
struct qf_viewer {
	char id[QF_VIEWER_ID_BYTES];
	char name[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t named_lsn; /* the newest when it took the name */
};

void qf_viewer_id(const struct qf_hash *mark, char out[QF_VIEWER_ID_BYTES]);
/* A guest of the page has that id; its mark. */
bool qf_viewer_mark(const char *id, struct qf_hash *out);
/* It said so itself, by whatever name. */
bool qf_viewer_said(const struct qf_viewer *v, const struct qf_direct *direct,
                    const struct qf_key *author, const struct qf_body *body);
/* v: or NULL, the person of this node. */
bool qf_viewer_sees(const struct qf_viewer *v, const struct qf_direct *direct,
                    const struct qf_key *author, const struct qf_body *body,
                    uint64_t lsn);

#endif
