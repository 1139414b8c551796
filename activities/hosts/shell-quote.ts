/** Quotes arguments for a POSIX shell, so that a value never becomes syntax. */
export function shellQuote(...words: readonly string[]): string {
  return words.map(quote).join(' ');
}

function quote(word: string): string {
  if (word.includes('\0')) throw new TypeError('an argument of a command cannot hold a NUL byte');
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
