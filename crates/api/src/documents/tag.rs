//! Which document is shown, in which version and with which text, so that nobody overwrites what they have not seen.

use std::fmt;

use documents::{DocumentId, OpenDocument, SeenDocument};
use uuid::Uuid;

use crate::{
    etag::{IfMatch, Shown, Tagged},
    response::Data,
};

/// What is shown: which document, in which version, and what tells its text from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DocumentTag {
    id: DocumentId,
    version: i64,
    content: String,
}

/// An answer that says so by its `ETag`.
pub(crate) type TaggedDocument<T> = Tagged<Data<T>, DocumentTag>;

/// What a client has seen of a document and wants to change, if it says so by `If-Match`.
pub(crate) type DocumentSeen = IfMatch<DocumentTag>;

/// A document, as JSON shows it.
pub(crate) fn tagged<T: From<OpenDocument>>(open: OpenDocument) -> TaggedDocument<T> {
    let OpenDocument { document, text } = &open;
    let content = text.tag().to_owned();
    let tag = DocumentTag { id: document.id, version: document.version, content };
    Tagged(tag, Data::new(open.into()))
}

impl Shown for DocumentTag {
    type Seen = SeenDocument;

    fn never() -> Self {
        Self { id: DocumentId::new(Uuid::nil()), version: 0, content: String::new() }
    }

    fn parse(text: &str) -> Option<Self> {
        let tag = text.strip_prefix('"')?.strip_suffix('"')?;
        let (rest, content) = tag.rsplit_once('-')?;
        let (id, version) = rest.rsplit_once('-')?;
        let (id, version) = (id.parse().ok()?, version.parse().ok()?);
        Some(Self { id, version, content: content.to_owned() })
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn seen(&self) -> SeenDocument {
        let Self { id, version, content } = self.clone();
        SeenDocument { id: Some(id), version, content: Some(content) }
    }
}

impl fmt::Display for DocumentTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, version, content } = self;
        write!(f, "\"{id}-{version}-{content}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(version: i64) -> DocumentTag {
        let id = DocumentId::new(Uuid::from_u128(7));
        DocumentTag { id, version, content: "e3b0c44298fc1c14".to_owned() }
    }

    #[test]
    fn a_tag_is_an_id_a_version_and_the_beginning_of_a_hash() {
        let ours = tag(3).to_string();
        assert_eq!(ours, "\"00000000-0000-0000-0000-000000000007-3-e3b0c44298fc1c14\"");
        assert_eq!(DocumentTag::parse(&ours), Some(tag(3)));
        let weak = format!("W/{ours}");
        for other in
            [&weak, "", "\"3\"", "\"x-3-e3\"", "\"00000000-0000-0000-0000-000000000007-3\""]
        {
            assert_eq!(DocumentTag::parse(other), None, "{other}");
        }
    }

    #[test]
    fn header_and_body_do_not_contradict_each_other() {
        let beside = |in_header: Option<i64>, in_body| {
            let seen = IfMatch(in_header.map(tag)).beside(in_body)?;
            Some((seen.version, seen.content.is_some()))
        };
        assert_eq!(beside(None, None), None);
        assert_eq!(beside(Some(3), None), Some((3, true)));
        assert_eq!(beside(Some(3), Some(3)), Some((3, true)));
        assert_eq!(beside(None, Some(3)), Some((3, false)));
        assert_eq!(beside(Some(3), Some(4)), Some((0, true)));
    }
}
