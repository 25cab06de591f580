// The stock clients of Yjs as a program: each line of its input is a JSON object that says which
// editor does what, and each line of its output is the answer, `{"is": …}` or `{"error": …}`.

import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { readAuthMessage } from 'y-protocols/auth'
import { WebsocketProvider, messageAuth } from 'y-websocket'

/** Where the binding of ProseMirror keeps a note. */
const FRAGMENT = 'prosemirror'

class Editor {
  doc = new Y.Doc()
  provider = null
  /** How sockets ended, and why the server refused something. */
  ends = []
  denials = []

  get fragment () {
    return this.doc.getXmlFragment(FRAGMENT)
  }

  // The connection.

  /** Connects, for the first time or anew. */
  connect ({ server, room, params = {}, headers = {} }) {
    if (this.provider === null) {
      this.provider = new WebsocketProvider(server, room, this.doc, {
        connect: false,
        // Editors of one process would understand each other without any server.
        disableBc: true,
        WebSocketPolyfill: socketWith(headers)
      })
      this.provider.on('connection-close', event => {
        if (event !== null) this.ends.push({ code: event.code, reason: event.reason })
      })
      this.provider.messageHandlers[messageAuth] = (_answer, message) =>
        readAuthMessage(message, this.doc, (_doc, reason) => this.denials.push(reason))
    }
    this.provider.serverUrl = server
    this.provider.params = params
    this.provider.connect()
  }

  disconnect () {
    this.provider.disconnect()
  }

  /** What no editor of good will would say: bytes, or a text. */
  say ({ frame, text = Buffer.from(frame, 'hex') }) {
    this.provider.ws.send(text)
  }

  /** Says something about itself to those who are there. */
  show ({ state }) {
    this.provider.awareness.setLocalState(state)
  }

  // The note.

  /** Types into a block, at its end unless told where. */
  type ({ block, at, text }) {
    const line = lineOf(this.fragment.get(block))
    line.insert(at ?? line.length, text)
  }

  /** Removes what stands in a block. */
  remove ({ block, at, length }) {
    lineOf(this.fragment.get(block)).delete(at, length)
  }

  /** Begins a paragraph at the end. */
  append ({ text }) {
    this.doc.transact(() => {
      const paragraph = new Y.XmlElement('paragraph')
      paragraph.insert(0, [new Y.XmlText(text)])
      this.fragment.push([paragraph])
    })
  }

  /** Takes an update in place of a server. */
  apply ({ update }) {
    Y.applyUpdate(this.doc, Buffer.from(update, 'hex'))
  }

  // What can be asked.

  /** The text of each block. */
  lines () {
    return this.fragment.toArray().map(textOf)
  }

  xml () {
    return this.fragment.toString()
  }

  /** Everything, as one update. */
  update () {
    return Buffer.from(Y.encodeStateAsUpdate(this.doc)).toString('hex')
  }

  /** How the connection is. */
  status () {
    const { synced, wsLastMessageReceived: heardAt } = this.provider
    return { synced, heardAt, ends: this.ends, denials: this.denials }
  }

  /** What the others show of themselves, and where. */
  others () {
    const states = Array.from(this.provider.awareness.getStates())
    return states.filter(([client]) => client !== this.doc.clientID).map(([, state]) => state)
  }
}

/** A socket that sends these headers with its handshake. */
function socketWith (headers) {
  return class extends WebSocket {
    constructor (url, protocols) {
      super(url, protocols, { headers })
    }
  }
}

/** The text of a block to type into; one without gets it. */
function lineOf (block) {
  if (!(block.get(0) instanceof Y.XmlText)) block.insert(0, [new Y.XmlText()])
  return block.get(0)
}

function textOf (node) {
  if (node instanceof Y.XmlText) return node.toDelta().map(({ insert }) => insert).join('')
  return node.toArray().map(textOf).join('')
}

const editors = new Map()

function answer (line) {
  const { editor: name, do: what, ...how } = JSON.parse(line)
  if (!editors.has(name)) editors.set(name, new Editor())
  return editors.get(name)[what](how) ?? null
}

for await (const line of createInterface({ input: process.stdin })) {
  let said
  try {
    said = { is: answer(line) }
  } catch (error) {
    said = { error: String(error.stack) }
  }
  process.stdout.write(JSON.stringify(said) + '\n')
}
// Sockets would keep the process alive; whoever wrote the lines is gone.
process.exit()
