# message.pl FILE COMMAND...: takes a CMS message with AES-256-GCM (AuthEnvelopedData, RFC 5083) apart, as `openssl cms -stream` writes it:
# indefinite lengths around, the ciphertext in pieces. Leaves the message without its ciphertext in FILE.around, and becomes COMMAND, where
# the argument CIPHERTEXT stands for a file to read the ciphertext from. Widens the pipe at stdout, and the one after it where that is at
# descriptor 4. Where the message is of another form, the status is 64 and nothing was run; where it is cut short or has anything else
# among the pieces, the command sees the ciphertext end early.
use strict;

my ($SEQUENCE, $CONTENT, $OCTETS, $INDEFINITE) = (0x30, 0xa0, 0x04, -1);
# openssl writes pieces of 4 KiB: so many are taken at once where they stand in a row.
my ($AT_ONCE, $HEAD, $PIECE) = (64, "\x04\x82\x10\x00", 4096);
my $BLOCK = $AT_ONCE * (length($HEAD) + $PIECE);
# Of Linux, whose module would take longer to load than all else.
my ($F_SETFD, $F_SETPIPE_SZ) = (2, 1031);
my $WIDE = 1 << 20;

my ($file, @command) = @ARGV;
open my $in, '<:raw', $file or broken($!);
my ($buffer, $at) = ('', 0);
more();
my $content = eval { find_content() } or exit 64;
leave_around();
pipe my $from, my $to or broken($!);
defined(my $child = fork) or broken($!);
if (!$child) {
  # Of a command that ends early this one must hear; and whoever reads the clear text waits for its end from the command alone.
  close $from;
  open STDOUT, '>', '/dev/null' or broken($!);
  send_ciphertext($to);
  exit 0;
}
close $to;
# Fewer turns between those who read and those who write. Where it is not allowed they work with what they have.
my @pipes = ($from, *STDOUT);
if (open my $next, '>&=', 4) { push @pipes, $next }
fcntl $_, $F_SETPIPE_SZ, $WIDE for grep { -p $_ } @pipes;
fcntl $from, $F_SETFD, 0 or broken($!);
exec map { $_ eq 'CIPHERTEXT' ? '/dev/fd/' . fileno $from : $_ } @command or broken($!);

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

sub send_ciphertext {
  my ($out) = @_;
  my $block = '';
  while (1) {
    if (length $buffer < $at + $BLOCK) { forget(); more() }
    if (length $buffer >= $at + $BLOCK && join('', unpack "x$at (a4x$PIECE)$AT_ONCE", $buffer) eq $HEAD x $AT_ONCE) {
      put($out, $block . join '', unpack "x$at (x4a$PIECE)$AT_ONCE", $buffer);
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
    if (length $block >= $BLOCK) { put($out, $block); $block = '' }
  }
  put($out, $block);
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
}

sub broken {
  print STDERR "$file: $_[0]\n";
  exit 2;
}
