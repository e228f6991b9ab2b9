/** @file Options by names that are not there: an error that says which was meant, wherever options are taken. */
import { describe, expect, test } from 'vitest'
import '../nn/setup.ts'
import * as data from '../../../src/data/index.ts'
import * as io from '../../../src/io/index.ts'
import * as metrics from '../../../src/metrics/index.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import * as t from '../../../src/tensor/index.ts'
import * as train from '../../../src/train/index.ts'
import { DiffeoError } from '../../../src/util/errors.ts'
import { checkOptions, nearest, whatIs } from '../../../src/util/options.ts'

describe('checkOptions', () => {
  const known = { lr: true, batchSize: true, keepdims: true } as const
  const given = (options: unknown) => () => checkOptions('op', options as object, known as never)
  test('takes nothing, an object, an object without prototype, and what stands for its options', () => {
    for (const o of [
      undefined,
      {},
      { lr: undefined },
      Object.assign(Object.create(null), { lr: 1 }),
      new (class {
        lr = 1
      })(),
    ])
      expect(given(o)).not.toThrow()
  })
  test.each([
    ['keepdim', 'keepdims'], ['batch_size', 'batchSize'], ['BatchSize', 'batchSize'], ['learningRate', 'lr'],
    ['learning_rate', 'lr'], ['batchSise', 'batchSize'],
  ])('%s is %s', (name, meant) => {
    expect(given({ [name]: 1 })).toThrow(DiffeoError)
    expect(given({ [name]: 1 })).toThrow(`op: there is no option '${name}': did you mean '${meant}'?`)
  })
  test('what is like none of them, and what is no object', () => {
    expect(given({ colour: 1 })).toThrow("op: there is no option 'colour'; there are lr, batchSize, keepdims")
    for (const [value, text] of [
      [0.1, '0.1'],
      ['a', "the text 'a'"],
      [null, 'null'],
      [[1], 'an array of numbers'],
      [new Map(), 'a Map'],
    ] as const)
      expect(given(value)).toThrow(`op: options come in one object, { lr, batchSize, keepdims }: got ${text}`)
  })
  test('nearest and whatIs', () => {
    expect(nearest('val_loss', ['loss', 'valLoss'])).toBe('valLoss')
    expect(nearest('zebra', ['loss', 'valLoss'])).toBe(undefined)
    expect([undefined, () => 1, Promise.resolve(), [], {}].map(whatIs)).toEqual([
      'undefined',
      'a function',
      'a Promise',
      'an array',
      'an object',
    ])
  })
})

const js = <F>(f: F): any => f
// linters want namespaces read by name
const [functions, optimizers, measures]: any[] = [{ ...nn }, { ...optim }, { ...metrics }]
const x: any = t.ones([2, 3])
const target = t.tensor([0, 1], { dtype: 'int32' })
const adam = () => new optim.Adam(new nn.Linear(3, 2).parameters())
const image = t.ones([1, 1, 4, 4])
const wrong = { keepdim: true, wrong: 1 } as never

