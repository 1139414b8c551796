# The path of a record of a listing or an index: what stands from its first `./` after a tab, since every path is below the root, which
# is `.` itself. A path may hold tabs; what stands before it has no slash.
function path_of(record,  at) {
  at = index(record, "\t./")
  return at ? substr(record, at + 1) : "."
}
