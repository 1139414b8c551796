# Sets apart what has not changed since an earlier point. file=1: index of that point (archive, flag, type, mode, uid, gid, user,
# group, mtime, ctime, size, dev, links, inode, sha256, path / target); file=2: the listing now, as find printed it.
# Unchanged is what has the same change time, inode and everything else; the device may differ, since many change at every boot.
# An entry whose change time is not older than `racy` (seconds since 1970) may have changed again within one tick of the clock, so
# it counts as changed; so does what changed while it was read, and every folder.
#
# Prints the changed entries as they came. -v kept=FILE is given index entries of the others, -v counts=FILE what is used of each
# archive: its name, entries, bytes. -v base=POINT is the earlier point: its own archives are called <number>@<point> from now on.

BEGIN { RS = "\0" }
FNR % 2 == 1 { record = $0; next }

file == 1 {
  split(record, f, "\t")
  if (f[2] != "=" || f[3] == "d" || f[10] + 0 >= racy) next
  known[after(record, 15)] = f[1] "\t" facts(3, 13, 14) "\t" $0
  next
}

{
  split(record, f, "\t")
  path = after(record, 12)
  if (!(path in known) || substr(known[path], index(known[path], "\t") + 1) != facts(1, 11, 12) "\t" $0) {
    printf "%s%c%s%c", record, 0, $0, 0
    next
  }
  archive = substr(known[path], 1, index(known[path], "\t") - 1)
  if (index(archive, "@") == 0) archive = archive "@" base
  printf "%s\t=\t%s%c%s%c", archive, record, 0, $0, 0 > kept
  entries[archive]++
  if (f[1] == "f" && (f[11] == 1 || !counted[f[10] ":" f[12]]++)) bytes[archive] += f[9]
}

END { for (archive in entries) printf "%s %d %.0f\n", archive, entries[archive], bytes[archive] > counts }

# Type to size, then the number of links and the inode.
function facts(from, links, inode,  i, text) {
  for (i = from; i < from + 9; i++) text = text f[i] "\t"
  return text f[links] "\t" f[inode]
}

function after(text, tabs) {
  while (tabs-- > 0) text = substr(text, index(text, "\t") + 1)
  return text
}
