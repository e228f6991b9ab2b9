/** @file Testing a classifier of images: what is printed of it, and what its report shows. */
import { evaluate, nn, predict } from 'diffeo'
import { confusionMatrix, percent, samples } from '../report/text.ts'
import type { ImageClasses, ImageSplit } from '../datasets/images.ts'
import type { ImageClassifier } from '../recipes/recipe.ts'
import type { TestResult } from '../measure.ts'
import { grayPng } from '../report/png.ts'
import type { TestRecord } from './results.ts'

/** Everything that is to be said of a classifier on a split. */
export async function testImages(model: ImageClassifier, split: ImageSplit, classes: number): Promise<TestResult> {
  const { loss, accuracy } = await evaluate(model, split.dataset, { loss: nn.crossEntropy, metrics: ['accuracy'] })
  const logits = await predict(model, split.dataset)
  const predicted = Int32Array.from(await logits.argmax(1).data())
  const confidence = Float32Array.from(await logits.softmax(1).max(1).data())
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  split.raw.labels.forEach((label, i) => confusion[label][predicted[i]]++)
  return { loss, accuracy, confusion, predicted, confidence }
}

/** The result for people to read. */
export function testText({ accuracy, loss, confusion, predicted }: TestResult, { test, classNames }: ImageClasses,
  columns: number): string {
  const count = test.raw.labels.length.toLocaleString('en-US')
  return [
    `\ntest: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)}, on ${count} examples`,
    confusionMatrix(confusion, classNames),
    samples(test.raw, predicted, classNames, Math.min(columns, 120)),
  ].join('\n\n')
}

const mistakesKept = 24

/** The test as the report shows it: the mistakes that the model was most sure of, as pictures. */
export function testRecord(
  { loss, accuracy, confusion, predicted, confidence }: TestResult,
  classes: ImageClasses,
): TestRecord {
  const { labels, pixels, width, height } = classes.test.raw
  const size = width * height
  const wrong = Array.from(labels, (_, i) => i).filter(i => predicted[i] !== labels[i])
  const worst = wrong.sort((a, b) => confidence[b] - confidence[a]).slice(0, mistakesKept)
  const mistakes = worst.map(index => ({
    index,
    is: classes.classNames[labels[index]],
    said: classes.classNames[predicted[index]],
    probability: confidence[index],
    png: grayPng(pixels.subarray(index * size, (index + 1) * size), width, height).toString('base64'),
  }))
  return { loss, accuracy, examples: labels.length, confusion, mistakes }
}
