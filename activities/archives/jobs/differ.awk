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
  split(record, f, "\t")
  path = path_of(record)
  if (path in type) next
  type[path] = f[3]; flag[path] = f[2]; mode[path] = f[4]
  uid[path] = f[5]; gid[path] = f[6]; user[path] = f[7]; group[path] = f[8]
  mtime[path] = f[9]; size[path] = f[11]; target[path] = $0
  for (up = parent(path); up != "" && !(up in above); up = parent(up)) above[up] = 1
  next
}

{
  split(record, f, "\t")
  path = path_of(record)
  if (!(path in type)) { if (f[1] != "d" || !(path in above)) say("extra", path); next }
  seen[path] = 1
  why = ""
  if (f[1] != type[path]) why = "type"
  else if (type[path] == "l" && $0 != target[path]) why = "target"
  else if (type[path] == "f" && flag[path] == "=" && f[9] != size[path]) why = "size"
  else if (type[path] != "l" && flag[path] == "=" && f[7] != mtime[path] && type[path] == "f") why = "time"
  else if (!is_free(path)) {
    if (type[path] != "l" && f[2] != mode[path]) why = "mode"
    else if (f[5] != user[path] && f[3] != uid[path]) why = "owner"
    else if (f[6] != group[path] && f[4] != gid[path]) why = "group"
  }
  if (why == "") next
  if (since != "" && f[7] + 0 > since) why = "since"
  say(why, path)
}

END { for (path in type) if (!(path in seen)) say("missing", path) }

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
