/** @file Dates by rules. */

/** A day as it is written, and as ISO 8601 has it. */
interface Written { readonly text: string; readonly iso: string }

/**
 * What a programmer would write: year and day are the numbers as they stand, and the month is the one that goes most
 * surely with one of the words, as the known dates have it.
 * @example baselines.dateRules(known)('4 mai 1998')   // '1998-05-04'
 */
export function dateRules(known: readonly Written[]): (text: string) => string {
  const months = new Map<string, number[]>()
  const words = (text: string): string[] => text.match(/\p{L}+/gu) ?? []
  for (const { text, iso } of known) for (const word of words(text)) {
    if (!months.has(word)) months.set(word, new Array<number>(12).fill(0))
    months.get(word)![Number(iso.slice(5, 7)) - 1]++
  }
  const likeliest = (word: string): readonly [share: number, month: number] => {
    const counts = months.get(word) ?? [0]
    const most = Math.max(...counts)
    return [most / (1 + counts.reduce((sum, n) => sum + n, 0)), counts.indexOf(most) + 1]
  }
  return text => {
    const [, month] = words(text).map(likeliest).sort(([a], [b]) => b - a)[0] ?? [0, 1]
    const [year, day] = [/\d{4}/, /\b\d{1,2}(?!\d)/].map(p => p.exec(text)?.[0] ?? '1')
    return `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`
  }
}
