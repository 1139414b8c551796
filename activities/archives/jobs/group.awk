# Groups a listing into archives. Reads NUL-terminated pairs (fields and path, link target); writes list.<n> (the same pairs)
# and names.<n> (paths for tar). Directories are archive 0, which is unpacked last; files start at 1.
# Prints how many archives of files, entries and bytes there are; `sizes` lists bytes and number of each archive, and how many
# bytes come out for it at most if nothing grows much and nothing can be compressed.
# Hard links of one inode share an archive, because a link over two archives becomes two files.
# -v limit=BYTES -v most=ENTRIES -v out=FOLDER

BEGIN { RS = "\0"; n = 0; bytes = 0; held = 0; total = 0; entries = 0 }

NR % 2 == 1 { record = $0; next }

{
  target = $0
  split(record, field, "\t")
  path = path_of(record)
  entries++
  if (field[1] == "d") { write(0); next }
  size = field[1] == "f" ? field[9] + 0 : 0
  inode = field[10] ":" field[12]
  if (field[1] == "f" && field[11] > 1 && (inode in home)) { write(home[inode]); next }
  total += size
  # A file that fills an archive by itself gets its own; small ones are kept together.
  if (n == 0 || held >= most || (held > 0 && bytes + size > limit)) { n++; bytes = 0; held = 0 }
  bytes += size; held++
  filled[n] += size
  if (field[1] == "f" && field[11] > 1) home[inode] = n
  write(n)
}

function write(archive) {
  most_of[archive] += (field[1] == "f" ? field[9] : 0) + 3072 + length(record) * 2 + length(target) * 2
  if (archive != last) {
    if (last != "") { close(out "/list." last); close(out "/names." last) }
    last = archive
  }
  printf "%s%c%s%c", record, 0, target, 0 >> (out "/list." archive)
  printf "%s%c", path, 0 >> (out "/names." archive)
}

# The order to work in, largest first: the last ones should not leave cores idle. Folders are small.
END {
  for (i = 0; i <= n; i++) printf "%.0f %d %.0f\n", filled[i], i, most_of[i] * 1.01 + 131072 > (out "/sizes")
  printf "%d %d %.0f\n", n, entries, total
}
