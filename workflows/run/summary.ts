/** What the UI shows beside an activity or a timer. */

/** Within the server's limit of 400 bytes, whatever the script. */
export function asSummary(text: string): string {
  return text.slice(0, 180);
}
