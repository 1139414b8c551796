# Compares restored files with the index. file=1: index (archive, flag, type, mode, uid, gid, user, group, mtime, ctime, size,
# dev, links, inode, sha256, path / target); file=2: what is there now, as find printed it (without archive, flag, sha256).
# Prints `<why>\t<path>` NUL-terminated. -v free=LINES: paths whose owner and mode the plan sets (with `/` at the end: all below).
# A folder that the index does not have is no difference where it has something below it: it vanished during the capture, after that.
# -v since=EPOCH: files that differ but were modified after that time are printed as `since` (the service wrote them).

BEGIN {
  RS = "\0"
  count = split(free, loosened, "\n")
}
FNR % 2 == 1 { record = $0; next }

file == 1 {
  path = path_of(record)
  if (path in expected) next
  expected[path] = record
  if ($0 != "") target[path] = $0
  next
}

{
  split(record, f, "\t")
  path = path_of(record)
  if (!(path in expected)) { if (f[1] != "d" || !has_below(path)) say("extra", path); next }
  split(expected[path], e, "\t")
  delete expected[path]
  why = ""
  if (f[1] != e[3]) why = "type"
  else if (e[3] == "l" && $0 != target[path]) why = "target"
  else if (e[3] == "f" && e[2] == "=" && f[9] != e[11]) why = "size"
  else if (e[3] == "f" && e[2] == "=" && f[7] != e[9]) why = "time"
  else if (!is_free(path)) {
    if (e[3] != "l" && f[2] != e[4]) why = "mode"
    else if (f[5] != e[7] && f[3] != e[5]) why = "owner"
    else if (f[6] != e[8] && f[4] != e[6]) why = "group"
  }
  if (why == "") next
  if (since != "" && f[7] + 0 > since) why = "since"
  say(why, path)
}

END { for (path in expected) say("missing", path) }

# Asked of a folder before what it holds was seen: of that nothing is struck from what is expected yet.
function has_below(path,  each, up) {
  if (!looked) for (each in expected) for (up = parent(each); up != "" && !(up in above); up = parent(up)) above[up] = 1
  looked = 1
  return path in above
}

function say(why, path) { printf "%s\t%s%c", why, path, 0 }

function is_free(path,  i) {
  for (i = 1; i <= count; i++) {
    if (loosened[i] == "") continue
    if (path == loosened[i] || path "/" == loosened[i]) return 1
    if (loosened[i] ~ /\/$/ && index(path, loosened[i]) == 1) return 1
  }
  return 0
}

function parent(path) { return sub(/\/[^\/]*$/, "", path) ? path : "" }
