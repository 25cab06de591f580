//! Reading a file piece by piece, whatever its format.

use std::io;

use quick_xml::events::Event;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

use crate::{
    application::import::ImportProgress,
    domain::lines::{FileFormat, Line, graphml, json_lines},
};

/// No line is longer, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// A file, as far as it is read.
pub(crate) enum File<R> {
    JsonLines {
        reader: R,
        read: ImportProgress,
        line: Vec<u8>,
    },
    GraphMl {
        parser: Box<quick_xml::Reader<R>>,
        reader: graphml::read::Reader,
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
                let mut parser = Box::new(quick_xml::Reader::from_reader(reader));
                parser.config_mut().check_end_names = true;
                let reader = graphml::read::Reader::default();
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
                    return Ok(Some(Err(format!("is longer than {LONGEST_LINE} bytes"))));
                }
                if let Some(said) = json_lines::read(line).transpose() {
                    return Ok(Some(said));
                }
            },
            Self::GraphMl { parser, reader, read, buffer, is_over } => {
                while !*is_over {
                    buffer.clear();
                    let event = match parser.read_event_into_async(buffer).await {
                        Ok(event) => event,
                        Err(quick_xml::Error::Io(error)) => {
                            return Err(io::Error::new(error.kind(), error));
                        }
                        Err(error) => {
                            // What follows cannot be told apart.
                            *is_over = true;
                            return Ok(Some(Err(format!("the document ends here: {error}"))));
                        }
                    };
                    read.lines += breaks(&event);
                    *is_over = matches!(event, Event::Eof);
                    let said = reader.take(event).transpose();
                    read.bytes = parser.buffer_position();
                    if said.is_some() {
                        return Ok(said);
                    }
                    if *is_over && !reader.has_graph() {
                        return Ok(Some(Err("the document has no graph".to_owned())));
                    }
                }
                Ok(None)
            }
        }
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
        if length <= LONGEST_LINE {
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
    Ok(Some(length <= LONGEST_LINE))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use tokio::io::BufReader;

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
            told.push_str(&format!("{}: {said}\n", file.read().lines));
        }
        assert_eq!(file.read().bytes, text.len() as u64);
        expected.assert_eq(&told);
    }

    #[tokio::test]
    async fn lines_are_read_one_after_another() {
        let long = format!(
            "{{\"schema\":{{}}}}\r\n\n{}\n{{\"entity\":{{\"type\":\"Person\"}}}}",
            "x".repeat(LONGEST_LINE + 1)
        );
        check(FileFormat::JsonLines, &long, &expect![[r#"
            1: {"schema":{"entity_types":null,"edge_types":null}}
            3: is longer than 1048576 bytes
            4: {"entity":{"type":"Person","properties":{}}}
        "#]]).await;
        check(FileFormat::JsonLines, "", &expect![[""]]).await;
    }

    #[tokio::test]
    async fn elements_are_read_one_after_another() {
        let document = "<?xml version=\"1.0\"?>\n<graphml>\n<key id=\"perme8_type\"/>\n<graph>\n<node id=\"1\">\n<data key=\"perme8_type\">Person</data>\n</node>\n<node/>\n</graph>\n</graphml>\n";
        check(FileFormat::GraphMl, document, &expect![[r#"
            7: {"entity":{"id":"1","type":"Person","properties":{}}}
            8: has no data of the key of types
        "#]]).await;
    }

    #[tokio::test]
    async fn what_is_no_document_ends_early() {
        let mut file = File::new(FileFormat::GraphMl, "<graphml>\n<graph></node>".as_bytes());
        let said = file.next().await.unwrap().unwrap().unwrap_err();
        assert!(said.starts_with("the document ends here: "), "{said}");
        assert!(file.next().await.unwrap().is_none());
        let mut file = File::new(FileFormat::GraphMl, "[]".as_bytes());
        assert_eq!(file.next().await.unwrap(), Some(Err("the document has no graph".to_owned())));
    }
}
