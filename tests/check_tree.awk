# check_tree.awk - reads the tree's files and prints what breaks a law
#
# Input: the paths of the C files and test scripts, sorted, one a line. With
# -v map=1 the list of source files is printed and nothing is judged.

BEGIN {
	# Who may include whom. Files directly in src/ (main.c, config.c) may
	# include all, and nobody includes them.
	may["core"] = " "
	may["store"] = " core "
	may["gateway"] = " core "
	may["net"] = " gateway store core "
	may["ui"] = " gateway "
	may["page"] = " gateway "

	# Each outside library is included in exactly one folder. A header
	# belongs to a library if its name begins so.
	lives("core", "sodium.h sodium/ utf8proc.h")
	lives("store", "sqlite3")
	lives("net", "uv.h uv/ openssl/ avahi- nats.h nats/")
	lives("gateway", "jansson llhttp.h wslay/ qrencode.h")
	lives("ui", "histedit.h editline/ curses.h ncurses panel.h")
	lives("net", "pthread.h threads.h semaphore.h")
	lives("tests", "cmocka")

	# What cannot reach the world, and so may be used by the pure folders,
	# and what can.
	knows("plain", "assert complex ctype endian errno fenv float inttypes" \
	      " iso646 limits math setjmp stdalign stdarg stdatomic stdbool" \
	      " stddef stdint stdio stdlib stdnoreturn string strings time" \
	      " uchar wchar wctype arpa/inet sys/types")
	knows("worldly", "dirent dlfcn err fcntl fnmatch ftw getopt glob grp" \
	      " ifaddrs langinfo libgen locale malloc netdb poll pwd regex" \
	      " sched search signal spawn sysexits syslog termios unistd wordexp")
	pure["core"] = pure["gateway"] = 1
	worldly_call = "(^|[^a-z_])(randombytes[a-z_]*|getrandom|time" \
		"|clock_gettime|gettimeofday)\\("
}

function lives(folder, prefixes,   i, n, word) {
	n = split(prefixes, word, " ")
	for (i = 1; i <= n; i++)
		home[word[i]] = folder
}

function knows(kind, names,   i, n, word) {
	n = split(names, word, " ")
	for (i = 1; i <= n; i++)
		libc[word[i] ".h"] = kind
}

function say(path, line, sentence) {
	printf "%s:%d: %s\n", path, line, sentence
	bad = 1
}

