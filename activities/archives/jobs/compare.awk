# Compares what was listed with what is there after tar has read it: file=1 NEW file=2 OLD, both as find printed them.
# -v mode=gone      prints the paths that are not there any more
# -v mode=changed   prints the paths that are there and differ, and those that are gone and had hard links, because tar may have
#                   stored what the others link to under the name that is gone
# -v mode=flag -v archive=N -v totals=FILE   prints index entries of what is there: archive, `=` or `~` (changed around the read),
#                   fields; FILE is given how many entries tar was given, and the bytes of those that are there, hard links once
# All NUL-terminated.

BEGIN { RS = "\0" }
FNR % 2 == 1 { record = $0; next }

{
  path = path_of(record)
  entries += file == 2
  if (file == 1) { now[path] = record; goal[path] = $0; next }
  if (!(path in now)) {
    split(record, field, "\t")
    if (mode == "gone" || (mode == "changed" && field[1] == "f" && field[11] > 1)) printf "%s%c", path, 0
    next
  }
  same = now[path] == record && goal[path] == $0
  if (mode == "changed" && !same) printf "%s%c", path, 0
  if (mode == "flag") {
    printf "%s\t%s\t%s%c%s%c", archive, same ? "=" : "~", now[path], 0, goal[path], 0
    split(now[path], field, "\t")
    if (field[1] == "f" && (field[11] == 1 || !counted[field[10] ":" field[12]]++)) bytes += field[9]
  }
}

END { if (mode == "flag") printf "%d %.0f\n", entries, bytes > totals }
