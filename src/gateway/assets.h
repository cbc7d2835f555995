/* assets.h - the files of the page, compressed, as they are in the program
 *
 * Made of src/page/ at build time (src/page/build.mjs).
 */
#ifndef QF_ASSETS_H
#define QF_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct qf_asset {
	const char *path;
	const char *type;
	const char *etag;     /* with its quotes */
	const uint8_t *bytes; /* gzip */
	size_t len;
};

extern const struct qf_asset qf_assets[];
extern const size_t qf_asset_count;

#endif