function base(path) {
	sub(/.*\//, "", path)
	return path
}

# The folder below src/, "src" for a file directly in it, or tests, or bench.
function folder_of(path,   part) {
	if (path ~ /^src\/[^\/]+\//) {
		split(path, part, "/")
		return part[2]
	}
	sub(/\/.*/, "", path)
	return path
}

{
	paths[++path_count] = $0
	exists[$0] = 1
	if ($0 ~ /\.[ch]$/)
		read_c($0)
}

function read_c(path,   line, n) {
	while ((getline line < path) > 0) {
		if (++n == 1)
			first[path] = line
		if (line ~ /^[ \t]*#[ \t]*include[ \t]*[<"]/)
			note_include(path, n, line)
		else if (!map && folder_of(path) in pure &&
		         line ~ worldly_call)
			say(path, n, folder_of(path) "/ is pure: time and" \
			    " randomness come to it in events")
	}
	close(path)
	length_of[path] = n
}

function note_include(path, n, line) {
	includes++
	from[includes] = path
	at[includes] = n
	angled[includes] = line ~ /</
	sub(/^[^<"]*[<"]/, "", line)
	sub(/[>"].*/, "", line)
	what[includes] = line
}

function judge_file(path,   name, start) {
	name = base(path)
	if (name ~ /(^|_)(util|utils|helper|helpers|manager|misc|common)[._]/)
		say(path, 1, "a file is named after its noun, and '" name \
		    "' has none")
	if (path !~ /\.[ch]$/)
		return
	start = "/* " name " - "
	if (index(first[path], start) != 1 ||
	    length(first[path]) == length(start))
		say(path, 1, "the first line says what the file is: '" start \
		    "...'")
	if (path ~ /^src\// && length_of[path] > 800)
		say(path, 801, "over 800 lines: look for the second noun")
}

# What no meson.build names is never compiled, and a test never run.
function judge_listed(path,   name) {
	name = path
	sub(/^[^\/]*\//, "", name)
	if (path !~ /\.h$/ && !quotes(name) && !quotes(path))
		say(path, 1, "no meson.build names it")
}

function quotes(name) {
	return index(meson, "'" name "'")
}

function judge_angled(path, line, header,   folder, owner, kind) {
	folder = folder_of(path)
	owner = owner_of(header)
	kind = kind_of(header)
	if (path !~ /^src\//) {
		if (owner == "tests" && folder != "tests")
			say(path, line, "<" header "> is for tests/ alone")
	} else if (owner != "") {
		if (owner != folder)
			say(path, line, "<" header "> is for " owner "/ alone")
	} else if (kind == "") {
		say(path, line, "<" header "> is neither libc nor a library" \
		    " that has a folder (see check_tree.awk)")
	} else if (kind == "worldly" && folder in pure) {
		say(path, line, folder "/ is pure: no <" header ">")
	}
}

function owner_of(header,   prefix) {
	for (prefix in home)
		if (index(header, prefix) == 1)
			return home[prefix]
	return ""
}

function kind_of(header) {
	if (header in libc)
		return libc[header]
	return header ~ /^(sys|net|netinet|linux)\// ? "worldly" : ""
}

# Quoted names are looked for beside the file, then from src/.
function judge_quoted(i,   path, folder, target, other) {
	path = from[i]
	if (path !~ /^src\//)
		return
	folder = folder_of(path)
	target = path
	sub(/[^\/]*$/, "", target)
	target = target what[i]
	if (!(target in exists))
		target = "src/" what[i]
	if (!(target in exists)) {
		say(path, at[i], "\"" what[i] "\" is not in src/")
		return
	}
	edge[path, ++degree[path]] = target
	edge_line[path, degree[path]] = at[i]
	other = folder_of(target)
	if (folder != other && folder != "src" &&
	    !index(may[folder], " " other " "))
		say(path, at[i], folder "/ may not include " \
		    substr(target, 5) ": it may include " \
		    (may[folder] == " " ? "nothing else" : "only" may[folder]))
}

function visit(path,   i, next_path) {
	colour[path] = "open"
	for (i = 1; i <= degree[path]; i++) {
		next_path = edge[path, i]
		if (colour[next_path] == "open")
			say(path, edge_line[path, i], "closes a cycle of" \
			    " includes with " substr(next_path, 5))
		else if (colour[next_path] == "")
			visit(next_path)
	}
	colour[path] = "done"
}

# One line for each noun: its files and what the header says it is.
function make_map(   f, i, n, order, path, stem, words) {
	n = split("src core store net gateway ui page", order, " ")
	for (f = 1; f <= n; f++) {
		for (i = 1; i <= path_count; i++) {
			path = paths[i]
			if (path !~ /^src\// || folder_of(path) != order[f])
				continue
			stem = substr(path, 5, length(path) - 6)
			if (path ~ /\.c$/ && ("src/" stem ".h") in exists)
				continue
			words = first[path]
			sub(/^[^-]*- */, "", words)
			sub(/ *\*\/$/, "", words)
			if (path ~ /\.h$/ && ("src/" stem ".c") in exists)
				stem = stem ".c .h"
			else
				stem = substr(path, 5)
			map_line[++map_count] = sprintf("%-22s %s", stem, words)
		}
	}
}

# ARCHITECTURE.md holds that list between two markers, and names no other file.
function judge_map(   doc, line, n, seen, inside, wrong) {
	doc = "ARCHITECTURE.md"
	while ((getline line < doc) > 0) {
		n++
		judge_names(doc, n, line)
		if (line ~ /^<!-- end of map/)
			inside = 0
		if (inside && line !~ /^```/ && line != map_line[++seen] && \
		    !wrong)
			wrong = n
		if (line ~ /^<!-- map/)
			inside = 1
	}
	close(doc)
	if (!n)
		say(doc, 1, "is missing")
	else if (wrong || seen < map_count)
		say(doc, wrong ? wrong : n, "the map is not what" \
		    " 'tests/check_tree.sh --map' prints")
}

function judge_names(doc, n, line,   name) {
	while (match(line, /(core|store|net|gateway|ui)\/[a-z_]+\.[ch]/)) {
		name = "src/" substr(line, RSTART, RLENGTH)
		if (!(name in exists))
			say(doc, n, "there is no " name)
		line = substr(line, RSTART + RLENGTH)
	}
}

function slurp(path,   line) {
	while ((getline line < path) > 0)
		meson = meson line "\n"
	close(path)
}

END {
	make_map()
	if (map) {
		for (i = 1; i <= map_count; i++)
			print map_line[i]
		exit 0
	}
	slurp("meson.build")
	slurp("src/meson.build")
	slurp("tests/meson.build")
	slurp("bench/meson.build")
	for (i = 1; i <= path_count; i++) {
		judge_file(paths[i])
		judge_listed(paths[i])
	}
	for (i = 1; i <= includes; i++) {
		if (angled[i])
			judge_angled(from[i], at[i], what[i])
		else
			judge_quoted(i)
	}
	for (i = 1; i <= path_count; i++)
		if (colour[paths[i]] == "")
			visit(paths[i])
	judge_map()
	exit bad + 0
}
