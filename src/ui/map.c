/* map.c - the command map: who is linked with whom, as a picture */
#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "picture.h"
#include "print.h"
#include "svg.h"

static enum qf_outcome show(const struct qf_reply *map, bool svg)
{
	if (!(svg ? qf_svg_print(stdout, map)
	          : qf_picture_print(stdout, "", map)))
		return QF_NO_MEMORY;
	return qf_print_done(stdout) ? QF_GOOD : QF_DISK;
}

enum qf_outcome qf_map_run(struct qf_stream *s, bool svg, bool json)
{
	struct qf_reply map;
	enum qf_outcome end = qf_ask_plain(s, "map", &map);

	if (end)
		return end;
	if (s->own)
		qf_complain("no node is running here, so nobody is near");
	if (json)
		end = qf_lines_raw(stdout, &map) ? QF_GOOD : QF_DISK;
	else
		end = show(&map, svg);
	qf_reply_fini(&map);
	return end;
}
