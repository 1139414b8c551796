#!/bin/bash
# Compares files where they live with the index of a recovery point. Files the service changed since `since` are counted apart.
#
# shellcheck disable=SC1090,SC2154
# params: parts, gets, locations, roots (NUL-separated, with ./), since (seconds since 1970), free (lines: paths under which the
#         plan sets owner and mode), expected (NUL-separated), parts.sh, path.awk, below.awk, differ.awk
#         into (optional): the folder below which the tree was laid out; wanted (NUL-separated, with ./; optional): only these paths,
#         with choose.awk
# secrets: key.<point>
# results: counted ({ why, count, first: base64 }), repaired, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"

format='%y\t%m\t%U\t%G\t%u\t%g\t%T@\t%C@\t%s\t%D\t%n\t%i\t%p\0%l\0'

below_roots() {
  local root
  for root in "${roots[@]}"; do
    [[ .$1 == "$root" || .$1 == "$root"/* ]] && return 0
  done
  return 1
}

need_tools
mapfile -d '' -t roots <"$(param_file roots)"
into=$(param into '')
open_archive index | inflate >"$W/index"
if has_param wanted; then
  mv -- "$W/index" "$W/index.all"
  awk -v out="$W" -f "$(param_file path.awk)" -f "$(param_file choose.awk)" file=1 "$(param_file roots)" file=2 "$(param_file wanted)" \
    file=3 "$W/index.all" file=4 "$W/index.all" >"$W/index"
  mapfile -d '' -t roots <"$W/roots"
fi
awk -v roots="$(printf '%s\n' "${roots[@]}")" -f "$(param_file path.awk)" -f "$(param_file below.awk)" "$W/index" >"$W/index.roots"
(cd "$into/" && find "${roots[@]}" -printf "$format" 2>"$W/find.errors") >"$W/there" || true
awk -v since="$(param since)" -v free="$(param free)" -f "$(param_file path.awk)" -f "$(param_file differ.awk)" file=1 "$W/index.roots" file=2 "$W/there" >"$W/differs"
while IFS=$'\t' read -r why count first; do
  result "{\"type\":\"counted\",\"why\":\"$why\",\"count\":$count,\"first\":\"$first\"}"
done < <(
  for why in $(tr '\n\0' ' \n' <"$W/differs" | cut -f 1 | sort -u); do
    printf '%s\t%s\t%s\n' "$why" "$(grep -z -c "^$why"$'\t' "$W/differs")" "$(grep -z -m 1 "^$why"$'\t' "$W/differs" | cut -z -f 2- | head -c 300 | tr -d '\0' | base64 -w 0)"
  done
)
while IFS= read -r -d '' path; do
  ! has_param wanted || below_roots "$path" || continue
  [[ -e $into$path ]] || result "{\"type\":\"counted\",\"why\":\"missing\",\"count\":1,\"first\":\"$(printf '.%s' "$path" | base64 -w 0)\"}"
done <"$(param_file expected)"
result "{\"type\":\"summary\",\"entries\":$(($(tr -cd "\0" <"$W/there" | wc -c) / 2))}"
