/**
 * @file Spoken digits: a small convolutional network hears which of ten words was said, in accents and voices that it
 * has not heard. The speech is synthetic, made by eSpeak NG; half of the test is how much of it noise leaves.
 */
import { compile, concat, data, evaluate, nn, optim, predict, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const { transforms } = data
/** Samples a second. Each example is brought to one second: that many samples. */
const rate = 22050
/** From one column of the picture of frequencies to the next: 20 ms. */
const hopLength = 441
const frequencies = { sampleRate: rate, nFft: 512, hopLength, nMels: 40, fMin: 60, fMax: 8000 }

const block = (from: number, to: number): nn.AnyModule[] =>
  [new nn.Conv2d(from, to, 3, { padding: 1 }), new nn.BatchNorm2d(to), new nn.ReLU(), new nn.MaxPool2d(2)]

/**
 * From pictures [batch, 1, 40 mels, 51 columns] to logits of ten words: what is heard counts in five bands, not when.
 */
const createModel = (): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  ...block(1, 16), ...block(16, 32), ...block(32, 64),
  new nn.AdaptiveAvgPool2d([5, 1]), new nn.Flatten(), new nn.Dropout(0.2), new nn.Linear(64 * 5, 10),
)

/** The word without the silence around it, in one second of silence, and how many samples it has. */
function wordOf(sound: Float32Array): { samples: Float32Array; length: number } {
  const threshold = 0.05 * sound.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  const isLoud = (v: number): boolean => Math.abs(v) > threshold
  const from = Math.max(0, sound.findIndex(isLoud) - 500)
  const word = sound.subarray(from, Math.min(from + rate, sound.findLastIndex(isLoud) + 1))
  const samples = new Float32Array(rate)
  samples.set(word)
  return { samples, length: word.length }
}

/** White noise all over, so many decibels below the word of `length` samples: the silence behind it is not loud. */
export function addNoise(samples: Float32Array, length: number, random: data.Random, decibels: number): void {
  const power = samples.reduce((sum, v) => sum + v * v, 0) / Math.max(1, length)
  const scale = Math.sqrt(power / 10 ** (decibels / 10))
  random.normals(samples.length).forEach((n, i) => { samples[i] += scale * n })
}

/** Loudness by mels and time, without what is always there; and 13 cepstral coefficients, which the baselines hear. */
const listen = compile((samples: Tensor) => {
  const mels = transforms.amplitudeToDB(transforms.melSpectrogram(samples, frequencies), { topDb: 60 })
  return {
    picture: mels.sub(mels.mean(2, { keepdims: true })).div(20).unsqueeze(1),
    cepstra: transforms.mfcc(samples, { ...frequencies, nMfcc: 13 }).transpose(1, 2),
  }
})

interface Heard {
  readonly pictures: Tensor
  readonly labels: Tensor
  /** The coefficients of each word, column by column. */
  readonly series: readonly baselines.Series[]
}

/** A part of the set as the models hear it; noise is of so many decibels below the words. */
async function hear(split: datasets.SpokenSplit, noise?: (random: data.Random) => number): Promise<Heard> {
  const words = new data.TransformDataset(split, ([sound, label], random) => {
    const { samples, length } = wordOf(sound.data)
    if (noise) addNoise(samples, length, random, noise(random))
    return [samples, Math.max(1, Math.floor(length / hopLength)), label] as [Float32Array, number, number]
  })
  const [pictures, labels, series]: [Tensor[], Tensor[], baselines.Series[]] = [[], [], []]
  for await (const [samples, columns, label] of new data.DataLoader(words, { batchSize: 100, labels: 'int32' })) {
    const { picture, cepstra } = listen(samples)
    const [values, size] = [await cepstra.data() as Float32Array, cepstra.shape[1] * cepstra.shape[2]]
    for (const [i, frames] of (await columns.data()).entries())
      series.push({ data: values.slice(i * size, i * size + frames * 13), frames })
    pictures.push(picture)
    labels.push(label)
  }
  return { pictures: await concat(pictures).realize(), labels: await concat(labels).realize(), series }
}

/** The mean and the deviation of each coefficient over a word. */
const statistics = (words: Heard): Tensor => concat(words.series.map(({ data: values, frames }) => {
  const x = tensor(values, { shape: [frames, 13] })
  return concat([x.mean(0), x.std(0, { correction: 0 })]).unsqueeze(0)
}))

