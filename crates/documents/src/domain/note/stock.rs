//! The stock Yjs beside the engine: each reads what the other writes, and both say the same in the end.

use std::fmt::Write as _;

use expect_test::expect;
use serde_json::{Value, json};

use super::{tests::note, *};
use crate::testing::StockEditors;

const EVERYTHING: &str = "# Title\n\nSome *emphasis*, **strong**, ~~gone~~, `code` and [a link](https://a.b \"t\"), 😀 and é.\n\n\
    > quoted\n>\n> - [ ] open\n> - [x] done\n\n3. three\n4. four\n\n```rust\nfn main() {}\n```\n\n\
    | a | b |\n| :-- | --: |\n| 1 | 2 |\n\n![alt](https://a.b/c.png)\n\none\\\ntwo[^1]\n\n---\n\n[^1]: a note\n";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

impl StockEditors {
    /// An editor takes what a note has.
    fn takes(&mut self, editor: &str, note: &Note) {
        self.ask(editor, "apply", json!({ "update": hex(&note.snapshot()) }));
    }

    /// A note takes what an editor has.
    fn gives(&mut self, editor: &str, note: &mut Note) {
        let update = bytes(&self.ask(editor, "update", json!({})));
        note.apply(&update).unwrap();
    }

    fn xml(&mut self, editor: &str) -> String {
        self.ask(editor, "xml", json!({})).as_str().unwrap().to_owned()
    }
}

#[test]
fn what_the_engine_writes_opens_in_a_stock_editor_and_comes_back_unchanged() {
    let Some(mut editors) = StockEditors::start() else { return };
    let written = note(1, EVERYTHING);
    editors.takes("ada", &written);
    expect![[r#"
        <heading level="1">Title</heading>
        <paragraph>Some <emphasis marker="*">emphasis</emphasis>, <strong marker="*">strong</strong>, <strike_through>gone</strike_through>, <inlineCode>code</inlineCode> and <link href="https://a.b" title="t">a link</link>, 😀 and é.</paragraph>
        <blockquote>
        <paragraph>quoted</paragraph>
        <bullet_list spread="false">
        <list_item checked="false" label="•" listType="bullet" spread="false">
        <paragraph>open</paragraph>
        </list_item>
        <list_item checked="true" label="•" listType="bullet" spread="false">
        <paragraph>done</paragraph>
        </list_item>
        </bullet_list>
        </blockquote>
        <ordered_list order="3" spread="false">
        <list_item label="3." listType="ordered" spread="false">
        <paragraph>three</paragraph>
        </list_item>
        <list_item label="4." listType="ordered" spread="false">
        <paragraph>four</paragraph>
        </list_item>
        </ordered_list>
        <code_block language="rust">fn main() {}</code_block>
        <table>
        <table_header_row>
        <table_header alignment="left" colspan="1" rowspan="1">
        <paragraph>a</paragraph>
        </table_header>
        <table_header alignment="right" colspan="1" rowspan="1">
        <paragraph>b</paragraph>
        </table_header>
        </table_header_row>
        <table_row>
        <table_cell alignment="left" colspan="1" rowspan="1">
        <paragraph>1</paragraph>
        </table_cell>
        <table_cell alignment="right" colspan="1" rowspan="1">
        <paragraph>2</paragraph>
        </table_cell>
        </table_row>
        </table>
        <paragraph>
        <image alt="alt" src="https://a.b/c.png" title="">
        </image>
        </paragraph>
        <paragraph>one<hardbreak isInline="false">
        </hardbreak>two<footnote_reference label="1">
        </footnote_reference>
        </paragraph>
        <hr>
        </hr>
        <footnote_definition label="1">
        <paragraph>a note</paragraph>
        </footnote_definition>"#]].assert_eq(&editors.xml("ada").replace("><", ">\n<"));
    let mut back = Note::new(Replica(2));
    editors.gives("ada", &mut back);
    assert_eq!(back.markdown(), written.markdown());
    assert_eq!(back.state_vector(), written.state_vector());
}

#[test]
fn what_a_stock_editor_writes_is_read_by_the_engine() {
    let Some(mut editors) = StockEditors::start() else { return };
    let mut here = note(1, "one 😀\n\ntwo");
    editors.takes("ada", &here);
    editors.ask("ada", "type", json!({ "block": 0, "text": " more" }));
    // Yjs counts in the units of UTF-16, of which the face has two.
    editors.ask("ada", "type", json!({ "block": 0, "at": 6, "text": "!" }));
    editors.ask("ada", "remove", json!({ "block": 1, "at": 0, "length": 1 }));
    editors.ask("ada", "append", json!({ "text": "three" }));
    editors.gives("ada", &mut here);
    assert_eq!(here.markdown(), "one 😀! more\n\nwo\n\nthree\n");
    here.write("one 😀! more\n\nwow\n\nthree\n").unwrap();
    editors.takes("ada", &here);
    assert_eq!(editors.ask("ada", "lines", json!({})), json!(["one 😀! more", "wow", "three"]));
}

#[test]
fn edits_on_both_sides_at_once_lead_to_the_same_note() {
    let Some(mut editors) = StockEditors::start() else { return };
    let mut here = note(1, "a\n\nb\n\nc");
    editors.takes("ada", &here);
    editors.takes("ben", &here);
    for round in 0..50 {
        // Neither of the three has seen yet what the others do in this round.
        let written = here.markdown().replacen('b', &format!("b{round}"), 1);
        here.write(&written).unwrap();
        let block = round % 3;
        editors.ask("ada", "type", json!({ "block": block, "at": 0, "text": "x" }));
        editors.ask("ben", "type", json!({ "block": block, "text": "y" }));
        if round % 5 == 0 {
            editors.ask("ben", "remove", json!({ "block": block, "at": 0, "length": 1 }));
        }
        for editor in ["ada", "ben"] {
            editors.gives(editor, &mut here);
        }
        for editor in ["ada", "ben"] {
            editors.takes(editor, &here);
        }
    }
    let lines = editors.ask("ada", "lines", json!({}));
    assert_eq!(editors.ask("ben", "lines", json!({})), lines);
    let lines: Vec<&str> =
        lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(here.plain_text(), lines.join("\n"));
}
