// The official parsers of contracts, for tests: `node contracts.mjs asyncapi <file>` says what is wrong with a document, a
// line each, and fails if anything is.

import { readFile } from 'node:fs/promises'
import { Parser } from '@asyncapi/parser'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'

/** How grave something is for the parser of AsyncAPI; what is less is advice. */
const WARNING = 1

/** The examples of a document that are not what it says that they are examples of; the parser does not look at them. */
function * wrongExamples (document) {
  const ajv = new Ajv({ allErrors: true, logger: false, strict: false })
  addFormats(ajv)
  for (const message of document.allMessages()) {
    if (!message.hasPayload()) continue
    const fits = ajv.compile(message.payload().json())
    for (const example of message.examples()) {
      if (!fits(example.payload())) {
        yield `the example of ${message.id()}: ${ajv.errorsText(fits.errors, { dataVar: 'it' })}`
      }
    }
  }
}

/** What is wrong with a document, by what it says that it is. */
const parsers = {
  async asyncapi (text) {
    const { document, diagnostics } = await new Parser().parse(text)
    const wrong = diagnostics.filter(({ severity }) => severity <= WARNING)
    const lines = wrong.map(({ path, message }) => `${path.join('.')}: ${message}`)
    if (document === undefined) return lines.concat('this is no document')
    return lines.concat(...wrongExamples(document))
  }
}

const [kind, file] = process.argv.slice(2)
const wrong = await parsers[kind](await readFile(file, 'utf8'))
for (const line of wrong) console.log(line)
process.exitCode = wrong.length ? 1 : 0
