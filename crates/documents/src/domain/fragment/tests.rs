//! The tree, against what the editor writes and expects.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use yrs::types::ToJson as _;
use yrs::types::text::{Diff, YChange};
use yrs::updates::decoder::Decode as _;
use yrs::{
    Any, Doc, OffsetKind, Options, Text as _, Transact as _, Update, Xml as _, XmlElementPrelim,
    XmlFragment as _, XmlOut, XmlTextPrelim, XmlTextRef,
};

use super::*;
use crate::domain::markdown::{parse::parse, render::render};
use crate::domain::testing::markdown;

fn empty() -> Doc {
    Doc::with_options(Options { offset_kind: OffsetKind::Utf16, ..Options::default() })
}

fn written(markdown: &str) -> Doc {
    let doc = empty();
    let fragment = of(&doc);
    write(&mut doc.transact_mut(), &fragment, &parse(markdown));
    doc
}

/// A line for each node, and for each text with its formats.
fn outline(txn: &impl ReadTxn, nodes: impl Iterator<Item = XmlOut>, indent: usize) -> String {
    let mut lines = String::new();
    for node in nodes {
        let (line, inner) = match &node {
            XmlOut::Element(element) => {
                let mut attributes: Vec<String> = element
                    .attributes(txn)
                    .map(|(key, value)| format!(" {key}={:?}", value.to_json(txn)))
                    .collect();
                attributes.sort();
                let inner = outline(txn, element.children(txn), indent + 2);
                (format!("{}{}", element.tag(), attributes.concat()), inner)
            }
            XmlOut::Text(text) => (runs(txn, text).join(" "), String::new()),
            XmlOut::Fragment(_) => ("fragment".to_owned(), String::new()),
        };
        writeln!(lines, "{:indent$}{line}", "").unwrap();
        lines.push_str(&inner);
    }
    lines
}

/// The pieces of a text, each with its formats if it has any.
fn runs(txn: &impl ReadTxn, text: &XmlTextRef) -> Vec<String> {
    let run = |diff: Diff<YChange>| {
        let formats = diff.attributes.map(|formats| serde_json::to_value(formats).unwrap());
        let formats = formats.map(|formats| formats.to_string()).unwrap_or_default();
        format!("{:?}{formats}", diff.insert.to_string(txn))
    };
    text.diff(txn, YChange::identity).into_iter().map(run).collect()
}

fn check(markdown: &str, tree: &Expect) {
    let doc = written(markdown);
    let fragment = of(&doc);
    let txn = doc.transact();
    tree.assert_eq(&outline(&txn, fragment.children(&txn), 0));
    assert_eq!(render(&blocks(&txn)), render(&parse(markdown)));
}

