//! What a note says: the blocks of the editor, whose names and rules are Milkdown's.

use super::inline::{Inline, Inlines};

/// A piece of a note that stands on lines of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Block {
    Paragraph(Inlines),
    /// `level` is 1 to 6.
    Heading {
        level: u8,
        content: Inlines,
    },
    Quote(Vec<Block>),
    List(List),
    Code {
        language: String,
        text: String,
    },
    Rule,
    Table(Table),
    Footnote {
        label: String,
        content: Vec<Block>,
    },
}

impl Block {
    /// Whether nothing is to be seen of it.
    pub(crate) fn is_empty_paragraph(&self) -> bool {
        matches!(self, Self::Paragraph(content) if content.is_empty())
    }

    /// What a line directly below it runs into.
    fn floor(&self) -> Floor {
        match self {
            Self::Paragraph(content) => match content.as_slice() {
                [] | [Inline::Html(_)] => Floor::Open,
                _ => Floor::Words,
            },
            Self::Heading { .. } | Self::Code { .. } | Self::Rule => Floor::Closed,
            Self::List(_) => Floor::List,
            Self::Quote(_) | Self::Table(_) | Self::Footnote { .. } => Floor::Open,
        }
    }

    /// Whether it is read as a block of its own directly below another.
    fn stands_on(&self, floor: Floor) -> bool {
        match self {
            Self::Paragraph(content) => floor == Floor::Closed && !content.is_empty(),
            Self::Heading { .. } | Self::Code { .. } | Self::Rule => floor != Floor::Open,
            Self::Quote(_) => matches!(floor, Floor::Closed | Floor::Words),
            Self::List(list) => {
                floor == Floor::Closed || (floor == Floor::Words && list.interrupts_words())
            }
            Self::Table(_) | Self::Footnote { .. } => false,
        }
    }
}

/// What the next line would run into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Floor {
    /// Nothing: the block ends with its line.
    Closed,
    /// Words, which go on unless a new block begins.
    Words,
    /// A list, the last words of which go on.
    List,
    /// Something that ends with a blank line alone.
    Open,
}

/// A list of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct List {
    /// The number of the first item, or none if the items have bullets.
    pub order: Option<u32>,
    /// Whether there is space between the items.
    pub spread: bool,
    pub items: Vec<Item>,
}

impl List {
    /// The greatest number that Markdown knows.
    const MAX_ORDER: u32 = 999_999_999;

    /// A list as the editor takes it: every item begins with a paragraph.
    pub(crate) fn new(order: Option<u32>, spread: bool, items: Vec<Item>) -> Self {
        let items: Vec<Item> = items.into_iter().map(Item::beginning_with_a_paragraph).collect();
        // Blocks that would run into each other need a blank line, and then all items have one.
        let crowded = !items.iter().all(Item::is_compact);
        // Where there is nothing to be apart from, and no words that are, nobody can write so.
        let has_two = items.len() > 1 || items.iter().any(Item::has_more);
        let spread = crowded || (spread && has_two && items.iter().any(Item::has_words));
        Self { order: order.map(|order| order.min(Self::MAX_ORDER)), spread, items }
    }

    /// Whether it is read as a list directly below a line of words.
    fn interrupts_words(&self) -> bool {
        let begins_empty = self.items.first().is_none_or(|item| {
            item.content.first().is_none_or(Block::is_empty_paragraph) && item.checked.is_none()
        });
        self.order.is_none_or(|order| order == 1) && !begins_empty
    }
}

/// An item of a list; the first block is always a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Item {
    /// Whether a task is done, or none if it is no task.
    pub checked: Option<bool>,
    pub content: Vec<Block>,
}

impl Item {
    fn beginning_with_a_paragraph(mut self) -> Self {
        if !matches!(self.content.first(), Some(Block::Paragraph(_))) {
            self.content.insert(0, Block::Paragraph(Inlines::default()));
        }
        self
    }

    /// Whether its second block begins on the line of the bullet, because there is nothing before it.
    pub(crate) fn opens_directly(&self) -> bool {
        self.checked.is_none()
            && matches!(&self.content[..], [first, second, ..]
                if first.is_empty_paragraph() && !matches!(second, Block::Paragraph(_)))
    }

    /// Whether something stands below the line of the bullet.
    fn has_more(&self) -> bool {
        self.content.len() > 1 + usize::from(self.opens_directly())
    }

    /// Whether it has a paragraph that is more than HTML.
    fn has_words(&self) -> bool {
        self.content.iter().any(|block| block.floor() == Floor::Words)
    }

    /// Whether none of its blocks needs a blank line above.
    fn is_compact(&self) -> bool {
        let direct = usize::from(self.opens_directly());
        self.content.windows(2).enumerate().skip(direct).all(|(at, pair)| {
            let task = at == 0 && self.checked.is_some();
            let floor = if task { Floor::Words } else { pair[0].floor() };
            pair[1].stands_on(floor)
        })
    }
}

/// A table with a head and at least one row, all of one width.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Table {
    pub columns: Vec<Alignment>,
    pub head: Vec<Inlines>,
    pub rows: Vec<Vec<Inlines>>,
}

impl Table {
    /// A table as the editor takes it; cells that are missing are empty.
    pub(crate) fn new(
        mut columns: Vec<Alignment>,
        mut head: Vec<Inlines>,
        mut rows: Vec<Vec<Inlines>>,
    ) -> Self {
        let widest = rows.iter().map(Vec::len).chain([head.len(), 1]).max().unwrap_or(1);
        if rows.is_empty() {
            rows.push(Vec::new());
        }
        columns.resize(widest, Alignment::Left);
        for row in rows.iter_mut().chain([&mut head]) {
            row.resize(widest, Inlines::default());
        }
        Self { columns, head, rows }
    }
}

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Alignment {
    Left,
    Center,
    Right,
}

/// How many blocks, and pieces of text within them, there are.
pub(crate) fn parts(blocks: &[Block]) -> usize {
    let of = |content: &Inlines| content.as_slice().len();
    let in_block = |block: &Block| match block {
        Block::Paragraph(content) | Block::Heading { content, .. } => of(content),
        Block::Quote(content) | Block::Footnote { content, .. } => parts(content),
        Block::List(list) => list.items.iter().map(|item| 1 + parts(&item.content)).sum(),
        Block::Code { .. } | Block::Rule => 0,
        Block::Table(Table { columns: _, head, rows }) => {
            head.iter().chain(rows.iter().flatten()).map(|cell| 1 + of(cell)).sum()
        }
    };
    blocks.iter().map(|block| 1 + in_block(block)).sum()
}

/// Blocks as the editor takes them: at least one, and none at the end of which nothing is seen.
pub(crate) fn settled(mut blocks: Vec<Block>) -> Vec<Block> {
    while blocks.len() > 1 && blocks.last().is_some_and(Block::is_empty_paragraph) {
        blocks.pop();
    }
    if blocks.is_empty() {
        blocks.push(Block::Paragraph(Inlines::default()));
    }
    blocks
}
