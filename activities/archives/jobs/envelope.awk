# Takes a CMS message with AES-256-GCM (AuthEnvelopedData, RFC 5083) apart. Reads its first bytes, as `od -tu1` prints them; prints where
# the ciphertext begins (a count of bytes from 0), its length, and what stands before it as \xNN, with indefinite lengths in place of
# those that counted the ciphertext. Prints nothing for a message of another form, as `openssl cms -stream` writes it.

{ for (i = 1; i <= NF; i++) byte[count++] = $i }

END {
  at = enter(0, 48)                                                  # ContentInfo
  type = from(at, after(at)); at = enter(enter(after(at), 160), 48)  # AuthEnvelopedData
  recipients = from(at, after(after(at))); at = enter(after(after(at)), 48)  # version, recipients; EncryptedContentInfo
  cipher = from(at, after(after(at))); at = after(after(at))         # content type, algorithm
  if (byte[at] != 128) broken = 1
  measure(at)
  if (broken) exit
  open = "\\x30\\x80"
  printf "%d %.0f %s\n", at + head, size, open type "\\xa0\\x80" open recipients open cipher "\\x00\\x00"
}

# Header and length of the element at AT. Of indefinite length is none that we read.
function measure(at,  octets, i) {
  head = 2
  size = byte[at + 1]
  if (at + 1 >= count || size == 128) { broken = 1; size = 0; return }
  if (size < 128) return
  octets = size - 128
  size = 0
  for (i = 0; i < octets; i++) size = size * 256 + byte[at + 2 + i]
  head += octets
}

function enter(at, tag) {
  if (byte[at] != tag) broken = 1
  measure(at)
  return at + head
}

function after(at) {
  measure(at)
  return at + head + size
}

function from(begin, end,  i, text) {
  if (end > count) { broken = 1; return "" }
  for (i = begin; i < end; i++) text = text sprintf("\\x%02x", byte[i])
  return text
}
