# Takes a CMS message with AES-256-GCM (AuthEnvelopedData, RFC 5083) apart, as `openssl cms -stream` writes it: indefinite lengths around,
# the ciphertext in pieces.
#   message.pl around FILE       the message without its ciphertext; nothing where it is of another form
#   message.pl ciphertext FILE   what its pieces hold, in a row; fails where there is anything else, or less
use strict;
use warnings;

use constant {CHUNK => 1 << 18, OCTETS => 0x04, SEQUENCE => 0x30, CONTENT => 0xa0, INDEFINITE => -1};

my ($wanted, $file) = @ARGV;
open my $in, '<:raw', $file or die "$file: $!\n";
my ($buffer, $at) = ('', 0);
more();
my $content = eval { find_content() };
if ($wanted eq 'around') { put_around() if defined $content }
else { die "$file: its ciphertext is not in pieces\n" if !defined $content; put_pieces() }

# ContentInfo { type, AuthEnvelopedData { version, recipients, EncryptedContentInfo { type, algorithm, content } } }: where the content begins.
sub find_content {
  into(SEQUENCE); over(); into(CONTENT); into(SEQUENCE); over(); over(); into(SEQUENCE); over(); over();
  my $begin = $at;
  into(CONTENT);
  die if ord(substr $buffer, $at, 1) != OCTETS;
  return $begin;
}

sub into {
  my ($tag, $size) = header();
  die if $tag != $_[0] || $size != INDEFINITE;
}

sub over {
  my ($tag, $size) = header();
  die if $size == INDEFINITE;
  $at += $size;
}

# The element of the pieces is ended at once. After it stand the ends of what is around it, and the tag (18 bytes).
sub put_around {
  sysseek $in, -24, 2 or die "$file: $!\n";
  (sysread $in, my $end, 24) == 24 or die "$file: cut short\n";
  put(substr($buffer, 0, $content) . "\0\0$end");
}

sub put_pieces {
  my $out = '';
  while (1) {
    if (length $buffer < $at + 6) { forget(); more() }
    my ($tag, $size) = header();
    last if $tag == 0 && $size == 0;
    die "$file: no octet string\n" if $tag != OCTETS || $size == INDEFINITE;
    while (length $buffer < $at + $size) { forget(); more() or die "$file: cut short\n" }
    $out .= substr $buffer, $at, $size;
    $at += $size;
    if (length $out >= CHUNK) { put($out); $out = '' }
  }
  put($out);
}

# The tag and the size of the element at hand; its content is at hand after it.
sub header {
  my ($tag, $size) = unpack 'CC', substr $buffer, $at, 2;
  die "$file: cut short\n" if !defined $size;
  $at += 2;
  return ($tag, $size) if $size < 128;
  return ($tag, INDEFINITE) if $size == 128;
  my $octets = $size - 128;
  die "$file: cut short\n" if $octets > 4 || length $buffer < $at + $octets;
  $size = unpack 'N', ("\0" x (4 - $octets)) . substr $buffer, $at, $octets;
  $at += $octets;
  return ($tag, $size);
}

sub more { return sysread($in, $buffer, CHUNK, length $buffer) // die "$file: $!\n" }

sub forget { substr $buffer, 0, $at, ''; $at = 0 }

sub put {
  my $done = 0;
  while ($done < length $_[0]) { $done += syswrite(STDOUT, $_[0], length($_[0]) - $done, $done) // die "$!\n" }
}
