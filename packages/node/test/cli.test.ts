import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { listDevices, load } from 'diffeo'
import { main } from '../src/cli/main.ts'
import { mnist } from '../src/datasets/mnist.ts'
import * as recipes from '../src/recipes/index.ts'

interface Said {
  code: number
  out: string
  complaints: string
}
async function diffeo(
  line: string | readonly string[],
  signal = new AbortController().signal,
  onPrint?: (line: string) => void,
): Promise<Said> {
  const said = { out: '', complaints: '' }
  const code = await main(typeof line === 'string' ? line.split(' ').filter(Boolean) : line, {
    print: text => { said.out += `${text}\n`; onPrint?.(text) },
    complain: text => { said.complaints += `${text}\n` },
    write: text => { said.out += text; onPrint?.(text) },
    live: false, columns: 100,
  }, signal)
  return { code, ...said }
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})

describe('arguments that are wrong: what was given, what is possible', () => {
  test.each([
    ['trian mnist', /no command 'trian' \(did you mean train\?\); there are train, list/],
    ['train', /which recipe\? There are by-hand, chain-rule, mnist-mlp/],
    ['train minst', /no recipe 'minst' \(did you mean mnist\?\); there are by-hand/],
    ['train mnist fashion', /takes one recipe, 2 words were given: mnist fashion/],
    ['train mnist --epoch 3', /no option --epoch \(did you mean --epochs\?\); it takes --epochs, --lr/],
    ['train mnist --epochs', /--epochs needs a value: a whole number from 1/],
    ['train mnist --epochs --lr 1', /--epochs needs a value/],
    ['train mnist --epochs ten', /--epochs is 'ten'; it must be a whole number from 1/],
    ['train mnist --epochs 0', /--epochs is '0'/],
    ['train mnist --batch-size 1.5', /--batch-size is '1.5'/],
    ['train mnist --lr -1', /--lr is '-1'; it must be a number above 0/],
    ['train mnist --seed=-2', /--seed is '-2'; it must be a whole number from 0/],
    ['train mnist --lr 1 --lr 2', /--lr is given twice/],
    ['train mnist --full=yes', /--full takes no value/],
    ['train by-hand --epochs 3 --full', /'by-hand' does not heed --epochs, --full; it takes --seed$/m],
    ['train mnist --device gpu', /--device is 'gpu'; it must be one of cpu, native, wasm/],
    ['train --resume a --out b', /--out cannot be given with it/],
    ['train --resume a --quick', /--resume goes on with a run, --quick begins one of its own/],
    ['train --resume a --lr 3', /only --epochs can be given, not lr/],
    ['list all', /takes no words, 'all' was given/],
    ['evaluate', /takes one run folder, 0 words were given/],
    ['predict', /takes a run folder and files, nothing was given/],
    ['predict runs/mnist', /'runs\/mnist' was given/],
    ['help fly', /no command 'fly'/],
    ['runs a b', /takes one folder of runs, 2 words were given: a b/],
    ['report', /takes one run folder, 0 words were given/],
  ])('%s', async (line, message) => {
    const { code, complaints, out } = await diffeo(line)
    expect(complaints).toMatch(message)
    expect([code, out]).toEqual([2, ''])
  })

  test.each([
    ['evaluate /no/such/run', /there is no run '\/no\/such\/run'/],
    ['train --resume /no/such/run', /there is no run/],
    ['report /no/such/run', /there is no run '\/no\/such\/run'/],
  ])('%s is an error of its own', async (line, message) => {
    const { code, complaints } = await diffeo(line)
    expect(complaints).toMatch(message)
    expect(code).toBe(1)
  })
})

