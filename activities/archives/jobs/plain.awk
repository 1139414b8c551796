# Of an index, what a restored entry must be where nothing about it is left open, each ended by NUL: `d mode user group path`,
# `l user group size path target`, and for all else `type mode user group size time path`. A link's size is that of its target, so that no
# two can be taken for each other. Needs path.awk. What may pass beyond that is for differ.awk to say.

BEGIN { RS = "\0" }
NR % 2 { record = $0; next }
{
  path = path_of(record)
  split(record, f, "\t")
  if (f[3] == "d") printf "d\t%s\t%s\t%s\t%s%c", f[4], f[7], f[8], path, 0
  else if (f[3] == "l") printf "l\t%s\t%s\t%s\t%s\t%s%c", f[7], f[8], f[11], path, $0, 0
  else printf "%s\t%s\t%s\t%s\t%s\t%s\t%s%c", f[3], f[4], f[7], f[8], f[11], f[9], path, 0
}
