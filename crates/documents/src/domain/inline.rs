//! What stands inside of a block: text with its marks, and what is no text.

/// Text with its marks, or something that stands like a letter.
///
/// Only text has marks: the binding between ProseMirror and Yjs keeps none of anything else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Inline {
    Text(String, Marks),
    Image {
        src: String,
        alt: String,
        title: String,
    },
    /// HTML, which is never interpreted.
    Html(String),
    /// A line that ends because its writer wanted so.
    Break,
    /// A line that ends because the source was wide enough.
    SoftBreak,
    FootnoteReference(String),
}

/// How a text looks, and where it leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own, in any combination")]
pub(crate) struct Marks {
    pub strong: bool,
    pub emphasis: bool,
    pub strike: bool,
    pub code: bool,
    pub link: Option<Link>,
}

/// Where a link leads, and what is said of that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    pub href: String,
    pub title: Option<String>,
}

/// The content of a block, in the only form that says the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Inlines(Vec<Inline>);

impl Inlines {
    pub(crate) fn push(&mut self, inline: Inline) {
        match inline {
            Inline::Text(text, _) if text.is_empty() => {}
            // Markdown would read the reference and the link as one.
            Inline::Text(_, Marks { link: Some(_), .. })
                if matches!(self.0.last(), Some(Inline::FootnoteReference(_))) =>
            {
                self.0.extend([Inline::Text(" ".to_owned(), Marks::default()), inline]);
            }
            Inline::Text(text, marks) => match self.0.last_mut() {
                Some(Inline::Text(before, same)) if *same == marks => before.push_str(&text),
                Some(_) | None => self.0.push(Inline::Text(text, marks)),
            },
            Inline::SoftBreak => {
                if !matches!(self.0.last(), None | Some(Inline::Break | Inline::SoftBreak)) {
                    self.0.push(Inline::SoftBreak);
                }
            }
            Inline::Break => {
                if self.0.last() == Some(&Inline::SoftBreak) {
                    self.0.pop();
                }
                self.0.push(Inline::Break);
            }
            Inline::Image { .. } | Inline::Html(_) | Inline::FootnoteReference(_) => {
                self.0.push(inline);
            }
        }
    }

    /// What is left at the end of a block: a line does not end there twice.
    pub(crate) fn settled(mut self) -> Self {
        while matches!(self.0.last(), Some(Inline::Break | Inline::SoftBreak)) {
            self.0.pop();
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_slice(&self) -> &[Inline] {
        &self.0
    }
}