/** Around the mean of the word, which is the voice's more than the word's. */
function centred({ data: values, frames }: baselines.Series): baselines.Series {
  const mean = Array.from({ length: 13 }, (_, c) => values.reduce((s, v, i) => s + (i % 13 === c ? v : 0), 0) / frames)
  return { data: values.map((v, i) => v - mean[i % 13]), frames }
}

/** What two recognisers without a network make of the test. */
async function withoutNetwork(train: Heard, test: Heard): Promise<Record<string, number>> {
  const scaler = new data.StandardScaler()
  const classify = baselines.softmaxRegression(scaler.fitTransform(statistics(train)), train.labels, { classes: 10 })
  const [known, labels] = [train.series.map(centred), await train.labels.data()]
  const warped = Int32Array.from(test.series, s => baselines.nearestWarped(known, labels, centred(s)))
  const share = (said: Tensor): Promise<number> => said.eq(test.labels).cast('float32').mean().item()
  return {
    'nearest word by time warping': await share(tensor(warped)),
    'logistic regression on means': await share(classify(scaler.transform(statistics(test))).argmax(1)),
  }
}

export default recipes.recipe({
  name: 'spoken-digits',
  description: 'Speech: spoken digits in voices not heard before (synthetic speech)',
  source: 'synthetic: 3,300 words spoken by eSpeak NG (Debian package espeak-ng), made at the first run',
  minutes: 4, seeds: 3,
  // chosen on the voices of validation: epochs, bands, noise, the mean that is taken away (of the baselines too)
  defaults: { epochs: 8, lr: 3e-3, batchSize: 32 },
  async run({ args, describe, train, quick, print }) {
    const { epochs, lr, batchSize, seed } = args
    const digits = await datasets.spokenDigits({
      speakers: quick ? 1 : undefined,
      onProgress: (made, of) => { if (made % 500 === 0 || made === of) print(`eSpeak NG said ${made} of ${of} words`) },
    })
    await describe({
      data: digits.description, classNames: digits.classNames,
      preprocessing: ['silence cut off, one second', '40 mels in decibels, every 20 ms', 'mean 0', 'noise to train'],
    })
    // each word twice: as it is, and in noise from hardly heard to as loud as the word
    const clear = await hear(digits.train)
    const noisy = await hear(digits.train, random => random.uniform(0, 40))
    const heard = await Promise.all((['pictures', 'labels'] as const).map(k => concat([clear[k], noisy[k]]).realize()))
    const model = createModel()
    const masked = new data.TransformDataset(
      new data.TensorDataset(...heard),
      ([x, y], random) => [transforms.specAugment(x, random, { frequencyMasks: 1, timeMasks: 1, timeWidth: 8 }), y],
      { seed },
    )
    const loader = new data.DataLoader(masked, { batchSize, shuffle: true, seed })
    const optimizer = new optim.AdamW(model.parameters(), { lr })
    const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
    const { pictures, labels } = await hear(digits.validation)
    await train(model, loader, {
      loss: nn.crossEntropy, optimizer, epochs, metrics: ['accuracy'], validation: [pictures, labels],
      callbacks: [new training.LearningRateScheduler(falling, { every: 'step' })],
    })
    const accuracy = async (test: Heard): Promise<number> =>
      (await evaluate(model, [test.pictures, test.labels], { metrics: ['accuracy'] })).accuracy
    const [test, noisyTest] = [await hear(digits.test), await hear(digits.test, () => 10)]
    return [{
      name: 'accuracy in new voices', value: await accuracy(test), unit: 'share', atLeast: 0.95,
      baselines: await withoutNetwork(clear, test),
    }, {
      name: 'in noise 10 dB below', value: await accuracy(noisyTest), unit: 'share',
      baselines: await withoutNetwork(noisy, noisyTest),
    }]
  },
  async predict(path, run) {
    const model = await run.trained(createModel())
    const { data: sound, shape, sampleRate } = await datasets.wav(path)
    const channel = transforms.resample(tensor(sound.subarray(0, shape[1])), sampleRate, rate)
    const { picture } = listen(tensor(wordOf(await channel.data() as Float32Array).samples).unsqueeze(0))
    const shares = await (await predict(model, picture)).softmax(1).data()
    const best = shares.indexOf(Math.max(...shares))
    run.print(`${path}: ${run.config.classNames[best]} (${(100 * shares[best]).toFixed(1)} %)`)
  },
})
