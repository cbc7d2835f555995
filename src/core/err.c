/* err.c - the words for each code */
#include "err.h"

const char *qf_err_text(int err)
{
	switch (err) {
	case QF_OK:
		return "no error";
#define X(name, text)                                                          \
	case QF_E_##name:                                                      \
		return text;
		QF_ERRS(X)
#undef X
	default:
		return "unknown error";
	}
}