#[test]
fn nodes_have_the_names_and_attributes_of_the_editor() {
    check(
        "# a\n\nb *c* **d** ~~e~~ `f` [g](u)\nh\\\ni ![j](k \"l\") <m>[^1]\n\n> n\n\n3. o\n\n- [x] p\n\n```rust\nq\n```\n\n***\n\n| r |\n|:-:|\n| s |\n\n[^1]: t",
        &expect![[r#"
            heading level=Number(Int(1))
              "a"
            paragraph
              "b " "c"{"emphasis":{"marker":"*"}} " " "d"{"strong":{"marker":"*"}} " " "e"{"strike_through":{}} " " "f"{"inlineCode":{}} " " "g"{"link":{"href":"u","title":null}}
              hardbreak isInline=Bool(true)
              "h"
              hardbreak isInline=Bool(false)
              "i "
              image alt=String("j") src=String("k") title=String("l")
              " "
              html value=String("<m>")
              footnote_reference label=String("1")
            blockquote
              paragraph
                "n"
            ordered_list order=Number(Int(3)) spread=String("false")
              list_item label=String("3.") listType=String("ordered") spread=String("false")
                paragraph
                  "o"
            bullet_list spread=String("false")
              list_item checked=Bool(true) label=String("•") listType=String("bullet") spread=String("false")
                paragraph
                  "p"
            code_block language=String("rust")
              "q"
            hr
            table
              table_header_row
                table_header alignment=String("center") colspan=Number(Int(1)) rowspan=Number(Int(1))
                  paragraph
                    "r"
              table_row
                table_cell alignment=String("center") colspan=Number(Int(1)) rowspan=Number(Int(1))
                  paragraph
                    "s"
            footnote_definition label=String("1")
              paragraph
                "t"
        "#]],
    );
}

#[test]
fn the_update_of_an_editor_is_read() {
    let doc = empty();
    let update = Update::decode_v1(EDITOR).unwrap();
    doc.transact_mut().apply_update(update).unwrap();
    expect![[r#"
        ## plan!

        with **stron&#103;_&#32;words_**
        and [a link](https://example.com), 😀 ~~done~~

        - [x] milk
        - [ ] <br />

        ```rust
        fn main() {}
        ```
    "#]]
    .assert_eq(&render(&blocks(&doc.transact())));
}

#[test]
fn what_the_editor_does_not_know_counts_for_its_text() {
    let doc = empty();
    let fragment = of(&doc);
    let mut txn = doc.transact_mut();
    let strange = fragment.push_back(&mut txn, XmlElementPrelim::empty("callout"));
    let inner = strange.push_back(&mut txn, XmlElementPrelim::empty("callout_title"));
    inner.push_back(&mut txn, XmlTextPrelim::new("Beware"));
    fragment.push_back(&mut txn, XmlTextPrelim::new("loose"));
    let heading = fragment.push_back(&mut txn, XmlElementPrelim::empty("heading"));
    heading.insert_attribute(&mut txn, "level", Any::from("many"));
    let text = heading.push_back(&mut txn, XmlTextPrelim::new("with "));
    text.insert_embed(&mut txn, 5, Any::from(true));
    fragment.push_back(&mut txn, XmlElementPrelim::empty("table"));
    drop(txn);
    expect![[r#"
        Beware

        loose

        # with&#32;
    "#]]
    .assert_eq(&render(&blocks(&doc.transact())));
}

proptest! {
    #[test]
    fn blocks_that_were_written_are_read_as_they_were(markdown in markdown()) {
        let doc = written(&markdown);
        prop_assert_eq!(blocks(&doc.transact()), parse(&markdown));
    }

    #[test]
    fn whatever_was_there_the_new_text_is_there_after(old in markdown(), new in markdown()) {
        let doc = written(&old);
        let fragment = of(&doc);
        write(&mut doc.transact_mut(), &fragment, &parse(&new));
        prop_assert_eq!(blocks(&doc.transact()), parse(&new));
    }
}
/// What `y-prosemirror` 1.3 writes of a document in Milkdown's schema, with some typing after that.
#[rustfmt::skip]
const EDITOR: &[u8] = b"\x011\x07\x00\x07\x01\x0bprosemirror\x03\x07heading\x07\x00\x07\x00\x06\x01\x00\x07\x01\x02\x84\x07\x03\x04plan(\x00\x07\x00\x02id\x01w\x06a-plan(\x00\x07\x00\x05level\x01}\x02\x87\x07\x00\x03\x09paragraph\x07\x00\x07\x0a\x06\x04\x00\x07\x0b\x05with \x86\x07\x10\x06strong\x0e{\"marker\":\"*\"}\x84\x07\x11\x06strong\x86\x07\x17\x06strong\x04null\x86\x07\x18\x08emphasis\x0e{\"marker\":\"*\"}\x86\x07\x19\x06strong\x0e{\"marker\":\"*\"}\x84\x07\x1a\x06 words\x86\x07 \x08emphasis\x04null\x86\x07!\x06strong\x04null\x87\x07\x0b\x03\x09hardbreak(\x00\x07#\x08isInline\x01x\x87\x07#\x06\x04\x00\x07%\x04and \x86\x07)\x04link+{\"href\":\"https://example.com\",\"title\":null}\x84\x07*\x06a link\x86\x070\x04link\x04null\x84\x071\x07, \xf0\x9f\x98\x80 \x86\x076\x0estrike_through\x02{}\x84\x077\x04done\x86\x07;\x0estrike_through\x04null\x87\x07\x0a\x03\x0bbullet_list\x07\x00\x07=\x03\x09list_item\x07\x00\x07>\x03\x09paragraph\x07\x00\x07?\x06\x04\x00\x07@\x04milk(\x00\x07>\x05label\x01w\x03\xe2\x80\xa2(\x00\x07>\x08listType\x01w\x06bullet(\x00\x07>\x06spread\x01x(\x00\x07>\x07checked\x01x\x87\x07>\x03\x09list_item\x07\x00\x07I\x03\x09paragraph(\x00\x07I\x05label\x01w\x03\xe2\x80\xa2(\x00\x07I\x08listType\x01w\x06bullet(\x00\x07I\x06spread\x01x(\x00\x07I\x07checked\x01y(\x00\x07=\x06spread\x01y\x87\x07=\x03\x0acode_block\x07\x00\x07P\x06\x04\x00\x07Q\x0cfn main() {}(\x00\x07P\x08language\x01w\x04rust\x84\x07\x07\x01!\x01\x07\x01\x02\x02";
