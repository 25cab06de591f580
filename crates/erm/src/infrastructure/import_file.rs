//! Reading a file piece by piece, whatever its format.

use std::{io, sync::Arc};

use quick_xml::events::Event;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, Take};

use crate::{
    application::import::ImportProgress,
    domain::lines::{FileFormat, LONGEST, Line, graphml, json_lines},
};

/// A file, as far as it is read.
pub(crate) enum File<R> {
    JsonLines {
        reader: R,
        read: ImportProgress,
        line: Vec<u8>,
    },
    GraphMl {
        /// Reads no more of the file at once than one thing in it may be long.
        parser: Box<quick_xml::Reader<Take<R>>>,
        reader: Box<graphml::read::Reader>,
        read: ImportProgress,
        buffer: Vec<u8>,
        is_over: bool,
    },
}

/// What stands at a place of the file, or what is wrong there.
pub(crate) type Said = Result<Line, String>;

impl<R: AsyncBufRead + Unpin + Send> File<R> {
    pub(crate) fn new(format: FileFormat, reader: R) -> Self {
        let read = ImportProgress::default();
        match format {
            FileFormat::JsonLines => Self::JsonLines { reader, read, line: Vec::new() },
            FileFormat::GraphMl => {
                let mut parser = Box::new(quick_xml::Reader::from_reader(reader.take(0)));
                parser.config_mut().check_end_names = true;
                let reader = Box::<graphml::read::Reader>::default();
                let read = ImportProgress { lines: 1, ..read };
                Self::GraphMl { parser, reader, read, buffer: Vec::new(), is_over: false }
            }
        }
    }

    /// How far it is read.
    pub(crate) fn read(&self) -> ImportProgress {
        match self {
            Self::JsonLines { read, .. } | Self::GraphMl { read, .. } => *read,
        }
    }

    /// What comes next; nothing at the end.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Said>> {
        match self {
            Self::JsonLines { reader, read, line } => loop {
                let Some(fits) = next_line(reader, read, line).await? else { return Ok(None) };
                if !fits {
                    return Ok(Some(Err(format!("is longer than {LONGEST} bytes"))));
                }
                if let Some(said) = json_lines::read(line).transpose() {
                    return Ok(Some(said));
                }
            },
            Self::GraphMl { parser, reader, read, buffer, is_over } => {
                while !*is_over {
                    let said = match next_event(parser, buffer).await? {
                        Ok(event) => {
                            read.lines += breaks(&event);
                            let is_last = matches!(event, Event::Eof);
                            let said = reader.take(event).transpose();
                            *is_over = is_last || reader.has_given_up();
                            said
                        }
                        Err(why) => {
                            // What follows cannot be told apart.
                            *is_over = true;
                            Some(Err(format!("the document ends here: {why}")))
                        }
                    };
                    read.bytes = parser.buffer_position();
                    if said.is_some() {
                        return Ok(said);
                    }
                }
                Ok(None)
            }
        }
    }
}

/// What comes next in a document, or why nothing can follow.
async fn next_event<'b, R: AsyncBufRead + Unpin>(
    parser: &mut quick_xml::Reader<Take<R>>,
    buffer: &'b mut Vec<u8>,
) -> io::Result<Result<Event<'b>, String>> {
    buffer.clear();
    parser.get_mut().set_limit(LONGEST as u64);
    let event = parser.read_event_into_async(buffer).await;
    match event {
        Err(quick_xml::Error::Io(error)) => {
            let kind = error.kind();
            Err(Arc::into_inner(error).unwrap_or_else(|| io::Error::from(kind)))
        }
        Ok(_) | Err(_) if parser.get_ref().limit() == 0 => {
            Ok(Err(format!("what stands here is longer than {LONGEST} bytes")))
        }
        Ok(event) => Ok(Ok(event)),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// How many lines end in an event.
fn breaks(event: &Event<'_>) -> u64 {
    let text: &str = event;
    text.bytes().filter(|byte| *byte == b'\n').map(|_| 1).sum()
}

/// Reads the next line, and tells whether it is short enough; what is too long is not kept.
async fn next_line<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    read: &mut ImportProgress,
    line: &mut Vec<u8>,
) -> io::Result<Option<bool>> {
    line.clear();
    let mut length = 0;
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            if length == 0 {
                return Ok(None);
            }
            break;
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(available.len());
        length += taken;
        if length <= LONGEST {
            line.extend_from_slice(&available[..taken]);
        }
        let consumed = taken + usize::from(end.is_some());
        reader.consume(consumed);
        read.bytes += consumed as u64;
        if end.is_some() {
            break;
        }
        // A last line without its end counts by what it has, even if that is nothing yet.
        length = length.max(1);
    }
    read.lines += 1;
    Ok(Some(length <= LONGEST))
}

