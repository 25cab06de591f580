//! The one layout of all mails, and its twin in plain text.

use maud::{DOCTYPE, html};

use crate::domain::{
    letter::{Letter, Part},
    stationery::Stationery,
};

/// Mail programs understand little more than this, and no style sheets.
const PAGE: &str = "margin:0;background:#f6f8fa";
const SHEET: &str = "max-width:32em;margin:0 auto;padding:2em 1.5em;background:#ffffff;color:#1f2328;\
                     font:16px/1.5 system-ui,sans-serif";
const BUTTON: &str = "display:inline-block;padding:0.6em 1.2em;border-radius:0.4em;background:#1f6feb;\
                      color:#ffffff;text-decoration:none";
const SMALL: &str = "font-size:13px;color:#59636e";
const ADDRESS: &str = "font-size:13px;color:#59636e;word-break:break-all";

/// The letter as HTML. Every text goes through maud, which escapes it.
pub(crate) fn html(letter: &Letter, on: &Stationery) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (letter.subject) }
            }
            body style=(PAGE) {
                div style=(SHEET) {
                    @for part in &letter.parts {
                        @match part {
                            Part::Paragraph(text) => p { (text) },
                            Part::Action { label, link } => {
                                p { a href=(link.as_str()) style=(BUTTON) { (label) } }
                                p style=(ADDRESS) { (link.as_str()) }
                            }
                            Part::Note(text) => p style=(SMALL) { (text) },
                        }
                    }
                    hr;
                    p style=(SMALL) { (on.app_name()) " · " (on.base_url()) }
                }
            }
        }
    }
    .into_string()
}

/// The letter as plain text.
pub(crate) fn text(letter: &Letter, on: &Stationery) -> String {
    let mut text = String::new();
    for part in &letter.parts {
        match part {
            Part::Paragraph(paragraph) | Part::Note(paragraph) => text.push_str(paragraph),
            Part::Action { label, link } => {
                text.push_str(label);
                text.push_str(":\n");
                text.push_str(link.as_str());
            }
        }
        text.push_str("\n\n");
    }
    text + &format!("-- \n{} · {}\n", on.app_name(), on.base_url())
}
