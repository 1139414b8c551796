# Sets apart what has not changed since an earlier point. file=1: index of that point (archive, flag, type, mode, uid, gid, user,
# group, mtime, ctime, size, dev, links, inode, sha256, path / target); file=2: the listing now, as find printed it.
# Unchanged is what has the same change time, inode and everything else; the device may differ, since many change at every boot.
# An entry whose change time is not older than `racy` (seconds since 1970) may have changed again within one tick of the clock, so
# it counts as changed; so does what changed while it was read, and every folder.
#
# Prints the changed entries as they came. -v kept=FILE is given index entries of the others, -v counts=FILE what is used of each
# archive: its name, entries, bytes. -v base=POINT is the earlier point: its own archives are called <number>@<point> from now on.
# Needs path.awk. It looks at every file there is, so it cuts records by hand: splitting them takes twice as long.

BEGIN { RS = "\0" }
FNR % 2 == 1 { record = $0; next }

file == 1 {
  at = index(record, "\t")
  if (substr(record, at, 3) != "\t=\t" || substr(record, at + 3, 1) == "d") next
  path = path_of(record)
  # Up to the column of the hash, which is `-` where there is none.
  end = length(record) - length(path)
  end -= substr(record, end - 1, 1) == "-" ? 2 : 65
  home[path] = substr(record, 1, at - 1)
  known[path] = substr(record, at + 3, end - at - 2) "\t" $0
  next
}

{
  path = path_of(record)
  if (!(path in known) || !same(known[path], substr(record, 1, length(record) - length(path)) "\t" $0)) {
    printf "%s%c%s%c", record, 0, $0, 0
    next
  }
  archive = home[path]
  if (index(archive, "@") == 0) archive = archive "@" base
  printf "%s\t=\t%s%c%s%c", archive, record, 0, $0, 0 > kept
  entries[archive]++
  if (f[1] == "f" && (f[11] == 1 || !counted[f[10] ":" f[12]]++)) bytes[archive] += f[9]
}

END { for (archive in entries) printf "%s %d %.0f\n", archive, entries[archive], bytes[archive] > counts }

# Leaves the fields of NOW in f. The tenth is the device.
function same(then, now,  i, old) {
  split(now, f, "\t")
  if (f[8] + 0 >= racy) return 0
  if (then == now) return 1
  split(then, old, "\t")
  for (i = 1; i <= 12; i++) if (i != 10 && f[i] != old[i]) return 0
  return substr(now, prefix(f)) == substr(then, prefix(old))
}

# Where the target begins, after the twelve fields and a tab of its own.
function prefix(fields,  i, sum) {
  for (i = 1; i <= 12; i++) sum += length(fields[i]) + 1
  return sum
}
