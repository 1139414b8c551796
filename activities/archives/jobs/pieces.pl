# pieces.pl FILE BEGIN: what the octet strings hold that stand in a row from BEGIN on, up to their end (two zeros). Fails where there is
# anything else, or less.
use strict;
use warnings;

my ($file, $begin) = @ARGV;
open my $in, '<:raw', $file or die "$file: $!\n";
seek $in, $begin, 0 or die "$file: $!\n";
binmode STDOUT;
while (1) {
  my ($tag, $size) = unpack 'CC', take(2);
  last if $tag == 0 && $size == 0;
  die "$file: no octet string\n" if $tag != 4 || $size == 128;
  if ($size > 128) {
    my @octets = unpack 'C*', take($size - 128);
    $size = 0;
    $size = $size * 256 + $_ for @octets;
  }
  print take($size) or die "$!\n";
}
close STDOUT or die "$!\n";

sub take {
  my $got = read $in, my $bytes, $_[0];
  die "$file: cut short\n" if !defined $got || $got != $_[0];
  return $bytes;
}