/** Metrics that have no options. */
const optionless = [
  'MAE', 'MSE', 'RMSE', 'MAPE', 'SMAPE', 'R2', 'ExplainedVariance', 'Pearson', 'Spearman', 'Kendall', 'WordErrorRate',
  'CharacterErrorRate',
]
const takers: Record<string, () => unknown> = {
  tensor: () => t.tensor([1], wrong),
  zeros: () => t.zeros([1], wrong),
  full: () => t.full([1], 1, wrong),
  arange: () => t.arange(3, wrong),
  linspace: () => t.linspace(0, 1, 2, wrong),
  eye: () => t.eye(2, wrong),
  rand: () => t.rand([1], wrong),
  randint: () => t.randint(0, 2, [1], wrong),
  bernoulli: () => t.bernoulli(0.5, [1], wrong),
  randperm: () => t.randperm(3, wrong),
  meshgrid: () => t.meshgrid([x], wrong),
  Parameter: () => new t.Parameter(1, wrong),
  compile: () => t.compile(() => 1, wrong),
  grad: () => t.grad((a: any) => a, wrong),
  jacobian: () => t.jacobian((a: any) => a, wrong),
  vmap: () => t.vmap((a: any) => a, wrong),
  ...Object.fromEntries(
    [
      'sum',
      'prod',
      'mean',
      'max',
      'min',
      'amax',
      'all',
      'any',
      'argmax',
      'logsumexp',
      'var',
      'std',
      'norm',
      'median',
      'sort',
      'argsort',
    ].map(m => [m, () => x[m](0, wrong)]),
  ),
  quantile: () => x.quantile(0.5, 0, wrong),
  topk: () => x.topk(1, 1, wrong),
  pad: () =>
    x.pad(
      [
        [0, 0],
        [0, 0],
      ],
      wrong,
    ),
  gelu: () => x.gelu(wrong),
  softplus: () => x.softplus(wrong),
  hardtanh: () => x.hardtanh(wrong),
  allClose: () => x.allClose(x, wrong),
  Linear: () => new nn.Linear(1, 1, wrong),
  Conv2d: () => new nn.Conv2d(1, 1, 1, wrong),
  Embedding: () => new nn.Embedding(1, 1, wrong),
  LayerNorm: () => new nn.LayerNorm(1, wrong),
  BatchNorm1d: () => new nn.BatchNorm1d(1, wrong),
  MaxPool2d: () => new nn.MaxPool2d(1, wrong),
  AvgPool2d: () => new nn.AvgPool2d(1, wrong),
  Softplus: () => new nn.Softplus(wrong),
  ELU: () => new nn.ELU(wrong),
  GELU: () => new nn.GELU(wrong),
  conv2d: () => nn.conv2d(image, image, null, wrong),
  maxPool2d: () => nn.maxPool2d(image, 2, wrong),
  avgPool2d: () => nn.avgPool2d(image, 2, wrong),
  batchNorm: () => nn.batchNorm(x, wrong),
  layerNorm: () => nn.layerNorm(x, [3], wrong),
  'init.uniform': () => nn.init.uniform([1], wrong),
  'init.normal': () => nn.init.normal([1], wrong),
  'init.xavierUniform': () => nn.init.xavierUniform([1, 1], wrong),
  'init.kaimingNormal': () => nn.init.kaimingNormal([1, 1], wrong),
  summary: () => new nn.Linear(1, 1).summary([1, 1], wrong),
  embedding: () => nn.embedding(target, x, wrong),
  dropout: () => nn.dropout(x, 0.5, wrong),
  loadStateDict: () => new nn.Linear(1, 1).loadStateDict({}, wrong),
  ...Object.fromEntries(
    (
      [
        'mseLoss',
        'l1Loss',
        'huberLoss',
        'smoothL1Loss',
        'klDiv',
        'binaryCrossEntropy',
        'binaryCrossEntropyWithLogits',
      ] as const
    ).map(name => [name, () => functions[name](x, x, wrong)]),
  ),
  crossEntropy: () => nn.crossEntropy(x, target, wrong),
  nllLoss: () => nn.nllLoss(x, target, wrong),
  ...Object.fromEntries(
    (
      [
        'MSELoss',
        'L1Loss',
        'HuberLoss',
        'SmoothL1Loss',
        'KLDivLoss',
        'BCELoss',
        'BCEWithLogitsLoss',
        'CrossEntropyLoss',
        'NLLLoss',
      ] as const
    ).map(name => [name, () => new functions[name](wrong)]),
  ),
  ...Object.fromEntries(
    (['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad'] as const).map(name => [
      name,
      () => new optimizers[name](new nn.Linear(1, 1).parameters(), wrong),
    ]),
  ),
  'a group': () => new optim.SGD([{ parameters: new nn.Linear(1, 1).parameters(), ...(wrong as object) }]),
  'group.set': () => adam().groups[0].set(wrong),
  minimize: () => adam().minimize(x.sum(), wrong),
  EMA: () => new optim.EMA([], wrong),
  StepLR: () => new optim.StepLR(adam(), 1, wrong),
  MultiStepLR: () => new optim.MultiStepLR(adam(), [1], wrong),
  CosineAnnealingLR: () => new optim.CosineAnnealingLR(adam(), 1, wrong),
  OneCycleLR: () => new optim.OneCycleLR(adam(), 1, wrong),
  ReduceLROnPlateau: () => new optim.ReduceLROnPlateau(adam(), wrong),
  DataLoader: () => new data.DataLoader(new data.TensorDataset(x), wrong),
  collate: () => data.collate([1], wrong),
  trainTestSplit: () => data.trainTestSplit(x, wrong),
  MinMaxScaler: () => new data.MinMaxScaler(wrong),
  ...Object.fromEntries(
    Object.keys(measures).filter(name => /^[A-Z]/.test(name) && !optionless.includes(name))
      .map(name => [name, () => new measures[name](wrong)]),
  ),
  save: () => io.save(() => {}, { x }, wrong),
  load: () => io.load(new Uint8Array(), wrong),
  fit: () =>
    train.fit(new nn.Linear(3, 2), [x, target], {
      ...(wrong as object),
      loss: nn.crossEntropy,
      optimizer: adam(),
      epochs: 1,
    }),
  evaluate: () => train.evaluate(new nn.Linear(3, 2), [x, target], wrong),
  predict: () => train.predict(new nn.Linear(3, 2), x, wrong),
  EarlyStopping: () => new train.EarlyStopping(wrong),
  ModelCheckpoint: () => new train.ModelCheckpoint('a', wrong),
  Profiler: () => new train.Profiler(wrong),
  ProgressBar: () => new train.ProgressBar(wrong),
  LearningRateScheduler: () => new train.LearningRateScheduler(() => 1, wrong),
}

test.each(Object.entries(takers))('%s', async (_, call) => {
  await expect((async () => call())()).rejects.toThrow(/there is no option '(keepdim|wrong)'/)
})

test.each([
  [
    'a rate in the place of options',
    () => new (js(optim.SGD))(new nn.Linear(1, 1).parameters(), 0.1),
    /^SGD: options come in one object, \{ lr, .*accumulate \}: got 0\.1/,
  ],
  [
    'AdamW too',
    () => new (js(optim.AdamW))(new nn.Linear(1, 1).parameters(), 0.1),
    /^AdamW: options come in one object/,
  ],
  [
    'whether there is a bias',
    () => new (js(nn.Linear))(4, 2, false),
    /^Linear: options come in one object, \{ bias, dtype, device \}: got false/,
  ],
  [
    'a dtype',
    () => js(t.ones)([2], 'int32'),
    /^ones: options come in one object, \{ dtype, device \}: got the text 'int32'/,
  ],
  ['keepdims', () => x.sum(0, true), /^sum: options come in one object, \{ keepdims \}: got true/],
])('%s', (_, call, message) => { expect(call).toThrow(message) })
