# Cuts an index down to what is wanted of it. file=1: roots; file=2: wanted paths; file=3 and file=4: the index, twice; all
# NUL-separated. -v out=FOLDER gets
#   roots    what is to be switched in: each wanted path inside a root, or the roots below a wanted path; NUL-separated
#   absent   wanted paths that the index does not have, a line each
#   totals   entries and bytes of what is wanted
# Prints the entries of these, of the folders above them, and of whatever is hard-linked with them: a link cannot be unpacked
# without the name that its archive keeps the content under.

BEGIN {
  RS = "\0"
  printf "" > (out "/absent"); printf "" > (out "/roots")
}

file == 1 { root[++roots] = $0; next }
file == 2 { want[++wanted] = $0; next }
file == 4 && FNR == 1 { choose() }

FNR % 2 == 1 {
  record = $0
  split($0, field, "\t")
  path = path_of($0)
  inode = field[3] == "f" && field[13] > 1 ? field[1] ":" field[12] ":" field[14] : ""
  next
}

file == 3 {
  there[path] = 1
  for (i = 1; i <= wanted; i++) if (inode != "" && within(path, want[i])) linked[inode] = 1
  next
}

{
  mine = below_one(path)
  if (mine) {
    entries++
    if (field[3] == "f" && (inode == "" || !counted[inode]++)) bytes += field[11]
  }
  if (mine || above_one(path) || inode in linked) printf "%s%c%s%c", record, 0, $0, 0
}

END { printf "%d %.0f\n", entries, bytes > (out "/totals") }

# A wanted path below another wanted one comes with that.
function choose(  i, j, found, covered) {
  for (i = 1; i <= wanted; i++) {
    found = 0
    for (j = 1; j <= roots; j++) {
      if (within(want[i], root[j]) && (want[i] in there)) { add(want[i]); found = 1 }
      else if (within(root[j], want[i]) && (root[j] in there)) { add(root[j]); found = 1 }
    }
    if (!found) printf "%s\n", substr(want[i], 2) > (out "/absent")
  }
  for (i = 1; i <= chosen; i++) {
    covered = 0
    for (j = 1; j <= chosen; j++) if (i != j && within(choice[i], choice[j])) covered = 1
    if (!covered) printf "%s%c", choice[i], 0 > (out "/roots")
  }
  close(out "/roots"); close(out "/absent")
}

function add(path) { if (!(path in added)) { added[path] = 1; choice[++chosen] = path } }

function below_one(path,  i) {
  for (i = 1; i <= chosen; i++) if (within(path, choice[i])) return 1
  return 0
}

function above_one(path,  i) {
  for (i = 1; i <= chosen; i++) if (within(choice[i], path)) return 1
  return 0
}

function within(path, folder) { return path == folder || index(path, folder "/") == 1 }
