//! Server-sent events out of bytes, wherever these are split.

/// No frame is longer, in bytes.
const LONGEST: usize = 1 << 20;

/// Some write it in front of every text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Takes the data of server-sent events out of the bytes of a body; names and comments are passed over. Lines end with LF or CR LF:
/// a CR alone, which the standard knows as well, is sent by nobody.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The beginning of a line.
    line: Vec<u8>,
    /// What the lines of a frame said so far.
    data: Option<String>,
    /// Whether a line has ended.
    is_begun: bool,
}

/// A frame is longer than any of a model.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame is longer than {LONGEST} bytes")]
pub(super) struct TooLong;

impl Frames {
    /// The data of each frame that these bytes end, and the failure after which no more is read.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Result<String, TooLong>> {
        let mut ended = Vec::new();
        let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = lines.next() {
            if self.line.len() + part.len() + self.data.as_ref().map_or(0, String::len) > LONGEST {
                ended.push(Err(TooLong));
                break;
            }
            self.line.extend_from_slice(part);
            if lines.peek().is_some() {
                ended.extend(self.end_of_line().map(Ok));
            }
        }
        ended
    }

    /// The data of the last frame, where the body ends without an empty line.
    pub(super) fn end(&mut self) -> Option<String> {
        // The empty line that is missing.
        self.end_of_line().or_else(|| self.frame())
    }

    /// Takes the line; gives a frame when it is empty.
    fn end_of_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_first).unwrap_or(line);
        if line.is_empty() {
            return self.frame();
        }
        if let Some(value) = line.strip_prefix(b"data:") {
            let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(&value);
                }
                None => self.data = Some(value.into_owned()),
            }
        }
        None
    }

    /// The frame that ends; one without data is none.
    fn frame(&mut self) -> Option<String> {
        self.data.take().filter(|data| !data.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_wherever_the_bytes_are_split() {
        let body = "\u{feff}data: first\n\n: hello\r\n\r\ndata:\n\ndata: \r\n\r\ndata: {\"a\": \"ä🦀\"}\r\n\r\nevent: x\ndata:1\ndata: 2\n\n\n\nid: 7\n\ndata: end";
        for size in 1..=body.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for bytes in body.as_bytes().chunks(size) {
                found.extend(frames.push(bytes).into_iter().map(Result::unwrap));
            }
            found.extend(frames.end());
            assert_eq!(found, ["first", "{\"a\": \"ä🦀\"}", "1\n2", "end"], "in pieces of {size}");
        }
    }

    #[test]
    fn a_frame_without_an_end_is_not_kept_and_those_before_it_are() {
        let mut frames = Frames::default();
        let bytes = vec![b'x'; 300_000];
        let first = [b"data: 1\n\n", bytes.as_slice()].concat();
        assert_eq!(frames.push(&first), [Ok("1".to_owned())]);
        assert_eq!((0..2).flat_map(|_| frames.push(&bytes)).count(), 0);
        assert_eq!(frames.push(&bytes), [Err(TooLong)]);
        let mut frames = Frames::default();
        let line = [b"data: ", bytes.as_slice(), b"\n"].concat();
        assert_eq!((0..3).flat_map(|_| frames.push(&line)).count(), 0);
        assert_eq!(frames.push(&line), [Err(TooLong)]);
        let at_once = [b"data: 1\n\n".as_slice(), &line, &line, &line, &line].concat();
        assert_eq!(Frames::default().push(&at_once), [Ok("1".to_owned()), Err(TooLong)]);
    }
}
