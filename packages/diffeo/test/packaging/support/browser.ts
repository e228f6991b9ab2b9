/** @file Pages in headless Chromium, served from a folder. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

/** Where Debian puts it, or where CHROMIUM says it is. */
export const executable = process.env.CHROMIUM ?? '/usr/bin/chromium'
export const hasChromium = existsSync(executable)

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]

/** A browser with an empty profile of its own. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable, headless: true, args: flags })

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' }
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

export interface Site { readonly url: string; close(): void }

/** Serves a folder; `isolated`: with the headers that give pages shared memory. */
export async function serve(folder: string, isolated: boolean): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const path = join(folder, new URL(request.url ?? '/', 'http://page').pathname)
    if (!existsSync(path) || path.endsWith('/')) { response.writeHead(404).end(); return }
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain', ...(isolated ? isolation : {}) })
    response.end(readFileSync(path))
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => { server.closeAllConnections(); server.close() },
  }
}

export interface PageResult {
  readonly losses: number[]
  readonly device: string
  readonly isolated: boolean
  readonly relaxed: boolean
}

/** Opens the page and waits for what its program leaves in `window.result`. */
export async function open(browser: Browser, url: string, { relaxed }: { relaxed: boolean }): Promise<PageResult> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const problems: string[] = []
    page.on('pageerror', error => problems.push(String(error.stack)))
    page.on('console', message => { if (message.type() === 'error') problems.push(message.text()) })
    // the library asks the engine by validate(): this one says no
    if (!relaxed) await page.addInitScript('WebAssembly.validate = () => false')
    await page.goto(url)
    const result = page.waitForFunction('window.result', undefined, { timeout: 120_000 })
    return await result.then(handle => handle.jsonValue() as Promise<PageResult>, error => {
      throw new Error(`${String(error)}\n${problems.join('\n')}`)
    })
  } finally {
    await context.close()
  }
}
