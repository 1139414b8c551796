/** Who is who under a decision. */

/** People are told apart by what they are called, whatever the capitals. */
export function samePerson(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

export function isAmong(by: string, people: readonly string[]): boolean {
  return people.some((person) => samePerson(person, by));
}
