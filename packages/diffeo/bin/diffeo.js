#!/usr/bin/env node
// the command lives in @diffeo/node, which has what needs a file system
let node
try {
  node = await import('@diffeo/node')
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('@diffeo/node')) throw error
  console.error(
    "the command diffeo is part of the package '@diffeo/node', which is not installed here: npm install @diffeo/node",
  )
  process.exit(1)
}
process.exitCode = await node.main(process.argv.slice(2))
