#!/usr/bin/env node
// runs an example by the beginning of its name: node examples/run.js p2
import { readdirSync } from 'node:fs'

const folder = new URL('./dist/', import.meta.url)
const programs = readdirSync(folder).filter(name => /^p\d.*\.js$/.test(name)).map(name => name.slice(0, -3))
const [wanted = ''] = process.argv.slice(2)
const found = programs.filter(name => name === wanted || name.startsWith(`${wanted}-`))
if (found.length === 1) {
  await (await import(new URL(`${found[0]}.js`, folder).href)).default()
} else {
  console.error(
    `${wanted ? `there is no example '${wanted}'` : 'which example?'} There are ${programs.join(', ')}: node examples/run.js ${programs[0]}`,
  )
  process.exitCode = 2
}
