# Part of capture-files.sh: the index of what is captured, and the one of an earlier point that it is compared with. Sourced after parts.sh.
# shellcheck disable=SC2034,SC2154

indexes=${MUSTER_JOB%/jobs/*}/indexes

# A base whose index is not here any more, or is another one, is none.
find_base() {
  local cached
  base=
  has_param base || return 0
  cached=$indexes/$(param component).$(param base)
  if [[ -f $cached ]] && zstd -dqc -- "$cached" >"$W/base" 2>/dev/null && [[ $(sha256_of "$W/base") == "$(param base-index)" ]]; then
    base=$(param base)
  else
    result "{\"type\":\"full\",\"why\":$(json_string "$(hostname) does not have the index of $(param base)")}"
  fi
}

sha256_of() {
  local found
  found=$(openssl dgst -sha256 -r "$1")
  printf '%s' "${found%% *}"
}

# What has changed since the base, of the listing on stdin; what has not goes into the index as it is.
changed() {
  if [[ -z $base ]]; then exec cat; fi
  awk -v "racy=$(($(param base-time) - 2))" -v "base=$base" -v "kept=$W/index.kept" -v "counts=$W/kept" \
    -f "$(param_file path.awk)" -f "$(param_file unchanged.awk)" file=1 "$W/base" file=2 /dev/stdin
}

report_kept() {
  local archive entries bytes
  rm -f -- "$W/base"
  [[ -e $W/kept ]] || return 0
  while read -r archive entries bytes; do
    result "{\"type\":\"kept\",\"archive\":\"$archive\",\"entries\":$entries,\"bytes\":$bytes}"
  done <"$W/kept"
}

# The index, with the SHA-256 of up to 200 small unchanged files spread over the tree: proof of content for a restore.
send_index() {
  local whole=$W/index.all
  find "$W" -maxdepth 1 '(' -name 'index.[0-9]*' -o -name index.kept ')' -print0 | sort -zV | xargs -0 cat >"$whole"
  awk "$(param path.awk)"'
    BEGIN { RS = "\0"; FS = "\t" } NR % 2 && $2 == "=" && $3 == "f" && $11 > 0 && $11 <= 1048576 { paths[++n] = path_of($0) }
    END { step = n > 200 ? n / 200 : 1; for (i = 1; i <= n; i += step) printf "%s%c", paths[int(i)], 0 }' "$whole" >"$W/sampled"
  xargs -0 -r -a "$W/sampled" sha256sum -z -- >"$W/samples" 2>/dev/null || true
  describe "$W/sampled" >"$W/sampled.now" 2>/dev/null || true
  awk -f "$(param_file path.awk)" -f "$(param_file samples.awk)" file=1 "$W/sampled.now" file=2 "$W/samples" file=3 "$whole" >"$W/index"
  index_sha256=$(sha256_of "$W/index")
  zstd -q -3 -o "$W/index.zst" "$W/index"
  put_parts index 1 <"$W/index.zst"
  keep_index
}

# The last four: what was captured and never committed must not push out the one that was.
keep_index() {
  local component
  component=$(param component)
  (umask 077 && mkdir -p -- "$indexes")
  chmod 600 -- "$W/index.zst"
  mv -T -- "$W/index.zst" "$indexes/$component.$(param point)"
  find "$indexes" -maxdepth 1 -type f -name "$component.*" -print0 | sort -zr | tail -zn +5 | xargs -0 -r rm -f --
}