describe('what needs no training', () => {
  test('help, of all and of one; --help; --version', async () => {
    expect((await diffeo('')).out).toContain('diffeo train NAME [options]')
    expect((await diffeo('help train')).out).toMatch(/--epochs N {2,}times to go through/)
    expect((await diffeo('train --help')).out).toBe((await diffeo('help train')).out)
    expect((await diffeo('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
  test('a recipe of one\'s own, from a file: trained, evaluated, listed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
    try {
      const [file, out] = [join(folder, 'mine.mjs'), join(folder, 'runs/one')]
      await writeFile(file, `export default {
        name: 'mine', description: 'adds', source: 'two numbers', minutes: 1, seeds: 1, takes: ['seed', 'epochs'],
        defaults: { epochs: 3, lr: 1, batchSize: 1, seed: 0, full: false },
        async run({ args, describe }) {
          await describe({ data: 'two numbers' })
          return [{ name: 'sum', value: args.epochs + 1, atLeast: 5 }]
        },
      }\n`)
      const trained = await diffeo(['train', file, '--epochs', '4', '--out', out])
      expect(trained).toMatchObject({ code: 0, complaints: '' })
      expect(trained.out).toMatch(/^mine: adds\n[^]*two numbers\n[^]*sum +5/)
      expect((await diffeo(['evaluate', out])).out).toMatch(/sum +5/)
      expect((await diffeo(['runs', join(folder, 'runs')])).out).toMatch(/one +mine\.mjs/)
      expect((await diffeo(['runs', out])).out).toContain(`'${out}' is itself a run`)
      await writeFile(join(folder, 'other.mjs'), 'export default { name: 1 }\n')
      expect((await diffeo(['train', join(folder, 'other.mjs')])).complaints).toMatch(
        /other\.mjs is no recipe: it must end in/,
      )
      expect((await diffeo(['train', './nowhere.js'])).complaints).toMatch(
        /there is no file '\.\/nowhere\.js' \(looked in/,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
  test('a recipe takes numbers of its own, and what it returns is looked at', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
    const made = (name: string, more: object): recipes.Recipe =>
      recipes.recipe({ name, defaults: { epochs: 3, hiddenSize: 32 }, run: () => Promise.resolve([]), ...more })
    try {
      const file = join(folder, 'mine.mjs')
      const { run: _, ...rest } = made('mine', {})
      await writeFile(file, `export default { ...${JSON.stringify(rest)},
        async run({ args, print }) {
          print('hidden ' + args.hiddenSize)
          return args.hiddenSize === 0 ? undefined : [{ name: 'size', value: args.hiddenSize }]
        },
      }\n`)
      const out = join(folder, 'one')
      expect((await diffeo(['train', file, '--hidden-size', '64', '--out', out])).out).toMatch(/hidden 64[^]*size +64/)
      expect((await diffeo(['evaluate', out])).out).toMatch(/size +64/)
      expect((await diffeo(['train', file, '--hiden-size', '64'])).complaints).toMatch(/did you mean --hidden-size\?/)
      expect((await diffeo(['train', file, '--hidden-size', 'many'])).complaints).toMatch(/it must be a number/)
      expect((await diffeo(['train', file, '--hidden-size', '0', '--out', join(folder, 'two')])).complaints)
        .toMatch(/the recipe 'mine' returned nothing: expected what it reached, \[\{ name/)
    } finally {
      await rm(folder, { recursive: true })
    }
    expect(() => made('', { run: 3 })).toThrow(/expected \{ name, run/)
    expect(() => made('mine', { defaults: { size: '3' } })).toThrow(/the default of size is no number: 3/)
  })
  test('list and doctor', async () => {
    expect((await diffeo('list')).out).toMatch(/mnist +a convolutional network.*about 1 min/)
    const { code, out } = await diffeo('doctor')
    expect(code).toBe(0)
    for (const word of ['node', 'processor', 'memory', 'sharp', 'devices', 'interp', '10,000 digits: there'])
      expect(out).toContain(word)
    expect(out).toMatch(/processor +.*\d+ threads\n/)
    expect(out).toMatch(/wasm +(in use|there): simd128/)
    if (!listDevices().includes('native')) return
    expect(out).toMatch(/native +(in use|there): avx(2|512)\n/)
    expect(out).toMatch(/caches +data L1 \d+ KiB, L2 [\d.]+ [KM]iB, L3 [\d.]+ [KM]iB a thread\n/)
  })
})

describe('a run', () => {
  const run = (): string => join(folder, 'run')

  test('train: the digits, a line an epoch, accuracy, confusion, pictures, a run folder', async () => {
    const { code, out, complaints } = await diffeo(['train', 'mnist-mlp', '--epochs', '2', '--out', run()])
    expect(complaints).toBe('')
    expect(code).toBe(0)
    expect(out).toContain('not the official split')
    expect(out).toMatch(/epoch 2\/2 {2}step 500 {2}loss 0\.\d+ {2}accuracy 9\d\.\d\d %/)
    expect(Number(/test: accuracy ([\d.]+) %/.exec(out)![1])).toBeGreaterThan(90)
    expect(out).toContain('true │   0   1   2')
    expect(out).toContain(', but it is ')
    expect((await readdir(run())).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'history.json',
      'model.safetensors',
      'report.html',
      'test.json',
    ])
    const config = JSON.parse(await readFile(join(run(), 'config.json'), 'utf8'))
    expect(config).toMatchObject({
      recipe: 'mnist-mlp',
      arguments: { epochs: 2, batchSize: 32, seed: 0 },
      classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    })
    expect(config.preprocessing).toContain('inverted if the border is light')
  })

  test('a folder that holds a run is not written over', async () => {
    expect((await diffeo(['train', 'mnist-mlp', '--out', run()])).complaints).toMatch(/holds a run already/)
  })

  test('evaluate finds the same accuracy', async () => {
    const config = JSON.parse(await readFile(join(run(), 'config.json'), 'utf8'))
    const { out } = await diffeo(['evaluate', run()])
    expect(out).toContain(`test: accuracy ${(config.measures[0].value * 100).toFixed(2)} %`)
  })

  test('predict reads a photo of a dark digit on light paper', async () => {
    const sharp = (await import('sharp')).default
    const { test: held } = await mnist()
    const { pixels, labels } = held.raw
    const photos = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const path = join(folder, `photo-${i}.png`)
        const paper = Uint8Array.from(pixels.subarray(i * 784, (i + 1) * 784), v => 235 - v * 0.8)
        await sharp(paper, { raw: { width: 28, height: 28, channels: 1 } })
          .resize(300, 300)
          .extend({ top: 40, bottom: 90, left: 100, right: 30, background: { r: 235, g: 235, b: 235 } })
          .png()
          .toFile(path)
        return path
      }),
    )
    const { code, out } = await diffeo(['predict', run(), ...photos])
    expect(code).toBe(0)
    const said = [...out.matchAll(/photo-\d+\.png: (\d) \(/g)].map(m => Number(m[1]))
    expect(said.filter((d, i) => d === labels[i]).length).toBeGreaterThanOrEqual(17)
    const shares = [...out.split('photo-1.png')[0].matchAll(/^[> ] +\d +([\d.]+) %/gm)].map(m => Number(m[1]))
    expect(shares).toHaveLength(10)
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(100, 0)
  })

  test('an unreadable picture, a damaged model: clear errors', async () => {
    await writeFile(join(folder, 'no.png'), 'no')
    expect((await diffeo(['predict', run(), join(folder, 'no.png')])).complaints).toMatch(
      /no\.png cannot be read as an image/,
    )
    const broken = join(folder, 'broken')
    await (await import('node:fs/promises')).cp(run(), broken, { recursive: true })
    const model = join(broken, 'model.safetensors')
    await writeFile(model, (await readFile(model)).subarray(0, 5000))
    const { code, complaints } = await diffeo(['evaluate', broken])
    expect(complaints).toMatch(/model\.safetensors: tensor '1\.weight': its data_offsets .* lie outside/)
    expect(code).toBe(1)
  })

  test('stopped in mid-epoch and resumed: the same bits', async () => {
    const cut = join(folder, 'cut')
    const controller = new AbortController()
    const stopped = diffeo(['train', 'mnist-mlp', '--epochs', '2', '--out', cut], controller.signal, line => {
      if (line.includes('epoch 1/2')) setTimeout(() => controller.abort('Ctrl-C'), 50)
    })
    const { code, out } = await stopped
    expect(code).toBe(130)
    expect(out).toMatch(/stopped after \d+ steps; the checkpoint is written\. To go on: npx diffeo train --resume /)
    const again = await diffeo(['train', '--resume', cut])
    expect(again.code).toBe(0)
    const [a, b] = [await load(join(run(), 'model.safetensors')), await load(join(cut, 'model.safetensors'))]
    for (const [name, t] of Object.entries(a))
      expect(Buffer.from((await b[name].data()).buffer).equals(Buffer.from((await t.data()).buffer)), name).toBe(true)
  })
})

const bin = fileURLToPath(new URL('../bin/diffeo.js', import.meta.url))
describe.runIf(existsSync(fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))))('the built command', () => {
  test('says its first line within two seconds, and stops at Ctrl-C with a checkpoint', async () => {
    const out = join(folder, 'built')
    const child = spawn(process.execPath, [bin, 'train', 'mnist', '--out', out])
    const started = performance.now()
    let text = ''
    let first = Infinity
    let errors = ''
    child.stdout.on('data', (part: Buffer) => {
      first = Math.min(first, performance.now() - started)
      text += String(part)
      if (text.includes('parameters')) setTimeout(() => child.kill('SIGINT'), 1500).unref()
    })
    child.stderr.on('data', (part: Buffer) => { errors += String(part) })
    const code = await new Promise(resolve => { child.on('close', resolve) })
    expect(errors).toContain('stopping after this step')
    expect(code).toBe(130)
    expect(first).toBeLessThan(2000)
    expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(true)
  })
})
