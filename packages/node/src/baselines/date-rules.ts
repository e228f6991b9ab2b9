/** @file Dates by rules. */
import { englishOrdinals } from '../datasets/dates.ts'

/** A day as it is written, and as ISO 8601 has it. */
interface Written { readonly text: string; readonly iso: string }

/** Longer ones first: 'twenty-first' is not 'first', nor is 'sixteenth' a kind of 'sixth'. */
const spoken = [...englishOrdinals].sort((a, b) => b.length - a.length)

/**
 * What a careful programmer would write: the year has four digits; the day is the first number besides, or an English
 * ordinal; of three numbers the second is the month ('18.5.2052'), else it is the one that goes most surely with one of
 * the words, as the known dates have it ('mar' is a Tuesday as well, 'maggio' is May alone).
 * @example baselines.dateRules(known)('4 mai 1998')   // '1998-05-04'
 */
export function dateRules(known: readonly Written[]): (text: string) => string {
  const monthOf = monthsBy(known)
  return text => {
    const small = text.toLowerCase()
    const year = /\d{4}/.exec(small)?.[0] ?? '0000'
    const [first, second] = small.match(/(?<!\d)\d{1,2}(?!\d)/g) ?? []
    const ordinal = spoken.find(word => small.includes(word)) ?? ''
    const day = first ?? String(englishOrdinals.indexOf(ordinal) + 1)
    return [year, second ?? monthOf(small), day].map(part => part.padStart(2, '0')).join('-')
  }
}

/** The month that goes with one of the words of a text most often, of all times that the word was seen. */
function monthsBy(known: readonly Written[]): (text: string) => string {
  const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{M}]+/gu) ?? []
  const counts = new Map<string, number[]>()
  for (const { text, iso } of known) for (const word of wordsOf(text.toLowerCase())) {
    if (!counts.has(word)) counts.set(word, new Array<number>(12).fill(0))
    counts.get(word)![Number(iso.slice(5, 7)) - 1]++
  }
  const likeliest = (word: string): readonly [share: number, month: number] => {
    const of = counts.get(word) ?? [0]
    const most = Math.max(...of)
    return [most / (1 + of.reduce((sum, n) => sum + n, 0)), of.indexOf(most) + 1]
  }
  return text => {
    const found = wordsOf(text).map(likeliest).sort(([a], [b]) => b - a)
    return String(found.length > 0 ? found[0][1] : 0)
  }
}
