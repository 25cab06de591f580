//! The tree that the editor and the server share: ProseMirror's document in a Yjs fragment, as `y-prosemirror` lays it out.

pub(crate) mod decode;
pub(crate) mod encode;
mod node;
mod patch;
mod read;
mod similarity;
#[cfg(test)]
mod tests;

use yrs::{Doc, ReadTxn, TransactionMut, XmlFragmentRef};

use super::block::Block;

/// The name under which the editor keeps its document.
const NAME: &str = "prosemirror";

/// The blocks of a note.
pub(crate) fn blocks(txn: &impl ReadTxn) -> Vec<Block> {
    let nodes = txn.get_xml_fragment(NAME).map(|fragment| read::children(txn, &fragment));
    decode::blocks(&nodes.unwrap_or_default())
}

/// Makes a note say these blocks, and touches nothing that says the same already.
pub(crate) fn write(txn: &mut TransactionMut<'_>, fragment: &XmlFragmentRef, blocks: &[Block]) {
    if self::blocks(txn) == blocks {
        return;
    }
    let nodes: Vec<node::Node> = blocks.iter().map(encode::block).collect();
    patch::children(txn, fragment, &nodes);
}

/// The tree of a document, which is there from then on.
pub(crate) fn of(doc: &Doc) -> XmlFragmentRef {
    doc.get_or_insert_xml_fragment(NAME)
}
