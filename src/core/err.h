/* err.h - what can go wrong in the world, as codes and as words
 *
 * Our own bugs are asserts and a peer's faults are drop effects, so neither
 * is in this table. A function that can fail returns QF_OK (0) or one of the
 * negative codes below.
 */
#ifndef QF_ERR_H
#define QF_ERR_H

#define QF_ERRS(X)                                                             \
	X(NOMEM, "out of memory")                                              \
	X(IO, "disk or network failed")                                        \
	X(LIMIT, "over a limit in limits.h")                                   \
	X(MALFORMED, "malformed")                                              \
	X(TAKEN, "already in use")                                             \
	X(NOTFOUND, "not found")                                               \
	X(DENIED, "not permitted")                                             \
	X(NEWER, "written by a newer version")                                 \
	X(AGAIN, "try again")

enum qf_err_rank {
	QF_ERR_RANK_OK,
#define X(name, text) QF_ERR_RANK_##name,
	QF_ERRS(X)
#undef X
};

enum qf_err {
	QF_OK = 0,
#define X(name, text) QF_E_##name = -QF_ERR_RANK_##name,
	QF_ERRS(X)
#undef X
};

/* One sentence for a code, never NULL, static. */
const char *qf_err_text(int err);

#endif
