# Finds the ciphertext in a CMS message with AES-256-GCM (AuthEnvelopedData, RFC 5083) as `openssl cms -stream` writes it: indefinite lengths
# around, the ciphertext in pieces. Reads the message's first bytes, as `od -tu1` prints them; prints where the first piece begins (a count
# of bytes from 0), and what stands before the pieces as \xNN, with the element that would hold them ended. Prints nothing for a
# message of another form.

{ for (i = 1; i <= NF; i++) byte[count++] = $i }

END {
  at = enter(0, 48)                              # ContentInfo
  at = enter(enter(after(at), 160), 48)          # its type; AuthEnvelopedData
  at = enter(after(after(at)), 48)               # its version and recipients; EncryptedContentInfo
  at = after(after(at))                          # its type and algorithm
  begin = enter(at, 160)
  if (byte[begin] != 4) broken = 1
  if (broken) exit
  for (i = 0; i < at; i++) before = before sprintf("\\x%02x", byte[i])
  print begin, before "\\x00\\x00"
}

# Where the content of the element at AT begins, which is of that tag and of indefinite length.
function enter(at, tag) {
  if (byte[at] != tag || byte[at + 1] != 128) broken = 1
  return at + 2
}

# Where the element after the one at AT begins. That one's length is definite.
function after(at,  size, octets, i) {
  size = byte[at + 1]
  if (at + 1 >= count || size == 128) { broken = 1; return at }
  if (size < 128) return at + 2 + size
  octets = size - 128
  size = 0
  for (i = 0; i < octets; i++) size = size * 256 + byte[at + 2 + i]
  return at + 2 + octets + size
}
