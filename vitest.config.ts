import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const packages = fileURLToPath(new URL('./packages', import.meta.url))
const examples = fileURLToPath(new URL('./examples', import.meta.url))

/** Tests of processes, memory, signals and pages: they watch the machine, and so have it to themselves. */
const alone = [
  'packages/diffeo/test/{runtime,packaging}/**/*.test.ts', 'packages/diffeo/test/unit/native-runtime/*.test.ts',
  'packages/node/test/{cli,bench}.test.ts',
]

export default defineConfig({
  // tests see the sources, also where they import a package by name
  resolve: {
    alias: [
      { find: /^diffeo$/, replacement: `${packages}/diffeo/src/index.node.ts` },
      { find: /^diffeo\/(\w+)$/, replacement: `${packages}/diffeo/src/$1/index.ts` },
      { find: /^@diffeo\/node$/, replacement: `${packages}/node/src/index.ts` },
      { find: /^@diffeo\/node\/examples\/([\w-]+)\.js$/, replacement: `${examples}/$1.ts` },
    ],
  },
  test: {
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'beside each other', include: ['packages/*/test/**/*.test.ts'], exclude: alone,
          maxWorkers: 2, sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
