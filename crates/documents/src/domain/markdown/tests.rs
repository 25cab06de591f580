//! Reading and writing Markdown, against each other.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::parse::parse;
use super::render::render;
use crate::domain::testing::markdown;

/// Checks the one form of a text, and that it says the same.
fn check(markdown: &str, normal: &Expect) {
    let blocks = parse(markdown);
    let rendered = render(&blocks);
    normal.assert_eq(&rendered);
    assert_eq!(parse(&rendered), blocks, "{rendered}");
}

#[test]
fn everything_that_the_editor_knows_is_read_and_written() {
    check(
        "Title\n=====\n\nSome *words*, __strong__ and ~~gone~~, `code` and [a *link*](https://example.com \"there\").\nNext\\\nline ![a cow](cow.png).\n\n> quoted\n> > twice\n\n* one\n* two\n    1. deep\n\n- [x] done\n- [ ] open\n\n7. seven\n\n8. eight\n\n```rust ignore\nfn main() {}\n```\n\n    indented\n\n---\n\n| a | b | c |\n|---|:-:|--:|\n| 1 | x\\|y | `3` |\n\nA note[^n].\n\n[^n]: says more.\n",
        &expect![[r##"
            # Title

            Some *words*, **strong** and ~~gone~~, `code` and [a *link*](https://example.com "there").
            Next\
            line ![a cow](cow.png).

            > quoted
            >
            > > twice

            - one
            - two
              1. deep

            + [x] done
            + [ ] open

            7. seven

            8. eight

            ```rust
            fn main() {}
            ```

            ```
            indented
            ```

            ***

            | a | b | c |
            | --- | :-: | --: |
            | 1 | x\|y | `3` |

            A note[^n].

            [^n]: says more.
        "##]],
    );
}

#[test]
fn what_has_a_meaning_is_written_so_that_it_keeps_none() {
    check(
        r"2 \* 3, snake_case, \_x\_, \<b>, a < b, \[x], \`, AT&T, \&amp; !\[",
        &expect![[r#"
            2 \* 3, snake_case, \_x\_, \<b>, a < b, \[x], \`, AT&T, \&amp; !\[
        "#]],
    );
    check(
        "1\\. a\n\\- b\n\\+ c\n\\# d\n\\> e\n\\=== f",
        &expect![[r#"
        1\. a
        \- b
        \+ c
        \# d
        \> e
        \=== f
    "#]],
    );
    check(
        "# a \\#",
        &expect![[r#"
        # a \#
    "#]],
    );
    check(
        "| a\\|b | c<br>d |\n|-|-|",
        &expect![[r#"
        | a\|b | c<br />d |
        | --- | --- |
        |  |  |
    "#]],
    );
    check(
        "[a](<b c> \"d \\\" e\") [a](b\\)) ![](<>)",
        &expect![[r#"
        [a](<b c> "d \" e") [a](<b)>) ![](<>)
    "#]],
    );
}

#[test]
fn what_stands_behind_a_footnote_is_not_taken_for_a_part_of_it() {
    check(
        "a[^n]\\(u)[^n][[ ]\n\n[^n]\\: b[^n]<https://a.b>[^n]\n\n[^n]: d",
        &expect![[r#"
            a[^n]\(u)[^n]&#91;\[ ]

            [^n]\: b[^n] [https://a.b](https://a.b)[^n]

            [^n]: d
        "#]],
    );
}

#[test]
fn marks_begin_and_end_where_markdown_would_not_let_them() {
    check(
        "***a* b** &#120;**&#32;b&#32;**&#121; `` ` `` \\` [a]b](u)",
        &expect![[r#"
            **_a_ b** &#120;**&#32;b&#32;**&#121; `` ` `` \` \[a]b](u)
        "#]],
    );
    check(
        "*a **b***__c__ **[d](u) e**",
        &expect![[r#"
        *a __b__*__c__ **[d](u) e**
    "#]],
    );
}

#[test]
fn what_would_be_lost_or_run_together_does_not() {
    check(
        "a\n\n<br />\n\nb",
        &expect![[r#"
        a

        <br />

        b
    "#]],
    );
    check(
        "- a\n\n* b\n\n1. c\n\n1) d",
        &expect![[r#"
        - a

        + b

        1. c

        1) d
    "#]],
    );
    check(
        "- - - a\n- \n- [ ] <br>\n- # b\n- ***",
        &expect![[r#"
        - * - a
        -
        - [ ] <br />
        - # b
        - ***
    "#]],
    );
    check(
        "- a\n\n  b\n- c",
        &expect![[r#"
        - a

          b

        - c
    "#]],
    );
    check(
        "<div>\n\n*a*\n\n</div>\n\na <b>c</b>\n\n- [ ] \n  <!-- c -->a",
        &expect![[r#"
            <div>

            *a*

            </div>

            a <b>c</b>

            - [ ] <br />

              <!-- c -->a
        "#]],
    );
    check(
        "````\n```\n````",
        &expect![[r#"
        ````
        ```
        ````
    "#]],
    );
    check(
        "| a |\n|-|",
        &expect![[r#"
        | a |
        | --- |
        |  |
    "#]],
    );
}

#[test]
fn a_list_with_nothing_to_be_apart_from_is_not_spread() {
    check(
        "- a\n\n  <br>",
        &expect![[r#"
            - a
        "#]],
    );
    check(
        "1. <b><br>\n\n2.",
        &expect![[r#"
            1. <b>
            2.
        "#]],
    );
}

#[test]
fn html_that_begins_a_paragraph_takes_nothing_along() {
    check(
        "**<b>**\na\n\n*<!-- c -->a*\n\n- *<div>a*\n\n[^1]: __<b>__\\\n  a\n\n<b>c</b>\n\n- [ ] \n  <!-- c -->a",
        &expect![[r#"
            []()<b>
            a

            []()<!-- c -->*a*

            - []()<div>*a*

            [^1]: <b>\
                a

            <b>c</b>

            - [ ] <br />

              <!-- c -->a
        "#]],
    );
}

#[test]
fn nothing_is_nothing() {
    for markdown in ["", "\n\n", "<br />", "[a]: b"] {
        assert_eq!(render(&parse(markdown)), "", "{markdown:?}");
    }
}

#[test]
fn what_is_nested_without_end_is_read_all_the_same() {
    let deep = format!("{}a", "> ".repeat(2_000));
    let rendered = render(&parse(&deep));
    assert!(rendered.len() < 200 && rendered.contains('a'), "{rendered}");
    assert_eq!(parse(&rendered), parse(&deep));
}

proptest! {
    #[test]
    fn what_was_written_is_read_as_what_it_was(markdown in markdown()) {
        let blocks = parse(&markdown);
        let rendered = render(&blocks);
        prop_assert_eq!(parse(&rendered), blocks, "{}", rendered);
    }
}
