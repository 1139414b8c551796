# Of an index, what lies at or below the roots (-v roots=LINES): the parents of the roots stand in it too. NUL-separated pairs, as they came.
# Needs path.awk.

BEGIN { RS = "\0"; n = split(roots, root, "\n") }
NR % 2 {
  record = $0; path = path_of($0); keep = 0
  for (i = 1; i <= n; i++) if (path == root[i] || index(path, root[i] "/") == 1) keep = 1
  next
}
keep { printf "%s%c%s%c", record, 0, $0, 0 }
