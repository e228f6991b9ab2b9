import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const packages = fileURLToPath(new URL('./packages', import.meta.url))
const examples = fileURLToPath(new URL('./examples', import.meta.url))

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
  test: { include: ['packages/*/test/**/*.test.ts'], testTimeout: 60_000 },
})
