/**
 * @file Mails as what networks take, a set of words with their weights and words in their order; and what five networks
 * say of them beside two classifiers.
 */
import { data } from 'diffeo'
import { baselines, datasets, type recipes } from '@diffeo/node'

/** Words of a mail that are read in their order, and as a set: with 512 the bag lost the rarest of long mails. */
const [longest, most] = [256, 1024]

const textOf = (mail: datasets.Mail): string => `${mail.subject}\n${mail.text}`
export const labelsOf = (mails: readonly datasets.LabelledMail[]): Int32Array =>
  Int32Array.from(mails, m => Number(m.isSpam))
export const column = (labels: Int32Array): data.HostRows => ({
  data: Float32Array.from(labels),
  shape: [labels.length],
})

const wordsOf = (tokenizer: data.WordTokenizer, mails: readonly datasets.Mail[]): string[][] =>
  mails.map(m => tokenizer.tokens(textOf(m)))

/** Mails as sets of words, what each weighs, and words in their order. */
export const inputsOf = (
  tokenizer: data.WordTokenizer, tfIdf: baselines.TfIdf, mails: readonly datasets.Mail[],
): [set: data.HostRows, weights: data.HostRows, ids: data.HostRows] => [
  ...baselines.padRows(wordsOf(tokenizer, mails).map(w => tfIdf.row(w)), most),
  data.padSequences(mails.map(m => tokenizer.encode(textOf(m))), { length: longest }).ids,
]

/**
 * The mails, a fifth of them put aside for the test and a tenth of the others for validation, what is known of the
 * words of those that are not tested, and what two classifiers say by them. No mail of one part holds most of a mail
 * of another.
 */
export async function mailsOf(quick: boolean) {
  const { mails, description } = await datasets.spamAssassin()
  const all = quick ? mails.filter((_, i) => i % 20 === 0) : [...mails]
  const ofAll = datasets.textGroups(all.map(textOf))
  const [known, test, groups] = data.trainTestSplit(all, [...ofAll], { testSize: 0.2, seed: 0, groups: ofAll })
  const [fitted, held] = data.trainTestSplit(known, { testSize: 0.1, seed: 0, groups })
  const tokenizer = data.WordTokenizer.train(known.map(textOf), { minCount: 2 })
  const tfIdf = baselines.TfIdf.fit(wordsOf(tokenizer, known))
  const compared = baselines.byWords(
    tfIdf,
    { words: wordsOf(tokenizer, known), labels: labelsOf(known), groups },
    { words: wordsOf(tokenizer, test), labels: labelsOf(test) },
  )
  return { fitted, held, test, description, tokenizer, tfIdf, compared }
}

/** What a network reaches on the test, and its loss on what it is chosen by. */
export interface Found extends baselines.Scores { readonly name: string; readonly validation: number }

/** Of each network, and of the best, as measures; `compared` has the scores of the classifiers. */
export function measuresOf(
  found: readonly Found[], compared: Readonly<Record<string, baselines.Scores>>, print: (line: string) => void,
): recipes.Measure[] {
  // chosen by a tenth of the training mails: none is taken for the best because of what it does on the test
  const best = found.reduce((a, b) => (b.validation < a.validation ? b : a))
  print(`the best by validation: ${best.name}`)
  const [accuracies, f1s] = (['accuracy', 'f1'] as const).map(key =>
    Object.fromEntries(Object.entries(compared).map(([name, scores]) => [name, scores[key]])))
  const goal = Math.max(...Object.values(accuracies))
  return [
    {
      name: 'accuracy of the best by validation', value: best.accuracy, unit: 'share',
      atLeast: 0.98, baselines: accuracies,
    },
    ...found.flatMap(({ name, accuracy, f1 }): recipes.Measure[] => [
      { name: `accuracy, ${name}`, value: accuracy, unit: 'share', atLeast: goal, baselines: accuracies },
      { name: `F1, ${name}`, value: f1, unit: 'share', baselines: f1s },
    ]),
  ]
}
