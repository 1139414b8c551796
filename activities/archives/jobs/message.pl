# message.pl FILE COMMAND...: takes a CMS message with AES-256-GCM (AuthEnvelopedData, RFC 5083) apart, as `openssl cms -stream` writes it:
# indefinite lengths around, the ciphertext in pieces. Leaves the message without its ciphertext in FILE.around and the ciphertext in FILE,
# and becomes COMMAND. Widens the pipe at stdout, and the one after it where that is at descriptor 4. Where the message is of another form,
# the status is 64, and FILE is as it was; where it is cut short or has anything else among the pieces, the status is 2.
use strict;

my ($SEQUENCE, $CONTENT, $OCTETS, $INDEFINITE) = (0x30, 0xa0, 0x04, -1);
# openssl writes pieces of 4 KiB. Where another one follows, a piece and the header after it are taken by one read.
my ($NEXT, $PIECE) = ("\x04\x82\x10\x00", 4096);
my $AT_ONCE = 64 * $PIECE;
# Of Linux, whose module would take longer to load than all else.
my $F_SETPIPE_SZ = 1031;
my $WIDE = 1 << 20;

my ($file, @command) = @ARGV;
open my $in, '<:raw', $file or broken($!);
open my $out, '+<:raw', $file or broken($!);
my $content = eval { find_content() } or exit 64;
leave_around();
join_pieces();
# Fewer turns between those who read and those who write. Where it is not allowed they work with what they have.
my @pipes = (*STDOUT);
if (open my $next, '>&=', 4) { push @pipes, $next }
fcntl $_, $F_SETPIPE_SZ, $WIDE for grep { -p $_ } @pipes;
exec @command or broken($!);

# ContentInfo { type, AuthEnvelopedData { version, recipients, EncryptedContentInfo { type, algorithm, content } } }: where the content
# begins. The first of its pieces is at hand after it.
sub find_content {
  into($SEQUENCE); over(); into($CONTENT); into($SEQUENCE); over(); over(); into($SEQUENCE); over(); over();
  my $begin = at();
  into($CONTENT);
  my $first = at();
  my ($tag) = header();
  die if $tag != $OCTETS;
  go_to($first);
  return $begin;
}

sub into {
  my ($tag, $size) = header();
  die if $tag != $_[0] || $size != $INDEFINITE;
}

sub over {
  my ($tag, $size) = header();
  die if $size == $INDEFINITE;
  go_to(at() + $size);
}

# The element of the pieces is ended at once. After it stand the ends of what is around it, and the tag (18 bytes).
sub leave_around {
  my $first = at();
  sysseek $in, -24, 2 or broken($!);
  my $tail = bytes(24);
  go_to(0);
  my $head = bytes($content);
  open my $around, '>:raw', "$file.around" or broken($!);
  put($around, "$head\0\0$tail");
  go_to($first);
}

# In place: what is written is never beyond what was read.
sub join_pieces {
  my ($joined, $filled, $total) = ('', 0, 0);
  my ($tag, $size) = header();
  while ($tag != 0 || $size != 0) {
    broken('no octet string') if $tag != $OCTETS || $size == $INDEFINITE;
    broken('cut short') if $size > -s $in;
    my $read = sysread $in, $joined, $size + length $NEXT, $filled;
    broken($!) if !defined $read;
    broken('cut short') if $read < $size;
    $filled += $size;
    if ($read == $size + length $NEXT && substr($joined, $filled) eq $NEXT) {
      $size = $PIECE;
    } else {
      go_to(at() - ($read - $size));
      ($tag, $size) = header();
    }
    if ($filled >= $AT_ONCE) {
      put($out, substr $joined, 0, $filled);
      $total += $filled;
      $filled = 0;
    }
  }
  put($out, substr $joined, 0, $filled);
  truncate $out, $total + $filled or broken($!);
}

# The tag and the size of the element at hand; its content is at hand after it.
sub header {
  my ($tag, $size) = unpack 'CC', bytes(2);
  return ($tag, $size) if $size < 128;
  return ($tag, $INDEFINITE) if $size == 128;
  my $octets = $size - 128;
  broken('too large') if $octets > 4;
  return ($tag, unpack 'N', ("\0" x (4 - $octets)) . bytes($octets));
}

sub bytes {
  my $read = sysread $in, my $bytes, $_[0];
  broken($!) if !defined $read;
  broken('cut short') if $read < $_[0];
  return $bytes;
}

sub at { return sysseek($in, 0, 1) + 0 }

sub go_to { defined sysseek $in, $_[0], 0 or broken($!) }

sub put {
  my ($to) = @_;
  my $done = 0;
  while ($done < length $_[1]) { $done += syswrite($to, $_[1], length($_[1]) - $done, $done) || broken($!) }
}

sub broken {
  print STDERR "$file: $_[0]\n";
  exit 2;
}
