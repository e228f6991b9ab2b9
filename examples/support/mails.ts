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

/** The mails, a fifth of them put aside for the test, and what is known of the words of the others. */
export async function mailsOf(quick: boolean) {
  const { mails, description } = await datasets.spamAssassin()
  const all = quick ? mails.filter((_, i) => i % 20 === 0) : [...mails]
  const [known, test] = data.trainTestSplit(all, { testSize: 0.2, seed: 0, stratify: labelsOf(all) })
  const tokenizer = data.WordTokenizer.train(known.map(textOf), { minCount: 2 })
  const wordsOf = (part: readonly datasets.Mail[]): string[][] => part.map(m => tokenizer.tokens(textOf(m)))
  const tfIdf = new baselines.TfIdf(wordsOf(known))
  const inputsOf = (part: readonly datasets.Mail[]): [data.HostRows, data.HostRows, data.HostRows] => [
    ...baselines.padRows(wordsOf(part).map(w => tfIdf.row(w)), most),
    data.padSequences(part.map(m => tokenizer.encode(textOf(m))), { length: longest }).ids,
  ]
  return { known, test, description, words: tokenizer.size, wordsOf, tfIdf, inputsOf }
}
