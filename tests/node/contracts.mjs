// The official parsers of contracts, for tests: `node contracts.mjs asyncapi <file>`, or `openapi`, says what is wrong with a
// document, a line each, and fails if anything is. Of OpenAPI there is the official schema, which its validator brings along.

import { readFile } from 'node:fs/promises'
import { Parser } from '@asyncapi/parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv from 'ajv'
import Ajv2020 from 'ajv/dist/2020.js'
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

/** The schemas of a document that are none; its own schema does not look into them. */
function * wrongSchemas (document) {
  const ajv = new Ajv2020({ logger: false, strict: false })
  addFormats(ajv)
  ajv.addSchema({ ...document, $id: 'document' })
  for (const name of Object.keys(document.components.schemas)) {
    try {
      ajv.compile({ $ref: `document#/components/schemas/${name}` })
    } catch (error) {
      yield `the schema ${name}: ${error.message}`
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
  },

  async openapi (text) {
    const document = JSON.parse(text)
    const validator = new Validator()
    const { valid, errors } = await validator.validate(document)
    if (!valid) {
      const all = Array.isArray(errors) ? errors : [{ instancePath: '', message: errors }]
      return all.map(({ instancePath, message }) => `${instancePath}: ${message}`)
    }
    if (validator.version !== '3.1') return [`this is OpenAPI ${validator.version}`]
    return [...wrongSchemas(document)]
  }
}

const [kind, file] = process.argv.slice(2)
const wrong = await parsers[kind](await readFile(file, 'utf8'))
for (const line of wrong) console.log(line)
process.exitCode = wrong.length ? 1 : 0
