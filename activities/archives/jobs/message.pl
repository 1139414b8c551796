# message.pl FILE: takes a CMS message with AES-256-GCM (AuthEnvelopedData, RFC 5083) apart, as `openssl cms -stream` writes it: indefinite
# lengths around, the ciphertext in pieces. Leaves the ciphertext alone in FILE, and the message without it in FILE.around. Where it is of
# another form, nothing is changed and the status is 1; where it is cut short or has anything else among the pieces, 2.
use strict;

my ($SEQUENCE, $CONTENT, $OCTETS, $INDEFINITE) = (0x30, 0xa0, 0x04, -1);
# openssl writes pieces of 4 KiB: so many are taken at once where they stand in a row.
my ($AT_ONCE, $HEAD, $PIECE) = (64, "\x04\x82\x10\x00", 4096);
my $BLOCK = $AT_ONCE * (length($HEAD) + $PIECE);

my ($file) = @ARGV;
open my $in, '<:raw', $file or broken($!);
my ($buffer, $at) = ('', 0);
more();
my $content = eval { find_content() } or exit 1;
leave_around();
leave_ciphertext();

# ContentInfo { type, AuthEnvelopedData { version, recipients, EncryptedContentInfo { type, algorithm, content } } }: where the content begins.
sub find_content {
  into($SEQUENCE); over(); into($CONTENT); into($SEQUENCE); over(); over(); into($SEQUENCE); over(); over();
  my $begin = $at;
  into($CONTENT);
  die if ord(substr $buffer, $at, 1) != $OCTETS;
  return $begin;
}

sub into {
  my ($tag, $size) = header();
  die if $tag != $_[0] || $size != $INDEFINITE;
}

sub over {
  my ($tag, $size) = header();
  die if $size == $INDEFINITE;
  $at += $size;
}

# The element of the pieces is ended at once. After it stand the ends of what is around it, and the tag (18 bytes).
sub leave_around {
  open my $end, '<:raw', $file or broken($!);
  sysseek $end, -24, 2 or broken($!);
  (sysread $end, my $tail, 24) == 24 or broken('cut short');
  open my $out, '>:raw', "$file.around" or broken($!);
  put($out, substr($buffer, 0, $content) . "\0\0$tail");
}

# In place: what was read is always ahead of what is written.
sub leave_ciphertext {
  open my $out, '+<:raw', $file or broken($!);
  my ($block, $written) = ('', 0);
  while (1) {
    if (length $buffer < $at + $BLOCK) { forget(); more() }
    if (length $buffer >= $at + $BLOCK && join('', unpack "x$at (a4x$PIECE)$AT_ONCE", $buffer) eq $HEAD x $AT_ONCE) {
      $written += put($out, $block . join '', unpack "x$at (x4a$PIECE)$AT_ONCE", $buffer);
      $block = '';
      $at += $BLOCK;
      next;
    }
    my ($tag, $size) = header();
    last if $tag == 0 && $size == 0;
    broken('no octet string') if $tag != $OCTETS || $size == $INDEFINITE;
    while (length $buffer < $at + $size) { forget(); more() or broken('cut short') }
    $block .= substr $buffer, $at, $size;
    $at += $size;
    if (length $block >= $BLOCK) { $written += put($out, $block); $block = '' }
  }
  $written += put($out, $block);
  truncate $out, $written or broken($!);
}

# The tag and the size of the element at hand; its content is at hand after it.
sub header {
  my ($tag, $size) = unpack 'CC', substr $buffer, $at, 2;
  broken('cut short') if !defined $size;
  $at += 2;
  return ($tag, $size) if $size < 128;
  return ($tag, $INDEFINITE) if $size == 128;
  my $octets = $size - 128;
  broken('cut short') if $octets > 4 || length $buffer < $at + $octets;
  $size = unpack 'N', ("\0" x (4 - $octets)) . substr $buffer, $at, $octets;
  $at += $octets;
  return ($tag, $size);
}

sub more {
  my $read = sysread $in, $buffer, $BLOCK, length $buffer;
  broken($!) if !defined $read;
  return $read;
}

sub forget { substr $buffer, 0, $at, ''; $at = 0 }

sub put {
  my ($out) = @_;
  my $done = 0;
  while ($done < length $_[1]) { $done += syswrite($out, $_[1], length($_[1]) - $done, $done) || broken($!) }
  return $done;
}

sub broken {
  print STDERR "$file: $_[0]\n";
  exit 2;
}
