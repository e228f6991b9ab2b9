/** @file Texts that share much of what they say, as groups: what a test must not know from training. */
import { DataError } from 'diffeo'

export interface TextGroupsOptions {
  /** Two texts are of one group where one has this share of its runs of three words in the other; 0.7. */
  readonly share?: number
}

/**
 * The number of a group for each text. A text goes with each other that holds most of it, however much longer that is
 * (an answer that quotes a mail, a form that was filled in), and with what those go with. For
 * `data.trainTestSplit(texts, { groups })`: no part of the split then holds most of a text of the other.
 *
 * @remarks Case, punctuation and the digits of a number do not count. Runs are counted exactly, by the texts that each
 * run stands in: `data.nearDuplicates` is for more texts, and finds those that are alike as a whole.
 * @throws DataError for a share that is not above 0 and at most 1
 * @example datasets.textGroups(['See you at noon', 'Yes! > see you at noon', 'Cheap pills'])   // [0, 0, 2]
 */
export function textGroups(texts: readonly string[], { share = 0.7 }: TextGroupsOptions = {}): Int32Array {
  if (!(share > 0 && share <= 1))
    throw new DataError(`textGroups: share is ${share}: expected a number above 0, at most 1`)
  const all = texts.map(runsOf)
  const holders = new Map<string, number[]>()
  all.forEach((runs, i) => {
    for (const run of runs) {
      const list = holders.get(run)
      if (list) list.push(i)
      else holders.set(run, [i])
    }
  })
  const groups = Int32Array.from(texts, (_, i) => i)
  const groupOf = (i: number): number => {
    while (groups[i] !== i) i = groups[i] = groups[groups[i]]
    return i
  }
  all.forEach((runs, i) => {
    const common = new Map<number, number>()
    for (const run of runs) for (const j of holders.get(run)!) common.set(j, (common.get(j) ?? 0) + 1)
    for (const [j, count] of common) {
      if (count < share * runs.size) continue
      const [a, b] = [groupOf(i), groupOf(j)]
      // the first of a group names it
      groups[Math.max(a, b)] = Math.min(a, b)
    }
  })
  return groups.map((_, i) => groupOf(i))
}

/** Its runs of three words; all of its words, where they are fewer. */
function runsOf(text: string): Set<string> {
  const words = text.toLowerCase().replace(/\d+/g, '0').match(/[\p{L}\p{M}0]+/gu) ?? []
  const runs = new Set<string>()
  for (let i = 0; i === 0 || i + 3 <= words.length; i++) runs.add(words.slice(i, i + 3).join(' '))
  return runs
}
