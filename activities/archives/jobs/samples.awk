# Adds a column to the index: the SHA-256 of the sampled files, `-` for the others. file=1: listing of the sampled files
# taken after hashing; file=2: hashes (`<hex>  <path>`); file=3: the index. A sample whose file changed meanwhile is dropped.

BEGIN { RS = "\0" }

file == 1 && FNR % 2 == 1 { now[path_of($0)] = $0 }
file == 2 { hash[substr($0, 67)] = substr($0, 1, 64) }

file == 3 && FNR % 2 == 1 {
  path = path_of($0)
  sum = (path in hash) && now[path] == substr($0, index($0, "\t") + 3) ? hash[path] : "-"
  printf "%s%s\t%s%c", substr($0, 1, length($0) - length(path)), sum, path, 0
}
file == 3 && FNR % 2 == 0 { printf "%s%c", $0, 0 }
