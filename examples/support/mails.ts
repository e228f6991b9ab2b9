/** @file Mails as what networks take: a set of words with their weights, and words in their order. */
import { data } from 'diffeo'
import { baselines, datasets } from '@diffeo/node'

/** Words of a mail that are read in their order, and as a set. */
const [longest, most] = [256, 512]

const textOf = (mail: datasets.Mail): string => `${mail.subject}\n${mail.text}`
export const labelsOf = (mails: readonly datasets.LabelledMail[]): Int32Array =>
  Int32Array.from(mails, m => Number(m.isSpam))
export const column = (labels: Int32Array): data.HostRows => ({
  data: Float32Array.from(labels),
  shape: [labels.length],
})

/**
 * The mails, a fifth of them put aside for the test and a tenth of the others for validation, and what is known of the
 * words of those that are not tested. No mail of one part holds most of a mail of another.
 */
export async function mailsOf(quick: boolean) {
  const { mails, description } = await datasets.spamAssassin()
  const all = quick ? mails.filter((_, i) => i % 20 === 0) : [...mails]
  const ofAll = datasets.textGroups(all.map(textOf))
  const [known, test, groups] = data.trainTestSplit(all, [...ofAll], { testSize: 0.2, seed: 0, groups: ofAll })
  const [fitted, held] = data.trainTestSplit(known, { testSize: 0.1, seed: 0, groups })
  const tokenizer = data.WordTokenizer.train(known.map(textOf), { minCount: 2 })
  const wordsOf = (part: readonly datasets.Mail[]): string[][] => part.map(m => tokenizer.tokens(textOf(m)))
  const tfIdf = baselines.TfIdf.fit(wordsOf(known))
  const inputsOf = (part: readonly datasets.Mail[]): [data.HostRows, data.HostRows, data.HostRows] => [
    ...baselines.padRows(wordsOf(part).map(w => tfIdf.row(w)), most),
    data.padSequences(part.map(m => tokenizer.encode(textOf(m))), { length: longest }).ids,
  ]
  return { known, groups, fitted, held, test, description, words: tokenizer.size, wordsOf, tfIdf, inputsOf }
}
