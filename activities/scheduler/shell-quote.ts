/** One argument as text that bash reads back unchanged (P14). @throws RangeError on a NUL, which no argument can hold. */
export function shellQuote(text: string): string {
  if (text.includes('\0')) throw new RangeError(`A NUL cannot stand in an argument: ${JSON.stringify(text)}`);
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