#[cfg(test)]
mod tests {
    use std::{
        fmt::Write as _,
        pin::Pin,
        task::{Context, Poll},
    };

    use expect_test::{Expect, expect};
    use tokio::io::{AsyncRead, BufReader, ReadBuf};

    use super::*;

    async fn check(format: FileFormat, text: &str, expected: &Expect) {
        // Pieces end anywhere.
        let mut file = File::new(format, BufReader::with_capacity(5, text.as_bytes()));
        let mut told = String::new();
        while let Some(said) = file.next().await.unwrap() {
            let said = match said {
                Ok(line) => serde_json::to_string(&line).unwrap(),
                Err(error) => error,
            };
            writeln!(told, "{}: {said}", file.read().lines).unwrap();
        }
        assert_eq!(file.read().bytes, text.len() as u64);
        expected.assert_eq(&told);
    }

    #[tokio::test]
    async fn lines_are_read_one_after_another() {
        let long = format!(
            "{{\"schema\":{{}}}}\r\n\n{}\n{{\"entity\":{{\"type\":\"Person\"}}}}",
            "x".repeat(LONGEST + 1)
        );
        check(
            FileFormat::JsonLines,
            &long,
            &expect![[r#"
            1: {"schema":{"entity_types":null,"edge_types":null}}
            3: is longer than 1048576 bytes
            4: {"entity":{"type":"Person","properties":{}}}
        "#]],
        )
        .await;
        check(FileFormat::JsonLines, "", &expect![[""]]).await;
    }

    #[tokio::test]
    async fn elements_are_read_one_after_another() {
        let document = "<?xml version=\"1.0\"?>\n<graphml>\n<key id=\"perme8_type\"/>\n<graph>\n<node id=\"1\">\n<data key=\"perme8_type\">Person</data>\n</node>\n<node/>\n</graph>\n</graphml>\n";
        check(
            FileFormat::GraphMl,
            document,
            &expect![[r#"
            7: {"entity":{"id":"1","type":"Person","properties":{}}}
            8: has no data of the key of types
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_no_document_ends_early() {
        let mut file = File::new(FileFormat::GraphMl, "<graphml>\n<graph></node>".as_bytes());
        let said = file.next().await.unwrap().unwrap().unwrap_err();
        assert!(said.starts_with("the document ends here: "), "{said}");
        assert!(file.next().await.unwrap().is_none());
        let keys = "<key/>".repeat(3)
            + &(0..40_001).map(|id| format!("<key id=\"{id}\"/>")).collect::<Vec<_>>().concat();
        for (text, says) in [
            ("[]", "the document has no graph"),
            ("<graphml><graph><node id=\"1\">", "the document ends before its elements do"),
            (&*format!("<graphml>{keys}</node>"), "the document declares more than 40000 keys"),
        ] {
            let mut file = File::new(FileFormat::GraphMl, text.as_bytes());
            assert_eq!(file.next().await.unwrap(), Some(Err(says.to_owned())));
            assert_eq!(file.next().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn what_has_no_end_is_not_read_to_it() {
        for text in ["x".repeat(2 * LONGEST), format!("<node id=\"{}", "x".repeat(2 * LONGEST))] {
            let document = format!("<graphml><graph>{text}");
            let mut file = File::new(FileFormat::GraphMl, document.as_bytes());
            let said = file.next().await.unwrap();
            let says = "the document ends here: what stands here is longer than 1048576 bytes";
            assert_eq!(said, Some(Err(says.to_owned())));
            assert!(file.read().bytes <= (LONGEST + 100) as u64);
            assert_eq!(file.next().await.unwrap(), None);
        }
    }

    /// Breaks off as bodies do that are too large.
    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()))
        }
    }

    #[tokio::test]
    async fn what_breaks_off_says_why() {
        for format in FileFormat::ALL {
            let reader = "<graphml>\n".as_bytes().chain(Broken);
            let mut file = File::new(format, BufReader::new(reader));
            let error = loop {
                match file.next().await {
                    Ok(said) => assert!(said.is_some()),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        }
    }
}
