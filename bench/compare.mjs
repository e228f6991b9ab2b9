/**
 * Times diffeo and a peer in turn (A B A B …) and prints the ratio peer ÷ diffeo of the medians: above 1, diffeo is
 * faster.
 *
 * usage: node bench/compare.mjs --peer 'COMMAND that prints JSON lines' [--device native|wasm] [--threads N] [--only
 * NAME[,NAME]] [--rounds 3] [--seconds S]
 */
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values: args } = parseArgs({
  options: {
    peer: { type: 'string' },
    device: { type: 'string', default: 'native' },
    threads: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
  },
})
if (!args.peer) throw new Error("say what to compare with: --peer 'python3 bench/peers/torch_suite.py'")

const shared = ['--threads', args.threads, '--seconds', args.seconds, ...(args.only ? ['--only', args.only] : [])]
const ours = [process.execPath, new URL('suite.mjs', import.meta.url).pathname, '--device', args.device, ...shared]
const theirs = [...args.peer.split(' '), ...shared]

const figures = { ours: new Map(), theirs: new Map() }
function take(side, [command, ...rest]) {
  const lines = execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split('\n')
  for (const line of lines) {
    const row = JSON.parse(line)
    if (row.ms === undefined) continue
    const list = figures[side].get(row.workload) ?? []
    figures[side].set(row.workload, [...list, row.ms])
  }
}
for (let round = 0; round < Number(args.rounds); round++) {
  take('ours', ours)
  take('theirs', theirs)
}

const median = list => [...list].sort((a, b) => a - b)[list.length >> 1]
console.log(
  `| workload (${args.threads} thread${args.threads === '1' ? '' : 's'}) | diffeo ms | peer ms | peer ÷ diffeo |\n|---|---|---|---|`,
)
for (const [name, list] of figures.ours) {
  const peer = figures.theirs.get(name)
  if (!peer) continue
  const [a, b] = [median(list), median(peer)]
  console.log(`| ${name} | ${a.toFixed(3)} | ${b.toFixed(3)} | ${(b / a).toFixed(2)} |`)
}
